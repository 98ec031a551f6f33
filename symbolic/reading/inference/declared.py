"""What a note declares: W ∈ ℝ^{n×m} in its formulas, and the lines of its block.

A line of the block is a pair (what, meaning): ("W", "R^{n x m}"), ("x_t", "input"), ("y_t", "label, sums to one"),
("delta_t", "dL/dh_t"), ("sigma", "tanh").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ...language import SPELLINGS
from ..notation import GREEK
from ..records import Passage
from ..scripts import Name, index_name, name_of
from ..syntax import parse
from ..tokens import ReadError, Token, is_annotation, lex
from ..tree import Group, Items, Juxtaposed, Letter, Node, Number, Scripted, Sum
from .sizes import Side

ROLES = ("input", "label", "weight", "parameter", "given", "state", "loss")
KINDS = {"scalar": ("scalar",), "column": ("column",), "row": ("row",), "vector": ("column", "row"), "matrix": ("matrix",)}


@dataclass
class Declared:
    """The declarations of a note.

    shapes     (name, sides, where it stands); a side is 0 for 1, a name, or a sum of sides
    roles      (name, role); sums: names of labels that sum to one
    functions  LaTeX of a function -> row of the table
    errors     (LaTeX of the name, name of the quantity whose adjoint it is)
    kinds      (name, the kinds of shape that it may have)
    """

    shapes: list[tuple[Name, tuple, str]] = field(default_factory=list)
    roles: list[tuple[Name, str]] = field(default_factory=list)
    sums: list[Name] = field(default_factory=list)
    functions: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[str, Name]] = field(default_factory=list)
    kinds: list[tuple[Name, tuple[str, ...]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def declared(passages: Sequence[Passage], lines: Sequence[tuple[str, str]]) -> Declared:
    """Everything that is declared; a line that is not understood is a problem, not an error."""
    found = Declared()
    for passage in passages:
        for name, sides in _memberships(lex(passage.latex).tokens):
            found.shapes.append((name, sides, f"line {passage.line}"))
    for left, right in lines:
        _line(found, _as_latex(left), right.strip())
    return found


def _as_latex(text: str) -> str:
    """sigma, delta_t typed without a backslash."""
    text = text.strip()
    word = text.partition("_")[0]
    return "\\" + text if word in GREEK else text


def _line(found: Declared, left: str, right: str) -> None:
    names = [n for part in left.split(",") if (n := _name(part)) is not None]
    right = right.removeprefix("=").strip()
    words = {w.strip().lower() for w in right.split(",")}
    dims = _set(_without_in(right).replace(" x ", r" \times "))
    if not names:
        found.problems.append(f"the declaration “{left}: {right}” names no quantity; write W in R^{{n x m}}, x_t: input")
    elif words & {*ROLES, *KINDS}:
        for word in words & {*ROLES}:
            found.roles += [(n, "weight" if word == "parameter" else word) for n in names]
        for word in words & {*KINDS}:
            found.kinds += [(n, KINDS[word]) for n in names]
        found.sums += names if any("sum" in w and "one" in w for w in words) else []
    elif right == "function":
        found.problems.append(f"{left} is declared a function; say which one, as in {left} = tanh, or leave it out")
    elif right.lstrip("\\") in SPELLINGS:
        found.functions[left] = SPELLINGS[right.lstrip("\\")]
    elif dims is not None:
        found.shapes += [(n, dims, "the declarations") for n in names]
    elif "/" in right and (by := _name(_as_latex(right.rpartition("/")[2].strip().removeprefix("\\partial").lstrip("d∂ ")))):
        found.errors.append((left, by))
    else:
        legal = "a set such as R^{n x m}, a role such as input or label, a derivative dL/dh_t, or a function such as tanh"
        found.problems.append(f"the declaration “{left}: {right}” is not understood; legal are {legal}")


def _without_in(text: str) -> str:
    for sign in ("in ", "∈", "\\in"):
        text = text.removeprefix(sign).strip()
    return text


def _name(latex: str) -> Name | None:
    try:
        return name_of(parse(lex(latex).tokens))
    except ReadError:
        return None


def _set(latex: str) -> tuple | None:
    try:
        return sides_of(parse(lex(latex).tokens))
    except ReadError:
        return None


def sides_of(node: Node) -> tuple | None:
    """The sides of ℝ^{n×m}, ℝ^n, ℝ or [0,1]^C; None for anything else."""
    base = node.base if isinstance(node, Scripted) else node
    real = isinstance(base, Letter) and base.name == "R"
    unit = isinstance(base, Group) and isinstance(base.body, Items) and all(isinstance(i, Number) for i in base.body.items)
    if not real and not unit:
        return None
    if not isinstance(node, Scripted):
        return (0, 0)
    if len(node.sups) != 1 or node.subs:
        return None
    inner = node.sups[0]
    parts: tuple[Node, ...] = (inner,)
    if isinstance(inner, Juxtaposed) and set(inner.operators) == {"×"}:
        parts = inner.factors
    sides = [_side(p) for p in parts]
    return tuple(sides) if len(sides) <= 2 and None not in sides else None


def _side(node: Node) -> Side | None:
    if isinstance(node, Group):
        return _side(node.body)
    if isinstance(node, Number):
        return 0 if node.value == 1 else str(node.value)
    if isinstance(node, Sum) and set(node.signs) == {"+"}:
        parts = [_side(t) for t in node.terms]
        return None if None in parts or 0 in parts else ("+", *parts)
    if isinstance(node, Juxtaposed) and not any(node.operators):
        return None
    return index_name(node)


def _memberships(tokens: Sequence[Token]) -> Iterator[tuple[Name, tuple]]:
    """W, U ∈ ℝ^{n×m} and h_t = … ∈ ℝ^n: names with their sides."""
    waiting: list[Name] = []
    for piece in _pieces(tokens):
        at = next((k for k, (t, d) in enumerate(piece) if t.text == "∈" and not d), None)
        plain = [t for t, _ in piece]
        if at is None:
            name = _parsed_name(plain)
            waiting = [*waiting, name] if name is not None else []
            continue
        first = next(k for k, (t, d) in enumerate(piece) if t.kind == "relation" and not d)
        name = _parsed_name(plain[:first])
        try:
            sides = sides_of(parse(plain[at + 1 :]))
        except ReadError:
            sides = None
        if sides is not None:
            yield from ((n, sides) for n in (*waiting, *([name] if name else [])))
        waiting = []


def _parsed_name(tokens: Sequence[Token]) -> Name | None:
    try:
        return name_of(parse(tokens)) if tokens else None
    except ReadError:
        return None


def _pieces(tokens: Sequence[Token]) -> Iterator[list[tuple[Token, int]]]:
    piece: list[tuple[Token, int]] = []
    depth = 0
    for token in tokens:
        depth -= token.kind == "close"
        cut = token.kind in ("row", "gap", "cell", "begin", "end") or (token.kind == "punct" and token.text in ",;.")
        if (cut or is_annotation(token)) and depth == 0:
            yield piece
            piece = []
        else:
            piece.append((token, depth))
        depth += token.kind == "open"
    yield piece


