"""Functions that a note describes in words which are not understood: "f is a scaled sigmoid", "f is not tanh".

Such an f is any function to us, and no other function in particular: what holds for every f is proved, and what fails for an
arbitrary f may still be right for the one that the words mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..language import Fun
from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from ..reading.document.passages import Placed
from ..reading.inference.activations import OTHER_VALUES
from ..reading.inference.records import Decision
from .claims import worked_out
from .whole import Whole
from .workshop import workshop


def with_other_values(items: Sequence[Placed], decisions: Sequence[Decision]) -> tuple[Placed, ...]:
    """The passages, with what is not understood where a formula states values that no known function has."""
    stated = {d.line: (d.subject, d.why) for d in decisions if d.why == OTHER_VALUES}
    return tuple(
        replace(i, unclear=stated[i.passage.line]) if i.passage.line in stated and not i.unclear else i for i in items
    )


def described(models: Sequence[Model], items: Sequence[Placed]) -> dict[str, str]:
    """What the note says of its functions where that is not understood, by their names."""
    said = {item.unclear[0]: item.unclear[1] for item in items if item.unclear}
    known = [(latex, fun) for m in models for latex, fun in m.functions.items()]
    return {fun.name: said[latex] for latex, fun in known if latex in said and fun.kind == "elementwise"}


def of_described_functions(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries; what fails for any f that the note describes otherwise is unreadable."""
    said = described(note.models, note.items)
    if not said:
        return list(entries)
    result = list(entries)
    for k, (claim, entry) in enumerate(zip(note.claims, entries, strict=True)):
        failed = entry.verdict in ("refuted", "unproved")
        name = _rests_on(claim, note.models[claim.model], said) if failed else ""
        if name:
            told = f'the note says "{said[name]}" of {name}, which is not understood'
            result[k] = left_open(entry, f"{told}, and for an arbitrary {name} it fails")
    return result


def _rests_on(claim: Claim, model: Model, said: Mapping[str, str]) -> str:
    """The name of such a function in the derivatives of a claim, or ""."""
    derivation = workshop(model)[1]
    for reading in claim.readings:
        sides = worked_out(reading, derivation).worked
        for term in (sides.head, sides.right) if sides is not None else ():
            found = sorted(f.name for f in term.atoms(Fun) if f.kind == "elementwise" and f.name in said)
            if found:
                return found[0]
    return ""
