"""A small part of `make bench`'s planted mistakes: no repair is shown that is not proved, and most mistakes are repaired."""

from dataclasses import replace
from functools import cache

import pytest
from formulas import Formula
from planter import ROWS, fault, planted
from trials import tried

NOTES = ("tanh_rnn", "elman", "blog")
EACH = 2
LEAST_MENDED, LEAST_NAMED = 0.85, 0.75
"""Floors, below what is reached: a change that loses a kind of mistake falls under them."""


@cache
def trials(row):
    numbers = (list(ROWS).index(row) + len(ROWS) * k for k in range(EACH))
    return [tried(f) for f in (fault(k, notes=NOTES) for k in numbers) if f is not None]


@pytest.mark.parametrize("row", ROWS)
def test_a_repair_that_is_shown_is_proved(row):
    assert not [str(t) for t in trials(row) if not t.proved]


def test_most_mistakes_are_mended_and_named():
    every = [t for row in ROWS for t in trials(row)]
    failed = "\n".join(str(t) for t in every if t.fails)
    assert len(every) >= 1.7 * len(ROWS)
    assert sum(t.repaired for t in every) >= LEAST_MENDED * len(every), failed
    assert sum(t.named for t in every) >= LEAST_NAMED * len(every), failed


def test_the_same_numbers_give_the_same_mistake():
    once, again = (fault(0, seed=1, notes=NOTES) for _ in range(2))
    assert once == again and once.wrong != once.formula.right
    assert once.wrong in planted(once.rows[0], once.formula)


def test_a_repair_that_is_wrong_is_noticed():
    """The bench does not take the checker's word for it."""
    found = fault(0, seed=1, notes=NOTES)

    class Lying(Formula):
        def checked(self, right, mends=False):
            entries = super().checked(right, mends)
            return tuple(replace(e, repair=right) for e in entries) if mends else entries

    lying = Lying(**vars(found.formula))
    assert tried(found).proved and not tried(replace(found, formula=lying)).proved
