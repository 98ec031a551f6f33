"""Bounds: largest slopes, norms of products of Jacobians, statements about the long run, and what must not be proved."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from sympy import Integer, Symbol

from derivations import gradient_flow, load, relu_classifier, sigmoid_rnn, tanh_rnn
from symbolic.bounds.bench import Bench, Finding, at_least_one, growth
from symbolic.bounds.guard import exceeded
from symbolic.bounds.norms import norm_bound
from symbolic.bounds.slopes import entry_bound, largest_slope
from symbolic.bounds.statements import judged
from symbolic.bounds.witnesses import Recurrence, measured, recurrence, trials
from symbolic.bounds.words import scale_in_words
from symbolic.derivation import derive, expand
from symbolic.language import (
    FUNCTIONS,
    Apply,
    Diag,
    Fun,
    Hadamard,
    Identity,
    Partial,
    Plus,
    Power,
    Product,
    ProductOver,
    Transpose,
    Var,
    kind_of,
    relu,
    sigmoid,
    tanh,
)  # fmt: skip
from symbolic.language.bounds import (
    All,
    AtMost,
    Explodes,
    Factors,
    Falls,
    ForEach,
    Greater,
    Implies,
    Large,
    LargestSlope,
    Less,
    Meaning,
    Named,
    Not,
    Scale,
    Vanishes,
    gamma,
    norm,
    number,
    scale,
)  # fmt: skip
from symbolic.model import Model, Network
from symbolic.pipeline import check_note, models_of
from symbolic.proof import samples
from symbolic.proof.oracle import World
from symbolic.reading.document.read import read_document

NOTES = Path(__file__).parent / "notes"
t, k, j, m, n = Symbol("t"), Symbol("k"), Symbol("j"), Symbol("m"), Symbol("n")
W, V, v, w = Var("W", (), (n,), (n,)), Var("V", (), (n,), (n,)), Var("v", (), (n,)), Var("w", (), (n,))
PLAIN = tanh_rnn.MODEL

# slopes


@pytest.mark.parametrize("name", [r.name for r in FUNCTIONS.values() if r.slope is not None])
def test_the_largest_slope_is_that_of_the_table_and_of_a_fine_grid(name):
    row, found = FUNCTIONS[name], largest_slope(name)
    if name != "step":
        assert (found and Fraction(int(found.value.p), int(found.value.q))) == row.largest_slope
    grid = np.linspace(-40, 40, 80001).astype(complex).reshape(1, -1, 1)
    with np.errstate(all="ignore"):
        seen = np.nanmax(abs(samples.table_function(name, 1)(grid).real))
    assert seen == pytest.approx(float(found.value), abs=1e-12) if found else seen > 100 or name in ("sqrt", "log", "reciprocal")


def test_a_slope_that_is_only_approached_is_not_taken():
    assert largest_slope("softplus").at is None and largest_slope("tanh").at == 0 and largest_slope("sigmoid").at == Fraction(1, 2)


h_t, h_before = PLAIN.families["h"].at(t), PLAIN.families["h"].at(t - 1)
ENTRIES = (
    # term, bound
    (1 - Power(h_t, 2), 1),
    (Hadamard(h_t, Plus(1, Product(-1, h_t))), 2),  # y(1 - y) on (-1, 1) at y = -1
    (tanh(v), 1),
    (sigmoid(v), 1),
    (Hadamard(tanh(v), sigmoid(w)), 1),
    (Apply(Fun("sigmoid", 1), v), Fraction(1, 4)),
    (Plus(2, Product(-3, sigmoid(v))), 2),
    (Hadamard(Fraction(-3), tanh(v)), 3),
    (1 - Power(h_before, 2), None),  # h_0 is no value of tanh
    (relu(v), None),
    (v, None),
    (Apply(Fun("exp"), v), None),
    (Power(tanh(v), -1), None),
    (Product(tanh(v), Transpose(tanh(v))), None),
    (Plus(tanh(W), Product(-1, Transpose(tanh(W)))), None),  # the entries at (i, j) and (j, i) differ
    (Hadamard(sigmoid(W), Plus(1, Product(-1, Transpose(sigmoid(W))))), 1),  # not 1/4
    (Transpose(Plus(1, Product(-1, Power(tanh(W), 2)))), 1),
)


@pytest.mark.parametrize("term, bound", ENTRIES, ids=lambda x: str(x)[:40])
def test_entries_are_bounded_by_exact_critical_points(term, bound):
    found = entry_bound(term, PLAIN)
    assert found == (None if bound is None else number(bound))


def test_the_slope_of_an_abstract_function_has_a_name():
    sigma = Fun("sigma", kind="elementwise")
    assert entry_bound(Apply(sigma.derived(), v), None) == gamma(sigma)
    assert entry_bound(Apply(sigma.derived().derived(), v), None) is None


# norms

NORMS = (
    (Product(W, V, v), norm(W) * norm(V) * norm(v), False),
    (Product(Diag(tanh(v)), W), norm(W), False),
    (Product(Integer(-3), W), number(3) * norm(W), False),
    (Hadamard(sigmoid(v), w), norm(w), False),
    (Transpose(W), norm(W), True),
    (Identity(n), Scale(), False),
    (Plus(W, V), norm(Plus(W, V)), False),  # no rule: it stands for itself
    (Diag(v), norm(Diag(v)), False),
    (ProductOver(Product(Diag(tanh(Var("z", (j,), (n,)))), W), j, k + 1, t), norm(W) ** (t - k), False),
    (ProductOver(Var("A", (j,), (n,), (n,)), j, k + 1, t), None, False),  # every factor another one
)


@pytest.mark.parametrize("term, bound, spectral", NORMS, ids=lambda x: str(x)[:40])
def test_norms_are_bounded_from_the_form_of_a_term(term, bound, spectral):
    found = norm_bound(term, PLAIN)
    assert found.scale == (norm(term) if bound is None else bound) and found.spectral == spectral


def flow(model: Model, state: str = "h", den: str = "h") -> Scale:
    step = Partial(model.families[state].at(model.time.symbol), model.families[den].at(m))
    return norm_bound(expand(step, derive(model)), model).scale


FLOWS = (
    (tanh_rnn.MODEL, "‖W‖^(t - m)"), (sigmoid_rnn.MODEL, "(1/4 ‖V‖)^(t - m)"), (relu_classifier.MODEL, "‖W‖^(t - m)"),
    (gradient_flow.MODEL, "(‖W_rec‖ sup|sigma'|)^(t - m)"), (gradient_flow.SECOND, "(‖W_hh‖ sup|sigma'|)^(t - m)"),
)  # fmt: skip


@pytest.mark.parametrize("model, words", FLOWS, ids=lambda x: getattr(x, "name", x))
def test_the_jacobian_over_a_lag_is_bounded_by_a_power(model, words):
    assert scale_in_words(flow(model), model) == words


@pytest.mark.parametrize("name, words", [
    ("elman", "‖B‖^(k - m)"), ("blog", "‖W‖^(t - m)"), ("jordan", "(1/4 ‖U_h‖ ‖W_y‖)^(t - m)"), ("scalar_net", "‖u‖^(t - m)"),
    ("cross_entropy", "(‖W‖ sup|phi'|)^(t - m)"), ("row_vectors", "‖U‖^(t - m)"),
])
def test_the_bound_follows_for_notes_that_nobody_prepared(name, words):
    (model, *_), _ = models_of(read_document((NOTES / f"{name}.md").read_text(), "markdown"))
    (state,) = derive(model).basis
    assert scale_in_words(flow(model, state, state), model) == words


@pytest.mark.parametrize("seed", range(6))
def test_no_real_network_exceeds_its_bound(seed):
    model = (tanh_rnn.MODEL, sigmoid_rnn.MODEL, relu_classifier.MODEL)[seed % 3]
    sizes = {s.name: 3 for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}
    world, bound, h = World(model, sizes, 6, seed=seed), flow(model), model.families["h"]
    weights = {name: np.linalg.norm(x, 2) for (name, _), x in world.leaves("weight").items() if x.ndim == 2}
    for lag in range(1, 6):
        claimed = np.prod([
            float(a if isinstance(a, Fraction) else weights[a.term.name]) ** int(e.subs({model.time.symbol: 6, m: 6 - lag}))
            for a, e in bound.powers
        ])
        assert np.linalg.norm(world.evaluate(Partial(h.at(6), h.at(6 - lag))), 2) <= claimed * (1 + 1e-9)


# scales


def test_scales_multiply_and_compare():
    half, c = number(Fraction(1, 2)), norm(W)
    assert half * half == number(Fraction(1, 4)) and (half * c) ** 2 == number(Fraction(1, 4)) * c * c
    assert c.over(c) == Scale() and (c ** (t - k)).over(c ** (t - k)) == Scale()
    assert at_least_one(number(2)) and not at_least_one(half) and at_least_one(half**-1) and not at_least_one(c)
    lag = t - k
    assert at_least_one(number(4) ** lag, lag) and not at_least_one(half**lag, lag) and at_least_one(half ** (-lag), lag)
    assert not at_least_one(number(4) ** (k - t), lag) and not at_least_one(number(4) ** t, lag)
    grown = growth(number(Fraction(1, 4)) ** (lag + 1) * c**lag * norm(V))
    assert grown.lag == lag and grown.base == number(Fraction(1, 4)) * c and grown.rest == number(Fraction(1, 4)) * norm(V)
    assert growth(c * c) is None and growth(c**t * norm(V) ** k) is None


# statements

MODEL, SECOND = gradient_flow.MODEL, gradient_flow.SECOND
SIGMA = Fun("sigma", kind="elementwise")
g, h, W_rec = gamma(SIGMA), MODEL.families["h"], MODEL.families["W_rec"].var
J = Partial(h.at(t), h.at(k))
chain = ProductOver(Partial(h.at(j), h.at(j - 1)), j, k + 1, t)
size = norm(W_rec)


def each(part: Meaning, *names: str) -> Meaning:
    return ForEach(SIGMA, names or ("sigmoid", "tanh", "relu"), part)


MEANINGS = (
    # verdict, meaning
    ("proved", LargestSlope(("sigmoid",), Fraction(1, 4))),
    ("refuted", LargestSlope(("sigmoid",), Fraction(1, 2))),
    ("refuted", LargestSlope(("tanh", "sigmoid"), Fraction(1))),
    ("refuted", LargestSlope(("softplus",), Fraction(1))),  # only approached
    ("unproved", LargestSlope(("exp",), Fraction(1))),
    ("proved", AtMost(J, (g * size) ** (t - k))),
    ("proved", AtMost(chain, (g * size) ** (t - k))),
    ("proved", each(AtMost(J, size ** (t - k)))),  # sup|σ'| ≤ 1 for all three
    ("proved", AtMost(J, (number(2) * g * size) ** (t - k))),
    ("unproved", AtMost(J, size ** (t - k))),
    ("unproved", AtMost(J, (g * size) ** (t - k - 1))),
    ("unproved", AtMost(J, (number(Fraction(1, 2)) * g * size) ** (t - k))),
    ("refuted", each(AtMost(J, (number(Fraction(1, 8)) * size) ** (t - k)))),
    ("proved", AtMost(J, (scale([(Named("c"), 1)]) * size) ** (t - k))),  # for every c ≥ γ
    ("unproved", AtMost(J, scale([(Named("c"), t - k)]))),
    ("unproved", AtMost(J, (scale([(Named("c"), 1), (Named("d"), 1)]) * size) ** (t - k))),
    ("unproved", AtMost(J, (scale([(Named("c"), -1)]) * size) ** (t - k))),
    ("proved", Implies(Less(g * size), Vanishes(J))),
    ("proved", each(Implies(Less(size), Vanishes(J)))),
    ("proved", each(Implies(Less(number(Fraction(1, 4)) * size), Vanishes(J)), "sigmoid")),
    ("refuted", each(Implies(Less(number(Fraction(1, 4)) * size), Vanishes(J)), "tanh")),
    ("refuted", each(Implies(Less(number(Fraction(1, 5)) * size), Vanishes(J)), "sigmoid")),
    ("unproved", Implies(Less(size), Vanishes(J))),  # γ is any number
    ("refuted", each(Vanishes(J))),
    ("refuted", each(Explodes(J))),
    ("proved", Implies(Explodes(J), Greater(g * size))),
    ("proved", each(Implies(Explodes(J), Greater(size)))),
    ("unproved", Implies(Explodes(J), Greater(size))),
    ("refuted", each(Implies(Explodes(J), Greater(number(Fraction(1, 8)) * size)), "tanh")),
    ("refuted", each(Implies(Explodes(J), Less(size)))),
    ("refuted", each(Implies(Greater(size), Explodes(J)))),
    ("refuted", each(Implies(Greater(size), Explodes(J)), "tanh")),
    ("refuted", each(Implies(Greater(size), Explodes(J)), "relu")),
    ("refuted", each(Implies(Large(W_rec), Explodes(J)))),
    ("unproved", each(Implies(Large(W_rec), Vanishes(J)))),
    ("proved", Not(each(Implies(Greater(size), Explodes(J))))),
    ("refuted", Not(Implies(Less(g * size), Vanishes(J)))),
    ("unproved", Not(Implies(Less(size), Vanishes(J)))),
    ("proved", Factors(J, W_rec, t - k)),
    ("proved", Factors(Product(Transpose(W_rec), W_rec), W_rec, Integer(2))),
    ("unproved", Factors(Power(W_rec, 2), W_rec, Integer(0))),
    ("unproved", Factors(J, W_rec, t - k + 1)),
    ("proved", Implies(Less(g * size), Falls((g * size) ** (t - k), t - k))),
    ("unproved", Falls((g * size) ** (t - k), t - k)),
    ("unproved", Implies(Less(size), Falls((g * size) ** (t - k), t - k))),
    ("proved", All((LargestSlope(("tanh",), Fraction(1)), AtMost(J, (g * size) ** (t - k))))),
    ("refuted", All((Vanishes(J), LargestSlope(("tanh",), Fraction(2))))),
    ("unproved", All((Vanishes(J), LargestSlope(("tanh",), Fraction(1))))),
)


@pytest.mark.parametrize("verdict, meaning", MEANINGS, ids=lambda x: str(x)[:60])
def test_statements_are_judged_by_the_mathematics(verdict, meaning):
    found = judged(meaning, Bench(MODEL, lambda latex: Finding("proved", ""), {}))
    assert found.verdict == verdict, found.reason
    assert found.reason and (found.counterexample is not None) == (verdict == "refuted" and not isinstance(meaning, Not))


def test_several_recurrences_have_no_power():
    (lstm,), _ = models_of(read_document((NOTES / "lstm_gates.md").read_text(), "markdown"))
    state = lstm.families["h"]
    found = judged(Vanishes(Partial(state.at(t), state.at(k))), Bench(lstm, lambda latex: Finding("proved", ""), {}))
    assert found.verdict == "unproved"


def test_witnesses_are_what_a_real_forward_pass_gives():
    model = tanh_rnn.MODEL
    rec = recurrence(model, "h", model.families["W"].var)
    first = next(trials(rec))
    seen = measured(first)
    assert seen.measured == pytest.approx([2.0**lag for lag in range(1, 7)])
    wrong = Recurrence(model, "h", model.families["W"].var, "sigmoid", rec.argument)  # not the network's function
    assert measured(next(trials(wrong))) is None
    assert recurrence(gradient_flow.MODEL, "h", W_rec) is None  # abstract: a witness needs numbers


def test_a_network_without_inputs_gives_no_witness():
    net = Network("closed", "no input")
    size_, time = net.sizes("n")[0], net.time("t", length="T")
    A, state, y, loss = net.weight("A", size_, size_), net.state("h", size_, at=time), net.label("y", size_), net.state("L")
    net.define(state[time], tanh(A * state[time - 1]))
    net.define(loss, y.T * state[net.length("T")])
    model = net.model(loss=loss)
    jacobian = Partial(model.families["h"].at(t), model.families["h"].at(k))
    found = judged(Vanishes(jacobian), Bench(model, lambda latex: Finding("proved", ""), {}))
    assert found.verdict == "unproved" and flow(model) == norm(model.families["A"].var) ** (t - m)


STATEMENTS = {
    "gradient_flow": {
        "L24:a": "proved", "L24:b": "proved", "L24:c": "refuted", "L24:d": "refuted", "L24:e": "proved", "L39:t": "proved",
        "L53:a": "refuted", "L53:b": "proved", "L55:a": "proved", "L55:b": "proved",
    },
    "relu_classifier": {"L33:a": "proved"},
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_the_notes_say_in_words(name):
    found = {e.id: e for e in check_note(load(name)) if e.kind == "statement"}
    assert {i: e.verdict for i, e in found.items()} == STATEMENTS[name]
    for e in found.values():
        assert e.reason.startswith("“") and (e.counterexample is None) == (e.verdict != "refuted")
        assert (e.proof is None) == (e.verdict != "proved")


def test_scales_need_no_order():
    assert scale([(Fraction(3), 1), *norm(W).powers]) == scale([*norm(W).powers, (Fraction(3), 1)])


def test_kinds_that_have_a_slope_are_elementwise():
    assert all(largest_slope(r.name) is None for r in FUNCTIONS.values() if kind_of(Fun(r.name)) != "elementwise")


def test_a_real_forward_pass_contradicts_a_wrong_bound():
    jacobian = Partial(PLAIN.families["h"].at(t), PLAIN.families["h"].at(k))
    power = norm(PLAIN.families["W"].var) ** (t - k)
    assert exceeded(jacobian, power, PLAIN) == ""
    assert "t = 4" in exceeded(jacobian, (number(Fraction(1, 2)) * norm(PLAIN.families["W"].var)) ** (t - k), PLAIN)
    assert exceeded(J, (g * size) ** (t - k), MODEL) == "" and exceeded(chain, (g * size) ** (t - k + 1), MODEL)
