"""Arithmetic modulo two primes of 61 bits by python-flint, which checks our own arithmetic: no line of it takes part here.

A number is a pair of `flint.nmod`, on the first axis of an array of objects.  They are closed under + - *, and refuse
a number of floating point and a residue modulo another prime, so that nothing that is not exact gets in.

The primes are drawn by the key, each with the same probability, from all those between 2^60 and 2^61, of which there are more
than 2^53 (π(2x) - π(x) > 3x/(5 log x); Rosser and Schoenfeld, *Approximate formulas for some functions of prime numbers*,
1962).  A fixed one, such as 2^61 - 1, would not do: a formula with that number as a coefficient vanishes modulo it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import numpy as np
from flint import fmpz, nmod, nmod_mat

from .arithmetic import PRIMES, Array, Field, ZeroDivisor, seeded

LARGE_PRIMES = 2

LOWEST, HIGHEST = 1 << 60, 1 << 61

OBJECT = 48
"""Bytes of one residue."""

WORD, WORDS = 16, 4
"""A hashed number is made of so many bytes, far more than a prime has, and a digest holds so many."""


class LargeField(Field):
    """Arithmetic modulo primes between 2^60 and 2^61; `bits`: as many as the other field has, each for a draw of its own.

    The primes of such a field are 120 bits (see `told`).
    """

    bits = 60
    pool = 1 << 53
    told = 60

    def __init__(self, key: bytes, bits: bool = False):
        self.key = key[:64]
        self.count = PRIMES if bits else LARGE_PRIMES
        self.primes = _primes(key, self.count)
        self._numbers: dict[Fraction, Array] = {}
        self.zero = self.plain(np.zeros((1, 1)))

    def plain(self, x: Array) -> Array:
        flat = [int(v) for v in x.ravel()]
        return self._filled(([nmod(v, p) for v in flat] for p in self.primes), x.shape)

    def _filled(self, layers: Iterable[list[Any]], shape: tuple[int, ...]) -> Array:
        result = np.empty((self.count, int(np.prod(shape))), dtype=object)
        for layer, entries in zip(result, layers, strict=True):
            layer[:] = entries
        return result.reshape(self.count, *shape)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return np.repeat(self.zero.reshape(-1), int(np.prod(shape))).reshape(self.count, *shape)

    def reduced(self, x: Array) -> Array:
        """Whole numbers become residues; what is neither raises."""
        return x + (self.zero if x.ndim == 3 else self.zero[..., None])

    def times(self, a: Array, b: Array) -> Array:
        return a * b

    def matmul(self, a: Array, b: Array) -> Array:
        """Matrix products, one per prime; what is the same for a whole batch becomes one side of a single product."""
        if a.shape[-1] == 1:
            return a * b
        if a.ndim == 3:
            b = np.broadcast_to(b, (self.count, *b.shape[-2:]))
            products = (_product(x, y, p) for x, y, p in zip(a, b, self.primes, strict=True))
            return self._filled(products, (a.shape[1], b.shape[2]))
        batch, rows, cols = max(a.shape[1], b.shape[1]), a.shape[2], b.shape[3]
        if b.shape[1] == 1:
            return self.matmul(a.reshape(self.count, batch * rows, -1), b[:, 0]).reshape(self.count, batch, rows, cols)
        beside = b.swapaxes(1, 2).reshape(self.count, -1, batch * cols)
        return self.matmul(a[:, 0], beside).reshape(self.count, rows, batch, cols).swapaxes(1, 2)

    def power(self, a: Array, exponent: int) -> Array:
        return self.reduced(a**exponent)

    def inverse(self, a: Array) -> Array:
        if not a.all():
            raise ZeroDivisor("division by zero")
        return self.reduced(a) ** -1

    def number(self, value: Fraction | int) -> Array:
        value = Fraction(value)
        if value not in self._numbers:
            top, bottom = (self.plain(np.array([[n]], dtype=object)) for n in (value.numerator, value.denominator))
            if not bottom.all():
                raise ZeroDivisor(f"the denominator of {value} is divisible by a prime of the field")
            self._numbers[value] = top / bottom
        return self._numbers[value]

    def drawn(self, key: bytes, rows: int, cols: int) -> Array:
        random = seeded(self.key + key)
        layers = ([nmod(int(v), p) for v in random.integers(1, p, rows * cols)] for p in self.primes)
        return self._filled(layers, (rows, cols))

    def hashed(self, entries: list[bytes]) -> Array:
        words = [self._words(e) for e in entries]
        layers = ([nmod(w[k] % (p - 1) + 1, p) for w in words] for k, p in enumerate(self.primes))
        return self._filled(layers, (len(entries),))

    def _words(self, entry: bytes) -> list[int]:
        parts = range(-(-self.count // WORDS))
        digest = b"".join(blake2b(entry, key=self.key, digest_size=64, salt=bytes([k])).digest() for k in parts)
        return [int.from_bytes(digest[k * WORD : (k + 1) * WORD], "little") for k in range(self.count)]

    def weight(self, x: Array) -> int:
        return x.nbytes + OBJECT * x.size

    def indicators(self, x: Array) -> Array:
        drawn = [int(v) % 2 for v in x]
        return self._filled(([nmod(v, p)] for v, p in zip([1 - drawn[1], *drawn[1:]], self.primes, strict=True)), ())

    def packed(self, x: Array) -> bytes:
        return super().packed(x.astype(np.uint64))

    def columns(self, flat: Array) -> list[bytes]:
        return super().columns(flat.astype(np.uint64))

    def smaller(self, x: Array, other: Array) -> Array:
        return super().smaller(x[:1].astype(np.uint64), other[:1].astype(np.uint64))


def _product(a: Array, b: Array, p: int) -> list[Any]:
    x, y = (nmod_mat(m.shape[0], m.shape[1], m.ravel().tolist(), p) for m in (a, b))
    entries: list[Any] = (x * y).entries()
    return entries


def _primes(key: bytes, count: int) -> tuple[int, ...]:
    """Different primes, drawn one after the other: an odd number that is none is thrown away."""
    random, found = seeded(b"primes" + key), dict[int, None]()
    while len(found) < count:
        n = int(random.integers(LOWEST, HIGHEST)) | 1
        if fmpz(n).is_prime():
            found[n] = None
    return tuple(found)
