"""Refuted entries with their cause and a proved repair.

A diagnosis never changes a verdict.  It looks at the claim in the reading that counts; a repair is read and judged like
any formula of the note before it is shown.  Errors that are only carried along keep the root that they have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from sympy.core.basic import Basic

from ..derivation import UnsupportedError
from ..diagnosis import Diagnosis, Workbench, diagnose
from ..language.effort import Budget
from ..model import Model
from ..proof.verdict import Entry, Mend
from ..reading import Illshaped, Passage, ReadError, Reading
from ..reading.chains import Link, written
from ..reading.claims import trees
from ..reading.readings import Claimed, read_all
from ..reading.tokens import Source
from .claims import fault_told, of_readings
from .keeping import Unit, keeper, name_of_model
from .workshop import derive

LONGEST, ATTEMPTS = 1500, 2
"""Longer right sides are not mended; how often a stage is begun that was stopped."""

TOO_LONG = f"no repair was looked for: its right side is longer than {LONGEST} characters"

Print = Callable[[Basic, Model], str]


def diagnosed(
    models: Sequence[Model], passages: Sequence[Passage], entries: Sequence[Entry], layout: str, printed: Print
) -> tuple[Entry, ...]:
    """The entries, refuted ones with a cause, a sentence and a repair where one was found."""
    wanted = {e.id for e in entries if e.verdict == "refuted" and e.latex and not (e.step == "holds" and e.root)}
    if not wanted or not keeper().mends:
        return tuple(entries)
    found = dict(_found(models, passages, entries, wanted, layout, printed))
    return tuple(found.get(e.id, e) for e in entries)


def _found(
    models: Sequence[Model], passages: Sequence[Passage], entries: Sequence[Entry], wanted: set[str], layout: str,
    printed: Print,
) -> Iterator[tuple[str, Entry]]:  # fmt: skip
    """Entries with what was found of them, by their ids; where a repair was not looked for, or not to the end, it is said."""
    by_id = {e.id: e for e in entries}
    lines = sorted({e.line for e in entries if e.id in wanted})
    note = "\n".join(p.latex for p in passages)
    for passage in passages:
        if passage.broken or not any(_within(passage, line) for line in lines):
            continue
        for link, claimed in trees(models, passage, layout):
            entry = by_id.get(link.id)
            if entry is None or link.id not in wanted or isinstance(claimed, ReadError):
                continue
            if claimed.right.end - claimed.right.start > LONGEST:
                yield link.id, _untold(entry, TOO_LONG)
                continue
            found, faults = None, list[str]()
            try:
                found = _diagnosis(models, passage, note, link, claimed, layout, entry, printed, faults)
            except MemoryError:
                raise
            except UnsupportedError as error:
                faults.append(f"what it cannot derive: {error}")
            except Exception as error:
                faults.append(fault_told(error))
            made = entry if found is None else _with(entry, found, _placed(passage, found))
            yield link.id, _untold(made, f"the search for repairs met {faults[0]}") if faults else made


def _untold(entry: Entry, why: str) -> Entry:
    return replace(entry, reason=f"{entry.reason}; {why}")


def _within(passage: Passage, line: int) -> bool:
    if passage.places is not None:
        return passage.places.start(0)[0] <= line <= passage.places.end(len(passage.latex))[0]
    return passage.line <= line <= passage.line + passage.latex.count("\n")


def _diagnosis(
    models: Sequence[Model], passage: Passage, note: str, link: Link, claimed: Claimed, layout: str, entry: Entry,
    printed: Print, faults: list[str],
) -> Diagnosis | None:  # fmt: skip
    """The diagnosis of one refuted equation, if there is one; faults of our own are put into `faults`."""
    model = models[passage.model]
    head = written(link.head, passage.latex)

    def read(right: str) -> list[Reading | Illshaped]:
        sign = "+=" if link.accumulates else "="
        alone = replace(passage, line=1, latex=f"{head} {sign} {right}", earlier=0, column=1, places=None)
        again = [c for _, c in trees(models, alone, layout)]
        if len(again) != 1 or isinstance(again[0], ReadError):
            return []
        try:
            return read_all(replace(again[0], given=claimed.given)).readings
        except ReadError:
            return []

    def prove(right: str, words: tuple[str, ...] | None, steps: int) -> tuple[bool, int]:
        readings = [r for r in read(right) if not set(r.words) & set(entry.against)]
        readings = [r for r in readings if r.words == words] or readings
        pulse.beat()
        purse, proved = Budget(steps), False
        try:
            proved = bool(readings) and of_readings(readings, model, purse).verdict == "proved"
        except MemoryError:
            raise
        except Exception as error:  # one repair less, and it is said
            faults.append(fault_told(error))
        return proved, purse.used

    pulse = _Pulse(f"{name_of_model(model)} {link.id} {entry.latex} mended")
    bench = Workbench(
        claimed, partial(derive, model), lambda term: printed(term, model), read, prove, pulse.watch, pulse.beat, note
    )
    return diagnose(bench, entry.reading or "")


class _Pulse:
    """Tells the keeper how mending goes on, so that only what hangs is stopped; where a stage was stopped twice, mending ends.

    The work of a stage is counted in steps, so that it ends by itself; what may take long is a proof.
    """

    def __init__(self, name: str):
        self.name, self.stage, self.beats = name, "", 0

    def beat(self) -> None:
        self.beats += 1
        keeper().tell("begun", Unit(f"{self.stage}.{self.beats}"), None)

    def watch(self, number: int, stage: Callable[[], None]) -> bool:
        by = keeper()
        stopped = sum(key.startswith(f"{self.name}, {number}.") for key in by.stopped)
        self.stage, self.beats = f"{self.name}, {number}.{stopped}", 0
        if by.closing or stopped >= ATTEMPTS:
            return False
        self.beat()
        try:
            stage()
        finally:
            by.tell("done", Unit(f"{self.stage}.{self.beats}"), None)
        return True


def _placed(passage: Passage, found: Diagnosis) -> Mend:
    """The wrong part in the file."""
    source = Source(passage.latex, passage.line, passage.column, passage.places)
    line, column = source.place(found.start)
    exact, end = True, (line, column)
    if passage.places is not None:
        around = passage.places.mapped.slice(max(found.start - 1, 0), min(found.end + 1, len(passage.latex)))
        exact = all(piece.exact for piece in around.pieces)
    if found.end > found.start:
        span = source.span(found.start, found.end)
        end = span.end_line, span.end_column
    return Mend(line, column, *end, found.replacement, exact, found.whole)


def _with(entry: Entry, found: Diagnosis, mend: Mend) -> Entry:
    if entry.cause == "shape":
        reason = f"{entry.reason}{_if_equal(entry)}; {found.sentence}"
        return replace(entry, reason=reason, repair=found.repair, mend=mend)
    return replace(entry, cause=found.cause, reason=f"{found.sentence}; {entry.reason}", repair=found.repair, mend=mend)


def _if_equal(entry: Entry) -> str:
    """Whether a formula that does not conform would be right were the sizes equal."""
    c = entry.counterexample
    if c is None or not c.conforms_only_if:
        return ""
    then = [told for words, told in _THEN if words in c.where]
    return then[0] if then else ""


_THEN = (("and agreed", ", and would be right then"), ("is wrong as well", ", and would be wrong then as well"))
