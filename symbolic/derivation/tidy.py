"""Tidying a whole term: one row per head, which rebuilds it through the constructors of `algebra`."""

from __future__ import annotations

from collections.abc import Callable

from sympy.core.basic import Basic

from ..language import (
    Apply,
    Block,
    Commute,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Fun,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Reshape,
    SumOver,
    Term,
    Total,
    Trace,
    Transpose,
    Vec,
    Where,
    is_number,
    shape_of,
    slope,
)
from .algebra import Algebra, is_zero, zero
from .monomial import filled


def tidy(term: Basic, k: Algebra) -> Basic:
    """The term as a person would write it; the same value and shape, whatever the numbers are."""
    known = k.memo.get(term)
    if known is None:
        row = REBUILD.get(type(term))
        known = k.memo[term] = term if row is None else row(k, term)
        k.memo[known] = known
    return known


def tidy_inside(term: Basic, k: Algebra) -> Basic:
    """The term with tidied operands; a function at the top is not replaced by its name (which it defines)."""
    return Apply(term.fun, tidy(term.x, k)) if isinstance(term, Apply) else tidy(term, k)


def slope_of(fun: Fun, x: Basic, k: Algebra) -> Basic:
    """f'(x) entry by entry, written in the output's name where it has one."""
    return Apply(fun.derived(), tidy(x, k)) if k.open_slopes else tidy(slope(fun, x, k.apply(fun, x)), k)


Row = Callable[[Algebra, Term], Basic]


def _operands(x: Term, k: Algebra) -> list[Basic]:
    return [tidy(a, k) for a in x.args]


def _plus(k: Algebra, x: Plus) -> Basic:
    parts = _operands(x, k)
    result = k.plus(*parts)
    return filled(result, x.shape) if is_number(result) else result


def _hadamard(k: Algebra, x: Hadamard) -> Basic:
    result = k.hadamard(*_operands(x, k))
    return filled(result, x.shape) if is_number(result) else result


def _quotient(k: Algebra, x: Quotient) -> Basic:
    result = k.quotient(*_operands(x, k))
    return filled(result, x.shape) if is_number(result) else result


def _apply(k: Algebra, x: Apply) -> Basic:
    named = k.facts.name(x)
    return named if named is not x else k.apply(x.fun, tidy(x.x, k))


def _entry(k: Algebra, x: Entry) -> Basic:
    inner = tidy(x.args[0], k)
    if not x.args[1:]:
        return inner
    return zero(x.shape) if is_zero(inner) else Entry(inner, *x.args[1:])


def _sum_over(k: Algebra, x: SumOver) -> Basic:
    body, letter, lower, upper, excluded = x.args
    return k.sum_over(tidy(body, k), letter, lower, upper, excluded)


def _product_over(k: Algebra, x: ProductOver) -> Basic:
    body, letter, lower, upper, _ = x.args
    return k.product_over(tidy(body, k), letter, lower, upper, x.order)


def _norm(k: Algebra, x: NormSquared) -> Basic:
    inner = tidy(x.args[0], k)
    return k.power(inner, 2) if shape_of(inner) == ((), ()) else zero(x.shape) if is_zero(inner) else NormSquared(inner)


def _joined(k: Algebra, x: Concat) -> Basic:
    return Concat(x.args[0], *(tidy(a, k) for a in x.args[1:]))


REBUILD: dict[type, Row] = {
    Plus: _plus,
    Product: lambda k, x: k.times(*_operands(x, k)),
    Hadamard: _hadamard,
    Quotient: _quotient,
    Power: lambda k, x: k.power(tidy(x.args[0], k), x.args[1]),
    Transpose: lambda k, x: k.transpose(tidy(x.args[0], k)),
    Diag: lambda k, x: k.diag(tidy(x.args[0], k)),
    DiagPart: lambda k, x: k.diagpart(tidy(x.args[0], k)),
    Identity: lambda k, x: k.identity(x.args),
    Kronecker: lambda k, x: k.kron(*_operands(x, k)),
    Vec: lambda k, x: k.vec(tidy(x.args[0], k), x.args[1].name),
    Reshape: lambda k, x: k.reshape(tidy(x.args[0], k), *x.shape),
    Trace: lambda k, x: k.trace(tidy(x.args[0], k)),
    Total: lambda k, x: k.total(tidy(x.args[0], k)),
    NormSquared: _norm,
    Commute: lambda k, x: k.commute(*x.args),
    Entry: _entry,
    Where: lambda k, x: k.where(tidy(x.args[0], k), *x.args[1:]),
    SumOver: _sum_over,
    ProductOver: _product_over,
    Apply: _apply,
    Concat: _joined,
    Block: lambda k, x: Block(tidy(x.args[0], k), *x.args[1:]),
}
"""Heads without a row (quantities, adjoints, constants, derivatives not worked out) stay as they are."""
