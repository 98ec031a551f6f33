"""What is proved for any function holds for each: such proofs are kept for the meanings that give a letter a function.

Only for functions that work entry by entry, as the open letter does: softmax is none of them.
"""

from __future__ import annotations

from collections.abc import Callable

from ..model import Model
from ..proof.verdict import Entry
from ..reading import Claim
from .claims import judged

Judge = Callable[[Claim, Model, str], Entry]
"""The entry of a claim about a model, in a layout."""


class Proofs:
    """The proofs that were made while the letters of a note were open."""

    def __init__(self) -> None:
        self._known: dict[object, Entry] = {}

    def general(self, claim: Claim, model: Model, layout: str) -> Entry:
        """The entry where letters are open; a proof is kept."""
        entry = judged(claim, model, layout)
        if entry.verdict == "proved":
            self._known[_key(claim, layout)] = entry
        return entry

    def special(self, claim: Claim, model: Model, layout: str) -> Entry:
        """The entry where letters have functions: proved if it is for any."""
        known = self._known.get(_key(claim, layout))
        return judged(claim, model, layout) if known is None else known


def _key(claim: Claim, layout: str) -> object:
    """A claim whatever the functions are; the same one may be judged again in some of its readings."""
    return claim.id, claim.model, layout, tuple(r.words for r in claim.readings)
