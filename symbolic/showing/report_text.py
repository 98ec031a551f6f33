"""Reports for a terminal: `note.md:37:12: refuted (missing-factor): ...`, the source line with a caret, then help."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..proof.verdict import Counterexample, Entry
from .explanation import explained
from .harmless import harmless, width
from .report import Report, all_ignored, others, outcome, place_in_file, summary_line

_COLOURS = {
    "proved": "32", "proved-given": "36", "accepted": "2", "refuted": "31", "unproved": "33", "unreadable": "35",
    "bold": "1", "help": "2", "caret": "31",
}  # fmt: skip
_QUIET = ("proved", "accepted")
"""Verdicts about which one line says everything."""


@dataclass(frozen=True)
class Style:
    """`colour`: whether escapes for colours may be written; `columns`: the width of the terminal."""

    colour: bool = False
    columns: int = 100

    def paint(self, text: str, what: str) -> str:
        return f"\x1b[{_COLOURS[what]}m{text}\x1b[0m" if self.colour else text


def full(reports: tuple[Report, ...], style: Style) -> str:
    """Every entry with its reason; what is not simply right also with its place and help."""
    lines: list[str] = []
    for report in reports:
        for entry in report.entries:
            lines += _entry(report, entry, style)
        lines += _ignored(report)
        lines += [style.paint(f"{harmless(report.file)}: {outcome(report)}", "bold"), ""]
        if report.explain:
            lines += [harmless(line) for line in explained(report)] + [""]
    if len(reports) > 1:
        lines += [style.paint(f"all: {_all(reports)}", "bold"), ""]
    return "\n".join(lines)


def concise(reports: tuple[Report, ...], style: Style) -> str:
    """One line per entry, and the summary."""
    lines = [_header(report, entry, style) for report in reports for entry in report.entries]
    lines += [line for report in reports for line in _ignored(report)]
    unjudged = [f"{harmless(r.file)}: {outcome(r)}" for r in reports if r.unjudged]
    lines += unjudged if len(unjudged) == len(reports) else [*unjudged, _all(reports)]
    lines += [harmless(line) for report in reports if report.explain for line in ("", *explained(report))]
    return "\n".join(lines) + "\n"


def _all(reports: tuple[Report, ...]) -> str:
    ignored = sum(len(r.ignored) for r in reports)
    if ignored and not any(r.entries for r in reports):
        return all_ignored(ignored)
    asked = f"; {ignored} ignored" if ignored else ""
    return summary_line(e for r in reports for e in r.entries) + asked + others([e for r in reports for e in r.left_out])


def _ignored(report: Report) -> Iterator[str]:
    """What the note asks not to judge, one line each."""
    for e in report.ignored:
        yield f"{harmless(place_in_file(report.file, e))}: ignored: {_clipped(harmless(' '.join(e.latex.split())), 60)}"


def _header(report: Report, entry: Entry, style: Style) -> str:
    verdict = style.paint(entry.verdict, entry.verdict)
    cause = f" ({entry.cause})" if entry.cause else ""
    line = f"{style.paint(harmless(place_in_file(report.file, entry)), 'bold')}: {verdict}{cause}"
    told = harmless(place_of(entry)[2]) or _clipped(harmless(" ".join(entry.latex.split())), 60)
    if entry.verdict in _QUIET:
        notes = [f"assumes {', '.join(entry.assumes)}"] if entry.assumes else []
        notes += [f"reading: {entry.reading}"] if entry.reading else []
        notes += ["this step fails"] if entry.step == "fails" else []
        told += f" [{harmless('; '.join(notes))}]" if notes else ""
    return f"{line}: {told}"


def _entry(report: Report, entry: Entry, style: Style) -> Iterator[str]:
    yield _header(report, entry, style)
    if entry.verdict in _QUIET and entry.step != "fails":
        return
    margin = " " * len(str(entry.line))
    source = report.source_line(entry)
    if source is not None:
        column, end = wrong_part(entry) or place_of(entry)[:2]
        columns = max(style.columns - len(margin) - 4, 20)
        shown, caret = window(source, column, end or len(source) + 1, columns)
        yield f" {entry.line} | {shown}"
        yield f" {margin} | {style.paint(caret, 'caret')}"
    for label, told in _help(entry):
        yield f" {margin} = {style.paint(label, 'help')}: {harmless(told)}"


def place_of(entry: Entry) -> tuple[int, int, str]:
    """Column, end column (0: end of the line) and reason; a reason may begin with a place of its own on the line."""
    named = re.match(r"(the shapes do not conform: |)(\d+):(\d+): (.*)", entry.reason, re.DOTALL)
    if named and int(named[2]) == entry.line:
        return int(named[3]), int(named[3]) + 1, named[1] + named[4]
    return entry.column, entry.end_column if entry.end_line == entry.line else 0, entry.reason


def wrong_part(entry: Entry) -> tuple[int, int] | None:
    """Column and end column, on the entry's line, of what is wrong, if that is known; empty where something is missing."""
    mend = entry.mend
    if mend is None or mend.line != entry.line or mend.whole:
        return None
    return mend.column, mend.end_column if mend.end_line == mend.line else 0


def window(source: str, column: int, end: int, columns: int) -> tuple[str, str]:
    """The part of a source line around a place, made harmless, and the caret line below it.

    `column`, `end`: 1-based, in code points, `end` exclusive.

    >>> window("a = b + c", 5, 10, 80)
    ('a = b + c', '    ^^^^^')
    """
    cells = [harmless(c) if c != "\t" else " " for c in source]
    start, stop = min(max(column - 1, 0), len(cells)), min(max(end - 1, column), len(cells))
    first, last = start, start
    room = columns - 2
    for before in (room // 3, columns):  # a third of the line shows what comes before; more if what follows is short
        while first and min(before, room) >= width(cells[first - 1]):
            first -= 1
            before -= width(cells[first])
            room -= width(cells[first])
        while last < len(cells) and room >= width(cells[last]):
            room -= width(cells[last])
            last += 1
    head, tail = "…" * (first > 0), "…" * (last < len(cells))
    indent = " " * width(head + "".join(cells[first:start]))
    marked = max(width("".join(cells[start : min(stop, last)])), 1)
    return head + "".join(cells[first:last]) + tail, indent + "^" * marked


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _help(entry: Entry) -> Iterator[tuple[str, str]]:
    """(label, text) of everything that an entry says beyond its reason."""
    for label, told in HELP:
        text = told(entry)
        if text:
            yield label, text


def _counterexample(entry: Entry) -> str:
    return compact(entry.counterexample) if entry.counterexample else ""


def compact(c: Counterexample) -> str:
    """A counterexample on one line: sizes and length, where, both values."""
    sizes = ", ".join(f"{name} = {n}" for name, n in c.setting.items())
    setting = "; ".join(filter(None, (sizes, c.where)))
    if c.claimed is None:
        needs = f"conforms only if {', '.join(c.conforms_only_if)}" if c.conforms_only_if else "conforms for no sizes"
        return "; ".join(filter(None, (setting, needs)))
    return f"{setting + ': ' if setting else ''}claimed {numbers(c.claimed)}, true {numbers(c.true)}"


def numbers(value: object, length: int = 60) -> str:
    """Nested lists of numbers with four digits, cut where they grow long."""
    if isinstance(value, list | tuple):
        return _clipped("[" + ", ".join(numbers(v, length) for v in value) + "]", length)
    if isinstance(value, float | int):
        return f"{value:.4g}"
    return str(value)


def _proof(entry: Entry) -> str:
    if entry.proof is None:
        return ""
    routes = f"route{'s' * (len(entry.proof.routes) > 1)} {', '.join(entry.proof.routes)}"
    return f"{entry.proof.method}, {routes}, {entry.proof.steps} steps"


HELP: tuple[tuple[str, Callable[[Entry], str]], ...] = (
    ("counterexample", _counterexample),
    ("step", lambda e: "follows from the expression before this '='" if e.step == "holds" else ""),
    ("step", lambda e: "does not follow from the expression before this '='" if e.step == "fails" else ""),
    ("inherits from", lambda e: ", ".join(e.root)),
    ("reading", lambda e: e.reading or ""),
    ("layout", lambda e: e.layout if e.layout and e.layout not in ("gradient", "scalar") else ""),
    ("assumes", lambda e: ", ".join(e.assumes)),
    ("right would be", lambda e: e.repair or ""),
    ("proof", _proof),
)
"""What the help lines say, in this order; an empty text is left out."""
