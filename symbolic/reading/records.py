"""The records that leave the reading stage: claims with every consistent reading of them as terms."""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import Relation
from ..language.bounds import Statement
from ..model import Model
from .places import Places


@dataclass(frozen=True)
class Span:
    """A place in the source: 1-based lines and columns in code points, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Passage:
    """A piece of a note that holds formulas: where it begins, its LaTeX, and what its sentence adds.

    given   conditions in LaTeX such as t < T_r, parted by semicolons, that hold for the whole passage
    where   names that the sentence fixes: LaTeX of a function name -> name of a row of the function table
    model   position of the forward model among those of the note (a note may have several notations)
    earlier how many '=' stand before it on its first line
    column  the column at which it begins
    places  where each character of the LaTeX stands, if not simply one after the other from there on
    dummies letters that are arguments of an identity here, such as z in f'(z)
    broken  why it is no whole formula, or ""; every '=' in it is unreadable then
    heading the headings over it, the outermost first
    assumed whether it is a condition of its sentence, as in "if o = y", so that it defines nothing
    special whether it is said of a special case, so that it defines nothing anew
    repeats whether its note leaves out Σ over indices that stand twice (see `repeated`)
    """

    line: int
    latex: str
    given: str = ""
    where: dict[str, str] = field(default_factory=dict)
    model: int = 0
    earlier: int = 0
    column: int = 1
    places: Places | None = field(default=None, compare=False)
    dummies: tuple[str, ...] = ()
    broken: str = ""
    heading: tuple[str, ...] = ()
    assumed: bool = False
    special: bool = False
    repeats: bool = False


@dataclass(frozen=True)
class Note:
    """A note: its forward models (one per notation), its passages, and what it says in words about size."""

    name: str
    title: str
    models: tuple[Model, ...]
    passages: tuple[Passage, ...]
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Reading:
    """One consistent way to understand one '='.

    words       the choices made, in words, only those that were a choice: ("∂ immediate", "∏ descending")
    instance    which weight a name stands for ("W = W_rec"), or ""; a claim must hold in every instance
    head        the chain's head (leftmost expression), right: the expression right of this '=', previous: the one just
                before this '=' or None where that is the head itself (or cannot be read)
    conditions  on the free indices, beyond their ranges
    free        the free time indices with their (lower, upper) bounds
    conventions what was taken for granted although it is not printed, in words ("+= at every step: the sum over t")
    loose       whether the right side holds derivatives not worked out, so that its layout is the reader's choice and
                only its entries in row-major order are compared
    others      the expression before, in the other ways in which it can be understood
    """

    words: tuple[str, ...]
    instance: str
    head: Basic
    right: Basic
    previous: Basic | None
    conditions: tuple[Relation, ...] = ()
    free: tuple[tuple[Symbol, Expr, Expr], ...] = ()
    loose: bool = False
    others: tuple[Basic, ...] = ()
    conventions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Illshaped:
    """A reading whose right side does not conform.

    message     which operands do not conform, with their shapes
    equalities  sizes whose equality would make it conform; empty if nothing would
    rescued     the reading under these equalities (equal sizes replaced by one of them), or None
    """

    words: tuple[str, ...]
    instance: str
    message: str
    equalities: tuple[tuple[Expr, Expr], ...]
    rescued: Reading | None


@dataclass(frozen=True)
class Claim:
    """One '=' with everything that the judge needs.

    kind       "definition", "claim" or "identity"
    defines    name of the family whose forward equation this is, or of the error name that it introduces, else ""
    error_uses names of families whose adjoint is used under an error name (δ_t) on the right side
    follows    whether it continues the chain of the claim before it: a = b = c makes two claims, the second follows
    adjoint_of name of the family if the chain's head is its adjoint (δ_t or ∂L/∂h_t), else ""
    unreadable why it cannot be read, with the place, or ""
    passage    position of its passage in the note
    update     whether it is a step of a descent, of which the readings hold both sides divided by the rate
    loosely    where it conforms in no reading, those in which columns side by side are multiplied, numbers added entry by entry
    """

    id: str
    span: Span
    latex: str
    head_latex: str
    kind: str
    readings: tuple[Reading | Illshaped, ...]
    model: int = 0
    defines: str = ""
    error_uses: tuple[str, ...] = ()
    adjoint_of: str = ""
    unreadable: str = ""
    follows: bool = False
    passage: int = 0
    update: bool = False
    loosely: tuple[Reading, ...] = ()
