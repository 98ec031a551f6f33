"""Functions as plain numbers, for `truth`: none is differentiated by a rule, every slope is a difference quotient.

    f'(x) = (8 (f(x + ε) - f(x - ε)) - (f(x + 2ε) - f(x - 2ε))) / 12 ε + O(ε⁴)
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

EPSILON = 2e-4
STENCIL = np.array([1.0, -1.0, 2.0, -2.0]) * EPSILON
WEIGHTS = np.array([8.0, -8.0, -1.0, 1.0]) / (12 * EPSILON)


FLAT = 300.0
"""Beyond this tanh is 1 to all digits, and its numerator and denominator can still be written."""


class Nowhere(ValueError):
    """Something that does not exist at this point."""


def stencil(f, x):
    """f'(x) for an f that works entry by entry."""
    return sum(w * f(x + e) for w, e in zip(WEIGHTS, STENCIL, strict=True))


def _softmax(x):
    e = np.exp(x - x.max(axis=(1, 2), keepdims=True))
    return e / e.sum(axis=(1, 2), keepdims=True)


def _logsumexp(x):
    most = x.max(axis=(1, 2), keepdims=True)
    return most + np.log(np.exp(x - most).sum(axis=(1, 2), keepdims=True))


def _where_positive(f):
    return lambda x: np.where(x > 0, f(np.where(x > 0, x, 1.0)), np.nan)


ELEMENTWISE = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: np.sinh(np.clip(x, -FLAT, FLAT)) / np.cosh(np.clip(x, -FLAT, FLAT)),
    "relu": lambda x: x * (x > 0),
    "step": lambda x: np.where(np.isnan(x), np.nan, 1.0 * (x > 0)),
    "softplus": lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-abs(x))),
    "exp": np.exp,
    "log": _where_positive(np.log),
    "sqrt": _where_positive(np.sqrt),
    "reciprocal": lambda x: 1 / np.where(x == 0, np.nan, x),
}
OF_VECTOR = {
    "softmax": _softmax,
    "logsoftmax": lambda x: x - _logsumexp(x),
    "logsumexp": _logsumexp,
}


def numbers(*key):
    return np.random.default_rng([crc32(repr(key).encode())])


def derived(f, order):
    return f if order == 0 else lambda x: stencil(derived(f, order - 1), x)


def abstract(name, kind, at, out, positive=False):
    """A smooth stand-in for an abstract function; with `positive` one of which roots and logarithms exist."""
    if positive:
        f = abstract(name, kind, at, out)
        return lambda x: np.logaddexp(0, f(x))
    if kind == "elementwise":
        a, b, c = numbers(name, at).uniform(0.3, 1.1, 3)
        return lambda x: a * np.sin(x + b) + c * np.cos(2 * x)

    def f(x):
        x = x.reshape(len(x), -1)
        weights = numbers(name, at, out, x.shape[1]).uniform(-1, 1, (2, out, x.shape[1]))
        return (np.sin(x @ weights[0].T) + np.cos(x) @ weights[1].T)[:, :, None]

    return f


def each_entry(f, x):
    """Derivatives of all entries of f(x) by all entries of x: (1, entries of f, entries of x)."""
    if len(x) > 1:
        raise Nowhere("a derivative of an abstract function stands inside a derivative")
    moved = x + (STENCIL[None, :, None] * np.eye(x[0].size)[:, None, :]).reshape(-1, *x.shape[1:])
    y = f(moved).reshape(x[0].size, len(STENCIL), -1)
    return np.einsum("k,ikj->ji", WEIGHTS, y)[None]
