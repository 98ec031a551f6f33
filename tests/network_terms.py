"""Random well-shaped terms over one network, for the normal form: sums over steps above all, and every head."""

from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol

from symbolic.language import (
    Adjoint,
    Block,
    Commute,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Fun,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    Reshape,
    SumOver,
    Total,
    Trace,
    Transpose,
    Unit,
    Vec,
    Where,
    exp,
    log,
    logsoftmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softplus,
    step,
    tanh,
)  # fmt: skip
from symbolic.model import Network


def network():
    """A state of every kind: tanh, ReLU (with a symbolic value before the first step), sigmoid, softmax, abstract."""
    net = Network("normal_form")
    n, m, C = net.sizes("n m C")
    t = net.time("t", length="T")
    x, y = net.input("x", m, at=t), net.label("y", C, at=t, sums_to_one=True)
    W, U, V = net.weight("W", n, n), net.weight("U", n, m), net.weight("V", C, n)
    net.weight("K", n, n + m), net.weight("M", m, m), net.weight("R", C, C)
    b = net.weight("b", n)
    h, g, a, p, q, e = (net.state(s, k, at=t) for s, k in (("h", n), ("g", n), ("a", m), ("p", C), ("q", n), ("e", n)))
    loss = net.state("L")
    net.define(h[t], tanh(W * h[t - 1] + U * x[t] + b))
    net.define(g[t], relu(W * g[t - 1] + h[t]))
    net.define(a[t], sigmoid(Transpose(U) * g[t] + x[t]))
    net.define(p[t], softmax(V * h[t]))
    net.define(e[t], tanh(W * h[t - 1]))
    net.define(q[t], Fun("f", kind="elementwise")(W * g[t]))
    net.define(loss, SumOver(-y[t].T * log(p[t]) + NormSquared(q[t]) + NormSquared(a[t]), t, 1, net.length("T")))
    return net.model(loss=loss)


def started_at_zero():
    """A tanh and a sigmoid state whose values before the first step are zero."""
    net = Network("started_at_zero")
    (n,) = net.sizes("n")
    t = net.time("t", length="T")
    x, W = net.input("x", n, at=t), net.weight("W", n, n)
    h, a, loss = net.state("h", n, at=t), net.state("a", n, at=t), net.state("L")
    net.define(h[t], tanh(W * h[t - 1] + a[t - 1] + x[t]), zero_before=True)
    net.define(a[t], sigmoid(W * h[t - 1] + x[t]), zero_before=True)
    net.define(loss, SumOver(NormSquared(h[t]), t, 1, net.length("T")))
    return net.model(loss=loss)


MODEL, ZERO = network(), started_at_zero()
F = MODEL.families
n, m, C, t, s, T = (Symbol(k) for k in "n m C t s T".split())
W, U, V, K, M, R, b = (F[k].var for k in "W U V K M R b".split())
STATES = {n: ("h", "g", "q"), m: ("a", "x"), C: ("p", "y")}
SQUARE = {n: W, m: M, C: R}
OBLONG = {(n, m): U, (C, n): V}
ELEMENTWISE = (tanh, sigmoid, relu, lambda z: step(Plus(Rational(1, 7), z)), softplus, Fun("f", kind="elementwise"), Fun("f", 1, "elementwise"), Fun("tanh", 1))
NUMBERS = [*map(Integer, (1, 2, -1, 3)), Rational(1, 2), Rational(-2, 3)]
BOUND_TIMES, BOUND_LETTERS = "kjr", "abc"


class Draw:
    """Draws terms of a shape; `times` are the letters of steps in reach, `depth` what is left to nest."""

    def __init__(self, draw, times, depth, bound=0):
        self.draw, self.times, self.depth, self.bound = draw, times, depth, bound

    def pick(self, options):
        return self.draw(st.sampled_from(list(options)))

    def inner(self, *times):
        return Draw(self.draw, self.times + times, self.depth - 1, self.bound + len(times))

    def size(self):
        return self.pick((n, m, C))

    def index(self):
        point = self.pick((*self.times, *self.times, T, Integer(1)))
        return point + self.pick((0, 0, -1, 1)) if point not in (T, 1) else point

    def fresh(self, letters):
        return Symbol(letters[self.bound % len(letters)])

    def ends(self):
        """Bounds of a sum over steps: the whole range, shifted, split at a letter, empty for small T."""
        low = self.pick((Integer(1), Integer(1), Integer(2), Integer(0), *self.times, *(u + 1 for u in self.times)))
        high = self.pick((T, T, T - 1, T - 2, T + 1, *self.times, *(u - 1 for u in self.times), Integer(2)))
        return low, high

    def relation(self):
        left = self.pick((*self.times, T))
        right = self.pick((*self.times, T, Integer(1), Integer(2)))
        return Relation(self.pick(("=", "!=", "<", "<=")), left, right + self.pick((0, 0, 1, -1)))

    # --- by shape ----------------------------------------------------------------------------------------------------

    def scalar(self):
        return self.pick(SCALARS[:LEAVES] if self.depth <= 0 else SCALARS)(self)

    def vector(self, size):
        return self.pick(VECTORS[:LEAVES] if self.depth <= 0 else VECTORS)(self, size)

    def matrix(self, rows, cols):
        return self.pick(MATRICES[:LEAVES] if self.depth <= 0 else MATRICES)(self, rows, cols)


def _state(d, size):
    return F[d.pick(STATES[size])][d.index()]


def _plain(d, rows, cols):
    if rows == cols:
        return SQUARE[rows]
    if (rows, cols) in OBLONG:
        return OBLONG[rows, cols]
    return Transpose(OBLONG[cols, rows]) if (cols, rows) in OBLONG else Filled(2, (rows,), (cols,))


def _sum(shape):
    def rule(d, *sizes):
        letter = d.fresh(BOUND_TIMES)
        return SumOver(getattr(d.inner(letter), shape)(*sizes), letter, *d.ends())

    return rule


def _where(shape):
    return lambda d, *sizes: Where(getattr(d.inner(), shape)(*sizes), d.relation())


def _arithmetic(shape):
    def sub(d, sizes):
        return getattr(d.inner(), shape)(*sizes)

    return [
        _sum(shape), _sum(shape), _where(shape),
        lambda d, *k: Plus(sub(d, k), sub(d, k)),
        lambda d, *k: Plus(d.pick(NUMBERS), Product(d.pick(NUMBERS), sub(d, k))),
        lambda d, *k: Hadamard(sub(d, k), sub(d, k)),
        lambda d, *k: Product(d.inner().scalar(), sub(d, k)),
        lambda d, *k: Power(sub(d, k), d.pick((2, 3))),
        lambda d, *k: d.pick(ELEMENTWISE)(sub(d, k)),
        lambda d, *k: Quotient(sub(d, k), Plus(2, Power(sub(d, k), 2))),
    ]  # fmt: skip


def _component_sum(d):
    size, i = d.size(), Symbol(BOUND_LETTERS[d.bound % 3])
    body = Product(Entry(d.inner().vector(size), i), Entry(d.inner().vector(size), i))
    return SumOver(body, i, 1, size, d.pick(((), (Integer(1),), (Symbol("u"),))) if size == C else ())


def _cases(d):
    size, (i, j) = C, (Symbol("u"), Symbol("v"))
    x = d.inner().matrix(size, size)
    return Plus(
        Where(Entry(x, i, j), Relation("=", i, j)), Where(Entry(d.inner().vector(size), i), Relation("!=", i, j))
    )


def _ordered(d):
    letter = d.fresh(BOUND_TIMES)
    low = d.pick((Integer(1), *(u + 1 for u in d.times), *d.times))
    high = d.pick((T, *d.times, *(u - 1 for u in d.times)))
    return letter, low, high


def _product_over(d, rows, cols):
    if rows != cols:
        return _plain(d, rows, cols)
    letter, low, high = _ordered(d)
    factor = d.pick((_factor, _factor, lambda e, k: e.matrix(k, k)))(d.inner(letter), rows)
    return ProductOver(factor, letter, low, high, d.pick(("descending", "ascending")))


def _factor(d, size):
    slopes = {n: lambda i: 1 - F["h"][i] ** 2, m: lambda i: F["x"][i], C: lambda i: F["y"][i]}[size](d.times[-1])
    return d.pick((Diag(slopes) * SQUARE[size], SQUARE[size] * Diag(slopes), Product(2, SQUARE[size]), SQUARE[size]))


def _joined(d, size):
    if size == n:
        return K * Concat(0, d.inner().vector(n), d.inner().vector(m))
    parts = Concat(0, d.inner().vector(size), d.inner().scalar(), d.inner().vector(n))
    function = d.pick((lambda z: z, tanh, relu, lambda z: Quotient(1, Plus(1, Power(z, 2))), Fun("f", kind="elementwise")))
    return Block(function(parts), 0, 0, (size, Integer(1), n))


def _joined_matrix(d, rows, cols):
    first = Concat(1, d.inner().matrix(rows, cols), d.inner().vector(rows), d.inner().matrix(rows, n))
    return Block(first, 1, 0, (cols, Integer(1), n)) if rows != n else Block(K, 1, {n: 0, m: 1}.get(cols, 0), (n, m)) * (
        _plain(d, {n: n, m: m}.get(cols, n), cols)
    )


SCALARS = [
    lambda d: d.pick(NUMBERS),
    lambda d: Entry(F["y"][d.index()], d.pick((Symbol("u"), Symbol("v"), Integer(1)))),
    lambda d: Entry(F["h"][d.index()], 1),
    lambda d: d.pick((*d.times, T, n)),
    lambda d: Total(Hadamard(b, F["h"][d.index()])),
    *_arithmetic("scalar"),
    lambda d: (lambda k: Transpose(d.inner().vector(k)) * d.inner().vector(k))(d.size()),
    lambda d: (lambda k: Trace(d.inner().matrix(k, k)))(d.size()),
    lambda d: NormSquared(d.inner().vector(d.size())),
    lambda d: Total(d.inner().matrix(d.size(), d.size())),
    lambda d: logsumexp(d.inner().vector(d.size())),
    lambda d: Total(softmax(d.inner().vector(d.size()))),
    lambda d: ProductOver(Plus(1, Power(Entry(F["h"][Symbol("r")], 1), 2)), Symbol("r"), *_ordered(d)[1:]),
    _component_sum, _cases,
]  # fmt: skip
VECTORS = [
    _state, _state, _state,
    lambda d, k: Filled(d.pick((1, -2)), (k,)),
    lambda d, k: Adjoint(F["h"][d.index()]) if k == n else _state(d, k),
    *_arithmetic("vector"),
    lambda d, k: (lambda c: d.inner().matrix(k, c) * d.inner().vector(c))(d.size()),
    lambda d, k: Diag(d.inner().vector(k)) * d.inner().vector(k),
    lambda d, k: DiagPart(d.inner().matrix(k, k)),
    lambda d, k: softmax(d.inner().vector(k)),
    lambda d, k: logsoftmax(d.inner().vector(k)),
    lambda d, k: log(softmax(d.inner().vector(k))),
    lambda d, k: Quotient(d.inner().vector(k), F["p"][t]) if k == C else Quotient(d.inner().vector(k), exp(_state(d, k))),
    lambda d, k: Quotient(d.inner().vector(k), Hadamard(F["h"][t], 2 - F["h"][t])) if k == n else _state(d, k),
    lambda d, k: Unit(Symbol("u"), C) if k == C else exp(F["h"][d.index()]) if k == n else _state(d, k),
    lambda d, k: Power(exp(tanh(d.inner().vector(k))), d.pick((Rational(1, 2), -1, Rational(-1, 2)))),
    _joined,
    lambda d, k: Reshape(Kronecker(d.inner().matrix(k, k), Transpose(d.inner().vector(n))) * Vec(Filled(1, (k,), (n,))), (k,)),
    lambda d, k: Hadamard(step(F["g"][d.index()]), F["g"][d.index()]) if k == n else _state(d, k),
]  # fmt: skip
MATRICES = [
    _plain, _plain,
    lambda d, r, c: Identity(r) if r == c else _plain(d, r, c),
    lambda d, r, c: _state(d, r) * Transpose(_state(d, c)),
    lambda d, r, c: Kronecker(_state(d, r), Transpose(_state(d, c))),
    *_arithmetic("matrix"),
    lambda d, r, c: Transpose(d.inner().matrix(c, r)),
    lambda d, r, c: (lambda k: d.inner().matrix(r, k) * d.inner().matrix(k, c))(d.size()),
    lambda d, r, c: Diag(d.inner().vector(r)) if r == c else d.inner().vector(r) * Transpose(d.inner().vector(c)),
    lambda d, r, c: Reshape(Commute((c,), (r,)) * Vec(d.inner().matrix(c, r)), (r,), (c,)),
    lambda d, r, c: Reshape(Vec(d.inner().matrix(c, r), "column"), (r,), (c,)),
    _product_over, _product_over, _joined_matrix,
]  # fmt: skip
LEAVES = 5


@st.composite
def terms(draw, depth=3):
    """A scalar, vector or matrix whose free letters are the steps t and s and the components u and v (over C)."""
    d = Draw(draw, (t, s), depth)
    kind = draw(st.sampled_from(("scalar", "vector", "vector", "matrix")))
    return getattr(d, kind)(*(d.size() for _ in range(("scalar", "vector", "matrix").index(kind))))
