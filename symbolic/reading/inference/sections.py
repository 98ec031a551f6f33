"""Sections of a note that treat networks of their own.

A note that goes through several networks under headings of its own uses the same letters again: L = -Σ y log a in one
section, L = ½ (a - y)² in the next.  Where the loss is defined once more under another heading, with other functions
in it or beside another quantity that is defined anew, the section is a network of its own, from its heading on.
So it is where the loss is only written down again, but a quantity beside it is defined anew with another function in it:
h_t = tanh(...) in one section, h_t = σ(...) in the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ...language import SPELLINGS
from ..tree import Group, Juxtaposed, Letter, Node, walk
from .families import Definition, Families, Key
from .functions import shape
from .losses import losses_of
from .steps import LETTERS


def sections(families: Families) -> Iterator[int]:
    """The first passages of the sections that define the loss anew."""
    loss = next(iter(losses_of(families)), None)
    known: dict[Key, Definition] = {}
    start = 0
    for definition in families.definitions:
        before = known.get(definition.key)
        if definition.key == loss and before is not None:
            first = _beginning(families, before, definition)
            again = shape(before.right) == shape(definition.right)
            other = _functions(before.right) != _functions(definition.right)
            if first > start and (other or _anew(families, first, loss, _functions if again else shape)):
                yield first
                start = first
        known[definition.key] = definition


def within(families: Families, starts: Sequence[int], passage: int) -> Families:
    """The families as they are seen in the section of a passage: names in other sections show nothing of their shapes."""
    low = max((s for s in starts if s <= passage), default=0)
    high = min((s for s in starts if s > passage), default=len(families.scan.passages))
    if (low, high) == (0, len(families.scan.passages)):
        return families
    own = tuple(o for o in families.scan.occurrences if low <= o.formula.passage < high)
    return replace(families, scan=replace(families.scan, occurrences=own))


def _beginning(families: Families, before: Definition, definition: Definition) -> int:
    """The first passage under the heading that parts two definitions; 0 where none does."""
    passages = families.scan.passages
    own, old = (passages[d.formula.passage].heading for d in (definition, before))
    level = next((k for k, pair in enumerate(zip(own, old, strict=False)) if pair[0] != pair[1]), min(len(own), len(old)))
    if level >= len(own):
        return 0
    at = definition.formula.passage
    while at and passages[at - 1].heading[: level + 1] == own[: level + 1]:
        at -= 1
    return at if at > before.formula.passage else 0


def _anew(families: Families, first: int, loss: Key, aspect: Callable[[Node], object]) -> bool:
    """Whether the section defines another quantity with another right side, in the aspect that is asked for, than before it."""
    here = [d for d in families.definitions if d.formula.passage >= first and d.key != loss]
    earlier = {d.key: d for d in families.definitions if d.formula.passage < first}
    return any(d.key in earlier and aspect(earlier[d.key].right) != aspect(d.right) for d in here)


def _functions(node: Node) -> set[str]:
    """The functions in a tree: those that are known, and the letters of unknown ones before a parenthesis."""
    known = {SPELLINGS[n.name] for n in walk(node) if isinstance(n, Letter) and n.word and n.name in SPELLINGS}
    pairs = (pair for n in walk(node) if isinstance(n, Juxtaposed) for pair in pairwise(n.factors))
    return known | {a.name for a, b in pairs if isinstance(a, Letter) and a.name in LETTERS and isinstance(b, Group)}
