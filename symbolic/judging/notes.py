"""What concerns a note as a whole: errors that are only carried along, and formulas that are right given the true adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..proof.verdict import Entry
from ..reading import Claim


def inherited(claims: Sequence[Claim], entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Name the roots: an error carried along a chain, and formulas that are right given the true adjoint."""
    result: list[Entry] = []
    for position, (claim, entry) in enumerate(zip(claims, entries, strict=True)):
        before = result[position - 1] if claim.follows else None
        if before is not None and before.verdict == "refuted" and entry.step is not None:
            entry = replace(entry, root=before.root if before.step == "holds" and before.root else (before.id,))
        given = set(claim.error_uses) - {claim.adjoint_of}
        roots = tuple(
            other.id
            for c, other in zip(claims, entries, strict=True)
            if c.model == claim.model and c.adjoint_of in given and other.verdict == "refuted" and other.step != "holds"
        )
        if entry.verdict == "proved" and roots:
            reason = f"equal if {', '.join(claim.error_uses)} has its true adjoint; the note's own formula for it is refuted"
            entry = replace(entry, verdict="proved-given", root=roots, reason=reason)
        result.append(entry)
    return tuple(result)
