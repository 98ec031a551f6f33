"""The second route on sums over some of the entries: those left out at either end, however many, are seen."""

import pytest
from prover_models import MODELS, H
from sympy import Integer, Symbol

from symbolic.field.route import Question, agreement
from symbolic.field.sizes import is_ordered, set_apart
from symbolic.language import Entry, Plus, Product, Relation, SumOver, Total, Unit, Where

a, u, v, n, b, d = *map(Symbol, "auv"), H.size.n, H.b, H.size.d
NONE = Integer(0)
b_a, is_u = Entry(b, a), Entry(Unit(u, n), a)


def over(body, lower=1, upper=n, *without):
    return SumOver(body, a, lower, upper, without)


def where(body, op, left, right):
    return Where(body, Relation(op, left, right))


AGREE = [
    (over(Product(is_u, b_a)), Entry(b, u)),
    (over(b_a, 2), over(b_a, 1, n, Integer(1))),
    (over(b_a, 3), Plus(Total(b), Product(-1, Entry(b, 1)), Product(-1, Entry(b, 2)))),
    (over(b_a, 1, n - 1), over(where(b_a, "<", a, n))),
    (over(b_a, 1, n - 7), over(where(b_a, "<=", a, n - 7))),
    (over(Product(is_u, b_a), 1, n - 1), where(Entry(b, u), "<", u, n)),
    (over(where(b_a, "!=", a, u)), Plus(Total(b), Product(-1, Entry(b, u)))),
]

DIFFER = [
    (over(Product(is_u, b_a), 1, n - 1), Entry(b, u)),  # at the last u alone
    (over(Product(is_u, b_a), 2), Entry(b, u)),  # at the first alone
    (over(Product(is_u, b_a), 2), NONE),  # at all but the first
    (over(Product(is_u, b_a), 1, n - 3), over(Product(is_u, b_a), 1, n - 2)),
    (over(b_a, 1, n - 7), NONE),
    (over(b_a, 1, n - 12), NONE),  # empty at small sizes
    (over(b_a, 12), NONE),
    (over(b_a, 1, n, Integer(12)), Total(b)),
    (over(where(b_a, "=", a, n - 12)), NONE),
    (over(where(b_a, "=", a, Integer(12))), NONE),
    (over(b_a, 9, n - 9), over(b_a, 10, n - 9)),
    (Product(is_u.xreplace({a: v}), Entry(b, v)), where(Product(is_u.xreplace({a: v}), Entry(b, v)), "<", u, n)),
]


@pytest.mark.parametrize("left, right", AGREE, ids=str)
def test_sums_over_the_same_entries_agree(left, right):
    found = agreement(Question(MODELS["H"], left, right))
    assert found.verdict == "agrees", found


@pytest.mark.parametrize("left, right", DIFFER, ids=str)
def test_sums_over_other_entries_differ(left, right):
    found = agreement(Question(MODELS["H"], left, right))
    assert found.verdict == "differs", found


def test_what_would_need_a_large_size_is_left_open():
    found = agreement(Question(MODELS["H"], over(b_a, 1, n - 40), NONE))
    assert found.verdict == "undecided" and "at most" in found.reason


ORDERED = [
    (over(b_a), False, 0),
    (over(b_a, 1, n, u), False, 0),
    (over(b_a, 1, n, Integer(3)), False, 3),  # a number is one more value of the letter, no order
    (over(b_a, 1, n, u + 1), True, 2),
    (over(b_a, 2), True, 1),
    (over(b_a, 1, n - 2), True, 4),
    (over(b_a, 1, d), True, 0),  # of another size: a part, or more than there is
    (over(where(b_a, "!=", a, u)), True, 0),
    (over(where(b_a, "=", a, u + 3)), True, 6),
    (over(Entry(b, u), 1, n - 5), False, 10),  # the letter tells no entry, but counts them
]


@pytest.mark.parametrize("term, ordered, apart", ORDERED, ids=lambda x: str(x))
def test_which_entries_are_set_apart(term, ordered, apart):
    assert is_ordered((term, Entry(b, u))) == ordered
    assert set_apart(MODELS["H"], (term, Entry(b, u))) == apart
