r"""Where a formula is wrong: its place in the source line, and the same place inside the formula as it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...proof.verdict import Entry
from ..report import Report
from ..report_text import place_of, wrong_part

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST = 160
"""Characters of a source line that are shown before and after the place."""


def wrong_place(entry: Entry) -> tuple[int, int] | None:
    """(column, end column) on the entry's line of what is wrong, if that is known to be smaller than the right side."""
    if entry.verdict == "unreadable":
        column, end, _ = place_of(entry)
        return (column, end) if end and column != entry.column else None
    part = wrong_part(entry)
    return part if part and part[1] else None


def marked_source(report: Report, entry: Entry) -> tuple[str, str, str] | None:
    """The source line before, at and behind the place of what is wrong."""
    line, place = report.source_line(entry), wrong_place(entry)
    if line is None or place is None or not 0 < place[0] <= len(line):
        return None
    start, end = place[0] - 1, place[1] - 1
    if end <= start:  # something is missing there: the sign behind which it belongs
        start, end = max(start - 1, 0), max(start, 1)
    if line[start:end] == "\\":  # a control word is one sign
        end += len(line[end:]) - len(line[end:].lstrip(_LETTERS))
    before, behind = line[:start], line[end:]
    if len(before) > MOST:
        before = "…" + before[-MOST:]
    if len(behind) > MOST:
        behind = behind[:MOST] + "…"
    return before, line[start:end], behind


def marked_formula(report: Report, entry: Entry) -> str:
    r"""The formula with what is wrong inside \htmlClass{wrong}{...}, or "" where that cannot be said without doubt."""
    line, place = report.source_line(entry), wrong_place(entry)
    if line is None or place is None or entry.line != entry.end_line or entry.verdict == "unreadable":
        return ""
    right = line[entry.column - 1 : entry.end_column - 1].strip()
    if not right or not entry.latex.endswith(right):
        return ""
    start = len(entry.latex) - len(right) + place[0] - entry.column
    end = start + place[1] - place[0]
    if not len(entry.latex) - len(right) <= start < end <= len(entry.latex):
        return ""
    inside = entry.latex[start:end]
    before = entry.latex[start - 1 : start]
    if not is_whole(inside) or _cuts(entry.latex, start) or _cuts(entry.latex, end):
        return ""
    if before in ("_", "^"):
        one = len(inside) == 1 or (inside[0] == "{" and inside.find("}") == len(inside) - 1)
        return f"{entry.latex[:start]}{{\\htmlClass{{wrong}}{{{inside}}}}}{entry.latex[end:]}" if one else ""
    return f"{entry.latex[:start]}\\htmlClass{{wrong}}{{{inside}}}{entry.latex[end:]}"


def in_words(entry: Entry) -> str:
    """What a statement says, "" for a formula."""
    latex = entry.latex.strip()
    said = entry.kind == "statement" and latex.startswith(r"\text{")
    return latex.removeprefix(r"\text{").removesuffix("}") if said else ""


def chain_of(entry: Entry) -> str:
    """What a chain begins with, where that is not the left side of this '='; its verdict is about both."""
    return entry.head if entry.step is not None and not entry.latex.startswith(entry.head) else ""


_WORD = re.compile(r"\\[A-Za-z]*$")


def _cuts(latex: str, at: int) -> bool:
    """Whether a place is inside of a control word."""
    word = _WORD.search(latex, max(at - 40, 0), at)
    return word is not None and (word[0] == "\\" or latex[at : at + 1].isalpha())


_AROUND = (
    # words before a formula in the sentence of a diagnosis, words behind it
    ("the factor ", " is missing"),
    ("the factor ", " should not be there"),
    ("the sum ", " is missing"),
    ("the sum ", " should not be there"),
    ("the product ", " is missing"),
    ("the product ", " should not be there"),
    ("the term ", " is missing"),
    ("the term ", " should not be there"),
)


_SHAPES, _WOULD = "the shapes do not conform: ", " (they would"
_SLOPE = ", the slope of the function that makes "


def told_in_parts(entry: Entry) -> Iterator[tuple[str, bool]]:
    """The reason in pieces, each with whether it is a formula."""
    told = place_of(entry)[2]
    sentence, mark, rest = told.partition("; ")
    if sentence.startswith(_SHAPES):
        before, of, what = sentence.partition(" in ")
        what, would, tail = what.partition(_WOULD)
        yield from ((before + of, False), (what, True), (would + tail, False)) if what else ((sentence, False),)
        yield mark, False
        yield from _diagnosis(rest) if entry.mend is not None else ((rest, False),)
        return
    if entry.mend is None:
        yield told, False
        return
    yield from _diagnosis(sentence)
    yield mark + rest, False


def _diagnosis(sentence: str) -> Iterator[tuple[str, bool]]:
    """The sentence that says what is wrong, in pieces."""
    new, instead, old = sentence.partition(" instead of ")
    what, colon, new = new.partition(": ")
    if instead and colon:
        yield from ((f"{what}: ", False), (new, True), (instead, False), (old, True))
    else:
        for before, behind in _AROUND:
            if sentence.startswith(before) and sentence.endswith(behind):
                what, slope, name = sentence[len(before) : -len(behind)].partition(_SLOPE)
                yield from ((before, False), (what, True))
                yield from ((slope, False), (name.removesuffix(","), True), (",", False)) if slope else ()
                yield behind, False
                break
        else:
            yield sentence, False


_PAIRS = (("{", "}"), (r"\left", r"\right"), (r"\begin", r"\end"))


def is_whole(latex: str) -> bool:
    """Whether a piece of LaTeX may stand in a group of its own.

    >>> is_whole(r"W^{\\top} x"), is_whole(r"a}{b"), is_whole("^2"), is_whole("a & b")
    (True, False, False, False)
    """
    depth = 0
    for character in latex:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    even = all(latex.count(a) == latex.count(b) for a, b in _PAIRS)
    stripped = latex.strip()
    one_cell = "&" not in latex and r"\\" not in latex
    return bool(stripped) and even and one_cell and stripped[0] not in "_^'" and stripped[-1] not in "_^\\"
