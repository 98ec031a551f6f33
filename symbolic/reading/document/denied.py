"""Words right beside a formula that deny it: "It is not true that …", "This is wrong: …", "… does not hold".

Looser words of mistakes in its sentence are a row of `announced_rows`; these say of the very formula that it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..tokens import is_prose, lex

_WRONG = r"(?:wrong|false|incorrect|mistaken|erroneous|invalid|a mistake|an error|not (?:true|correct|right|valid|the case))"
_BEFORE = re.compile(
    rf"(?:\b(?:it|this|that|the following|which|here)(?: \w+)? (?:is|would be) {_WRONG}(?: (?:that|to \w+))?"
    rf"|\A\W*{_WRONG}(?: is)?(?: that)?"
    r"|\b(?:falsch ist|ist falsch|nicht wahr,? dass|falsch,? dass|stimmt nicht,? dass)"
    r"|\b(?:il est faux que?|est faux|faux)"
    r"|(?:错误的?是|错误的(?:公式|写法|结果)|不正确|不成立|并非|下式是?错误的?|以下是?错误的?))\W*\Z",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    rf"\W*(?:(?:is|are|would be) (?:simply |just |plainly )?{_WRONG}\b|does not hold|doesn't hold|fails"
    r"|ist falsch|gilt nicht|stimmt nicht|est fau(?:x|sse)|是错|不成立|不正确|是不对)",
    re.IGNORECASE,
)


_ALONE = re.compile(rf"\W*(?:{_WRONG}|falsch|faux|错误|✗|✘)\W*", re.IGNORECASE)


def denial_inside(text: str) -> str:
    r"""The words in a formula that deny it, or "".

    >>> [denial_inside(w) for w in (r"a = b \quad \text{(wrong!)}", r"a = b \text{ does not hold}", r"a_{\text{wrong}} = b")]
    ['(wrong!)', ' does not hold', '']
    """
    said = (t.text for t in lex(text).tokens if is_prose(t)) if "\\" in text else ()
    return next((w for w in said if _ALONE.fullmatch(w) or _BEHIND.match(w) or _BEFORE.search(w)), "")


def denial(lead: Sequence[str | int], trail: Sequence[str | int]) -> str:
    """The words that deny a formula in the sentence around it, or "".

    >>> denial(("It is not true that",), ()), denial((), ("does not hold for all t",)), denial(("The mistake is gone:",), ())
    ('It is not true that', 'does not hold', '')
    """
    before = lead[-1] if lead and isinstance(lead[-1], str) else ""
    behind = trail[0] if trail and isinstance(trail[0], str) else ""
    found = _BEFORE.search(before) or _BEHIND.match(behind)
    return found[0].strip(" ,.:;，。：") if found is not None else ""
