r"""What words say a matrix is made of: "$H$ has the columns $h_1, \dots, h_T$", "stack the states $h_t$ into $H$".

An equation would say it so that gradients flow through it; words alone do not, and H would count as a matrix of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .gradients import sentence_of
from .records import Formula

_REF = r"⟦(?P<{}>\d{{1,6}})⟧"
_WHOLE, _PART = _REF.format("whole"), _REF.format("part")
_LINES = r"(?:\w+\s)?(?:rows?|columns?|entries|blocks|slices|elements|components)"
_SOME = r"(?:(?:all|the|a|an|each|every|our|its|of|those|resulting|corresponding|are|is|being)\s){0,3}(?:[\w-]{1,20}\s){0,3}"
_GATHER = r"(?:stack|collect|gather|concatenat|arrang|assembl|pack)(?:e|es|s|ed|ing)?"
_GATHERS = r"(?:stack|collect|gather|concatenate|contain|assemble|comprise)(?:s|ing|ed)?"
_MADE = r"(?:consist|made up|formed|composed|built|obtained|made|a (?:stack|matrix|concatenation|collection))\w{0,3}"
_OF = rf"(?:{_GATHERS}|{_MADE}\s(?:of|by|from|out of)(?:\s{_GATHER})?)"
_GIVES = r"(?:yields?|giv(?:es|ing)|results? in|forms?)"
_WHICH = r"(?:(?:is|be|denotes?|are|,|the|a|matrix|tensor|vector|which|that)\s?){0,5}"

_SAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_WHOLE}\s?{_WHICH}\s?(?:whose|with|has|have|having)\s(?:the\s|as\s|its\s)?(?:[\w-]{{1,9}}\s)?{_LINES}\s?{_SOME}{_PART}",
        rf"{_WHOLE}\s?{_WHICH}\s?{_OF}\s{_SOME}{_PART}",
        rf"\b(?:matrix|stack|tensor|sequence)\s{_WHOLE}\sof\s{_SOME}{_PART}",
        rf"{_GATHER}\s{_SOME}{_PART}(?:[^⟦.;]{{0,30}}⟦\d{{1,6}}⟧)?[^⟦.;]{{0,25}}\b(?:into|in|as|{_GIVES})\s[^⟦.;]{{0,40}}{_WHOLE}",
        rf"{_PART}[^⟦.;]{{0,25}}\b(?:are|form|become|as|is|in)\s(?:the\s)?(?:[\w-]{{1,9}}\s)?{_LINES}\sof\s[^⟦.;]{{0,25}}{_WHOLE}",
        rf"{_WHOLE}\s?的?(?:每一?|各|第\s?⟦\d{{1,6}}⟧\s?)?[行列]\s?(?:是|为|由|分别为|对应)[^⟦。；]{{0,12}}{_PART}",
        rf"{_PART}[^⟦。；]{{0,12}}(?:堆叠|拼接|排列|组合|排|拼)[^⟦。；]{{0,8}}{_WHOLE}",
        rf"{_WHOLE}\s?(?:由|是由)[^⟦。；]{{0,12}}{_PART}[^⟦。；]{{0,12}}(?:堆叠|拼接|排列|组成|构成)",
    )
)


_CUT = re.compile(r"\\in(?![A-Za-z])|[,=∈]")


def gathered_in_words(formulas: Sequence[Formula]) -> tuple[tuple[str, str], ...]:
    """(LaTeX of the name of a whole, LaTeX of the first of its parts) as far as words say so."""
    found: dict[tuple[str, str], None] = {}
    for k, formula in enumerate(formulas):
        for m in _matches(sentence_of(formula, k)):
            whole, part = (_CUT.split(formulas[int(m[name])].text)[0].strip() for name in ("whole", "part"))
            found[whole, part] = None
    return tuple(found)


def _matches(sentence: str) -> Iterator[re.Match[str]]:
    for pattern in _SAYS:
        yield from pattern.finditer(sentence)
