"""Two edits: after a first one that makes sense, the second is looked for in the same way as a single one.

Of a claim that conforms every edit is known already with what its surroundings become.  After a first edit one reverse
pass tells what every other place must be worth, and an edit elsewhere is only compared with that.  Pieces of the
vocabulary are looked up after the cheapest first edits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from ..language import shape_of
from ..language.effort import BudgetExceeded
from ..proof.interpret import Array
from ..reading import Reading
from .bench import Whole, Workbench, agreed, first_proved, one_line
from .edits import Edit, edit, size
from .parts import UNREADABLE, Part, Told
from .points import TOLERANCE, UNDEFINED, Point
from .records import Diagnosis
from .search import Sample, Screen, Seen, lookups, sample
from .sites import sites, spelled, written
from .structural import structural

MOST_FIRST, MOST_LOOKED, MOST_FRESH, FEW = 120, 24, 8, 3
DEAREST, CHEAPEST = 1.35, 1.05
"""Edits that cost more are no first and no second ones."""


def twice(bench: Workbench, s: Sample, seen: Sequence[Seen]) -> Diagnosis | None:
    """The cheapest pair of edits of a claim that conforms."""
    cheap = [e for e in sorted(seen, key=lambda x: x.edit.cost) if e.edit.cost <= DEAREST]
    values, fresh = _Values(), 0
    hits: list[Edit] = []
    later: list[tuple[Sample, Edit]] = []
    with suppress(BudgetExceeded):
        for first in sorted(cheap[:MOST_FIRST], key=lambda x: not _is_bracket(x.edit)):
            bench.budget.spend(4)
            text = first.edit.applied(s.side.text)
            after = sample(s.side.told, text, s.reading, s.points[:FEW])
            if after is None or after.side.term is None or shape_of(after.side.term) != shape_of(s.reading.right):
                continue
            later.append((after, first.edit))
            hits += _seconds(s, after, first, cheap, values)
            if _is_bracket(first.edit) and fresh < MOST_FRESH:
                fresh += 1
                hits += _again(bench, s.side.text, after, first.edit)
        for after, e in sorted(later, key=lambda pair: pair[1].cost)[:MOST_LOOKED]:
            hits += _looked_up(bench, s.side.text, after, e)
    bench.refill()
    return first_proved(bench, s.side, Whole(bench, s.side.told, s.reading), hits)


def _seconds(s: Sample, after: Sample, first: Seen, cheap: Sequence[Seen], values: _Values) -> Iterator[Edit]:
    """Known edits elsewhere that make up for what is missing after the first."""
    places = {p.span: p for p in after.side.parts}
    low, high = first.edit.around
    for second in cheap:
        start, end = second.part.span
        if second is first or not (end <= low or high <= start):
            continue
        moved = places.get((_moved(first.edit, start), _moved(first.edit, end)))
        met = after.met(id(moved.term)) if moved is not None else None
        if moved is None or met is None or shape_of(moved.term) != shape_of(second.term):
            continue
        if values.fits(after, moved, met, second):
            both = sorted((*first.edit.splices, *second.edit.splices))
            yield Edit(tuple(both), first.edit.cost + second.edit.cost)


def _is_bracket(e: Edit) -> bool:
    """Whether brackets move, so that the scopes of sums may be others."""
    return e.reach is not None and len(e.splices) > 1


def _again(bench: Workbench, before: str, after: Sample, first: Edit) -> Iterator[Edit]:
    """The smallest edits of what is written then."""
    screen = Screen(after, bench.budget)
    for e in structural(written(bench, after.side, after.reading)):
        if e.cost <= CHEAPEST:
            with suppress(*UNREADABLE):
                if screen.mends(e):
                    yield between(before, e.applied(after.side.text), first.cost + e.cost)


def _moved(e: Edit, at: int) -> int:
    return at + sum(len(new) - (end - start) for start, end, new in e.splices if end <= at)


@dataclass
class _Values:
    """Values of terms at points, made once."""

    known: dict[tuple[object, ...], Array | None] = field(default_factory=dict)
    kept: list[object] = field(default_factory=list)

    def of(self, term: object, point: Point, env: dict) -> Array | None:
        key = (id(term), id(point), *(n for _, n in sorted(env.items(), key=str)))
        if key not in self.known:
            self.kept.append(term)
            try:
                self.known[key] = point.world.evaluate(term, env).ravel()
            except UNDEFINED:
                self.known[key] = None
        return self.known[key]

    def fits(self, after: Sample, part: Part, met: list, second: Seen) -> bool:
        known = 0
        for k, (point, here) in enumerate(zip(after.points, met, strict=True)):
            total, scale = -after.missing[k], after.scale[k]
            for env, a in here:
                new, old = self.of(second.term, point, env), self.of(part.term, point, env)
                if new is None or old is None:
                    total = np.nan
                    break
                total += float(a.ravel() @ (new - old))
                scale += float(abs(a.ravel()) @ (abs(new) + abs(old)))
            if not np.isfinite(total):
                continue
            if abs(total) > TOLERANCE * scale:
                return False
            known += 1
        return 2 * known >= len(after.points) and known > 0


def _looked_up(bench: Workbench, before: str, after: Sample, first: Edit) -> Iterator[Edit]:
    total = size(after.side.tree)
    for found in lookups(after, list(sites(after)), bench.derivation, bench.budget):
        for second in spelled(bench, after, found, total):
            yield between(before, second.applied(after.side.text), first.cost + second.cost)


def between(old: str, new: str, cost: float) -> Edit:
    """Two texts as one edit.

    >>> between("a + b", "a - b", 1.0).splices
    ((2, 3, '-'),)
    """
    low = 0
    while low < min(len(old), len(new)) and old[low] == new[low]:
        low += 1
    tail = 0
    while tail < min(len(old), len(new)) - low and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return edit(cost, (low, len(old) - tail, new[low : len(new) - tail]))


def twice_conforming(bench: Workbench, firsts: Sequence[tuple[Told, str, Edit]]) -> list[tuple[str, float]]:
    """Whole right sides that are right after a second edit; the first made the claim conform."""
    hits: list[tuple[str, float]] = []
    with suppress(BudgetExceeded):
        for way, text, first in firsts:
            bench.budget.spend(5)
            reading = next((r for r in bench.read(text) if isinstance(r, Reading)), None)
            s = sample(way, text, reading, bench.points(reading)[:FEW]) if reading is not None else None
            if s is None or shape_of(s.side.term) != shape_of(s.reading.right):
                continue
            screen = Screen(s, bench.budget)
            found: list[Edit] = []
            for e in sorted(structural(written(bench, s.side, s.reading)), key=lambda e: e.cost):
                if e.cost > DEAREST:
                    break
                with suppress(*UNREADABLE):
                    if screen.mends(e):
                        found.append(e)
            total = size(s.side.tree)
            for piece in lookups(s, list(sites(s)), bench.derivation, bench.budget):
                found += spelled(bench, s, piece, total)
            for e in found:
                whole = one_line(e.applied(text))
                term = way.read(whole)
                if term is not None and agreed(bench.points(s.reading), term):
                    hits.append((whole, first.cost + e.cost))
    return sorted(hits, key=lambda hit: hit[1])
