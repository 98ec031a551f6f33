"""Quantities that may be parts of others, though no equation says so.

An α_t beside α ∈ R^T, with an entry for each step, may be an entry of it, or another quantity; words may say that a matrix H
has the columns h_t, or is the transpose of W.  Taken for a quantity of its own, right formulas would be refuted and wrong ones
proved.
"""

from __future__ import annotations

from dataclasses import replace

from ...model import Model, upstream
from .build import Draft, NotInferred
from .declared import Declared
from .families import Families
from .roles import Info


def told_apart_from_steps(families: Families, draft: Draft, model: Model, lines: Declared) -> None:
    """Raises `NotInferred` where a quantity of all steps may be one of each step."""
    lengths = {i.upper for i in model.indices}
    for key, info in draft.infos.items():
        family, steps = model.families.get(info.name), draft.infos.get(replace(key, arity=1))
        if family is None or steps is None or key.arity:
            continue
        shared = [leg for leg in family.rows + family.cols if leg in lengths]
        if shared:
            raise NotInferred(
                f"{_place(steps)}{steps.latex} may be an entry of {info.latex}, which has {shared[0]} of them, one for each "
                "step, or another quantity; write another letter for one of the two",
                steps.key,
            )


def said_by_equations(families: Families, draft: Draft, model: Model, lines: Declared) -> None:
    """Raises `NotInferred` where words alone say that a quantity is made of, fed by or equal to another one of the equations.

    What is computed from a quantity is no part of it: x_t = E w_t is a column of E.
    """
    for *names, kind in lines.gathered:
        stems = [(k.letter, k.accents) for k in (families.parsed(name).key for name in names)]
        wholes, parts = ([i for k, i in draft.infos.items() if (k.letter, k.accents) == stem] for stem in stems)
        for one in (w for w in wholes if not w.defined):
            others = (p for p in parts if p.name != one.name)
            other = next((p for p in others if kind == "fed by" or one.name not in upstream(model, [p.name])), None)
            if other is not None:
                raise NotInferred(
                    f"{_place(one)}{one.latex} is {kind} {other.latex} as words say, but no forward equation says so, so that "
                    "gradients through it are not known; say it in an equation, or write the equations without it"
                )


def _place(info: Info) -> str:
    """Where a quantity stands first."""
    line = min((o.formula.line for o in info.sources), default=0)
    return f"line {line}: " if line else ""
