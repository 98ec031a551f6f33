"""The prover: no wrong equality is ever proved, right ones are, with exactly the assumptions that they need."""

import pytest
from prover_models import MODELS, ONE, H, R, i, k, steps, t, total
from prover_right import REWRITTEN, RIGHT
from prover_wrong import AT_T, WRONG
from sympy import Integer

from symbolic.field.route import Agreement
from symbolic.judging.workshop import workshop
from symbolic.language import (
    Adjoint,
    Entry,
    Filled,
    Hadamard,
    Identity,
    Plus,
    Product,
    ProductOver,
    Quotient,
    Relation,
    SumOver,
    Total,
    Trace,
    Transpose,
    exp,
    log,
    step,
)
from symbolic.proof import judge
from symbolic.proof.convert import Converter
from symbolic.proof.counterexample import search
from symbolic.proof.domain import Domain
from symbolic.proof.existence import in_words
from symbolic.proof.interpret import OutOfRange
from symbolic.proof.judge import Case, Sides
from symbolic.proof.networks import FIRST_BOUND, Budget, Edge, Monomial, Unsupported
from symbolic.proof.oracle import difference, world_of
from symbolic.proof.prover import STEPS
from symbolic.proof.regions import Region
from symbolic.proof.time import Settler

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


def full(claim):
    key, left, right_side, free, assumes, *conditions = claim
    return key, left, right_side, tuple(free), tuple(conditions[0] if conditions else ()), assumes


TRUE = RIGHT | REWRITTEN


@pytest.mark.parametrize("name", TRUE)
def test_right_equalities_are_proved(name):
    key, left, right_side, free, conditions, assumes = full(TRUE[name])
    outcome = PROVERS[key].equal(left, right_side, Domain(free, conditions))
    assert outcome.proved, f"{outcome.reason} {outcome.failing}"
    assert outcome.assumes == assumes


@pytest.mark.parametrize("name", TRUE)
def test_right_equalities_are_right(name):
    key, left, right_side, free, conditions, _ = full(TRUE[name])
    found = search(MODELS[key], left, right_side, free, conditions, budget=60)
    assert found.points > 0 and found.counterexample is None, found


h, b, W, n, C, T = H.h, H.b, H.W, H.size.n, H.size.C, H.T
zero = Filled(0, (n,))
UNDECIDABLE = {
    "0/0": ("H", Quotient(h[t] - h[t], h[t] - h[t]), Filled(1, (n,)), AT_T),
    "0 times 1/0": ("H", Product(0, Quotient(1, b - b)), zero, ()),
    "1/(1 - 1)": ("H", Quotient(1, 1 - Total(H.y_hat[t])), Quotient(1, 1 - Total(H.y_hat[t])), AT_T),
    "1/(an empty sum)": ("H", Quotient(1, total(ONE, k, 1, 0)), Quotient(1, total(ONE, k, 1, 0)), ()),
    "1/(T - T)": ("H", Quotient(1, Plus(T, Product(-1, T))), Quotient(1, Plus(T, Product(-1, T))), ()),
    "1/0 at the first step": ("H", Quotient(t - 1, t - 1), ONE, AT_T),
    "1/indicator": ("R", Quotient(step(R.h[t]), step(R.h[t])), Filled(1, (R.size.n,)), (steps("R"),)),
    "1/identity": ("H", Quotient(Identity(n), Identity(n)), Filled(1, (n,), (n,)), ()),
    "1/h_0 where h_0 = 0": ("R", Quotient(R.h[0], R.h[0]) - R.h[0], Filled(1, (R.size.n,)), ()),
    "no such step": ("H", h[t], b, AT_T, (Relation("<", T, t),)),
    "other sizes": ("H", Filled(1, (n,)), Filled(1, (C,)), ()),
    "a vector for a matrix": ("H", Filled(1, (n,)), Filled(1, (n,), (n,)), ()),
    "a number for a vector that is no number": ("H", Entry(b, 1), Product(Entry(b, 1), Filled(1, (n,))), ()),
    "a letter for steps and components": ("H", total(Entry(h[i], i), i, 1, T), total(Entry(h[i], i), i, 1, T), ()),
    "one letter over two sizes": ("H", *[SumOver(Product(Entry(b, i), Entry(H.c, i)), i, 1, n)] * 2, ()),
    "an order that is not fixed": ("H", *[ProductOver(W, k, 1, T, "unspecified")] * 2, ()),
}


@pytest.mark.parametrize("name", UNDECIDABLE)
def test_what_means_nothing_is_not_proved(name):
    key, left, right, free, conditions = unpacked(UNDECIDABLE[name])
    outcome = PROVERS[key].equal(left, right, Domain(free, conditions))
    assert not outcome.proved or (name == "1/0 at the first step" and outcome.assumes), outcome.assumes


def test_what_is_defined_nowhere_is_not_proved():
    """Both routes prove it, for any function called log; but a real logarithm of a negative number is none."""
    nowhere = log(Product(-1, exp(b)))
    sides = Sides(Plus(nowhere, b), Plus(b, nowhere))
    judgement = workshop(MODELS["H"])[0].judge([Case((), sides, sides, Domain())])
    assert PROVERS["H"].equal(sides.head, sides.right, Domain()).proved
    assert judgement.verdict == "unproved" and "nowhere defined" in judgement.reason


def case(name, words=(), table=RIGHT):
    left, right, free = table[name][1:4]
    sides = Sides(left, right)
    return Case(words, sides, sides, Domain(tuple(free)))


W_OK, V_OK, FALSE = case("gradient: W"), case("gradient: V"), case("gradient: transposed", table=WRONG)
UNKNOWN = Sides(*UNDECIDABLE["1/(an empty sum)"][1:3])
OPEN = Case(("open",), UNKNOWN, UNKNOWN, Domain())
JUDGED = {
    "both weights": ([W_OK, V_OK], "proved"),
    "one of two weights": ([W_OK, FALSE], "refuted"),
    "the other of two weights": ([FALSE, W_OK], "refuted"),
    "one of two readings": ([case("gradient: transposed", ("wrong",), WRONG), case("gradient: W", ("right",))], "proved"),
    "a reading that is open": ([case("gradient: transposed", ("wrong",), WRONG), OPEN], "unproved"),
}
"""Cases of one '=' and the verdict on them: every weight of a reading must be right, and every reading wrong."""


@pytest.mark.parametrize("name", JUDGED)
def test_weights_and_readings(name):
    cases, verdict = JUDGED[name]
    judgement = workshop(MODELS["H"])[0].judge(cases)
    assert judgement.verdict == verdict, judgement.reason
    assert judgement.assumes == (("sum(y)=1",) if cases == [W_OK, V_OK] else ())


@pytest.mark.parametrize("name, sums, zeros", [
    ("gradient: W", set(), set()), ("gradient: V", {"y"}, set()), ("gradient: relu W", set(), set()),
    ("gradient: relu W from t = 2", set(), {"h"}),
])  # fmt: skip
def test_the_second_route_assumes_what_the_first_does(name, sums, zeros, monkeypatch):
    asked = []
    monkeypatch.setattr(judge, "agreement", lambda question: asked.append(question) or Agreement("agrees"))
    workshop(MODELS[RIGHT[name][0]])[0].judge([case(name)])
    assert [(q.sums, q.zeros) for q in asked] == [(sums, zeros)]


def test_conditions_in_words():
    relations = Relation("<=", ONE, t - 1), Relation("<=", t + 1, T), Relation("<=", Integer(3), T)
    assert [in_words(r) for r in relations] == ["t>=2", "t<=tau-1", "tau>=3"]


def test_conditions_are_listed_every_time():
    outcomes = [PROVERS["H"].equal(Quotient(h[t], h[t]), Filled(1, (n,)), Domain(AT_T)) for _ in range(3)]
    assert [o.assumes for o in outcomes] == [("h!=0",)] * 3


def test_a_huge_formula_stops():
    wide = Product(*[Plus(*[Product(k + 2, W) for k in range(20)])] * 6)
    tall = Total(Hadamard(*[Plus(W, Transpose(W), Product(W, W))] * 12))
    outcome = PROVERS["H"].equal(Trace(wide) * tall, Total(W), Domain())
    assert not outcome.proved and outcome.steps <= STEPS + 100_000


def test_what_has_lost_a_sum_is_no_normal_form():
    """No rule may drop the sum over a vertex that stands anywhere still; two such terms would look the same."""
    converter = Converter(MODELS["H"], {}, Budget(STEPS))
    lost = Monomial(((Edge("var:b", (), (FIRST_BOUND,)), 1),))
    with pytest.raises(Unsupported, match="got lost"):
        Settler(converter.algebra, Region(()), "T").settled({lost: 1})
    kept = lost._replace(verts=((FIRST_BOUND, "n"),))
    assert Settler(converter.algebra, Region(()), "T").settled({kept: 1})


def rules():
    for key, prover in PROVERS.items():
        for kind in ("recurrences", "eliminated"):
            for name, (own, _) in getattr(prover.facts, kind).items():
                if own.indices:
                    yield pytest.param(key, kind, own, id=f"{key}-{name}")


@pytest.mark.parametrize(("key", "kind", "own"), list(rules()))
def test_rules_of_adjoints_hold_at_every_step(key, kind, own):
    """After the last step and before the first one too, where the adjoint is zero or has no rule."""
    prover, model = PROVERS[key], MODELS[key]
    last = model.time.upper
    points = 0
    for length in (1, 2, 3):
        world = world_of(model, dict.fromkeys(sizes_of(model), 2), length)
        for index, env in [(last, {}), (last + 1, {}), (Integer(0), {}), *((t + 1, {t: now}) for now in range(length + 1))]:
            atom = Adjoint(own.moved(index))
            try:
                true, rule = (world.evaluate(x, env) for x in (atom, prover._replaced(atom, getattr(prover.facts, kind))))
            except OutOfRange:  # the rule multiplies what does not exist by the adjoint there, which is zero
                continue
            assert difference(true, rule) < 1e-9, f"{atom} at T = {length}, {env}"
            points += 1
    assert points > 4


def sizes_of(model):
    return {z.name for f in model.families.values() for leg in (*f.rows, *f.cols) for z in leg.free_symbols}
