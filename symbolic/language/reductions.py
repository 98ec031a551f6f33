"""Heads that flatten or reduce: Kronecker products, vec and its inverse, traces, totals and norms."""

from __future__ import annotations

from typing import Any, Self

from sympy import Tuple
from sympy.core.symbol import Str

from .shapes import SCALAR, Shape, ShapeError, describe, mismatch
from .terms import Term, _operands, shape_of


class Kronecker(Term):
    """A ⊗ B; of two columns or of a column and a row it is the flattened outer product."""

    __slots__ = ()

    def __new__(cls, a: Any, b: Any) -> Self:
        return super().__new__(cls, *_operands((a, b)))

    @classmethod
    def _shape(cls, a: Any, b: Any) -> Shape:
        (ra, ca), (rb, cb) = shape_of(a), shape_of(b)
        return ra + rb, ca + cb


class Vec(Term):
    """vec(X) as a column, row-major (`order` "row") or column-major ("column")."""

    __slots__ = ()

    def __new__(cls, x: Any, order: Any = "row") -> Self:
        return super().__new__(cls, *_operands((x,)), order if isinstance(order, Str) else Str(order))

    @classmethod
    def _shape(cls, x: Any, order: Any) -> Shape:
        rows, cols = shape_of(x)
        return (rows + cols if order.name == "row" else cols + rows), ()


class Reshape(Term):
    """The same entries in row-major order under other legs: the inverse of vec.  Args: x, row legs, column legs."""

    __slots__ = ()

    def __new__(cls, x: Any, rows: Any = (), cols: Any = ()) -> Self:
        return super().__new__(cls, *_operands((x,)), Tuple(*rows), Tuple(*cols))

    @classmethod
    def _shape(cls, x: Any, rows: Any, cols: Any) -> Shape:
        old, new = sum(shape_of(x), ()), tuple(rows) + tuple(cols)
        if old != new:
            raise ShapeError(f"cannot give {describe(shape_of(x))} the shape {describe((rows, cols))}")
        return tuple(rows), tuple(cols)


class Trace(Term):
    """tr(X)."""

    __slots__ = ()

    def __new__(cls, x: Any) -> Self:
        return super().__new__(cls, *_operands((x,)))

    @classmethod
    def _shape(cls, x: Any) -> Shape:
        rows, cols = shape_of(x)
        if rows != cols:
            raise ShapeError(f"a trace needs a square matrix, not {describe((rows, cols))}", mismatch(rows, cols))
        return SCALAR


class Total(Term):
    """The sum of all entries, 1ᵀ X 1."""

    __slots__ = ()

    def __new__(cls, x: Any) -> Self:
        return super().__new__(cls, *_operands((x,)))

    @classmethod
    def _shape(cls, x: Any) -> Shape:
        return SCALAR


class NormSquared(Term):
    """‖x‖²: the sum of the squared entries (Euclid, Frobenius)."""

    __slots__ = ()

    def __new__(cls, x: Any) -> Self:
        return super().__new__(cls, *_operands((x,)))

    @classmethod
    def _shape(cls, x: Any) -> Shape:
        return SCALAR
