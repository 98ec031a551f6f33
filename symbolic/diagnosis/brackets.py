"""Brackets moved, added and taken away.

A pair of brackets may go, a new pair may span any run of operands, and an end of a pair may move to another place between
operands.  Places at which a bracket would cut another pair, a script or an argument in half are left out beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..reading.tokens import lex
from ..reading.tree import Big, Group, Infix, Juxtaposed, Node, Scripted, Sum, walk
from .edits import Edit, Written, edit

REACH = 7
"""Places on either side to which a bracket may move."""

MOST = 400


def moved_brackets(w: Written) -> Iterator[Edit]:
    """The edits, the cheapest kinds first; each reaches as far as the smallest sum or product that holds more than it."""
    nodes = list(walk(w.tree))
    pairs = _pairs(w, nodes)
    starts, ends = _places(w, nodes)
    levels = _levels(w.text)
    every = (*_gone(w, pairs), *_shifted(w, pairs, starts, ends, levels), *_added(w, starts, ends, levels))
    spans = sorted({(n.start, n.end) for n in nodes if isinstance(n, (Sum, Infix, Juxtaposed))})
    spans.sort(key=_length)
    whole = w.tree.start, w.tree.end
    for e in every[:MOST]:
        low, high = e.start, e.end
        around = (s for s in spans if s[0] <= low and high <= s[1] and _length(s) > high - low)
        yield Edit(e.splices, e.cost, next(around, whole))


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0]


def _pairs(w: Written, nodes: list[Node]) -> list[tuple[int, int, int, int]]:
    """(start, end of the opening bracket, start, end of the closing one)."""
    found, stack = [], []
    for token in lex(w.text).tokens:
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close" and stack:
            opening = stack.pop()
            if opening.text in ("(", "[", "\\{") and opening.end > opening.start:
                found.append((opening.start, opening.end, token.start, token.end))
    inner = (Sum, Infix, Juxtaposed, Big)
    groups = {(n.start, n.end) for n in nodes if isinstance(n, Group) and isinstance(n.body, inner)} | _operands(w, nodes)
    return [p for p in found if (p[0], p[3]) in groups]


def _operands(w: Written, nodes: list[Node]) -> set[tuple[int, int]]:
    """Where factors and terms stand: brackets around one number or name there may have held more; f(z) is one factor."""
    factors = {u for n in nodes if isinstance(n, (Infix, Juxtaposed)) for u in w.units(n)}
    return factors | {(t.start, t.end) for n in nodes if isinstance(n, Sum) for t in n.terms}


def _places(w: Written, nodes: list[Node]) -> tuple[list[int], list[int]]:
    """Where operands begin and where they end."""
    starts, ends = set(), set()
    for node in nodes:
        if isinstance(node, (Infix, Juxtaposed)):
            factors = node.factors if isinstance(node, Juxtaposed) else node.operands
            for start, end in (*w.units(node), *((f.start, f.end) for f in factors)):
                starts.add(start)
                ends.add(end)
        elif isinstance(node, Sum):
            starts |= {t.start for t in node.terms}
            ends |= {t.end for t in node.terms}
        elif isinstance(node, Big):
            starts |= {node.start, node.body.start}
            ends.add(node.end)
        elif isinstance(node, Scripted) and isinstance(node.base, Group):
            starts.add(node.start)
            ends.add(node.end)
    return sorted(starts), sorted(ends)


def _levels(text: str) -> dict[int, tuple[int, ...]]:
    """The brackets and braces that are open at each offset, by where they begin."""
    levels: dict[int, tuple[int, ...]] = {}
    stack: list[int] = []
    at = 0
    for token in lex(text).tokens:
        for k in range(at, token.start + 1):
            levels[k] = tuple(stack)
        if token.kind in ("open", "begin"):
            stack.append(token.start)
        elif token.kind in ("close", "end") and stack:
            stack.pop()
        at = token.start + 1
        if token.kind in ("close", "end"):
            for k in range(token.start + 1, token.end + 1):
                levels[k] = tuple(stack)
            at = token.end + 1
    for k in range(at, len(text) + 1):
        levels[k] = tuple(stack)
    return levels


def _without(levels: tuple[int, ...], pair: int) -> tuple[int, ...]:
    return tuple(p for p in levels if p != pair)


def _gone(w: Written, pairs: list[tuple[int, int, int, int]]) -> Iterator[Edit]:
    for a, b, c, d in pairs:
        yield edit(1.0, (a, b, " "), (c, d, " "))


def _shifted(
    w: Written, pairs: list[tuple[int, int, int, int]], starts: list[int], ends: list[int], levels: dict[int, tuple[int, ...]]
) -> Iterator[Edit]:
    for a, b, c, d in pairs:
        opening, closing = w.text[a:b], w.text[c:d]
        before = [p for p in starts if p < a][-REACH:]
        after = [p for p in starts if b < p < c][:REACH]
        for p in (*reversed(before), *after):
            if _without(levels[p], a) == _without(levels[c], a):
                yield edit(1.1, (p, p, opening), (a, b, " "))
        before = [q for q in ends if b < q < c][-REACH:]
        after = [q for q in ends if q > d][:REACH]
        for q in (*reversed(before), *after):
            if _without(levels[q], a) == _without(levels[b], a):
                yield edit(1.1, (c, d, " "), (q, q, closing))
        for p in [p for p in starts if p < a or b < p < c]:  # both ends
            for q in [q for q in ends if (q > d or b < q < c) and q > p]:
                if _without(levels[p], a) == _without(levels[q], a) and not (p < a and q > d):
                    yield edit(1.6, (p, p, opening), (a, b, " "), (c, d, " "), (q, q, closing))


def _added(w: Written, starts: list[int], ends: list[int], levels: dict[int, tuple[int, ...]]) -> Iterator[Edit]:
    for p in starts:
        for q in [q for q in ends if q > p][: 2 * REACH]:
            if levels[p] == levels[q] and not (p == w.tree.start and q == w.tree.end):
                yield edit(1.2, (p, p, r"\left("), (q, q, r"\right)"))

