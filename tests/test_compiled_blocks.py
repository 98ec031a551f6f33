"""Weights that are rows of one array, and sums that begin with a term: what the compiled back end makes of a program."""

import numpy as np
import pytest
from compiled_programs import largest_difference, program

from derivations import gru, lstm, sigmoid_rnn
from symbolic import Network, NormSquared, SumOver, lambdify, tanh
from symbolic.kernels import compiled
from symbolic.kernels.blocks import Unstacked
from symbolic.kernels.compiled.source import c_source

STACKED = {"Wx": ("W_i", "W_f", "W_g", "W_o"), "Wh": ("U_i", "U_f", "U_g", "U_o"), "b": ("b_i", "b_f", "b_g", "b_o")}


def lstm_arguments(T, B, n, classes=3, seed=1):
    g = np.random.default_rng(seed)
    shapes = {**{f"{w}_{s}": (n, n) for w in "WU" for s in "ifgo"}, **{f"b_{s}": (n,) for s in "ifgo"}}
    shapes |= {"V": (classes, n), "a": (classes,)}
    batch = {"x": g.normal(size=(T, B, n)), "y": np.eye(classes)[g.integers(classes, size=(T, B))], "h0": g.normal(size=(B, n))}
    return {key: g.normal(size=shape) / 2 for key, shape in shapes.items()}, batch | {"c0": g.normal(size=(B, n))}


def joined(arrays, stacked=STACKED):
    left = {key: a for key, a in arrays.items() if not any(key in names for names in stacked.values())}
    return left | {key: np.concatenate([arrays[n] for n in names]) for key, names in stacked.items()}


@pytest.mark.skipif(compiled.compiler() is None, reason="there is no C compiler")
@pytest.mark.parametrize("choice", ["numpy", "c", "auto"])
def test_weights_that_are_rows_of_one_array(choice):
    """As in PyTorch; also with what is said of the steps, and refused where they do not fit."""
    plain, stacked = lambdify(lstm.MODEL), lambdify(lstm.MODEL, choice, STACKED)
    params, batch = lstm_arguments(4, 3, 5)
    for options in ({}, {"lengths": [4, 0, 2], "reduction": "mean", "wrt": "x"}):
        (loss, found), (expected, slopes) = stacked(joined(params), batch, **options), plain(params, batch, **options)
        assert loss == pytest.approx(expected, rel=1e-12)
        slopes = joined(slopes)
        assert set(found) == set(slopes) and all(largest_difference(found[key], slopes[key]) <= 1e-12 for key in slopes)
    given = joined(params)
    for change, message in (
        ({"Wx": None}, "Wx is missing"), ({"Wx": np.ones((21, 5))}, "parameter Wx: expected"), ({"W_i": params["W_i"]}, "W_i is not"),
        ({"Wh": np.ones((20, 6))}, r"parameter (Wh|U_i): expected"), ({"b": np.float64(1)}, "parameter b: expected"),
    ):  # fmt: skip
        wrong = {key: a for key, a in (given | change).items() if a is not None}
        with pytest.raises(ValueError, match=message):
            stacked(wrong, batch)


@pytest.mark.parametrize("wrong, message", [
    ({"Wx": ("W_i", "Q")}, "weight Q is not known"), ({"Wx": ("W_i", "U_i", "W_i")}, "differ in shape"), ({"Wx": ()}, "not known"),
    ({"Wx": ("W_i", "W_f"), "b": ("W_i",)}, "W_i is named twice"), ({"V": ("W_i", "W_f")}, "a weight has this name"),
])  # fmt: skip
def test_weights_that_are_no_rows_of_one_array(wrong, message):
    with pytest.raises(ValueError, match=message):
        lambdify(lstm.MODEL, "numpy", wrong)


STACKINGS = [
    (lstm.MODEL, STACKED), (lstm.MODEL, {"two": ("W_o", "W_f"), "one": ("V",)}),
    (gru.MODEL, {key: tuple(f"{letter}_{gate}" for gate in "rzh") for key, letter in zip(("Wx", "Wh", "bx", "bh"), "WUbe", strict=True)}),
    (gru.MODEL, {"b": ("b_r", "e_h", "b_z", "e_r"), "W": ("W_h", "W_r")}),
    (sigmoid_rnn.MODEL, {"M": ("W",), "b": ("b_in",)}),
]  # fmt: skip
SHAPES = [(1, 1, 3), (5, 1, 4), (2, 3, 5), (3, 1, 70)]
"""Steps, samples, the least size: short vectors of one sample have a form of their own."""


@pytest.mark.parametrize("model, arrays", STACKINGS, ids=[f"{model.name} {' '.join(arrays)}" for model, arrays in STACKINGS])
def test_rows_of_one_array_in_numpy(model, arrays):
    """The gradients of b_r and e_r of a GRU are one sum, which stands in two arrays; none is the memory of the next call."""
    plain, stacked = lambdify(model), lambdify(model, stacked=arrays)
    assert not isinstance(stacked.plain, Unstacked)
    for T, B, least in SHAPES:
        params, batch = drawn(model, T, B, least)
        (loss, found), (expected, slopes) = stacked(joined(params, arrays), batch), plain(params, batch)
        again, slopes = stacked(joined(params, arrays), batch)[1], joined(slopes, arrays)
        assert loss == pytest.approx(expected, rel=1e-12) and set(found) == set(slopes)
        for key, slope in slopes.items():
            assert np.abs(found[key] - slope).max() <= 1e-12 * max(np.abs(slope).max(), 1e-9), (T, B, key)
            assert (again[key] == found[key]).all() and not np.shares_memory(again[key], found[key])


def drawn(model, T, B, least):
    g = np.random.default_rng(T + B)
    letters = sorted({str(s) for f in model.families.values() for leg in (*f.rows, *f.cols) for s in leg.free_symbols})

    def size(leg):
        return int(leg) if leg.is_Integer else least + letters.index(str(leg))

    shapes = {f.name: tuple(map(size, (*f.rows, *f.cols))) for f in model.families.values()}
    params = {f.name: g.normal(size=shapes[f.name]) / 2 for f in model.of_role("weight")}
    batch = {f.name: g.normal(size=(T, B, *shapes[f.name])) for f in model.of_role("input")}
    return params, batch | {f.name: np.eye(shapes[f.name][0])[g.integers(3, size=(T, B))] for f in model.of_role("label")}


@pytest.mark.parametrize("choice", ["numpy", "c"])
def test_a_size_that_only_stacked_rows_tell(choice):
    net = Network("two")
    n, m = net.sizes("n m")
    t = net.time("t", length="T")
    x, W, U = net.input("x", n, at=t), net.weight("W", m, n), net.weight("U", m, n)
    h, L = net.state("h", m, at=t), net.state("L")
    net.define(h[t], tanh(W * x[t]) + U * x[t])
    net.define(L, SumOver(NormSquared(h[t]), t, 1, net.length("T")))
    params, batch = drawn(net.model(loss=L), 4, 2, 3)
    stacked = lambdify(net.model(loss=L), choice, {"WU": ("W", "U")})
    given = {"WU": np.concatenate([params["W"], params["U"]])}
    assert stacked(given, batch)[0] == pytest.approx(lambdify(net.model(loss=L))(params, batch)[0])
    with pytest.raises(ValueError, match=r"parameter WU: expected shape m\+m x n = \(6, 4\), found \(7, 4\)"):
        stacked({"WU": np.ones((7, 4))}, batch)


def test_sums_begin_with_their_other_term():
    """One array is read after a product: what is added to it stood in the registers before."""
    source = c_source(program("tanh_rnn"), {"d": 8, "n": 8, "C": 8} | dict.fromkeys(program("tanh_rnn").sizes, 8), 64).text
    passes = [line for line in source.splitlines() if "function_tanh" in line]
    assert passes and all(line.count("[") == 1 for line in passes)
