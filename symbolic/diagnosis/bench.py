"""What mending one claim needs, and how a whole right side is compared with the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from sympy.core.basic import Basic

from ..derivation import Derivation
from ..language import Adjoint, Partial, Term
from ..language.effort import Budget
from ..model import Model
from ..reading import Illshaped, Reading
from ..reading.readings import Claimed
from ..reading.syntax import parse
from ..reading.tokens import lex
from .cause import difference
from .edits import Edit
from .parts import Known, Side, Told
from .points import Point, kinked, points
from .records import Diagnosis
from .words import sentence

STEPS, BEAT = 2400, 120
"""What one stage of mending a claim may cost, and how often it tells that it goes on; a candidate costs one or a few."""

MOST_PROOFS, MOST_WHOLE = 4, 60

Prove = Callable[[str, tuple[str, ...] | None], bool]
Print = Callable[[Basic], str]


def _unwatched(stage: Callable[[], None]) -> bool:
    stage()
    return True


class Purse(Budget):
    """Steps, each of which counts more where formulas are long or hold derivatives; `beat` is called every now and then."""

    def __init__(self, steps: int, unit: int, beat: Callable[[], None]):
        super().__init__(steps)
        self.unit, self.beat, self.next = unit, beat, BEAT

    def spend(self, steps: int = 1) -> None:
        super().spend(steps * self.unit)
        if self.used >= self.next:
            self.next = self.used + BEAT
            self.beat()


@dataclass
class Workbench:
    """The claim, its model's derivation, a printer of terms and a prover of right sides.

    read   a right side as LaTeX -> the readings of the claim with it
    prove  whether the claim is proved with it, in the reading of these words (None: in any)
    watch  has one stage done, by its number, and says whether it was;  beat: tells that it goes on
    """

    claimed: Claimed
    derivation: Derivation
    printed: Print
    read: Callable[[str], list[Reading | Illshaped]]
    prove: Prove
    watch: Callable[[int, Callable[[], None]], bool] = lambda number, stage: _unwatched(stage)
    beat: Callable[[], None] = lambda: None
    budget: Purse = field(init=False)
    proofs: int = 0
    tried: set[str] = field(default_factory=set)
    memo: dict[tuple[object, ...], list[Known]] = field(default_factory=dict)
    known: dict[tuple[object, ...], list[Point]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.refill()

    def refill(self) -> None:
        """A purse for one more stage."""
        derivatives = self.text.count(r"\partial")
        self.budget = Purse(STEPS, 1 + len(self.text) // 100 + min(derivatives, 4) // 2, self.beat)

    @property
    def model(self) -> Model:
        return self.claimed.table.model

    @property
    def text(self) -> str:
        """The right side, with what only lays it out blanked."""
        c = self.claimed
        return blanked(c.source.text[c.right.start : c.right.end])

    def points(self, reading: Reading, seed: int = 0) -> list[Point]:
        """Points for a reading, made once."""
        key = (reading.head, reading.free, reading.conditions, seed)
        if key not in self.known:
            self.known[key] = points(self.model, reading.head, reading.right, reading.free, reading.conditions, seed)
        return self.known[key]


def blanked(text: str) -> str:
    r"""A text of the same length without comments, alignment marks and row ends.

    >>> blanked(r"a \\ &+ b")
    'a     + b'
    """
    out, k = list(text), 0
    while k < len(text):
        if text.startswith("\\\\", k):
            out[k : k + 2] = "  "
            k += 2
        elif text[k] == "\\":
            k += 2
        elif text[k] == "&":
            out[k] = " "
            k += 1
        elif text[k] == "%":
            end = text.find("\n", k)
            end = len(text) if end < 0 else end
            out[k:end] = " " * (end - k)
            k = end
        else:
            k += 1
    return "".join(out)


def one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass
class Whole:
    """Compares whole right sides with the truth: at the points of a reading, then in other models."""

    bench: Workbench
    told: Told
    reading: Reading

    def agrees(self, text: str) -> bool:
        self.bench.budget.spend(2)
        term = self.told.read(text)
        return term is not None and isinstance(term, Term) and not self._says_nothing(term) and self.holds(term)

    def _says_nothing(self, term: Basic) -> bool:
        """∂L/∂h_t = ∂L/∂h_t is no repair, nor is δ_t = ∂L/∂h_t of a formula for it."""
        if isinstance(term, Partial) and isinstance(self.reading.head, Partial):
            return bool(term.num == self.reading.head.num and term.den == self.reading.head.den)
        return isinstance(term, (Adjoint, Partial)) and not isinstance(self.reading.right, (Adjoint, Partial))

    def holds(self, term: Basic) -> bool:
        seeds = (0, 1, 2, 3) if kinked(self.bench.model.equations) else (0, 1)
        return all(agreed(self.bench.points(self.reading, seed), term) for seed in seeds)


def agreed(some: list[Point], term: Basic) -> bool:
    """Whether a term has the true value wherever it has one, and has one at half of the points."""
    known = 0
    for point in some:
        said = point.agrees(term)
        if said is False:
            return False
        known += said is True
    return 2 * known >= len(some) and known > 0


def first_proved(bench: Workbench, side: Side, whole: Whole, hits: Iterable[Edit]) -> Diagnosis | None:
    """The cheapest hit that is proved."""
    for e in islice(sorted(hits, key=lambda e: (e.cost, len(e.applied(side.text)))), MOST_WHOLE):
        text = one_line(e.applied(side.text))
        if text in bench.tried:
            continue
        bench.tried.add(text)
        if not whole.agrees(text):
            continue
        if bench.proofs >= MOST_PROOFS:
            return None
        bench.proofs += 1
        if bench.prove(text, whole.reading.words):
            return told(bench, side, e, text)
    return None


def told(bench: Workbench, side: Side, e: Edit, repaired: str) -> Diagnosis:
    """The diagnosis that a proved edit makes."""
    apart = difference(side.tree, parse(lex(repaired).tokens))
    offset = bench.claimed.right.start
    return Diagnosis(
        apart.cause, sentence(apart, side.text, repaired), repaired, offset + e.start, offset + e.end,
        e.applied(side.text, e.start, e.end),
    )  # fmt: skip
