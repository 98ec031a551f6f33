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
ROWS_OF_S = r"$dS = A \odot (dA - (dA \odot A) \mathbf{1} \mathbf{1}^\top)$"
COLUMNS_OF_S = r"$dS = A \odot (dA - \mathbf{1} \mathbf{1}^\top (dA \odot A))$"
MATRIX = r"$P = \mathrm{softmax}(Z)$, $L = \frac12 \|P - Y\|_F^2$."
CLASSES = (r"$Z = X W + \mathbf{1} b^\top$, $P = \mathrm{softmax}(Z)$, "
    r"$L = -\frac{1}{N} \sum_{i=1}^N \sum_{k=1}^K Y_{ik} \log P_{ik}$.")
BY_CLASSES = r"$\frac{\partial L}{\partial Z} = "
EXAMPLES = r"$Z = W X + b$, $A = \mathrm{softmax}(Z)$, $J = -\frac{1}{m} \sum (Y \odot \log A)$."
STEPWISE = (r"$z_t = U h_{t-1} + W x_t + b$, $h_t = f(z_t)$, $o_t = V h_t$, $L = \sum_{t=1}^T L_t$, $L_t = \ell(o_t)$, "
    r"and let $\delta_{t,k} = \frac{\partial L_t}{\partial z_k}$.")
STEP_BACK = r"$\frac{\partial L_t}{\partial h_k} = W^\top \mathrm{diag}(1 - h_{k+1}^2) \frac{\partial L_t}{\partial h_{k+1}}$"
COSTLY = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L = \sum_{t=1}^T \ell_t(h_t)$."
COSTLY_BACK = r"$\frac{\partial L}{\partial h_t} = ? + W^\top \mathrm{diag}(1 - h_{t+1}^2) \frac{\partial L}{\partial h_{t+1}}$"
PER_STEP = r"$h_t = W h_{t-1} + U x_t$, $o_t = V h_t$, $L = \frac1T \sum_{t=1}^T l(o_t, y_t)$."
NORMED = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L_t = \frac12 \|h_t - y_t\|^2$, $L = \sum_t L_t$."
ROWWISE = r"$S = Q K^\top$, $A = \mathrm{softmax}(S)$, $O = A V$, $dO = \frac{\partial L}{\partial O}$."
SCALED = r"$S = \frac{1}{\sqrt{d}} Q K^\top$, $A = \mathrm{softmax}(S)$, $O = A V$, $L = \frac12 \|O - Y\|_F^2$."
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

CHOSEN = r"$z = W x + b$, $p = \mathrm{softmax}(z)$, $L = -\log p_k$ where $k$ is the right class."
BY_J, BY_K, BY_L = (rf"$\frac{{\partial L}}{{\partial {a}}} = " for a in ("z_j", "z_k", "W"))
SCORES = r"$s = W x$, $L = -s_y + \log \sum_j e^{s_j}$."
LAYERS = r"$n_j = \sum_i w_{ji} x_i$, $o_j = f(n_j)$, $n_k = \sum_j w_{kj} o_j$, $o_k = f(n_k)$, $E = \frac12 \sum_k (t_k - o_k)^2$."
OF_LETTERS = r"$a_j = \sum_i w_{ji} x_i + b_j$, $z_j = \tanh(a_j)$, $y_k = \sum_j w_{kj} z_j + b_k$, $E = \frac12 \sum_k (y_k - t_k)^2$."
UNITS_IN_TIME = (r"$s_j(t) = \sum_i v_{ji} x_i(t) + \sum_l u_{jl} y_l(t-1)$, $y_j(t) = f(s_j(t))$, $n_k(t) = \sum_j w_{kj} y_j(t)$, "
    r"$o_k(t) = g(n_k(t))$, $C = \frac12 \sum_t \sum_k (d_k(t) - o_k(t))^2$.")
BACK = r"$z_i = \sum_j w_{ij} x_j$, $E = \frac12 \sum_i (z_i - t_i)^2$, $e_i = z_i - t_i$."
COSTS = r"$x_{t+1} = A x_t + B u_t$, $y_t = C x_t$, $J = \frac12 \sum_{t=0}^{T-1} \|y_t - r_t\|^2$."
SOFTMAX = r"$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$, $L = -\sum_i y_i \log p_i$."
ADDED = (r"Let $X \in \mathbb R^{N \times D}$, $S = X W + b$, $P = \mathrm{softmax}(S)$ row by row, "
    r"$L = -\sum_i \sum_k Y_{ik} \log P_{ik}$ with one-hot rows of $Y$.")
OPEN_LOSS = r"$s_t = A s_{t-1} + B x_t$, $y_t = C s_t$, $L = \sum_{t=1}^T \ell(y_t)$."
WITH_DECAY = r"$h = \tanh(W x)$, $p = \mathrm{softmax}(V h)$, $L_1 = -y^\top \log p$, $L = L_1 + \frac\lambda2 \|W\|^2$."
TWO_ARGUMENTS = r"$h = \phi(W x)$, $o = V h$, $L = \ell(o, y)$."
TRIPLET = r"$a = W x_a$, $p = W x_p$, $n = W x_n$, $L = \max(0, \|a - p\|^2 - \|a - n\|^2 + m)$."
NUMBERS = r"$h_t = \tanh(w h_{t-1} + u x_t)$ with scalars, $h_0 = 0$, $L = \frac12 \sum_{t=1}^T (h_t - y_t)^2$."
STEPPED = LINEAR.replace("$.", "$, $\\delta = \\frac{\\partial L}{\\partial z}$.")
SIGNED = (r"$n_j = \sum_i w_{ji} x_i$, $o_j = f(n_j)$, $E = \frac12 \sum_j (t_j - o_j)^2$, $\delta_j = -\frac{\partial E}{\partial n_j}$.")
ONE = r"$a = w^\top x$, $L = (a - y)^2$."
MEAN = r"$a_i = w^\top x_i$, $J = \frac{1}{2m} \sum_{i=1}^m (a_i - y_i)^2$."
HIGH = r"$a = w^\top x$, $J = \tanh(a)$."
BY_T = r"$\frac{\partial \ell}{\partial \theta_j} = \sum_{i=1}^n "
FITTED = r"$f_{w,b}(x) = w^\top x + b$, $J(w, b) = \frac{1}{2m} \sum_{i=1}^m (f_{w,b}(x_i) - y_i)^2$."
ONE_MEMBER = r"$h_\theta(x) = \theta^\top x$, $J(\theta) = \frac12 (h_\theta(x) - y)^2$."
IN_TIME = (r"$s_i(t) = f(n_i(t))$, $n_i(t) = \sum_j w_{ij} s_j(t-1) + \sum_j u_{ij} x_j(t)$, "
    r"$E = \frac12 \sum_{t=1}^T \sum_i (d_i(t) - s_i(t))^2$, $\delta_i(t) = \frac{\partial E}{\partial n_i(t)}$.")
UFLDL = (r"$z^{(l+1)} = W^{(l)} a^{(l)} + b^{(l)}$, $a^{(l)} = f(z^{(l)})$, $a^{(1)} = x$, $h_{W,b}(x) = a^{(n_l)}$, "
    r"$J(W,b;x,y) = \frac12 \|h_{W,b}(x) - y\|^2$, $\delta^{(l)} = \frac{\partial J}{\partial z^{(l)}}$.")
IDENTICAL = r"$z = W x$, $a = g(z)$, where $g$ is the identity function. $L = \frac12 \|a - y\|^2$."
EINSTEIN = r"We use the Einstein summation convention. $z_i = W_{ij} x_j + b_i$, $o_k = V_{ki} z_i$, $L = \frac12 (o_k - y_k)(o_k - y_k)$."
BOTH = (r"$\overrightarrow{h}_t = \tanh(W x_t + U \overrightarrow{h}_{t-1})$, $\overleftarrow{h}_t = \tanh(A x_t + B \overleftarrow{h}_{t+1})$, "
    r"$o_t = V \overrightarrow{h}_t + R \overleftarrow{h}_t$, $L = \frac12 \sum_{t=1}^T \|o_t - y_t\|^2$.")
JAEGER = r"$x(n+1) = f(W^{in} u(n+1) + W x(n))$, $y(n) = W^{out} x(n)$, $E = \sum_{n=1}^T \|d(n) - y(n)\|^2$."
TWO_LOSSES = "# One\n\n$L = \\frac12 \\|z - y\\|^2$ and $\\frac{\\partial L}{\\partial z} = z - y$\n\n# Two\n\n$L = \\max(0, 1 - y^\\top z)$ and "
MINUS = (r"$n_t = W y_{t-1} + V x_t$, $y_t = f(n_t)$, $E = \frac12 \sum_{t=1}^T \|d_t - y_t\|^2$, "
    r"$\delta_t = -\frac{\partial E}{\partial n_t}$.")
CALLED = (r"$s(t) = W y(t-1) + U x(t)$, $y(t) = \tanh(s(t))$, $J = \frac12 \sum_{t=1}^T \|d(t) - y(t)\|^2$, "
    r"$e(t) = d(t) - y(t)$.")
WORDS = r"$x_t = W_{rec} \tanh(x_{t-1}) + W_{in} u_t$, $E = \frac12 \sum_{t=1}^T \|x_t - d_t\|^2$."
LABELLED = (r"$h_t = \sigma_h(W h_{t-1} + U x_t)$, $y_t = \sigma_{y}(V h_t)$, $\sigma_h = \tanh$, and $\sigma_y$ is the sigmoid. "
    r"$L = \frac12 \sum_t \|y_t - d_t\|^2$.")
MARGIN = r"$J = \frac12 \|w\|^2 + C \sum_{i=1}^n \max(0, 1 - y_i (w^\top x_i + b))$."
WRITTEN_OUT = (r"$z_t = V h_t$, $h_t = \tanh(W h_{t-1} + U x_t)$, $y_t = f(V h_t)$, $E = \frac12 \sum_t \|y_t - d_t\|^2$.")

STEERED = (r"$x_{t+1} = A x_t + B u_t$ for $t = 0, \ldots, T-1$, $J = \frac12 x_T^\top Q x_T + \frac12 \sum_{t=0}^{T-1} (x_t^\top Q x_t "
    r"+ u_t^\top R u_t)$ with symmetric $Q$ and $R$, $\lambda_t = \frac{\partial J}{\partial x_t}$.")
SHORTER = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $z_t = V h_t$, $J = \frac12 \sum_{t=1}^{T-1} \|z_t - y_t\|^2$."
ALIKE = r"$a = W x$, $s = \frac{a^\top b}{\|a\| \|b\|}$, $L = 1 - s$."
BY_ALIKE = r"$\frac{\partial s}{\partial a} = \frac{b}{\|a\|\|b\|} ? s \frac{a}{\|a\|^2}$"
UNIT = r"$z = W x$, $y = \frac{z}{\|z\|}$, $L = \frac12 \|y - t\|^2$."
NAMED_NORM = r"$a = W x$, $n = \sqrt{a^\top a}$, $s = \frac{a^\top b}{n}$, $L = 1 - s$."
LAYER_NORM = (r"$\mu = \frac1n \mathbf 1^\top x$, $v = \frac1n \|x - \mu \mathbf 1\|^2$, $\hat x = \frac{x - \mu \mathbf 1}{\sqrt{v + \epsilon}}$, "
    r"$y = \gamma \odot \hat x + \beta$, $L = \ell(y)$, $g = \frac{\partial L}{\partial \hat x}$.")
NORM_BACK = r"$\frac{\partial L}{\partial x} = \frac{1}{\sqrt{v + \epsilon}} (g - \frac1n \mathbf 1 \mathbf 1^\top g ? \frac1n \hat x \hat x^\top g)$"
SQUARED_NORM = r"$a_t = W h_{t-1} + U x_t$, $r_t = \sqrt{\frac1n \|a_t\|^2 + \epsilon}$, $h_t = \tanh(a_t / r_t)$ with $a_t \in \mathbb R^n$, $L = \frac12 \sum_t \|h_t - y_t\|^2$."
REWARD = r"$\pi = \mathrm{softmax}(z)$, $J = r^\top \pi$."
STARRED = LINEAR.replace("- y", "- y^*")

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
    (LOGISTIC, BY_T + r"(y^{(i)} - h_\theta(x^{(i)})) x_j^{(i)}$, " + BY_T + r"(h_\theta(x^{(i)}) - y^{(i)}) x_j^{(i)}$", "pr", ""),
    (LOGISTIC, r"$\theta_j := \theta_j + \alpha \sum_{i=1}^n (y^{(i)} - h_\theta(x^{(i)})) x_j^{(i)}$", "p", ""),  # an ascent
    (LOGISTIC, r"$\theta_j := \theta_j - \alpha \sum_{i=1}^n (y^{(i)} - h_\theta(x^{(i)})) x_j^{(i)}$", "u", "the greatest value is sought"),
    (LOGISTIC, BY_T[:-len(r"\sum_{i=1}^n ")] + r"(y - h_\theta(x)) x_j$", "u", "y is not defined"),  # of which member?
    (FITTED, BY_W[:-2].replace("C", "J").replace("^l", "") + r"= \frac1m \sum_{i=1}^m (f_{w,b}(x_i) - y_i) x_i$", "p", ""),
    (FITTED, r"$\frac{\partial J}{\partial b} = \frac1m \sum_{i=1}^m (f_{w,b}(x_i) - y_i) x_i$", "r", ""),
    (FITTED.replace("x_i", "x_i^2"), r"$\frac{\partial J}{\partial b} = 0$", "n", ""),
    (ONE_MEMBER, r"$\frac{\partial J}{\partial \theta_j} = (h_\theta(x) - y) x_j$, $\theta_j := \theta_j - \alpha (y - h_\theta(x)) x_j$", "pr", ""),
    (IN_TIME, r"$\delta_i(t) = f'(n_i(t)) ( s_i(t) - d_i(t) + \sum_j w_{ji} \delta_j(t+1) )$", "p", ""),
    (IN_TIME, r"$\delta_i(t) = f'(n_i(t)) ( s_i(t) - d_i(t) + \sum_j w_{ij} \delta_j(t+1) )$", "r", ""),
    (SAMPLED, r"$\frac{\partial L}{\partial v} = (\sigma(u_o^\top v) - 1) u_o$", "n", "each u is transposed"),
    (LAST, r"$\delta_t = W^\top ((1 - h_{t+1}^2) \odot \delta_{t+1}) + h_t - y$, $\Delta h_t = h_t - h_{t-1}$", "ru", "a difference"),
    (LINEAR, r"$\Delta z = y - z$, $\Delta z = z - y$, $\Delta z = 2 z - y$", "ppr", ""),
    (LINEAR, r"$W := (1 - \eta \lambda) W - \eta (z - y) x^\top$, $\frac{\partial L}{\partial W} = (z - y) x^\top$", "p", ""),
    (LAST.replace("x_t", "e_t"), r"$\frac{\partial L}{\partial U} = \sum_{t=1}^T ((1 - h_t^2) \odot \delta_t) e_t^\top$", "p", ""),
    (SAMPLED.replace("v)", "v_c)"), r"$\frac{\partial L}{\partial u_o} = (\sigma(u_o^\top v_c) - 1) v_c$, $\sigma$ is the sigmoid.", "n", "each u"),
    (SCORES.replace(r"\log \sum_j e^{s_j}", r"\sum_{k=1}^K e^{-s_k}"), r"$\frac{\partial L}{\partial s_y} = -1$", "n", "an entry y"),
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
    (ROWWISE, r"$dV = A^\top dO$, $dA = dO V^\top$, $dQ = dS K$, $dK = dS^\top Q$, $dQ = dS^\top K$", "ppppr", ""),
    (ROWWISE, ROWS_OF_S, "p", ""),  # each row of A V is a mean of the rows of V
    (ROWWISE, r"$dS = A \odot (dA - \mathrm{rowsum}(dA \odot A))$, $dS = A \odot (dA - \mathrm{rowsum}(dA))$", "pr", ""),
    (ROWWISE, r"$D = (dO \odot O) \mathbf{1}$, $dS = A \odot (dA - D \mathbf{1}^\top)$", "ap", ""),
    (ROWWISE, r"$D_i = \sum_j A_{ij} dA_{ij}$, $dS_{ij} = A_{ij} (dA_{ij} - D_i)$, $dS_{ij} = A_{ij} dA_{ij}$", "ppr", ""),
    (ROWWISE, COLUMNS_OF_S, "u", "say which is meant"),  # a custom refutes nothing that the other one would make right
    (ROWWISE, f"Softmax is taken of each row. {COLUMNS_OF_S}", "r", ""),
    (ROWWISE, f"Softmax is taken column-wise. {COLUMNS_OF_S}, {ROWS_OF_S}", "pr", ""),
    (ROWWISE, f"Softmax is taken of each row. Softmax is taken of each column. {ROWS_OF_S}", "n", "the note speaks of both"),
    (SCALED, r"$dQ = \frac{1}{\sqrt{d}} dS K$, $dQ = \frac1d dS K$", "pr", ""),
    (r"$P = \mathrm{softmax}(Z)$, $L = -\frac{1}{N} \sum_{i=1}^N \sum_{k=1}^K Y_{ik} \log P_{ik}$.", BY_CLASSES + r"\frac1N (P - Y)$, "
        + BY_CLASSES + "P - Y$", "pr", ""),
    (r"$Z = X W$, $P = \mathrm{softmax}(Z)$, $L = -\sum_i \sum_k Y_{ik} \log P_{ik}$.", r"$\frac{\partial L}{\partial W} = X^\top (P - Y)$, "
        r"$\frac{\partial L}{\partial W} = X^\top (Y - P)$", "pr", ""),
    (LINEAR, r"$\Delta W = -\lambda (z - y) x^\top$, $W := W + \lambda (z - y) x^\top$", "pr", ""),
    (SCALED.replace("d}", "d_k}"), r"$dQ = \frac{1}{\sqrt{d_k}} dS K$, $dQ = \frac{1}{d_k} dS K$", "pr", ""),
    (MATRIX, r"$\frac{\partial L}{\partial Z} = P - Y$", "n", "nothing in the note decides"),
    (CLASSES, BY_CLASSES + r"\frac{1}{N} (P - Y)$", "p", "sum(each row of Y)=1"),
    (CLASSES, BY_CLASSES + r"P - Y$, $\frac{\partial L}{\partial W} = \frac{1}{N} X^\top (P - Y)$", "rp", "sum(each row of Y)=1"),
    (CLASSES, r"$\frac{\partial L}{\partial P} = -\frac{1}{N} \frac{Y}{P}$", "p", "every size"),  # for any labels
    (CLASSES, f"Softmax is taken of each column. {BY_CLASSES}" + r"\frac{1}{N} (P - Y)$", "n", "a bias is repeated for every row"),
    (EXAMPLES, r"$dZ = A - Y$, $dW = \frac1m dZ X^\top$, $db = \frac1m \sum dZ$, $dW = dZ X^\top$", "pppr", ""),
    (ROWWISE.replace("O = A V", "o = V A").replace("O", "o").replace("S = Q K", "S = Q k").replace(r"k^\top", "k"),
        r"$dA = V^\top do$", "p", ""),
    (CHOSEN, BY_J + r"p_j - 1\{j = k\}$, " + BY_J + r"p_j - \delta_{jk}$, " + BY_Z + "p - e_k$, " + BY_J + r"p_j + \delta_{jk}$", "pppr", ""),
    (CHOSEN, BY_L + r"(p - e_k) x^\top$, " + BY_L + r"(e_k - p) x^\top$", "pr", ""),
    (CHOSEN, BY_K + "p_k - 1$, " + BY_K + r"p_k$, $\frac{\partial p_k}{\partial z_j} = p_k (\delta_{jk} - p_j)$", "prp", ""),
    (CHOSEN, BY_J + r"-\frac{1}{p_k} \frac{\partial p_k}{\partial z_j}$, " + BY_J + r"\frac{1}{p_k} \frac{\partial p_k}{\partial z_j}$", "pr", ""),
    (CHOSEN, BY_J + r"\begin{cases} p_j - 1 & j = k \\ p_j & j \ne k \end{cases}$", "p", ""),
    (CHOSEN, BY_J + r"\begin{cases} p_j & j = k \\ p_j - 1 & j \ne k \end{cases}$", "r", ""),
    (CHOSEN.replace("-", "-y_k "), BY_J + r"p_j - \delta_{jk}$", "n", "an entry k"),  # a label and no sum: a mistake of the note
    (SCORES, r"$\frac{\partial L}{\partial s_j} = \frac{e^{s_j}}{\sum_i e^{s_i}} - [j = y]$", "p", ""),
    (SCORES, r"$\frac{\partial L}{\partial s_j} = \frac{e^{s_j}}{\sum_i e^{s_i}} + [j = y]$", "r", ""),
    (STEPPED, r"$\Delta W = -\eta \frac{\partial L}{\partial W} = -\eta \delta x^\top$, $W := W - \eta \delta x^\top$", "ppp", ""),
    (STEPPED, r"$\Delta W = \eta \delta x^\top$, $W := W + \eta \delta x^\top$, $W = W - \eta x \delta^\top$", "rrr", ""),
    (STEPPED, r"$W := W - \Delta W$, $\Delta W = \eta \delta x^\top$", "u", "subtracts a Δ"),
    (SIGNED, r"$\delta_j = (t_j - o_j) f'(n_j)$, $\Delta w_{ji} = \eta \delta_j x_i$, $\Delta w_{ji} = -\eta \delta_j x_i$", "ppr", ""),
    (ONE, r"$w := w - 2 \eta (a - y) x$, $w := w + \eta (a - y) x$", "pr", ""),
    (ONE, r"$w := w - \eta (a - y) x$", "u", "but for the factor 2"),
    (MEAN, r"$w := w - \frac{\eta}{m} \sum_{i=1}^m (a_i - y_i) x_i$, $w := w - \frac{\eta}{m} \sum_{i=1}^m (y_i - a_i) x_i$", "pr", ""),
    (MEAN, r"$w := w - \eta (a_i - y_i) x_i$", "u", "a step by one member"),
    (HIGH, r"$w := w + \eta (1 - J^2) x$", "u", "right for an ascent"),
    (UFLDL, r"$\delta^{(n_l)} = -(y - a^{(n_l)}) \bullet f'(z^{(n_l)})$, $\nabla_{W^{(l)}} J(W,b;x,y) = \delta^{(l+1)} (a^{(l)})^T$", "pp", ""),
    (UFLDL, r"$\delta^{(n_l)} = (y - a^{(n_l)}) \bullet f'(z^{(n_l)})$, $\nabla_{W^{(l)}} J(W,b;x,y) = a^{(l)} (\delta^{(l+1)})^T$", "rr", ""),
    (IDENTICAL, BY_Z + "a - y$, $g'(z) = 1$, " + BY_Z + r"(a - y) \odot g'(z)$, " + BY_Z + r"(a - y) \odot (1 - a^2)$", "pppr", ""),
    (IDENTICAL.replace("the identity function", "a non-linear activation"), BY_Z + "a - y$", "u", "if g is the identity"),
    (STEPPED, r"Hebb's rule is $\Delta W = \eta z x^\top$, and with decay $W := W - \eta (\delta x^\top + W)$", "uu", "such a rule is no descent"),
    (IDENTICAL.replace("is the", "is not the"), BY_Z + "a - y$", "u", "is not understood"),
    (IDENTICAL.replace(", where $g$ is the identity function", "; $g(z) = z$"), BY_Z + "a - y$, " + BY_Z + "y - a$", "pr", ""),
    (EINSTEIN, r"$\frac{\partial L}{\partial V_{ki}} = (o_k - y_k) z_i$, $\frac{\partial L}{\partial z_i} = (o_k - y_k) V_{ki}$", "pp", ""),
    (EINSTEIN, r"$\frac{\partial L}{\partial V_{ki}} = (o_i - y_i) z_k$, $\frac{\partial L}{\partial z_i} = (o_k + y_k) V_{ki}$", "rr", ""),
    (EINSTEIN, r"$\frac{\partial L}{\partial z_i} = (o_k - y_k) V_{ki} o_k$", "u", "k stands 3 times"),
    (EINSTEIN.removeprefix("We use the Einstein summation convention."), r"$\frac{\partial L}{\partial z_i} = (o_k - y_k) V_{ki}$", "n",
        "may be the sum over j, or one product"),
    (BOTH, r"$\frac{\partial L}{\partial o_t} = o_t - y_t$", "n", "it runs back from the last step"),
    (JAEGER, r"$\frac{\partial E}{\partial y(n)} = -2 (d(n) - y(n))$, $\frac{\partial E}{\partial y(n)} = 2 (d(n) - y(n))$", "pr", ""),
    ("$z = W x$.", TWO_LOSSES + BY_Z + r"-\mathbb{1}[y^\top z < 1] y$", "ppap", ""),
    ("$z = W x$.", TWO_LOSSES + BY_Z + r"\mathbb{1}[y^\top z < 1] y$", "ppuu", "it fails with both"),  # which loss?
    (LINEAR, rf"It is not true that {BY_Z}z - y$.", "u", "the note denies it"),
    (LINEAR, rf"{BY_Z}z - y \text{{ (wrong)}}$, {BY_Z}z - y \text{{ does not hold}}$", "uu", "the note denies it"),
    (LINEAR, f"This is not wrong: {BY_Z}z - y$.", "p", ""),
    (LINEAR, f"{BY_Z}z - y$ holds.", "p", ""),
    (LINEAR.replace(r"\frac12 \|z - y\|^2", "½ ‖z - y‖²"), BY_Z + "z - y$", "p", ""),
    (MINUS, r"$\delta_T = f'(n_T) \odot (d_T - y_T)$, $\delta_t = f'(n_t) \odot (d_t - y_t + W^\top \delta_{t+1})$, "
        r"$\frac{\partial E}{\partial V} = \sum_{t=1}^T \delta_t x_t^\top$", "ppr", ""),  # a mistaken use does not change what δ is
    (CALLED, r"$\frac{\partial J}{\partial y(T)} = -e(T)$, $\frac{\partial J}{\partial y(T)} = e(T)$", "pr", ""),
    (WORDS, r"$\frac{\partial x_t}{\partial x_k} = \prod_{t \ge i > k} \frac{\partial x_i}{\partial x_{i-1}}$, "
        r"$\frac{\partial E}{\partial W_{in}} = \sum_t \frac{\partial E}{\partial x_t} x_t^\top$", "pr", ""),  # no entry i n
    (LABELLED, r"$\frac{\partial L}{\partial V} = \sum_t ((y_t - d_t) \odot y_t \odot (1 - y_t)) h_t^\top$, "
        r"$\frac{\partial L}{\partial V} = \sum_t ((y_t - d_t) \odot (1 - y_t^2)) h_t^\top$", "pr", ""),
    (MARGIN, r"$\nabla_w J = w - C \sum_{i=1}^n [y_i (w^\top x_i + b) < 1] y_i x_i$, $\nabla_w J = w - C \sum_{i=1}^n y_i x_i$", "pr", ""),
    (MARGIN, r"$\frac{\partial J}{\partial b} = -C \sum_{i=1}^n [y_i (w^\top x_i + b) < 1] y_i$, "
        r"$\frac{\partial J}{\partial b} = -C \sum_{i=1}^n [y_i (w^\top x_i + b) > 1] y_i$", "pr", ""),
    (WRITTEN_OUT, r"$\delta_t = (y_t - d_t) \odot f'(V h_t)$, $\frac{\partial E}{\partial V} = \sum_t \delta_t h_t^\top$, "
        r"$\frac{\partial E}{\partial V} = \sum_t h_t \delta_t^\top$", "ppr", ""),
    (FORM.replace("f =", "f(x) ="), r"$\nabla f(x) = 2 A x + b$, $\nabla f(x) = A x + b$", "pr", ""),
    (FORM, r"$\nabla_x^2 f = 2 A$", "u", "derivatives of derivatives"),
    (LAYERS, r"$\delta_k = -\frac{\partial E}{\partial n_k} = (t_k - o_k) f'(n_k)$, $\delta_j = -\frac{\partial E}{\partial n_j}$, "
        r"$\delta_j = f'(n_j) \sum_k w_{kj} \delta_k$, $\delta_j = \sum_k w_{kj} \delta_k$", "ppppr", ""),  # δ_j is no entry of δ_k
    (LAYERS, r"$\delta_k = \frac{\partial E}{\partial n_k}$, $\delta_j = \frac{\partial E}{\partial n_j}$, "
        r"$\frac{\partial E}{\partial w_{ji}} = \delta_j x_i$, $\frac{\partial E}{\partial w_{ji}} = \delta_j o_j$", "pppr", ""),
    (OF_LETTERS, r"$\frac{\partial E}{\partial w_{kj}} = (y_k - t_k) z_j$, $\frac{\partial E}{\partial b_k} = y_k - t_k$, "
        r"$\frac{\partial E}{\partial w_{ji}} = (1 - z_j^2) x_i \sum_k w_{kj} (y_k - t_k)$, "
        r"$\frac{\partial E}{\partial b_j} = \sum_k w_{kj} (y_k - t_k)$", "pppr", ""),  # two matrices w, two vectors b
    (LAYERS + " A multi-layer perceptron.", r"$\Delta w_{kj} = \eta (t_k - o_k) f'(n_k) o_j$", "p", ""),
    (NUMBERS, r"$\frac{\partial h_t}{\partial w} = (1 - h_t^2) (h_{t-1} + w \frac{\partial h_{t-1}}{\partial w})$, "
        r"$\frac{\partial h_t}{\partial w} = (1 - h_t^2) h_{t-1} + w \frac{\partial h_{t-1}}{\partial w}$", "pr", ""),
    (UNITS_IN_TIME, r"$\delta_k(t) = -\frac{\partial C}{\partial n_k(t)}$, $\delta_j(t) = -\frac{\partial C}{\partial s_j(t)}$, "
        r"$\delta_k(t) = (d_k(t) - o_k(t)) g'(n_k(t))$, $\frac{\partial C}{\partial v_{ji}} = -\sum_t \delta_j(t) x_i(t)$, "
        r"$\frac{\partial C}{\partial w_{kj}} = -\sum_t \delta_j(t) y_j(t)$", "ppppr", ""),
    (NUMBERS.replace("h_0 = 0", "x_1 = 1"), r"$\frac{\partial h_t}{\partial w} = \sum_{k=1}^t \frac{\partial h_t}{\partial h_k} (1 - h_k^2) h_{k-1}$",
        "p", ""),  # the loss is L, which no formula mentions again
    (BACK, r"$\frac{\partial E}{\partial w_{ij}} = e_i x_j$, $g_k = \sum_i w_{ik} e_i$, $\frac{\partial E}{\partial x_k} = g_k$, "
        r"$\frac{\partial E}{\partial x_k} = \sum_i w_{ki} e_i$", "pppu", "different sizes"),  # w_{ik} is no other matrix than w_{ij}
    (r"$V = \sum_{t=1}^T h_{t-1}$, $L = \frac12 \|V\|^2$.", r"$\frac{\partial L}{\partial V} = V$", "n", "at step 0, where it has no value"),
    (COSTS, r"$\frac{\partial J}{\partial u_t} = B^\top \frac{\partial J}{\partial x_{t+1}}$", "n", "at step 0, where it has no value"),
    (COSTS.replace("{t=0}^{T-1}", "{t=1}^T"), r"$\frac{\partial J}{\partial C} = \sum_{t=1}^T (y_t - r_t) x_t^\top$", "p", ""),
    (COSTS.replace("{t=0}^{T-1}", "{t=1}^T").replace("r_t", "r_{t+1}"), r"$\frac{\partial J}{\partial y_t} = y_t - r_{t+1}$", "n", "beyond the last"),
    (SOFTMAX, r"$\frac{\partial p_i}{\partial z_i} = p_i (1 - p_i), \quad \frac{\partial p_i}{\partial z_j} = -p_i p_j \quad (i \ne j)$, "
        r"$\frac{\partial p_i}{\partial z_j} = p_i p_j \quad (i \ne j)$", "ppr", ""),  # i != j is not said of the first one
    (SOFTMAX, r"$\frac{\partial L}{\partial z_i} = -y_i (1 - p_i) + \sum_k y_k p_i \quad (k \ne i)$", "u", "a condition names k"),
    (ADDED, r"$dS = P - Y$, $dW = X^\top dS$, $db = (P - Y)^\top \mathbf 1$, $db = \mathbf 1^\top (P - Y)$, $db = (P - Y) \mathbf 1$", "ppppr", ""),  # lying or standing
    (OPEN_LOSS, r"$\frac{\partial L}{\partial C} = \sum_t \frac{\partial \ell}{\partial y_t} s_t^\top$, "
        r"$\frac{\partial L}{\partial s_t} = C^\top \nabla \ell(y_t) + A^\top \frac{\partial L}{\partial s_{t+1}}$, "
        r"$\frac{\partial L}{\partial C} = \sum_t \frac{\partial \ell}{\partial y_t} s_{t-1}^\top$", "ppr", ""),  # ℓ is no factor of y_t
    (WITH_DECAY, r"$\frac{\partial L}{\partial V} = (p - y) h^\top$, $\frac{\partial L}{\partial W} = (V^\top (p - y) \odot (1 - h^2)) x^\top "
        r"+ \lambda W$, $\frac{\partial L}{\partial W} = (V^\top (p - y) \odot (1 - h^2)) x^\top$", "ppr", ""),  # y is a label of L_1
    (TWO_ARGUMENTS, r"$\frac{\partial L}{\partial V} = \frac{\partial L}{\partial o} h^\top$, $\frac{\partial L}{\partial h} = V^\top "
        r"\frac{\partial L}{\partial o}$, $\frac{\partial L}{\partial h} = V \frac{\partial \ell}{\partial o}$", "ppu", "needs an argument"),
    (TRIPLET, "When the loss is positive:\n\n" + r"$$\frac{\partial L}{\partial a} = 2 (n - p)$$" + "\n\n"
        + r"$$\frac{\partial L}{\partial p} = 2 (p - a)$$", "uu", "When the loss is positive"),  # elsewhere it is zero
    (TRIPLET, r"$\frac{\partial L}{\partial a} = 2 (n - p)$", "r", ""),
    (FORM.replace("a symmetric", "a diagonal"), BY_A + r"2 A x + b$, $\nabla_x f = 2 A x \odot A x + b$", "pr", ""),
    (FORM.replace("a symmetric", "a skew-symmetric"), BY_A + r"b$, $\nabla_x f = 2 A x + b$", "pu", "said to hold under"),
    (STEPWISE, r"$\frac{\partial L}{\partial U} = \sum_{t=1}^T \sum_{k=1}^t \delta_{t,k} h_{k-1}^\top$, $\frac{\partial L_t}{\partial b} = "
        r"\sum_{k=1}^t \delta_{t,k}$, $\frac{\partial L}{\partial W} = \sum_{s=1}^T \sum_{t=1}^s \delta_{s,t} x_t^\top$, "
        r"$\frac{\partial L}{\partial U} = \sum_{t=1}^T \sum_{k=1}^t \delta_{k,t} h_{k-1}^\top$", "pppr", ""),  # an error of one step by another
    (STEPWISE, r"$\delta_{t,k} = \mathrm{diag}(f'(z_k)) U^\top \delta_{t,k+1}$, $\delta_{t,k} = \mathrm{diag}(f'(z_k)) U \delta_{t,k+1}$, "
        r"$\delta_{t,t} = \mathrm{diag}(f'(z_t)) V^\top \frac{\partial L_t}{\partial o_t}$", "prp", ""),  # meant for k < t
    (STEPWISE, r"$\frac{\partial (z_t)_i}{\partial (z_t)_j} = \delta_{ij}$", "p", ""),  # Kronecker's beside it
    (r"$p = \mathrm{softmax}(z)$.", r"$\frac{\partial p}{\partial z} = \mathrm{diag}(p) - p p^\top$, $\frac{\partial p_i}{\partial z_j} = "
        r"p_i (\delta_{ij} - p_j)$, $\frac{\partial p}{\partial z} = \mathrm{diag}(p) - p^\top p$", "ppr", ""),  # a vector is no loss
    (r"$h = \tanh(A x + b)$, $p = \mathrm{softmax}(W h)$.", r"$\frac{\partial p}{\partial h} = (\mathrm{diag}(p) - p p^\top) W$, "
        r"$\frac{\partial p}{\partial h} = W (\mathrm{diag}(p) - p p^\top)$", "pr", ""),
    (DEEP.replace("\\tanh", "\\sigma") + r" $\delta^{(l)} = \frac{\partial C}{\partial z^{(l)}}$.", r"$\delta^{(l)} = "
        r"((W^{(l+1)})^\top \delta^{(l+1)}) \odot \sigma'(z^{(l)})$, $\delta^{(l)} = \Sigma'(z^{(l)}) (W^{(l+1)})^\top \delta^{(l+1)}$",
        "pu", r"nothing says which function \Sigma is"),  # the matrix with σ' on its diagonal, which no formula explains
    (OPEN_LOSS, r"$\frac{\partial L}{\partial s_t} = \sum_{k=t}^T (A^\top)^{k-t} C^\top \nabla \ell(y_k)$, "
        r"$\frac{\partial L}{\partial s_t} = \sum_{k=t}^T (A^\top)^{k-t} C^\top \nabla \ell(y_t)$", "pr", ""),  # the loss of step k
    (COSTLY, COSTLY_BACK.replace("?", r"\frac{\partial \ell_t}{\partial h_t}"), "p", ""),  # ℓ_t is no factor of h_t
    (COSTLY.replace(r"\ell_t", r"\ell"), COSTLY_BACK.replace("?", r"\frac{\partial \ell(h_t)}{\partial h_t}"), "p", ""),
    (COSTLY.replace(r"\ell_t", r"\ell"), COSTLY_BACK.replace("?", r"\nabla \ell(h_t)").replace("W^", "2 W^"), "r", ""),
    (COSTLY, r"$\frac{\partial \ell_t}{\partial U} = \sum_{k=1}^t \mathrm{diag}(1 - h_k^2) (\frac{\partial h_t}{\partial h_k})^\top "
        r"\frac{\partial \ell_t}{\partial h_t} x_k^\top$, $\frac{\partial L}{\partial U} = \sum_t (1 - h_t^2) \odot \frac{\partial L}{\partial h_t} x_t^\top$",
        "pp", ""),  # a ∘ b xᵀ from the left where the other way does not conform
    (COSTLY, r"$\frac{\partial L}{\partial U} = \sum_t \frac{\partial L}{\partial h_t} x_t^\top \odot (1 - h_t^2)$, "
        r"$\frac{\partial L}{\partial U} = \sum_t (1 + h_t^2) \odot \frac{\partial L}{\partial h_t} x_t^\top$", "rr", ""),
    (r"$s = u^\top \tanh(W x)$, $\ell = \log(1 + e^{-y s})$ with a number $y = \pm 1$.",
        r"$\frac{\partial \ell}{\partial s} = -\frac{y}{1 + e^{y s}}$, $\frac{\partial \ell}{\partial s} = \frac{y}{1 + e^{y s}}$", "pr", ""),  # ±1: values, no equation
    (r"$z = V h$, $p = \mathrm{softmax}(z)$, $CE = -\sum_i y_i \log p_i$, $y$ one-hot.",
        r"$\frac{\partial CE}{\partial z} = p - y$, $\frac{\partial CE}{\partial V} = h (p - y)^\top$", "pr", ""),  # CE is one name
    (r"$E = -\frac12 x^\top W x + b^\top x$ with $W = W^\top$.", r"$\nabla_x E = b - W x$, $\nabla_x E = b - W x - W^\top x$", "pu", ""),
    (PER_STEP, r"$\frac{\partial L}{\partial o_t} = \frac1T \frac{\partial l(o_t, y_t)}{\partial o_t}$, $\frac{\partial L}{\partial h_t} = "
        r"W^\top \frac{\partial L}{\partial h_{t+1}} + V^\top \frac{\partial L}{\partial o_t}$, $\frac{\partial L}{\partial V} = "
        r"\sum_t \frac{\partial l(o_t, y_t)}{\partial o_t} h_t^\top$, $\frac{\partial L}{\partial y_t} = \frac1T \frac{\partial l(o_t, y_t)}{\partial y_t}$",
        "ppru", "is not said by any"),
    (NORMED, STEP_BACK, "p", "if k<=t-1"),
    (PER_STEP.replace("x_t", "y_{t-1}"), r"$\frac{\partial L}{\partial o_t} = \frac1T \frac{\partial l(o_t, y_t)}{\partial o_t}$", "u",
        "takes one argument"),  # where the label is an input, too, the loss is not that of the output alone
    (NORMED, r"$\frac{\partial L_t}{\partial h_t} = \delta_{t+1}$", "u", "is not defined"),
    (NORMED, STEP_BACK.replace(r"W^\top", "W"), "r", ""),
    (NORMED, r"$\frac{\partial h_t}{\partial h_k} = \frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial h_k}$, "
        r"$\frac{\partial h_t}{\partial h_k} = \frac{\partial h_{t-1}}{\partial h_k} \frac{\partial h_t}{\partial h_{t-1}}$", "pr", ""),
    (STARRED, r"$\frac{\partial L}{\partial z} = z - y^{*}$, $\frac{\partial L}{\partial W} = (z - y^{\star}) x$", "pr", ""),  # y^* is a name
    (LINEAR, r"$\nabla_x L = W^* (z - y)$", "u", "neither a number, a transpose nor an index"),  # the adjoint of W, or another matrix
    (STEERED, r"$\frac{\partial J}{\partial u_t} = B^\top \lambda_{t+1}$, $\frac{\partial J}{\partial u_t} = R u_t + B^\top \lambda_{t+1}$",
        "rp", "if t<=T-1, Q symmetric, R symmetric"),  # u ends before the last step
    (STEERED.replace("^{T-1}", "^{T}"), r"$\frac{\partial J}{\partial u_t} = R u_t + B^\top \lambda_{t+1}$", "p", "size if Q symmetric"),
    (STEERED.replace("^{T-1}", "^{T}"), r"$\frac{\partial J}{\partial u_t} = R u_t + B^\top \lambda_{t}$", "r", ""),
    (SHORTER, r"$\frac{\partial J}{\partial y_t} = z_t - y_t$, $\frac{\partial J}{\partial y_t} = y_t - z_t$", "rp", "if t<=T-1"),
    (SHORTER.replace("T-1", "T").replace("J = ", r"J = \frac12 \|y_T\|^2 + "),
        r"$\frac{\partial J}{\partial y_t} = y_t - z_t$", "r", ""),  # wrong at the last step, which is used
    (ALIKE, BY_ALIKE.replace("?", "-"), "p", "denominator!=0"),
    (ALIKE, BY_ALIKE.replace("?", "+"), "r", ""),
    (ALIKE, r"$\frac{\partial L}{\partial W} = \|W\| x^\top$, $\|a\|^2 = a^\top a$, $\|a\| = \sqrt{a^\top a}$", "upp", ""),  # of a matrix: which norm?
    (UNIT, r"$\frac{\partial L}{\partial z} = (I - y y^\top) (y - t)$, $\frac{\partial y}{\partial z} = \frac{1}{\|z\|} (I - y y^\top)$, "
        r"$\frac{\partial \|z\|}{\partial z} = \frac{z}{\|z\|}$", "rpp", "denominator!=0"),
    (NAMED_NORM, r"$\frac{\partial s}{\partial a} = \frac{b}{n} - s \frac{a}{n^2}$, $\frac{\partial s}{\partial a} = \frac{b}{n} - s \frac{a}{a^\top a}$, "
        r"$\frac{\partial n}{\partial a} = \frac{a}{n^2}$, $\frac{\partial n}{\partial a} = \frac{a}{n}$", "pprp", "size if denominator!=0"),
    (LAYER_NORM, NORM_BACK.replace("?", "-"), "u", "right if n=n_x"),  # n may be how many entries x has
    (LAYER_NORM.replace("$L =", r"$x \in \mathbb R^n$, $L ="), NORM_BACK.replace("?", "-"), "p", "denominator!=0"),
    (LAYER_NORM.replace("$L =", r"$x \in \mathbb R^n$, $L ="), NORM_BACK.replace("?", "+"), "r", ""),
    (LAYER_NORM, NORM_BACK.replace("?", "+"), "r", ""),
    (r"$z = W x$, $L = \frac1n \|z - y\|^2 + \frac1m \|x\|^2$.", r"$\frac{\partial L}{\partial z} = \frac2m (z - y)$", "r", ""),  # another letter, no size
    (LAYER_NORM, NORM_BACK.replace("?", "-").replace(r"- \frac1n \mathbf 1 \mathbf 1^\top g", ""), "r", ""),
    (SQUARED_NORM, r"$\frac{\partial L}{\partial a_t} = \frac{1}{r_t} (1 - h_t^2) \odot \frac{\partial L}{\partial h_t}$, $\frac{\partial L}{\partial W} = "
        r"\sum_t \frac{\partial L}{\partial a_t} h_{t-1}^\top$", "rp", ""),
    (REWARD, r"$\frac{\partial J}{\partial z} = \pi \odot (r + J)$, $\frac{\partial J}{\partial z} = \pi \odot (r - J)$", "rp", "equal"),  # J in every entry
    (r"$x = W u$, $m = \frac1n \sum_{i=1}^n x_i$, $c = x - m \mathbf 1$, $L = \frac12 \|c\|^2$.",
        r"$\frac{\partial L}{\partial x} = c$, $\frac{\partial L}{\partial x} = c - x$", "pr", ""),  # m is a number: a mean of entries
    (r"$w = g \frac{v}{\|v\|}$ with a number $g$, $y = w^\top x + b$, $L = \frac12 (y - t)^2$.",
        r"$\nabla_g L = \frac{v^\top \nabla_w L}{\|v\|}$, $\nabla_g L = \frac{\nabla_w L^\top v}{\|v\|}$, "
        r"$\nabla_v L = \frac{g}{\|v\|} \nabla_w L - \frac{g \nabla_g L}{\|v\|} v$, $\nabla_v L = \frac{g}{\|v\|} \nabla_w L - \frac{g \nabla_g L}{\|v\|^2} v$",
        "pprp", "denominator!=0"),  # words say that g is a number
    (LINEAR, "\\begin{multline}" + BY_Z[1:] + r"z \\ - y \end{multline}", "p", ""),  # one formula in two rows
    (LAYERS, r"By the perceptron rule $\Delta w_{kj} = \eta (t_k - o_k)^2 f'(n_k) o_j$", "u", "descent"),
)


@pytest.mark.parametrize(("network", "formulas", "verdicts", "said"), RULES)
def test_rules(network, formulas, verdicts, said):
    checked = read_note(f"{network}\n\n{formulas}", "markdown")
    entries = [e for e in checked.entries if e.line > 1]
    assert ("".join(e.verdict[0] for e in entries) if checked.models else "n") == verdicts, [(e.verdict, e.reason) for e in entries]
    assert said in (entries[-1].reason if entries else " ".join(checked.problems))


OF_ROOTS = (
    (r"$n = \sqrt{a^\top a}$ with $a = W x$, $L = \frac{1}{n}$.", r"$\frac{\partial n}{\partial a} = \frac{a}{n}$", " if denominator!=0"),
    (r"$n = \sqrt{\sum_i b_i^2}$, $z = W x$, $L = n u^\top z$.", r"$\frac{\partial L}{\partial z} = n u$", ""),
    (r"$n = \sqrt{a^\top b}$ with $a = W x$, $L = n$.", r"$\frac{\partial n}{\partial a} = \frac{b}{2 n}$", " if denominator!=0, radicand>=0"),
)


@pytest.mark.parametrize(("network", "formula", "given"), OF_ROOTS)
def test_what_roots_are_taken_of_is_assumed_where_it_is_no_square(network, formula, given):
    entry = read_note(f"{network}\n\n{formula}", "markdown").entries[-1]
    assert (entry.verdict, entry.reason) == ("proved", f"equal for every length and every size{given}")


def test_what_says_nothing_of_the_network_is_told():
    checked = read_note(rf"{LINEAR}" + "\n\nThe rate is $\\eta = 0.1$. " + BY_Z + "z - y$; $dq = g - y$.", "markdown")
    assert [(e.latex, e.verdict) for e in checked.entries[2:]] == [
        (r"\frac{\partial L}{\partial z} = z - y", "proved"), ("dq = g - y", "unreadable"),
    ]
    assert [e.latex for e in checked.left_out] == [r"\eta = 0.1"]
