"""Notation: formulas as public notes write them, against the term that each must be read as.

The terms were checked by hand; `test_reading_numbers` computes a part of them independently."""

import re

import pytest
from notation_terms import TERMS
from reading_models import Batch, Deep, Gated, Layers, Recurrent, Row

from symbolic.reading import Passage, Reading, read_claims

READINGS = (
    # (model, formula, (words, term) of each way to understand it, the plainest first)
    (Recurrent, r"\frac{d L_t}{d h_t}", (("", "Partial(L_t[t], h[t], total, gradient)"), ("L for L_t", "Partial(L, h[t], total, gradient)"))),
    (Recurrent, r"\Delta W_{hh}", (("Δ names a gradient", "Adjoint(W_hh)"), ("Δ names a descent step", "Product(-1, Adjoint(W_hh))"))),
    (Row, r"x^T dh", (
        ("dh is the gradient of the value", "Product(Transpose(x), Adjoint(h))"),
        ("dh is the gradient of what the function is taken of",
         "Product(Transpose(x), Hadamard(Adjoint(h), Apply(sigmoid', Plus(Product(x, W), b))))"),
    )),
    (Recurrent, r"W_{hh} * W_{hh}", (("* entry by entry", "Hadamard(W_hh, W_hh)"), ("* matrix product", "Product(W_hh, W_hh)"))),
    (Recurrent, r"h_t \cdot a_t", (("· inner product", "Product(Transpose(h[t]), a[t])"), ("· entry by entry", "Hadamard(h[t], a[t])"))),
    (Recurrent, r"h_t \otimes x_t", (("⊗ Kronecker", "Kronecker(h[t], x[t])"), ("⊗ outer product", "Product(h[t], Transpose(x[t]))"))),
    (
        Recurrent, r"h_t \otimes a_t",
        (("⊗ Kronecker", "Kronecker(h[t], a[t])"), ("⊗ outer product", "Product(h[t], Transpose(a[t]))"), ("⊗ entry by entry", "Hadamard(h[t], a[t])")),
    ),
    (Recurrent, r"[h_{t-1}, a_t]", (("[a, b] as one column", "Concat(0, h[t - 1], a[t])"), ("[a, b] side by side", "Concat(1, h[t - 1], a[t])"))),
    (
        Recurrent, r"\prod_{k=i+1}^{t} \frac{\partial h_k}{\partial h_{k-1}}",
        (
            ("∏ descending", "ProductOver(Partial(h[k], h[k - 1], total, gradient), k, i + 1, t, descending)"),
            ("∏ ascending", "ProductOver(Partial(h[k], h[k - 1], total, gradient), k, i + 1, t, ascending)"),
        ),
    ),
    (Gated, "dW_f", (("d names a gradient", "Adjoint(W_f)"), ("d a factor", "Product(d, W_f)"))),
)  # fmt: skip

CONVENTIONS = (
    # (model, formula, what is taken for granted and named)
    (Recurrent, "[h_{t-1}, x_t]", "[a, b] as one column"),
    (Recurrent, "1[y_t = k]", "1[y = k] as the component k of the label y"),
    (Batch, "X W_1 + b_1", "+ repeats a vector for every member of the batch"),
    (Batch, "A W_2 + b_2", "+ repeats a vector for every member of the batch"),
)

UNREADABLE = (
    # (model, formula, part of what is said)
    (Recurrent, r"W_{hh}^{-1}", "is an inverse"),
    (Recurrent, r"W_{hh}^{-T}", "is an inverse"),
    (Recurrent, r"\sum_{t \in S} h_t", "the set S is not known"),
    (Recurrent, r"\color{white}{h_t} + b_h", "invisible colour"),
    (Recurrent, r"\textcolor{#FEFEFE}{h_t} + b_h", "invisible colour"),
    (Recurrent, r"\textcolor{black!0}{h_t} + b_h", "invisible colour"),
    (Recurrent, r"h_t + \phantom{a_t} b_h", "hides its content"),
    (Recurrent, r"\mathbb{E}[h_t]", "an expectation"),
    (Recurrent, r"\mathbb{E}_{x}[h_t]", "an expectation"),
    (Recurrent, r"p(y_t | x_t)", "a lone bar"),
    (Recurrent, r"p(y_t \mid x_t)", "a bar in the middle"),
    (Recurrent, r"\frac{\partial L}{\partial h_t} |_{t=T}", "a lone bar"),
    (Recurrent, r"\frac{\partial L}{\partial h_t} \bigg|_{t=T}", "a lone bar"),
    (Recurrent, r"\left. \frac{\partial L}{\partial h_t} \right|_{t=T}", "\\left. has no partner"),
    (Recurrent, r"\left( h_t + b_h", "never closed"),
    (Recurrent, r"\left( h_t + b_h )", "\\left without \\right"),
    (Recurrent, r"\det W_{hh}", "det is not known here"),
    (Recurrent, r"\min(0, a_t)", "min is not known here"),
    (Recurrent, r"\max(g, a_t)", "max is understood only as"),
    (Recurrent, r"\nabla_{h_t} a_t", "∇ is understood only of a scalar"),
    (Recurrent, r"\nabla L", "stands alone"),
    (Recurrent, r"\nabla_{h_t}", "stands alone"),
    (Recurrent, r"\partial_t h_t", "the index t stands where a quantity is expected"),
    (Recurrent, r"\langle h_t, a_t \rangle", "squared norm"),
    (Recurrent, r"h_t^{(i)}", "h_t^{(i)} is not defined"),
    (Recurrent, r"W_{hh}^{(2)}", "is not defined"),
    (Recurrent, r"W_f h_t", "W_f is not defined"),
    (Recurrent, r"dL", "d stands alone"),
    (Recurrent, r"d q", "d stands alone"),
    (Recurrent, r"\Delta + b_h", "\\Delta is not defined"),
    (Recurrent, r"|g|", "squared norm"),
    (Recurrent, r"\int h_t", "an integral"),
    (Recurrent, r"h_t \pm a_t", "± is two formulas"),
    (Recurrent, r"h_t ⊕ a_t", "is no mathematics"),
    (Recurrent, r"h_t \oplus a_t", "⊕ is not understood"),
    (Recurrent, r"W_{hh} \leftarrow a_t", "is no equation"),
    (Recurrent, r"\overline{h}_t", "is not defined"),
    (Recurrent, r"q'(a_t)", "q' is not defined"),
    (Recurrent, r"q(a_t, h_t)", "q is not defined"),
    (Recurrent, r"x_t h_t", "cannot multiply m×1 by n×1"),
    (Recurrent, r"{g \over 2 \over 3}", "unexpected over"),
    (Recurrent, r"h_t {}^T^T", "empty brackets"),
    (Gated, r"\delta h_t", "\\delta is not defined"),
    (Gated, r"i h_t", "i is not defined"),
    (Layers, r"g'(z^{[1]})", "g' is not defined"),
    (Layers, r"dZ^{[2]}", "d stands alone"),
    (Deep, r"\nabla_a C", "a is not defined"),
    (Batch, r"X W_1 + b_2", "cannot add"),
    (Row, r"W x", "cannot multiply p×n by 1×p"),
)


def shown(term):
    """The term on one line, functions by name and primes."""
    return re.sub(r"Fun\((\w+), (\d), \w*, \(\), \(\)\), ", lambda m: m[1] + "'" * int(m[2]) + ", ", str(term))


def read(kind, latex, head=""):
    (claim,) = read_claims((kind.model,), (Passage(1, f"{head or latex} = {latex}"),))
    return claim


def rows(table):
    return [pytest.param(*row, id=f"{row[0].__name__}: {row[1]}") for row in table]


@pytest.mark.parametrize("kind, latex, expected", rows(TERMS))
def test_term(kind, latex, expected):
    claim = read(kind, latex)
    assert not claim.unreadable
    assert {shown(r.right) for r in claim.readings} == {expected}


@pytest.mark.parametrize("kind, latex, ways", rows(READINGS))
def test_what_can_be_understood_in_several_ways_has_a_reading_for_each(kind, latex, ways):
    found = {(r.words[-1] if r.words else "", shown(r.right)) for r in read(kind, latex).readings}
    assert found == {*ways} or {t for _, t in found} == {t for _, t in ways}


@pytest.mark.parametrize("kind, latex, convention", rows(CONVENTIONS))
def test_what_is_taken_for_granted_is_named(kind, latex, convention):
    assert [r.conventions for r in read(kind, latex).readings] == [(convention,)]


@pytest.mark.parametrize("kind, latex, message", rows(UNREADABLE))
def test_what_is_outside_the_table_is_unreadable(kind, latex, message):
    claim = read(kind, latex, head="c_t" if kind is Gated else "g" if kind is Recurrent else latex)
    assert message in (claim.unreadable or getattr(claim.readings[0], "message", "")), claim


ACCUMULATED = (
    # (formula of a model with steps, term of the right side or what is said)
    ("dW_{xh} += da_t x_t^T", "SumOver(Product(Adjoint(a[t]), Transpose(x[t])), t, 1, T, ())"),
    (r"\frac{\partial L}{\partial W_{xh}} += \frac{\partial L}{\partial a_t} x_t^T", "SumOver(Product(Partial(L, a[t], total, gradient), Transpose(x[t])), t, 1, T, ())"),
    ("db_h += da_t = da_t", "SumOver(Adjoint(a[t]), t, 1, T, ())"),
    ("dh_{t-1} += W_{hh}^T da_t", "only a part"),
    ("db_h += b_h", "no step stands on the right"),
    ("dW_{xh} -= da_t x_t^T", "is no equation here"),
    (r"dW_{xh} += da_t x_t^T, \quad dW_{xh} += h_t x_t^T", "added to in several places"),
    (r"W_{hh} := W_{hh} - g \, dW_{hh}", "an update"),
)  # fmt: skip


@pytest.mark.parametrize("latex, expected", ACCUMULATED, ids=[row[0] for row in ACCUMULATED])
def test_accumulation_at_every_step_is_the_sum_over_the_steps(latex, expected):
    for claim in read_claims((Recurrent.model,), (Passage(1, latex),)):
        if claim.unreadable:
            assert expected in claim.unreadable
        else:
            (r,) = claim.readings
            assert shown(r.right) == expected and r.conventions == ("+= at every step: the sum over t",)


def test_a_definition_of_a_gradient_name():
    claim = read(Recurrent, r"\frac{\partial L}{\partial W_{hh}}", head="dW_{hh}")
    assert (claim.kind, claim.defines) == ("definition", "d W_{hh}")
    claim = read(Recurrent, r"da_t h_{t-1}^T", head="dW_{hh}")
    assert (claim.kind, claim.adjoint_of, claim.error_uses) == ("claim", "W_hh", ("a",))


SAME = (
    # spellings of one thing
    ("W_{hh}^T h_t", r"W_{hh}^\top h_t", r"W_{hh}^{\mathrm T} h_t", r"W_{hh}^{\mathsf{T}} h_t", r"W_{hh}^\intercal h_t", "W_{hh}' h_t", "W_{hh}ᵀ h_t", "{W_{hh}}^T h_t"),
    (r"h_t \odot a_t", r"h_t \circ a_t", r"h_t \bullet a_t", "h_t .* a_t", "h_t ⊙ a_t", r"h_t * a_t", r"h_t \ast a_t"),
    ("h_{t-1}", "h^{(t-1)}", "h^{<t-1>}", r"h^{\langle t-1 \rangle}", "hₜ₋₁", r"\mathbf{h}_{t-1}", r"\boldsymbol h_{t-1}", r"\bm{h}_{t-1}", "h(t-1)", "h^{[t-1]}"),
    ("dh_t", r"\mathrm{d} h_t", r"\mathrm{d}\mathbf{h}_t", r"d\,h_t"),
    (r"\frac{\partial L}{\partial h_t}", r"\dfrac{\partial L}{\partial h_t}", r"\frac{dL}{dh_t}", r"\partial L / \partial h_t", r"dL/dh_t", r"\partial_{h_t} L", r"\nabla_{h_t} L", r"\nabla_{\mathbf h_t} \mathcal L", r"{\partial L \over \partial h_t}", "∂L/∂h_t", r"\frac{\partial}{\partial h_t} L"),
    (r"\lVert h_t \rVert^2", r"\|h_t\|^2", r"\|h_t\|_2^2", "||h_t||^2", r"\left\lVert h_t \right\rVert_2^2", r"\Vert h_t \Vert^2"),
    (r"\sum_{t=1}^T h_t", r"\sum_t h_t", r"\sum_{t=1}^{T} h_t", r"\sum\limits_{t=1}^T h_t", r"\sum_{1 \le t \le T} h_t", r"\sum_{t \in \{1, \ldots, T\}} h_t", "∑_{t=1}^T h_t", r"\sum^T_{t=1} h_t"),
    (r"\operatorname{diag}(h_t)", r"\mathrm{diag}(h_t)", r"\text{diag}(h_t)", "diag(h_t)", r"\operatorname{Diag}(h_t)", r"\operatorname*{diag}(h_t)", r"\mathop{\mathrm{diag}}(h_t)", r"\mathrm{diag}\left[h_t\right]"),
    (r"e^{h_t}", r"\exp(h_t)", r"\exp h_t", r"\mathrm{e}^{h_t}", r"\exp\{h_t\}"),
    (r"\mathbb{1}[i = j] h_{t,i} h_{t,j}", r"\delta_{ij} h_{t,i} h_{t,j}", r"1[i = j] h_{t,i} h_{t,j}", r"\mathbb{I}(i = j) h_{t,i} h_{t,j}", r"\mathbf{1}\{i = j\} h_{t,i} h_{t,j}", r"1_{i = j} h_{t,i} h_{t,j}", "𝟙(i = j) h_{t,i} h_{t,j}", r"[i = j] h_{t,i} h_{t,j}"),
    (r"\sigma'(a_t)", r"\sigma^{\prime}(a_t)", r"\sigma' (a_t)", "σ′(a_t)", r"\operatorname{sigmoid}'(a_t)"),
)  # fmt: skip


@pytest.mark.parametrize("spellings", SAME, ids=[row[0] for row in SAME])
def test_spellings_of_one_thing(spellings):
    found = {spelling: shown(read(Recurrent, spelling).readings[0].right) for spelling in spellings}
    assert set(found.values()) == {found[spellings[0]]}, found


DIFFERENT = (
    # symbols that must not be taken for one another
    (Recurrent, "L", "L_t"),
    (Recurrent, "W_{hh}", "W_{xh}"),
    (Recurrent, r"\hat y_t", "y_t"),
    (Gated, "W_f", "W_i"),
    (Gated, "i_t", "f_t"),
    (Layers, "W^{[1]}", "W^{[2]}"),
    (Deep, "a^{2}", "(a^{l})^{2}"),
)


@pytest.mark.parametrize("kind, one, other", DIFFERENT, ids=[f"{row[1]} {row[2]}" for row in DIFFERENT])
def test_different_symbols_stay_different(kind, one, other):
    first, second = (read(kind, latex).readings[0].right for latex in (one, other))
    assert first != second


ASIDE = (
    r"\underbrace{W_{hh} h_{t-1}}_{\text{old}} + b_h", r"\overbrace{W_{hh} h_{t-1}}^{n} + b_h", r"\color{red}{W_{hh} h_{t-1}} + b_h",
    r"\textcolor{blue}{W_{hh}} h_{t-1} + b_h", r"\boxed{W_{hh} h_{t-1} + b_h}", r"W_{hh}\!\,\;\: h_{t-1} + b_h \tag{3}", r"\displaystyle W_{hh} h_{t-1} + b_h \nonumber",
    r"\bigl( W_{hh} h_{t-1} \bigr) + b_h \label{eq:1}", r"\textcolor{#cc0000}{W_{hh} h_{t-1}} + b_h",
)  # fmt: skip


@pytest.mark.parametrize("latex", ASIDE)
def test_what_carries_no_mathematics_changes_nothing(latex):
    assert shown(read(Recurrent, latex).readings[0].right) == "Plus(Product(W_hh, h[t - 1]), b_h)"


def test_readings_are_whole():
    for kind, latex, _ in TERMS:
        assert all(isinstance(r, Reading) for r in read(kind, latex).readings), latex
