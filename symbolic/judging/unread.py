"""Formulas that a note says to hold under conditions which no model expresses: "if the input is small", "at the last step"."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from ..reading.document.passages import Placed


def under_unread_conditions(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry of a claim with what its sentence and the words inside its formula say."""
    return under_conditions(entry, item.unread, item.cases)


def under_conditions(entry: Entry, unread: Sequence[str], cases: Sequence[tuple[int, str]]) -> Entry:
    """A claim said to hold under a condition that is none between indices is not refuted by what ignores it."""
    unread = (*unread, *(words for line, words in cases if line in (entry.line, entry.end_line)))
    if entry.verdict not in ("refuted", "unproved") or not unread:
        return entry
    return left_open(entry, f"said to hold under {', '.join(unread)}, which is no condition between indices of the model")
