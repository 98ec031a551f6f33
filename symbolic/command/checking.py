"""`gradproof check`: sources become jobs for the crew, their results become reports in the order of the sources."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b

from ..judging.keeping import Keeper, Stopped, Unit
from ..judging.workshop import arithmetic
from ..model import Model
from ..pipeline import derive
from ..proof.verdict import Entry
from ..reading.document.records import MAX_BYTES, Declarations
from ..showing.report import Derived, Report
from ..showing.reports.derived import derived
from . import sources
from .child import Work, bare
from .crew import Crew, Job
from .defects import saved
from .journal import Journal
from .output import UsageError, complain
from .progress import progress

ENDINGS = (".md", ".tex", ".txt", ".ipynb")
"""What is judged in a folder."""


@dataclass(frozen=True)
class Shown:
    """What a report holds besides the verdicts: how the source was understood, its models and what is derived from them,
    and repairs."""

    explain: bool = False
    models: bool = False
    repairs: bool = False


def jobs_of(
    named: Sequence[str], formulas: Sequence[str], models: Sequence[Model], declared: Declarations, shown: Shown
) -> list[Job]:
    """A job per source, in their order; a folder stands for the notes below it.  Raises `UsageError`."""
    try:
        arithmetic()
    except ValueError as error:
        raise UsageError(str(error)) from None
    every = [s for name in named for s in _below(name)]
    stdin = sys.stdin.buffer.read(MAX_BYTES + 1) if "-" in every else b""
    jobs = []
    for source in every:
        if sources.is_built_in(source):
            sources.known(source)
            jobs.append(_job(source, source, partial(sources.note_report, source, declared), shown, MANY))
            continue
        if source != "-" and not os.path.lexists(source):
            sources.known(source)  # says what there is
        content = stdin if source == "-" else _content(source)
        jobs.append(_job(source, content, partial(_document, source, stdin, declared, models), shown))
    for latex in formulas:
        jobs.append(_job("-e", latex, partial(sources.formula_report, latex, models[0], declared), shown))
    return jobs


MANY = 100
"""More '=' than a built-in derivation has."""


def _job(name: str, content: bytes | str, make: Callable[[], Report], shown: Shown, equations: int = 0) -> Job:
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    key = f"{name} {blake2b(data, digest_size=16).hexdigest()}"
    return Job(name, _work(make, shown), key, equations or data.count(b"="))


def _work(make: Callable[[], Report], shown: Shown) -> Work:
    def judge(keeper: Keeper) -> Report:
        keeper.save, keeper.mends = saved, shown.repairs
        report = make()
        entries = tuple(bare(e, keeper.wanted) for e in keeper.settled(report.entries))
        derivations = tuple(_derivations(keeper, report.models)) if shown.models else ()
        models = report.models if shown.explain or shown.models else ()
        return replace(report, entries=entries, explain=shown.explain, models=models, derived=derivations)

    return judge


def _derivations(keeper: Keeper, models: Sequence[Model]) -> Iterator[Derived]:
    """What is derived from the models; one that takes too long, or cannot be derived, is left out."""
    for k, model in enumerate(models, 1):
        made: list[Derived] = []
        with suppress(Stopped, ValueError):
            keeper.prepared(Unit(f"derivation {k} for the report"), partial(_derive_into, made, model))
        yield from made


def _derive_into(made: list[Derived], model: Model) -> None:
    made.append(derived(derive(model)))


def _document(source: str, stdin: bytes, declared: Declarations, models: Sequence[Model]) -> Report:
    return sources.document_report(source, sources.document_of(source, declared, stdin), models)


def _content(source: str) -> bytes:
    """The bytes of a file; that it cannot be read is said when it is judged."""
    if not os.path.isfile(source):
        return b""
    try:
        with open(source, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        return b""


def _below(name: str) -> list[str]:
    """A source, or the notes in a folder and below it in sorted order; links to folders and hidden folders are left out."""
    if name == "-" or sources.is_built_in(name) or not os.path.isdir(name):
        return [name]
    found = []
    for folder, below, files in os.walk(name):
        below[:] = sorted(f for f in below if not f.startswith("."))
        found += [os.path.join(folder, f) for f in files if f.lower().endswith(ENDINGS) and not f.startswith(".")]
    if not found:
        raise UsageError(f"{name} holds no note; a note ends in {', '.join(ENDINGS)}")
    return sorted(found)


def run(jobs: Sequence[Job], options: argparse.Namespace, journal: Journal | None) -> bool:
    """Judge all jobs; False if it was interrupted."""

    def keep(job: Job, name: str, what: Entry | str) -> None:
        if journal and isinstance(what, Entry):
            journal.judged(name, what)
        elif journal and isinstance(what, str):
            journal.gave_up(of(job), name, what)

    def of(job: Job) -> str:
        return f"{job.key} {options.budget:g}"

    if journal:
        for job in jobs:
            job.known.update(journal.known)
            job.stopped.update({key: why for (source, key), why in journal.stopped.items() if source == of(job)})
    wanted = frozenset(v for option, verdicts in EVIDENCE.items() if getattr(options, option, None) for v in verdicts)
    with progress(len(jobs)) as finished:
        return Crew(options.budget, at_once=options.jobs, on_done=keep, on_end=finished, wanted=wanted).run(jobs)


EVIDENCE = {"counterexamples": ("refuted",), "certificates": ("proved", "proved-given")}
"""Option -> the verdicts whose evidence it needs."""


def reports_of(jobs: Sequence[Job], before: Sequence[Job] = ()) -> tuple[Report, ...]:
    """What is to be shown; complaints go to standard error.  Raises `UsageError` if the only source is none.

    before  jobs of the same sources whose complaints have been told
    """
    reports, known = [], {job.name: job.told for job in before}
    for job in jobs:
        sys.stderr.write(job.told if job.told != known.get(job.name) else "")
        if job.report is not None:
            reports.append(job.report)
        elif job.state == "mistake" and len(jobs) == 1:
            raise UsageError(job.sentence)
        elif job.state != "waiting":
            sentence = _FAULT.format(job.sentence) if job.state == "fault" else job.sentence
            complain(sentence if job.state == "mistake" else f"{job.name}: {sentence}")
            reports.append(Report(job.name, (), problems=(sentence,), unjudged=True))
    return tuple(reports)


_FAULT = "a fault of our own, {} (GRADPROOF_TRACEBACK=1 shows where it happened)"


def interrupted(jobs: Sequence[Job], journal: str) -> str:
    """What is said when a run was interrupted."""
    whole = sum(j.state != "waiting" and not j.partly for j in jobs)
    partly = sum(j.partly and j.report is not None for j in jobs)
    told = f"interrupted: {whole} of {len(jobs)} sources were judged" + (f", {partly} in part" if partly else "")
    return told + (f"; with --resume the run goes on from what {journal} holds" if journal else "")
