"""Formulas that fail for the network of the note, where words announce a special case or another network.

"In the binary case this gives ∂L/∂z = σ(z) - y" beside a softmax: the formula is wrong for the network that the forward
equations describe, and right for the one that the words mean.  Such a formula is unreadable, and both are named.  What
stands over the forward equations themselves announces no other network: a note entitled "A linear network" is about that.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Tuple
from sympy.core.basic import Basic

from ..language import Adjoint, Filled, Fun, Partial, SumOver
from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from ..reading.document.announced import Announced, is_general
from ..reading.document.announced_rows import HYPOTHESIS, LAYER, NETWORK, OMISSION, REQUIREMENT, STEP
from ..reading.document.passages import Placed
from .whole import Whole

_OF_LOSS = {"cross-entropy": True, "squared error": False}
"""Losses by their names, and whether a logarithm stands in them."""


def of_what_is_announced(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries, with those that fail where words announce another case unreadable.

    Where a display fails so, another network is in force: what fails behind it, up to the next heading or words such as
    "in general", may still be about that.  A formula for the same derivative that holds ends it, too.
    """
    if not any(entry.verdict == "refuted" for entry in entries):
        return list(entries)
    models, items, claims = note.models, note.items, note.claims
    own = _own(items, claims, entries)
    named = {(c.model, c.adjoint_of): items[c.passage].announced for c in claims if _names_an_adjoint(c)}
    result = list(entries)
    force: tuple[tuple[int, tuple[str, ...]], Entry, Announced] | None = None
    failed: dict[tuple[int, str], set[Announced]] = {}
    over: set[Announced] = set()
    for k, (claim, entry) in enumerate(zip(claims, entries, strict=True)):
        item = items[claim.passage]
        place = claim.model, item.formula.heading
        if force is not None and (force[0] != place or is_general(" ".join(map(str, item.formula.lead)))):
            force = None
        head = claim.model, claim.head_latex
        if entry.verdict in ("proved", "proved-given") and head in failed:
            force, over = None, over | failed.pop(head)
        if entry.verdict != "refuted":
            continue
        names = {claim.adjoint_of, *claim.error_uses}  # δ_t = ∂L/∂h_t, ignoring …: it says so of what is written with δ_t
        there = (*item.announced, *(a for n in names for a in named.get((claim.model, n), ()) if a.row == OMISSION))
        said = [a for a in there if (claim.model, a.row) not in own and not (a in over and a in item.formula.supposed)]
        said = [a for a in said if _bears_on(a, claim, models[claim.model])]
        if said:
            words = ", ".join(dict.fromkeys(f'"{a.words}"' for a in said))
            failed.setdefault(head, set()).update(said)
            result[k] = _open(entry, f"said with {words}, which may mean {said[0].what}")
            other = next((a for a in said if a.what == NETWORK), None)
            if force is None and other is not None and item.formula.display:
                force = place, entry, other
        elif force is not None:
            result[k] = _open(
                entry, f'perhaps still said with "{force[2].words}" as line {force[1].line}, which may mean {NETWORK}'
            )
    return result


def _open(entry: Entry, why: str) -> Entry:
    return left_open(entry, f"wrong for the forward equations of the note, but {why}")


def _own(items: Sequence[Placed], claims: Sequence[Claim], entries: Sequence[Entry]) -> set[tuple[int, str]]:
    """(model, row) of what is said where a forward equation stands for the first time: it describes the network itself."""
    first: dict[tuple[int, str], tuple[int, bool]] = {}
    for claim, entry in zip(claims, entries, strict=True):
        if claim.kind == "definition" and claim.defines and entry.verdict in ("proved", "accepted"):
            first.setdefault((claim.model, claim.defines), (claim.passage, _names_an_adjoint(claim)))
    said = ((model, a, names) for (model, _), (passage, names) in first.items() for a in items[passage].announced)
    return {(model, a.row) for model, a, names in said if not (names and a.row == OMISSION)}


def _names_an_adjoint(claim: Claim) -> bool:
    return claim.kind == "definition" and bool(claim.adjoint_of)


def _is_zero(term: Basic) -> bool:
    return bool(term == 0) or (isinstance(term, Filled) and bool(term.args[0] == 0))


def _bears_on(said: Announced, claim: Claim, model: Model) -> bool:
    """Whether what is announced may change what the formula means."""
    readings = [r for r in claim.readings if isinstance(r, Reading)]
    if said.what == STEP:
        layered = said.row != LAYER or not any(e.right.has(SumOver) for e in model.equations if e.left == model.loss)
        return layered and any(r.free and not r.conditions for r in readings)
    if said.row in (HYPOTHESIS, REQUIREMENT):
        stated = any(not side.has(Adjoint, Partial) for r in readings for side in (Tuple(r.head, r.right),))
        return said.row == HYPOTHESIS or stated or any(_is_zero(r.right) for r in readings)
    used = {f.name for e in model.equations for f in e.right.atoms(Fun)}
    if said.row in _OF_LOSS:
        return _OF_LOSS[said.row] != any(name.startswith("log") for name in used)
    return said.row not in used and (claim.kind != "identity" or said.row not in model.functions)
