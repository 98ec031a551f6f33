"""A third opinion on every model: the derived adjoints and gradients against a forward pass, differentiated by complex step.

Both routes of a proof read the same forward equations, and the first of them rests on the derivation.  At one point, drawn
from a hash of the model, with at least three steps and few sizes the same, every adjoint and every gradient must have the
value that moving one entry after the other gives.  If one has not, our derivation is at fault, and nothing about the model
is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from sympy import Symbol
from sympy.core.basic import Basic

from ..derivation import Derivation, UnsupportedError
from ..language import Adjoint, Apply, Var
from ..model import Model
from ..proof.counterexample import ABSOLUTE, RELATIVE
from ..proof.interpret import OutOfRange
from ..proof.oracle import NoSample, UnboundIndex, World, difference
from ..proof.samples import KINKED
from .keeping import name_of_model
from .rebuild import written
from .workshop import workshop

LONGEST, LARGEST = 4, 4
"""Steps and sizes stay small, so that this costs some milliseconds."""

POINTS_KINKED = 3
"""Points where units may be dead, so that nothing shows at one of them."""


@dataclass(frozen=True)
class _System:
    """A model by its forward equations: what they are called in a note does not matter."""

    equations: str
    model: Model = field(compare=False)


def fault_of(model: Model) -> str:
    """Why nothing about a model can be judged, or ""."""
    forward = model.families, model.indices, model.equations, model.loss, model.assumptions, model.zero_initial
    return _fault_of(_System(written(forward), model))


@lru_cache(maxsize=64)
def _fault_of(system: _System) -> str:
    return first_difference(system.model, workshop(system.model)[1])


def first_difference(model: Model, derivation: Derivation) -> str:
    """Which derived quantity differs from its value by complex step, or ""."""
    random = np.random.default_rng(int(name_of_model(model), 16))
    names = sorted({s.name for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols})
    sizes = dict(zip(names, (int(n) for n in 2 + random.permutation(max(len(names), LARGEST - 1))), strict=False))
    if len(names) >= LARGEST:  # more sizes than small numbers
        sizes = {name: 2 + n % (LARGEST - 1) for name, n in sizes.items()}
    kinked = any(a.fun.name in KINKED for e in model.equations for a in e.right.atoms(Apply))
    for _ in range(POINTS_KINKED if kinked else 1):
        length, seed = int(random.integers(3, LONGEST + 1)), int(random.integers(2**16))
        with suppress(NoSample):
            if told := _at(World(model, sizes, length, seed), derivation, random):
                return told
    return ""


def _at(world: World, derivation: Derivation, random: np.random.Generator) -> str:
    """Which derived quantity differs at one point."""
    model = world.model
    for variable, derived in _derived(model, derivation):
        for indices in _points(model, variable, world, random, variable.name in derivation.basis):
            if not _agree(world, variable, derived, indices):
                where = ", ".join(f"{k} = {v}" for k, v in {**world.lengths, **world.sizes, **indices}.items())
                return f"a fault of our own: the derived ∂L/∂{variable.name} differs from the forward pass at {where}"
    return ""


def _derived(model: Model, derivation: Derivation) -> Iterator[tuple[Var, Basic]]:
    for name in derivation.adjoints:
        yield derivation.adjoints[name].variable, derivation.adjoint(name)
    for name, gradient in derivation.gradients.items():
        yield model.families[name].var, gradient
    for name in derivation.basis:
        closed = derivation.closed(name)
        if closed is not None and name in derivation.adjoints:
            yield derivation.adjoints[name].variable, closed


def _points(
    model: Model, variable: Var, world: World, random: np.random.Generator, recurrent: bool
) -> Iterator[dict[Symbol, int]]:
    """A random value of every index; of what is recurrent the last one, too."""
    own = model.families[variable.name].indices
    some = {i.symbol: int(random.integers(i.lower, world.lengths[i.upper.name] + 1)) for i in own}
    last = {i.symbol: world.lengths[i.upper.name] for i in own}
    yield some
    if recurrent and some != last:
        yield last


def _agree(world: World, variable: Var, derived: Basic, indices: dict[Symbol, int]) -> bool:
    """Whether the two agree, or one of them has no value at this point."""
    try:
        true, found = world.evaluate(Adjoint(variable), indices), world.evaluate(derived, indices)
    except (OutOfRange, UnboundIndex, UnsupportedError):
        return True
    if not (np.isfinite(true).all() and np.isfinite(found).all()):
        return True
    apart = difference(true, found)
    return apart <= RELATIVE or apart * max(abs(true).max(initial=0.0), abs(found).max(initial=0.0)) <= ABSOLUTE
