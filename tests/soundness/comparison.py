"""Two formulas compared by numbers: claims, points, and what was found at them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from truth import World
from truth_functions import Nowhere

from symbolic import language as L

APART, SAME, ROUNDING = 1e-5, 1e-7, 1e-10
"""Relative differences above the first tell two formulas apart; between the two nothing is said.  Derivatives are rounded.

No right claim is between the two anywhere, so that a refutation is not held against what is."""


@dataclass(frozen=True, eq=False)
class Claim:
    """left = right for every value of the free steps (letter, lower, upper) under the conditions."""

    model: object
    left: object
    right: object
    free: tuple = ()
    conditions: tuple = ()


@dataclass(frozen=True)
class Finding:
    """`where` the sides differ, or ""; at how many points they agree; how many are too close to say, or too large."""

    where: str = ""
    points: int = 0
    doubtful: int = 0
    large: int = 0


def compared(claim, points):
    """The first point at which the sides differ, in the order given."""
    seen = doubtful = large = 0
    for point in points:
        try:
            world = world_of(claim.model, point)
        except Nowhere:
            continue
        for env in assignments(world, claim):
            with np.errstate(all="ignore"):
                try:
                    a, b = (world.base.value(x, env).reshape(-1) for x in (claim.left, claim.right))
                except Nowhere:
                    continue
                except OverflowError:
                    large += 1
                    continue
                gap, scale = abs(a - b), max(abs(a).max(initial=0), abs(b).max(initial=0))
            if not (np.isfinite(a).all() and np.isfinite(b).all()):
                large += bool(np.isinf(a).any() or np.isinf(b).any())  # 0/0 and the like are nan
                continue
            seen += 1
            if gap.max(initial=0) > APART * scale + ROUNDING:
                return Finding(f"{point}, {env}: {a} and {b}", seen, doubtful, large)
            doubtful += bool(gap.max(initial=0) > SAME * scale + ROUNDING)
    return Finding("", seen, doubtful, large)


def assignments(world, claim):
    """All values of the free steps and of the free components."""
    letters = components(claim)
    steps = [symbol for symbol, *_ in claim.free]
    known = {*steps, *lengths(claim)}
    early = [c for c in claim.conditions if c.free_symbols <= known]
    late = [c for c in claim.conditions if not c.free_symbols <= known]
    for numbers in product(range(-1, world.point.length + 3), repeat=len(steps)):
        env = dict(zip(steps, numbers, strict=True))
        inside = all(world.number(low, env) <= env[s] <= world.number(high, env) for s, low, high in claim.free)
        if inside and all(world.holds(c, env) for c in early):
            for places in product(*(range(1, world.size(leg) + 1) for leg in letters.values())):
                full = {**env, **dict(zip(letters, places, strict=True))}
                if all(world.holds(c, full) for c in late):
                    yield full


def lengths(claim):
    return {i.upper for i in claim.model.indices}


@lru_cache(1024)
def components(claim):
    """Free component letters and their legs."""
    known, found = {s for s, *_ in claim.free} | lengths(claim), {}

    def visit(term, bound):
        if isinstance(term, (L.SumOver, L.ProductOver)):
            bound = bound | {term.args[1]}
        pairs = ()
        if isinstance(term, L.Entry):
            pairs = zip(term.args[1:], sum(L.shape_of(term.args[0]), ()), strict=True)
        elif isinstance(term, L.Unit):
            pairs = (term.args,)
        for index, leg in pairs:
            letter = L.affine(index)[0]
            if letter is not None and letter not in bound:
                found.setdefault(letter, leg)
        for a in term.args:
            visit(a, bound)

    for side in (claim.left, claim.right):
        visit(side, known)
    return found


def size_names(claim):
    """All size symbols of a claim and its model."""
    legs = {leg for f in claim.model.families.values() for leg in f.rows + f.cols}
    stack = [claim.left, claim.right]
    while stack:
        node = stack.pop()
        legs |= set(sum(L.shape_of(node), ()))
        stack.extend(a for a in node.args if hasattr(a, "args"))
    return sorted({s.name for leg in legs for s in leg.free_symbols} - {s.name for s in lengths(claim)})


WORLDS: OrderedDict = OrderedDict()
MOST_WORLDS = 1000


def world_of(model, point):
    """A world from a small cache; one that cannot be made is remembered, too."""
    name = (id(model), point)
    found = WORLDS.pop(name, None)
    if found is None:
        try:
            found = World(model, point)
        except Nowhere as error:
            found = model, error
    WORLDS[name] = found  # it holds its model, so the id stays its own
    while len(WORLDS) > MOST_WORLDS:
        WORLDS.popitem(last=False)
    if isinstance(found, tuple):
        raise found[1]
    return found
