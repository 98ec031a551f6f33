"""A sum over all entries as the vector that it spells: Σ_k (y_k / p_k) e_k = y / p.

A scalar that holds entries v_k is the k-th entry of the vector that the same operations give entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import Entry, Hadamard, Plus, Power, Product, Quotient, Unit, is_number
from .moving import letters


class Operations(Protocol):
    """What puts tidied terms together."""

    def plus(self, *terms: Basic) -> Basic: ...
    def times(self, *factors: Basic) -> Basic: ...
    def hadamard(self, *factors: Basic) -> Basic: ...
    def quotient(self, a: Basic, b: Basic) -> Basic: ...
    def power(self, x: Basic, exponent: Basic) -> Basic: ...


def lifted(k: Operations, body: Basic, letter: Symbol, size: Expr) -> Basic | None:
    """Σ_letter body over all entries of a vector of this size, without the sum; None where it is something else."""
    if not isinstance(body, Product) or body.args[-1] != Unit(letter, size):
        return None
    scalars = body.args[:-1]
    free = [s for s in scalars if letter not in letters(s)]
    vectors = [_vector(k, s, letter, size) for s in scalars if letter in letters(s)]
    if not vectors or any(v is None for v in vectors):
        return None
    found = [v for v in vectors if v is not None]
    return k.times(*free, found[0] if len(found) == 1 else k.hadamard(*found))


def _vector(k: Operations, term: Basic, letter: Symbol, size: Expr) -> Basic | None:
    """The vector whose entry at the letter is this scalar."""
    row = ROWS.get(type(term))
    return row(k, term, letter, size) if row is not None else None


def _entry(k: Operations, term: Entry, letter: Symbol, size: Expr) -> Basic | None:
    x, *indices = term.args
    column = x.rows == (size,) and not x.cols
    return x if indices == [letter] and column and letter not in letters(x) else None


def _parts(k: Operations, term: Basic, letter: Symbol, size: Expr) -> list[Basic] | None:
    """The operands as vectors; numbers stay."""
    found = [a if is_number(a) else _vector(k, a, letter, size) for a in term.args]
    return None if any(a is None for a in found) else [a for a in found if a is not None]


def _each(make: Callable[[Operations, list[Basic]], Basic]) -> Callable[..., Basic | None]:
    def row(k: Operations, term: Basic, letter: Symbol, size: Expr) -> Basic | None:
        parts = _parts(k, term, letter, size)
        return None if parts is None else make(k, parts)

    return row


def _multiplied(k: Operations, parts: list[Basic]) -> Basic:
    vectors = [p for p in parts if not is_number(p)]
    numbers = [p for p in parts if is_number(p)]
    return k.times(*numbers, vectors[0] if len(vectors) == 1 else k.hadamard(*vectors))


ROWS: dict[type, Callable[..., Basic | None]] = {
    Entry: _entry,
    Plus: _each(lambda k, parts: k.plus(*parts)),
    Product: _each(_multiplied),
    Hadamard: _each(_multiplied),
    Quotient: _each(lambda k, parts: k.quotient(*parts)),
    Power: _each(lambda k, parts: k.power(*parts)),
}
"""Head -> the vector; a head that is not listed has none."""
