"""A note as the rules see it that look at all of it (see `rules`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..model import Model
from ..proof.verdict import Entry
from ..reading import Claim
from ..reading.document.passages import Placed
from ..reading.document.records import Declarations


@dataclass(frozen=True)
class Whole:
    """What is known of a note before its entries are looked at together.

    models, items  the forward models, and the passages with what their sentences say
    claims, layout every '=' in its readings, in the layout that was found
    declared       what the note declares
    judge          the entry of one claim, which may have fewer readings than the note's own
    inferred       whether the models are made of the note's own equations
    """

    models: Sequence[Model]
    items: Sequence[Placed]
    claims: Sequence[Claim]
    layout: str
    declared: Declarations
    judge: Callable[[Claim], Entry]
    inferred: bool = False


Rule = Callable[[Whole, Sequence[Entry]], list[Entry]]
"""The entries of a note -> the same number of entries."""
