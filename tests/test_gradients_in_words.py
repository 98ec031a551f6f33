r"""Names that formulas or words give to gradients, and names that nothing explains: a definition is no claim that was proved.

a accepted, p proved, g proved-given, r refuted, u unreadable or unproved.
"""

import pytest

from symbolic.pipeline import check_formula, models_of, read_note
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
    (r"Let $?$ be the gradient of $L$ with respect to $H$, up to sign.", "au"),
    (r"$?$ is the gradient of $L$ with respect to $H$ (multiplied by $-1$).", "au"),
    (r"Let $?$ denote $\partial L/\partial H$, transposed.", "au"),
    (r"Let $?$ be the gradient of $L_1$ with respect to $H$.", "au"),
    (r"Let $?$ be the gradient of $L$ with respect to $H$ times $-1$.", "au"),
    (r"Let $?$ be the gradient of $L$ with respect to $H$. Later $?$ is the gradient of $L$ with respect to $A$.", "au"),
)


@pytest.mark.parametrize("name", [r"\bar H", "G"])
@pytest.mark.parametrize(("said", "verdicts"), SAID)
def test_what_words_call_a_gradient_is_judged(said, verdicts, name):
    note = f"{BATCH}\n\n{said}\n\n{WRONG}\n\n{RIGHT}".replace("?", name)
    checked = read_note(note, "markdown")
    found = "".join("u" if e.verdict in ("unreadable", "unproved") else e.verdict[0] for e in checked.entries[4:])
    assert found == verdicts, [(e.verdict, e.reason) for e in checked.entries[4:]]
    assert not checked.problems


CONVENTIONS = (
    # (what is said of an accent, verdicts of a wrong and a right formula for \\bar H)
    (r"Bars denote adjoints.", "rp"),
    (r"Here a bar denotes the gradient of the loss with respect to that variable.", "rp"),
    (r"A bar over a symbol means the derivative of $L$ with respect to it.", "rp"),
    (r"We use bars to denote gradients.", "rp"),
    (r"Adjoints are marked with a bar.", "rp"),
    (r"For any $v$ let $\bar v$ denote $\partial L/\partial v$.", "rp"),
    (r"For every quantity $v$ we write $\bar{v}$ for $\frac{\partial L}{\partial v}$.", "rp"),
    (r"For all variables $Z$, $\bar Z$ is the gradient of $L$ with respect to $Z$.", "rp"),  # a letter of the network, too
    (r"We write $\overline{v} = \partial L/\partial v$ for any $v$.", "urp"),
    (r"Bars denote the derivatives of the loss w.r.t. the given variable.", "rp"),
    (r"Bars denote averages.", "au"),
    (r"Let $\bar q$ denote $\partial L/\partial q$.", "au"),
    (r"Let $\bar v$ denote $\partial L/\partial v$ at every step.", "au"),
    (r"Bars denote negative gradients.", "au"),
    (r"Bars do not denote gradients here.", "au"),
    (r"A bar denotes the derivative with respect to time.", "au"),
    (r"Bars denote gradients of $L_1$.", "au"),
    (r"Hats denote adjoints.", "au"),
    (r"For any $v$ let $\bar v$ denote the mean of $v$.", "au"),
    (r"For any $v$ let $\hat v$ denote $\partial L/\partial v$.", "au"),
    (r"Let $\bar Z$ denote $\partial L/\partial Z$.", "au"),  # one name, and no rule
)


@pytest.mark.parametrize(("said", "verdicts"), CONVENTIONS)
def test_an_accent_names_gradients_where_words_say_so(said, verdicts):
    checked = read_note(f"{BATCH}\n\n{said}\n\n{WRONG}\n\n{RIGHT}".replace("?", r"\bar H"), "markdown")
    found = "".join("u" if e.verdict in ("unreadable", "unproved") else e.verdict[0] for e in checked.entries[4:])
    assert found == verdicts, [(e.verdict, e.reason) for e in checked.entries[4:]]


def test_what_the_loss_is_computed_with_is_no_gradient_whatever_its_accent():
    note = r"$\bar x = \frac12 x$, $L = \frac12 \|W \bar x - y\|^2$. Bars denote adjoints. $\frac{\partial L}{\partial W} = (W \bar x - y) \bar x^\top$"
    assert [e.verdict for e in read_note(note, "markdown").entries] == ["proved"] * 3


ANOTHER = r"$h = \tanh(W x)$, $z = w^\top h$, $L = \frac12 (z - y)^2$."


@pytest.mark.parametrize("said", [
    r"Let $g$ denote $\partial z/\partial h$.", r"Let $g$ be the gradient of $z$ with respect to $h$.", "```gradproof\ng = dz/dh\n```",
])  # fmt: skip
def test_the_derivative_of_another_quantity_than_the_loss_is_no_adjoint(said):
    formulas = r"$g = w$, $g = (z - y) w$"
    for checked in (
        read_note(f"{ANOTHER}\n\n{said}\n\n{formulas}", "markdown"),
        read_note(f"{said}\n\n{formulas}", "markdown", models_of(read_document(ANOTHER, "markdown"))[0]),
    ):
        assert not {e.verdict for e in checked.entries[-2:]} & {"proved", "refuted"}
        assert any("g is declared a derivative of z, which is not the loss" in p for p in checked.problems)


@pytest.mark.parametrize(("formula", "never"), [("h_t - y_t", "refuted"), ("2 (h_t - y_t)", "proved")])
def test_the_loss_of_one_step_is_not_the_loss(formula, never):
    network = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L_t = \frac12 \|h_t - y_t\|^2$, $L = \sum_{t=1}^T L_t$."
    checked = read_note(f"{network}\n\n```gradproof\ng_t = dL_t/dh_t\n```\n\n$g_t = {formula}$", "markdown")
    assert checked.entries[-1].verdict != never and "a derivative of L_t, which is not the loss" in checked.problems[0]


def test_names_in_words_beside_a_model_that_is_given():
    given = models_of(read_document(f"{BATCH}", "markdown"))[0]
    for said in (r"Let $\bar H$ denote $\partial L/\partial H$.", "Bars denote adjoints."):
        checked = read_note(f"{said}\n\n{WRONG}\n\n{RIGHT}".replace("?", r"\bar H"), "markdown", given)
        assert [e.verdict for e in checked.entries] == ["refuted", "proved"] and not checked.problems


BESIDE = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$. Let $a_t = W h_{t-1} + U x_t$."


@pytest.mark.parametrize("said", [
    r"Let $s_t$ denote $\partial L/\partial a_t$.", r"Let $s_t$ be the gradient of $L$ with respect to $a_t$.",
    r"Let $s_t = \frac{\partial L}{\partial a_t}$.", "```gradproof\ns_t = dL/da_t\n```", r"Bars denote adjoints.",
])  # fmt: skip
def test_a_pre_activation_that_is_named_beside_has_its_place_in_the_network(said):
    """∂L/∂a_t is not 0, as it would be if a_t were computed for nothing."""
    name = r"\bar a_t" if "Bars" in said else "s_t"
    slope = rf"{name} = \frac{{\partial L}}{{\partial h_t}} \odot"
    right = f"${slope} (1 - h_t^2)$, ${slope} (1 - h_t)$"
    checked = read_note(f"{BESIDE}\n\n{said}\n\n{right}", "markdown")
    assert [e.verdict for e in checked.entries[-2:]] == ["proved", "refuted"] and not checked.problems


@pytest.mark.parametrize(("formula", "verdict"), [
    (r"\frac{\partial L}{\partial a_t} = \frac{\partial L}{\partial h_t} \odot (1 - h_t^2)", "unreadable"),
    (r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1 - h_t^2)", "unreadable"),
    (r"\frac{\partial L}{\partial a_t} = 0", "unreadable"),
    (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W", "proved"),
    (r"\frac{\partial L}{\partial h_T} = h_T - y_T", "proved"),
])  # fmt: skip
def test_a_derivative_by_what_acts_on_nothing_is_left_open(formula, verdict):
    """The forward model that is given computes a_t and never uses it; who differentiates by it means another network."""
    (model,), _ = models_of(read_document(BESIDE, "markdown"))
    (entry,) = check_formula(model, formula)
    assert entry.verdict == verdict
    assert verdict == "proved" or "does not depend on a_t; write the one that does with a_t in it" in entry.reason


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
    # what is left out where a name is introduced is left out of what is said of it
    (STEPS, r"Let $g_t = \partial L/\partial h_t$, ignoring the recurrence.", r"$g_t = h_t - y_t$", "au"),
    (STEPS, r"Let $g_t = \partial L/\partial h_t$, ignoring the recurrence.", "It follows that\n\n$$g_t = h_t - y_t$$", "au"),
    (STEPS, r"Let $g_t$ be the gradient of $L$ with respect to $h_t$, ignoring the recurrence.", r"$g_t = h_t - y_t$", "a"),
    # a derivative says what a name means, wherever it stands; what holds no derivative is a claim about it
    *((STEPS, r"Let $M_t = \frac{\partial h_t}{\partial h_{t-1}}$.", f"Then ${m}$", f"a{v}")
      for m, v in ((r"M_t = W \mathrm{diag}(1-h_t^2)", "r"), (r"M_t = \mathrm{diag}(1-h_t^2) W", "p"))),
    (STEPS, "We have", r"$M_t = W \mathrm{diag}(1-h_t^2)$ where $M_t = \frac{\partial h_t}{\partial h_{t-1}}$", "ra"),
    (STEPS, r"Let $q_t = 2 \frac{\partial L}{\partial h_t}$.", r"$q_T = 2 (h_T - y_T)$, $q_T = h_T - y_T$, $q_t = h_t - y_t$", "aprr"),
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
