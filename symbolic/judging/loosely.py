"""Formulas with columns side by side, p (1 - p) for p ∘ (1 - p), which conform in no reading and are right entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from ..reading.document.passages import Placed
from .claims import judged

RIGHT = ("proved", "proved-given")


def entry_by_entry(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; a formula that is right if products of columns are taken entry by entry is unreadable, not refuted."""
    if entry.verdict != "refuted" or not claim.loosely:
        return entry
    if judged(replace(claim, readings=claim.loosely), models[claim.model], layout).verdict not in RIGHT:
        return entry
    return left_open(entry, f"{entry.reason}; right if columns side by side are multiplied entry by entry: write \\odot")
