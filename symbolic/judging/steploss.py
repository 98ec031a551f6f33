"""What g_t means where a note defines it as ∂L_t/∂y_t: the derivative of the loss of that step, as it is written, or of L.

Many notes write L_t where they mean L, so that such a name is first taken for the gradient of L.  Where that makes formulas
wrong that are right as it is written, and none is right in the first sense only, it means what is written.  Where both are
shown, formulas that are right in one sense only are unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy.core.basic import Basic

from ..language import Adjoint, Partial, Var
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from ..reading.derivatives import WHOLE_LOSS
from .folded import RIGHT, mapped, names_adjoint, uses_adjoint
from .whole import Whole


def of_step_losses(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries, where a name may stand for a derivative of the loss of one step."""
    result = list(entries)
    for at, meant in _defined(note, entries):
        definition, name = note.claims[at], meant.den.name
        mine = [k for k, c in enumerate(note.claims) if c.model == definition.model and k != at and uses_adjoint(c, name)]
        literal = {k: note.judge(_as_written(note.claims[k], meant)) for k in mine}
        only = [k for k in mine if literal[k].verdict in RIGHT and result[k].verdict == "refuted"]
        other = [k for k in mine if result[k].verdict in RIGHT and literal[k].verdict == "refuted"]
        if not only:
            continue
        if not other:
            result[at] = replace(result[at], reading=None)
            for k in mine:
                result[k] = literal[k]
            continue
        for k in (*only, *other):
            reason = f"some formulas are right where {definition.head_latex} is of the loss of one step, others if of all"
            result[k] = left_open(result[k], reason)
    return result


def _defined(note: Whole, entries: Sequence[Entry]) -> Iterator[tuple[int, Partial]]:
    """The names of derivatives that are taken of the whole loss although the loss of one step is written."""
    for k, (claim, entry) in enumerate(zip(note.claims, entries, strict=True)):
        if WHOLE_LOSS not in (entry.reading or "").split("; ") or not claim.adjoint_of:
            continue
        for r in (r for r in claim.readings if isinstance(r, Reading) and WHOLE_LOSS not in r.words):
            den = r.right.den if isinstance(r.right, Partial) else None
            if isinstance(r.head, Adjoint) and isinstance(den, Var) and den == r.head.variable:
                yield k, r.right
                break


def _as_written(claim: Claim, meant: Partial) -> Claim:
    """The claim with the derivative that is written for the name."""
    variable = meant.den

    def put(term: Basic) -> Basic:
        found = {
            a: meant.xreplace(dict(zip(variable.indices, a.variable.indices, strict=True)))
            for a in term.atoms(Adjoint) if names_adjoint(a, variable.name)
        }  # fmt: skip
        return term.xreplace(found) if found else term

    return replace(claim, readings=tuple(mapped(r, put) for r in claim.readings if isinstance(r, Reading)))
