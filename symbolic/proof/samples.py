"""Functions for the oracle: every row of the function table and stand-ins for abstract functions, for complex steps.

Complex step (Squire and Trapp, SIAM Review 40, 1998): f'(x) = Im f(x + iε)/ε + O(ε²) without cancellation, so ε = 1e-30
gives the derivative to rounding.  It needs code that is analytic where the function is: comparisons look at real parts,
nothing takes an absolute value, and a real function outside its domain gives nan and not a complex number.

All arrays have the axes (batch, rows, columns); a function of a vector sees a column or a row.  The formulas are
written out here and not taken from the function table, so that a mistake there is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import numpy as np

Array = np.ndarray
Function = Callable[[Array], Array]


def _positive(f: Function) -> Function:
    return lambda x: np.where(x.real > 0, f(np.where(x.real > 0, x, 1.0)), np.nan)


def _nonzero(f: Function) -> Function:
    return lambda x: np.where(x == 0, np.nan, f(np.where(x == 0, 1.0, x)))


def _sigmoid(x: Array) -> Array:
    return 0.5 * np.tanh(0.5 * x) + 0.5


def _softplus(x: Array) -> Array:
    return np.where(x.real > 0, x + np.log1p(np.exp(-x)), np.log1p(np.exp(x)))


def _zero(x: Array) -> Array:
    return 0.0 * x


def _relu(x: Array) -> Array:
    return np.where(np.isnan(x), np.nan, np.where(x.real > 0, x, 0.0))  # what does not exist is not 0


def _indicator(x: Array) -> Array:
    return np.where(np.isnan(x), np.nan, np.where(x.real > 0, 1.0, 0.0))


ELEMENTWISE: dict[str, tuple[Function, ...]] = {
    "sigmoid": (
        _sigmoid,
        lambda x: _sigmoid(x) * _sigmoid(-x),
        lambda x: _sigmoid(x) * _sigmoid(-x) * (1 - 2 * _sigmoid(x)),
    ),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
    "relu": (_relu, _indicator, _zero),
    "step": (_indicator, _zero, _zero),
    "softplus": (_softplus, _sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)),
    "exp": (np.exp, np.exp, np.exp),
    "log": (_positive(np.log), _nonzero(lambda x: 1 / x), _nonzero(lambda x: -1 / x**2)),
    "sqrt": (_positive(np.sqrt), _positive(lambda x: 0.5 / np.sqrt(x)), _positive(lambda x: -0.25 / (x * np.sqrt(x)))),
    "reciprocal": (_nonzero(lambda x: 1 / x), _nonzero(lambda x: -1 / x**2), _nonzero(lambda x: 2 / x**3)),
}
"""f, f', f'' of each elementwise row."""


def _moved(x: Array) -> Array:
    return x - x.real.max(axis=(1, 2), keepdims=True)


def _softmax(x: Array) -> Array:
    e = np.exp(_moved(x))
    return e / e.sum(axis=(1, 2), keepdims=True)


def _logsumexp(x: Array) -> Array:
    e = np.exp(_moved(x))
    return np.log(e.sum(axis=(1, 2), keepdims=True)) + x.real.max(axis=(1, 2), keepdims=True)


OF_VECTOR: dict[str, Function] = {
    "softmax": _softmax,
    "logsoftmax": lambda x: x - _logsumexp(x),
    "logsumexp": _logsumexp,
}
"""Rows of kind "vector" and "reduce"."""

KINKED = frozenset({"relu", "step"})
"""Rows that are not differentiable at 0: sample points keep away from it."""


def table_function(name: str, order: int) -> Function:
    """The order-th derivative of a row of the function table; `ValueError` beyond the second."""
    if name in OF_VECTOR and order == 0:
        return OF_VECTOR[name]
    derivatives = ELEMENTWISE.get(name)
    if derivatives is None or order >= len(derivatives):
        raise ValueError(f"the oracle has no derivative of order {order} of {name}; it has rows up to order 2")
    return derivatives[order]


def _generator(*key: str | int) -> np.random.Generator:
    return np.random.default_rng([crc32(k.encode()) if isinstance(k, str) else k + 64 for k in key])


def _wave(name: str, at: tuple[int, ...]) -> tuple[float, ...]:
    low, high = np.array([0.8, 0.1, 0.2, 0.4]), np.array([1.2, 0.6, 0.4, 0.8])
    return tuple(float(v) for v in np.round(_generator(name, *at).uniform(low, high), 2))


def abstract_elementwise(name: str, order: int, at: tuple[int, ...]) -> Function:
    """The order-th derivative of f(x) = sin(ax + b) + cx² + dx, with a, b, c, d fixed by the name and the indices."""
    a, b, c, d = _wave(name, at)

    def f(x: Array) -> Array:
        polynomial = (c * x**2 + d * x, 2 * c * x + d, 2 * c)[order] if order < 3 else 0.0
        return a**order * np.sin(a * x + (b + order * np.pi / 2)) + polynomial

    return f


def abstract_scalar(name: str, order: int, at: tuple[int, ...]) -> Function:
    """f(x) = Σ_i c_i sin(x_i + p_i) + (Σ_i w_i x_i)²/2, or (order 1) its gradient; numbers fixed by the key."""

    def f(x: Array) -> Array:
        c, p, w = _generator(name, *at, x[0].size).uniform(0.4, 1.2, (3, *x.shape[1:]))
        inner = (w * x).sum(axis=(1, 2), keepdims=True)
        if order:
            return c * np.cos(x + p) + w * inner
        return (c * np.sin(x + p)).sum(axis=(1, 2), keepdims=True) + inner**2 / 2

    return f


def abstract_vector(name: str, order: int, at: tuple[int, ...], out: int) -> Function:
    """f(x) = A sin(Bx + b) + Cx, or (order 1) its Jacobian A diag(cos(Bx + b)) B + C; matrices fixed by the name."""

    def f(x: Array) -> Array:
        size = x[0].size
        x = x.reshape(-1, size, 1)
        random = _generator(name, *at, size, out)
        A, B, C = (random.uniform(-1, 1, s) for s in ((out, 3), (3, size), (out, size)))
        z = B @ x + random.uniform(-1, 1, (3, 1))
        return A @ (np.cos(z) * B) + C if order else A @ np.sin(z) + C @ x

    return f


def describe_abstract(name: str, kind: str, indexed: bool) -> str:
    """The stand-in in words, for reports: "sigma := sin(1.02x+0.31)+0.27x²+0.55x"."""
    if kind == "elementwise" and not indexed:
        a, b, c, d = _wave(name, ())
        return f"{name} := sin({a}x+{b})+{c}x²+{d}x"
    return f"{name} := a fixed smooth {'function for each index' if indexed else 'function'}"
