"""Planted faults: their cause, and a repair that is proved when it is read like any other formula."""

from functools import cache

import pytest
from derivation_models import lstm, second_order

from derivations.gradient_flow import NOTE as GRADIENT_FLOW
from derivations.relu_classifier import MODEL as RELU
from derivations.sigmoid_rnn import MODEL as SIGMOID
from derivations.tanh_rnn import MODEL as TANH
from symbolic.judging.keeping import Keeper, kept
from symbolic.pipeline import check_formula, read_note

MODELS = {"tanh": TANH, "sigmoid": SIGMOID, "relu": RELU, "flow": GRADIENT_FLOW.models[1]}

L_H, L_W, L_C = r"\delta^{(t)}", r"\frac{\partial L}{\partial W}", r"\frac{\partial L}{\partial c}"
W_IN, B_IN = (rf"\frac{{\partial \mathcal{{L}}}}{{\partial \mathbf{{{x}}}^{{(\text{{in}})}}}}" for x in "Wb")
OUT = r"[\mathbf{W}^{(\text{out})}]^T"
ERROR = r"(\hat{\mathbf{r}}_t - \mathbf{r}_t)"
H = r"[\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t]"
V_RELU = r"\frac{\partial \mathcal{L}}{\partial \mathbf{V}}"

FAULTS = (
    # model, head, wrong right side, causes that are as small, a piece of the repair
    ("tanh", L_H, r"V^T(\hat y^{(t)}-y^{(t)})", ("missing-term",), r"\delta^{(t+1)}"),
    ("tanh", L_H, r"V^T(\hat y^{(t)}+y^{(t)})+W^T diag(1-(h^{(t+1)})^2)\delta^{(t+1)}", ("sign",), r"\hat y^{(t)}-y^{(t)}"),
    ("tanh", L_H, r"V^T(\hat y^{(t)}-y^{(t)})+W^T diag(1-(h^{(t)})^2)\delta^{(t+1)}", ("index",), r"diag(1-(h^{(t+1)})^"),
    ("tanh", L_H, r"V^T(\hat y^{(t)}-y^{(t)})+W diag(1-(h^{(t+1)})^2)\delta^{(t+1)}", ("transpose",), "W^T"),
    ("tanh", L_H, r"V^T(\hat y^{(t)}-y^{(t)})+diag(1-(h^{(t+1)})^2)W^T\delta^{(t+1)}", ("order",), "W^T diag"),
    ("tanh", L_W, r"\sum_{t=1}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}(h^{(t)})^T", ("index",), "(h^{(t-1)})^T"),
    ("tanh", L_W, r"\sum_{t=1}^\tau \delta^{(t)}(h^{(t-1)})^T", ("missing-factor",), "h^{(t)}"),
    ("tanh", L_W, r"diag(1-(h^{(t)})^2)\delta^{(t)}(h^{(t-1)})^T", ("missing-sum",), r"\sum_{t=1}^{\tau}"),
    ("tanh", L_W, r"\sum_{t=2}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}(h^{(t-1)})^T", ("index",), "t=1"),
    ("tanh", L_W, r"\sum_{t=1}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}(x^{(t)})^T", ("shape", "wrong-variable"), "(h^{(t-1)})^T"),
    ("tanh", L_W, r"\sum_{t=1}^\tau 2 diag(1-(h^{(t)})^2)\delta^{(t)}(h^{(t-1)})^T", ("spurious-factor", "wrong-variable"), ""),
    ("tanh", L_C, r"\sum_{t=1}^\tau \hat y^{(t)}", ("missing-term",), "y^{(t)}"),
    ("tanh", L_C, r"\sum_{t=1}^\tau V^T(\hat y^{(t)}-y^{(t)})", ("shape",), ""),
    ("sigmoid", r"\frac{\partial \mathcal{L}}{\partial \mathbf{h}_t^{(\text{out})}}", rf"\sum_{{t=1}}^{{T_r}} {ERROR}",
     ("spurious-sum",), ""),
    ("sigmoid", W_IN, rf"\sum_{{t=1}}^{{T_r}} \mathbf{{U}}^T {H} \mathbf{{x}}_t^T", ("missing-factor",),
     r"\circ \mathbf{a}_t^{(\text{in})} \circ (1 - \mathbf{a}_t^{(\text{in})})"),
    ("sigmoid", B_IN, rf"\sum_{{t=1}}^{{T_r}} \mathbf{{U}}^T {H} \circ \mathbf{{a}}_t^{{(\text{{in}})}}",
     ("missing-factor",), r"(1 - \mathbf{a}_t^{(\text{in})})"),
    ("sigmoid", r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}_o}",
     rf"\sum_{{t=1}}^{{T_r}} {OUT} [{ERROR} \circ \mathbf{{o}}_t \circ (1 - \mathbf{{o}}_t)]", ("shape", "parenthesis"), ""),
    ("sigmoid", r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}^{(\text{out})}}", r"\sum_{t=1}^{T_r} \mathbf{o}_t^T",
     ("shape",), r"\hat{\mathbf{r}}_t - \mathbf{r}_t"),
    ("relu", V_RELU, r"(y_{\text{pred}} + y_{\text{gt}}) \mathbf{h}_l^\top", ("sign",), r"y_{\text{pred}} - y_{\text{gt}}"),
    ("relu", V_RELU, r"y_{\text{pred}} \mathbf{h}_l^\top", ("missing-term",), r"y_{\text{gt}}"),
    ("relu", r"\frac{\partial \mathcal{L}}{\partial \mathbf{h}_t}",
     r"(y_{\text{pred}} - y_{\text{gt}}) \mathbf{V} \prod_{i=t}^l (\text{diag}(\mathbb{I}(\mathbf{h}_i > 0)) \mathbf{W})",
     ("index",), "t+1"),
    # two edits
    ("flow", r"\frac{\partial E_t}{\partial W}",
     r"\frac{\partial E_t}{\partial y_t} \frac{\partial y_t}{\partial h_t} \left(\sum_{k=1}^{t-1} "
     r"\frac{\partial h_t}{\partial h_k} \right) \frac{\partial h_k}{\partial W}", ("index", "parenthesis", "missing-term"), ""),
    ("tanh", L_H, r"V^T(\hat y^{(t)}+y^{(t)})+W diag(1-(h^{(t+1)})^2)\delta^{(t+1)}",
     ("sign", "transpose", "other", "wrong-variable"), "W^T"),
)  # fmt: skip
"""Each with one or two faults."""


@cache
def diagnosed(model, head, right):
    with kept(Keeper(mends=True)):
        (entry,) = check_formula(MODELS[model], f"{head} = {right}")
    return entry


@pytest.mark.parametrize(("model", "head", "right", "causes", "piece"), FAULTS)
def test_a_planted_fault_is_named_and_mended(model, head, right, causes, piece):
    entry = diagnosed(model, head, right)
    assert entry.verdict == "refuted" and entry.repair, entry.reason
    assert entry.cause in causes
    assert piece.replace(" ", "") in entry.repair.replace(" ", "")


@pytest.mark.parametrize(("model", "head", "right", "causes", "piece"), FAULTS)
def test_a_repair_is_proved_when_it_is_read_again(model, head, right, causes, piece):
    entry = diagnosed(model, head, right)
    assert [e.verdict for e in check_formula(MODELS[model], f"{head} = {entry.repair}")] == ["proved"]


@pytest.mark.parametrize(("model", "head", "right", "causes", "piece"), FAULTS)
def test_putting_the_replacement_into_the_source_makes_the_repair(model, head, right, causes, piece):
    entry = diagnosed(model, head, right)
    text, m = f"{head} = {right}", entry.mend
    mended = text[: m.column - 1] + m.text + text[m.end_column - 1 :]
    assert m.exact and "".join(mended.split()) == "".join(f"{head} = {entry.repair}".split())


def test_a_right_formula_is_left_alone():
    entry = diagnosed("tanh", L_C, r"\sum_{t=1}^\tau (\hat y^{(t)} - y^{(t)})")
    assert entry.verdict == "proved" and entry.repair is None and entry.mend is None


def test_without_asking_nothing_is_mended():
    (entry,) = check_formula(TANH, rf"{L_C} = \sum_{{t=1}}^\tau (\hat y^{{(t)}} + y^{{(t)}})")
    assert (entry.verdict, entry.cause, entry.repair) == ("refuted", "other", None)


def test_a_diagnosis_is_the_same_in_every_run():
    head, right = L_H, r"V^T(\hat y^{(t)}-y^{(t)})+W diag(1-(h^{(t+1)})^2)\delta^{(t+1)}"
    again = diagnosed.__wrapped__("tanh", head, right)
    assert (again.cause, again.repair, again.reason) == (
        diagnosed("tanh", head, right).cause, diagnosed("tanh", head, right).repair, diagnosed("tanh", head, right).reason,
    )  # fmt: skip


NOTE = r"""
$$ z_1 = W_1 x + b_1, \quad a_1 = \mathrm{ReLU}(z_1), \quad z_2 = W_2 a_1 + b_2, \quad \hat y = \mathrm{softmax}(z_2) $$
$$ L = - y^T \log \hat y $$

$$ \frac{\partial L}{\partial b_1} = W_2 (\hat y - y) \odot \mathbb{1}(z_1 > 0) $$
$$ \begin{aligned} \frac{\partial L}{\partial W_2}
 &= (y - \hat y) a_1^T \end{aligned} $$
"""


def test_repairs_in_a_note_of_its_own_stand_where_the_wrong_part_is():
    with kept(Keeper(mends=True)):
        entries = read_note(NOTE, "markdown").entries
    wrong = [e for e in entries if e.verdict == "refuted"]
    assert [e.line for e in wrong] == [5, 7]
    lines = NOTE.split("\n")
    for entry in wrong:
        assert entry.repair
        row = lines[entry.mend.line - 1]
        assert entry.line == entry.mend.line and 0 < entry.mend.column <= len(row) + 1
    first = wrong[0]
    row = lines[first.mend.line - 1]
    mended = row[: first.mend.column - 1] + first.mend.text + row[first.mend.end_column - 1 :]
    assert "W_2^T" in mended.replace(r"W_2^{\top}", "W_2^T")


@pytest.mark.parametrize("model", [lstm(), second_order()], ids=["lstm", "second order"])
def test_gradients_of_other_networks_are_mended(model):
    """The derived gradients of the weights with a sign turned."""
    from symbolic.pipeline import derive
    from symbolic.showing.latex import latex

    derivation = derive(model)
    name = next(n for n, f in model.families.items() if f.role == "weight" and n in derivation.gradients and f.cols)
    head = rf"\frac{{\partial {latex(model.loss, model)}}}{{\partial {latex(model.families[name].var, model)}}}"
    right = latex(derivation.gradients[name], model)
    with kept(Keeper(mends=True)):
        (entry,) = check_formula(model, f"{head} = -{right}")
    assert (entry.verdict, entry.cause) == ("refuted", "sign") and entry.repair
    assert check_formula(model, f"{head} = {entry.repair}")[0].verdict == "proved"
