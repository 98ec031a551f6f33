"""From a wrong right side to the edits that make it right at sample points, cheapest first.

An edit inside a part at which the claim is linear is judged by this part alone (see `reverse`); other edits by the
smallest linear part around them.  What a missing or a wrong piece must be worth is looked up in the vocabulary.  Every
hit is then read as a whole and compared again, at other points, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import shape_of
from ..proof.interpret import Array
from ..proof.oracle import World
from ..reading import Reading
from ..reading.tree import Fraction
from .bench import Workbench
from .edits import Edit
from .parts import Part, Side, Told, side_of
from .points import TOLERANCE, UNDEFINED, Point
from .purse import ITEM, SHELF, VALUED, Purse
from .reverse import Met, Reverse
from .vocabulary import Pieces, Shelf, Vocabulary, vocabulary

PASS = 3
"""What a reverse pass costs, in evaluations."""



@dataclass
class Site:
    """A piece of the source at which the claim is linear: its term, and at each point what it is met with.

    run  whether it is some of the factors of a product, not a piece of the tree
    letters, components  the indices that have values there: those of steps (and steps by number), those of entries
    """

    start: int
    end: int
    term: Basic
    met: list[Met]
    letters: tuple[Expr, ...]
    part: Part | None = None
    run: bool = False
    components: tuple[Symbol, ...] = ()

    @property
    def is_fraction(self) -> bool:
        return self.part is not None and isinstance(self.part.node, Fraction) and not self.run


@dataclass
class Sample:
    """A claim under one reading with its points: what is missing at each, and the sites."""

    side: Side
    reading: Reading
    points: list[Point]
    missing: Array
    scale: Array
    passes: list[Reverse] = field(default_factory=list)

    def met(self, key: object) -> list[Met] | None:
        """What a term is met with, at every point; None if it is no linear part of the claim."""
        found = [p.met.get(key, []) for p in self.passes]
        return found if any(found) else None


def sample(told: Told, text: str, reading: Reading, some: Sequence[Point], budget: Purse) -> Sample | None:
    """The claim at those points where it has a value; None if there are none."""
    side = side_of(told, text)
    if side is None or side.term is None:
        return None
    budget.evaluates(side.term, some, PASS)
    found, missing, scale, passes = [], [], [], []
    for point in some:
        value = point.value(side.term)
        if value is None or value.size != point.true.size:
            continue
        found.append(point)
        missing.append(float(point.cotangent @ (point.true - value)))
        scale.append(float(abs(point.cotangent) @ (abs(point.true) + abs(value))))
        backwards = Reverse(point.world.base)
        rows = int(np.prod([point.world.size(leg) for leg in shape_of(side.term)[0]], dtype=int)) if value.size else 1
        with np.errstate(all="ignore"):
            try:
                backwards.run(side.term, dict(point.env), point.cotangent.reshape(rows, -1))
            except UNDEFINED:
                return None
        passes.append(backwards)
    if not found:
        return None
    return Sample(side, reading, found, np.array(missing), np.array(scale) + 1e-30, passes)


def is_wrong(s: Sample) -> bool:
    return bool((abs(s.missing) > 1e-6 * s.scale).any())


@dataclass(frozen=True)
class Seen:
    """An edit that makes sense, the part in which it stands, and what that part means then."""

    edit: Edit
    part: Part
    term: Basic


class Screen:
    """Judges edits by numbers; `seen`: those that make sense."""

    def __init__(self, s: Sample, budget: Purse):
        self.s, self.budget = s, budget
        self.seen: list[Seen] = []
        self._targets: dict[int, tuple[Array, Array]] = {}

    def mends(self, e: Edit) -> bool:
        """Whether an edit makes up for what is missing, as far as its surroundings tell."""
        for part in self.s.side.around(*e.around)[:6]:
            met = self.s.met(id(part.term))
            if met is None:
                continue
            text = e.applied(self.s.side.text, *part.span)
            term = self.s.side.told.read(text, part.scope)
            if term is None:
                return False
            if shape_of(term) != shape_of(part.term):
                continue
            self.seen.append(Seen(e, part, term))
            return self._fits(part, met, term)
        return False

    def _fits(self, part: Part, met: list[Met], term: Basic) -> bool:
        targets, scales = self._target(part, met)
        known = 0
        with np.errstate(all="ignore"):
            for k, (point, here) in enumerate(zip(self.s.points, met, strict=True)):
                total = 0.0
                self.budget.evaluates(term, here)
                try:
                    for env, a in here:
                        total += float((a.ravel() * point.world.evaluate(term, env).ravel()).sum())
                except UNDEFINED:
                    continue
                if not np.isfinite(total):
                    continue
                if abs(total - targets[k]) > TOLERANCE * (scales[k] + abs(total)):
                    return False
                known += 1
        return 2 * known >= len(self.s.points) and known > 0

    def _target(self, part: Part, met: list[Met]) -> tuple[Array, Array]:
        """⟨A, x⟩ + r at each point, and its scale."""
        if id(part.term) not in self._targets:
            totals, scales = self.s.missing.copy(), self.s.scale.copy()
            for k, (point, here) in enumerate(zip(self.s.points, met, strict=True)):
                for env, a in here:
                    x = point.world.evaluate(part.term, env).ravel()
                    totals[k] += float((a.ravel() * x).sum())
                    scales[k] += float(abs(a.ravel() * x).sum())
            self._targets[id(part.term)] = totals, scales
        return self._targets[id(part.term)]


# looking values up


@dataclass(frozen=True)
class Lookup:
    """A piece that mends a site: `how` is replace, left, right, entrywise, scale, plus, minus."""

    site: Site
    how: str
    term: Basic
    size: float
    latex: str = ""


def lookups(
    s: Sample, sites: Sequence[Site], bench: Workbench, only: tuple[str, ...] = (),
    extra: Pieces = lambda letters, components: [],
) -> Iterator[Lookup]:  # fmt: skip
    """Every way (or only some ways) in which one small term mends one site; `extra`: more terms for a site."""
    world, budget = s.points[0].world, bench.budget
    books: dict[tuple[Expr, ...], tuple[Vocabulary, ...]] = {}
    for site in sites:
        letters = (*site.letters, *site.components)
        if letters not in books:
            books[letters] = tuple(_books(bench, world, site, extra))
        for met in site.met:
            budget.evaluates(site.term, met)
        values = [[np.asarray(s.passes[k].value(site.term, env)) for env, _ in met] for k, met in enumerate(site.met)]
        for how, make in HOW.items():
            if (only and how not in only) or (how in UNDER and not site.is_fraction):
                continue
            found = _target_of(s, site, values, how, make)
            if found is None:
                continue
            shape, weights, targets, scales = found
            for shelf in filter(None, (book.shelf(shape) for book in books[letters])):
                for k in _matching(bench, shelf, site, weights, targets, scales, how in UNDER):
                    item = shelf.items[k]
                    if item.term != site.term:
                        yield Lookup(site, how, item.term, item.size, item.latex)


def _books(bench: Workbench, world: World, site: Site, extra: Pieces) -> Iterator[Vocabulary]:
    """What is looked up at a site; it is paid for once in a claim."""
    items = extra(site.letters, site.components)
    for kind, letters in ((None, site.letters), (id(items), (*site.letters, *site.components))):
        key = (kind, id(world), letters)
        if key not in bench.books:
            book = vocabulary(bench.derivation, world, letters) if kind is None else Vocabulary(items, world, letters)
            bench.books[key] = book, items
            bench.budget.spend(ITEM * book.count)
        yield bench.books[key][0]


def _open(bench: Workbench, shelf: Shelf, met: Met) -> None:
    """Pay for the values of a shelf, once in a claim, and for looking through them."""
    new = {(id(shelf), shelf.key(env)) for env, _ in met} - bench.opened
    bench.opened |= new
    bench.budget.spend(VALUED * len(new) * len(shelf.items) + len(met) * (1 + len(shelf.items) // SHELF))


def _matching(
    bench: Workbench, shelf: Shelf, site: Site, weights: list[list[Array]], targets: Array, scales: Array, under: bool
) -> Iterator[int]:
    ok = np.ones(len(shelf.items), dtype=bool)
    known = np.zeros(len(shelf.items), dtype=int)
    with np.errstate(all="ignore"):
        for k, met in enumerate(site.met):
            _open(bench, shelf, met)
            total, size = np.zeros(len(shelf.items)), np.full(len(shelf.items), scales[k])
            for (env, _), b in zip(met, weights[k], strict=True):
                values = 1 / shelf.at(env) if under else shelf.at(env)
                total += values @ b
                size += abs(values) @ abs(b)
            undefined = ~np.isfinite(total)
            ok &= undefined | (abs(total - targets[k]) <= TOLERANCE * size)
            known += ~undefined
            if not ok.any():
                return
    yield from (int(k) for k in np.nonzero(ok & (2 * known >= len(site.met)) & (known > 0))[0])


def _replace(a: Array, x: Array) -> Array:
    return a


def _left(a: Array, x: Array) -> Array:
    return a @ x.T


def _right(a: Array, x: Array) -> Array:
    return x.T @ a


def _entrywise(a: Array, x: Array) -> Array:
    return a * x


def _scale(a: Array, x: Array) -> Array:
    return np.full((1, 1), (a * x).sum())


HOW = {
    "replace": (_replace, True), "left": (_left, True), "right": (_right, True), "entrywise": (_entrywise, True),
    "scale": (_scale, True), "plus": (_replace, False), "minus": (lambda a, x: -a, False),
    "divide": (_scale, True), "divide entrywise": (_entrywise, True),
}  # fmt: skip
"""How a piece f mends a part x -> what f is weighed with, and whether x goes: f, f x, x f, f ∘ x, f x, x + f, x - f, x / f."""

UNDER = ("divide", "divide entrywise")
"""Only where x is a fraction: what is weighed is 1 / f."""


def _target_of(
    s: Sample, site: Site, values: list[list[Array]], how: str, make: tuple
) -> tuple[tuple[int, int], list[list[Array]], Array, Array] | None:
    weigh, whole = make
    weights: list[list[Array]] = []
    targets, scales = s.missing.copy(), s.scale.copy()
    shape: tuple[int, int] | None = None
    for k, met in enumerate(site.met):
        row = []
        for (_, a), x in zip(met, values[k], strict=True):
            if ("entrywise" in how and x.size == 1) or (how == "left" and len(x) == 1) or (how == "right" and x.shape[1] == 1):
                return None
            b = weigh(a, x)
            shape = b.shape
            row.append(b.ravel())
            if whole:
                targets[k] += float((a * x).sum())
                scales[k] += float(abs(a * x).sum())
        weights.append(row)
    return None if shape is None else ((int(shape[0]), int(shape[1])), weights, targets, scales)
