"""What a LaTeX source says about itself: preamble, comments, verbatim text, sections, macros that open formulas."""

from __future__ import annotations

import re
from bisect import bisect_right

from ..places import Lines, Mapped, Piece
from .blocks import commented_lines
from .ignoring import asked_lines
from .macros import Definition, Macro, MacroError, Macros, definitions
from .records import Body, Heading

LEVELS = {"part": 0, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}

_SECTION = re.compile(r"\\(part|chapter|section|subsection|subsubsection|paragraph)\*?[ \t]*(?:\[[^\[\]\n]*\])?\{")
_COMMENT = re.compile(r"\\[^\n]|%[^\n]*")
_UNREAD = (
    "verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "comment", "tikzpicture", "filecontents", "filecontents*",
)  # fmt: skip
_VERBATIM = re.compile(r"\\begin\{(" + "|".join(map(re.escape, _UNREAD)) + r")\}")
_INLINE = re.compile(r"\\(?:verb\*?|lstinline)([^A-Za-z0-9\s{*])")
_CONDITIONAL = re.compile(r"(?<!\\)\\(if[A-Za-z]*|else|fi)(?![A-Za-z])")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_CALL = re.compile(r"\\[A-Za-z]+[ \t\n]*\{")


def latex_body(text: str, lines: Lines, macros: Macros) -> Body:
    """The body of a LaTeX source.

    A macro that opens formulas and whose call is broken makes a formula of its own, to the end of its paragraph, that is
    no whole one.  Raises `MacroError`, with an offset in the text, where there are too many of them.
    """
    shown = _without_verbatim(text)
    own = commented_lines(shown.split("\n"))
    clean = _without_definitions(without_comments(shown))
    start = clean.find("\\begin{document}")
    start = 0 if start < 0 else start + len("\\begin{document}")
    end = clean.find("\\end{document}", start)
    end = len(clean) if end < 0 else end
    mapped, wrong = macros.expand_around_broken_calls(Mapped([Piece(clean[start:end], start, end)]), _delimits)
    headings = []
    for found in _SECTION.finditer(mapped.text):
        close = mapped.text.find("}", found.end(), found.end() + 300)
        words = mapped.text[found.end() : close if close >= 0 else found.end()]
        headings.append(Heading(found.start(), LEVELS[found[1]], " ".join(words.split())))
    broken = tuple(_to_the_end_of_its_paragraph(mapped, error) for error in sorted(wrong, key=lambda e: e.at))
    asked = asked_lines(shown.split("\n"))
    return Body(mapped, lines, tuple(headings), blocks=own, prose=False, broken=broken, asked=asked)


def _to_the_end_of_its_paragraph(mapped: Mapped, error: MacroError) -> tuple[int, int, int, str]:
    """The slice that a broken call spoils, where its argument begins, and what is wrong with it."""
    start = mapped.offset(error.at)
    end = _PARAGRAPH.search(mapped.text, start)
    name = _CALL.match(mapped.text, start)
    return start, name.end() if name else start, end.start() if end else len(mapped.text), error.message


def without_comments(text: str) -> str:
    """The text with its comments made blank."""
    return _COMMENT.sub(lambda m: m[0] if m[0][0] == "\\" else " " * len(m[0]), text)


def _without_definitions(text: str) -> str:
    """Macro definitions made blank, so that nothing in them is a call."""
    parts, at = [], 0
    for found in definitions(text):
        if isinstance(found, Definition):
            parts += [text[at : found.start], blank(text[found.start : found.end])]
            at = found.end
    return "".join([*parts, text[at:]])


def blank(text: str) -> str:
    """Spaces in place of everything but line ends."""
    return "".join("\n" if c == "\n" else " " for c in text)


def _without_verbatim(text: str) -> str:
    """Verbatim text, and pictures, made blank."""
    ends: dict[str, list[int]] = {}
    for name in _UNREAD:
        mark = f"\\end{{{name}}}"
        ends[name] = [m.end() for m in re.finditer(re.escape(mark), text)]
    parts, at = [], 0
    for found in _VERBATIM.finditer(text):
        places = ends.get(found[1], [])
        k = bisect_right(places, found.end())
        if found.start() < at or k == len(places):
            continue
        parts += [text[at : found.start()], blank(text[found.start() : places[k]])]
        at = places[k]
    whole = _without_false("".join([*parts, text[at:]]))
    parts, at = [], 0
    for found in _INLINE.finditer(whole):
        close = whole.find(found[1], found.end(), found.end() + 200)
        if found.start() >= at and close >= 0:
            parts += [whole[at : found.start()], blank(whole[found.start() : close + 1])]
            at = close + 1
    return "".join([*parts, whole[at:]])


def _without_false(text: str) -> str:
    """What stands between \\iffalse and its \\fi or \\else made blank."""
    parts, at, depth, start = [], 0, 0, -1
    for found in _CONDITIONAL.finditer(text):
        word = found[1]
        if start < 0:
            start, depth = (found.start(), 0) if word == "iffalse" else (-1, 0)
        elif word == "fi" or word == "else":
            if not depth:
                parts += [text[at:start], blank(text[start : found.end()])]
                at, start = found.end(), -1
            depth -= word == "fi"
        else:
            depth += 1
    return "".join([*parts, text[at:]])


def _delimits(macro: Macro) -> bool:
    """Whether a macro opens or closes formulas, so that it must be expanded before they are looked for."""
    return any(sign in macro.body for sign in ("\\begin", "\\end", "$", "\\[", "\\]", "\\(", "\\)"))
