"""Forward equations that a note states again in another way: e_t = y_t - o_t first, e_t = o_t - y_t further below.

The second may be a slip, and it is refuted as such.  Or the name means something else from there on: a new error, another
loss, ReLU in place of tanh.  A formula further below tells: where it fails with the first definition and not with the second,
nothing says which is meant, so that it is unreadable, and so is the second definition; where it holds with the first only,
that is said.  What words such as "let" introduce anew is no slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..language import Adjoint, Partial, ShapeError, Var
from ..model import Equation, Model, checked
from ..model.check import ModelError
from ..proof.verdict import Entry
from ..reading import Claim, Reading
from ..reading.document.passages import Placed
from .claims import judged

MOST = 8
"""How many such definitions of a note are considered."""

RIGHT = ("proved", "proved-given")
_ANEW = re.compile(r"\b(?:let|set|define|redefine|now|instead|sei|setze|soit|posons|sea)\b|令|设|定义|改|现在", re.IGNORECASE)
"""Words that give a name a meaning, whatever it had before."""


@dataclass(frozen=True)
class _Second:
    """A definition that contradicts the first: its place among the claims, its lines, the name and what is defined so."""

    place: int
    latex: str
    first: int
    line: int
    equation: Equation

    def __str__(self) -> str:
        return f"{self.latex} is defined in two ways, at line {self.first} and line {self.line}"


def of_second_definitions(
    models: Sequence[Model], items: Sequence[Placed], claims: Sequence[Claim], entries: Sequence[Entry], layout: str
) -> list[Entry]:
    """The entries, where definitions that the note states again may have changed what is meant."""
    result = list(entries)
    for second in list(_seconds(models, claims, entries))[:MOST]:
        others: dict[int, Model | None] = {}
        changed = _is_anew(items[claims[second.place].passage])
        for k in range(second.place + 1, len(claims)):
            claim, entry = claims[k], result[k]
            if entry.verdict not in ("refuted", *RIGHT):
                continue
            if claim.model not in others:
                others[claim.model] = _with(models[claim.model], models[claims[second.place].model], second.equation)
            other = others[claim.model]
            if other is None or other is models[claim.model]:
                continue
            verdict = judged(claim, other, layout, supports=True).verdict
            if entry.verdict == "refuted" and verdict != "refuted":
                result[k] = _open(entry, f"{second}; it fails with the first")
                changed = changed or verdict in RIGHT
            elif entry.verdict in RIGHT and verdict == "refuted":
                told = f"{second.latex} as line {second.first} defines it"
                result[k] = replace(entry, reading="; ".join(filter(None, (entry.reading, told))))
        if changed and result[second.place].verdict == "refuted":
            result[second.place] = _open(result[second.place], str(second))
    return result


def _open(entry: Entry, reason: str) -> Entry:
    return replace(entry, verdict="unreadable", reason=reason, step=None, cause=None, counterexample=None, repair=None)


def _seconds(models: Sequence[Model], claims: Sequence[Claim], entries: Sequence[Entry]) -> Iterator[_Second]:
    """The definitions that fail, being another than that of the model."""
    first: dict[tuple[int, str], int] = {}
    for k, (claim, entry) in enumerate(zip(claims, entries, strict=True)):
        sides = {(r.head, r.right) for r in claim.readings if isinstance(r, Reading)}
        if claim.kind != "definition" or claim.follows or len(sides) != 1 or len(claim.readings) != 1:
            continue
        ((head, right),) = sides
        model = models[claim.model]
        if not isinstance(head, Var) or right.has(Adjoint, Partial) or (before := model.equation(head.name)) is None:
            continue
        if entry.verdict in ("proved", "accepted"):
            first.setdefault((claim.model, head.name), claim.span.line)
        elif entry.verdict == "refuted" and head == before.left and (claim.model, head.name) in first:
            yield _Second(k, claim.head_latex, first[claim.model, head.name], claim.span.line, Equation(head, right))


def _with(model: Model, defining: Model, equation: Equation) -> Model | None:
    """The model with another equation; itself where it has another one already, None where that is none of a network."""
    own, there = model.equation(equation.left.name), defining.equation(equation.left.name)
    if own is None or own != there:
        return model
    try:
        return checked(replace(model, equations=tuple(equation if e is own else e for e in model.equations)))
    except (ModelError, ShapeError, ValueError, TypeError):
        return None


def _is_anew(item: Placed) -> bool:
    """Whether the sentence gives the name a meaning by words such as "let"."""
    return any(isinstance(part, str) and _ANEW.search(part) for part in item.formula.lead)
