"""At which sizes two formulas are compared, so that agreement there says something about all.

A term in which a sort of indices has d index variables, bound and free, uses at most d values of it, and these can be permuted
into 1..d: agreement at n_s = d implies agreement at every size (smaller ones by setting entries to zero).  The j of (AB)_ik =
Σ_j A_ij B_jk is one variable.  Entries that a formula sets apart, as Σ_{k=1}^{n-1} does the last one, are not permuted and come
on top of these.  Sizes that occur as numbers, or as sums over nothing, enter as polynomials: more than one point is tried
(`chosen`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..model import Model

STEPS = (4, 8, 12, 16, 24, 32)
"""Smallest sizes that are used, so that the formulas of a note meet the same forward passes."""

UNFOLDED = 2
"""Index variables that an equation of the model, used once, adds to a term: one on either side."""

BINDERS = (L.SumOver, L.ProductOver)
ADDING = (L.Plus, L.Concat)


class OutOfReach(ValueError):
    """A formula for which no size or length here is large enough."""


def at_least(wanted: int, steps: tuple[int, ...], what: str) -> int:
    """The first of some steps that is large enough.  Raises `OutOfReach`."""
    found = next((s for s in steps if s >= wanted), None)
    if found is None:
        raise OutOfReach(f"{wanted} {what} are to be compared; at most {steps[-1]} are")
    return found


def nodes(term: Basic) -> Iterable[Basic]:
    """A term and all in it."""
    stack = [term]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(a for a in node.args if isinstance(a, Basic))


def sizes(model: Model, terms: Iterable[Basic]) -> dict[str, int]:
    """A number for every size, all different, at least as large as the number of index variables of its sort in one term.

    Raises `OutOfReach` where that is more than the largest of `STEPS`.
    """
    wanted = fewest(model, terms)
    least = at_least(max(wanted.values(), default=UNFOLDED), STEPS, "indices of one sort in a term")
    return {name: least + k for k, name in enumerate(sorted(wanted))}


def fewest(model: Model, terms: Iterable[Basic], of_lengths: bool = False) -> dict[str, int]:
    """The smallest number of each size from which agreement says something about all.

    `of_lengths`: of each length that is a size as well.
    """
    every, counted = list(terms), Counter[str]()
    for term in every:
        counted |= variables_in(term)
    names = {s.name for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols} | set(counted)
    more = UNFOLDED + set_apart(model, every)
    lengths = {i.upper.name for i in model.indices}
    return {name: counted[name] + more for name in (names & lengths if of_lengths else names - lengths)}


@lru_cache(maxsize=8192)
def variables_in(term: Basic) -> Counter[str]:
    """How many index variables of each sort one summand has, at most, those of its own rows and columns among them."""
    rule = _COUNTED.get(type(term))
    if rule is not None:
        return rule(term)
    return _sum(variables_in(a) for a in term.args if isinstance(a, L.Term))


def _legs(*sides: tuple[Expr, ...]) -> Counter[str]:
    return Counter(s.name for side in sides for leg in side for s in leg.free_symbols)


def _sum(counts: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for c in counts:
        total.update(c)
    return total


def _times(count: Counter[str], times: int) -> Counter[str]:
    """So many times as many, without adding them up one by one: an exponent may be large."""
    return Counter({name: number * times for name, number in count.items()})


def _without_one_of(count: Counter[str], side: Iterable[str], times: int = 1) -> Counter[str]:
    """One variable less of every sort in `side`: one that two factors share.  Two legs of one sort may be one variable."""
    return count - Counter(dict.fromkeys(side, times))


def _leaf(term: Basic) -> Counter[str]:
    return _legs(*L.shape_of(term))


def _added(term: Basic) -> Counter[str]:
    """The most that a summand has; a number beside vectors stands in every entry."""
    found: Counter[str] = Counter()
    for a in term.args[isinstance(term, L.Concat):]:
        spread = isinstance(term, L.Plus) and L.is_number(a)
        found |= variables_in(a) + (_leaf(term) if spread else Counter())
    return found


def _multiplied(term: Basic) -> Counter[str]:
    """Neighbours in a product of matrices share what is summed."""
    total, shape = Counter[str](), L.SCALAR
    for factor in term.args:
        own = L.shape_of(factor)
        total.update(variables_in(factor))
        if own == L.SCALAR:
            continue
        if shape == L.SCALAR:
            shape = own
        else:
            total, shape = _without_one_of(total, _legs(own[0])), (shape[0], own[1])
    return total


def _entrywise(term: Basic) -> Counter[str]:
    """Factors of one shape have their entries in common."""
    shaped = sum(not L.is_number(a) for a in term.args)
    return _without_one_of(_sum(map(variables_in, term.args)), _leaf(term), shaped - 1)


def _raised(term: Basic) -> Counter[str]:
    base, exponent = term.args
    times = _exponent(exponent)
    return _without_one_of(_times(variables_in(base), times), _leaf(term), times - 1)


def _exponent(exponent: Expr) -> int:
    """How many factors a power stands for; roots and reciprocals have those of one."""
    return max(1, abs(int(exponent))) if exponent.is_Integer else 1


def _squared(term: Basic) -> Counter[str]:
    inside = variables_in(term.args[0])
    return _without_one_of(inside + inside, _legs(*L.shape_of(term.args[0])))


@lru_cache(maxsize=8192)
def _every_leg(term: Basic) -> Counter[str]:
    """Each index of each factor counts, as if none were shared: denominators move to the other side."""
    inside = [_every_leg(a) for a in term.args if isinstance(a, L.Term)]
    if isinstance(term, (L.Var, L.Adjoint)) or not inside:
        return _leaf(term) if isinstance(term, L.Term) else Counter()
    if isinstance(term, L.Power):
        inside = [_times(count, _exponent(term.args[1])) for count in inside]
    if isinstance(term, ADDING):
        found = Counter({name: max(c[name] for c in inside) for c in inside for name in c})
    else:
        found = _sum(inside)
    return found if isinstance(term, L.Quotient) else found | variables_in(term)  # never fewer than where some are shared


_COUNTED: dict[type, Callable[[Basic], Counter[str]]] = {
    **dict.fromkeys((L.Var, L.Adjoint, L.Filled, L.Unit), _leaf),
    **dict.fromkeys((L.Identity, L.Commute), lambda term: _legs(L.shape_of(term)[0])),  # δ_ij has one variable
    L.Apply: lambda term: _leaf(term) + variables_in(term.args[1]),
    L.Plus: _added,
    L.Concat: _added,
    L.Product: _multiplied,
    L.Hadamard: _entrywise,
    L.Quotient: _every_leg,
    L.Power: _raised,
    L.NormSquared: _squared,
    L.ProductOver: lambda term: variables_in(term.args[0]) | _leaf(term),  # one matrix, whatever stands in it
}
"""How heads count; the others have the variables of what stands in them."""


def highest(terms: Iterable[Basic]) -> int:
    """The largest number that stands where a component letter could, 0 where there is none."""
    found = [0]
    for node in (node for term in terms for node in nodes(term)):
        indices = [index for index, _ in _places(node)] + [*(node.args[4] if isinstance(node, L.SumOver) else ())]
        found += [abs(L.affine(i)[1]) for i in indices]
    return max(found)


def set_apart(model: Model, terms: Iterable[Basic]) -> int:
    """How many entries are set apart by where they stand, at most: by numbers, or by their distance to another or to the end.

    A sum over the others, as Σ_{k=3}^{n-1} b_k, is one over all, of so many entries less.  What the equations of the model set
    apart counts as well.
    """
    sizes = frozenset(s for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols)
    return max(_most_apart(tuple(terms), sizes), *(_most_apart((e.right,), sizes) for e in model.equations), 0)


@lru_cache(maxsize=8192)
def _most_apart(terms: tuple[Basic, ...], sizes: frozenset[Symbol]) -> int:
    every = [n for t in terms for n in nodes(t)]
    counting = {n.args[1] for n in every if isinstance(n, BINDERS) and any(end.free_symbols & sizes for end in _ends(n))}
    letters = _letters(every) | sizes | counting
    found = [place for n in every for place in _set_apart(n, letters)]
    return max([0, *(k for by, k in found if by is None)]) + 2 * max([0, *(abs(k) for by, k in found if by is not None)])


def _set_apart(node: Basic, letters: frozenset[Symbol]) -> Iterator[tuple[Symbol | None, int]]:
    """Where ranges of entries end, and what they leave out: (None, k) for the first k, (n, k) for a distance of k from n."""
    if isinstance(node, L.Relation):
        (left, a), (right, b) = (L.affine(side) for side in node.args[1:])
        if left in letters or right in letters:
            yield left if right is None else right, abs(a - b)
    elif isinstance(node, BINDERS) and (node.args[1] in letters or any(x.free_symbols & letters for x in _ends(node))):
        lower, *others = map(L.affine, _ends(node))
        yield from ((lower[0], lower[1] - (lower[0] is None)), *others)


def is_ordered(terms: Iterable[Basic]) -> bool:
    """Whether a letter of entries says more than which one: then entries cannot be exchanged.

    So does k in Σ_k (y_k)_k, which counts steps as well, in k b_k, in Σ_{j=1}^k b_j, in Σ_{k=1}^{n-1} b_k, which leaves out the
    last, and in a condition.
    """
    every = [n for t in terms for n in nodes(t)]
    entries = _letters(every)
    return any(_beyond(n, entries) for n in every)


def _letters(every: Iterable[Basic]) -> frozenset[Symbol]:
    """Letters that tell entries."""
    return frozenset(s for node in every for index, _ in _places(node) for s in index.free_symbols)


def _places(node: Basic) -> Iterable[tuple[Expr, Expr]]:
    """Indices that tell entries, with the sizes of their legs."""
    if isinstance(node, L.Entry):
        return zip(node.args[1:], sum(L.shape_of(node.args[0]), ()), strict=True)
    return (node.args,) if isinstance(node, L.Unit) else ()


def _ends(node: Basic) -> tuple[Expr, ...]:
    """Where the range of a letter ends, and what it leaves out."""
    return (*node.args[2:4], *(node.args[4] if isinstance(node, L.SumOver) else ()))


def _leaves_out(node: Basic, entries: frozenset[Symbol]) -> bool:
    """Whether a sum or product leaves out entries, other than numbers and those of other letters."""
    body, letter, lower, upper = node.args[:4]
    legs = {leg for n in nodes(body) for index, leg in _places(n) if letter in index.free_symbols}
    without = _ends(node)[2:]
    return bool(legs) and not (lower == 1 and legs == {upper} and all(x.is_Integer or x in entries for x in without))


def _beyond(node: Basic, entries: frozenset[Symbol]) -> bool:
    """Whether a head holds a letter of entries itself, and not to tell entries."""
    if isinstance(node, (L.Entry, L.Unit)) or not isinstance(node, (L.Term, L.Fun)):
        return False
    own = node.args[2:4] if isinstance(node, BINDERS) else node.args
    held = any(not entries.isdisjoint(a.free_symbols) for a in own if not isinstance(a, (L.Term, L.Fun)))
    return held or (isinstance(node, BINDERS) and _leaves_out(node, entries))


def counts_sizes(terms: Iterable[Basic], sizes: Iterable[str]) -> bool:
    """Whether a letter of a sum or product may run over the entries of something, and not over steps alone."""
    names = set(sizes)
    found = (end for t in terms for n in nodes(t) if isinstance(n, BINDERS) for end in n.args[2:4])
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
    for index, leg in _places(term):
        point, _ = L.affine(index)
        if point is not None and point not in bound:
            found.setdefault(point, leg)
    for a in term.args:
        if isinstance(a, Basic):
            _components(a, bound, found)


def larger(chosen: Mapping[str, int]) -> dict[str, int]:
    """A second point: every size larger than the largest of the first one."""
    most = max(chosen.values(), default=0)
    return {name: most + k for k, name in enumerate(sorted(chosen), start=1)}
