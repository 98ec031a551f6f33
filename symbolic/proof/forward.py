"""Forward passes of a model with numbers, plain or perturbed for complex step.

A perturbed pass carries every quantity once per perturbed entry, on the batch axis: row k has ε added to the imaginary
part of the k-th entry.  So one pass gives the derivative of everything by everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

import numpy as np
from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..language.shapes import Shape, describe
from ..model import Equation, Family, Model, variables
from . import samples
from .interpret import Array, Env, OutOfRange, flat, value

Key = tuple[str, tuple[int, ...]]
"""A quantity at fixed indices: ("h", (3,))."""

EPSILON = 1e-30


class UnboundIndex(ValueError):
    """An index symbol that nothing gives a value."""


class Setting:
    """A model with numbers for its sizes and lengths: what exists at which indices, and what is a leaf."""

    def __init__(self, model: Model, sizes: Mapping[str, int], lengths: Mapping[str, int]):
        self.model, self.lengths = model, dict(lengths)
        self.sizes = {name: self.lengths.get(name, size) for name, size in sizes.items()}  # α ∈ R^T has an entry for each step
        self.declared = frozenset(self.sizes)
        self.default_size = max([2, *self.sizes.values()])
        self.instances: dict[str, str] = {}
        self.ranges = {f.name: _ranges(model, f, self.lengths) for f in model.families.values()}
        self._equations = {e.left.name: e for e in model.equations}

    def index(self, expression: Expr, env: Mapping[Symbol, int]) -> int:
        """The value of an index expression; symbols are looked up among indices, lengths and sizes."""
        point, offset = L.affine(expression)
        if point is None:
            return offset
        found = env.get(point, self.lengths.get(point.name, self.sizes.get(point.name)))
        if found is None:
            known = ", ".join(map(str, [*env, *self.lengths]))
            raise UnboundIndex(f"the index {point} has no value; known are {known}")
        return found + offset

    def size(self, leg: Expr) -> int:
        """The value of a size: a symbol, a number or a sum of them."""
        if leg.is_Integer:
            return int(leg)
        if isinstance(leg, Symbol):
            return self.sizes[leg.name]
        return (prod if leg.is_Mul else sum)(self.size(a) for a in leg.args)

    def keys(self, *roles: str) -> Iterator[Key]:
        """Every quantity of the given roles (all without any) at every index, values before the first step included."""
        for family in self.model.families.values():
            if not roles or family.role in roles:
                for idx in product(*(range(first, last + 1) for first, _, last in self.ranges[family.name])):
                    if not (family.role in ("state", "loss") and self._initial_twice(family.name, idx)):
                        yield family.name, idx

    def is_state(self, key: Key) -> bool:
        """Whether an equation gives the quantity (else it is a leaf); `OutOfRange` where it does not exist."""
        name, idx = key
        ranges = self.ranges[name]
        for number, (first, _, last) in zip(idx, ranges, strict=True):
            if not first <= number <= last:
                raise OutOfRange(f"{name} does not exist at {', '.join(map(str, idx))}")
        return name in self._equations and all(n >= low for n, (_, low, _) in zip(idx, ranges, strict=True))

    def beyond(self, key: Key) -> bool:
        """Whether an index lies after the last step, where adjoints are zero."""
        return any(n > last for n, (_, _, last) in zip(key[1], self.ranges.get(key[0], ()), strict=False))

    def step_of(self, key: Key) -> int | None:
        """The time step of a quantity, None for one without time."""
        family = self.model.families.get(key[0])
        if family is None or self.model.time is None:
            return None
        return next((n for n, i in zip(key[1], family.indices, strict=True) if i == self.model.time), None)

    def equation(self, name: str) -> Equation:
        return self._equations[name]

    def _initial_twice(self, name: str, idx: tuple[int, ...]) -> bool:
        """Values before the first step in two directions at once: no equation needs them."""
        return sum(n < low for n, (_, low, _) in zip(idx, self.ranges[name], strict=True)) > 1

    def leaf(self, key: Key, shape: Shape) -> Array:
        """The number of a leaf."""
        raise NotImplementedError

    @property
    def base(self) -> Pass:
        """The unperturbed pass."""
        raise NotImplementedError

    def perturbed(self, shapes: Mapping[Key, Shape], step: int | None) -> Pass:
        """A pass in which at least the entries of these quantities are perturbed."""
        raise NotImplementedError


class Pass:
    """One forward pass; `shapes` are the quantities that are perturbed, each entry in a batch row of its own.

    `step`: None for total derivatives; k: every quantity of another step is held (its own perturbation apart).
    `watched`: collect the arguments of functions, for judging whether the sample is moderate.
    """

    def __init__(self, world: Setting, step: int | None, shapes: Mapping[Key, Shape], watched: bool = False):
        self.world, self.step, self.watched = world, step, watched
        self.values: dict[Key, Array] = {}
        self.arguments: list[tuple[str, Array]] = []
        self.addresses: dict[Key, Array] = {}
        self.width = 0
        self._open: set[Key] = set()
        for key, shape in shapes.items():
            rows, cols = flat(self, shape)
            self.addresses[key] = self.width + np.arange(rows * cols).reshape(1, rows, cols)
            self.width += rows * cols

    def run(self) -> None:
        """Compute every variable at every step, in order."""
        world = self.world
        timed = [e for e in world.model.equations if e.left.indices]
        ranges = {e.left.name: [range(low, last + 1) for _, low, last in world.ranges[e.left.name]] for e in timed}
        for step in sorted({r[0][n] for r in ranges.values() for n in range(len(r[0]))}):
            for e in timed:
                first, *others = ranges[e.left.name]
                for idx in product(*others) if step in first else ():
                    self.read((e.left.name, (step, *idx)), e.left)
        for e in world.model.equations:
            if not e.left.indices:
                self.read((e.left.name, ()), e.left)

    def size(self, leg: Expr) -> int:
        return self.world.size(leg)

    def index(self, expression: Expr, env: Env) -> int:
        return self.world.index(expression, env)

    def variable(self, variable: L.Var, env: Env) -> Array:
        return self.read(self.key(variable, env), variable)

    def key(self, variable: L.Var, env: Env) -> Key:
        """Name and indices; an argument of an identity is no quantity of the model and is told apart by its shape."""
        family = self.world.model.families.get(variable.name)
        idx = tuple(self.world.index(i, env) for i in variable.indices)
        if family is not None and len(idx) == len(family.indices):
            return variable.name, idx
        return f"{variable.name} ({describe(variable.shape)})", idx

    def read(self, key: Key, variable: L.Var) -> Array:
        """The value of a quantity, computed on first use."""
        found = self.values.get(key)
        if found is None:
            found = self._compute(key, variable)
            if key in self.addresses:
                rows, cols = found.shape[1:]
                found = np.broadcast_to(found, (self.width, rows, cols)).astype(complex)
                r, c = np.divmod(np.arange(rows * cols), cols)
                found[self.addresses[key].ravel(), r, c] += 1j * EPSILON
            self.values[key] = found
        return found

    def _compute(self, key: Key, variable: L.Var) -> Array:
        world, name = self.world, key[0]
        if name not in world.model.families or not world.is_state(key):
            return world.leaf(key, variable.shape)
        if self.step is not None and world.step_of(key) not in (None, self.step):
            return world.base.read(key, variable)
        if key in self._open:
            raise ValueError(f"{name} at {key[1]} needs its own value")
        self._open.add(key)
        try:
            equation = world.equation(name)
            return value(self, equation.right, dict(zip(equation.left.indices, key[1], strict=True)))
        finally:
            self._open.discard(key)

    def apply(self, fun: L.Fun, x: Array, env: Env) -> Array:
        at = tuple(self.world.index(i, env) for i in fun.at)
        if not fun.kind:
            if self.watched and fun.name not in ("log", "sqrt", "reciprocal"):
                self.arguments.append((fun.name, x))
            return samples.table_function(fun.name, fun.order)(x)
        self.world.instances[fun.name] = samples.describe_abstract(fun.name, fun.kind, bool(at))
        if fun.kind == "elementwise":
            if self.watched:
                self.arguments.append((fun.name, x))
            return samples.abstract_elementwise(fun.name, fun.order, at)(x)
        if fun.kind == "scalar":
            return samples.abstract_scalar(fun.name, fun.order, at)(x)
        return samples.abstract_vector(fun.name, fun.order, at, prod(map(self.size, fun.out)))(x)

    def adjoint(self, variable: L.Var, env: Env) -> Array:
        """Total derivative of the loss, in the variable's own shape; zero after the last step."""
        return self._derivative(self.world.model.loss, variable, None, env).reshape(1, *flat(self, variable.shape))

    def partial(self, term: L.Partial, env: Env) -> Array:
        step = _own_step(self.world, term.num, env) if term.mode == "immediate" else None
        jacobian = self._derivative(term.num, term.den, step, env)
        if term.layout == "denominator":
            jacobian = jacobian.T
        return jacobian.reshape(1, *flat(self, term.shape))

    def _derivative(self, num: Basic, den: Basic, step: int | None, env: Env) -> Array:
        """Entries of num by entries of den, in row-major order."""
        world = self.world
        if self is not world.base:
            raise ValueError(f"the derivative of {num} stands inside another derivative; work it out first")
        keys = {self.key(v, env): v.shape for v in variables(den)}
        if num == world.model.loss and any(map(world.beyond, keys)):
            return np.zeros((1, prod(flat(self, L.shape_of(den)))))
        for key in keys:
            if key[0] in world.model.families:
                world.is_state(key)  # raises where it does not exist
        perturbed = world.perturbed(keys, step)
        rows = _addresses(perturbed, den, env).ravel()
        numbers = value(perturbed, num, env)
        count = numbers[0].size
        slopes = np.where(np.isfinite(numbers.real), numbers.imag, np.nan)  # no value, no slope: log of a negative number
        if len(numbers) < perturbed.width:  # nothing in it depends on what is perturbed
            return np.repeat(0.0 * slopes.reshape(-1, count)[0][:, None], len(rows), axis=1)
        return np.asarray(slopes[rows].reshape(len(rows), count).T / EPSILON)


def _ranges(model: Model, family: Family, lengths: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """For each index of a family: the first value that an equation asks for, the first of its range, the last."""
    pairs = zip(family.indices, _reach(model, family.name), strict=True)
    return [(index.lower + back, index.lower, lengths[index.upper.name]) for index, back in pairs]


def _reach(model: Model, name: str) -> list[int]:
    """How far back the equations look at a family, for each of its indices."""
    indices = model.families[name].indices
    offsets = [0] * len(indices)
    for e in model.equations:
        own = set(e.left.indices)
        for v in variables(e.right):
            if v.name == name:
                for position, index in enumerate(v.indices):
                    point, offset = L.affine(index)
                    if point in own:
                        offsets[position] = min(offsets[position], offset)
                    elif point is None:
                        offsets[position] = min(offsets[position], offset - indices[position].lower)
    return offsets


def _own_step(world: Setting, num: Basic, env: Env) -> int | None:
    """The step at which a numerator lives: that of the latest quantity in it, at the plain index letter."""
    if isinstance(num, L.Var):
        return world.step_of(world.base.key(num, env))
    steps = []
    for v in variables(num):
        family = world.model.families.get(v.name)
        for index, declared in zip(v.indices, family.indices if family else (), strict=False):
            if declared == world.model.time:
                point, _ = L.affine(index)
                steps.append(world.index(point, env) if point in env else world.index(index, env))
    return max(steps, default=None)


def _addresses(perturbed: Pass, den: Basic, env: Env) -> Array:
    """Batch rows of the entries of a denominator: the denominator interpreted with addresses in place of numbers."""
    return value(_Addresses(perturbed), den, env)


class _Addresses:
    """Interprets what only moves entries: a variable, its transpose, its components, joined blocks."""

    def __init__(self, perturbed: Pass):
        self.perturbed = perturbed
        self.size, self.index = perturbed.size, perturbed.index

    def variable(self, variable: L.Var, env: Env) -> Array:
        return self.perturbed.addresses[self.perturbed.key(variable, env)]

    def _refuse(self, term: Basic, *_: object) -> Array:
        raise ValueError(f"a derivative is taken by a variable or its components, not by {term}")

    adjoint = partial = apply = _refuse
