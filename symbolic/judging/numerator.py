"""Gradients of weights in a note of Jacobians: ∂L/∂V = h (p - y)ᵀ, in the shape of Vᵀ.

Where derivatives by columns are rows, the derivative by a matrix is written in the shape of its transpose (numerator
layout), of the matrix itself, or as one long row.  A formula that fails and whose transpose is the gradient is right in the
first custom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..proof.verdict import Entry, left_open
from ..reading import read_claims
from .claims import judged
from .whole import Whole

JACOBIAN, GRADIENT = "jacobian", "gradient"
RIGHT = ("proved", "proved-given")


def in_numerator_layout(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries of a note in Jacobian layout; what is right in the shape of the transpose is not refuted."""
    if note.layout != JACOBIAN:
        return list(entries)
    result = list(entries)
    for k, (claim, entry) in enumerate(zip(note.claims, entries, strict=True)):
        if entry.verdict != "refuted" or claim.follows or "the shapes do not conform" not in (entry.reason or ""):
            continue
        passage = note.items[claim.passage].passage
        right = claim.latex.partition(" = ")[2]
        latex = rf"{claim.head_latex} = \left( {right} \right)^\top"
        alone = replace(passage, latex=latex, places=None, model=0)
        model = note.models[claim.model]
        # what stands on the right may be columns, or rows as in the rest of the note
        turned = [(way, read_claims((model,), (alone,), way)) for way in (GRADIENT, JACOBIAN)]
        if any(len(read) == 1 and judged(read[0], model, way, supports=True).verdict in RIGHT for way, read in turned):
            told = f"right if {claim.head_latex} has the shape of the transpose (numerator layout)"
            result[k] = left_open(entry, f"{told}, and nothing says that it has")
    return result
