"""From terms to polynomials over index networks: one row per head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import reduce

from sympy import Add, Mul, Pow, Symbol
from sympy.core.basic import Basic

from ..language import (
    Adjoint,
    Apply,
    Entry,
    Filled,
    Hadamard,
    Partial,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    SumOver,
    Transpose,
    Unit,
    Var,
    Where,
    is_number,
    is_scalar,
    shape_of,
)
from .conversion import Conversion, Row
from .function_rows import apply_row
from .heads import Head
from .letters import is_component, substituted
from .networks import ONE, Constraint, Edge, Monomial, Poly, Time, Unsupported, add, add_into, constant, relabelled, scaled
from .shape_rows import SHAPE_ROWS, deltas


class Converter(Conversion):
    """Converts terms of one model; see `Conversion`."""

    def row(self, term: Basic) -> Row:
        return _number if is_number(term) else ROWS.get(type(term), _scalar_symbol)


def _number(c: Conversion, term: Basic) -> Poly:
    return constant(Fraction(int(term.p), int(term.q)))


def _scalar_symbol(c: Conversion, term: Basic) -> Poly:
    """A size, a length or a time index used as a number, or a sum of such and a number."""
    if isinstance(term, Symbol):
        if is_component(term):
            raise Unsupported(f"the component index {term.name.partition('@')[0]} is used as a number")
        if term.name not in c.sizes:
            return {Monomial(((_time_edge(c, (term.name, 0)), 1),)): Fraction(1)}
        head = "size:" + term.name
        c.algebra.heads.known.setdefault(head, Head("size"))
        return {Monomial(((Edge(head, (), ()), 1),)): Fraction(1)}
    if isinstance(term, Add):
        return add([c.poly(a) for a in term.args])
    if isinstance(term, (Mul, Pow)):
        factors = [Product(*term.args)] if isinstance(term, Mul) else [Power(*term.args)]
        return c.poly(factors[0])
    raise Unsupported(f"{type(term).__name__} cannot be judged")


def _time_edge(c: Conversion, time: Time) -> Edge:
    c.algebra.heads.known.setdefault("time", Head("time"))
    return Edge("time", (time,), ())


def _var(c: Conversion, term: Var) -> Poly:
    equation = c.equations.get(term.name)
    if equation is not None and term.name not in c.atoms:
        return c.poly(substituted(equation.right, dict(zip(equation.left.indices, term.indices, strict=True))))
    return {Monomial(((c.edge("var:" + term.name, term), 1),)): Fraction(1)}


def _adjoint(c: Conversion, term: Adjoint) -> Poly:
    """An adjoint as an atom or by its rule, which holds at the steps of the model: beyond the last step it is zero, before the
    first it is an atom."""
    variable = term.variable
    atom: Poly = {Monomial(((c.edge("adjoint:" + variable.name, variable), 1),)): Fraction(1)}
    rule = c.adjoints.get(variable.name)
    if rule is None:
        return atom
    own, right = rule
    inside = c.poly(substituted(right, dict(zip(own.indices, variable.indices, strict=True))))
    family = c.model.families.get(variable.name)
    if family is None or not family.indices:
        return inside
    places = [(c.time(i), own) for i, own in zip(variable.indices, family.indices, strict=True)]
    pieces = []
    within: list[Constraint] = [(p, i.upper.name, -o) for (p, o), i in places]
    for (p, o), i in places:
        pieces.append(_guarded(atom, [*within, (p, "", i.lower - 1 - o)]))
        within.append(("", p, o - i.lower))
    return add([_guarded(inside, within), *pieces])


def _guarded(poly: Poly, guards: Iterable[Constraint]) -> Poly:
    """The polynomial where the conditions hold, 0 elsewhere; what already contradicts itself is dropped."""
    guards = tuple(guards)
    if any(a == b and k < 0 for a, b, k in guards):
        return {}
    own = {g for g in guards if g[0] != g[1]}
    result: Poly = {}
    for mono, k in poly.items():
        constraints = own | set(mono.constraints)
        least: dict[tuple[str, str], int] = {}
        for a, b, bound in constraints:
            least[a, b] = min(least.get((a, b), bound), bound)
        if all(bound + least.get((b, a), 1 << 30) >= 0 for (a, b), bound in least.items()):
            add_into(result, mono._replace(constraints=tuple(sorted(constraints))), k)
    return result


def _plus(c: Conversion, term: Plus) -> Poly:
    return add([c.poly(a) for a in term.args])


def _product(c: Conversion, term: Product) -> Poly:
    scalars: Poly = constant(1)
    matrix: Poly | None = None
    shape: tuple = ((), ())
    for factor in term.args:
        if is_scalar(factor):
            scalars = c.algebra.multiply(scalars, c.poly(factor))
        elif matrix is None or shape == ((), ()):
            # a product that became a scalar (row times column) scales what follows
            scalars = scalars if matrix is None else c.algebra.multiply(scalars, matrix)
            matrix, shape = c.poly(factor), shape_of(factor)
        else:
            rows, cols = shape_of(factor)
            matrix = c.contracted(matrix, c.poly(factor), len(shape[0]), rows, len(cols))
            shape = (shape[0], cols)
    return scalars if matrix is None else c.algebra.multiply(scalars, matrix)


def _hadamard(c: Conversion, term: Hadamard) -> Poly:
    result = constant(1)
    for factor in term.args:
        result = c.algebra.multiply(result, c.poly(factor))
    return result


def _quotient(c: Conversion, term: Quotient) -> Poly:
    return c.algebra.multiply(c.poly(term.args[0]), _over(c, term.args[1]))


SPLIT = 8
"""Up to which power factors are taken one by one."""


def _over(c: Conversion, term: Basic) -> Poly:
    """1/term.  With roots by its factors: (√x √y)² is x y, whose reciprocal would be an atom that is not 1/x · 1/y."""
    result, factors = constant(1), tuple(_factors(term))
    if len(factors) == 1 or not any(p.denominator != 1 for f in factors for m in c.poly(f) for _, p in m.edges):
        return c.algebra.reciprocal(c.poly(term))
    for factor in factors:
        result = c.algebra.multiply(result, c.algebra.reciprocal(c.poly(factor)))
    return result


def _factors(term: Basic) -> Iterator[Basic]:
    """What a term is a product of, entry by entry."""
    if isinstance(term, Hadamard) or (isinstance(term, Product) and all(map(is_scalar, term.args))):
        for factor in term.args:
            yield from _factors(factor)
    elif isinstance(term, Power) and term.args[1].is_Integer and 0 < term.args[1] <= SPLIT:
        yield from tuple(_factors(term.args[0])) * int(term.args[1])
    else:
        yield term


def _power(c: Conversion, term: Power) -> Poly:
    exponent = Fraction(int(term.args[1].p), int(term.args[1].q))
    if exponent.denominator != 1:
        return c.algebra.root(c.poly(term.args[0]), exponent)
    if exponent < 0:
        return c.algebra.power(_over(c, term.args[0]), -int(exponent))
    return c.algebra.power(c.poly(term.args[0]), int(exponent))


def _filled(c: Conversion, term: Filled) -> Poly:
    return c.poly(term.args[0])


def _entry(c: Conversion, term: Entry) -> Poly:
    sizes = sum(shape_of(term.args[0]), ())
    mapping = {i: c.component(index, sizes[i]) for i, index in enumerate(term.args[1:])}
    return c.algebra.moved(c.poly(term.args[0]), mapping)


def _unit(c: Conversion, term: Unit) -> Poly:
    return deltas(c, [(c.component(term.args[0], term.args[1]), 0)])


def _where(c: Conversion, term: Where) -> Poly:
    result = c.poly(term.args[0])
    for condition in term.args[1:]:
        result = _conditioned(c, result, condition)
    return result


def _conditioned(c: Conversion, poly: Poly, relation: Relation) -> Poly:
    _, left, right = relation.args
    if is_component(left) or is_component(right):
        if relation.op not in ("=", "!="):
            raise Unsupported(f"the condition {left} {relation.op} {right} on component indices")
        size = Symbol(next(x for x in (left, right) if is_component(x)).name.partition("@")[2])
        equal = c.algebra.multiply(poly, deltas(c, [(c.component(left, size), c.component(right, size))]))
        return equal if relation.op == "=" else add([poly, scaled(equal, -1)])
    a, b = c.time(left), c.time(right)
    below: Constraint = (a[0], b[0], b[1] - a[1])  # left <= right
    above: Constraint = (b[0], a[0], a[1] - b[1])
    strictly: Constraint = (a[0], b[0], b[1] - a[1] - 1)
    guards = {"=": (below, above), "<=": (below,), "<": (strictly,), "!=": (below, above)}[relation.op]
    guarded = _guarded(poly, guards)
    return add([poly, scaled(guarded, -1)]) if relation.op == "!=" else guarded


def _sum_over(c: Conversion, term: SumOver) -> Poly:
    body, index, lower, upper, excluded = term.args
    if is_component(index):
        return _sum_of_components(c, term)
    if excluded:
        raise Unsupported("a sum over time that leaves out a step")
    name = c.fresh_time()
    (low, a), (high, b) = c.time(lower), c.time(upper)
    result: Poly = {}
    for mono, k in c.poly(body).items():
        moved = relabelled(mono, {}, {index.name: (name, 0)})
        add_into(result, moved._replace(times=(*mono.times, name)), k)
    c.condition_bound(index.name, name)
    return _guarded(result, [(low, name, -a), (name, high, b)])


def _sum_of_components(c: Conversion, term: SumOver) -> Poly:
    """Σ over a component index; steps that are left out are subtracted, each once even if two of them are equal."""
    body, index, lower, upper, excluded = term.args
    if lower != 1:
        raise Unsupported(f"a sum over components from {lower}")
    poly, vertex = c.poly(body), c.component(index, upper)
    fresh = c.algebra.fresh_vertex()
    moved = add([{relabelled(m, {vertex: fresh}): k} for m, k in poly.items()])
    total = c.algebra.multiply(moved, {ONE: Fraction(1)}, ((fresh, str(upper)),))
    gone: list[int] = []
    for other in excluded:
        at = c.component(other, upper)
        left_out = c.algebra.moved(poly, {vertex: at})
        for earlier in gone:
            left_out = add([left_out, scaled(c.algebra.multiply(left_out, deltas(c, [(at, earlier)])), -1)])
        gone.append(at)
        total = add([total, scaled(left_out, -1)])
    return total


def _product_over(c: Conversion, term: ProductOver) -> Poly:
    body, index, lower, upper, order = term.args
    if order.name == "unspecified":
        raise Unsupported("an ordered product whose order is not fixed")
    sizes = tuple(str(s) for s in shape_of(body)[0])
    k = len(sizes)
    factor, ends = c.poly(body if order.name == "descending" else Transpose(body)), (c.time(lower), c.time(upper))
    diagonal = _diagonal(c, factor, k)
    if diagonal is not None:
        entries = _entry_by_entry(c, diagonal, index.name, ends)
        c.condition_bound(index.name, c.fresh_time())
        return c.algebra.multiply(entries, deltas(c, [(i, k + i) for i in range(k)]))
    edge = c.algebra.factor_edge(factor, index.name, *ends, sizes)
    c.condition_bound(index.name, c.fresh_time())
    if order.name == "ascending":
        verts = (*edge.verts[k : 2 * k], *edge.verts[:k], *edge.verts[2 * k :])
        edge = edge._replace(verts=verts)
    return {Monomial(((edge, 1),)): Fraction(1)}


def _diagonal(c: Conversion, body: Poly, rows: int) -> Poly | None:
    """The entries on the diagonal of a factor, its row legs; None where it has others.  A number is one entry."""
    identity = [(Edge("delta", (), (i, rows + i)), 1) for i in range(rows)]
    entries: Poly = {}
    for mono, coefficient in body.items():
        rest = mono._replace(edges=tuple(item for item in mono.edges if item not in identity))
        legs = {v for e, _ in rest.edges for v in e.verts}
        if len(rest.edges) + rows != len(mono.edges) or not legs.isdisjoint(range(rows, 2 * rows)):
            return None
        entries[rest] = coefficient
    return entries


def _entry_by_entry(c: Conversion, body: Poly, index: str, ends: tuple[Time, Time]) -> Poly:
    """∏ diag(a_t ∘ b_t) = diag(∏ a_t ∘ ∏ b_t), the products entry by entry, so that each takes up factors of its own.

    The legs of the body, which are not multiplied over, stay where they are.
    """
    ((mono, k),) = body.items() if len(body) == 1 else ((ONE, Fraction(1)),)
    parts = [body]
    if not (mono.verts or mono.times or mono.constraints or any(p != 1 for _, p in mono.edges)) and len(body) == 1:
        parts = [{Monomial(((edge, 1),)): Fraction(1)} for edge, _ in mono.edges] + [{ONE: k}] * (k != 1)
    return reduce(c.algebra.multiply, (_product_of_entries(c, part, index, ends) for part in parts), constant(1))


def _product_of_entries(c: Conversion, body: Poly, index: str, ends: tuple[Time, Time]) -> Poly:
    """∏ of numbers, or entry by entry of what has legs: the factor depends on them as it does on a letter for a component."""
    legs = {v for m in body for e, _ in m.edges for v in e.verts if v not in dict(m.verts) and v >= 0}
    places = {v: OUTSIDE - v for v in legs}
    edge = c.algebra.factor_edge(c.algebra.moved(body, places), index, *ends, ())
    back = {place: v for v, place in places.items()}
    return {Monomial(((edge._replace(verts=tuple(back.get(v, v) for v in edge.verts)), 1),)): Fraction(1)}


OUTSIDE = -(10**7)
"""Legs of a factor are here while its ordered product is made; letters for components are above it."""


def _partial(c: Conversion, term: Partial) -> Poly:
    raise Unsupported("a derivative that has not been worked out")


ROWS: dict[type[Basic], Row] = {
    **SHAPE_ROWS,
    Var: _var,
    Adjoint: _adjoint,
    Plus: _plus,
    Product: _product,
    Hadamard: _hadamard,
    Quotient: _quotient,
    Power: _power,
    Filled: _filled,
    Entry: _entry,
    Unit: _unit,
    Where: _where,
    SumOver: _sum_over,
    ProductOver: _product_over,
    Apply: apply_row,
    Partial: _partial,
}
