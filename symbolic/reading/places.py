"""Text that was taken from a document, and where each of its characters stands there.

A formula's text is not always what stands in the file: quote marks are taken out, macros are expanded, displays that
belong together are joined.  It is kept as pieces.  An exact piece is a slice of the document, character by character; any
other piece (the body of a macro, a joint) stands as a whole for the place that it came from.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Piece(NamedTuple):
    """A piece of text and the slice [start, end) of the document that it stands for."""

    text: str
    start: int
    end: int
    exact: bool = True


class Mapped:
    """Text made of pieces of a document.

    >>> mapped = Mapped((Piece("a = ", 10, 14), Piece("\\\\beta + ", 14, 16, False), Piece("c", 16, 17)))
    >>> mapped.text, mapped.start(5), mapped.end(12), mapped.start(12)
    ('a = \\\\beta + c', 14, 16, 16)
    """

    def __init__(self, pieces: Iterable[Piece]):
        self.pieces = tuple(p for p in pieces if p.text)
        self.text = "".join(p.text for p in self.pieces)
        self._offsets: list[int] = []
        offset = 0
        for piece in self.pieces:
            self._offsets.append(offset)
            offset += len(piece.text)

    def _piece(self, offset: int) -> tuple[int, Piece]:
        k = max(bisect_right(self._offsets, offset) - 1, 0)
        return self._offsets[k], self.pieces[k]

    def start(self, offset: int) -> int:
        """Where in the document the character at an offset begins (at the end of the text: where the text ends)."""
        if not self.pieces:
            return 0
        if offset >= len(self.text):
            return self.end(len(self.text))
        first, piece = self._piece(offset)
        return piece.start + (offset - first) if piece.exact else piece.start

    def end(self, offset: int) -> int:
        """Where in the document the text before an offset ends."""
        if not self.pieces:
            return 0
        if offset <= 0:
            return self.start(0)
        first, piece = self._piece(offset - 1)
        return piece.start + (offset - first) if piece.exact else piece.end

    def offset(self, place: int) -> int:
        """The first offset in the text at which an exact piece holds the character at a place of the document."""
        for first, piece in zip(self._offsets, self.pieces, strict=True):
            if piece.exact and piece.start <= place < piece.end:
                return first + place - piece.start
        return len(self.text)

    def slice(self, start: int, end: int) -> Mapped:
        """The text between two offsets."""
        return Mapped(self._slice(start, end))

    def _slice(self, start: int, end: int) -> Iterator[Piece]:
        if start >= end or not self.pieces:
            return
        k = max(bisect_right(self._offsets, start) - 1, 0)
        while k < len(self.pieces) and self._offsets[k] < end:
            first, piece = self._offsets[k], self.pieces[k]
            low, high = max(start - first, 0), min(end - first, len(piece.text))
            if low < high:
                exact = piece.exact
                yield Piece(
                    piece.text[low:high], piece.start + low if exact else piece.start,
                    piece.start + high if exact else piece.end, exact,
                )  # fmt: skip
            k += 1


class Lines:
    """Lines and columns of a text, 1-based, in code points; `prefix` names the cell of a notebook, as in `C3:`."""

    def __init__(self, text: str, prefix: str = ""):
        self.lines = text.split("\n")
        self.prefix = prefix
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, offset: int) -> tuple[int, int]:
        row = min(bisect_right(self._starts, offset), len(self.lines)) - 1
        return row + 1, offset - self._starts[row] + 1

    def start(self, line: int) -> int:
        """The offset at which a 1-based line begins."""
        return self._starts[line - 1]


class Places:
    """Offsets in a formula's text -> lines and columns of the document."""

    def __init__(self, mapped: Mapped, lines: Lines):
        self.mapped, self.lines = mapped, lines

    @property
    def prefix(self) -> str:
        return self.lines.prefix

    def start(self, offset: int) -> tuple[int, int]:
        return self.lines.place(self.mapped.start(offset))

    def end(self, offset: int) -> tuple[int, int]:
        return self.lines.place(self.mapped.end(offset))
