"""Rewritings that keep the meaning: the right side of a right claim after 1 to 8 of them is proved all the same.

Every twenty-fifth one, if it was not made from a claim that is dear, is judged by both routes, the others by the normal form alone;
`make soak` judges all, and many more, and holds each against more points of the truth.
"""

from functools import cache

import bench
import pytest
from rewritings import RULES

COUNT, PARTS, JUDGED, POINTS = 500, 20, 25, 4


@cache
def rewritings():
    return bench.by_claim(map(bench.drawn_rewriting, range(COUNT)))


@pytest.mark.parametrize("part", range(PARTS))
def test_rewritings_are_proved(part):
    drawn = bench.part(rewritings(), part, PARTS)
    trials = [bench.proved(d.row, d.claim, d.number % JUDGED == 0 and not bench.dear(d.right.claim), POINTS) for d in drawn]
    missed = [f"{t.row}: {t.faults[0]}\n{t.claim.left} = {t.claim.right}" for t in trials if t.faults]
    assert not missed, "\n".join(missed)


def test_there_are_enough_rules():
    assert len(RULES) >= 25
