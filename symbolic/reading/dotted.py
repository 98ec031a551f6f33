"""Dots between the first and the last factor of an ordered product: D_T W ⋯ D_{t+1} W.

Both neighbours of the dots must be instances of one body, at the first and the last value of its index."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import Product, ProductOver, Var, affine, at
from .binders import direction_of
from .reader import Reader
from .symbols import Scope
from .tree import Dots, Juxtaposed


def in_ranges(reader: Reader, node: Juxtaposed, parts: list[tuple[str, Basic | Dots]], scope: Scope) -> Basic:
    """a_l ⋯ a_{t+1} becomes the ordered product whose body both neighbours of the dots are instances of."""
    if any(operator == "/" for operator, _ in parts) or sum(isinstance(p, Dots) for _, p in parts) > 1:
        raise reader.error(node, "dots are understood once in a product without /")
    terms = [p for _, p in parts]
    k = next(k for k, p in enumerate(terms) if isinstance(p, Dots))
    for width in range(1, min(k, len(terms) - k - 1) + 1):
        first, last = terms[k - width : k], terms[k + 1 : k + 1 + width]
        one, other = (f[0] if width == 1 else Product(*f) for f in (first, last))
        product = _between(reader, one, other, scope)
        if product is not None:
            whole = [*terms[: k - width], product, *terms[k + 1 + width :]]
            return whole[0] if len(whole) == 1 else Product(*whole)
    raise reader.error(node, "the factors beside the dots are not the first and the last of one product over an index")


def _between(reader: Reader, one: Basic, other: Basic, scope: Scope) -> Basic | None:
    found = list(_differences(one, other))
    pairs = [p for p in found if p is not None]
    if not pairs or len(pairs) < len(found):
        return None
    (first, last), *_ = pairs
    p, q = affine(first), affine(last)
    for a, b in pairs:
        (pa, i), (pb, j) = affine(a), affine(b)
        if (pa, pb) != (p[0], q[0]) or i - p[1] != j - q[1]:
            return None
    taken = {s.name for s in one.free_symbols | other.free_symbols}
    index = Symbol(
        next(n for n in ("i", "j", "s", "u", "v") if n not in taken and n not in (*scope.symbols, *reader.table.sizes))
    )
    body = _replaced(one, other, lambda e: at(index, affine(e)[1] - p[1]))
    direction = direction_of(reader, first, last)
    if not direction:
        return None
    if direction == "falls":
        return ProductOver(body, index, last, first, "descending")
    return ProductOver(body, index, first, last, "ascending")


def _differences(one: Basic, other: Basic) -> Iterator[tuple[Expr, Expr] | None]:
    """The places where two terms part: pairs of indices, None for anything else."""
    if one == other:
        return
    if isinstance(one, Var) and isinstance(other, Var) and one.moved(*other.indices) == other:
        yield from ((a, b) for a, b in zip(one.indices, other.indices, strict=True) if a != b)
    elif type(one) is type(other) and len(one.args) == len(other.args) and one.args:
        for a, b in zip(one.args, other.args, strict=True):
            yield from _differences(a, b)
    else:
        yield None


def _replaced(one: Basic, other: Basic, new: Callable[[Expr], Expr]) -> Basic:
    if one == other:
        return one
    if isinstance(one, Var) and isinstance(other, Var):
        return one.moved(*(a if a == b else new(a) for a, b in zip(one.indices, other.indices, strict=True)))
    return one.func(*(_replaced(a, b, new) for a, b in zip(one.args, other.args, strict=True)))
