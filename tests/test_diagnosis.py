"""Planted faults: their cause, and a repair that is proved when it is read like any other formula."""

from functools import cache
from pathlib import Path

import pytest
from derivation_models import lstm, second_order

from derivations.gradient_flow import NOTE as GRADIENT_FLOW
from derivations.relu_classifier import MODEL as RELU
from derivations.sigmoid_rnn import MODEL as SIGMOID
from derivations.tanh_rnn import MODEL as TANH
from symbolic.diagnosis.cause import difference
from symbolic.diagnosis.edits import clumsy
from symbolic.diagnosis.parts import parsed
from symbolic.diagnosis.purse import Purse
from symbolic.diagnosis.words import sentence
from symbolic.judging.keeping import Keeper, kept
from symbolic.language.effort import BudgetExceeded
from symbolic.pipeline import check_formula, read_note

MODELS = {"tanh": TANH, "sigmoid": SIGMOID, "relu": RELU, "flow": GRADIENT_FLOW.models[1]}

L_H, L_W, L_C = r"\delta^{(t)}", r"\frac{\partial L}{\partial W}", r"\frac{\partial L}{\partial c}"
W_IN, B_IN = (rf"\frac{{\partial \mathcal{{L}}}}{{\partial \mathbf{{{x}}}^{{(\text{{in}})}}}}" for x in "Wb")
OUT = r"[\mathbf{W}^{(\text{out})}]^T"
ERROR = r"(\hat{\mathbf{r}}_t - \mathbf{r}_t)"
H = r"[\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t]"
V_RELU = r"\frac{\partial \mathcal{L}}{\partial \mathbf{V}}"

TO_OUT, NEXT = (
    r"\left(\frac{\partial \mathbf{o}_t}{\partial \mathbf{h}_t}\right)^T \frac{\partial \mathcal{L}_t}{\partial \mathbf{o}_t}",
    r"\frac{\partial \mathcal{L}_t}{\partial \mathbf{h}_{t+1}}",
)

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
    ("tanh", L_H, r"V^T(\hat y^{(t)}-y^{(t)}-y^{(t)})+W^T diag(1-(h^{(t+1)})^2)\delta^{(t+1)}", ("spurious-term",), ""),
    ("tanh", L_W, r"\sum_{t=1}^\tau diag(1-(h^{(t)})^3)\delta^{(t)}(h^{(t-1)})^T", ("spurious-factor",), "diag(1-(h^{(t)})^2)"),
    ("tanh", L_C, r"\sum_{t=1}^\tau (\hat y^{(t)}-y^{(t)}+1)", ("spurious-term",), ""),
    ("sigmoid", r"\delta_t", rf"{TO_OUT} + \left(\frac{{\partial \mathbf{{h}}_{{t+1}}}}{{\partial \mathbf{{h}}_t}}\right) {NEXT}",
     ("transpose",), rf"\right)^T {NEXT}"),
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


CAUSES = (
    # written, right, the cause, a piece of the sentence
    ("o_t - y_t - o_t", "o_t - y_t", "spurious-term", "the term o_t should not be there"),
    ("a - b", "a - b + c", "missing-term", "the term c is missing"),
    ("1 - h_t^3", "1 - h_t^2", "spurious-factor", "h_t^2 instead of h_t^3"),
    ("1 - h_t", "1 - h_t^2", "missing-factor", "h_t^2 instead of h_t"),
    (r"d \odot (1 - (a^{[1]})^3)", r"d \odot (1 - (a^{[1]})^2)", "spurious-factor", ""),
    (r"d \odot (1)", r"d \odot (1 - h^2)", "missing-term", "the term h^2 is missing"),
    ("d_t h_t^T", "d_t h_{t-1}^T", "index", "h_{t-1}^T instead of h_t^T"),
    (r"d_t x^T", r"d_t \circ (1 - h_t^2) x^T", "missing-factor", "(1 - h_t^2), the slope of the function that makes h_t, is missing"),
    (r"d_t x^T", r"d_t \circ a_t \circ (1 - a_t) x^T", "missing-factor", "the slope of the function that makes a_t, is missing"),
    ("X^T r", r"\frac{2}{n} X^T r", "missing-factor", r"the factor \frac{2}{n} is missing"),
    ("a ( b + c )", "a b + c", "parenthesis", ""),
    ("y - p", "p - y", "sign", "a sign is wrong: p - y instead of y - p"),
    ("h_{t-1} d_t^T", "d_t h_{t-1}^T", "order", "d_t h_{t-1}^T instead of h_{t-1} d_t^T"),
    ("a_t b_t^T", r"\sum_t a_t b_t^T", "missing-sum", r"the sum \sum_t is missing"),
    (r"a \sum_k b_k", "a", "spurious-factor", r"the factor \sum_k b_k should not be there"),
    (r"\sum_{k=1}^{t-1} a_k b", r"\sum_{k=1}^{t} a_k b", "index", r"\sum_{k=1}^{t} instead of \sum_{k=1}^{t-1}"),
    (r"D \odot W", "D W", "other", r"D W instead of D \odot W"),
    (r"D V^T e h^T", "D d h^T", "wrong-variable", "something else belongs here: d instead of V^T e"),
    (r"1 - \tanh(c)", r"1 - \tanh^2(c)", "missing-factor", r"an exponent is missing: \tanh^2(c) instead of \tanh(c)"),
)  # fmt: skip


@pytest.mark.parametrize(("written", "right", "cause", "said"), CAUSES)
def test_the_cause_is_the_difference_between_two_formulas(written, right, cause, said):
    found = difference(parsed(written), parsed(right))
    assert found.cause == cause and said in sentence(found, written, right)


def test_where_no_edit_helps_the_right_formula_is_shown_with_what_is_missing():
    written = r"\sum_{t=1}^\tau (2 \hat y^{(t)} + \hat y^{(t)} + y^{(t)} + c)"
    entry = diagnosed("tanh", L_C, written)
    assert entry.mend.whole and entry.cause == "other"
    missing = entry.reason.partition("the right side minus what is written is ")[2].partition(";")[0]
    assert [e.verdict for e in check_formula(TANH, rf"{L_C} = {written} + {missing}")] == ["proved"]


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


IN_COMPONENTS = (
    # note, wrong line, cause, repair
    ("units", r"\frac{\partial E}{\partial o_j} = \delta_k w_{kj}", "missing-sum", r"\sum_k \delta_k w_{kj}"),
    ("units", r"\delta_j = o_j (1 - o_j) \sum_k w_{kj} w_{kj}", "wrong-variable", r"o_j (1 - o_j) \sum_k \delta_{k} w_{kj}"),
    ("components", r"\delta_j = \sigma'(z_j) (p_k - y_k) v_{kj}", "missing-sum", r"\sum_k \sigma'(z_j) (p_k - y_k) v_{kj}"),
    ("components", r"\delta_j = \sigma'(z_j) \sum_k v_{kj}", "missing-factor", r"\sigma'(z_j) \sum_k (p_k - y_k) v_{kj}"),
)  # fmt: skip


@pytest.mark.parametrize(("note", "wrong", "cause", "repair"), IN_COMPONENTS)
def test_formulas_for_entries_are_mended_with_what_the_note_calls_them(note, wrong, cause, repair):
    """A letter that only the right side has is bound by a sum; entries are spelled as in the note."""
    (model,) = _models(note)
    with kept(Keeper(mends=True)):
        (entry,) = check_formula(model, wrong)
    assert (entry.verdict, entry.cause, entry.repair) == ("refuted", cause, repair)


TURNED = (
    # note, wrong line, repair: edits of which the second is needed where the claim does not conform after the first
    ("attention", r"\frac{\partial L}{\partial p} = o V - y", r"V \left(o - y\right)"),
    ("attention", r"\frac{\partial L}{\partial s} = (\mathrm{diag}(p) - p p) (o-y) V", r"(\mathrm{diag}(p) - p p^T) V (o-y)"),
    ("row_vectors", r"\frac{\partial L}{\partial V} = \sum_{t=1}^T (\hat y_t - y_t)^T h_t", r"\sum_{t=1}^T h_t^T (\hat y_t - y_t)"),
)  # fmt: skip


@pytest.mark.parametrize(("note", "wrong", "repair"), TURNED)
def test_what_does_not_conform_is_mended_in_two_edits(note, wrong, repair):
    (model,) = _models(note)
    with kept(Keeper(mends=True)):
        (entry,) = check_formula(model, wrong)
    assert (entry.verdict, entry.cause, entry.repair) == ("refuted", "shape", repair)


STYLED = (
    # the formulas of a note with one mistake in the last, its repair in the note's own notation
    (r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L = \sum_t \frac12 \|V h_t - y_t\|^2$, "
     r"$\nabla_{h_t} L = V^T (V h_t - y_t) + W^T ((1 - h_{t+1}^2) \odot \nabla_{h_{t+1}} L)$ and "
     r"$\nabla_U L = \sum_t (\nabla_{h_t} L) x_t^T$", r"\sum_t (\nabla_{h_t} L \odot (1 - h_t^2)) x_t^T"),
    (r"$z = W x + b$, $a = \mathrm{sigmoid}(z)$, $L = \frac12 \|a - y\|^2$ and $\frac{\partial L}{\partial b} = (y - a) \odot a \odot (1 - a)$",
     r"(a - y) \odot a \odot (1 - a)"),
    (r"$z = W x + b$, $a = \mathrm{sigmoid}(z)$, $L = \frac12 \|a - y\|^2$ and $\frac{\partial L}{\partial b} = (a - y) \odot a$",
     r"(a - y) \odot a \odot (1 - a)"),
)  # fmt: skip


@pytest.mark.parametrize(("note", "repair"), STYLED)
def test_a_repair_is_written_as_the_note_writes(note, repair):
    with kept(Keeper(mends=True)):
        entry = read_note(note, "markdown").entries[-1]
    assert (entry.verdict, entry.repair) == ("refuted", repair)


@cache
def _models(note):
    return read_note((Path(__file__).parent / "notes" / f"{note}.md").read_text(encoding="utf-8"), "markdown").models


@pytest.mark.parametrize(("new", "old", "dearer"), [
    (r"\frac{2}{2} a", "a", True), (r"-\sum_{k=1}^{3} - a_k", r"\sum_{k=1}^{3} - a_k", True), ("a^1", "a^2", True),
    (r"\frac{2}{3} a", "a", False), ("a^{12} - b", "a", False), ("-(-a)", "-(-b)", False),
])  # fmt: skip
def test_what_nobody_writes_counts_as_a_larger_edit(new, old, dearer):
    assert (clumsy(new, old) > 0) == dearer


def test_the_work_of_mending_is_counted_not_timed():
    """What was worked out before costs the same again, and what is too much ends."""
    beats = []
    purse = Purse(100, lambda: beats.append(1))
    purse.reads("a" * 30)
    purse.reads("a" * 30)
    assert purse.used == 100
    with pytest.raises(BudgetExceeded):
        purse.spend()


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
