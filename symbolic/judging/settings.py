"""Equations that give a value to what nothing determines: h_0 = 1, y = g(x') for a target y.

They are no statements about the network, so that they cannot be wrong: either they are forward equations, or what they say is
not known.  What is computed from the quantity itself, as y = ŷ + e beside e = ŷ - y, is a statement.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy.core.basic import Basic

from ..language import Var, affine
from ..model import Model, upstream, variables
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from ..reading.document.passages import Placed


def of_settings(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; unreadable where a value that nothing determines is said to be something else."""
    if entry.verdict != "refuted":
        return entry
    model = models[claim.model]
    readings = [r if isinstance(r, Reading) else r.rescued for r in claim.readings]
    if not readings or not all(r is not None and is_set(model, r.head, r.right) for r in readings):
        return entry
    what = claim.head_latex
    return left_open(entry, f"a value for {what}, which the forward equations leave open; as one of them it is not understood")


def is_set(model: Model, head: Basic, right: Basic) -> bool:
    """Whether an equation says what something is that no equation of the model gives, and not with what is computed from it."""
    if not isinstance(head, Var) or head.name not in model.families or _is_computed(model, head):
        return False
    return not any(v.name == head.name or _rests_on(model, v, head) for v in variables(right))


def _is_computed(model: Model, quantity: Var) -> bool:
    """Whether an equation gives it: not h_0, where steps begin at 1."""
    if model.equation(quantity.name) is None:
        return False
    own = model.families[quantity.name].indices
    points = [(affine(i), index.lower) for i, index in zip(quantity.indices, own, strict=True)]
    return all(point is not None or step >= lower for (point, step), lower in points)


def _rests_on(model: Model, quantity: Var, leaf: Var) -> bool:
    """Whether it is computed from the leaf, as far as the families tell."""
    return _is_computed(model, quantity) and leaf.name in upstream(model, [quantity.name])
