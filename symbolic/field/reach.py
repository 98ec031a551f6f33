"""At which lengths two formulas are compared, so that agreement there says something about all (sizes: see `sizes`).

A sum over V time variables with offsets of at most O and constants in its ranges of at most C is fixed by its values
at T = 1 .. (V + 1)(C + 2O + 1) + 2OV, and by D more where steps are numbers of degree D.  A letter may be shifted with its
range: Σ_{t=a-4}^{b-4} f(h_{t+4}) is Σ_{t=a}^b f(h_t), and what holds of t - 4 for all t > 4 holds of t for all t > 0.  Of the
formulas that are the same by such shifts the one with small numbers counts.  Two recurrences with k1 and k2 blocks are fixed by
T = 1 .. k1 + k2 - 1 (Eilenberg's equality theorem, *Automata, Languages and Machines* A, 1974, chapter VI).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..language.indices import IndexError_
from ..model import Model
from .degrees import of_steps
from .functions import POSITIVE
from .sizes import ADDING, BINDERS, at_least, fewest, nodes

LENGTHS = (1, 6, 10, 16, 22, 28, 34, 42, 50, 60)
"""Up to which lengths formulas are compared: without time; without sums over time, where recurrences of a state and its adjoint
have few blocks; with one to five time variables; with larger offsets.  A constant above 1, as in t <= T - 3, adds to them."""


def longest(model: Model, terms: Iterable[Basic], free: Sequence[Symbol], conditions: Iterable[L.Relation] = ()) -> int:
    """Up to which length the formulas are compared, with these free letters under these conditions, those of their ranges too.

    Raises `OutOfReach` where that is more than the largest of `LENGTHS`.
    """
    every, where = list(terms), list(conditions)
    if not free and all(_timeless(model, t) for t in every):
        return LENGTHS[0]
    sizes = frozenset(s for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols)
    bound = max(_binders(t, sizes) for t in every)
    shifts: dict[Symbol | None, int] = {letter: _shift((*every, *where), letter, []) for letter in free}
    measured = [_measured(t, shifts) for t in every]
    forward = [_measured(e.right, {}) for e in model.equations]
    offset = max([1, *(abs(o) for m in (*measured, *forward) for o in m.offsets)])
    constant = max([1, *(abs(c) for m in (*measured, *forward, *(_measured(c, shifts) for c in where)) for c in m.constants)])
    degree, least = of_steps(model, every), max(fewest(model, every, of_lengths=True).values(), default=0)
    if not bound:
        return max(LENGTHS[1], constant + 2 * offset + 3, least) + degree
    variables = len(free) + bound
    enough = (variables + 1) * (2 * offset + 2) + 2 * offset * variables
    return at_least(max(enough, least), LENGTHS, "steps") + (variables + 1) * (constant - 1) + degree


def _timeless(model: Model, term: Basic) -> bool:
    """Whether a term holds leaves without steps and nothing else."""
    if not model.indices:
        return True
    lengths = {i.upper for i in model.indices}
    return not lengths & term.free_symbols and not any(
        isinstance(n, (L.Adjoint, L.Partial)) or (isinstance(n, L.Var) and (n.indices or model.equation(n.name) is not None))
        for n in nodes(term)
    )


@lru_cache(maxsize=8192)
def _binders(term: Basic, sizes: frozenset[Symbol]) -> int:
    """How many time variables are bound in one summand, at most."""
    inside = [_binders(a, sizes) for a in term.args if isinstance(a, Basic)]
    if isinstance(term, ADDING):
        return max(inside, default=0)
    return sum(inside) + int(isinstance(term, BINDERS) and not _over_components(term, sizes))


def _over_components(term: Basic, sizes: frozenset[Symbol]) -> bool:
    """Whether a sum runs over the entries of something: to a size, and its letter counts nothing else."""
    body, letter, lower, upper = term.args[:4]
    ends = isinstance(lower, Expr) and lower.is_Integer and bool(upper.free_symbols) and upper.free_symbols <= sizes
    return ends and not any(letter == point for point, *_ in _places(body))


def _places(term: Basic) -> Iterator[tuple[Symbol | None, int, bool]]:
    """Where letters stand, with their offsets: as indices of quantities and functions (True), in ranges and conditions."""
    for node in nodes(term):
        if isinstance(node, (L.Var, L.Fun)):
            yield from ((*L.affine(i), True) for i in (node.indices if isinstance(node, L.Var) else node.at))
        elif isinstance(node, (*BINDERS, L.Relation)):
            yield from ((*L.affine(b), False) for b in (_ends(node) if isinstance(node, BINDERS) else node.args[1:]))


def _ends(term: Basic) -> tuple[Expr, ...]:
    """Where the range of a letter ends, and the steps that it leaves out; not what is no letter and number, such as a size."""
    excluded = tuple(term.args[4]) if isinstance(term, L.SumOver) else ()
    return tuple(e for e in (*term.args[2:4], *excluded) if _is_index(e))


def _is_index(expression: Basic) -> bool:
    try:
        L.affine(expression)
    except IndexError_:
        return False
    return True


@dataclass(frozen=True)
class Measured:
    """Offsets of time indices, and constants c of ranges and conditions x <= y + c."""

    offsets: set[int] = field(default_factory=set)
    constants: set[int] = field(default_factory=set)


def _measured(term: Basic, shifts: Mapping[Symbol | None, int]) -> Measured:
    own = frozenset(term.free_symbols)
    return _measured_with(term, tuple((x, k) for x, k in shifts.items() if x in own and k))


@lru_cache(maxsize=8192)
def _measured_with(term: Basic, shifts: tuple[tuple[Symbol | None, int], ...]) -> Measured:
    found = Measured()
    _measure(term, dict(shifts), found)
    return found


def _measure(term: Basic, shifts: dict[Symbol | None, int], found: Measured) -> None:
    """What a term holds if each letter t is replaced by t - k, where `shifts` says k."""

    def point(index: Expr) -> tuple[Symbol | None, int]:
        letter, offset = L.affine(index)
        return letter, offset - shifts.get(letter, 0)

    if isinstance(term, (L.Var, L.Fun)):
        for letter, offset in map(point, term.indices if isinstance(term, L.Var) else term.at):
            (found.offsets if letter is not None else found.constants).add(offset)
    elif isinstance(term, L.Relation):
        left, right = (point(side) for side in term.args[1:])
        found.constants.update(right[1] - left[1] + k for k in _BOUNDS[term.op])
    if isinstance(term, BINDERS):
        body, letter = term.args[:2]
        ends = [point(end)[1] for end in _ends(term)]
        shift = _shift((body,), letter, ends)
        found.constants.update(c + shift for c in ends)
        _measure(body, {**shifts, letter: shift}, found)
    elif not isinstance(term, L.Relation):
        for a in term.args:
            if isinstance(a, Basic):
                _measure(a, shifts, found)


_BOUNDS = {"<=": (0,), "<": (-1,), "=": (0,), "!=": (-1, 1)}
"""A condition on x - y as bounds on it: x < y is x <= y - 1."""


def _shift(terms: Sequence[Basic], letter: Symbol, ends: list[int]) -> int:
    """By how much a letter is shifted, so that its offsets are small, and then the constants that go with it."""
    places = [(offset, index) for term in terms for point, offset, index in _places(term) if point == letter]
    offsets, others = {o for o, index in places if index}, {o for o, index in places if not index}

    def cost(k: int) -> tuple[int, int, int]:
        far = max((abs(o - k) for o in offsets), default=0)
        return 4 * far + max((abs(c) for c in (*(e + k for e in ends), *(o - k for o in others))), default=0), abs(k), k

    return min({0, *offsets, *(-e for e in ends)}, key=cost)


def told(terms: Iterable[Basic]) -> int:
    """Bits of information in formulas, roughly: of their numbers, and a few for each head."""
    return sum(3 + (int(n.p).bit_length() + int(n.q).bit_length() if n.is_Rational else 0) for t in terms for n in nodes(t))


def indicators(model: Model, terms: Iterable[Basic]) -> int:
    """How many indicators occur in one summand, at most: of ReLU and step, in quantities and in derivatives too."""
    kinked = {e.left.name for e in model.equations if any(_is_kinked(n) for n in nodes(e.right))}
    return max((_indicators(t, kinked) for t in terms), default=0)


def scaled(terms: Iterable[Basic]) -> bool:
    """Whether a number stands in the argument of a ReLU or step: I(cx) = I(x) holds in a field for a few numbers c only."""
    arguments = (node.args[1] for t in terms for node in nodes(t) if _is_kinked(node))
    return any(n.is_Rational and n and abs(Fraction(n.p, n.q)) not in POSITIVE for a in arguments for n in nodes(a))


LOGARITHMS = frozenset(("log", "logsumexp", "logsoftmax"))
ROOTS = frozenset(("sqrt",))


def values_of(functions: Collection[str], model: Model, terms: Iterable[Basic], derivatives: bool = False) -> bool:
    """Whether a value of one of these functions stands in a term, in the quantities of its formula too.

    A derivative holds no logarithm; `derivatives`: but it holds roots.
    """
    seen: set[Basic] = set()  # a quantity's formula may hold a derivative, and a derivative rests on every formula
    stack = list(terms)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, L.Apply) and node.fun.name in functions:
            return True
        if isinstance(node, L.Var):
            stack += [e.right for e in model.equations if e.left.name == node.name]
        elif derivatives and isinstance(node, (L.Adjoint, L.Partial)):
            stack += [*(e.right for e in model.equations), *(a for a in node.args if not isinstance(a, L.Var))]
        elif not isinstance(node, (L.Adjoint, L.Partial)):
            stack.extend(a for a in node.args if isinstance(a, Basic))
    return False


def _is_kinked(node: Basic) -> bool:
    return isinstance(node, L.Apply) and node.fun.name in ("relu", "step")


def _indicators(term: Basic, kinked: set[str]) -> int:
    inside = [_indicators(a, kinked) for a in term.args if isinstance(a, Basic)]
    if isinstance(term, ADDING):
        return max(inside, default=0)
    derived = bool(kinked) and isinstance(term, (L.Adjoint, L.Partial))
    own = derived or _is_kinked(term) or (isinstance(term, L.Var) and term.name in kinked)
    power = abs(int(term.args[1])) if isinstance(term, L.Power) and term.args[1].is_Integer else 1
    return (sum(inside) + int(own)) * max(power, 1)
