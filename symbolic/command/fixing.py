"""`gradproof check --diff` and `--fix`: proved repairs as a unified diff, and applied to the files.

A repair is a change of one slice of a file.  It is taken only where it was proved, is an edit of the author's own formula (not
the right formula in its place), and stands in the file as it was read (not inside a macro's definition); of two that overlap
the first one is taken.  A file that has changed since it was judged is left alone.  It is rewritten whole or not at all, with
its own line ends; nothing else in it changes.  What was written is judged again: the report is about the file as it is now.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..proof.verdict import Entry
from ..showing.harmless import harmless
from ..showing.report import Report, place_in_file
from ..showing.report_text import Style
from .output import UsageError, complain, put

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")


@dataclass(frozen=True)
class Change:
    """The text between two offsets of a file, and what takes its place; `entry`: whose repair it is."""

    start: int
    end: int
    text: str
    entry: str = ""


@dataclass(frozen=True)
class Fixed:
    """A source with the changes that can be made in it, and the text before and after."""

    file: str
    changes: tuple[Change, ...]
    before: str
    after: str


def applied(text: str, changes: Iterable[Change]) -> tuple[str, tuple[Change, ...]]:
    """The text with the changes made, from the first on; a change that overlaps one before it is left out.

    >>> applied("abcdef", [Change(1, 3, "X"), Change(2, 4, "Y"), Change(6, 6, "!")])[0]
    'aXdef!'
    """
    parts: list[str] = []
    taken: list[Change] = []
    at = 0
    for change in sorted(changes, key=lambda c: (c.start, c.end)):
        if not at <= change.start <= change.end <= len(text) or (taken and change.start == taken[-1].start):
            continue
        parts += [text[at : change.start], change.text]
        taken.append(change)
        at = change.end
    return "".join([*parts, text[at:]]), tuple(taken)


def can_be_fixed(entry: Entry) -> bool:
    """Whether an entry has a proved repair that can be made in its file."""
    mend = entry.mend
    return entry.verdict == "refuted" and mend is not None and bool(entry.repair) and mend.exact and not mend.whole


def fixed(report: Report) -> Fixed | None:
    """The repairs of one source that is a file, or None where there is none.  Raises `UsageError`."""
    wanted = [e for e in report.entries if can_be_fixed(e)]
    if not wanted or not os.path.isfile(report.file):
        return None
    if report.file.lower().endswith(".ipynb"):
        complain(f"{report.file}: repairs are shown and not made in notebooks")
        return None
    try:
        with open(report.file, encoding="utf-8", newline="") as file:
            text = file.read()
    except (OSError, ValueError) as error:
        raise UsageError(f"{report.file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    starts, lines = _lines(text)
    if any(lines[number - 1 : number] != [shown] for number, shown in report.lines.items()):
        raise UsageError(f"{report.file} has changed since it was judged; nothing is written")
    changes = [change for e in wanted if (change := _change(e, starts, lines)) is not None]
    after, taken = applied(text, changes)
    return Fixed(report.file, taken, text, after) if taken else None


def _lines(text: str) -> tuple[list[int], list[str]]:
    """Where each line begins, and the lines without their ends; a mark of byte order belongs to no line."""
    skipped = len(text) - len(text.removeprefix("\ufeff"))
    starts, lines = [], []
    for found in _LINE.finditer(text, skipped):
        starts.append(found.start())
        lines.append(found[0].rstrip("\r\n"))
        if found[0] == lines[-1]:
            break
    return starts, lines


def _change(entry: Entry, starts: Sequence[int], lines: Sequence[str]) -> Change | None:
    mend = entry.mend
    if mend is None or not 1 <= mend.line <= mend.end_line <= len(lines):
        return None
    start, end = starts[mend.line - 1] + mend.column - 1, starts[mend.end_line - 1] + mend.end_column - 1
    within = mend.column - 1 <= len(lines[mend.line - 1]) and mend.end_column - 1 <= len(lines[mend.end_line - 1])
    return Change(start, end, mend.text, entry.id) if within and start <= end else None


def diff(found: Sequence[Fixed], style: Style) -> str:
    """A unified diff of all files, as `patch -p1` takes it."""
    return "".join(line for f in found for line in _diff(f, style))


_COLOURS = {"+": "proved", "-": "refuted", "@": "proved-given"}


def _diff(f: Fixed, style: Style) -> Iterator[str]:
    name = f.file.replace(os.sep, "/").lstrip("/")
    before, after = (re.findall(r"[^\n]*\n|[^\n]+$", text) for text in (f.before, f.after))
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"):
        body = line.rstrip("\n")
        if style.colour:
            body = style.paint(harmless(body), _COLOURS[body[0]]) if body[:1] in _COLOURS else harmless(body)
        yield body + ("\n" if line.endswith("\n") else "\n\\ No newline at end of file\n")


@dataclass(frozen=True)
class Mended:
    """The files that were written, and whether one could not be."""

    files: tuple[str, ...] = ()
    failed: bool = False


def mended(reports: Sequence[Report], show: bool, write: bool, style: Style) -> Mended:
    """Show the repairs of all sources as a diff, make them, or both; each that is made is told."""
    found: list[tuple[Report, Fixed]] = []
    files: list[str] = []
    failed = False
    for report in reports:
        try:
            found += [(report, f)] if (f := fixed(report)) is not None else []
        except UsageError as error:
            failed = bool(complain(str(error)))
    if show:
        put(diff([f for _, f in found], style), None)
    if not found and not failed:
        complain("there is nothing to mend" if write else "there is no repair to show")
    for report, f in found if write else ():
        try:
            rewrite(f)
        except UsageError as error:
            failed = bool(complain(str(error)))
            continue
        files.append(f.file)
        _tell(report, f)
    return Mended(tuple(files), failed)


def _tell(report: Report, f: Fixed) -> None:
    """What was wrong and what stands there now, one line for each change."""
    entries = {e.id: e for e in report.entries}
    for change in f.changes:
        e = entries[change.entry]
        cause = f" ({e.cause})" if e.cause else ""
        complain(f"{place_in_file(f.file, e)}: was refuted{cause}; the right side is now {e.repair}")
    complain(f"{f.file}: {len(f.changes)} formula{'s' * (len(f.changes) > 1)} mended; it is judged again")


def rewrite(f: Fixed) -> None:
    """Write the repaired text in place of the file, whole or not at all.  Raises `UsageError`."""
    place = os.path.realpath(f.file)
    temporary = ""
    try:
        mode = stat.S_IMODE(os.stat(place).st_mode)
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(place), prefix=".gradproof-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(f.after)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, place)
    except (OSError, ValueError) as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise UsageError(f"{f.file} cannot be written: {getattr(error, 'strerror', None) or error}") from None
