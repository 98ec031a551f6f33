"""Rows, pieces and sides: where the equations of a passage are, before any grammar.

A passage is cut into rows at the top-level `\\\\`, rows into pieces at commas, wide spaces, arrows, prose and every
second &, pieces into sides at the top-level '='.  Top-level means: not in a script, in braces, in brackets, in a
matrix or cases.  A bracket that is never closed hides no '='; the side in which it stands is unreadable.

A chain a = b = c makes two links, (a, b) with head a and (b, c) with head a.  A row that begins with '=' goes on with
the chain of the row above, a row that begins with an operator with its last side.  An '=' between an index or a
length and another one or a number is a condition: it is numbered, makes no link, and holds for the passage."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from .onwards import is_only_step, joins_a_range
from .rows import Cell, Piece, laid_out, piece_of
from .stated import condition_behind, counts, in_parentheses, is_condition, is_in_a_set, is_range, numbers_an_equation
from .tokens import Aside, Source, Token, is_annotation, lex

Tokens = tuple[Token, ...]
_COMMENT = re.compile("%[^\n]*")

ENDS_SIDE = ("∈", "≤", "≥", "<", ">", "≠", "≈", "≡")
ORDERS = tuple(r for r in ENDS_SIDE if r != "∈")
WRITTEN = ("", ":=", "+=", "-=")
"""How an '=' is written; any other note on it says why it is none."""

UNCLEAR = "of which steps this is said is not understood; write a condition such as t < T or a range such as t = T, ..., 1"

ENCLOSED = "an equation inside this is not understood; write it by itself"
DERIVED = ("\\partial", "∂", "\\nabla", "∇")
"""Signs of derivatives: an equation with one of them is told of, however it is enclosed."""

EQUIVALENT = ("iff", "Leftrightarrow", "Longleftrightarrow", "⇔", "⟺")
"""Arrows between equations that are said to be equivalent."""

COUNTERS = frozenset(("i", "j", "k", "l", "m", "n", "s", "t", "u", "T", "N", "\\tau"))
"""Letters taken for indices and lengths where the caller says nothing."""


@dataclass(frozen=True)
class Link:
    """One '=': the expression just before it, the one right of it, and the head of the chain.

    `place` is the offset of the '='; `id` is `L<line>:<n>`; `problem` says why it cannot be read (with its offset),
    or "".  `accumulates`: whether the chain began with += (the right sides are what one step adds)."""

    id: str
    place: int
    head: Tokens
    left: Tokens
    right: Tokens
    first: bool
    problem: str = ""
    problem_at: int = 0
    accumulates: bool = False


@dataclass(frozen=True)
class Condition:
    """A condition as tokens, and the places of the '=' for which it holds (None: all of the passage)."""

    tokens: Tokens
    holds_for: frozenset[int] | None = None


@dataclass(frozen=True)
class Chains:
    """What one passage holds: its links, its conditions as tokens, what was set aside, where the '=' stand that count, and
    as links without an id what ≡ introduces: δ ≡ ∂L/∂z is no '=' and gets no entry, but says what δ is."""

    links: tuple[Link, ...]
    conditions: tuple[Condition, ...]
    asides: tuple[Aside, ...]
    counted: tuple[int, ...] = ()
    named: tuple[Link, ...] = ()


@dataclass
class _Chain:
    """A chain while its rows are gathered: sides and the '=' (or other relation) before each but the first."""

    sides: list[list[Token]] = field(default_factory=lambda: [[]])
    marks: list[Token] = field(default_factory=list)
    problem: tuple[str, int] | None = None


def chains(source: Source, earlier: int = 0, is_counter: Callable[[str], bool] = COUNTERS.__contains__) -> Chains:
    """The equations of a passage.

    `earlier`: how many '=' stand before it on its first line.  `is_counter` tells the letters of indices and lengths.

    >>> [link.id for link in chains(Source("a = b, \\\\quad c = d \\\\\\\\ = e")).links]
    ['L1:1', 'L1:2', 'L1:3']
    """
    layout = laid_out(source.text)
    bad = layout.bad
    gathered = _Gatherer(bad, is_counter)
    for row in layout.rows:
        gathered.row(row)
    if not gathered.found and not gathered.conditions and any(sign in source.text for sign in DERIVED):
        gathered.found += _enclosed(source.text)
    for chain in gathered.found if gathered.unclear is not None else ():
        chain.problem = chain.problem or (UNCLEAR, gathered.unclear.start)  # type: ignore[union-attr]
    marks = [m for chain in gathered.found for m in chain.marks]
    marks += [t for c in gathered.conditions if not is_range(c.tokens) for t in c.tokens]
    counted = sorted((t for t in marks if t.text == "="), key=lambda t: t.start)
    prefix = source.places.prefix if source.places else ""
    number: dict[int, int] = {}
    names: dict[int, str] = {}
    for token in counted:
        line, _ = source.place(token.start)
        number[line] = number.get(line, earlier if line == source.line else 0) + 1
        names[token.start] = f"{prefix}L{line}:{number[line]}"
    asides = [*layout.asides, *gathered.asides]
    links = [link for chain in gathered.found for link in _links(chain, names, bad, asides)]
    in_order = tuple(sorted(links, key=lambda k: k.place))
    return Chains(in_order, gathered.scoped(), tuple(asides), tuple(t.start for t in counted), tuple(gathered.named))


def written(tokens: Sequence[Token], text: str) -> str:
    """A side as it stands in the source on one line, without comments, row ends and alignment marks."""
    parts: list[str] = []
    for k, token in enumerate(tokens):
        if k:
            between = _COMMENT.sub(" ", text[tokens[k - 1].end : token.start])
            parts.append(" " if "\\\\" in between or "&" in between else between)
        parts.append(text[token.start : token.end])
    return " ".join("".join(parts).split())


class _Gatherer:
    """Puts the pieces of all rows together into chains and conditions."""

    def __init__(self, bad: dict[int, str], is_counter: Callable[[str], bool]):
        self.bad, self.is_counter = bad, is_counter
        self.found: list[_Chain] = []
        self.conditions: list[Condition] = []
        self.asides: list[Aside] = []
        self.above: dict[int, _Chain] = {}
        self.last: _Chain | None = None
        self.counting = False
        self.loose: Token | None = None
        self.fixing = False
        self.unclear: Token | None = None
        self.settled: Token | None = None
        self.named: list[Link] = []
        self.marks: set[int] = set()
        self.rows: list[frozenset[int]] = []  # the marks of the row in which each condition stands

    def row(self, row: tuple[Cell, ...]) -> None:
        stated, self.marks = len(self.conditions), set()
        for column, cell in enumerate(row):
            self.cell(cell, column)
        self.equivalent(row)
        self.rows += [frozenset(self.marks)] * (len(self.conditions) - stated)

    def equivalent(self, row: tuple[Cell, ...]) -> None:
        """A ⟺ B asserts neither A nor B."""
        mark = next((a for cell in row for a in cell.separators if a.text in EQUIVALENT), None)
        here = self.marks
        for chain in self.found if mark is not None else ():
            if any(t.start in here for t in chain.marks):
                chain.problem = chain.problem or ("an equivalence asserts neither of its sides", mark.start if mark else 0)

    def cell(self, cell: Cell, column: int) -> None:
        """One equation's cell of a row; a row that goes on does so with the chain above it in its column."""
        self.asides += cell.separators
        self.last, self.counting, self.loose = self.above.get(column, self.above.get(0)), False, None
        touched: list[_Chain] = []
        before = ""
        for number, (piece, after) in enumerate(zip(cell.pieces, _words_behind(cell), strict=True)):
            if not self._ends_a_range(piece, before):
                stated = len(self.conditions)
                self.piece(piece, number == 0)
                self._fixed(piece, before, after, len(self.conditions) > stated)
            before = after
            if self.last is not None and self.last not in touched:
                touched.append(self.last)
        if self.last is not None:
            self.above[column] = self.above[0] = self.last
        if not cell.broken:
            return
        inside = {t.start for chain in touched for side in chain.sides for t in side}
        broken = next((place for place in cell.broken if place not in inside), None)
        for chain in touched if broken is not None else ():
            chain.problem = chain.problem or (self.bad[broken or 0], broken or 0)

    def _ends_a_range(self, piece: Piece, between: str) -> bool:
        """Whether a piece is the 1 of "t = T down to 1", or the t = 1 of "from t = T to t = 1"."""
        end = piece.tokens
        if self.fixing and piece.before != "comma" and counts(end, self.is_counter):
            self.unclear = self.unclear or end[0]  # t = T, and then T - 1
        if not self.fixing or not joins_a_range(between):
            return False
        if len(piece.sides) == 2 and _texts(piece.sides[0]) == _texts(self.conditions[-1].tokens[: len(piece.sides[0])]):
            end = piece.sides[1]
        if not counts(end, self.is_counter):
            return False
        comma, dots = (Token(*sign, end[0].start, end[0].start) for sign in (("punct", ","), ("command", "dots")))
        self.conditions[-1] = Condition((*self.conditions[-1].tokens, comma, dots, comma, *end))
        self.fixing, self.unclear = False, self.settled  # what was unclear before this condition stays so
        return True

    def _fixed(self, piece: Piece, before: str, after: str, stated: bool) -> None:
        """Note whether a piece says t = T, for one step, and whether the words around it, and in it, speak of others."""
        self.settled = self.unclear
        said = self.conditions[-1].tokens if stated else ()
        self.fixing = [t.text for t in said if t.kind == "relation"] == ["="] and not is_range(said)
        if self.fixing:
            inside = " ".join(t.text for t in piece.tokens if t.start < said[0].start and is_annotation(t))
            if not is_only_step(f"{before} {inside}", after):
                self.unclear = self.unclear or piece.tokens[0]

    def scoped(self) -> tuple[Condition, ...]:
        """The conditions: one beside equations holds for their chains, one that has a row for itself for the whole passage.

        Where several rows of a chain have conditions, each holds in its row.
        """
        whole = [frozenset(t.start for t in chain.marks) for chain in self.found]
        shared = {m for m in whole if len({row for row in self.rows if m & row}) > 1}
        wide = [row.union(*(m for m in whole if m & row and m not in shared)) for row in self.rows]
        return tuple(replace(c, holds_for=m or None) for c, m in zip(self.conditions, wide, strict=True))

    def piece(self, piece: Piece, fresh: bool) -> None:
        """One piece: it goes on with a chain, begins one, is a condition, or carries no equation."""
        behind = condition_behind(piece.tokens, self.is_counter)
        if behind:
            self.piece(piece_of(piece.before, piece.marked[:behind]), fresh)
            piece, fresh = piece_of("gap", piece.marked[behind:]), False
        tokens, relations = piece.tokens, piece.relations
        counting, self.counting = self.counting, False
        if counting and piece.before == "comma" and not relations and counts(tokens, self.is_counter):
            comma = Token("punct", ",", tokens[0].start, tokens[0].start)
            self.conditions[-1] = Condition((*self.conditions[-1].tokens, comma, *tokens))
            self.counting = True
        elif self.last is not None and _goes_on(piece, fresh):
            self._extend(self.last, piece)
        elif relations and (is_condition(piece.sides, self.is_counter) or is_in_a_set(piece, self.is_counter)):
            self.conditions.append(Condition(tokens))
            self.counting = True
        elif (inner := in_parentheses(tokens, self.is_counter)) is not None:
            self.conditions.append(Condition(inner))
        elif _is_remark(piece) or counts(tokens, self.is_counter) or (not fresh and numbers_an_equation(tokens)):
            self.asides.append(Aside("", tokens[0].start, tokens[-1].end))
        elif any(t.text == "=" for t in relations):
            self._begin(piece)
        elif relations:  # a bound or a membership: no equation
            self.asides.append(Aside("", tokens[0].start, tokens[-1].end))
            self._name(piece)
        elif not fresh and self.last is not None and self.last.problem is None:
            what = "what stands beside this equation is neither an equation nor a condition"
            self.last.problem = (what, tokens[0].start)
        else:
            self.loose = tokens[0]

    def _name(self, piece: Piece) -> None:
        head, right, *_ = piece.sides
        if piece.relations[0].text == "≡" and head and right:
            self.named.append(Link("", piece.relations[0].start, head, head, right, True))

    def _begin(self, piece: Piece) -> None:
        self._name(piece)
        chain = _Chain()
        self.found.append(chain)
        self._extend(chain, piece)
        if not chain.sides[0]:
            chain.problem = ("no expression stands before this =", piece.tokens[0].start)
        elif self.loose is not None and piece.before == "comma":
            chain.problem = ("what stands before the comma is neither an equation nor a condition", self.loose.start)
        self.last = chain

    def _extend(self, chain: _Chain, piece: Piece) -> None:
        """Add a piece to a chain: its first part to the last side, every relation begins another side."""
        nothing = next((k for k, side in enumerate(piece.sides[1:-1]) if not side), None)
        if nothing is not None:  # a == b; a chain that goes on in the next row may end a row with its =
            chain.problem = chain.problem or ("nothing stands right of this =", piece.relations[nothing].start)
        self.marks.update(t.start for t in piece.relations)
        chain.marks += piece.relations
        chain.sides[-1] += piece.sides[0]
        chain.sides += map(list, piece.sides[1:])


def _enclosed(text: str) -> list[_Chain]:
    """The equation inside of something that encloses it, such as \\overline{a = b}, as one that cannot be read."""
    stack: list[int] = []
    tokens = lex(text).tokens
    for k, token in enumerate(tokens):
        if token.kind == "bad" and "=" in token.text:
            return [_Chain([[token], [token]], [replace(token, kind="relation", text="=", note="")], (token.note, token.start))]
        if token.kind in ("open", "begin"):
            stack.append(k)
        elif token.kind in ("close", "end") and stack:
            stack.pop()
        elif (token.kind, token.text) != ("relation", "=") or not stack or k + 1 == len(tokens):
            continue
        elif all(tokens[j - 1].kind != "script" for j in stack if j):
            sides = [list(tokens[stack[-1] + 1 : k]), [tokens[k + 1]]]
            return [_Chain(sides, [token], (ENCLOSED, tokens[stack[0]].start))]
    return []


def _goes_on(piece: Piece, fresh: bool) -> bool:
    """Whether a piece goes on with the side or the chain above: it begins with = or with an operator."""
    first = piece.tokens[0]
    if piece.before not in ("start", "gap") or not (first.text == "=" or first.kind == "op"):
        return False
    return fresh or not (first.text in "+-" and piece.relations)


def _texts(tokens: Sequence[Token]) -> list[str]:
    return [t.text for t in tokens]


def _words_behind(cell: Cell) -> Iterator[str]:
    """The words and signs that stand between each piece and the next, without spaces."""
    starts = [p.tokens[0].start for p in cell.pieces[1:]]
    for piece, following in zip(cell.pieces, (*starts, math.inf), strict=False):
        between = (a.text for a in cell.separators if piece.tokens[-1].end <= a.start < following)
        yield " ".join(text for text in between if text not in ("quad", "qquad"))


def _is_remark(piece: Piece) -> bool:
    """A parenthesis with words in it, such as (t: the t-th step)."""
    tokens = piece.tokens
    return (
        tokens[0].text == "("
        and tokens[-1].text == ")"
        and all(d for _, d in piece.marked)
        and any(map(is_annotation, tokens))
    )


def _links(chain: _Chain, names: dict[int, str], bad: dict[int, str], asides: list[Aside]) -> Iterator[Link]:
    sides = [tuple(s) for s in chain.sides]
    whole = chain.problem or _run_together(chain.marks, sides) or _beyond(chain.marks, sides, bad)
    head, previous, first, accumulates = sides[0], sides[0], True, False
    for mark, side in zip(chain.marks, sides[1:], strict=True):
        if mark.text != "=":
            asides.append(Aside("", mark.start, max((t.end for t in side), default=mark.end)))
            if mark.text in ORDERS:  # a ≤ b = c says nothing about a = c
                head, previous, first, accumulates = side, side, True, False
            continue
        broken = next((t for t in (*head, *side) if t.start in bad), None)
        problem, at = whole or ("", 0)
        accumulates = accumulates or (first and mark.note == "+=")
        if mark.note == "-=" or (mark.note == "+=" and not first):
            problem, at = f"{mark.note} is no equation here; only += right behind a gradient is understood", mark.start
        elif mark.note not in WRITTEN:
            problem, at = mark.note, mark.start
        elif broken is not None:
            problem, at = bad[broken.start], broken.start
        elif not side:
            problem, at = "nothing stands right of this =", mark.start
        yield Link(names[mark.start], mark.start, head, previous, side, first, problem, at, accumulates)
        previous, first = side, False
        if mark.note not in WRITTEN:  # a = b is in doubt, and so is what is said of a behind it
            head, first, accumulates = side, True, False


def _beyond(marks: list[Token], sides: list[Tokens], bad: dict[int, str]) -> tuple[str, int] | None:
    """What is wrong in a side that is no expression of the chain, such as the set after ∈."""
    for mark, side in zip(marks, sides[1:], strict=True):
        for token in side if mark.text != "=" else ():
            if token.start in bad or token.kind == "bad":
                return bad.get(token.start, token.note), token.start
    return None


def _run_together(marks: list[Token], sides: list[Tokens]) -> tuple[str, int] | None:
    """A formula printed twice without a break, X = Y X = Y, looks like a chain with a product Y X in it."""
    for k in range(1, len(sides) - 1):
        head, middle, last = (tuple((t.kind, t.text) for t in s) for s in (sides[k - 1], sides[k], sides[k + 1]))
        if head and last and middle == last + head:
            return "the same formula seems to be printed twice, run together; write it once", marks[k - 1].start
    return None
