r"""What notes mean by habits that no single formula shows: one row each, with the verdicts on the formulas behind the network.

p proved, r refuted, u unreadable, n: the note has no model.  A row whose verdicts are mixed shows that the rule does not hide errors.
"""

import pytest

from symbolic.pipeline import read_note

LINEAR = r"$z = W x$ and $L = \frac12 \|z - y\|^2$."
OUTPUT = r"$o = f(V h + c)$, $E = \frac12 \|o - y\|^2$."
SMOOTHED = r"$z = W h$, $p = \mathrm{softmax}(z)$, $q = (1 - \varepsilon) y + \frac{\varepsilon}{K} \mathbf{1}$, $L = -q^\top \log p$."
POOLED = r"$e_i = q^\top v_i$, $a = \mathrm{softmax}(e)$, $c = \sum_{i=1}^n a_i v_i$, $L = \frac12 \|c - y\|^2$."
WEIGHTED = r"$g_i = v^\top h_i$, $c = \sum_{i=1}^n g_i h_i$, $L = \frac12 \|c - y\|^2$."
HINGE = r"$m_i = 1 - y_i (w^\top x_i + b)$, $J = \frac1N \sum_{i=1}^N \max(0, m_i)^2 + \lambda \|w\|^2$."
PAIR = r"$s_{+} = u^\top p$, $s_{-} = u^\top n$, $L = \max(0, 1 - s_{+} + s_{-})$."
GATED = r"$z_t = \sigma(A x_t + B h_{t-1})$, $h_t = z_t h_{t-1} + (1 - z_t) \tanh(W x_t)$, $L = \frac12 \sum_t \|h_t - y_t\|^2$."
LAST = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L = \frac12 \|h_T - y\|^2$, $\delta_t = \frac{\partial L}{\partial h_t}$."
DEEP = r"$z^{(l)} = W^{(l)} a^{(l-1)}$, $a^{(l)} = \tanh(z^{(l)})$, $a^{(0)} = x$, $C = \frac12 \|a^{(N)} - y\|^2$."
PRIMED = r"$\frac{\partial E}{\partial V} = ((o - y) \odot f'(V h + c)) h^\top$ and "
BY_C, BY_X, BY_Z = (rf"$\frac{{\partial {a}}}{{\partial {b}}} = " for a, b in ("Ec", "Cx", "Lz"))
BY_D = r"$s = \frac{1}{d} Q k$, $a = \tanh(s)$, $o = V a$ with $d$ a number, $L = \frac12 \|o - y\|^2$."
ROWWISE = r"$S = Q K^\top$, $A = \mathrm{softmax}(S)$, $O = A V$, $dO = \frac{\partial L}{\partial O}$."
SMALL = r"$z^l = w^l a^{l-1} + b^l$, $a^l = \tanh(z^l)$ with $L$ layers, $C = \frac12 \|a^L - y\|^2$."
NEURON = SMALL.replace(r"\|a^L - y\|^2", "(a^L - y)^2")
BY_W = r"$\frac{\partial C}{\partial w^l} = "
LOGISTIC = (r"$h_\theta(x) = g(\theta^T x)$, $g(z) = \frac{1}{1+e^{-z}}$, "
    r"$\ell = \sum_{i=1}^n (y^{(i)} \log h_\theta(x^{(i)}) + (1 - y^{(i)}) \log(1 - h_\theta(x^{(i)})))$.")
SAMPLED = r"$L = -\log \sigma(u_o^\top v) - \sum_{k=1}^K \log \sigma(-u_k^\top v)$."
FORM = r"$f = x^\top A x + b^\top x$ with a symmetric matrix $A$."
BY_A = r"$\nabla_x f = "
ROWS = (r"$z = W x$, $a = \sigma(z)$, $\sigma$ is the sigmoid, $L = \frac12 \|a - y\|^2$, $\frac{\partial L}{\partial a} = (a - y)^\top$, "
    r"$\frac{\partial L}{\partial z} = (a - y)^\top \mathrm{diag}(a \odot (1 - a))$.")
CLASS = r"$z = W x$, $L = \ell(z)$."
TRACE, SANDWICH = r"$f(X) = \mathrm{tr}(A X B X^\top)$.", r"$F = \frac12 \|A X B - C\|_F^2$."
VEC = r"$\mathrm{vec}(\frac{\partial F}{\partial X}) = "
STEP = r"(1 - h_{t+1}^2) \odot \delta_{t+1})$"

RULES = (
    # (network, what follows, verdicts, what is said of the last)
    (HINGE, r"$\frac{\partial J}{\partial b} = -\frac2N \sum_{i=1}^N \max(0, m_i) y_i$", "p", ""),
    (HINGE, r"$\frac{\partial J}{\partial b} = -\frac1N \sum_{i=1}^N \max(0, m_i) y_i$", "r", ""),
    (PAIR, r"$\frac{\partial L}{\partial p} = -\mathbb{1}[1 - s_+ + s_- > 0] u$", "p", ""),
    (PAIR, r"$\frac{\partial L}{\partial n} = -\mathbb{1}[1 - s_+ + s_- > 0] u$", "r", ""),
    (OUTPUT, BY_C + "o - y$", "u", "f is the identity"),
    (OUTPUT, PRIMED + BY_C + "o - y$", "pr", ""),  # who writes f' does not mean the identity
    (OUTPUT, BY_C + "y - o$", "r", ""),
    (SMOOTHED, BY_Z + "p - q$", "p", ""),
    (SMOOTHED, BY_Z + "p - y$", "r", ""),
    (POOLED, r"$\frac{\partial L}{\partial v_i} = a_i (c - y)$", "n", "a is defined as a whole"),  # v_i acts on a, too
    (WEIGHTED, r"$\frac{\partial L}{\partial h_i} = g_i (c - y) + (c - y)^\top h_i v$", "p", ""),
    (WEIGHTED, r"$\frac{\partial L}{\partial h_i} = g_i (c - y)$", "r", ""),
    (GATED, r"$\frac{\partial L}{\partial z_t} = \frac{\partial L}{\partial h_t} (h_{t-1} - \tanh(W x_t))$", "n", "entry by entry"),
    (LAST, rf"$\delta_t = W^\top ({STEP}", "p", ""),
    (LAST, rf"$\delta_t = W ({STEP}", "r", ""),
    (DEEP, BY_X + r"W^{(1)\top} \frac{\partial C}{\partial z^{(1)}}$", "p", ""),
    (DEEP, BY_X + r"W^{(1)} \frac{\partial C}{\partial z^{(1)}}$", "r", ""),
    (BY_D, r"$do = o - y$, $da = V^\top do$, $ds = (1 - a^2) \odot da$, $dQ = \frac1d ds\, k^\top$", "pppp", ""),  # d names a gradient
    (BY_D, r"$da = V^\top do$, $ds = (1 - a) \odot da$, $dQ = ds\, k^\top$", "prr", ""),
    (SMALL, BY_W + r"\frac{\partial C}{\partial z^l} (a^{l-1})^\top$", "p", ""),  # small letters that are matrices
    (SMALL, BY_W + r"a^{l-1} (\frac{\partial C}{\partial z^l})^\top$, $\frac{\partial C}{\partial a^{l-1}} = (w^l)^\top \frac{\partial C}{\partial z^l}$",
        "rp", ""),
    (SMALL, r"$\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_k \frac{\partial C}{\partial z^l_j}$", "p", ""),
    (SMALL, r"$\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_j \frac{\partial C}{\partial z^l_k}$", "r", ""),
    (NEURON, BY_W + r"a^{l-1} \frac{\partial C}{\partial z^l}$", "p", ""),  # one neuron in each layer
    (LOGISTIC, r"$\frac{\partial \ell}{\partial \theta_j} = \sum_{i=1}^n (y^{(i)} - h_\theta(x^{(i)})) x_j^{(i)}$", "n",
        "defines a function"),  # h_θ(x^{(i)}) is no product
    (SAMPLED, r"$\frac{\partial L}{\partial v} = (\sigma(u_o^\top v) - 1) u_o$", "n", "an entry o"),
    (FORM, BY_A + "2 A x + b$", "p", "A symmetric"),
    (FORM.replace("a symmetric", "a positive definite"), BY_A + "2 A x + b$", "p", "A symmetric"),
    (FORM.replace("a symmetric", "a non-symmetric"), BY_A + "2 A x + b$", "r", ""),
    (FORM.replace("a symmetric", "an orthogonal"), BY_A + "2 A x + b$", "u", '"orthogonal" of A'),
    (FORM, BY_A + "A x + b$, " + BY_A + r"(A + A^\top) x + b$", "rp", ""),
    (FORM, r"$\nabla_A f = \frac12 x x^\top$", "u", '"symmetric" of A'),  # in the symmetric matrices other layouts are in use
    (ROWS, r"$\frac{\partial L}{\partial W} = x \frac{\partial L}{\partial z}$", "u", "numerator layout"),
    (ROWS, r"$\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} x$", "r", ""),
    (CLASS, r"$\frac{\partial L}{\partial z_i} = " + r"\mathbb{1}[i = k]$", "u", ""),
    (TRACE, r"$\nabla_X f = A X B + A^\top X B^\top$, $\nabla_X f = 2 A X B$", "pr", ""),
    (SANDWICH, VEC + r"(B \otimes A^\top) \mathrm{vec}(A X B - C)$", "p", ""),  # column by column
    (SANDWICH, VEC + r"(A^\top \otimes B) \mathrm{vec}(A X B - C)$", "p", ""),  # row by row
    (SANDWICH, VEC + r"(B^\top \otimes A) \mathrm{vec}(A X B - C)$", "r", ""),
    (ROWWISE, r"$dA = dO V^\top$", "n", "softmax seems to be taken of a matrix"),
    (ROWWISE.replace("O = A V", "o = V A").replace("O", "o").replace("S = Q K", "S = Q k").replace(r"k^\top", "k"),
        r"$dA = V^\top do$", "p", ""),
    (LINEAR, rf"It is not true that {BY_Z}z - y$.", "u", "the note denies it"),
    (LINEAR, f"This is not wrong: {BY_Z}z - y$.", "p", ""),
    (LINEAR, f"{BY_Z}z - y$ holds.", "p", ""),
    (LINEAR.replace(r"\frac12 \|z - y\|^2", "½ ‖z - y‖²"), BY_Z + "z - y$", "p", ""),
)


@pytest.mark.parametrize(("network", "formulas", "verdicts", "said"), RULES)
def test_rules(network, formulas, verdicts, said):
    checked = read_note(f"{network}\n\n{formulas}", "markdown")
    entries = [e for e in checked.entries if e.line > 1]
    assert ("".join(e.verdict[0] for e in entries) if checked.models else "n") == verdicts, [(e.verdict, e.reason) for e in entries]
    assert said in (entries[-1].reason if entries else " ".join(checked.problems))


def test_what_says_nothing_of_the_network_is_told():
    checked = read_note(rf"{LINEAR}" + "\n\nThe rate is $\\eta = 0.1$. " + BY_Z + "z - y$; $dq = g - y$.", "markdown")
    assert [(e.latex, e.verdict) for e in checked.entries[2:]] == [
        (r"\frac{\partial L}{\partial z} = z - y", "proved"), ("dq = g - y", "unreadable"),
    ]
    assert [e.latex for e in checked.left_out] == [r"\eta = 0.1"]
