"""A refuted formula -> what is wrong with it, and the smallest edit of it that is proved right.

    1. edits of what is written, cheapest first, judged by numbers where they stand; in all readings before anything larger
    2. what a missing or a wrong piece must be worth is looked up among the small terms of the model
    3. what agrees at all points is read as a whole, compared at other points, and proved
    4. two edits: after each of the cheapest first ones that makes sense, a second one is looked for in the same way
    5. where nothing small helps: the right formula

The work is counted in steps, so that the outcome is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, pairwise, zip_longest

from sympy import Integer
from sympy.core.basic import Basic

from ..derivation import UnsupportedError, expand
from ..language import Adjoint, Transpose, shape_of
from ..language.effort import BudgetExceeded
from ..reading import Reading
from ..reading.readings import LAYOUTS, Choices, read_side, ways
from ..reading.tree import Sum
from .bench import Whole, Workbench, first_proved, one_line, told
from .conform import of_illshaped
from .edits import LEFT, Edit, between, clumsy, edit, nearly, size
from .parts import UNREADABLE, Told, side_of
from .pieces import pieces
from .purse import DERIVED, KEPT, LAST, unswept
from .records import Diagnosis
from .residual import residual
from .search import Sample, Screen, Seen, is_wrong, lookups, sample
from .sites import sites, slopes_of_one, spelled, written
from .structural import summed_from_one_step
from .twice import twice, twice_conforming

TIERS, SMALL, PIECES = (0.0, 1.05, 1.25, 9.0), 1.5, 2.25
"""Edits are tried in batches of like cost; pieces of the vocabulary come after the second, small ones first."""

LATER = {"L for L_t": 2, "∂ total": 1}
"""Readings that are rarely what was meant where a formula is wrong in all of them."""

NOT_NEAR = "no small change makes this right; it should be what is derived"
MOST_READINGS, MOST_WAYS, MOST_TWICE = 3, 24, 2
LEFT_OVER = 3
"""What it costs to multiply the right formula out, in evaluations."""

LONGEST = 200
"""A residual that is printed longer explains nothing."""


def diagnose(bench: Workbench, said: str = "") -> Diagnosis | None:
    """The diagnosis of a refuted claim; None where nothing was found.  `said`: the words of the reading that counts."""
    with unswept():
        return _diagnosed(bench, said)


def _diagnosed(bench: Workbench, said: str) -> Diagnosis | None:
    found = list(islice(ways(bench.claimed), MOST_WAYS))
    sound = [(c, r) for c, r in found if isinstance(r, Reading)]
    ordered = _ordered(sound, said)
    wrong: list[tuple[Sample, list[Seen]]] = []
    firsts: list[tuple[Told, str, Edit]] = []
    begun: dict[int, _Mending] = {}
    stages: list[Callable[[], Diagnosis | None]] = []
    stages += [partial(_of_reading, bench, k, c, r, wrong, begun) for k, (c, r) in enumerate(ordered)]
    stages += [partial(_looked_up, bench, k, begun) for k in range(len(ordered))]
    stages += [partial(_rest, bench, k, begun) for k in range(len(ordered))]
    if not sound and found:
        stages += of_illshaped(bench, found[0][0], firsts)
    single = len(stages)
    stages += [partial(_twice, bench, wrong, k) for k in range(min(len(ordered), MOST_TWICE))]
    stages += [partial(_conformed, bench, firsts), partial(_right_formula, bench, found[0][0] if found else {}, wrong)]
    for number, stage in enumerate(stages):
        bench.refill(KEPT if number < single else 0, LAST if number + 1 == len(stages) else 0)
        made: list[Diagnosis] = []
        if not bench.watch(number, partial(_done, stage, made)):
            return None  # what comes later is larger than what may have been missed here
        if made:
            return made[0]
    return None


def _done(stage: Callable[[], Diagnosis | None], made: list[Diagnosis]) -> None:
    with suppress(BudgetExceeded, RecursionError):
        if (mended := stage()) is not None:
            made.append(mended)


def _twice(bench: Workbench, wrong: list[tuple[Sample, list[Seen]]], k: int) -> Diagnosis | None:
    return twice(bench, *wrong[k]) if k < len(wrong) else None


def _in_functions(bench: Workbench, s: Sample) -> Iterator[Edit]:
    """A weight added to a sum at which the claim is not linear, as in the argument of a function."""
    for part in s.side.parts:
        if isinstance(part.node, Sum) and s.met(id(part.term)) is None:
            for family in bench.model.of_role("weight", "input"):
                own = [i.symbol for i in family.indices]
                if shape_of(family.var) == shape_of(part.term) and len(own) <= 1:
                    with suppress(TypeError, ValueError):
                        yield edit(1.2, (part.node.end, part.node.end, f" + {bench.printed(family.var)}"), reach=part.node)


def _right_formula(bench: Workbench, choices: Choices, wrong: list[tuple[Sample, list[Seen]]]) -> Diagnosis | None:
    """What is derived, where no small edit of what is written helps; an edit if most of it is written."""
    claimed, ranges = bench.claimed, {i.symbol: (Integer(i.lower), i.upper) for i in bench.model.indices}
    bench.budget.spend(DERIVED)
    head = read_side(claimed, claimed.head, choices, claimed.layout, is_head=True).result
    if not isinstance(head, Basic):
        return None
    with suppress(UnsupportedError, TypeError, ValueError):
        right = expand(head, bench.derivation, ranges)
        if isinstance(right, Adjoint):  # the adjoint of a state is what it is: its recurrence says something
            right = bench.derivation.rule_at(right.variable, ranges)
        text = one_line(bench.style(bench.printed(right)))
        side = side_of(bench.told(choices, claimed.layout), bench.text)
        e = nearly(bench.text, text) if side is not None else None
        if e is not None:
            text = one_line(e.applied(bench.text))
        if _upright(right) != _upright(head) and bench.proves(text, None):
            if side is not None and e is not None:
                return told(bench, side, e, text)
            start, end = claimed.right.start, claimed.right.end
            return Diagnosis("other", NOT_NEAR + _left_over(bench, right, wrong), text, start, end, text, whole=True)
    return None


def _upright(term: Basic) -> Basic:
    """Without transposes: the transpose of what is asked for is no answer."""
    return _upright(term.args[0]) if isinstance(term, Transpose) else term


def _left_over(bench: Workbench, right: Basic, wrong: list[tuple[Sample, list[Seen]]]) -> str:
    """The residual in closed form, proved; nothing where it is not short."""
    for s, _ in wrong[:1]:
        bench.budget.evaluates(right, s.points, LEFT_OVER)
        found = residual(right, s.side.term, s.points) if s.side.term is not None else None
        latex = one_line(bench.style(bench.printed(found))) if found is not None else ""
        sign = "" if latex.startswith("-") else "+ "
        if latex and len(latex) <= LONGEST and bench.proves(rf"\left({bench.text}\right) {sign}{latex}", s.reading.words):
            return f"; the right side minus what is written is {latex}"
    return ""


def _conformed(bench: Workbench, firsts: list[tuple[Told, str, Edit]]) -> Diagnosis | None:
    """A second edit after one that made the claim conform."""
    if not firsts:
        return None
    side = side_of(firsts[0][0], bench.text)
    found = twice_conforming(bench, firsts) if side is not None else []
    if found:
        bench.settle()
    for text, cost in found:
        if bench.proves(text, None):
            assert side is not None
            return told(bench, side, between(side.text, text, cost), text)
    return None


def _ordered(found: list[tuple[Choices, Reading]], said: str) -> list[tuple[Choices, Reading]]:
    """The reading that counts first; of several weights that a name stands for only one."""
    words = set(said.split("; ")) - {""}
    distinct: dict[tuple[str, ...], tuple[Choices, Reading]] = {}
    for choices, reading in found:
        distinct.setdefault(reading.words, (choices, reading))
    ranked = sorted(
        distinct.values(),
        key=lambda pair: (sum(LATER.get(word, 0) for word in pair[1].words), -len(words & set(pair[1].words))),
    )
    return ranked[:MOST_READINGS]


@dataclass
class _Mending:
    """One edit of a claim in one reading: what is tried, cheapest first, and what was found to agree up to some cost."""

    s: Sample
    screen: Screen
    every: list[Edit]
    hits: list[Edit] = field(default_factory=list)
    done: float = 0.0


def _of_reading(
    bench: Workbench, k: int, choices: Choices, reading: Reading, wrong: list[tuple[Sample, list[Seen]]],
    begun: dict[int, _Mending],
) -> Diagnosis | None:  # fmt: skip
    """The cheap edits in one reading (the k-th); what was seen is put into `wrong`, what is left to do into `begun`."""
    for layout in LAYOUTS[bench.claimed.layout]:
        s = sample(bench.told(choices, layout), bench.text, reading, bench.points(reading), bench.budget)
        if s is None or s.side.term is None or shape_of(s.side.term) != shape_of(reading.right):
            continue
        if not is_wrong(s):
            return None
        screen = Screen(s, bench.budget)
        wrong.append((s, screen.seen))
        w = written(bench, s.side, s.reading)
        some = (
            *bench.edits(w), *summed_from_one_step(w), *_in_functions(bench, s), *slopes_of_one(bench, s),
        )  # fmt: skip
        begun[k] = _Mending(s, screen, sorted(some, key=lambda e: e.cost))
        return _mended(bench, begun[k], TIERS[1] if set(reading.words) & set(LATER) else TIERS[2])
    return None


def _looked_up(bench: Workbench, k: int, begun: dict[int, _Mending]) -> Diagnosis | None:
    """Small pieces of the vocabulary."""
    if k not in begun:
        return None
    m = begun[k]
    total = size(m.s.side.tree)
    for found in lookups(m.s, list(sites(m.s)), bench, extra=pieces(bench, m.s.side.told)):
        m.hits += spelled(bench, m.s, found, total)
    return _first(bench, m, SMALL)


def _rest(bench: Workbench, k: int, begun: dict[int, _Mending]) -> Diagnosis | None:
    """Larger pieces, then all other edits."""
    if k not in begun:
        return None
    return _first(bench, begun[k], PIECES) or _mended(bench, begun[k], TIERS[-1])


def _first(bench: Workbench, m: _Mending, most: float, more: float = LEFT) -> Diagnosis | None:
    """The cheapest hit that is proved; one that nobody would write comes with the dearer ones, after the other readings."""
    side = m.s.side
    hits = [e for e in m.hits if e.cost <= most and e.cost + clumsy(one_line(e.applied(side.text)), side.text) <= most + more]
    return first_proved(bench, side, Whole(bench, side.told, m.s.reading), hits)


def _mended(bench: Workbench, m: _Mending, most: float) -> Diagnosis | None:
    """One edit that costs at most so much."""
    m.screen.budget = bench.budget
    for low, high in pairwise(TIERS):
        if low < m.done or high > most:
            continue
        try:
            some = [e for e in m.every if low < e.cost <= high]
            for e, then in zip_longest(some, some[1:]):
                with suppress(*UNREADABLE):
                    if m.screen.mends(e):
                        m.hits.append(e)
                if then is not None and then.cost > e.cost and (done := _first(bench, m, then.cost, 0.0)) is not None:
                    return done
            m.done = high
        except BudgetExceeded:  # what was found until then is looked at
            bench.refill(least=LAST)
            return _first(bench, m, high)
        if (done := _first(bench, m, high)) is not None:
            return done
    return None
