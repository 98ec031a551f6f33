"""The search for the smallest model on which a formula is wrong.

Both sides are evaluated on real forward passes, the true side differentiated by complex step (see `oracle`), sizes and
lengths growing: sizes of 1 first (a softmax needs two classes), T = 1, 2, ..., then sizes of 2 and 3, last all sizes
different.  A difference counts if it is far larger than rounding.  A point at which a side does not exist (h_{-1}, 0/0)
is no witness for either verdict and is counted apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..language.effort import Budget, effort
from ..model import Model
from . import samples
from .evidence import Witness
from .interpret import OutOfRange
from .oracle import NoSample, UnboundIndex, World, difference, world_of
from .verdict import Counterexample

RELATIVE, ABSOLUTE = 1e-6, 1e-10
"""A difference counts above both; the oracle's own errors are near 1e-15."""

SEEDS, SEEDS_KINKED = 2, 6
"""Samples per size and length; more where indicators must come out mixed."""

STAGES: tuple[tuple[int, int], ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (2, 3), (2, 4), (3, 3), (3, 4))
"""(size, length), smallest first; a last stage with all sizes different follows."""

Range = tuple[Symbol, Expr, Expr]


@dataclass(frozen=True)
class Search:
    """What a search found.

    counterexample  the first point at which the sides differ, or None: then they agreed at all `points`
    points          number of points at which both sides exist and were compared
    undefined       number of points at which a side does not exist
    reason          why, at the first of these
    witness         everything that is needed to look at the counterexample again
    """

    counterexample: Counterexample | None
    points: int
    undefined: int
    reason: str = ""
    witness: Witness | None = None


def search(
    model: Model,
    head: Basic,
    right: Basic,
    free: Sequence[Range] = (),
    conditions: Sequence[L.Relation] = (),
    labels: str = "sum",
    equalities: Sequence[tuple[Expr, Expr]] = (),
    budget: int = 3000,
    purse: Budget | None = None,
) -> Search:
    """Look for sizes, a length, indices and numbers at which `right` differs from `head`.

    free        time indices that occur free, with their bounds; every value that satisfies `conditions` is tried
    labels      "sum": labels sum to one where the model says so, "one": they are one-hot there; "free": they need not
    equalities  sizes that are taken to be equal
    budget      largest number of points;  purse: pays for them, raises `BudgetExceeded` when it is empty

    Free component indices are found in the terms.  Sides with different numbers of entries raise `ValueError`.
    """
    components = free_components(head, right, frozenset(s for s, *_ in free), frozenset(i.upper for i in model.indices))
    points = undefined = 0
    reason = ""
    for world in _worlds(model, labels, equalities):
        widest = max((*world.sizes.values(), *world.lengths.values()), default=1)
        for indices in _assignments(world, free, components):
            if not all(world.holds(c, indices) for c in conditions):
                continue
            if points + undefined >= budget:
                return Search(None, points, undefined, reason)
            if purse is not None:
                purse.spend(effort(head, widest) + effort(right, widest))
            try:
                true, claimed = world.evaluate(head, indices), world.evaluate(right, indices)
            except OutOfRange as error:
                undefined, reason = undefined + 1, reason or str(error)
                continue
            if not (np.isfinite(true).all() and np.isfinite(claimed).all()):
                undefined, reason = undefined + 1, reason or "a side is not finite, as 0/0 is"
                continue
            points += 1
            apart = difference(true, claimed)
            if apart > RELATIVE and apart * max(abs(true).max(), abs(claimed).max()) > ABSOLUTE:
                record = _record(world, equalities, indices, claimed, true)
                return Search(record, points, undefined, reason, _witness(world, head, right, indices))
    return Search(None, points, undefined, reason)


def misfit(model: Model, head: Basic, right: Basic, free: Sequence[Range], conditions: Sequence[L.Relation]) -> Witness | None:
    """A point with all sizes different, at which sides that conform for equal sizes only do not; None if there is none."""
    components = free_components(head, right, frozenset(s for s, *_ in free), frozenset(i.upper for i in model.indices))
    *_, (sizes, length) = stages(model)
    with suppress(NoSample, OutOfRange):
        world = world_of(model, sizes, length)
        for indices in _assignments(world, free, components):
            if all(world.holds(c, indices) for c in conditions):
                return _witness(world, head, right, indices, clash=True)
    return None


def _witness(world: World, head: Basic, right: Basic, indices: Mapping[Symbol, int], clash: bool = False) -> Witness:
    return Witness(
        world.model, head, right, dict(indices), dict(world.sizes), dict(world.lengths), world.numbers(), clash
    )  # fmt: skip


def stages(model: Model, equalities: Sequence[tuple[Expr, Expr]] = ()) -> Iterator[tuple[dict[str, int], int]]:
    """The sizes and lengths that are tried, smallest first; sizes that are taken to be equal get one number."""
    names = sorted({s.name for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols})
    classes = _softmax_sizes(model.equations)
    groups = _equal(names, equalities)
    lengths = {length for _, length in STAGES} if model.indices else {1}
    plain = [({n: max(size, 2 if n in classes else 1) for n in names}, length) for size, length in STAGES]
    different = {n: k for k, n in enumerate(names, start=2)}
    seen = []
    for sizes, length in [*plain, (different, 3)]:
        chosen = _unified(sizes, groups, equalities), min(length, max(lengths))
        if chosen not in seen:
            seen.append(chosen)
            yield chosen


def _worlds(model: Model, labels: str, equalities: Sequence[tuple[Expr, Expr]]) -> Iterator[World]:
    seeds = SEEDS_KINKED if _kinked(model.equations) else SEEDS
    for sizes, length in stages(model, equalities):
        for seed in range(seeds):
            with suppress(NoSample, OutOfRange):  # then nothing is known at this point
                yield world_of(model, sizes, length, seed, labels)


def _equal(names: Sequence[str], equalities: Sequence[tuple[Expr, Expr]]) -> dict[str, str]:
    """A representative of each size name under the equalities between symbols."""
    parent = {n: n for n in names}

    def root(n: str) -> str:
        parent.setdefault(n, n)
        while parent[n] != n:
            n = parent[n]
        return n

    for a, b in equalities:
        if isinstance(a, Symbol) and isinstance(b, Symbol):
            parent[root(b.name)] = root(a.name)
    return {n: root(n) for n in list(parent)}


def _unified(
    sizes: Mapping[str, int], groups: Mapping[str, str], equalities: Sequence[tuple[Expr, Expr]]
) -> dict[str, int]:
    largest: dict[str, int] = {}
    for name, representative in groups.items():
        largest[representative] = max(largest.get(representative, 1), sizes.get(name, 1))
    result = {name: largest[representative] for name, representative in groups.items()}
    for a, b in equalities:
        for symbol, other in ((a, b), (b, a)):
            if isinstance(symbol, Symbol) and not isinstance(other, Symbol):
                number = int(other.xreplace({s: Integer(result[s.name]) for s in other.free_symbols}))
                result |= {n: number for n, g in groups.items() if g == groups[symbol.name]}
    return result


def _assignments(world: World, free: Sequence[Range], components: Mapping[Symbol, Expr]) -> Iterator[dict[Symbol, int]]:
    """All values of the free indices; a bound may name another free index (k = 1 .. t)."""
    ranges = [range(1, world.sizes.get(str(leg), world.default_size) + 1) for leg in components.values()]
    for times in _times(world, tuple(free), {}):
        for numbers in product(*ranges):
            yield {**times, **dict(zip(components, numbers, strict=True))}


def _times(world: World, free: tuple[Range, ...], env: dict[Symbol, int]) -> Iterator[dict[Symbol, int]]:
    if not free:
        yield env
        return
    for position, (symbol, lower, upper) in enumerate(free):
        rest = free[:position] + free[position + 1 :]
        if not ({s for s, *_ in rest} & (lower.free_symbols | upper.free_symbols)):
            for number in range(world.index(lower, env), world.index(upper, env) + 1):
                yield from _times(world, rest, {**env, symbol: number})
            return
    raise UnboundIndex("the bounds of the free indices depend on each other in a circle")


def free_components(head: Basic, right: Basic, times: frozenset[Symbol], lengths: frozenset[Symbol]) -> dict[Symbol, Expr]:
    """Free component indices and the size of the leg on which each stands."""
    found: dict[Symbol, Expr] = {}
    for term in (head, right):
        for symbol, leg in _open_components(term):
            if symbol not in times and symbol not in lengths:
                found.setdefault(symbol, leg)
    return found


@lru_cache(maxsize=4096)
def _open_components(term: Basic) -> tuple[tuple[Symbol, Expr], ...]:
    found: list[tuple[Symbol, Expr]] = []
    stack: list[tuple[Basic, frozenset[Symbol]]] = [(term, frozenset())]
    while stack:
        node, bound = stack.pop()
        if isinstance(node, (L.SumOver, L.ProductOver)):
            bound = bound | {node.args[1]}
        pairs: tuple[tuple[Expr, Expr], ...] = ()
        if isinstance(node, L.Entry):
            rows, cols = L.shape_of(node.args[0])
            pairs = tuple(zip(node.args[1:], rows + cols, strict=True))
        elif isinstance(node, L.Unit):
            pairs = (node.args,)
        for index, leg in pairs:
            point, _ = L.affine(index)
            if point is not None and point not in bound:
                found.append((point, leg))
        stack.extend((a, bound) for a in reversed(node.args) if isinstance(a, Basic))
    return tuple(found)


def _record(
    world: World,
    equalities: Sequence[tuple[Expr, Expr]],
    indices: Mapping[Symbol, int],
    claimed: np.ndarray,
    true: np.ndarray,
) -> Counterexample:
    where = ", ".join(f"{symbol} = {number}" for symbol, number in indices.items())
    parts = [where, *world.instances.values(), f"sample {world.seed}" if world.seed else ""]
    return Counterexample(
        length=next(iter(world.lengths.values()), None),
        sizes={k: v for k, v in world.sizes.items() if k in world.declared},
        where="; ".join(p for p in parts if p),
        claimed=_rounded(claimed),
        true=_rounded(true),
        conforms_only_if=tuple(f"{a}={b}" for a, b in equalities),
    )


def _rounded(array: np.ndarray) -> object:
    return np.vectorize(lambda v: float(f"{v:.6g}"), otypes=[float])(array).tolist()


def _applied(equations: Sequence) -> Iterator[L.Apply]:
    for e in equations:
        for node in _nodes(e.right):
            if isinstance(node, L.Apply):
                yield node


def _nodes(term: Basic) -> Iterator[Basic]:
    yield term
    for a in term.args:
        if isinstance(a, Basic):
            yield from _nodes(a)


@lru_cache(maxsize=256)
def _softmax_sizes(equations: tuple) -> frozenset[str]:
    """Names of the sizes of what goes through softmax and its kin: one class is no choice."""
    legs = [leg for a in _applied(equations) if a.fun.name in samples.OF_VECTOR for leg in sum(L.shape_of(a.x), ())]
    return frozenset(s.name for leg in legs for s in leg.free_symbols)


@lru_cache(maxsize=256)
def _kinked(equations: tuple) -> bool:
    return any(a.fun.name in samples.KINKED for a in _applied(equations))
