"""Conditions -> terms: 𝟙(z > 0), [i = j], 1[y = k], and cases.

A condition compares indices, or a quantity with zero, a number or another quantity.  A case whose condition is of the second
kind is multiplied by the step function, entry by entry; at the kink itself both sides of ≤ and < are the same to us."""

from __future__ import annotations

from sympy import Integer
from sympy.core.basic import Basic

from ..language import (
    Apply,
    Entry,
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
from .names import read_relations
from .reader import Reader, minus
from .scripts import name_of
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


def read_cases(reader: Reader, node: Table, scope: Scope) -> Basic:
    """Cases become a sum of terms under conditions."""
    terms: list[Basic] = []
    indices: list[Relation] = []
    steps: list[Basic] = []
    for row in node.rows:
        if len(row) != 2:
            raise reader.error(row[0], "each case needs a value and a condition, parted by &")
        value = row[0].items[0] if isinstance(row[0], Items) and len(row[0].items) == 1 else row[0]
        condition = row[1]
        step = step_of(reader, condition, scope)
        if isinstance(condition, Dots):  # otherwise
            term = _otherwise(reader, row[0], reader.term(value, scope), indices, steps)
        elif step is not None:
            steps.append(step)
            term = _times(reader.term(value, scope), step)
        else:
            relations = read_relations(reader, condition, scope)
            indices += relations
            term = Where(reader.term(value, scope), *relations)
        terms.append(term)
    if indices and steps:
        raise reader.error(node, "conditions on indices and on quantities in the same cases are not understood")
    shape = next((shape_of(t) for t in terms if not is_number(t)), None)
    kept = [t for t in terms if not (is_number(t) and t == 0 and shape is not None)] or terms[:1]
    return kept[0] if len(kept) == 1 else Plus(*kept)


def _times(value: Basic, step: Basic) -> Basic:
    """The value where the step function is one: entry by entry, or every entry if the value is a scalar."""
    if is_number(value):
        return step if value == 1 else Integer(0) if value == 0 else Product(value, step)
    if is_scalar(value) or is_scalar(step):
        return Product(value, step)
    return Hadamard(value, step)


def _otherwise(reader: Reader, place: Node, value: Basic, indices: list[Relation], steps: list[Basic]) -> Basic:
    if len(steps) == 1 and not indices:
        return _times(value, Plus(ONE, negative(steps[0])))
    if steps or len(indices) != 1 or indices[0].op not in _NEGATED:
        raise reader.error(place, "otherwise is understood only after one case with one condition")
    return Where(value, _NEGATED[indices[0].op](*indices[0].args[1:]))


_NEGATED = {
    "=": lambda a, b: Relation("!=", a, b), "!=": lambda a, b: Relation("=", a, b),
    "<": lambda a, b: Relation("<=", b, a), "<=": lambda a, b: Relation("<", b, a),
}  # fmt: skip
