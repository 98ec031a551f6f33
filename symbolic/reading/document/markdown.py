"""What Markdown says about a text: which lines are code, quotes, headings, tables; markdown-it-py knows the rules.

Formulas over several lines are hidden from it first, because a line of one may begin with =, - or > and mean no list
there.  What is no text (code, quote marks, YAML in front) is made blank, so that every other character keeps its offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from markdown_it import MarkdownIt

from ..places import Lines, Mapped, Piece
from .ignoring import asked_lines
from .records import BlockLine, Body, Heading

MAX_DISPLAY_LINES = 400
MATH_FENCES = ("math", "{math}")
OWN_FENCES = ("gradproof", "{gradproof}")

_OPENS = re.compile(
    r"(?<!\\)\\\[|\\begin[ \t]*\{(?:equation|align|gather|multline|eqnarray|flalign|alignat|dmath|IEEEeqnarray)\*?\}"
)
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&nbsp;": " "}
_ENTITY = re.compile("|".join(_ENTITIES))
_FENCE = re.compile(r"[ \t>]*(?:[-*+][ \t]+|[0-9]{1,9}[.)][ \t]+)?(`{3,}|~{3,})")
_PREFIX = re.compile(r"[ \t>]*")


@dataclass
class _Blocks:
    """What is known about the lines so far."""

    code: set[int] = field(default_factory=set)
    quotes: dict[int, int] = field(default_factory=dict)
    headings: list[tuple[int, int, str]] = field(default_factory=list)
    breaks: set[int] = field(default_factory=set)
    math: list[tuple[int, int]] = field(default_factory=list)
    own: list[int] = field(default_factory=list)


def markdown_body(text: str, lines: Lines) -> Body:
    """The body of a Markdown text whose line ends are newlines."""
    blocks = _blocks(lines.lines)
    clean: list[str] = []
    for number, line in enumerate(lines.lines):
        if number in blocks.code:
            clean.append(" " * len(line))
        else:
            quoted = _quote(line, blocks.quotes.get(number, 0))
            clean.append(_ENTITY.sub(_entity, " " * quoted + line[quoted:]))
    starts = [lines.start(k + 1) for k in range(len(lines.lines))] + [len(text)]
    fenced = []
    for first, last in blocks.math:
        content = clean[first:last]
        label = ""
        for k, line in enumerate(content):  # options of a directive, such as :label: name
            option = re.match(r"[ \t]*:([a-z-]+):[ \t]*(.*)", line)
            if not option:
                break
            label = option[2].strip() if option[1] in ("label", "name") else label
            clean[first + k] = " " * len(line)
        if last > first:
            fenced.append((starts[first], starts[last] - 1, label))
    quotes = {k: _quote(lines.lines[k], blocks.quotes.get(k, 0)) for k in blocks.own}
    own = tuple(BlockLine(k + 1, at + 1, lines.lines[k][at:], lines.prefix) for k, at in quotes.items())
    return Body(
        Mapped([Piece("\n".join(clean), 0, len(text))]), lines, tuple(Heading(starts[k], n, w) for k, n, w in blocks.headings),
        tuple(sorted(starts[k] for k in blocks.breaks)), tuple(fenced), own, strict=False, markup=True,
        asked=asked_lines(lines.lines, blocks.code),
    )  # fmt: skip


def _entity(match: re.Match[str]) -> str:
    return _ENTITIES[match[0]].ljust(len(match[0]))


def _quote(line: str, depth: int) -> int:
    """Where a line's text begins behind its quote marks."""
    at = 0
    for _ in range(depth):
        mark = at
        while line[mark : mark + 1] in (" ", "\t"):
            mark += 1
        if line[mark : mark + 1] != ">":
            break
        at = mark + 1
    return at


def _blocks(lines: list[str]) -> _Blocks:
    blocks = _Blocks()
    shown, hidden = _without_displays(lines)
    front = _front_matter(lines)
    shown[:front] = [""] * front
    blocks.code.update(range(front))
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    context: dict[str, dict[str, dict[str, list[int]]]] = {}
    tokens = parser.parse("\n".join(shown), context)
    for label, reference in context.get("references", {}).items():  # [//]: # (nothing of this is shown)
        if not label.startswith("^"):
            blocks.code.update(range(*reference["map"]))
    for k, token in enumerate(tokens):
        if token.map is None:
            continue
        first, last = token.map
        if token.type == "fence":
            _fence(blocks, token.info.strip(), first, last, token.markup, lines)
        elif token.type == "code_block":
            blocks.code.update(range(first, last))
        elif token.type == "blockquote_open":
            for line in range(first, last):
                blocks.quotes[line] = blocks.quotes.get(line, 0) + 1
        elif token.type == "heading_open":
            words = " ".join(tokens[k + 1].content.split())
            blocks.headings.append((first, int(token.tag[1:]), words))
            blocks.breaks |= {first, last}
        elif token.type == "thead_open":
            blocks.breaks |= {first, last}
        elif token.type in ("paragraph_open", "tr_open", "list_item_open", "html_block") and first not in hidden:
            blocks.breaks.add(first)
    blocks.breaks = {k for k in blocks.breaks if k < len(lines)}
    return blocks


def _fence(blocks: _Blocks, info: str, first: int, last: int, markup: str, lines: list[str]) -> None:
    """A fence is code unless it says that it holds mathematics or the declarations."""
    closed = last - 1 > first and lines[last - 1].strip(" \t>").startswith(markup)
    inner = (first + 1, last - 1 if closed else last)
    kind = info.split()[0] if info else ""
    blocks.breaks |= {first, last}
    if kind in MATH_FENCES:
        blocks.code |= {first} | ({last - 1} if closed else set())
        blocks.math.append(inner)
        return
    if kind in OWN_FENCES:
        blocks.own += range(*inner)
    blocks.code.update(range(first, last))


def _front_matter(lines: list[str]) -> int:
    """How many lines the YAML in front takes up."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    return next((k + 1 for k in range(1, min(len(lines), 200)) if lines[k].rstrip() in ("---", "...")), 0)


def _without_displays(lines: list[str]) -> tuple[list[str], set[int]]:
    """The lines with those inside a display replaced by a word, and which these are."""
    shown, hidden = list(lines), set()
    closing = _next_closings(lines)
    number, fence = 0, ""
    while number < len(lines):
        line = lines[number]
        mark = _FENCE.match(line)
        if mark and (not fence or (mark[1].startswith(fence) and not line[mark.end() :].strip())):
            fence = "" if fence else mark[1]
        elif not fence and (last := _display(lines, number, closing)):
            for k in range(number + 1, last + 1):
                prefix = _PREFIX.match(lines[k])
                assert prefix
                shown[k] = prefix[0] + "x"
                hidden.add(k)
            number = last
        number += 1
    return shown, hidden


def _next_closings(lines: list[str]) -> dict[str, list[int]]:
    """For each line the next one below with an odd number of $$, with \\], or with an \\end or a fence."""
    tests: dict[str, Callable[[str], bool]] = {
        "$$": lambda line: line.count("$$") % 2 == 1,
        "\\]": lambda line: "\\]" in line,
        "\\end": lambda line: "\\end" in line,
        "fence": lambda line: _FENCE.match(line) is not None,
    }
    result = {}
    for name, test in tests.items():
        following = [len(lines)] * (len(lines) + 1)
        for k in range(len(lines) - 1, -1, -1):
            following[k] = k if test(lines[k]) else following[k + 1]
        result[name] = following
    return result


def _display(lines: list[str], number: int, closing: dict[str, list[int]]) -> int:
    """The last line of a display that begins on a line and goes on below it, or 0."""
    line = lines[number]
    if line.count("$$") % 2 == 1:
        last = closing["$$"][number + 1]
    elif (opened := _OPENS.search(line)) is None:
        return 0
    elif opened[0] == "\\[":
        last = number if "\\]" in line[opened.end() :] else closing["\\]"][number + 1]
    else:
        name = opened[0][opened[0].index("{") :]
        last = number
        while "\\end" + name not in lines[last][opened.end() if last == number else 0 :]:
            last = closing["\\end"][last + 1]
            if last >= len(lines) or last > number + MAX_DISPLAY_LINES:
                return 0
    fits = number < last < min(len(lines), number + MAX_DISPLAY_LINES + 1)
    return last if fits and closing["fence"][number] > last else 0
