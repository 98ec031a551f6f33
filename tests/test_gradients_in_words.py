r"""Names that formulas or words give to gradients, and names that nothing explains: a definition is no claim that was proved.

a accepted, p proved, g proved-given, r refuted, u unreadable or unproved.
"""

import pytest

from symbolic.pipeline import read_note
from symbolic.reading.document.gradients import gradients_in_words
from symbolic.reading.document.read import read_document

BATCH = r"$A = W X + b \mathbf{1}^\top$, $H = \tanh(A)$, $Z = V H$, $L = \frac12 \|Z - Y\|_F^2$."
STEPS = r"$a_t = W h_{t-1} + U x_t$, $h_t = \tanh(a_t)$, $L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$."
DEEP = r"$a^{(l)} = W^{(l)} h^{(l-1)}$, $h^{(l)} = \tanh(a^{(l)})$, $\mathcal{J} = \frac12 \|h^{(N)} - y\|^2$."

WRONG, RIGHT = r"$$? = -V^\top (Z - Y)$$", r"$$? = V^\top (Z - Y)$$"
SAID = (
    # (what is said of the name, verdicts of a wrong and a right formula for it)
    (r"Let $?$ be the gradient of $L$ with respect to $H$.", "rp"),
    (r"Let $?$ denote the derivative of the loss with respect to $H$.", "rp"),
    (r"Denote by $?$ the gradient of the loss function with respect to $H$.", "rp"),
    (r"We write $?$ for the gradient of $L$ with respect to $H$.", "rp"),
    (r"Here $?$ is the gradient of the loss w.r.t. $H$.", "rp"),
    (r"Here $?$ is the gradient of the loss w.r.t. the hidden state $H$, and $V$ a weight.", "rp"),
    (r"Let $? = \partial L/\partial H$.", "arp"),
    (r"Let $? := \frac{\partial L}{\partial H}$.", "arp"),
    (r"Let $? = \nabla_H L$.", "arp"),
    (r"Write $?$ for $\partial L/\partial H$.", "rp"),
    (r"Write $?$ for $\nabla_H L$.", "rp"),
    (r"Let $?$ denote $\frac{\partial L}{\partial H}$.", "rp"),
    (r"We abbreviate $\frac{\partial L}{\partial H}$ by $?$.", "rp"),
    (r"The gradient of $L$ with respect to $H$ is denoted by $?$.", "rp"),
    (r"记 $?$ 为损失 $L$ 对 $H$ 的梯度。", "rp"),
    # what says less, or something else, leaves both open: a definition, and another one
    ("The backward pass is", "au"),
    ("", "au"),
    (r"Let $?$ be the negative gradient of $L$ with respect to $H$.", "au"),
    (r"Let $?$ be the gradient of $L_1$ with respect to $H$.", "au"),
    (r"Let $?$ be the gradient of $L$ with respect to $H$ times $-1$.", "au"),
    (r"Let $?$ be the gradient of $L$ with respect to $H$. Later $?$ is the gradient of $L$ with respect to $A$.", "au"),
    (r"Bars denote gradients. For any $v$ let $\bar v$ denote $\partial L/\partial v$.", "au"),
)


@pytest.mark.parametrize("name", [r"\bar H", "G"])
@pytest.mark.parametrize(("said", "verdicts"), SAID)
def test_what_words_call_a_gradient_is_judged(said, verdicts, name):
    note = f"{BATCH}\n\n{said}\n\n{WRONG}\n\n{RIGHT}".replace("?", name)
    checked = read_note(note, "markdown")
    found = "".join("u" if e.verdict in ("unreadable", "unproved") else e.verdict[0] for e in checked.entries[4:])
    assert found == verdicts, [(e.verdict, e.reason) for e in checked.entries[4:]]
    assert not checked.problems


def test_a_definition_beside_the_loss_is_no_proof_and_says_what_to_write():
    entry = read_note(f"{BATCH}\n\n$$G = -V^\\top (Z - Y)$$", "markdown").entries[-1]
    assert (entry.verdict, entry.proof) == ("accepted", None)
    assert "L does not depend on it" in entry.reason and r"G = \partial L/\partial" in entry.reason


def test_what_the_loss_rests_on_is_proved_as_before():
    assert {e.verdict for e in read_note(BATCH, "markdown").entries} == {"proved"}


NOTES = (
    *((r"$z = w^\top x$, $L = \frac12 (z - y)^2$, $e = z - y$.", f"Let $g = {named}$.", r"$g = -(z - y) x$, $g = (z - y) x$", "arp")
      for named in (r"\nabla_w L", r"\partial L/\partial w", "dL/dw", r"\frac{\partial L}{\partial w}")),
    # (network, sentence, formulas, verdicts)
    (STEPS, r"Let $g_t$ be the gradient of $L$ with respect to $h_t$.",
        r"$g_t = h_t - y_t + W^\top ((1-h_{t+1}^2) \odot g_{t+1})$, $g_t = h_t - y_t + W ((1-h_{t+1}^2) \odot g_{t+1})$", "pr"),
    (STEPS, r"Let $g_t$ and $s_t$ be the gradients of $L$ with respect to $h_t$ and $a_t$, respectively.",
        r"$g_t = h_t - y_t + W^\top s_{t+1}$, $s_t = (1-h_t^2) \odot g_t$, $\frac{\partial L}{\partial W} = \sum_t s_t h_{t-1}^\top$", "ppp"),
    (STEPS, r"Let $g_t$, $s_t$ and $G$ be the gradients of $L$ with respect to $h_t$, $a_t$ and $W$.",
        r"$s_t = (1-h_t) \odot g_t$, $G = \sum_t s_t h_{t-1}^\top$, $G = \sum_t s_t h_t^\top$", "rgr"),
    (STEPS, r"Let $g_t$ be the gradient of $L$ with respect to $h_t$. It is $g_t = \frac{\partial L}{\partial a_t}$.",
        r"$g_t = (1 - h_t^2) \odot \frac{\partial L}{\partial h_t}$", "ap"),  # what a formula says counts
    # what is defined with such a name belongs to the backward pass, also where no ∂ is written
    (STEPS, r"Let $\bar h_t$ denote $\partial L/\partial h_t$.",
        r"$\bar a_t = \bar h_t \odot (1 - h_t^2)$, $\bar W = \sum_t \bar a_t h_{t-1}^\top$, "
        r"$\bar h_t = h_t - y_t + W^\top \bar a_{t+1}$, $\frac{\partial L}{\partial W} = \bar W$, "
        r"$\frac{\partial L}{\partial U} = \sum_t x_t \bar a_t^\top$", "aappr"),
    (STEPS, r"Let $\delta_t$ denote $\partial L/\partial h_t$.", r"$e_t = \delta_t \odot (1 - h_t^2)$, "
        r"$\frac{\partial L}{\partial W} = \sum_t e_t h_{t-1}^\top$, $\frac{\partial L}{\partial W} = \sum_t e_t h_t^\top$", "apr"),
    (DEEP, r"We denote by $\delta^{(l)}$ the derivative of the loss w.r.t. $a^{(l)}$.",
        r"$\delta^{(l)} = (W^{(l+1)})^\top \delta^{(l+1)} \odot (1 - (h^{(l)})^2)$, "
        r"$\delta^{(l)} = W^{(l+1)} \delta^{(l+1)} \odot (1 - (h^{(l)})^2)$", "pr"),
    (DEEP, r"Let $G^{(l)}$ be the gradient of $\mathcal{J}$ with respect to the weight $W^{(l)}$.",
        r"$G^{(l)} = \frac{\partial \mathcal{J}}{\partial a^{(l)}} (h^{(l-1)})^\top$, "
        r"$G^{(l)} = h^{(l-1)} (\frac{\partial \mathcal{J}}{\partial a^{(l)}})^\top$", "pr"),
)  # fmt: skip


@pytest.mark.parametrize(("network", "said", "formulas", "verdicts"), NOTES)
def test_names_at_every_step_and_layer(network, said, formulas, verdicts):
    checked = read_note(f"{network}\n\n{said}\n\n{formulas}", "markdown")
    letters = {"accepted": "a", "proved": "p", "proved-given": "g", "refuted": "r"}
    assert "".join(letters.get(e.verdict, "u") for e in checked.entries[3:]) == verdicts, [e.reason for e in checked.entries[3:]]


def test_a_name_in_words_needs_a_quantity_of_an_equation():
    document = read_document(r"$h = W x$. Let $\bar v$ be the gradient of $L$ with respect to $v$.", "markdown")
    assert not list(gradients_in_words(document.formulas))
