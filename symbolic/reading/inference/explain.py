"""Why a note is understood as it is: one decision per choice, its runner-up, its reason, and the line that overrides it.

The line is one of the block of declarations (see `declared`) and states the runner-up where there is one, else the choice
itself, so that it can be copied and changed.  What no line of the block can change has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, Mul

from ...language import FUNCTIONS, describe
from ...model import Family, Model
from .build import Draft
from .families import Key
from .records import Decision
from .roles import Info
from .shapes import Solution

ROLE_WHY = {
    "state": "an equation defines it",
    "loss": "it stands above ∂ and never below, or no other equation uses it",
    "label": "the loss uses it, nothing defines it and no ∂ is taken by it",
    "input": "nothing defines it, and it changes with the index or a matrix is applied to it",
    "weight": "nothing defines it, and by its use it is neither input nor label",
    "given": "nothing defines it",
}
RUNNER_UP = {"label": "input", "input": "given", "weight": "input", "given": "input"}
BLOCK = "a declaration says so"


def function(latex: str, choice: str, other: str, why: str, line: int) -> Decision:
    """Which function a letter is."""
    says = next((row for row in (other, choice) if row in FUNCTIONS), "")
    return Decision(latex, choice, other, why, line, f"{latex} = {says}" if says else "")


def adjoint(latex: str, family: Family, loss: Family, line: int) -> Decision:
    """What the name of an adjoint is the adjoint of."""
    return Decision(
        latex, f"the adjoint ∂L/∂{family.latex}", "", "it is defined as one", line, f"{latex} = d{loss.latex}/d{family.latex}"
    )


def explained(
    draft: Draft, model: Model, solution: Solution, rival: Solution | None, said: set[Key], losses: Sequence[Key]
) -> Iterator[Decision]:
    """The index, the role and the shape of every symbol, and what is assumed of the data.

    `said`: whose roles a declaration fixes; `losses`: what could be the loss, the likeliest first.
    """
    if draft.index is not None:
        i = draft.index
        why = "it is shifted or stands in brackets in scripts, or numbers what the equations define"
        yield Decision(str(i.symbol), f"the index, from {i.lower} to {i.upper}", "", why)
    for info in draft.infos.values():
        family = model.families.get(info.name)
        if family is not None:
            yield _role(draft, info, family, info.key in said, losses)
            yield _shape(draft, info, family, solution, rival)
    for name in sorted(model.zero_initial):
        yield Decision(f"{model.families[name].latex} before the first step", "zero", "a value of its own", "a formula says so")
    for assumption in model.assumptions:
        latex = model.families[assumption.family].latex
        yield Decision(
            latex, "its entries sum to one, where a proof needs it", "no assumption",
            "it meets the logarithm of a softmax, or a declaration says so", 0, f"{latex}: label, sums to one",
        )  # fmt: skip


def _place(draft: Draft, info: Info) -> int:
    definition = draft.definitions.get(info.key)
    return definition.formula.line if definition else info.sources[0].formula.line if info.sources else 0


def _role(draft: Draft, info: Info, family: Family, said: bool, losses: Sequence[Key]) -> Decision:
    other = RUNNER_UP.get(family.role, "")
    line = f"{info.latex}: {other or family.role}"
    if said:
        return Decision(info.latex, family.role, "", BLOCK, _place(draft, info), f"{info.latex}: {family.role}")
    if family.role == "loss":
        rivals = [k for k in losses if k.letter != info.key.letter and k in draft.infos]
        other = draft.infos[rivals[0]].latex if rivals else ""
        line = f"{other or info.latex}: loss"
    elif family.role == "state":
        line = ""
    return Decision(info.latex, family.role, other, ROLE_WHY[family.role], _place(draft, info), line)


def _shape(draft: Draft, info: Info, family: Family, solution: Solution, rival: Solution | None) -> Decision:
    kind = solution.kinds[info.name]
    second = rival.kinds[info.name] if rival is not None else ""
    other = second if second != kind else ""
    why = "the equations conform so"
    if info.declared or info.kinds:
        why, other = BLOCK, ""
    elif family.role == "loss":
        why = "a loss is a number"
    elif other:
        why = "by habit capitals are matrices and small letters columns, and the equations conform both ways"
    elif info.components:
        why = f"it is written with {info.components} component{'s' * (info.components > 1)}, and the equations conform so"
    line = f"{info.latex}: {other}" if other else shape_line(info.latex, family)
    return Decision(info.latex, f"{kind}, {describe((family.rows, family.cols))}", other, why, _place(draft, info), line)


def shape_line(latex: str, family: Family) -> str:
    """The line of the block that gives a quantity its shape, or "" where none can.

    >>> from sympy import Symbol
    >>> shape_line("h_t", Family("h", "state", (Symbol("n"),), ()))
    'h_t in R^{n x 1}'
    """
    sides = (family.rows, family.cols)
    if any(len(legs) > 1 or isinstance(leg, Mul) for legs in sides for leg in legs):
        return ""
    if sides == ((), ()):
        return f"{latex}: scalar"
    return f"{latex} in R^{{{' x '.join(_side(legs) for legs in sides)}}}"


def _side(legs: Sequence[Expr]) -> str:
    text = str(legs[0]) if legs else "1"
    return f"({text})" if "+" in text else text
