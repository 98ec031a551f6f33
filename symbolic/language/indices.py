"""Index arithmetic: an index expression is *point + whole number*.

A point is a symbol (an index variable such as t, or a length such as T) or nothing (a plain number).  Every index that
occurs in a recurrent network is of this form: t - 1, T, k + 1, 0.  Keeping to it makes time decidable.
"""

from __future__ import annotations

from functools import lru_cache

from sympy import Add, Expr, Integer, Symbol


class IndexError_(ValueError):
    """An index expression that is not *symbol + whole number*."""


@lru_cache(maxsize=65536)
def affine(index: Expr) -> tuple[Symbol | None, int]:
    """Split an index expression into (point, offset); the point of a plain number is None.

    >>> from sympy import Symbol
    >>> affine(Symbol("t") - 1)
    (t, -1)
    """
    if isinstance(index, Integer):
        return None, int(index)
    if isinstance(index, Symbol):
        return index, 0
    if isinstance(index, Add) and len(index.args) == 2:
        number, symbol = index.args
        if isinstance(number, Integer) and isinstance(symbol, Symbol):
            return symbol, int(number)
    raise IndexError_(f"the index {index} is not a symbol plus a whole number, such as t - 1")


@lru_cache(maxsize=65536)
def at(point: Symbol | None, offset: int) -> Expr:
    """The index expression *point + offset*, the inverse of `affine`."""
    if point is None:
        return Integer(offset)
    return point if offset == 0 else Add(point, Integer(offset))


def shifted(index: Expr, symbol: Symbol, replacement: Expr) -> Expr:
    """The index expression with `symbol` replaced by another index expression."""
    point, offset = affine(index)
    if point != symbol:
        return index
    new_point, new_offset = affine(replacement)
    return at(new_point, new_offset + offset)
