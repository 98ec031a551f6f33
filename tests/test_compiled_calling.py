"""How a call hands over arrays: memory between calls, and which arrays are those of a plan."""

import numpy as np
import pytest
from compiled_programs import arguments, program

from symbolic.kernels import compiled
from symbolic.kernels.compiled import CompiledKernel
from symbolic.kernels.compiled.calling import ALIGNED, Call, Passed, Work, written_out

KEY = "x'], quit(), ['"
"""Keys are variables of the text, so none can end a string of it."""


def test_memory_is_lent_without_leftovers():
    work, first, second = Work(), object(), object()
    address = work.lent(first, 1000)
    assert address % ALIGNED == 0 and work.owner is first
    work.block[:] = 7
    assert work.lent(second, 500) == address and work.owner is second
    start = work.start
    assert not work.block[start : start + 500].any() and work.block[start + 500 :].any()
    assert work.lent(first, 2000) % ALIGNED == 0 and not work.block.any()


def called(seen):
    """A plan for one parameter that is copied, data that is pointed to, a gradient of each kind, and no function in C."""
    head, table = np.zeros(3, np.intp), np.zeros(4, np.intp)
    places = [np.zeros((2, 3)), np.full(2, 5.0)]
    arrays = [
        Passed("parameter", KEY, (2, 3), 0, places[0]), Passed("data", "y", (4,), 1),
        Passed("gradient", KEY, (2,), 2, places[1]), Passed("gradient", "b", (3,), 3),
    ]  # fmt: skip

    def function(address):
        seen.append((places[0].copy(), table.copy(), head.copy()))

    return written_out(Call(function, None, head, table, Work(), 64, np.dtype(float), np.array(2.5)), arrays)


def test_arrays_go_in_and_out():
    seen = []
    run, W, y = called(seen), np.arange(6.0).reshape(2, 3), np.arange(8.0)
    loss, gradients = run({KEY: W}, {"y": y[:4]})
    (copied, table, head), = seen
    assert loss == 2.5 and list(gradients) == [KEY, "b"] and gradients["b"].shape == (3,)
    assert (copied == W).all() and head[2] and table[1] == y.ctypes.data and table[3] == gradients["b"].ctypes.data
    first = gradients[KEY]
    first[:] = 0
    assert (run({KEY: W}, {"y": y[::2]})[1][KEY] == 5).all()
    assert seen[1][1][1] not in (y.ctypes.data, 0), "the function reads numbers that follow each other"


@pytest.mark.parametrize("params, batch", [
    ({}, {"y": np.zeros(4)}),
    ({KEY: np.zeros((2, 3))}, {}),
    ({KEY: np.zeros((2, 3)), "b": 0}, {"y": np.zeros(4)}),
    ({KEY: np.zeros((2, 3))}, {"x": np.zeros(4)}),
    ({KEY: np.zeros((1, 3))}, {"y": np.zeros(4)}),
    ({KEY: np.zeros((2, 3))}, {"y": np.zeros(5)}),
    ({KEY: np.zeros((2, 3), np.float32)}, {"y": np.zeros(4)}),
    ({KEY: np.zeros((2, 3))}, {"y": np.zeros(4, int)}),
])  # fmt: skip
def test_other_arrays_are_another_plan(params, batch):
    seen = []
    assert called(seen)(params, batch) is None and not seen


def test_what_is_no_array_is_told():
    with pytest.raises(AttributeError):
        called([])({KEY: [[0, 0, 0], [0, 0, 0]]}, {"y": np.zeros(4)})


@pytest.mark.skipif(compiled.compiler() is None, reason="there is no C compiler")
def test_what_is_no_normal_number_counts_as_zero():
    """Inside of a kernel; outside of it such numbers stay (see `test_small_numbers_stay`)."""
    kernel = CompiledKernel(program("tanh_rnn"), ("-O0",))
    params, batch = arguments(program("tanh_rnn"), (3, 5, 9), 4, 3, np.float32)
    zero = {key: np.zeros_like(a) for key, a in params.items()}
    small = {key: np.full_like(a, 1e-42) for key, a in params.items()}
    (loss, found), (expected, slopes) = kernel(small, batch), kernel(zero, batch)
    assert loss == expected and any(slope.any() for slope in slopes.values())
    assert all((found[key] == slopes[key]).all() for key in slopes)
