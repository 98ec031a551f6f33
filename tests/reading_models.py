"""Small forward models in the notations that notes use: recurrent, gated, layer by layer, deep, and a whole batch."""

from sympy import Rational

from symbolic.language import Concat, Filled, Fun, Hadamard, NormSquared, Product, SumOver, log, sigmoid, softmax, tanh
from symbolic.model import Network

half = Rational(1, 2)


class Recurrent:
    """tanh network with a softmax at every step; the weights carry their two ends as labels."""

    net = Network("recurrent", "A recurrent classifier")
    m, n, C = net.sizes("m n C")
    t = net.time("t", length="T")
    T = net.length("T")
    x = net.input("x", m, at=t)
    y = net.label("y", C, at=t, sums_to_one=True)
    Wx, Wh, Wy = (
        net.weight("W_xh", n, m, latex="W_{xh}"),
        net.weight("W_hh", n, n, latex="W_{hh}"),
        net.weight("W_hy", C, n, latex="W_{hy}"),
    )
    b, c, g = net.weight("b_h", n, latex="b_h"), net.weight("b_y", C, latex="b_y"), net.weight("g")
    a = net.state("a", n, at=t)
    h = net.state("h", n, at=t)
    z = net.state("z", C, at=t)
    p = net.state("p", C, at=t, latex=r"\hat{y}_t")
    L_t, L = net.state("L_t", at=t, latex="L_t"), net.state("L")
    net.define(a[t], Wx * x[t] + Wh * h[t - 1] + b)
    net.define(h[t], tanh(a[t]), zero_before=True)
    net.define(z[t], Wy * h[t] + c)
    net.define(p[t], softmax(z[t]))
    net.define(L_t[t], -y[t].T * log(p[t]))
    net.define(L, SumOver(L_t[t], t, 1, T))
    net.function(r"\sigma", Fun("sigmoid"))
    net.function("f", Fun("f", kind="elementwise"))
    net.dummy("u")
    model = net.model(loss=L)


class Gated:
    """A cell with gates i, f, o over the stacked [h; x]; δ is an error name here, and i is a gate."""

    net = Network("gated", "A gated cell")
    d, n = net.sizes("d n")
    t = net.time("t", length="T")
    T = net.length("T")
    x, y = net.input("x", d, at=t), net.label("y", n, at=t)
    Wf, Wi = net.weight("W_f", n, n + d, latex="W_f"), net.weight("W_i", n, n + d, latex="W_i")
    Wo, Wc = net.weight("W_o", n, n + d, latex="W_o"), net.weight("W_c", n, n + d, latex="W_c")
    bf = net.weight("b_f", n, latex="b_f")
    f, i, o = net.state("f", n, at=t), net.state("i", n, at=t), net.state("o", n, at=t)
    k, c, h = net.state("k", n, at=t), net.state("c", n, at=t), net.state("h", n, at=t)
    L = net.state("L", latex=r"\mathcal{L}")
    s = Concat(0, h[t - 1], x[t])
    net.define(f[t], sigmoid(Wf * s + bf))
    net.define(i[t], sigmoid(Wi * s))
    net.define(o[t], sigmoid(Wo * s))
    net.define(k[t], tanh(Wc * s))
    net.define(c[t], Hadamard(f[t], c[t - 1]) + Hadamard(i[t], k[t]))
    net.define(h[t], Hadamard(o[t], tanh(c[t])))
    net.define(L, SumOver(Product(half, NormSquared(h[t] - y[t])), t, 1, T))
    net.function(r"\sigma", Fun("sigmoid"))
    net.error_name(r"\delta_t", h[t])
    model = net.model(loss=L)


class Layers:
    """Two layers with names of their own, W^{[1]} and W^{[2]}, one example."""

    net = Network("layers", "Two layers")
    n0, n1, n2 = net.sizes("n_0 n_1 n_2")
    x, y = net.input("x", n0), net.label("y", n2)
    W1, W2 = net.weight("W1", n1, n0, latex="W^{[1]}"), net.weight("W2", n2, n1, latex="W^{[2]}")
    b1, b2 = net.weight("b1", n1, latex="b^{[1]}"), net.weight("b2", n2, latex="b^{[2]}")
    z1, a1 = net.state("z1", n1, latex="z^{[1]}"), net.state("a1", n1, latex="a^{[1]}")
    z2, a2 = net.state("z2", n2, latex="z^{[2]}"), net.state("a2", n2, latex="a^{[2]}")
    L = net.state("L", latex=r"\mathcal{L}")
    net.define(z1, W1 * x + b1)
    net.define(a1, sigmoid(z1))
    net.define(z2, W2 * a1 + b2)
    net.define(a2, sigmoid(z2))
    net.define(L, Product(half, NormSquared(a2 - y)))
    net.function(r"\sigma", Fun("sigmoid"))
    net.function("g^{[1]}", Fun("tanh"))
    net.error_name(r"\delta^{[1]}", z1)
    net.error_name(r"\delta^{[2]}", z2)
    model = net.model(loss=L)


class Deep:
    """All layers alike: the layer is an index."""

    net = Network("deep", "Layers of one width")
    n = net.sizes("n")[0]
    l = net.time("l", length="L")
    D = net.length("L")
    y = net.label("y", n)
    W, b = net.weight("W", n, n, at=l, latex="W^l"), net.weight("b", n, at=l, latex="b^l")
    z, a = net.state("z", n, at=l, latex="z^l"), net.state("a", n, at=l, latex="a^l")
    C = net.state("C")
    net.define(z[l], W[l] * a[l - 1] + b[l])
    net.define(a[l], sigmoid(z[l]))
    net.define(C, Product(half, NormSquared(a[D] - y)))
    net.function(r"\sigma", Fun("sigmoid"))
    net.error_name(r"\delta^l", z[l])
    model = net.model(loss=C)


class Batch:
    """Examples are rows: H = σ(X W_1 + b_1) with a row b_1."""

    net = Network("batch", "A batch of rows")
    N, D, H, C = net.sizes("N D H C")
    X, Y = net.input("X", N, D), net.label("Y", N, C)
    W1, b1 = net.weight("W_1", D, H, latex="W_1"), net.weight("b_1", 1, H, latex="b_1")
    W2, b2 = net.weight("W_2", H, C, latex="W_2"), net.weight("b_2", C, latex="b_2")
    Z, A = net.state("Z", N, H, latex="Z"), net.state("A", N, H, latex="A")
    P = net.state("P", N, C, latex=r"\hat{Y}")
    J = net.state("J")
    net.define(Z, X * W1 + Product(Filled(1, (N,)), b1))
    net.define(A, sigmoid(Z))
    net.define(P, A * W2 + Product(Filled(1, (N,)), b2.T))
    net.define(J, Product(half, NormSquared(P - Y)))
    net.function(r"\sigma", Fun("sigmoid"))
    model = net.model(loss=J)


class Row:
    """One example as a row: h = σ(x W)."""

    net = Network("row", "Rows times matrices")
    d, n = net.sizes("p n")
    x, y = net.input("x", 1, d), net.label("y", 1, n)
    W, b = net.weight("W", d, n), net.weight("b", 1, n)
    h = net.state("h", 1, n)
    E = net.state("E")
    net.define(h, sigmoid(x * W + b))
    net.define(E, Product(half, NormSquared(h - y)))
    net.function(r"\sigma", Fun("sigmoid"))
    model = net.model(loss=E)
