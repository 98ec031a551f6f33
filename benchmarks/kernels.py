"""Kernels against a loop as a student writes it: loss and all gradients of a tanh network with a softmax at every step.

    python benchmarks/kernels.py            ratios, and how the time grows with steps, samples and size

All times of a table are taken in one run, in turns, on one thread; only their ratios mean anything.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from statistics import median
from time import process_time

import numpy as np

from derivations.tanh_rnn import MODEL
from symbolic import lambdify
from symbolic.kernels.compiled import compiler

SIZES = {"small": (10, 1, 8, 4), "medium": (50, 16, 64, 16), "large": (100, 32, 256, 64), "long": (2000, 1, 32, 16)}
"""Steps, samples, units and inputs, classes."""

SAMPLES, LEAST = 7, 0.02
"""Times of which the median counts; seconds that one takes at least."""


def by_hand(params, batch):
    """The loop over the steps, forwards and backwards."""
    U, W, b, V, c = (params[k] for k in "UWbVc")
    x, y = batch["x"], batch["y"]
    h, hidden, errors, loss = np.zeros((x.shape[1], len(b))), [], [], 0.0
    hidden.append(h)
    for x_t, y_t in zip(x, y, strict=True):
        h = np.tanh(x_t @ U.T + h @ W.T + b)
        o = h @ V.T + c
        e = np.exp(o - o.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss -= np.sum(y_t * np.log(p))
        hidden.append(h)
        errors.append(p - y_t)
    found = {k: np.zeros_like(params[k]) for k in "UWbVc"}
    after = np.zeros_like(h)
    for t in reversed(range(len(x))):
        e, h = errors[t], hidden[t + 1]
        found["V"] += e.T @ h
        found["c"] += e.sum(0)
        d = (e @ V + after @ W) * (1 - h**2)
        found["U"] += d.T @ x[t]
        found["W"] += d.T @ hidden[t]
        found["b"] += d.sum(0)
        after = d
    return loss, found


def drawn(steps, samples, units, classes, dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = {"U": (units, units), "W": (units, units), "b": (units,), "V": (classes, units), "c": (classes,)}
    params = {k: (rng.normal(size=s) / np.sqrt(units)).astype(dtype) for k, s in shapes.items()}
    x = rng.normal(size=(steps, samples, units)).astype(dtype)
    return params, {"x": x, "y": np.eye(classes, dtype=dtype)[rng.integers(classes, size=(steps, samples))]}


def measured(functions, params, batch):
    """Median seconds of each function, in turns."""
    times = {name: [] for name in functions}
    often = {}
    for name, run in functions.items():
        run(params, batch)
        start = process_time()
        run(params, batch)
        often[name] = max(1, int(LEAST / max(process_time() - start, 1e-6)))
    for _ in range(SAMPLES):
        for name, run in functions.items():
            start = process_time()
            for _ in range(often[name]):
                run(params, batch)
            times[name].append((process_time() - start) / often[name])
    return {name: median(found) for name, found in times.items()}


def main():
    functions = {"by hand": by_hand, "numpy": lambdify(MODEL)}
    if compiler() is not None:
        functions["c"] = lambdify(MODEL, "c")
    print("time / time of the loop by hand")
    print("".join(f"{word:>10}" for word in ("", *functions)))
    for name, sizes in SIZES.items():
        params, batch = drawn(*sizes)
        right, found = by_hand(params, batch), functions["numpy"](params, batch)
        assert np.isclose(right[0], found[0]) and all(np.allclose(right[1][k], found[1][k]) for k in right[1])
        times = measured(functions, params, batch)
        print(f"{name:>10}" + "".join(f"{t / times['by hand']:>10.2f}" for t in times.values()))
    base = (50, 8, 32, 8)
    start = measured(functions, *drawn(*base))
    print("\ntime / time at 50 steps, 8 samples, 32 units")
    for word, sizes in (("4 x steps", (200, 8, 32, 8)), ("4 x samples", (50, 32, 32, 8)), ("4 x units", (50, 8, 128, 8))):
        times = measured(functions, *drawn(*sizes))
        print(f"{word:>12}" + "".join(f"{times[name] / start[name]:>10.2f}" for name in functions))


if __name__ == "__main__":
    main()
