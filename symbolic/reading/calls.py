"""Names in front of a parenthesis: L(y, ŷ) is the quantity L, h(t) the quantity h_t, anything else a product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..language import SumOver
from ..model import Model
from .scripts import name_of, split_index
from .symbols import Match, Scope, SymbolTable
from .tree import Group, Items, Juxtaposed, Node, Scripted

AT_STEPS = ("family", "error", "shorthand")
"""What has values at steps."""


def without_arguments(table: SymbolTable, node: Node) -> Node:
    """L(y, ŷ) or L(θ) where only a name can stand: the name; its arguments are named for the reader's sake."""
    if not isinstance(node, Juxtaposed) or len(node.factors) != 2 or node.operators != ("",):
        return node
    return node.factors[0] if is_call(table, node.factors[0], node.factors[1], single=True) else node


def is_call(table: SymbolTable, front: Node, behind: Node, single: bool = False) -> bool:
    """Whether a defined quantity is followed by a list of names; `single`: or by one known quantity, as a loss always is."""
    name = name_of(front)
    if name is None or not isinstance(behind, Group) or behind.bracket != "(":
        return False
    match = table.match(name, Scope())
    if match is None or match.pattern.kind != "family" or match.transposed or match.components or match.powers:
        return False
    lost = match.pattern.target == table.model.loss.name or is_step_loss(table.model, match.pattern.target)
    if not isinstance(behind.body, Items) and not single and not lost:
        return False
    if table.model.families[match.pattern.target].role not in ("state", "loss"):
        return False
    names = [name_of(a) for a in _arguments(behind.body)]
    if len(names) > 1:
        return all(n is not None for n in names)
    return all(n is not None and (m := table.match(n, Scope())) and m.pattern.kind == "family" for n in names)


def is_step_loss(model: Model, name: str) -> bool:
    """Whether a family is the loss of one step: the loss is the sum of it."""
    equation = model.equation(model.loss.name)
    return (
        equation is not None
        and isinstance(equation.right, SumOver)
        and getattr(equation.right.args[0], "name", "") == name
    )


def _arguments(body: Node) -> Iterator[Node]:
    """The W, b, x and y of (W, b; x, y)."""
    if isinstance(body, Items):
        for item in body.items:
            yield from _arguments(item)
    else:
        yield body


def at_a_step(table: SymbolTable, front: Node, behind: Node, scope: Scope) -> Node | None:
    """h(t) or h[t], where h is nothing by itself, as h_t."""
    outer = behind if isinstance(behind, Scripted) else None
    group = outer.base if outer else behind
    name = name_of(front)
    if name is None or not isinstance(group, Group) or group.bracket not in ("(", "["):
        return None
    alone = table.match(name, scope)
    if table.index(group.body, scope, True) is None or (alone is not None and not _counts_entries(table, alone, group.body)):
        return None
    placed = Scripted(front.start, group.end, front, (group.body,), ())
    named = name_of(placed)
    match = table.match(named, scope) if named else None
    if match is None or match.pattern.kind not in AT_STEPS:
        return None
    return placed if outer is None else replace(outer, start=front.start, base=placed)


def _counts_entries(table: SymbolTable, alone: Match, step: Node) -> bool:
    """Whether a name such as s_i is only one at a step i, so that s_i(t) with the model's own t is the entry i of s_t."""
    split, own = split_index(step), (*table.indices, *table.lengths)
    if split is None or split[0] not in own or alone.pattern.kind not in AT_STEPS:
        return False
    return bool(alone.indices) and not {s.name for i in alone.indices for s in i.free_symbols} & {*own}


def output_of(table: SymbolTable, node: Node) -> Node | None:
    """The o_t of ℓ(o_t, y_t), the one of several names that an equation gives: the others are data, and ℓ a function of o_t."""
    names = [(item, name_of(item)) for item in node.items] if isinstance(node, Items) else []
    found = []
    for item, name in names:
        match = table.match(name, Scope()) if name is not None else None
        family = table.model.families.get(match.pattern.target) if match is not None else None
        if family is None or match is None or match.pattern.kind != "family":
            return None
        found += [item] if family.role == "state" else []
    return found[0] if len(found) == 1 else None
