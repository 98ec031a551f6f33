"""Two edits: after a first one that makes sense, the second is looked for in the same way as a single one.

Of a claim that conforms every edit is known already with what its surroundings become.  After a first edit one reverse
pass tells what every other place must be worth, and an edit elsewhere is only compared with that.  Pieces of the
vocabulary are looked up after the cheapest first edits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
from sympy.core.basic import Basic

from ..language import shape_of
from ..language.effort import BudgetExceeded
from ..proof.interpret import Array
from .bench import Whole, Workbench, agreed, first_proved, one_line
from .edits import Edit, between, clumsy, size
from .parts import UNREADABLE, Part, Told
from .pieces import pieces
from .points import TOLERANCE, UNDEFINED, Env, Point
from .purse import EDIT, LAST, Purse
from .records import Diagnosis
from .search import Sample, Screen, Seen, lookups, sample
from .sites import sites, spelled, written
from .structural import BINDS, structural
from .vocabulary import Pieces

MOST_FIRST, MOST_LOOKED, MOST_FRESH, FEW = 120, 24, 14, 2
DEAREST, CHEAPEST, SUMMED, SOON = 1.35, 1.05, 1.4, 1.1
"""What first edits cost at most, second ones after brackets moved, second ones of a claim that did not conform, firsts that
come before anything larger."""

MOST_PAIRS = 100
"""Pairs of edits that are read together, where the claim is not linear in what they stand in."""


def twice(bench: Workbench, s: Sample, seen: Sequence[Seen]) -> Diagnosis | None:
    """The cheapest pair of edits of a claim that conforms; dearer ones are only looked for where no cheaper one is right."""
    pairs, whole = _Pairs(bench, s, seen), Whole(bench, s.side.told, s.reading)
    hits: list[Edit] = []
    with suppress(BudgetExceeded):
        for stage in (pairs.apart_soon, pairs.overlapping, pairs.apart_later, pairs.looked_up):
            found = len(hits)
            for e in stage():
                hits.append(e)
            if len(hits) > found and (done := first_proved(bench, s.side, whole, hits)) is not None:
                return done
    bench.refill(least=LAST)
    return first_proved(bench, s.side, whole, hits)


class _Pairs:
    """Pairs of edits: of two that stand apart, the one that is cheaper is the first."""

    def __init__(self, bench: Workbench, s: Sample, seen: Sequence[Seen]):
        self.bench, self.s = bench, s
        self.cheap = [e for e in sorted(seen, key=lambda x: x.edit.cost) if e.edit.cost <= DEAREST]
        firsts = sorted(self.cheap[:MOST_FIRST], key=_urgency)
        self.soon = [x for x in firsts if _urgency(x)[1] <= SOON]
        self.later = [x for x in firsts if _urgency(x)[1] > SOON]
        self.values = _Values(bench.budget)
        self.after: list[tuple[Sample, Edit]] = []
        self.nowhere: list[Seen] = []

    def apart_soon(self) -> Iterator[Edit]:
        return self._apart(self.soon)

    def apart_later(self) -> Iterator[Edit]:
        yield from self._apart(self.later)
        yield from _together(self.bench, self.s, self.cheap)

    def _apart(self, firsts: Sequence[Seen]) -> Iterator[Edit]:
        s = self.s
        for first in firsts:
            text = first.edit.applied(s.side.text)
            after = sample(s.side.told, text, s.reading, _inner(s.points), self.bench.budget)
            if after is None:
                self.nowhere.append(first)
            elif after.side.term is not None and shape_of(after.side.term) == shape_of(s.reading.right):
                self.after.append((after, first.edit))
                yield from _seconds(s, after, first, self.cheap, self.values)

    def overlapping(self) -> Iterator[Edit]:
        """A second edit where the first one changed what is written, or where the first alone has no value."""
        yield from _nested(self.bench, self.s, self.nowhere, self.cheap)
        for after, e in [pair for pair in self.after if _is_bracket(pair[1])][:MOST_FRESH]:
            yield from _again(self.bench, self.s.side.text, after, e)

    def looked_up(self) -> Iterator[Edit]:
        extra = pieces(self.bench, self.s.side.told)
        for after, e in sorted(self.after, key=lambda pair: pair[1].cost)[:MOST_LOOKED]:
            yield from _looked_up(self.bench, self.s.side.text, after, e, extra)


def _inner(some: list[Point]) -> list[Point]:
    """Points in the middle: at the first and the last step much is zero."""
    first = max(0, (len(some) - FEW) // 2)
    return some[first : first + FEW]


def _seconds(s: Sample, after: Sample, first: Seen, cheap: Sequence[Seen], values: _Values) -> Iterator[Edit]:
    """Known edits elsewhere that make up for what is missing after the first."""
    places = {p.span: p for p in after.side.parts}
    known: dict[tuple[int, int], _Place | None] = {}
    for second in cheap:
        start, end = second.part.span
        if second is first or any((low < end and start < high) or start < low < end for low, high, _ in first.edit.splices):
            continue
        if (start, end) not in known:
            moved = places.get((_moved(first.edit, start), _moved(first.edit, end, True)))
            known[start, end] = values.place(after, moved, second.part) if moved is not None else None
        place = known[start, end]
        if place is not None and shape_of(place.old) == shape_of(second.term) and values.fits(after, place, second.term):
            both = sorted((*first.edit.splices, *second.edit.splices))
            yield Edit(tuple(both), first.edit.cost + second.edit.cost)


def _nested(bench: Workbench, s: Sample, nowhere: Sequence[Seen], cheap: Sequence[Seen]) -> Iterator[Edit]:
    """Two edits of which the first alone has no value anywhere: Σ_t over an index of which t - 1 was meant to be t."""
    screen = Screen(s, bench.budget)
    pairs = [(a.edit, b.edit) for a in nowhere for b in cheap if a is not b and _apart(a.edit, b.edit)]
    for a, b in sorted(pairs, key=lambda pair: pair[0].cost + pair[1].cost)[:MOST_PAIRS]:
        both = Edit(tuple(sorted((*a.splices, *b.splices))), a.cost + b.cost, a.reach)
        with suppress(*UNREADABLE):
            if screen.mends(both):
                yield both


def _apart(a: Edit, b: Edit) -> bool:
    return all(x[1] <= y[0] for x, y in pairwise(sorted((*a.splices, *b.splices))))


def _together(bench: Workbench, s: Sample, cheap: Sequence[Seen]) -> Iterator[Edit]:
    """Two edits in one part that is linear only as a whole: an ordered product, the argument of a function."""
    screen = Screen(s, bench.budget)
    inside: dict[tuple[int, int], list[Edit]] = {}
    for x in cheap:
        around = s.side.around(*x.edit.around)
        if around and around[0].span != x.part.span:
            inside.setdefault(x.part.span, []).append(x.edit)
    pairs = [(a, b) for some in inside.values() for a, b in combinations(some, 2) if a.end <= b.start or b.end <= a.start]
    for a, b in sorted(pairs, key=lambda pair: pair[0].cost + pair[1].cost)[:MOST_PAIRS]:
        both = Edit(tuple(sorted((*a.splices, *b.splices))), a.cost + b.cost)
        with suppress(*UNREADABLE):
            if screen.mends(both):
                yield both


def _urgency(x: Seen) -> tuple[bool, float]:
    """A sum that binds a letter first; brackets before other edits that cost the same, since scopes are others then."""
    return x.edit.cost > BINDS + 0.05, x.edit.cost - 0.11 * _is_bracket(x.edit)


def _is_bracket(e: Edit) -> bool:
    """Whether brackets move, so that the scopes of sums may be others."""
    return e.reach is not None and len(e.splices) > 1


def _again(bench: Workbench, before: str, after: Sample, first: Edit) -> Iterator[Edit]:
    """The smallest edits of what is written then."""
    screen = Screen(after, bench.budget)
    some = list(structural(written(bench, after.side, after.reading)))
    bench.budget.spend(EDIT * len(some))
    for e in some:
        if e.cost <= CHEAPEST:
            with suppress(*UNREADABLE):
                if screen.mends(e):
                    yield between(before, e.applied(after.side.text), first.cost + e.cost)


def _moved(e: Edit, at: int, is_end: bool = False) -> int:
    """Where the start or the end of a piece stands after an edit elsewhere; what is inserted beside it stays outside."""
    return at + sum(len(new) - (end - start) for start, end, new in e.splices if (start if is_end else end) < at + (not is_end))


@dataclass(frozen=True)
class _Place:
    """A part after a first edit: what it means, and at each point the indices and all that it is met with, in a row."""

    old: Basic
    met: Sequence[tuple[tuple[Env, ...], tuple[object, ...], Array]]


@dataclass
class _Values:
    """Changes of parts at points, worked out once: what stands elsewhere means the same after each first edit."""

    budget: Purse
    known: dict[tuple[object, ...], Array | None] = field(default_factory=dict)
    changes: dict[tuple[object, ...], tuple[Array, Array] | None] = field(default_factory=dict)
    kept: list[object] = field(default_factory=list)

    def place(self, after: Sample, part: Part, before: Part) -> _Place | None:
        found = after.met(id(part.term))
        if found is None:
            return None
        self.budget.spend(sum(map(len, found)))
        met = []
        for here in found:
            rows = np.concatenate([a.ravel() for _, a in here]) if here else np.zeros(0)
            met.append((tuple(env for env, _ in here), tuple(frozenset(env.items()) for env, _ in here), rows))
        return _Place(before.term if before.term == part.term else part.term, met)

    def of(self, term: Basic, point: Point, env: Env) -> Array | None:
        key = (id(term), id(point), frozenset(env.items()))
        if key not in self.known:
            self.kept.append(term)
            self.budget.evaluates(term, (point,))
            try:
                self.known[key] = point.world.evaluate(term, env).ravel()
            except UNDEFINED:
                self.known[key] = None
        return self.known[key]

    def change(
        self, new: Basic, old: Basic, point: Point, envs: tuple[Env, ...], named: tuple[object, ...]
    ) -> tuple[Array, Array] | None:  # fmt: skip
        """new - old and |new| + |old| at some values of the indices, in a row; None where one of them has no value."""
        key = (id(new), id(old), id(point), named)
        if key not in self.changes:
            pairs = [(self.of(new, point, env), self.of(old, point, env)) for env in envs]
            known = [(a, b) for a, b in pairs if a is not None and b is not None]
            whole = len(known) == len(pairs) and bool(known)
            self.changes[key] = (
                (np.concatenate([a - b for a, b in known]), np.concatenate([abs(a) + abs(b) for a, b in known]))
                if whole else None
            )  # fmt: skip
        return self.changes[key]

    def fits(self, after: Sample, place: _Place, new: Basic) -> bool:
        """Whether a part that means something new makes up for what is missing."""
        known = 0
        for k, (point, (envs, named, rows)) in enumerate(zip(after.points, place.met, strict=True)):
            self.budget.spend()
            change = self.change(new, place.old, point, envs, named)
            if change is None:
                continue
            total = float(rows @ change[0]) - after.missing[k]
            if not np.isfinite(total):
                continue
            if abs(total) > TOLERANCE * (after.scale[k] + float(abs(rows) @ change[1])):
                return False
            known += 1
        return 2 * known >= len(after.points) and known > 0


def _looked_up(bench: Workbench, before: str, after: Sample, first: Edit, extra: Pieces) -> Iterator[Edit]:
    total = size(after.side.tree)
    for found in lookups(after, list(sites(after)), bench, extra=extra):
        for second in spelled(bench, after, found, total):
            yield between(before, second.applied(after.side.text), first.cost + second.cost)


def twice_conforming(bench: Workbench, firsts: Sequence[tuple[Told, str, Edit]]) -> list[tuple[str, float]]:
    """Whole right sides that are right after a second edit; the first made the claim conform."""
    hits: list[tuple[str, float]] = []
    begun: list[tuple[Sample, Screen, list[Edit], Edit]] = []
    with suppress(BudgetExceeded):
        for way, text, first in firsts:
            reading = next(iter(bench.readings(text)), None)
            s = sample(way, text, reading, _inner(bench.points(reading)), bench.budget) if reading is not None else None
            if s is not None and shape_of(s.side.term) == shape_of(s.reading.right):
                w = written(bench, s.side, s.reading)
                some = sorted(bench.edits(w), key=lambda e: e.cost)
                begun.append((s, Screen(s, bench.budget), some, first))
                hits += _second(bench, *begun[-1], 0.0, CHEAPEST)
        for one in begun:
            hits += _second(bench, *one, CHEAPEST, SUMMED)
    return sorted(hits, key=lambda hit: hit[1])


def _second(
    bench: Workbench, s: Sample, screen: Screen, some: list[Edit], first: Edit, low: float, high: float
) -> Iterator[tuple[str, float]]:  # fmt: skip
    """What a second edit of this cost makes right; pieces of the vocabulary are looked up with the dearer ones."""
    found: list[Edit] = []
    for e in some:
        if low < e.cost <= high:
            with suppress(*UNREADABLE):
                if screen.mends(e):
                    found.append(e)
    if low:
        total = size(s.side.tree)
        for piece in lookups(s, list(sites(s)), bench):
            found += spelled(bench, s, piece, total)
    for e in found:
        whole = one_line(e.applied(s.side.text))
        term = s.side.told.read(whole)
        if term is not None and agreed(bench.points(s.reading), term):
            yield whole, first.cost + e.cost + clumsy(whole, s.side.text)


