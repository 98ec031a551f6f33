"""Formulas that conform in no reading as they stand and are right in a looser one: entry by entry.

That columns side by side, p (1 - p) for p ∘ (1 - p), or rows and columns, δᵀ ∘ h, are meant so is left open.  A number beside
a vector, x - μ, can mean nothing but that number in every entry; such a formula is right, and the reading is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from ..reading.document.passages import Placed
from ..reading.infix import ROWS_AND_COLUMNS
from ..reading.products import BY_ENTRIES, EVERY_ENTRY
from .claims import judged

RIGHT = ("proved", "proved-given")


def entry_by_entry(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; a formula that is right if products of columns are taken entry by entry is unreadable, not refuted."""
    if entry.verdict != "refuted" or not claim.loosely:
        return entry
    found = judged(replace(claim, readings=claim.loosely), models[claim.model], layout)
    if found.verdict not in RIGHT:
        return entry
    if all(EVERY_ENTRY in r.conventions and BY_ENTRIES not in r.conventions for r in claim.loosely):
        return found
    turned = any(ROWS_AND_COLUMNS in r.conventions for r in claim.loosely)
    told = ROWS_AND_COLUMNS if turned else "columns side by side are multiplied entry by entry: write \\odot"
    return left_open(entry, f"{entry.reason}; right if {told}")
