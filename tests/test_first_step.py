r"""From which step a network runs is said by its forward equations and by words: a gradient that is summed from another one is wrong."""

import pytest

from symbolic.pipeline import read_note

STEP = r"$h_t = \tanh(W h_{t-1} + U x_t + b)$"
SUMMED, LAST = r"$L = \frac12 \sum_{t=?}^T \|h_t - d_t\|^2$", r"$L = \frac12 \|h_T - d\|^2$"
BY_B = r"\frac{\partial L}{\partial b} = \sum_{?} (1-h_t^2) \odot \frac{\partial L}{\partial h_t}"

RUNS = (
    # (network, range of the gradient's sum, verdict: p proved, r refuted, u open)
    (f"{STEP}, {SUMMED.replace('?', '1')}.", "t=1}^{T", "p"),
    (f"{STEP}, {SUMMED.replace('?', '1')}.", "t=0}^{T", "r"),
    (f"{STEP}, {SUMMED.replace('?', '1')}.", r"0 < t \le T", "p"),
    (f"{STEP}, {SUMMED.replace('?', '1')}.", r"0 \le t \le T", "r"),
    (f"{STEP}, {SUMMED.replace('?', '0')}.", "t=0}^{T", "p"),
    (f"{STEP}, {SUMMED.replace('?', '0')}.", "t=1}^{T", "r"),
    (f"{STEP}, {LAST} with $t = 1, \\dots, T$.", "t=0}^{T", "r"),
    (f"{STEP}, {LAST} with $t = 0, \\dots, T$.", "t=0}^{T", "p"),
    (f"{STEP}, {LAST}.", "t=1}^{T", "p"),
    (f"{STEP}, {LAST}.", "t=0}^{T", "p"),  # nothing says that it does not run from 0
    (f"{STEP} with $h_0 = 0$, {LAST}.", "t=0}^{T", "r"),
    (f"{STEP} with $h_0 = 0$, {LAST}.", "t=1}^{T", "p"),
    (f"{STEP}, where $h_0$ is the initial state, {LAST}.", "t=1}^{T", "p"),
    (f"{STEP}, where $h_0$ is the initial state, {LAST}.", "t=0}^{T", "r"),
    (f"{STEP}, {SUMMED.replace('?', '1')}.", "t=1}^{n", "r"),
    (f"{STEP}, {SUMMED.replace('?', '1')}.", "t}'{", "u"),
)


@pytest.mark.parametrize(("network", "over", "verdict"), RUNS)
def test_a_gradient_does_not_say_where_a_network_begins(network, over, verdict):
    entry = read_note(f"{network}\n\n$${BY_B.replace('?', over)}$$", "markdown").entries[-1]
    found = "u" if entry.verdict in ("unproved", "unreadable") else entry.verdict[0]
    assert found == verdict, (entry.verdict, entry.reason)


def test_a_wrong_gradient_changes_no_other_verdict():
    wrong, right = BY_B.replace("?", "t=0}^{T"), BY_B.replace("?", "t=1}^{T")
    for network in dict.fromkeys(network for network, *_ in RUNS if "sum" in network and "=1" in network):
        entries = read_note(f"{network}\n\n$${wrong}$$\n\n$${wrong}$$\n\n$${right}$$", "markdown").entries[-3:]
        assert [e.verdict for e in entries] == ["refuted", "refuted", "proved"]


def test_most_gradients_say_where_a_network_begins_if_nothing_else_does():
    wrong, right = BY_B.replace("?", "t=0}^{T"), BY_B.replace("?", "t=1}^{T")
    for formulas, verdicts in (((right, wrong, right), "prp"), ((wrong, right), "rp"), ((wrong, wrong, right), "ppr")):
        note = f"{STEP}, $L = \\frac12 \\sum_t \\|h_t - d_t\\|^2$.\n\n" + "\n\n".join(f"$${f}$$" for f in formulas)
        entries = read_note(note, "markdown").entries[-len(formulas) :]
        assert "".join(e.verdict[0] for e in entries) == verdicts, formulas


def test_a_sum_up_to_a_step_tells_the_first_one_as_well():
    inner = r"\frac{\partial L_t}{\partial W} = \sum_{k=1}^t \frac{\partial L_t}{\partial h_t} \frac{\partial h_t}{\partial h_k} \frac{\partial h_k}{\partial W}"
    note = f"{STEP}, $L = \\sum_t L_t$, $L_t = \\ell_t(h_t)$.\n\n$${inner}$$\n\n$${BY_B.replace('?', 't=0}^{T')}$$"
    assert [e.verdict for e in read_note(note, "markdown").entries[-2:]] == ["proved", "refuted"]


BEFORE = r"\frac{\partial L}{\partial h_{t-1}} = ? + W^\top ((1-h_t^2) \odot \frac{\partial L}{\partial h_t})"
LOSSES = (
    # (loss, what a formula for h_{t-1} adds, verdict, words of the reason): ℓ_0 is no loss where they run from 1
    (r"\sum_{t=1}^T \ell_t(h_t)", r"\nabla \ell_{t-1}(h_{t-1})", "p", "if t>=2"),
    (r"\sum_{t=0}^T \ell_t(h_t)", r"\nabla \ell_{t-1}(h_{t-1})", "p", "if t>=1"),
    (r"\sum_{t=3}^T \ell_t(h_t)", r"\nabla \ell_{t-1}(h_{t-1})", "p", "if t>=4"),
    (r"\sum_{t=1}^T \ell_t(h_t)", r"\nabla \ell_{t}(h_{t-1})", "r", ""),
    (r"\sum_{t=1}^T \ell_t(h_t)", r"2 \nabla \ell_{t-1}(h_{t-1})", "r", ""),
    (r"\sum_{t=1}^T \ell_t(h_t)", r"\mathbb{1}[t \ge 2] \nabla \ell_{t-1}(h_{t-1})", "p", "every size"),
    (r"\sum_{t=1}^T \ell_t(h_t)", r"\mathbb{1}[t = 1] h_0 + \nabla \ell_{t-1}(h_{t-1})", "r", ""),  # said of t = 1
    (r"\sum_{t=1}^T \|h_t - d_t\|^2", r"2 (h_{t-1} - d_{t-1})", "p", "if t>=2"),
    (r"\sum_{t=1}^T \|h_t - d\|^2", r"2 (h_{t-1} - d)", "r", ""),  # which is a value at t = 1, too
)


@pytest.mark.parametrize(("loss", "own", "verdict", "words"), LOSSES)
def test_a_loss_exists_from_the_first_step_that_is_summed(loss, own, verdict, words):
    entry = read_note(f"{STEP}, $L = {loss}$.\n\n$${BEFORE.replace('?', own)}$$", "markdown").entries[-1]
    assert entry.verdict[0] == verdict and words in entry.reason, (entry.verdict, entry.reason)
