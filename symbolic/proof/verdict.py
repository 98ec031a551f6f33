"""What is said about one '=': the record that every format shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..language import Shown
from .evidence import Evidence

VERDICTS = ("proved", "proved-given", "refuted", "unproved", "unreadable", "accepted")
KINDS = ("definition", "claim", "identity", "statement")


@dataclass(frozen=True)
class Counterexample:
    """The smallest sizes and length (None where the model has no steps) at which the formula differs from the true value.

    `claimed` and `true` are nested lists of numbers; `claimed` is None where the formula does not even conform, and then
    `conforms_only_if` lists the equalities of sizes that it would need.
    """

    length: int | None
    sizes: dict[str, int]
    where: str
    claimed: object
    true: object
    conforms_only_if: tuple[str, ...] = ()

    @property
    def setting(self) -> dict[str, int]:
        """The length, as T, and the sizes.

        >>> Counterexample(2, {"n": 3}, "", 0, 1).setting, Counterexample(None, {"n": 3}, "", 0, 1).setting
        ({'T': 2, 'n': 3}, {'n': 3})
        """
        return ({} if self.length is None else {"T": self.length}) | self.sizes


@dataclass(frozen=True)
class Proof:
    """How a formula was proved: `method` "normal-form" or "induction", the routes that were run, the number of steps."""

    method: str
    routes: tuple[str, ...]
    steps: int


@dataclass(frozen=True)
class Mend:
    """The wrong part of a right side in its file, and what belongs there.

    The end is exclusive; where something is missing the part is empty.  `text` is what stands there then; with it the right
    side means the same as the entry's `repair`.  `exact`: whether the part stands in the file as it was read, so that it can
    be replaced there (it does not where it comes out of a macro).  `whole`: the right formula, not an edit of what is written.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    exact: bool = True
    whole: bool = False


@dataclass(frozen=True)
class Entry(Shown):
    """One '=' and its verdict; the fields are those of the JSON that `showing.json_format` prints, but for the last ones."""

    id: str
    line: int
    column: int
    end_line: int
    end_column: int
    latex: str
    head: str
    kind: str
    verdict: str
    step: str | None = None
    cause: str | None = None
    reason: str = ""
    root: tuple[str, ...] = ()
    reading: str | None = None
    layout: str | None = None
    assumes: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    repair: str | None = None
    proof: Proof | None = None
    evidence: Evidence = field(default=None, compare=False, repr=False, metadata={"shown": False})
    mend: Mend | None = field(default=None, compare=False, repr=False, metadata={"shown": False})
    against: tuple[str, ...] = field(default=(), compare=False, repr=False, metadata={"shown": False})
    """Words of readings that other formulas of the note exclude: what is proved in these only is no repair."""


def left_open(entry: Entry, reason: str, verdict: str = "unreadable") -> Entry:
    """The entry without a judgement: nothing that came with the verdict it had stays.

    >>> left_open(Entry("L1:1", 1, 1, 1, 2, "", "", "claim", "refuted", cause="sign", root=("L0:1",)), "two readings").root
    ()
    """
    return replace(
        entry, verdict=verdict, reason=reason, step=None, cause=None, root=(), reading=None, assumes=(), counterexample=None,
        repair=None, proof=None, evidence=None, mend=None,
    )  # fmt: skip


class Verdicts(Shown, tuple[Entry, ...]):
    """The entries of a note or of a formula: a tuple that a notebook shows as a list of verdicts."""

    __slots__ = ()
