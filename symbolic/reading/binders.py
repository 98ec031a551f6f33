"""Σ, ∏ and dots -> sums and ordered products over an index.

An index counts steps or components according to the places where it is used.  Bounds that are not printed are those
of the model's index, or of the leg.  A product of matrices has an order: bounds printed from large to small or an
arrow above ∏ fix it, else the order is a choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import (
    Diag,
    DiagPart,
    Entry,
    Fun,
    Product,
    ProductOver,
    ShapeError,
    SumOver,
    Unit,
    Var,
    affine,
    at,
    is_scalar,
    shape_of,
)
from .batches import of_all_entries, summed
from .reader import Reader, dummy_size
from .scripts import index_name
from .symbols import Scope
from .tree import Big, Compared, Dots, Group, Items, Juxtaposed, Letter, Node, Scripted, Sum, children

DESCENDING, ASCENDING = "∏ descending", "∏ ascending"
WHOLE, OWN_TERM = "Σ over the whole difference", "Σ over its own term"


def read_big(reader: Reader, node: Node, scope: Scope) -> Basic:
    """Σ and ∏ over the rest of their term; ∏ only over square factors, if what follows does not use its index."""
    assert isinstance(node, Big)
    try:
        return _read_whole(reader, node, scope)
    except ShapeError as error:
        shorter = list(_shorter(node)) if node.operator == "prod" else []
        for product, factors in shorter:
            try:
                first = _read_whole(reader, product, replace(scope, product=True))
            except ShapeError:
                continue
            return Product(first, *(reader.term(f, replace(scope, product=True)) for f in factors))
        if isinstance(error, _OfVectors):
            raise reader.error(node, r"where this ∏ ends is not clear; write (\prod_j f_j) \odot x") from None
        raise


class _OfVectors(ShapeError):
    """A product of vectors that may end before the last of them."""


def _shorter(node: Big) -> Iterator[tuple[Big, tuple[Node, ...]]]:
    """∏ over fewer and fewer factors, and the factors left over, as long as these do not use the index."""
    body, letters = node.body, _letters_of(node)
    if isinstance(body, Juxtaposed) and "/" not in body.operators:
        for cut in range(len(body.factors) - 1, 0, -1):
            if _free(body.factors[cut]) & letters:
                return
            first = body.factors[:cut]
            kept = first[0] if cut == 1 else Juxtaposed(body.start, first[-1].end, body.operators[: cut - 1], first)
            yield replace(node, body=kept, end=kept.end), body.factors[cut:]


def _read_whole(reader: Reader, node: Big, scope: Scope) -> Basic:
    if node.operator == "sum" and not node.subs and not node.sups:
        body = reader.term(node.body, scope)
        over = of_all_entries(reader, body) if reader.number and not scope.symbols else summed(reader, body)
        if over is not None:
            return over
    if len(node.subs) != 1 or len(node.sups) > 1:
        raise reader.error(node, f"{reader.text(node)} needs its index below, as in \\sum_{{t=1}}^{{T}}")
    bounds = node.subs[0]
    while isinstance(bounds, Group) and bounds.bracket == "{":  # \\substack
        bounds = bounds.body
    letters = _bare_letters(bounds)
    if len(letters) > 1 and not node.sups:  # Σ_{i,j}
        inner = replace(node, subs=(letters[-1],))
        rest = letters[0] if len(letters) == 2 else Items(bounds.start, bounds.end, ",", letters[:-1])
        return _read_whole(reader, replace(node, subs=(rest,), body=inner), scope)
    if node.sups and (both := _alike(bounds)):  # Σ_{i,j=1}^n
        return _read_whole(reader, replace(node, subs=both[:1], body=replace(node, subs=both[1:])), scope)
    letter, lower, upper, excluded = _bounds(reader, node, bounds)
    if node.sups:
        if upper is not None:
            raise reader.error(node.sups[0], "two upper bounds")
        upper = (node.sups[0], 0)
    symbol = reader.fresh(letter, scope)
    body = reader.term(node.body, scope.binding(letter, symbol))
    left_out = [_index(reader, e, scope) for e in excluded]
    low, high = _range(reader, node, body, symbol, lower, upper, scope)
    (p, i), (q, j) = affine(low), affine(high)
    if p is None and q is None and j < i - 1:  # from 1 to 0 is empty in every convention
        raise reader.error(node, f"the range from {i} to {j} runs backwards: it may be empty, or mean minus what lies between")
    return _BIGS[node.operator](reader, node, body, symbol, low, high, left_out)


def _sum(reader: Reader, node: Big, body: Basic, symbol: Symbol, low: Expr, high: Expr, left_out: list[Expr]) -> Basic:
    if direction_of(reader, low, high) == "falls":
        low, high = high, low
    return SumOver(body, symbol, low, high, left_out)


def _prod(reader: Reader, node: Big, body: Basic, symbol: Symbol, low: Expr, high: Expr, left_out: list[Expr]) -> Basic:
    if left_out:
        raise reader.error(node, "a product with an index left out is not understood")
    order = {"": "", "right": "ascending", "left": "descending"}[node.direction]
    if direction_of(reader, low, high) == "falls":
        if order == "ascending":
            raise reader.error(node, "the bounds say descending, the arrow says ascending")
        low, high, order = high, low, "descending"
    if shape_of(body)[0] and not shape_of(body)[1]:  # of vectors there is a product entry by entry alone
        if not isinstance(node.body, (Letter, Scripted, Group)):
            raise _OfVectors("a product over an index needs square factors, or vectors one by one")
        return DiagPart(ProductOver(Diag(body), symbol, low, high, "descending"))
    if not order and is_scalar(body):
        order = "descending"
    if not order:
        ProductOver(body, symbol, low, high)  # a body that is not square is no choice of order
        order = "ascending" if reader.ask("order", (DESCENDING, ASCENDING)) == ASCENDING else "descending"
    return ProductOver(body, symbol, low, high, order)


_BIGS = {"sum": _sum, "prod": _prod}


def _alike(node: Node) -> tuple[Node, Node] | None:
    """i, j = 1 as (i = 1, j = 1), for two sums with the same bounds."""
    if not isinstance(node, Items) or len(node.items) != 2 or not isinstance(node.items[0], Letter):
        return None
    first, last = node.items
    if not isinstance(last, Compared) or last.relations != ("=",) or not isinstance(last.operands[0], Letter):
        return None
    return replace(last, operands=(first, last.operands[1])), last


def _bare_letters(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Items) and all(isinstance(i, Letter) for i in node.items):
        return node.items
    if isinstance(node, Juxtaposed) and not any(node.operators) and all(isinstance(f, Letter) for f in node.factors):
        return node.factors
    return ()


Bound = tuple[Node, int]
"""A printed bound and what is added to it: k < t ends at t - 1."""


def _bounds(reader: Reader, node: Big, printed: Node) -> tuple[str, Bound | None, Bound | None, list[Node]]:
    """The index letter, the bounds printed below the sign, and the values left out."""
    letter, lower, upper, excluded = "", None, None, []
    for item in printed.items if isinstance(printed, Items) else (printed,):
        if not isinstance(item, Compared):
            name = index_name(item)
            if name is None or letter:
                raise reader.error(
                    item, f"{reader.text(item)} below {'Σ' if node.operator == 'sum' else '∏'} is no index with bounds"
                )
            letter = name
            continue
        position = 1 if len(item.operands) == 3 or (letter and index_name(item.operands[1]) == letter) else 0
        name = index_name(item.operands[position])
        if name is None or letter not in ("", name):
            raise reader.error(item, f"{reader.text(item)} gives no bounds of one index")
        letter = name
        for k, relation in enumerate(item.relations):
            other, flipped = (item.operands[k], True) if k + 1 == position else (item.operands[k + 1], False)
            relation = _FLIPPED.get(relation, relation) if flipped else relation
            if relation == "≠":
                excluded.append(other)
            elif relation == "∈" and lower is None and upper is None and not flipped:
                first, last = _ends(reader, other)
                lower, upper = (first, 0) if first else None, (last, 0)
            elif relation in ("=", "≥", ">") and lower is None:
                lower = (other, 1 if relation == ">" else 0)
            elif relation in ("≤", "<") and upper is None:
                upper = (other, -1 if relation == "<" else 0)
            else:
                raise reader.error(item, f"{reader.text(item)} gives no bounds of one index")
    return letter, lower, upper, excluded


def _ends(reader: Reader, node: Node) -> tuple[Node | None, Node]:
    """The first and the last element of {1, ..., T}, [1, T] or [T]; None where the first is not printed."""
    items = node.body.items if isinstance(node, Group) and isinstance(node.body, Items) else ()
    parts = [i for i in items if not isinstance(i, Dots)]
    closed = isinstance(node, Group) and (node.bracket == "[" or (node.bracket == "\\{" and len(items) > 2))
    if closed and len(parts) >= 2 and (len(parts) == 2 or len(items) > len(parts)):
        return parts[0], parts[-1]
    if isinstance(node, Group) and node.bracket == "[" and not isinstance(node.body, Items):
        return None, node.body
    raise reader.error(node, f"the set {reader.text(node)} is not known; write it as bounds, as in \\sum_{{t=1}}^{{T}}")


_FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}


def _index(reader: Reader, node: Node, scope: Scope) -> Expr:
    index = reader.table.index(node, scope, False)
    if index is None:
        known = ", ".join((*reader.table.indices, *reader.table.lengths))
        raise reader.error(node, f"{reader.text(node)} is no index, length or number; known are {known}")
    return index


def _range(
    reader: Reader, node: Big, body: Basic, symbol: Symbol, lower: Bound | None, upper: Bound | None, scope: Scope
) -> tuple[Expr, Expr]:
    """The bounds as index expressions; those that are not printed from the model's index or the leg's size."""

    def bound(printed: Bound) -> Expr:
        point, offset = affine(_index(reader, printed[0], scope))
        return at(point, offset + printed[1])

    uses = counts(body, symbol)
    sizes = {u for u in uses if u is not None}
    if None in uses and sizes:
        raise reader.error(node, f"{symbol} counts steps in one place and components in another")
    if len(sizes) > 1:
        raise reader.error(
            node,
            f"{symbol} counts the entries of quantities of different sizes, {' and '.join(sorted(map(str, sizes)))}",
        )
    if sizes:
        (size,) = sizes
        return bound(lower) if lower else Integer(1), _last_component(reader, upper, size, scope)
    time = reader.table.model.time
    if None in uses and time is not None:
        return bound(lower) if lower else Integer(time.lower), bound(upper) if upper else time.upper
    if lower is None or upper is None:
        raise reader.error(node, f"{reader.text(node)} does not use its index, so its bounds must be printed")
    size = reader.table.sizes.get(index_name(upper[0]) or "")
    return bound(lower), reader.size(size) if size is not None else bound(upper)


def _last_component(reader: Reader, upper: Bound | None, size: Expr, scope: Scope) -> Expr:
    """The upper bound of a component; a printed size must be that of the leg."""
    if upper is None:
        return size
    node, offset = upper
    name = index_name(node) or ""
    if name in reader.table.sizes and not offset:
        printed = reader.size(reader.table.sizes[name])
        if printed != size and size != reader.size(dummy_size(reader.table)):
            raise reader.error(node, f"the index counts {size} entries, not {printed}")
        return size
    index = reader.table.index(node, scope, False)
    if index is None and name and name[:1].isupper():  # a name for the number of entries that the model does not use
        return size
    point, more = affine(_index(reader, node, scope))
    return at(point, more + offset)


@lru_cache(maxsize=16384)
def counts(term: Basic, symbol: Symbol) -> frozenset[Expr | None]:
    """What an index counts in a term: None stands for steps, the size of the leg for components."""
    if isinstance(term, Var | Fun):
        indices = term.indices if isinstance(term, Var) else term.at
        return frozenset({None} if any(symbol in i.free_symbols for i in indices) else ())
    found: set[Expr | None] = set()
    if isinstance(term, Entry):
        rows, cols = shape_of(term.args[0])
        pairs = zip(rows + cols, term.args[1:], strict=True)
        found |= {size for size, i in pairs if symbol in i.free_symbols}
    if isinstance(term, Unit) and symbol in term.args[0].free_symbols:
        found.add(term.args[1])
    if isinstance(term, SumOver | ProductOver):
        if any(symbol in b.free_symbols for b in term.args[2:4]):
            found |= counts(term.args[0], term.args[1])
        if term.args[1] == symbol:
            return frozenset(found)
    for a in term.args:
        if isinstance(a, Basic) and a.args:
            found |= counts(a, symbol)
    return frozenset(found)


def direction_of(reader: Reader, first: Expr, last: Expr) -> str:
    """Whether an index falls or rises from the first to the last value: T to t+1 falls, t+1 to T rises, "" if that is
    open.

    Two numbers never fall: from 5 to 3 is an empty range.  From an index to a number it falls where the number is a
    first step (t to 1, t to 2) and rises to a step that is fixed (k + 1 to 3).
    """
    (p, i), (q, j) = affine(first), affine(last)
    if p is None:
        return "rises"
    if q is None:
        return "falls" if p.name in reader.table.lengths or j <= 1 or (j == 2 and i <= 0) else "rises"
    if p == q:
        return "falls" if i > j else "rises"
    lengths = [s.name in reader.table.lengths for s in (p, q)]
    if lengths[0] != lengths[1]:
        return "falls" if lengths[0] else "rises"
    if (i > 0) == (j > 0):
        return ""
    return "falls" if j > 0 else "rises"


# a sum that reaches over the terms behind it


def whole_sums(reader: Reader, node: Sum, scope: Scope) -> Node:
    """Σ_t a_t − b_t, where t is bound nowhere else, may mean Σ_t (a_t − b_t): a choice."""
    for k, (sign, part) in enumerate(zip(node.signs, node.terms, strict=True)):
        if (sign == "-" and k) or not isinstance(part, Big) or part.operator != "sum":
            continue
        letters = _letters_of(part)
        last = max(
            (j for j in range(k + 1, len(node.terms)) if _free(node.terms[j]) & letters - set(scope.symbols)), default=k
        )
        if last == k:
            continue
        if reader.ask("scope", (WHOLE, OWN_TERM)) == OWN_TERM:
            return node
        joined = _reaching(part, node.signs[k + 1 : last + 1], node.terms[k + 1 : last + 1])
        signs, terms = (
            (*node.signs[:k], sign, *node.signs[last + 1 :]),
            (*node.terms[:k], joined, *node.terms[last + 1 :]),
        )
        return joined if len(terms) == 1 and sign == "+" else Sum(node.start, node.end, signs, terms)
    return node


def _reaching(big: Big, signs: tuple[str, ...], terms: tuple[Node, ...]) -> Big:
    """The sum with further terms under it (under its innermost Σ that binds one of their letters)."""
    free = set().union(*map(_free, terms))
    if isinstance(big.body, Big) and big.body.operator == "sum" and free & _letters_of(big.body):
        return replace(big, body=_reaching(big.body, signs, terms), end=terms[-1].end)
    first = (big.body.signs, big.body.terms) if isinstance(big.body, Sum) else (("+",), (big.body,))
    return replace(big, body=Sum(big.start, terms[-1].end, first[0] + signs, first[1] + terms), end=terms[-1].end)


def _letters_of(node: Node) -> set[str]:
    """The letters bound by a sum and by the sums right below it."""
    letters: set[str] = set()
    while isinstance(node, Big):
        for sub in node.subs:
            for item in sub.items if isinstance(sub, Items) else (sub,):
                name = index_name(item.operands[0] if isinstance(item, Compared) else item)
                letters |= {name} if name else set()
        node = node.body
    return letters


def _free(node: Node, bound: frozenset[str] = frozenset()) -> set[str]:
    """The letters that stand in scripts of a node and are not bound in it."""
    if isinstance(node, Big):
        bound = bound | frozenset(_letters_of(node))
    found: set[str] = set()
    if isinstance(node, Scripted):
        for script in (*node.subs, *node.sups):
            found |= _names(script) - bound
        return found | _free(node.base, bound)
    for child in children(node):
        found |= _free(child, bound)
    return found


def _names(node: Node) -> set[str]:
    if isinstance(node, (Letter, Scripted)) and (name := index_name(node)):
        return {name}
    return set().union(*map(_names, children(node)))
