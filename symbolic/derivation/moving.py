"""Moving a term along an index: t becomes t + 1, without capture by sums and products that bind the same letter."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Symbol
from sympy.core.basic import Basic

from ..language import ProductOver, Relation, SumOver, Term, affine, at
from ..language.indices import IndexError_

BINDERS = (SumOver, ProductOver)
"""Heads that bind a letter.  Args: body, letter, lower, upper, ..."""

_LETTERS: dict[Basic, frozenset[Symbol]] = {}
_NONE: frozenset[Symbol] = frozenset()


def letters(term: Basic) -> frozenset[Symbol]:
    """The free symbols of a term: index letters, lengths and sizes."""
    if isinstance(term, Symbol):
        return frozenset((term,))
    if not term.args:
        return _NONE
    known = _LETTERS.get(term)
    if known is None:
        known = _NONE.union(*(letters(a) for a in term.args))
        if isinstance(term, BINDERS):
            body, letter, *rest = term.args
            known = (letters(body) - {letter}).union(*(letters(a) for a in rest))
        if len(_LETTERS) > 200_000:
            _LETTERS.clear()
        _LETTERS[term] = known
    return known


def fresh(letter: Symbol, taken: frozenset[Symbol] | set[Symbol]) -> Symbol:
    """A letter that is not taken: the given one if possible, else the next of the usual index letters."""
    if letter not in taken:
        return letter
    names = {s.name for s in taken}
    usual = [*"skijrq"]
    return Symbol(next(n for n in [*usual, *(f"{letter.name}{i}" for i in range(1, len(names) + 2))] if n not in names))


def moved(term: Basic, mapping: Mapping[Symbol, Expr]) -> Basic:
    """The term with index letters replaced by index expressions, all at once; bound letters make way."""
    mapping = {s: e for s, e in mapping.items() if s != e}
    return _moved(term, mapping, {}) if mapping else term


def _moved(term: Basic, mapping: dict[Symbol, Expr], memo: dict[Basic, Basic]) -> Basic:
    if isinstance(term, Symbol):
        return mapping.get(term, term)
    if not term.args:
        return term
    known = memo.get(term)
    if known is None:
        known = memo[term] = _moved_node(term, mapping, memo)
    return known


def _moved_node(term: Basic, mapping: dict[Symbol, Expr], memo: dict[Basic, Basic]) -> Basic:
    if not (letters(term) & mapping.keys()):
        return term
    if isinstance(term, Add):
        return _moved_index(term, mapping)
    if isinstance(term, BINDERS):
        body, letter, lower, upper, *rest = term.args
        outer = [_moved(a, mapping, memo) for a in (lower, upper, *rest)]
        inner = {s: e for s, e in mapping.items() if s != letter and s in letters(body)}
        arriving = _NONE.union(*(letters(e) for e in inner.values()))
        if letter in arriving:
            renamed = fresh(letter, arriving | letters(body) | inner.keys())
            inner[letter] = renamed
            letter = renamed
        return term.func(moved(body, inner), letter, *outer)
    return term.func(*(_moved(a, mapping, memo) for a in term.args))


def _moved_index(index: Add, mapping: dict[Symbol, Expr]) -> Expr:
    try:
        point, offset = affine(index)
    except IndexError_:
        return index.func(*(mapping.get(a, a) for a in index.args))
    new_point, new_offset = affine(mapping[point]) if point in mapping else (point, 0)
    return at(new_point, new_offset + offset)


def renamed_binder(node: Term, taken: frozenset[Symbol]) -> Term:
    """The sum or product with a bound letter that is not among the taken ones."""
    body, letter, *rest = node.args
    if letter not in taken:
        return node
    new = fresh(letter, taken | letters(body))
    return node.func(moved(body, {letter: new}), new, *rest)


Ranges = Mapping[Symbol, tuple[Expr | None, Expr | None]]
"""Known bounds of letters, both inclusive, None where there is none."""


def _reachable(index: Expr, ranges: Ranges, side: int) -> dict[Symbol | None, int]:
    """The bounds of an index expression by the ranges, point -> best offset."""
    reached: dict[Symbol | None, int] = {}
    waiting = [affine(index)]
    while waiting:
        point, offset = waiting.pop()
        best = reached.get(point)
        if best is not None and (best <= offset if side else best >= offset):
            continue
        reached[point] = offset
        bound = ranges.get(point, (None, None))[side] if point is not None else None
        if bound is not None:
            further, extra = affine(bound)
            waiting.append((further, extra + offset))
    return reached


def at_most(left: Expr, right: Expr, ranges: Ranges, margin: int = 0) -> bool:
    """Whether left + margin ≤ right follows from the ranges."""
    above, below = _reachable(left, ranges, 1), _reachable(right, ranges, 0)
    return any(p in below and offset + margin <= below[p] for p, offset in above.items())


def truth(relation: Relation, ranges: Ranges | None = None) -> bool | None:
    """Whether a condition follows from the ranges (True), is excluded by them (False), or neither (None)."""
    left, right = relation.args[1], relation.args[2]
    known = ranges or {}
    if relation.op in ("=", "!="):
        if affine(left) == affine(right):
            return relation.op == "="
        apart = at_most(left, right, known, 1) or at_most(right, left, known, 1)
        return (relation.op == "!=") if apart else None
    margin = 1 if relation.op == "<" else 0
    if at_most(left, right, known, margin):
        return True
    return False if at_most(right, left, known, 1 - margin) else None
