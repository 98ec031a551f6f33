"""Functions of a whole vector, taken of every row or of every column of a matrix.

    by rows      Σ_i e_i f(e_iᵀ X)        by columns   Σ_j f(X e_j) e_jᵀ

so that nothing else has to know of them: e_iᵀ X is the i-th row, and e_i puts what is made of it into its place.
"""

from __future__ import annotations

from sympy import Symbol
from sympy.core.basic import Basic

from .binders import Apply, Fun, SumOver, Unit, kind_of
from .shapes import ShapeError, describe
from .terms import Product, Transpose, shape_of

LINES = ("rows", "columns")
OF_VECTORS = ("vector", "reduce")
LETTER = "iota"
"""That of the sum: one that hardly any note uses."""


def by_lines(fun: Fun, x: Basic, lines: str) -> SumOver:
    """f of every line of a matrix; `lines` is one of `LINES`.

    >>> from sympy import symbols
    >>> from .terms import Var
    >>> n, m = symbols("n m")
    >>> shape_of(by_lines(Fun("softmax"), Var("Z", (), (n,), (m,)), "columns"))
    ((n,), (m,))
    """
    rows, cols = shape_of(x)
    if lines not in LINES or len(rows) != 1 or len(cols) != 1:
        raise ShapeError(f"{fun.name} by {lines} needs a matrix, not {describe((rows, cols))}")
    size = rows[0] if lines == "rows" else cols[0]
    taken = {s.name for s in x.free_symbols if isinstance(s, Symbol)}
    index = Symbol(next(name for name in (LETTER, *(f"{LETTER}_{k}" for k in range(len(taken) + 1))) if name not in taken))
    unit = Unit(index, size)
    if lines == "rows":
        return SumOver(Product(unit, Apply(fun, Product(Transpose(unit), x))), index, 1, size)
    return SumOver(Product(Apply(fun, Product(x, unit)), Transpose(unit)), index, 1, size)


def lines_of(term: Basic) -> tuple[Fun, Basic, str] | None:
    """(f, X, "rows" or "columns") of a term that `by_lines` makes, whatever its letter is; else None.

    >>> from sympy import symbols
    >>> from .terms import Var
    >>> X = Var("X", (), symbols("n,"), symbols("m,"))
    >>> lines_of(by_lines(Fun("softmax"), X, "rows")) == (Fun("softmax"), X, "rows")
    True
    """
    body = term.args[0] if isinstance(term, SumOver) else None
    if not isinstance(body, Product) or len(body.args) != 2:
        return None
    for lines, value in zip(LINES, body.args[::-1], strict=True):
        if not isinstance(value, Apply) or not isinstance(value.x, Product) or len(value.x.args) != 2:
            continue
        x = value.x.args[1 if lines == "rows" else 0]
        if kind_of(value.fun) in OF_VECTORS and [len(legs) for legs in shape_of(x)] == [1, 1]:
            made = by_lines(value.fun, x, lines)
            if made.xreplace({made.args[1]: term.args[1]}) == term:
                return value.fun, x, lines
    return None
