"""The two routes on random terms and what a rewriting or a mistake makes of them: neither ever contradicts the other or the truth."""

import bench
import pytest

PARTS, EACH = 4, 15


@pytest.mark.parametrize("part", range(PARTS))
def test_routes_do_not_contradict_each_other(part):
    trials = [bench.pair(k) for k in range(part * EACH, (part + 1) * EACH)]
    faults = [f"{fault}\n{t.claim.left} = {t.claim.right}" for t in trials for fault in t.faults]
    assert not faults
    assert any(t.first == "proved" for t in trials) and any(t.second == "differs" for t in trials)
