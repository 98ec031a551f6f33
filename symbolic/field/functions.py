"""Functions in a prime field: random functions of the *value* of their argument, with the relations that are always true.

An exponential e(x) is a number drawn for x from a keyed hash, with e(-x) = 1/e(x), e(2x) = e(x)² and e(x/2)² = e(x) where such
arguments occur together.  Everything smooth is built from it, so that these hold by themselves:

    σ(x) = e/(1 + e), σ(-x) = 1 - σ(x);   tanh x = 1 - 2/(e² + 1) = 2σ(2x) - 1;   softmax(x)_i = e(x_i)/Σ e(x_j)

ReLU(x) = I(x)·x with a number I(x) drawn for x, I(-x) = 1 - I(x), I(cx) = I(x) for small c > 0, I(ReLU(x)) = I(x).  It is no
bit: an identity in I holds for all numbers, unless it needs I² = I, and then bits are drawn many times.  log is random on what
is neither a product nor an exponential, softplus is a random function with softplus(x) - softplus(-x) = x.  An abstract
function and each of its derivatives are random functions of their own.  Derivatives of the others follow on the tape.
√x is a random function whose slope is 1/(2√x): what holds for all such functions holds for the root; where a formula differs,
nothing is known, since √x² = x may be what it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
from sympy import factorint

from .arithmetic import Array, Bound, Field
from .tape import FRESH, Node, add, applied, constant, filled, gather, invert, mapped, mul, raised, scale, total


class Unknown(ValueError):
    """A function, or a derivative of one, that has no meaning in a prime field here."""


class Functions:
    """The random functions of a field, and the arguments met so far; `bits`: an indicator is 0 or 1, for each prime anew.

    products  numbers that are known to be products, whose logarithm is that of their factors however they were computed
    found     products whose logarithm was taken;  sums: how many logarithms of sums were drawn, about which nothing is known
    """

    def __init__(self, field: Field, bits: bool = False, products: Mapping[bytes, Logs] | None = None):
        self.field, self.bits = field, bits
        self.products: Mapping[bytes, Logs] = products or {}
        self.found: dict[bytes, Logs] = {}
        self.sums = 0
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
            return mapped(x, gradient.reshape(self.field.count, *x.shape), None)
        return mapped(x, self._of_all(f"{name}/0/{at}", x, 1)[:, None], gradient[:, None])

    def vector(self, name: str, order: int, at: tuple[int, ...], x: Node, out: int) -> Node:
        """An abstract function to `out` entries, or its Jacobian."""
        jacobian = self._of_all(f"{name}/1/{at}", x, out * x.size).reshape(self.field.count, out, x.size)
        if order:
            return mapped(x, jacobian, None)
        return mapped(x, self._of_all(f"{name}/0/{at}", x, out)[:, :, None], jacobian)

    def exp(self, x: Node) -> Node:
        """e(x), its own slope."""
        flat = x.value.reshape(self.field.count, -1)
        base, exponents = np.empty_like(flat), np.empty(flat.shape[1], dtype=int)
        entries = self.field.columns(flat)
        self._meet(flat, entries)
        for j, entry in enumerate(entries):
            base[:, j], exponents[j] = self._powers[entry]
        result = np.ones_like(base)
        for exponent in (4, 2, 1):
            result = np.where(abs(exponents) == exponent, self._raised(base, exponent), result)
        if (exponents < 0).any():
            result = np.where(exponents < 0, self.field.inverse(result[:, None])[:, 0], result)
        degree, inverted = Bound(int(abs(exponents).max(initial=0))), bool((exponents < 0).any())
        bound = degree * degree.inverse(len(exponents)) if inverted else degree
        value = result.reshape(x.value.shape)
        return applied(x, value, value, bound, lambda: bound, "exp")

    def _meet(self, flat: Array, entries: list[bytes]) -> None:
        """A number g for a new argument: e(x) = g², and with it e(±2x) = g^(±4), e(±x/2) = g^(±1), e(-x) = g^(-2)."""
        new = [j for j, entry in enumerate(entries) if entry not in self._powers]
        if not new:
            return
        drawn = self.field.hashed([b"exp" + entries[j] for j in new])
        multiples = [(k, self._multiples(flat[:, new], Fraction(k, 2))) for k in (2, -2, 4, -4, 1, -1)]
        for at, j in enumerate(new):
            if entries[j] in self._powers:
                continue  # a multiple of one before it
            self.arguments += 1
            g = drawn[:, at]
            if not flat[:, j].any():
                self._powers[entries[j]] = np.ones_like(g), 2
                continue
            for exponent, names in multiples:
                self._powers.setdefault(names[at], (g, exponent))

    def _multiples(self, flat: Array, factor: Fraction) -> list[bytes]:
        return self.field.columns(self.field.times(flat[:, :, None], self.field.number(factor))[:, :, 0])

    def indicator(self, x: Node) -> Node:
        """I(x), and I(0) = 0; nothing depends on it through the tape, its slope is zero."""
        flat = x.value.reshape(self.field.count, -1)
        found = np.empty_like(flat)
        entries = self.field.columns(flat)
        new = [j for j, entry in enumerate(entries) if entry not in self._indicators]
        if new:
            drawn = self.field.hashed([b"indicator" + entries[j] for j in new])
            if self.bits:
                drawn = np.stack([self.field.indicators(column) for column in drawn.T], axis=1)
            opposite, multiples = self.field.reduced(1 - drawn[:, :, None])[:, :, 0], self._signs(flat[:, new])
            positive = self._signs(self.field.times(drawn[:, :, None], flat[:, new, None])[:, :, 0])  # I(x)·x is ReLU(x)
            for at, j in enumerate(new):
                if not flat[:, j].any():
                    self._indicators[entries[j]] = self.field.zero[:, 0, 0]
                elif entries[j] not in self._indicators:  # as a multiple of one before it
                    self.arguments += 1
                    self._meet_sign(multiples, at, drawn[:, at], opposite[:, at])
                    self._meet_sign(positive, at, drawn[:, at], self.field.zero[:, 0, 0])
        for j, entry in enumerate(entries):
            found[:, j] = self._indicators[entry]
        return constant(self.field, found.reshape(x.value.shape), FRESH)

    def _signs(self, flat: Array) -> list[tuple[list[bytes], list[bytes]]]:
        """cx and -cx for some numbers c > 0 that formulas hold."""
        return [(self._multiples(flat, c), self._multiples(flat, -c)) for c in POSITIVE]

    def _meet_sign(self, multiples: list[tuple[list[bytes], list[bytes]]], j: int, own: Array, opposite: Array) -> None:
        """I(cx) and I(-cx) are the same for all c > 0."""
        for positive, negative in multiples:
            self._indicators.setdefault(positive[j], own)
            self._indicators.setdefault(negative[j], opposite)

    def relu(self, x: Node) -> Node:
        """I(x)·x, whose own indicator is that of x."""
        indicator = self.indicator(x)
        result = mul(indicator, x)
        values, bits = (n.value.reshape(self.field.count, -1) for n in (result, indicator))
        multiples = self._signs(values)
        for j in range(values.shape[1]):
            self._meet_sign(multiples, j, bits[:, j], self.field.zero[:, 0, 0])  # and I(-ReLU(x)) = 0
        return result

    def log(self, x: Node) -> Node:
        """A random function with log(ab) = log a + log b, log(1/x) = -log x, log e(x) = x; its slope is 1/x."""
        slope = self.field.inverse(x.value)
        found: dict[tuple[Node, int], Array] = {}
        value = np.stack([self._log_of(x, j, found) for j in range(x.size)], axis=1).reshape(x.value.shape)
        return applied(x, value, slope, FRESH, lambda: x.bound.inverse(x.size))

    def _log_of(self, x: Node, j: int, found: dict[tuple[Node, int], Array]) -> Array:
        """The logarithm of entry j by the way it was computed, if that is a product; else by its value."""
        if (x, j) not in found:
            found[x, j] = self._computed_log(x, j, found)
        return found[x, j]

    def _computed_log(self, x: Node, j: int, found: dict[tuple[Node, int], Array]) -> Array:
        value = _column(x, j)
        if (value == 1).all():
            return self.field.zero[:, 0, 0]
        name = self.field.packed(value[:, None, None])
        if name in self.products:
            return self._mod(np.sum([v if k is None else k * self._log_of_number(v) for v, k in self.products[name]], axis=0))
        if isinstance(x.made, Fraction):
            return self._log_of_rational(x.made)
        factors = _factors(x, j) or _same_value(x, value)
        if len(factors) > 1:
            self._found(name, [(_column(p, i), k) for p, i, k in factors])
        if factors:
            logs = [_column(p, i) if k is None else k * self._log_of(p, i, found) for p, i, k in factors]
            return self._mod(np.sum(logs, axis=0))
        self.sums += _is_sum(x)
        return self._log_of_number(value)

    def _found(self, name: bytes, logs: Logs) -> None:
        """A number is a product, unless one of these factors, or of theirs, is this number again."""
        stack, seen = [logs], {name}
        while stack:
            for number, k in stack.pop():
                factor = self.field.packed(number[:, None, None])
                if factor == name and k is not None:
                    return
                if factor not in seen and k is not None:
                    seen.add(factor)
                    stack.append(self.found.get(factor, []))
        self.found.setdefault(name, logs)

    def _log_of_rational(self, number: Fraction) -> Array:
        """By its prime factors.  log(ab) = log a + log b leaves log(-1) = 0, and no formula holds both log x and log(-x)."""
        powers = dict(factorint(abs(number.numerator), limit=LARGEST_FACTOR))
        powers.update((p, -k) for p, k in factorint(number.denominator, limit=LARGEST_FACTOR).items())
        logs = [k * self._log_of_number(self.field.number(p)[:, 0, 0]) for p, k in powers.items() if p > 1]
        return self._mod(np.sum([self.field.zero[:, 0, 0], *logs], axis=0))

    def _log_of_number(self, value: Array) -> Array:
        if (value == 1).all():
            return self.field.zero[:, 0, 0]
        known = self.products.get(self.field.packed(value[:, None, None]))
        if known is not None:
            return self._mod(np.sum([v if k is None else k * self._log_of_number(v) for v, k in known], axis=0))
        one_over = self.field.inverse(value[:, None, None])[:, 0, 0]
        smaller = bool(self.field.smaller(value, one_over))
        drawn = self._drawn("log", (value if smaller else one_over)[:, None])[:, 0]
        return drawn if smaller else self._mod(-drawn)

    def softplus(self, x: Node) -> Node:
        """A random function with softplus(x) - softplus(-x) = x; its slope is σ(x)."""
        minus = self.field.reduced(-x.value)
        smaller = self.field.smaller(x.value, minus)
        value = self._drawn("softplus", np.where(smaller, x.value, minus))
        slope = sigmoid(self, x)
        chosen = np.where(smaller, value, self.field.reduced(value + x.value))
        return applied(x, chosen, slope.value, lambda: x.bound + FRESH, lambda: slope.bound)

    def root(self, x: Node) -> Node:
        """A random function r with r' = 1/(2r)."""
        value = self._drawn("sqrt", x.value)
        slope = self.field.inverse(self.field.reduced(value + value))
        return applied(x, value, slope, FRESH, lambda: FRESH.inverse(x.size))

    def _mod(self, x: Array) -> Array:
        return self.field.reduced(x[:, None, None])[:, 0, 0]

    def _raised(self, x: Array, exponent: int) -> Array:
        return self.field.power(x[:, :, None], exponent)[:, :, 0]

    def _drawn(self, name: str, x: Array) -> Array:
        entries = [name.encode() + b"\0" + e for e in self.field.columns(x.reshape(self.field.count, -1))]
        self.arguments += len(entries)
        return self.field.hashed(entries).reshape(x.shape)

    def _of_all(self, name: str, x: Node, entries: int) -> Array:
        self.arguments += 1
        everything = self.field.packed(x.value)
        return self.field.hashed([f"{name}/{j}".encode() + b"\0" + everything for j in range(entries)])


POSITIVE = (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(3), Fraction(1, 3))

Logs = list[tuple[Array, int | None]]
"""A product by the numbers that are its factors, and their powers; None: what is multiplied is an exponential of the number."""

Factors = list[tuple[Node, int, int | None]]
"""Entries of nodes and the powers to which they are multiplied; None: what is multiplied is an exponential of the entry."""

LARGEST_FACTOR = 100
"""Up to which a number in a logarithm is divided by primes; what is left counts as one."""

FARTHEST = 200
"""How many nodes are looked at for one of the same value."""


def _column(x: Node, j: int) -> Array:
    """Entry j modulo every prime."""
    return x.value.reshape(x.field.count, -1)[:, j]


def _factors(x: Node, j: int) -> Factors:
    """Entry j as a product of other entries, by the way it was computed; empty if it is none."""
    parents = x.parents
    if isinstance(x.made, np.ndarray):
        return [(parents[0], int(x.made.ravel()[j]), 1)]
    if isinstance(x.made, tuple):
        return [(parents[0], j, x.made[1])]
    if isinstance(x.made, str) and x.made == "dot":
        (a, b), (row, col) = parents, divmod(j, x.shape[1])
        pairs = zip(range(row * a.shape[1], (row + 1) * a.shape[1]), range(col, b.size, b.shape[1]), strict=True)
        found = [(k, n) for k, n in pairs if _column(a, k).any() and _column(b, n).any()]
        return [(a, found[0][0], 1), (b, found[0][1], 1)] if len(found) == 1 else []
    return [(p, j, _MADE[x.made]) for p in parents] if isinstance(x.made, str) and x.made in _MADE else []


_MADE: dict[str, int | None] = {"mul": 1, "invert": -1, "copy": 1, "exp": None}
"""To what power the operands of an operation are multiplied."""


def _is_sum(x: Node) -> bool:
    """Whether something else was added up than exponentials alone."""
    if x.made is None:
        return bool(x.parents)
    return x.made == "dot" and not any(p.made == "exp" for row in x.parents for p in row.parents)


def _same_value(x: Node, value: Array) -> Factors:
    """A product of this value among what x is a sum of: one summand that is not zero, or a + 3 - 3."""
    seen, stack = {x}, list(x.parents)
    while stack and len(seen) < FARTHEST:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.made is None or (isinstance(node.made, str) and node.made == "dot"):
            stack.extend(node.parents)
        for j in np.flatnonzero(node.value[0].ravel() == value[0]):
            if (_column(node, int(j)) == value).all() and _factors(node, int(j)):
                return [(node, int(j), 1)]
    return []


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


def _over_root(functions: Functions, x: Node, number: int, power: int) -> Node:
    """1/(number · √x^power)."""
    return invert(times_number(number, raised(functions.root(x), power)))


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
    "sqrt": (Functions.root, lambda f, x: _over_root(f, x, 2, 1), lambda f, x: _over_root(f, x, -4, 3)),
    "reciprocal": (lambda f, x: invert(x), lambda f, x: times_number(-1, invert(raised(x, 2)))),
}
"""f, f', f'' of each row that has a meaning here."""

OF_VECTOR: dict[str, Rule] = {"softmax": softmax, "logsoftmax": logsoftmax, "logsumexp": logsumexp}
