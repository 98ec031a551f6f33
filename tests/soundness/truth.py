"""The truth about a formula, as plain numbers: it shares no code with the judge (neither `proof`, nor `field`, nor `derivation`).

Every head means what its docstring in `symbolic.language` says.  A value is an array (batch, rows, columns).  The forward pass
computes a quantity when it is asked for, and remembers it.  The derivative of anything by a quantity q is a difference of
forward passes in which q is moved where it is computed, and everything later follows:

    f'(x) = (8 (f(x + ε) - f(x - ε)) - (f(x + 2ε) - f(x - 2ε))) / 12 ε + O(ε⁴)

A *total* derivative runs the whole pass again; an *immediate* one only the step of the numerator, all other steps are held.
Nothing is simplified, nothing is proved, and no rule of differentiation occurs.
"""

from __future__ import annotations

import operator
from functools import lru_cache, reduce
from itertools import product
from math import prod

import numpy as np
from sympy import Add, Integer, Mul, Pow, Rational, Symbol
from truth_functions import ELEMENTWISE, OF_VECTOR, STENCIL, WEIGHTS, Nowhere, abstract, derived, each_entry, numbers
from truth_points import Held, ranges

from symbolic import language as L
from symbolic.model import variables

KINK_DISTANCE, LARGEST = 0.02, 3.0
"""Sample points keep this far from kinks, and all states below this number."""


HOLDS = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
REMEMBERED = 300
"""Values of terms that a forward pass remembers."""


@lru_cache(1 << 16)
def letters_of(term):
    """All letters of a term; its value does not depend on others."""
    return tuple(term.atoms(Symbol))


class World:
    """A model with numbers for everything."""

    def __init__(self, model, point):
        self.model, self.point = model, point
        self.sizes, self.lengths = dict(point.sizes), {i.upper.name: point.length for i in model.indices}
        self.shapes = {}
        self.equations = {e.left.name: e for e in model.equations}
        self.ranges = {name: [(first, low, self.lengths[high]) for first, low, high in own] for name, own in ranges(Held(model)).items()}
        self.positive, self.scale = point.seed < 0, 1.0
        for attempt in range(60):
            self.leaves, self.slopes, self.attempt = {}, {}, attempt
            self.base = Pass(self)
            if self._usable():
                return
        raise Nowhere("no numbers with a finite forward pass away from kinks")

    def _usable(self):
        """Whether all states are moderate and no argument of ReLU is near its kink; logarithms may need positive numbers."""
        self.kinks = []
        keys = [(f.name, idx) for f in self.model.families.values() if f.role in ("state", "loss")
                for idx in product(*(range(low, high + 1) for _, low, high in self.ranges[f.name]))]
        values = [self.base.variable(k, self.model.families[k[0]].var) for k in keys]
        kinks, self.kinks = self.kinks, None
        if not all(np.isfinite(v).all() for v in values):
            self.positive = not self.positive
            return False
        if any((abs(v) > LARGEST).any() for k, v in zip(keys, values, strict=True) if k[0] != self.model.loss.name):
            self.scale *= 0.8
            return False
        return all((abs(k) > KINK_DISTANCE).all() for k in kinks)

    def size(self, leg):
        if isinstance(leg, Symbol):
            return self.sizes.setdefault(leg.name, 2)
        return int(leg) if isinstance(leg, Integer) else (prod if isinstance(leg, Mul) else sum)(map(self.size, leg.args))

    def sides(self, shape):
        found = self.shapes.get(shape)
        if found is None:
            found = self.shapes[shape] = tuple(prod(map(self.size, side)) for side in shape)
        return found

    def number(self, x, env):
        """A number, a size, a length, an index, or what is computed from them."""
        if isinstance(x, Symbol):
            found = env.get(x)
            if found is None:
                found = self.lengths.get(x.name)
            if found is None:
                found = self.sizes.get(x.name)
            if found is None:
                raise Nowhere(f"{x} has no value")
            return found
        if isinstance(x, Rational):
            return x.p if isinstance(x, Integer) else float(x)
        if isinstance(x, (Add, Mul)):
            return (sum if isinstance(x, Add) else prod)([self.number(a, env) for a in x.args])
        if isinstance(x, Pow):
            return self.number(x.args[0], env) ** self.number(x.args[1], env)
        raise Nowhere(f"{x} has no value")

    def holds(self, relation, env):
        a, b = (self.number(side, env) for side in relation.args[1:])
        return HOLDS[relation.op](a, b)

    def leaf(self, key, variable):
        if key not in self.leaves:
            self.leaves[key] = self._draw(key, (1, *self.sides(variable.shape)))
        return self.leaves[key]

    def _draw(self, key, shape):
        random = numbers(self.point.seed, self.attempt, key)
        family = self.model.families.get(key[0])
        role = family.role if family else ""
        if role in ("state", "loss") and key[0] in self.point.zeros:
            return np.zeros(shape)
        x = random.uniform(0.2, 0.95, shape)
        if key[0] in self.point.sums:
            return x / x.sum()
        if role == "label":
            return x * self.scale
        x = x * (self.scale / np.sqrt(shape[2]) if role == "weight" else 1)
        return x if self.positive else x * random.choice((-1, 1), shape)

    def exists(self, key):
        for n, (first, _, last) in zip(key[1], self.ranges.get(key[0], ()), strict=False):
            if not first <= n <= last:
                raise Nowhere(f"{key[0]} at {key[1]}")

    def beyond(self, key):
        return any(n > last for n, (_, _, last) in zip(key[1], self.ranges.get(key[0], ()), strict=False))

    def step_of(self, key):
        """The step at which a quantity is computed, None for one of no step."""
        family = self.model.families.get(key[0])
        return next((n for n, i in zip(key[1], family.indices if family else (), strict=False) if i == self.model.time), None)

    def own_step(self, num, env):
        """The step of a numerator: of a quantity its own, else that of the latest one in it, where t - 1 counts as t."""
        if isinstance(num, L.Var):
            return self.step_of(self.base.key(num, env))
        found = []
        for v in variables(num):
            family = self.model.families.get(v.name)
            for index, own in zip(v.indices, family.indices if family else (), strict=False):
                if own == self.model.time:
                    letter = L.affine(index)[0]
                    found.append(self.number(letter if letter in env else index, env))
        return max(found, default=None)

    def slope(self, num, den, step, env):
        """Entries of `num` by entries of `den`, moving one entry of each variable in `den` at a time."""
        entries = [prod(self.sides(L.shape_of(x))) for x in (num, den)]
        keys = {self.base.key(v, env): v for v in variables(den)}
        if num == self.model.loss and any(map(self.beyond, keys)):
            return np.zeros(entries)
        total = np.zeros(entries)
        for key, variable in keys.items():
            self.exists(key)
            above = self._by(num, key, variable, step, env)
            total = total + (above if den == variable else above @ self._by(den, key, variable, step, env).T)
        return total

    def _by(self, term, key, variable, step, env):
        name = (self.base.key(term, env), key, step) if isinstance(term, L.Var) else None
        if name not in self.slopes:
            moving = Pass(self, key, variable, step)
            y = moving.value(term, env)
            y = np.broadcast_to(y, (moving.batch, *y.shape[1:])).reshape(-1, len(STENCIL), y[0].size)
            found = np.einsum("k,ikj->ji", WEIGHTS, y)
            if name is None:
                return found
            self.slopes[name] = found
        return self.slopes[name]


class Pass:
    """A forward pass; one entry of the quantity `key` is moved in each row of the batch, steps other than `step` are held."""

    def __init__(self, world, key=None, variable=None, step=None):
        self.world, self.moved, self.step, self.values, self.open = world, key, step, {}, set()
        self.batch, self.known = 1, {}
        if key is not None:
            rows, cols = world.sides(variable.shape)
            each = np.eye(rows * cols)[:, None, :] * STENCIL[None, :, None]
            self.moves = each.reshape(-1, rows, cols)
            self.batch = len(self.moves)

    def key(self, v, env):
        family = self.world.model.families.get(v.name)
        idx = tuple(self.world.number(i, env) for i in v.indices)
        known = family is not None and len(idx) == len(family.indices)
        return (v.name if known else f"{v.name} {L.describe(v.shape)}"), idx

    def variable(self, key, v):
        if key not in self.values:
            self.world.exists(key)
            x = self._plain(key, v)
            self.values[key] = x + self.moves if key == self.moved else x
        return self.values[key]

    def _plain(self, key, v):
        w = self.world
        equation = w.equations.get(key[0])
        if equation is None or any(n < low for n, (_, low, _) in zip(key[1], w.ranges[key[0]], strict=True)):
            return w.leaf(key, v)
        if self.step is not None and w.step_of(key) not in (None, self.step):
            return w.base.variable(key, v)
        return self.value(equation.right, dict(zip(equation.left.indices, key[1], strict=True)))

    def value(self, term, env):
        """The value of a term; it is remembered where nothing is moved, for the letters that the term has."""
        rule = RULES.get(type(term))
        if rule is None:
            return np.full((1, 1, 1), float(self.world.number(term, env)))
        if self.moved is not None or self.world.kinks is not None:
            return rule(self, term, env)
        name = term, *map(env.get, letters_of(term))
        found = self.known.get(name)
        if found is None:
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            found = self.known[name] = rule(self, term, env)
        return found

    def derivative(self, num, den, step, env):
        if self.moved is not None:
            raise Nowhere("a derivative stands inside a derivative")
        return self.world.slope(num, den, step, env)[None]


def _partial(p, term, env):
    found = p.derivative(term.num, term.den, p.world.own_step(term.num, env) if term.mode == "immediate" else None, env)
    found = found.swapaxes(1, 2) if term.layout == "denominator" else found
    return found.reshape(1, *p.world.sides(term.shape))


def _product(p, term, env):
    scale, running, shape = np.ones((1, 1, 1)), None, L.SCALAR
    for a in term.args:
        x, own = p.value(a, env), L.shape_of(a)
        if own == L.SCALAR:
            scale = scale * x
        elif shape == L.SCALAR:
            scale = scale if running is None else scale * running
            running, shape = x, own
        else:
            running, shape = running @ x, (shape[0], own[1])
    return scale if running is None else scale * running


def _apply(p, term, env):
    fun, x, w = term.fun, p.value(term.x, env), p.world
    if not fun.kind and fun.name in OF_VECTOR:
        return OF_VECTOR[fun.name](x)
    if not fun.kind or fun.kind == "elementwise":
        if w.kinks is not None and fun.name in ("relu", "step") and not fun.kind:
            w.kinks.append(x)
        f = abstract(fun.name, fun.kind, tuple(w.number(i, env) for i in fun.at), 1, w.positive) if fun.kind else ELEMENTWISE[fun.name]
        return derived(f, fun.order)(x)
    f = abstract(fun.name, fun.kind, tuple(w.number(i, env) for i in fun.at), prod(map(w.size, fun.out)), w.positive)
    found = each_entry(f, x) if fun.order else f(x)
    return found.reshape(len(found), *w.sides(term.shape))


def _power(p, term, env):
    x, k = p.value(term.args[0], env), term.args[1]
    if isinstance(k, Integer) and k >= 0:
        return x ** int(k)
    if isinstance(k, Integer):
        return 1 / np.where(x == 0, np.nan, x) ** -int(k)
    return np.where(x > 0, np.where(x > 0, x, 1.0) ** float(k), np.nan)


def _kron(p, term, env):
    a, b = (p.value(x, env) for x in term.args)
    outer = np.einsum("zij,zkl->zikjl", *np.broadcast_arrays(*_same_batch(a, b)) if a.shape == b.shape else _same_batch(a, b))
    return outer.reshape(len(outer), a.shape[1] * b.shape[1], -1)


def _same_batch(*arrays):
    batch = max(map(len, arrays))
    return [np.broadcast_to(a, (batch, *a.shape[1:])) for a in arrays]


def _entry(p, term, env):
    w, x = p.world, term.args[0]
    place = 0
    for index, leg in zip(term.args[1:], sum(L.shape_of(x), ()), strict=True):
        n, size = w.number(index, env), w.size(leg)
        if not 1 <= n <= size:
            raise Nowhere(f"component {n} of {size}")
        place = place * size + n - 1
    found = p.value(x, env)
    return found.reshape(len(found), -1)[:, place, None, None]


def _unit(p, term, env):
    n, size = p.world.number(term.args[0], env), p.world.size(term.args[1])
    if not 1 <= n <= size:
        raise Nowhere(f"unit vector {n} of {size}")
    return np.eye(size)[None, :, n - 1, None]


def _block(p, term, env):
    x, axis, place, sizes = p.value(term.args[0], env), int(term.args[1]), int(term.args[2]), term.args[3]
    start = sum(map(p.world.size, sizes[:place]))
    return np.take(x, range(start, start + p.world.size(sizes[place])), axis=axis + 1)


def _range(p, term, env):
    """The environments of a sum or a product; none where the upper end lies below the lower one."""
    low, high = (p.world.number(b, env) for b in term.args[2:4])
    return [{**env, term.args[1]: n} for n in range(low, high + 1)]


def _sum(p, term, env):
    without = {p.world.number(e, env) for e in term.args[4]}
    parts = [p.value(term.args[0], e) for e in _range(p, term, env) if e[term.args[1]] not in without]
    return sum(parts, np.zeros((1, *p.world.sides(term.shape))))


def _ordered(p, term, env):
    factors = [p.value(term.args[0], e) for e in _range(p, term, env)]
    factors = factors[::-1] if term.order == "descending" else factors
    return reduce(np.matmul, factors, np.eye(p.world.sides(term.shape)[0])[None])


def _flat(x):
    return x.reshape(len(x), -1, 1)


def _commute(p, term, env):
    rows, cols = p.world.sides(term.args)
    return np.eye(rows * cols)[[i * cols + j for j in range(cols) for i in range(rows)]][None]


def _of_one(f):
    return lambda p, term, env: f(p.value(term.args[0], env))


def _quotient(p, term, env):
    a, b = (p.value(x, env) for x in term.args)
    return a / np.where(b == 0, np.nan, b)


RULES = {
    L.Var: lambda p, t, env: p.variable(p.key(t, env), t),
    L.Adjoint: lambda p, t, env: p.derivative(p.world.model.loss, t.variable, None, env).reshape(1, *p.world.sides(t.shape)),
    L.Partial: _partial,
    L.Plus: lambda p, t, env: sum(p.value(a, env) for a in t.args) + np.zeros((1, *p.world.sides(t.shape))),
    L.Product: _product,
    L.Hadamard: lambda p, t, env: prod(p.value(a, env) for a in t.args) * np.ones((1, *p.world.sides(t.shape))),
    L.Quotient: _quotient,
    L.Power: _power,
    L.Transpose: _of_one(lambda x: x.swapaxes(1, 2)),
    L.Diag: _of_one(lambda x: _flat(x) * np.eye(x[0].size)),
    L.DiagPart: _of_one(lambda x: np.einsum("zii->zi", x)[:, :, None]),
    L.Identity: lambda p, t, env: np.eye(prod(map(p.world.size, t.args)))[None],
    L.Commute: _commute,
    L.Filled: lambda p, t, env: np.full((1, *p.world.sides(t.shape)), float(p.world.number(t.args[0], env))),
    L.Kronecker: _kron,
    L.Vec: lambda p, t, env: _flat(p.value(t.args[0], env).swapaxes(1, 1 if t.args[1].name == "row" else 2)),
    L.Reshape: lambda p, t, env: (lambda x: x.reshape(len(x), *p.world.sides(t.shape)))(p.value(t.args[0], env)),
    L.Trace: _of_one(lambda x: np.einsum("zii->z", x)[:, None, None]),
    L.Total: _of_one(lambda x: x.sum(axis=(1, 2), keepdims=True)),
    L.NormSquared: _of_one(lambda x: (x**2).sum(axis=(1, 2), keepdims=True)),
    L.Entry: _entry,
    L.Unit: _unit,
    L.Where: lambda p, t, env: p.value(t.args[0], env) if all(p.world.holds(c, env) for c in t.args[1:])
        else np.zeros((1, *p.world.sides(t.shape))),
    L.SumOver: _sum,
    L.ProductOver: _ordered,
    L.Apply: _apply,
    L.Concat: lambda p, t, env: np.concatenate(_same_batch(*(p.value(a, env) for a in t.args[1:])), axis=int(t.args[0]) + 1),
    L.Block: _block,
}  # fmt: skip
