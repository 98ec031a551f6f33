"""Where formulas begin and end: one pass over the signs that delimit them.

The text is cut once into delimiters ($, $$, \\(, \\[, \\begin, backticks, tags, ends of paragraphs); the next one of a
kind is found by bisection, so that a text full of unmatched delimiters takes no longer than any other.  An inline formula
ends with its paragraph.  What is never closed is a broken formula up to the end of its paragraph, and said to be one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from ..notation import TRANSPARENT, words
from .records import MAX_FORMULAS, Body

FORMULAS = frozenset(TRANSPARENT) - {"aligned", "alignedat", "gathered", "split", "subequations"}
"""Environments that are a formula where they stand in text."""
INNER = frozenset(("aligned", "alignedat", "gathered", "split"))
"""Environments that belong inside a formula; where they stand in text, a formula was meant."""

_DELIMITER = re.compile(
    r"\\(?:begin|end)[ \t]*\{[A-Za-z]{1,30}\*?\}|\\[^A-Za-z\n]|\$\$?|`+|<!--|-->|</?[A-Za-z]+|\n(?=[ \t]*\n)"
)
_MONEY = re.compile(r"\$[0-9][0-9.,]{0,20}(?:[kKMB]|bn)?(?=[\s.,;:!?)/-]|$|[^\x00-\x7f])")
_HIDING = frozenset(("pre", "code", "style", "script", "textarea", "kbd", "samp", "svg", "template", "noscript", "title"))
_TAGS = frozenset(words(
    "a abbr b big blockquote body br caption center cite col dd del details div dl dt em figcaption figure font h1 h2 h3 h4 "
    "h5 h6 hr html i iframe img input ins label li link main mark meta nav ol option p q s section small source span "
    "strike strong sub summary sup table tbody td tfoot th thead tr tt u ul video"
))  # fmt: skip

_BARE = ("", "hidden", "open", "checked", "disabled")
"""What may stand in a tag without a value."""


@dataclass(frozen=True)
class Found:
    """A formula: the slice with its delimiters, the slice between them, and what is wrong with it."""

    start: int
    end: int
    inner: tuple[int, int]
    display: bool
    broken: str = ""
    label: str = ""


@dataclass(frozen=True)
class Scan:
    """The formulas of a text and the slices that are no prose (code, tags, comments)."""

    formulas: tuple[Found, ...]
    hidden: tuple[tuple[int, int], ...]


def scan(body: Body) -> Scan:
    """Every formula between delimiters.

    >>> from symbolic.reading.places import Lines, Mapped, Piece
    >>> text = "If $t < T$ then $$a = b$$"
    >>> found = scan(Body(Mapped([Piece(text, 0, len(text))]), Lines(text))).formulas
    >>> [text[slice(*f.inner)] for f in found]
    ['t < T', 'a = b']
    """
    scanner = _Scanner(body)
    scanner.run()
    return Scan(tuple(scanner.found), tuple(scanner.hidden))


Delimiter = tuple[str, int, int]


class _Scanner:
    def __init__(self, body: Body):
        self.body, self.text = body, body.mapped.text
        self.found: list[Found] = []
        self.hidden: list[tuple[int, int]] = []
        self.fences = {start: (start, end, label, "") for start, end, label in body.fenced}
        self.fences |= {start: (opened, end, "", message) for start, opened, end, message in body.broken}
        self.marks = self._marks()
        self.starts = [m[1] for m in self.marks]
        self.of_kind: dict[str, list[int]] = {}
        for k, (kind, _, _) in enumerate(self.marks):
            self.of_kind.setdefault(kind, []).append(k)
        self.ends = self._environments()
        self.at = 0

    def _marks(self) -> list[Delimiter]:
        marks = [(_kind(m[0], self.text[m.end() : m.end() + 1]), m.start(), m.end()) for m in _DELIMITER.finditer(self.text)]
        marks = [m for m in marks if m[0]]
        extra = [("par", b, b) for b in self.body.breaks] + [("fence", s, s) for s in self.fences]
        return sorted(marks + extra, key=lambda m: (m[1], m[0] != "par")) if extra else marks

    def _environments(self) -> dict[int, int]:
        """Mark of a \\begin -> mark of its \\end."""
        open_ones: dict[str, list[int]] = {}
        ends = {}
        for k, (kind, start, end) in enumerate(self.marks):
            if kind == "begin":
                open_ones.setdefault(self._environment(start, end), []).append(k)
            elif kind == "end" and open_ones.get(name := self._environment(start, end)):
                ends[open_ones[name].pop()] = k
        return ends

    def _environment(self, start: int, end: int) -> str:
        return self.text[self.text.index("{", start) + 1 : end - 1]

    def next(self, kind: str, after: int) -> int:
        """The first mark of a kind behind a mark; the number of marks if there is none."""
        places = self.of_kind.get(kind, [])
        k = bisect_right(places, after)
        return places[k] if k < len(places) else len(self.marks)

    def start_of(self, mark: int) -> int:
        return self.starts[mark] if mark < len(self.marks) else len(self.text)

    def run(self) -> None:
        while self.at < len(self.marks) and len(self.found) <= MAX_FORMULAS:
            kind = self.marks[self.at][0]
            handle = _HANDLERS.get("`" if kind[0] == "`" else kind)
            self.at = handle(self, self.at) if handle else self.at + 1

    def past(self, offset: int) -> int:
        """The first mark that begins at an offset or behind it."""
        return bisect_left(self.starts, offset)

    def add(self, start: int, end: int, inner: tuple[int, int], display: bool, label: str = "") -> int:
        self.found.append(Found(start, end, inner, display, label=label))
        return self.past(end)

    def broken(self, mark: int, message: str, display: bool) -> int:
        """What is never closed, to the end of its paragraph."""
        _, start, opened = self.marks[mark]
        stop = min(self.next("par", mark), self.next("fence", mark))
        end = self.start_of(stop)
        self.found.append(Found(start, end, (opened, end), display, message))
        return max(self.past(end), mark + 1)

    def hide(self, start: int, end: int) -> int:
        self.hidden.append((start, end))
        return self.past(end)

    # one handler per kind of mark: from the mark to the mark where reading goes on

    def fence(self, mark: int) -> int:
        start = self.starts[mark]
        opened, end, label, broken = self.fences[start]
        self.found.append(Found(start, end, (opened, end), True, broken, label))
        return max(self.past(end), mark + 1)

    def dollars(self, mark: int) -> int:
        _, start, opened = self.marks[mark]
        close, paragraph = self.next("$$", mark), self.next("par", mark)
        if close < len(self.marks) and (close < paragraph or self._alone(start, self.marks[close][2])):
            return self.add(start, self.marks[close][2], (opened, self.starts[close]), True)
        return self.broken(mark, "this $$ is never closed in its paragraph", True)

    def _alone(self, start: int, end: int) -> bool:
        """Whether a display with an empty line in it begins its line and ends its line."""
        before = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        stop = self.text.find("\n", end)
        after = self.text[end : stop if stop >= 0 else len(self.text)]
        return not before.strip() and not after.strip(" \t.,;。，；")

    def dollar(self, mark: int) -> int:
        _, start, opened = self.marks[mark]
        paragraph = self.next("par", mark)
        close = self._closing(mark, paragraph)
        if close is None or _MONEY.match(self.text, start):
            money = _MONEY.match(self.text, start)
            if money and (close is None or self._amounts(start, self.starts[close])):
                return mark + 1
        if close is None:
            return self.broken(mark, "this $ is never closed in its paragraph", False)
        kind, end, after = self.marks[close]
        inner = self.text[opened:end]
        shift = 1 if len(inner) > 2 and inner[0] == inner[-1] == "`" else 0
        self.found.append(Found(start, end + 1, (opened + shift, end - shift), False))
        if kind == "$$":  # $a$$b$: its second half opens the next formula
            self.marks[close] = ("$", end + 1, after)
            self.starts[close] = end + 1
            return close
        return close + 1

    def _amounts(self, start: int, close: int) -> bool:
        """Whether two dollars are two amounts of money, or the second one opens a formula."""
        between, after = self.text[start:close], self.text[close + 1 : close + 2]
        return after.isdigit() or (between[-1:].isspace() and not after.isspace())

    def _closing(self, mark: int, paragraph: int) -> int | None:
        """The dollar that closes a formula: the next one outside braces, else simply the next one."""
        first, last, depth = None, self.marks[mark][2], 0
        here = mark
        for _ in range(4):
            here = min(self.next("$", here), self.next("$$", here))
            if here >= min(len(self.marks), paragraph):
                break
            start = self.starts[here]
            if start > last or first is not None:
                first = here if first is None else first
                segment = self.text[last:start]
                depth += segment.count("{") - segment.count("}") - segment.count("\\{") + segment.count("\\}")
                if depth <= 0:
                    return here
                last = self.marks[here][2]
        return first

    def bracket(self, mark: int) -> int:
        kind, start, opened = self.marks[mark]
        display = kind == "\\["
        closing = "\\]" if display else "\\)"
        close, again = self.next(closing, mark), self.next(kind, mark)
        limit = len(self.marks) if display else self.next("par", mark)
        if close < min(limit, len(self.marks)) and close < again:
            return self.add(start, self.marks[close][2], (opened, self.starts[close]), display)
        if not self.body.strict:
            return mark + 1
        return self.broken(mark, f"this {kind} is never closed" + ("" if display else " in its paragraph"), display)

    def slashes(self, mark: int) -> int:
        """\\\\( and \\\\[ in Markdown, where some tools eat one backslash."""
        _, start, end = self.marks[mark]
        opening = self.text[end : end + 1]
        if self.body.strict or opening not in ("(", "["):
            return mark + 1
        close = self.next("\\\\" + {"(": ")", "[": "]"}[opening], mark)
        if close >= min(len(self.marks), self.next("par", mark)):
            return mark + 1
        return self.add(start, self.marks[close][2] + 1, (end + 1, self.starts[close]), opening == "[")

    def begin(self, mark: int) -> int:
        _, start, end = self.marks[mark]
        name = self._environment(start, end)
        if name not in FORMULAS and name not in INNER:
            return mark + 1
        if mark not in self.ends:
            return self.broken(mark, f"\\begin{{{name}}} has no \\end{{{name}}}", True)
        stop = self.marks[self.ends[mark]][2]
        return self.add(start, stop, (start, stop), name != "math")

    def end(self, mark: int) -> int:
        _, start, end = self.marks[mark]
        name = self._environment(start, end)
        if name in FORMULAS or name in INNER:
            self.found.append(Found(start, end, (start, end), True, f"\\end{{{name}}} has no \\begin{{{name}}}"))
        return mark + 1

    def code(self, mark: int) -> int:
        kind, start, end = self.marks[mark]
        if not self.body.markup:
            return mark + 1
        close = self.next(kind, mark)
        if close >= min(len(self.marks), self.next("par", mark)):
            return mark + 1
        before = self.text[max(0, start - 6) : start]
        if before in ("{math}", ":math:"):
            return self.add(start - 6, self.marks[close][2], (end, self.starts[close]), False)
        return self.hide(start, self.marks[close][2])

    def comment(self, mark: int) -> int:
        start = self.starts[mark]
        close = self.next("-->", mark)
        return self.hide(start, self.marks[close][2]) if self.body.markup and close < len(self.marks) else mark + 1

    def tag(self, mark: int) -> int:
        """A tag hides its attributes; code, scripts and the like hide all up to their end."""
        _, start, end = self.marks[mark]
        name = self.text[start + 1 : end].lower()
        if not self.body.markup or name.removeprefix("/") not in _TAGS | _HIDING:
            return mark + 1
        close = self.text.find(">", end, end + 2000)
        if close < 0 or "<" in self.text[end:close]:
            return mark + 1
        attributes = self.text[end:close]
        if attributes.strip(" /\n\t").lower() not in _BARE and "=" not in attributes:
            return mark + 1
        if name not in _HIDING or attributes.endswith("/"):
            return self.hide(start, close + 1)
        stop = self.next(f"</{name}", mark)
        if stop >= len(self.marks):
            return self.hide(start, close + 1)
        last = self.text.find(">", self.starts[stop], self.starts[stop] + 200)
        last = self.marks[stop][2] if last < 0 else last + 1
        if name == "script" and "math/tex" in attributes:
            return self.add(start, last, (close + 1, self.starts[stop]), "mode=display" in attributes.replace(" ", ""))
        return self.hide(start, last)


def _kind(text: str, following: str) -> str:
    """The kind of a delimiter; "" for an escape that means nothing here."""
    if text == "\\\\" and following and following in ")]":
        return text + following
    if text[0] == "\\":
        name = text[1:4]
        return "begin" if name == "beg" else "end" if name == "end" else text if text in _ESCAPES else ""
    if text[0] == "<":
        return text if text == "<!--" else text.lower() if text.lower() in _CLOSING else "<"
    return "par" if text == "\n" else text


_ESCAPES = ("\\(", "\\)", "\\[", "\\]", "\\\\")
_CLOSING = {f"</{name}" for name in _HIDING}


_HANDLERS: dict[str, Callable[[_Scanner, int], int]] = {
    "`": _Scanner.code, "fence": _Scanner.fence, "$$": _Scanner.dollars, "$": _Scanner.dollar, "\\(": _Scanner.bracket,
    "\\[": _Scanner.bracket, "\\\\": _Scanner.slashes, "begin": _Scanner.begin, "end": _Scanner.end,
    "<!--": _Scanner.comment, "<": _Scanner.tag,
}  # fmt: skip
