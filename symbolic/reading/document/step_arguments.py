r"""L = Σ_t l(t) with l(t) = …, in a note that writes its steps as scripts: l(t) is l_t.

Where h(t) stands beside h(t - 1) steps are written so throughout (see `inference.scan`); a loss alone has no step before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .records import Formula, Reworded
from .rewording import LETTER, rewritten

WHY = "it is summed over the step and given a value at it"
_LOSS = rf"(?:\\(?:mathcal|mathscr)\s?\{{[A-Z]\}}|{LETTER})"
_CALL = re.compile(rf"({_LOSS})\s?\(\s?([a-z])\s?\)")
_HEAD = re.compile(rf"(?:^|[,;&]|\\\\|quad)\s?{_CALL.pattern}\s?&?\s?=", re.MULTILINE)


def with_step_arguments(formulas: Sequence[Formula]) -> tuple[list[Formula], tuple[Reworded, ...]]:
    """The formulas with the steps of such losses as scripts, and what was read so."""
    whole = "\n".join(f.text for f in formulas if not f.broken)
    named = {(m[1], m[2]) for m in _HEAD.finditer(whole)}
    meant = {(x, t) for x, t in named if _is_summed(whole, x, t) and _is_step(whole, t) and not _is_shifted(whole, x, t)}
    if not meant:
        return list(formulas), ()
    told: dict[str, Reworded] = {}
    result = []
    for formula in formulas:
        changes = []
        for m in _CALL.finditer(formula.text):
            if (m[1], m[2]) in meant:
                new = f"{m[1]}^{{({m[2]})}}" if f"^{{({m[2]})}}" in whole else f"{m[1]}_{{{m[2]}}}"
                changes.append((m.start(), m.end(), new))
                told.setdefault(m[0], Reworded(formula.line, m[0], new, WHY))
        result.append(rewritten(formula, changes))
    return result, tuple(told.values())


def _is_summed(text: str, letter: str, step: str) -> bool:
    sign = rf"\\sum(?:\\limits)?\s?_\s?(?:\{{\s?{step}\s?(?:=[^{{}}]{{1,20}})?\}}|{step})"
    above = r"\s?(?:\^\s?(?:\{[^{}]{1,20}\}|\\?[A-Za-z]+))?\s?"
    return re.search(rf"{sign}{above}{re.escape(letter)}\s?\(\s?{step}\s?\)", text) is not None


def _is_step(text: str, step: str) -> bool:
    return re.search(rf"[_^]\s?(?:\{{\s?\(?\s?)?{step}(?![A-Za-z])", text) is not None


def _is_shifted(text: str, letter: str, step: str) -> bool:
    return re.search(rf"{re.escape(letter)}\s?\(\s?{step}\s?[+-]", text) is not None
