"""Conditions between indices -> relations: i = j, k < t ≤ T, t = 1, 2, ..., l, t ∈ {1, ..., l}."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr

from ..language import Relation, affine
from .reader import Reader
from .symbols import Scope
from .tree import Compared, Dots, Group, Items, Node

RELATION_OPS = {"=": "=", "≠": "!=", "<": "<", "≤": "<=", ">": "<", "≥": "<="}


def read_relations(reader: Reader, node: Node, scope: Scope) -> tuple[Relation, ...]:
    """The relations of a condition.  Raises `ReadError` if one is not between indices."""
    if isinstance(node, Items):
        if any(isinstance(item, Dots) for item in node.items):
            return _from_to(reader, node, scope)
        return tuple(r for item in node.items for r in read_relations(reader, item, scope))
    if isinstance(node, Group) and node.bracket in ("(", "["):
        return read_relations(reader, node.body, scope)
    if not isinstance(node, Compared):
        raise reader.error(node, f"{reader.text(node)} is no condition")
    if node.relations == ("∈",):
        return _among(reader, node, scope)
    ends = [_index(reader, o, scope) for o in node.operands]
    result = []
    for relation, left, right in zip(node.relations, ends, ends[1:], strict=False):
        if relation not in RELATION_OPS:
            raise reader.error(node, f"{relation} is no condition between indices")
        pair = (right, left) if relation in (">", "≥") else (left, right)
        result.append(Relation(RELATION_OPS[relation], *pair))
    return tuple(result)


def _among(reader: Reader, node: Compared, scope: Scope) -> tuple[Relation, ...]:
    """t ∈ {1, ..., l}."""
    index, behind = node.operands
    if not isinstance(behind, Group) or behind.bracket != "\\{" or not isinstance(behind.body, Items):
        raise reader.error(node, f"{reader.text(behind)} is no range such as {{1, ..., T}}")
    first, *rest = behind.body.items
    equal = Compared(node.start, first.end, ("=",), (index, first))
    return _from_to(reader, replace(behind.body, items=(equal, *rest)), scope)


def _from_to(reader: Reader, node: Items, scope: Scope) -> tuple[Relation, ...]:
    """t = 1, 2, ..., l and t = l, l - 1, ..., 1, in steps of one."""
    k = next(k for k, item in enumerate(node.items) if isinstance(item, Dots))
    (first, *upwards), (*downwards, last) = node.items[:k] or (node,), node.items[k + 1 :] or (node,)
    if not isinstance(first, Compared) or first.relations != ("=",) or last is node:
        raise reader.error(node, f"{reader.text(node)} is no range such as t = 1, ..., T")
    index, begin, end = (_index(reader, n, scope) for n in (*first.operands, last))
    second = _index(reader, upwards[0], scope) if upwards else None
    step = -1 if second == begin - 1 or (second is None and _falls(reader, begin, end)) else 1
    steps = [(item, begin + n * step) for n, item in enumerate(upwards, 1)]
    steps += [(item, end - n * step) for n, item in enumerate(reversed(downwards), 1)]
    wrong = next((item for item, expected in steps if _index(reader, item, scope) != expected), None)
    if wrong is not None:
        raise reader.error(wrong, f"{reader.text(wrong)} is no next step in a range from {begin} to {end}")
    low, high = (begin, end) if step == 1 else (end, begin)
    return Relation("<=", low, index), Relation("<=", index, high)


def _falls(reader: Reader, begin: Expr, end: Expr) -> bool:
    """Whether a range runs down: from a letter to a number, from a length to another letter, or from t to t - 2."""
    (p, a), (q, b) = affine(begin), affine(end)
    lengths = {i.upper for i in reader.table.model.indices}
    return b < a if p == q else p is not None and (q is None or (p in lengths and q not in lengths))


def _index(reader: Reader, node: Node, scope: Scope) -> Expr:
    index = reader.table.index(node, scope, False)
    if index is None:
        raise reader.error(node, f"{reader.text(node)} is no index")
    return index
