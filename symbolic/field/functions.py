"""Functions in a prime field: random functions of the *value* of their argument, with the relations that are always true.

An exponential e(x) is a number drawn for x from a keyed hash, with e(-x) = 1/e(x), e(2x) = e(x)² and e(x/2)² = e(x) where such
arguments occur together.  Everything smooth is built from it, so that these hold by themselves:

    σ(x) = e/(1 + e), σ(-x) = 1 - σ(x);   tanh x = 1 - 2/(e² + 1) = 2σ(2x) - 1;   softmax(x)_i = e(x_i)/Σ e(x_j)

ReLU(x) = I(x)·x with a number I(x) drawn for x, I(-x) = 1 - I(x), I(cx) = I(x) for small c > 0, I(ReLU(x)) = I(x).  It is no
bit: an identity in I holds for all numbers, unless it needs I² = I, and then bits are drawn many times.  log is random on what
is neither a product nor an exponential, softplus is a random function with softplus(x) - softplus(-x) = x.  An abstract
function and each of its derivatives are random functions of their own.  Derivatives of the others follow on the tape.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from .arithmetic import PRIMES, Array, Bound, Field
from .tape import FRESH, Node, add, applied, constant, filled, gather, invert, mapped, mul, raised, scale, total


class Unknown(ValueError):
    """A function, or a derivative of one, that has no meaning in a prime field here."""


class Functions:
    """The random functions of a field, and the arguments met so far; `bits`: an indicator is 0 or 1, for each prime anew."""

    def __init__(self, field: Field, bits: bool = False):
        self.field, self.bits = field, bits
        self.arguments = 0
        self._powers: dict[bytes, tuple[Array, int]] = {}
        self._indicators: dict[bytes, Array] = {}

    def apply(self, name: str, order: int, x: Node) -> Node:
        """A row of the function table, or a derivative of it."""
        rule = ELEMENTWISE.get(name)
        if rule is not None and order < len(rule):
            return rule[order](self, x)
        if name in OF_VECTOR and order == 0:
            return OF_VECTOR[name](self, x)
        raise Unknown(f"the derivative of order {order} of {name} has no meaning in a prime field here")

    def elementwise(self, name: str, order: int, at: tuple[int, ...], x: Node) -> Node:
        """An abstract function entry by entry."""
        value, slope = (self._drawn(f"{name}/{k}/{at}", x.value) for k in (order, order + 1))
        return applied(x, value, slope)

    def scalar(self, name: str, order: int, at: tuple[int, ...], x: Node) -> Node:
        """An abstract function of all entries of x, or its gradient (of the shape of x)."""
        gradient = self._of_all(f"{name}/1/{at}", x, x.size)
        if order:
            return mapped(x, gradient.reshape(PRIMES, *x.shape), None)
        return mapped(x, self._of_all(f"{name}/0/{at}", x, 1)[:, None], gradient[:, None])

    def vector(self, name: str, order: int, at: tuple[int, ...], x: Node, out: int) -> Node:
        """An abstract function to `out` entries, or its Jacobian."""
        jacobian = self._of_all(f"{name}/1/{at}", x, out * x.size).reshape(PRIMES, out, x.size)
        if order:
            return mapped(x, jacobian, None)
        return mapped(x, self._of_all(f"{name}/0/{at}", x, out)[:, :, None], jacobian)

    def exp(self, x: Node) -> Node:
        """e(x), its own slope."""
        flat = x.value.reshape(PRIMES, -1)
        base, exponents = np.empty_like(flat), np.empty(flat.shape[1], dtype=int)
        for j, entry in enumerate(_entries(flat)):
            if entry not in self._powers:
                self._meet(flat[:, j : j + 1], entry)
            drawn, exponents[j] = self._powers[entry]
            base[:, j] = drawn
        result = np.ones_like(base)
        for exponent in (4, 2, 1):
            result = np.where(abs(exponents) == exponent, self._raised(base, exponent), result)
        if (exponents < 0).any():
            result = np.where(exponents < 0, self.field.inverse(result[:, None])[:, 0], result)
        degree, inverted = Bound(int(abs(exponents).max(initial=0))), bool((exponents < 0).any())
        bound = degree * degree.inverse(len(exponents)) if inverted else degree
        value = result.reshape(x.value.shape)
        return applied(x, value, value, bound, lambda: bound, "exp")

    def _meet(self, x: Array, entry: bytes) -> None:
        """A number g for a new argument: e(x) = g², and with it e(±2x) = g^(±4), e(±x/2) = g^(±1), e(-x) = g^(-2)."""
        self.arguments += 1
        g = self.field.hashed([b"exp" + entry])[:, 0]
        if not x.any():
            self._powers[entry] = np.ones_like(g), 2
            return
        column, half = x[:, :, None], (self.field.moduli + 1) / 2
        for exponent, factor in ((2, 1), (-2, -1), (4, 2), (-4, -2), (1, half), (-1, -half)):
            self._powers.setdefault(self.field.reduced(column * factor).tobytes(), (g, exponent))

    def indicator(self, x: Node) -> Node:
        """I(x); nothing depends on it through the tape, its slope is zero."""
        flat = x.value.reshape(PRIMES, -1)
        found = np.empty_like(flat)
        for j, entry in enumerate(_entries(flat)):
            if entry not in self._indicators:
                self.arguments += 1
                drawn = self.field.hashed([b"indicator" + entry])[:, 0]
                if self.bits:
                    drawn = drawn % 2
                    drawn[0] = 1 - drawn[1]  # so that no ReLU is zero modulo every prime
                self._meet_sign(flat[:, j : j + 1], drawn, self._mod(1 - drawn))
            found[:, j] = self._indicators[entry]
        return constant(self.field, found.reshape(x.value.shape), FRESH)

    def _meet_sign(self, x: Array, own: Array, opposite: Array) -> None:
        """I(cx) and I(-cx) are the same for some numbers c > 0 that formulas hold."""
        column = x[:, :, None]
        for c in (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(3), Fraction(1, 3)):
            multiple = self.field.times(column, self.field.number(c))
            self._indicators.setdefault(multiple.tobytes(), own)
            self._indicators.setdefault(self.field.reduced(-multiple).tobytes(), opposite)

    def relu(self, x: Node) -> Node:
        """I(x)·x, whose own indicator is that of x."""
        indicator = self.indicator(x)
        result = mul(indicator, x)
        values, bits = result.value.reshape(PRIMES, -1), indicator.value.reshape(PRIMES, -1)
        for j in range(values.shape[1]):
            self._meet_sign(values[:, j : j + 1], bits[:, j], np.zeros(PRIMES))  # and I(-ReLU(x)) = 0
        return result

    def log(self, x: Node) -> Node:
        """A random function with log(ab) = log a + log b, log(1/x) = -log x, log e(x) = x; its slope is 1/x."""
        return applied(x, self._logarithm(x), self.field.inverse(x.value), FRESH, lambda: x.bound.inverse(x.size))

    def _logarithm(self, x: Node) -> Array:
        if isinstance(x.made, str):
            inside = [p.value if x.made == "exp" else self._logarithm(p) for p in x.parents]
            return self.field.reduced(-inside[0] if x.made == "invert" else np.sum(inside, axis=0))
        if isinstance(x.made, np.ndarray):
            return self._logarithm(x.parents[0]).reshape(PRIMES, -1)[:, x.made]
        one_over = self.field.inverse(x.value)
        smaller = _smaller(x.value, one_over)
        value = self._drawn("log", np.where(smaller, x.value, one_over))
        return np.where((x.value == 1).all(axis=0), 0.0, np.where(smaller, value, self.field.reduced(-value)))

    def softplus(self, x: Node) -> Node:
        """A random function with softplus(x) - softplus(-x) = x; its slope is σ(x)."""
        minus = self.field.reduced(-x.value)
        smaller = _smaller(x.value, minus)
        value = self._drawn("softplus", np.where(smaller, x.value, minus))
        slope = sigmoid(self, x)
        chosen = np.where(smaller, value, self.field.reduced(value + x.value))
        return applied(x, chosen, slope.value, lambda: x.bound + FRESH, lambda: slope.bound)

    def _mod(self, x: Array) -> Array:
        return self.field.reduced(x[:, None, None])[:, 0, 0]

    def _raised(self, x: Array, exponent: int) -> Array:
        return self.field.power(x[:, :, None], exponent)[:, :, 0]

    def _drawn(self, name: str, x: Array) -> Array:
        entries = [name.encode() + b"\0" + e for e in _entries(x.reshape(PRIMES, -1))]
        self.arguments += len(entries)
        return self.field.hashed(entries).reshape(x.shape)

    def _of_all(self, name: str, x: Node, entries: int) -> Array:
        self.arguments += 1
        everything = x.value.tobytes()
        return self.field.hashed([f"{name}/{j}".encode() + b"\0" + everything for j in range(entries)])


def _entries(flat: Array) -> list[bytes]:
    """The residues of each entry as a key."""
    return [column.tobytes() for column in np.ascontiguousarray(flat.T)]


def _smaller(x: Array, other: Array) -> Array:
    """Which of two arguments stands for both, by the residue modulo the first prime."""
    return x[0] <= other[0]


def one(x: Node) -> Node:
    return filled(x.field, 1, *x.shape)


def times_number(number: int, x: Node) -> Node:
    return mul(filled(x.field, number, *x.shape), x)


def one_minus(x: Node) -> Node:
    return add([one(x), times_number(-1, x)])


def sigmoid(functions: Functions, x: Node) -> Node:
    e = functions.exp(x)
    return mul(e, invert(add([one(x), e])))


def tanh(functions: Functions, x: Node) -> Node:
    return one_minus(times_number(2, invert(add([raised(functions.exp(x), 2), one(x)]))))


def _sigmoid_slope(functions: Functions, x: Node) -> Node:
    s = sigmoid(functions, x)
    return mul(s, one_minus(s))


def _sigmoid_curve(functions: Functions, x: Node) -> Node:
    s = sigmoid(functions, x)
    return mul(mul(s, one_minus(s)), one_minus(times_number(2, s)))


def _tanh_slope(functions: Functions, x: Node) -> Node:
    return one_minus(raised(tanh(functions, x), 2))


def _tanh_curve(functions: Functions, x: Node) -> Node:
    return times_number(-2, mul(tanh(functions, x), _tanh_slope(functions, x)))


def _zero(functions: Functions, x: Node) -> Node:
    return filled(x.field, 0, *x.shape)


def _exp(functions: Functions, x: Node) -> Node:
    return functions.exp(x)


def softmax(functions: Functions, x: Node) -> Node:
    e = functions.exp(x)
    return scale(invert(total(e)), e)


def logsumexp(functions: Functions, x: Node) -> Node:
    return functions.log(total(functions.exp(x)))


def logsoftmax(functions: Functions, x: Node) -> Node:
    lse = gather(logsumexp(functions, x), np.zeros(x.shape, dtype=int))
    return add([x, times_number(-1, lse)])


Rule = Callable[[Functions, Node], Node]

ELEMENTWISE: dict[str, tuple[Rule, ...]] = {
    "sigmoid": (sigmoid, _sigmoid_slope, _sigmoid_curve),
    "tanh": (tanh, _tanh_slope, _tanh_curve),
    "relu": (Functions.relu, Functions.indicator, _zero),
    "step": (Functions.indicator, _zero, _zero),
    "softplus": (Functions.softplus, sigmoid, _sigmoid_slope),
    "exp": (_exp, _exp, _exp),
    "log": (Functions.log, lambda f, x: invert(x), lambda f, x: times_number(-1, invert(raised(x, 2)))),
    "reciprocal": (lambda f, x: invert(x), lambda f, x: times_number(-1, invert(raised(x, 2)))),
}
"""f, f', f'' of each row that has a meaning here."""

OF_VECTOR: dict[str, Rule] = {"softmax": softmax, "logsoftmax": logsoftmax, "logsumexp": logsumexp}
