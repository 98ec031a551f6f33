"""Weights that are rows of one array, and sums that begin with a term: what the compiled back end makes of a program."""

import numpy as np
import pytest
from compiled_programs import largest_difference, program

from derivations import lstm
from symbolic import lambdify
from symbolic.kernels import compiled
from symbolic.kernels.compiled.source import c_source

STACKED = {"Wx": ("W_i", "W_f", "W_g", "W_o"), "Wh": ("U_i", "U_f", "U_g", "U_o"), "b": ("b_i", "b_f", "b_g", "b_o")}


def lstm_arguments(T, B, n, classes=3, seed=1):
    g = np.random.default_rng(seed)
    shapes = {**{f"{w}_{s}": (n, n) for w in "WU" for s in "ifgo"}, **{f"b_{s}": (n,) for s in "ifgo"}}
    shapes |= {"V": (classes, n), "a": (classes,)}
    batch = {"x": g.normal(size=(T, B, n)), "y": np.eye(classes)[g.integers(classes, size=(T, B))], "h0": g.normal(size=(B, n))}
    return {key: g.normal(size=shape) / 2 for key, shape in shapes.items()}, batch | {"c0": g.normal(size=(B, n))}


def joined(arrays):
    left = {key: a for key, a in arrays.items() if not any(key in names for names in STACKED.values())}
    return left | {key: np.concatenate([arrays[n] for n in names]) for key, names in STACKED.items()}


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


def test_sums_begin_with_their_other_term():
    """One array is read after a product: what is added to it stood in the registers before."""
    source = c_source(program("tanh_rnn"), {"d": 8, "n": 8, "C": 8} | dict.fromkeys(program("tanh_rnn").sizes, 8), 64).text
    passes = [line for line in source.splitlines() if "function_tanh" in line]
    assert passes and all(line.count("[") == 1 for line in passes)
