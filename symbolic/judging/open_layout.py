"""A note whose layout nothing fixes but one formula.

∂L/∂x = (p - y) wᵀ is right for rows and lacks a transpose for columns.  Where the other formulas of a note hold in both
layouts, the one that does not cannot be evidence for itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..proof.verdict import Entry, left_open
from ..reading.layouts import only_in
from .whole import Whole


def of_an_open_layout(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries; the one formula on which a layout hangs that no model declares is unreadable, with both readings named."""
    result, layout = list(entries), note.layout
    if note.declared.layout or any(model.name != "note" for model in note.models):
        return result
    alone = only_in(layout, note.models, [item.passage for item in note.items], note.claims)
    if len(alone) == 1 and result[alone[0]].verdict in ("proved", "proved-given"):
        reason = (
            f"right in {layout} layout, not in gradient layout, and no other formula of the note shows which is meant; "
            f"say layout: {layout}"
        )
        (k,) = alone
        result[k] = left_open(result[k], reason)
    return result
