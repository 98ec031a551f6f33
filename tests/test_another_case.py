r"""Formulas that a note says of a special case or of another network, names that it defines twice, slopes of known functions.

What fails for the forward equations of a note is refuted only if nothing in the note says that something else is meant.
"""

import pytest

from symbolic.pipeline import check_formula, models_of, read_note
from symbolic.reading.document.announced import announced
from symbolic.reading.document.read import read_document

RNN = r"$h_t = \tanh(W h_{t-1} + U x_t + b)$, $o_t = V h_t$, $L = \sum_{t=1}^T \frac12 \|o_t - y_t\|^2$." + "\n\n"
NET = r"$h = \tanh(W x + b)$, $o = V h$, $L = \frac12 \|o - y\|^2$." + "\n\n"
SOFTMAX = r"$z = W h + b$, $\hat y = \mathrm{softmax}(z)$, $L = -\sum_i y_i \log \hat y_i$, and $\sigma(u) = 1/(1+e^{-u})$." + "\n\n"

LAST = r"\frac{\partial L}{\partial h_t} = V^\top (o_t - y_t)"
FIRST = r"\frac{\partial L}{\partial h_1} = V^\top (o_1 - y_1) + W^\top ((1-h_2^2) \circ V^\top (o_2 - y_2))"
PLAIN = r"\frac{\partial h_t}{\partial h_{t-1}} = W"
ENDS = r"\frac{\partial L}{\partial W} = ((1-h_T^2) \circ V^\top (o_T - y_T)) h_{T-1}^\top"
LOGIT = r"\frac{\partial L}{\partial z} = \sigma(z) - y"
ZERO = r"\frac{\partial L}{\partial V} = 0"
TWICE = r"\frac{\partial L}{\partial o} = 2 (o - y)"

ANNOUNCED = (
    # (network, formula, sentences around it, § for the formula)
    (RNN, LAST, "At the last step $§$. | 在最后一步，$§$。 | $$§$$ This holds only at the last step. | $§$ for the final time step."),
    (RNN, LAST, "Ignoring the recurrence, $§$. | 忽略后续时间步，$§$。 | $§$ (neglecting later steps). | If no later steps follow, $§$."),
    (RNN, LAST, "Truncated to one step: $§$. | 单步情形下，$§$。 | The direct contribution is $§$. | 只考虑一步时，$§$。"),
    (RNN, LAST, r"Treating $h_{t+1}$ as constant, $§$. | 若把 $h_{t+1}$ 视为常数，则 $§$。 | From the output we get $§$."),
    (RNN, LAST, r"$$§ \tag{at the last step}$$ | $$§ \tag{linear units}$$ | $$§ \tag{最后一步}$$ | $$§ \quad \text{(direct part)}$$"),
    (RNN, PLAIN, "For linear units, $§$. | 对于线性激活函数，$§$。 | Without an activation, $§$. | Approximately, $§$. | 近似地，$§$。"),
    (RNN, PLAIN, "Up to the slope, $§$. | Near zero, $§$. | As a special case, $§$. | When $h_t \\to 0$, $§$. | If $\\tanh' = 1$, $§$."),
    (RNN, PLAIN, "Consider linear units.\n\n$$§$$ | 为简单起见，设激活函数是线性的。于是 $$§$$ | # Linear units\n\n$$§$$"),
    (RNN, ENDS, "For a many-to-one network, $§$. | If only $o_T$ enters the loss, $§$. | 多对一情形：$§$ | The last term is $§$."),
    (SOFTMAX, LOGIT, "In the binary case $§$. | 二分类时 $§$。 | For two classes, $§$. | In the scalar case, $§$. | 标量情形下 $§$。"),
    (SOFTMAX, LOGIT, "For logistic regression, $§$. | For a single example, $§$. | In one dimension, $§$. | With the sigmoid, $§$."),
    (NET, TWICE, r"Using the loss $\|o - y\|^2$ we get $§$. | Up to a constant factor, $§$. | For the Huber loss, $§$. | With weight decay, $§$."),
    (NET, ZERO, "Setting the gradient to zero, $§$. | At the minimum $§$. | If $§$, we stop. | 令 $§$, 解得。 | With a frozen output, $§$."),
    (NET, r"\frac{\partial L}{\partial V} \stackrel{!}{=} 0", "Hence $§$."),
    (NET, r"\frac{\partial L}{\partial o} = 0", "Let $o=y$. Then $§$. | Suppose that $o = y$. $$§$$ | Now let $y=o$.\n\n- $§$ | $§$ iff $o=y$. | 设 $o=y$，则 $§$。"),
    (NET, r"\frac{\partial L}{\partial h} = 2(o - y)", "Let $V = 2 I$. Then $§$. | Sei $V = 2 I$. Dann $§$. | Soit $V = 2 I$. Alors $§$."),
    (NET, r"\frac{\partial L}{\partial h} = W (o - y)", r"Choose $V = W^\top$. $$§$$ | Suppose $V = W^\top$; then $§$."),
    (RNN, LAST, "Let $T = 1$.\n\n$$§$$ | Suppose $t = T$. Then $§$. | A common mistake: $§$. | It is wrong that $§$. | 常见错误：$$§$$ | Falsch wäre $§$."),
    (NET, r"\frac{\partial L}{\partial h} = o - y", "Let $V = I$. Then $§$. | With $V = I$, $§$. | For $V = I$ we have $§$."),
)  # fmt: skip


@pytest.mark.parametrize(
    ("network", "formula", "sentence"),
    [(n, f, s) for n, f, sentences in ANNOUNCED for s in sentences.split(" | ")],
)
def test_what_is_said_of_another_case_is_not_refuted(network, formula, sentence):
    entry = read_note(network + sentence.replace("§", formula), "markdown").entries[-1]
    assert entry.verdict == "unreadable" and entry.counterexample is None, entry.reason
    plain = [e for e in read_note(f"{network}So $${formula.replace('!', '')}$$", "markdown").entries if e.line > 1]
    assert plain[-1].verdict == "refuted" or "stackrel" in formula or "sigma" in formula or "= o - y" in formula or "W (o" in formula


def test_words_over_the_forward_equations_announce_no_other_network():
    for note in (f"# A single example\n\n{NET}For a single example, ${TWICE}$.", f"For linear units, {NET}With linear units, ${TWICE}$."):
        assert read_note(note, "markdown").entries[-1].verdict == "refuted"


def test_another_case_ends():
    words = "In the linear case $$§$$ and with the slope $$D$$ so that $$§$$".replace("§", PLAIN)
    right = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t^2) W"
    verdicts = [e.verdict for e in read_note(RNN + words.replace("D", right), "markdown").entries if e.line > 1]
    assert verdicts == ["unreadable", "proved", "refuted"]
    for end in ("In general, ", "# Tanh\n\n"):
        note = f"{RNN}For linear units, $${PLAIN}$$\n\n{end}$${PLAIN}$$"
        assert [e.verdict for e in read_note(note, "markdown").entries if e.line > 1] == ["unreadable", "refuted"]


@pytest.mark.parametrize("words", ["for non-linear units,", "对于非线性激活", "for the output layer", "in general", "we immediately get", "so:"])
def test_words_that_announce_nothing(words):
    assert [a for a in announced(words) if a.row != "last layer"] == []


LENGTHS = (
    ("When $T = 1$, $§$.", LAST, "proved"),
    ("For $T = 2$, $§$.", FIRST, "proved"),
    ("For $T = 3$, $§$.", FIRST, "refuted"),
    ("Hence $§$.", FIRST, "refuted"),
)


@pytest.mark.parametrize(("sentence", "formula", "verdict"), LENGTHS)
def test_a_condition_on_the_length(sentence, formula, verdict):
    entry = read_note(RNN + sentence.replace("§", formula), "markdown").entries[-1]
    assert entry.verdict == verdict
    assert verdict != "proved" or (entry.reading or "").partition("only for ")[2] in sentence.split("$")


ERRORS = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $o_t = V h_t$, $e_t = y_t - o_t$, $L = \sum_{t=1}^T \frac12 \|e_t\|^2$." + "\n\n"
PLUS, MINUS = (rf"$\frac{{\partial L}}{{\partial V}} = {sign}\sum_t e_t h_t^\top$" for sign in ("", "-"))
SLOPES = r"Write $D_t = \mathrm{diag}(1-h_t^2)$. So $\frac{\partial h_t}{\partial h_{t-1}} = D_t W$."
BACK = r"$\frac{\partial L}{\partial h_t} = V^\top (o_t-y_t) + D_{t+1} \frac{\partial L}{\partial h_{t+1}}$"
GRADIENT = r"$\frac{\partial L}{\partial W} = (% s \circ V^\top (o - y)) x^\top$"
TWO_WAYS = (
    # (note, verdicts behind the forward equations: a accepted, p proved, r refuted, u unreadable)
    (ERRORS + MINUS + "\n\nLet $e_t = o_t - y_t$. Then " + PLUS, "p u u"),
    (ERRORS + MINUS + "\n\nHere $e_t = o_t - y_t$ and " + PLUS, "p u u"),
    (ERRORS + MINUS + "\n\nHere $e_t = o_t - y_t$ and " + MINUS, "p r p"),
    (RNN + SLOPES + r" Now let $D_t = W^\top \mathrm{diag}(1-h_t^2)$. " + BACK, "a p u u"),
    (RNN + SLOPES + r" Recall $h_t = \tanh(W h_{t-1} - U x_t + b)$.", "a p r"),
    (NET + r"Next $h = \max(0, W x + b)$. So " + GRADIENT.replace("% s", "1[h > 0]"), "u u"),
    (NET + r"Next $h = \max(0, W x + b)$. So " + GRADIENT.replace("% s", "h"), "r r"),
    (NET + r"Next $L = \|o - y\|^2$. So $\frac{\partial L}{\partial o} = 2 (o - y)$.", "u u"),
    (NET + r"When $o = y$, the rest is simple. $\frac{\partial L}{\partial o} = 0$, $\frac{\partial L}{\partial o} = o - y$", "u p"),
)  # fmt: skip


@pytest.mark.parametrize(("note", "verdicts"), TWO_WAYS)
def test_what_is_defined_in_two_ways(note, verdicts):
    found = [e for e in read_note(note, "markdown").entries if e.line > 1]
    assert " ".join(e.verdict[0] for e in found) == verdicts, [(e.latex, e.reason) for e in found]
    for e in found:
        assert e.verdict != "unreadable" or "is defined in two ways, at line" in e.reason or "When $o = y$" in note
    if verdicts == "p r p":
        assert found[-1].reading == "e_t as line 1 defines it"


FIRST_STEPS = (
    (RNN, r"$h_1 = \tanh(U x_1 + b)$", "proved"),
    (RNN, r"$o_1 = V \tanh(U x_1 + b)$", "unproved"),
    (RNN.replace(r"h_t = \tanh(W h_{t-1} + U x_t + b)", r"z_t = W h_{t-1} + U x_t + b$, $h_t = \tanh(z_t)"), r"$h_1 = \tanh(U x_1 + b)$", "proved"),
    (RNN, r"$h_1 = \tanh(U x_1 - b)$", "refuted"),
    (RNN, r"$h_2 = \tanh(U x_2 + b)$", "refuted"),
)  # fmt: skip


@pytest.mark.parametrize(("network", "formula", "verdict"), FIRST_STEPS)
def test_a_first_step_within_a_function(network, formula, verdict):
    after = r"$\frac{\partial L}{\partial W} = \sum_{t=2}^T ((1-h_t^2) \circ \frac{\partial L}{\partial h_t}) h_{t-1}^\top$"
    *_, first, gradient = read_note(f"{network}{formula}\n\n{after}", "markdown").entries
    if verdict != "unproved":
        assert first.verdict == verdict
        assert verdict != "proved" or first.assumes == gradient.assumes == ("h_0=0",)
        assert verdict != "proved" or gradient.verdict == "proved"


NAMED = r", where $\sigma$ is the logistic function."
KNOWN = (
    (r"$\tanh'(u) = 1 - \tanh^2(u)$", "proved"),
    (r"$\tanh'(u) = 1 + \tanh^2(u)$", "refuted"),
    (r"$\frac{d}{du}\tanh(u) = 1 - \tanh(u)^2$", "proved"),
    (r"$\frac{d}{du}\tanh u = 1 - \tanh u$", "refuted"),
    (r"$\frac{\partial \tanh(u)}{\partial u} = 1-\tanh^2(u)$", "proved"),
    (r"$\frac{d}{du}\sigma(u) = \sigma(u)(1-\sigma(u))$" + NAMED, "proved"),
    (r"$\frac{d}{du}\sigma(u) = \sigma(u)(1+\sigma(u))$" + NAMED, "refuted"),
    (r"$\frac{d}{du}\sigma(u) = \sigma(u)(1+\sigma(u))$", "unreadable"),
    (r"$\frac{d}{du}\ln(u) = 1/u$", "proved"),
    (r"$\frac{\partial \log(y)}{\partial y} = \mathrm{diag}(1/y)$", "proved"),
    (r"$\frac{d}{du}\ln(u) = 2/u$", "refuted"),
    (r"$\mathrm{ReLU}'(u) = 1$", "refuted"),
    (r"$(\tanh(y))' = 1 - \tanh^2(y)$", "unreadable"),
    (r"$(\tanh u)' = 1 - \tanh^2 u$", "unreadable"),
    (r"$\tanh' = 1 - \tanh^2$", "unreadable"),
    (r"$\frac{d}{du} u^2 = 3u$", "unreadable"),
)


@pytest.mark.parametrize(("identity", "verdict"), KNOWN)
def test_a_slope_of_a_known_function_is_a_claim(identity, verdict):
    found = [e for e in read_note("$y = W x$, $L = \\frac12 \\|y - r\\|^2$.\n\n" + identity, "markdown").entries if e.line > 1]
    assert [e.verdict for e in found] == [verdict]


SIGNS = (
    r"$\frac{d L}{d h_t} = \frac{\partial L}{\partial h_t} + W^\top ((1-h_{t+1}^2) \circ \frac{d L}{d h_{t+1}})$",
    r"$\frac{\partial L}{\partial h_t} = \frac{\partial^+ L}{\partial h_t} + W^\top ((1-h_{t+1}^2) \circ \frac{\partial L}{\partial h_{t+1}})$",
    r"$\frac{\partial^+ L}{\partial h_t} = V^\top (o_t - y_t)$",
    r"$\frac{\partial^{+} L}{\partial h_t} = V^\top (o_t - y_t)$",
    r"$\mathrm{d} L / \mathrm{d} h_t = \partial L / \partial h_t + W^\top ((1-h_{t+1}^2) \circ \frac{d L}{d h_{t+1}})$",
)  # fmt: skip


@pytest.mark.parametrize("formula", SIGNS)
def test_two_signs_for_one_derivative(formula):
    entry = read_note(RNN + formula, "markdown").entries[-1]
    assert entry.verdict == "unreadable" and "which part of the derivative is meant is not clear" in entry.reason


def test_a_tag_on_one_formula():
    (model,), _ = models_of(read_document(RNN, "markdown"))
    verdicts = {tag: check_formula(model, rf"{LAST} \tag{{{tag}}}")[0].verdict for tag in ("at the last step", "3a", "*", "BP1")}
    assert verdicts == {"at the last step": "unreadable", "3a": "refuted", "*": "refuted", "BP1": "refuted"}


def test_no_length_where_there_are_no_steps():
    for network, formula, length in ((NET, TWICE, None), (RNN, LAST, 2)):
        entry = read_note(f"{network}${formula}$", "markdown").entries[-1]
        assert entry.counterexample.length == length and ("T=" in entry.reason) == (length is not None)


LETTERS = (
    r"$z = W x$, $p = \frac{e^{z}}{\sum_k e^{z_k}}$, $L = -\sum_k y_k \log p_k$. So $\frac{\partial L}{\partial z} = p - y$.",
    r"$z = W x$, $p = \mathrm{softmax}(z)$, $e = p - y$, $L = -\sum_k y_k \log p_k$. So $\frac{\partial L}{\partial z} = e$.",
    r"$z_t = W x_t$, $e_t = z_t - y_t$, $L = \sum_{t=1}^T e_t^2$. So $\frac{\partial L}{\partial W} = 2 \sum_t e_t x_t^\top$.",
)


@pytest.mark.parametrize("note", LETTERS)
def test_softmax_written_out_and_errors_called_e(note):
    *network, gradient = read_note(note, "markdown").entries
    assert gradient.verdict == "proved" and {e.verdict for e in network} <= {"proved", "accepted"}


SUPPOSED = (
    # a note, and what it supposes: told as a decision, since it is no claim and has no entry
    (NET + r"When $o = y$, the rest is simple. $\frac{\partial L}{\partial o} = 0$", ["o = y"]),
    (RNN + r"Suppose $W = U$. Then $\delta = 1$.", ["W = U"]),
    (RNN + "And no more.", []),
)


@pytest.mark.parametrize("note, told", SUPPOSED)
def test_what_is_supposed_is_told(note, told):
    checked = read_note(note, "markdown")
    assert [d.subject for d in checked.decisions if d.choice == "a supposition"] == told
    assert not {e.latex for e in checked.entries} & set(told)
