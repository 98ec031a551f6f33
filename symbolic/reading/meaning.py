"""Tree -> term: which function reads which node, and what follows from a term that is whole."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Symbol, Tuple
from sympy.core.basic import Basic

from ..language import Entry, Fun, Partial, ProductOver, Relation, SumOver, Unit, Var
from .binders import read_big
from .names import read_group, read_letter, read_number, read_scripted
from .products import Applied, misplaced, read_applied, read_fraction, read_infix, read_product, read_root, read_sum, read_table
from .reader import FRESH, Reader
from .symbols import Scope
from .tree import Big, Compared, Dots, Fraction, Group, Infix, Items, Juxtaposed, Letter, Marked, Node, Number, Root, Scripted, Sum, Table

HANDLERS = {
    Letter: read_letter, Number: read_number, Scripted: read_scripted, Group: read_group, Sum: read_sum, Infix: read_infix,
    Juxtaposed: read_product, Applied: read_applied, Fraction: read_fraction, Root: read_root, Big: read_big,
    Table: read_table, Items: misplaced, Compared: misplaced, Marked: misplaced, Dots: misplaced,
}  # fmt: skip


def read(reader: Reader, node: Node) -> Basic:
    """The term of a whole side.  Raises `ReadError` or `PlacedShapeError`."""
    return reader.term(node, Scope())


def free_indices(term: Basic, bound: frozenset[Symbol] = frozenset()) -> Iterator[tuple[str, Symbol]]:
    """("time" or "component", symbol) for every index that stands free in a term; lengths come as times, too."""
    if isinstance(term, (SumOver, ProductOver)):
        body, index, lower, upper = term.args[:4]
        kind = "component" if any(k == "component" and s == index for k, s in free_indices(body)) else "time"
        outer = [lower, upper, *(term.args[4] if isinstance(term, SumOver) else ())]
        yield from ((kind, s) for e in outer for s in e.free_symbols if s not in bound)
        yield from free_indices(body, bound | {index})
        return
    indices: tuple[Expr, ...] = ()
    kind = "component"
    if isinstance(term, Var):
        kind, indices = "time", term.indices
    elif isinstance(term, Fun):
        kind, indices = "time", term.at
    elif isinstance(term, Entry):
        indices = term.args[1:]
    elif isinstance(term, Unit):
        indices = term.args[:1]
    elif isinstance(term, Relation):
        indices = term.args[1:]
    yield from ((kind, s) for i in indices for s in i.free_symbols if s not in bound)
    if isinstance(term, (Var, Relation, Unit)):
        return
    for a in term.args:
        if isinstance(a, Basic) and a.args and a not in indices:
            yield from free_indices(a, bound)


def later_first(term: Basic) -> Iterator[tuple[Symbol, Symbol]]:
    """(t, k) for every ∂h_t/∂h_k between different index symbols, for which k ≤ t is meant."""
    if isinstance(term, Partial):
        num, den = (a.args[0] if isinstance(a, Entry) else a for a in (term.num, term.den))
        if isinstance(num, Var) and isinstance(den, Var) and num.indices and den.indices:
            t, k = (next(iter(v.indices[0].free_symbols), None) for v in (num, den))
            if t is not None and k is not None and t != k:
                yield t, k
        return
    for a in term.args:
        if isinstance(a, Basic):
            yield from later_first(a)


def distinct(term: Basic, avoid: set[Symbol]) -> Basic:
    """The term with every bound index named unlike the symbols to avoid and unlike the indices bound around it."""
    if not term.args or isinstance(term, (Var, Tuple)):
        return term
    if not isinstance(term, (SumOver, ProductOver)):
        args = tuple(distinct(a, avoid) for a in term.args)
        return term if args == term.args else term.func(*args)
    body, index, lower, upper, *rest = term.args
    if index in avoid:
        taken = {s.name for s in avoid | body.free_symbols}
        new = Symbol(next(name for name in (*FRESH, *(f"{index}{k}" for k in range(99))) if name not in taken))
        body, index = body.xreplace({index: new}), new
    return term.func(distinct(body, avoid | {index}), index, lower, upper, *rest)
