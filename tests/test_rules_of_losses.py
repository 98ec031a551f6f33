r"""What notes mean by losses of classes and of steps, differentials and names of pre-activations: one row each.

p proved, r refuted, u unreadable or unproved, a accepted, n: the note has no model, as in `test_rules_of_reading`.
"""

import pytest

from symbolic.pipeline import read_note
from symbolic.reading.document.read import read_document

SOFT = r"$z = W x$, $p = \mathrm{softmax}(z)$, $L = -y^\top \log p$ with a one-hot vector $y$."
PICKED = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $p_t = \mathrm{softmax}(V h_t)$, $J = -\sum_{t=1}^T \log ?$."
BY_V = r"$\frac{\partial J}{\partial V} = \sum_t (p_t - ?) h_t^\top$"
WORDS = r" $e_t$ is the one-hot vector of $y_t$."
MEMBERS = r"$z^{(i)} = W x^{(i)}$, $p^{(i)} = \mathrm{softmax}(z^{(i)})$, $L = -\frac1N \sum_{i=1}^N \log p^{(i)}_{y^{(i)}}$."
SCORED = r"$z_t = V h_t$, $h_t = \tanh(W h_{t-1} + U x_t)$, $L = \sum_{t=1}^T (-z_{t,y_t} + \log \sum_j e^{z_{t,j}})$, $p_t = \mathrm{softmax}(z_t)$."
LINEAR = r"$z = W x$ and $L = \frac12 \|z - y\|^2$."
WAVE = r"$z_t = W h_{t-1} + U x_t$, $h_t = \tanh(z_t)$, $L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$, $\lambda_t = \frac{\partial L}{\partial h_t}$."
BY_U = r"$\frac{\partial L}{\partial U} = \sum_{t=1}^T (? \odot \lambda_t) x_t^\top$"
COSTS = r"$y_t = \tanh(W y_{t-1} + U x_t)$, $L = \sum_{t=1}^T L_t(y_t)$, $g_t = \frac{\partial L_t}{\partial y_t}$."
BACK = r"$\frac{\partial L}{\partial y_t} = ? + W^\top ((1 - y_{t+1}^2) \odot \frac{\partial L}{\partial y_{t+1}})$"
SLOPPY = r"$y_t = \tanh(W y_{t-1} + U x_t)$, $L_t = \ell_t(y_t)$, $L = \sum_{t=1}^T L_t$, $g_t = \frac{\partial L_t}{\partial y_t}$."
GATE = r"$i_t = \sigma(W h_{t-1} + U x_t)$, $h_t = i_t \odot h_{t-1} + x_t$, $L = \sum_t \ell_t(h_t)$ with $\bar i_t = ?$."
OF_GATE = r"$\delta \bar i_t = \delta i_t \odot \sigma'(\bar i_t)$"

LAYERS = r"$z^1 = W^1 x + b^1$, $a^1 = \tanh(z^1)$, $z^2 = W^2 a^1 + b^2$, $a^2 = \sigma(z^2)$, $L = \frac12 \|a^2 - y\|^2$."
BY_W = r"$\frac{\partial L}{\partial W^1} = ((W^2)^\top \frac{\partial L}{\partial z^2} \odot (1 - ?)) x^\top$"
STACKED = (r"$h^1_t = \tanh(W^1 h^1_{t-1} + U^1 x_t)$, $h^2_t = \tanh(W^2 h^2_{t-1} + U^2 h^1_t)$, $L = \frac12 \sum_{t=1}^T \|h^2_t - y_t\|^2$, "
    r"$\delta^1_t = \frac{\partial L}{\partial h^1_t}$, $\delta^2_t = \frac{\partial L}{\partial h^2_t}$.")
BY_FIRST = (r"$\delta^1_t = ? ((1 - (h^2_t)^2) \odot \delta^2_t) + W^{1\top} ((1 - (h_{t+1}^{1})^2) \odot \delta^1_{t+1})$")
FORWARD = r"$s_t = f(W s_{t-1} + U x_t)$, $L = \sum_t L_t(s_t)$, $J_t = \frac{\partial s_t}{\partial s_{t-1}}$."
SUMMED = (r"$a_t = W h_{t-1} + U x_t$, $h_t = \tanh(a_t)$, $L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$, $\delta h_t += h_t - y_t$, ")
OF_STEPS = r"$h^{(t)} = \tanh(W h^{(t-1)} + U x^{(t)})$, $p^{(t)} = \mathrm{softmax}(V h^{(t)})$, $L = \sum_t l(t)$, $l(t) = -y^{(t)T} \log p^{(t)}$."
WRITTEN = r"$i_t = \sigma(W \cdot [h_{t-1}, x_t])$, $h_t = i_t \odot h_{t-1}$, $n_{i,t} = W [h_{t-1}, x_t]$."
TURNED = r"$z_t = W h_{t-1} + U x_t$, $h_t = \tanh(z_t)$, $E = \sum_t \ell_t(h_t)$, $\delta_t = \frac{\partial E}{\partial h_t}$."
DELTA_RULE = (r"$M_t = M_{t-1} (I - k_t k_t^\top) + v_t k_t^\top$, $o_t = M_t q_t$, $L = \frac12 \sum_t \|o_t - y_t\|^2$, "
    r"$G_t = \frac{\partial L}{\partial M_t}$.")
LEAKY = r"$u_t = \frac12 u_{t-1} + \frac12 (W s_{t-1} + I)$, $s_t = \tanh(u_t)$, $L = \sum_t \ell_t(s_t)$."
STEPPING = r"$h_t = (I + A) h_{t-1} + U x_t$, $L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$."
UNROLLED = r"$x_k = A x_{k-1} + B u_k$, $y_k = C x_k$, $L = \sum_{k=1}^N \ell_k(y_k)$ and $x_k = \sum_{j=1}^k A^{k-j} B u_j$."
OF_A_WORD = r"$\hat y = \mathrm{softmax}(U v)$, $J = -\log \hat y_o$, where $y$ is the one-hot vector of the word $o$."
PRIMED = (r"$a_h^t = \sum_i w_{ih} x_i^t + \sum_{h'} u_{h'h} b_{h'}^{t-1}$, $b_h^t = \theta(a_h^t)$, $c_k^t = \sum_h v_{hk} b_h^t$, "
    r"$L = \frac12 \sum_t \sum_k (c_k^t - z_k^t)^2$, $\delta_h^t = \frac{\partial L}{\partial a_h^t}$.")
ELMAN = (r"$net_j(t) = \sum_i v_{ji} x_i(t) + \sum_m u_{jm} s_m(t-1)$, $s_j(t) = f(net_j(t))$, $net_k(t) = \sum_j w_{kj} s_j(t)$, "
    r"$y_k(t) = g(net_k(t))$, $C = \frac12 \sum_{t=1}^T \sum_k (d_k(t) - y_k(t))^2$, $\delta_k(t) = -\frac{\partial C}{\partial net_k(t)}$.")
BY_PRIMES = r"$z_t = W' h_{t-1} + U' x_t$, $h_t = \tanh(z_t)$, $L = \frac12 \sum_t (h_t - y_t)'(h_t - y_t)$."
DECODED = r"$h = \sigma(W x)$, $r = W' h$, $L = \frac12 \|r - x\|^2$."

RULES = (
    # (network, what follows, verdicts, what is said of the last)
    (SOFT, r"$\frac{\partial L}{\partial z} = y - p$, $\frac{\partial L}{\partial p} = -\frac{y}{y^\top p}$", "ru", "where they are one-hot"),
    (SOFT, r"$\frac{\partial L}{\partial p} = \frac{y}{y^\top p}$", "r", ""),  # wrong for those, too
    (SOFT, r"$L = -\log(y^\top p)$, $L = -\log(p)^\top p$", "ur", ""),
    (PICKED.replace("?", "p_{t,y_t}"), BY_V.replace("?", "y_t") + ", " + BY_V.replace("?", "e_{y_t}"), "pp", "if sum(y)=1"),
    (PICKED.replace("?", "p_{t,y_t}"), BY_V.replace("p_t - ?", r"p_t + \mathbf{e}_{y_t}"), "r", ""),
    (PICKED.replace("?", "p_{t,y_t}"), r"$\frac{\partial J}{\partial p_{t,y_t}} = -\frac{1}{p_{t,y_t}}$", "u", "p_{t,y_t} is not defined"),
    (PICKED.replace("?", "p_t[y_t]"), BY_V.replace("?", r"\mathrm{onehot}(y_t)"), "p", "if sum(y)=1"),
    (PICKED.replace("?", "p_t(c_t)"), BY_V.replace("?", "c_t"), "p", "if sum(c)=1"),
    (PICKED.replace("?", r"\left(p_{t,y_t}\right)"), BY_V.replace("?", "y_t"), "p", "if sum(y)=1"),
    (PICKED.replace("?", "(p_t)_{y_t}") + WORDS, BY_V.replace("?", "e_t") + ", " + BY_V.replace("?", "y_t"), "pu", "y_t is not defined"),
    (PICKED.replace("p_t = ", "q_t = ").replace("?", "p_t[y_t]"), BY_V.replace("?", "y_t"), "u", "V is not defined"),  # p is nothing
    (PICKED.replace("?", r"\mathrm{softmax}(V h_t)_{y_t}"), r"$\frac{\partial J}{\partial V} = \sum_t (\mathrm{softmax}(V h_t) - y_t) h_t^\top$",
        "p", "if sum(y)=1"),
    (OF_A_WORD, r"$\frac{\partial J}{\partial v} = U^\top (\hat y - y)$, $J = -\sum_w y_w \log \hat y_w$, $\frac{\partial J}{\partial v} = U^\top (y - \hat y)$",
        "ppr", ""),
    (OF_A_WORD.replace("one-hot", "other"), r"$\frac{\partial J}{\partial v} = U^\top (\hat y - y)$", "u", "y is not defined"),
    (r"$z = W x$, $p = \mathrm{softmax}(z)$, $L = -\sum_k y_k \log p_k$, where $y$ is a one-hot vector.", r"$\frac{\partial \log p_k}{\partial z_j} = "
        r"\delta_{kj} - p_j$, $\log p_k = z_k - \log \sum_j e^{z_j}$, $\frac{\partial L}{\partial z} = p - y$", "pup", ""),  # k is any class
    (DECODED.replace("\\sigma(W x)", "W x"), r"$\frac{\partial L}{\partial W'} = (r - x) \otimes h$", "n", ""),  # a matrix of its own
    (MEMBERS, r"$\frac{\partial L}{\partial W} = \frac1N \sum_{i=1}^N (p^{(i)} - \mathbf{e}_{y^{(i)}}) (x^{(i)})^\top$", "p", "if sum(y)=1"),
    (MEMBERS, r"$\frac{\partial L}{\partial W} = \sum_{i=1}^N (p^{(i)} - \mathbf{e}_{y^{(i)}}) (x^{(i)})^\top$", "r", ""),
    (SCORED, r"$\frac{\partial L}{\partial z_{t,k}} = p_{t,k} - \mathbb{1}[k = y_t]$, $\frac{\partial L}{\partial z_t} = y_t - p_t$", "pr", ""),
    (LINEAR, r"$dz = dW x$, $dL = (z - y)^\top dz$", "uu", "d stands for a differential, as in line 3"),
    (LINEAR, r"We take differentials: $dz = W dx$", "u", "d stands for a differential, as"),
    (LINEAR, r"$dz = z - y$, $dW = dz\, x^\top$, $dx = W dz$", "ppr", ""),  # gradients
    (LINEAR, r"$dW = dz\, x^\top$, $dW = \frac12 dW + \frac12 dz\, x^\top$", "pp", ""),
    (LINEAR, r"$dL = (z - y)^\top dz$ and $\frac{dL}{dW} = (z - y) x^\top$", "up", ""),  # a fraction of them is a derivative
    (WAVE, BY_U.replace("?", r"\mathrm{sech}^2(z_t)") + ", " + BY_U.replace("?", r"\mathrm{sech}(z_t)^2"), "pp", ""),
    (WAVE, BY_U.replace("?", r"\frac{1}{\cosh^2(z_t)}") + ", " + BY_U.replace("?", r"\cosh^{-2} z_t"), "pp", ""),
    (WAVE, BY_U.replace("?", r"\mathrm{sech}^4(z_t)") + ", " + BY_U.replace("?", r"\cosh^2(z_t)"), "rr", ""),
    (WAVE, BY_U.replace("?", r"\mathrm{sech}(z_t)") + ", " + BY_U.replace("?", r"\mathrm{sech}^3(z_t)"), "uu", "only even powers"),
    (COSTS, BACK.replace("?", "g_t") + ", " + BACK.replace("?", r"\partial L_t/\partial y_t") + ", " + BACK.replace("?", r"\nabla L_t(y_t)"), "ppp", ""),
    (COSTS, BACK.replace("?", "g_{t+1}") + ", " + BACK.replace("?", r"\nabla L_{t+1}(y_{t+1})"), "rr", ""),
    (COSTS.replace("L_t(y_t)", "L_t(y_t, d_t)"), BACK.replace("?", r"\frac{\partial L_t}{\partial y_t}"), "p", ""),
    (SLOPPY, BACK.replace("?", "g_t"), "p", ""),  # as it is written
    (SLOPPY, r"$g_t = \frac{\partial L_t}{\partial y_t} + W^\top ((1 - y_{t+1}^2) \odot g_{t+1})$", "p", ""),  # L is meant
    (SLOPPY, r"$g_t = \frac{\partial L_t}{\partial y_t} + W^\top ((1 - y_{t+1}^2) \odot g_{t+1})$, " + BACK.replace("?", "g_t"), "uu", "others if of all"),
    (GATE.replace("?", "W h_{t-1} + U x_t"), OF_GATE, "p", ""),  # what the gate is taken of, in either order
    (GATE.replace("?", "U x_t + W h_{t-1}"), OF_GATE + r", $\delta \bar i_t = \delta i_t \odot \sigma(\bar i_t)$", "pr", ""),
    (GATE.replace("?", "U x_t - W h_{t-1}"), OF_GATE, "u", r"\delta"),  # it stands nowhere
    (LAYERS, BY_W.replace("?", "(a^1)^2") + ", " + BY_W.replace("?", "(a^2)^2"), "pr", ""),
    (LAYERS.replace("^1", "^{1}"), BY_W.replace("?", "(a^{1})^2"), "p", ""),
    (LAYERS, r"$\frac{\partial L}{\partial x} = W^{1\top} \frac{\partial L}{\partial z^1}$, $\frac{\partial L}{\partial x} = W^1 \frac{\partial L}{\partial z^1}$",
        "pr", ""),
    (r"$z^1 = W^1 x$, $z^2 = V^2 \tanh(z^1)$, $L = \frac12 \|z^2 - y\|^2$.", r"$\frac{\partial L}{\partial V^2} = (z^2 - y) \tanh(z^1)^\top$", "p", ""),
    (STACKED, BY_FIRST.replace("?", r"(U^2)^\top") + ", " + BY_FIRST.replace("?", r"(W^2)^\top"), "pr", ""),
    (r"$h = \tanh(W x)$, $L = \frac12 \|h - y\|^2$.", r"$\frac{\partial L}{\partial W} = ((1 - h^2) \odot (h - y)) x^\top$", "p", ""),  # a power
    (FORWARD, r"$\frac{d s_t}{d W} = \frac{\partial s_t}{\partial W} + J_t \frac{d s_{t-1}}{d W}$", "p", ""),  # d total, ∂ immediate
    (FORWARD, r"$\frac{d s_t}{d W} = \frac{\partial s_t}{\partial W} + J_{t-1} \frac{d s_{t-1}}{d W}$", "u", "f is the identity"),
    (SUMMED, r"$\delta h_{t-1} = W^\top ((1 - h_t^2) \odot \delta h_t)$", "u", "line 1 adds to it"),
    (SUMMED.replace("+= h_t", "= h_t"), r"$\delta h_{t-1} = W^\top ((1 - h_t^2) \odot \delta h_t)$", "r", ""),
    (OF_STEPS, r"$\frac{\partial L}{\partial V} = \sum_t (p^{(t)} - y^{(t)}) h^{(t)T}$, $\frac{\partial L}{\partial V} = \sum_t p^{(t)} h^{(t)T}$", "pr", ""),
    (OF_STEPS.replace("(t)}", "}").replace("^{}", "_t").replace("^{T}", "_t^T").replace("^{(t-1)}", "_{t-1}"),
        r"$\frac{\partial L}{\partial V} = \sum_t (p_t - y_t) h_t^T$", "p", "if sum(y)=1"),
    (WRITTEN, r"$\delta n_{i,t} = \delta i_t \odot i_t \odot (1 - i_t)$", "p", ""),  # a dot is no other product
    (TURNED, r"$\frac{\partial E}{\partial z_t}^T = \delta_t^T \odot (1 - h_t^2)$", "u", "rows and columns"),
    (TURNED, r"$\frac{\partial E}{\partial z_t}^T = \delta_t^T \odot (1 - h_t)$", "r", ""),
    (DELTA_RULE, r"$G_t = (o_t - y_t) q_t^\top + G_{t+1} (I - k_{t+1} k_{t+1}^\top)$, $\frac{\partial L}{\partial v_t} = G_t^\top k_t$", "pr", ""),
    (r"$z = W x$, $L = \frac12 |z - y|^2$.", r"$\frac{\partial L}{\partial z} = z - y$, $\frac{\partial L}{\partial z} = |z - y|$", "pu", "squared norm"),
    (r"$z_t = V h_t$, $p_t = \frac{\exp(z_t)}{\sum \exp(z_t)}$, $L = -\sum_t y_t^\top \log p_t$.", r"$\frac{\partial L}{\partial z_t} = p_t - y_t$, "
        r"$\frac{\partial L}{\partial z_t} = y_t - p_t$", "pr", ""),
    (PRIMED, r"$\delta_h^t = \theta'(a_h^t) (\sum_k (c_k^t - z_k^t) v_{hk} + \sum_{h'} \delta_{h'}^{t+1} u_{hh'})$, "
        r"$\frac{\partial L}{\partial b_h^t} = \sum_k (c_k^t - z_k^t) v_{hk}$", "pr", ""),  # h' is an index, no slope
    (ELMAN, r"$\delta_k(t) = (d_k(t) - y_k(t)) g'(net_k(t))$, $\Delta w_{kj} = \eta \sum_t \delta_k(t) s_j(t)$, $\delta_k(t) = (d_k(t) - y_k(t)) f'(net_k(t))$",
        "ppu", "refuted if any function"),
    (BY_PRIMES, r"$\frac{\partial L}{\partial h_t} = h_t - y_t + W ((1 - h_{t+1}^2) \odot \frac{\partial L}{\partial h_{t+1}})$, "
        r"$\frac{\partial L}{\partial h_t} = h_t - y_t$", "pr", ""),  # the equation for z_t belongs to the network
    (LINEAR, r"$(\tanh z)' = 1 - \tanh^2 z$ and $W' = W - \eta (z - y) x'$", "u", "may mean a slope"),  # and another W
    (BY_PRIMES.replace("U'", "U^T"), r"$\frac{\partial L}{\partial h_t} = h_t - y_t$", "n", ""),
    (DECODED, r"$\frac{\partial L}{\partial W} = ((W^\top (r - x)) \odot \sigma'(W x)) x^\top$", "n", ""),  # tied, or another matrix?
    (LEAKY, r"$\frac{\partial L}{\partial I} = \frac12 \sum_t \frac{\partial L}{\partial u_t}$", "p", ""),  # a current, no identity
    (STEPPING, r"$\frac{\partial L}{\partial h_t} = h_t - y_t + (I + A^\top) \frac{\partial L}{\partial h_{t+1}}$, "
        r"$\frac{\partial L}{\partial h_t} = h_t - y_t + A^\top \frac{\partial L}{\partial h_{t+1}}$", "pr", ""),
    (UNROLLED, r"$\frac{\partial L}{\partial x_k} = \sum_{j=k}^N (A^\top)^{j-k} C^\top \frac{\partial L}{\partial y_j}$, "
        r"$\frac{\partial L}{\partial x_k} = \sum_{j=1}^k (A^\top)^{j-k} C^\top \frac{\partial L}{\partial y_j}$", "pr", ""),  # a formula, no other network
    (r"$h_t = \tanh(W h_{t-1} + U x_t)$, $p_t = \mathrm{softmax}(V h_t)$, $L = -\sum_t \sum_k y_{t,k} \log p_{t,k}$.",
        r"$\frac{\partial L}{\partial W} = \sum_{t=1}^T \sum_{k=1}^t \left((1-h_k^2) \odot (\prod_{i=k+1}^t \mathrm{diag}(1-h_i^2) W)^\top "
        r"V^\top (p_t - y_t)\right) h_{k-1}^\top$, $\frac{\partial L}{\partial V} = \sum_t (p_t - y_t) h_t^\top$", "pp", "sum(y)=1"),  # k counts classes, and steps
    (r"$a_t = W h_{t-1} + U x_t$, $h_t = \tanh(a_t)$, $c_t = [a_t; x_t]$.",
        r"$\delta h_t = \partial E/\partial h_t$, $\delta a_t = \delta h_t \odot (1 - h_t^2)$", "ap", "equal"),  # E is of h alone
)


@pytest.mark.parametrize(("network", "formulas", "verdicts", "said"), RULES)
def test_rules(network, formulas, verdicts, said):
    checked = read_note(f"{network}\n\n{formulas}", "markdown")
    entries = [e for e in checked.entries if e.line > 1]
    found = "".join("u" if e.verdict == "unproved" else e.verdict[0] for e in entries) if checked.models else "n"
    assert found == verdicts, [(e.verdict, e.reason) for e in entries]
    assert said in (entries[-1].reason if entries else "")


UNTOUCHED = (
    r"$p_t = \mathrm{softmax}(V h_t)$, $L = -\sum_t \sum_k y_{t,k} \log p_{t,k}$",  # indices, no classes
    r"$p_t = \mathrm{softmax}(V h_t)$, $y_t = f(p_t)$, $a = \log p_{t,y_t}$",  # y_t is a quantity
    r"$h_t = f(x_t)$, $L = \sum_t \ell_t(y_t)$, $a = h_t(y_t)$",  # a function of y_t
    r"$p_t = \mathrm{softmax}(V h_t)$, $\frac{\partial L}{\partial p_{t,y_t}}$",  # by one entry
    r"$h_t = f(x_t)$, $a = \log h_t(y_t)$",  # no softmax
    r"$a_t = \sigma(v^\top x_t)$, $h_t = W x_t + a_t [h_{t-1}] + a_t [c_t]$, $L = \log h_t$",  # products
    r"$x \in \mathbb{R}^1$, $a^l = f(a^{l-1})$, $a^1 = x$, $y^2 = 3$",  # a set, an index, a power
    r"$l(t) = x(t)^2$, $z = l(t-1)$, $L = \sum_t l(t)$, $s = 1$",  # steps in parentheses throughout
)


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_no_entry_at_a_class_stays(text):
    assert read_document(text, "markdown").reworded == ()


def test_an_entry_at_a_class_keeps_its_place_and_is_told():
    checked = read_note(PICKED.replace("?", "p_{t,y_t}") + "\n\n" + BY_V.replace("?", "q_t"), "markdown")
    assert [(d.subject, d.choice, d.line) for d in checked.decisions if "class" in d.why] == [
        (r"\log p_{t,y_t}", r"y_t^\top \log p_{t}", 1),
    ]
    whole = PICKED.replace("?", "p_{t,y_t}")
    (loss,) = [e for e in checked.entries if e.head == "J"]
    assert whole[loss.column - 1 : loss.end_column - 1] == r"-\sum_{t=1}^T \log p_{t,y_t}"
