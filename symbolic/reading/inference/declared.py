"""What a note declares: W ∈ ℝ^{n×m} in its formulas, and the lines of its block.

A line of the block is a pair (what, meaning): ("W", "R^{n x m}"), ("x_t", "input"), ("y_t", "label, sums to one"),
("delta_t", "dL/dh_t"), ("sigma", "tanh").  What may be said is a table of readers; what none of them knows is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...language import FUNCTIONS, SPELLINGS
from ..notation import GREEK
from ..records import Passage
from ..scripts import Name, index_name, name_of, split_index
from ..syntax import parse
from ..tokens import ReadError, Token, is_annotation, lex
from ..tree import Group, Items, Juxtaposed, Letter, Node, Number, Scripted, Sum
from .families import Families, Key
from .sizes import Side

ROLES = ("input", "label", "weight", "parameter", "given", "state", "loss")
KINDS = {"scalar": ("scalar",), "column": ("column",), "row": ("row",), "vector": ("column", "row"), "matrix": ("matrix",)}
LEGAL = (
    f"NAME in R^{{n x m}}, NAME: {'|'.join(ROLES)}, NAME: {'|'.join(KINDS)}, NAME: label, sums to one, "
    f"NAME = {'|'.join(FUNCTIONS)}, and NAME = dL/dh_t"
)
"""The forms of a line about names, as a message shows them."""


class NotUnderstood(ValueError):
    """A line that says nothing; its message is what is wrong with it."""


@dataclass
class Declared:
    """The declarations of a note: those of its block before those in its formulas, and of its block the last before the first.

    shapes     (name, sides, where it stands); a side is 0 for 1, a name, or a sum of sides
    roles      (name, role); sums: names of labels that sum to one
    functions  LaTeX of a function -> row of the table
    errors     (LaTeX of the name, name of the quantity whose adjoint it is, name of what is differentiated)
    kinds      (name, the kinds of shape that it may have)
    problems   what is wrong with the lines of the block
    spoken     (LaTeX, name) of everything that these lines speak of
    accents    those that make the name of a quantity that of the gradient by it
    gathered   (name, name, "made of", "fed by" or "equal to") that words alone say, as of a matrix with the columns h_t
    """

    shapes: list[tuple[Name, tuple, str]] = field(default_factory=list)
    roles: list[tuple[Name, str]] = field(default_factory=list)
    sums: list[Name] = field(default_factory=list)
    functions: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[str, Name, Name]] = field(default_factory=list)
    kinds: list[tuple[Name, tuple[str, ...]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    spoken: list[tuple[str, Name]] = field(default_factory=list)
    accents: frozenset[str] = frozenset()
    gathered: list[tuple[Name, Name, str]] = field(default_factory=list)


def declared(
    passages: Sequence[Passage], lines: Sequence[tuple[str, str]], numbers: Sequence[str] = (),
    accents: frozenset[str] = frozenset(), gathered: Sequence[tuple[str, str, str]] = (),
) -> Declared:  # fmt: skip
    """Everything that is declared, by lines or in words; a line that is not understood is a problem, not an error."""
    found = Declared(accents=accents)
    names_of = ((_name(whole), _name(part), kind) for whole, part, kind in gathered)
    found.gathered += [(whole, part, kind) for whole, part, kind in names_of if whole is not None and part is not None]
    found.kinds += [(name, KINDS["scalar"]) for latex in numbers if (name := _name(latex)) is not None]
    for left, right in lines:
        try:
            names, told = understood(left, right)
        except NotUnderstood as error:
            found.problems.append(f"the declaration “{left}: {right}” is not understood: {error}")
            continue
        found.spoken += names
        for about, value in told:
            for latex, name in names:
                _PUT[about](found, latex, name, value)
    for passage in passages:
        for name, sides in _memberships(lex(passage.latex).tokens):
            found.shapes.append((name, sides, f"line {passage.line}"))
    return found


_PUT: dict[str, Callable[[Declared, str, Name, Any], None]] = {
    "role": lambda found, latex, name, role: found.roles.append((name, role)),
    "kind": lambda found, latex, name, kinds: found.kinds.insert(0, (name, kinds)),
    "sum": lambda found, latex, name, _: found.sums.append(name),
    "sides": lambda found, latex, name, sides: found.shapes.insert(0, (name, sides, "the declarations")),
    "function": lambda found, latex, name, row: found.functions.__setitem__(latex, row),
    "adjoint": lambda found, latex, name, slope: found.errors.append((latex, *slope)),
}


Told = tuple[tuple[str, Any], ...]


def understood(left: str, right: str) -> tuple[tuple[tuple[str, Name], ...], Told]:
    """((LaTeX, name) of each quantity, what is said of them).  Raises `NotUnderstood`.

    >>> understood("y_t", "label, sums to one")[1]
    (('role', 'label'), ('sum', True))
    """
    names = []
    for part in _parts(left):
        latex = as_latex(part)
        name = _name(latex)
        if name is None:
            raise NotUnderstood(f"{part or 'nothing'} is no name of a quantity, such as W, h_t or \\hat y_t; legal are {LEGAL}")
        names.append((latex, name))
    told = []
    for part in _parts(right.removeprefix("=").strip()):
        said = next((s for read in _READERS if (s := read(part)) is not None), None)
        if said is None:
            raise NotUnderstood(f"{part or 'nothing'} is not understood; legal are {LEGAL}")
        told.append(said)
    return tuple(names), tuple(told)


def _parts(text: str) -> list[str]:
    """The text cut at its commas outside brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and not depth:
            parts.append("")
        else:
            parts[-1] += c
    return [p.strip() for p in parts]


_BARE_GREEK = re.compile(rf"(?<![\\A-Za-z])(?:{'|'.join(GREEK)})(?![A-Za-z])")


def as_latex(text: str) -> str:
    """sigma, delta_t typed without a backslash."""
    return _BARE_GREEK.sub(lambda m: "\\" + m[0], text.strip())


def _role(part: str) -> tuple[str, Any] | None:
    role = part.lower()
    return ("role", "weight" if role == "parameter" else role) if role in ROLES else None


def _kind(part: str) -> tuple[str, Any] | None:
    return ("kind", KINDS[part.lower()]) if part.lower() in KINDS else None


def _sum_to_one(part: str) -> tuple[str, Any] | None:
    words = part.lower().split()
    return ("sum", True) if words in (["sums", "to", "one"], ["sum", "to", "one"], ["sums", "to", "1"]) else None


_LABELLED = re.compile(r"_(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")


def _sides_said(part: str) -> tuple[str, Any] | None:
    """A set; its sizes may be typed as they are shown, n_W_r or n_{hidden}."""
    typed = _LABELLED.sub(lambda m: rf"_{{\text{{{m[1] or m[2]}}}}}", _without_in(part))
    dims = _set(typed.replace(" x ", r" \times "))
    return None if dims is None else ("sides", dims)


def _function_said(part: str) -> tuple[str, Any] | None:
    row = SPELLINGS.get(part.removeprefix("\\"))
    return None if row is None else ("function", row)


_SLASHED = re.compile(r"\s*(?:\\partial|∂|d)\s*([^/]{1,40})/\s*(?:\\partial|∂|d)\s*([^/]{1,60})")
_FRACTION = re.compile(r"\\d?frac\s*\{([^{}]{1,60})\}\s*\{(.{1,80})\}")


def _adjoint_said(part: str) -> tuple[str, Any] | None:
    fraction = _FRACTION.fullmatch(part)
    slope = _SLASHED.fullmatch(f"{fraction[1]}/{fraction[2]}" if fraction else part)
    by = _name(as_latex(slope[2])) if slope else None
    top = _name(as_latex(slope[1])) if slope else None
    return None if by is None or top is None else ("adjoint", (by, top))


_READERS = (_role, _kind, _sum_to_one, _sides_said, _function_said, _adjoint_said)


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


def printed_sizes(lines: Declared, defined: Iterable[Key]) -> set[str]:
    """The names of sizes in W ∈ ℝ^{n×m}; where one is also the name of something that the note defines, it is that."""
    found, stack = set(), [side for _, sides, _ in lines.shapes for side in sides]
    while stack:
        side = stack.pop()
        if isinstance(side, tuple):
            stack += side[1:]
        elif isinstance(side, str) and not side.isdigit():
            found.add(side)
    return found - {key.letter.removeprefix("\\") for key in defined}


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
    return index_name(node) or _of_a_layer(node)


def _of_a_layer(node: Node) -> Side | None:
    """n_{l-1} and n^{[l]}: the size of a layer, as n_l."""
    name = name_of(node)
    if name is None or len(name.scripts) != 1 or name.primes or name.letter.accents:
        return None
    split = split_index(name.scripts[0].node)
    letter = name.letter.name.removeprefix("\\")
    return f"{letter}_{split[0]}" if split and split[0] else None


def of_one_layer(side: Side, counters: Collection[str], canonical: str) -> Side:
    """n_L and n_k as n_l, where l, k and L count layers: a family has one size for all of its layers.

    That hides nothing that decides a verdict.  Two index networks that are equal with one size for all layers connect the
    same tensors in the same way, so that a formula that equals the truth then has the shapes of the truth at every layer; and
    one that does not is refuted by its values.  (A size as a number, 1/n_l, would tell the layers apart, and is not read.)
    """
    if isinstance(side, tuple):
        return (side[0], *(of_one_layer(s, counters, canonical) for s in side[1:]))
    stem, _, letter = str(side).rpartition("_")
    return f"{stem}_{canonical}" if isinstance(side, str) and stem and letter in counters else side


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


def unknown(families: Families, lines: Declared) -> Iterator[str]:
    """The declarations that speak of nothing in the note."""
    there = {(o.name.letter.name, o.name.letter.accents) for o in families.scan.occurrences}
    for latex, name in lines.spoken:
        if (name.letter.name, name.letter.accents) not in there:
            yield f"{latex} is declared, but stands in no formula that is understood"
