"""The records of the document stage: formulas with their places, what stands around them, and what is broken."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..places import Lines, Mapped, Places
from .announced import Announced

MAX_BYTES = 5_000_000
MAX_FORMULAS = 50_000
KINDS = ("markdown", "latex", "text", "notebook")


class DocumentError(ValueError):
    """A document that cannot be read at all; `line` and `column` are 0 where it has none."""

    def __init__(self, message: str, line: int = 0, column: int = 0):
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True)
class BlockLine:
    """A line of the declarations: where it begins in the document, and its text."""

    line: int
    column: int
    text: str
    cell: str = ""


@dataclass(frozen=True)
class Problem:
    """A place where the document is broken, such as a $ that is never closed; the rest is read all the same.

    source  the line of the declarations that is wrong, if it is one
    """

    message: str
    line: int
    column: int
    cell: str = ""
    source: BlockLine | None = None


@dataclass(frozen=True)
class Formula:
    """A formula of a document.

    text     its LaTeX, without delimiters, quote marks and macros
    places   where each of its characters stands
    start    and `end`: the slice of the body's text that it takes up, delimiters included
    display  whether it stands on its own
    plain    whether it stands in undelimited text
    heading  the headings above it, outermost first
    label    from \\label, \\tag or an anchor behind it, or ""
    lead     what stands before it in its sentence: words, and positions of formulas in the document
    trail    what stands after it in its sentence
    broken   why it is no whole formula (a $ that is never closed), or ""
    supposed what sentences above it announce of a special case (see `announced`, `supposing`)
    assumed  whether it is itself supposed, as in "Let $o = y$";  special: whether it stands where something is
    """

    text: str
    places: Places = field(compare=False)
    start: int
    end: int
    display: bool
    plain: bool = False
    heading: tuple[str, ...] = ()
    label: str = ""
    lead: tuple[str | int, ...] = ()
    trail: tuple[str | int, ...] = ()
    broken: str = ""
    supposed: tuple[Announced, ...] = ()
    assumed: bool = False
    special: bool = False

    @property
    def line(self) -> int:
        return self.places.start(0)[0]

    @property
    def column(self) -> int:
        return self.places.start(0)[1]

    @property
    def cell(self) -> str:
        """The prefix of ids in a notebook, such as `C3:`, else ""."""
        return self.places.prefix


@dataclass(frozen=True)
class Declarations:
    """What the author says in the block of declarations.

    layout  "gradient", "jacobian" or "denominator", or "" where nothing is said; product: "descending", "ascending", "";
            softmax: "rows", "columns", ""
    names   (line, name as LaTeX, what is said of it), such as (3, "W", "R^{n x m}") and (4, "y_t", "label")
    """

    layout: str = ""
    product: str = ""
    names: tuple[tuple[int, str, str], ...] = ()
    softmax: str = ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(name, what is said of it) of each line about names."""
        return tuple((name, told) for _, name, told in self.names)


NOTHING_DECLARED = Declarations()


@dataclass(frozen=True)
class Reworded:
    """Something that is read in another form than it is written in, and why.

    label  the one-hot vector of the class at which an entry is taken, or ""
    """

    line: int
    written: str
    read: str
    why: str
    label: str = ""


@dataclass(frozen=True)
class Document:
    """A document taken apart: its formulas in their order, what is broken, and what its author declares.

    lines  the source lines, by the prefix of the cell ("" but in notebooks)
    ignored  (prefix of the cell, line) inside of formulas that the author asks not to judge
    softmax  along which lines of a matrix it takes softmax, "rows", "columns", "rows and columns" where it says both, or ""
    repeats  whether it says that repeated indices are summed over
    reworded what is read in another form than it is written in
    accents  those that make the name of a quantity that of the gradient by it, "bar" where bars denote adjoints
    """

    kind: str
    formulas: tuple[Formula, ...]
    problems: tuple[Problem, ...] = ()
    declarations: Declarations = Declarations()
    lines: dict[str, list[str]] = field(default_factory=dict)
    ignored: frozenset[tuple[str, int]] = frozenset()
    softmax: str = ""
    repeats: bool = False
    reworded: tuple[Reworded, ...] = ()
    accents: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Heading:
    """A heading: where its line begins in the body's text, how deep it is, and its words."""

    start: int
    level: int
    words: str


@dataclass(frozen=True)
class Body:
    """The text of one document or cell in which formulas are looked for, with what its format says about it.

    mapped    the text; code, comments and quote marks are blank in it
    lines     of the source
    headings  in their order
    breaks    offsets at which a paragraph, an item or a row of a table begins
    fenced    slices that are one formula each (```math): (start, end, label)
    blocks    the lines of the declarations
    strict    whether \\( and \\[ always open a formula (in Markdown they may be mere escapes)
    markup    whether `code` and <tags> are no mathematics
    prose     whether formulas in undelimited text are looked for
    broken    slices that are no whole formula: (start, where its text begins, end, what is wrong)
    asked     lines with a comment that asks not to judge
    """

    mapped: Mapped
    lines: Lines
    headings: tuple[Heading, ...] = ()
    breaks: tuple[int, ...] = ()
    fenced: tuple[tuple[int, int, str], ...] = ()
    blocks: tuple[BlockLine, ...] = ()
    strict: bool = True
    markup: bool = False
    prose: bool = True
    broken: tuple[tuple[int, int, int, str], ...] = ()
    asked: tuple[int, ...] = ()
