"""A numeric model of the forward equations, differentiated by complex step: the truth that formulas are compared with.

It shares with the prover nothing but the language: the forward pass is a plain loop over the steps, the derivative of a
variable v by a variable u is Im v/ε after adding iε to one entry of u and computing everything that follows again (all
entries at once, one per row of a batch axis).  A *total* derivative perturbs the quantity wherever it is used; the
*immediate* derivative of a variable at step k perturbs it in the equations of step k alone and holds all other steps.

The sample points are drawn so that differences show: no number is zero, arguments of functions stay within 3 of zero,
those of ReLU away from its kink and, where possible, on both sides of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property, lru_cache
from math import prod
from zlib import crc32

import numpy as np
from sympy import Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..language.shapes import Shape
from ..model import Model
from . import samples
from .forward import Key, Pass, Setting, UnboundIndex
from .interpret import Array, OutOfRange, flat, holds, value

__all__ = ["Key", "OutOfRange", "UnboundIndex", "World", "difference", "gap", "world_of"]

LARGEST_ARGUMENT, KINK_DISTANCE = 3.0, 1e-3
ATTEMPTS, HOPELESS = 80, 12
"""How often numbers are drawn; no more after so many in a row that stand right on a kink, as ReLU(W h_0) with h_0 = 0 does."""
WIDEST_BATCH = 1500
LONG = 12


class NoSample(ValueError):
    """A model on which no numbers with finite values were found, such as the logarithm of an indicator."""


class World(Setting):
    """A model with numbers for everything: sizes, lengths, and leaves drawn from a seed.

    sizes    number for each size symbol, by name;  length: of the time index;  lengths: of further indices, by name
    labels   "sum": labels that are assumed to sum to one do; "one": they are one-hot;  "free": they are any numbers
    values   leaves given instead of drawn, by (name, indices); then nothing is redrawn

    Raises `ValueError` if no sample keeps the arguments of all functions moderate.
    """

    def __init__(
        self,
        model: Model,
        sizes: Mapping[str, int],
        length: int,
        seed: int = 0,
        labels: str = "sum",
        lengths: Mapping[str, int] | None = None,
        values: Mapping[Key, Array] | None = None,
    ):
        super().__init__(model, sizes, {i.upper.name: length for i in model.indices} | dict(lengths or {}))
        self.seed, self.labels = seed, labels
        self._sum_to_one = {a.family for a in model.assumptions if a.kind == "sum_to_one"}
        self._given = dict(values or {})
        self._passes: dict[object, Pass] = {}
        self._leaves: dict[Key, Array] = {}
        self._scale, self._positive = 1.0, False
        self._settle()

    def evaluate(self, term: Basic, indices: Mapping[Symbol, int] | None = None) -> Array:
        """The value of a term as a real array with one axis per leg (rows, then columns).

        Raises `OutOfRange` where the term does not exist and `UnboundIndex` for an index without a value; a division by
        zero gives nan.
        """
        self._learn_sizes(term)
        with np.errstate(all="ignore"):
            result = value(self.base, term, dict(indices or {}))[0]
        rows, cols = L.shape_of(term)
        return np.asarray(result, dtype=float).reshape([self.size(leg) for leg in rows + cols])

    def holds(self, relation: L.Relation, indices: Mapping[Symbol, int]) -> bool:
        """Whether a condition between indices is true."""
        return holds(self.base, relation, dict(indices))

    @property
    def base(self) -> Pass:
        """The unperturbed forward pass."""
        return self._passes["base"]

    def leaves(self, *roles: str) -> dict[Key, Array]:
        """The drawn (or given) numbers, one axis per leg: weights, data, values before the first step."""
        result = {}
        for key in self.keys(*roles):
            if not self.is_state(key):
                family = self.model.families[key[0]]
                shape = [self.size(leg) for leg in family.rows + family.cols]
                result[key] = self.leaf(key, (family.rows, family.cols))[0].reshape(shape)
        return result

    def numbers(self) -> dict[Key, Array]:
        """The numbers of all leaves, arguments of identities among them, with the axes (rows, columns)."""
        self.leaves()
        return {key: x[0] for key, x in self._leaves.items()}

    def leaf(self, key: Key, shape: Shape) -> Array:
        """The number of a leaf, drawn on first use from the seed, its name and its indices."""
        if key not in self._leaves:
            self._leaves[key] = self._draw(key, shape)
        return self._leaves[key]

    def perturbed(self, shapes: Mapping[Key, Shape], step: int | None) -> Pass:
        """A pass in which at least the entries of these quantities are perturbed, one per row of the batch."""
        everything = self._everything
        chosen = everything if shapes.keys() <= everything.keys() else shapes
        name = ("everything" if chosen is everything else tuple(chosen), step)
        if name not in self._passes:
            self._passes[name] = Pass(self, step, chosen)
            if max(self.lengths.values(), default=1) > LONG:
                with np.errstate(all="ignore"):
                    self._passes[name].run()  # step by step, so that no chain of look-ups grows with the length
        return self._passes[name]

    @cached_property
    def _everything(self) -> dict[Key, Shape]:
        """All quantities of the model, if perturbing them together is affordable, else none."""
        families = self.model.families
        keys = {k: (families[k[0]].rows, families[k[0]].cols) for k in self.keys()}
        width = sum(prod(flat(self.base, shape)) for shape in keys.values())
        return keys if width <= WIDEST_BATCH else {}

    def _learn_sizes(self, term: Basic) -> None:
        for symbol in _size_symbols(term):
            self.sizes.setdefault(symbol.name, self.default_size)

    def _draw(self, key: Key, shape: Shape) -> Array:
        name, idx = key
        size = (1, *flat(self.base, shape))
        if key in self._given:
            return np.asarray(self._given[key], dtype=float).reshape(size)
        random = np.random.default_rng([self.seed, self._attempt, crc32(name.encode()), *(i + 64 for i in idx)])
        family = self.model.families.get(name)
        role = family.role if family else "dummy"
        if role == "label":
            return self._label(name, random, size)
        if role == "state" and name in self.model.zero_initial:
            return np.zeros(size)
        magnitude = random.uniform(0.3, 1.0, size)
        sign = 1.0 if self._positive else random.choice((-1.0, 1.0), size)
        scale = self._scale / np.sqrt(size[2]) if role == "weight" else 1.0
        return scale * sign * magnitude

    def _label(self, name: str, random: np.random.Generator, size: tuple[int, ...]) -> Array:
        if name not in self._sum_to_one:
            return random.uniform(0.1, 0.9, size)
        if self.labels == "free":
            return random.uniform(0.3, 1.0, size) * random.choice((-1.0, 1.0), size)
        if self.labels == "one":
            return (np.arange(prod(size)) == random.integers(prod(size))).astype(float).reshape(size)
        drawn = random.uniform(0.1, 1.0, size)
        return drawn / drawn.sum()

    def _settle(self) -> None:
        """Draw until the forward pass is finite, moderate and away from kinks."""
        on_a_kink = 0
        for self._attempt in range(ATTEMPTS):
            self._leaves = {}
            self._passes = {"base": Pass(self, None, {}, watched=True)}
            with np.errstate(all="ignore"):
                self.base.run()
            seen = self.base.arguments
            largest = max((float(abs(x).max()) for _, x in seen), default=0.0)
            kinks = np.concatenate([x.ravel() for name, x in seen if name in samples.KINKED] or [np.array([])])
            finite = np.isfinite(largest) and all(np.isfinite(v).all() for v in self.base.values.values())
            mixed = kinks.size < 4 or (kinks.min() < 0 < kinks.max()) or self._attempt > ATTEMPTS // 2
            if self._given or (finite and largest <= LARGEST_ARGUMENT and mixed and (abs(kinks) > KINK_DISTANCE).all()):
                self.base.watched = False
                return
            on_a_kink = 0 if kinks.all() else on_a_kink + 1
            if on_a_kink == HOPELESS:
                break
            if not finite:
                self._positive = not self._positive
            elif largest > LARGEST_ARGUMENT:
                self._scale *= 0.8
        raise NoSample(f"{self.model.name}: no sample with finite values and moderate arguments was found")


def gap(world: World, left: Basic, right: Basic, indices: Mapping[Symbol, int] | None = None) -> float:
    """The relative difference max|l - r| / max(|l|, |r|) of two terms, entries in row-major order.

    A plain number on one side stands for that number in every entry; other counts of entries raise `ValueError`.
    """
    return difference(world.evaluate(left, indices), world.evaluate(right, indices))


def difference(left: Array, right: Array) -> float:
    """max|l - r| / max(1e-30, |l|, |r|), entries in row-major order."""
    left, right = left.ravel(), right.ravel()
    if left.size != right.size and 1 not in (left.size, right.size):
        raise ValueError(f"cannot compare {left.size} entries with {right.size}")
    scale = max(1e-30, float(abs(left).max(initial=0.0)), float(abs(right).max(initial=0.0)))
    return float(abs(left - right).max(initial=0.0)) / scale


def world_of(
    model: Model,
    sizes: Mapping[str, int],
    length: int,
    seed: int = 0,
    labels: str = "sum",
    lengths: Mapping[str, int] | None = None,
) -> World:
    """A `World` from a small cache: the claims of one note are tried in the same ones.

    That one cannot be made is remembered, too.
    """
    name = (id(model), tuple(sorted(sizes.items())), length, seed, labels, tuple(sorted((lengths or {}).items())))
    known = _CACHE.pop(name, None)
    if known is None:
        try:
            known = model, World(model, sizes, length, seed, labels, lengths)
        except NoSample as error:
            known = model, str(error)
    _CACHE[name] = known  # it holds its model, so the id stays its own
    while len(_CACHE) > _CACHE_SIZE:
        _CACHE.popitem(last=False)
    _, found = known
    if isinstance(found, str):
        raise NoSample(found)
    return found


_CACHE: OrderedDict[tuple, tuple[Model, World | str]] = OrderedDict()
_CACHE_SIZE = 128


@lru_cache(maxsize=4096)
def _size_symbols(term: Basic) -> frozenset[Symbol]:
    """The size symbols of everything that carries legs in a term."""
    found: set[Symbol] = set()
    stack = [term]
    while stack:
        node = stack.pop()
        if isinstance(node, L.Term):
            found.update(*(leg.free_symbols for leg in (*node.rows, *node.cols)))
        stack.extend(a for a in node.args if isinstance(a, Basic))
    return frozenset(found)
