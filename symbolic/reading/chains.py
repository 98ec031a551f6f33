"""Rows, pieces and sides: where the equations of a passage are, before any grammar.

A passage is cut into rows at the top-level `\\\\`, rows into pieces at commas, wide spaces, arrows, prose and every second &,
pieces into sides at the top-level '='.  Top-level means: not in a script, in braces, in brackets, in a matrix or cases.  A
bracket that is never closed hides no '='; the side in which it stands is unreadable.

A chain a = b = c makes two links, (a, b) with head a and (b, c) with head a.  A row that begins with '=' goes on with the
chain of the row above, a row that begins with an operator with its last side.  An '=' between an index or a length and
another one or a number is a condition: it is numbered, makes no link, and holds for the passage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from . import notation as N
from .tokens import Aside, Source, Token, is_annotation, lex

Tokens = tuple[Token, ...]

ENDS_SIDE = ("∈", "≤", "≥", "<", ">", "≠", "≈")
ORDERS = tuple(r for r in ENDS_SIDE if r != "∈")
COUNTERS = frozenset("i j k l m n s t u T N \\tau".split())
"""Letters taken for indices and lengths where the caller says nothing."""


@dataclass(frozen=True)
class Link:
    """One '=': the expression just before it, the one right of it, and the head of the chain.

    `place` is the offset of the '='; `id` is `L<line>:<n>`; `problem` says why it cannot be read (with its offset), or "".
    """

    id: str
    place: int
    head: Tokens
    left: Tokens
    right: Tokens
    first: bool
    problem: str = ""
    problem_at: int = 0


@dataclass(frozen=True)
class Chains:
    """What one passage holds: its links, its conditions as tokens, what was set aside, and how many '=' it counts a line."""

    links: tuple[Link, ...]
    conditions: tuple[Tokens, ...]
    asides: tuple[Aside, ...]


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
    asides = list(lexed.asides)
    depths, bad = _depths(lexed.tokens)
    found: list[_Chain] = []
    conditions: list[Tokens] = []
    above: dict[int, _Chain] = {}
    for row in _split(list(zip(lexed.tokens, depths, strict=True)), lambda t, d: t.kind == "row" and not d):
        for column, cell in enumerate(_columns(row)):
            _row(cell, column, above, found, conditions, asides, is_counter)
    counted = sorted(
        [m for c in found for m in c.marks if m.text == "="] + [t for c in conditions for t in c if t.text == "=" and not _is_range(c)],
        key=lambda t: t.start,
    )
    number: dict[int, int] = {}
    names: dict[int, str] = {}
    for token in counted:
        line, _ = source.place(token.start)
        number[line] = number.get(line, earlier if line == source.line else 0) + 1
        names[token.start] = f"L{line}:{number[line]}"
    links = [link for chain in found for link in _links(chain, names, bad, asides)]
    return Chains(tuple(sorted(links, key=lambda k: k.place)), tuple(conditions), tuple(asides))


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
    """How deep each token stands in brackets that are closed, and the brackets that match nothing (offset -> reason)."""
    partner: dict[int, int] = {}
    stack: list[int] = []
    bad: dict[int, str] = {}
    for k, token in enumerate(tokens):
        opening, closing = _bracket(token)
        if opening:
            stack.append(k)
        elif closing:
            match = next((j for j in reversed(range(len(stack))) if _bracket(tokens[stack[j]])[0] == closing), None)
            barrier = max((j for j, s in enumerate(stack) if _bracket(tokens[s])[0] == "{" or tokens[s].kind == "begin"), default=-1)
            if match is None or match < barrier:
                bad[token.start] = f"{token.text} closes no bracket"
                continue
            for unclosed in stack[match + 1 :]:
                bad[tokens[unclosed].start] = f"{tokens[unclosed].text} is never closed"
            partner[stack[match]] = k
            del stack[match:]
    for unclosed in stack:
        bad[tokens[unclosed].start] = f"{tokens[unclosed].text} is never closed"
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
        return ("\\begin{%s}" % token.text, "") if token.kind == "begin" else ("", "\\begin{%s}" % token.text)
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
    return not depth and (token.kind == "gap" or token.kind == "punct" and token.text in ",;:." or is_annotation(token))


def _pieces(cell: Marked) -> Iterator[tuple[str, Marked]]:
    """(what stands before it: "start", "gap", "comma" or "words", the piece), empty pieces left out."""
    before, piece = "start", []
    for token, depth in cell:
        if _is_separator(token, depth):
            if piece:
                yield before, piece
                piece, before = [], "gap"
            kind = "comma" if token.kind == "punct" else "words" if token.kind == "word" else "gap"
            ranks = ("start", "gap", "words", "comma") if before != "start" or kind == "comma" else ("gap", "start", "words", "comma")
            before = max(before, kind, key=ranks.index)
        else:
            piece.append((token, depth))
    if piece:
        yield before, piece


def _row(
    cell: Marked,
    column: int,
    above: dict[int, _Chain],
    found: list[_Chain],
    conditions: list[Tokens],
    asides: list[Aside],
    is_counter: Callable[[str], bool],
) -> None:
    asides += [Aside(t.text, t.start, t.end) for t, d in cell if _is_separator(t, d)]
    last: _Chain | None = above.get(column, above.get(0))
    fresh = True
    counting: list[Token] = []
    for before, piece in _pieces(cell):
        tokens = [t for t, _ in piece]
        relations = [t for t, d in piece if t.kind == "relation" and not d]
        goes_on = before in ("start", "gap") and last is not None and (tokens[0].text == "=" or tokens[0].kind == "op")
        if counting and before == "comma" and not relations and _counts(tokens, is_counter):
            counting += tokens
            conditions[-1] = tuple(counting)
        elif goes_on and last is not None and not (before == "gap" and not fresh and tokens[0].text in "+-" and relations):
            _extend(last, piece)
            counting = []
        elif relations and _is_condition(_sides(piece), is_counter):
            counting = list(tokens)
            conditions.append(tuple(tokens))
        elif _is_remark(piece):
            asides.append(Aside("", tokens[0].start, tokens[-1].end))
        elif any(t.text == "=" for t in relations):
            last = _Chain()
            found.append(last)
            _extend(last, piece)
            if len(last.sides[0]) == 0:
                last.problem = ("no expression stands before this =", relations[0].start)
            counting = []
        elif relations:
            asides.append(Aside("", tokens[0].start, tokens[-1].end))  # a bound or a membership: no equation
        elif last is not None and last in found and not fresh and last.problem is None and last.marks:
            last.problem = ("what stands beside this equation is neither an equation nor a condition", tokens[0].start)
        fresh = False
    if last is not None:
        above[column] = above[0] = last


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
    if len(tokens) == 1 and (tokens[0].kind == "number" or tokens[0].kind == "command" and tokens[0].text == "dots"):
        return True
    if tokens[0].kind != "letter" or not is_counter(tokens[0].text):
        return False
    rest = list(tokens[1:])
    if rest[:1] and rest[0].text == "_":
        end = 1 if len(rest) > 1 and rest[1].text != "{" else next((k for k, t in enumerate(rest) if t.text == "}"), len(rest))
        rest = rest[end + 1 :]
    return not rest or len(rest) == 2 and rest[0].text in ("+", "-") and rest[1].kind == "number"


def _is_condition(sides: list[list[Token]], is_counter: Callable[[str], bool]) -> bool:
    return all(_counts(s, is_counter) for s in sides) and any(s[0].kind == "letter" for s in sides)


def _is_range(tokens: Sequence[Token]) -> bool:
    """t = 1, 2, ..., l"""
    return any(t.kind == "command" and t.text == "dots" for t in tokens)


def _is_remark(piece: Marked) -> bool:
    """A parenthesis with words in it, such as (t: the t-th step)."""
    tokens = [t for t, _ in piece]
    return tokens[0].text == "(" and tokens[-1].text == ")" and all(d for _, d in piece) and any(map(is_annotation, tokens))


def _links(chain: _Chain, names: dict[int, str], bad: dict[int, str], asides: list[Aside]) -> Iterator[Link]:
    sides = [tuple(s) for s in chain.sides]
    head, previous, first = sides[0], sides[0], True
    twice = _run_together(chain, sides)
    for mark, side in zip(chain.marks, sides[1:], strict=True):
        if mark.text != "=":
            asides.append(Aside("", mark.start, max((t.end for t in side), default=mark.end)))
            if mark.text in ORDERS:  # a ≤ b = c says nothing about a = c
                head, previous, first = side, side, True
            continue
        problem, at = chain.problem or ("", 0)
        broken = next((t for t in (*head, *side) if t.start in bad), None)
        if mark.note in ("+=", "-="):
            problem, at = f"the accumulation {mark.note} is not understood; write the whole sum", mark.start
        elif broken is not None:
            problem, at = bad[broken.start], broken.start
        elif not side:
            problem, at = "nothing stands right of this =", mark.start
        elif twice:
            problem, at = twice, mark.start
        yield Link(names[mark.start], mark.start, head, previous, side, first, problem, at)
        previous, first = side, False


def _run_together(chain: _Chain, sides: list[Tokens]) -> str:
    """A formula printed twice without a break, X = Y X = Y, looks like a chain with a product Y X in it."""
    for k in range(1, len(sides) - 1):
        head, middle, last = (tuple((t.kind, t.text) for t in s) for s in (sides[k - 1], sides[k], sides[k + 1]))
        if head and last and middle == last + head:
            return "the same formula seems to be printed twice, run together; write it once"
    return ""
