"""How gradients flow back through a recurrent network, in two notations.

The first has abstract activations and losses, and per-step biases; the second a softmax output and no bias.
"""

from symbolic.language import Fun, SumOver, softmax
from symbolic.model import Network
from symbolic.reading import Note, Passage


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

CLAIMS = (
    # first notation: one product of Jacobians
    Passage(12, r"h_t = \sigma(W_{rec}h_{t-1} + W_{in}x_t + b_t)"),
    Passage(14, r"W = [W_{rec}, W_{in}]"),
    Passage(16, (
        r"\frac{\partial E}{\partial W} "
        r"= \sum_{t=1}^T \frac{\partial E_t}{\partial W} \quad (t: \text{第 } t \text{ 个 timestep})"
    )),
    Passage(18, (
        r"\frac{\partial E_k}{\partial W} "
        r"= \frac{\partial E_k}{\partial y_k} \cdot \frac{\partial y_k}{\partial h_k} "
        r"\left(\prod_{t=2}^k \frac{\partial h_t}{\partial h_{t-1}} \right) \cdot \frac{\partial h_1}{\partial W}"
    )),
    Passage(20, (
        r"\frac{\partial h_t}{\partial h_{t-1}} = \text{diag}(\sigma'(W_{rec}h_{t-1} + W_{in}x_t + b_t)) \cdot W_{rec}"
    )),
    Passage(22, (
        r"\text{so: } \prod_{t=2}^k \frac{\partial h_t}{\partial h_{t-1}} "
        r"= \prod_{t=2}^k (\text{diag}(\sigma'(W_{rec}h_{t-1} + W_{in}x_t + b_t)) \cdot W_{rec}) \quad \textcircled{1}"
    )),
    # second notation: a sum over all paths
    Passage(33, r"\frac{\partial E}{\partial W} = \sum_{t=1}^T \frac{\partial E_t}{\partial W}", model=1),
    Passage(35, r"h_t = \sigma(W^{hh}h_{t-1} + W^{hx}x_t)", model=1),
    Passage(37, r"\hat{y}_t = \text{softmax}(W^s h_t)", model=1),
    Passage(43, (
        r"\frac{\partial E_t}{\partial W} "
        r"= \frac{\partial E_t}{\partial y_t} \frac{\partial y_t}{\partial h_t} "
        r"\left(\sum_{k=1}^{t-1} \frac{\partial h_t}{\partial h_k} \right) \frac{\partial h_k}{\partial W}"
    ), model=1),
    Passage(45, (
        r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^t \frac{\partial h_j}{\partial h_{j-1}} "
        r"= \prod_{j=k+1}^t W^{hh} \times \text{diag}(f'(j_{j-1}))"
    ), model=1),
    Passage(51, (
        r"\frac{\partial E}{\partial W} "
        r"= \sum_{t=1}^T \sum_{k=1}^{t-1} \frac{\partial E_t}{\partial y_t} \frac{\partial y_t}{\partial h_t} "
        r"\left(\prod_{j=k+1}^t \frac{\partial h_j}{\partial h_{j-1}} \right) \frac{\partial h_k}{\partial W}"
    ), model=1),
)

NOTE = Note(MODEL.name, MODEL.title, (MODEL, SECOND), CLAIMS)
