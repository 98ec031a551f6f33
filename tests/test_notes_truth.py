"""The verdicts expected of the notes agree with numbers: what is proved holds at every point, what is refuted fails somewhere.

The numbers come from the forward passes and claims in `truth_recurrent`, `truth_gated`, `truth_layers` and
`truth_components`, written by hand from the notes; nothing of the engine has a part in them.
"""

from __future__ import annotations

import numpy as np
import pytest
from test_inference import VERDICTS
from truth_components import COMPONENTS
from truth_gated import GATED
from truth_layers import LAYERS
from truth_passes import Gradients, Pass, differentiate, points
from truth_recurrent import RECURRENT, plain

TRUTHS = RECURRENT | GATED | LAYERS | COMPONENTS
HOLDS = {"p": True, "g": True, "a": True, "r": False}
"""Proved, proved given the true adjoint, accepted, refuted; of what is unreadable nothing is known."""

EXPECTED = {
    name: dict(zip(words[::2], words[1::2], strict=True)) for name, words in ((n, v.split()) for n, v in VERDICTS.items())
}


def test_every_equation_of_every_note_is_held_against_numbers():
    assert set(EXPECTED) <= set(TRUTHS)
    for name, verdicts in EXPECTED.items():
        held = [*TRUTHS[name].equations.split(), *TRUTHS[name].claims]
        assert sorted(held) == sorted(i for i, verdict in verdicts.items() if verdict != "u"), name
        assert not {i for i in TRUTHS[name].equations.split() if verdicts[i] not in "pa"}, name


CLAIMS = [(name, i) for name, truth in TRUTHS.items() if name in EXPECTED for i in truth.claims]


@pytest.mark.parametrize(("name", "claim"), CLAIMS, ids=[":".join(c) for c in CLAIMS])
def test_the_verdict_agrees_with_numbers(name, claim):
    truth = TRUTHS[name]
    right = all(truth.holds(truth.claims[claim], T, seed) for T, seed in points())
    assert right == HOLDS[EXPECTED[name][claim]]


def test_a_derivative_runs_through_every_later_use():
    q = Pass(plain, 3, 5)
    g = Gradients(q, "L", central=False)
    slope = 1 - q.h[3] ** 2
    np.testing.assert_allclose(differentiate(q, ("h", 3), ("h", 2))[:, 0, :, 0], slope * q.W, rtol=1e-12)
    np.testing.assert_allclose(g.h[3], q.V.T @ (q.y[3] - q.d[3]), rtol=1e-12)
    np.testing.assert_allclose(g.h[2], q.V.T @ (q.y[2] - q.d[2]) + q.W.T @ (slope * g.h[3]), rtol=1e-12)
    np.testing.assert_allclose(Gradients(q, "L", central=True).h[1], g.h[1], rtol=1e-8)
    assert not g.h[4].any()
