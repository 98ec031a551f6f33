"""Layers by plain numbers: W^1, h^2_t, δ^2 are read as W^{(1)}, h^{(2)}_t, δ^{(2)}.

A first power is never printed, so that a letter with ^1 is numbered; so is, in a note that numbers letters, one whose ^2 is
given a value or differentiated by.  A letter that carries an index there, as in a^l, is left alone: a^1 is its value at 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..scripts import TRANSPOSES
from ..tokens import Token, lex
from .records import Formula, Reworded
from .rewording import rewritten

WHY = "a first power is never printed, so that the numbers on this letter count"


@dataclass(frozen=True)
class _Mark:
    """A superscript on a letter: the number (0 for what is none), whether braces stand around it, where it stands."""

    letter: str
    number: int
    braces: bool
    token: Token
    defines: bool = False


def with_layer_marks(formulas: Sequence[Formula]) -> tuple[list[Formula], tuple[Reworded, ...]]:
    """The formulas with numbers of layers in parentheses, and what was read so."""
    marks = [list(_marks(lex(f.text).tokens)) if "^" in f.text and not f.broken else [] for f in formulas]
    every = [m for found in marks for m in found]
    indexed = {m.letter for m in every if not m.number}
    first = {m.letter for m in every if m.number == 1} - indexed
    if not first:
        return list(formulas), ()
    numbered = first | {m.letter for m in every if m.defines} - indexed
    told: dict[str, Reworded] = {}
    result = []
    for formula, found in zip(formulas, marks, strict=True):
        changes = [m for m in found if m.number and m.letter in numbered]
        for m in changes:
            written = f"{m.letter}^{m.number}"
            told.setdefault(m.letter, Reworded(formula.line, written, f"{m.letter}^{{({m.number})}}", WHY))
        result.append(rewritten(formula, [(m.token.start, m.token.end, _bracketed(m)) for m in changes]))
    return result, tuple(told.values())


def _bracketed(mark: _Mark) -> str:
    return f"({mark.number})" if mark.braces else f"{{({mark.number})}}"


def _marks(tokens: Sequence[Token]) -> Iterator[_Mark]:
    """The superscripts of letters that are numbers or indices."""
    for k, token in enumerate(tokens[:-1]):
        if token.text != "^" or (at := base_of(tokens, k)) is None or _is_set(tokens, at):
            continue
        braces = tokens[k + 1].text == "{"
        inside = tokens[k + 2] if braces and k + 2 < len(tokens) else tokens[k + 1]
        behind = tokens[k + 3].text if braces and k + 3 < len(tokens) else ""
        letter = tokens[at].text
        if inside.kind == "number" and inside.text.isdigit() and (not braces or behind in ("}", *TRANSPOSES)):
            yield _Mark(letter, int(inside.text), braces, inside, _defines(tokens, at, k + (4 if braces else 2)))
        elif inside.kind == "letter" and inside.text not in TRANSPOSES and (not braces or behind in ("}", "+", "-")):
            yield _Mark(letter, 0, braces, inside)


def base_of(tokens: Sequence[Token], k: int) -> int | None:
    """Where the letter stands that a superscript at k hangs on, behind a subscript or in a font or accent."""
    at = k - 1
    for _ in range(2):
        if at < 0:
            return None
        if tokens[at].kind == "letter" and not (at and tokens[at - 1].text == "_"):
            return at
        opened = _opened(tokens, at) if tokens[at].text == "}" else at
        if opened is None or opened < 1:
            return None
        if tokens[opened - 1].text == "_":
            at = opened - 2
            continue
        letters = [j for j in range(opened, at) if tokens[j].kind == "letter"]
        return letters[0] if len(letters) == 1 and tokens[opened - 1].kind in ("font", "accent") else None
    return None


def _is_set(tokens: Sequence[Token], at: int) -> bool:
    """Whether a letter is one of a set, as the R of \\mathbb{R}^1."""
    return any(t.kind == "font" and t.text == "blackboard" for t in tokens[max(at - 2, 0) : at])


def _opened(tokens: Sequence[Token], closed: int) -> int | None:
    depth = 0
    for j in range(closed, -1, -1):
        depth += {"}": 1, "{": -1}.get(tokens[j].text, 0)
        if not depth:
            return j
    return None


def _defines(tokens: Sequence[Token], at: int, end: int) -> bool:
    """Whether a letter with its number is given a value, or differentiated by."""
    front = tokens[at - 1].text if at else ","
    if front == "\\partial":
        return True
    if end < len(tokens) and tokens[end].text == "_":
        braced = end + 1 < len(tokens) and tokens[end + 1].text == "{"
        end = next((j + 1 for j in range(end, len(tokens)) if tokens[j].text == "}"), len(tokens)) if braced else end + 2
    behind = [t.text for t in tokens[end : end + 2]]
    return front in (",", "&", "\\\\", "quad") and (behind[:1] == ["="] or behind == ["&", "="])
