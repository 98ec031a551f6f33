"""One side of an equation, read with its parts remembered: which term each piece of the source stands for.

Every term gets an object of its own, so that a part is found again inside the whole by identity.  A piece of the source
that is written anew is read where the old one stood, with the indices that are bound there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from sympy.core.basic import Basic

from ..language import ShapeError, Term
from ..reading import ReadError
from ..reading.meaning import HANDLERS
from ..reading.reader import Reader
from ..reading.readings import Choices, Claimed
from ..reading.symbols import Scope
from ..reading.syntax import parse
from ..reading.tokens import Source, lex
from ..reading.tree import Letter, Node, Number
from .purse import AGAIN, PARTS, PIECE

UNREADABLE = (
    ReadError, ShapeError, TypeError, ValueError, KeyError, IndexError, AttributeError, AssertionError, RecursionError,
)  # fmt: skip
"""What reading a piece that someone made up may raise."""


@lru_cache(maxsize=16384)
def parsed(text: str) -> Node:
    """The tree of a piece of LaTeX.  Raises `ReadError`."""
    return parse(lex(text).tokens)


@dataclass(frozen=True)
class Part:
    """A piece of the source with its term; `order` counts how the parts were finished."""

    node: Node
    term: Basic
    scope: Scope
    order: int

    @property
    def span(self) -> tuple[int, int]:
        return self.node.start, self.node.end


@dataclass
class Remembering(Reader):
    """A reader that remembers the parts; `tried`: what it began to read, `own`: the terms that it made."""

    parts: dict[int, Part] = field(default_factory=dict)
    tried: list[tuple[Node, Scope]] = field(default_factory=list)
    own: dict[int, Basic] = field(default_factory=dict)
    told: Told | None = None

    def ask(self, name: str, ways: tuple[str, ...]) -> str:
        ways = self.asked.setdefault(name, ways)
        return self.told.chosen(name, ways) if self.told is not None else self.choices.get(name, ways[0])

    def term(self, node: Node, scope: Scope) -> Basic:
        self.tried.append((node, scope))
        result = super().term(node, scope)
        if isinstance(result, Term) and id(result) not in self.own:
            result = result.func(*result.args)
            self.own[id(result)] = result
        self.parts[id(node)] = Part(node, result, scope, len(self.parts))
        return result


@dataclass
class Recalling(Reader):
    """A reader that recalls what smaller pieces mean: in all that is tried most is as it was."""

    told: Told | None = None

    def ask(self, name: str, ways: tuple[str, ...]) -> str:
        assert self.told is not None
        return self.told.chosen(name, self.asked.setdefault(name, ways))

    def term(self, node: Node, scope: Scope) -> Basic:
        assert self.told is not None
        if isinstance(node, Letter | Number):
            return super().term(node, scope)
        text = self.source.text[node.start : node.end]
        bound = scope.symbols.items()
        key = (type(node), text, self.layout, scope.product, scope.summed, self.beside, self.square, *bound)
        known = self.told.recalled(key)
        if known is not None and known.term is not None:
            self.asked = known.asked | self.asked
            return known.term
        before, self.asked = self.asked, {}
        try:
            term = super().term(node, scope)
            if not any("@" in name for name in self.asked):  # the place of a sign is another elsewhere
                self.told.remember(key, self.asked, term)
        finally:
            self.asked = self.asked | before
        return term


Reads = TypeVar("Reads", Remembering, Recalling)


@dataclass(frozen=True)
class Known:
    """What a piece means under the choices that bear on it."""

    chosen: dict[str, str]
    asked: dict[str, tuple[str, ...]]
    term: Basic | None


@dataclass(frozen=True)
class Told:
    """How a side is read: what is known of the equation, the choices of one reading, the layout of its derivatives.

    memo   what was read before, for all readings of the equation
    spend  is told what it costs
    """

    claimed: Claimed
    choices: Choices
    layout: str
    memo: dict[tuple[object, ...], list[Known]] = field(default_factory=dict, compare=False, repr=False)
    spend: Callable[[int], None] = field(default=lambda steps: None, compare=False, repr=False)

    def reader(self, text: str, kind: type[Reads]) -> Reads:
        c = self.claimed
        return kind(
            c.table, Source(text), HANDLERS, self.choices, self.layout, {}, c.prefer, c.loss_open, False, c.slope, c.layer,
            told=self,
        )  # fmt: skip

    def chosen(self, name: str, ways: tuple[str, ...]) -> str:
        """What is chosen of several ways; a sign whose operands are others now (a ⊗ b@5) means what it meant before."""
        if name not in self.choices and "@" in name:
            return next((way for way in self.choices.values() if way in ways), ways[0])
        return self.choices.get(name, ways[0])

    def read(self, text: str, scope: Scope | None = None) -> Basic | None:
        """The term of a piece of LaTeX, or None where it means nothing."""
        scope = scope or Scope()
        key = (text, self.layout, scope.product, scope.summed, *sorted(scope.symbols.items()))
        if (known := self.recalled(key)) is not None:
            self.spend(AGAIN)
            return known.term
        self.spend(PIECE + len(text))
        reader = self.reader(text, Recalling)
        try:
            term: Basic | None = reader.term(parsed(text), scope)
        except UNREADABLE:
            term = None
        self.remember(key, reader.asked, term)
        return term

    def recalled(self, key: tuple[object, ...]) -> Known | None:
        """What was read before, if all choices that bear on it are the same."""
        for known in self.memo.get(key, ()):
            if all(self.chosen(n, ways) == known.chosen[n] for n, ways in known.asked.items()):
                return known
        return None

    def remember(self, key: tuple[object, ...], asked: dict[str, tuple[str, ...]], term: Basic | None) -> None:
        self.memo.setdefault(key, []).append(Known({n: self.chosen(n, w) for n, w in asked.items()}, dict(asked), term))


@dataclass(frozen=True)
class Side:
    """The right side of an equation: its text, its tree, its term (None where it does not conform), its parts.

    failing  the smallest piece that does not conform, and the indices bound there
    """

    told: Told
    text: str
    tree: Node
    term: Basic | None
    parts: tuple[Part, ...]
    failing: tuple[Node, Scope] | None = None

    def around(self, start: int, end: int) -> list[Part]:
        """The parts that hold a piece of the source, the smallest first."""
        found = [p for p in self.parts if p.node.start <= start and end <= p.node.end]
        return sorted(found, key=lambda p: (p.node.end - p.node.start, p.order))

    def slice(self, part: Part) -> str:
        return self.text[part.node.start : part.node.end]


def side_of(told: Told, text: str) -> Side | None:
    """A side read with its parts; None where it is no formula.  Where it does not conform, the parts that do."""
    told.spend(PARTS * (PIECE + len(text)))
    try:
        tree = parsed(text)
    except UNREADABLE:
        return None
    reader = told.reader(text, Remembering)
    try:
        term: Basic | None = reader.term(tree, Scope())
    except ShapeError:
        term = None
    except UNREADABLE:
        return None
    failing = None
    if term is None:
        broken = [pair for pair in reader.tried if id(pair[0]) not in reader.parts]
        failing = min(broken, key=lambda pair: pair[0].end - pair[0].start, default=None)
    outermost = {p.span: p for p in sorted(reader.parts.values(), key=lambda p: p.order)}
    return Side(told, text, tree, term, tuple(outermost.values()), failing)
