"""Adjoints, gradients, closed forms and Jacobians of whole models against complex step on the unrolled forward pass."""

import numpy as np
import pytest
from derivation_models import MODELS
from sympy import Integer, Symbol

from derivations import gradient_flow, relu_classifier, sigmoid_rnn, tanh_rnn
from symbolic import language as L
from symbolic.derivation import UnsupportedError, derive, expand, sensitivity
from symbolic.language.binders import LAYOUTS as LAYOUT_NAMES
from symbolic.proof.oracle import OutOfRange, World

t, k = Symbol("t"), Symbol("k")
NOTES = {
    "sigmoid_rnn": sigmoid_rnn.MODEL,
    "tanh_rnn": tanh_rnn.MODEL,
    "gradient_flow": gradient_flow.MODEL,
    "gradient_flow_2": gradient_flow.SECOND,
    "relu_classifier": relu_classifier.MODEL,
}
ALL = {**NOTES, **{name: build() for name, build in MODELS.items()}}
SIZES = dict(zip(("n", "m", "C", "d", "p", "q"), (3, 2, 4, 5, 6, 2), strict=True))
_PREPARED: dict = {}


def prepared(name, length, assume=True):
    if (name, length, assume) not in _PREPARED:
        model = ALL[name]
        world = World(model, SIZES, length, seed=3, labels="sum" if assume else "free")
        _PREPARED[name, length, assume] = model, derive(model, assume), world
    return _PREPARED[name, length, assume]


def assert_equal(world, found, expected, indices=None, hint=""):
    left, right = (np.ravel(world.evaluate(a, indices or {})) for a in (found, expected))
    left = np.broadcast_to(left, right.shape)
    np.testing.assert_allclose(left, right, rtol=1e-8, atol=1e-11, err_msg=hint)


@pytest.mark.parametrize("length", [1, 2, 4])
@pytest.mark.parametrize("assume", [True, False], ids=["labels sum to one", "any labels"])
@pytest.mark.parametrize("name", ALL)
def test_adjoints_and_gradients(name, length, assume):
    model, derivation, world = prepared(name, length, assume)
    for family in model.families.values():
        if family.name not in derivation.adjoints:
            continue
        rule = derivation.adjoint(family.name)
        assert L.shape_of(rule) == family.var.shape, family.name
        for step in range(1, length + 1) if family.indices else [0]:
            expected = L.Partial(model.loss, family.at(step) if family.indices else family.var)
            if family.indices:  # written from the last step, so that uses beyond it are gone
                rule = derivation.rule_at(family.at(family.indices[0].upper - (length - step)))
            assert_equal(world, rule, expected, {t: step}, f"{family.name} at {step}: {rule}")
    for w in model.of_role("weight"):
        row = derivation.gradient(w.name, "jacobian")
        assert L.shape_of(row) == ((), w.rows + w.cols)
        for step in range(1, length + 1) if w.indices else [0]:
            assert_equal(world, row, L.Partial(model.loss, w.at(step) if w.indices else w.var), {t: step}, w.name)


@pytest.mark.parametrize("length", [1, 2, 4])
@pytest.mark.parametrize("name", ALL)
def test_boundary_values_and_closed_forms(name, length):
    model, derivation, world = prepared(name, length)
    for b in derivation.basis:
        family = model.families[b]
        assert_equal(world, derivation.last(b), L.Partial(model.loss, family.at(length)), hint=f"last {b}")
        if length > 1 or name != "second_order":  # there h_0 is used at step 2, which does not exist
            initial = derivation.initial_gradient(b)
            assert_equal(world, initial, L.Partial(model.loss, family.at(0)), hint=f"initial {b}")
        closed = derivation.closed(b)
        assert closed is not None or name in ("lstm", "stack", "second_order", "late_use", "attention")
        for step in range(1, length + 1) if closed is not None else ():
            assert not closed.has(L.Adjoint)
            assert_equal(world, closed, L.Partial(model.loss, family.at(step)), {t: step}, f"closed {b} at {step}")


def variables_of(model, points):
    """Every family at the points that formulas name."""
    for f in model.families.values():
        for point in points if f.indices else [None]:
            yield f.var if point is None else f.at(point)


def exists(world, var, indices):
    try:
        world.evaluate(var, indices)
    except OutOfRange:
        return False
    return True


@pytest.mark.parametrize("mode", ["total", "immediate"])
@pytest.mark.parametrize("name", ["tanh_rnn", "relu_classifier", "gradient_flow", "late_use", "context", "scalars"])
def test_every_derivative_in_a_formula(name, mode):
    """∂num/∂den for every pair of quantities at the usual points; what is not supported must say so."""
    model, derivation, world = prepared(name, 4)
    T = model.indices[0].upper
    places = [{t: 2, k: 2}, {t: 2, k: 3}, {t: 3, k: 1}]
    checked = 0
    for num in variables_of(model, [t, T, Integer(1)]):
        if model.equation(num.name) is None:
            continue
        for den in variables_of(model, [t, t - 1, t + 1, k, T, Integer(2)]):
            asked = L.Partial(num, den, mode, "gradient")
            try:
                found = expand(asked, derivation)
            except UnsupportedError as error:
                assert len(str(error)) > 20
                continue
            assert L.shape_of(found) == asked.shape
            assert not found.has(L.Partial)
            for indices in places:
                if exists(world, num, indices) and exists(world, den, indices):
                    assert_equal(world, found, asked, indices, f"{asked} at {indices}: {found}")
                    checked += 1
    assert checked > 200


@pytest.mark.parametrize("name", ALL)
def test_derivatives_at_a_fixed_distance_in_time(name):
    """With any number of recurrent families."""
    model, derivation, world = prepared(name, 4)
    last = [f for f in model.of_role("state") if f.indices][-3:]
    for num in last:
        for den in [f for f in model.of_role("state", "input") if f.indices]:
            for back in (0, 2):
                asked = L.Partial(num.at(t), den.at(t - back), "total", "jacobian")
                try:
                    found = expand(asked, derivation)
                except UnsupportedError:
                    assert name in ("all_with_all", "context")
                    continue
                assert_equal(world, found, asked, {t: 3}, str(asked))


H, W, LOSS_T = (tanh_rnn.MODEL.families[name].var for name in ("h", "W", "L_t"))
LAYOUTS = [
    L.Partial(num, den, "total", layout)
    for num in (tanh_rnn.MODEL.loss, LOSS_T, H, L.Entry(H, 2))
    for den in (W, H, L.Entry(W, 2, 1), L.Entry(H, 3))
    for layout in LAYOUT_NAMES
]


@pytest.mark.parametrize("asked", LAYOUTS, ids=str)
def test_layouts_and_components(asked):
    _, derivation, world = prepared("tanh_rnn", 3)
    found = expand(asked, derivation)
    assert L.shape_of(found) == asked.shape
    assert_equal(world, found, asked, {t: 2})


def test_formulas_around_derivatives_stay_as_written():
    model, derivation, world = prepared("tanh_rnn", 3)
    h, W, L_t = model.families["h"], model.families["W"].var, model.families["L_t"]
    tau = model.indices[0].upper
    s = Symbol("s")
    inside = L.SumOver(L.Product(L.Transpose(L.Partial(model.loss, h[s])), L.Partial(h[s], W, "immediate")), s, 1, tau)
    found = expand(inside, derivation)
    assert type(found) is L.SumOver and not found.has(L.Partial)
    assert_equal(world, found, L.Partial(model.loss, W))
    path = L.Product(L.Transpose(L.Partial(L_t[t], h[t])), L.Partial(h[t], h[s]), L.Partial(h[s], W, "immediate"))
    found = expand(L.SumOver(L.SumOver(path, s, 1, t), t, 1, tau), derivation)
    assert not found.has(L.Where), "the range of s is known to end at t"
    assert_equal(world, found, L.Partial(model.loss, W))


@pytest.mark.parametrize("name, state, weights", [
    ("tanh_rnn", "h", "UWb"), ("tanh_rnn", "y_hat", "UWbVc"), ("lstm", "h", ("W_i", "U_o", "b_f", "W_g")),
    ("second_order", "h", "WZU"), ("late_use", "u", "WUV"), ("relu_classifier", "h", "bWU"),
])
def test_forward_sensitivities(name, state, weights):
    """S_t = J_t S_{t-1} + ∂⁺h_t/∂W."""
    model, derivation, world = prepared(name, 4)
    for w in weights:
        family, weight = model.families[state], model.families[w].var
        recursion = sensitivity(derivation, state, w)
        for step in (1, 2, 4):
            if name != "second_order" or step > 1:
                expected = L.Partial(family.at(step), weight, "total", "jacobian")
                assert_equal(world, recursion, expected, {t: step}, f"{name} {w}")
