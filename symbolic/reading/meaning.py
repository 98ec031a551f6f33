"""Tree -> term: which function reads which node, and what follows from a term that is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sympy import Expr, Symbol, Tuple
from sympy.core.basic import Basic

from ..language import Entry, Fun, Partial, ProductOver, Relation, SumOver, Unit, Var, follows, standing
from .applications import Applied, read_applied
from .binders import read_big
from .brackets import read_group, read_scripted
from .gradients import Gradient, Subscripted, read_gradient, read_subscripted
from .names import read_letter, read_number
from .products import misplaced, read_fraction, read_infix, read_product, read_root, read_sum, read_table
from .reader import FRESH, Reader
from .symbols import Scope
from .tree import (
    Big,
    Compared,
    Dots,
    Fraction,
    Group,
    Infix,
    Items,
    Juxtaposed,
    Letter,
    Marked,
    Node,
    Number,
    Root,
    Scripted,
    Sum,
    Table,
)

HANDLERS = {
    Letter: read_letter, Number: read_number, Scripted: read_scripted, Group: read_group, Sum: read_sum,
    Infix: read_infix, Juxtaposed: read_product, Applied: read_applied, Fraction: read_fraction, Root: read_root,
    Gradient: read_gradient, Subscripted: read_subscripted, Big: read_big, Table: read_table, Items: misplaced,
    Compared: misplaced, Marked: misplaced, Dots: misplaced,
}  # fmt: skip


def read(reader: Reader, node: Node) -> Basic:
    """The term of a whole side.  Raises `ReadError` or `PlacedShapeError`."""
    return reader.term(node, Scope())


def free_indices(term: Basic) -> Iterator[tuple[str, Symbol]]:
    """("time" or "component", symbol) for every index that stands free in a term; lengths come as times, too.

    An index in a condition is of either kind: ("condition", symbol).
    """
    if isinstance(term, SumOver | ProductOver):
        body, index, lower, upper = term.args[:4]
        inner = list(free_indices(body))
        kind = "component" if ("component", index) in inner else "time"
        outer = [lower, upper, *(term.args[4] if isinstance(term, SumOver) else ())]
        yield from ((kind, s) for e in outer for s in e.free_symbols)
        yield from (pair for pair in inner if pair[1] != index)
        return
    kind, indices = _INDICES.get(type(term), lambda t: ("", ()))(term)
    yield from ((kind, s) for i in indices for s in i.free_symbols)
    if not isinstance(term, Var | Relation | Unit):
        for a in term.args:
            if isinstance(a, Basic) and a.args and a not in indices:
                yield from free_indices(a)


_INDICES: dict[type, Callable[[Any], tuple[str, tuple[Expr, ...]]]] = {
    Var: lambda t: ("time", t.indices),
    Fun: lambda t: ("time", t.at),
    Entry: lambda t: ("component", t.args[1:]),
    Unit: lambda t: ("component", t.args[:1]),
    Relation: lambda t: ("condition", t.args[1:]),
}
"""Where a head holds index expressions, and what they count."""


def later_first(term: Basic, ends: Mapping[Symbol, int]) -> Iterator[Relation]:
    """k <= t for every ∂h_t/∂h_k between different index symbols, for which it is meant if no case says it."""
    for part, given, _ in standing(term, (Partial,)):
        assert isinstance(part, Partial)
        num, den = (a.args[0] if isinstance(a, Entry) else a for a in (part.num, part.den))
        if isinstance(num, Var) and isinstance(den, Var) and num.indices and den.indices:
            t, k = (next(iter(v.indices[0].free_symbols), None) for v in (num, den))
            if t is not None and k is not None and t != k and not follows(meant := Relation("<=", k, t), given, ends):
                yield meant


def distinct(term: Basic, avoid: set[Symbol]) -> Basic:
    """The term with every bound index named unlike the symbols to avoid and unlike the indices bound around it."""
    if not term.args or isinstance(term, Var | Tuple):
        return term
    if not isinstance(term, SumOver | ProductOver):
        args = tuple(distinct(a, avoid) for a in term.args)
        return term if args == term.args else term.func(*args)
    body, index, lower, upper, *rest = term.args
    if index in avoid:
        taken = {s.name for s in avoid | body.free_symbols}
        new = Symbol(next(name for name in (*FRESH, *(f"{index}{k}" for k in range(99))) if name not in taken))
        body, index = body.xreplace({index: new}), new
    return term.func(distinct(body, avoid | {index}), index, lower, upper, *rest)
