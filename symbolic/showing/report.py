"""What the formats show: the entries of one source, its lines, and its model in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..language import describe
from ..model import Model
from ..proof.verdict import VERDICTS, Entry
from ..reading.document.aside import SetAside
from ..reading.inference.records import Decision
from ..reading.records import Passage
from .latex import latex

Told = tuple[tuple[str, bool], ...]
"""A sentence in pieces, each with whether it is a formula."""


@dataclass(frozen=True)
class Derived:
    """The derivation of one model in LaTeX.

    sections  (heading, displays) of each
    steps     a chain of equalities for each adjoint and gradient: (display, rules) of each '='; fine: with every step
    """

    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    steps: tuple[tuple[tuple[str, Told], ...], ...]
    fine: tuple[tuple[tuple[str, Told], ...], ...]


@dataclass(frozen=True)
class Report:
    """The entries of one source.

    lines  source lines by number, as far as they are known (for the caret)
    model  what JSON prints: name, title, loss, families with role and shape, forward equations
    cells  the lines of each cell of a notebook, by the prefix of its ids, such as `C3:`
    problems  what is said of the source as a whole
    unjudged  whether it holds equations that could not be judged for want of a model
    decisions  how the source was understood, and set_aside what carries no mathematics in it
    models    the forward models, for the explanation; explain: whether that is shown
    derived   their derivations, for the formats that show them
    ignored   what the note asks not to judge;  left_out: what says nothing of the network
    """

    file: str
    entries: tuple[Entry, ...]
    lines: Mapping[int, str] = field(default_factory=dict)
    model: Mapping[str, object] = field(default_factory=dict)
    title: str = ""
    cells: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    unjudged: bool = False
    decisions: tuple[Decision, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    models: tuple[Model, ...] = ()
    explain: bool = False
    derived: tuple[Derived, ...] = ()
    ignored: tuple[Entry, ...] = ()
    left_out: tuple[Entry, ...] = ()

    def source_line(self, entry: Entry) -> str | None:
        """The line on which an entry stands, if it is known."""
        return self.cells.get(entry.id[: entry.id.find("L")], self.lines).get(entry.line)


def place_in_file(file: str, entry: Entry) -> str:
    """`note.md:37:12`, `nb.ipynb:cell 3:1:5`."""
    cell = entry.id[1 : entry.id.find(":")] if entry.id.startswith("C") else ""
    return ":".join([file, *([f"cell {cell}"] if cell else []), str(entry.line), str(entry.column)])


def summary(entries: Iterable[Entry]) -> dict[str, int]:
    """How many of each verdict, in the order of `VERDICTS`, without zeros."""
    counts = Counter(e.verdict for e in entries)
    return {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}


def summary_line(entries: Iterable[Entry]) -> str:
    """`46 '=': 20 proved, 26 refuted`, or the words that there is nothing to judge; statements are counted apart."""
    every = tuple(entries)
    counts = summary(every)
    if not counts:
        return "No equations found."
    said = sum(e.kind == "statement" for e in every)
    apart = f" and {said} statement{'s' * (said > 1)}" if said else ""
    return f"{len(every) - said} '='{apart}: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items())


def outcome(report: Report) -> str:
    """The summary of one source, or why nothing in it was judged."""
    if report.unjudged:
        return f"nothing is judged: {report.problems[0]}"
    if report.ignored and not report.entries:
        return all_ignored(len(report.ignored))
    ignored = f"; {len(report.ignored)} ignored" if report.ignored else ""
    return summary_line(report.entries) + ignored + others(report.left_out)


def others(left_out: Sequence[Entry]) -> str:
    """How many '=' have no verdict since they say nothing of the network."""
    says = "others say" if len(left_out) > 1 else "other says"
    return f"; {len(left_out)} {says} nothing of the network" if left_out else ""


def all_ignored(count: int) -> str:
    """What is said where the author asks not to judge anything.

    >>> all_ignored(1), all_ignored(2)
    ('the only formula is ignored, as the note asks', 'all 2 formulas are ignored, as the note asks')
    """
    return f"{'the only formula is' if count == 1 else f'all {count} formulas are'} ignored, as the note asks"


def source_lines(passages: Iterable[Passage]) -> dict[int, str]:
    """The lines that the passages hold, by their number in the note.

    Passages that begin on one line stand there side by side; columns count within each, so the first one is shown.
    """
    lines: dict[int, str] = {}
    for passage in passages:
        for number, line in enumerate(passage.latex.split("\n"), passage.line):
            lines.setdefault(number, line)
    return lines


def described_all(models: Sequence[Model]) -> dict[str, object]:
    """The first model as plain data, with the others (a note may have several notations) inside it."""
    first, *others = [described(m) for m in models] or [{}]
    return first | ({"other_notations": others} if others else {})


def described(model: Model) -> dict[str, object]:
    """The model as plain data: roles, shapes and equations as understood."""
    return {
        "name": model.name,
        "title": model.title,
        "loss": latex(model.loss, model),
        "families": [
            {"name": f.name, "role": f.role, "shape": describe((f.rows, f.cols)), "latex": f.latex}
            for f in model.families.values()
        ],
        "equations": [f"{latex(e.left, model)} = {latex(e.right, model)}" for e in model.equations],
        "assumptions": [a.text for a in model.assumptions],
        "zero_initial": sorted(model.zero_initial),
    }
