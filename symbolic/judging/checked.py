"""What comes out of a document: the record that the reports show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..language import Shown
from ..model import Model
from ..proof.verdict import Entry
from ..reading.document.aside import SetAside
from ..reading.inference.infer import NO_FORWARD_EQUATIONS
from ..reading.inference.records import Decision

NO_EQUATIONS = "no equations found"
NOT_FOUND = "no forward equations found"
NOT_DETERMINED = "the forward equations do not determine a model; declare more"
NO_MODEL, OPEN_MODEL = f"{NOT_FOUND}; give --model", f"{NOT_DETERMINED}, or give --model"


@dataclass(frozen=True)
class Checked(Shown):
    """The verdicts on a document, the forward models that they rest on, and what is open or wrong in the document.

    decisions  how the document was understood, each decision with its runner-up and its reason
    set_aside  what carries no mathematics in its formulas
    ignored    what its author asks not to judge
    left_out   what says nothing of the models, and has no verdict
    functions  (name, row) of the letters whose functions the formulas show; the models hold these
    """

    entries: tuple[Entry, ...]
    models: tuple[Model, ...]
    problems: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    ignored: tuple[Entry, ...] = ()
    functions: tuple[tuple[str, str], ...] = ()
    left_out: tuple[Entry, ...] = ()

    @property
    def unjudged(self) -> bool:
        """Whether there are equations but no forward model."""
        return NO_MODEL in self.problems or OPEN_MODEL in self.problems


def unmade(problems: Sequence[str], missing: str, undetermined: str) -> tuple[str, ...]:
    """Why there is no forward model, the plainest first."""
    reasons = tuple(p for p in problems if p != NO_FORWARD_EQUATIONS)
    return (missing if len(reasons) < len(problems) else undetermined, *reasons)
