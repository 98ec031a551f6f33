"""Sources of formulas and of forward models: documents, standard input, built-in derivations by name."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .output import UsageError, complain

if TYPE_CHECKING:
    from ..model import Model
    from ..pipeline import Checked
    from ..reading.document.records import Declarations, Document
    from ..showing.report import Report

MAX_TOLD = 20
"""How many of a document's broken places are told one by one."""


def built_in() -> list[str]:
    """The names of the built-in derivations."""
    import derivations

    return list(derivations.NAMES)


def known(source: str) -> tuple[str, int]:
    """A built-in derivation's name and which of its notations; `UsageError` for anything else."""
    name, colon, number = source.partition(":")
    names = built_in()
    if name not in names:
        raise UsageError(f"{source} is no built-in derivation and no file; there are {', '.join(names)}")
    if colon and not (number.isdigit() and int(number) >= 1):
        raise UsageError(f"{source}: after the colon stands the number of a notation, such as {name}:1")
    return name, int(number) if colon else 0


def load(name: str) -> Any:
    import derivations

    return derivations.load(name)


def is_built_in(source: str) -> bool:
    return source.partition(":")[0] in built_in()


def declared_on_the_line(texts: Sequence[str], layout: str = "") -> Declarations:
    """What --assume and --layout say."""
    from ..reading.document.assumed import assumed
    from ..reading.document.records import DocumentError

    try:
        return assumed(texts, layout)
    except DocumentError as error:
        raise UsageError(error.message) from None


def document_of(source: str, declared: Declarations, stdin: bytes | None = None) -> Document:
    """A document taken apart; what is broken in it is said at once.  `stdin`: what standard input held, if it was read."""
    from ..reading.document.assumed import with_assumptions
    from ..reading.document.files import decoded, kind_of_text, read_file
    from ..reading.document.read import read_document
    from ..reading.document.records import DocumentError

    if source != "-" and not os.path.lexists(source):
        known(source)
    try:
        if source == "-":
            text = decoded(sys.stdin.buffer if stdin is None else io.BytesIO(stdin))
            kind = kind_of_text(text)
        else:
            text, kind = read_file(source)
        document = read_document(text, kind)
    except DocumentError as error:
        place = f"{source}:{error.line}:{error.column}" if error.line else source
        raise UsageError(f"{place}: {error.message}") from None
    from ..showing.report_text import window

    for problem in document.problems[:MAX_TOLD]:
        cell = f"cell {problem.cell[1:-1]}:" if problem.cell else ""
        complain(f"{source}:{cell}{problem.line}:{problem.column}: {problem.message}")
        line = document.lines[problem.cell][problem.line - 1]
        shown = window(line, problem.column, problem.column + 1, 100)
        print(*(f"   | {row}" for row in shown), sep="\n", file=sys.stderr)
    if len(document.problems) > MAX_TOLD:
        complain(f"{source}: {len(document.problems) - MAX_TOLD} more of this kind")
    return with_assumptions(document, declared)


def report_of(name: str, checked: Checked, lines: dict[str, dict[int, str]], title: str = "") -> Report:
    """What the formats show; `lines`: those of the source by the prefix of the cell."""
    from ..showing.report import Report, described_all

    for problem in checked.problems:
        complain(f"{name}: {problem}")
    return Report(
        name, checked.entries, lines.get("", {}), described_all(checked.models), title, lines, checked.problems,
        checked.unjudged, checked.decisions, checked.set_aside, checked.models, ignored=checked.ignored,
        left_out=checked.left_out,
    )  # fmt: skip


def document_report(source: str, document: Document, models: Sequence[Model]) -> Report:
    from .. import pipeline

    lines = {cell: dict(enumerate(text, 1)) for cell, text in document.lines.items()}
    return report_of("standard input" if source == "-" else source, pipeline.check_document(document, models), lines)


def models_of(source: str, declared: Declarations) -> tuple[Model, ...]:
    """The forward models of a document, of each notation of a derivation, or the one that `name:number` asks for."""
    if not is_built_in(source):
        return _read_models(source, declared)
    name, number = known(source)
    models = tuple(load(name).models)
    if number > len(models):
        raise UsageError(f"{source}: {name} has {len(models)} notation{'s' * (len(models) > 1)}")
    return models[number - 1 : number] if number else models


def _read_models(source: str, declared: Declarations) -> tuple[Model, ...]:
    from .. import pipeline

    models, problems = pipeline.models_of(document_of(source, declared))
    if not models:
        raise UsageError(f"{source}: {'; '.join(problems)}")
    return models


def note_report(source: str, declared: Declarations) -> Report:
    from .. import pipeline
    from ..showing.report import source_lines

    name, number = known(source)
    if number:
        raise UsageError(f"{source}: a note is judged whole; write {name}")
    note = load(name)
    return report_of(name, pipeline.checked_note(note, declared), {"": source_lines(note.passages)}, note.title)


def formula_report(latex: str, model: Model, declared: Declarations) -> Report:
    from .. import pipeline

    checked = pipeline.checked_note(pipeline.note_of_formula(model, latex), declared)
    return report_of("-e", checked, {"": dict(enumerate(latex.split("\n"), 1))}, model.title)
