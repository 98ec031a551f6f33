"""What kernels make of sums over entries and of x; the loss that a model states stays the same number."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer, Rational, Symbol

from symbolic.judging.kernel import kernel_source, lambdify
from symbolic.kernels import compile_kernel
from symbolic.kernels.customs import for_kernels
from symbolic.kernels.splitting import split
from symbolic.language import (
    Concat,
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
    sigmoid,
    softmax,
    tanh,
)
from symbolic.model import Equation, Network

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
        lambda z, p, y, W, x, n, d: over(Product(over(Product(Entry(W, k, j), Entry(W, k, j)), j, d), Entry(y, k)), k, n),
        lambda z, p, y, W, x, n, d: Product(Transpose(Hadamard(W, W) * Filled(1, (d,))), y),
    ),
    "a number": (
        lambda z, p, y, W, x, n, d: Product(over(Integer(1), k, n), NormSquared(p)),
        lambda z, p, y, W, x, n, d: Product(Total(Filled(1, (n,))), NormSquared(p)),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_sums_over_entries_are_written_by_vectors(name):
    entries, vectors = map(classifier, LOSSES[name])
    text = kernel_source(entries)
    assert "Σ_{k" not in text and "Σ_{j" not in text
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


def test_x_of_a_network_without_steps_is_data():
    model = for_kernels(classifier(LOSSES["squares"][0]))
    assert model.families["x"].role == "input" and model.families["b"].role == "weight"
    assert for_kernels(model) is model
    text = kernel_source(model)
    assert "    x: (B, d)" in text and "T steps" not in text


def test_x_that_is_sought_stays_a_parameter():
    """f = xᵀ A x has a gradient by x; so has an x beside the steps of a recurrent network."""
    net = Network("form")
    (n,) = net.sizes("n")
    x, A, f = net.weight("x", n), net.label("A", n, n), net.state("f")
    net.define(f, Transpose(x) * A * x)
    form = net.model(loss=f)
    assert for_kernels(form) is form
    moved = joined(lambda h, x: Concat(0, h, x))
    named = replace(moved.families["b"], name="x_b")
    families = {("x_b" if k == "b" else k): named if k == "b" else v for k, v in moved.families.items()}
    equations = tuple(Equation(e.left, e.right.xreplace({moved.families["b"].var: named.var})) for e in moved.equations)
    recurrent = replace(moved, families=families, equations=equations)
    assert for_kernels(recurrent) is recurrent


def test_what_is_no_sum_over_all_entries_stays():
    def losses(z, p, y, W, x, n, d):
        some = SumOver(Product(Entry(y, k), Entry(p, k)), k, 2, n)
        return some + over(Where(Entry(p, k), Relation("<", k, Integer(3))), k, n)

    model = classifier(losses)
    assert for_kernels(model).equations == model.equations


def joined(uses):
    """A net of units that see the state before and the input above each other: W [h, x] and what `uses` says."""
    net = Network("joined")
    n, d = net.sizes("n d")
    t = net.time("t", length="T")
    x, y, h = net.input("x", d, at=t), net.label("y", n, at=t), net.state("h", n, at=t)
    W, G, b = net.weight("W", n, n + d), net.weight("G", n, n + d), net.weight("b", n)
    loss, g = net.state("L"), net.state("g", n, at=t)
    net.define(g[t], sigmoid(G * uses(h[t - 1], x[t]) + b))
    net.define(h[t], Hadamard(g[t], tanh(W * Concat(0, h[t - 1], x[t]))))
    net.define(loss, Product(Rational(1, 2), SumOver(NormSquared(h[t] - y[t]), t, 1, net.length("T"))))
    return net.model(loss=loss)


SAME, TURNED = (lambda h, x: Concat(0, h, x)), (lambda h, x: Concat(0, x, h))


@pytest.mark.parametrize("uses", (SAME, TURNED))
@pytest.mark.parametrize("backend", ("numpy", "auto"))
def test_weights_of_joined_vectors_are_computed_apart(uses, backend):
    model = joined(uses)
    rng = np.random.default_rng(5)
    params = {"W": rng.normal(size=(4, 7)), "G": rng.normal(size=(4, 7)), "b": rng.normal(size=4)}
    batch = {"x": rng.normal(size=(6, 2, 3)), "y": rng.normal(size=(6, 2, 4)), "h0": rng.normal(size=(2, 4))}
    loss, gradients = compile_kernel(kernel_source(model))(params, batch)
    function = lambdify(model, backend)
    for options in ({}, {"lengths": [6, 6]}, {"chunk": 4}):
        again, other = function(params, batch, **options)
        assert again == pytest.approx(loss, rel=1e-13) and set(other) == set(gradients)
        assert all(np.allclose(other[k], g, rtol=1e-12, atol=1e-13) for k, g in gradients.items())
    with pytest.raises(ValueError, match=r"parameter W: expected n [+] d = 4 [+] 3 columns, found shape"):
        function({**params, "W": params["W"][:, 1:]}, batch)
    with pytest.raises(ValueError, match="parameter W is missing"):
        function({"G": params["G"], "b": params["b"]}, batch)
    renamed = {"W": params["W"], "G": params["G"], "c": params["b"]}
    wrong = {
        "parameter c is not known; known are W, G, b": renamed,
        "parameter W: expected a matrix": {**params, "W": params["b"]},
        "parameter W: expected n = 4 rows, found shape": {**params, "W": params["W"][1:]},
        "parameter Q is not known; known are W, G, b": {**params, "Q": params["b"]},
        "parameter b is missing; needed are W, G, b": {"W": params["W"], "G": params["G"]},
    }
    for message, given in wrong.items():
        with pytest.raises(ValueError, match=message):
            function(given, batch)


def test_what_is_apart_and_what_is_not():
    both = split(joined(SAME))
    assert {name: [str(size) for _, size in parts] for name, parts in both.parts.items()} == {"W": ["n", "d"], "G": ["n", "d"]}
    assert {n: [str(s) for _, s in p] for n, p in split(joined(TURNED)).parts.items()} == {"W": ["n", "d"], "G": ["d", "n"]}
    assert not any(e.right.has(Concat) for e in both.model.equations)
    twice = split(joined(lambda h, x: Concat(0, h, x) + Concat(0, h, Product(2, x))))  # G stands before a sum
    assert set(twice.parts) == {"W"}
    assert split(classifier(LOSSES["squares"][1])) is None
