"""The prover: no wrong equality is ever proved, right ones are, with exactly the assumptions that they need."""

import pytest
from prover_models import MODELS
from prover_right import RIGHT
from prover_wrong import WRONG

from symbolic.pipeline import workshop
from symbolic.proof.counterexample import search
from symbolic.proof.domain import Domain

PROVERS = {key: workshop(model)[0].prover for key, model in MODELS.items()}
"""One prover for all claims about a model, so that nothing may leak from one claim into the next."""


def unpacked(claim):
    key, left, right, free, *conditions = claim
    return key, left, right, tuple(free), tuple(conditions[0] if conditions else ())


@pytest.mark.parametrize("name", WRONG)
def test_wrong_equalities_are_not_proved(name):
    key, left, right, free, conditions = unpacked(WRONG[name])
    outcome = PROVERS[key].equal(left, right, Domain(free, conditions))
    assert not outcome.proved, f"proved by {outcome.method} under {outcome.assumes}"


@pytest.mark.parametrize("name", WRONG)
def test_wrong_equalities_are_wrong(name):
    key, left, right, free, conditions = unpacked(WRONG[name])
    found = search(MODELS[key], left, right, free, conditions)
    assert found.counterexample is not None, f"agrees at {found.points} points, {found.undefined} undefined: {found.reason}"


def right(claim):
    key, left, right_side, free, assumes, *conditions = claim
    return key, left, right_side, tuple(free), tuple(conditions[0] if conditions else ()), assumes


@pytest.mark.parametrize("name", RIGHT)
def test_right_equalities_are_proved(name):
    key, left, right_side, free, conditions, assumes = right(RIGHT[name])
    outcome = PROVERS[key].equal(left, right_side, Domain(free, conditions))
    assert outcome.proved, f"{outcome.reason} {outcome.failing}"
    assert outcome.assumes == assumes


@pytest.mark.parametrize("name", RIGHT)
def test_right_equalities_are_right(name):
    key, left, right_side, free, conditions, assumes = right(RIGHT[name])
    found = search(MODELS[key], left, right_side, free, conditions, budget=60)
    assert found.points > 0 and found.counterexample is None, found
