r"""Words that say of a formula that it holds for a special case, or for another network than that of the note.

    "In the binary case ..."   "ignoring the recurrence"   "at the last step"   "最后一步"   \tag{linear units}

No model expresses them, so a formula that stands with them and fails may be right where they are heeded.  The words count
from the sentence around a formula, from the headings over it, and from sentences such as "Consider linear units." above it,
up to the next heading or to words such as "in general".  Each row of the table is one thing that may be announced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...language import SPELLINGS
from .announced_rows import DENIED, HYPOTHESIS, NETWORK, ROWS


@dataclass(frozen=True)
class Announced:
    """What is announced: the row, the words as they stand, and what they announce."""

    row: str
    words: str
    what: str


_NAMES = {s.lower(): n for s, n in SPELLINGS.items() if len(s) >= 4}
_FUNCTION = re.compile(
    r"(?:\b(?:with|for|using|use|of|if|when)(?: the| an?)?|使用|采用|改用|用|对于?|换成|取为?)\s*(?:an? |the )?"
    rf"({'|'.join(sorted(_NAMES, key=len, reverse=True))})(?![A-Za-z])",
    re.IGNORECASE,
)
"""A function by its name, where a network uses it."""

_ASKS = re.compile(r"true or false|which of|oder falsch|ou faux|o falso|判断", re.IGNORECASE)
"""Words of a question about all that follows."""

_GENERAL = re.compile(
    r"\bin general\b|\bgeneral case\b|\bback to\b|\breturn(?:ing)? to\b|\botherwise\b|\bwhereas\b|一般(?:情|地|来|而)|回到"
    r"|\b(?:for|with) (?:arbitrary|general|any)\b"
    r"|\b(?:without|drop(?:ping)?|lift(?:ing)?) (?:this|the|that|our) (?:assumption|restriction)"
    r"|\bim allgemeinen\b|\ballgemein\b|\ben général\b|\ben general\b|\bв общем\b|任意的",
    re.IGNORECASE,
)
"""Words that end a special case."""

_SUPPOSES = re.compile(
    r"[-*>\s\d.)]*(?:(?:now|next|first|finally|here|then|for (?:simplicity|now)|to simplify|in what follows),?\s+)?"
    r"(?:(?:we|let us|let's|one)\s+)?(?:may\s+|can\s+|will\s+|now\s+|first\s+)?"
    r"(?:consider|suppos|assum|tak|imagin|let\b|restrict|look at|treat|ignor|neglect|drop|us[ei]|switch|replac)"
    r"|\s*(?:现在|下面|接下来|为简单起见|为了简单|为方便起见|首先)?[，,]?(?:我们)?(?:考虑|假设|假定|设|只看|忽略|略去|讨论|改用|换)",
    re.IGNORECASE,
)
_CONCLUDED = re.compile(r"则|那么|[有得]到?：? …|\bthen\b|\bwe (?:have|get|obtain|find)\b|: …", re.IGNORECASE)
"""A sentence that says itself what follows from what it supposes."""

_HYPOTHESIS = re.compile(
    r"(?:\b(?:if|when|whenever|suppose|suppose that|assume|assume that|unless|whether|why is|is it true that|does)"
    r"|若|如果|假设|假如|是否)\W*$|\A\W*(?:is|are|ist|est|es)\W*$",
    re.IGNORECASE,
)
"""Words right before a formula that is not asserted."""

_JOINER = re.compile(
    r"(?:and|but|while|whereas|so|hence|thus|then|therefore)\b|而|且|则|故|所以|因此|于是|从而|以及|和", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;:，；：、]| and | but | while | whereas ")
MAX_NAME, MAX_SETTING = 6, 16
"""A formula of so many characters is a name, or a setting such as W_{hy} = I."""

MAX_JOINING = 3
"""How many words may join two formulas that belong together."""

_TOUCHING = " \t\n,，、(（"
_OPENING = " \t\n,;:，；：、(（—-"

_WORD = re.compile(r"[A-Za-z]{2,}")
_CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]{2,}")
_TITLE = re.compile(
    r"rule|gradient|equation|\beq|formula|defin|forward|backward|\bpass\b|recur|error|loss|update|jacobian|lemma|theorem"
    r"|法则|公式|方程|定义|梯度|前向|反向|递推|定理|误差|损失",
    re.IGNORECASE,
)
"""Words of a tag that name the equation."""


@lru_cache(maxsize=4096)
def announced(words: str) -> tuple[Announced, ...]:
    """What words announce, behind the last that end a special case.

    >>> [a.row for a in announced("In the binary case this gives")], announced("Hence, for non-linear units,")
    (['two classes'], ())
    >>> [a.row for a in announced("忽略后续时间步的影响，")], [a.row for a in announced("With ReLU units")]
    (['an omission'], ['relu'])
    """
    here = words[max((m.end() for m in _GENERAL.finditer(words)), default=0) :]
    found = [Announced(r.name, m[0].strip(), r.what) for r in ROWS if (m := r.pattern.search(here)) is not None]
    found += [Announced(_NAMES[m[1].lower()], m[0].strip(), NETWORK) for m in _FUNCTION.finditer(here)]
    return tuple(found)


def is_general(words: str) -> bool:
    """Whether words end a special case."""
    return _GENERAL.search(words) is not None


def goes_on(lead: Sequence[str | int]) -> int:
    """The formula that goes on in one with this lead, nothing but a word such as "hence" between them; -1 if none does.

    >>> goes_on((3,)), goes_on((3, "and thus")), goes_on((3, "The weights have")), goes_on(("Hence",))
    (3, 3, -1, -1)
    """
    if not lead or not isinstance(lead[-1 if len(lead) == 1 else -2], int):
        return -1
    *_, above = (part for part in lead if isinstance(part, int))
    words = lead[-1] if isinstance(lead[-1], str) else ""
    short = len(words.split()) <= MAX_JOINING and (not words.strip(_OPENING) or _JOINER.match(words.lstrip(_OPENING)))
    return above if short and not is_general(words) else -1


def around(
    lead: Sequence[str | int], trail: Sequence[str | int], followed: bool, text: Callable[[int], str] = str
) -> tuple[Announced, ...]:
    """What the sentence of a formula announces; `followed`: another equation stands behind it in its sentence.

    `text` gives a formula by its position; … stands for one that is longer than a name.

    >>> [[a.row for a in around((), (words,), True)] for words in (", and for the last step", "for linear units,")]
    [[], ['linear units']]
    """
    before = " ".join(part if isinstance(part, str) else in_prose(text(part)) for part in lead)
    if lead and isinstance(lead[-1], str) and (found := _HYPOTHESIS.search(lead[-1])) is not None:
        return (*announced(before), Announced(HYPOTHESIS, found[0].strip(), "a hypothesis"))
    after = [part for part in trail if isinstance(part, str)]
    if followed:
        first = after[0].lstrip(_TOUCHING) if trail and isinstance(trail[0], str) else ""
        after = [] if _JOINER.match(first) else [_CLAUSE.split(first)[0]]
    return tuple(dict.fromkeys((*announced(before), *announced(" … ".join(after)))))


def in_prose(formula: str) -> str:
    """A formula among words: a name, a setting such as V = I, or … for any other."""
    return formula if len(formula) <= (MAX_SETTING if "=" in formula else MAX_NAME) else "…"


def supposed(sections: Iterable[tuple[bool, Sequence[str]]]) -> Iterator[tuple[Announced, ...]]:
    """What sentences such as "Consider linear units." announce for all that follows: (a section begins, new sentences) each.

    >>> [len(s) for s in supposed([(True, ["Consider linear units"]), (False, []), (False, ["In general"]), (True, [])])]
    [1, 1, 0, 0]
    """
    force: dict[Announced, None] = {}
    for begins, sentences in sections:
        if begins:
            force = {}
        for sentence in sentences:
            if _GENERAL.search(sentence):
                force = {}
            said = announced(sentence)
            if _SUPPOSES.match(sentence) and not _CONCLUDED.search(sentence):
                force |= dict.fromkeys(a for a in said if a.row != DENIED)
            force |= dict.fromkeys(a for a in said if _ASKS.search(a.words))
        yield tuple(force)


def is_condition(tag: str) -> bool:
    r"""Whether the words of a tag say when a formula holds; a number, a sign, a short label or the name of a rule do not.

    >>> [t for t in ("3a", "*", "BP1", "chain rule", "at the last step", "linear units", "最后一步") if is_condition(t)]
    ['at the last step', 'linear units', '最后一步']
    """
    if announced(tag):
        return True
    words = _WORD.findall(tag)
    return (len(words) > 1 or _CJK.search(tag) is not None or "only" in words) and not _TITLE.search(tag)
