"""Conditions -> terms: 𝟙(z > 0), [i = j], 1[y = k], and cases.

A condition compares indices, or a quantity with zero, a number or another quantity.  A case whose condition is of the second
kind is multiplied by the step function, entry by entry; at the kink itself both sides of ≤ and < are the same to us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sympy import Integer
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Apply,
    Entry,
    Filled,
    Fun,
    Hadamard,
    Plus,
    Product,
    Relation,
    Var,
    Where,
    is_number,
    is_scalar,
    negative,
    shape_of,
)
from .covered import gap
from .reader import Reader, minus
from .relations import read_relations
from .scripts import ends_in_identity, name_of
from .symbols import Scope
from .tree import Compared, Dots, Group, Items, Node, Number, Sum, Table

ONE = Integer(1)
ONE_HOT = "1[y = k] as the component k of the label y"


def indicator(reader: Reader, node: Node, scope: Scope) -> Basic:
    """𝟙(z > 0) is the step function, 𝟙(i = j) Kronecker's delta, 𝟙(y = k) a component of a one-hot label."""
    while isinstance(node, Group) and node.bracket in ("{", "\\{", "(", "["):
        node = node.body
    if not isinstance(node, Compared):
        raise reader.error(node, f"an indicator needs a condition such as z > 0, not {reader.text(node)}")
    step = step_of(reader, node, scope)
    if step is not None:
        return step
    label = _label(reader, node, scope)
    return Where(ONE, *read_relations(reader, node, scope)) if label is None else label


def step_of(reader: Reader, node: Node, scope: Scope) -> Basic | None:
    """The step function that a comparison with zero is, or None."""
    if not isinstance(node, Compared) or len(node.operands) != 2 or node.relations[0] not in ("<", ">", "≤", "≥"):
        return None
    left, right = node.operands
    relation = node.relations[0]
    large, small = (right, left) if relation in ("<", "≤") else (left, right)
    if isinstance(small, Number) and small.value == 0:
        term = reader.term(large, scope)
        if relation in ("≤", "≥") and _is_never_negative(reader, term):
            raise reader.error(node, f"{reader.text(large)} is never negative, so that this always holds; is > 0 meant?")
        return Apply(Fun("step"), term)
    if isinstance(large, Number) and large.value == 0:
        term = reader.term(small, scope)
        if _is_never_negative(reader, term):
            raise reader.error(node, f"{reader.text(small)} is never negative; its being zero is not understood as a condition")
        return Apply(Fun("step"), minus(term))
    if any(reader.table.index(side, scope, False) is None and not isinstance(side, Number) for side in (large, small)):
        if all(_is_never_negative(reader, reader.term(side, scope)) for side in (large, small)):
            raise reader.error(node, f"{reader.text(large)} and {reader.text(small)} may both be zero, and then > and ≥ differ")
        return Apply(Fun("step"), reader.term(Sum(node.start, node.end, ("+", "-"), (large, small)), scope))
    return None


def _is_never_negative(reader: Reader, term: Basic) -> bool:
    """Whether a term is a value of ReLU: zero for half of all arguments, where > and ≥ are not the same."""
    equation = reader.table.model.equation(term.name) if isinstance(term, Var) else None
    right = equation.right if equation is not None else term
    return isinstance(right, Apply) and right.fun == Fun("relu")


def _label(reader: Reader, node: Compared, scope: Scope) -> Basic | None:
    """𝟙(y_t = k): the component y_{t,k} of a label that is one-hot."""
    if node.relations != ("=",):
        return None
    for name_side, index_side in (node.operands, node.operands[::-1]):
        name = name_of(name_side)
        match = reader.table.match(name, scope, reader.prefer) if name else None
        if match is None or match.pattern.kind != "family" or match.components:
            continue
        family = reader.table.model.families[match.pattern.target]
        index = reader.table.index(index_side, scope, False)
        if family.role != "label" or len(family.rows) + len(family.cols) != 1 or index is None:
            continue
        label = reader.term(name_side, scope)
        if isinstance(label, Var):
            reader.ask("1[y = k]", (ONE_HOT,))
            return Entry(label, index)
    return None


class _Case(NamedTuple):
    """A row of cases: its value, and conditions between indices or the step function of a comparison of quantities."""

    value: Node
    relations: tuple[Relation, ...]
    step: Basic | None


def read_cases(reader: Reader, node: Table, scope: Scope) -> Basic:
    """Cases become a sum of terms under conditions, one of which holds at every step."""
    rows: list[_Case] = []
    for row in node.rows:
        if len(row) != 2:
            raise reader.error(row[0], "each case needs a value and a condition, parted by &")
        value = row[0].items[0] if isinstance(row[0], Items) and len(row[0].items) == 1 else row[0]
        step = step_of(reader, row[1], scope)
        if isinstance(row[1], Dots):
            rows.append(_otherwise(reader, value, rows))
        else:
            rows.append(_Case(value, () if step is not None else read_relations(reader, row[1], scope), step))
    if len({row.step is None for row in rows}) > 1:
        raise reader.error(node, "conditions on indices and on quantities in the same cases are not understood")
    of_steps = rows[0].step is None
    unclear = gap(reader, [r.relations for r in rows], scope) if of_steps else _unclear(reader, node, scope)
    if unclear:
        raise reader.error(node, unclear)
    values = _values(reader, [r.value for r in rows], scope)
    shape = next((shape_of(v) for v in values if not is_number(v)), SCALAR)
    if of_steps:
        filled = [Filled(v, *shape) if v == 0 and shape != SCALAR else v for v in values]
        terms: list[Basic] = [Where(v, *r.relations) for v, r in zip(filled, rows, strict=True)]
    else:
        terms = [_times(v, r.step) for v, r in zip(values, rows, strict=True) if r.step is not None]
        terms = [t for t in terms if t != 0] or terms[:1]
    return terms[0] if len(terms) == 1 else Plus(*terms)


def _unclear(reader: Reader, node: Table, scope: Scope) -> str:
    """Why cases by comparisons of quantities are not read: z > 0 and z <= 0 exclude each other, others may not."""
    compared = [row[1] for row in node.rows if isinstance(row[1], Compared)]
    sides = []
    for c in compared:
        low, high = (reader.term(side, scope) for side in c.operands)
        sides.append((low, high) if c.relations[0] in ("<", "≤") else (high, low))
    if len(sides) < 2 or (len(sides) == 2 and sides[0] == sides[1][::-1]):
        return ""
    return "these cases may overlap or leave values out; understood are two opposite ones, such as z > 0 and z <= 0"


def _values(reader: Reader, nodes: Sequence[Node], scope: Scope) -> list[Basic]:
    """The values of cases; of which size an identity is, the others say."""
    read: dict[int, Basic] = {}
    around = reader.square
    for k in sorted(range(len(nodes)), key=lambda k: ends_in_identity(nodes[k])):
        shapes = [shape_of(v) for v in read.values()]
        reader.square = next((s for s in shapes if all(s)), SCALAR) if ends_in_identity(nodes[k]) else around
        read[k] = reader.term(nodes[k], scope)
        reader.square = around
    return [read[k] for k in range(len(nodes))]


def _times(value: Basic, step: Basic) -> Basic:
    """The value where the step function is one: entry by entry, or every entry if the value is a scalar."""
    if is_number(value):
        return step if value == 1 else Integer(0) if value == 0 else Product(value, step)
    if is_scalar(value) or is_scalar(step):
        return Product(value, step)
    return Hadamard(value, step)


def _otherwise(reader: Reader, value: Node, rows: Sequence[_Case]) -> _Case:
    """What holds where no case before does: the opposite of each, which have one condition."""
    if len(rows) == 1 and rows[0].step is not None:
        return _Case(value, (), Plus(ONE, negative(rows[0].step)))
    if not rows or any(r.step is not None or len(r.relations) != 1 for r in rows):
        raise reader.error(value, "otherwise is understood only after cases with one condition each, or one such as z > 0")
    return _Case(value, tuple(_NEGATED[r.op](*r.args[1:]) for row in rows for r in row.relations), None)


_NEGATED = {
    "=": lambda a, b: Relation("!=", a, b), "!=": lambda a, b: Relation("=", a, b),
    "<": lambda a, b: Relation("<=", b, a), "<=": lambda a, b: Relation("<", b, a),
}  # fmt: skip
