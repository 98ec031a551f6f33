"""Softmax of the rows or of the columns of a matrix, where no more than a custom tells which.

What is wrong for the one and not for the other is unreadable then: the note may mean the other.  It is refuted all the same
where more formulas of the note are right for the one alone than for the other alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from sympy.core.basic import Basic

from ..language import ShapeError, Term, by_lines, lines_of
from ..model import Equation, Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from .claims import judged
from .labelled import mapped
from .whole import Whole
from .workshop import Held

OTHER = {"rows": "columns", "columns": "rows"}
WAYS = {"rows": "row by row", "columns": "column by column"}


def of_other_lines(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries; what only the other lines would make right is open where the note does not show which it means."""
    result = list(entries)
    for number, model in enumerate(note.models):
        mine = [k for k, c in enumerate(note.claims) if c.model == number and model.by_custom]
        wrong = [k for k in mine if entries[k].verdict == "refuted" and entries[k].cause != "shape"]
        right = {k: verdict for k in wrong if (verdict := _otherwise(note.claims[k], model, note.layout)) != "refuted"}
        if not right:
            continue
        proved = [k for k in mine if entries[k].verdict == "proved" and note.claims[k].kind == "claim"]
        shown = sum(_otherwise(note.claims[k], model, note.layout) == "refuted" for k in proved)
        if shown > len(right):
            continue
        ways = WAYS[model.lines], WAYS[OTHER[model.lines]]
        for k in right:
            why = f"wrong where softmax is taken {ways[0]}, not where it is taken {ways[1]}; say which is meant"
            result[k] = left_open(entries[k], why)
    return result


def _otherwise(claim: Claim, model: Model, layout: str) -> str:
    """The verdict on a claim where softmax is taken of the other lines."""
    try:
        readings = tuple(mapped(r, _turned) for r in claim.readings)
        return judged(replace(claim, readings=readings), _other(Held(model)), layout).verdict
    except ShapeError:
        return "refuted"


def _turned(term: Basic) -> Basic:
    """The term with softmax of the other lines."""
    if (found := lines_of(term)) is not None:
        fun, x, lines = found
        return by_lines(fun, _turned(x), OTHER[lines])
    if not isinstance(term, Term) or not term.args:
        return term
    args = [_turned(a) for a in term.args]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)


@lru_cache(maxsize=32)
def _other(held: Held) -> Model:
    model = held.model
    equations = tuple(Equation(e.left, _turned(e.right)) for e in model.equations)
    kinds = {f"{lines}_sum_to_one": f"{other}_sum_to_one" for lines, other in OTHER.items()}
    assumptions = tuple(replace(a, kind=kinds.get(a.kind, a.kind)) for a in model.assumptions)
    return replace(model, equations=equations, assumptions=assumptions, lines=OTHER[model.lines])
