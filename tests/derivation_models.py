"""Small networks that each stress one thing about time; shared by the tests of the derivation."""

from sympy import Symbol

from symbolic import language as L
from symbolic.language import Fun, Hadamard, Plus, Power, Product, Quotient, SumOver, log, negative
from symbolic.model import Network


def _net(name):
    net = Network(name)
    return net, net.time("t", length="T"), net.length("T")


def lstm():
    """Two recurrent families, gates in between."""
    net, t, T = _net("lstm")
    n, m, C = net.sizes("n m C")
    x, y = net.input("x", m, at=t), net.label("y", C, at=t, sums_to_one=True)
    gates = {}
    for g in "ifog":
        gates[g] = net.weight(f"W_{g}", n, n), net.weight(f"U_{g}", n, m), net.weight(f"b_{g}", n)
    V = net.weight("V", C, n)
    states = {g: net.state(g, n, at=t) for g in "ifog"}
    c, h = net.state("c", n, at=t), net.state("h", n, at=t)
    p, loss = net.state("p", C, at=t), net.state("L")
    for g, (W, U, b) in gates.items():
        net.define(states[g][t], (L.tanh if g == "g" else L.sigmoid)(W * h[t - 1] + U * x[t] + b))
    net.define(c[t], Plus(Hadamard(states["f"][t], c[t - 1]), Hadamard(states["i"][t], states["g"][t])))
    net.define(h[t], Hadamard(states["o"][t], L.tanh(c[t])))
    net.define(p[t], L.softmax(V * h[t]))
    net.define(loss, SumOver(-y[t].T * log(p[t]), t, 1, T))
    return net.model(loss=loss)


def second_order():
    """h_{t-2} beside h_{t-1}, and an input used one step late."""
    net, t, T = _net("second_order")
    n, m = net.sizes("n m")
    x = net.input("x", m, at=t)
    W, Z, U = net.weight("W", n, n), net.weight("Z", n, n), net.weight("U", n, m)
    h, loss = net.state("h", n, at=t), net.state("L")
    net.define(h[t], L.tanh(W * h[t - 1] + Z * h[t - 2] + U * x[t - 1]))
    net.define(loss, SumOver(L.NormSquared(h[t]), t, 1, T))
    return net.model(loss=loss)


def late_use():
    """The loss of a step and an output look at h_{t-1} directly, another weight is used twice."""
    net, t, T = _net("late_use")
    n, m = net.sizes("n m")
    x, target = net.input("x", m, at=t), net.label("target", n, at=t)
    W, U, V = net.weight("W", n, n), net.weight("U", n, m), net.weight("V", n, n)
    h, u, E_t, loss = net.state("h", n, at=t), net.state("u", n, at=t), net.state("E_t", at=t), net.state("L")
    net.define(h[t], L.sigmoid(W * h[t - 1] + U * x[t]))
    net.define(u[t], V * h[t - 1] + W * h[t] + U * x[t - 1])
    net.define(E_t[t], Quotient(L.NormSquared(Plus(u[t], negative(target[t]))), 2) + h[t - 1].T * h[t])
    net.define(loss, SumOver(E_t[t], t, 1, T))
    return net.model(loss=loss)


def partial_sums():
    """The loss leaves out the first and the last step, weighs h_T and h_1, and skips step 3."""
    net, t, T = _net("partial_sums")
    (n,) = net.sizes("n")
    x = net.input("x", n, at=t)
    W, v = net.weight("W", n, n), net.weight("v", n)
    h, loss = net.state("h", n, at=t), net.state("L")
    net.define(h[t], L.softplus(W * h[t - 1] + x[t]))
    first = SumOver(v.T * h[t], t, 2, T - 1)
    skipped = SumOver(L.NormSquared(h[t]), t, 1, T, (3,))
    net.define(loss, Plus(first, skipped, v.T * h[T] * (v.T * h[1]), v.T * h[T - 1]))
    return net.model(loss=loss)


def all_with_all():
    """Every step's output looks at every earlier state: a sum whose upper end is t."""
    net, t, T = _net("all_with_all")
    (n,) = net.sizes("n")
    x = net.input("x", n, at=t)
    W, M = net.weight("W", n, n), net.weight("M", n, n)
    s = Symbol("s")
    h, a, loss = net.state("h", n, at=t), net.state("a", n, at=t), net.state("L")
    net.define(h[t], L.tanh(W * h[t - 1] + x[t]))
    net.define(a[t], L.tanh(SumOver(M * h[s], s, 1, t)))
    net.define(loss, SumOver(L.NormSquared(a[t]), t, 1, T))
    return net.model(loss=loss)


def context():
    """A quantity of no step, made from the last state, is used at every step of the output."""
    net, t, T = _net("context")
    n, m = net.sizes("n m")
    x = net.input("x", m, at=t)
    U, W, K = net.weight("U", n, m), net.weight("W", n, n), net.weight("K", n, n)
    h, k, u, loss = net.state("h", n, at=t), net.state("k", n), net.state("u", n, at=t), net.state("L")
    net.define(h[t], L.tanh(W * h[t - 1] + U * x[t]))
    net.define(k, L.tanh(K * h[T]))
    net.define(u[t], L.sigmoid(Plus(k, U * x[t])))
    net.define(loss, SumOver(L.NormSquared(u[t]), t, 1, T))
    return net.model(loss=loss)


def scalars():
    """Everything is a scalar."""
    net, t, T = _net("scalars")
    x, y = net.input("x", at=t), net.label("y", at=t)
    w, u, b = net.weight("w"), net.weight("u"), net.weight("b")
    h, L_t, loss = net.state("h", at=t), net.state("L_t", at=t), net.state("L")
    net.define(h[t], L.sigmoid(w * h[t - 1] + u * x[t] + b))
    net.define(L_t[t], -(y[t] * log(h[t]) + (1 - y[t]) * log(1 - h[t])))
    net.define(loss, SumOver(L_t[t], t, 1, T))
    return net.model(loss=loss)


def stack(depth=3):
    """Recurrent layers over each other."""
    net, t, T = _net(f"stack_{depth}")
    n, m = net.sizes("n m")
    x = net.input("x", m, at=t)
    below, width = x, m
    for k in range(depth):
        W, U, b = net.weight(f"W{k}", n, n), net.weight(f"U{k}", n, width), net.weight(f"b{k}", n)
        h = net.state(f"h{k}", n, at=t)
        net.define(h[t], L.tanh(W * h[t - 1] + U * below[t] + b))
        below, width = h, n
    loss = net.state("L")
    net.define(loss, SumOver(Quotient(L.NormSquared(below[t]), 2), t, 1, T))
    return net.model(loss=loss)


def residual(depth=3):
    """No recurrence, layers inside one step whose outputs are used twice."""
    net, t, T = _net(f"residual_{depth}")
    (n,) = net.sizes("n")
    below = net.input("x", n, at=t)
    for k in range(depth):
        W, a = net.weight(f"W{k}", n, n), net.state(f"a{k}", n, at=t)
        net.define(a[t], Plus(below[t], L.tanh(W * below[t])))
        below = a
    loss = net.state("L")
    net.define(loss, SumOver(L.NormSquared(below[t]), t, 1, T))
    return net.model(loss=loss)


def attention():
    """Matrices as states, softmax of scores by components, a weighted sum, an abstract per-step loss."""
    net, t, T = _net("attention")
    n, m = net.sizes("n m")
    x, M = net.input("x", n, at=t), net.input("M", m, n, at=t)
    Q, W = net.weight("Q", n, n), net.weight("W", n, n)
    S, p, h, loss = net.state("S", m, n, at=t), net.state("p", m, at=t), net.state("h", n, at=t), net.state("L")
    net.define(S[t], L.tanh(M[t] * Q))
    net.define(p[t], L.softmax(S[t] * h[t - 1]))
    net.define(h[t], L.tanh(W * h[t - 1] + S[t].T * p[t] + x[t]))
    net.define(loss, SumOver(Fun("ell", kind="scalar", at=(t,))(Power(h[t], 2)), t, 1, T))
    return net.model(loss=loss)


def products_of_steps():
    """The loss holds an ordered product over time."""
    net, t, T = _net("products_of_steps")
    (n,) = net.sizes("n")
    x = net.input("x", n, at=t)
    W, v = net.weight("W", n, n), net.weight("v", n)
    h, loss = net.state("h", n, at=t), net.state("L")
    net.define(h[t], L.sigmoid(W * h[t - 1] + x[t]))
    net.define(loss, Product(v.T, L.ProductOver(L.Diag(h[t]) * W, t, 1, T), v))
    return net.model(loss=loss)


MODELS = {
    build.__name__: build
    for build in (
        lstm, second_order, late_use, partial_sums, all_with_all, context, scalars, stack, residual, attention,
        products_of_steps,
    )
}
