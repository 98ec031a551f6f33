r"""The norm of a Jacobian against its lag, measured on a real forward pass, beside its proved bound.

For h_t = f(W h_{t-1} + ...) the bound is C r^(t-k) with r = sup|f'| ‖W‖ (see `norms`).  W is drawn once and scaled so that r
takes a few values; the sequence is run, the derived Jacobian of one step is evaluated at every step, and ‖J_T ... J_{k+1}‖ is
the measured norm of ∂h_T/∂h_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from sympy import Symbol
from sympy.core.basic import Basic

from ..derivation import Derivation, UnsupportedError, derive, expand
from ..language import Partial, Var
from ..language.bounds import NormOf, Scale
from ..model import Model
from ..proof.oracle import World
from ..reading.unsaid import meaning, unsaid
from .bench import Growth, growth
from .norms import norm_bound
from .words import scale_in_words

RATES = (0.5, 1.0, 2.0, 4.0)
"""What the base r of the bound is made to be."""

SIZE, STEPS, SEED = 16, 40, 1
STAND_IN = "tanh"
"""What an abstract activation is drawn as: a picture needs numbers."""


class FlowError(ValueError):
    """A network without one recurrence whose Jacobian is bounded by a power."""


@dataclass(frozen=True)
class Curve:
    """One strength of the recurrence: the base of the bound, the norm of each weight in it, and by lag what was measured."""

    rate: float
    norms: tuple[tuple[str, float], ...]
    measured: tuple[float, ...]
    bound: tuple[float, ...]


@dataclass(frozen=True)
class Flow:
    """The curves of one model, for ∂h_T/∂h_k; `stand_in`: letters of abstract functions and what they were drawn as."""

    model: Model
    state: str
    bound: str
    steps: int
    curves: tuple[Curve, ...]
    stand_in: str = ""


def flow(model: Model, steps: int = STEPS, size: int = SIZE, rates: Sequence[float] = RATES) -> Flow:
    """Measure a model.  Raises `FlowError`.

    >>> from derivations.tanh_rnn import MODEL
    >>> found = flow(MODEL, steps=3, size=2, rates=(0.5,))
    >>> found.bound, found.curves[0].bound
    ('‖W‖^(t - k)', (0.5, 0.25))
    """
    abstract = unsaid((model,))
    (concrete,) = meaning((model,), abstract, STAND_IN)
    derivation = derive(concrete)
    state, grown, words = _recurrence(concrete, derivation)
    jacobian = derivation.jacobians.step(state)
    assert jacobian is not None
    curves = tuple(_curve(concrete, state, jacobian, grown, rate, steps, size) for rate in rates)
    return Flow(concrete, state, words, steps, curves, ", ".join(f"{name} drawn as {STAND_IN}" for name in abstract))


def _recurrence(model: Model, derivation: Derivation) -> tuple[str, Growth, str]:
    """The state of the one recurrence, the growth of its bound, and the bound in words."""
    for state in derivation.basis:
        family = model.families[state]
        if len(family.indices) != 1:
            continue
        t, k = family.indices[0].symbol, Symbol("k")
        k = k if k != t else Symbol("s")
        try:
            bound = norm_bound(expand(Partial(family.at(t), family.at(k)), derivation), model)
        except UnsupportedError:
            continue
        grown = growth(bound.scale)
        if grown is not None and grown.lag == t - k and grown.rest == Scale() and _weights(grown):
            return state, grown, scale_in_words(bound.scale, model)
    raise FlowError(
        f"{model.name} has no recurrence of the form h_t = f(W h_(t-1) + ...), whose Jacobian is bounded by a power of ‖W‖"
    )


def _weights(grown: Growth) -> list[Var]:
    """The weights in the base of a bound, which are scaled; none where it holds anything else."""
    norms = [atom.term for atom, _ in grown.base.powers if isinstance(atom, NormOf)]
    weights = [v for v in norms if isinstance(v, Var) and not v.indices]
    plain = all(isinstance(a, (Fraction, NormOf)) for a, _ in grown.base.powers)
    return weights if plain and len(weights) == len(norms) else []


def _curve(model: Model, state: str, jacobian: Basic, grown: Growth, rate: float, steps: int, size: int) -> Curve:
    weights = _weights(grown)
    factor = float(np.prod([float(a) for a, _ in grown.base.powers if isinstance(a, Fraction)] or [1.0]))
    each = (rate / factor) ** (1 / len(weights))
    sizes = {s.name: size for f in model.families.values() for leg in (*f.rows, *f.cols) for s in leg.free_symbols}
    values = World(model, sizes, steps, seed=SEED).leaves()
    random = np.random.default_rng(SEED)
    for v in weights:
        drawn = random.standard_normal(values[v.name, ()].shape)
        values[v.name, ()] = drawn * each / (np.linalg.norm(drawn, 2) if drawn.ndim else abs(drawn))
    world = World(model, sizes, steps, values=values)
    letter = model.families[state].indices[0].symbol
    product, measured = None, []
    for step in range(steps, 1, -1):
        now = world.evaluate(jacobian, {letter: step})
        now = now.reshape(round(now.size**0.5), -1)
        product = now if product is None else product @ now
        measured.append(float(np.linalg.norm(product, 2)))
    bound = tuple(float(rate**lag) for lag in range(1, steps))
    return Curve(rate, tuple((v.name, each) for v in weights), tuple(measured), bound)
