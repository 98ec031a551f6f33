"""A note whose layout nothing fixes but one formula.

∂L/∂x = (p - y) wᵀ is right for rows and lacks a transpose for columns.  Where the other formulas of a note hold in both
layouts, the one that does not cannot be evidence for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..model import Model
from ..proof.verdict import Entry
from ..reading import Claim, Passage
from ..reading.layouts import only_in


def of_an_open_layout(
    models: Sequence[Model], passages: Sequence[Passage], claims: Sequence[Claim], entries: Sequence[Entry], layout: str
) -> list[Entry]:
    """The entries; the one formula on which a layout hangs that no model declares is unreadable, with both readings named."""
    result = list(entries)
    alone = only_in(layout, models, passages, claims)
    if len(alone) == 1 and result[alone[0]].verdict in ("proved", "proved-given"):
        reason = (
            f"right in {layout} layout, not in gradient layout, and no other formula of the note shows which is meant; "
            f"say layout: {layout}"
        )
        (k,) = alone
        result[k] = replace(result[k], verdict="unreadable", reason=reason, step=None, proof=None, assumes=(), reading=None)
    return result
