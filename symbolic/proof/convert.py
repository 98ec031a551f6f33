"""From terms to polynomials over index networks: one row per head.

Legs of the result are numbered 0, 1, ...: row legs first, then column legs.  Time indices keep their names; a bound one gets a
fresh name and its range as difference constraints.  Non-recurrent variables that are not the value of a function are unfolded
(definitions hold); values of functions and recurrent variables keep their names.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy import Add, Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import (
    Adjoint,
    Apply,
    Block,
    Commute,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Partial,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    Reshape,
    SumOver,
    Total,
    Trace,
    Transpose,
    Unit,
    Var,
    Vec,
    Where,
    affine,
    is_number,
    is_scalar,
    kind_of,
    shape_of,
    slope,
)
from ..model import Model
from .algebra import Algebra
from .heads import Head, block_head
from .networks import ONE, Budget, Constraint, Edge, Monomial, Poly, Time, Unsupported, add, constant, relabelled, scaled


class Converter:
    """Converts terms of one model.  `adjoints`: rules of the adjoints that are not atoms, at their own index letters.

    `assume_labels`: families whose entries are assumed to sum to one.
    """

    def __init__(
        self,
        model: Model,
        adjoints: dict[str, tuple[Var, Basic]],
        budget: Budget,
        assume_labels: frozenset[str] = frozenset(),
        polynomial: frozenset[str] = frozenset(),
    ):
        self.model = model
        self.adjoints = adjoints
        self.algebra = Algebra(budget, polynomial)
        self.memo: dict[Basic, Poly] = {}
        self.components: dict[str, int] = {}
        self.component_letters: frozenset[str] = frozenset()
        self.component_size: dict[str, Expr] = {}
        self.bound_times = 0
        self.softmax_sizes: dict[str, str] = {}  # head of a softmax value -> the size of its leg
        self.lengths = {i.upper.name for i in model.indices}
        self.letters = {i.symbol.name for i in model.indices}
        self.sizes = {s.name for f in model.families.values() for leg in (*f.rows, *f.cols) for s in leg.free_symbols}
        self.value_of: dict[str, tuple[str, int | None, tuple[Time, ...]]] = {}
        self.recurrent = _recurrent(model)
        self.atoms: set[str] = set()
        for name in assume_labels:
            self.algebra.heads.normalized.add("var:" + name)
        self._name_definitions()
        self.definitions = dict(self.memo)

    def poly(self, term: Basic) -> Poly:
        """The polynomial of a term, with one leg per leg of its shape."""
        found = self.memo.get(term)
        if found is None:
            row = _number if is_number(term) else ROWS.get(type(term), _scalar_symbol)
            found = self.memo[term] = self.algebra.collected(row(self, term))
        return found

    def begin(self, *terms: Basic) -> None:
        """Prepare for the terms of one claim: component letters mean what they mean in this claim alone."""
        letters = frozenset(str(i) for term in terms for node in term.atoms(Entry, Unit) for i in _component_indices(node))
        if letters or self.component_letters:
            self.memo = dict(self.definitions)
            self.component_size = {}
        self.component_letters = letters
        self.algebra.conditions = set()

    # --- names -------------------------------------------------------------------------------------------------------

    def _name_definitions(self) -> None:
        """Register values of functions under the names that the model gives them."""
        for e in self.model.equations:
            name = "var:" + e.left.name
            own = self._edge(name, e.left)
            right = e.right
            if e.left.name in self.recurrent:
                self.atoms.add(e.left.name)
            if not isinstance(right, Apply):
                continue
            value = self.poly(right)
            edges = [edge for mono in value for edge, power in mono.edges]
            if len(value) != 1 or value.get(Monomial(tuple((x, 1) for x in edges))) != 1 or len(edges) != 1:
                continue
            edge = edges[0]
            heads = self.algebra.heads
            known = heads.known[edge.head]
            if known.kind not in ("fn", "step") or edge.verts != own.verts:
                continue
            if own.times:
                if len(edge.times) != 1 or edge.times[0][0] != own.times[0][0]:
                    continue
                shift: int | None = own.times[0][1] - edge.times[0][1]
            else:
                shift = None
            self.atoms.add(e.left.name)
            self.algebra.folded[edge.head] = (name, shift, edge.times)
            self.value_of[name] = (edge.head, shift, edge.times)
            heads.known[name] = Head("var", fun=known.fun)
            if edge.head in heads.normalized:
                heads.normalized.add(name)
            self.memo.pop(right)
            self.poly(right)

    def _edge(self, head: str, variable: Var) -> Edge:
        times = tuple(self.time(i) for i in variable.indices)
        self.algebra.heads.known.setdefault(head, Head(head.partition(":")[0]))
        self.algebra.names.setdefault(head, str(variable.name))
        self.algebra.heads.composite[head] = _sums(variable.legs)
        return Edge(head, times, tuple(range(len(variable.legs))))

    def time(self, index: Expr) -> Time:
        point, offset = affine(index)
        return ("" if point is None else point.name), offset

    def component(self, index: Expr, size: Expr) -> int:
        """The vertex of a named component index; its size must be the same wherever it occurs."""
        if not isinstance(index, (Symbol, Integer)):
            raise Unsupported(f"the component index {index} is not a plain letter or number")
        known = self.component_size.setdefault(str(index), size)
        if known != size and isinstance(index, Symbol):
            raise Unsupported(f"the component index {index} runs over {known} and over {size}")
        return self.components.setdefault(str(index), -1 - len(self.components))

    def argument_of(self, edge: Edge) -> tuple[str, Poly] | None:
        """(f, z) if the edge is the value f(z), named or not, of an elementwise function or of a function of a vector."""
        head, times = edge.head, edge.times
        if head in self.value_of:
            head, shift, fixed = self.value_of[head]
            times = fixed if shift is None else tuple((p, o - shift) for p, o in times)
        known = self.algebra.heads.known[head]
        if known.kind != "fn" or known.body is None:
            return None
        points = {f"${i}": t for i, t in enumerate(times)}
        return known.fun, self.algebra.moved(known.body, dict(enumerate(edge.verts)), points)

    def fresh_time(self) -> str:
        self.bound_times += 1
        return f"~{self.bound_times}"

    def contracted(self, a: Poly, b: Poly, ra: int, inner: tuple[Expr, ...], cb: int) -> Poly:
        """Matrix product: a has ra row legs, b cb column legs, both share the inner legs."""
        verts = [self.algebra.fresh_vertex() for _ in inner]
        k = len(inner)
        left = {ra + i: v for i, v in enumerate(verts)}
        right = {i: v for i, v in enumerate(verts)} | {k + j: ra + j for j in range(cb)}
        bound = tuple((v, str(s)) for v, s in zip(verts, inner, strict=True))
        return self.algebra.multiply(
            add([{relabelled(m, left): c} for m, c in a.items()]),
            add([{relabelled(m, right): c} for m, c in b.items()]),
            bound,
        )


def _sums(legs: tuple[Expr, ...]) -> frozenset[int]:
    return frozenset(i for i, leg in enumerate(legs) if isinstance(leg, Add))


def _recurrent(model: Model) -> frozenset[str]:
    """Families that depend on themselves through earlier steps (their definitions cannot be unfolded)."""
    needs: dict[str, set[str]] = {}
    for e in model.equations:
        stack: list[Basic] = [e.right]
        found: set[str] = set()
        while stack:
            node = stack.pop()
            if isinstance(node, Var):
                found.add(node.name)
            else:
                stack.extend(node.args)
        needs[e.left.name] = found
    reach = {name: set(direct) for name, direct in needs.items()}
    for _ in needs:
        for name in reach:
            for other in tuple(reach[name]):
                reach[name] |= reach.get(other, set())
    return frozenset(name for name in reach if name in reach[name])


# --- rows ------------------------------------------------------------------------------------------------------------


def _number(c: Converter, term: Basic) -> Poly:
    return constant(Fraction(int(term.p), int(term.q)))


def _scalar_symbol(c: Converter, term: Basic) -> Poly:
    """A size, a length or a time index used as a number, or a sum of such and a number."""
    if isinstance(term, Symbol):
        if term.name not in c.sizes:
            return {Monomial(((_time_edge(c, (term.name, 0)), 1),)): Fraction(1)}
        head = "size:" + term.name
        c.algebra.heads.known.setdefault(head, Head("size"))
        return {Monomial(((Edge(head, (), ()), 1),)): Fraction(1)}
    if isinstance(term, Add):
        return add([c.poly(a) for a in term.args])
    raise Unsupported(f"{type(term).__name__} cannot be judged")


def _time_edge(c: Converter, time: Time) -> Edge:
    c.algebra.heads.known.setdefault("time", Head("time"))
    return Edge("time", (time,), ())


def _var(c: Converter, term: Var) -> Poly:
    equation = c.model.equation(term.name)
    if equation is not None and term.name not in c.atoms:
        own = [i for i in equation.left.indices]
        return c.poly(equation.right.xreplace(dict(zip(own, term.indices, strict=True))))
    return {Monomial(((c._edge("var:" + term.name, term), 1),)): Fraction(1)}


def _adjoint(c: Converter, term: Adjoint) -> Poly:
    variable = term.variable
    rule = c.adjoints.get(variable.name)
    if rule is not None:
        own, right = rule
        return c.poly(right.xreplace(dict(zip(own.indices, variable.indices, strict=True))))
    return {Monomial(((c._edge("adjoint:" + variable.name, variable), 1),)): Fraction(1)}


def _plus(c: Converter, term: Plus) -> Poly:
    return add([c.poly(a) for a in term.args])


def _product(c: Converter, term: Product) -> Poly:
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


def _hadamard(c: Converter, term: Hadamard) -> Poly:
    result = constant(1)
    for factor in term.args:
        result = c.algebra.multiply(result, c.poly(factor))
    return result


def _quotient(c: Converter, term: Quotient) -> Poly:
    return c.algebra.multiply(c.poly(term.args[0]), c.algebra.reciprocal(c.poly(term.args[1])))


def _power(c: Converter, term: Power) -> Poly:
    base, exponent = c.poly(term.args[0]), Fraction(int(term.args[1].p), int(term.args[1].q))
    if exponent.denominator != 1:
        return c.algebra.root(base, exponent)
    if exponent < 0:
        base = c.algebra.reciprocal(base)
    return c.algebra.power(base, abs(int(exponent)))


def _transpose(c: Converter, term: Transpose) -> Poly:
    rows, cols = shape_of(term.args[0])
    r, k = len(rows), len(cols)
    return c.algebra.moved(c.poly(term.args[0]), {**{i: k + i for i in range(r)}, **{r + j: j for j in range(k)}})


def _deltas(c: Converter, pairs: list[tuple[int, int]]) -> Poly:
    return {Monomial(tuple(sorted((Edge("delta", (), (a, b)), 1) for a, b in pairs))): Fraction(1)}


def _diag(c: Converter, term: Diag) -> Poly:
    k = len(shape_of(term.args[0])[0]) + len(shape_of(term.args[0])[1])
    return c.algebra.multiply(c.poly(term.args[0]), _deltas(c, [(i, k + i) for i in range(k)]))


def _identified(c: Converter, poly: Poly, legs: int, sizes: tuple[Expr, ...] | None) -> Poly:
    """Leg i and leg legs+i become one; summed over where sizes are given."""
    if sizes is None:
        return c.algebra.moved(poly, {legs + i: i for i in range(legs)})
    verts = [c.algebra.fresh_vertex() for _ in sizes]
    mapping = {i: v for i, v in enumerate(verts)} | {legs + i: v for i, v in enumerate(verts)}
    bound = tuple((v, str(s)) for v, s in zip(verts, sizes, strict=True))
    return c.algebra.multiply(add([{relabelled(m, mapping): k} for m, k in poly.items()]), {ONE: Fraction(1)}, bound)


def _diag_part(c: Converter, term: DiagPart) -> Poly:
    return _identified(c, c.poly(term.args[0]), len(shape_of(term.args[0])[0]), None)


def _trace(c: Converter, term: Trace) -> Poly:
    rows = shape_of(term.args[0])[0]
    return _identified(c, c.poly(term.args[0]), len(rows), rows)


def _summed(c: Converter, poly: Poly, sizes: tuple[Expr, ...]) -> Poly:
    verts = [c.algebra.fresh_vertex() for _ in sizes]
    bound = tuple((v, str(s)) for v, s in zip(verts, sizes, strict=True))
    moved = add([{relabelled(m, dict(enumerate(verts))): k} for m, k in poly.items()])
    return c.algebra.multiply(moved, {ONE: Fraction(1)}, bound)


def _total(c: Converter, term: Total) -> Poly:
    rows, cols = shape_of(term.args[0])
    return _summed(c, c.poly(term.args[0]), rows + cols)


def _norm_squared(c: Converter, term: NormSquared) -> Poly:
    rows, cols = shape_of(term.args[0])
    return _summed(c, c.algebra.power(c.poly(term.args[0]), 2), rows + cols)


def _identity(c: Converter, term: Identity) -> Poly:
    k = len(term.rows)
    return _deltas(c, [(i, k + i) for i in range(k)])


def _filled(c: Converter, term: Filled) -> Poly:
    return c.poly(term.args[0])


def _kronecker(c: Converter, term: Kronecker) -> Poly:
    (ra, ca), (rb, cb) = shape_of(term.args[0]), shape_of(term.args[1])
    r, s, k, m = len(ra), len(rb), len(ca), len(cb)
    left = {r + j: r + s + j for j in range(k)}
    right = {**{i: r + i for i in range(s)}, **{s + j: r + s + k + j for j in range(m)}}
    return c.algebra.multiply(c.algebra.moved(c.poly(term.args[0]), left), c.algebra.moved(c.poly(term.args[1]), right))


def _vec(c: Converter, term: Vec) -> Poly:
    if term.args[1].name == "row":
        return c.poly(term.args[0])
    return _transpose(c, Transpose(term.args[0]))


def _reshape(c: Converter, term: Reshape) -> Poly:
    return c.poly(term.args[0])


def _entry(c: Converter, term: Entry) -> Poly:
    sizes = sum(shape_of(term.args[0]), ())
    mapping = {i: c.component(index, sizes[i]) for i, index in enumerate(term.args[1:])}
    return c.algebra.moved(c.poly(term.args[0]), mapping)


def _unit(c: Converter, term: Unit) -> Poly:
    return _deltas(c, [(c.component(term.args[0], term.args[1]), 0)])


def _where(c: Converter, term: Where) -> Poly:
    result = c.poly(term.args[0])
    for condition in term.args[1:]:
        result = _conditioned(c, result, condition)
    return result


def _conditioned(c: Converter, poly: Poly, relation: Relation) -> Poly:
    _, left, right = relation.args
    if str(left) in c.component_letters or str(right) in c.component_letters:
        if relation.op not in ("=", "!="):
            raise Unsupported(f"the condition {left} {relation.op} {right} on component indices")
        size = c.component_size.get(str(left), c.component_size.get(str(right), Integer(0)))
        a, b = c.component(left, size), c.component(right, size)
        equal = c.algebra.multiply(poly, _deltas(c, [(a, b)]))
        return equal if relation.op == "=" else add([poly, scaled(equal, -1)])
    a, b = c.time(left), c.time(right)
    below: Constraint = (a[0], b[0], b[1] - a[1])  # left <= right
    above: Constraint = (b[0], a[0], a[1] - b[1])
    strictly: Constraint = (a[0], b[0], b[1] - a[1] - 1)
    guards = {"=": (below, above), "<=": (below,), "<": (strictly,), "!=": (below, above)}[relation.op]
    guarded = {
        m._replace(constraints=tuple(sorted({*m.constraints, *(g for g in guards if g[0] != g[1])}))): k
        for m, k in poly.items()
        if all(g[0] != g[1] or g[2] >= 0 for g in guards)
    }
    return add([poly, scaled(guarded, -1)]) if relation.op == "!=" else guarded


def _sum_over(c: Converter, term: SumOver) -> Poly:
    body, index, lower, upper, excluded = term.args
    if _is_component(c, term):
        if lower != 1:
            raise Unsupported(f"a sum over components from {lower}")
        poly = c.poly(body)
        vertex = c.component(index, c.component_size.get(str(index), upper))
        if c.component_size[str(index)] != upper:
            raise Unsupported(f"{index} runs over {c.component_size[str(index)]}, the sum goes to {upper}")
        fresh = c.algebra.fresh_vertex()
        moved = add([{relabelled(m, {vertex: fresh}): k} for m, k in poly.items()])
        total = c.algebra.multiply(moved, {ONE: Fraction(1)}, ((fresh, str(upper)),))
        for other in excluded:
            at = c.component(other, upper)
            total = add([total, scaled(c.algebra.moved(poly, {vertex: at}), -1)])
        return total
    if excluded:
        raise Unsupported("a sum over time that leaves out a step")
    name = c.fresh_time()
    (low, a), (high, b) = c.time(lower), c.time(upper)
    result: Poly = {}
    for mono, k in c.poly(body).items():
        moved = relabelled(mono, {}, {index.name: (name, 0)})
        constraints = {*moved.constraints, (low, name, -a), (name, high, b)}
        result[moved._replace(times=(*mono.times, name), constraints=tuple(sorted(constraints)))] = k
    return result


def _component_indices(node: Basic) -> tuple[Basic, ...]:
    return node.args[1:] if isinstance(node, Entry) else node.args[:1]


def _is_component(c: Converter, term: SumOver) -> bool:
    """Whether the index counts components: it is used as one, or (used nowhere) its upper bound is a size."""
    body, index, lower, upper, _ = term.args
    component = any(index in _component_indices(node) for node in body.atoms(Entry, Unit))
    time = any(index in i.free_symbols for v in body.atoms(Var) for i in v.indices)
    if component and time:
        raise Unsupported(f"{index} counts components and time steps at once")
    if component or time:
        return component
    return bool({s.name for s in upper.free_symbols} & c.sizes)


def _product_over(c: Converter, term: ProductOver) -> Poly:
    body, index, lower, upper, order = term.args
    if order.name == "unspecified":
        raise Unsupported("an ordered product whose order is not fixed")
    sizes = tuple(str(s) for s in shape_of(body)[0])
    k = len(sizes)
    turned = body if order.name == "descending" else Transpose(body)
    edge = c.algebra.factor_edge(c.poly(turned), index.name, c.time(lower), c.time(upper), sizes)
    if order.name == "ascending":
        verts = (*edge.verts[k : 2 * k], *edge.verts[:k], *edge.verts[2 * k :])
        edge = edge._replace(verts=verts)
    return {Monomial(((edge, 1),)): Fraction(1)}


def _apply(c: Converter, term: Apply) -> Poly:
    return _APPLY[kind_of(term.fun)](c, term)


def _elementwise(c: Converter, term: Apply) -> Poly:
    fun, x = term.fun, term.x
    legs = len(shape_of(x)[0]) + len(shape_of(x)[1])
    if fun.kind:
        name = fun.name + "'" * fun.order
        edge = c.algebra.fold(c.algebra.closure("fn", name, c.poly(x), tuple(map(c.time, fun.at))))
        return {Monomial(((edge, 1),)): Fraction(1)}
    if fun.order == 0:
        return _SIMPLE.get(fun.name, _function_value)(c, fun.name, c.poly(x), legs)
    if fun.order > 1:
        raise Unsupported(f"a derivative of {fun.name} of order {fun.order}")
    base = fun.func(fun.args[0], fun.order - 1)
    value = Apply(base, x)
    if fun.name in ("tanh", "sigmoid"):
        poly = c.poly(value)
        if len(poly) == 1:
            ((mono, k),) = poly.items()
            if k == 1 and len(mono.edges) == 1 and c.algebra.heads.has_slope_basis(mono.edges[0][0].head):
                edge = mono.edges[0][0]
                head = "slope:" + edge.head
                c.algebra.heads.known.setdefault(head, Head("slope", of=edge.head))
                return {Monomial(((edge._replace(head=head), 1),)): Fraction(1)}
    return c.poly(slope(base, x, value))


def _function_value(c: Converter, name: str, body: Poly, legs: int) -> Poly:
    return c.algebra.apply(name, body, legs)


def _log(c: Converter, name: str, body: Poly, legs: int) -> Poly:
    """log softmax(z) = z - logsumexp(z); log exp(z) = z; any other logarithm is an atom."""
    if len(body) == 1:
        ((mono, k),) = body.items()
        if k == 1 and len(mono.edges) == 1 and mono.edges[0][1] == 1 and not mono.verts:
            edge = mono.edges[0][0]
            inner = c.argument_of(edge)
            if inner is not None and inner[0] == "exp":
                return inner[1]
            if inner is not None and inner[0] == "softmax":
                return _log_softmax(c, inner[1], edge.verts[0])
    return c.algebra.apply(name, body, legs)


def _log_softmax(c: Converter, argument: Poly, leg: int) -> Poly:
    at_zero = c.algebra.moved(argument, {leg: 0}) if leg else argument
    return add([argument, scaled({Monomial(((c.algebra.closure("fn", "logsumexp", at_zero, hidden=True), 1),)): Fraction(1)}, -1)])


def _sqrt(c: Converter, name: str, body: Poly, legs: int) -> Poly:
    return c.algebra.root(body, Fraction(1, 2))


def _reciprocal(c: Converter, name: str, body: Poly, legs: int) -> Poly:
    return c.algebra.reciprocal(body)


_SIMPLE: dict[str, Callable[[Converter, str, Poly, int], Poly]] = {"log": _log, "sqrt": _sqrt, "reciprocal": _reciprocal}


def _vector(c: Converter, term: Apply) -> Poly:
    if term.fun.name == "logsoftmax":
        return _log_softmax(c, c.poly(term.x), 0)
    value = c.algebra.apply(term.fun.name, c.poly(term.x), 1)
    for mono in value:
        c.softmax_sizes[mono.edges[0][0].head] = str((*term.rows, *term.cols)[0])
    return value


def _reduce(c: Converter, term: Apply) -> Poly:
    return {Monomial(((c.algebra.closure("fn", term.fun.name, c.poly(term.x), hidden=True), 1),)): Fraction(1)}


def _abstract(c: Converter, term: Apply) -> Poly:
    """A function of a whole vector: its value has the legs `out`, its first derivative also those of the argument."""
    fun, x = term.fun, term.x
    legs = len(shape_of(x)[0]) + len(shape_of(x)[1])
    if legs > 1:
        raise Unsupported("an abstract function of a matrix")
    edge = c.algebra.closure("fn", fun.name + "'" * fun.order, c.poly(x), tuple(map(c.time, fun.at)), hidden=legs == 1)
    out = len(term.legs)
    c.algebra.heads.composite[edge.head] = _sums(term.legs)
    return {Monomial(((c.algebra.fold(edge._replace(verts=(*range(out), *edge.verts))), 1),)): Fraction(1)}


_APPLY = {
    "elementwise": _elementwise,
    "vector": _vector,
    "reduce": _reduce,
    "abstract-scalar": _abstract,
    "abstract-vector": _abstract,
}


def _concat(c: Converter, term: Concat) -> Poly:
    axis, parts = int(term.args[0]), term.args[1:]
    leg = len(term.rows) if axis else 0
    sizes = tuple(str((*shape_of(p)[axis], Integer(1))[0]) for p in parts)
    pieces = []
    for position, part in enumerate(parts):
        poly = c.poly(part)
        if not shape_of(part)[axis]:  # one more row or column: the legs behind it move on
            legs = len(shape_of(part)[0]) + len(shape_of(part)[1])
            poly = c.algebra.moved(poly, {i: i + 1 for i in range(leg, legs)})
        pieces.append(c.algebra.multiply(poly, _in_block(c, leg, position, sizes)))
    return add(pieces)


def _in_block(c: Converter, leg: int, position: int, sizes: tuple[str, ...]) -> Poly:
    head = block_head(position, sizes)
    c.algebra.heads.known.setdefault(head, Head("block"))
    return {Monomial(((Edge(head, (), (leg,)), 1),)): Fraction(1)}


def _block(c: Converter, term: Block) -> Poly:
    x, axis, position, sizes = term.args
    leg = len(shape_of(x)[0]) if axis == 1 else 0
    names = tuple(map(str, sizes))
    inside = c.algebra.multiply(c.poly(x), _in_block(c, leg, int(position), names))
    head = block_head(int(position), names)
    result = {m._replace(edges=tuple(i for i in m.edges if i[0] != Edge(head, (), (leg,)))): k for m, k in inside.items()}
    if sizes[int(position)] == 1:
        return _summed_leg(c, result, leg, len(shape_of(x)[0]) + len(shape_of(x)[1]))
    return result


def _summed_leg(c: Converter, poly: Poly, leg: int, legs: int) -> Poly:
    """A leg of size 1 is no leg: its only index is summed over."""
    vertex = c.algebra.fresh_vertex()
    mapping = {leg: vertex} | {i: i - 1 for i in range(leg + 1, legs)}
    moved = add([{relabelled(m, mapping): k} for m, k in poly.items()])
    return c.algebra.multiply(moved, {ONE: Fraction(1)}, ((vertex, "1"),))


def _commute(c: Converter, term: Commute) -> Poly:
    rows, cols = len(term.args[0]), len(term.args[1])
    k = rows + cols
    return _deltas(c, [(cols + i, k + i) for i in range(rows)] + [(j, k + rows + j) for j in range(cols)])


def _partial(c: Converter, term: Partial) -> Poly:
    raise Unsupported("a derivative that has not been worked out")


ROWS: dict[type, Callable[[Converter, Basic], Poly]] = {
    Var: _var,
    Adjoint: _adjoint,
    Plus: _plus,
    Product: _product,
    Hadamard: _hadamard,
    Quotient: _quotient,
    Power: _power,
    Transpose: _transpose,
    Diag: _diag,
    DiagPart: _diag_part,
    Trace: _trace,
    Total: _total,
    NormSquared: _norm_squared,
    Identity: _identity,
    Filled: _filled,
    Kronecker: _kronecker,
    Vec: _vec,
    Reshape: _reshape,
    Entry: _entry,
    Unit: _unit,
    Where: _where,
    SumOver: _sum_over,
    ProductOver: _product_over,
    Apply: _apply,
    Concat: _concat,
    Block: _block,
    Commute: _commute,
    Partial: _partial,
}
