"""A model in a prime field: leaves are drawn, the forward pass is computed step by step, derivatives by reverse sweeps.

A *total* derivative of v by u sweeps back from v to u through everything; the *immediate* derivative of a quantity of step k
is taken in a copy of the forward pass in which the quantities of all other steps are constants.  Adjoints beyond the last
step are zero.  Nothing here knows how formulas are derived or proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..model import Family, Model, variables
from .arithmetic import Array, Bound, Field
from .functions import Functions, Logs, Unknown
from .meaning import Env, Nowhere, sides, value
from .memory import Memory
from .tape import FRESH, ONE, Node, constant, sweep

NODE = 1 << 10
"""How many bytes a node is counted besides its value."""

MOST_TERMS = 100_000
"""Of how many terms it is remembered whether they last."""

Key = tuple[str, tuple[int, ...]]
"""A quantity at fixed indices: ("h", (3,))."""

Derivatives = dict[Key, tuple[Array, Bound]]
"""Entries of a value by everything that it depends on."""

Lasting = tuple[Basic, Node, int]
"""A term, its value, and the smallest length for which it is known to exist."""


class Ground:
    """What worlds of different lengths share: the leaves, and the states of which no equation looks ahead or at the length.

    sizes   where a model has several lengths, the others, too
    sums    families whose entries sum to 1;  zeros: families that are zero before the first step
    key     fixes every number that is drawn;  bits: indicators are 0 or 1
    """

    def __init__(
        self, model: Model, sizes: Mapping[str, int], key: bytes,
        sums: frozenset[str] = frozenset(), zeros: frozenset[str] = frozenset(), bits: bool = False,
        arithmetic: type[Field] = Field, products: Mapping[bytes, Logs] | None = None,
    ):  # fmt: skip
        self.model, self.sizes, self.sums, self.zeros = model, dict(sizes), sums, zeros
        self.field = arithmetic(key, bits)
        self.functions = Functions(self.field, bits, products)
        self.widest = max(self.sizes.values(), default=2)
        self.leaves: dict[Key, Node] = {}
        self.lasting = _lasting(model)
        self.back = {f.name: (f.indices, _back(model, f)) for f in model.families.values()}
        self.values: dict[int | None, dict[Key, Node]] = {}
        self.kept, self.plain = Memory[Lasting](), Memory[Lasting]()
        self.sweeps = Memory[Derivatives]()
        self._lasts: dict[int, tuple[Basic, bool]] = {}
        self._lengths = {i.upper for i in model.indices}
        self.other_lengths = {i.upper.name: sizes[i.upper.name] for i in model.indices if i.upper.name in sizes}

    def lasts(self, term: Basic) -> bool:
        """Whether a term that has a value for one length has the same one for all greater lengths."""
        found = self._lasts.get(id(term))
        if found is None:
            if len(self._lasts) > MOST_TERMS:
                self._lasts.clear()
            found = self._lasts[id(term)] = term, not (term.free_symbols & self._lengths) and self._stays(term)
        return found[1]

    def goes_on(self, term: Basic) -> bool:
        """Whether what a term needs at one length is known from the length before, but for new values of its indices.

        So it is with terms that last, and with sums and products over steps, which are taken up where they were left.
        """
        if isinstance(term, L.ProductOver) or (isinstance(term, L.SumOver) and not term.args[4]):
            return self.lasts(term.args[0]) and not term.args[2].free_symbols & self._lengths
        return self.lasts(term)

    def _stays(self, term: Basic) -> bool:
        if isinstance(term, L.Var):
            return term.name in self.lasting or self.model.equation(term.name) is None
        if isinstance(term, L.Adjoint) or (isinstance(term, L.Partial) and not isinstance(term.num, L.Var)):
            return False
        return all(self._stays(a) for a in term.args if isinstance(a, Basic))


class World:
    """A model of one length on its ground; `counting`: whether bounds of derivatives are worked out."""

    def __init__(self, ground: Ground, length: int, counting: bool = True):
        self.ground, self.model, self.sizes, self.field = ground, ground.model, ground.sizes, ground.field
        self.functions, self.counting, self.length = ground.functions, counting, length
        self.lengths = {**{i.upper.name: length for i in self.model.indices}, **ground.other_lengths}
        self.equations = {e.left.name: e for e in self.model.equations}
        self.ranges = {
            name: [(i.lower + b, i.lower, self.lengths[i.upper.name]) for i, b in zip(indices, back, strict=True)]
            for name, (indices, back) in ground.back.items()
        }
        self._sweeps = Memory[Derivatives]()
        self._held: dict[int, Pass] = {}
        self.forward = Pass(self, None)
        self.plain = Plain(self)

    def evaluate(self, term: Basic, env: Env, traced: bool = False) -> Node:
        """The value of a term, with one row and one column axis; `traced`: with what it was computed from."""
        Memory.tidy()
        return value(self.forward if traced else self.plain, term, env)

    def index(self, expression: Expr, env: Env) -> int:
        """The value of an index expression; symbols are looked up among indices, lengths and sizes."""
        point, offset = L.affine(expression)
        if point is None:
            return offset
        for known in (env.get(point), self.lengths.get(point.name), self.sizes.get(point.name)):
            if known is not None:
                return known + offset
        raise Unknown(f"the index {point} has no value")

    def size(self, leg: Expr) -> int:
        if leg.is_Integer:
            return int(leg)
        if isinstance(leg, Symbol):
            return self.sizes.setdefault(leg.name, self.ground.widest)
        return (prod if leg.is_Mul else sum)(self.size(a) for a in leg.args)

    def leaf(self, key: Key, variable: L.Var) -> Node:
        """A quantity that no equation gives: drawn from the key, its name and its indices."""
        leaves = self.ground.leaves
        if key not in leaves:
            leaves[key] = self._draw(key, variable)
        return leaves[key]

    def _draw(self, key: Key, variable: L.Var) -> Node:
        name, idx = key
        rows, cols = sides(self.forward, variable.shape)
        family = self.model.families.get(name)
        if family is not None and family.role in ("state", "loss") and name in self.ground.zeros:
            return constant(self.field, self.field.zeros((rows, cols)))
        x = self.field.drawn(repr((name, idx)).encode(), rows, cols)
        if name in self.ground.sums:
            x.reshape(self.field.count, -1)[:, -1] = self.field.zero[:, 0, 0]
            x.reshape(self.field.count, -1)[:, -1] = self.field.reduced((1 - x.sum(axis=(1, 2)))[:, None, None])[:, 0, 0]
            return constant(self.field, x, Bound(1, float(np.log2(rows * cols + 1))))
        return constant(self.field, x, FRESH)

    def is_state(self, key: Key) -> bool:
        """Whether an equation gives the quantity; `Nowhere` where it does not exist."""
        name, idx = key
        for n, (first, _, last) in zip(idx, self.ranges[name], strict=True):
            if not first <= n <= last:
                raise Nowhere(f"{name} does not exist at {', '.join(map(str, idx))}")
        return name in self.equations and all(n >= low for n, (_, low, _) in zip(idx, self.ranges[name], strict=True))

    def beyond(self, key: Key) -> bool:
        return any(n > last for n, (_, _, last) in zip(key[1], self.ranges.get(key[0], ()), strict=False))

    def step_of(self, key: Key) -> int | None:
        """The time step of a quantity, None for one without time."""
        family = self.model.families.get(key[0])
        if family is None or self.model.time is None:
            return None
        return next((n for n, i in zip(key[1], family.indices, strict=True) if i == self.model.time), None)

    def own_step(self, num: Basic, env: Env) -> int | None:
        """The step of a numerator: that of the latest quantity in it, at the plain index letter."""
        if isinstance(num, L.Var):
            return self.step_of(self.forward.key(num, env))
        steps = []
        for v in variables(num):
            family = self.model.families.get(v.name)
            for index, declared in zip(v.indices, family.indices if family else (), strict=False):
                if declared == self.model.time:
                    point, _ = L.affine(index)
                    steps.append(self.index(point, env) if point in env else self.index(index, env))
        return max(steps, default=None)

    def held(self, step: int | None) -> Pass:
        """The forward pass in which all steps but one are constants."""
        if step is None:
            return self.forward
        if step not in self._held:
            self._held[step] = Pass(self, step)
        return self._held[step]

    def derivatives(self, at: Pass, root: Node, name: tuple[Key, int | None] | None) -> Derivatives:
        """Entries of a value by everything that it depends on; kept under a name."""
        lasting = name is not None and name[0][0] in self.ground.lasting
        sweeps = self.ground.sweeps if lasting else self._sweeps
        known_ones = sweeps.get(name) if name is not None else None
        if known_ones is not None:
            return known_ones
        known = {**self.ground.leaves, **at.shared, **({} if lasting else at.values)}
        found = sweep(root, known.values(), lasting or self.counting)
        result = {k: d for k, d in zip(known, found, strict=True) if d is not None}
        if name is not None:
            sweeps.put(name, result, NODE + sum(self.field.weight(d) for d, _ in result.values()))
        return result


class Pass:
    """One forward pass; with a step, the quantities of all other steps are constants in it."""

    def __init__(self, world: World, step: int | None):
        self.world, self.step, self.field = world, step, world.field
        self.values: dict[Key, Node] = {}
        self.shared = world.ground.values.setdefault(step, {})
        self.known, self.kept = Memory[tuple[Basic, Node]](), world.ground.kept
        self._open: set[Key] = set()

    def recalled(self, name: object) -> Node | None:
        """A value that is known: of this length, or of a smaller one where it is the same."""
        if self.step is None:
            kept = self.kept.get(name)
            if kept is not None and kept[2] <= self.world.length:
                return kept[1]
        found = self.known.get(name)
        return found[1] if found is not None else None

    def keep(self, name: object, term: Basic, node: Node) -> Node:
        """Remembers a value, and with it the term, so that its id stays its own."""
        weight = self.field.weight(node.value) + NODE
        if self.step is None and self.world.ground.lasts(term):
            self.kept.put(name, (term, node, self.world.length), weight)
        else:
            self.known.put(name, (term, node), weight)
        return node

    def size(self, leg: Expr) -> int:
        return self.world.size(leg)

    def index(self, expression: Expr, env: Env) -> int:
        return self.world.index(expression, env)

    def key(self, variable: L.Var, env: Env) -> Key:
        """Name and indices; an argument of an identity is told apart from a quantity of the model by its shape."""
        family = self.world.model.families.get(variable.name)
        idx = tuple(self.world.index(i, env) for i in variable.indices)
        if family is not None and len(idx) == len(family.indices):
            return variable.name, idx
        return f"{variable.name} {L.describe(variable.shape)}", idx

    def variable(self, variable: L.Var, env: Env) -> Node:
        key, world = self.key(variable, env), self.world
        if key[0] not in world.model.families or not world.is_state(key):
            return world.leaf(key, variable)
        values = self.shared if key[0] in world.ground.lasting else self.values
        if key not in values:
            values[key] = self._computed(key, variable)
        return values[key]

    def _computed(self, key: Key, variable: L.Var) -> Node:
        world = self.world
        if self.step is not None and world.step_of(key) not in (None, self.step):
            known = world.forward.variable(variable.moved(*map(Integer, key[1])), {})
            return constant(world.field, known.value, known.bound)
        if key in self._open:
            raise Unknown(f"{key[0]} at {key[1]} needs its own value")
        self._open.add(key)
        try:
            equation = world.equations[key[0]]
            found = value(self, equation.right, dict(zip(equation.left.indices, key[1], strict=True)))
        finally:
            self._open.discard(key)
        # a node of its own, so that a quantity that equals another one has its own derivative; its bound is worked out here,
        # so that no chain of them grows with the length
        return Node(world.field, found.value, found.bound, (found,), lambda c: (c,), made="copy")

    def apply(self, fun: L.Fun, x: Node, env: Env) -> Node:
        functions = self.world.functions
        if not fun.kind:
            return functions.apply(fun.name, fun.order, x)
        at = tuple(self.world.index(i, env) for i in fun.at)
        if fun.kind == "elementwise":
            return functions.elementwise(fun.name, fun.order, at, x)
        if fun.kind == "scalar":
            return functions.scalar(fun.name, fun.order, at, x)
        return functions.vector(fun.name, fun.order, at, x, prod(map(self.size, fun.out)))

    def adjoint(self, variable: L.Var, env: Env) -> Node:
        """The total derivative of the loss, in the variable's own shape; zero after the last step."""
        x, bound = self._derivative(self.world.model.loss, variable, None, env)
        return constant(self.field, x.reshape(self.field.count, *sides(self, variable.shape)), bound)

    def partial(self, term: L.Partial, env: Env) -> Node:
        step = self.world.own_step(term.num, env) if term.mode == "immediate" else None
        x, bound = self._derivative(term.num, term.den, step, env)
        x = x.swapaxes(1, 2) if term.layout == "denominator" else x
        return constant(self.field, x.reshape(self.field.count, *sides(self, term.shape)), bound)

    def _derivative(self, num: Basic, den: Basic, step: int | None, env: Env) -> tuple[Array, Bound]:
        """Entries of num by entries of den, in row-major order."""
        world = self.world
        if self is not world.forward:
            raise Unknown(f"the derivative of {num} stands inside another derivative")
        entries = [prod(sides(self, L.shape_of(side))) for side in (num, den)]
        nothing = self.field.zeros((*entries,)), ONE
        keys = {self.key(v, env): v for v in variables(den)}
        if num == world.model.loss and any(map(world.beyond, keys)):
            return nothing
        for key in keys:
            if key[0] in world.model.families:
                world.is_state(key)  # raises where it does not exist
        at = world.held(step)
        below = value(at, den, env)
        above = value(at, num, env)
        name = (self.key(num, env), step) if isinstance(num, L.Var) else None
        by = world.derivatives(at, above, name)
        if isinstance(den, L.Var):
            found = by.get(next(iter(keys)))
            return nothing if found is None else (found[0].reshape(nothing[0].shape), found[1])
        return _by_entries(world.field, nothing, by, world.derivatives(at, below, None), keys)


class Plain(Pass):
    """What stands in a formula outside of its derivatives: values alone, so that none holds what it was computed from."""

    def __init__(self, world: World):
        super().__init__(world, None)
        self.kept = world.ground.plain

    def keep(self, name: object, term: Basic, node: Node) -> Node:
        return super().keep(name, term, constant(self.field, node.value, node.bound))

    def variable(self, variable: L.Var, env: Env) -> Node:
        return self.world.forward.variable(variable, env)

    def adjoint(self, variable: L.Var, env: Env) -> Node:
        return self.world.forward.adjoint(variable, env)

    def partial(self, term: L.Partial, env: Env) -> Node:
        return self.world.forward.partial(term, env)


def _by_entries(
    field: Field, nothing: tuple[Array, Bound], by: Mapping[Key, tuple[Array, Bound]], moves: Mapping[Key, tuple[Array, Bound]],
    keys: Mapping[Key, L.Var],
) -> tuple[Array, Bound]:
    """A derivative by something that moves entries of variables: each of its entries is one entry of one of them."""
    picked = {key: moves[key][0].reshape(field.count, nothing[0].shape[2], -1) for key in keys if key in moves}
    if not picked or not (sum(p[0].sum(axis=1) for p in picked.values()) == 1).all():
        raise Unknown("a derivative is taken by a variable or its components")
    total, bound = nothing
    for key, selection in picked.items():
        if key in by:
            x = by[key][0].reshape(field.count, nothing[0].shape[1], -1)
            total, bound = field.reduced(total + field.matmul(x, selection.swapaxes(1, 2))), bound + by[key][1]
    return total, bound


def _lasting(model: Model) -> frozenset[str]:
    """The states at step t that are the same for every length: their equations look at steps up to t alone."""
    lengths = {i.upper for i in model.indices}
    found = {e.left.name for e in model.equations if e.left.indices and not (e.right.free_symbols & lengths)}
    while True:
        kept = {
            e.left.name for e in model.equations
            if e.left.name in found and all(_looks_back(v, e.left, found, model) for v in variables(e.right))
        }
        if kept == found:
            return frozenset(found)
        found = kept


def _looks_back(variable: L.Var, own: L.Var, lasting: set[str], model: Model) -> bool:
    points = [L.affine(i) for i in variable.indices]
    inside = all(point is None or (point in own.indices and offset <= 0) for point, offset in points)
    return inside and (variable.name in lasting or model.equation(variable.name) is None)


def _back(model: Model, family: Family) -> list[int]:
    """For each index of a family: how far the first value that an equation asks for lies before the first of its range."""
    back = [0] * len(family.indices)
    for e in model.equations:
        for v in variables(e.right):
            for place, index in enumerate(v.indices if v.name == family.name else ()):
                point, offset = L.affine(index)
                if point is None:
                    back[place] = min(back[place], offset - family.indices[place].lower)
                elif point in e.left.indices:
                    back[place] = min(back[place], offset)
    return back
