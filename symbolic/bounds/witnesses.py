r"""Real networks that stay at one point, so that the Jacobian over any lag is a power of one matrix.

For h_t = f(W h_{t-1} + drive(x_t)) choose W and a point z: if the inputs are such that every step computes z, then
h_t = f(z) for all t, and ∂h_t/∂h_k = J^(t-k) with J = diag(f'(z)) W.  Whether that vanishes or grows is decided for all lags
by the spectral radius of J: ‖J^n‖ → 0 if it is below 1, ‖J^n‖ ≥ ρ(J)^n → ∞ if it is above 1.  (If W is strictly triangular,
so is J for every z, and J^n = 0 from n = size on, however large W is.)

A witness counts once the real forward pass, differentiated by complex step, shows these powers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Symbol
from sympy.core.basic import Basic

from ..language import Apply, Partial, Var, kind_of
from ..model import Model, variables
from ..proof import samples
from ..proof.oracle import World

Array = np.ndarray

MATRICES: tuple[tuple[tuple[float, ...], ...], ...] = (
    ((1.0,),),
    ((-1.0,),),
    ((0.0, 1.0), (0.0, 0.0)),
    ((1.0, 0.0), (0.0, 1.0)),
    ((0.0, -1.0), (1.0, 0.0)),
    ((1.0, 0.5), (0.0, -0.75)),
)
FACTORS = (2.0, 8.0, 32.0, 0.5, 1.25, 1.0)
POINTS = (0.0, 1.0, 0.5, 3.0, -1.0, -3.0)
"""What is tried: W = factor · matrix, every entry of z one of the points."""

NEAR = (0.96875, 1.03125)
STEPS = 7
MARGIN = 1e-6
CLOSE = 1e-9


@dataclass(frozen=True)
class Recurrence:
    """h_t = f(argument) with the weight W that multiplies h_{t-1}."""

    model: Model
    state: str
    weight: Var
    fun: str
    argument: Basic


@dataclass(frozen=True)
class Witness:
    """W, the point z at which every step stays, the Jacobian of one step there, and the measured ‖∂h_t/∂h_k‖ by t - k."""

    recurrence: Recurrence
    weight: Array
    point: float
    jacobian: Array
    measured: tuple[float, ...] = ()

    @property
    def radius(self) -> float:
        return float(max(abs(np.linalg.eigvals(self.jacobian))))

    @property
    def triangular(self) -> bool:
        return not np.tril(self.weight).any()


def recurrence(model: Model, state: str, weight: Var) -> Recurrence | None:
    """The recurrence of a state, if it is one function of the table at its top, entry by entry, over one index."""
    equation = model.equation(state)
    if equation is None or len(equation.left.indices) != 1 or not isinstance(equation.right, Apply):
        return None
    fun = equation.right.fun
    if fun.kind or fun.order or kind_of(fun) != "elementwise" or not model.of_role("input"):
        return None
    return Recurrence(model, state, weight, fun.name, equation.right.x)


def trials(rec: Recurrence, thresholds: Sequence[float] = ()) -> Iterator[Witness]:
    """Everything that is worth a try, not yet measured; also norms of W just below and above the thresholds of a claim."""
    slope = samples.table_function(rec.fun, 1)
    for factor in (*FACTORS, *(near * x for x in thresholds for near in NEAR)):
        for rows in MATRICES:
            W = factor * np.array(rows)
            for z in POINTS:
                point = np.full((1, len(W), 1), z)
                yield Witness(rec, W, z, np.diag(slope(point.astype(complex)).real.ravel()) @ W)


def measured(trial: Witness) -> Witness | None:
    """The trial with what a real forward pass gives; None if the network cannot stay there or shows other powers."""
    rec, n = trial.recurrence, len(trial.weight)
    model, sizes = rec.model, {s.name: n for s in _sizes(rec.model)}
    start = World(model, sizes, STEPS, seed=1)
    values = {key: x * 0.5 for key, x in start.leaves().items()}
    values |= {key: trial.weight for key in values if key == (rec.weight.name, ())}
    t = model.families[rec.state].indices[0].symbol
    target = np.full(n, trial.point)
    inputs = [key for key in values if model.families[key[0]].role == "input"]
    for step in range(1, STEPS + 1):
        now = [key for key in inputs if key[1] == (step,)]
        if len(now) != 1:
            return None
        at_zero, columns = _affine_in(rec, values, sizes, now[0], {t: step})
        if columns.shape[0] != columns.shape[1] or abs(np.linalg.det(columns)) < MARGIN:
            return None
        values[now[0]] = np.linalg.solve(columns, target - at_zero).reshape(values[now[0]].shape)
    world = World(model, sizes, STEPS, values=values)
    h = model.families[rec.state]
    norms = []
    for lag in range(1, STEPS):
        found = world.evaluate(Partial(h.at(STEPS), h.at(STEPS - lag)))
        power = np.linalg.matrix_power(trial.jacobian, lag)
        if abs(found - power).max() > CLOSE * max(1.0, abs(power).max()):
            return None
        norms.append(float(np.linalg.norm(found, 2)))
    return Witness(rec, trial.weight, trial.point, trial.jacobian, tuple(norms))


def _affine_in(
    rec: Recurrence, values: dict[tuple[str, tuple[int, ...]], Array], sizes: dict[str, int], key: tuple[str, tuple[int, ...]],
    where: dict[Symbol, int],
) -> tuple[Array, Array]:  # fmt: skip
    """The argument of f as an affine function of one input: its value at 0, and its columns."""
    size = values[key].size
    unit = [np.zeros(values[key].shape), *(e.reshape(values[key].shape) for e in np.eye(size))]
    found = [
        World(rec.model, sizes, where[next(iter(where))], values={**values, key: x}).evaluate(rec.argument, where).ravel()
        for x in unit
    ]
    return found[0], np.array([column - found[0] for column in found[1:]]).T


def _sizes(model: Model) -> set[Symbol]:
    return {s for f in model.families.values() for leg in (*f.rows, *f.cols) for s in leg.free_symbols}


def only_weight(model: Model, state: str) -> list[Var]:
    """The weights that multiply an earlier value of a state in its own equation, seen from their shapes: square ones."""
    equation = model.equation(state)
    if equation is None:
        return []
    rows = model.families[state].rows
    found = {v for v in variables(equation.right) if model.families[v.name].role == "weight" and v.rows == v.cols == rows}
    return sorted(found, key=str)
