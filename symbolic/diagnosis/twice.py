"""Two edits: after a first one that makes sense, the second is looked for in the same way as a single one.

Of a claim that conforms every edit is known already with what its surroundings become.  After a first edit one reverse
pass tells what every other place must be worth, and an edit elsewhere is only compared with that.  Pieces of the
vocabulary are looked up after the cheapest first edits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from sympy.core.basic import Basic

from ..language import shape_of
from ..language.effort import BudgetExceeded
from ..proof.interpret import Array
from ..reading import Reading
from .bench import Whole, Workbench, agreed, first_proved, one_line
from .brackets import moved_brackets
from .edits import Edit, between, clumsy, size
from .parts import UNREADABLE, Part, Told
from .pieces import pieces
from .points import TOLERANCE, UNDEFINED, Point
from .purse import CLAIM, LAST, Purse
from .records import Diagnosis
from .search import Sample, Screen, Seen, lookups, sample
from .sites import sites, spelled, written
from .structural import BINDS, structural
from .vocabulary import Pieces

MOST_FIRST, MOST_LOOKED, MOST_FRESH, FEW = 120, 24, 8, 2
DEAREST, CHEAPEST, SUMMED = 1.35, 1.05, 1.4
"""What first edits cost at most, second ones after brackets moved, second ones of a claim that did not conform."""

MOST_PAIRS = 100
"""Pairs of edits that are read together, where the claim is not linear in what they stand in."""


def twice(bench: Workbench, s: Sample, seen: Sequence[Seen]) -> Diagnosis | None:
    """The cheapest pair of edits of a claim that conforms."""
    cheap = [e for e in sorted(seen, key=lambda x: x.edit.cost) if e.edit.cost <= DEAREST]
    values, fresh = _Values(bench.budget), 0
    hits: list[Edit] = []
    extra = pieces(bench, s.side.told)
    later: list[tuple[Sample, Edit]] = []
    with suppress(BudgetExceeded):
        for first in sorted(cheap[:MOST_FIRST], key=_urgency):
            text = first.edit.applied(s.side.text)
            after = sample(s.side.told, text, s.reading, _inner(s.points), bench.budget)
            if after is None or after.side.term is None or shape_of(after.side.term) != shape_of(s.reading.right):
                continue
            later.append((after, first.edit))
            hits += _seconds(s, after, first, cheap, values)
            if _is_bracket(first.edit) and fresh < MOST_FRESH:
                fresh += 1
                hits += _again(bench, s.side.text, after, first.edit)
        hits += _together(bench, s, cheap)
        for after, e in sorted(later, key=lambda pair: pair[1].cost)[:MOST_LOOKED]:
            hits += _looked_up(bench, s.side.text, after, e, extra)
    bench.refill(least=LAST)
    return first_proved(bench, s.side, Whole(bench, s.side.told, s.reading), hits)


def _inner(some: list[Point]) -> list[Point]:
    """Points in the middle: at the first and the last step much is zero."""
    first = max(0, (len(some) - FEW) // 2)
    return some[first : first + FEW]


def _seconds(s: Sample, after: Sample, first: Seen, cheap: Sequence[Seen], values: _Values) -> Iterator[Edit]:
    """Known edits elsewhere that make up for what is missing after the first."""
    places = {p.span: p for p in after.side.parts}
    for second in cheap:
        start, end = second.part.span
        if second is first or any((low < end and start < high) or start < low < end for low, high, _ in first.edit.splices):
            continue
        moved = places.get((_moved(first.edit, start), _moved(first.edit, end, True)))
        met = after.met(id(moved.term)) if moved is not None else None
        if moved is None or met is None or shape_of(moved.term) != shape_of(second.term):
            continue
        if values.fits(after, moved, met, second):
            both = sorted((*first.edit.splices, *second.edit.splices))
            yield Edit(tuple(both), first.edit.cost + second.edit.cost)


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
    for e in structural(written(bench, after.side, after.reading)):
        if e.cost <= CHEAPEST:
            with suppress(*UNREADABLE):
                if screen.mends(e):
                    yield between(before, e.applied(after.side.text), first.cost + e.cost)


def _moved(e: Edit, at: int, is_end: bool = False) -> int:
    """Where the start or the end of a piece stands after an edit elsewhere; what is inserted beside it stays outside."""
    return at + sum(len(new) - (end - start) for start, end, new in e.splices if (start if is_end else end) < at + (not is_end))


@dataclass
class _Values:
    """Values of terms at points, made once."""

    budget: Purse
    known: dict[tuple[object, ...], Array | None] = field(default_factory=dict)
    kept: list[object] = field(default_factory=list)

    def of(self, term: Basic, point: Point, env: dict) -> Array | None:
        key = (id(term), id(point), frozenset(env.items()))
        if key not in self.known:
            self.kept.append(term)
            self.budget.evaluates(term, (point,))
            try:
                self.known[key] = point.world.evaluate(term, env).ravel()
            except UNDEFINED:
                self.known[key] = None
        return self.known[key]

    def fits(self, after: Sample, part: Part, met: list, second: Seen) -> bool:
        known = 0
        self.budget.spend(sum(map(len, met)))
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
            bench.budget.reads(text, CLAIM)
            reading = next((r for r in bench.read(text) if isinstance(r, Reading)), None)
            s = sample(way, text, reading, _inner(bench.points(reading)), bench.budget) if reading is not None else None
            if s is not None and shape_of(s.side.term) == shape_of(s.reading.right):
                w = written(bench, s.side, s.reading)
                some = sorted((*structural(w), *moved_brackets(w)), key=lambda e: e.cost)
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


