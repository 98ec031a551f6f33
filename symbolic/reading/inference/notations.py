"""Equations that say what a sign means and define no quantity: z = [z_1, …, z_K], δ_{ij} = 1 or 0 by cases."""

from __future__ import annotations

from collections.abc import Sequence

from ..scripts import Name, name_of
from ..tree import Group, Items, Node, Number, Scripted, Table
from .names import names_in
from .records import Formula, Scan

CASES = ("cases", "dcases")


def is_notation(name: Name, right: Node) -> bool:
    """Whether an equation with this head and right side explains a notation."""
    return _is_kronecker(name, right) or _lists_components(name, right)


def is_setting(scan: Scan, formula: Formula, right: Node, known: Sequence[tuple[str, ...]] = ()) -> bool:
    """Whether an equation is a special case: a condition of its sentence, or a weight set to I, which nothing defines.

    So is what a special case says of a quantity that is `known`: defined before, under these headings; and o = y where o is.
    """
    passage = scan.passages[formula.passage]
    name = name_of(right)
    identity = name is not None and name.letter.name == "I" and not name.letter.accents
    defined = (name_of(f.head) for f in scan.formulas if f.link.first and f.head is not None) if identity else ()
    again = name is not None and not name.scripts and passage.heading in known
    return passage.assumed or again or (bool(known) and passage.special) or (
        identity and not any(n is not None and n.letter.name == "I" for n in defined)
    )


def _is_kronecker(name: Name, right: Node) -> bool:
    if name.letter.name != "\\delta" or not name.scripts or not isinstance(right, Table):
        return False
    return all(isinstance(row[0], Number) and row[0].value in (0, 1) for row in right.rows)


def _lists_components(name: Name, right: Node) -> bool:
    """A list, row or column, perhaps transposed, of names with the letter of the head."""
    if isinstance(right, Scripted) and isinstance(right.base, Group | Table):
        right = right.base
    listed = isinstance(right, Group) and isinstance(right.body, Items)
    if not listed and not (isinstance(right, Table) and right.environment not in CASES):
        return False
    own = name.letter.name, name.letter.accents
    inside = [n for n, _, _ in names_in(right)]
    return bool(inside) and all((n.letter.name, n.letter.accents) == own and n.scripts for n in inside)
