"""The records of inference: formulas, names and letters of a note; decisions and what comes out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...model import Model
from ..chains import Link
from ..records import Passage
from ..scripts import Name
from ..tokens import Source
from ..tree import Node
from ..values import Values


@dataclass(frozen=True)
class Formula:
    """One '=' of the note: the passage in which it stands, its link, and its two sides (None where one has no tree)."""

    passage: int
    link: Link
    source: Source
    head: Node | None
    right: Node | None

    @property
    def line(self) -> int:
        return self.source.place(self.link.place)[0]

    def text(self, node: Node) -> str:
        """The node as written; the braces of an accent or font end behind its letter."""
        text = " ".join(self.source.text[node.start : node.end].split())
        return text + "}" * (text.count("{") - text.count("}"))


@dataclass(frozen=True)
class Occurrence:
    """One name in a formula.

    place    "value", "above" or "below" the line of a derivative
    called   whether a parenthesis follows it
    side     "head" or "right"
    """

    name: Name
    formula: Formula
    place: str
    called: bool
    side: str


@dataclass
class Letters:
    """The letters of indices and lengths.

    ranges   (index, lower, upper) as they are printed below Σ and in words; `told`: in words alone
    words    a letter and two that stand on it as a word: W and `in`
    """

    bound: set[str] = field(default_factory=set)
    shifted: set[str] = field(default_factory=set)
    bracketed: set[str] = field(default_factory=set)
    uppers: Counter[str] = field(default_factory=Counter)
    ranges: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    told: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: set[tuple[str, str]] = field(default_factory=set)

    @property
    def lengths(self) -> set[str]:
        return set(self.uppers) - self.bound

    @property
    def indices(self) -> set[str]:
        return (self.bound | self.shifted | self.bracketed) - self.lengths


@dataclass(frozen=True)
class Scan:
    """A note as formulas, names and letters."""

    passages: tuple[Passage, ...]
    formulas: tuple[Formula, ...]
    occurrences: tuple[Occurrence, ...]
    letters: Letters
    values: tuple[Values, ...] = ()


@dataclass(frozen=True)
class Decision:
    """One decision: about what, what was chosen, what came second, why, and the line that it rests on (0: the note).

    `override`: a line of the block that says otherwise (or what was chosen, where nothing came second), or "".
    """

    subject: str
    choice: str
    runner_up: str
    why: str
    line: int = 0
    override: str = ""


@dataclass(frozen=True)
class Inferred:
    """The forward models of a note.

    assignment   for each passage the position of its model (-1: none)
    explanations every decision, for --explain-model
    problems     what is wrong or open in the note, one sentence each
    """

    models: tuple[Model, ...]
    assignment: tuple[int, ...]
    explanations: tuple[Decision, ...]
    problems: tuple[str, ...]
