"""The reverse sweep: every equation is pulled back once, in the reverse of the order in which a step computes them.

For v_{t-d} used in the equation of u_t with cotangent c(t), the adjoint of v_t gets c(t + d), where t + d ≤ T; a use
inside Σ_s gets s from its index; a use at a fixed step, such as h_T, counts where t = T; letters that stay free are
summed over.  Cotangents of recurrent families are not known when they are needed, so they stay as adjoint atoms (the
basis): that turns recurrences into backward recurrences.  The others are expanded on the way.  Werbos,
*Backpropagation through time* (1990).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import (
    Adjoint,
    Apply,
    Block,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Hadamard,
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
    Term,
    Total,
    Trace,
    Transpose,
    Var,
    Vec,
    Where,
    affine,
    at,
)
from ..model import Equation, Family, Model, variables
from .algebra import Algebra, UnsupportedError
from .moving import BINDERS, fresh, letters, moved, renamed_binder, truth
from .pullback import CONSTANTS, pullback, varies
from .tidy import tidy_inside

LARGEST_COPY = 600
"""Adjoints with more nodes than this stay atoms, so that nothing is copied over and over inside one step."""


@dataclass(frozen=True)
class Bound:
    """A letter bound around a use: letter = lower .. upper, without `excluded`."""

    letter: Symbol
    lower: Expr
    upper: Expr
    excluded: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Use:
    """One quantity on the right of an equation, its cotangent, and the letters bound around it, innermost first."""

    variable: Var
    cotangent: Basic
    bound: tuple[Bound, ...] = ()


@dataclass(frozen=True)
class Contribution:
    """One summand of an adjoint: `term`, which comes from a use `offset` steps later, where `condition` holds."""

    term: Basic
    offset: int = 0
    condition: Relation | None = None
    by: str = ""


def uses(term: Basic, cotangent: Basic, k: Algebra, avoid: frozenset[Symbol] = frozenset()) -> list[Use]:
    """Pull a cotangent back through a term to the quantities in it; equal subterms are visited once.

    No sum or product binds a letter of the cotangent or of `avoid`.
    """
    found: list[Use] = []
    waiting: dict[Basic, list[Basic]] = {term: [cotangent]}
    for node in _parents_first(term):
        arrived = waiting.pop(node, None)
        if arrived is None or not varies(node):
            continue
        g = arrived[0] if len(arrived) == 1 else k.plus(*arrived)
        if isinstance(node, Var):
            found.append(Use(node, g))
        elif isinstance(node, BINDERS):
            found.extend(_uses_inside(node, g, k, avoid))
        else:
            for operand, c in pullback(node, g, k):
                k.record(rule_name(node), g, c)
                waiting.setdefault(operand, []).append(c)
    return found


def _uses_inside(node: Term, g: Basic, k: Algebra, avoid: frozenset[Symbol]) -> Iterator[Use]:
    """The uses inside a sum or ordered product, under its letter."""
    node = renamed_binder(node, letters(g) | avoid)
    _, letter, lower, upper, *rest = node.args
    bound = Bound(letter, lower, upper, tuple(rest[0]) if isinstance(node, SumOver) else ())
    for operand, c in pullback(node, g, k):
        for use in uses(operand, c, k, avoid):
            yield Use(use.variable, use.cotangent, (*use.bound, bound))


def _parents_first(term: Basic) -> list[Basic]:
    """The subterms, each after all terms that hold it; bodies of sums and products are not entered."""
    order: list[Basic] = []
    seen: set[Basic] = set()
    stack: list[tuple[Basic, bool]] = [(term, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            if isinstance(node, (Adjoint, Partial)):
                raise UnsupportedError(f"{node} cannot be differentiated again; only forward equations can")
            stack.append((node, True))
            if isinstance(node, Term) and not isinstance(node, (Var, *BINDERS, *CONSTANTS)):
                stack.extend((a, False) for a in node.args if isinstance(a, Term))
    return order[::-1]


RULE_NAMES: dict[type, str] = {
    Plus: "the adjoint of a sum goes to every summand",
    Product: "chain rule through a matrix product",
    Hadamard: "chain rule through an entry by entry product",
    Quotient: "chain rule through a quotient",
    Transpose: "the adjoint of a transpose is transposed",
    Diag: "the adjoint of diag(v) is the diagonal",
    Kronecker: "chain rule through a Kronecker product",
    Power: "chain rule through a power",
    NormSquared: "chain rule through a squared norm",
    Trace: "chain rule through a trace",
    Total: "chain rule through a sum of entries",
    ProductOver: "chain rule through an ordered product",
    DiagPart: "the adjoint of a diagonal is diagonal",
    Entry: "the adjoint of a component goes to its place",
    Block: "the adjoint of a block goes to its place",
    Concat: "the adjoint of stacked vectors is cut into parts",
    Vec: "the adjoint keeps its entries, in another shape",
    Reshape: "the adjoint keeps its entries, in another shape",
    SumOver: "the adjoint of a sum goes to every summand",
    Where: "the adjoint counts only where its condition holds",
}


def rule_name(node: Term) -> str:
    """How the step through a term is called."""
    if isinstance(node, Apply):
        return f"chain rule through {node.fun.name}"
    return RULE_NAMES.get(type(node), f"chain rule through {type(node).__name__}")


def recurrent_families(model: Model) -> tuple[str, ...]:
    """The defined families that some equation uses at an earlier step."""
    defined = {e.left.name for e in model.equations}
    crossing: set[str] = set()
    for e in model.equations:
        own = {affine(i)[0] for i in e.left.indices}
        for v in variables(e.right):
            if v.name in defined and any(affine(i)[0] in own and affine(i)[1] < 0 for i in v.indices):
                crossing.add(v.name)
    return tuple(e.left.name for e in model.equations if e.left.name in crossing)


def influential(model: Model) -> set[str]:
    """The families on which the loss depends."""
    right = {e.left.name: e.right for e in model.equations}
    reached = {model.loss.name}
    waiting = [model.loss.name]
    while waiting:
        for v in variables(right.get(waiting.pop(), Integer(0))):
            if v.name not in reached:
                reached.add(v.name)
                waiting.append(v.name)
    return reached


def _range_conditions(bound: Bound, value: Expr, family: Family, position: int) -> tuple[int, list[Relation]]:
    """The offset d of t + d ≤ T, and further conditions for a solved letter to lie in its range.

    The range of the family's own index is known.
    """
    own = family.indices[position]
    conditions: list[Relation] = []
    point, shift = affine(value)
    low, low_offset = affine(bound.lower)
    if not (low is None and point == own.symbol and own.lower + shift >= low_offset):
        conditions.append(Relation("<=", bound.lower, value))
    high, high_offset = affine(bound.upper)
    offset = 0
    if point == own.symbol and high == own.upper:
        if high_offset == 0 and shift > 0:
            offset = shift
        elif shift > high_offset:
            conditions.append(Relation("<=", value, bound.upper))
    else:
        conditions.append(Relation("<=", value, bound.upper))
    conditions += [Relation("!=", value, e) for e in bound.excluded]
    return offset, conditions


def placed(use: Use, equation: Equation, model: Model, k: Algebra) -> Contribution | None:
    """What one use contributes to the adjoint of the used family, at the family's own letters."""
    family = model.families[use.variable.name]
    ranges = {i.symbol: Bound(i.symbol, Integer(i.lower), i.upper) for i in model.families[equation.left.name].indices}
    free = [*use.bound, *(ranges[s] for s in ranges)]
    own = {i.symbol for i in family.indices}
    taken = (letters(use.cotangent) | own | {b.letter for b in free}).union(*map(letters, use.variable.indices))
    mapping: dict[Symbol, Expr] = {}
    fixed: list[tuple[Symbol, Expr]] = []
    solved: list[tuple[Bound, Expr, int]] = []
    for position, index in enumerate(use.variable.indices):
        point, shift = affine(index)
        letter = family.indices[position].symbol
        bound = next((b for b in free if b.letter == point and point not in mapping), None)
        if bound is None:
            fixed.append((letter, index))
        else:
            mapping[bound.letter] = at(letter, -shift)
            solved.append((bound, mapping[bound.letter], position))
    left = [b for b in free if b.letter not in mapping]
    for b in left:  # a letter that stays must not be mistaken for one of the family's own
        if b.letter in own:
            mapping[b.letter] = fresh(b.letter, frozenset(taken))
            taken = taken | {mapping[b.letter]}
    conditions = [Relation("=", letter, moved(index, mapping)) for letter, index in fixed]
    term = moved(use.cotangent, mapping)
    offset = 0
    for bound, value, position in solved:
        ahead, more = _range_conditions(_moved_bound(bound, mapping), value, family, position)
        conditions += more
        if ahead and not vanishes_beyond(term, ahead, own):
            conditions.append(Relation("<=", value, family.indices[position].upper))
        offset = max(offset, ahead)
    conditions = [c for c in conditions if truth(c) is not True]
    if any(truth(c) is False for c in conditions):
        return None
    for b in map(partial(_moved_bound, mapping=mapping), left):
        inside = [c for c in conditions if b.letter in letters(c)]
        conditions = [c for c in conditions if b.letter not in letters(c)]
        term = _summed(k.where(term, *inside), b, k)
    condition = conditions[0] if conditions else None
    return Contribution(k.where(term, *conditions[1:]), offset, condition, equation.left.name)


def _moved_bound(bound: Bound, mapping: dict[Symbol, Expr]) -> Bound:
    """The range of a letter in the letters of the family, under its new name if it has one."""
    lower, upper, *excluded = (moved(e, mapping) for e in (bound.lower, bound.upper, *bound.excluded))
    name = mapping.get(bound.letter, bound.letter)
    return Bound(name if isinstance(name, Symbol) else bound.letter, lower, upper, tuple(excluded))


def _summed(body: Basic, bound: Bound, k: Algebra) -> Basic:
    """Σ over a letter that stays; "value ≤ letter" raises the lower end."""
    if isinstance(body, Where) and bound.lower == 1:
        for c in body.args[1:]:
            if c.op == "<=" and c.args[2] == bound.letter:
                rest = [d for d in body.args[1:] if d is not c]
                return k.sum_over(k.where(body.args[0], *rest), bound.letter, c.args[1], bound.upper, bound.excluded)
    return k.sum_over(body, bound.letter, bound.lower, bound.upper, bound.excluded)


def vanishes_beyond(term: Basic, offset: int, own: Iterable[Symbol]) -> bool:
    """Whether every summand holds an adjoint `offset` steps later, which is zero beyond the last step."""
    own = set(own)
    if isinstance(term, Adjoint):
        return any(affine(i)[0] in own and affine(i)[1] >= offset for i in term.variable.indices)
    if isinstance(term, Plus):
        return all(vanishes_beyond(a, offset, own) for a in term.args)
    if isinstance(term, (Product, Hadamard)):
        return any(vanishes_beyond(a, offset, own) for a in term.args)
    if isinstance(term, (Var, Apply)) or not isinstance(term, Term):
        return False
    return any(vanishes_beyond(a, offset, own) for a in term.args)


@dataclass
class Sweep:
    """What the sweep gathers: contributions per family, and the families whose adjoints stay atoms."""

    contributions: dict[str, list[Contribution]]
    basis: list[str]
    cotangents: dict[str, Basic]


def sweep(model: Model, k: Algebra) -> Sweep:
    """Pull every equation back once, from the loss to the first equation of a step."""
    recurrent = recurrent_families(model)
    result = Sweep({model.loss.name: [Contribution(Integer(1))]}, [], {})
    plain = Algebra()
    matters = influential(model)
    for e in reversed(model.equations):
        name = e.left.name
        if name not in matters:
            continue
        recurs = name in recurrent
        if recurs:
            result.basis.insert(0, name)
        cotangent: Basic = Adjoint(e.left)
        if not recurs:
            cotangent = whole(result.contributions.get(name, ()), e.left, k)
            if size_of(cotangent, LARGEST_COPY) > LARGEST_COPY:
                result.basis.insert(0, name)
                cotangent = Adjoint(e.left)
        result.cotangents[name] = cotangent
        for use in uses(tidy_inside(e.right, plain), cotangent, k, letters(e.left)):
            c = placed(use, e, model, k)
            if c is not None:
                result.contributions.setdefault(use.variable.name, []).append(c)
    return result


def whole(contributions: Iterable[Contribution], variable: Var, k: Algebra) -> Basic:
    """The sum of the contributions."""
    parts = [k.where(c.term, *((c.condition,) if c.condition else ())) for c in contributions]
    result = k.plus(*parts)
    sources = list(dict.fromkeys(_source(c, variable) for c in contributions if c.by))
    k.record(f"sum over the uses of {variable}: {' and '.join(sources)}", Adjoint(variable), result)
    return result


def _source(c: Contribution, variable: Var) -> str:
    return c.by + (f" at {at(affine(variable.indices[0])[0], c.offset)}" if c.offset and variable.indices else "")


def size_of(term: Basic, limit: int) -> int:
    """The number of nodes, counted as often as they are written, up to a limit."""
    count = 0
    stack = [term]
    while stack and count <= limit:
        node = stack.pop()
        count += 1
        stack.extend(a for a in node.args if isinstance(a, Term))
    return count
