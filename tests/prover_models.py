"""Models, letters and short notation for the tables of right and wrong equalities."""

from types import SimpleNamespace

from network_examples import lstm
from sympy import Integer, Symbol

from derivations import gradient_flow, relu_classifier, sigmoid_rnn, tanh_rnn
from symbolic.language import (
    Adjoint,
    Diag,
    Hadamard,
    Identity,
    NormSquared,
    Plus,
    Product,
    Quotient,
    SumOver,
    relu,
    softmax,
    tanh,
)
from symbolic.model import Network

t, s, k, i, j, u, v, r = (Symbol(x) for x in "t s k i j u v r".split())
ONE = Integer(1)


def linear():
    """h_t = W h_{t-1} + U x_t with the loss Σ_t bᵀ h_t: everything exists at every step."""
    net = Network("linear")
    n, m = net.sizes("n m")
    t = net.time("t", length="T")
    x = net.input("x", m, at=t)
    W, U, b = net.weight("W", n, n), net.weight("U", n, m), net.weight("b", n)
    h, e, c, loss = net.state("h", n, at=t), net.state("e", n, at=t), net.state("c", n, at=t), net.state("L")
    s = Symbol("s")
    net.define(h[t], W * h[t - 1] + U * x[t])
    net.define(e[t], Product(2, h[t]))
    net.define(c[t], SumOver(W * h[s], s, 1, t))
    net.define(loss, SumOver(b.T * e[t], t, 1, net.length("T")))
    return net.model(loss=loss)


def fed_back():
    """Outputs of the step before as inputs: ReLU, tanh and softmax states with symbolic values before the first step."""
    net = Network("fed_back")
    n, m = net.sizes("n m")
    t = net.time("t", length="T")
    x = net.input("x", n, at=t)
    W, R, V = net.weight("W", n, n), net.weight("R", n, m), net.weight("V", m, n)
    h, o, p, g, e, z = (net.state(name, size, at=t) for name, size in zip("hopgez", (n, m, m, n, n, n), strict=True))
    loss = net.state("L")
    net.define(h[t], tanh(W * h[t - 1] + R * o[t - 1] + R * p[t - 1] + e[t - 1] + z[t - 1] + x[t - 1]))
    net.define(z[t], W * x[t])
    net.define(o[t], tanh(V * h[t]))
    net.define(p[t], softmax(V * h[t]))
    net.define(g[t], relu(W * g[t - 1] + x[t]))
    net.define(e[t], Plus(Product(Diag(h[t]), x[t]), g[t]))
    net.define(loss, SumOver(NormSquared(o[t]) + NormSquared(g[t]) + NormSquared(z[t]), t, 1, net.length("T")))
    return net.model(loss=loss)


def decaying():
    """tanh units whose loss is Σ_t |h_t|²/2: the term of step t is there from t = 1 on, h_0 has none."""
    net = Network("decaying")
    (n,) = net.sizes("n")
    t = net.time("t", length="T")
    x, W = net.input("x", n, at=t), net.weight("W", n, n)
    h, loss = net.state("h", n, at=t), net.state("L")
    net.define(h[t], tanh(W * h[t - 1] + x[t]))
    net.define(loss, Quotient(SumOver(NormSquared(h[t]), t, 1, net.length("T")), 2))
    return net.model(loss=loss)


def added():
    """h_t = h_{t-1} + tanh(W h_{t-1} + x_t): the Jacobian of a step is a sum."""
    net = Network("added")
    (n,) = net.sizes("n")
    t = net.time("t", length="T")
    x, W, b = net.input("x", n, at=t), net.weight("W", n, n), net.weight("b", n)
    g, h, loss = net.state("g", n, at=t), net.state("h", n, at=t), net.state("L")
    net.define(g[t], tanh(W * h[t - 1] + x[t]))
    net.define(h[t], h[t - 1] + g[t])
    net.define(loss, SumOver(b.T * h[t], t, 1, net.length("T")))
    return net.model(loss=loss)


def late():
    """tanh units that start at zero and see the input of the step before: x_0 exists and is not zero."""
    net = Network("late")
    (n,) = net.sizes("n")
    t = net.time("t", length="T")
    x, W, b = net.input("x", n, at=t), net.weight("W", n, n), net.weight("b", n)
    h, loss = net.state("h", n, at=t), net.state("L")
    net.define(h[t], tanh(W * h[t - 1] + x[t - 1]), zero_before=True)
    net.define(loss, SumOver(b.T * h[t], t, 1, net.length("T")))
    return net.model(loss=loss)


def summed():
    """z_t = Σ_{s<=t} W x_s with a z_0 of its own, and a loss Σ_t Σ_{s<=t} bᵀ(x_s ∘ h_t): the last adjoint is a sum over steps."""
    net = Network("summed")
    (n,) = net.sizes("n")
    t = net.time("t", length="T")
    x, W, b = net.input("x", n, at=t), net.weight("W", n, n), net.weight("b", n)
    h, z, e, loss = net.state("h", n, at=t), net.state("z", n, at=t), net.state("e", at=t), net.state("L")
    net.define(z[t], SumOver(W * x[s], s, 1, t))
    net.define(h[t], tanh(W * h[t - 1] + z[t - 1] + x[t]))
    net.define(e[t], SumOver(b.T * Hadamard(x[s], h[t]), s, 1, t))
    net.define(loss, SumOver(e[t], t, 1, net.length("T")))
    return net.model(loss=loss)


MODELS = {
    "H": tanh_rnn.MODEL,
    "S": sigmoid_rnn.MODEL,
    "G": gradient_flow.MODEL,
    "G2": gradient_flow.SECOND,
    "R": relu_classifier.MODEL,
    "L": linear(),
    "F": fed_back(),
    "D": decaying(),
    "P": added(),
    "Z": late(),
    "Q": summed(),
    "LSTM": lstm(),
}
"""The four notes (H tanh, S sigmoid, G and G2 abstract, R ReLU) and others."""


def names(key):
    """Families by name; those without an index as the quantity itself."""
    model = MODELS[key]
    found = {f.name: f if f.indices else f.var for f in model.families.values()}
    sizes = {z.name: z for f in model.families.values() for leg in (*f.rows, *f.cols) for z in leg.free_symbols}
    return SimpleNamespace(**found, size=SimpleNamespace(**sizes), T=model.time.upper)


H, S, G, G2, R, L, F, D, P, Z, Q, LSTM = map(names, MODELS)


def steps(key, letter=t, low=ONE, high=None):
    """The range of a free step."""
    return (letter, low, high if high is not None else MODELS[key].time.upper)


def total(body, letter, low, high):
    return SumOver(body, letter, Integer(low) if isinstance(low, int) else low, high)


def dh(step, model=H):
    return Adjoint(model.h[step])


def cell(step):
    """What c of an LSTM is."""
    return Hadamard(LSTM.f[step], LSTM.c[step - 1]) + Hadamard(LSTM.i[step], LSTM.g[step])


more = Diag(1 - P.g[s] ** 2) * P.W
jump = Identity(P.size.n) + Diag(1 - P.g[r] ** 2) * P.W


def share(step):
    """What a step adds to the last adjoint of h."""
    return Hadamard(Q.b, Q.x[step])
