"""What is judged while a run goes on, as JSON lines: an interrupted run is taken up where it stopped.

    {"journal": 1, "tool": "gradproof", "version": "..."}
    {"judged": "<name>", "entry": {...}}                     a verdict, under the name of its judgement
    {"stopped": "<id>", "of": "<source>", "why": "..."}      an equation that took too long

A name is a hash of all that a verdict depends on (see `judging.keeping`), so that a verdict on something else is never taken
over.  The report of a resumed run is made anew from the sources and from these verdicts: it is the same, byte for byte.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from .. import __version__
from ..proof.verdict import KINDS, VERDICTS, Counterexample, Entry, Proof
from ..showing.json_format import entry_object
from .output import UsageError

HEAD = {"journal": 1, "tool": "gradproof", "version": __version__}


@dataclass
class Journal:
    """A file to which every verdict is added at once; it is created with the first one.

    known    entries of an earlier run by the name of the judgement;  stopped: (source, id) -> why
    """

    path: str
    known: dict[str, Entry] = field(default_factory=dict)
    stopped: dict[tuple[str, str], str] = field(default_factory=dict)
    _file: int | None = None

    def add(self, line: dict[str, object]) -> None:
        try:
            if self._file is None:
                flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self.known or self.stopped else os.O_TRUNC)
                self._file = os.open(self.path, flags, 0o666)
                if os.fstat(self._file).st_size == 0:
                    os.write(self._file, _line(HEAD))
            os.write(self._file, _line(line))
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from None

    def judged(self, name: str, entry: Entry) -> None:
        if name not in self.known:
            self.add({"judged": name, "entry": entry_object(entry)})

    def gave_up(self, source: str, key: str, why: str) -> None:
        self.add({"stopped": key, "of": source, "why": why})

    def close(self, remove: bool = False) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if remove and os.path.isfile(self.path):
            os.unlink(self.path)


def opened(path: str, resume: bool) -> Journal:
    """A journal to write, with what it holds already if a run is resumed.  Raises `UsageError`."""
    journal = Journal(path)
    if not resume or not os.path.exists(path):
        return journal
    try:
        with open(path, "rb+") as file:
            whole = 0
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break  # the run ended while this line was written
                if not _taken_over(journal, line, number):
                    raise UsageError(f"line {number} of {path} is no line of a journal of gradproof {__version__}")
                whole += len(line)
            file.truncate(whole)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    return journal


def _taken_over(journal: Journal, line: bytes, number: int) -> bool:
    try:
        found = json.loads(line)
        if number == 1:
            return bool(found == HEAD)
        match found:
            case {"judged": str(name), "entry": dict(entry)}:
                journal.known[name] = entry_of(entry)
            case {"stopped": str(key), "of": str(source), "why": str(why)}:
                journal.stopped[source, key] = why
            case _:
                return False
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return True


def _line(content: dict[str, object]) -> bytes:
    return json.dumps(content).encode() + b"\n"


def entry_of(shown: dict[str, Any]) -> Entry:
    """The entry that JSON shows.  Raises `ValueError`, `TypeError` or `KeyError` for what is none."""
    found = dict(shown)
    counterexample, proof = found.pop("counterexample"), found.pop("proof")
    made: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
    entry = Entry(**made)
    if entry.verdict not in VERDICTS or entry.kind not in KINDS or any(_is_wrong(k, v) for k, v in _shown(entry)):
        raise ValueError("no entry")
    if counterexample is not None:
        c = counterexample
        needs = tuple(c.get("conforms_only_if", ()))
        length = int(c["T"]) if "T" in c else None
        made["counterexample"] = Counterexample(length, dict(c["sizes"]), str(c["where"]), c["claimed"], c["true"], needs)
    if proof is not None:
        made["proof"] = Proof(str(proof["method"]), tuple(proof["routes"]), int(proof["steps"]))
    return Entry(**made)


def _shown(entry: Entry) -> Iterator[tuple[str, Any]]:
    yield from ((f.name, getattr(entry, f.name)) for f in fields(entry) if f.metadata.get("shown", True))


_NUMBERS = ("line", "column", "end_line", "end_column")
_TUPLES = ("root", "assumes")


def _is_wrong(name: str, value: object) -> bool:
    """Whether a field of an entry holds what it never holds."""
    if name in _TUPLES:
        return not (isinstance(value, tuple) and all(isinstance(v, str) for v in value))
    return not isinstance(value, int if name in _NUMBERS else str | None)
