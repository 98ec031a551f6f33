"""Recursions that run back from the last step, where the loss is taken of that step alone: δ_t = δ_{t+1} + Wᵀ D_t δ_{t+1}.

The adjoint after the last step is zero, and such a formula does not hold at the last step, where δ_T = h_T - y.  Like one with
an h_{t+1} in it, which does not exist there, it is meant for the steps before; that is listed as an assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Expr
from sympy.core.basic import Basic

from ..language import Adjoint, Partial, Relation, affine
from ..model import Index, Model, variables
from ..proof.existence import in_words
from ..proof.verdict import Entry
from ..reading import Claim, Reading
from ..reading.document.passages import Placed
from .claims import judged


def before_the_last(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; a recursion that fails at the last step alone is judged for the steps before."""
    model = models[claim.model]
    if entry.verdict != "refuted" or not all(isinstance(r, Reading) for r in claim.readings):
        return entry
    readings = [r for r in claim.readings if isinstance(r, Reading)]
    more = [tuple(dict.fromkeys(_before(r, model))) for r in readings]
    if not readings or not all(more) or len(set(more)) > 1:
        return entry
    narrow = tuple(replace(r, conditions=(*r.conditions, *c)) for r, c in zip(readings, more, strict=True))
    found = judged(replace(claim, readings=narrow), model, layout)
    told = tuple(map(in_words, more[0]))
    if found.verdict != "proved":
        return entry if found.verdict == "refuted" else found
    return replace(found, assumes=(*found.assumes, *told), reason=f"{found.reason} if {', '.join(told)}")


def _before(reading: Reading, model: Model) -> Iterator[Relation]:
    """t + 1 <= T for an adjoint at t + 1 on the right of one at t."""
    here = {i for _, i in _adjoints(reading.head, model)}
    for index, i in _adjoints(reading.right, model):
        point, offset = affine(i)
        if offset > 0 and point in here and any(point == symbol for symbol, *_ in reading.free):
            yield Relation("<=", i, index.upper)


def _adjoints(term: Basic, model: Model) -> Iterator[tuple[Index, Expr]]:
    """The (index of the model, step) of every adjoint or derivative of the loss in a term."""
    for part in term.atoms(Adjoint, Partial) if isinstance(term, Basic) else ():
        if isinstance(part, Partial) and part.num != model.loss:
            continue
        for v in variables(part.args[0] if isinstance(part, Adjoint) else part.args[1]):
            family = model.families.get(v.name)
            if family is not None and len(family.indices) == len(v.indices):
                yield from zip(family.indices, v.indices, strict=True)
