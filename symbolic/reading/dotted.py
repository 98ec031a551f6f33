"""Dots between the first and the last factor of an ordered product: D_T W ⋯ D_{t+1} W.

Both neighbours of the dots must be instances of one body, at the first and the last value of its index.  Further factors
that go on with it outwards, as in D_T W D_{T-1} W ⋯ D_{t+1} W, belong to the product, which has none where it is empty."""

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
    front, back = tuple(terms[:k]), tuple(terms[k + 1 :])
    found = list(_understood(reader, front, back, scope))
    if not found:
        raise reader.error(node, "the factors beside the dots are not the first and the last of one product over an index")
    whole = min(found, key=len)
    return whole[0] if len(whole) == 1 else Product(*whole)


def _understood(
    reader: Reader, front: tuple[Basic, ...], back: tuple[Basic, ...], scope: Scope
) -> Iterator[tuple[Basic, ...]]:
    """The factors with the product among them, for each body that fits; the one that leaves fewest beside it is meant.

    A body of several factors may be begun before the dots or ended behind them: D_T W D_{T-1} ⋯ D_{t+1} W.
    """
    for width in range(1, min(len(front), len(back)) + 1):
        for begun in range(min(width, len(front) - width + 1)):
            for ended in range(min(width, len(back) - width + 1)):
                before, first, part = _cut(front, len(front) - begun - width, len(front) - begun)
                rest, last, behind = _cut(back, ended, ended + width)
                if width > 1 and (first[0] == first[-1] or last[0] == last[-1]):
                    continue  # W ⋯ W is where one factor ends and the next begins
                product = _between(reader, _product(first), _product(last), scope)
                if product is None or not _goes_on(product, part, rest, width):
                    continue
                while (longer := _extended(product, before[-width:], behind[:width], width)) is not None:
                    product, taken, more = longer
                    before, behind = before[: len(before) - taken], behind[more:]
                yield (*before, product, *behind)


def _cut(factors: tuple[Basic, ...], start: int, end: int) -> tuple[tuple[Basic, ...], ...]:
    return factors[:start], factors[start:end], factors[end:]


def _product(factors: tuple[Basic, ...]) -> Basic:
    return factors[0] if len(factors) == 1 else Product(*factors)


def _goes_on(product: ProductOver, part: tuple[Basic, ...], rest: tuple[Basic, ...], width: int) -> bool:
    """Whether a factor begun before the dots and one ended behind them are of the same body, one step inwards."""
    lower, upper = product.args[2:4]
    falls = product.order == "descending"
    (p, i), (q, j) = affine(upper if falls else lower), affine(lower if falls else upper)
    following = _factors(product, at(p, i - 1 if falls else i + 1), width)
    preceding = _factors(product, at(q, j + 1 if falls else j - 1), width)
    return part == following[: len(part)] and rest == preceding[width - len(rest) :]


def _factors(product: ProductOver, index: Expr, width: int) -> tuple[Basic, ...]:
    body = product.args[0].xreplace({product.args[1]: index})
    return body.args if width > 1 else (body,)


def _between(reader: Reader, one: Basic, other: Basic, scope: Scope) -> ProductOver | None:
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


def _extended(
    product: ProductOver, before: tuple[Basic, ...], behind: tuple[Basic, ...], width: int
) -> tuple[ProductOver, int, int] | None:
    """The product with the factors right before or behind it, if they are its next ones; how many were taken of each."""
    body, index, lower, upper, order = product.args
    falls = product.order == "descending"
    for factors, outer, taken in ((before, falls, (width, 0)), (behind, not falls, (0, width))):
        p, offset = affine(upper if outer else lower)
        end = at(p, offset + (1 if outer else -1))
        if factors == _factors(product, end, width):
            ends = (lower, end) if outer else (end, upper)
            return ProductOver(body, index, *ends, order), *taken
    return None


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
