"""What the letters of functions mean.

In this order: what the note's block or a sentence says; a stated derivative or formula that exactly one row of the table
satisfies (σ' = σ(1 − σ), s_k(x) = e^{x_k}/Σ e^{x_c}); else an abstract function, entry by entry.  What the claims need is
not asked here: a slope that an author writes may be the mistake that the note is checked for (see `judging.functions`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sympy import Integer, Rational, Symbol
from sympy.core.basic import Basic

from ...language import (
    FUNCTIONS,
    Apply,
    Entry,
    Fun,
    Hadamard,
    Partial,
    Plus,
    Power,
    Product,
    Quotient,
    SumOver,
    Var,
    shape_of,
    slope,
)
from ..tree import Group, Node

POINTS = (0.37, -0.81, 1.13)
VECTOR = (0.37, -0.81, 1.13, 0.59)
TOLERANCE = 1e-9

REAL: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh, "relu": lambda x: max(x, 0.0),
    "step": lambda x: float(x > 0), "softplus": lambda x: math.log1p(math.exp(x)), "exp": math.exp, "log": math.log,
    "sqrt": math.sqrt, "reciprocal": lambda x: 1 / x,
}  # fmt: skip


def softmax(x: Sequence[float]) -> list[float]:
    total = sum(math.exp(v) for v in x)
    return [math.exp(v) / total for v in x]


class Unvalued(Exception):
    """A term that has no number here."""


def value(term: Basic, at: Mapping[Any, Any]) -> Any:
    """The number (or list of numbers) of a term of dummies and indices.  Raises `Unvalued`.

    `at` gives the dummies by name and the indices by symbol.
    """
    rule = _VALUES.get(type(term))
    if isinstance(term, Rational):
        return float(term)
    if isinstance(term, Symbol) and term in at:
        return at[term]
    if rule is None:
        raise Unvalued
    return rule(term, at)


def _numbers(term: Basic, at: Mapping[Any, Any]) -> list[float]:
    values = [value(a, at) for a in term.args]
    if any(isinstance(v, list) for v in values):
        raise Unvalued
    return values


def _applied(term: Any, at: Mapping[Any, Any]) -> Any:
    x = value(term.x, at)
    fun = term.fun
    if fun.order == 0 and fun.name == "softmax" and isinstance(x, list):
        return softmax(x)
    if fun.name not in REAL or isinstance(x, list) or fun.order > 1:
        raise Unvalued
    if fun.order:
        dummy = Var("x")
        return value(slope(Fun(fun.name), dummy, Apply(Fun(fun.name), dummy)), {"x": x})
    return REAL[fun.name](x)


def _entry(term: Any, at: Mapping[Any, Any]) -> float:
    x = value(term.args[0], at)
    index = value(term.args[1], at) if len(term.args) == 2 else None
    if not isinstance(x, list) or index is None:
        raise Unvalued
    return x[int(index) - 1]


def _summed(term: Any, at: Mapping[Any, Any]) -> float:
    body, index = term.args[:2]
    return sum(value(body, {**at, index: k}) for k in range(1, len(VECTOR) + 1))


def _partial(term: Any, at: Mapping[Any, Any]) -> float:
    """dF(x)/dx and ∂s_i(x)/∂x_j by central differences of high order are not needed: the slope is in the table."""
    if isinstance(term.num, Apply) and term.num.x == term.den and shape_of(term.den) == ((), ()):
        return value(Apply(term.num.fun.derived(), term.num.x), at)
    raise Unvalued


def _var(term: Any, at: Mapping[Any, Any]) -> Any:
    if term.name not in at:
        raise Unvalued
    return at[term.name]


_VALUES: dict[type, Callable[[Any, Mapping[Any, Any]], Any]] = {
    Plus: lambda t, at: sum(_numbers(t, at)),
    Product: lambda t, at: math.prod(_numbers(t, at)),
    Hadamard: lambda t, at: math.prod(_numbers(t, at)),
    Quotient: lambda t, at: (lambda v: v[0] / v[1])(_numbers(t, at)),
    Power: lambda t, at: value(t.args[0], at) ** float(t.args[1]),
    Apply: _applied, Entry: _entry, SumOver: _summed, Partial: _partial, Var: _var,
}  # fmt: skip


def is_valued(term: Basic, at: Mapping[Any, Any]) -> bool:
    """Whether a term is a number at a point: nothing in it is unknown."""
    try:
        return not isinstance(value(term, at), list)
    except (Unvalued, ValueError, ZeroDivisionError, OverflowError, TypeError, IndexError):
        return False


def agrees(head: Basic, right: Basic, dummies: Mapping[str, str]) -> bool:
    """Whether both sides of an identity have the same value at a few points."""
    indices = sorted({s for side in (head, right) for s in side.free_symbols if isinstance(s, Symbol)}, key=str)
    for k, x in enumerate(POINTS):
        at: dict[Any, Any] = {}
        for dummy, kind in dummies.items():  # in braces where the note has a quantity of that name
            at[dummy] = at[f"{{{dummy}}}"] = list(VECTOR) if kind == "vector" else x
        at |= {s: Integer(1 + (k + j) % len(VECTOR)) for j, s in enumerate(indices)}
        at |= {s: int(v) for s, v in at.items() if isinstance(s, Symbol)}
        try:
            one, other = value(head, at), value(right, at)
            if isinstance(one, list) or isinstance(other, list) or abs(one - other) > TOLERANCE * max(1, abs(one)):
                return False
        except (Unvalued, ValueError, ZeroDivisionError, OverflowError, TypeError, IndexError):
            return False
    return True


CANDIDATES = tuple(name for name in FUNCTIONS if name not in ("step", "logsoftmax", "logsumexp"))
"""Rows that an identity may single out; the slope of a step is 0 and satisfies too many."""


def shape(value: Any) -> Any:
    """A tree without its places, to compare two; a·b is a b, and braces mean nothing."""
    if isinstance(value, Group) and value.bracket == "{":
        return shape(value.body)
    if value == "·":
        return ""
    if isinstance(value, Node):
        return type(value).__name__, *(shape(getattr(value, f.name)) for f in fields(value) if f.name not in ("start", "end"))
    return tuple(map(shape, value)) if isinstance(value, tuple) else value
