"""The meaning of every head, as numbers: one row of a table per head.

A value is an array with the axes (batch, rows, columns), where each side's legs are flattened in row-major order, as
`language.shapes` says; the batch axis has length 1 or holds one perturbed copy per row.  Nothing here knows about
models: quantities, sizes and indices come from a `Source`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Protocol

import numpy as np
from sympy import Add, Expr, Mul, Pow, Rational, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..language.shapes import Legs, Shape

Array = np.ndarray
Env = dict[Symbol, int]


class Source(Protocol):
    """Where an interpretation gets its numbers from."""

    def size(self, leg: Expr) -> int: ...
    def index(self, expression: Expr, env: Env) -> int: ...
    def variable(self, variable: L.Var, env: Env) -> Array: ...
    def adjoint(self, variable: L.Var, env: Env) -> Array: ...
    def partial(self, term: L.Partial, env: Env) -> Array: ...
    def apply(self, fun: L.Fun, x: Array, env: Env) -> Array: ...


class OutOfRange(ValueError):
    """A quantity at an index at which it does not exist, or more steps than are worked out."""


MAX_STEPS = 1000
"""The longest sum or product over an index; lengths and sizes that are tried stay below ten."""


def value(source: Source, term: Basic, env: Env) -> Array:
    """The value of a term, with axes (batch, rows, columns); `OutOfRange` where a quantity does not exist."""
    rule = RULES.get(type(term))
    if rule is not None:
        return rule(source, term, env)
    return np.full((1, 1, 1), _number(source, term, env))


def flat(source: Source, shape: Shape) -> tuple[int, int]:
    """The two sides of a shape as numbers."""
    return _side(source, shape[0]), _side(source, shape[1])


def holds(source: Source, relation: L.Relation, env: Env) -> bool:
    """Whether a condition between index expressions is true."""
    left, right = (source.index(side, env) for side in relation.args[1:])
    return {"=": left == right, "!=": left != right, "<": left < right, "<=": left <= right}[relation.op]


def _side(source: Source, legs: Legs) -> int:
    return prod(source.size(leg) for leg in legs)


def _number(source: Source, expression: Basic, env: Env) -> float:
    """A number, a size, an index, or a sum, product or power of them."""
    if isinstance(expression, Rational):
        return float(expression)
    if isinstance(expression, (Add, Mul)):
        return (sum if isinstance(expression, Add) else prod)(_number(source, a, env) for a in expression.args)
    if isinstance(expression, Pow):
        base, exponent = (_number(source, a, env) for a in expression.args)
        return float(base**exponent)
    if isinstance(expression, Symbol):
        return float(source.index(expression, env))
    raise TypeError(f"{expression} is neither a term nor a number made of sizes and indices")


def _plus(source: Source, term: Basic, env: Env) -> Array:
    return sum((value(source, a, env) for a in term.args[1:]), value(source, term.args[0], env))


def _product(source: Source, term: Basic, env: Env) -> Array:
    """Scalar factors scale wherever they stand; so does a row times a column in front of other factors."""
    result, scale, shape = None, None, L.SCALAR
    for factor in term.args:
        x = value(source, factor, env)
        own = L.shape_of(factor)
        if own == L.SCALAR:
            scale = x if scale is None else scale * x
        elif shape == L.SCALAR:
            if result is not None:
                scale = result if scale is None else scale * result
            result, shape = x, own
        else:
            result, shape = result @ x, (shape[0], own[1])
    if result is None:
        return scale if scale is not None else np.ones((1, 1, 1))
    return result if scale is None else scale * result


def _hadamard(source: Source, term: Basic, env: Env) -> Array:
    result = value(source, term.args[0], env)
    for factor in term.args[1:]:
        result = result * value(source, factor, env)
    return result


def _quotient(source: Source, term: Basic, env: Env) -> Array:
    top, bottom = (value(source, a, env) for a in term.args)
    return np.where(bottom == 0, np.nan, top / np.where(bottom == 0, 1.0, bottom))


def _power(source: Source, term: Basic, env: Env) -> Array:
    base, exponent = value(source, term.args[0], env), term.args[1]
    if exponent.is_Integer:
        whole = base ** abs(int(exponent))
        return whole if exponent >= 0 else np.where(base == 0, np.nan, 1 / np.where(base == 0, 1.0, whole))
    return np.where(base.real > 0, np.exp(float(exponent) * np.log(np.where(base.real > 0, base, 1.0))), np.nan)


def _transpose(source: Source, term: Basic, env: Env) -> Array:
    return value(source, term.args[0], env).swapaxes(1, 2)


def _diag(source: Source, term: Basic, env: Env) -> Array:
    v = value(source, term.args[0], env)
    v = v.reshape(len(v), -1)
    return v[:, :, None] * np.eye(v.shape[1])


def _diag_part(source: Source, term: Basic, env: Env) -> Array:
    return np.diagonal(value(source, term.args[0], env), axis1=1, axis2=2)[:, :, None]


def _identity(source: Source, term: Basic, env: Env) -> Array:
    return np.eye(_side(source, term.args))[None]


def _commute(source: Source, term: Basic, env: Env) -> Array:
    rows, cols = (_side(source, legs) for legs in term.args)
    return np.eye(rows * cols)[np.arange(rows * cols).reshape(rows, cols).T.ravel()][None]


def _filled(source: Source, term: Basic, env: Env) -> Array:
    return np.full((1, *flat(source, term.shape)), _number(source, term.args[0], env))


def _kronecker(source: Source, term: Basic, env: Env) -> Array:
    a, b = (value(source, x, env) for x in term.args)
    outer = a[:, :, None, :, None] * b[:, None, :, None, :]
    return outer.reshape(len(outer), a.shape[1] * b.shape[1], a.shape[2] * b.shape[2])


def _vec(source: Source, term: Basic, env: Env) -> Array:
    x = value(source, term.args[0], env)
    x = x if term.args[1].name == "row" else x.swapaxes(1, 2)
    return x.reshape(len(x), -1, 1)


def _reshape(source: Source, term: Basic, env: Env) -> Array:
    x = value(source, term.args[0], env)
    return x.reshape(len(x), *flat(source, term.shape))


def _trace(source: Source, term: Basic, env: Env) -> Array:
    return _diag_part(source, term, env).sum(axis=1, keepdims=True)


def _total(source: Source, term: Basic, env: Env) -> Array:
    return value(source, term.args[0], env).sum(axis=(1, 2), keepdims=True)


def _norm_squared(source: Source, term: Basic, env: Env) -> Array:
    return (value(source, term.args[0], env) ** 2).sum(axis=(1, 2), keepdims=True)


def _entry(source: Source, term: Basic, env: Env) -> Array:
    """Component indices count from 1."""
    x, *indices = term.args
    position = 0
    for index, leg in zip(indices, L.shape_of(x)[0] + L.shape_of(x)[1], strict=True):
        number, size = source.index(index, env), source.size(leg)
        if not 1 <= number <= size:
            raise OutOfRange(f"component {number} of {size}")
        position = position * size + number - 1
    v = value(source, x, env)
    return v.reshape(len(v), -1)[:, position, None, None]


def _unit(source: Source, term: Basic, env: Env) -> Array:
    number, size = source.index(term.args[0], env), source.size(term.args[1])
    if not 1 <= number <= size:
        raise OutOfRange(f"unit vector {number} of {size}")
    return np.eye(size)[None, :, number - 1, None]


def _where(source: Source, term: Basic, env: Env) -> Array:
    """Where a condition fails the term is zero, whether or not it exists there."""
    if all(holds(source, c, env) for c in term.args[1:]):
        return value(source, term.args[0], env)
    return np.zeros((1, *flat(source, term.shape)))


def _range(source: Source, term: Basic, env: Env) -> range:
    first, last = source.index(term.args[2], env), source.index(term.args[3], env)
    if last - first >= MAX_STEPS:
        raise OutOfRange(f"a sum or a product over {last - first + 1} steps; at most {MAX_STEPS} are worked out in numbers")
    return range(first, last + 1)


def _sum_over(source: Source, term: Basic, env: Env) -> Array:
    body, index, *_, excluded = term.args
    left_out = {source.index(e, env) for e in excluded}
    total = np.zeros((1, *flat(source, term.shape)))
    for number in _range(source, term, env):
        if number not in left_out:
            total = total + value(source, body, {**env, index: number})
    return total


def _product_over(source: Source, term: Basic, env: Env) -> Array:
    if term.order == "unspecified":
        raise ValueError(f"the order of the product over {term.args[1]} is not fixed; choose a reading first")
    body, index = term.args[:2]
    result = np.eye(_side(source, term.shape[0]))[None]
    for number in _range(source, term, env):
        factor = value(source, body, {**env, index: number})
        result = factor @ result if term.order == "descending" else result @ factor
    return result


def _apply(source: Source, term: Basic, env: Env) -> Array:
    return source.apply(term.fun, value(source, term.x, env), env)


def _joined(parts: list[Array], axis: int) -> Array:
    batch = max(map(len, parts))
    return np.concatenate([np.broadcast_to(p, (batch, *p.shape[1:])) for p in parts], axis=axis + 1)


def _concat(source: Source, term: Basic, env: Env) -> Array:
    return _joined([value(source, p, env) for p in term.args[1:]], int(term.args[0]))


def _block(source: Source, term: Basic, env: Env) -> Array:
    x, axis, position, sizes = term.args
    start = sum(source.size(s) for s in sizes[: int(position)])
    picked = slice(start, start + source.size(sizes[int(position)]))
    v = value(source, x, env)
    return v[:, picked] if axis == 0 else v[:, :, picked]


RULES: dict[type, Callable[[Source, Basic, Env], Array]] = {
    L.Var: lambda source, term, env: source.variable(term, env),
    L.Adjoint: lambda source, term, env: source.adjoint(term.variable, env),
    L.Partial: lambda source, term, env: source.partial(term, env),
    L.Plus: _plus,
    L.Product: _product,
    L.Hadamard: _hadamard,
    L.Quotient: _quotient,
    L.Power: _power,
    L.Transpose: _transpose,
    L.Diag: _diag,
    L.DiagPart: _diag_part,
    L.Identity: _identity,
    L.Commute: _commute,
    L.Filled: _filled,
    L.Kronecker: _kronecker,
    L.Vec: _vec,
    L.Reshape: _reshape,
    L.Trace: _trace,
    L.Total: _total,
    L.NormSquared: _norm_squared,
    L.Entry: _entry,
    L.Unit: _unit,
    L.Where: _where,
    L.SumOver: _sum_over,
    L.ProductOver: _product_over,
    L.Apply: _apply,
    L.Concat: _concat,
    L.Block: _block,
}
