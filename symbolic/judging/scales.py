"""What dZ means where the loss is a mean over a batch: its gradient, or that of the sum over the members; one of them per note.

Both are customs: dZ = (1/m)(A - Y) with dW = dZ Aᵀ, and dZ = A - Y with dW = (1/m) dZ Aᵀ.  A formula that is right in one
sense only shows the sense of its note.  Where some show one and some the other, those for dZ itself decide, and the others are
judged in that sense; where these disagree, too, formulas that are right in one sense only are unreadable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy.core.basic import Basic

from ..language import Adjoint
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from ..reading.batches import OF_THE_MEAN, OF_THE_SUM
from .whole import Whole

SENSES = (OF_THE_MEAN, OF_THE_SUM)
PROVED = ("proved", "proved-given", "accepted")


def in_one_scale(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries with every dZ of a batch in one sense."""
    claims, result = note.claims, list(entries)
    for model in sorted({c.model for c in claims}):
        mine = [k for k, c in enumerate(claims) if c.model == model and any(OF_THE_SUM in r.words for r in c.readings)]
        if not mine:
            continue
        judged = {s: {k: note.judge(_in_sense(claims[k], s)) for k in mine} for s in SENSES}
        right = {s: {k for k in mine if judged[s][k].verdict in PROVED} for s in SENSES}
        shown = {s: right[s] - right[t] for s, t in (SENSES, SENSES[::-1])}
        senses = [s for s in SENSES if shown[s]] or [OF_THE_MEAN]
        if len(senses) > 1:
            senses = [s for s in SENSES if any(_is_of_state(claims[k]) for k in shown[s])]
        for k in mine:
            if len(senses) == 1:
                entry = judged[senses[0]][k]
                told = OF_THE_SUM if senses == [OF_THE_SUM] else ""
                against = (*result[k].against, *(_others(senses[0]) if shown[senses[0]] else ()))
                result[k] = replace(entry, reading="; ".join(filter(None, (told, entry.reading))) or None, against=against)
            elif any(k in shown[s] for s in SENSES):
                reason = f"some formulas of the note are right where {OF_THE_MEAN}, others where {OF_THE_SUM}"
                result[k] = left_open(result[k], reason)
    return result


def _in_sense(claim: Claim, sense: str) -> Claim:
    return replace(claim, readings=tuple(r for r in claim.readings if not {*_others(sense)} & {*r.words}))


def _others(sense: str) -> tuple[str, ...]:
    return tuple(s for s in SENSES if s != sense)


def _is_of_state(claim: Claim) -> bool:
    """Whether it is a formula for dZ itself."""
    heads: list[Basic] = [r.head for r in claim.readings if isinstance(r, Reading) and OF_THE_SUM in r.words]
    return any(not isinstance(h, Adjoint) and h.has(Adjoint) for h in heads)
