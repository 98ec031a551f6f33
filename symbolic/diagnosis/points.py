"""Points at which a claim is compared with the truth, and what is missing there.

One point is one assignment of the free indices in a model with four steps and all sizes different.  At each point e a
random cotangent c_e makes one number of what is missing: r_e = ⟨c_e, true - claimed⟩.  An edit that makes up for all r_e
is right except with probability zero (where functions are piecewise constant: except by bad luck, so that there are
more points and a second model).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

import numpy as np
from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import Apply, Relation, shape_of
from ..model import Model
from ..proof import samples
from ..proof.counterexample import free_components
from ..proof.interpret import Array, OutOfRange
from ..proof.oracle import NoSample, UnboundIndex, World, world_of
from ..reading import Reading

LENGTH = 4
MOST = 6
"""Points of one model: enough to tell the first, the last and the inner steps apart."""

TRIES = 12
TOLERANCE = 1e-8
UNDEFINED = (OutOfRange, UnboundIndex, NoSample, ValueError, KeyError, TypeError, IndexError)
"""What a term raises that has no value at a point."""

Range = tuple[Symbol, Expr, Expr]
Env = dict[Symbol, int]


@dataclass
class Point:
    """Free indices with values, the true value there, and a cotangent."""

    world: World
    env: Env
    true: Array
    cotangent: Array = field(repr=False)

    def value(self, term: Basic) -> Array | None:
        """The entries of a term in row-major order, or None where it has no value."""
        try:
            found = self.world.evaluate(term, self.env)
        except UNDEFINED:
            return None
        return found.ravel() if np.isfinite(found).all() else None

    def agrees(self, term: Basic) -> bool | None:
        """Whether a term has the true value; None where it has none."""
        found = self.value(term)
        return None if found is None else same(found, self.true)


def same(found: Array, true: Array) -> bool:
    """Whether two values are equal but for rounding."""
    if found.size != true.size:
        return False
    scale = max(float(abs(found).max(initial=0.0)), float(abs(true).max(initial=0.0)))
    return float(abs(found - true).max(initial=0.0)) <= TOLERANCE * scale + 1e-12


def points(
    model: Model, head: Basic, right: Basic, free: Sequence[Range], conditions: Sequence[Relation], seed: int = 0
) -> list[Point]:
    """Points at which the head has a value, the first and the last steps among them."""
    world = world_at(model, seed)
    if world is None:
        return []
    components = free_components(head, right, frozenset(s for s, *_ in free), frozenset(i.upper for i in model.indices))
    random = np.random.default_rng([seed, 17])
    found = []
    for env in _spread(_assignments(world, free, components, conditions), MOST):
        try:
            true = world.evaluate(head, env)
        except UNDEFINED:
            continue
        if np.isfinite(true).all():
            true = true.ravel()
            found.append(Point(world, env, true, random.uniform(0.5, 1.5, true.size) * random.choice((-1.0, 1.0), true.size)))
    return found


def world_at(model: Model, seed: int) -> World | None:
    """The model with four steps and all sizes different; of a wide one with sizes that repeat.

    Where functions are piecewise linear the units are more, and at no step are all of them dead.
    """
    names = sorted({s.name for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols})
    bent = kinked(model.equations)
    period = len(names) if len(names) <= 5 else 4
    sizes = {name: 2 + bent + (k + seed) % period for k, name in enumerate(names)}
    length = LENGTH if model.indices else 1
    for again in range(TRIES if bent else 1):
        try:
            world = world_of(model, sizes, length, seed + 10 * again)
        except UNDEFINED:
            continue
        if not bent or again + 1 == TRIES or _alive(world):
            return world
    return None


def _alive(world: World) -> bool:
    """Whether every state that goes through a kink has entries that are not zero, at every step."""
    made = [e.left for e in world.model.equations if isinstance(e.right, Apply) and e.right.fun.name in samples.KINKED]
    for left in made:
        ranges = [range(i.lower, world.lengths[i.upper.name] + 1) for i in world.model.families[left.name].indices]
        for numbers in product(*ranges):
            value = world.evaluate(left, dict(zip((i for i in left.indices if isinstance(i, Symbol)), numbers, strict=True)))
            if not (value != 0).any():
                return False
    return True


def _spread(envs: Iterator[Env], most: int) -> list[Env]:
    every = list(envs)
    if len(every) <= most:
        return every
    chosen = dict.fromkeys(round(k * (len(every) - 1) / (most - 1)) for k in range(most))
    return [every[k] for k in chosen]


def _assignments(
    world: World, free: Sequence[Range], components: Mapping[Symbol, Expr], conditions: Sequence[Relation]
) -> Iterator[Env]:
    ranges = [range(1, world.sizes.get(str(leg), world.default_size) + 1) for leg in components.values()]
    steps = [range(int(lower), world.index(upper, {}) + 1) for _, lower, upper in free]
    for times in product(*steps):
        env = dict(zip((s for s, *_ in free), times, strict=True))
        for numbers in product(*ranges):
            whole = {**env, **dict(zip(components, numbers, strict=True))}
            if all(world.holds(c, whole) for c in conditions):
                yield whole


@lru_cache(maxsize=256)
def kinked(equations: tuple) -> bool:
    """Whether a model has piecewise linear functions, whose values agree by chance at single points."""
    return any(a.fun.name in samples.KINKED for e in equations for a in e.right.atoms(Apply))


def loose(reading: Reading, right: Basic) -> frozenset[Symbol]:
    """Letters of entries in a right side that the left side does not have: a sum must bind them."""
    found = free_components(reading.head, right, frozenset(s for s, *_ in reading.free), frozenset())
    return frozenset(found) - reading.head.free_symbols


def entries(term: Basic, world: World) -> int:
    """The number of entries of a term."""
    rows, cols = shape_of(term)
    return int(np.prod([world.size(leg) for leg in rows + cols], dtype=int)) if rows + cols else 1
