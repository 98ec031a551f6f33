"""The numeric oracle: every head against NumPy, derivatives against formulas worked out by hand, the search."""

import numpy as np
import pytest
from network_examples import two_indices
from sympy import Integer, Rational, Symbol, preorder_traversal

from derivations import gradient_flow, relu_classifier, sigmoid_rnn, tanh_rnn
from symbolic import language as L
from symbolic.model import Network
from symbolic.proof import oracle, samples
from symbolic.proof.counterexample import search, stages
from symbolic.proof.interpret import RULES
from symbolic.proof.oracle import OutOfRange, UnboundIndex, World, gap, world_of

n, m, i, j, t, k, T = (Symbol(s) for s in ("n", "m", "i", "j", "t", "k", "T"))


def plain_model():
    """h_t = tanh(W h_{t-1} + U x_t), L = Σ_t |h_t|²/2: enough to stand every head on."""
    net = Network("plain")
    n, m = net.sizes("n m")
    t = net.time("t", length="T")
    x = net.input("x", m, at=t)
    W, U = net.weight("W", n, n), net.weight("U", n, m)
    h = net.state("h", n, at=t)
    L_t, loss = net.state("L_t", at=t), net.state("L")
    net.define(h[t], L.tanh(W * h[t - 1] + U * x[t]))
    net.define(L_t[t], L.Quotient(L.NormSquared(h[t]), 2))
    net.define(loss, L.SumOver(L_t[t], t, 1, net.length("T")))
    return net.model(loss=loss)


PLAIN = plain_model()
WORLD = World(PLAIN, {"n": 3, "m": 2}, 4, seed=5)
W, U = PLAIN.families["W"].var, PLAIN.families["U"].var
h, x = PLAIN.families["h"], PLAIN.families["x"]
w, u = WORLD.evaluate(W), WORLD.evaluate(U)
hs = [WORLD.evaluate(h[s]) for s in range(5)]
xs = [None, *(WORLD.evaluate(x[s]) for s in range(1, 5))]


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def outside(a, b):
    return np.einsum("ij,kl->ikjl", a, b)


HEADS = {
    "plus": (L.Plus(1, W, L.Product(2, W)), 1 + 3 * w),
    "product": (L.Product(U, L.Product(x[1]), 3), 3 * (u @ xs[1])),
    "scalar anywhere": (L.Product(U, h[1].T * h[2], x[1]), u @ xs[1] * (hs[1] @ hs[2])),
    "outer product": (L.Product(h[1], x[2].T), np.outer(hs[1], xs[2])),
    "hadamard": (L.Hadamard(2, h[1], h[2]), 2 * hs[1] * hs[2]),
    "quotient": (L.Quotient(1, h[1]), 1 / hs[1]),
    "quotient by a scalar": (L.Quotient(W, h[1].T * h[1]), w / (hs[1] @ hs[1])),
    "power": (L.Power(h[1], 3), hs[1] ** 3),
    "negative power": (L.Power(h[1], -2), hs[1] ** -2.0),
    "root": (L.Power(L.exp(h[1]), Rational(1, 2)), np.exp(hs[1] / 2)),
    "transpose": (L.Transpose(U), u.T),
    "diag": (L.Diag(h[1]), np.diag(hs[1])),
    "diag of a row": (L.Diag(h[1].T), np.diag(hs[1])),
    "diagonal": (L.DiagPart(W), np.diag(w)),
    "identity": (L.Identity(n), np.eye(3)),
    "commutation matrix": (L.Commute((n,), (m,)) * L.Vec(U), u.T),
    "filled": (L.Filled(2, (n,), (m,)), np.full((3, 2), 2.0)),
    "kronecker": (L.Kronecker(W, U), outside(w, u)),
    "kronecker of columns": (L.Kronecker(h[1], x[1]), np.outer(hs[1], xs[1])),
    "vec by rows": (L.Vec(U), u),
    "vec by columns": (L.Vec(U, "column"), u.T),
    "reshape": (L.Reshape(L.Vec(U), (n,), (m,)), u),
    "trace": (L.Trace(W), np.trace(w)),
    "total": (L.Total(U), u.sum()),
    "norm squared": (L.NormSquared(U), (u**2).sum()),
    "entry": (L.Entry(U, 2, 1), u[1, 0]),
    "entry at an index": (L.Entry(U, i, j), u[2, 1]),
    "unit": (L.Unit(i, n), np.eye(3)[2]),
    "where true": (L.Where(W, L.Relation("!=", i, j)), w),
    "where false": (L.Where(h[k + 9], L.Relation("=", i, j)), np.zeros(3)),
    "sum over time": (L.SumOver(h[t] * x[t].T, t, 1, T), sum(np.outer(hs[s], xs[s]) for s in range(1, 5))),
    "sum over components": (L.SumOver(L.Entry(W, i, k) * L.Entry(h[1], k), k, 1, n), w[2] @ hs[1]),
    "sum without one": (L.SumOver(L.Entry(h[1], k), k, 1, n, (i,)), hs[1][:2].sum()),
    "empty sum": (L.SumOver(h[t], t, 3, 1), np.zeros(3)),
    "descending product": (
        L.ProductOver(L.Diag(h[t]) * W, t, 2, 3), np.diag(hs[3]) @ w @ np.diag(hs[2]) @ w),
    "ascending product": (
        L.ProductOver(L.Diag(h[t]) * W, t, 2, 3, "ascending"), np.diag(hs[2]) @ w @ np.diag(hs[3]) @ w),
    "empty product": (L.ProductOver(W, t, 3, 2), np.eye(3)),
    "product of negative length": (L.ProductOver(W, t, T, 1), np.eye(3)),
    "concat beside": (L.Concat(1, W, U), np.hstack([w, u])),
    "concat above": (L.Concat(0, h[1], x[1]), np.hstack([hs[1], xs[1]])),
    "block": (L.Block(L.Concat(1, W, U), 1, 1, (n, m)), u),
    "softmax": (L.softmax(h[1]), softmax(hs[1])),
    "log-softmax": (L.logsoftmax(h[1]), np.log(softmax(hs[1]))),
    "log-sum-exp": (L.logsumexp(h[1]), np.log(np.exp(hs[1]).sum())),
    "a size as a number": (L.Quotient(h[1], n), hs[1] / 3),
    "variable": (h[4], np.tanh(w @ hs[3] + u @ xs[4])),
    "loss": (PLAIN.loss, sum((v @ v) / 2 for v in hs[1:])),
    "adjoint": (L.Adjoint(h[4]), hs[4]),
    "adjoint after the end": (L.Adjoint(h[T + 1]), np.zeros(3)),
    "component of an adjoint after the end": (L.Partial(PLAIN.loss, L.Entry(h[T + 1], 2)), 0.0),
    "partial": (L.Partial(h[2], h[1]), np.diag(1 - hs[2] ** 2) @ w),
}


@pytest.mark.parametrize("name", HEADS)
def test_head(name):
    term, expected = HEADS[name]
    found = WORLD.evaluate(term, {i: 3, j: 2})
    assert found.size == np.asarray(expected).size
    np.testing.assert_allclose(found.ravel(), np.ravel(expected), rtol=1e-13, atol=1e-15)


def test_every_head_has_a_meaning():
    heads = {v for v in vars(L).values() if isinstance(v, type) and issubclass(v, L.Term) and v is not L.Term}
    tried = {type(node) for term, _ in HEADS.values() for node in preorder_traversal(term)}
    assert heads == set(RULES) and heads <= tried


@pytest.mark.parametrize("name", [row.name for row in L.FUNCTIONS.values()])
def test_function_rows(name):
    """Complex step through a row agrees with a central difference of its values, at points of both signs."""
    points = np.array([0.3, 1.7, 2.9]) if name in ("log", "sqrt") else np.array([-2.1, -0.4, 0.7, 1.9])
    f = samples.table_function(name, 0)
    z = points.reshape(1, -1, 1)
    for entry in range(len(points)):
        e = np.zeros_like(z)
        e[0, entry] = 1
        central = (f(z + 1e-6 * e) - f(z - 1e-6 * e)) / 2e-6
        np.testing.assert_allclose(f(z + 1e-30j * e).imag / 1e-30, central, rtol=1e-8, atol=1e-9)
    for order in range(1, len(samples.ELEMENTWISE.get(name, ()))):
        step = samples.table_function(name, order - 1)(z + 1e-30j).imag / 1e-30
        np.testing.assert_allclose(samples.table_function(name, order)(z), step, rtol=1e-12, atol=1e-14)


def test_derivative_of_logarithm_needs_a_positive_argument():
    assert np.isnan(samples.table_function("log", 0)(np.full((1, 1, 1), -1.0))).all()


@pytest.mark.parametrize("order", range(4))
def test_abstract_elementwise_derivatives(order):
    z = np.array([-1.3, 0.4, 2.0]).reshape(1, 3, 1)
    step = samples.abstract_elementwise("f", order, ())(z + 1e-30j).imag / 1e-30
    np.testing.assert_allclose(samples.abstract_elementwise("f", order + 1, ())(z), step, rtol=1e-13)


def test_abstract_functions_of_a_vector():
    v, y = L.Var("v", (), (n,)), L.Fun("ell", kind="scalar", at=(t,))
    g = L.Fun("g", kind="vector", out=(m,))
    assert gap(WORLD, L.Partial(y(v), v), y.derived()(v), {t: 1}) < 1e-14
    assert gap(WORLD, L.Partial(g(v), v), g.derived()(v)) < 1e-14
    assert gap(WORLD, y(v), L.Fun("ell", kind="scalar", at=(k,))(v), {t: 1, k: 2}) > 1e-3
    assert WORLD.instances["ell"].startswith("ell := ")


# Derivatives.

D = [np.diag(1 - v**2) for v in hs]


def total_by_hand(step):
    """dh_s/dW by forward sensitivities: S_s = D_s (W S_{s-1} + I ⊗ h_{s-1}ᵀ)."""
    S = np.zeros((3, 9))
    for s in range(1, step + 1):
        S = D[s] @ (w @ S + np.kron(np.eye(3), hs[s - 1]))
    return S


def immediate_by_hand(step):
    return D[step] @ np.kron(np.eye(3), hs[step - 1])


@pytest.mark.parametrize("step", [1, 2, 4])
@pytest.mark.parametrize("mode, expected", [("total", total_by_hand), ("immediate", immediate_by_hand)])
def test_total_and_immediate(mode, expected, step):
    found = WORLD.evaluate(L.Partial(h[t], W, mode), {t: step}).reshape(3, 9)
    np.testing.assert_allclose(found, expected(step), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("mode, far", [("total", D[3] @ w @ D[2] @ w), ("immediate", np.zeros((3, 3)))])
def test_immediate_derivative_holds_other_steps(mode, far):
    np.testing.assert_allclose(WORLD.evaluate(L.Partial(h[3], h[1], mode)), far, atol=1e-14)
    np.testing.assert_allclose(WORLD.evaluate(L.Partial(h[3], h[2], mode)), D[3] @ w, atol=1e-14)


def test_immediate_derivative_of_an_expression():
    """By one copy of W, that of step t, also where the numerator is written out."""
    written = L.Product(W, h[t - 1])
    found = WORLD.evaluate(L.Partial(written, W, "immediate"), {t: 3}).reshape(3, 9)
    np.testing.assert_allclose(found, np.kron(np.eye(3), hs[2]), atol=1e-15)
    assert gap(WORLD, L.Partial(written, W, "total"), L.Partial(written, W, "immediate"), {t: 3}) > 1e-2


def test_layouts():
    v = L.Var("v", (), (m,))
    num = L.Product(U, v)
    for layout, expected in (("gradient", u), ("jacobian", u), ("denominator", u.T)):
        np.testing.assert_allclose(WORLD.evaluate(L.Partial(num, v, "total", layout)), expected)
    scalar = L.NormSquared(v)
    shapes = {lay: L.shape_of(L.Partial(scalar, v, "total", lay)) for lay in ("gradient", "jacobian", "denominator")}
    assert shapes == {"gradient": ((m,), ()), "jacobian": ((), (m,)), "denominator": ((m,), ())}
    for lay in shapes:
        assert gap(WORLD, L.Partial(scalar, v, "total", lay), L.Product(2, v)) < 1e-15


def test_denominators_that_move_entries():
    for den, expected in (
        (L.Entry(U, 3, 1), L.Entry(L.Adjoint(U), 3, 1)),
        (L.Transpose(U), L.Transpose(L.Adjoint(U))),
        (L.Concat(1, W, U), L.Concat(1, L.Adjoint(W), L.Adjoint(U))),
    ):
        assert gap(WORLD, L.Partial(PLAIN.loss, den), expected) < 1e-15


def test_softmax_jacobian_by_components():
    v = L.Var("v", (), (Symbol("N"),))
    s = L.softmax(v)
    a, b = L.Entry(s, i), L.Entry(s, j)
    equal, apart = L.Relation("=", i, j), L.Relation("!=", i, j)
    formula = L.Where(a * (1 - a), equal) - L.Where(a * b, apart)
    for values in ({i: 1, j: 1}, {i: 1, j: 2}):
        assert gap(WORLD, L.Partial(a, L.Entry(v, j)), formula, values) < 1e-14


MODELS = {
    "tanh": (tanh_rnn.MODEL, {"d": 2, "n": 3, "C": 4}),
    "sigmoid": (sigmoid_rnn.MODEL, {"d": 2, "p": 3, "n": 4, "q": 5, "C": 3}),
    "abstract": (gradient_flow.MODEL, {"d": 2, "n": 3, "C": 4}),
    "abstract loss": (gradient_flow.SECOND, {"d": 2, "n": 3, "C": 4}),
    "relu": (relu_classifier.MODEL, {"n": 4}),
    "two indices": (two_indices(), {"n": 2}),
}


@pytest.mark.parametrize("name", MODELS)
def test_adjoints_against_central_differences(name):
    """Every leaf, by moving it and running the forward pass again."""
    model, sizes = MODELS[name]
    world = World(model, sizes, 3, seed=2)
    leaves = world.leaves()
    loss = model.loss
    for key, number in leaves.items():
        family = model.families[key[0]]
        found = world.evaluate(L.Adjoint(family.at(*(Integer(s) for s in key[1]))))
        expected = np.zeros_like(number)
        for entry in np.ndindex(number.shape):
            ends = []
            for sign in (1, -1):
                moved = number.copy()
                moved[entry] += sign * 1e-5
                ends.append(World(model, sizes, 3, values={**leaves, key: moved}).evaluate(loss))
            expected[entry] = (ends[0] - ends[1]) / 2e-5
        np.testing.assert_allclose(found, expected, atol=1e-8 * max(1, abs(expected).max()), err_msg=str(key))


# Samples.


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", range(3))
def test_samples_are_moderate(name, seed):
    model, sizes = MODELS[name]
    world = World(model, sizes, 3, seed=seed)
    for key, number in world.leaves().items():
        zero = key[0] in model.zero_initial and key[1] == (0,)
        assert zero == (abs(number) < 1e-6).all() and (zero or abs(number).min() > 1e-3)
    again = World(model, sizes, 3, seed=seed)
    assert world.evaluate(model.loss) == again.evaluate(model.loss)


def test_relu_samples_stay_off_the_kink_and_are_mixed(monkeypatch):
    monkeypatch.setattr(oracle, "KINK_DISTANCE", 0.05)
    z = L.Plus(*(relu_classifier.MODEL.equation("h").right.x.args))
    for seed in range(6):
        world = World(relu_classifier.MODEL, {"n": 3}, 3, seed=seed)
        arguments = np.concatenate([world.evaluate(z, {t: s}) for s in (1, 2, 3)])
        assert abs(arguments).min() > 0.05 and arguments.min() < 0 < arguments.max() and abs(arguments).max() <= 3


def test_labels():
    r = tanh_rnn.MODEL.families["y"]
    assert World(tanh_rnn.MODEL, MODELS["tanh"][1], 2).evaluate(L.Total(r[1])) == pytest.approx(1)
    assert abs(World(tanh_rnn.MODEL, MODELS["tanh"][1], 2, labels="free").evaluate(L.Total(r[1])) - 1) > 1e-3


def test_out_of_range_and_unbound():
    for term in (h[5], h[-1], x[0], L.Entry(h[1], 4), L.Unit(4, n), L.Partial(h[5], h[4])):
        with pytest.raises(OutOfRange):
            WORLD.evaluate(term)
    with pytest.raises(UnboundIndex, match="k"):
        WORLD.evaluate(h[k])
    with pytest.raises(ValueError, match="order"):
        WORLD.evaluate(L.ProductOver(W, t, 1, 2, "unspecified"))
    with pytest.raises(ValueError, match="inside another derivative"):
        WORLD.evaluate(L.Partial(L.Adjoint(h[1]), h[1]))
    assert np.isnan(WORLD.evaluate(L.Quotient(1, h[1] - h[1]))).all()


# The search.

TIMES = ((t, Integer(1), T),)
RELU = relu_classifier.MODEL
g, V = RELU.families["h"], RELU.families["V"].var
error = RELU.families["y_pred"].var - RELU.families["y_gt"].var
last = Symbol("l")


def along(order):
    return L.Product(error, V, L.ProductOver(L.Diag(L.step(g[k])) * RELU.families["W"].var, k, t + 1, last, order))


def test_search_agrees_with_what_is_right():
    right = L.SumOver(L.Hadamard(1 - h[t] ** 2, L.Adjoint(h[t])) * h[t - 1].T, t, 1, T)
    found = search(PLAIN, L.Adjoint(W), right)
    assert found.counterexample is None and found.points == 2 * len(list(stages(PLAIN))) and not found.undefined
    found = search(RELU, L.Adjoint(g[t]), along("descending"), ((t, Integer(1), last),))
    assert found.counterexample is None and found.points > 100
    found = search(PLAIN, L.Product(10**9, L.Product(W, W), W), L.Product(W, L.Product(W, L.Product(10**9, W))))
    assert found.counterexample is None and found.points  # rounding is no difference, however large the numbers


@pytest.mark.parametrize(
    "model, head, right, free, conditions, expected",
    [
        (PLAIN, L.Adjoint(h[t]), h[t], TIMES, (), (2, {"n": 1, "m": 1})),
        (PLAIN, L.Adjoint(h[t]), h[t], TIMES, (L.Relation("=", t, T),), None),
        (PLAIN, L.Adjoint(h[t]), h[t], TIMES, (L.Relation("<", t, T),), (2, {"n": 1, "m": 1})),
        (PLAIN, L.Entry(W, i, j), L.Entry(W, j, i), (), (), (1, {"n": 2, "m": 2})),
        (RELU, L.Adjoint(g[t]), along("ascending"), ((t, Integer(1), last),), (), (3, {"n": 2})),
    ],
)
def test_search_finds_the_smallest(model, head, right, free, conditions, expected):
    found = search(model, head, right, free, conditions).counterexample
    assert (found and (found.length, found.sizes)) == expected


def test_counterexample_says_where():
    found = search(PLAIN, L.Adjoint(h[t]), L.Product(2, L.Adjoint(h[t])), TIMES).counterexample
    assert found.where == "t = 1" and found.claimed == [pytest.approx(2 * found.true[0], rel=1e-5)]
    net = gradient_flow.SECOND
    found = search(net, L.Adjoint(net.families["h"][t]), L.Product(2, L.Adjoint(net.families["h"][t])), TIMES)
    assert "sigma := sin(" in found.counterexample.where and "ell := " in found.counterexample.where


def test_labels_that_sum_to_one():
    M = tanh_rnn.MODEL
    error = M.families["y_hat"][t] - M.families["y"][t]
    claim = (L.Adjoint(M.families["o"][t]), error, ((t, Integer(1), Symbol("tau")),))
    assert search(M, *claim).counterexample is None
    assert search(M, *claim, labels="free").counterexample is not None


def test_points_where_a_side_does_not_exist_are_counted_apart():
    found = search(PLAIN, h[t], L.Plus(h[t], h[t - 2], -h[t - 2]), TIMES)
    assert found.counterexample is None and found.undefined and "does not exist" in found.reason
    nothing = search(PLAIN, h[t], L.Quotient(h[t], L.Total(h[t] - h[t])), TIMES)
    assert nothing.points == 0 and "finite" in nothing.reason


def test_equal_sizes_get_one_number():
    M = sigmoid_rnn.MODEL
    q, C = Symbol("q"), Symbol("C")
    assert all(sizes["q"] == sizes["C"] >= 2 for sizes, _ in stages(M, ((q, C),)))
    assert all(sizes["q"] == 1 for sizes, _ in stages(M, ((q, Integer(1)),)))
    o, y = M.families["o"], M.families["y"]
    found = search(M, o[t], L.Var("y", (t,), (q,)), ((t, Integer(1), Symbol("T_r")),), equalities=((q, C),))
    assert found.counterexample.sizes["q"] == found.counterexample.sizes["C"] == 2
    assert found.counterexample.conforms_only_if == ("q=C",) and y.rows == (C,)


def test_worlds_are_kept():
    assert world_of(PLAIN, {"n": 2, "m": 1}, 2) is world_of(PLAIN, {"m": 1, "n": 2}, 2)
    assert world_of(PLAIN, {"n": 2, "m": 1}, 2) is not world_of(PLAIN, {"n": 2, "m": 1}, 2, seed=1)


def test_long_sequences():
    world = World(PLAIN, {"n": 2, "m": 1}, 200)
    assert gap(world, L.Adjoint(h[199]), h[199] + L.Product(W.T, L.Diag(1 - h[200] ** 2), L.Adjoint(h[200]))) < 1e-12
