"""What a person would write: the derived formulas, term by term."""

import pytest
from derivation_models import residual, stack
from sympy import Integer, Symbol, symbols

from derivations import gradient_flow, relu_classifier, sigmoid_rnn, tanh_rnn
from symbolic import language as L
from symbolic.derivation import UnsupportedError, derive, expand
from symbolic.derivation.algebra import Algebra
from symbolic.derivation.facts import Facts
from symbolic.derivation.moving import moved
from symbolic.derivation.sweep import size_of
from symbolic.derivation.tidy import tidy
from symbolic.language import (
    Adjoint,
    Apply,
    Diag,
    Fun,
    Hadamard,
    Identity,
    Kronecker,
    Partial,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    SumOver,
    Total,
    Transpose,
    Var,
    Where,
    negative,
    step,
)

t, s, i, k = symbols("t s i k")


def minus(a, b):
    return Plus(a, negative(b))


def families(model):
    return {name: f if f.indices else f.var for name, f in model.families.items()}


def over_time(body, T):
    return SumOver(body, t, 1, T)


def tanh_formulas():
    F, T = families(tanh_rnn.MODEL), Symbol("tau")
    h, W, V, U = F["h"], F["W"], F["V"], F["U"]

    def error(at):
        return minus(F["y_hat"][at], F["y"][at])

    def delta(at):
        return Hadamard(minus(1, Power(h[at], 2)), Adjoint(h[at]))

    d = derive(tanh_rnn.MODEL)
    return [
        (d.adjoint("h"), Plus(Product(V.T, error(t)), Product(W.T, delta(t + 1)))),
        (d.last("h"), Product(V.T, error(T))),
        (d.initial_gradient("h"), Product(W.T, delta(Integer(1)))),
        (d.adjoint("o"), error(t)),
        (d.adjoint("y_hat"), negative(Quotient(F["y"][t], F["y_hat"][t]))),
        (d.adjoint("x"), Product(U.T, delta(t))),
        (d.gradient("W"), over_time(Product(delta(t), h[t - 1].T), T)),
        (d.gradient("U"), over_time(Product(delta(t), F["x"][t].T), T)),
        (d.gradient("b"), over_time(delta(t), T)),
        (d.gradient("V"), over_time(Product(error(t), h[t].T), T)),
        (d.gradient("c"), over_time(error(t), T)),
        (
            d.gradient("W", "jacobian"),
            over_time(
                Product(Adjoint(h[t]).T, Diag(minus(1, Power(h[t], 2))), Kronecker(Identity(Symbol("n")), h[t - 1].T)),
                T,
            ),
        ),
        (
            d.closed("h"),
            SumOver(
                Product(
                    ProductOver(Product(Diag(minus(1, Power(h[i], 2))), W), i, t + 1, s).T, V.T, error(s)
                ), s, t, T,
            ),
        ),
    ]


def sigmoid_formulas():
    F, T = families(sigmoid_rnn.MODEL), Symbol("T_r")
    a, h, o, x = F["a"], F["h"], F["o"], F["x"]

    def error(at):
        return minus(F["y"][at], F["r"][at])

    def slope(v):
        return v, minus(1, v)

    def delta(at):
        return Hadamard(*slope(h[at]), Adjoint(h[at]))

    def output(at):
        return Hadamard(Product(F["W_out"].T, error(at)), *slope(o[at]))

    inner = Hadamard(Product(F["U"].T, delta(t)), *slope(a[t]))
    d = derive(sigmoid_rnn.MODEL)
    gradients = {
        "W_out": Product(error(t), o[t].T), "b_out": error(t),
        "W": Product(output(t), h[t].T), "b_o": output(t),
        "U": Product(delta(t), a[t].T), "V": Product(delta(t), h[t - 1].T), "b_h": delta(t),
        "W_in": Product(inner, x[t].T), "b_in": inner,
    }
    return [
        *((d.gradient(name), over_time(body, T)) for name, body in gradients.items()),
        (d.adjoint("h"), Plus(Product(F["W"].T, output(t)), Product(F["V"].T, delta(t + 1)))),
        (d.last("h"), Product(F["W"].T, output(T))),
        (d.adjoint("z"), error(t)),
        (d.adjoint("o"), Product(F["W_out"].T, error(t))),
        (d.adjoint("a"), Product(F["U"].T, delta(t))),
    ]


def relu_formulas():
    F, T = families(relu_classifier.MODEL), Symbol("l")
    h, W, V, p, y = F["h"], F["W"], F["V"], F["y_pred"], F["y_gt"]
    error = minus(p, y)
    delta = Hadamard(step(h[t]), Adjoint(h[t]))
    product = ProductOver(Product(Diag(step(h[i])), W), i, t + 1, T)
    d = derive(relu_classifier.MODEL)
    return [
        (d.adjoint("y_pred"), minus(Quotient(minus(1, y), minus(1, p)), Quotient(y, p))),
        (d.gradient("d"), error),
        (d.gradient("V"), Product(error, h[T].T)),
        (
            d.adjoint("h"),
            Plus(
                Where(Product(error, V.T), Relation("=", t, T)),
                Product(W.T, Hadamard(step(h[t + 1]), Adjoint(h[t + 1]))),
            ),
        ),
        (d.last("h"), Product(error, V.T)),
        (d.closed("h"), Transpose(Product(error, V, product))),
        (d.gradient("W"), over_time(Product(delta, h[t - 1].T), T)),
        (
            d.gradient("W", "jacobian"),
            over_time(Product(Adjoint(h[t]).T, Diag(step(h[t])), Kronecker(Identity(Symbol("n")), h[t - 1].T)), T),
        ),
        (expand(Partial(p, h[T]), d), Product(p, minus(1, p), V.T)),
        (expand(Partial(h[T], h[T - 1]), d), Product(Diag(step(h[T])), W)),
        (expand(Partial(p, V), d), Product(p, minus(1, p), h[T].T)),
    ]


def flow_formulas():
    model = gradient_flow.MODEL
    F, T = families(model), Symbol("T")
    h, W = F["h"], F["W_rec"]
    sigma, g = Fun("sigma", kind="elementwise"), Fun("g", kind="vector", out=F["y"][t].rows)

    def slope(at):
        return Apply(sigma.derived(), Plus(Product(W, h[at - 1]), Product(F["W_in"], F["x"][at]), F["b"][at]))

    def loss(at):
        ell = Fun("ell", kind="scalar", at=(at,))
        return Apply(ell.derived(), F["y"][at])

    def jacobian(at):
        return Product(Diag(slope(at)), W)

    into = Product(Apply(g.derived(), h[t]).T, loss(t))
    d = derive(model)
    carried = Product(ProductOver(jacobian(i), i, s + 1, t).T, *into.args)
    return [
        (d.adjoint("h"), Plus(into, Product(W.T, Hadamard(slope(t + 1), Adjoint(h[t + 1]))))),
        (expand(Partial(h[t], h[t - 1]), d), jacobian(t)),
        (expand(Partial(h[t], h[k]), d), Where(ProductOver(jacobian(i), i, k + 1, t), Relation("<=", k, t))),
        (expand(Partial(h[T], h[t]), d), ProductOver(jacobian(i), i, t + 1, T)),
        (expand(Partial(h[t], W, "immediate"), d), Product(
            Diag(slope(t)), Kronecker(Identity(Symbol("n")), h[t - 1].T))),
        (
            expand(Partial(F["E_t"][t], W), d),
            SumOver(Product(Hadamard(carried, slope(s)), h[s - 1].T), s, 1, t),
        ),
        (d.gradient("b"), Hadamard(slope(t), Adjoint(h[t]))),
    ]


FORMULAS = {
    f"{build.__name__}-{n}": pair
    for build in (tanh_formulas, sigmoid_formulas, relu_formulas, flow_formulas)
    for n, pair in enumerate(build())
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formula(name):
    found, expected = FORMULAS[name]
    assert found == expected, f"\n{found}\n{expected}"


@pytest.mark.parametrize("name", ["u", "x"], ids=["a free name", "a name that the model has too"])
def test_arguments_of_identities(name):
    """∂σ(x)/∂x, ∂softmax(x)/∂x and its components, where x is no quantity of the model."""
    d = derive(sigmoid_rnn.MODEL)
    u, z, c = Var(name), Var(name, (), (n,)), Symbol("c")
    soft = L.softmax(z)
    matrix = Plus(Diag(soft), Product(-1, soft, soft.T))
    assert expand(Partial(L.sigmoid(u), u), d) == Product(L.sigmoid(u), minus(1, L.sigmoid(u)))
    assert expand(Partial(soft, z), d) == matrix
    assert expand(Partial(L.Entry(soft, i), L.Entry(z, k)), d) == L.Entry(matrix, i, k)
    logarithm = L.log(SumOver(L.exp(L.Entry(z, c)), c, 1, n))
    assert expand(Partial(logarithm, z), d) == SumOver(
        Product(Quotient(L.exp(L.Entry(z, c)), SumOver(L.exp(L.Entry(z, c)), c, 1, n)), L.Unit(c, n)), c, 1, n
    )
    assert expand(Partial(d.model.loss, u), d) == 0


def test_labels_that_need_not_sum_to_one():
    F = families(tanh_rnn.MODEL)
    d = derive(tanh_rnn.MODEL, assume=False)
    assert d.assumes == () and derive(tanh_rnn.MODEL).assumes == ("sum(y)=1",)
    assert d.adjoint("o") == minus(Product(Total(F["y"][t]), F["y_hat"][t]), F["y"][t])
    assert derive(gradient_flow.SECOND).assumes == ()


def test_softmax_under_an_abstract_loss_keeps_its_matrix():
    F = families(gradient_flow.SECOND)
    y, ell = F["y"][t], Fun("ell", kind="scalar", at=(t,))
    matrix = Plus(Diag(y), Product(-1, y, y.T))
    into = Product(F["W_s"].T, matrix, Apply(ell.derived(), y))
    assert derive(gradient_flow.SECOND).adjoint("h").args[0] == into


def test_rules_are_recorded():
    d = derive(tanh_rnn.MODEL)
    rules = {step.rule for step in d.steps}
    assert {"chain rule through tanh", "softmax and cross-entropy together", "labels sum to one"} <= rules
    assert "sum over the uses of h[t]: o and h at t + 1" in rules
    summed = next(step for step in d.steps if step.rule.startswith("sum over the uses of h[t]"))
    assert summed.before == Adjoint(tanh_rnn.MODEL.families["h"].var) and summed.after == d.adjoint("h")
    sums = [step for step in d.steps if step.rule.startswith("sum over")]
    assert all(L.shape_of(step.before) == L.shape_of(step.after) for step in sums)


def test_rules_of_contributions():
    rule = derive(relu_classifier.MODEL).adjoints["h"]
    assert [(c.offset, c.condition, c.by) for c in rule.contributions] == [
        (0, Relation("=", t, Symbol("l")), "y_pred"), (1, None, "h"),
    ]


@pytest.mark.parametrize("build, depth, basis", [(stack, 50, 50), (residual, 40, 7)])
def test_deep_models_stay_small(build, depth, basis):
    d = derive(build(depth))
    assert len(d.basis) <= basis
    assert max(size_of(d.adjoint(name), 10_000) for name in d.adjoints) < 3_000


n, m = symbols("n m")
v, w, r = (Var(name, (), (n,)) for name in "vwr")
A, B = Var("A", (), (n,), (m,)), Var("B", (), (m,), (n,))
a, b = Var("a"), Var("b")
y = tanh_rnn.MODEL.families["y_hat"].var
label = tanh_rnn.MODEL.families["y"].var
p = relu_classifier.MODEL.families["y_pred"].var
q = L.sigmoid(a)

TIDY = [
    (Plus(v, negative(v)), L.Filled(0, (n,))),
    (Plus(1, negative(Plus(v, negative(v)))), L.Filled(1, (n,))),
    (Plus(negative(v), w), minus(w, v)),
    (Plus(v, Product(2, v)), Product(3, v)),
    (negative(minus(v, w)), minus(w, v)),
    (Product(-1, A.T, minus(v, w)), Product(A.T, minus(w, v))),
    (Product(A, Product(B, v)), Product(A, B, v)),
    (Product(Identity(n), A), A),
    (Product(Diag(v), w), Hadamard(v, w)),
    (Product(v, v.T, w), Product(Product(v.T, w), v)),
    (Transpose(Transpose(A)), A),
    (Transpose(Product(A, B)), Product(B.T, A.T)),
    (Hadamard(v, L.Filled(0, (n,))), L.Filled(0, (n,))),
    (Hadamard(v, Quotient(w, v)), Quotient(Hadamard(v, w), v)),  # v may be zero
    (Hadamard(y, Quotient(label, y)), label),  # a softmax is not
    (Product(y.T, Quotient(label, y)), Integer(1)),
    (Hadamard(minus(1, y), Quotient(label, minus(1, y))),  # 1 - softmax is, for one class
     Quotient(Hadamard(minus(1, y), label), minus(1, y))),
    (Hadamard(minus(1, step(v)), Quotient(w, minus(1, step(v)))),  # zero where v > 0
     Quotient(Hadamard(minus(1, step(v)), w), minus(1, step(v)))),
    (Hadamard(minus(1, L.tanh(v)), Quotient(w, minus(1, L.tanh(v)))), w),
    (Total(y), Integer(1)),
    (Product(p, minus(1, p), Plus(negative(Quotient(b, p)), Quotient(minus(1, b), minus(1, p)))), minus(p, b)),
    (Product(q, minus(1, q), minus(Quotient(1, q), Quotient(1, minus(1, q)))), minus(1, Product(2, q))),
    (Quotient(Product(minus(1, b)), Product(minus(1, b), b, minus(1, b))),
     Quotient(minus(1, b), Product(Power(minus(1, b), 2), b))),
    (Where(v, Relation("=", t, t)), v),
    (Where(v, Relation("=", t, t - 1)), L.Filled(0, (n,))),
    (SumOver(Where(L.Entry(v, s), Relation("=", s, k)), s, 1, n),
     Where(L.Entry(v, k), Relation("<=", 1, k), Relation("<=", k, n))),
    (SumOver(Plus(v, negative(v)), t, 1, n), L.Filled(0, (n,))),
    (SumOver(Product(-1, Quotient(L.Entry(v, k), L.Entry(w, k)), L.Unit(k, n)), k, 1, n), negative(Quotient(v, w))),
    (SumOver(Product(a, L.Entry(v, k), minus(1, L.Entry(w, k)), L.Unit(k, n)), k, 1, n), Product(a, Hadamard(v, minus(1, w)))),
    (SumOver(Product(L.Entry(v, k), L.Unit(k, n)), k, 2, n), SumOver(Product(L.Entry(v, k), L.Unit(k, n)), k, 2, n)),
    (SumOver(Product(L.Entry(A, i, k), L.Unit(k, m)), k, 1, m), SumOver(Product(L.Entry(A, i, k), L.Unit(k, m)), k, 1, m)),
    (Kronecker(Identity(n), Identity(m)), Identity(n, m)),
    (Power(Power(v, 2), 2), Power(v, 4)),
    (Quotient(v, 0), Product(Quotient(1, 0), v)),  # left for the reader to see
]


@pytest.mark.parametrize("term, expected", TIDY, ids=lambda x: str(x)[:60])
def test_tidy(term, expected):
    facts = Facts(tanh_rnn.MODEL)
    facts._right |= {"y_pred": relu_classifier.MODEL.equation("y_pred").right}
    found = tidy(term, Algebra(facts))
    assert found == expected, f"\n{found}\n{expected}"
    assert L.shape_of(found) == L.shape_of(term)
    assert tidy(found, Algebra(facts)) == found


def test_moving_does_not_capture():
    h = tanh_rnn.MODEL.families["h"]
    body = Hadamard(h[s], h[t])
    found = moved(SumOver(body, s, 1, t), {t: s})
    letter = found.args[1]
    assert letter != s and found == SumOver(Hadamard(h[letter], h[s]), letter, 1, s)
    assert moved(SumOver(body, t, 1, s), {t: k, s: t - 1}).args[3] == t - 1
    assert moved(SumOver(h[t], t, 1, s), {t: k}) == SumOver(h[t], t, 1, s)


def test_formulas_of_a_step_hold_the_other_steps():
    d = derive(tanh_rnn.MODEL)
    h, W = tanh_rnn.MODEL.families["h"], tanh_rnn.MODEL.families["W"].var
    flat = Kronecker(Identity(n), h[t - 1].T)
    assert expand(Partial(Product(W, h[t - 1]), W, "immediate"), d) == flat
    assert expand(Partial(Product(W, h[t - 1]), W, "total"), d).args[0] == flat
    assert expand(Partial(Product(W, h[t - 1]), h[t - 1], "immediate"), d) == W
    with pytest.raises(UnsupportedError, match="several steps"):
        expand(Partial(Product(W, Plus(h[t], h[k])), W, "immediate"), d)


def test_messages_name_the_offender():
    d = derive(tanh_rnn.MODEL)
    h = tanh_rnn.MODEL.families["h"]
    for ask, words in [
        (lambda: d.gradient("nothing"), "does not depend on nothing"),
        (lambda: d.gradient("W", "sideways"), "sideways"),
        (lambda: expand(Partial(d.model.loss, Product(2, h[t])), d), "by a quantity of the model"),
        (lambda: expand(Partial(h[t], Transpose(h[t])), d), "by a quantity of the model"),
    ]:
        with pytest.raises(UnsupportedError, match=words):
            ask()


def test_several_recurrent_families_over_an_open_number_of_steps():
    model = stack(2)
    h0, h1 = model.families["h0"], model.families["h1"]
    d = derive(model)
    assert d.closed("h1") is None
    assert isinstance(expand(Partial(h0[t], h0[k]), d), Where), "only h0 lies between"
    with pytest.raises(UnsupportedError, match="h0, h1"):
        expand(Partial(h1[t], h0[k]), d)
