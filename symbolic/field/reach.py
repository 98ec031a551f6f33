"""At which sizes and lengths two formulas are compared, so that agreement there says something about all.

Sizes.  A term in which a sort s of indices occurs at most d times uses at most d values of it, and these can be permuted into
1..d: agreement at n_s = d implies agreement at every size (smaller ones by setting entries to zero).  Sizes that occur as
numbers, or as sums over nothing, enter as polynomials: a second point with larger sizes is tried.

Lengths.  A sum over V time variables with offsets of at most O and constants in its ranges of at most C is fixed by its values
at T = 1 .. (V + 1)(C + 2O + 1) + 2OV.  A letter may be shifted with its range: Σ_{t=a-4}^{b-4} f(h_{t+4}) is Σ_{t=a}^b f(h_t),
and what holds of t - 4 for all t > 4 holds of t for all t > 0.  Of the formulas that are the same by such shifts the one with
small numbers counts.  Two recurrences with k1 and k2 blocks are fixed by T = 1 .. k1 + k2 - 1 (Eilenberg's equality theorem,
*Automata, Languages and Machines* A, 1974, chapter VI).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..language.indices import IndexError_
from ..model import Model
from .functions import POSITIVE

STEPS = (4, 8, 12, 16, 24, 32)
"""Smallest sizes that are used, so that the formulas of a note meet the same forward passes."""

LENGTHS = (1, 6, 10, 16, 22, 28, 34, 42, 50, 60)
"""Up to which lengths formulas are compared: without time; without sums over time, where recurrences of a state and its adjoint
have few blocks; with one to five time variables; with larger offsets.  A constant above 1, as in t <= T - 3, adds to them."""


class OutOfReach(ValueError):
    """A formula for which no size or length here is large enough."""

BINDERS = (L.SumOver, L.ProductOver)
ADDING = (L.Plus, L.Concat)


def sizes(model: Model, terms: Iterable[Basic]) -> dict[str, int]:
    """A number for every size, all different, at least as large as its index occurs in one term.

    Raises `OutOfReach` where that is more than the largest of `STEPS`.
    """
    wanted: Counter[str] = Counter()
    for term in terms:
        wanted |= _occurrences(term)
    names = {s.name for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols} | set(wanted)
    lengths = {i.upper.name for i in model.indices}
    most = max(wanted.values(), default=0)
    least = _at_least(most, STEPS, "indices of one sort in a term")
    return {name: least + k for k, name in enumerate(sorted(names - lengths))}


@lru_cache(maxsize=8192)
def _occurrences(term: Basic) -> Counter[str]:
    """How often each sort of index occurs in one summand, at most."""
    found: Counter[str] = Counter()
    if isinstance(term, ADDING):
        for a in term.args:
            found |= _occurrences(a)
        return found
    if isinstance(term, L.Term):
        if isinstance(term, (L.Var, L.Adjoint, L.Identity, L.Filled, L.Unit, L.Commute, L.Apply)):
            found.update(s.name for leg in sum(L.shape_of(term), ()) for s in leg.free_symbols)
        if isinstance(term, (L.Var, L.Adjoint)):
            return found
        for a in term.args:
            if isinstance(a, L.Term):
                found.update(_occurrences(a))
    if isinstance(term, L.Power):
        exponent = abs(int(term.args[1])) if term.args[1].is_Integer else 1
        return Counter({k: v * max(1, exponent) for k, v in found.items()})
    return found


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
    offset = max([1, *(abs(o) for m in (*measured, *(_measured(e.right, {}) for e in model.equations)) for o in m.offsets)])
    constant = max([1, *(abs(c) for m in (*measured, *(_measured(c, shifts) for c in where)) for c in m.constants)])
    if not bound:
        return max(LENGTHS[1], constant + 2 * offset + 3)
    variables = len(free) + bound
    enough = (variables + 1) * (2 * offset + 2) + 2 * offset * variables
    return _at_least(enough, LENGTHS, "steps") + (variables + 1) * (constant - 1)


def _at_least(wanted: int, steps: tuple[int, ...], what: str) -> int:
    found = next((s for s in steps if s >= wanted), None)
    if found is None:
        raise OutOfReach(f"{wanted} {what} are to be compared; at most {steps[-1]} are")
    return found


def _timeless(model: Model, term: Basic) -> bool:
    """Whether a term holds leaves without steps and nothing else."""
    if not model.indices:
        return True
    lengths = {i.upper for i in model.indices}
    return not lengths & term.free_symbols and not any(
        isinstance(n, (L.Adjoint, L.Partial)) or (isinstance(n, L.Var) and (n.indices or model.equation(n.name) is not None))
        for n in _nodes(term)
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
    for node in _nodes(term):
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


def _nodes(term: Basic) -> Iterable[Basic]:
    stack = [term]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(a for a in node.args if isinstance(a, Basic))


def highest(terms: Iterable[Basic]) -> int:
    """The largest number that stands where a component letter could, 0 where there is none."""
    found = [0]
    for term in terms:
        for node in _nodes(term):
            indices = node.args[1:] if isinstance(node, L.Entry) else node.args[:1] if isinstance(node, L.Unit) else ()
            indices = tuple(node.args[4]) if isinstance(node, L.SumOver) else indices
            found += [abs(L.affine(i)[1]) for i in indices]
    return max(found)


def is_ordered(terms: Iterable[Basic]) -> bool:
    """Whether a letter of entries says more than which one: then entries cannot be exchanged.

    So does k in Σ_k (y_k)_k, which counts steps as well, in k b_k, in Σ_{j=1}^k b_j, and in a condition that is no mere
    i = j or i != j of two of them.
    """
    every = [n for t in terms for n in _nodes(t)]
    entries = {s for n in every if isinstance(n, (L.Entry, L.Unit)) for i in _entry_indices(n) for s in i.free_symbols}
    return any(entries & _beyond(n, entries) for n in every)


def _entry_indices(node: Basic) -> tuple[Basic, ...]:
    return node.args[1:] if isinstance(node, L.Entry) else node.args[:1] if isinstance(node, L.Unit) else ()


def _beyond(node: Basic, entries: set[Symbol]) -> set[Symbol]:
    """The letters that a head holds itself, beside those that tell entries."""
    if isinstance(node, L.Relation):
        same = node.op in ("=", "!=") and all(side in entries for side in node.args[1:])
        return set() if same else {s for side in node.args[1:] for s in side.free_symbols}
    if isinstance(node, BINDERS):
        return {s for end in node.args[2:4] for s in end.free_symbols}
    if isinstance(node, (L.Entry, L.Unit)) or not isinstance(node, (L.Term, L.Fun)):
        return set()
    return {s for a in node.args if not isinstance(a, (L.Term, L.Fun)) for s in a.free_symbols}


def counts_sizes(terms: Iterable[Basic], sizes: Iterable[str]) -> bool:
    """Whether a letter of a sum or product may run over the entries of something, and not over steps alone."""
    names = set(sizes)
    found = (end for t in terms for n in _nodes(t) if isinstance(n, BINDERS) for end in n.args[2:4])
    return any(s.name in names for end in found for s in end.free_symbols)


def components(terms: Iterable[Basic], known: Iterable[Symbol]) -> dict[Symbol, Expr]:
    """Free component indices and the size of the leg on which each stands."""
    found: dict[Symbol, Expr] = {}
    for term in terms:
        _components(term, frozenset(known), found)
    return found


def _components(term: Basic, bound: frozenset[Symbol], found: dict[Symbol, Expr]) -> None:
    if isinstance(term, BINDERS):
        bound |= {term.args[1]}
    pairs: Iterable[tuple[Expr, Expr]] = ()
    if isinstance(term, L.Entry):
        pairs = zip(term.args[1:], sum(L.shape_of(term.args[0]), ()), strict=True)
    elif isinstance(term, L.Unit):
        pairs = (term.args,)
    for index, leg in pairs:
        point, _ = L.affine(index)
        if point is not None and point not in bound:
            found.setdefault(point, leg)
    for a in term.args:
        if isinstance(a, Basic):
            _components(a, bound, found)


def told(terms: Iterable[Basic]) -> int:
    """Bits of information in formulas, roughly: of their numbers, and a few for each head."""
    return sum(3 + (int(n.p).bit_length() + int(n.q).bit_length() if n.is_Rational else 0) for t in terms for n in _nodes(t))


def larger(chosen: Mapping[str, int]) -> dict[str, int]:
    """A second point: every size larger than the largest of the first one."""
    most = max(chosen.values(), default=0)
    return {name: most + k for k, name in enumerate(sorted(chosen), start=1)}


def indicators(model: Model, terms: Iterable[Basic]) -> int:
    """How many indicators occur in one summand, at most: of ReLU and step, in quantities and in derivatives too."""
    kinked = {e.left.name for e in model.equations if any(_is_kinked(n) for n in _nodes(e.right))}
    return max((_indicators(t, kinked) for t in terms), default=0)


def scaled(terms: Iterable[Basic]) -> bool:
    """Whether a number stands in the argument of a ReLU or step: I(cx) = I(x) holds in a field for a few numbers c only."""
    arguments = (node.args[1] for t in terms for node in _nodes(t) if _is_kinked(node))
    return any(n.is_Rational and n and abs(Fraction(n.p, n.q)) not in POSITIVE for a in arguments for n in _nodes(a))


def logarithms(model: Model, terms: Iterable[Basic]) -> bool:
    """Whether the value of a logarithm stands in a term, in the quantities of its formula too; a derivative holds none."""
    seen: set[str] = set()
    stack = list(terms)
    while stack:
        node = stack.pop()
        if isinstance(node, L.Apply) and node.fun.name in ("log", "logsumexp", "logsoftmax"):
            return True
        if isinstance(node, L.Var) and node.name not in seen:
            seen.add(node.name)
            stack += [e.right for e in model.equations if e.left.name == node.name]
        elif not isinstance(node, (L.Var, L.Adjoint, L.Partial)):
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
