"""Roots of sizes and of numbers, as √d in softmax(Q Kᵀ/√d).

The second route knows no roots.  What holds with any number in place of √d holds with √d; so a formula that is not proved as it
stands is judged with a number of its own for every root of a size or of a number.  Only a proof counts: what is wrong for some
number may be right for the root, as √d √d = d.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import Apply, Var
from ..model import Equation, Family, Model
from ..proof.judge import Judgement
from .labelled import Readings, mapped, terms_of
from .workshop import Held

Roots = Mapping[Apply, Var]


def with_roots(first: Judgement, readings: Readings, model: Model, judge: Callable[[Readings, Model], Judgement]) -> Judgement:
    """The judgement; what is not proved with the roots themselves may be with numbers in their places."""
    roots = _roots(model, [e.right for e in model.equations] + [t for r in readings for t in terms_of(r)])
    if first.verdict != "unproved" or not roots:
        return first
    narrow = _narrow(Held(model), tuple(roots.items()))
    found = judge([mapped(r, lambda t: t.xreplace(dict(roots))) for r in readings], narrow)
    if found.verdict != "proved":
        return first
    known = {f"{v.name}!=0": "" if isinstance(root.x, Symbol) else f"{root.x}!=0" for root, v in roots.items()}
    assumes = tuple(dict.fromkeys(filter(None, (known.get(a, a) for a in found.assumes))))
    given = f" if {', '.join(assumes)}" if assumes else ""
    return replace(found, assumes=assumes, reason=f"equal for every length and every size{given}")


def _roots(model: Model, terms: Sequence[Basic]) -> dict[Apply, Var]:
    """The roots of sizes, and of numbers that no equation gives, with a number for each."""
    found: dict[Apply, Var] = {}
    for root in sorted({a for t in terms for a in t.atoms(Apply) if a.fun.name == "sqrt" and not a.fun.kind}, key=str):
        x = root.x
        given = isinstance(x, Var) and not (x.rows or x.cols or x.indices) and model.equation(x.name) is None
        if (given or isinstance(x, Symbol)) and not root.fun.order:
            found[root] = Var(f"root of {x}")
    return found


@lru_cache(maxsize=32)
def _narrow(held: Held, roots: tuple[tuple[Apply, Var], ...]) -> Model:
    model, new = held.model, dict(roots)
    families = {v.name: Family(v.name, "given", (), (), (), rf"\sqrt{{{root.x}}}") for root, v in roots}
    equations = tuple(Equation(e.left, e.right.xreplace(new)) for e in model.equations)
    return replace(model, families={**model.families, **families}, equations=equations)
