"""How a source was understood: its forward equations, every symbol with role and shape, every decision, what was set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..language import describe
from ..model import Model
from ..reading.inference.records import Decision
from .report import Report, place_in_file
from .text import plain, text

HEADINGS = (
    "forward equations", "symbols", "decisions", "set aside, carrying no mathematics", "open or wrong",
    "not judged, saying nothing of the network",
)  # fmt: skip


def sections(report: Report) -> Iterator[tuple[str, list[str]]]:
    """(heading, lines) of each part of the explanation."""
    for k, model in enumerate(report.models, 1):
        which = f" of notation {k}" if len(report.models) > 1 else ""
        yield HEADINGS[0] + which, [f"{text(e.left, model)} = {text(e.right, model)}" for e in model.equations]
        yield HEADINGS[1] + which, list(_symbols(model))
    if report.problems:
        yield HEADINGS[4], list(report.problems)
    if report.decisions:
        yield HEADINGS[2], list(dict.fromkeys(map(decision_line, report.decisions)))
    if report.set_aside:
        yield HEADINGS[3], list(_asides(report))
    if report.left_out:
        yield HEADINGS[5], [f"{place_in_file('', e).lstrip(':')}: {' '.join(e.latex.split())}" for e in report.left_out]


def explained(report: Report) -> Iterator[str]:
    """The explanation as lines of text."""
    yield f"{report.file}: how it was understood"
    for heading, lines in sections(report):
        yield f"  {heading}:"
        yield from (f"    {line}" for line in lines)


def _symbols(model: Model) -> Iterator[str]:
    rows = [(plain(f.latex), f.role, describe((f.rows, f.cols))) for f in model.families.values()]
    rows += [(plain(latex), "function", fun.name if not fun.kind else "any") for latex, fun in model.functions.items()]
    rows += [(plain(latex), "adjoint", f"∂L/∂{plain(model.families[n].latex)}") for latex, n in model.error_names.items()]
    width = max((len(name) for name, _, _ in rows), default=0)
    yield from (f"{name:<{width}}  {role:<8}  {shape}" for name, role, shape in rows)


def decision_line(d: Decision) -> str:
    """One decision: its place, what was chosen and what came second, why, and the line that says otherwise."""
    place = f"line {d.line}: " if d.line else ""
    second = f", not {d.runner_up}" if d.runner_up else ""
    otherwise = "to say otherwise" if d.runner_up and d.runner_up in d.override else "to fix or change it"
    override = f"; {otherwise}: {d.override}" if d.override else ""
    return f"{place}{d.subject}: {d.choice}{second}, because {d.why}{override}"


def _asides(report: Report) -> Iterator[str]:
    """Each text that was set aside, how often, and where first."""
    counts = Counter(a.text for a in report.set_aside)
    for shown, number in counts.items():
        first = next(a for a in report.set_aside if a.text == shown)
        cell = f"cell {first.cell[1:-1]}:" if first.cell else ""
        often = f", {number} times" if number > 1 else ""
        yield f"{shown or 'a space'} at {cell}{first.line}:{first.column}{often}"
