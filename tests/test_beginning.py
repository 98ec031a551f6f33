r"""Values before the first step, and values of what nothing determines: h_0 = c_0 = 0, h_0 = W e, h_0 = 1.

p proved, g proved under an assumption, r refuted, u unreadable or unproved, "" where no network is made.
"""

import pytest

from symbolic.judging.settings import is_set
from symbolic.pipeline import models_of, read_note
from symbolic.reading import Passage, read_claims
from symbolic.reading.document.read import read_document

RNN = r"$h_t = \tanh(W h_{t-1} + U x_t + b)$ for $t = 1, \dots, T$ and $L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$."
GATED = (
    r"$c_t = f_t \odot c_{t-1} + (1 - f_t) \odot \tanh(W h_{t-1} + U x_t)$ with $f_t = \sigma(R h_{t-1})$, $h_t = \tanh(c_t)$ and "
    r"$L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$."
)
DEEP = r"$h^{(l)} = \tanh(W^{(l)} h^{(l-1)} + b^{(l)})$ for $l = 1, \dots, N$, $L = \frac12 \|h^{(N)} - y\|^2$."
SKIP = DEEP.replace("+ b^{(l)}", "+ V x")
SLOPE = r"$$\frac{\partial L}{\partial W} = \sum_{t=1}^T ((1-h_t^2) \odot \frac{\partial L}{\partial h_t}) h_{t-1}^T$$"


def letter(entry):
    return "g" if entry.verdict == "proved" and entry.assumes else {"proved": "p", "proved-given": "g", "refuted": "r"}.get(entry.verdict, "u")


NOTES = (
    # (network, what is said of the beginning, verdicts of what is said and of a formula)
    (GATED, r"$h_0 = c_0 = 0$", "gg"),  # the first '=' of it was refuted
    (GATED, r"$c_0 = h_0 = \mathbf{0}$", "gg"),
    (GATED, r"$h_0 = 0, \; c_0 = 0$", "gg"),
    (RNN, r"$h_0 = 0$", "gp"),
    (RNN, r"$h_0 = 1$", "up"),  # refuted: the vector of ones has another shape than a number
    (RNN, r"$h_0 = e$", "pp"),  # another name
    # what is computed before the first step is no leaf: the formula lacks a term, and was proved
    (RNN, r"$h_0 = W e$ with $e \in \mathbb{R}^n$", ""),
    (RNN, r"$h_0 = \tanh(W x_0)$", ""),
    (RNN, r"$$h_0 = W b$$", ""),
    (DEEP, r"$h^{(0)} = x$", "p"),
    (SKIP, r"$h^{(0)} = x$", ""),
)


@pytest.mark.parametrize(("network", "said", "verdicts"), NOTES)
def test_the_beginning(network, said, verdicts):
    checked = read_note(f"{network} Here {said}.\n\n{SLOPE if network == RNN else ''}", "markdown")
    first = [e.verdict for e in checked.entries]
    seen = "".join(letter(e) for e in checked.entries if e.line > 1 or e.column > len(network))
    assert seen == verdicts, [(e.verdict, e.reason) for e in checked.entries]
    assert verdicts or ("proved" not in first and any("before the first step" in p for p in checked.problems))


LATER = r"$h_t = \tanh(W h_{t-1} + U x_t)$ for $t = 2, \dots, T$, $L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$."
FROM_2, FROM_1 = SLOPE.replace("t=1", "t=2"), SLOPE
BEGUN = (
    # (first steps, equations of the others, a formula, its verdict)
    (r"$h_1 = \tanh(U x_1)$.", LATER, FROM_2, "g"),
    (r"$h_1 = \tanh(U x_1)$.", LATER, FROM_1.replace(r"W} =", r"U} =").replace("h_{t-1}^T", "x_t^T"), "p"),
    # of the network of steps from 1 on, the formula from 2 on was refuted, and the one from 1 on proved
    ("The state $h_1$ is given.", LATER, FROM_2, "u"),
    ("The state $h_1$ is given.", LATER, FROM_1, "u"),
    ("", LATER.replace(r"for $t = 2, \dots, T$", r"for $t \ge 2$"), FROM_2, "u"),
    # the gradient by V of a first step of its own was refuted
    (r"$h_1 = \tanh(V x_1)$.", LATER, r"$$\frac{\partial L}{\partial U} = \sum_{t=2}^T ((1-h_t^2) \odot \frac{\partial L}{\partial h_t}) x_t^T$$", "u"),
    (r"$h_1 = \tanh(U x_1 + W x_0)$.", LATER, FROM_2, "u"),
    # each layer has weights of its own
    ("", r"$z^l = W^l a^{l-1}$, $a^l = \sigma(z^l)$ for $l = 2, \dots, N$, $C = \frac12 \|a^N - y\|^2$.",
        r"$$\frac{\partial C}{\partial W^l} = \frac{\partial C}{\partial z^l} (a^{l-1})^T$$", "p"),
)  # fmt: skip


@pytest.mark.parametrize(("first", "others", "formula", "verdict"), BEGUN)
def test_equations_of_later_steps(first, others, formula, verdict):
    entries = read_note(f"{first} {others}\n\n{formula}", "markdown").entries
    assert (letter(entries[-1]) if entries else "u") == verdict, [(e.verdict, e.reason) for e in entries]


def test_a_target_that_is_set_is_no_wrong_formula():
    """x' is read as a transpose, with which nothing conforms; y is what the note sets it to be."""
    network = r"Let $h = \tanh(W x + b)$ with $L = \frac12 \|h - y\|^2$ and the target $y = \tanh(W x' + b)$."
    assert "refuted" not in [e.verdict for e in read_note(network, "markdown").entries]


STATED = (("y", r"\hat y - e", False), ("y", "x", True), (r"\hat y", "x", False), ("W", "W^T", False))


@pytest.mark.parametrize(("head", "right", "is_setting"), STATED)
def test_what_is_computed_from_a_quantity_states_something_of_it(head, right, is_setting):
    network = r"$\hat y = W x$, $e = \hat y - y$ and $L = \frac12 \|e\|^2$ with $x, y \in \mathbb{R}^n$."
    ((model,), _) = models_of(read_document(network, "markdown"))
    (claim,) = read_claims((model,), (Passage(1, f"{head} = {right}"),), model.layout)
    assert [is_set(model, r.head, r.right) for r in claim.readings] == [is_setting] * len(claim.readings)
