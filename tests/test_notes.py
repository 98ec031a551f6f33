"""The built-in notes: every '=' gets a verdict that can be defended, for reasons that were found apart from the engine."""

from __future__ import annotations

import pytest
from expected_verdicts import EXPECTED, Row

from derivations import NAMES, load
from symbolic.pipeline import check_formula, check_note
from symbolic.proof.verdict import Entry


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def judged(request: pytest.FixtureRequest) -> tuple[str, dict[str, Entry]]:
    return request.param, {entry.id: entry for entry in check_note(load(request.param))}


def shortfall(row: Row, entry: Entry) -> str | None:
    """What is not as it must be, or None."""
    _, accept, step, labels, reading, roots = row
    assumed = any(a.startswith("sum(") for a in entry.assumes)
    conditions = (
        (entry.verdict not in accept.split(), f"{entry.verdict}, expected {accept}"),
        (step is not None and entry.step != step, f"step {entry.step}, expected {step}"),
        (entry.verdict.startswith("proved") and assumed != labels, f"labels assumed: {assumed}"),
        (entry.verdict == "proved" and reading and not entry.reading, "the reading is not named"),
        (entry.verdict == "refuted" and entry.counterexample is None, "no counterexample"),
        (entry.verdict == "proved-given" and not set(entry.root) & set(roots.split()), f"root {entry.root}"),
    )
    return next((text for bad, text in conditions if bad), None)


def test_every_equation_of_the_notes(judged: tuple[str, dict[str, Entry]]) -> None:
    name, entries = judged
    assert [i for i, e in entries.items() if e.kind != "statement"] == [row[0] for row in EXPECTED[name]]
    problems = {row[0]: shortfall(row, entries[row[0]]) for row in EXPECTED[name]}
    assert not {i: p for i, p in problems.items() if p}


def test_nothing_is_left_open(judged: tuple[str, dict[str, Entry]]) -> None:
    _, entries = judged
    assert not [entry.id for entry in entries.values() if entry.verdict == "unproved"]


def test_all_notes_are_expected() -> None:
    assert set(NAMES) == set(EXPECTED)
    assert sum(len(rows) for rows in EXPECTED.values()) == 147


WRONG = (
    # (note, formula): each differs from the truth at some size and length
    ("tanh_rnn", r"\frac{\partial L}{\partial V} = \sum_{t=1}^\tau (\hat y^{(t)}-y^{(t)}) h^{(t)}"),  # lost transpose
    ("tanh_rnn", r"\frac{\partial L}{\partial V} = \sum_{t=1}^\tau h^{(t)} (\hat y^{(t)}-y^{(t)})^T"),
    ("tanh_rnn", r"\frac{\partial L}{\partial c} = \sum_{t=1}^\tau (y^{(t)}-\hat y^{(t)})"),  # sign
    ("tanh_rnn", r"\frac{\partial L}{\partial c} = \hat y^{(t)}-y^{(t)}"),  # lost sum
    ("tanh_rnn", r"\frac{\partial L}{\partial c} = \sum_{t=2}^\tau (\hat y^{(t)}-y^{(t)})"),
    ("tanh_rnn", r"\frac{\partial L}{\partial c} = \sum_{t=1}^{\tau-1} (\hat y^{(t)}-y^{(t)})"),
    ("tanh_rnn", r"\frac{\partial L}{\partial c} = (\sum_{t=1}^\tau (\hat y^{(t)}-y^{(t)}))^T"),  # layout
    ("tanh_rnn", r"\frac{\partial L}{\partial b} = \sum_{t=1}^\tau diag(1-h^{(t)})\delta^{(t)}"),  # lost square
    ("tanh_rnn", r"\frac{\partial L}{\partial b} = \sum_{t=1}^\tau \delta^{(t)}"),  # lost factor
    ("tanh_rnn", r"\frac{\partial L}{\partial b} = 2 \sum_{t=1}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}"),
    ("tanh_rnn", r"\frac{\partial L}{\partial W} = \sum_{t=1}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}(h^{(t)})^T"),  # t off by one
    ("tanh_rnn", r"\frac{\partial L}{\partial W} = \sum_{t=2}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}(h^{(t-1)})^T"),  # needs h_0 = 0
    ("tanh_rnn", r"\frac{\partial L}{\partial W} = \sum_{t=1}^\tau diag(1-(h^{(t-1)})^2)\delta^{(t)}(h^{(t-1)})^T"),
    ("tanh_rnn", r"\delta^{(t)} = V^T(\hat y^{(t)}-y^{(t)})"),  # lost recurrence
    ("tanh_rnn", r"\delta^{(t)} = V^T(\hat y^{(t)}-y^{(t)}) + W diag(1-(h^{(t+1)})^2)\delta^{(t+1)}"),
    ("tanh_rnn", r"\delta^{(t)} = V^T(\hat y^{(t)}-y^{(t)}) + diag(1-(h^{(t+1)})^2) W^T \delta^{(t+1)}"),
    ("tanh_rnn", r"\delta^{(t)} = V^T(\hat y^{(t)}-y^{(t)}) + W^T diag(1-(h^{(t)})^2)\delta^{(t+1)}"),
    ("relu_classifier", r"\frac{\partial \mathcal{L}}{\partial d} = y_{\text{gt}} - y_{\text{pred}}"),
    ("relu_classifier", r"\frac{\partial \mathcal{L}}{\partial \mathbf{V}} = (y_{\text{pred}} - y_{\text{gt}}) \mathbf{h}_l"),
    ("relu_classifier", r"\frac{\partial \mathcal{L}}{\partial y_{\text{pred}}} = \frac{y_{\text{pred}} - y_{\text{gt}}}{1 - y_{\text{pred}}}"),
    ("relu_classifier", r"\frac{\partial \mathcal{L}}{\partial \mathbf{h}_t} = (y_{\text{pred}} - y_{\text{gt}}) \mathbf{V} \prod_{i=t}^l (\text{diag}(\mathbb{I}(\mathbf{h}_i > 0)) \mathbf{W})"),
    ("relu_classifier", r"\frac{\partial \mathcal{L}}{\partial \mathbf{h}_t} = (y_{\text{pred}} - y_{\text{gt}}) \mathbf{V} \prod_{i=t+1}^l (\mathbf{W} \text{diag}(\mathbb{I}(\mathbf{h}_i > 0)))"),
    ("sigmoid_rnn", r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}^{(\text{out})}} = \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_t - \mathbf{r}_t) \circ \hat{\mathbf{r}}_t"),
    ("sigmoid_rnn", r"\frac{\partial \mathcal{L}}{\partial \mathbf{U}} = \sum_{t=1}^{T_r} [\mathbf{h}_t \circ (1 + \mathbf{h}_t) \circ \delta_t] [\mathbf{a}_t^{(\text{in})}]^T"),
    ("gradient_flow", r"\frac{\partial h_t}{\partial h_{t-1}} = W_{rec} \cdot \text{diag}(\sigma'(W_{rec}h_{t-1} + W_{in}x_t + b_t))"),
    ("gradient_flow", r"\frac{\partial h_t}{\partial h_{t-1}} = \text{diag}(\sigma(W_{rec}h_{t-1} + W_{in}x_t + b_t)) \cdot W_{rec}"),
)  # fmt: skip

RIGHT = (
    ("tanh_rnn", r"\frac{\partial L}{\partial c} = \sum_{s=1}^\tau (\hat y^{(s)}-y^{(s)})"),
    ("tanh_rnn", r"\frac{\partial L}{\partial c} = \sum_{t=0}^{\tau-1} (\hat y^{(t+1)}-y^{(t+1)})"),
    ("tanh_rnn", r"\frac{\partial L}{\partial c} = \sum_{t=1}^{\tau-1} (\hat y^{(t)}-y^{(t)}) + (\hat y^{(\tau)}-y^{(\tau)})"),
    ("tanh_rnn", r"\frac{\partial L}{\partial V} = \sum_{t=1}^\tau (h^{(t)} (\hat y^{(t)}-y^{(t)})^T)^T"),
    ("tanh_rnn", r"\frac{\partial L}{\partial b} = \sum_{t=1}^\tau (1 - h^{(t)} \circ h^{(t)}) \circ \delta^{(t)}"),
    ("tanh_rnn", r"\frac{\partial L}{\partial b} = \sum_{t=1}^\tau (1 - h^{(t)}) \circ (1 + h^{(t)}) \circ \delta^{(t)}"),
    ("tanh_rnn", r"\delta^{(t)} = V^T(\hat y^{(t)}-y^{(t)}) + W^T diag(1-(h^{(t+1)})^2)\delta^{(t+1)}"),
    ("tanh_rnn", r"\delta^{(t)} = V^T(\hat y^{(t)}-y^{(t)}) + W^T [(1-(h^{(t+1)})^2) \circ \delta^{(t+1)}]"),
    ("tanh_rnn", r"\frac{\partial L}{\partial x^{(t)}} = U^T diag(1-(h^{(t)})^2)\delta^{(t)}"),
    ("relu_classifier", r"\frac{\partial \mathcal{L}}{\partial d} = -y_{\text{gt}} (1 - y_{\text{pred}}) + (1 - y_{\text{gt}}) y_{\text{pred}}"),
    ("gradient_flow", r"\frac{\partial h_t}{\partial x_t} = \text{diag}(\sigma'(W_{rec}h_{t-1} + W_{in}x_t + b_t)) W_{in}"),
)  # fmt: skip


@pytest.mark.parametrize(("note", "latex"), WRONG)
def test_wrong_formulas_are_refuted(note: str, latex: str) -> None:
    (entry,) = check_formula(load(note).models[0], latex)
    assert entry.verdict == "refuted", entry.reason
    assert entry.counterexample is not None


@pytest.mark.parametrize(("note", "latex"), RIGHT)
def test_right_formulas_are_proved(note: str, latex: str) -> None:
    (entry,) = check_formula(load(note).models[0], latex)
    assert entry.verdict == "proved", entry.reason


def test_a_formula_that_holds_from_some_length_on_says_so() -> None:
    """At tau = 1 it needs the label before the first step, which does not exist: neither proved nor refuted."""
    latex = r"\frac{\partial L}{\partial c} = \sum_{t=1}^{\tau-2} (\hat y^{(t)}-y^{(t)}) + (\hat y^{(\tau-1)}-y^{(\tau-1)}) + (\hat y^{(\tau)}-y^{(\tau)})"
    (entry,) = check_formula(load("tanh_rnn").models[0], latex)
    assert entry.verdict == "unproved" and "proved except where tau = 1" in entry.reason
