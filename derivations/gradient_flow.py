"""How gradients flow back through a recurrent network, in two notations.

The first has abstract activations and losses, and per-step biases; the second a softmax output and no bias.
"""

from symbolic.language import Fun, SumOver, softmax
from symbolic.model import Network


def first():
    """h_t = σ(W_rec h_{t-1} + W_in x_t + b_t) with an abstract output y_t = g(h_t) and loss E_t = ℓ_t(y_t)."""
    net = Network("gradient_flow", "Products of Jacobians, abstract activation and loss")
    d, n, C = net.sizes("d n C")
    t = net.time("t", length="T")
    x = net.input("x", d, at=t)
    b = net.weight("b", n, at=t)
    W_rec, W_in = net.weight("W_rec", n, n, latex="W_{rec}"), net.weight("W_in", n, d, latex="W_{in}")
    h = net.state("h", n, at=t)
    y = net.state("y", C, at=t)
    E_t, E = net.state("E_t", at=t, latex="E_t"), net.state("E")
    sigma = Fun("sigma", kind="elementwise")
    net.define(h[t], sigma(W_rec * h[t - 1] + W_in * x[t] + b[t]))
    net.define(y[t], Fun("g", kind="vector", out=(C,))(h[t]))
    net.define(E_t[t], Fun("ell", kind="scalar", at=(t,))(y[t]))
    net.define(E, SumOver(E_t[t], t, 1, net.length("T")))
    net.function(r"\sigma", sigma)
    net.stands_for("W", W_rec, W_in)
    return net.model(loss=E)


def second():
    """h_t = σ(W^{hh} h_{t-1} + W^{hx} x_t), ŷ_t = softmax(W^s h_t) and an abstract loss E_t = ℓ_t(ŷ_t)."""
    net = Network("gradient_flow", "Products of Jacobians, softmax output and abstract loss")
    d, n, C = net.sizes("d n C")
    t = net.time("t", length="T")
    x = net.input("x", d, at=t)
    W_hh, W_hx = net.weight("W_hh", n, n, latex="W^{hh}"), net.weight("W_hx", n, d, latex="W^{hx}")
    W_s = net.weight("W_s", C, n, latex="W^s")
    h = net.state("h", n, at=t)
    y = net.state("y", C, at=t, latex=r"\hat{y}_t")
    E_t, E = net.state("E_t", at=t, latex="E_t"), net.state("E")
    sigma = Fun("sigma", kind="elementwise")
    net.define(h[t], sigma(W_hh * h[t - 1] + W_hx * x[t]))
    net.define(y[t], softmax(W_s * h[t]))
    net.define(E_t[t], Fun("ell", kind="scalar", at=(t,))(y[t]))
    net.define(E, SumOver(E_t[t], t, 1, net.length("T")))
    net.function(r"\sigma", sigma)
    net.function("f", sigma)
    net.stands_for("W", W_hh, W_hx)
    net.synonym("y_t", y)
    return net.model(loss=E)


MODEL, SECOND = first(), second()
