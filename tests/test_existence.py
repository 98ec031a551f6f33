"""At which steps a formula means anything: `existence`, and what the judge makes of it."""

import pytest
from prover_models import MODELS, L, dh, t
from prover_right import RIGHT
from sympy import Integer, Symbol

from symbolic.derivation import expand
from symbolic.judging.workshop import workshop
from symbolic.language import Plus, Product, Relation, SumOver, Where
from symbolic.proof.domain import Domain
from symbolic.proof.existence import existence, in_words
from symbolic.proof.judge import Case, Sides

T, k = L.T, Symbol("k")


def at(op, a, b):
    return Relation(op, a, b)


EXISTING = [
    # (term, where it exists, as far as that does not go without saying)
    (L.h[t], []),
    (L.h[t - 1], []),
    (L.h[t + 1], ["t<=T-1"]),
    (L.h[t - 2], ["t>=2"]),
    (L.e[t - 1], ["t>=2"]),
    (dh(t + 1, L), []),  # zero after the last step
    (Where(L.h[t + 1], at("<", t, T)), []),
    (Where(L.h[t + 1], at("<=", t + 1, T)), []),
    (Where(L.h[t + 1], at("<=", t, T)), ["t<=T-1"]),
    (Where(L.h[t + 1], at("=", t, T - 1)), []),
    (Where(L.h[t + 1], at("=", T - 1, t)), []),
    (Where(L.h[t + 1], at("!=", t, T)), []),
    (Where(L.h[t + 1], at("!=", T, t)), []),
    (Where(L.e[t - 1], at("!=", t, Integer(1))), []),
    (Where(L.h[t + 2], at("!=", t, T)), ["t<=T-2"]),
    (Where(L.h[t + 2], at("<", t, T)), ["t<=T-2"]),
    (Where(L.e[t - 1], at("<", Integer(1), t)), []),
    (Where(L.e[t - 2], at("<", Integer(1), t)), ["t>=3"]),
    (Where(Product(2, L.h[t + 1]), at("<", Integer(1), t), at("<", t, T)), []),
    (Plus(Where(L.h[t + 1], at("<", t, T)), L.h[t + 1]), ["t<=T-1"]),
    (SumOver(L.h[t + 1], k, t + 1, T), []),  # an empty sum names nothing
    (SumOver(L.e[t - 1], k, 1, t - 1), []),
    (SumOver(L.h[t + 1], k, 1, T), ["t<=T-1"]),
    (SumOver(L.e[t - 2], k, 2, t), ["t>=3"]),
    (SumOver(L.h[t + 1], t, 1, T - 1), []),
    # a case of the very steps that would be left out: the formula is meant for these, too
    (Where(L.h[t + 1], at("=", t, T)), []),
    (Plus(Where(L.h[t], at("=", t, T)), L.h[t + 1]), []),
    (Plus(Where(L.h[t], at("=", T, t)), L.h[t + 1]), []),
    (Plus(Where(L.h[t], at("<=", T, t)), L.h[t + 1]), []),
    (Plus(Where(L.h[t], at("<", T - 1, t)), L.h[t + 1]), []),
    (Plus(Where(L.h[t], at("=", t, T - 1)), L.h[t + 1]), ["t<=T-1"]),
    (Plus(Where(L.h[t], at("=", t, T - 1)), L.h[t + 2]), []),
    (Plus(Where(L.h[t], at("=", t, Integer(1))), L.e[t - 1]), []),
    (Plus(Where(L.h[t], at("<=", t, Integer(2))), L.e[t - 1]), ["t>=2"]),
]


@pytest.mark.parametrize(("term", "words"), EXISTING, ids=str)
def test_existence(term, words):
    assert [in_words(c) for c in existence(MODELS["L"], L.h[t], term)] == words


def judged(key, left, right, free):
    judge, derivation = workshop(MODELS[key])
    ranges = {letter: (low, high) for letter, low, high in free}
    worked = Sides(*(expand(side, derivation, ranges) for side in (left, right)))
    return judge.judge([Case((), Sides(left, right), worked, Domain(tuple(free), ()))])


def test_a_case_that_is_wrong_for_long_sequences_is_not_left_out():
    """What stands under t < T says nothing of t = T: that case is judged, though no small length shows what is wrong."""
    key, left, right, free, *_ = RIGHT["adjoint: last step apart"]
    long = SumOver(Integer(1), Symbol("q"), 1, MODELS[key].time.upper - 8)
    assert judged(key, left, right, free).verdict == "proved"
    last, before = right.args
    wrong = Plus(Where(Product(1 + long, last.args[0]), *last.args[1:]), before)
    assert judged(key, left, wrong, free).verdict == "unproved"
