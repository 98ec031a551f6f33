"""Words around a condition such as t = T that speak of other steps, too, or of all but this one.

A formula that is said of t = T alone is judged there alone, so that one that is wrong elsewhere may be right.  So a condition
that names one step counts only where nothing around it leaves that open: "for t = T", "at the last step t = T we have", but
neither "starting at t = T", "t = T down to 1", "t = T, and so on" nor "not only for t = T".  What no list here knows leaves it
open, too.
"""

from __future__ import annotations

import re

from .notation import words

_OPENERS = frozenset(
    words("when for if whenever at case in as with by wenn falls für bei im quand lorsque pour cas cuando si para caso")
)
_NEUTRAL = frozenset(
    words(
        "a an the last final first terminal initial very time step timestep layer instant moment position index case special "
        "particular boundary top output hidden state end t s we have e i g that is it namely so then thus hence now where and "
        "letzten letzter ersten schritt zeitschritt schicht zeitpunkt den dem der die das fall dernier dernière premier pas "
        "étape couche instant le la cas último última primer paso el caso"
    )
)
_MARKUP = frozenset(words("base part item layers steps units textbf textit emph paragraph subparagraph bf it underline"))
_TURNED = frozenset(
    words(
        "not only even except unless whether without besides apart nicht nur außer ausser ohne sauf excepté sans salvo "
        "excepto"
    )
)
_REFUSED = _TURNED | frozenset(
    words(
        "no non also both other save beyond instead never neither nor but auch kein sowohl ne aussi seulement sin también sino "
        "start starts starting started begin begins beginning from iterate iterating loop looping recursively recursion sweep "
        "back backward backwards down downto upward upwards forward forwards to through until till onward onwards earlier "
        "later previous preceding following remaining rest all every each any others or etc descending decreasing ascending "
        "increasing reverse reversed successively repeatedly similarly likewise analogously respectively "
        "von ab bis oder alle jede jeden jedes rückwärts vorwärts absteigend beginnend jusque jusqu depuis partir ou tous "
        "toutes chaque puis desde hasta todos cada"
    )
)
_REFUSED_CJK = re.compile(r"[除非不从自起到至或每依]|开始|所有|以前|之前|以后|之后|まで|から|以外")
_TURNED_CJK = re.compile(r"除[了非]|不仅|以外")
_GOES_ON = re.compile(r"\W*\d|.{0,80}?(?:\.\.|…|\\l?dots|->|[→↓⟶]|\\(?:to|rightarrow|downarrow)\b|\bso on\b)", re.DOTALL)
_LAST = r"\(?(?:the )?(?:last|final|first|terminal|initial|output|top) (?:time )?(?:step|layer|instant)\)?\W*$"
_BEHIND = re.compile(
    rf"\W*(?:$|{_LAST}|(?:and|then|dann|so|entonces|alors)\W*$"
    r"|(?:we|this|it|that|there|since|because|which|holds|is|are|the|with|gilt|ist|folgt|da|weil|erhält|on a|nous|car)\b"
    r"|(?:se tiene|tenemos)\b|时|的时候|时刻|的情况|情形|有|则|我们|因为|由于|のとき|の時|の場合|ならば)",
    re.IGNORECASE,
)
"""What may stand right behind the only step."""

_RANGE = re.compile(
    r"[\s,]*(?:(?:and |going |then |back |all the way )?(?:down |back |up )?(?:to|until|till|through)|downto|bis|jusqu'[àa]"
    r"|hasta|[到至]|→|↓|\\(?:to|rightarrow|downarrow))[\s,]*",
    re.IGNORECASE,
)
MOST_IN_A_LABEL = 8
"""How many characters of a script without spaces between words a label may have: 情况一, 输出层."""

_CLAUSE = re.compile(r"[,;:.，：；。、(（—\n]")
_SENTENCE = re.compile(r"[.。](?:\s|$)|\n\s*\n")
_WORD = re.compile(r"[^\W\d_]+")


def is_only_step(before: str, after: str) -> bool:
    """Whether the words before and behind t = T leave it the only step of which something is said.

    >>> [is_only_step(*w) for w in (("for", ":"), ("At the last step", "we have"), ("", ""), ("当", "时"))]
    [True, True, True, True]
    >>> [is_only_step(*w) for w in (("Starting at", ":"), ("for", " down to "), ("for", ", ..., "), ("also for", ""))]
    [False, False, False, False]
    """
    clause, sentence = _CLAUSE.split(before.rstrip())[-1], _SENTENCE.split(after)[0]
    if _GOES_ON.match(after) or not _BEHIND.match(sentence) or any(map(_REFUSED_CJK.search, (clause, sentence))):
        return False
    said = _words(clause)
    opened = max((k for k, w in enumerate(said) if w in _OPENERS), default=-1)
    between = {w for w in said[opened + 1 :] if w.isascii()} if opened >= 0 else set()
    return between <= _NEUTRAL and not _REFUSED & {*said, *_words(sentence)}


def labels(before: str) -> bool:
    """Whether the words before a condition make it the label of what follows: "Case 1:", "Last step (", "- ".

    >>> [labels(w) for w in ("**Case 1:", "(a)", "Last step (", "情况一：")]
    [True, True, True, True]
    >>> [labels(w) for w in ("Starting at (", "We know that", "我们从最后一步开始，即")]
    [False, False, False]
    """
    known = _NEUTRAL | _OPENERS | _MARKUP
    said = _words(before)
    others = sum(len(w) for w in said if not w.isascii() and w not in known)
    if others > MOST_IN_A_LABEL or _REFUSED_CJK.search(before):
        return False
    return all(w in known or len(w) == 1 for w in said if w.isascii())


def is_turned(before: str) -> bool:
    """Whether the clause before a condition turns it round or goes beyond it: "unless t < T", "not only for t < T".

    >>> [is_turned(w) for w in ("unless", "Except for", "For all")]
    [True, True, False]
    """
    said = _words(_CLAUSE.split(before.rstrip())[-1])
    return bool(_TURNED.intersection(said)) or _TURNED_CJK.search(before[-12:]) is not None


def joins_a_range(between: str) -> bool:
    """Whether words between two steps make a range of them: t = T down to 1.

    >>> [joins_a_range(w) for w in (" down to ", " to ", ", down to", " and ", "")]
    [True, True, True, False, False]
    """
    return _RANGE.fullmatch(between) is not None


def _words(text: str) -> list[str]:
    return [w.lower() for w in _WORD.findall(text)]
