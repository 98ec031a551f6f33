"""What is proved for any function holds for each: such proofs are kept for the meanings that give a letter a function.

Only for functions that work entry by entry, as the open letter does: softmax is none of them.  And only for the same claim: a
rule may have one judged with its errors, or some of its readings, replaced, which says something else under the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy.core.basic import Basic

from ..language import Fun
from ..model import Model
from ..proof.verdict import Entry
from ..reading import Claim, Illshaped, Reading
from .claims import judged

Judge = Callable[[Claim, Model, str], Entry]
"""The entry of a claim about a model, in a layout."""


class Proofs:
    """The proofs that were made while the letters of a note were open."""

    def __init__(self) -> None:
        self._known: dict[object, list[tuple[Claim, Entry]]] = {}

    def general(self, claim: Claim, model: Model, layout: str) -> Entry:
        """The entry where letters are open; a proof is kept."""
        entry = judged(claim, model, layout)
        if entry.verdict == "proved":
            self._known.setdefault(_key(claim, layout), []).append((claim, entry))
        return entry

    def special(self, rows: Mapping[str, str]) -> Judge:
        """The judge where letters have functions of the table: proved is what is proved for any."""

        def judge(claim: Claim, model: Model, layout: str) -> Entry:
            kept = self._known.get(_key(claim, layout), ())
            known = next((entry for general, entry in kept if _said(general, rows) == _said(claim, {})), None)
            return judged(claim, model, layout) if known is None else known

        return judge


def _key(claim: Claim, layout: str) -> object:
    """What a claim has whatever the functions are; the same one may be judged again in some of its readings."""
    return claim.id, claim.model, layout, tuple(r.words for r in claim.readings)


def _said(claim: Claim, rows: Mapping[str, str]) -> tuple[object, ...]:
    """What a claim says in all its readings where open letters have these functions."""

    def known(term: Basic | None) -> Basic | None:
        open_ones = [f for f in term.atoms(Fun) if f.kind == "elementwise" and f.name in rows] if term is not None else []
        return term.xreplace({f: Fun(rows[f.name], f.order) for f in open_ones}) if term is not None and open_ones else term

    def said(reading: Reading | Illshaped) -> tuple[object, ...]:
        if isinstance(reading, Illshaped):
            return reading.words, reading.instance
        terms = tuple(map(known, (reading.head, reading.right, reading.previous, *reading.others)))
        return reading.words, reading.instance, terms, reading.conditions, reading.free

    return tuple(map(said, claim.readings))
