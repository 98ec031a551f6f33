"""Reports as JUnit XML, which servers of continuous integration show: a suite per source, a case per '='.

Refuted is a failure; unproved and unreadable are skipped, since nothing was found against them; a source that could not be
judged is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from ...proof.verdict import Entry
from ..harmless import harmless
from ..report import Report, place_in_file, summary
from ..report_text import HELP, Style, place_of

SKIPPED = ("unproved", "unreadable")


def render(reports: tuple[Report, ...], style: Style) -> str:
    """The document."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="gradproof"{_counts(reports)}>']
    for report in reports:
        lines += _suite(report)
    return "\n".join([*lines, "</testsuites>", ""])


def _counts(reports: tuple[Report, ...]) -> str:
    counts = summary(e for r in reports for e in r.entries)
    errors = sum(r.unjudged for r in reports)
    cases = sum(counts.values()) + errors
    ignored = sum(len(r.ignored) for r in reports)
    cases, skipped = cases + ignored, sum(counts.get(v, 0) for v in SKIPPED) + ignored
    return f' tests="{cases}" failures="{counts.get("refuted", 0)}" errors="{errors}" skipped="{skipped}"'


def _suite(report: Report) -> Iterator[str]:
    yield f"  <testsuite name={_attribute(report.file)}{_counts((report,))}>"
    if report.unjudged:
        yield f"    <testcase classname={_attribute(report.file)} name=\"forward model\">"
        yield f"      <error message={_attribute(report.problems[0] if report.problems else 'not judged')}/>"
        yield "    </testcase>"
    for e in report.entries:
        yield from _case(report, e)
    for e in report.ignored:
        yield f"    <testcase classname={_attribute(report.file)} name={_attribute(f'{e.id} {e.latex}')}>"
        yield '      <skipped message="ignored, as the note asks"/>'
        yield "    </testcase>"
    yield "  </testsuite>"


def _case(report: Report, e: Entry) -> Iterator[str]:
    name = f"{e.id} {' '.join(e.latex.split())}"
    opening = f"    <testcase classname={_attribute(report.file)} name={_attribute(name)}"
    if e.verdict != "refuted" and e.verdict not in SKIPPED:
        yield opening + "/>"
        return
    told = place_of(e)[2]
    yield opening + ">"
    if e.verdict in SKIPPED:
        yield f"      <skipped message={_attribute(f'{e.verdict}: {told}')}/>"
    else:
        kind = e.cause or "other"
        lines = [place_in_file(report.file, e), *(f"{label}: {text(e)}" for label, text in HELP if text(e))]
        yield f"      <failure type={_attribute(kind)} message={_attribute(told)}>{_text(lines)}</failure>"
    yield "    </testcase>"


def _text(lines: list[str]) -> str:
    return escape("\n".join(map(harmless, lines)))


def _attribute(text: str) -> str:
    return quoteattr(harmless(" ".join(text.split())))
