"""Random well-shaped terms over one small model, for properties that hold of every term.

Terms are drawn by shape: `terms(shape)` chooses among the productions that give this shape.  Every head that the reader
can read back occurs.  Time indices are t (free) and the bound ones of sums and products.
"""

from collections.abc import Callable

from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol

from symbolic.language import (
    Adjoint,
    Apply,
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
    SumOver,
    Total,
    Trace,
    Transpose,
    Vec,
    Where,
    log,
    logsumexp,
    negative,
    relu,
    shape_of,
    sigmoid,
    softmax,
    step,
    tanh,
)
from symbolic.model import Network, variables

net = Network("random", "A network with one quantity of every shape")
n, m, C = net.sizes("n m C")
t = net.time("t", length="T")
T = net.length("T")
x, y = net.input("x", m, at=t), net.label("y", C, at=t, latex=r"\mathbf{y}_t")
U, W, V = net.weight("U", n, m), net.weight("W", n, n), net.weight("V", C, n, latex=r"V^{(\text{out})}")
M, K, R = net.weight("M", m, m), net.weight("K", n, n + m), net.weight("R", C, C)
b, d, c = net.weight("b", n, latex=r"\mathbf{b}_h"), net.weight("d"), net.weight("c", C)
v = net.weight("v", 1, n)
a = net.given("a", at=t)
h, p = net.state("h", n, at=t), net.state("p", C, at=t, latex=r"\hat{p}^{(t)}")
L = net.state("L", latex=r"\mathcal{L}")
net.define(h[t], tanh(W * h[t - 1] + U * x[t] + b))
net.define(p[t], softmax(V * h[t] + c))
net.define(L, SumOver(-y[t].T * log(p[t]) + a[t] * d, t, 1, T))
net.function("f", Fun("f", kind="elementwise"))
net.error_name(r"\delta_t", h[t])
MODEL = net.model(loss=L)

SCALAR, VECTOR, MATRIX = "scalar", "vector", "matrix"
SIZES = {"n": n, "m": m, "C": C}
SQUARE = {n: W, m: M, C: R}
VECTORS: dict[Symbol, Callable] = {n: lambda s: h[s], m: lambda s: x[s], C: lambda s: p[s]}
ELEMENTWISE = (tanh, sigmoid, relu, step, Fun("f", kind="elementwise"), Fun("f", 1, "elementwise"))

sizes = st.sampled_from(list(SIZES.values()))
numbers = st.sampled_from([*map(Integer, (2, 1, 0, -1, -3)), Rational(1, 2), Rational(-2, 3)])
exponents = st.sampled_from([Integer(2), Integer(3), Integer(-1), Rational(1, 2)])


def shapes():
    """("scalar",), ("vector", n) or ("matrix", n, m); rows are transposes."""
    return st.one_of(st.just((SCALAR,)), st.tuples(st.just(VECTOR), sizes), st.tuples(st.just(MATRIX), sizes, sizes))


def terms(shape=None, depth: int = 3):
    """Terms of a shape, or of a random one, nested at most `depth` deep; free in the time index t only."""
    if shape is None:
        return shapes().flatmap(lambda drawn: terms(drawn, depth))
    return _terms(shape, depth, (t,), 0)


@st.composite
def _terms(draw, shape, depth, times, bound):
    """`times`: the time indices in reach; `bound`: how many names were bound so far, so that new ones are fresh."""
    rules = LEAVES[shape[0]] if depth <= 0 else RULES[shape[0]]
    rule = draw(st.sampled_from(rules))

    def sub(wanted, more_times=(), new=0):
        return draw(_terms(wanted, depth - 1, times + tuple(more_times), bound + new))

    return rule(_Context(draw, sub, times, bound), *shape[1:])


class _Context:
    def __init__(self, draw, sub, times, bound):
        self.draw, self.sub, self.times, self.bound = draw, sub, times, bound

    def time(self):
        """An index in reach, or the step before or after, or a fixed one."""
        index = self.draw(st.sampled_from([*self.times, T]))
        return index + self.draw(st.sampled_from([0, 0, -1, 1] if index != T else [0, 0, -1]))

    def fresh(self, letters: str):
        return Symbol(letters[self.bound % len(letters)] + ("" if self.bound < len(letters) else f"_{self.bound}"))

    def size(self):
        return self.draw(sizes)

    def scalar(self):
        return self.sub((SCALAR,))

    def vector(self, size):
        return self.sub((VECTOR, size))

    def matrix(self, rows, cols):
        return self.sub((MATRIX, rows, cols))


def _sum_over_time(shape):
    def rule(q, *size):
        index = q.fresh("ksr")
        return SumOver(q.sub((shape, *size), (index,), 1), index, q.draw(st.sampled_from([1, 2, t, t + 1])), T)

    return rule


def _sum_over_components(q):
    size, index = q.size(), q.fresh("ijl")
    product = Product(Entry(VECTORS[size](q.time()), index), Entry(q.sub((VECTOR, size), (), 1), index))
    return SumOver(product, index, 1, size)


def _without_diagonal(q):
    size, (i, j) = q.size(), (q.fresh("ijl"), Symbol("q"))
    inner = SumOver(Entry(SQUARE[size], i, j), j, 1, size, (i,))
    return SumOver(Product(Entry(VECTORS[size](q.time()), i), inner), i, 1, size)


def _delta(q):
    size, (i, j) = q.size(), (q.fresh("ijl"), Symbol("q"))
    w = Product(Entry(SQUARE[size], i, j), Where(Integer(1), Relation(q.draw(st.sampled_from(["=", "!="])), i, j)))
    return SumOver(SumOver(w, i, 1, size), j, 1, size)


def _ordered_product(q, rows, cols):
    if rows != cols:
        return _outer(q, rows, cols)
    index = q.fresh("ksr")
    order = q.draw(st.sampled_from(["descending", "ascending"]))
    return ProductOver(q.sub((MATRIX, rows, rows), (index,), 1), index, t + 1, T, order)


def _outer(q, rows, cols):
    return Product(q.vector(rows), Transpose(q.vector(cols)))


def _some_matrix(q, rows, cols):
    known = {(n, m): U, (n, n): W, (C, n): V, (m, m): M, (C, C): R}
    if (rows, cols) in known:
        return known[rows, cols]
    if (cols, rows) in known:
        return Transpose(known[cols, rows])
    return Filled(q.draw(st.sampled_from([0, 1])), (rows,), (cols,))


def _square_or(otherwise, square):
    return lambda q, rows, cols: square(q, rows) if rows == cols else otherwise(q, rows, cols)


def _elementwise(shape):
    return lambda q, *size: q.draw(st.sampled_from(ELEMENTWISE))(q.sub((shape, *size)))


def _divisor(term):
    """The term, or something of its shape that no literal zero hides in."""
    if isinstance(term, Filled):
        return Filled(1, *term.args[1:])
    return Plus(term, d) if shape_of(term) == ((), ()) and not any(variables(term)) else term


def _arithmetic(shape):
    """Productions that every shape has."""

    def same(q, size):
        return q.sub((shape, *size))

    return [
        lambda q, *s: Plus(same(q, s), same(q, s)),
        lambda q, *s: Plus(same(q, s), negative(same(q, s)), same(q, s)),
        lambda q, *s: Plus(q.draw(numbers), negative(same(q, s))),
        lambda q, *s: Hadamard(same(q, s), same(q, s)),
        lambda q, *s: Hadamard(q.draw(numbers), same(q, s), same(q, s)),
        lambda q, *s: Quotient(same(q, s), _divisor(same(q, s))),
        lambda q, *s: Quotient(same(q, s), _divisor(q.scalar())),
        lambda q, *s: Power(_divisor(same(q, s)), q.draw(exponents)),
        lambda q, *s: negative(same(q, s)),
        lambda q, *s: Product(q.draw(numbers), same(q, s)),
        lambda q, *s: Product(q.scalar(), same(q, s)),
        lambda q, *s: Product(same(q, s), q.scalar()),
        _elementwise(shape),
        _sum_over_time(shape),
    ]


LEAVES = {
    SCALAR: [
        lambda q: q.draw(numbers),
        lambda q: d,
        lambda q: a[q.time()],
        lambda q: q.size(),
        lambda q: Adjoint(d),
    ],
    VECTOR: [
        lambda q, size: VECTORS[size](q.time()),
        lambda q, size: {n: b, C: c}.get(size, x[t]),
        lambda q, size: Adjoint(VECTORS[size](q.time())),
        lambda q, size: Transpose(v) if size == n else y[t] if size == C else x[t],
        lambda q, size: Filled(q.draw(st.sampled_from([0, 1])), (size,)),
    ],
    MATRIX: [
        _some_matrix,
        _square_or(_some_matrix, lambda q, size: Identity(size)),
        lambda q, rows, cols: Filled(1, (rows,), (cols,)),
        lambda q, rows, cols: Adjoint({(n, m): U, (n, n): W, (C, n): V}[rows, cols])
        if (rows, cols) in ((n, m), (n, n), (C, n))
        else _some_matrix(q, rows, cols),
    ],
}
"""Terms without subterms, per shape."""

RULES = {
    SCALAR: LEAVES[SCALAR]
    + _arithmetic(SCALAR)
    + [
        lambda q: (lambda size: Product(Transpose(q.vector(size)), q.vector(size)))(q.size()),
        lambda q: (lambda size: Product(Transpose(q.vector(size)), q.matrix(size, size), q.vector(size)))(q.size()),
        lambda q: Trace((lambda size: q.matrix(size, size))(q.size())),
        lambda q: NormSquared(q.vector(q.size())),
        lambda q: NormSquared(q.matrix(q.size(), q.size())),
        lambda q: Total(q.vector(q.size())),
        lambda q: logsumexp(q.vector(q.size())),
        _sum_over_components,
        _without_diagonal,
        _delta,
    ],
    VECTOR: LEAVES[VECTOR]
    + _arithmetic(VECTOR)
    + [
        lambda q, size: (lambda inner: Product(q.matrix(size, inner), q.vector(inner)))(q.size()),
        lambda q, size: Product(q.matrix(size, size), q.vector(size)),
        lambda q, size: Product(Transpose(q.matrix(size, size)), q.matrix(size, size), q.vector(size)),
        lambda q, size: DiagPart(q.matrix(size, size)),
        lambda q, size: softmax(q.vector(size)),
        lambda q, size: Product(Diag(q.vector(size)), q.vector(size)),
        lambda q, size: Product(K, Concat(0, q.vector(n), q.vector(m))) if size == n else VECTORS[size](q.time()),
        lambda q, size: Apply(Fun("softmax"), q.vector(size)),
    ],
    MATRIX: LEAVES[MATRIX]
    + _arithmetic(MATRIX)
    + [
        lambda q, rows, cols: (lambda inner: Product(q.matrix(rows, inner), q.matrix(inner, cols)))(q.size()),
        lambda q, rows, cols: Transpose(q.matrix(cols, rows)),
        _outer,
        lambda q, rows, cols: Kronecker(q.vector(rows), Transpose(q.vector(cols))),
        _square_or(_outer, lambda q, size: Diag(q.vector(size))),
        _ordered_product,
    ],
}
"""All productions, per shape."""


def flattened(depth: int = 2):
    """Terms with several legs on a side: Kronecker products and vec."""
    return st.one_of(
        st.builds(Kronecker, terms((MATRIX, n, m), depth), terms((VECTOR, C), depth)),
        st.builds(Kronecker, st.just(Identity(n)), terms((VECTOR, m), depth).map(Transpose)),
        st.builds(Vec, terms((MATRIX, n, m), depth), st.sampled_from(["row", "column"])),
    )
