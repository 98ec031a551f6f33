"""How gradients flow back through a recurrent network, in two notations.

The first has abstract activations and losses, and per-step biases; the second a softmax output and no bias.
"""

from fractions import Fraction

from sympy import Symbol

from symbolic.language import Fun, Partial, Product, ProductOver, SumOver, softmax
from symbolic.language.bounds import (
    All,
    AtMost,
    Explodes,
    Factors,
    Falls,
    ForEach,
    Formula,
    Greater,
    Implies,
    Large,
    LargestSlope,
    Less,
    Statement,
    Vanishes,
    gamma,
    norm,
)
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

SIGMA = Fun("sigma", kind="elementwise")
ACTIVATIONS = ("sigmoid", "tanh", "relu")
t, k, j = Symbol("t"), Symbol("k"), Symbol("j")
g = gamma(SIGMA)

# first notation: ① is the product of the Jacobians from step 2 to step k
h, W_rec = MODEL.families["h"], MODEL.families["W_rec"].var
chain = ProductOver(Partial(h.at(j), h.at(j - 1)), j, 2, k)

# second notation
state, x, E_t = (SECOND.families[name] for name in ("h", "x", "E_t"))
W_hh, W_hx = SECOND.families["W_hh"].var, SECOND.families["W_hx"].var
flow = Partial(state.at(t), state.at(k))
far = tuple(
    Product(Partial(E_t.at(t), state.at(t), "total", "jacobian"), flow, Partial(state.at(k), W, "immediate", "jacobian"))
    for W in (W_hh, W_hx)
)
from_input = (g * norm(W_hh)) ** (t - k) * g * norm(W_hx)

STATEMENTS = (
    Statement(24, "a", "σ as the sigmoid: the largest σ' is 1/4", LargestSlope(("sigmoid",), Fraction(1, 4))),
    Statement(24, "b", "σ as tanh or ReLU: the largest σ' is 1", LargestSlope(("tanh", "relu"), Fraction(1))),
    Statement(
        24, "c", "when k is large, the product ① becomes very small: the gradient vanishes",
        ForEach(SIGMA, ACTIVATIONS, Vanishes(chain)),
    ),
    Statement(
        24, "d", "when W_rec is too large, ① makes the gradient explode",
        ForEach(SIGMA, ACTIVATIONS, Implies(Large(W_rec), Explodes(chain))),
    ),
    Statement(
        24, "e", "in ① the largest slope and the norm of W_rec multiply, once for every step",
        AtMost(chain, (g * norm(W_rec)) ** (k - 1)),
    ),
    Statement(
        39, "t", "the derivative by W is the sum of the derivatives along all paths that W takes part in",
        Formula(
            r"\frac{\partial E_t}{\partial W} = \sum_{k=1}^{t} \frac{\partial E_t}{\partial h_t} "
            r"\frac{\partial h_t}{\partial h_k} \frac{\partial^{+} h_k}{\partial W}"
        ),
        model=1,
    ),
    Statement(
        53, "a", "W below 1 makes the gradient vanish, W above 1 makes it explode",
        ForEach(SIGMA, ACTIVATIONS, All((
            Implies(Less(norm(W_hh)), Vanishes(flow)),
            Implies(Greater(norm(W_hh)), Explodes(flow)),
        ))),
        model=1,
    ),
    Statement(
        53, "b", "the power of W in the product rises with every step",
        All((Factors(flow, W_hh, t - k), AtMost(flow, (g * norm(W_hh)) ** (t - k)))),
        model=1,
    ),
    Statement(
        55, "a", "where gradients vanish, the influence of an input becomes weaker the farther away it is",
        Implies(Less(g * norm(W_hh)), All((
            AtMost(Partial(state.at(t), x.at(k)), from_input),
            Falls(from_input, t - k),
        ))),
        model=1,
    ),
    Statement(
        55, "b", "where gradients vanish, W^{hh} and W^{hx} cannot learn what lies far back",
        Implies(Less(g * norm(W_hh)), All(tuple(map(Vanishes, far)))),
        model=1,
    ),
)
"""What lines 24, 39, 53 and 55 say in words, each with its meaning."""

NOTE = Note(MODEL.name, MODEL.title, (MODEL, SECOND), CLAIMS, STATEMENTS)
