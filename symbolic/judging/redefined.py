"""Forward equations that a note states again in another way: e_t = y_t - o_t first, e_t = o_t - y_t further below.

The second may be a slip, and it is refuted as such.  Or the name means something else from there on: a new error, another
loss, ReLU in place of tanh.  A formula further below tells: where it fails with the first definition and not with the second,
nothing says which is meant, so that it is unreadable, and so is the second definition; where it holds with the first only,
that is said.  What words such as "let" introduce anew is no slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..language import Adjoint, Partial, ShapeError, Var
from ..model import Equation, Model, checked
from ..model.check import ModelError
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from ..reading.document.passages import Placed, is_name
from ..reading.scripts import name_of
from ..reading.symbols import Scope, table_of
from ..reading.syntax import parse
from ..reading.tokens import lex
from .claims import judged
from .whole import Whole

MOST = 8
"""How many such definitions of a note are followed; what fails from the next one on may be right with it: not refuted."""

TOO_MANY = f"more than {MOST} names are defined in two ways above; which is meant is not followed any further"

RIGHT = ("proved", "proved-given")
_ANEW = re.compile(r"\b(?:let|set|define|redefine|now|instead|sei|setze|soit|posons|sea)\b|令|设|定义|改|现在", re.IGNORECASE)
"""Words that give a name a meaning, whatever it had before."""

_AGAIN = re.compile(r"\b(?:recall|remember|again|remind|erinner|rappel|recordemos)|回顾|回忆|再次", re.IGNORECASE)
"""Words that say again what was said before."""


@dataclass(frozen=True)
class _Second:
    """A definition that contradicts the first: places among the claims and lines of both, the name and what is defined."""

    place: int
    first_place: int
    latex: str
    first: int
    line: int
    equation: Equation

    def __str__(self) -> str:
        return f"{self.latex} is defined in two ways, at line {self.first} and line {self.line}"


def of_second_definitions(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries, where definitions that the note states again may have changed what is meant."""
    models, items, claims, layout = note.models, note.items, note.claims, note.layout
    result = list(entries)
    seconds = list(_seconds(note, entries))
    for second in seconds[:MOST]:
        others: dict[int, Model | None] = {}
        changed = _is_anew(items[claims[second.place].passage])
        anew = changed or _is_elsewhere(note, second.place, second.first_place)
        before, found = list(result), {}
        for k in range(second.place + 1, len(claims)):
            claim, entry = claims[k], result[k]
            if entry.verdict not in ("refuted", *RIGHT):
                continue
            if claim.model not in others:
                others[claim.model] = _with(models[claim.model], models[claims[second.place].model], second.equation)
            other = others[claim.model]
            if other is None or other is models[claim.model]:
                continue
            found[k] = judged(claim, other, layout, supports=True)
            verdict = found[k].verdict
            if entry.verdict == "refuted" and verdict != "refuted":
                result[k] = left_open(entry, f"{second}; it fails with the first")
                changed = changed or verdict in RIGHT
            elif entry.verdict in RIGHT and verdict == "refuted" and anew:
                result[k] = left_open(entry, f"{second}; it holds with the first only")
            elif entry.verdict in RIGHT and verdict == "refuted":
                told = f"{second.latex} as line {second.first} defines it"
                result[k] = replace(entry, reading="; ".join(filter(None, (entry.reading, told))))
        if changed and result[second.place].verdict == "refuted":
            result[second.place] = left_open(result[second.place], str(second))
        result = _of_its_section(note, second, before, found, result)
    for k in range(seconds[MOST].place, len(claims)) if len(seconds) > MOST else ():
        if result[k].verdict == "refuted":
            result[k] = left_open(result[k], TOO_MANY)
    return result


def _of_its_section(
    note: Whole, second: _Second, before: Sequence[Entry], found: Mapping[int, Entry], entries: list[Entry]
) -> list[Entry]:
    """The entries where a section has a loss of its own: its formulas hold with that, and none with the first alone.

    Where they do not show it, neither that loss nor what fails with both is refuted.
    """
    formulas = [note.items[c.passage].formula for c in note.claims]
    heading, model = formulas[second.place].heading, note.models[note.claims[second.place].model]
    if second.equation.left != model.loss or not _is_elsewhere(note, second.place, second.first_place):
        return entries
    inside = [k for k in found if formulas[k].heading[: len(heading)] == heading]
    shown = {(before[k].verdict in RIGHT, found[k].verdict in RIGHT) for k in inside}
    if (False, True) not in shown or (True, False) in shown:
        told = {second.place: str(second), **dict.fromkeys(inside, f"{second}; it fails with both")}
        return [left_open(e, told[k]) if k in told and e.verdict == "refuted" else e for k, e in enumerate(entries)]
    result, said = list(before), f"{second.latex} as line {second.line} defines it"
    result[second.place] = left_open(before[second.place], "the loss of its section", "accepted")
    for k in inside:
        if found[k].verdict in RIGHT:
            result[k] = replace(found[k], reading="; ".join(filter(None, (found[k].reading, said))))
        else:
            result[k] = left_open(before[k], f"{second}; it fails with both")
    return result


def _seconds(note: Whole, entries: Sequence[Entry]) -> Iterator[_Second]:
    """The definitions that fail, being another than that of the model; what is said of a special case is none."""
    models, claims = note.models, note.claims
    first: dict[tuple[int, str], int] = {}  # the places of the first definitions
    for k, (claim, entry) in enumerate(zip(claims, entries, strict=True)):
        sides = {(r.head, r.right) for r in claim.readings if isinstance(r, Reading)}
        formula = note.items[claim.passage].formula
        if formula.assumed or formula.special or claim.kind != "definition" or claim.follows:
            continue
        if len(sides) != 1 or len(claim.readings) != 1:
            continue
        ((head, right),) = sides
        model = models[claim.model]
        if not isinstance(head, Var) or right.has(Adjoint, Partial) or (before := model.equation(head.name)) is None:
            continue
        if entry.verdict in ("proved", "accepted"):
            first.setdefault((claim.model, head.name), k)
        elif entry.verdict == "refuted" and head == before.left and (claim.model, head.name) in first:
            before_this = first[claim.model, head.name]
            lines = claims[before_this].span.line, claim.span.line
            yield _Second(k, before_this, claim.head_latex, *lines, Equation(head, right))


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


def _is_elsewhere(note: Whole, place: int, first: int) -> bool:
    """Whether another heading stands over a definition than over the first, and it is not recalled."""
    here, before = (note.items[note.claims[k].passage].formula for k in (place, first))
    recalled = any(isinstance(part, str) and _AGAIN.search(part) for part in here.lead)
    return bool(before.heading) and here.heading != before.heading and not recalled


def of_unread_definitions(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries; what stands behind a new definition that cannot be read, under its heading, is unreadable, too.

    h_t = α h_{t-1} + (1 - α) tanh(…) beside h_t = tanh(…): α is not known, and the section is about another network.
    """
    result = list(entries)
    first: dict[tuple[int, str], int] = {}
    for k, claim in enumerate(note.claims):
        if claim.kind == "definition" and claim.defines and entries[k].verdict in ("proved", "accepted"):
            first.setdefault((claim.model, claim.defines), k)
        name = claim.defines if entries[k].verdict == "unreadable" and claim.kind == "definition" else _unread(note, claim)
        before, item = first.get((claim.model, name)) if name else None, note.items[claim.passage]
        if before is None or item.formula.special or item.formula.assumed:
            continue
        if not (_is_anew(item) or _is_elsewhere(note, k, before)):
            continue
        heading = item.formula.heading
        for j in range(k + 1, len(note.claims)):
            other = note.items[note.claims[j].passage].formula
            if other.heading[: len(heading)] != heading or note.claims[j].model != claim.model:
                break
            if result[j].verdict in ("refuted", *RIGHT) and note.claims[j].kind != "definition":
                told = f"{claim.head_latex} is defined anew at line {claim.span.line}, in a way that is not understood"
                result[j] = left_open(result[j], told)
    return result


def _unread(note: Whole, claim: Claim) -> str:
    """The name of the quantity that an unreadable formula defines at its own step, or ""."""
    if not claim.unreadable or claim.follows:
        return ""
    model, tokens = note.models[claim.model], lex(claim.head_latex).tokens
    if not is_name(tokens):
        return ""
    name = name_of(parse(tokens))
    match = table_of(model).match(name, Scope()) if name is not None else None
    if match is None or match.pattern.kind != "family" or match.components or match.transposed or match.powers:
        return ""
    equation = model.equation(match.pattern.target)
    return match.pattern.target if equation is not None and match.indices == equation.left.indices else ""
