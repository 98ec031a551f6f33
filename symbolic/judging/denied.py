"""Formulas that are right, of which the words beside them say that they are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from ..reading.document.denied import denial, denial_inside
from ..reading.document.passages import Placed


def of_what_is_denied(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; a right formula that the note denies is unreadable: the note says that it does not hold."""
    if entry.verdict not in ("proved", "proved-given"):
        return entry
    said = denial(item.formula.lead, item.formula.trail) or denial_inside(item.formula.text)
    return left_open(entry, f'right as it stands, but the note denies it ("{said.strip()}")') if said else entry
