"""Terms as nested lists: the name of the head, then its arguments; one row per head.

    index    [point, offset]; the point of a plain number is ""
    size     a sum of products: [["n"], ["m", 2]] is n + 2m
    legs     a list of sizes
    numbers  as text, "-1/2"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sympy import Add, Expr, Mul, Pow, Rational, Symbol
from sympy.core.basic import Basic

from ... import language as L

Plain = object
"""Lists, texts and numbers."""


class Unwritable(ValueError):
    """Something that a certificate has no place for."""


def term(x: Basic) -> Plain:
    """
    >>> from symbolic.language import Var
    >>> term(Var("h", (Symbol("t") - 1,), (Symbol("n"),)).T)
    ['T', ['var', 'h', [['t', -1]], [[['n']]], []]]
    """
    row = ROWS.get(type(x))
    if row is not None:
        return row(x)
    if isinstance(x, Rational):
        return ["number", str(x)]
    if isinstance(x, Symbol):
        return ["index", index(x)]
    if isinstance(x, (Add, Mul)):
        return ["plus" if isinstance(x, Add) else "product", *map(term, x.args)]
    if isinstance(x, Pow):
        return ["power", term(x.args[0]), str(x.args[1])]
    raise Unwritable(f"{type(x).__name__} has no place in a certificate")


def index(x: Expr) -> list[Plain]:
    point, offset = L.affine(x)
    return ["" if point is None else point.name, offset]


def size(leg: object) -> list[Plain]:
    """A size as SymPy writes it, n*m + 2, as a sum of products."""
    return [[int(f) if f.isdigit() else f for f in part.split("*")] for part in str(leg).split(" + ")]


def legs(sizes: Iterable[object]) -> list[Plain]:
    return [size(s) for s in sizes]


def relation(x: L.Relation) -> list[Plain]:
    return [x.op, index(x.args[1]), index(x.args[2])]


def _shape(x: Basic) -> list[Plain]:
    rows, cols = L.shape_of(x)
    return [legs(rows), legs(cols)]


def _named(name: str) -> Callable[[Basic], Plain]:
    return lambda x: [name, *map(term, x.args)]


def _apply(x: Basic) -> Plain:
    f = x.fun
    return ["apply", [f.name, f.order, f.kind, legs(f.out), [index(i) for i in f.at]], term(x.x)]


def _sum(x: Basic) -> Plain:
    body, letter, lower, upper, excluded = x.args
    return ["sum", term(body), letter.name, index(lower), index(upper), [index(e) for e in excluded], *_shape(x)]


def _chain(x: Basic) -> Plain:
    body, letter, lower, upper, order = x.args
    return ["chain", term(body), letter.name, index(lower), index(upper), order.name, legs(x.rows)]


ROWS: dict[type, Callable[[Basic], Plain]] = {
    L.Var: lambda x: ["var", x.name, [index(i) for i in x.indices], *_shape(x)],
    L.Plus: _named("plus"),
    L.Product: _named("product"),
    L.Hadamard: _named("hadamard"),
    L.Quotient: _named("quotient"),
    L.Power: lambda x: ["power", term(x.args[0]), str(x.args[1])],
    L.Transpose: _named("T"),
    L.Diag: _named("diag"),
    L.DiagPart: _named("diagonal"),
    L.Identity: lambda x: ["identity", legs(x.args)],
    L.Commute: lambda x: ["commute", legs(x.args[0]), legs(x.args[1])],
    L.Filled: lambda x: ["filled", term(x.args[0]), *_shape(x)],
    L.Kronecker: _named("kronecker"),
    L.Vec: lambda x: ["vec", term(x.args[0]), x.args[1].name],
    L.Reshape: lambda x: ["reshape", term(x.args[0]), *_shape(x)],
    L.Trace: _named("trace"),
    L.Total: _named("total"),
    L.NormSquared: _named("squares"),
    L.Entry: lambda x: ["entry", term(x.args[0]), legs(sum(L.shape_of(x.args[0]), ())), [index(i) for i in x.args[1:]]],
    L.Unit: lambda x: ["unit", index(x.args[0]), size(x.args[1])],
    L.Where: lambda x: ["where", term(x.args[0]), [relation(c) for c in x.args[1:]], *_shape(x)],
    L.SumOver: _sum,
    L.ProductOver: _chain,
    L.Apply: _apply,
    L.Concat: lambda x: ["concat", int(x.args[0]), *map(term, x.args[1:])],
    L.Block: lambda x: ["block", term(x.args[0]), int(x.args[1]), int(x.args[2]), legs(x.args[3])],
    L.Adjoint: lambda x: ["adjoint", term(x.variable)],
    L.Partial: lambda x: ["partial", term(x.num), term(x.den), x.mode, x.layout, *_shape(x)],
}
