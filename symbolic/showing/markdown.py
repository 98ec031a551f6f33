"""Reports as Markdown: a table of all verdicts, then every formula that is not simply right, with its help."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..proof.verdict import Entry
from .explanation import sections
from .harmless import harmless
from .report import Report, outcome
from .report_text import HELP, Style
from .reports.marking import is_whole, told_in_parts

_SPECIAL = str.maketrans({c: "\\" + c for c in r"\`*_{}[]<>#|~$"})


def render(reports: tuple[Report, ...], style: Style) -> str:
    """A document with one section per source."""
    return "\n".join(line for report in reports for line in _section(report))


def _section(report: Report) -> Iterator[str]:
    yield f"# {words(report.title or report.file)}\n"
    yield f"{words(report.file)}: {words(outcome(report))}\n"
    if report.entries:
        yield "| '=' | verdict | kind | what it says |"
        yield "|---|---|---|---|"
    for e in report.entries:
        yield f"| {e.id} | {_verdict(e)} | {e.kind} | {_short(e)} |"
    yield ""
    for e in report.entries:
        if e.verdict not in ("proved", "accepted") or e.step == "fails":
            yield from _details(e)
    if report.ignored:
        yield "## Ignored, as the note asks\n"
        yield from (f"- {e.id}: {words(e.latex)}" for e in report.ignored)
        yield ""
    if report.explain:
        yield from _explanation(report)


def _explanation(report: Report) -> Iterator[str]:
    """The sections of the explanation, a list each."""
    for heading, lines in sections(report):
        yield f"## {words(heading)}\n"
        yield from (f"- {words(line)}" for line in lines)
        yield ""


def _verdict(e: Entry) -> str:
    return f"**{e.verdict}**" + (f" ({e.cause})" if e.cause else "")


def _short(e: Entry) -> str:
    assumes = f"assumes {', '.join(e.assumes)}" if e.assumes else ""
    return "; ".join(x for x in (_reason(e, in_table=True), words(assumes), words(e.reading or "")) if x)


def _reason(e: Entry, in_table: bool = False) -> str:
    """What it says, with its formulas as formulas; a bar would end a cell of a table."""
    parts = ((p, is_formula and is_whole(p) and not (in_table and "|" in p)) for p, is_formula in told_in_parts(e))
    return "".join(f"${_math(p)}$" if is_formula else _kept(p) for p, is_formula in parts)


def _kept(text: str) -> str:
    """Words with the blanks around them."""
    before, behind = (" " if text[:1].isspace() else ""), (" " if text[-1:].isspace() and text.strip() else "")
    return before + words(text) + behind


def _details(e: Entry) -> Iterator[str]:
    yield f"## {e.id}: {_verdict(e)}\n"
    yield _formula(e)
    if e.reason:
        yield f"{_reason(e)}\n"
    told = [(label, text(e)) for label, text in HELP]
    for label, line in told:
        if line:
            yield f"- {label}: {'$' + _math(line) + '$' if label == 'right would be' else words(line)}"
    yield ""


def _formula(e: Entry) -> str:
    if e.verdict == "unreadable":  # not a formula: shown as it stands
        source = harmless(e.latex, keep="\n")
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", source)), default=2))
        return f"{fence}\n{source}\n{fence}\n"
    return f"$$\n{_math(e.latex)}\n$$\n"


def _math(latex: str) -> str:
    """LaTeX that neither ends the formula nor opens HTML."""
    one_line = " ".join(harmless(latex, keep="\n").split())
    return one_line.replace("$", r"\$").replace("<", r"\lt ").replace(">", r"\gt ")


def words(text: str) -> str:
    """Text that Markdown takes for nothing else."""
    return " ".join(harmless(text, keep="\n").split()).translate(_SPECIAL)
