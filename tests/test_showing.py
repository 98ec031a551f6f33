"""Printing terms: LaTeX, text, and the places where parentheses decide what is meant."""

import pytest
from hypothesis import given
from strategies import MODEL, K, L, T, U, V, W, b, d, flattened, h, m, n, p, t, terms, v, x, y
from sympy import Integer, Rational, Symbol, preorder_traversal

import symbolic.language as language
from symbolic.language import (
    Adjoint,
    Apply,
    Block,
    Commute,
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
    Reshape,
    SumOver,
    Term,
    Total,
    Trace,
    Transpose,
    Unit,
    Var,
    Vec,
    Where,
    relu,
    sigmoid,
    softmax,
    step,
    tanh,
)
from symbolic.reading.syntax import parse
from symbolic.reading.tokens import lex
from symbolic.showing.heads import HEADS
from symbolic.showing.latex import LATEX, latex
from symbolic.showing.names import NameError_, placed, symbol_latex
from symbolic.showing.printing import PrintError
from symbolic.showing.text import TEXT, plain, text

i, j, k = Symbol("i"), Symbol("j"), Symbol("k")
sum_h = SumOver(h[k], k, 1, T)
jacobian = Diag(step(h[i])) * W

PRINTED = [
    # names: indices in their slots, components
    (h[t - 1], "h_{t-1}", "h_{t−1}"),
    (h[T], "h_T", "h_T"),
    (p[t + 1], r"\hat{p}^{(t+1)}", "p̂^(t+1)"),
    (y[t], r"\mathbf{y}_t", "y_t"),
    (V, r"V^{(\text{out})}", "V^(out)"),
    (L, r"\mathcal{L}", "L"),
    (Entry(h[t], i), "h_{t,i}", "h_{t,i}"),
    (Entry(p[t], i), r"\hat{p}_i^{(t)}", "p̂_i^(t)"),
    (Entry(W, i, j), "W_{i,j}", "W_{i,j}"),
    (Entry(V, i, j), r"V_{i,j}^{(\text{out})}", "V_{i,j}^(out)"),
    (Entry(b, i), r"\left[ \mathbf{b}_h \right]_{i}", "[b_h]_i"),
    (Entry(W * h[t], i), r"\left[ W h_t \right]_{i}", "[W h_t]_i"),
    (Entry(Adjoint(h[t]), i), r"\delta_{t,i}", "δ_{t,i}"),
    (Entry(Adjoint(W), i, j), r"\frac{\partial \mathcal{L}}{\partial W_{i,j}}", "∂L/∂W_{i,j}"),
    (Adjoint(h[t + 1]), r"\delta_{t+1}", "δ_{t+1}"),
    (Adjoint(p[t]), r"\frac{\partial \mathcal{L}}{\partial \hat{p}^{(t)}}", "∂L/∂p̂^(t)"),
    (Var("delta", (t,), (n,)), r"\delta_t", "δ_t"),
    (Var("q_hat", (t,), (n,)), r"q_{\text{hat},t}", "q_{hat,t}"),
    # sums and signs
    (h[t] - h[k], "h_t - h_k", "h_t − h_k"),
    (h[t] - (h[k] - b), r"h_t - (h_k - \mathbf{b}_h)", "h_t − (h_k − b_h)"),
    ((h[t] + h[k]) + b, r"h_t + h_k + \mathbf{b}_h", "h_t + h_k + b_h"),
    (-(h[t] + h[k]), "-(h_t + h_k)", "−(h_t + h_k)"),
    (-(W + W), "-(W + W)", "−(W + W)"),
    (W - (W + W), "W - (W + W)", "W − (W + W)"),
    (W * -h[t], "-W h_t", "−W h_t"),
    (1 - h[t] ** 2, "1 - h_t^{2}", "1 − h_t²"),
    (Rational(-1, 2) * h[t], r"-\frac{1}{2} h_t", "−(1/2) h_t"),
    (Product(W, Integer(3), W), "3 W W", "3 W W"),
    ((n - 1) * h[t], "(n - 1) h_t", "(n − 1) h_t"),
    # products
    (W * (W * W), "W W W", "W W W"),
    (W.T * h[t], r"W^{\top} h_t", "Wᵀ h_t"),
    (p[t].T, r"(\hat{p}^{(t)})^{\top}", "(p̂^(t))ᵀ"),
    (Product(Product(h[t].T, h[k]), W), r"h_t^{\top} h_k W", "h_tᵀ h_k W"),
    (Product(h[k], Product(h[t].T, W * h[k])), r"h_k h_t^{\top} W h_k", "h_k h_tᵀ W h_k"),
    (Product(h[t].T * h[k], h[t].T, h[t].T * h[k]), r"h_t^{\top} h_k h_t^{\top} (h_t^{\top} h_k)", None),
    (Hadamard(W * h[t], h[k]), r"(W h_t) \circ h_k", "(W h_t) ∘ h_k"),
    (W * Hadamard(h[t], h[k]), r"W (h_t \circ h_k)", "W(h_t ∘ h_k)"),
    (Hadamard(h[t], h[k]) * h[t].T, r"(h_t \circ h_k) h_t^{\top}", "(h_t ∘ h_k) h_tᵀ"),
    (Kronecker(Identity(n), h[t].T), r"I_{n} \otimes h_t^{\top}", "I_n ⊗ h_tᵀ"),
    (Hadamard(Integer(-2), h[t], h[k]), r"-2 (h_t \circ h_k)", "−2(h_t ∘ h_k)"),
    (
        W.T * Hadamard(1 - h[t] ** 2, Adjoint(h[t])),
        r"W^{\top} \left[ (1 - h_t^{2}) \circ \delta_t \right]",
        "Wᵀ[(1 − h_t²) ∘ δ_t]",
    ),
    # quotients and powers
    (Quotient(h[t], h[k]), r"\frac{h_t}{h_k}", "h_t/h_k"),
    (Quotient(-h[t], 1 - h[k]), r"-\frac{h_t}{1 - h_k}", "−h_t/(1 − h_k)"),
    (Quotient(d, d) * h[t], r"\frac{d}{d} h_t", "(d/d) h_t"),
    (W**2, r"W^{\circ 2}", "W∘²"),
    (tanh(h[t]) ** 2, r"\left[ \tanh(h_t) \right]^{2}", "[tanh(h_t)]²"),
    (Power(h[t], Rational(1, 2)), "h_t^{1/2}", "h_t^(1/2)"),
    (h[t] ** -1, r"h_t^{\circ -1}", "h_t∘⁻¹"),
    (d**-2, "d^{-2}", "d⁻²"),
    ((-h[t]) ** 2, "(-h_t)^{2}", "(−h_t)²"),
    # sums and products over an index
    (sum_h, r"\sum_{k=1}^{T} h_k", "Σ_{k=1}^T h_k"),
    (sum_h + h[t], r"\sum_{k=1}^{T} h_k + h_t", "Σ_{k=1}^T h_k + h_t"),
    (sum_h + h[k], r"\left( \sum_{k=1}^{T} h_k \right) + h_k", "(Σ_{k=1}^T h_k) + h_k"),
    (W * sum_h - h[k], r"\left( W \sum_{k=1}^{T} h_k \right) - h_k", "(W Σ_{k=1}^T h_k) − h_k"),
    (SumOver(h[k] - h[t], k, 1, T), r"\sum_{k=1}^{T} (h_k - h_t)", "Σ_{k=1}^T (h_k − h_t)"),
    (SumOver(-h[k], k, 1, T), r"-\sum_{k=1}^{T} h_k", "−Σ_{k=1}^T h_k"),
    (-sum_h, r"-\sum_{k=1}^{T} h_k", "−Σ_{k=1}^T h_k"),
    (sum_h * d, r"\left( \sum_{k=1}^{T} h_k \right) d", "(Σ_{k=1}^T h_k) d"),
    (Hadamard(sum_h, h[t]), r"\left( \sum_{k=1}^{T} h_k \right) \circ h_t", "(Σ_{k=1}^T h_k) ∘ h_t"),
    (SumOver(Entry(h[t], j), j, 1, n, (i,)), r"\sum_{j=1, j \neq i}^{n} h_{t,j}", "Σ_{j=1, j≠i}^n h_{t,j}"),
    (
        v * ProductOver(jacobian, i, t + 1, T),
        r"v \prod_{i=T}^{t+1} (\operatorname{diag}(\mathbb{1}(h_i > 0)) W)",
        "v ∏_{i=T}^{t+1} (diag(𝟙(h_i > 0)) W)",
    ),
    (ProductOver(W, i, t + 1, T, "ascending"), r"\overrightarrow{\prod}_{i=t+1}^{T} W", "∏→_{i=t+1}^T W"),
    (ProductOver(W, i, t + 1, T, "unspecified"), r"\prod_{i=t+1}^{T} W", "∏_{i=t+1}^T W"),
    (ProductOver(W, i, 1, T) * W, r"\left( \prod_{i=T}^{1} W \right) W", "(∏_{i=T}^1 W) W"),
    # functions
    (relu(h[t]), r"\operatorname{ReLU}(h_t)", "ReLU(h_t)"),
    (sigmoid(h[t]), r"\operatorname{sigmoid}(h_t)", "sigmoid(h_t)"),
    (step(W * h[t] + b), r"\mathbb{1}(W h_t + \mathbf{b}_h > 0)", "𝟙(W h_t + b_h > 0)"),
    (Apply(Fun("f", 2, "elementwise"), h[t]), "f''(h_t)", "f''(h_t)"),
    (Apply(Fun("f", 4, "elementwise"), h[t]), "f^{(4)}(h_t)", "f^(4)(h_t)"),
    (Apply(Fun("tanh", 1), h[t]), r"\tanh'(h_t)", "tanh'(h_t)"),
    (Apply(Fun("ell", 1, "scalar", (), (t,)), p[t]), r"\ell_t'(\hat{p}^{(t)})", "ℓ_t'(p̂^(t))"),
    # matrices of numbers, shapes
    (Filled(1, (n,)), r"\mathbf{1}_{n}", "1_n"),
    (Filled(0, (), (n,)), r"\mathbf{0}_{n}^{\top}", "0_nᵀ"),
    (Filled(1, (n,), (m,)), r"\mathbf{1}_{n \times m}", "1_{n×m}"),
    (Filled(3, (n,)), r"3 \mathbf{1}_{n}", "3 · 1_n"),
    (Identity(n), "I_{n}", "I_n"),
    (Identity(n + m), "I_{m+n}", "I_{m+n}"),
    (Commute((n,), (m,)), "K_{n,m}", "K_{n,m}"),
    (Diag(h[t]), r"\operatorname{diag}(h_t)", "diag(h_t)"),
    (DiagPart(W), r"\operatorname{diag}(W)", "diag(W)"),
    (Vec(U), r"\operatorname{vec}(U)", "vec(U)"),
    (Vec(U, "column"), r"\operatorname{vec}(U^{\top})", "vec(Uᵀ)"),
    (Reshape(h[t], (n,), ()), r"\operatorname{reshape}_{n \times 1}(h_t)", "reshape_{n×1}(h_t)"),
    (Trace(W), r"\operatorname{tr}(W)", "tr(W)"),
    (Total(U), r"\mathbf{1}_{n}^{\top} U \mathbf{1}_{m}", "1_nᵀ U · 1_m"),
    (Total(h[t].T), r"h_t^{\top} \mathbf{1}_{n}", "h_tᵀ · 1_n"),
    (NormSquared(h[t] - h[k]), r"\lVert h_t - h_k \rVert^{2}", "‖h_t − h_k‖²"),
    (Concat(1, W, U), r"\left[ W, U \right]", "[W, U]"),
    (Concat(0, h[t], x[t]), r"\left[ h_t; x_t \right]", "[h_t; x_t]"),
    (Block(K, 1, 1, (n, m)), r"\left[ K \right]_{:,n+1:m+n}", "[K]_{:,n+1:m+n}"),
    (Block(Concat(0, h[t], x[t]), 0, 0, (n, m)), r"\left[ \left[ h_t; x_t \right] \right]_{1:n}", "[[h_t; x_t]]_{1:n}"),
    (Unit(i, n), r"\mathbf{e}_{i}^{(n)}", "e_i^(n)"),
    # conditions and derivatives
    (Where(Integer(1), Relation("=", i, j)), r"\mathbb{1}(i = j)", "𝟙(i = j)"),
    (Where(Entry(h[t], i), Relation("<=", i, j)), r"\mathbb{1}(i \leq j) h_{t,i}", "𝟙(i ≤ j) h_{t,i}"),
    (
        Plus(Where(d, Relation("=", i, j)), Where(-d, Relation("!=", i, j))),
        r"\begin{cases} d, & i = j \\ -d, & i \neq j \end{cases}",
        "{d if i = j; −d if i ≠ j}",
    ),
    (Partial(h[t], h[k]), r"\frac{\partial h_t}{\partial h_k}", "∂h_t/∂h_k"),
    (Partial(h[t], W, "immediate"), r"\frac{\partial^{+} h_t}{\partial W}", "∂⁺h_t/∂W"),
    (Partial(h[t] + b, W), r"\frac{\partial (h_t + \mathbf{b}_h)}{\partial W}", "∂(h_t + b_h)/∂W"),
    (Transpose(Partial(h[t], h[k])), r"\left( \frac{\partial h_t}{\partial h_k} \right)^{\top}", "(∂h_t/∂h_k)ᵀ"),
]


@pytest.mark.parametrize("term, as_latex, as_text", PRINTED, ids=[row[1] for row in PRINTED])
def test_printed(term, as_latex, as_text):
    assert latex(term, MODEL) == as_latex
    if as_text is not None:
        assert text(term, MODEL) == as_text


def test_every_head_has_a_row_that_is_tried():
    heads = {x for x in vars(language).values() if isinstance(x, type) and issubclass(x, Term) and x is not Term}
    assert heads <= set(HEADS), f"no row prints {heads - set(HEADS)}"
    tried = {type(node) for term, _, _ in PRINTED for node in preorder_traversal(term)}
    assert heads <= tried, f"no line of the table tries {heads - tried}"


def test_every_function_is_printed_by_a_name_that_reads_back_to_it():
    for row in language.FUNCTIONS.values():
        if row.name == "step":
            continue
        name = latex(Apply(Fun(row.name), h[t]), MODEL).partition("(")[0]
        word = lex(name).tokens[0].text
        assert language.SPELLINGS[word] == row.name


def test_a_spelling_that_the_model_claims_is_not_used_for_another_function():
    from derivations.gradient_flow import MODEL as abstract
    from derivations.sigmoid_rnn import MODEL as concrete

    assert latex(sigmoid(h[t]), concrete) == r"\sigma(\mathbf{h}_t)"
    assert latex(sigmoid(h[t]), abstract) == r"\operatorname{sigmoid}(h_t)"
    assert latex(Apply(Fun("sigma", kind="elementwise"), h[t]), abstract) == r"\sigma(h_t)"
    assert latex(softmax(h[t]), concrete) == r"s(\mathbf{h}_t)"


@pytest.mark.parametrize(
    "name, letters, components, written",
    [
        (r"\mathbf{a}_t^{(\text{in})}", {"t": "t-1"}, (), r"\mathbf{a}_{t-1}^{(\text{in})}"),
        ("h^{(t)}", {"t": "t+1"}, (), "h^{(t+1)}"),
        (r"h^{(\text{text})}_t", {"t": "k"}, (), r"h^{(\text{text})}_k"),
        ("E_{t}", {"t": "T_{r}"}, (), "E_{T_{r}}"),
        ("W_{l,t}", {"t": "k", "l": "2"}, ["i"], "W_{2,k,i}"),
        ("h_{out,t}", {"t": "k"}, (), "h_{out,k}"),
        (r"\hat y^{(t)}", {"t": "t"}, ["i"], r"\hat y_i^{(t)}"),
    ],
)
def test_indices_take_their_slots(name, letters, components, written):
    assert placed(name, letters, components).latex == written


def test_a_name_without_a_slot_is_an_error_and_a_label_leaves_no_place_for_components():
    with pytest.raises(NameError_, match="no place for its index t"):
        placed(r"h^{(\text{t})}", {"t": "k"})
    assert placed("W_{rec}", {}, ["i", "j"]) is None


def test_what_has_no_row_is_named():
    with pytest.raises(PrintError, match="no row prints Tuple; printed are Add, Adj"):
        latex(Reshape(Vec(U), (n,), (m,)).args[1])


@pytest.mark.parametrize("name, written", [("T_r", "T_{r}"), ("tau", r"\tau"), ("k2", "k_{2}"), ("l", "l")])
def test_symbols(name, written):
    assert symbol_latex(name) == written


def test_plain_names():
    assert plain(r"\mathbf{W}^{(\text{out})}") == "W^(out)"
    assert plain(r"W^{hh}") == "W^{hh}"
    assert plain(r"\boldsymbol{\delta}_{t-1}") == "δ_{t−1}"


def test_deep_terms_cost_no_recursion():
    deep = h[t]
    for _ in range(3000):
        deep = W * tanh(deep)
    assert latex(deep).count(r"\tanh") == text(deep).count("tanh") == 3000


def test_both_notations_spell_the_same_constructs():
    assert set(LATEX.product) == set(TEXT.product) == set(language.binders.ORDERS)
    assert set(LATEX.relations) == set(TEXT.relations)


@given(terms() | flattened())
def test_whatever_is_printed_parses(term):
    text(term, MODEL)
    assert parse(lex(latex(term, MODEL)).tokens)


