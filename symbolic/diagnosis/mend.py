"""A refuted formula -> what is wrong with it, and the smallest edit of it that is proved right.

    1. edits of what is written, cheapest first, judged by numbers where they stand
    2. what a missing or a wrong piece must be worth is looked up among the small terms of the model
    3. what agrees at all points is read as a whole, compared at other points, and proved
    4. two edits: after each of the cheapest first ones that makes sense, a second one is looked for in the same way
    5. where nothing small helps: the right formula

The work is counted in steps, so that the outcome is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice, pairwise

from sympy import Integer
from sympy.core.basic import Basic

from ..derivation import UnsupportedError, expand
from ..language import shape_of
from ..language.effort import BudgetExceeded
from ..reading import Reading
from ..reading.readings import LAYOUTS, Choices, read_side, ways
from ..reading.tree import Sum
from .bench import MOST_PROOFS, Whole, Workbench, first_proved, one_line, told
from .brackets import moved_brackets
from .conform import of_illshaped
from .edits import Edit, edit, size
from .parts import UNREADABLE, Told, side_of
from .pieces import pieces
from .records import Diagnosis
from .search import Sample, Screen, Seen, is_wrong, lookups, sample
from .sites import sites, spelled, styled, written
from .structural import structural, summed_from_one_step
from .twice import between, twice, twice_conforming

TIERS = (0.0, 1.05, 1.25, 9.0)
"""Edits are tried in batches of like cost; pieces of the vocabulary come with the second."""

LATER = {"L for L_t": 2, "∂ total": 1}
"""Readings that are rarely what was meant where a formula is wrong in all of them."""

NOT_NEAR = "no small change makes this right; it should be what is derived"
MOST_READINGS, MOST_WAYS, MOST_TWICE = 3, 24, 2


def diagnose(bench: Workbench, said: str = "") -> Diagnosis | None:
    """The diagnosis of a refuted claim; None where nothing was found.  `said`: the words of the reading that counts."""
    found = list(islice(ways(bench.claimed), MOST_WAYS))
    sound = [(c, r) for c, r in found if isinstance(r, Reading)]
    ordered = _ordered(sound, said)
    wrong: list[tuple[Sample, list[Seen]]] = []
    firsts: list[tuple[Told, str, Edit]] = []
    stages: list[Callable[[], Diagnosis | None]] = [partial(_of_reading, bench, c, r, wrong) for c, r in ordered]
    if not sound and found:
        stages.append(partial(of_illshaped, bench, found[0][0], firsts))
    stages += [partial(_twice, bench, wrong, k) for k in range(min(len(ordered), MOST_TWICE))]
    stages += [partial(_conformed, bench, firsts), partial(_right_formula, bench, found[0][0] if found else {})]
    for number, stage in enumerate(stages):
        bench.refill()
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


def _right_formula(bench: Workbench, choices: Choices) -> Diagnosis | None:
    """What is derived, where no small edit of what is written helps."""
    claimed, ranges = bench.claimed, {i.symbol: (Integer(i.lower), i.upper) for i in bench.model.indices}
    head = read_side(claimed, claimed.head, choices, claimed.layout, is_head=True).result
    if not isinstance(head, Basic):
        return None
    with suppress(UnsupportedError, TypeError, ValueError):
        right = expand(head, bench.derivation, ranges)
        text = one_line(styled(bench.printed(right), bench.text))
        if right != head and text not in bench.tried and bench.prove(text, None):
            start, end = claimed.right.start, claimed.right.end
            return Diagnosis("other", NOT_NEAR, text, start, end, text, whole=True)
    return None


def _conformed(bench: Workbench, firsts: list[tuple[Told, str, Edit]]) -> Diagnosis | None:
    """A second edit after one that made the claim conform."""
    if not firsts:
        return None
    side = side_of(firsts[0][0], bench.text)
    for text, cost in twice_conforming(bench, firsts):
        if side is None or bench.proofs >= MOST_PROOFS:
            return None
        if text not in bench.tried:
            bench.tried.add(text)
            bench.proofs += 1
            if bench.prove(text, None):
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


def _of_reading(
    bench: Workbench, choices: Choices, reading: Reading, wrong: list[tuple[Sample, list[Seen]]]
) -> Diagnosis | None:
    """One edit in one reading; where there is none, what was seen is put into `wrong`."""
    for layout in LAYOUTS[bench.claimed.layout]:
        s = sample(Told(bench.claimed, choices, layout, bench.memo), bench.text, reading, bench.points(reading))
        if s is None or s.side.term is None or shape_of(s.side.term) != shape_of(reading.right):
            continue
        if not is_wrong(s):
            return None
        screen = Screen(s, bench.budget)
        wrong.append((s, screen.seen))
        return _mended(bench, s, screen)
    return None


def _mended(bench: Workbench, s: Sample, screen: Screen) -> Diagnosis | None:
    """One edit."""
    whole = Whole(bench, s.side.told, s.reading)
    w = written(bench, s.side, s.reading)
    some = (*structural(w), *moved_brackets(w), *summed_from_one_step(w), *_in_functions(bench, s))
    every = sorted(some, key=lambda e: e.cost)
    hits: list[Edit] = []
    for low, high in pairwise(TIERS):
        for e in (e for e in every if low < e.cost <= high):
            with suppress(*UNREADABLE):
                if screen.mends(e):
                    hits.append(e)
        if high == TIERS[2]:
            total = size(s.side.tree)
            for found in lookups(s, list(sites(s)), bench.derivation, bench.budget, extra=pieces(bench, s.side.told)):
                hits += spelled(bench, s, found, total)
        within = high + 1.0 if high == TIERS[2] else high
        if (done := first_proved(bench, s.side, whole, [e for e in hits if e.cost <= within])) is not None:
            return done
    return first_proved(bench, s.side, whole, hits)
