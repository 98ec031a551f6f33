"""What formulas mean: LaTeX against the term that it must be read as, in a small model."""

import pytest
from sympy import Integer, Rational, Symbol

from derivations import gradient_flow
from symbolic.language import (
    Adjoint,
    Apply,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Fun,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Partial,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    SumOver,
    Trace,
    Transpose,
    Var,
    Vec,
    Where,
    exp,
    log,
    sigmoid,
    softmax,
    step,
    tanh,
)
from symbolic.model import Network
from symbolic.reading import Illshaped, Passage, Reading, read_claims

net = Network("small", "A recurrent network with a hat, labels, an error name and two recurrent weights")
n, d, C = net.sizes("n d C")
t = net.time("t", length="T")
T = net.length("T")
i, j, k, s, one = Symbol("i"), Symbol("j"), Symbol("k"), Symbol("s"), Integer(1)
x, y = net.input("x", d, at=t), net.label("y", C, at=t, latex="y_t")
U, W, V = (
    net.weight("U", n, d),
    net.weight("W_hh", n, n, latex="W^{hh}"),
    net.weight("W_out", C, n, latex=r"W^{(\text{out})}"),
)
b, c, g, v = net.weight("b", n, latex="b_h"), net.weight("c", C), net.weight("g"), net.weight("v", 1, n)
h = net.state("h", n, at=t, latex=r"\mathbf{h}_t")
p = net.state("p", C, at=t, latex=r"\hat{y}_t")
L_t, L = net.state("L_t", at=t, latex="L_t"), net.state("L")
net.define(h[t], tanh(W * h[t - 1] + U * x[t] + b))
net.define(p[t], softmax(V * h[t] + c))
net.define(L_t[t], -y[t].T * log(p[t]))
net.define(L, SumOver(L_t[t], t, 1, T))
net.function("f", Fun("f", kind="elementwise"))
net.function(r"\sigma", Fun("sigmoid"))
net.stands_for("W", W, V)
net.error_name(r"\delta_t", h[t])
net.synonym("s_t", h)
net.dummy("z")
net.dummy(r"\mathbf{z}", "vector")
MODEL = net.model(loss=L)
f, z, zs = Fun("f", kind="elementwise"), Var("z"), Var(r"\mathbf{z}", (), (Symbol("N"),))
half = Rational(1, 2)


def minus(*factors):
    return Product(Integer(-1), *factors)


def d_(num, den, mode="total", layout="gradient"):
    return Partial(num, den, mode, layout)


def read(latex: str, **options):
    (claim,) = read_claims((MODEL,), (Passage(1, f"{latex} = {latex}", **options),))
    assert not claim.unreadable, claim.unreadable
    return claim


TERMS = (
    # names: letter, accents and labels; indices and components in every notation
    ("h_t", h[t]),
    (r"\mathbf h_{t-1}", h[t - 1]),
    ("h^{(t)}", h[t]),
    ("h_0", h[0]),
    ("h_T", h[T]),
    ("h_{T-1}", h[T - 1]),
    ("s_{t+1}", h[t + 1]),
    ("W^{hh}", W),
    (r"W^{(\text{out})}", V),
    (r"W_{\text{out}}", V),
    (r"\mathrm{b}_h", b),
    (r"\hat y_t", p[t]),
    ("y_t", y[t]),
    ("L", L),
    ("L_t", L_t[t]),
    ("h_{t,i}", Entry(h[t], i)),
    ("{h_t}_i", Entry(h[t], i)),
    ("h_{t_i}", Entry(h[t], i)),
    ("h_i^{(t)}", Entry(h[t], i)),
    (r"W_{ij}^{(\text{out})}", Entry(V, i, j)),
    (r"W_{i,j}^{hh}", Entry(W, i, j)),
    (r"\left[ U x_t \right]_{i}", Entry(Product(U, x[t]), i)),
    # transposes, powers
    ("h_t^T", Transpose(h[t])),
    (r"U^{\top} h_t", Product(Transpose(U), h[t])),
    (r"{W^{hh}}^T", Transpose(W)),
    ("[h_t]^T", Transpose(h[t])),
    ("h_t^2", Power(h[t], 2)),
    ("(W^{hh})^2", Product(W, W)),
    (r"{W^{hh}}^{\circ 2}", Power(W, 2)),
    (r"h_t^{\circ -1}", Power(h[t], -1)),
    ("g^{1/2}", Power(g, half)),
    ("h_{t,i}^2", Power(Entry(h[t], i), 2)),
    # operations and their precedence
    (r"U x_t + W^{hh} h_{t-1}", Plus(Product(U, x[t]), Product(W, h[t - 1]))),
    ("1 - h_t", Plus(one, minus(h[t]))),
    (r"U^T h_t \circ x_t", Hadamard(Product(Transpose(U), h[t]), x[t])),
    (r"(h_t \circ (1 - h_t)) x_t^T", Product(Hadamard(h[t], Plus(one, minus(h[t]))), Transpose(x[t]))),
    (r"h_t * h_{t-1}", Hadamard(h[t], h[t - 1])),
    (r"g * g", Product(g, g)),
    (r"U * x_t", Product(U, x[t])),
    (r"W^{hh} \times h_t", Product(W, h[t])),
    ("g / 2", Quotient(g, Integer(2))),
    (r"\frac{1}{2} h_t", Product(half, h[t])),
    (r"\frac{y_t}{\hat y_t}", Quotient(y[t], p[t])),
    ("0.5 g", Product(half, g)),
    (r"\frac{g}{T}", Quotient(g, T)),
    # functions, with and without parentheses
    (r"\tanh(U x_t + b_h)", tanh(Plus(Product(U, x[t]), b))),
    (r"\text{Softmax}(c)", softmax(c)),
    (r"softmax(c)", softmax(c)),
    (r"\sigma(h_t)", sigmoid(h[t])),
    (r"y_t^T \log \hat y_t", Product(Transpose(y[t]), log(p[t]))),
    (r"\log \hat y_t \circ y_t", Hadamard(log(p[t]), y[t])),
    (r"\tanh^2(h_t)", Power(tanh(h[t]), 2)),
    (r"\log \tanh g", log(tanh(g))),
    (r"e^{g}", exp(g)),
    (r"\sqrt{g}", Apply(Fun("sqrt"), g)),
    (r"f(h_t)", Apply(f, h[t])),
    (r"f'(h_t)", Apply(f.derived(), h[t])),
    (r"f^{\prime}(h_t)_i", Entry(Apply(f.derived(), h[t]), i)),
    (r"\mathbb{I}(h_t > 0)", step(h[t])),
    (r"\mathbb{1}[h_t > 0]", step(h[t])),
    (r"\mathbb{1}(h_t < 0)", step(minus(h[t]))),
    (r"\text{diag}(1 - h_t^2)", Diag(Plus(one, minus(Power(h[t], 2))))),
    (r"\operatorname{diag}(W^{hh})", DiagPart(W)),
    (r"\operatorname{tr}(W^{hh})", Trace(W)),
    (r"\operatorname{vec}(U)", Vec(U)),
    (r"\lVert h_t \rVert^2", NormSquared(h[t])),
    # matrices with a name of their own
    ("I_n", Identity(n)),
    (r"\mathbf{I}_{n}", Identity(n)),
    (r"\mathbf{1}_{n}^{\top} h_t", Product(Transpose(Filled(1, (n,))), h[t])),
    (r"\mathbf{0}_{n \times d}", Filled(0, (n,), (d,))),
    ("[W^{hh}, U]", Concat(1, W, U)),
    ("[h_t; x_t]", Concat(0, h[t], x[t])),
    (r"\begin{bmatrix} h_t \\ x_t \end{bmatrix}", Concat(0, h[t], x[t])),
    (r"I_n \otimes h_{t-1}^\top", Kronecker(Identity(n), Transpose(h[t - 1]))),
    # Σ and ∏
    (r"\sum_{t=1}^{T} L_t", SumOver(L_t[t], t, 1, T)),
    (r"\sum_t L_t", SumOver(L_t[t], t, 1, T)),
    (r"\sum_{k=1}^{t-1} h_k", SumOver(h[k], k, 1, t - 1)),
    (r"\sum_{k \le t} h_k", SumOver(h[k], k, 1, t)),
    (r"\sum_{k < t} h_k", SumOver(h[k], k, 1, t - 1)),
    (r"\sum_{k>t} h_k", SumOver(h[k], k, t + 1, T)),
    (r"\sum_i h_{t,i}", SumOver(Entry(h[t], i), i, 1, n)),
    (r"\sum_{i=1}^{n} h_{t,i}", SumOver(Entry(h[t], i), i, 1, n)),
    (r"\sum_{j \ne i} h_{t,j}", SumOver(Entry(h[t], j), j, 1, n, (i,))),
    (r"\sum_{i,j} W^{hh}_{i,j}", SumOver(SumOver(Entry(W, i, j), j, 1, n), i, 1, n)),
    (r"-\sum_t y_t^T \log \hat y_t", minus(SumOver(Product(Transpose(y[t]), log(p[t])), t, 1, T))),
    (r"\prod_{i=T}^{t+1} W^{hh}", ProductOver(W, i, t + 1, T, "descending")),
    (r"\prod_{i=t}^{k+1} \text{diag}(h_i)", ProductOver(Diag(h[i]), i, k + 1, t, "descending")),
    (r"\overrightarrow{\prod}_{i=t+1}^{T} W^{hh}", ProductOver(W, i, t + 1, T, "ascending")),
    (r"\overleftarrow{\prod}_{i=t+1}^{T} W^{hh}", ProductOver(W, i, t + 1, T, "descending")),
    (r"\prod_{i=T}^{1} W^{hh} h_0", Product(ProductOver(W, i, 1, T, "descending"), h[0])),
    (
        r"(\text{diag}(h_T) W^{hh}) \cdots (\text{diag}(h_{t+1}) W^{hh})",
        ProductOver(Product(Diag(h[i]), W), i, t + 1, T, "descending"),
    ),
    (r"\text{diag}(h_{t+1}) \cdots \text{diag}(h_T)", ProductOver(Diag(h[i]), i, t + 1, T, "ascending")),
    (r"\begin{cases} g, & i = j \\ 0, & i \neq j \end{cases} h_{t,i} c_j", None),
    (r"\delta_{ij} h_{t,i} h_{t,j}", None),
    # derivatives: neutral until they are worked out; components are pulled out
    (r"\delta_t", Adjoint(h[t])),
    (r"\delta_{t+1,i}", Entry(Adjoint(h[t + 1]), i)),
    (r"\frac{\partial L}{\partial h_t}", d_(L, h[t])),
    (r"\partial L / \partial U", d_(L, U)),
    (r"\frac{\partial}{\partial U} L", d_(L, U)),
    (r"\frac{\partial L}{\partial U_{i,j}}", Entry(d_(L, U, layout="jacobian"), i, j)),
    (r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}}", Entry(d_(h[t], h[t - 1], layout="jacobian"), i, j)),
    (r"\frac{\partial \sigma(z)}{\partial z}", d_(sigmoid(z), z)),
    (r"\sigma(\mathbf{z})_i z_j", Product(Entry(sigmoid(zs), i), Entry(zs, j))),
)  # fmt: skip

SPECIAL = {
    r"\begin{cases} g, & i = j \\ 0, & i \neq j \end{cases} h_{t,i} c_j": Product(
        Plus(Where(g, Relation("=", i, j)), Where(Integer(0), Relation("!=", i, j))), Entry(h[t], i), Entry(c, j)
    ),
    r"\delta_{ij} h_{t,i} h_{t,j}": Product(Where(one, Relation("=", i, j)), Entry(h[t], i), Entry(h[t], j)),
}


@pytest.mark.parametrize("latex, expected", TERMS, ids=[row[0] for row in TERMS])
def test_term(latex, expected):
    assert read(latex).readings[0].right == (SPECIAL[latex] if expected is None else expected)


CHOICES = (
    # (right side of ∂L/∂U, the ways to understand it, the plainest first)
    (
        r"\sum_t \left(\frac{\partial h_t}{\partial U}\right)^T \delta_t",
        [("∂ immediate",), ("∂ total",)],
    ),
    (r"\left(\frac{\partial h_T}{\partial U}\right)^T \delta_T", [("∂ total",), ("∂ immediate",)]),
    (r"\sum_{t=1}^T \frac{\partial L_t}{\partial U}", [(), ("L for L_t",)]),
    (r"\sum_t \frac{\partial L_t}{\partial U}", [()]),
    (
        r"\sum_t U h_t - h_t x_t^T",
        [("Σ over the whole difference",), ("Σ over its own term",)],
    ),
    (
        r"\prod_{i=1}^T (W^{hh} \text{diag}(h_i)) U",
        [("∏ descending",), ("∏ ascending",)],
    ),
    (r"\prod_{i=1}^T h_{i,k} U", [()]),
    (r"\sum_t \delta_t \otimes x_t", [("⊗ outer product",)]),
)


@pytest.mark.parametrize("right, words", CHOICES, ids=[row[0] for row in CHOICES])
def test_every_consistent_reading_is_made(right, words):
    (claim,) = read_claims((MODEL,), (Passage(1, rf"\frac{{\partial L}}{{\partial U}} = {right}"),))
    assert [r.words for r in claim.readings] == words, claim.unreadable


def reading(latex, **options):
    claims = read_claims((MODEL,), (Passage(1, latex, **options),))
    assert not claims[-1].unreadable, claims[-1].unreadable
    return claims[-1].readings[0]


def test_a_name_for_several_weights_has_one_reading_for_each():
    (claim,) = read_claims(
        (MODEL,), (Passage(1, r"\frac{\partial L}{\partial W} = \sum_t \frac{\partial L_t}{\partial W}"),)
    )
    assert {r.instance for r in claim.readings} == {"W = W_hh", "W = W_out"}
    assert claim.readings[0].right == SumOver(d_(L_t[t], W), t, 1, T)


def test_an_index_bound_on_the_right_is_not_the_free_one_on_the_left():
    r = reading(r"\delta_t = \sum_{t=1}^T h_t")
    assert (r.head, r.right) == (Adjoint(h[t]), SumOver(h[s], s, 1, T))
    assert r.free == ((t, one, T),)


def test_a_derivative_between_two_steps_has_its_order_as_a_condition():
    r = reading(r"\frac{\partial h_t}{\partial h_k} = W^{hh}")
    assert r.conditions == (Relation("<=", k, t),)
    assert r.free == ((t, one, T), (k, one, T))


@pytest.mark.parametrize(
    "latex, given", [("h_t = b_h, t < T", ""), ("h_t = b_h", "t < T"), (r"h_t = b_h \text{ when } t < T", "")]
)
def test_conditions_hold_for_the_formula(latex, given):
    assert reading(latex, given=given).conditions == (Relation("<", t, T),)


def test_abstract_functions_of_the_model_have_names():
    first = gradient_flow.MODEL
    (claim,) = read_claims((first,), (Passage(1, r"E_t = \ell_t(g(h_t))"),))
    loss = first.equation("E_t").right.fun
    assert claim.readings[0].right == Apply(loss, first.equation("y").right)
    (claim,) = read_claims((first,), (Passage(1, r"E = \sum_{k=1}^T \ell_k(y_k)"),))
    assert claim.readings[0].right.args[0].fun.at == (k,)


def test_a_condition_on_a_step_inside_a_term():
    r = reading(r"\delta_t = \mathbb{1}(t = T) h_t")
    assert r.right == Where(h[t], Relation("=", t, T)) and r.free == ((t, one, T),)


def test_layouts_of_the_right_side():
    r = reading(
        r"\frac{\partial L}{\partial U} = \sum_t \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial U}"
    )
    jacobians = Product(d_(L, h[t], layout="jacobian"), d_(h[t], U, "immediate", "jacobian"))
    assert r.right == SumOver(jacobians, t, 1, T) and r.loose
    (claim,) = read_claims((MODEL,), (Passage(1, r"\frac{\partial L}{\partial h_t} = h_t^T"),), "jacobian")
    assert claim.readings[0].head == d_(L, h[t], layout="jacobian")


def test_sizes_under_which_an_ill_shaped_formula_conforms():
    r = reading(r"\delta_t = (W^{(\text{out})})^T (\hat y_t \circ h_t) + c")
    assert isinstance(r, Illshaped) and r.equalities == ((C, n),)
    assert r.rescued is not None and isinstance(r.rescued, Reading)
    assert "C×1 and n×1" in r.message and r.message.startswith("1:")
    hopeless = reading(r"\delta_t = [W^{hh}, U]")
    assert isinstance(hopeless, Illshaped) and hopeless.rescued is None


def test_the_expression_before_is_kept_with_its_other_readings():
    latex = r"\frac{\partial L}{\partial U} = \sum_t (\frac{\partial h_t}{\partial U})^T \delta_t = \sum_t h_t x_t^T"
    r = reading(latex)
    assert r.words == () and len(r.others) == 1
    assert r.previous.has(Partial) and r.previous != r.others[0]


KINDS = (
    (r"h_t = \tanh(U x_t)", "definition", "h"),
    ("h_0 = 0", "definition", ""),
    (r"L(y_t, \hat y_t) = g", "definition", "L"),
    (r"\delta_t = \frac{\partial L}{\partial h_t}", "definition", r"\delta_t"),
    (r"W = [W^{hh}, W^{(\text{out})}]", None, ""),
    (r"\delta_t = h_t", "claim", ""),
    (r"\frac{\partial L}{\partial U} = U", "claim", ""),
    (r"f'(z) = f(z)", "identity", ""),
    (r"\frac{\partial f(z)}{\partial z} = f'(z)", "identity", ""),
    (r"f(z) = \tanh(z)", "definition", ""),
)


@pytest.mark.parametrize("latex, kind, defines", KINDS, ids=[row[0] for row in KINDS])
def test_kinds(latex, kind, defines):
    (claim,) = read_claims((MODEL,), (Passage(1, latex),))
    if kind is None:  # the two weights of this model cannot stand side by side
        assert claim.unreadable
    else:
        assert (claim.kind, claim.defines, claim.unreadable) == (kind, defines, "")


UNREADABLE = (
    (r"q_t", "q_t is not defined"),
    (r"h_{g}", "g in h_{g} is no index"),
    (r"\hat y^{(c)}", "is no index; the indices are t: write"),
    (r"\frac{\hat y_t}{\partial h_t}", r"∂ is missing in the numerator"),
    (r"\frac{\partial L}{h_t}", r"write \frac{\partial L}{\partial h_t}"),
    (r"\partial L", "∂ stands alone"),
    (r"\frac{\partial^2 L}{\partial g^2}", "derivatives of derivatives"),
    ("t h_t", "the index t stands where a quantity is expected"),
    (r"\sigma + 1", "needs an argument"),
    (r"h_t \circ h_t \otimes h_t", "parentheses are needed"),
    (r"h_t / g h_t", "how far / reaches"),
    (r"\frac{g}{0}", "division by zero"),
    (r"g^{100}", "too large"),
    (r"(W^{hh})^{-1}", "is an inverse"),
    (r"\sum_{i=1}^{d} h_{t,i}", "counts n entries, not d"),
    (r"\sum_k h_k c_k", "counts steps in one place and components in another"),
    (r"\sum_i h_{t,i} c_i", "quantities of different sizes"),
    (r"\sum_{t=1}^{Q} h_t", "Q is no index, length or number"),
    (r"h_t \cdots U", "beside the dots"),
    (r"h_1 + \cdots + h_T", "dots in a sum"),
    (r"\det(W^{hh})", "det"),
    ("I", "needs its size"),
    (r"\lVert W^{hh} \rVert", "squared norm"),
    (r"\lVert h_t \rVert_1", "with _2 or _F"),
    (r"(h_t, x_t)", "no quantity"),
    (r"\tanh(h_t, x_t)", "takes one argument"),
)


@pytest.mark.parametrize("latex, message", UNREADABLE, ids=[row[0] for row in UNREADABLE])
def test_nothing_is_understood_in_part(latex, message):
    (claim,) = read_claims((MODEL,), (Passage(3, f"g = {latex}", column=4),))
    assert message in claim.unreadable
    assert claim.readings == () and claim.unreadable.startswith("3:")
