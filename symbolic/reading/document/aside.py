"""What was set aside in the formulas of a document: spacing, tags, sizes of brackets, colours, words between equations.

Nothing is read in silence: every token of a formula with an '=' belongs to a side of an equation, to a condition, to the
layout of its rows, or is listed here with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...model import Model
from ..chains import COUNTERS, chains
from ..records import Passage
from ..symbols import table_of
from ..tokens import Source


@dataclass(frozen=True)
class SetAside:
    """A piece of a formula that carries no mathematics, and where it stands; `cell` as in ids, such as `C3:`."""

    line: int
    column: int
    text: str
    cell: str = ""


def set_aside(passages: Sequence[Passage], models: Sequence[Model]) -> tuple[SetAside, ...]:
    """Everything that was set aside in the passages with an '=', in their order."""
    counters: list[Callable[[str], bool]] = [table_of(model).is_counter for model in models] or [COUNTERS.__contains__]
    found = []
    for passage in passages:
        if "=" not in passage.latex:
            continue
        source = Source(passage.latex, passage.line, passage.column, passage.places)
        counter = counters[min(max(passage.model, 0), len(counters) - 1)]
        pieces = {(a.start, a.end) for a in chains(source, 0, counter).asides}
        cell = passage.places.prefix if passage.places else ""
        found += [SetAside(*source.place(a), " ".join(passage.latex[a:b].split()), cell) for a, b in sorted(pieces)]
    return tuple(found)
