"""The layout of ∂L/∂W: one convention for a note, fixed by its formulas where they all follow the other one."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Model
from .claims import read_claims
from .records import Claim, Illshaped, Passage

OTHER_LAYOUT = {"gradient": "jacobian", "jacobian": "gradient", "denominator": "gradient"}
"""The convention for ∂L/∂W that a note may follow throughout instead of the one that its model declares."""


def read_in_its_layout(models: Sequence[Model], passages: Sequence[Passage]) -> tuple[tuple[Claim, ...], str]:
    """The claims in the model's layout, or in the other one if the note's formulas show that it follows that throughout.

    One formula alone shows nothing: a row where a column is meant is an error.
    """
    declared = models[0].layout
    other = OTHER_LAYOUT[declared]
    claims = read_claims(models, passages, declared)
    if sum(map(_misfits, claims)) >= 2:
        others = read_claims(models, passages, other)
        if sum(map(_misfits, claims)) - sum(map(_misfits, others)) >= 2:
            return others, other
    return claims, declared


def _misfits(claim: Claim) -> bool:
    return bool(claim.readings) and all(isinstance(r, Illshaped) for r in claim.readings)


def only_in(layout: str, models: Sequence[Model], passages: Sequence[Passage], claims: Sequence[Claim]) -> list[int]:
    """The positions of the claims that conform in this layout and not in the gradient layout."""
    if layout == "gradient":
        return []
    others = read_claims(models, passages, "gradient")
    return [k for k, (c, o) in enumerate(zip(claims, others, strict=True)) if _misfits(o) and not _misfits(c)]
