"""Edits of names and numbers: another index, another quantity, a power more or less."""

from __future__ import annotations

from collections.abc import Iterator

from ..reading.scripts import is_transpose, name_of, split_index
from ..reading.tree import Group, Letter, Node, Number, Scripted, Sum
from .edits import Edit, Written, braced, edit, spelled


def other_index(w: Written, node: Node) -> Iterator[Edit]:
    split = split_index(node)
    if split is None:
        return
    name, offset = split
    if name and name not in w.letters:
        return
    others = [(1.0, name, offset - 1), (1.0, name, offset + 1), (1.5, name, offset - 2), (1.5, name, offset + 2)]
    for letter in w.letters:
        if letter != name:
            others += [(1.2, letter, offset if name else 0), *([(1.4, letter, 0)] if offset and name else [])]
            others += [(1.4, letter, 1), (1.4, letter, -1)]
    if name and offset == 0:
        others.append((1.4, "", 1))
    for cost, letter, shift in dict.fromkeys(others):
        if letter or shift >= 0:
            yield edit(cost, (node.start, node.end, braced(w, node, spelled(letter, shift))))


def names(w: Written, node: Scripted) -> Iterator[Edit]:
    name = name_of(node)
    if name is None:
        return
    for script in name.scripts:
        if script.where == "_" or script.bracket or not is_transpose(script.node):
            yield from other_index(w, script.node)
    indices = [s for s in name.scripts if (split := split_index(s.node)) is not None and (split[0] in w.letters)]
    if len(name.scripts) == 1 and indices and isinstance(node.base, Letter):
        yield edit(1.3, (node.base.end, node.end, ""))


def powers(w: Written, node: Scripted) -> Iterator[Edit]:
    for sup in node.sups:
        inner = sup.body if isinstance(sup, Group) else sup
        if isinstance(inner, Number) and not isinstance(sup, Group | Sum):
            mark = w.text.rfind("^", 0, sup.start)
            yield edit(1.04, (mark, sup.end, ""))
            yield edit(1.04, (inner.start, inner.end, "2" if inner.value != 2 else "3"))
    if node.primes and "'" in w.text[node.start : node.end]:
        mark = w.text.index("'", node.start)
        yield edit(1.1, (mark, mark + 1, ""))


def numbers(w: Written, node: Number) -> Iterator[Edit]:
    if node.fonts or node.value.denominator != 1:
        return
    value = int(node.value)
    for new in {value - 1, value + 1, 1, 2} - {value}:
        if new >= 0:
            yield edit(1.1 if new > 1 else 1.24, (node.start, node.end, str(new)))  # a factor of 1 is left out


def other_names(w: Written, node: Node) -> Iterator[Edit]:
    name = name_of(node)
    if name is None:
        return
    for new in w.others(node):
        yield edit(1.25, (node.start, node.end, new))
