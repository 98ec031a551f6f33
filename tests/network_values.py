"""What a polynomial over index networks is worth, by the definition of every kind of edge and plain summation.

Nothing of the normal form is used here: bound vertices are summed over their sizes, bound times over all whole numbers that
satisfy the constraints, and an edge is an array of numbers.  Quantities of the model come from a `World`; where one does not
exist (h at step -1) any fixed number will do, since such edges only come in pairs that cancel.
"""

from zlib import crc32

import numpy as np
from sympy import Integer

from symbolic.language import Adjoint, Var
from symbolic.proof import samples
from symbolic.proof.networks import Poly
from symbolic.proof.oracle import OutOfRange
from symbolic.proof.regions import Region, Split
from symbolic.proof.time import Settler

SPAN = 7
"""Bound times are looked for in -SPAN .. T + SPAN; one at either end would mean a sum without an end."""


class Values:
    """Polynomials of one converter with the numbers of one world.  `shapes`: of the variables that occur, by name."""

    def __init__(self, converter, world, length: str, shapes=None):
        self.converter, self.world, self.length = converter, world, length
        self.heads = converter.algebra.heads
        self.shapes = {f.name: (f.rows, f.cols) for f in world.model.families.values()} | (shapes or {})
        self.letters = {v: name for name, v in converter.components.items()}
        self.keys = {name: key for key, name in converter.algebra.interned.items()}

    def value(self, poly: Poly, sizes, env, letters=None):
        """An array with one axis per leg.  `sizes`: of the legs; `env`: number of each free time point; `letters`: of each
        component letter such as "i@n"."""
        env = {"": 0, self.length: self.world.lengths[self.length], **env}
        legs = dict(enumerate(sizes))
        fixed = {v: self._number(name, letters or {}) for v, name in self.letters.items()}
        return self._poly(poly, legs, fixed, env)

    def _number(self, name, letters):
        letter = name.partition("@")[0]
        return int(letter) if letter.isdigit() else letters.get(letter)

    def _poly(self, poly, legs, fixed, env):
        total = np.zeros(list(legs.values()))
        for mono, coefficient in poly.items():
            total = total + float(coefficient) * self._mono(mono, legs, fixed, env)
        return total

    def _mono(self, mono, legs, fixed, env):
        total = np.zeros(list(legs.values()))
        for now in self._assignments(mono.constraints, mono.times, env):
            total = total + self._network(mono, legs, fixed, now)
        return total

    def _assignments(self, constraints, times, env):
        """All numbers of the bound times that satisfy the constraints, one time after the other."""
        if not all(env[a] - env[b] <= c for a, b, c in constraints if a in env and b in env):
            return
        if not times:
            yield env
            return
        window = range(-SPAN, self.world.lengths[self.length] + SPAN + 1)
        for number in window:
            for now in self._assignments(constraints, times[1:], env | {times[0]: number}):
                assert window[0] < number < window[-1], f"a sum without an end: {constraints}"
                yield now

    def _network(self, mono, legs, fixed, env):
        sizes = legs | {v: self.size(s) for v, s in mono.verts}
        sizes |= {v: self.size(name.partition("@")[2]) for v, name in self.letters.items()}
        axes = {v: k for k, v in enumerate([*legs, *(v for v, _ in mono.verts)])}
        operands = []
        for edge, power in mono.edges:
            array = self.edge(edge, [sizes[v] for v in edge.verts], env)
            with np.errstate(all="ignore"):
                array = array ** (int(power) if power == int(power) else float(power))
            here = [v for v in edge.verts if v in axes]
            array = array[tuple(slice(None) if v in axes else fixed[v] - 1 for v in edge.verts)]
            operands += [array, [axes[v] for v in here]]
        for v in axes:  # every axis occurs, so that legs that no edge touches are repeated and free sums count
            operands += [np.ones(sizes[v]), [axes[v]]]
        return np.einsum(*operands, [axes[v] for v in legs], optimize="greedy") if operands else np.array(1.0)

    def size(self, name):
        """The value of a size such as "n + 2*m + 1"."""
        numbers = [[int(f) if f.isdigit() else self.world.sizes[f] for f in p.split("*")] for p in name.split(" + ")]
        return sum(int(np.prod(factors)) for factors in numbers)

    # --- edges -------------------------------------------------------------------------------------------------------

    def edge(self, edge, sizes, env):
        """The array of one edge, with an axis per vertex."""
        if edge.head.startswith("slope:"):
            value = self.edge(edge._replace(head=edge.head.removeprefix("slope:")), sizes, env)
            return {"tanh": 1 - value**2, "sigmoid": value * (1 - value)}[self.heads.known[self.heads.known[edge.head].of].fun]
        if edge.head.startswith("shift:"):
            known = self.heads.known[edge.head]
            return 1 / (self.edge(edge._replace(head=known.of), sizes, env) - float(known.root))
        if "@" in edge.head.partition(":")[2].lstrip("@"):
            whole = self._restricted(edge, sizes, env)
            if whole is not None:
                return whole
        times = [env[p] + o for p, o in edge.times]
        return getattr(self, "_" + edge.head.partition(":")[0])(edge, sizes, times)

    def _restricted(self, edge, sizes, env):
        inner, _, place = edge.head.rpartition("@")
        leg, _, place = place.partition(":")
        if not leg.isdigit() or "|" not in place:
            return None
        position, _, parts = place.partition(":")
        widths = [self.size(s) for s in parts.split("|")]
        start = sum(widths[: int(position)])
        full = [sum(widths) if i == int(leg) else s for i, s in enumerate(sizes)]
        array = self.edge(edge._replace(head=inner), full, env)
        return np.take(array, range(start, start + widths[int(position)]), axis=int(leg))

    def _var(self, edge, sizes, times, wrap=lambda v: v):
        name = edge.head.partition(":")[2]
        rows, cols = self.shapes[name]
        try:
            return self.world.evaluate(wrap(Var(name, tuple(map(Integer, times)), rows, cols)))
        except OutOfRange:
            return np.random.default_rng([crc32(edge.head.encode()), *(n + 64 for n in times)]).uniform(0.5, 1.5, sizes)

    def _adjoint(self, edge, sizes, times):
        return self._var(edge, sizes, times, Adjoint)

    def _delta(self, edge, sizes, times):
        return np.eye(*sizes)

    def _part(self, edge, sizes, times):
        _, position, parts = edge.head.split(":")
        start = sum(self.size(s) for s in parts.split("|")[: int(position)])
        return np.eye(*sizes, -start)

    def _size(self, edge, sizes, times):
        return np.array(float(self.size(edge.head.partition(":")[2])))

    def _time(self, edge, sizes, times):
        return np.array(float(times[0]))

    def _body(self, head, sizes, times):
        env = {"": 0, self.length: self.world.lengths[self.length]} | {f"${i}": n for i, n in enumerate(times)}
        return self._poly(self.heads.known[head].body, dict(enumerate(sizes)), {}, env)

    def _step(self, edge, sizes, times):
        return np.where(self._body(edge.head, sizes, times) > 0, 1.0, 0.0)

    def _base(self, edge, sizes, times):
        return self._body(edge.head, sizes, times)

    def _fn(self, edge, sizes, times):
        _, name, hidden, whole, *_ = self.keys[edge.head]
        slots = self.heads.known[edge.head].slots
        out = len(edge.verts) - len(self.keys[edge.head][5] and self._free(edge.head)) if hidden and "@" in name else 0
        inner = [*(self.size(s) for s in whole), *sizes[out:]] if hidden else sizes
        x = self._body(edge.head, inner, times[:slots])
        if name.startswith("@"):
            return self._abstract(name, x, times[slots:], bool(hidden), sizes)
        if name in samples.OF_VECTOR:
            x = np.moveaxis(x, 0, -1)
            y = samples.OF_VECTOR[name](x.reshape(-1, x.shape[-1], 1)).reshape(*x.shape[:-1], -1)
            return y[..., 0] if hidden else np.moveaxis(y, -1, 0)
        return samples.table_function(name, 0)(x)

    def _free(self, head):
        """The vertices besides the hidden one that the argument of a function has."""
        body = self.heads.known[head].body
        return {v for m in body for e, _ in m.edges for v in e.verts if v not in dict(m.verts)} - {0}

    def _abstract(self, name, x, at, hidden, sizes):
        function, _, rest = name[1:].partition("#")
        order, _, kind = rest.partition(":")
        if kind.startswith("elementwise"):
            return samples.abstract_elementwise(function, int(order), tuple(at))(x)
        assert x.ndim <= 1, "letters inside an abstract function of a vector"
        x = x.reshape(1, -1, 1)
        if kind.startswith("scalar"):
            return samples.abstract_scalar(function, int(order), tuple(at))(x).reshape(sizes)
        return samples.abstract_vector(function, int(order), tuple(at), sizes[0] if sizes else 1)(x).reshape(sizes)

    def _product(self, edge, sizes, times):
        low, high, *others = times
        half = int(edge.head.split(":")[1]) // 2
        rows, extra = sizes[:half], sizes[2 * half :]
        width = int(np.prod(rows))
        result = np.broadcast_to(np.eye(width), (int(np.prod(extra)), width, width))
        for number in range(low, high + 1):
            factor = self._body(edge.head, [*rows, *rows, *extra], [number, *others])
            result = np.moveaxis(factor.reshape(width, width, -1), 2, 0) @ result
        return np.moveaxis(result, 0, 2).reshape([*rows, *rows, *extra])


def settled_pieces(converter, poly, region: Region, length: str, zero=frozenset(), depth=0):
    """[(region, settled polynomial)] for the parts into which a region is cut where the settler asks."""
    if region.empty:
        return []
    assert depth < 30, f"more and more cases: {region.constraints}"
    try:
        return [(region, Settler(converter.algebra, region, length, zero).settled(poly))]
    except Split as split:
        return [
            piece
            for half in region.halves(split.constraint)
            for piece in settled_pieces(converter, poly, half, length, zero, depth + 1)
        ]


def inside(region: Region, env) -> bool:
    """Whether numbers satisfy the constraints of a region."""
    return all(env[a] - env[b] <= c for a, b, c in region.constraints)
