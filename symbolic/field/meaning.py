"""The meaning of every head in a prime field: one row of a table per head, each a few operations of the tape.

A value has the axes (primes, rows, columns), where each side's legs are flattened in row-major order, as `language.shapes`
says.  Quantities, sizes, indices and derivatives come from a `Source`; an empty sum is zero, an empty product the identity.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any, Protocol

import numpy as np
from sympy import Add, Expr, Integer, Mul, Pow, Rational, Symbol
from sympy.core.basic import Basic

from .. import language as L
from .arithmetic import Array, Field, ZeroDivisor, fitting
from .functions import Unknown
from .tape import Node, add, constant, dot, filled, gather, invert, mul, raised, scale, spread, total

Env = dict[Symbol, int]


class Nowhere(ValueError):
    """A quantity or a component at an index at which it does not exist."""


class Source(Protocol):
    """Where the numbers come from."""

    field: Field

    def recalled(self, name: object) -> Node | None: ...
    def keep(self, name: object, term: Basic, node: Node) -> Node: ...
    def size(self, leg: Expr) -> int: ...
    def index(self, expression: Expr, env: Env) -> int: ...
    def variable(self, variable: L.Var, env: Env) -> Node: ...
    def adjoint(self, variable: L.Var, env: Env) -> Node: ...
    def partial(self, term: L.Partial, env: Env) -> Node: ...
    def apply(self, fun: L.Fun, x: Node, env: Env) -> Node: ...


def value(source: Source, term: Basic, env: Env) -> Node:
    """The value of a term; `Nowhere` where a quantity does not exist, `ZeroDivisor` for a division by zero."""
    name = (id(term), *map(env.get, letters(term)))  # the memory holds the term, so that its id stays its own
    found = source.recalled(name)
    if found is None:
        rule = RULES.get(type(term))
        found = rule(source, term, env) if rule is not None else filled(source.field, _number(source, term, env), 1, 1)
        found = source.keep(name, term, found)
    return found


_LETTERS: dict[int, tuple[Basic, tuple[Symbol, ...]]] = {}
MOST_LETTERS = 100_000


def letters(term: Basic) -> tuple[Symbol, ...]:
    """The symbols on which the value of a term may depend; remembered by identity, which costs less than comparing terms."""
    found = _LETTERS.get(id(term))
    if found is None:
        if len(_LETTERS) > MOST_LETTERS:
            _LETTERS.clear()
        found = _LETTERS[id(term)] = term, tuple(sorted(term.free_symbols, key=str))
    return found[1]


def sides(source: Source, shape: Any) -> tuple[int, int]:
    """The two sides of a shape as numbers."""
    rows, cols = shape
    return fitting(prod(map(source.size, rows)), prod(map(source.size, cols)))


def holds(source: Source, relation: L.Relation, env: Env) -> bool:
    """Whether a condition between index expressions is true."""
    left, right = (source.index(side, env) for side in relation.args[1:])
    return {"=": left == right, "!=": left != right, "<": left < right, "<=": left <= right}[relation.op]


def _number(source: Source, expression: Basic, env: Env) -> Fraction:
    """A number, a size, an index, or a sum, product or whole power of them."""
    if isinstance(expression, Rational):
        return Fraction(int(expression.p), int(expression.q))
    if isinstance(expression, Add):
        return sum((_number(source, a, env) for a in expression.args), Fraction(0))
    if isinstance(expression, Mul):
        return prod((_number(source, a, env) for a in expression.args), start=Fraction(1))
    if isinstance(expression, Pow) and isinstance(expression.args[1], Integer):
        base, exponent = _number(source, expression.args[0], env), int(expression.args[1])
        if base == 0 and exponent < 0:
            raise ZeroDivisor(f"{expression} divides by zero")
        return base**exponent
    if isinstance(expression, Symbol):
        return Fraction(source.index(expression, env))
    raise Unknown(f"{expression} is neither a term nor a number made of sizes and indices")


def _whole(source: Source, term: Basic, shape: Any, env: Env) -> Node:
    """A number beside a vector or matrix stands for that number in every entry."""
    x = value(source, term, env)
    rows, cols = sides(source, shape)
    return spread(x, rows, cols) if L.is_number(term) and (rows, cols) != x.shape else x


def _plus(source: Source, term: Any, env: Env) -> Node:
    return add([_whole(source, a, term.shape, env) for a in term.args])


def _product(source: Source, term: Any, env: Env) -> Node:
    """Scalar factors scale wherever they stand; so does a row times a column in front of other factors."""
    scalars: list[Node] = []
    running: Node | None = None
    shape: Any = L.SCALAR
    for factor in term.args:
        x, own = value(source, factor, env), L.shape_of(factor)
        if own == L.SCALAR:
            scalars.append(x)
        elif running is None or shape == L.SCALAR:
            scalars += [running] if running is not None else []
            running, shape = x, own
        else:
            running, shape = dot(running, x), (shape[0], own[1])
    result = running
    for x in scalars:
        result = x if result is None else scale(x, result)
    return result if result is not None else filled(source.field, 1, 1, 1)


def _hadamard(source: Source, term: Any, env: Env) -> Node:
    result = _whole(source, term.args[0], term.shape, env)
    for factor in term.args[1:]:
        result = mul(result, _whole(source, factor, term.shape, env))
    return result


def _quotient(source: Source, term: Any, env: Env) -> Node:
    top, bottom = _whole(source, term.args[0], term.shape, env), invert(value(source, term.args[1], env))
    return mul(top, bottom) if top.shape == bottom.shape else scale(bottom, top)


def _power(source: Source, term: Any, env: Env) -> Node:
    base, exponent = value(source, term.args[0], env), term.args[1]
    if not isinstance(exponent, Integer):
        raise Unknown(f"a power with the exponent {exponent} has no meaning in a prime field here")
    k = int(exponent)
    if k == 0:
        return filled(source.field, 1, *base.shape)
    return raised(base, k) if k > 0 else invert(raised(base, -k))


def _moved(index: Callable[[Source, Any, Env, tuple[int, int]], Array]) -> Callable[[Source, Any, Env], Node]:
    """A head that only moves entries: `index` says which entry of the operand stands where, -1 for zero."""

    def rule(source: Source, term: Any, env: Env) -> Node:
        x = value(source, term.args[0], env)
        return gather(x, index(source, term, env, x.shape))

    return rule


def _places(shape: tuple[int, int]) -> Array:
    return np.arange(shape[0] * shape[1]).reshape(shape)


def _diag(source: Source, term: Any, env: Env, shape: tuple[int, int]) -> Array:
    n, _ = fitting(shape[0] * shape[1], shape[0] * shape[1])
    return np.where(np.eye(n, dtype=bool), np.arange(n), -1)


def _entry(source: Source, term: Any, env: Env, shape: tuple[int, int]) -> Array:
    """Component indices count from 1."""
    rows, cols = L.shape_of(term.args[0])
    position = 0
    for index, leg in zip(term.args[1:], rows + cols, strict=True):
        at, size = source.index(index, env), source.size(leg)
        if not 1 <= at <= size:
            raise Nowhere(f"component {at} of {size}")
        position = position * size + at - 1
    return np.array([[position]])


def _block(source: Source, term: Any, env: Env, shape: tuple[int, int]) -> Array:
    axis, position, sizes = int(term.args[1]), int(term.args[2]), term.args[3]
    start = sum(map(source.size, sizes[:position]))
    picked = slice(start, start + source.size(sizes[position]))
    return _places(shape)[picked] if axis == 0 else _places(shape)[:, picked]


def _vec(source: Source, term: Any, env: Env, shape: tuple[int, int]) -> Array:
    places = _places(shape)
    return (places if term.args[1].name == "row" else places.T).reshape(-1, 1)


def _unit(source: Source, term: Any, env: Env) -> Node:
    at, size = source.index(term.args[0], env), source.size(term.args[1])
    if not 1 <= at <= size:
        raise Nowhere(f"unit vector {at} of {size}")
    return _plain(source, np.eye(size)[:, at - 1 : at])


def _plain(source: Source, x: Array) -> Node:
    return constant(source.field, source.field.plain(x))


def _commute(source: Source, term: Any, env: Env) -> Node:
    rows, cols = (prod(map(source.size, legs)) for legs in term.args)
    fitting(rows * cols, rows * cols)
    return _plain(source, np.eye(rows * cols)[np.arange(rows * cols).reshape(rows, cols).T.ravel()])


def _kronecker(source: Source, term: Any, env: Env) -> Node:
    a, b = (value(source, x, env) for x in term.args)
    shape = fitting(a.shape[0] * b.shape[0], a.shape[1] * b.shape[1])
    grid = np.ones((a.shape[0], b.shape[0], a.shape[1], b.shape[1]), dtype=int)
    outer = (_places(a.shape)[:, None, :, None] * grid).reshape(shape)
    inner = (_places(b.shape)[None, :, None, :] * grid).reshape(shape)
    return mul(gather(a, outer), gather(b, inner))


def _norm_squared(source: Source, term: Any, env: Env) -> Node:
    x = value(source, term.args[0], env)
    return total(mul(x, x))


def _trace(source: Source, term: Any, env: Env) -> Node:
    x = value(source, term.args[0], env)
    return total(gather(x, np.diagonal(_places(x.shape))[:, None]))


def _zero(source: Source, term: Any) -> Node:
    return _plain(source, np.zeros(sides(source, term.shape)))


def _where(source: Source, term: Any, env: Env) -> Node:
    """Where a condition fails the term is zero, whether or not it exists there."""
    if all(holds(source, c, env) for c in term.args[1:]):
        return value(source, term.args[0], env)
    return _zero(source, term)


def _range(source: Source, term: Any, env: Env) -> range:
    return range(source.index(term.args[2], env), source.index(term.args[3], env) + 1)


def _sum_over(source: Source, term: Any, env: Env) -> Node:
    if not term.args[4]:
        found = _folded(source, term, env, lambda sum_, part: add([sum_, part]))
    else:
        body, index, *_, excluded = term.args
        left_out = {source.index(e, env) for e in excluded}
        parts = [value(source, body, {**env, index: n}) for n in _range(source, term, env) if n not in left_out]
        found = add(parts) if parts else None
    return _zero(source, term) if found is None else found


def _product_over(source: Source, term: Any, env: Env) -> Node:
    if term.order == "unspecified":
        raise Unknown(f"the order of the product over {term.args[1]} is not fixed; choose a reading first")
    descending = term.order == "descending"
    found = _folded(source, term, env, lambda product, factor: dot(*((factor, product) if descending else (product, factor))))
    return _plain(source, np.eye(sides(source, term.shape)[0])) if found is None else found


def _folded(source: Source, term: Any, env: Env, join: Callable[[Node, Node], Node]) -> Node | None:
    """What stands under a sum or product joined step by step, from what was joined before up to an earlier step."""
    body, index = term.args[:2]
    steps = _range(source, term, env)
    name = (id(body), type(term), term.args[4], steps.start, *(env.get(s) for s in letters(body) if s != index))
    result, done = None, steps.start - 1
    for n in reversed(steps):
        result = source.recalled((*name, n))
        if result is not None:
            done = n
            break
    for n in range(done + 1, steps.stop):
        part = value(source, body, {**env, index: n})
        result = source.keep((*name, n), body, part if result is None else join(result, part))
    return result


def _concat(source: Source, term: Any, env: Env) -> Node:
    axis, parts = int(term.args[0]), [value(source, p, env) for p in term.args[1:]]
    places, start = [], 0
    for p in parts:
        places.append(start + _places(p.shape))
        start += p.size
    joined = np.concatenate(places, axis=axis)
    starts = np.cumsum([0, *(p.size for p in parts)])
    pieces = zip(parts, starts, starts[1:], strict=False)
    return add([gather(p, np.where((joined >= low) & (joined < high), joined - low, -1)) for p, low, high in pieces])


RULES: dict[type, Callable[[Source, Any, Env], Node]] = {
    L.Var: lambda source, term, env: source.variable(term, env),
    L.Adjoint: lambda source, term, env: source.adjoint(term.variable, env),
    L.Partial: lambda source, term, env: source.partial(term, env),
    L.Apply: lambda source, term, env: source.apply(term.fun, value(source, term.x, env), env),
    L.Plus: _plus,
    L.Product: _product,
    L.Hadamard: _hadamard,
    L.Quotient: _quotient,
    L.Power: _power,
    L.Transpose: _moved(lambda source, term, env, shape: _places(shape).T),
    L.Diag: _moved(_diag),
    L.DiagPart: _moved(lambda source, term, env, shape: np.diagonal(_places(shape))[:, None]),
    L.Entry: _moved(_entry),
    L.Block: _moved(_block),
    L.Vec: _moved(_vec),
    L.Reshape: _moved(lambda source, term, env, shape: _places(shape).reshape(sides(source, term.shape))),
    L.Concat: _concat,
    L.Kronecker: _kronecker,
    L.Identity: lambda source, term, env: _plain(source, np.eye(sides(source, term.shape)[0])),
    L.Commute: _commute,
    L.Filled: lambda source, term, env: filled(source.field, _number(source, term.args[0], env), *sides(source, term.shape)),
    L.Unit: _unit,
    L.Trace: _trace,
    L.Total: lambda source, term, env: total(value(source, term.args[0], env)),
    L.NormSquared: _norm_squared,
    L.Where: _where,
    L.SumOver: _sum_over,
    L.ProductOver: _product_over,
}
