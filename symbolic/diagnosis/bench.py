"""What mending one claim needs, and how a whole right side is compared with the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from sympy.core.basic import Basic

from ..derivation import Derivation
from ..language import Adjoint, Entry, Partial, Term
from ..model import Model
from ..reading import Illshaped, Reading
from ..reading.readings import Choices, Claimed
from ..reading.scripts import name_of
from ..reading.symbols import Scope, SymbolTable
from ..reading.syntax import parse
from ..reading.tokens import lex
from ..reading.tree import Node
from .brackets import moved_brackets
from .cause import difference
from .edits import Edit, Written, clumsy
from .parts import Known, Side, Told
from .points import Point, kinked, loose, points
from .purse import BRACKET, CHARGED, CLAIM, EDIT, ENOUGH, KEPT, LAST, OVERDRAWN, PROOF, SETTING, STAGE, TOTAL, Purse
from .records import Diagnosis
from .structural import structural
from .style import Style
from .vocabulary import Item, Vocabulary
from .words import sentence

MOST_PROOFS, MOST_WHOLE = 4, 60

Prove = Callable[[str, tuple[str, ...] | None, int], tuple[bool, int]]
Print = Callable[[Basic], str]


def _unwatched(stage: Callable[[], None]) -> bool:
    stage()
    return True


@dataclass
class Workbench:
    """The claim, its model's derivation, which is made when it is needed, a printer of terms and a prover of right sides.

    read   a right side as LaTeX -> the readings of the claim with it
    prove  whether the claim is proved with it, in the reading of these words (None: in any), in so many steps of the judge;
           and the steps that this took
    watch  has one stage done, by its number, and says whether it was;  beat: tells that it goes on
    note   the formulas of the note, for its notation
    """

    claimed: Claimed
    derive: Callable[[], Derivation]
    printed: Print
    read: Callable[[str], list[Reading | Illshaped]]
    prove: Prove
    watch: Callable[[int, Callable[[], None]], bool] = lambda number, stage: _unwatched(stage)
    beat: Callable[[], None] = lambda: None
    note: str = ""
    style: Style = field(init=False)
    budget: Purse = field(init=False)
    left: int = TOTAL
    proofs: int = 0
    tried: set[str] = field(default_factory=set)
    compared: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    memo: dict[tuple[object, ...], list[Known]] = field(default_factory=dict)
    known: dict[tuple[object, ...], list[Point]] = field(default_factory=dict)
    books: dict[tuple[object, ...], tuple[Vocabulary, list[Item]]] = field(default_factory=dict)
    opened: set[tuple[object, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.budget = Purse(STAGE, self.beat)
        self.style = Style(self.text, self.note)

    def refill(self, kept: int = 0, least: int = 0) -> None:
        """A purse for one more stage; so much is kept for later ones, and so much is there in any case."""
        self.left -= self.budget.used
        least = least if self.left > -OVERDRAWN * LAST else 0
        self.budget = Purse(max(min(self.left - kept, STAGE if kept else TOTAL), least), self.beat)

    @property
    def model(self) -> Model:
        return self.claimed.table.model

    @property
    def derivation(self) -> Derivation:
        """What is derived of the model: most repairs need none of it."""
        return self.derive()

    @property
    def text(self) -> str:
        """The right side, with what only lays it out blanked."""
        c = self.claimed
        return blanked(c.source.text[c.right.start : c.right.end])

    def told(self, choices: Choices, layout: str) -> Told:
        """How a side is read under some choices, for this purse."""
        return Told(self.claimed, choices, layout, self.memo, lambda steps: self.budget.spend(steps))

    def readings(self, text: str) -> list[Reading]:
        """The readings of the claim with another right side."""
        self.budget.reads(text, CLAIM)
        return [r for r in self.read(text) if isinstance(r, Reading)]

    def proves(self, text: str, words: tuple[str, ...] | None) -> bool:
        """Whether a right side is proved; each is tried once, and few are."""
        if text in self.tried or self.proofs >= MOST_PROOFS:
            return False
        self.tried.add(text)
        self.proofs += 1
        self.budget.reads(text, CLAIM)
        self.budget.spend(PROOF)
        left = max(self.left - self.budget.used, ENOUGH)
        proved, steps = self.prove(text, words, CHARGED * left)
        self.budget.charge(steps // CHARGED)
        return proved

    def settle(self) -> None:
        """What was found until the work became too much may still be compared."""
        if self.budget.left < LAST:
            self.refill(KEPT, LAST)

    def edits(self, w: Written) -> list[Edit]:
        """The small edits of what is written, those of brackets among them."""
        some, moved = list(structural(w)), list(moved_brackets(w))
        self.budget.spend(EDIT * len(some) + BRACKET * len(moved))
        return [*some, *moved]

    def points(self, reading: Reading, seed: int = 0) -> list[Point]:
        """Points for a reading, made once."""
        key = (reading.head, reading.free, reading.conditions, seed)
        if key not in self.known:
            self.budget.spend(SETTING)
            self.known[key] = points(self.model, reading.head, reading.right, reading.free, reading.conditions, seed)
        return self.known[key]


def blanked(text: str) -> str:
    r"""A text of the same length without comments, alignment marks and row ends; those of its own cases and matrices stay.

    >>> blanked(r"a \\ &+ b")
    'a     + b'
    >>> blanked(r"\begin{cases} a & b \end{cases} & c")
    '\\begin{cases} a & b \\end{cases}   c'
    """
    out, k, depth = list(text), 0, 0
    while k < len(text):
        if text.startswith("\\\\", k):
            out[k : k + 2] = "  " if not depth else "\\\\"
            k += 2
        elif text[k] == "\\":
            depth += text.startswith("\\begin", k) - text.startswith("\\end", k)
            k += 2
        elif text[k] == "&":
            out[k] = " " if not depth else "&"
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
        term = self.told.read(text)
        if term is None or not isinstance(term, Term) or self._says_nothing(term) or loose(self.reading, term):
            return False
        return self.holds(term)

    def _says_nothing(self, term: Basic) -> bool:
        """∂L/∂h_t = ∂L/∂h_t is no repair, nor is δ_t = ∂L/∂h_t of a formula for it, or a case that is δ_t itself."""
        whole, head, right = map(_whole_of, (term, self.reading.head, self.reading.right))
        if isinstance(whole, Partial) and isinstance(head, Partial):
            return bool(whole.num == head.num and whole.den == head.den)
        if whole == head or (isinstance(whole, (Adjoint, Partial)) and not isinstance(right, (Adjoint, Partial))):
            return True
        return bool(self._derivatives(term) & self._derivatives(self.reading.head) - self._derivatives(self.reading.right))

    def _derivatives(self, term: Basic) -> set[tuple[Basic, Basic]]:
        """What is derived by what in a term."""
        loss = self.bench.model.loss
        return {(loss, a.variable) for a in term.atoms(Adjoint)} | {(d.num, d.den) for d in term.atoms(Partial)}

    def holds(self, term: Basic) -> bool:
        seeds = (0, 1, 2, 3) if kinked(self.bench.model.equations) else (0, 1)
        return all(self._agreed(self.bench.points(self.reading, seed), term) for seed in seeds)

    def _agreed(self, some: list[Point], term: Basic) -> bool:
        self.bench.budget.evaluates(term, some)
        return agreed(some, term)


def _whole_of(term: Basic) -> Basic:
    """What an entry is an entry of."""
    while isinstance(term, Entry):
        term = term.args[0]
    return term


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
    texts = ((one_line(e.applied(side.text)), e) for e in hits)
    ranked = sorted(((e.cost + clumsy(text, side.text), len(text), text, e) for text, e in texts), key=lambda x: x[:3])
    for *_, text, e in islice(ranked, MOST_WHOLE):
        if text in bench.tried or (text, whole.reading.words) in bench.compared:
            continue
        bench.compared.add((text, whole.reading.words))
        if not whole.agrees(text):
            continue
        if bench.proofs >= MOST_PROOFS:
            return None
        if bench.proves(text, whole.reading.words):
            return told(bench, side, e, text)
    return None


def _layered(table: SymbolTable, node: Node) -> bool:
    """Whether a number above a name is its index, as in a^2 for the second layer."""
    name = name_of(node)
    match = table.match(name, Scope()) if name is not None else None
    return match is not None and not match.powers


def told(bench: Workbench, side: Side, e: Edit, repaired: str) -> Diagnosis:
    """The diagnosis that a proved edit makes."""
    apart = difference(side.tree, parse(lex(repaired).tokens), partial(_layered, bench.claimed.table))
    offset, said = bench.claimed.right.start, sentence(apart, side.text, repaired)
    start, end, new = _inserted(side.text, e.start, e.end, e.applied(side.text, e.start, e.end))
    return Diagnosis(apart.cause, said, repaired, offset + start, offset + end, new)


def _inserted(text: str, start: int, end: int, new: str) -> tuple[int, int, str]:
    """The place of an edit; one that only puts something before or behind a piece leaves the piece alone."""
    old = text[start:end]
    if old and len(new) > len(old) and new.startswith(old) and new[len(old)].isspace():
        return end, end, new[len(old) :]
    if old and len(new) > len(old) and new.endswith(old) and new[-len(old) - 1].isspace():
        return start, start, new[: -len(old)]
    return start, end, new
