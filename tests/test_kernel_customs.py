"""What kernels make of sums over entries and of x; the loss that a model states stays the same number."""

import numpy as np
import pytest
from sympy import Integer, Rational, Symbol

from symbolic.judging.kernel import kernel_source, lambdify
from symbolic.kernels.customs import for_kernels
from symbolic.language import (
    Entry,
    Filled,
    Hadamard,
    NormSquared,
    Plus,
    Power,
    Product,
    Relation,
    SumOver,
    Total,
    Transpose,
    Where,
    exp,
    log,
    softmax,
    tanh,
)
from symbolic.model import Network

k, j = Symbol("k"), Symbol("j")


def classifier(loss_of):
    """p = softmax(W x + b) of one example x, and a loss of z, p and y."""
    net = Network("classifier")
    n, d = net.sizes("n d")
    W, b, x, y = net.weight("W", n, d), net.weight("b", n), net.weight("x", d), net.label("y", n)
    z, p, loss = net.state("z", n), net.state("p", n), net.state("E")
    net.define(z, W * x + b)
    net.define(p, softmax(z))
    net.define(loss, loss_of(z, p, y, W, x, n, d))
    return net.model(loss=loss)


def over(body, letter, size):
    return SumOver(body, letter, 1, size)


# name: (the loss by entries, and by vectors)
LOSSES = {
    "cross-entropy": (
        lambda z, p, y, W, x, n, d: -over(Product(Entry(y, k), log(Entry(p, k))), k, n),
        lambda z, p, y, W, x, n, d: -Product(Transpose(y), log(p)),
    ),
    "squares": (
        lambda z, p, y, W, x, n, d: Product(Rational(1, 2), over(Power(Entry(p, k) - Entry(y, k), 2), k, n)),
        lambda z, p, y, W, x, n, d: Product(Rational(1, 2), NormSquared(p - y)),
    ),
    "summand by summand": (
        lambda z, p, y, W, x, n, d: over(Plus(exp(Entry(z, k)), -Product(2, Entry(y, k), Entry(p, k))), k, n),
        lambda z, p, y, W, x, n, d: Plus(Total(exp(z)), Product(-1, 2, Product(Transpose(y), p))),
    ),
    "three factors": (
        lambda z, p, y, W, x, n, d: over(Product(Entry(y, k), Entry(p, k), Entry(z, k)), k, n),
        lambda z, p, y, W, x, n, d: Total(Hadamard(y, p, z)),
    ),
    "weights by entries": (
        lambda z, p, y, W, x, n, d: over(Product(tanh(over(Product(Entry(W, k, j), Entry(x, j)), j, d)), Entry(y, k)), k, n),
        lambda z, p, y, W, x, n, d: Product(Transpose(tanh(W * x)), y),
    ),
    "a number": (
        lambda z, p, y, W, x, n, d: Product(over(Integer(1), k, n), NormSquared(p)),
        lambda z, p, y, W, x, n, d: Product(Total(Filled(1, (n,))), NormSquared(p)),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_sums_over_entries_are_written_by_vectors(name):
    entries, vectors = map(classifier, LOSSES[name])
    by_entries, by_vectors = (kernel_source(m) for m in (entries, vectors))
    assert "Σ_{k" not in by_entries and "Σ_{j" not in by_entries
    rng = np.random.default_rng(3)
    params = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=4)}
    batch = {"x": rng.normal(size=(5, 3)), "y": rng.random((5, 4))}
    loss, gradients = lambdify(entries)(params, batch)
    again, other = lambdify(vectors)(params, batch)
    assert loss == pytest.approx(again, rel=1e-14)
    for key in params:
        assert np.allclose(gradients[key], other[key], rtol=1e-13, atol=1e-14)
        step = {**params, key: params[key] + 0}
        step[key][(0,) * step[key].ndim] += 1e-6
        assert (lambdify(entries)(step, batch)[0] - loss) / 1e-6 == pytest.approx(gradients[key].flat[0], rel=1e-3, abs=1e-4)
    assert by_vectors.count("\n") > 20


def test_x_of_a_network_without_steps_is_data():
    model = for_kernels(classifier(LOSSES["squares"][0]))
    assert model.families["x"].role == "input" and model.families["b"].role == "weight"
    assert for_kernels(model) is model
    text = kernel_source(model)
    assert "    x: (B, d)" in text and "T steps" not in text


def test_what_is_no_sum_over_all_entries_stays():
    def losses(z, p, y, W, x, n, d):
        some = SumOver(Product(Entry(y, k), Entry(p, k)), k, 2, n)
        return some + over(Where(Entry(p, k), Relation("<", k, Integer(3))), k, n)

    model = classifier(losses)
    assert for_kernels(model).equations == model.equations
