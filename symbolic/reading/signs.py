"""The signs of a formula: tokens with their places, the source they stand in, and the error that points at them.

Kinds of tokens: letter, number, word, op, relation, open, close, bar, script, prime, punct, command, accent, font,
begin, end, cell (&), row (\\\\), gap (\\quad), bad."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from . import notation as N
from .places import Places
from .records import Span

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class ReadError(ValueError):
    """A formula that cannot be read: the reason, and the offsets of the place in the source."""

    def __init__(self, message: str, start: int = 0, end: int | None = None):
        super().__init__(message)
        self.message, self.start, self.end = message, start, start + 1 if end is None else end


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its canonical text, its offsets in the source.

    `note`: the reason of a bad one; "left" or "right" after \\left or \\right; how an = is written (:=, +=).
    """

    kind: str
    text: str
    start: int
    end: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """Something that carries no mathematics and was set aside."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Lexed:
    """The tokens of one passage, in order, and what was set aside."""

    tokens: tuple[Token, ...]
    asides: tuple[Aside, ...]


class Source:
    """The text of a passage and where it begins in its file; `places` knows better where its text was put together."""

    def __init__(self, text: str, line: int = 1, column: int = 1, places: Places | None = None):
        self.text, self.line, self.column, self.places = text, line, column, places
        self._starts = [0] + [i + 1 for i, c in enumerate(text) if c == "\n"]

    def place(self, offset: int) -> tuple[int, int]:
        """1-based line and column, counted in code points."""
        if self.places is not None:
            return self.places.start(offset)
        row = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[row] + 1
        return self.line + row, column + (self.column - 1 if row == 0 else 0)

    def span(self, start: int, end: int) -> Span:
        after = self.place(end) if self.places is None else self.places.end(end)
        return Span(*self.place(start), *after)


def is_prose(token: Token) -> bool:
    """Whether a word can be no name (Softmax, diag, out) because of its spaces, punctuation or script."""
    return token.kind == "word" and NAME.fullmatch(token.text) is None


def is_annotation(token: Token) -> bool:
    """Prose, or a single word that joins formulas (if, so, otherwise)."""
    return is_prose(token) or (token.kind == "word" and token.text.lower() in N.CONNECTIVES)
