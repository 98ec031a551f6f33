r"""Names on which the loss does not depend: a definition of one is no claim that was proved.

In "$G = V^\top (z - y)$" behind a network, G may be a gradient that no formula and no word introduces.  Read as a definition
the formula agrees with itself whatever it says: it is accepted, and what another formula says of the same name is left open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..language import Var
from ..model import Model, upstream
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from .whole import Whole


def of_definitions_beside_the_loss(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries, where names that nothing in the loss rests on are accepted or open, if the note itself is the model."""
    if not note.inferred:
        return list(entries)
    needed = [upstream(model) for model in note.models]
    own = {(c.model, c.head_latex) for c in note.claims if _is_beside(c, needed[c.model])}
    concerned = [(c.model, c.head_latex) in own and not c.follows and not c.adjoint_of for c in note.claims]
    return [
        _left(c, e, note.models[c.model]) if there else e
        for c, e, there in zip(note.claims, entries, concerned, strict=True)
    ]


def _is_beside(claim: Claim, needed: set[str]) -> bool:
    names = {r.head.name for r in claim.readings if isinstance(r, Reading) and isinstance(r.head, Var)}
    return claim.kind == "definition" and not claim.adjoint_of and bool(names) and not names & needed


def _left(claim: Claim, entry: Entry, model: Model) -> Entry:
    loss = model.families[model.loss.name].latex
    hint = rf"{loss} does not depend on it; if it is a gradient, say so: {claim.head_latex} = \partial {loss}/\partial …"
    if entry.verdict == "proved":
        return replace(entry, verdict="accepted", proof=None, evidence=None, assumes=(), reason=f"a definition, and {hint}")
    if entry.verdict == "refuted":
        return left_open(entry, f"another formula defines {claim.head_latex}, and {hint}")
    return entry
