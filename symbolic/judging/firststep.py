"""The first step written by itself: a_1 = U x_1 + b beside a_t = U x_t + W h_{t-1} + b says that h_0 is zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Integer

from ..language import Var, affine
from ..model import Model, variables
from ..reading import Claim, Passage, Reading, read_claims
from .claims import judged

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
