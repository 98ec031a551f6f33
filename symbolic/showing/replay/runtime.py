"""What every replay needs: forward passes, derivatives by moving one entry at a time, functions.

This text is copied into each file behind the tables of its network: EQUATIONS, LEAVES, FIRST, LAST, STEP, KINKED.  Every
quantity is an array with two axes, rows and columns.  A derivative is taken by complex step, Im f(x + iε)/ε, one entry after
the other, or by central differences where the network has kinks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Array = Any
Key = tuple[str, tuple[int, ...]]

EQUATIONS: dict[str, Callable[..., Array]] = {}
LEAVES: dict[Key, Array] = {}
FIRST: dict[str, tuple[int, ...]] = {}
LAST: dict[str, tuple[int, ...]] = {}
STEP: dict[str, int] = {}
KINKED = False

# --- from here on copied


class Beyond(ValueError):
    """A quantity after the last step: the loss does not depend on it."""


class Run:
    """One forward pass: v("h", 3) is h at step 3, computed when it is asked for.

    moved  which entry of which quantity is moved, and by how much;  step: the quantities of all other steps are held
    """

    def __init__(self, moved: tuple[Key, int, complex] | None = None, step: int | None = None):
        self.moved, self.step = moved, step
        self.known: dict[Key, Array] = {}

    def __call__(self, name: str, *at: int) -> Array:
        key = (name, at)
        if key not in self.known:
            x = self.computed(name, at)
            if self.moved is not None and self.moved[0] == key:
                _, place, amount = self.moved
                x = x.astype(complex if isinstance(amount, complex) else float)
                x[np.unravel_index(place, x.shape)] += amount
            self.known[key] = x
        return self.known[key]

    def computed(self, name: str, at: tuple[int, ...]) -> Array:
        if name not in EQUATIONS or any(i < low for i, low in zip(at, FIRST[name], strict=True)):
            return LEAVES[name, at]
        if self.step is not None and name in STEP and at[STEP[name]] != self.step:
            return Run()(name, *at)
        return EQUATIONS[name](self, *at)


class Places:
    """Instead of numbers: which entry of which quantity stands where."""

    def __init__(self) -> None:
        self.found: list[tuple[Key, int]] = []

    def __call__(self, name: str, *at: int) -> Array:
        if any(i > last for i, last in zip(at, LAST.get(name, at), strict=True)):
            raise Beyond(name)
        x = Run()(name, *at)
        start = len(self.found)
        self.found += [((name, at), place) for place in range(x.size)]
        return start + np.arange(x.size).reshape(x.shape)


def derivative(top: Callable[[Any], Array], by: Callable[[Any], Array], step: int | None = None) -> Array:
    """Entries of `top` (rows) by entries of `by` (columns), both in row-major order."""
    places = Places()
    columns = []
    for number in by(places).ravel():
        key, place = places.found[int(number)]
        if KINKED:
            up, down = (top(Run((key, place, h), step)) for h in (1e-5, -1e-5))
            columns.append((up - down).ravel() / 2e-5)
        else:
            columns.append(np.imag(top(Run((key, place, 1e-30j), step))).ravel() / 1e-30)
    return np.stack(columns, axis=1)


def of_loss(loss: Callable[[Any], Array], by: Callable[[Any], Array], entries: int) -> Array:
    """The derivative of the loss, a row; zero by what comes after the last step."""
    try:
        return derivative(loss, by)
    except Beyond:
        return np.zeros((1, entries))


def total(terms: Iterable[Array], rows: int, columns: int) -> Array:
    """The sum of the terms; an empty one is zero."""
    return sum(terms, np.zeros((rows, columns)))


def chain(factors: list[Array], size: int) -> Array:
    """The product of the factors from left to right; an empty one is the identity."""
    result = np.eye(size)
    for factor in factors:
        result = result @ factor
    return result


def entry(x: Array, sizes: tuple[int, ...], *at: int) -> Array:
    """The component at the indices, which count from 1, as an array of one entry."""
    if not all(1 <= i <= n for i, n in zip(at, sizes, strict=True)):
        raise ValueError(f"component {at} of {sizes}")
    place = 0
    for i, n in zip(at, sizes, strict=True):
        place = place * n + i - 1
    return x.reshape(-1)[place].reshape(1, 1)


def commutation(rows: int, columns: int) -> Array:
    """K with K vec(X) = vec(transposed X), row-major."""
    return np.eye(rows * columns)[np.arange(rows * columns).reshape(rows, columns).T.ravel()]


def plus(a: Array, b: Array) -> Array:
    """a + b for equal shapes only."""
    return same(a, b) and a + b


def times(a: Array, b: Array) -> Array:
    """a * b, entry by entry, for equal shapes only."""
    return same(a, b) and a * b


def same(a: Array, b: Array) -> bool:
    if 1 not in (np.size(a), np.size(b)) and np.shape(a) != np.shape(b):
        raise ValueError(f"shapes {np.shape(a)} and {np.shape(b)} do not conform")
    return True


def exp(x: Array) -> Array:
    return np.exp(x)


def log(x: Array) -> Array:
    return np.log(x)


def sqrt(x: Array) -> Array:
    return np.sqrt(x)


def tanh(x: Array) -> Array:
    return np.tanh(x)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def relu(x: Array) -> Array:
    return np.where(np.real(x) > 0, x, 0.0)


def step(x: Array) -> Array:
    return np.where(np.real(x) > 0, 1.0, 0.0)


def softplus(x: Array) -> Array:
    return np.log(1 + np.exp(x))


def reciprocal(x: Array) -> Array:
    return 1 / x


def softmax(x: Array) -> Array:
    return np.exp(x) / np.exp(x).sum()


def logsumexp(x: Array) -> Array:
    return np.log(np.exp(x).sum(keepdims=True))


def logsoftmax(x: Array) -> Array:
    return x - logsumexp(x)


def derived(f: Callable[[Array], Array], order: int, x: Array) -> Array:
    """The derivative of a function of one number, entry by entry."""
    if order == 0:
        return f(x)
    if f in (relu, step):
        return step(x) if f is relu and order == 1 else 0.0 * x
    if order == 1 and np.isrealobj(x):
        return np.imag(f(x + 1e-30j)) / 1e-30
    return (derived(f, order - 1, x + 1e-4) - derived(f, order - 1, x - 1e-4)) / 2e-4


# Stand-ins for a function of which a note says no more than its name; `seed` tells which.


def drawn(seed: int, *at: int) -> Any:
    return np.random.default_rng([seed, *(k + 64 for k in at)])


def wave(seed: int, at: tuple[int, ...], order: int, x: Array) -> Array:
    """A function of one number, or its derivative of an order."""
    a, b, c, d = np.round(drawn(seed, *at).uniform([0.8, 0.1, 0.2, 0.4], [1.2, 0.6, 0.4, 0.8]), 2)
    rest = (c * x**2 + d * x, 2 * c * x + d, 2 * c)[order] if order < 3 else 0.0
    return a**order * np.sin(a * x + (b + order * np.pi / 2)) + rest


def hill(seed: int, at: tuple[int, ...], order: int, x: Array) -> Array:
    """A function of all entries of x, or (order 1) its gradient."""
    c, p, w = drawn(seed, *at, x.size).uniform(0.4, 1.2, (3, *x.shape))
    if order:
        return c * np.cos(x + p) + w * (w * x).sum()
    return ((c * np.sin(x + p)).sum() + (w * x).sum() ** 2 / 2).reshape(1, 1)


def field(seed: int, at: tuple[int, ...], order: int, x: Array, out: int) -> Array:
    """A column of functions of all entries of x, or (order 1) its Jacobian."""
    x = x.reshape(-1, 1)
    random = drawn(seed, *at, x.size, out)
    a, b, c = (random.uniform(-1, 1, s) for s in ((out, 3), (3, x.size), (out, x.size)))
    z = b @ x + random.uniform(-1, 1, (3, 1))
    return a @ (np.cos(z) * b) + c if order else a @ np.sin(z) + c @ x


def gap(true: Array, claimed: Array) -> float:
    """The largest difference, relative to the largest entry; a number stands for that number in every entry."""
    a, b = np.ravel(true), np.ravel(claimed)
    if a.size != b.size and 1 not in (a.size, b.size):
        raise ValueError(f"{a.size} entries cannot be compared with {b.size}")
    return float(abs(a - b).max() / max(1e-30, abs(a).max(), abs(b).max()))


def replayed(left: Callable[[Any], Array], right: Callable[[Any], Array]) -> int:
    """Show both sides and how far they are apart; the status is 1 if they agree."""
    true, claimed = np.real(left(Run())), np.real(right(Run()))
    apart = gap(true, claimed)
    print("true   ", np.asarray(true, dtype=float).tolist())
    print("claimed", np.asarray(claimed, dtype=float).tolist())
    print("relative gap", f"{apart:.3g}")
    differ = apart > 1e-6
    print("they differ" if differ else "THEY AGREE: this is no counterexample")
    return 0 if differ else 1


def clashed(left: Callable[[Any], Array], right: Callable[[Any], Array]) -> int:
    """Show that a side means nothing at these sizes; the status is 1 if both have a value of one shape."""
    try:
        true, claimed = left(Run()), right(Run())
        gap(true, claimed)
        if 1 not in (np.size(true), np.size(claimed)):
            same(true, claimed)
    except ValueError as error:
        print("the shapes do not conform:", error)
        return 0
    print("THE SHAPES CONFORM: this is no counterexample")
    return 1


def main(left: Callable[[Any], Array], right: Callable[[Any], Array], clash: bool) -> None:
    sys.exit(clashed(left, right) if clash else replayed(left, right))
