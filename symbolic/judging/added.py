"""Gradients that a note puts together by +=, as code does: δc_t += … beside δc_{t-1} = δc_t ∘ f_t, of which each is a part.

A formula with = for a gradient to which the note adds elsewhere may be the first of its parts: what is wrong as the whole is
left open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..proof.verdict import Entry, left_open
from ..reading.readings import ONLY_A_PART
from .whole import Whole

_SCRIPT = re.compile(r"[_^]\s?(?:\{[^{}]{0,30}\}|\\?[A-Za-z0-9]+)|\s")


def of_what_is_added(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries, where refuted formulas may be parts of gradients."""
    result = list(entries)
    added = {_bare(c.head_latex): e.line for c, e in zip(note.claims, entries, strict=True) if ONLY_A_PART in e.reason}
    for k, (claim, entry) in enumerate(zip(note.claims, entries, strict=True)):
        line = added.get(_bare(claim.head_latex))
        if line is not None and entry.verdict == "refuted":
            result[k] = left_open(entry, f"wrong as the whole gradient, and line {line} adds to it; write the whole sum")
    return result


def _bare(latex: str) -> str:
    """A name without its scripts."""
    return _SCRIPT.sub("", latex)
