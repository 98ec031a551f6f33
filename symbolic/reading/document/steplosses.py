r"""L = Σ_t L_t(y_t), where no formula says what L_t is: any function ℓ_t of y_t, another one at every step.

For the inference of the network it is written out: L = Σ_t L_t with L_t = ℓ_t(y_t).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..records import Passage

_LOSS = r"(?:\\(?:mathcal|mathrm|mathscr|mathbb|boldsymbol|mathbf)\s?(?:\{[A-Z]\}|[A-Z])|[A-Z])"
_STEP = r"(?:_\s?(?:\{\s?[a-z]\s?\}|[a-z])|\^\s?\{\s?\(?\s?[a-z]\s?\)?\s?\})"
_VALUE = r"[\\A-Za-z{}_^() ]{1,40}?"
_TOTAL = re.compile(rf"\s{{0,3}}({_LOSS})\s?(?:\([^()=]{{1,40}}\))?\s?&?\s?=")
_SUMMAND = r"\\sum.{{1,60}}?({loss}\s?({step}))\s?(\(\s?({value}(?:,{value})?)\s?\))(?![A-Za-z_^])"
FUNCTION = r"\ell"


def with_step_losses(passages: Sequence[Passage]) -> tuple[list[Passage], list[bool]]:
    """The passages with what is meant, and for each whether the note has it; what is added stands behind its sum."""
    texts = ["".join(p.latex.split()) for p in passages]
    result: list[tuple[Passage, bool]] = []
    for passage in passages:
        found = _called(passage.latex)
        if found is None or any(FUNCTION in t for t in texts) or any(_defines(t, found[1]) for t in texts):
            result.append((passage, True))
            continue
        span, name, step, arguments = found
        text = passage.latex[: span[0]] + " " * (span[1] - span[0]) + passage.latex[span[1] :]
        several = "," in arguments
        said = f"{name} = {FUNCTION}{'' if several else step}({arguments})"
        result += [(replace(passage, latex=text), True), (replace(passage, latex=said, places=None), False)]
    return [p for p, _ in result], [own for _, own in result]


def _called(text: str) -> tuple[tuple[int, int], str, str, str] | None:
    """(where the arguments stand, L_t, its step, its arguments) of L = Σ_t L_t(y_t), or None."""
    total = _TOTAL.match(text)
    if total is None:
        return None
    rule = _SUMMAND.format(loss=re.escape(total[1]), step=_STEP, value=_VALUE)
    found = re.compile(rule).search(text, total.end())
    return None if found is None else (found.span(3), found[1], found[2], found[4].strip())


def _defines(text: str, name: str) -> bool:
    """Whether a formula says what L_t is: it begins, or goes on, with L_t = or L_t(…) =."""
    plain = re.escape("".join(name.split()))
    return re.search(rf"(?:\A|[,;&\\]|quad){plain}(?:\([^()=]{{1,40}}\))?&?=", text) is not None
