"""A fault given to the checker: whether it is repaired, by what is proved, for which cause, and in how much time."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from time import process_time

from formulas import Formula, formulas
from planter import Fault

MOST_OTHERS = 6


@dataclass(frozen=True)
class Trial:
    """What came of a fault.

    repaired   a repair is shown that is an edit of what was written;  whole: the right formula is shown instead
    proved     what is shown is proved when it is read like any other formula (True where nothing is shown)
    named      the cause is one of those that are right for the mistake
    seconds    processor time of judging and mending
    """

    fault: Fault
    cause: str
    repair: str
    repaired: bool
    whole: bool
    proved: bool
    named: bool
    seconds: float

    @property
    def fails(self) -> bool:
        return not (self.repaired and self.proved and self.named)

    def __str__(self) -> str:
        what = "NOT PROVED" if not self.proved else "whole" if self.whole else "repaired" if self.repaired else "no repair"
        f = self.fault
        return "\n".join((
            f"[{' + '.join(f.rows)}] {f.formula.note} {f.formula.id}: {what}, {self.cause}, {self.seconds:.2f} s",
            f"    head    {f.formula.head}",
            f"    right   {f.formula.right}",
            f"    wrong   {f.wrong}",
            f"    repair  {self.repair or '-'}",
        ))  # fmt: skip


def judge_others(formula: Formula) -> None:
    """Judge other equations of its note, as a run over the note does before it mends one; not those with the same left side."""
    others = [f for f in formulas(formula.note) if f.head != formula.head and f.models[0] is formula.models[0]]
    for other in others[:MOST_OTHERS]:
        other.checked(other.right)


def tried(fault: Fault) -> Trial:
    judge_others(fault.formula)
    gc.freeze()  # as a process that judges does: what fifty notes left behind is not searched for garbage
    start = process_time()
    (entry,) = fault.formula.checked(fault.wrong, mends=True)
    seconds = process_time() - start
    proved = entry.repair is None or [e.verdict for e in fault.formula.checked(entry.repair)] == ["proved"]
    whole = entry.mend is not None and entry.mend.whole
    named = entry.cause == "shape" if fault.shape else entry.cause in fault.causes
    repaired = bool(entry.repair) and not whole
    return Trial(fault, entry.cause or "", entry.repair or "", repaired, whole, proved, named, seconds)
