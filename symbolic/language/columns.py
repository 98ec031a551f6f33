"""Equations by components -> equations of vectors: z_i = Σ_j w_{ij} x_j + b_i is z = W x + b.

A term in which i stands free becomes the column of its values:
    v_i → v        Σ_j w_{ij} a_j → W a        Σ_j w_{ji} a_j → Wᵀ a        a_i b_i → a ∘ b        f(a_i) → f(a)
    Σ_j w_{ij} u_{ij} → (W ∘ U) 1
    e^{a_i} / Σ_c e^{a_c} → softmax(a)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Integer, Symbol
from sympy.core.basic import Basic

from . import (
    Apply,
    Entry,
    Filled,
    Fun,
    Hadamard,
    Plus,
    Power,
    Product,
    Quotient,
    SumOver,
    Transpose,
    is_number,
    kind_of,
    shape_of,
)


class NoVector(ValueError):
    """A term by components that is not of the forms above."""


def column_of(term: Basic, i: Symbol) -> Basic:
    """The column whose i-th entry is the term.  Raises `NoVector`."""
    if isinstance(term, Quotient) and (inside := _softmax_of(term, i)) is not None:
        return Apply(Fun("softmax"), column_of(inside, i))
    rule = _COLUMNS.get(type(term))
    if rule is None or not depends(term, i):
        raise NoVector(f"{term} is no column over {i}")
    return rule(term, i)


def depends(term: Basic, i: Symbol) -> bool:
    """Whether i stands free in a term."""
    if isinstance(term, SumOver) and term.args[1] == i:
        return False
    return i in term.free_symbols


def _entry(term: Any, i: Symbol) -> Basic:
    x, *indices = term.args
    if indices != [i]:
        raise NoVector(f"{term} is no entry of a vector")
    return Transpose(x) if shape_of(x)[1] else x


def _sum(term: Any, i: Symbol) -> Basic:
    body, j, lower, _, excluded = term.args
    if lower != 1 or len(excluded):
        raise NoVector(f"{term} leaves components out")
    if isinstance(body, Plus):
        return Plus(*(_sum(SumOver(t, *term.args[1:4]), i) for t in body.args))
    factors = body.args if isinstance(body, Product | Hadamard) else (body,)
    both = [f for f in factors if depends(f, i) and depends(f, j)]
    matrices = [_matrix(f, i, j) for f in both]
    if not matrices:
        raise NoVector(f"{term} is no product of a matrix and a vector")
    matrix = matrices[0] if len(matrices) == 1 else Hadamard(*matrices)
    inner = [f for f in factors if f not in both and depends(f, j)]
    vector = column_of(inner[0] if len(inner) == 1 else Product(*inner), j) if inner else Filled(1, shape_of(matrix)[1])
    product = Product(matrix, vector)
    outer = [f for f in factors if f not in both and not depends(f, j)]
    return _joined([*outer, product], i, product)


def _matrix(factor: Basic, i: Symbol, j: Symbol) -> Basic:
    """The matrix of which a factor is the entry in row i and column j."""
    x, *indices = factor.args if isinstance(factor, Entry) else (factor,)
    if isinstance(x, Entry) or indices not in ([i, j], [j, i]) or not all(shape_of(x)):
        raise NoVector(f"{factor} is no entry of a matrix")
    return x if indices == [i, j] else Transpose(x)


def _product(term: Any, i: Symbol) -> Basic:
    return _joined(list(term.args), i, None)


def _joined(factors: list[Basic], i: Symbol, done: Basic | None) -> Basic:
    """Scalars in front, columns entry by entry; `done` is a column already."""
    scalars = [f for f in factors if f is not done and not depends(f, i)]
    columns = [f if f is done else column_of(f, i) for f in factors if f is done or depends(f, i)]
    column = columns[0] if len(columns) == 1 else Hadamard(*columns)
    return Product(*scalars, column) if scalars else column


def _plus(term: Any, i: Symbol) -> Basic:
    return Plus(*(t if is_number(t) else column_of(t, i) for t in term.args))


def _applied(term: Any, i: Symbol) -> Basic:
    if kind_of(term.fun) != "elementwise":
        raise NoVector(f"{term} is no function of one entry")
    return Apply(term.fun, column_of(term.x, i))


def _quotient(term: Any, i: Symbol) -> Basic:
    top, bottom = (column_of(a, i) if depends(a, i) else a for a in term.args)
    return Quotient(top, bottom)


def _softmax_of(term: Quotient, i: Symbol) -> Basic | None:
    """a_i if the term is e^{a_i} / Σ_c e^{a_c}."""
    top, bottom = term.args
    if not (isinstance(top, Apply) and top.fun == Fun("exp") and isinstance(bottom, SumOver)):
        return None
    body, c, lower = bottom.args[:3]
    same = isinstance(body, Apply) and body.fun == Fun("exp") and top.x.xreplace({i: c}) == body.x
    return top.x if same and lower == Integer(1) and not len(bottom.args[4]) else None


_COLUMNS: dict[type, Callable[[Any, Symbol], Basic]] = {
    Entry: _entry, SumOver: _sum, Product: _product, Hadamard: _product, Plus: _plus, Apply: _applied,
    Quotient: _quotient, Power: lambda t, i: Power(column_of(t.args[0], i), t.args[1]),
}  # fmt: skip

