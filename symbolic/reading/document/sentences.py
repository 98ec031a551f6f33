"""The sentence around a formula: words and other formulas before it and after it.

A sentence ends at . ! ? and their like, and with its paragraph; the last sentence of the paragraph above a display goes on
in the display unless it has ended.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from .announced import in_prose
from .records import Formula

MAX_WORDS = 300
MAX_FORMULAS = 6

_END = re.compile(r"[。！？]|(?<![wW]\.r\.t)(?<!i\.e)(?<!e\.g)[.!?](?=[\s)*_]|$)|\n[ \t]*\n")
_REMARK = re.compile(
    r"[\s.。]*(?:(?:this|it|that|the (?:last |above )?(?:formula|equation|identity|relation|expression)) (?:only |thus )?"
    r"(?:holds|applies|is (?:only |an? )?"
    r"(?:valid|true|exact|right|correct|wrong|incorrect|false|not|approximation)|lacks|fails)\b"
    r"|(?:上式|该式|此式|这|它)[只仅]?(?:在|对|当|有)?.{0,20}(?:成立|适用|有效|近似))",
    re.IGNORECASE,
)
"""A sentence behind a formula that says when it holds."""
_LABEL = re.compile(r"\s*\\?[A-Za-z]+\s*(?:[=<>≤≥]|\\(?:leq?|geq?|neq?|lt|gt)\b)\s*\\?[A-Za-z0-9]+(?:\s*[-+]\s*[0-9])?\s*")
_STOP = re.compile(r"[\s.。:：)\]}*_]*")
Part = tuple[str | int, ...]


def leads(text: str, formulas: Sequence[Formula], breaks: Sequence[int]) -> Iterator[tuple[Part, Part]]:
    """(what stands before it, what stands after it) in its sentence, for each formula; formulas by their position."""
    ordered = sorted(breaks)
    for k in range(len(formulas)):
        yield _lead(text, formulas, k, ordered), _trail(text, formulas, k, ordered)


def sentences(text: str, formulas: Sequence[Formula], starts: Sequence[int]) -> Iterator[tuple[bool, list[str]]]:
    """For each formula whether a section begins before it, and the whole sentences since the last one (… for a long formula).

    `starts`: where sections begin.
    """
    ordered = sorted(starts)
    part, at, section = "", 0, 0
    for formula in formulas:
        opened = bisect_right(ordered, formula.start)
        if opened != section:
            part, at = "", max(at, ordered[opened - 1])
        said, here = [], at
        for end in _END.finditer(text, at, formula.start):
            said.append(" ".join(f"{part}{text[here : end.start()][-MAX_WORDS:]}".split()))
            here, part = end.end(), ""
        part = f"{part}{text[here : formula.start]} {in_prose(formula.text)} "[-2 * MAX_WORDS :]
        yield opened != section, [s for s in said if s]
        section, at = opened, max(at, formula.end)


def _lead(text: str, formulas: Sequence[Formula], k: int, breaks: list[int]) -> Part:
    parts: list[str | int] = []
    here, end = k, formulas[k].start
    above = formulas[k].display
    while True:
        start = formulas[here - 1].end if here else 0
        gap = text[max(start, end - MAX_WORDS) : end]
        cut = max(start, end - MAX_WORDS)
        body = gap.rstrip() if above and here == k else gap
        opened = bisect_right(breaks, end if not (above and here == k) else cut + len(body)) - 1
        if opened >= 0 and breaks[opened] > cut:
            body, cut = body[breaks[opened] - cut :], breaks[opened]
        last = max((m.end() for m in _END.finditer(body)), default=0)
        if last and here and cut == start and _is_label(formulas[here - 1], body):
            last = 0
        words = body[last:]
        if words.strip():
            parts.append(" ".join(words.split()))
        stopped = last > 0 or cut > start or not here
        if not stopped and formulas[here - 1].display:
            parts.append(here - 1)
        if stopped or formulas[here - 1].display or len(parts) > 2 * MAX_FORMULAS:
            return tuple(reversed(parts))
        here -= 1
        parts.append(here)
        end = formulas[here].start


def _is_label(formula: Formula, behind: str) -> bool:
    """Whether t = T stands before a formula as its label: "Case 1: $t = T$." """
    return not formula.display and _LABEL.fullmatch(formula.text) is not None and _STOP.fullmatch(behind) is not None


def _trail(text: str, formulas: Sequence[Formula], k: int, breaks: list[int]) -> Part:
    parts: list[str | int] = []
    here, start = k, formulas[k].end
    while True:
        end = formulas[here + 1].start if here + 1 < len(formulas) else len(text)
        stop = min(end, start + MAX_WORDS)
        opened = bisect_right(breaks, start)
        if opened < len(breaks) and breaks[opened] < stop:
            stop = breaks[opened]
        words = text[start:stop]
        remark = _REMARK.match(words) if here == k else None
        found = _END.search(words, remark.end() if remark else 0)
        words = words[: found.start()] if found else words
        if words.strip():
            parts.append(" ".join(words.split()))
        if found or stop < end or here + 1 >= len(formulas) or formulas[here + 1].display or len(parts) > 2 * MAX_FORMULAS:
            return tuple(parts)
        here += 1
        parts.append(here)
        start = formulas[here].end
