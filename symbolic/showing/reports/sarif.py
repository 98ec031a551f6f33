"""Reports as SARIF 2.1.0, the format in which code hosts take findings and show them at their lines.

A finding is a refuted, an unproved or an unreadable formula; what is right is counted in the run's properties.  Columns are
counted in code points.  A cell of a notebook has no lines of its file, so that a finding there names the cell instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

from ... import __version__
from ...proof.verdict import Entry
from ..json_format import dumped
from ..report import Report, place_in_file, summary
from ..report_text import HELP, Style, place_of

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"refuted": "error", "unproved": "warning", "unreadable": "warning"}
"""Verdict -> how much it weighs; other verdicts are no findings."""

RULES = {
    "refuted": "The formula differs from the true value: a counterexample exists.",
    "unproved": "Neither a counterexample nor a proof was found.",
    "unreadable": "This is no formula as it stands; the message says what and where.",
}


def render(reports: tuple[Report, ...], style: Style) -> str:
    """One run over all sources."""
    rules = sorted({_rule(e) for r in reports for e in r.entries if e.verdict in LEVELS})
    run = {
        "tool": {
            "driver": {
                "name": "gradproof",
                "version": __version__,
                "rules": [
                    {
                        "id": rule,
                        "shortDescription": {"text": RULES[rule.partition("/")[0]]},
                        "defaultConfiguration": {"level": LEVELS[rule.partition("/")[0]]},
                    }
                    for rule in rules
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not any(r.unjudged for r in reports),
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": problem}, "locations": [{"physicalLocation": _artifact(r)}]}
                    for r in reports
                    for problem in r.problems
                ],
            }
        ],
        "artifacts": [{"location": _artifact(r)["artifactLocation"]} for r in reports],
        "results": [_result(r, e, rules) for r in reports for e in r.entries if e.verdict in LEVELS],
        "properties": {
            "summary": summary(e for r in reports for e in r.entries),
            "ignored": [f"{place_in_file(r.file, e)}: {e.latex}" for r in reports for e in r.ignored],
        },
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(e: Entry) -> str:
    return f"{e.verdict}/{e.cause}" if e.cause else e.verdict


def _result(report: Report, e: Entry, rules: list[str]) -> dict[str, object]:
    rule = _rule(e)
    location: dict[str, object] = {"physicalLocation": _artifact(report)}
    if e.id.startswith("C"):
        location["logicalLocations"] = [{"fullyQualifiedName": place_in_file(report.file, e), "kind": "cell"}]
    else:
        location["physicalLocation"] = _artifact(report) | {"region": _region(e)}
    fixes = [fix] if (fix := _fix(report, e)) else []
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": LEVELS[e.verdict],
        "message": {"text": "\n".join(_message(e))},
        "locations": [location],
        "partialFingerprints": {"equation/v1": blake2b(e.latex.encode("utf-8", "replace"), digest_size=16).hexdigest()},
        "properties": {"id": e.id, "kind": e.kind},
    } | ({"fixes": fixes} if fixes else {})


def _fix(report: Report, e: Entry) -> dict[str, object] | None:
    """The proved repair as a change of the file, where it can be made there."""
    m = e.mend
    if m is None or not m.exact or m.whole or e.id.startswith("C"):
        return None
    region = {"startLine": m.line, "startColumn": m.column, "endLine": m.end_line, "endColumn": m.end_column}
    change = {"replacements": [{"deletedRegion": region, "insertedContent": {"text": m.text}}]}
    return {"description": {"text": f"right would be: {e.repair}"}, "artifactChanges": [_artifact(report) | change]}


def _region(e: Entry) -> dict[str, int]:
    column, end, _ = place_of(e)
    place = {"startLine": max(e.line, 1), "startColumn": max(column, 1)}
    if end == 0 and e.end_line > e.line:
        return place | {"endLine": e.end_line, "endColumn": max(e.end_column, 1)}
    return place | ({"endLine": max(e.line, 1), "endColumn": end} if end > column else {})


def _message(e: Entry) -> Iterator[str]:
    yield place_of(e)[2] or f"{e.verdict}: {e.latex}"
    yield from (f"{label}: {told}" for label, text in HELP if (told := text(e)))


def _artifact(report: Report) -> dict[str, object]:
    return {"artifactLocation": {"uri": uri(report.file)}}


def uri(file: str) -> str:
    """A file's address: relative to the working directory where it lies below it.

    >>> uri("notes/a b.md"), uri("-e")
    ('notes/a%20b.md', '-e')
    """
    if not os.path.isabs(file):
        return quote(file.replace(os.sep, "/").encode("utf-8", "surrogateescape"), safe="/")
    below = os.path.relpath(file)
    if below.split(os.sep)[0] == os.pardir:
        return Path(file).as_uri()
    return quote(below.replace(os.sep, "/").encode("utf-8", "surrogateescape"), safe="/")


