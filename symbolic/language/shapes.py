"""Shapes.  A shape is (rows, cols); each of the two is a tuple of *legs*, one size per leg.

A column vector of n entries has rows (n,) and no column legs, a matrix one leg on each side, a scalar none.  A size of
1 is no leg at all, so a 1 x n weight is a row vector.  Several legs on one side (row-major order) are what a Kronecker
product or a flattened matrix has, so that vec and the Jacobian of a vector by a matrix need no special case.
"""

from __future__ import annotations

from sympy import Add, Expr, Integer, Mul, Symbol, Tuple

Legs = tuple[Expr, ...]
Shape = tuple[Legs, Legs]
SCALAR: Shape = ((), ())


class ShapeError(ValueError):
    """Operands that do not conform.

    `equalities` are the pairs of sizes whose equality would make them conform (1 for a leg that is not there); empty
    when nothing would.
    """

    def __init__(self, message: str, equalities: tuple[tuple[Expr, Expr], ...] = ()):
        super().__init__(message)
        self.equalities = equalities


def legs(*sizes: Expr | int) -> Tuple:
    """Sizes as legs: 1 is no leg."""
    return Tuple(*(s for s in map(_size, sizes) if s != 1))


def _size(size: Expr | int) -> Expr:
    size = Integer(size) if isinstance(size, int) else size
    if isinstance(size, (Symbol, Integer, Add)) or (isinstance(size, Mul) and size.args[0].is_Integer):
        return size
    raise TypeError(f"a size is a symbol, a whole number or a sum of them, not {size!r}")


def describe(shape: Shape) -> str:
    """A shape in words, for messages.

    >>> from sympy import symbols
    >>> n, m = symbols("n m")
    >>> describe(((m,), (n,))), describe(((n,), ())), describe(SCALAR)
    ('m×n', 'n×1', '1×1')
    """
    return "×".join("·".join(map(str, side)) or "1" for side in shape)


def mismatch(left: Legs, right: Legs) -> tuple[tuple[Expr, Expr], ...]:
    """The equalities of sizes under which two tuples of legs would be the same."""
    if len(left) == len(right):
        return tuple((a, b) for a, b in zip(left, right, strict=True) if a != b)
    return tuple((leg, Integer(1)) for leg in (*left, *right))
