"""Formulas with other text in some places, which stand where they stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..notation import GREEK
from ..places import Mapped, Piece, Places
from .records import Formula

_GREEK = rf"\\(?:{'|'.join(GREEK)})(?![A-Za-z])"
_MARKS = r"\\(?:hat|widehat|tilde|bar|mathbf|boldsymbol|bm|vec|mathrm|pmb)"
LETTER = rf"(?:{_MARKS}\s?\{{(?:{_GREEK}|[A-Za-z])\}}|{_MARKS}\s[A-Za-z]|{_GREEK}|(?<![\\A-Za-z])[A-Za-z])"
"""A letter, with a font or an accent, that is no part of a word or a command."""


def rewritten(formula: Formula, changes: Sequence[tuple[int, int, str]]) -> Formula:
    """The formula with other text in some slices (start, end, text); places stay those of the source."""
    if not changes:
        return formula
    mapped, at = formula.places.mapped, 0
    pieces: list[Piece] = []
    for start, end, new in sorted(changes):
        pieces += mapped.slice(at, start).pieces
        pieces.append(Piece(new, mapped.start(start), mapped.end(end), False))
        at = end
    pieces += mapped.slice(at, len(formula.text)).pieces
    whole = Mapped(pieces)
    return replace(formula, text=whole.text, places=Places(whole, formula.places.lines))
