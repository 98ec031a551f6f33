"""Networks that tests share: gated, stacked, and two that use as many heads and functions as possible."""

from symbolic.language import (
    Concat,
    Diag,
    Filled,
    Fun,
    Hadamard,
    NormSquared,
    Product,
    Quotient,
    SumOver,
    Total,
    exp,
    log,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    tanh,
)
from symbolic.model import Network


def lstm():
    """Hochreiter and Schmidhuber (1997) with forget gate: c_t = f ∘ c_{t-1} + i ∘ g, h_t = o ∘ tanh(c_t)."""
    net = Network("lstm")
    d, n, C = net.sizes("d n C")
    t = net.time("t", length="T")
    x, y = net.input("x", d, at=t), net.label("y", C, at=t, sums_to_one=True)
    h, c = net.state("h", n, at=t), net.state("c", n, at=t)
    i, f, o, g = (net.state(gate, n, at=t) for gate in "ifog")
    for s, squash in ((i, sigmoid), (f, sigmoid), (o, sigmoid), (g, tanh)):
        W, U, b = net.weight(f"W_{s.name}", n, n), net.weight(f"U_{s.name}", n, d), net.weight(f"b_{s.name}", n)
        net.define(s[t], squash(W * h[t - 1] + U * x[t] + b))
    net.define(c[t], Hadamard(f[t], c[t - 1]) + Hadamard(i[t], g[t]))
    net.define(h[t], Hadamard(o[t], tanh(c[t])))
    return classified(net, h, y, t, n, C)


def gru():
    """Cho et al. (2014): h_t = (1 - z) ∘ h_{t-1} + z ∘ tanh(W x + U (r ∘ h_{t-1}) + b)."""
    net = Network("gru")
    d, n, C = net.sizes("d n C")
    t = net.time("t", length="T")
    x, y = net.input("x", d, at=t), net.label("y", C, at=t, sums_to_one=True)
    h = net.state("h", n, at=t)
    z, r, g = (net.state(s, n, at=t) for s in "zrg")
    weights = {s: (net.weight(f"W_{s}", n, d), net.weight(f"U_{s}", n, n), net.weight(f"b_{s}", n)) for s in "zrg"}
    for s in (z, r):
        W, U, b = weights[s.name]
        net.define(s[t], sigmoid(W * x[t] + U * h[t - 1] + b))
    W, U, b = weights["g"]
    net.define(g[t], tanh(W * x[t] + U * Hadamard(r[t], h[t - 1]) + b))
    net.define(h[t], Hadamard(1 - z[t], h[t - 1]) + Hadamard(z[t], g[t]), zero_before=True)
    return classified(net, h, y, t, n, C)


def stacked():
    """Two recurrent layers of different sizes."""
    net = Network("stacked")
    d, n, m, C = net.sizes("d n m C")
    t = net.time("t", length="T")
    x, y = net.input("x", d, at=t), net.label("y", C, at=t, sums_to_one=True)
    below, h = net.state("k", m, at=t), net.state("h", n, at=t)
    W1, U1, b1 = net.weight("W1", m, m), net.weight("U1", m, d), net.weight("b1", m)
    W2, U2, b2 = net.weight("W2", n, n), net.weight("U2", n, m), net.weight("b2", n)
    net.define(below[t], tanh(W1 * below[t - 1] + U1 * x[t] + b1))
    net.define(h[t], sigmoid(W2 * h[t - 1] + U2 * below[t] + b2))
    return classified(net, h, y, t, n, C)


def classified(net, h, y, t, n, C):
    """A softmax on every h_t, cross-entropy summed over the steps."""
    V, a = net.weight("V", C, n), net.weight("a", C)
    p = net.state("p", C, at=t)
    L_t, loss = net.state("L_t", at=t), net.state("L")
    net.define(p[t], softmax(V * h[t] + a))
    net.define(L_t[t], -y[t].T * log(p[t]))
    net.define(loss, SumOver(L_t[t], t, 1, net.length("T")))
    return net.model(loss=loss)


def regression():
    """Joined inputs, steps two back, weights factorised, diagonal and per step, a penalty on a weight."""
    net = Network("regression")
    d, n, k = net.sizes("d n k")
    t = net.time("t", length="T")
    T = net.length("T")
    x, y = net.input("x", d, at=t), net.label("y", at=t)
    A, B, W = net.weight("A", n, k), net.weight("B", k, n), net.weight("W", n, n + d)
    u, s, v, c = net.weight("u", n), net.weight("s", n, at=t), net.weight("v", 1, n), net.weight("c", at=t)
    Q, R = net.weight("Q", n, d, at=t), net.weight("R", n, n)
    M = net.state("M", n, n)
    h = net.state("h", n, at=t)
    out = net.state("out", at=t)
    loss = net.state("L")
    net.define(M, A * B)
    net.define(
        h[t],
        tanh(W * Concat(0, h[t - 1], x[t]) + M * h[t - 2] + Diag(u) * h[t - 1] + s[t] + Q[t] * x[t] + R * s[t]),
    )
    net.define(out[t], v * h[t] + c[t])
    net.define(loss, SumOver(Quotient((out[t] - y[t]) ** 2, 2), t, 1, T) + Quotient(NormSquared(A), 4))
    return net.model(loss=loss)


def functions():
    """Every function of the table on the way from the last state to the loss."""
    net = Network("functions")
    d, n = net.sizes("d n")
    t = net.time("t", length="T")
    T = net.length("T")
    x, g, c, e = net.input("x", d, at=t), net.given("g"), net.given("c", d), net.given("e", n, at=t)
    K = net.weight("K", n, d)
    W, U, b = net.weight("W", n, n), net.weight("U", n, d), net.weight("b", n)
    h, q = net.state("h", n, at=t), net.state("q", n)
    loss = net.state("L")
    net.define(h[t], relu(W * h[t - 1] + U * x[t] + K * c + b))
    net.define(q, sqrt(1 + exp(h[T]) + softplus(h[T] - h[T - 1])))
    net.define(
        loss,
        g * logsumexp(q) + Total(log(q)) + Quotient(1, 1 + NormSquared(h[1]))
        + Product(Filled(1, (), (n,)), Fun("reciprocal")(2 + q)) + SumOver(e[t].T * h[t], t, 1, T),
    )  # fmt: skip
    return net.model(loss=loss)


def two_indices():
    """Layers as a second index: h_{t,l} = tanh(W_l h_{t,l-1} + h_{t-1,l})."""
    net = Network("deep")
    (n,) = net.sizes("n")
    t, l = net.time("t", length="T"), net.time("l", length="D")
    W, h = net.weight("W", n, n, at=l), net.state("h", n, at=(t, l))
    loss = net.state("L")
    net.define(h[t, l], tanh(W[l] * h[t, l - 1] + h[t - 1, l]))
    net.define(loss, NormSquared(h[net.length("T"), net.length("D")]))
    return net.model(loss=loss)
