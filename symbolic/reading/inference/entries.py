"""A quantity with an entry for each step, α ∈ R^T, beside one of the same letter at each step, α_t.

Where both stand in the forward equations α_t may be an entry of α, or another quantity; taken for another one, right formulas
would be refuted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...model import Model
from .build import NotInferred
from .families import Key
from .roles import Info


def told_apart_from_steps(infos: Mapping[Key, Info], model: Model) -> None:
    """Raises `NotInferred` where a quantity of all steps may be one of each step."""
    lengths = {i.upper for i in model.indices}
    for key, info in infos.items():
        family, steps = model.families.get(info.name), infos.get(replace(key, arity=1))
        if family is None or steps is None or key.arity:
            continue
        shared = [leg for leg in family.rows + family.cols if leg in lengths]
        if shared:
            raise NotInferred(
                f"{steps.latex} may be an entry of {info.latex}, which has {shared[0]} of them, one for each step, or another "
                "quantity; write another letter for one of the two",
                steps.key,
            )
