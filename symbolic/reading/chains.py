"""Rows, pieces and sides: where the equations of a passage are, before any grammar.

A passage is cut into rows at the top-level `\\\\`, rows into pieces at commas, wide spaces, arrows, prose and every
second &, pieces into sides at the top-level '='.  Top-level means: not in a script, in braces, in brackets, in a
matrix or cases.  A bracket that is never closed hides no '='; the side in which it stands is unreadable.

A chain a = b = c makes two links, (a, b) with head a and (b, c) with head a.  A row that begins with '=' goes on with
the chain of the row above, a row that begins with an operator with its last side.  An '=' between an index or a
length and another one or a number is a condition: it is numbered, makes no link, and holds for the passage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from . import notation as N
from .tokens import Aside, Source, Token, is_annotation, lex

Tokens = tuple[Token, ...]

ENDS_SIDE = ("∈", "≤", "≥", "<", ">", "≠", "≈")
ORDERS = tuple(r for r in ENDS_SIDE if r != "∈")
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
    """What one passage holds: its links, its conditions as tokens, what was set aside, and where the '=' stand that count."""

    links: tuple[Link, ...]
    conditions: tuple[Condition, ...]
    asides: tuple[Aside, ...]
    counted: tuple[int, ...] = ()


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
    lexed = lex(source.text)
    depths, bad = _depths(lexed.tokens)
    gathered = _Gatherer(bad, is_counter)
    for row in _split(list(zip(lexed.tokens, depths, strict=True)), lambda t, d: t.kind == "row" and not d):
        gathered.row(row)
    marks = [m for chain in gathered.found for m in chain.marks]
    marks += [t for c in gathered.conditions if not _is_range(c.tokens) for t in c.tokens]
    counted = sorted((t for t in marks if t.text == "="), key=lambda t: t.start)
    prefix = source.places.prefix if source.places else ""
    number: dict[int, int] = {}
    names: dict[int, str] = {}
    for token in counted:
        line, _ = source.place(token.start)
        number[line] = number.get(line, earlier if line == source.line else 0) + 1
        names[token.start] = f"{prefix}L{line}:{number[line]}"
    asides = [*lexed.asides, *gathered.asides]
    links = [link for chain in gathered.found for link in _links(chain, names, bad, asides)]
    in_order = tuple(sorted(links, key=lambda k: k.place))
    return Chains(in_order, gathered.scoped(), tuple(asides), tuple(t.start for t in counted))


def written(tokens: Sequence[Token], text: str) -> str:
    """A side as it stands in the source, without row ends and alignment marks."""
    parts: list[str] = []
    for k, token in enumerate(tokens):
        if k:
            between = text[tokens[k - 1].end : token.start]
            parts.append(" " if "\\\\" in between or "&" in between else between)
        parts.append(text[token.start : token.end])
    return " ".join("".join(parts).split())


def _depths(tokens: Sequence[Token]) -> tuple[list[int], dict[int, str]]:
    """How deep each token stands in closed brackets, and the brackets that match nothing (offset -> reason)."""
    partner: dict[int, int] = {}
    bad: dict[int, str] = {}
    stack: list[int] = []
    places: dict[str, list[int]] = {}  # where each kind of opening bracket stands in the stack
    for k, token in enumerate(tokens):
        opening, closing = _bracket(token)
        if opening:
            places.setdefault(opening, []).append(len(stack))
            stack.append(k)
        elif closing:
            match = places.get(closing, [])[-1:]
            walls = [p[-1] for kind, p in places.items() if p and (kind == "{" or kind.startswith("\\begin"))]
            if not match or match[0] < max(walls, default=-1):
                bad[token.start] = f"{token.text} closes no bracket"
                continue
            for unclosed in stack[match[0] + 1 :]:
                bad[tokens[unclosed].start] = f"{_bracket(tokens[unclosed])[0]} is never closed"
            partner[stack[match[0]]] = k
            if (tokens[stack[match[0]]].note, token.note) not in (("", ""), ("left", "right")):
                bad[token.start] = "\\left without \\right"
            for unclosed in stack[match[0] :]:
                places[_bracket(tokens[unclosed])[0]].pop()
            del stack[match[0] :]
    for unclosed in stack:
        bad[tokens[unclosed].start] = f"{_bracket(tokens[unclosed])[0]} is never closed"
    depths, depth, ends = [], 0, set()
    for k in range(len(tokens)):
        if k in partner:
            ends.add(partner[k])
            depth += 1
            depths.append(depth)
        else:
            depths.append(depth)
            depth -= k in ends
    return depths, bad


def _bracket(token: Token) -> tuple[str, str]:
    """The opening bracket that this token is, and the one that it closes."""
    if token.kind == "open":
        return token.text, ""
    if token.kind == "close":
        return "", {")": "(", "]": "[", "}": "{", "\\}": "\\{", "⟩": "⟨", "‖": "‖"}[token.text]
    if token.kind in ("begin", "end") and token.text not in N.TRANSPARENT:
        return (f"\\begin{{{token.text}}}", "") if token.kind == "begin" else ("", f"\\begin{{{token.text}}}")
    return "", ""


Marked = list[tuple[Token, int]]


def _split(tokens: Marked, here: Callable[[Token, int], bool]) -> Iterator[Marked]:
    part: Marked = []
    for token, depth in tokens:
        if here(token, depth):
            yield part
            part = []
        else:
            part.append((token, depth))
    yield part


def _columns(row: Marked) -> Iterator[Marked]:
    """The equations set side by side with &: cells 1 and 2, cells 3 and 4, and so on."""
    row = [(t, d) for t, d in row if d or not (t.kind in ("begin", "end") and t.text in N.TRANSPARENT)]
    cells = list(_split(row, lambda t, d: t.kind == "cell" and not d))
    if len(cells) == 3 and len(cells[1]) == 1 and cells[1][0][0].kind == "relation":
        cells = [cells[0], cells[1] + cells[2]]  # a &=& b
    for k in range(0, len(cells), 2):
        yield [pair for cell in cells[k : k + 2] for pair in cell]


def _is_separator(token: Token, depth: int) -> bool:
    return not depth and (
        token.kind == "gap" or (token.kind == "punct" and token.text in ",;:.") or is_annotation(token)
    )


def _pieces(cell: Marked) -> Iterator[tuple[str, Marked]]:
    """(what stands before it: "start", "gap", "comma" or "words", the piece), empty pieces left out."""
    before = "start"
    piece: Marked = []
    for token, depth in cell:
        if _is_separator(token, depth):
            if piece:
                yield before, piece
                piece, before = [], "gap"
            kind = "comma" if token.kind == "punct" else "words" if token.kind == "word" else "gap"
            ranks = (
                ("start", "gap", "words", "comma")
                if before != "start" or kind == "comma"
                else ("gap", "start", "words", "comma")
            )
            before = max(before, kind, key=ranks.index)
        else:
            piece.append((token, depth))
    if piece:
        yield before, piece


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

    def row(self, row: Marked) -> None:
        stated, marked = len(self.conditions), self._marks()
        for column, cell in enumerate(_columns(row)):
            self.cell(cell, column)
        here = self._marks() - marked
        self.conditions[stated:] = [replace(c, holds_for=here or None) for c in self.conditions[stated:]]

    def cell(self, cell: Marked, column: int) -> None:
        """One equation's cell of a row; a row that goes on does so with the chain above it in its column."""
        self.asides += [Aside(t.text, t.start, t.end) for t, d in cell if _is_separator(t, d)]
        self.last, self.counting, self.loose = self.above.get(column, self.above.get(0)), False, None
        touched: list[_Chain] = []
        for number, (before, piece) in enumerate(_pieces(cell)):
            self.piece(before, piece, number == 0)
            if self.last is not None and self.last not in touched:
                touched.append(self.last)
        if self.last is not None:
            self.above[column] = self.above[0] = self.last
        inside = {t.start for chain in touched for side in chain.sides for t in side}
        broken = next((t.start for t, _ in cell if t.start in self.bad and t.start not in inside), None)
        for chain in touched if broken is not None else ():
            chain.problem = chain.problem or (self.bad[broken or 0], broken or 0)

    def _marks(self) -> frozenset[int]:
        return frozenset(m.start for chain in self.found for m in chain.marks)

    def scoped(self) -> tuple[Condition, ...]:
        """The conditions: those of one row hold for the whole passage unless other rows have others."""
        if len({c.holds_for for c in self.conditions if c.holds_for}) > 1:
            return tuple(self.conditions)
        return tuple(Condition(c.tokens) for c in self.conditions)

    def piece(self, before: str, piece: Marked, fresh: bool) -> None:
        """One piece: it goes on with a chain, begins one, is a condition, or carries no equation."""
        tokens = tuple(t for t, _ in piece)
        relations = [t for t, d in piece if t.kind == "relation" and not d]
        counting, self.counting = self.counting, False
        if counting and before == "comma" and not relations and _counts(tokens, self.is_counter):
            self.conditions[-1] = Condition(self.conditions[-1].tokens + tokens)
            self.counting = True
        elif self.last is not None and self._goes_on(before, tokens, relations, fresh):
            _extend(self.last, piece)
        elif relations and _is_condition(_sides(piece), self.is_counter):
            self.conditions.append(Condition(tokens))
            self.counting = True
        elif _is_remark(piece) or _counts(tokens, self.is_counter):
            self.asides.append(Aside("", tokens[0].start, tokens[-1].end))
        elif any(t.text == "=" for t in relations):
            self._begin(before, piece)
        elif relations:  # a bound or a membership: no equation
            self.asides.append(Aside("", tokens[0].start, tokens[-1].end))
        elif not fresh and self.last is not None and self.last.problem is None:
            what = "what stands beside this equation is neither an equation nor a condition"
            self.last.problem = (what, tokens[0].start)
        else:
            self.loose = tokens[0]

    def _goes_on(self, before: str, tokens: Tokens, relations: list[Token], fresh: bool) -> bool:
        if before not in ("start", "gap") or not (tokens[0].text == "=" or tokens[0].kind == "op"):
            return False
        return fresh or not (tokens[0].text in "+-" and relations)

    def _begin(self, before: str, piece: Marked) -> None:
        chain = _Chain()
        self.found.append(chain)
        _extend(chain, piece)
        if not chain.sides[0]:
            chain.problem = ("no expression stands before this =", piece[0][0].start)
        elif self.loose is not None and before == "comma":
            chain.problem = ("what stands before the comma is neither an equation nor a condition", self.loose.start)
        self.last = chain


def _sides(piece: Marked) -> list[list[Token]]:
    return [[t for t, _ in part] for part in _split(piece, lambda t, d: t.kind == "relation" and not d)]


def _extend(chain: _Chain, piece: Marked) -> None:
    """Add a piece to a chain: its first part to the last side, every relation begins another side."""
    for token, depth in piece:
        if token.kind == "relation" and not depth:
            chain.marks.append(token)
            chain.sides.append([])
        else:
            chain.sides[-1].append(token)


def _counts(tokens: Sequence[Token], is_counter: Callable[[str], bool]) -> bool:
    """Whether the tokens are an index or a length (t, T_r, t - 1), a number, or dots."""
    if not tokens or len(tokens) > 9:
        return False
    if len(tokens) == 1 and (tokens[0].kind == "number" or (tokens[0].kind == "command" and tokens[0].text == "dots")):
        return True
    if tokens[0].kind != "letter" or not is_counter(tokens[0].text):
        return False
    rest = list(tokens[1:])
    if rest[:1] and rest[0].text == "_":
        end = (
            1
            if len(rest) > 1 and rest[1].text != "{"
            else next((k for k, t in enumerate(rest) if t.text == "}"), len(rest))
        )
        rest = rest[end + 1 :]
    return not rest or (len(rest) == 2 and rest[0].text in ("+", "-") and rest[1].kind == "number")


def _is_condition(sides: list[list[Token]], is_counter: Callable[[str], bool]) -> bool:
    return all(_counts(s, is_counter) for s in sides) and any(s[0].kind == "letter" for s in sides)


def _is_range(tokens: Sequence[Token]) -> bool:
    """t = 1, 2, ..., l"""
    return any(t.kind == "command" and t.text == "dots" for t in tokens)


def _is_remark(piece: Marked) -> bool:
    """A parenthesis with words in it, such as (t: the t-th step)."""
    tokens = [t for t, _ in piece]
    return (
        tokens[0].text == "("
        and tokens[-1].text == ")"
        and all(d for _, d in piece)
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
        elif broken is not None:
            problem, at = bad[broken.start], broken.start
        elif not side:
            problem, at = "nothing stands right of this =", mark.start
        yield Link(names[mark.start], mark.start, head, previous, side, first, problem, at, accumulates)
        previous, first = side, False


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
