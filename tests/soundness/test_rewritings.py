"""Rewritings that keep the meaning: the right side of a right claim after 1 to 8 of them is proved all the same.

Every eighth one is judged by both routes, the others by the normal form alone; `make soak` judges all, and many more.
"""

import bench
import pytest
from rewritings import RULES

PARTS, EACH, JUDGED = 20, 25, 8

OPEN = {("gru ", ("recurrence", "distributed")): "a gradient of the GRU in which a recurrence is written out and multiplied out uses up the budget of the normal form"}
"""Right claims of which a rewriting is not proved yet, and why.  It is left open; it must never be refuted."""


@pytest.mark.parametrize("part", range(PARTS))
def test_rewritings_are_proved(part):
    trials = [bench.rewriting(k, judge=k % JUDGED == 0) for k in range(part * EACH, (part + 1) * EACH)]
    missed = [t for t in trials if t.faults]
    for t in missed:
        known = any(t.row.startswith(name) and all(r in t.row for r in rules) for name, rules in OPEN) and t.verdict in ("open", "unproved")
        assert known, f"{t.row}: {t.faults[0]}\n{t.claim.left} = {t.claim.right}"
    assert len(missed) <= 1


def test_there_are_enough_rules():
    assert len(RULES) >= 25
