"""The walker, and what a notation is; `heads` holds what is printed for each head.

Parentheses come from levels alone.  From loose to tight: SUM (a + b, -a), ELEMENTWISE (a ∘ b, a ⊗ b), PRODUCT (a b),
FACTOR (what may stand in a product but not bear a superscript: f(x), xᵀ), ATOM.  Elementwise and matrix products are
never mixed without parentheses: no convention orders them that every reader shares.

A sum over an index reaches over the whole product behind it and ends at the next + or -.  It is put in parentheses when
a factor follows it, or when a later summand speaks of its index: that summand would be read into its scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sympy import Expr, Rational, Symbol
from sympy.core.basic import Basic

from ..language import Term
from ..language.shapes import Legs
from ..model import Model
from .names import Names, Spelled, index_latex

SUM, ELEMENTWISE, PRODUCT, FACTOR, ATOM = 1, 2, 3, 4, 5


class PrintError(TypeError):
    """Something that no row of the table prints."""


@dataclass(frozen=True)
class Piece:
    """A printed part: `minus` says that a minus sign stands before `text`; `open`: sums whose scope reaches its end."""

    text: str
    level: int
    minus: bool = False
    open: frozenset[Symbol] = frozenset()


def nesting(text: str) -> int:
    """How deep round and square brackets nest in a text; those that open a script do not count."""
    depth = deepest = 0
    scripts: list[bool] = []
    before = ""
    for character in text:
        if character in "([":
            scripts.append(before in "^{" and before != "")
            depth += not scripts[-1]
            deepest = max(deepest, depth)
        elif character in ")]" and scripts:
            depth -= not scripts.pop()
        before = character
    return deepest


@dataclass(frozen=True)
class Notation:
    """How the constructs are spelled.  `%s` stands for the parts, in reading order.

    A fraction has levels of its own: (what its numerator needs, what its denominator needs, what it is).
    """

    name: Callable[[str], str]
    group: Callable[[str], str]
    call: Callable[[str, str], str]
    power: Callable[[str, Rational], str]
    entrywise_power: Callable[[str, Rational], str]
    minus: str
    hadamard: str
    kronecker: str
    dot: str
    juxtapose: Callable[[str], str]
    transpose: str
    fraction: str
    fraction_levels: tuple[int, int, int]
    partial: str
    immediate: str
    sum: str
    excluded: str
    product: dict[str, str]
    step: str
    diag: str
    trace: str
    vec: str
    reshape: str
    norm: str
    total: str
    identity: str
    commute: str
    filled: str
    times: str
    leg: str
    unit: str
    entry: str
    block: str
    block_slice: str
    beside: tuple[str, str]
    stacked: tuple[str, str]
    indicator: str
    cases: tuple[str, str, str]
    relations: dict[str, str]


class Printer:
    """Prints terms in one notation with the names of one model."""

    def __init__(self, notation: Notation, rows: Mapping[type, Row], model: Model | None = None):
        self.notation, self._rows = notation, rows
        self.names = Names(model)
        # by identity: SymPy computes hashes recursively; the term is kept so that its identity stays its own
        self._memo: dict[int, tuple[Basic, Piece]] = {}

    def piece(self, term: Basic) -> Piece:
        """The printed term.  Subterms come first, by an explicit stack, so that depth costs no recursion."""
        stack = [term]
        while stack:
            node = stack[-1]
            if id(node) in self._memo:
                stack.pop()
                continue
            waiting = [a for a in node.args if isinstance(a, Term) and id(a) not in self._memo]
            if waiting:
                stack.extend(waiting)
            else:
                self._memo[id(node)] = node, self._row(node)(self, node)
                stack.pop()
        return self._memo[id(term)][1]

    def _row(self, node: Basic) -> Row:
        for kind in type(node).__mro__:
            if kind in self._rows:
                return self._rows[kind]
        known = ", ".join(sorted(kind.__name__ for kind in self._rows))
        raise PrintError(f"no row prints {type(node).__name__}; printed are {known}")

    def text(self, term: Basic) -> str:
        """The term as it stands alone."""
        return self.whole(self.piece(term))

    def whole(self, piece: Piece) -> str:
        return self.notation.minus + piece.text if piece.minus else piece.text

    def closed(self, piece: Piece, level: int, last: bool = False) -> str:
        """The piece where `level` is needed; `last`: nothing follows that an open sum could swallow."""
        if piece.minus or piece.level < level or (piece.open and not last):
            return self.notation.group(self.whole(piece))
        return piece.text

    def at(self, term: Basic, level: int) -> str:
        return self.closed(self.piece(term), level)

    def name(self, spelled: Spelled) -> Piece:
        return Piece(self.notation.name(spelled.latex), FACTOR if spelled.superscript else ATOM)

    def index(self, index: Expr) -> str:
        return self.notation.name(index_latex(index))

    def indices(self, indices: Iterable[Expr]) -> str:
        return ",".join(map(self.index, indices))

    def legs(self, legs: Legs) -> str:
        return self.notation.leg.join(self.index(leg) for leg in legs) or "1"

Row: TypeAlias = Callable[[Printer, Basic], Piece]
"""What prints one head."""
