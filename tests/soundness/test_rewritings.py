"""Rewritings that keep the meaning: the right side of a right claim after 1 to 8 of them is proved all the same.

Every second one is judged by both routes, the others by the normal form alone; `make soak` judges all, and many more.
"""

import bench
import pytest
from rewritings import RULES

PARTS, EACH = 20, 25


@pytest.mark.parametrize("part", range(PARTS))
def test_rewritings_are_proved(part):
    trials = [bench.rewriting(k, judge=k % 2 == 0) for k in range(part * EACH, (part + 1) * EACH)]
    open_ones = [f"{t.row}: {fault}\n{t.claim.left} = {t.claim.right}" for t in trials for fault in t.faults]
    assert not open_ones


def test_there_are_enough_rules():
    assert len(RULES) >= 25
