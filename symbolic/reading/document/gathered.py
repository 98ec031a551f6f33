r"""What words say that equations would: "$H$ has the columns $h_1, \dots, h_T$", "$V$ is the transpose of $W$", "$y_{t-1}$ is
fed back as the input $x_t$".

Gradients flow through what equations say; by words alone H, V and x_t would count as quantities of their own.
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
_RESULT = (
    r"(?:means?|averages?|averaged|sum|maximum|max|minimum|(?:layer-?|batch-?)?normali[sz]ed|standardi[sz]ed|rescaled|copy|product"
    r"|concatenation|function|pooled|weighted sum)"
)
_WHICH = r"(?:(?:is|be|denotes?|are|,|the|a|matrix|tensor|vector|which|that)\s?){0,5}"

_BOTH = r"(?:tied|shared|identical|equal|the same)(?!\s(?:across|over|among|by|at|for|in|between|to)\b)"
_NAMED = r"(?:(?:the|that|its|a|of)\s)?(?:[\w-]{1,20}\s){0,4}"

_EQUAL = (
    rf"{_WHOLE}\s?,?\s?(?:(?:is|be|being|denotes?|equals?|as|simply|just|also)\s){{0,2}}(?:the\s)?transposed?\s(?:of\s)?{_NAMED}{_PART}",
    rf"(?<!of\s){_WHOLE}\s?(?:and|with|,)\s?{_PART}\s(?:are|be)\s{_BOTH}",
    rf"(?<!of\s){_WHOLE}\s(?:is|be)\s(?:tied|shared|identical|equal)\s(?:to|with)\s{_NAMED}{_PART}",
    rf"\b(?:tie|share|tying|sharing)\s{_NAMED}{_WHOLE}\s?(?:and|with|to)\s{_NAMED}{_PART}(?!\s(?:across|over|among|between)\b)",
)
"""Two names for one matrix; the sizes of two are something else."""

_MADE_OF = (
    rf"{_WHOLE}\s?{_WHICH}\s?(?:whose|with|has|have|having)\s(?:the\s|as\s|its\s)?(?:[\w-]{{1,9}}\s)?{_LINES}\s?{_SOME}{_PART}",
    rf"{_WHOLE}\s?{_WHICH}\s?{_OF}\s{_SOME}{_PART}",
    rf"\b(?:matrix|stack|tensor|sequence)\s{_WHOLE}\sof\s{_SOME}{_PART}",
    rf"{_GATHER}\s{_SOME}{_PART}(?:[^⟦.;]{{0,30}}⟦\d{{1,6}}⟧)?[^⟦.;]{{0,25}}\b(?:into|in|as|{_GIVES})\s[^⟦.;]{{0,40}}{_WHOLE}",
    rf"{_PART}[^⟦.;]{{0,25}}\b(?:are|form|become|as|is|in)\s(?:the\s)?(?:[\w-]{{1,9}}\s)?{_LINES}\sof\s[^⟦.;]{{0,25}}{_WHOLE}",
    rf"{_WHOLE}\s?,?\s?(?:is|are|be|being|denotes?)\s(?:just\s|simply\s)?(?:an?\s|the\s)?(?:[\w-]{{1,20}}\s){{0,2}}{_RESULT}\s[^⟦.;]{{0,40}}{_PART}",
    rf"{_WHOLE}\s?的?(?:每一?|各|第\s?⟦\d{{1,6}}⟧\s?)?[行列]\s?(?:是|为|由|分别为|对应)[^⟦。；]{{0,12}}{_PART}",
    rf"{_PART}[^⟦。；]{{0,12}}(?:堆叠|拼接|排列|组合|排|拼)[^⟦。；]{{0,8}}{_WHOLE}",
    rf"{_WHOLE}\s?(?:由|是由)[^⟦。；]{{0,12}}{_PART}[^⟦。；]{{0,12}}(?:堆叠|拼接|排列|组成|构成)",
)
"""A whole and its parts."""

_FED_BACK = (
    rf"{_PART}\s(?:is|are|being|gets?)?\s?(?:then\s)?fed\s(?:back\s)?(?:in\s|into\s|to\s)?(?:as\s)?{_NAMED}{_WHOLE}",
    rf"{_WHOLE}\s(?:is|are|be|equals?)\s(?:(?:simply|just|then)\s)?the\s(?:[\w-]{{1,20}}\s){{0,3}}(?:output|prediction|estimate)s?\s"
    rf"[^⟦.;]{{0,30}}{_PART}",
    rf"\b(?:us|tak|feed)(?:e|es|s|ing|ed)?\s{_NAMED}{_PART}\s{_NAMED}as\s(?:the\s|its\s)?(?:[\w-]{{1,20}}\s){{0,2}}inputs?\s{_WHOLE}",
)
"""An input that the network computes."""

_SAYS = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for patterns, kind in ((_MADE_OF, "made of"), (_FED_BACK, "fed by"), (_EQUAL, "equal to"))
    for pattern in patterns
)

_CUT = re.compile(r"\\in(?![A-Za-z])|[,=∈]")


def gathered_in_words(formulas: Sequence[Formula]) -> tuple[tuple[str, str, str], ...]:
    """(LaTeX of one name, of another, "made of", "fed by" or "equal to") as far as words say so."""
    found: dict[tuple[str, str, str], None] = {}
    for k, formula in enumerate(formulas):
        for m, kind in _matches(sentence_of(formula, k)):
            whole, part = (_CUT.split(formulas[int(m[name])].text)[0].strip() for name in ("whole", "part"))
            found[whole, part, kind] = None
    return tuple(found)


def _matches(sentence: str) -> Iterator[tuple[re.Match[str], str]]:
    for pattern, kind in _SAYS:
        yield from ((m, kind) for m in pattern.finditer(sentence))
