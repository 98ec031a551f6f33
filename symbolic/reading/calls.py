"""Names in front of a parenthesis: L(y, ŷ) is the quantity L, h(t) the quantity h_t, anything else a product."""

from __future__ import annotations

from dataclasses import replace

from .scripts import name_of
from .symbols import Scope, SymbolTable
from .tree import Group, Items, Juxtaposed, Node, Scripted


def without_arguments(table: SymbolTable, node: Node) -> Node:
    """L(y, ŷ) or L(θ) where only a name can stand: the name; its arguments are named for the reader's sake."""
    if not isinstance(node, Juxtaposed) or len(node.factors) != 2 or node.operators != ("",):
        return node
    return node.factors[0] if is_call(table, node.factors[0], node.factors[1], single=True) else node


def is_call(table: SymbolTable, front: Node, behind: Node, single: bool = False) -> bool:
    """Whether a defined quantity is followed by a list of names; `single`: or by one known quantity, as the loss always is."""
    name = name_of(front)
    if name is None or not isinstance(behind, Group) or behind.bracket != "(":
        return False
    match = table.match(name, Scope())
    if match is None or match.pattern.kind != "family" or match.transposed or match.components or match.powers:
        return False
    if not isinstance(behind.body, Items) and not single and match.pattern.target != table.model.loss.name:
        return False
    if table.model.families[match.pattern.target].role not in ("state", "loss"):
        return False
    arguments = behind.body.items if isinstance(behind.body, Items) else (behind.body,)
    names = [name_of(a) for a in arguments]
    if len(names) > 1:
        return all(n is not None for n in names)
    return all(n is not None and (m := table.match(n, Scope())) and m.pattern.kind == "family" for n in names)


def at_a_step(table: SymbolTable, front: Node, behind: Node, scope: Scope) -> Node | None:
    """h(t) or h[t], where h is nothing by itself, as h_t."""
    outer = behind if isinstance(behind, Scripted) else None
    group = outer.base if outer else behind
    name = name_of(front)
    if name is None or not isinstance(group, Group) or group.bracket not in ("(", "["):
        return None
    if table.index(group.body, scope, True) is None or table.match(name, scope) is not None:
        return None
    placed = Scripted(front.start, group.end, front, (group.body,), ())
    named = name_of(placed)
    match = table.match(named, scope) if named else None
    if match is None or match.pattern.kind not in ("family", "error"):
        return None
    return placed if outer is None else replace(outer, start=front.start, base=placed)
