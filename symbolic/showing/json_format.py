"""Reports as one JSON object (schema 1); the fields of an equation are those of `Entry`, in its order."""

from __future__ import annotations

import dataclasses
import json
import math
import unicodedata
from collections.abc import Callable, Mapping

from .. import __version__
from ..proof.verdict import Counterexample, Entry
from .report import Report, summary
from .report_text import Style

SCHEMA = 1


def render(reports: tuple[Report, ...], style: Style) -> str:
    """The object as text that is valid JSON and harmless on a terminal."""
    whole = {
        "schema": SCHEMA,
        "tool": {"name": "gradproof", "version": __version__},
        "files": [
            {
                "file": report.file,
                "model": plain({**report.model, "decisions": report.decisions}),
                "equations": [entry_object(e) for e in report.entries],
                "summary": summary(report.entries),
                "set_aside": plain(report.set_aside),
            }
            | ({"problems": list(report.problems)} if report.problems else {})
            | ({"ignored": [_place(e) for e in report.ignored]} if report.ignored else {})
            | ({"left_out": [_place(e) for e in report.left_out]} if report.left_out else {})
            for report in reports
        ],
    }
    return dumped(whole)


def dumped(whole: object) -> str:
    """An object as JSON in which every control and format character is an escape."""
    text = json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False)
    return "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else _escaped(c) for c in text) + "\n"


def _place(entry: Entry) -> dict[str, object]:
    return {"id": entry.id, "line": entry.line, "column": entry.column, "latex": entry.latex}


def entry_object(entry: Entry) -> dict[str, object]:
    """One entry as a JSON object."""
    shown = (f.name for f in dataclasses.fields(entry) if f.metadata.get("shown", True))
    return {name: _FIELDS.get(name, plain)(getattr(entry, name)) for name in shown}


def _counterexample(c: Counterexample | None) -> dict[str, object] | None:
    if c is None:
        return None
    shown: dict[str, object] = {
        "sizes": plain(c.sizes), "where": c.where, "claimed": plain(c.claimed), "true": plain(c.true),
    }  # fmt: skip
    shown = ({} if c.length is None else {"T": c.length}) | shown
    return shown | ({"conforms_only_if": list(c.conforms_only_if)} if c.claimed is None else {})


_FIELDS: dict[str, Callable[..., object]] = {"counterexample": _counterexample}


def plain(value: object) -> object:
    """Records, tuples and numbers as JSON knows them; what is no finite number becomes its name."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    raise TypeError(f"{type(value).__name__} has no place in a report: {value!r}")


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[k] << 8 | units[k + 1]:04x}" for k in range(0, len(units), 2))
