r"""Of which steps a formula is said: t = T alone, or a range that begins there.

∂L/∂h_t = h_t - d_t is right at the last step and wrong before it.  It may be proved where nothing but t = T is said, and the verdict says
so; where other steps are spoken of, or may be, it never is.
"""

import pytest

from symbolic.pipeline import read_note
from symbolic.reading.onwards import is_only_step, is_turned, joins_a_range

NETWORK = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L = \frac12 \sum_{t=1}^T \|h_t - d_t\|^2$."
AT_THE_LAST = r"\frac{\partial L}{\partial h_t} = h_t - d_t"
RIGHT = AT_THE_LAST + r" + W^\top \mathrm{diag}(1 - h_{t+1}^2) \frac{\partial L}{\partial h_{t+1}}"


def said(words, formula):
    """The entry of a formula, which stands for ? in the words."""
    (entry,) = (e for e in read_note(f"{NETWORK}\n\n{words.replace('?', formula)}", "markdown").entries if e.line > 1)
    return entry


ONLY = (
    r"$$?, \quad t = T$$", r"$$? \quad (t = T)$$", r"$$? \quad [t = T]$$", r"$$? \;\; (t = T)$$", r"$$? \quad \text{for } t = T.$$",
    r"$$? \quad \text{if $t = T$}$$", r"$$? \quad (\text{for } t = T)$$", r"$$\text{for } t = T: \quad ?$$", r"$$? \quad \text{at the last step } t = T$$",
    "For $t = T$: $$?$$", "If $t = T$ we have $$?$$", "If $t = T$, then $$?$$", "For t = T: $$?$$", "For the last step $t = T$, $$?$$", "For $t = T$ (last step) $$?$$",
    "When $t=T$, since nothing comes behind it, $$?$$", "当 $t = T$ 时，$$?$$", "情况一：$t = T$。$$?$$", "最后一步（$t = T$）：$$?$$", "Für $t = T$ gilt $$?$$", "$$?$$ for $t = T$.",
    "The gradient of the loss at $t = T$ is $$?$$", "**Case 1: $t = T$.** $$?$$", "**Case 1** ($t = T$). $$?$$", "(a) $t = T$: $$?$$",
    "- $t = T$: $?$", "1. Last step ($t = T$): $$?$$", "| $t = T$ | $?$ |", "**$t = T$**: $$?$$", "Base case: $t=T$. $$?$$",
    r"\paragraph{Last step $t=T$.} $$?$$", "### Case $t = T$\n\n$$?$$", "- $t < T$: nothing.\n- $t = T$: $?$",
)  # fmt: skip


@pytest.mark.parametrize("words", ONLY)
def test_one_step_alone_is_told(words):
    entry = said(words, AT_THE_LAST)
    assert (entry.verdict, entry.reading) == ("proved", "only for t = T"), entry.reason


@pytest.mark.parametrize(("second", "verdicts"), [("", "pp"), (r"\frac{\partial L}{\partial h_t}", "rp")])
def test_a_condition_in_a_row_holds_for_its_chain(second, verdicts):
    rows = rf"\begin{{aligned}} {AT_THE_LAST} \\ {second} &= h_t - d_t, \quad t = T \end{{aligned}}"
    entries = [e for e in read_note(f"{NETWORK}\n\n$${rows}$$", "markdown").entries if e.line > 1]
    assert "".join(e.verdict[0] for e in entries) == verdicts


WHOLE = (
    r"$$? \quad t = T, T-1, \dots, 1$$", r"$$?, t = T, \dots, 1$$", r"$$? \quad (t = T, \dots, 1)$$", r"$$? \ (t=T,\dots,1)$$",
    r"$$? \quad \text{for } t = T, T-1, \ldots, 2, 1.$$", r"$$? \quad t = T, ..., 1$$", r"$$? \quad t \in \{T, \dots, 1\}$$",
    r"$$? \quad t = T \text{ down to } 1$$", r"$$? \quad \text{for } t = T \text{ to } 1$$", r"$$? \quad t = T \to 1$$",
    r"$$? \quad t = T \downarrow 1$$", r"$$? \quad \text{from } t = T \text{ to } t = 1$$", r"$$? \quad T \ge t \ge 1$$",
    r"$$\text{for } t = T \text{ down to } 1: \quad ?$$", r"For $t = T, \dots, 1$: $$?$$", "For $t = T$ down to $1$: $$?$$", "For $t = T$ to $t = 1$ $$?$$", r"$$?$$ for $t = T, T-1, \dots, 1$.",
    "$$?$$ for $t = T$ down to $1$.",
)  # fmt: skip
"""All steps: the wrong formula is refuted."""


@pytest.mark.parametrize("words", WHOLE)
def test_a_range_that_begins_at_the_last_step_is_a_range(words):
    assert said(words, AT_THE_LAST).verdict == "refuted"


BEFORE_THE_LAST = (
    r"$$? \quad t = T-1, \dots, 1$$", r"$$? \quad (t = T-1, \dots, 1)$$", r"$$? \;\; (t = T-1, T-2, \dots, 1)$$", r"$$? \quad [t < T]$$",
    "$$?$$ where $t < T$.", "With $t < T$, $$?$$", r"$$? \hspace{1cm} t < T$$", r"$$? ~~ t < T$$", r"$$? \hspace{3mm} (t < T)$$", r"$$? \quad t = T - 1 \text{ down to } 1$$", r"$$? \quad t \in \{1, \ldots, T-1\}$$", r"For $t = T-1, \ldots, 1$: $$?$$",
)  # fmt: skip


@pytest.mark.parametrize("words", BEFORE_THE_LAST)
def test_ranges_may_run_down(words):
    assert [said(words, f).verdict for f in (RIGHT, RIGHT.replace("W^", "2 W^"))] == ["proved", "refuted"]


OPEN = (
    r"$$? \quad \text{starting from } t = T$$", r"$$? \text{ backwards from } t=T$$", r"$$? \quad t = T \text{ or } t = 1$$",
    r"$$? \quad \text{for } t = T \text{ (then } T-1 \text{, and so on)}$$", r"$$? \quad t = T, T-1, \dots$$", r"$$? \quad t = T : 1$$",
    r"$$? \quad (\text{starting from } t = T)$$", r"$$? \quad \text{where } t = T \text{ first}$$", "$$?$$ where $t = T$.", "$$?$$ with $t=T$",
    "First consider $t = T$. $$?$$", "Starting at the last step ($t = T$): $$?$$", "We know that $t = T$: $$?$$", "1. From $t = T$: $?$",
    r"$$? \quad \text{starting at } t = T, \quad k = T \text{ down to } 1$$", r"$$? \quad t = T .. 1$$", r"$$? \quad t = T, t = T-1, \dots, t = 1$$", r"$$? \quad t: T \to 1$$",
    "Starting at $t = T$ and going back to $t = 1$, $$?$$", "Starting at t = T, $$?$$", "We start at $t = T$ and compute for all $t$ $$?$$",
    "At step $t = T$ and all earlier steps, $$?$$", "For $t = T$, $T-1$, ..., $1$: $$?$$", "For t = T down to 1: $$?$$",
    "For t = T, ..., 1: $$?$$", "for t = T (and then for all earlier steps) $$?$$", "for $t = T$ (descending) $$?$$",
    "for $t = T$, decreasing, $$?$$", "for $t=T$ and not only there, $$?$$", "Not only for $t=T$ $$?$$", "Also for $t=T$ $$?$$",
    "Except for $t=T$, $$?$$", "Unless $t = T$, $$?$$", "For $t = T$, and recursively for the others, $$?$$", "对 t = T 到 1, $$?$$",
    "for $t = T$, then $t = T-1$ $$?$$", "for $t = T$ and $t = T - 1$ $$?$$", "for $t = T$ then back $$?$$", "For t=T..1 $$?$$", "for $t=T$ and backwards $$?$$", "$$?$$ for $t=T$, $T-1$, etc.", "$$?$$ for $t=T$ and backwards.",
    "当 $t = T$ 时开始，依次向前计算 $$?$$", "我们从最后一步开始，即 $t = T$：$$?$$", "We iterate for $t=T$, $$?$$", "for $t = T$ → $1$ $$?$$",
)  # fmt: skip


@pytest.mark.parametrize("words", OPEN)
def test_words_that_speak_of_other_steps_never_narrow(words):
    assert said(words, AT_THE_LAST).verdict in ("refuted", "unreadable", "unproved")


LAYERED = (
    r"$$z^l = W^l a^{l-1} + b^l, \quad a^l = \sigma(z^l)$$ with $a^0 = x$ and the sigmoid $\sigma$, $l = 1, \dots, L$. "
    r"$$C = \frac12 \|a^L - y\|^2$$ Let $\delta^l = \frac{\partial C}{\partial z^l}$."
)
OUTPUT, HIDDEN = r"\delta^l = (a^l - y) \odot \sigma'(z^l)", r"\delta^l = (W^{l+1})^\top \delta^{l+1} \odot \sigma'(z^l)"

OF_LAYERS = (
    # (words around O, right at the output layer, and H, right at the others; verdicts)
    ("For the output layer ($l = L$): $$O$$", "p"), ("Output layer, $l=L$: $$O$$", "p"), ("For hidden layers ($l < L$): $$H$$", "p"),
    ("For $l = L$, $$O$$ and for $l < L$ $$H$$", "pp"), (r"For $l = L$, $$O$$ For $l = L-1, \dots, 1$, $$H$$", "pp"),
    ("In the last layer ($l=L$) we get $$O$$ while in all others $$H$$", "pp"), ("$l = L$: $$O$$\n\n$l < L$: $$H$$", "pp"),
    ("* $l=L$: $O$\n* $l=L-1,\\dots,1$: $H$", "pp"), (r"For $l = L, L-1, \dots, 1$: $$O$$", "r"), ("$l < L$: $$O$$", "r"),
    ("For $l = L$ down to $1$: $$O$$", "r"), ("For every layer $l$: $$O$$", "r"), ("Starting at the output layer $l = L$: $$O$$", "u"),
    ("The error in the output layer is $$O$$", "u"), ("For $l = L-1$: $$H$$", "p"),
)  # fmt: skip


@pytest.mark.parametrize(("words", "verdicts"), OF_LAYERS)
def test_layers(words, verdicts):
    text = words.replace("O$", f"{OUTPUT}$").replace("H$", f"{HIDDEN}$")
    entries = [e for e in read_note(f"{LAYERED}\n\n{text}", "markdown").entries if e.line > 1 and e.head == r"\delta^l"]
    assert "".join("u" if e.verdict == "unreadable" else e.verdict[0] for e in entries) == verdicts


TURNED = ("Unless $t < T$, $$?$$", "Not only for $t < T$, $$?$$", "Except for $t < T$ $$?$$", "除非 $t < T$ 时，$$?$$")


@pytest.mark.parametrize("words", TURNED)
def test_a_condition_that_is_turned_round_is_none(words):
    assert said(words, RIGHT.replace("= h_t - d_t", "= 2 h_t - d_t")).verdict in ("refuted", "unreadable", "unproved")
    assert "said to hold under" in said(words, AT_THE_LAST).reason


ALONE = (
    # (words before, words behind, whether t = T is the only step)
    ("", "", True), ("for", "", True), ("For the very last step", ", the", True), ("if", "we have", True), ("当", "时", True),
    ("in the special case", ":", True), ("The gradient is known for", ".", True), ("pour", "on a", True),
    ("from", "", False), ("for", "down to", False), ("for", "2", False), ("for", ", then", True), ("for", "and then", False), ("for", "and all others", False),
    ("for the first few steps and", "", False), ("for", "in reverse", False), ("for", "therefore", False), ("对", "到", False),
    ("for", "we have for all the others", False), ("for", "-> 1", False), ("not for", "", False),
)  # fmt: skip


@pytest.mark.parametrize(("before", "behind", "alone"), ALONE)
def test_the_only_step(before, behind, alone):
    assert is_only_step(before, behind) is alone


def test_ranges_and_exceptions_in_words():
    assert all(map(joins_a_range, ("to", " down to ", "through", "bis", "到", r"\to", "downto")))
    assert not any(map(joins_a_range, ("", "and", "tomorrow", "for")))
    assert is_turned("whether or not") and is_turned("除了") and not is_turned("It holds. For")


IN_GREEK = (
    # (words around a formula, ∂L/∂h_t = h_t - d_t, of steps up to τ; verdict)
    (r"For $t = \tau$ down to $1$: $$?$$", "refuted"), (r"Starting at $t = \tau$: $$?$$", "unreadable"),
    (r"For $t = \tau$, $\tau - 1$, ..., $1$: $$?$$", "unreadable"), (r"$$? \quad t = \tau, \dots, 1$$", "refuted"),
    (r"For $t = \tau$: $$?$$", "proved"), (r"**Case 1: $t = \tau$.** $$?$$", "proved"), (r"Not only for $t=\tau$ $$?$$", "unreadable"),
)  # fmt: skip


@pytest.mark.parametrize(("words", "verdict"), IN_GREEK)
def test_the_last_step_may_be_greek(words, verdict):
    note = f"{NETWORK.replace('^T', chr(92) + 'tau').replace('}' + chr(92) + 'tau', '}^' + chr(92) + 'tau')}\n\n{words.replace('?', AT_THE_LAST)}"
    (entry,) = (e for e in read_note(note, "markdown").entries if e.line > 1)
    assert entry.verdict == verdict, entry.reason
