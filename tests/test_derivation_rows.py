"""Every pullback and pushforward row against complex step: the head in a loss, and its own Jacobian."""

import numpy as np
import pytest
from sympy import Integer, Rational, Symbol, preorder_traversal

from symbolic import language as L
from symbolic.derivation import FUNCTION_PULLBACKS, FUNCTION_PUSHFORWARDS, PULLBACKS, PUSHFORWARDS, derive, expand
from symbolic.derivation.algebra import Algebra, UnsupportedError
from symbolic.derivation.pullback import CONSTANTS, function_key
from symbolic.derivation.pushforward import pushforward
from symbolic.derivation.sweep import uses
from symbolic.model import Network
from symbolic.proof.oracle import World

n, m, p, t, T, a, c = (Symbol(s) for s in ("n", "m", "p", "t", "T", "a", "c"))
net = Network("leaves")
net.sizes("n m p")
net.time("t", length="T")
A, B, S = net.weight("A", n, m), net.weight("B", m, p), net.weight("S", n, n)
v, w, z = net.weight("v", n), net.weight("w", n), net.weight("z", m)
row, s, r = net.weight("row", 1, n), net.weight("s"), net.weight("r")
x, M = net.input("x", n, at=t), net.input("M", n, n, at=t)

vector = L.Fun("g", kind="vector", out=(p,))
scalar = L.Fun("ell", kind="scalar")
abstract = L.Fun("f", kind="elementwise")

TERMS = {
    "plus": L.Plus(A, 1, L.Product(2, A)),
    "product": L.Product(A, B),
    "product of three": L.Product(S, A, B),
    "product with a row": L.Product(row, A),
    "product to a scalar": L.Product(row, S, v),
    "outer product": L.Product(v, L.Transpose(z)),
    "scalar times matrix": L.Product(s, A, r),
    "inner product beside": L.Product(L.Transpose(v), w, z),
    "inner product behind": L.Product(z, L.Transpose(v), w),
    "two inner products": L.Product(L.Transpose(v), w, L.Transpose(w), S, v),
    "product of scalars": L.Product(s, r, s),
    "hadamard": L.Hadamard(v, w, 3, v),
    "hadamard of scalars": L.Hadamard(s, r),
    "quotient": L.Quotient(v, w),
    "quotient of a number": L.Quotient(2, v),
    "quotient by a scalar": L.Quotient(A, s),
    "quotient of scalars": L.Quotient(s, r),
    "power": L.Power(A, 3),
    "reciprocal power": L.Power(v, -1),
    "root": L.Power(L.exp(v), Rational(1, 2)),
    "transpose": L.Transpose(A),
    "transpose of a column": L.Transpose(v),
    "diag": L.Diag(v),
    "diag of a row": L.Diag(row),
    "diag in a product": L.Product(L.Diag(v), S),
    "diagonal": L.DiagPart(S),
    "kronecker": L.Kronecker(A, B),
    "kronecker of columns": L.Kronecker(v, z),
    "kronecker of a column and a row": L.Kronecker(v, L.Transpose(z)),
    "vec": L.Vec(A),
    "vec by columns": L.Vec(A, "column"),
    "reshape": L.Reshape(L.Vec(A), (n,), (m,)),
    "reshape of a vec by columns": L.Reshape(L.Vec(A, "column"), (m,), (n,)),
    "trace": L.Trace(S),
    "trace of a product": L.Trace(L.Product(A, L.Transpose(A))),
    "total": L.Total(L.Product(A, B)),
    "norm squared": L.NormSquared(A),
    "entry": L.Entry(A, 2, 1),
    "entry of a vector": L.Entry(L.tanh(v), 2),
    "entry of a row": L.Entry(row, 2),
    "where true": L.Where(v, L.Relation("<=", 1, T)),
    "where over a sum": L.SumOver(L.Where(L.Product(x[t], L.Transpose(v)), L.Relation("<", 1, t)), t, 1, T),
    "sum over time": L.SumOver(L.tanh(L.Product(S, x[t])), t, 1, T),
    "sum without one": L.SumOver(L.Hadamard(v, x[t]), t, 1, T, (2,)),
    "sum over components": L.SumOver(L.Product(L.Entry(v, a), L.exp(L.Entry(w, a))), a, 1, n),
    "sum over a column of components": L.SumOver(L.Product(L.Entry(A, a, 1), L.Entry(v, a)), a, 1, n),
    "double sum": L.SumOver(L.SumOver(L.Product(L.Entry(S, a, c), L.Entry(v, c)), c, 1, n), a, 1, n),
    "descending product": L.ProductOver(L.Product(L.Diag(x[t]), S), t, 1, T),
    "ascending product": L.ProductOver(L.Plus(M[t], S), t, 1, T, "ascending"),
    "product of scalars over time": L.ProductOver(L.Product(L.Transpose(x[t]), v), t, 1, T),
    "concat beside": L.Concat(1, A, S, v),
    "concat above": L.Concat(0, v, s, z),
    "concat of rows": L.Concat(1, row, L.Transpose(z)),
    "block beside": L.Block(L.Concat(1, A, S), 1, 1, (m, n)),
    "block above": L.Block(L.Concat(0, v, z), 0, 0, (n, m)),
    "identity": L.Product(L.Identity(n), A),
    "filled": L.Plus(A, L.Filled(2, (n,), (m,))),
    "unit": L.Product(L.Transpose(L.Unit(2, n)), v),
    "commutation": L.Product(L.Commute((n,), (m,)), L.Vec(A)),
    "softmax": L.softmax(v),
    "softmax of a row": L.softmax(row),
    "log-softmax": L.logsoftmax(v),
    "log-softmax of a row": L.logsoftmax(row),
    "log-sum-exp": L.logsumexp(v),
    "abstract elementwise": L.Apply(abstract, L.Product(S, v)),
    "abstract elementwise slope": L.Apply(abstract.derived(), v),
    "abstract vector": L.Apply(vector, L.Product(S, v)),
    "abstract vector of a matrix": L.Apply(vector, A),
    "abstract scalar": L.Apply(scalar, L.Product(S, v)),
    "abstract scalar of a matrix": L.Apply(scalar, A),
    "log of an exponential": L.log(L.exp(L.Product(S, v))),
    "cross-entropy": L.Product(L.Transpose(w), L.log(L.softmax(v))),
    "logistic cross-entropy": L.Product(r, L.log(L.sigmoid(s))) + L.Product(1 - r, L.log(1 - L.sigmoid(s))),
    "the same quantity twice": L.Product(S, S, v),
    **{
        row_.name: L.Apply(L.Fun(row_.name), L.Plus(2, L.Hadamard(v, v)) if row_.name in ("log", "sqrt") else v)
        for row_ in L.FUNCTIONS.values()
        if row_.kind == "elementwise"
    },
    "elementwise on a matrix": L.tanh(A),
}


def model_of(term):
    """A model whose loss is the sum of the term's entries, each times a number of its own."""
    weights = {"A": A, "B": B, "S": S, "v": v, "w": w, "z": z, "row": row, "s": s, "r": r}
    net = Network("row")
    net.sizes("n m p")
    net.time("t", length="T")
    for name, var in weights.items():
        if var.legs:
            sides = [side[0] if side else Integer(1) for side in var.shape]
            net.weight(name, *sides)
        else:
            net.weight(name)
    net.input("x", n, at=t)
    net.input("M", n, n, at=t)
    coefficients = [net.given(f"k{i}", size) for i, size in enumerate(L.shape_of(L.Vec(term))[0])]
    kron = Integer(1)
    for k in coefficients:
        kron = L.Kronecker(kron, k) if kron != 1 else k
    loss = net.state("L")
    net.define(loss, L.Product(L.Transpose(L.Vec(term)), kron) if coefficients else L.Product(term, 3))
    return net.model(loss=loss)


SIZES = {"n": 3, "m": 2, "p": 4}
CASES = [
    (name, weight)
    for name, term in TERMS.items()
    for weight in sorted({u.name for u in preorder_traversal(term) if isinstance(u, L.Var)} - {"x", "M"})
]
_MODELS: dict = {}


def prepared(name):
    if name not in _MODELS:
        model = model_of(TERMS[name])
        _MODELS[name] = model, derive(model), World(model, SIZES, 3, seed=11)
    return _MODELS[name]


@pytest.mark.parametrize("name,weight", CASES)
def test_pullback(name, weight):
    model, _, world = prepared(name)
    term, var, k = TERMS[name], model.families[weight].var, Algebra()
    coefficients = model.equation("L").right.args[-1]  # a number for every entry, as a column
    cotangent = L.Reshape(coefficients, *term.shape) if term.legs else coefficients
    parts = []
    for use in uses(term, cotangent, k):
        part = use.cotangent
        assert L.shape_of(part) == use.variable.shape
        for b in use.bound:
            part = L.SumOver(part, b.letter, b.lower, b.upper, b.excluded)
        parts += [part] if use.variable == var else []
    assert_close(world, L.Plus(*parts), L.Partial(model.loss, var))


@pytest.mark.parametrize("name,weight", CASES)
def test_pushforward(name, weight):
    model, _, world = prepared(name)
    term, var, k = TERMS[name], model.families[weight].var, Algebra()
    jacobian = pushforward(term, lambda u: k.identity(u.legs) if u == var else None, k)
    assert jacobian is None or L.shape_of(jacobian) == (term.legs, var.legs)
    assert_close(world, Integer(0) if jacobian is None else jacobian, L.Partial(term, var, "total", "jacobian"))


@pytest.mark.parametrize("name,weight", CASES)
def test_gradient(name, weight):
    model, derivation, world = prepared(name)
    var = model.families[weight].var
    gradient = derivation.gradient(weight) if weight in derivation.adjoints else Integer(0)
    assert L.shape_of(gradient) == var.shape or gradient == 0
    assert_close(world, gradient, L.Partial(model.loss, var))


@pytest.mark.parametrize("name,weight", CASES)
def test_jacobian(name, weight):
    model, derivation, world = prepared(name)
    var = model.families[weight].var
    for layout in ("jacobian", "denominator"):
        asked = L.Partial(TERMS[name], var, "total", layout)
        jacobian = expand(asked, derivation)
        assert L.shape_of(jacobian) == asked.shape
        assert_close(world, jacobian, asked)


def assert_close(world, found, expected):
    expected = world.evaluate(expected)
    found = np.broadcast_to(world.evaluate(found).reshape(-1), expected.size)
    np.testing.assert_allclose(found, expected.ravel(), rtol=1e-11, atol=1e-12)


def test_every_row_is_tried():
    tried = {type(node) for term in TERMS.values() for node in preorder_traversal(term)}
    assert set(PULLBACKS) == set(PUSHFORWARDS)
    assert set(PULLBACKS) <= tried and set(CONSTANTS) <= tried
    applied = [node for term in TERMS.values() for node in preorder_traversal(term) if isinstance(node, L.Apply)]
    functions = {function_key(node.fun) for node in applied}
    assert set(FUNCTION_PULLBACKS) == set(FUNCTION_PUSHFORWARDS) == functions


def test_every_head_that_can_stand_in_an_equation_has_a_row():
    heads = {h for h in vars(L).values() if isinstance(h, type) and issubclass(h, L.Term)}
    assert heads - {L.Term, L.Var, L.Adjoint, L.Partial} == set(PULLBACKS) | set(CONSTANTS)


@pytest.mark.parametrize(
    "term, words",
    [
        (L.Adjoint(v), "cannot be differentiated"),
        (L.Partial(s, v), "cannot be differentiated"),
        (L.ProductOver(S, t, 1, T, "unspecified"), "order"),
        (L.Apply(scalar.derived(), v), "second derivative of ell"),
        (L.Apply(vector.derived(), v), "second derivative of g"),
    ],
)
def test_what_cannot_be_differentiated_says_so(term, words):
    with pytest.raises(UnsupportedError, match=words):
        uses(term, L.Filled(1, *term.shape) if term.legs else Integer(1), Algebra())
