"""What is said about one '=': the record that every format shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from .evidence import Evidence

VERDICTS = ("proved", "proved-given", "refuted", "unproved", "unreadable", "accepted")
KINDS = ("definition", "claim", "identity", "statement")


@dataclass(frozen=True)
class Counterexample:
    """The smallest sizes and length found at which the formula differs from the true value.

    `claimed` and `true` are nested lists of numbers; `claimed` is None where the formula does not even conform, and then
    `conforms_only_if` lists the equalities of sizes that it would need.
    """

    length: int
    sizes: dict[str, int]
    where: str
    claimed: object
    true: object
    conforms_only_if: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    """How a formula was proved: `method` "normal-form" or "induction", the routes that were run, the number of steps."""

    method: str
    routes: tuple[str, ...]
    steps: int


@dataclass(frozen=True)
class Entry:
    """One '=' and its verdict; the fields are those of the JSON that `showing.json_format` prints, but for `evidence`."""

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
