"""What δ_t means where a note defines it as ∂L/∂h_t and goes on with the slope of h_t = f(a_t) folded in: as ∂L/∂a_t.

A formula that fails in the sense of the definition and holds in the other is wrong, or δ_t has changed its meaning.  It has
if a formula for δ_t itself is among them, or if several formulas are and none that holds shows the sense of the definition:
then they are unreadable, and both senses are named.  A note that defines δ_t again says which it means from there on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sympy.core.basic import Basic

from ..language import Adjoint, Apply, Hadamard, Var, kind_of
from ..model import Equation
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from .whole import Whole

RIGHT = ("proved", "proved-given")
SEVERAL = 2
"""How many formulas for gradients show by themselves that δ has changed its meaning."""


def of_folded_slopes(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries, where slopes may have been folded into the errors that a note names."""
    result = list(entries)
    for position, model in enumerate(note.models):
        for latex, name in model.error_names.items():
            equation = model.equation(name)
            if equation is None or not _has_slope(equation):
                continue
            mine = [k for k, c in enumerate(note.claims) if c.model == position and uses_adjoint(c, name)]
            wrong = [k for k in mine if result[k].verdict == "refuted"]
            folded = {k: _folded(note.claims[k], equation) for k in wrong}
            there = [k for k, claim in folded.items() if note.judge(claim).verdict in RIGHT]
            heads = [k for k in there if _is_of_error(note.claims[k], name)]
            if not there or not (heads or (len(there) >= SEVERAL and not _shown(note, result, mine, name, equation))):
                continue
            what = model.families[name].latex
            for k in there:
                told = f"right if {latex} is the gradient of what the function in {what} is taken of"
                result[k] = left_open(result[k], f"{told}, wrong if it is that of {what}, as it is defined")
    return result


def _has_slope(equation: Equation) -> bool:
    """Whether it is h = f(a), entry by entry."""
    right = equation.right
    return isinstance(right, Apply) and not right.fun.order and kind_of(right.fun) == "elementwise"


def uses_adjoint(claim: Claim, name: str) -> bool:
    """Whether the adjoint of a family stands in a claim under a name."""
    return any(names_adjoint(t, name) for r in claim.readings if isinstance(r, Reading) for t in (r.head, r.right))


def names_adjoint(term: Basic, name: str) -> bool:
    """Whether the adjoint of a family stands in a term under a name."""
    return any(isinstance(a.variable, Var) and a.variable.name == name for a in term.atoms(Adjoint))


def _is_of_error(claim: Claim, name: str) -> bool:
    """Whether it is a formula for δ itself."""
    return any(isinstance(r, Reading) and isinstance(r.head, Adjoint) and names_adjoint(r.head, name) for r in claim.readings)


def _shown(note: Whole, entries: Sequence[Entry], mine: Sequence[int], name: str, equation: Equation) -> bool:
    """Whether a formula for a gradient is right in the sense of the definition only."""
    right = [k for k in mine if entries[k].verdict in RIGHT and not _is_of_error(note.claims[k], name)]
    return any(note.judge(_folded(note.claims[k], equation)).verdict == "refuted" for k in right)


def _folded(claim: Claim, equation: Equation) -> Claim:
    """The claim with the slope in every error."""
    readings = tuple(_in_reading(r, equation) for r in claim.readings if isinstance(r, Reading))
    return replace(claim, readings=readings)


def _in_reading(reading: Reading, equation: Equation) -> Reading:
    def put(term: Basic) -> Basic:
        found: Mapping[Basic, Basic] = {
            a: Hadamard(a, _slope(equation, a.variable)) for a in term.atoms(Adjoint)
            if isinstance(a.variable, Var) and a.variable.name == equation.left.name
        }  # fmt: skip
        return term.xreplace(found) if found else term

    return mapped(reading, put)


def mapped(reading: Reading, put: Callable[[Basic], Basic]) -> Reading:
    """The reading with other terms."""
    previous = None if reading.previous is None else put(reading.previous)
    return replace(
        reading, head=put(reading.head), right=put(reading.right), previous=previous, others=tuple(map(put, reading.others))
    )


def _slope(equation: Equation, at: Var) -> Basic:
    right = equation.right
    assert isinstance(right, Apply)
    argument = right.x.xreplace(dict(zip(equation.left.indices, at.indices, strict=True)))
    return Apply(right.fun.derived(), argument)

