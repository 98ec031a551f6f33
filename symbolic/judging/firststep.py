"""The first step written by itself: a_1 = U x_1 + b beside a_t = U x_t + W h_{t-1} + b says that h_0 is zero.

Where it is computed in another way, and the equation of the others says that it begins later, gradients are not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Integer

from ..language import Adjoint, Partial, Var, affine
from ..model import Model, variables
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Passage, Reading, read_claims
from ..reading.begun import first_step
from .claims import judged
from .whole import Whole

MAX_LENGTH = 400
"""Longer formulas are no first step written by itself."""


def with_first_steps(models: Sequence[Model], passages: Sequence[Passage]) -> tuple[Model, ...]:
    """The models with zero before the first step, where the first step is right only so."""
    result = list(models)
    for passage in passages:
        model = result[passage.model]
        lowest = [str(i.lower) for i in model.indices]
        if passage.broken or len(passage.latex) > MAX_LENGTH or not any(n in passage.latex for n in lowest):
            continue
        for claim in read_claims((model,), (replace(passage, model=0),), model.layout):
            zero = replace(model, zero_initial=model.zero_initial | _of_the_step_before(model))
            if not _is_first_step(claim, model) or judged(claim, model, model.layout, supports=True).verdict != "refuted":
                continue
            if judged(claim, zero, zero.layout, supports=True).verdict == "proved":
                model = result[passage.model] = zero
    return tuple(result)


def _of_the_step_before(model: Model) -> frozenset[str]:
    """The states that an equation uses at an earlier step."""
    used = (v for e in model.equations for v in variables(e.right))
    return frozenset(v.name for v in used if v.indices and affine(v.indices[0])[1] < 0 and model.equation(v.name) is not None)


def _is_first_step(claim: Claim, model: Model) -> bool:
    reading = next((r for r in claim.readings if isinstance(r, Reading)), None)
    if claim.kind != "definition" or reading is None or not isinstance(reading.head, Var):
        return False
    family = model.families.get(reading.head.name)
    first = tuple(Integer(i.lower) for i in family.indices) if family is not None else ()
    return bool(first) and reading.head.indices == first


def of_other_first_steps(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries; unreadable are gradients of a network whose first step is computed in a way that is not that of the others.

    So h_1 = tanh(V x_1) beside h_t = tanh(W h_{t-1} + U x_t) "for t = 2, ..., T", which says nothing of the first step.
    """
    result, others = list(entries), {}
    for k, (claim, entry) in enumerate(zip(note.claims, entries, strict=True)):
        model = note.models[claim.model]
        if entry.verdict == "refuted" and claim.kind == "definition" and _begins_later(note, claim, model):
            others[claim.model] = entry.line
            result[k] = left_open(entry, "a first step that is not computed as the others are, which is not understood")
    for k, (claim, entry) in enumerate(zip(note.claims, result, strict=True)):
        if claim.model in others and entry.verdict in ("proved", "proved-given", "refuted") and _holds_a_derivative(claim):
            why = f"the first step is not computed as the others are (line {others[claim.model]}), which is not understood"
            result[k] = left_open(entry, why)
    return result


def _begins_later(note: Whole, claim: Claim, model: Model) -> bool:
    """Whether a claim is about a step before those of which the note says the equation."""
    readings = [r if isinstance(r, Reading) else r.rescued for r in claim.readings]
    heads = {r.head for r in readings if r is not None and isinstance(r.head, Var) and r.head.indices}
    for head in heads:
        point, step = affine(head.indices[0])
        own = [c for c in note.claims if c.defines == head.name and c.model == claim.model and c is not claim]
        letter = str(model.families[head.name].indices[0].symbol)
        if point is None and any(first_step(note.items[c.passage].passage.given, letter) > step for c in own):
            return True
    return False


def _holds_a_derivative(claim: Claim) -> bool:
    readings = [r if isinstance(r, Reading) else r.rescued for r in claim.readings]
    return any(r is not None and (r.head.has(Adjoint, Partial) or r.right.has(Adjoint, Partial)) for r in readings)
