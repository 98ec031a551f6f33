"""Which pieces of a passage are conditions between indices: t < T, (t = T), t = 1, ..., T, t ∈ {1, ..., T}."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from .rows import Piece
from .tokens import Token, is_annotation

Tokens = tuple[Token, ...]
MOST_IN_A_NUMBER = 5
"""How many signs the number of an equation may have, as in (12.3a)."""


def counts(tokens: Sequence[Token], is_counter: Callable[[str], bool]) -> bool:
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


def is_condition(sides: Sequence[Tokens], is_counter: Callable[[str], bool]) -> bool:
    return all(counts(s, is_counter) for s in sides) and any(s[0].kind == "letter" for s in sides)


def in_parentheses(tokens: Tokens, is_counter: Callable[[str], bool]) -> Tokens | None:
    """The condition in a bracket by itself, (t < T), [t < T], (for t < T) or (t = T, ..., 1)."""
    if (tokens[0].text, tokens[-1].text) not in (("(", ")"), ("[", "]")):
        return None
    start = next((k for k, t in enumerate(tokens[1:-1], 1) if not is_annotation(t)), len(tokens))
    inner = tokens[start:-1]
    marks = [k for k, t in enumerate(inner) if t.kind == "relation"]
    sides = [inner[a + 1 : b] for a, b in pairwise((-1, *marks, len(inner)))]
    parts = [*sides[:-1], *listed(sides[-1])]
    return inner if marks and all(parts) and is_condition(parts, is_counter) else None


def listed(tokens: Tokens) -> list[Tokens]:
    """What stands between commas."""
    commas = [k for k, t in enumerate(tokens) if t.text == ","]
    return [tokens[a + 1 : b] for a, b in pairwise((-1, *commas, len(tokens)))]


def numbers_an_equation(tokens: Tokens) -> bool:
    """(1), (2.3), (4a) beside an equation."""
    inner = tokens[1:-1]
    if (tokens[0].text, tokens[-1].text) != ("(", ")") or not 0 < len(inner) <= MOST_IN_A_NUMBER:
        return False
    signs = all(t.kind in ("number", "letter", "punct", "op") and t.text not in "+*/∘" for t in inner)
    return signs and inner[0].kind == "number"


def condition_behind(tokens: Tokens, is_counter: Callable[[str], bool]) -> int:
    """Where a condition in parentheses begins, behind an equation and a space that can be seen; 0 if nowhere."""
    depth = 0
    for k in range(len(tokens) - 1, 0, -1):
        depth += {")": 1, "(": -1}.get(tokens[k].text, 0)
        if depth == 0:
            apart = tokens[k].start - tokens[k - 1].end > 1
            return k if apart and tokens[k].text == "(" and in_parentheses(tokens[k:], is_counter) is not None else 0
    return 0


def is_in_a_set(piece: Piece, is_counter: Callable[[str], bool]) -> bool:
    """t ∈ {1, ..., T}"""
    if [t.text for t in piece.relations] != ["∈"]:
        return False
    index, behind = piece.sides
    inner = behind[1:-1]
    if not inner or (behind[0].text, behind[-1].text) != ("\\{", "\\}") or not is_range(inner):
        return False
    return is_condition([index, *listed(inner)], is_counter)


def is_range(tokens: Sequence[Token]) -> bool:
    """t = 1, 2, ..., l"""
    return any(t.kind == "command" and t.text == "dots" for t in tokens)
