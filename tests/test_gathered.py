r"""A matrix that words make of the states: "H has the columns h_1, …, h_T".  Without an equation for it nothing is judged.

If H were taken for a matrix of its own, ∂L/∂h_T = h_T would be proved where L depends on h_T through H as well.
"""

import pytest

from symbolic.pipeline import read_note
from symbolic.reading.document.gathered import gathered_in_words
from symbolic.reading.document.read import read_document

MADE_OF = (
    r"Let $H \in \mathbb{R}^{T \times n}$ be the matrix whose rows are the hidden states $h_t^\top$.",
    r"$H \in R^{n \times T}$ has the columns $h_1, \dots, h_T$.",
    r"We stack the hidden states $h_t$ into $H$.",
    r"We stack the hidden states $h_t$, $t=1,\dots,T$, into a matrix $H$.",
    r"Collect all $h_t$ as the columns of $H$.",
    r"The states $h_t$ are the columns of $H$.",
    r"Here $H$ collects the states $h_t$.",
    r"Here $H$ is the matrix with columns $h_t$.",
    r"Here $H$ is obtained by stacking $h_1, \dots, h_T$ row by row.",
    r"Stacking $h_1,\dots,h_T$ as columns gives $H$.",
    r"Concatenating the $h_t$ yields $H$.",
    r"Here $H$ contains the hidden states $h_t$ as rows.",
    r"$H$ consists of the hidden states $h_t$.",
    r"with the matrix $H$ of the states $h_1, \dots, h_T$",
    r"Here $H$ is the average of the hidden states $h_t$.",
    r"Here $H$ denotes the normalised state $h_t$.",
    r"Here $H$ is the weighted sum of all $h_t$.",
    r"Here $H$ is a function of $h_T$.",
    r"矩阵 $H$ 的每一列为 $h_t$。",
    r"将 $h_t$ 堆叠成矩阵 $H$。",
    r"$H$ 由 $h_1,\dots,h_T$ 拼接而成。",
)

NOT_MADE_OF = (
    r"$H$ is a matrix and $h_t$ a state.",
    r"Here $H$ contains the weights, $h_t$ is the state.",
    r"The rows of $H$ multiply $h_t$.",
    r"Here $H$ is the matrix by which the state $h_t$ is multiplied.",
    r"Here $H$ is a weight and the sum is over all $h_t$.",
    r"Here $H$ is a weight with $n$ rows and $h_t$ the hidden state.",
    r"$h_t$ is a vector and $H$ a matrix.",
    r"We combine $h_t$ linearly by the matrix $H$.",
    r"We write $h_t$ as a function of $H$.",
    r"The rule for $H$ holds for $h_t$ as well.",
    r"We collect the terms with $h_t$. Then $H$ follows.",
)

NETWORK = r"""$$h_t = \tanh(W h_{t-1} + U x_t), \quad t = 1, \dots, T$$

$$c = H p, \quad L = \frac12 \|c - y\|^2 + \frac12\|h_T\|^2$$

"""
FORMULAS = r"""$$\frac{\partial L}{\partial p} = H^T (c - y)$$

$$\frac{\partial L}{\partial h_T} = h_T$$"""


@pytest.mark.parametrize("words", MADE_OF)
def test_words_make_a_matrix_of_others(words):
    assert any(whole == "H" and part.startswith("h_") and kind == "made of" for whole, part, kind in gathered_in_words(read_document(words, "markdown").formulas))


@pytest.mark.parametrize("words", NOT_MADE_OF)
def test_words_about_both_do_not(words):
    assert not gathered_in_words(read_document(words, "markdown").formulas)


@pytest.mark.parametrize("words", [w for w in MADE_OF if w[0] != "w"])
def test_nothing_is_judged_through_it(words):
    checked = read_note(f"{words}\n\n{NETWORK}{FORMULAS}", "markdown")
    assert not [e for e in checked.entries if e.verdict in ("proved", "refuted")]
    assert any("is made of" in p and "as words say" in p for p in checked.problems)


@pytest.mark.parametrize("words", ["", r"Here $H$ is a matrix, and $h_t$ the hidden state."])
def test_a_matrix_of_its_own_is_judged(words):
    checked = read_note(f"{words}\n\n{NETWORK}{FORMULAS}", "markdown")
    assert [e.verdict for e in checked.entries[-2:]] == ["proved", "proved"]


AUTOENCODER = r"$h = \tanh(W x)$, $\hat x = V h$, $L = \frac12 \|\hat x - x\|^2$."
ENCODED = r"$$\frac{\partial L}{\partial W} = ((V^T (\hat x - x)) \odot (1-h^2)) x^T$$"
OUTPUTS = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $y_t = V h_t$ and $L = \frac12 \sum_t \|y_t - d_t\|^2$."
READ_OUT = r"$$\frac{\partial L}{\partial V} = \sum_t (y_t - d_t) h_t^T$$"
TIED = (
    (AUTOENCODER, ENCODED, r"The weights are tied, that is, $V$ is the transpose of $W$."),
    (AUTOENCODER, ENCODED, r"Here $V$ is the transposed matrix $W$."),
    (AUTOENCODER, ENCODED, r"The weights $V$ and $W$ are tied."),
    (AUTOENCODER, ENCODED, r"Both layers use the same matrix ($V$ and $W$ are shared)."),
    (AUTOENCODER, ENCODED, r"$V$ is tied to the encoder matrix $W$."),
    (AUTOENCODER, ENCODED, r"We tie the decoder $V$ to the encoder $W$."),
    (OUTPUTS, READ_OUT, r"Its output $y_{t-1}$ is fed back as the input $x_t$."),
    (OUTPUTS, READ_OUT, r"Each $y_{t-1}$ is fed into the network as $x_t$."),
    (OUTPUTS, READ_OUT, r"The input $x_t$ is the output of the step before, $y_{t-1}$."),
    (OUTPUTS, READ_OUT, r"Here $x_t$ is the previous output $y_{t-1}$."),
    (OUTPUTS, READ_OUT, r"We use the output $y_{t-1}$ of the previous step as input $x_t$."),
)
FREE = (
    (AUTOENCODER, ENCODED, r"$V$ and $W$ are matrices."),
    (AUTOENCODER, ENCODED, r"$V$ and $W$ are shared across all samples."),
    (AUTOENCODER, ENCODED, r"The transpose of $V$ and $W$ are used below."),
    (AUTOENCODER, ENCODED, r"The sizes of $V$ and $W$ are equal."),
    (AUTOENCODER, ENCODED, r"The rank of $V$ is equal to that of $W$."),
    (OUTPUTS, READ_OUT, r"$W$, $U$ and $V$ are shared across time."),
    (OUTPUTS, READ_OUT, r"$U$ and $V$ are the same for all steps."),
    (OUTPUTS, READ_OUT, r"Here $x_t$ is the input and $y_t$ the output."),
    (OUTPUTS, READ_OUT, r"The input $x_t$ is the previous target $d_{t-1}$."),
    (OUTPUTS, READ_OUT, r"We use $h_t$ as the input of the layer with $V$."),
)


@pytest.mark.parametrize(("network", "formula", "words"), TIED)
def test_words_that_tie_two_quantities_leave_nothing_judged(network, formula, words):
    assert not [e for e in read_note(f"{network} {words}\n\n{formula}", "markdown").entries if e.verdict in ("proved", "refuted")]


@pytest.mark.parametrize(("network", "formula", "words"), FREE)
def test_words_that_tie_nothing(network, formula, words):
    assert read_note(f"{network} {words}\n\n{formula}", "markdown").entries[-1].verdict == "proved"


def test_a_matrix_of_the_inputs_is_none_of_its_own():
    network = r"$h_t = \tanh(W h_{t-1} + U x_t)$ for $t = 1, \dots, T$ and $L = \frac12 \|X v - y\|^2 + \frac12 \|h_T\|^2$."
    slope = r"$$\frac{\partial L}{\partial x_T} = U^T ((1 - h_T^2) \odot h_T)$$"
    assert read_note(f"{network}\n\n{slope}", "markdown").entries[-1].verdict == "proved"
    checked = read_note(f"{network} $X$ has the columns $x_1, \\dots, x_T$.\n\n{slope}", "markdown")
    assert not [e for e in checked.entries if e.verdict in ("proved", "refuted")]
    assert any(p.startswith("line 1: X is made of x_t") for p in checked.problems)


def test_an_equation_ties_two_matrices():
    assert read_note(f"{AUTOENCODER} $V = W^T$ is the transpose of $W$.\n\n{ENCODED}", "markdown").entries[-1].verdict == "refuted"


def test_what_is_looked_up_in_a_matrix_is_no_part_of_it():
    network = r"The embedding $x_t = E w_t$ is a column of $E$. $h_t = \tanh(W h_{t-1} + U x_t)$ and $L = \frac12 \sum_t \|h_t\|^2$."
    slope = r"$$\frac{\partial L}{\partial E} = \sum_t U^T ((1-h_t^2) \odot \frac{\partial L}{\partial h_t}) w_t^T$$"
    assert read_note(f"{network}\n\n{slope}", "markdown").entries[-1].verdict == "proved"
