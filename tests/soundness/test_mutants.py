"""Mutants of right claims: what is wrong is never proved, what is right never refuted, by the judge and by each route alone.

`make soak` tries many more (see `soak.py`).
"""

from functools import cache
from itertools import islice
from types import SimpleNamespace

import bench
import pytest
from comparison import Claim, compared
from conftest import SOAK
from mutants import OPERATORS, mutants
from network_terms import MODEL, b
from prover_models import MODELS
from prover_wrong import WRONG
from right_claims import everything, ladder, right_claims
from sympy import Rational

from symbolic.language import Plus, Product, Total
from symbolic.language.effort import Budget

EACH, PARTS, ENOUGH = 17, 37, 5
ALONE, WORK, PURSE = 20, 20_000, 100_000
"""Every so many mutants are asked of each route alone as well; what each may spend on one then, and what the judge may."""
WHOLE, FEW = 20, 6
"""Every so many right claims are held against the whole ladder of points, the others against so many; in `make soak` all are."""


@cache
def drawn():
    return bench.by_claim(bench.drawn_mutant(row, k) for row in bench.ROWS for k in range(EACH))


@pytest.mark.parametrize("part", range(PARTS))
def test_mutants(part):
    some = bench.part(drawn(), part, PARTS)
    trials = [(d.number, bench.tried(d.row, d.claim, d.number % ALONE == 0, WORK, Budget(PURSE))) for d in some]
    faults = [f"{t.row} {k}: {fault}\n{t.claim.left} = {t.claim.right}" for k, t in trials for fault in t.faults]
    assert not faults


def test_there_are_enough_of_them():
    assert len(bench.ROWS) >= 20 and len(right_claims()) >= 240 and EACH * len(bench.ROWS) >= 600


@pytest.mark.parametrize("row", sorted(OPERATORS))
def test_every_row_finds_something(row):
    found = (mutant for right in right_claims() for mutant in mutants(OPERATORS[row], right.claim))
    assert len(list(islice(found, ENOUGH))) == ENOUGH


@pytest.mark.parametrize("name", WRONG)
def test_the_truth_knows_what_is_wrong(name):
    """The evaluator with which mutants are held finds each of the wrong equalities that were written by hand."""
    key, left, right, free, *conditions = WRONG[name]
    claim = Claim(MODELS[key], left, right, tuple(free), tuple(conditions[0]) if conditions else ())
    more = ((4, (2,)),) * 1
    assert compared(claim, ladder(claim, *everything(claim.model), more=more)).where


CLOSE = Rational(1, 4194301)
REFUTED = [(Total(b), False), (Product(Total(b), Plus(1, CLOSE)), True), (Product(Total(b), Plus(1, CLOSE / 1000)), False)]
"""What Σ b is said not to be, and whether nothing is to be said against that: digits tell too little."""


@pytest.mark.parametrize("right, silent", REFUTED, ids=str)
def test_a_refutation_is_contradicted_where_the_sides_are_the_same(right, silent, monkeypatch):
    monkeypatch.setattr(bench, "judged", lambda claim, purse: SimpleNamespace(verdict="refuted", counterexample=None, reason=""))
    faults = bench.tried("", Claim(MODEL, Total(b), right), routes=False).faults
    assert (faults == ()) == silent


@pytest.mark.soak
def test_the_truth_knows_what_is_right():
    for number, right in enumerate(right_claims()):
        points = ladder(right.claim, *everything(right.claim.model))
        found = compared(right.claim, islice(points, None if SOAK or number % WHOLE == 0 else FEW))
        assert found.points and not found.where and not found.doubtful, f"{right.name}: {found}"
