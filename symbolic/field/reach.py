"""At which sizes and lengths two formulas are compared, so that agreement there says something about all.

Sizes.  A term in which a sort s of indices occurs at most d times uses at most d values of it, and these can be permuted into
1..d: agreement at n_s = d implies agreement at every size (smaller ones by setting entries to zero).  Sizes that occur as
numbers, or as sums over nothing, enter as polynomials: a second point with larger sizes is tried.

Lengths.  A sum over V time variables with offsets of at most O and constants in its ranges of at most C is fixed by its values
at T = 1 .. (V + 1)(C + 2O + 1) + 2OV; two recurrences with k1 and k2 blocks by T = 1 .. k1 + k2 - 1 (Eilenberg's equality
theorem, *Automata, Languages and Machines* A, 1974, chapter VI).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..model import Model

STEPS = (4, 8, 12, 16, 24, 32)
"""Smallest sizes that are used, so that the formulas of a note meet the same forward passes."""

LENGTHS = (1, 6, 10, 16, 22, 28, 34)
"""Up to which lengths formulas are compared: without time; without sums over time, where recurrences of a state and its adjoint
have few blocks; with one to five time variables.  A constant above 1, as in t <= T - 3, adds to them."""


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


def longest(model: Model, terms: Iterable[Basic], free: int) -> int:
    """Up to which length the formulas are compared.  Raises `OutOfReach` where that is more than the largest of `LENGTHS`."""
    every = list(terms)
    if not free and all(_timeless(model, t) for t in every):
        return LENGTHS[0]
    bound = max(map(_binders, every))
    offset = max([1, *(abs(o) for t in (*every, *(e.right for e in model.equations)) for o in _offsets(t)[0])])
    constant = max([1, *(abs(c) for t in every for c in _offsets(t)[1])])
    if not bound:
        return max(LENGTHS[1], constant + 2 * offset + 3)
    variables = free + bound
    enough = (variables + 1) * (2 * offset + 2) + 2 * offset * variables
    return _at_least(enough, LENGTHS, "steps") + (2 if variables < 3 else 1) * (constant - 1)


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
def _binders(term: Basic) -> int:
    """How many time variables are bound in one summand, at most."""
    inside = [_binders(a) for a in term.args if isinstance(a, Basic)]
    if isinstance(term, ADDING):
        return max(inside, default=0)
    return sum(inside) + int(isinstance(term, BINDERS))


@lru_cache(maxsize=8192)
def _offsets(term: Basic) -> tuple[frozenset[int], frozenset[int]]:
    """Offsets of time indices, and constants in ranges and conditions."""
    offsets: set[int] = set()
    constants: set[int] = set()
    for node in _nodes(term):
        if isinstance(node, L.Var):
            for index in node.indices:
                point, offset = L.affine(index)
                (offsets if point is not None else constants).add(offset)
        elif isinstance(node, (*BINDERS, L.Relation)):
            for bound in node.args[1:4]:
                if isinstance(bound, Expr) and not isinstance(bound, L.Term):
                    constants.add(L.affine(bound)[1])
    return frozenset(offsets), frozenset(constants)


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
