"""Exact arithmetic modulo several primes at once, and bounds on what may vanish there by accident.

A number is its residues modulo each prime of a `Field`, on the first axis of an array (primes, rows, columns) of float64.
Every prime lies below 2^22, so a product of residues is below 2^44 and a sum of 64 of them below 2^50: float64 products are
exact and run in BLAS.  Longer sums are cut into pieces.  A value that is zero modulo every prime counts as zero; division by a
value that is zero modulo any of them raises.

The primes are drawn by a key from all those between 2^21 and 2^22.  A nonzero polynomial of degree D whose coefficients have H
bits vanishes at a random point modulo a random one of them with a probability of at most D/p (Schwartz and Zippel) plus that of
a prime that divides a coefficient, of which there are at most H/21.  So a value has a `Bound`, worked out on first use: the
degree of its numerator, the bits of its coefficients, and its denominators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from hashlib import blake2b
from itertools import count
from math import log2

import numpy as np

Array = np.ndarray

PRIMES = 14
"""How many primes of this size a field has."""

LOWEST, HIGHEST = 1 << 21, 1 << 22
LONGEST_SUM = 64
"""So that the quotient by a prime, below 2^28, is rounded by less than 1/p and its whole part is exact."""

LARGEST_SPREAD, MOST_SPREAD = 1 << 14, 1 << 18
"""How large the arrays are for which a field remembers its primes entry by entry, and how many entries together."""

HIGHEST_DEGREE = 1 << 20


class ZeroDivisor(ArithmeticError):
    """Division by something that is zero modulo one of the primes."""


class TooLarge(ArithmeticError):
    """A degree or a coefficient for which evaluation at a random point proves nothing, or a matrix beyond what memory holds."""


MOST_ENTRIES = 1_000_000
"""Of one matrix modulo one prime.  What the theorems ask for is far smaller, but for products of Kronecker products."""


def fitting(rows: int, cols: int) -> tuple[int, int]:
    """The two sides of a matrix; `TooLarge` before it is made, where it has more entries than that."""
    if rows * cols > MOST_ENTRIES:
        raise TooLarge(f"a matrix of {rows} rows and {cols} columns; at most {MOST_ENTRIES} entries are evaluated")
    return rows, cols


@cache
def _pool() -> Array:
    """All primes between LOWEST and HIGHEST, by the sieve of Eratosthenes."""
    prime = np.ones(HIGHEST, dtype=bool)
    for n in range(2, int(HIGHEST**0.5) + 1):
        if prime[n]:
            prime[n * n :: n] = False
    return LOWEST + np.flatnonzero(prime[LOWEST:])


def seeded(key: bytes) -> np.random.Generator:
    """Numbers that nobody can foresee without the key."""
    return np.random.Generator(np.random.Philox(key=int.from_bytes(blake2b(key, digest_size=16).digest(), "big")))


class Field:
    """Arithmetic modulo primes that a key draws.

    count   how many they are;  bits: of each, without the first one;  pool: of how many they are drawn, or at least
    told    a formula of fewer bits cannot be made for the points of its model: the primes of a field are 294 bits
    """

    bits = 21
    pool = 140_336
    told = 230

    def __init__(self, key: bytes, bits: bool = False):
        self.key, self.count = key[:64], PRIMES
        self.primes = tuple(int(p) for p in seeded(b"primes" + key).choice(_pool(), PRIMES, replace=False))
        self.moduli = np.array(self.primes, dtype=float)[:, None, None]
        self._numbers: dict[Fraction, Array] = {}
        self._spread: dict[tuple[int, ...], Array] = {}
        self.zero = np.zeros((PRIMES, 1, 1))

    def plain(self, x: Array) -> Array:
        """The same small whole numbers modulo every prime: an axis more than x has."""
        return np.repeat(x[None].astype(float), self.count, axis=0)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return np.zeros((self.count, *shape))

    def reduced(self, x: Array) -> Array:
        """The residues of whole numbers below 2^50."""
        m = self._spread.get(x.shape)
        if m is None:
            m = self._beside(x.shape)
        quotient = x / m
        np.floor(quotient, quotient)
        quotient *= m
        return np.subtract(x, quotient, quotient)

    def _beside(self, shape: tuple[int, ...]) -> Array:
        """Every entry's own prime, which is twice as fast as broadcasting; remembered for small arrays."""
        m = np.broadcast_to(self.moduli.reshape(-1, *[1] * (len(shape) - 1)), shape)
        if m.size > LARGEST_SPREAD:
            return m
        if sum(known.size for known in self._spread.values()) > MOST_SPREAD:
            self._spread.clear()
        return self._spread.setdefault(shape, np.ascontiguousarray(m))

    def times(self, a: Array, b: Array) -> Array:
        """Entry by entry."""
        return self.reduced(a * b)

    def matmul(self, a: Array, b: Array) -> Array:
        """Matrix products, one per prime."""
        inner = a.shape[-1]
        if inner <= LONGEST_SUM:
            return self.reduced(a @ b)
        starts = range(0, inner, LONGEST_SUM)
        pieces = [self.reduced(a[..., i : i + LONGEST_SUM] @ b[..., i : i + LONGEST_SUM, :]) for i in starts]
        return self.reduced(np.sum(pieces, axis=0))

    def power(self, a: Array, exponent: int) -> Array:
        """a^exponent for exponent >= 0, by squaring."""
        result = np.ones_like(a)
        while exponent:
            if exponent & 1:
                result = self.times(result, a)
            exponent >>= 1
            if exponent:
                a = self.times(a, a)
        return result

    def inverse(self, a: Array) -> Array:
        """1/a modulo every prime (Fermat: a^(p-2)); `ZeroDivisor` where a is zero modulo one of them."""
        if not a.all():
            raise ZeroDivisor("division by zero")
        flat = [[pow(int(x), -1, p) for x in row] for row, p in zip(a.reshape(PRIMES, -1), self.primes, strict=True)]
        return np.array(flat, dtype=float).reshape(a.shape)

    def number(self, value: Fraction | int) -> Array:
        """A rational number as a 1×1 array of residues."""
        found = self._numbers.get(value) if isinstance(value, Fraction) else None
        if found is not None:
            return found
        value = Fraction(value)
        if any(value.denominator % p == 0 for p in self.primes):
            raise ZeroDivisor(f"the denominator of {value} is divisible by a prime of the field")
        residues = [float(value.numerator * pow(value.denominator, -1, p) % p) for p in self.primes]
        return self._numbers.setdefault(value, np.array(residues)[:, None, None])

    def drawn(self, key: bytes, rows: int, cols: int) -> Array:
        """Random residues, none of them zero."""
        random = seeded(self.key + key)
        return np.stack([random.integers(1, p, (rows, cols)).astype(float) for p in self.primes])

    def hashed(self, entries: list[bytes]) -> Array:
        """One number per entry, fixed by the key and the entry: (primes, entries)."""
        digests = b"".join(blake2b(e, key=self.key, digest_size=64).digest()[: 4 * PRIMES] for e in entries)
        words = np.frombuffer(digests, dtype="<u4").reshape(len(entries), PRIMES).T.astype(float)
        return words % (self.moduli[:, :, 0] - 1) + 1

    def weight(self, x: Array) -> int:
        """How many bytes an array takes, about."""
        return x.nbytes

    def indicators(self, x: Array) -> Array:
        """One residue per prime -> 0 or 1 for each, and not 0 for all, so that no ReLU is zero modulo every prime."""
        drawn = x % 2
        drawn[0] = 1 - drawn[1]
        return drawn

    def packed(self, x: Array) -> bytes:
        """All residues as a key for memory."""
        return x.tobytes()

    def columns(self, flat: Array) -> list[bytes]:
        """The residues of each entry as a key, for an array (primes, entries)."""
        return [column.tobytes() for column in np.ascontiguousarray(flat.T)]

    def smaller(self, x: Array, other: Array) -> Array:
        """Which of two arguments stands for both, by the residue modulo the first prime."""
        chosen: Array = x[0] <= other[0]
        return chosen

    def error_bits(self, degree: int, bits: float, arguments: int) -> float:
        """-log2 of the probability that different formulas agree: (1 + m²/2)(D/p + H/bπ)^k for m arguments, with k primes of
        b bits from π."""
        per_prime = max(degree, 1) / 2**self.bits + bits / self.bits / self.pool
        return max(0.0, -self.count * log2(min(1.0, per_prime)) - log2(1 + arguments**2 / 2))


_NAMES = count()


@dataclass(frozen=True)
class Bound:
    """Value = N/D; N has at most this degree and coefficients of at most so many bits, D is a product of denominators.

    denominators   name -> (multiplicity, degree, bits) of one factor
    """

    degree: int = 0
    bits: float = 0.0
    denominators: Mapping[int, tuple[int, int, float]] = field(default_factory=dict)

    def __add__(self, other: Bound) -> Bound:
        if self.denominators == other.denominators:
            return _checked(Bound(max(self.degree, other.degree), max(self.bits, other.bits) + 1, self.denominators))
        common = {k: max(self._of(k), other._of(k)) for k in {**self.denominators, **other.denominators}}
        degree = max(b.degree + b._missing(common, 1) for b in (self, other))
        bits = max(b.bits + b._missing(common, 2) for b in (self, other)) + 1
        return _checked(Bound(int(degree), bits, common))

    def __mul__(self, other: Bound) -> Bound:
        common = dict(self.denominators)
        for k, (m, d, b) in other.denominators.items():
            common[k] = (m + (common[k][0] if k in common else 0), d, b)
        bits = self.bits + other.bits + log2(2 + min(self.degree, other.degree))
        return _checked(Bound(self.degree + other.degree, bits, common))

    def summed(self, terms: int) -> Bound:
        """A sum of so many values of this kind."""
        return Bound(self.degree, self.bits + log2(max(terms, 1)), self.denominators)

    def inverse(self, entries: int) -> Bound:
        """1/value for an array of so many entries: N of each becomes a factor of the common denominator."""
        named = {next(_NAMES): (1, self.degree * entries, self.bits * entries)}
        degree = sum(m * d for m, d, _ in self.denominators.values()) + self.degree * (entries - 1)
        bits = sum(m * b for m, _, b in self.denominators.values()) + self.bits * (entries - 1)
        return _checked(Bound(degree, bits, named))

    def power(self, exponent: int) -> Bound:
        found = {k: (m * exponent, d, b) for k, (m, d, b) in self.denominators.items()}
        return _checked(Bound(self.degree * exponent, (self.bits + log2(2 + self.degree)) * exponent, found))

    @property
    def total(self) -> int:
        """Degree of numerator and denominator together: what must not vanish."""
        return self.degree + sum(m * d for m, d, _ in self.denominators.values())

    def _of(self, name: int) -> tuple[int, int, float]:
        return self.denominators.get(name, (0, 0, 0.0))

    def _missing(self, common: Mapping[int, tuple[int, int, float]], place: int) -> float:
        return sum((m - self._of(k)[0]) * (d, b)[place - 1] for k, (m, d, b) in common.items())


def _checked(bound: Bound) -> Bound:
    if bound.total >= HIGHEST_DEGREE:
        raise TooLarge(f"degree {bound.total}; below {HIGHEST_DEGREE} a random point says something")
    return bound
