"""Rows, cells and pieces: how a passage is laid out, before it is asked what its pieces say.

A passage is cut into rows at the top-level `\\\\`, rows into cells at every second &, cells into pieces at commas, wide
spaces, arrows and prose.  Top-level means: not in a script, in braces, in brackets, in a matrix or cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from . import notation as N
from .tokens import Aside, Token, is_annotation, lex

Marked = list[tuple[Token, int]]


@dataclass(frozen=True)
class Piece:
    """What stands between two separators: its tokens, the relations between its sides, and its sides.

    `before`: what stands before it: "start", "gap", "comma" or "words"."""

    before: str
    marked: Marked
    tokens: tuple[Token, ...]
    relations: tuple[Token, ...]
    sides: tuple[tuple[Token, ...], ...]


@dataclass(frozen=True)
class Cell:
    """One equation's cell of a row: its pieces, what separates them, and its unmatched brackets."""

    pieces: tuple[Piece, ...]
    separators: tuple[Aside, ...]
    broken: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """A passage in rows of cells, before it is asked which letters count."""

    rows: tuple[tuple[Cell, ...], ...]
    asides: tuple[Aside, ...]
    bad: dict[int, str]


@lru_cache(maxsize=65_536)
def laid_out(text: str) -> Layout:
    """Every stage of the flow asks again for the chains of a passage; this much of them is always the same."""
    lexed = lex(text)
    depths, bad = _depths(lexed.tokens)

    def cell(marked: Marked) -> Cell:
        separators = tuple(Aside(t.text, t.start, t.end) for t, d in marked if _is_separator(t, d))
        broken = tuple(t.start for t, _ in marked if t.start in bad)
        return Cell(tuple(piece_of(*found) for found in _pieces(marked)), separators, broken)

    marked = list(zip(lexed.tokens, depths, strict=True))
    rows = split(marked, lambda t, d: t.kind == "row" and not d)
    return Layout(tuple(tuple(map(cell, _columns(row))) for row in rows), lexed.asides, bad)


def piece_of(before: str, marked: Marked) -> Piece:
    """What stands between two separators, with its sides."""

    def relates(token: Token, depth: int) -> bool:
        return token.kind == "relation" and not depth

    sides = (tuple(t for t, _ in side) for side in split(marked, relates))
    relations = tuple(t for t, d in marked if relates(t, d))
    return Piece(before, marked, tuple(t for t, _ in marked), relations, tuple(sides))


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


def split(tokens: Marked, here: Callable[[Token, int], bool]) -> Iterator[Marked]:
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
    cells = list(split(row, lambda t, d: t.kind == "cell" and not d))
    if len(cells) > 2 and len(cells[1]) == 1 and cells[1][0][0].kind == "relation":
        cells[1:3] = [cells[1] + cells[2]]  # a &=& b
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
            first = ("start", "gap") if before != "start" or kind == "comma" else ("gap", "start")
            before = max(before, kind, key=(*first, "words", "comma").index)
        else:
            piece.append((token, depth))
    if piece:
        yield before, piece
