"""The compiled back end: programs in C against the same programs in plain NumPy, and how arrays go in and out."""

import random
import threading

import numpy as np
import program_values
import pytest
from compiled_programs import arguments, largest_difference, program
from compiled_random import Draw, call

from derivations import tanh_rnn
from symbolic import lambdify
from symbolic.kernels import compiled
from symbolic.kernels.compiled import CompiledKernel, backend, library
from symbolic.kernels.compiled.source import c_source
from symbolic.kernels.compiled.values import expression
from symbolic.kernels.program import Assign, Load, Product, Start
from symbolic.language import NormSquared, SumOver, tanh
from symbolic.model import Network

pytestmark = pytest.mark.skipif(compiled.compiler() is None, reason="there is no C compiler")

QUICK = ("-O0",)
KERNELS = {}


def kernel(name, *flags):
    return KERNELS.setdefault((name, flags), CompiledKernel(program(name), flags or QUICK))


CASES = [
    # name, sizes, (steps, samples) pairs: with the same sizes nothing is compiled again; a strip has 96 rows
    ("tanh_rnn", (3, 5, 9), [(1, 1), (2, 3), (5, 17), (130, 2), (97, 1)]),
    ("sigmoid_rnn", (3, 7, 10, 17, 2), [(1, 1), (4, 5), (200, 1)]),
    ("relu_classifier", (11,), [(1, 1), (3, 2), (20, 9), (3, 100)]),
    ("lstm", (3, 5, 9), [(1, 1), (4, 3), (33, 3), (192, 1), (5, 97)]),
    ("gru", (9, 8, 16), [(1, 2), (4, 3), (33, 3), (4, 96)]),
    ("lstm in blocks", (3, 5, 9), [(1, 1), (4, 3), (33, 3)]),
    ("gru in blocks", (9, 8, 16), [(1, 2), (33, 3)]),
    ("stacked", (5, 3, 8, 13), [(1, 1), (4, 3), (33, 6)]),
    ("functions", (3, 7), [(2, 3), (3, 1), (100, 2)]),
]
PRECISIONS = {np.float64: 1e-13, np.float32: 5e-6}


@pytest.mark.parametrize("dtype", PRECISIONS, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name, sizes, lengths", CASES, ids=[c[0] for c in CASES])
def test_values_and_gradients(name, sizes, lengths, dtype):
    if dtype == np.float32 and name in ("gru", "gru in blocks", "stacked", "functions"):
        return  # every kind of operation stands in the others
    for T, B in lengths:
        params, batch = arguments(program(name), sizes, T, B)
        single = arguments(program(name), sizes, T, B, dtype)
        loss, gradients = kernel(name)(*single)
        expected, slopes = program_values.run(program(name), params, batch)
        assert abs(loss - expected) <= PRECISIONS[dtype] * max(abs(expected), 1), (T, B)
        assert loss.dtype == dtype and set(gradients) == set(params)
        for key, slope in slopes.items():
            assert gradients[key].dtype == dtype and gradients[key].shape == np.shape(slope)
            assert largest_difference(gradients[key], slope) <= PRECISIONS[dtype], (T, B, key)
        for arrays, before in zip(single, arguments(program(name), sizes, T, B, dtype), strict=True):
            assert all((arrays[key] == before[key]).all() for key in arrays)


@pytest.mark.parametrize("seed", range(6))
def test_random_programs(seed):
    """Operations change their order, loops run strip by strip, buffers share memory: the results do not change."""
    found, n = Draw(random.Random(seed)).program(), (3, 8, 9)[seed % 3]
    run = CompiledKernel(found, QUICK)
    for T, B in ((1, 1), (2, 3), (5, 40), (3, 97)):
        params, batch = arguments(found, (n,), T, B)
        loss, gradients = run(params, batch)
        expected, slopes = program_values.run(found, params, batch)
        assert loss == pytest.approx(expected, rel=1e-11, abs=1e-11)
        assert all(largest_difference(gradients[key], slope) <= 1e-11 for key, slope in slopes.items()), (T, B)


def overwritten(d):
    """What an operation reads is changed after it, while it still waits for a product."""
    a, q, p, o = (d.new() for _ in range(4))
    d.operations += [Assign(o, d.squashed(d.y)), Assign(a, d.squashed(d.x)), Product(q, Load(a), Load(d.matrices[0]))]
    d.operations += [Assign(p, call("+", Load(q), Load(o))), Assign(o, Load(d.x), add=True)]
    d.rows = [o, p]


def added_to(d):
    a, q, o = (d.new() for _ in range(3))
    d.operations += [Assign(a, d.squashed(d.x)), Product(q, Load(a), Load(d.matrices[0])), Assign(o, d.squashed(q))]
    d.operations += [Assign(o, Load(d.y), add=True)]
    d.rows = [o]


def slope_of_what_changes(d):
    a, c = d.new(), d.new()
    d.operations += [Assign(a, d.squashed(d.x)), Assign(c, call("*", Load(a), Load(a))), Assign(a, Load(d.y), add=True)]
    d.rows = [c]
    d.upwards()
    d.rows = [a, d.states[0]]


def earlier_rows_downwards(d):
    """A strip that runs downwards has not yet computed the row before its own."""
    s, r = d.new(before=1), d.new()
    d.operations += [Start(s, Load(d.first)), Assign(s, d.squashed(d.x))]
    d.rows = [s, d.y]
    d.downwards()
    d.operations.append(Assign(r, call("+", Load(s, -1), Load(d.rows[-1]))))
    d.rows = [r]


def matrix_that_changes(d):
    m, q, p = d.new(time=False, batch=False, legs=("n", "n")), d.new(), d.new()
    d.operations += [Assign(m, d.squashed(d.matrices[0])), Product(q, Load(d.x), Load(m))]
    d.operations += [Assign(m, Load(d.matrices[1]), add=True), Product(p, Load(q), Load(m))]
    d.rows = [p, q]


def product_of_what_changes(d):
    """A product that begins with a term is computed where the sum is, unless its factors have changed by then."""
    a, q, p = (d.new() for _ in range(3))
    d.operations += [Assign(a, d.squashed(d.x)), Product(q, Load(a), Load(d.matrices[0])), Assign(a, Load(d.y), add=True)]
    d.operations.append(Assign(p, call("+", Load(q), Load(d.y))))
    d.rows = [p, a]


def product_that_is_read_twice(d):
    q, p, o = (d.new() for _ in range(3))
    d.operations += [Product(q, Load(d.x), Load(d.matrices[0])), Assign(p, call("+", Load(q), Load(d.y))), Assign(o, d.squashed(q))]
    d.rows = [p, o]


def sum_that_is_needed(d):
    """A sum over all rows is complete only after the last strip."""
    d.rows = [d.x, d.y]
    d.total()
    r = d.new()
    d.operations.append(Assign(r, call("+", Load(d.x), Load(d.vectors[-1]))))
    d.rows = [r]
    d.contraction()
    d.rows.append(d.new())
    d.operations.append(Product(d.rows[-1], Load(r), Load(d.matrices[-1])))


ORDERS = [
    overwritten, added_to, slope_of_what_changes, earlier_rows_downwards, matrix_that_changes, product_of_what_changes,
    product_that_is_read_twice, sum_that_is_needed,
]  # fmt: skip


@pytest.mark.parametrize("build", ORDERS, ids=lambda b: b.__name__)
def test_what_must_keep_its_order_does(build):
    drawn = Draw(random.Random(1))
    build(drawn)
    found = drawn.finished()
    for T, B in ((3, 2), (3, 97), (200, 1)):
        params, batch = arguments(found, (3,), T, B)
        loss, gradients = CompiledKernel(found, QUICK)(params, batch)
        expected, slopes = program_values.run(found, params, batch)
        assert loss == pytest.approx(expected, rel=1e-11, abs=1e-11)
        assert all(largest_difference(gradients[key], slope) <= 1e-11 for key, slope in slopes.items()), (T, B)


def test_the_slope_of_relu_keeps_nan():
    told = expression(call("*", Load("a"), call("step", Load("b"))), lambda load, how: load.buffer)
    assert told == "(b <= 0 ? 0 : (a))"


def test_with_the_flags_of_the_house():
    """The code that users get: vectors, tiles of every height and width."""
    for sizes, T, B in (((4, 33, 70), 7, 15), ((4, 33, 70), 2, 1)):
        params, batch = arguments(program("tanh_rnn"), sizes, T, B)
        run = KERNELS.setdefault("house", CompiledKernel(program("tanh_rnn")))
        loss, gradients = run(params, batch)
        expected, slopes = program_values.run(program("tanh_rnn"), params, batch)
        assert loss == pytest.approx(expected, rel=1e-13)
        assert all(largest_difference(gradients[key], slope) <= 1e-13 for key, slope in slopes.items())


# What goes in and comes out.


def same(one, other):
    assert one[0] == other[0]
    assert all((one[1][key] == other[1][key]).all() for key in other[1])


def test_arrays_of_any_kind():
    """Not contiguous, read-only, nested lists, of another precision: all as NumPy would take them."""
    params, batch = arguments(program("tanh_rnn"), (3, 5, 9), 400, 3)
    run = kernel("tanh_rnn")
    expected = run(params, batch)
    for change in (
        lambda a: np.asfortranarray(a),
        lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
        lambda a: a.tolist(),
        lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
        lambda a: a.astype(a.dtype.newbyteorder()),
    ):
        same(run({k: change(a) for k, a in params.items()}, {k: change(a) for k, a in batch.items()}), expected)
    mixed = run(params, {k: a.astype(np.float32) for k, a in batch.items()})
    rounded = run(params, {k: a.astype(np.float32).astype(np.float64) for k, a in batch.items()})
    same(mixed, rounded)


def test_results_are_the_callers_own():
    params, batch = arguments(program("tanh_rnn"), (3, 5, 9), 5, 3)
    loss, gradients = kernel("tanh_rnn")(params, batch)
    kept = {key: g.copy() for key, g in gradients.items()}
    kernel("tanh_rnn")({key: a + 1 for key, a in params.items()}, batch)
    assert all((gradients[key] == kept[key]).all() for key in kept)
    gradients["W"][:] = 7
    same(kernel("tanh_rnn")(params, batch), (loss, kept))


def test_initial_values_default_to_zero():
    params, batch = arguments(program("tanh_rnn"), (3, 5, 9), 5, 3)
    short = {k: v for k, v in batch.items() if k != "h0"}
    same(kernel("tanh_rnn")(params, short), kernel("tanh_rnn")(params, {**batch, "h0": np.zeros_like(batch["h0"])}))
    assert kernel("tanh_rnn")(params, short)[0] != kernel("tanh_rnn")(params, batch)[0]


WRONG = [
    ({"W": np.ones((5, 2))}, {}, r"parameter W: expected shape n x n = \(9, 9\), found \(5, 2\)"),
    ({"Z": np.ones(5)}, {}, r"parameter Z is not known; known are U, W, b, V, c"),
    ({"U": None}, {}, "parameter U is missing; needed are U, W, b, V, c"),
    ({}, {"h0": np.ones((2, 3))}, r"data h0: expected shape B x n = \(3, 9\), found \(2, 3\)"),
    ({}, {"x": None}, "data x is missing; needed are x, y, h0"),
    ({}, {"x": np.ones((0, 3, 5)), "y": np.ones((0, 3, 3))}, "at least one step, not 0"),
    (dict.fromkeys("UWbVc", 1), {}, "expected float32 or float64, found int64"),
]


@pytest.mark.parametrize("params, batch, message", WRONG)
def test_wrong_arguments(params, batch, message):
    right = arguments(program("tanh_rnn"), (3, 5, 9), 4, 3)
    kernel("tanh_rnn")(*right)  # also where a call before was right
    both = [r | new for r, new in zip(right, (params, batch), strict=True)]
    changed = [{k: v for k, v in arrays.items() if v is not None} for arrays in both]
    with pytest.raises(ValueError, match=message):
        kernel("tanh_rnn")(*changed)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["tanh_rnn", "sigmoid_rnn", "relu_classifier", "lstm"])
def test_no_number_stays_none(name, bad):
    """A nan anywhere makes the loss nan; an infinite input gives nan or infinity or a saturated unit, never an exception."""
    sizes = next(c[1] for c in CASES if c[0] == name)
    params, batch = arguments(program(name), sizes, 3, 2)
    for arrays in (params, batch):
        for key in arrays:
            changed = {k: a.copy() for k, a in arrays.items()}
            changed[key].reshape(-1)[-1] = bad
            loss, _ = kernel(name)(*((changed, batch) if arrays is params else (params, changed)))
            assert not np.isnan(bad) or np.isnan(loss), key


@pytest.mark.parametrize("name", ["tanh_rnn", "sigmoid_rnn", "relu_classifier", "lstm", "gru"])
def test_extreme_arguments(name):
    """Pre-activations of ±1e4 (single precision: ±1e3) do not overflow."""
    sizes = next(c[1] for c in CASES if c[0] == name)
    for dtype, scale in ((np.float64, 1e4), (np.float32, 1e3)):
        loss, gradients = kernel(name)(*arguments(program(name), sizes, 3, 2, dtype, scale=scale))
        assert np.isfinite(loss) and all(np.isfinite(g).all() for g in gradients.values())


def test_small_numbers_stay():
    """Loading and running a kernel does not switch denormal numbers off, in this thread or another."""
    found = []

    def work(run):
        if run:
            CompiledKernel(program("tanh_rnn"), QUICK)(*arguments(program("tanh_rnn"), (3, 5, 9), 4, 3))
        found.append((np.full(8, 5e-324) * np.full(8, 1.0)).min() > 0)

    for run in (True, False):
        thread = threading.Thread(target=work, args=(run,))
        thread.start()
        thread.join()
    work(True)
    assert found == [True] * 3


def test_threads_have_their_own_memory():
    given = [arguments(program("lstm"), (3, 5, 9), T, 3, seed=T) for T in (40, 41, 42, 43)]
    expected = [kernel("lstm")(*g) for g in given]
    wrong = []

    def work(which):
        for _ in range(30):
            loss, gradients = kernel("lstm")(*given[which])
            if loss != expected[which][0] or any((gradients[k] != expected[which][1][k]).any() for k in gradients):
                wrong.append(which)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# The text.

EVIL = 'W"""\n*/ #include <x>\n"""\\'


def test_names_are_never_code():
    """Names from a note are keys; the text in C has none of them, so that equal models share a library."""
    from symbolic.derivation import derive
    from symbolic.kernels.building import program_of

    texts = []
    for name, other in ((EVIL, "x; */ abort()"), ("W", "x")):
        net = Network(other, name)
        n, d = net.sizes("n d")
        t = net.time("t", length="T")
        x, W = net.input(other, d, at=t), net.weight(name, n, d)
        loss = net.state("L")
        net.define(loss, SumOver(NormSquared(tanh(W * x[t])), t, 1, net.length("T")))
        derivation = derive(net.model(loss=loss), assume=False)
        rules = derivation.adjoints.items()
        parts = {key: [(c.term, c.offset, c.condition) for c in rule.contributions] for key, rule in rules}
        made = program_of(net.model(loss=loss), parts, derivation.gradients)
        made = made[0] if isinstance(made, tuple) else made
        texts.append(c_source(made, dict.fromkeys(made.sizes, 3), 64).text)
        value, gradients = CompiledKernel(made, QUICK)({name: np.ones((2, 3))}, {other: np.full((4, 5, 3), 0.1)})
        assert value == pytest.approx(4 * 5 * 2 * np.tanh(0.3) ** 2) and gradients[name].shape == (2, 3)
    assert texts[0] == texts[1]


# Choosing.


def test_what_has_no_form_in_c_is_computed_with_numpy():
    backend._notice.cache_clear()

    def numpy(params, batch):
        return "numpy", {}

    right = arguments(program("tanh_rnn"), (3, 5, 9), 4, 3)
    assert backend.with_backend("numpy", program("tanh_rnn"), numpy) is numpy
    assert backend.with_backend("auto", None, numpy) is numpy
    with pytest.warns(RuntimeWarning, match="no form in C"):
        assert backend.with_backend("c", None, numpy) is numpy
    assert isinstance(backend.with_backend("c", program("tanh_rnn"), numpy), backend.Chosen)
    with pytest.raises(ValueError, match="known are numpy, c, auto"):
        backend.with_backend("fortran", None, numpy)
    chosen = backend.Chosen(program("tanh_rnn"), numpy, "c")
    chosen.flags = QUICK
    same(chosen(*right), kernel("tanh_rnn")(*right))


@pytest.mark.parametrize("choice", ["c", "auto"])
def test_lambdify_takes_the_back_end(choice):
    right = arguments(program("tanh_rnn"), (3, 5, 9), 4, 3)
    found, known = (lambdify(tanh_rnn.MODEL, name)(*right) for name in (choice, "numpy"))
    assert np.isclose(found[0], known[0], rtol=1e-13)
    assert all(np.allclose(found[1][key], known[1][key], rtol=1e-12, atol=1e-13) for key in known[1])


def test_a_back_end_that_nobody_knows():
    with pytest.raises(ValueError, match="known are numpy, jax, torch, c, auto"):
        lambdify(tanh_rnn.MODEL, "fortran")


def test_without_a_compiler_there_is_one_notice(monkeypatch):
    backend._notice.cache_clear()
    monkeypatch.setattr(backend, "compiler", lambda: None)
    with pytest.warns(RuntimeWarning, match="no C compiler was found") as told:
        for _ in range(3):
            assert backend.with_backend("auto", program("tanh_rnn"), len) is len
    assert len(told) == 1


def test_a_compiler_that_fails_gives_numpy(monkeypatch):
    backend._notice.cache_clear()

    def fails(*_):
        raise compiled.CompilerError("cc fails: error: no space left")

    monkeypatch.setattr("symbolic.kernels.compiled.kernel.load", fails)
    chosen = backend.Chosen(program("tanh_rnn"), lambda params, batch: "numpy", "c")
    with pytest.warns(RuntimeWarning, match="no space left") as told:
        assert [chosen(*arguments(program("tanh_rnn"), (3, 5, 9), 4, 3)) for _ in range(2)] == ["numpy"] * 2
    assert len(told) == 1


def test_large_matrices_are_left_to_threads(monkeypatch):
    monkeypatch.setattr(backend.CompiledKernel, "_with_plan", lambda kernel, params, batch: "c")
    for threads, size, expected in ((1, 600, "c"), (8, 600, "numpy"), (8, 300, "c")):
        monkeypatch.setattr(backend, "threads", lambda threads=threads: threads)
        chosen = backend.Chosen(program("tanh_rnn"), lambda params, batch: "numpy", "auto")
        assert chosen({"W": np.ones((size, size)), "b": np.ones(size * size)}, {}) == expected


def test_the_runtime_is_plain_text():
    text = library.runtime(64)
    assert text.isascii() and "#include \"" not in text
