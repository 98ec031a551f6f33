"""Words around a formula that say when it holds.  One row per language.

A formula of its own such as t < T holds as a condition for what its sentence says next if a word such as "when" opens its
clause or a word such as 时 closes it.  A condition belongs to the first equation behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...language import FUNCTIONS
from ..chains import chains
from ..onwards import is_only_step, is_turned, joins_a_range, labels
from ..tokens import ReadError, Source, is_prose, lex
from .announced import announced, is_condition

_CASE = re.compile(
    r"\b(?:last|final|first|initial|terminal)\s+(?:time\s*-?)?(?:step|layer|instant|moment|position|one)\b"
    r"|\bat the (?:end|start)\b|\b(?:only|unless|except|boundary)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"\\tag\*?\s*\{(.*)\}\Z", re.DOTALL)
MAX_OPENING = 6
"""How many words may stand between the word that opens a condition and the condition itself."""


@dataclass(frozen=True)
class Language:
    """Words that make a formula a condition.

    openers  before it, at the head of its clause; closers: right behind it; joiners: between two conditions
    namers   words that introduce a symbol instead, as in "where t = 1 denotes"
    spaced   whether words are parted by spaces
    """

    name: str
    openers: tuple[str, ...]
    closers: tuple[str, ...]
    joiners: tuple[str, ...]
    namers: tuple[str, ...]
    spaced: bool = True


LANGUAGES = (
    Language(
        "English",
        ("when", "for", "if", "whenever", "at", "case", "unless", "as long as", "as", "provided", "assuming", "suppose"),
        ("holds", "we have", "we get"), ("and", "with", ","),
        ("let", "denote", "denotes", "define", "write", "set", "where", "called"),
    ),
    Language(
        "Chinese", ("当", "若", "如果", "对于", "对", "在", "假设", "只要", "情形", "情况"),
        ("时", "的时候", "时刻", "的情况", "情形", "，则", ",则"), ("且", "并且", "和", "，", ","),
        ("令", "设", "记", "其中"), spaced=False,
    ),
    Language(
        "German", ("wenn", "falls", "für", "bei", "fall", "sofern", "sobald"), ("gilt", "ist", "erhält", "folgt"),
        ("und", ","), ("sei", "seien", "wobei", "bezeichne", "setze", "definiere", "definieren"),
    ),
    Language(
        "French", ("quand", "lorsque", "lorsqu", "si", "pour", "cas", "dès que"), ("on a", "alors"), ("et", ","),
        ("soit", "soient", "où", "notons", "posons"),
    ),
    Language(
        "Japanese", ("もし", "場合"), ("のとき", "の時", "に対して", "ならば", "の場合"), ("かつ", "、"),
        ("とする", "とおく"), spaced=False,
    ),
    Language(
        "Spanish", ("cuando", "si", "para", "caso"), ("se tiene", "entonces"), ("y", ","), ("sea", "sean", "donde"),
    ),
)  # fmt: skip

_SUPPOSING = ("if", "suppose", "assuming", "unless", "wenn", "falls", "si", "若", "如果", "假设")
"""Openers behind which a word such as "set" names nothing: "if we set b = 0"."""

_ASSUMING = re.compile(
    r"(?:\b(?:iff|if and only if|(?:exactly|precisely) (?:if|when)|genau dann,? wenn|si et seulement si|if|when"
    r"|whenever|for|suppose|suppose that|assume|assume that|assuming|unless|wenn|falls)|[若当]|如果|假设)\W*$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:，；：、(（—]")
_WORDS = re.compile(r"[^\W\d_]+", re.UNICODE)
_TOUCHING = re.compile(r"[\s,;:，：.。)）(（*_|\]}-]*")
_BARE = re.compile(
    r"(?:^|[^A-Za-z0-9_\\^])([A-Za-z](?:_[A-Za-z0-9])?)\s*(<=|>=|[=<>≤≥])"
    r"\s*([A-Za-z0-9](?:_[A-Za-z0-9])?(?:\s*[-+]\s*[0-9])?)(?![A-Za-z0-9_(^])"
)
"""An undelimited condition: a letter, a relation, a letter or a number."""

_ONE = r"\s*\\?[A-Za-z]+(?:_\{?[A-Za-z0-9]+\}?)?\s*(?:[-+]\s*[0-9]+\s*)?"
_FIXED = re.compile(rf"{_ONE}=(?:{_ONE}|\s*[0-9]+\s*)")
_STEP = re.compile(r"\s*(?:\\?[A-Za-z]+\s*=)?\s*(?:[0-9]+|\\?[A-Za-z]+(?:_[A-Za-z0-9])?)(?:\s*[-+]\s*[0-9]+)?\s*")
"""A condition that names one step, and a step."""

_JOINED = re.compile(r"[\s,;]*(?:and|while|whereas|but|und|während|et|tandis|y|mientras)\b|[，；]?(?:而|且|并且)", re.I)
_INTRODUCES = (",", ":", "，", "：")
_WHERE = re.compile(r"[\s,]*(?:where|with|wobei|mit|où|avec|donde|con|其中)\s*", re.IGNORECASE)
"""Words behind which t = T is a condition, or says what t is."""

_ORDERS = ("<", ">", "\\l", "\\g", "\\ne", "≤", "≥", "≠", "\\to ", "\\rightarrow", "→", "\\approx", "≈")
_SETTING = re.compile(r"\s*[^=\s][^=]{0,25}=\s*[-+]?(?:[0-9]{1,4}|[A-Za-z]|\\[a-z]{1,8})\s*")
"""y = 1: a quantity set to a number or to another letter."""

ACTIVATIONS = tuple(
    n for n, row in FUNCTIONS.items() if row.kind == "elementwise" and n not in ("exp", "log", "sqrt", "reciprocal")
)


@dataclass(frozen=True)
class Kind:
    """What a formula of a sentence is: a relation, something with an equation in it, or neither (a mere symbol).

    condition  a relation such as t < T, k = 1, x > 0 that may be the condition of something else
    equation   it holds an equation (k = 1 does not, where k is an index; y = 1 does and may be a condition all the same)
    """

    condition: bool
    equation: bool


def kind_of(text: str, is_counter: Callable[[str], bool]) -> Kind:
    """Whether a formula is a condition between indices (t = T, k < t ≤ T, t = 1, ..., T), or holds an equation."""
    if not any(sign in text for sign in ("=", "\\l", "\\g", "\\n", *_ORDERS)):
        return Kind(False, False)
    try:
        found = chains(Source(text), is_counter=is_counter)
    except ReadError:
        return Kind(False, True)
    related = bool(found.conditions) or any(sign in text for sign in _ORDERS)
    setting = bool(found.links) and _SETTING.fullmatch(text) is not None
    return Kind((related and not found.links) or setting, bool(found.links))


def conditions(
    lead: Sequence[str | int], trail: Sequence[str | int], kind: Callable[[int], Kind], text: Callable[[int], str],
    is_counter: Callable[[str], bool],
) -> tuple[str, ...]:  # fmt: skip
    """The conditions, as LaTeX, under which the formula between `lead` and `trail` is said to hold."""
    found: list[str] = []
    joined = False
    for k in range(len(lead) - 1, -1, -1):
        part = lead[k]
        if isinstance(part, str):
            found += _undelimited(part, is_counter)[::-1]
            continue
        what = kind(part)
        if not what.condition:
            joined = False
            if what.equation:
                break
            continue
        before = lead[k - 1] if k and isinstance(lead[k - 1], str) else ""
        after = lead[k + 1] if k + 1 < len(lead) and isinstance(lead[k + 1], str) else ""
        above = lead[k - 2] if k > 1 else ""
        if isinstance(above, int) and kind(above).equation and _trails(str(before)) and not _closed(str(after)):
            break
        if _opened(str(before)) or _closed(str(after)) or (not before and k == 0 and _TOUCHING.fullmatch(str(after))):
            found.append(_of_steps(lead, k, text))
            joined = False
        elif str(before).endswith("(") and str(after).startswith(")") and labels(str(before)):
            found.append(_of_steps(lead, k, text))
        elif _ends(lead, k) and _TOUCHING.fullmatch(str(after)) and not joins_a_range(str(before)):
            if labels(str(before)):
                found.append(_of_steps(lead, k, text))
            elif _FIXED.fullmatch(text(part)):
                found.append(f"{before} {text(part)}")
            break
        elif k and _is_joiner(str(before)) and isinstance(lead[k - 2] if k > 1 else "", int):
            joined = True
            found.append(text(part))
        elif what.equation:
            break
        elif joined:
            found.pop()
            joined = False
    if joined and found:
        found.pop()
    return tuple(dict.fromkeys(reversed(found))) + _trailing(trail, kind, text)


def _ends(lead: Sequence[str | int], k: int) -> bool:
    """Whether a formula is the last one before the one in question, so that it may be its label."""
    return not any(isinstance(p, int) for p in lead[k + 1 :])


def _of_steps(parts: Sequence[str | int], k: int, text: Callable[[int], str]) -> str:
    """The condition at a place; t = T "down to" 1 is a range, and with words of other steps it is none that is understood."""
    condition = text(int(parts[k]))
    before = str(parts[k - 1]) if k and isinstance(parts[k - 1], str) else ""
    after = str(parts[k + 1]) if k + 1 < len(parts) and isinstance(parts[k + 1], str) else ""
    following = parts[k + 2] if k + 2 < len(parts) else None
    step = text(following) if isinstance(following, int) else ""
    if _FIXED.fullmatch(condition) and joins_a_range(after) and _STEP.fullmatch(step):
        return f"{condition}, \\dots, {step.partition('=')[2] or step}"
    letter, equals, _ = step.partition("=")  # t = T, T - 1, and t = T and t = T - 1
    again = letter.strip() == condition.partition("=")[0].strip() if equals else not after.strip(" ,，、")
    listed = _STEP.fullmatch(step) is not None and again
    return _unless_open(condition, before, after, listed)


def _unless_open(condition: str, before: str, after: str, listed: bool = False) -> str:
    """The condition, or with the words around it where these leave open of which steps something is said."""
    one = _FIXED.fullmatch(condition) is not None
    if is_turned(before) or (one and (listed or not is_only_step(before, after))):
        return f"{before.strip()} {condition} {after.strip()}".strip()
    return condition


def is_introduced(lead: Sequence[str | int]) -> bool:
    """Whether a word such as "let" before a formula introduces its symbol."""
    said = " ".join(part for part in lead if isinstance(part, str))
    words = set(_words(said))
    return any(words & set(w.namers) if w.spaced else any(n in said for n in w.namers) for w in LANGUAGES)


def is_assumed(lead: Sequence[str | int], trail: Sequence[str | int]) -> bool:
    """Whether a setting such as o = y is a condition: a word such as "if" stands right before it, or 时 right behind it.

    >>> is_assumed(("Hence, when",), ()), is_assumed(("For the output we use",), ()), is_assumed((), ("时",))
    (True, False, True)
    """
    before = lead[-1] if lead and isinstance(lead[-1], str) else ""
    after = trail[0] if trail and isinstance(trail[0], str) else ""
    return _ASSUMING.search(before) is not None or _closed(after)


def _trailing(trail: Sequence[str | int], kind: Callable[[int], Kind], text: Callable[[int], str]) -> tuple[str, ...]:
    """`for $t < T$` behind an equation, unless it opens a clause of its own or another equation follows."""
    if len(trail) < 2 or not isinstance(trail[0], str) or not isinstance(trail[1], int):
        return ()
    later = [kind(p) for p in trail[2:] if isinstance(p, int)]
    followed = any(k.equation and not k.condition for k in later)
    what = kind(trail[1])
    if what.condition and not what.equation and _WHERE.fullmatch(trail[0]):
        condition = text(trail[1])
        return (f"{trail[0].strip()} {condition}" if _FIXED.fullmatch(condition) else condition,)
    if not what.condition or not _opened(trail[0]) or len(_words(trail[0])) > MAX_OPENING:
        return ()
    after = trail[2] if len(trail) > 2 and isinstance(trail[2], str) else ""
    if trail[0][:1].isupper() or _JOINED.match(trail[0]) or (len(trail) == 3 and after.rstrip().endswith(_INTRODUCES)):
        return ()  # it opens what follows
    return (_of_steps(trail, 1, text),) if not followed or (_trails(trail[0]) and not _closed(after)) else ()


def _trails(words: str) -> bool:
    """Whether words such as "for all" go on with the clause of the equation before them."""
    return words[:1].isascii() and words[:1].islower() and not _CLAUSE.search(words) and _opened(words)


def _words(text: str) -> list[str]:
    return [w.lower() for w in _WORDS.findall(text)]


def _opened(before: str) -> bool:
    """Whether the clause before a formula begins with a word such as "when"."""
    clause = _CLAUSE.split(before.rstrip())[-1]
    words = _words(clause)
    for language in LANGUAGES:
        if language.spaced:
            here = [k for k, w in enumerate(words) if w in language.openers]
            here = [k for k in here if len(words) - 1 - k <= MAX_OPENING]
            if here and (words[here[-1]] in _SUPPOSING or not set(words[here[-1] :]) & set(language.namers)):
                return True
        else:
            places = [clause.rfind(o) for o in language.openers]
            at = max(places)
            named = any(n in clause[at:] for n in language.namers) and not clause[max(at, 0) :].startswith(_SUPPOSING)
            if at >= 0 and len(clause) - at <= 2 * MAX_OPENING and not named:
                return True
    return False


def _closed(after: str) -> bool:
    """Whether the words behind a formula close a condition, as 时 does."""
    text = after.lstrip()
    return any(not language.spaced and text.startswith(language.closers) for language in LANGUAGES)


def _is_joiner(between: str) -> bool:
    word = between.strip().lower()
    return any(word in language.joiners for language in LANGUAGES)


def _undelimited(words: str, is_counter: Callable[[str], bool]) -> list[str]:
    """Conditions written without delimiters: 当 t < T 时, for t = T."""
    found = []
    for match in _BARE.finditer(words):
        before, after = words[: match.start(1)], words[match.end() :]
        condition = f"{match[1]} {match[2]} {match[3]}"
        if (_opened(before) or _closed(after)) and kind_of(condition, is_counter).condition:
            found.append(_unless_open(condition, before, after))
    return found


def cases_in_words(text: str) -> tuple[tuple[int, str], ...]:
    """Words in a formula, and tags behind it, that say when it holds, without a condition between indices, and where.

    >>> cases_in_words(r"a = b \\text{ at the last step} \\text{by the chain rule} \\tag{3a}")
    ((6, ' at the last step'),)
    >>> cases_in_words(r"a = b \\tag{linear units}")
    ((6, 'linear units'),)
    """
    if not any(word in text for word in ("\\text", "\\m", "\\tag")):
        return ()
    lexed = lex(text)
    found = [(t.start, t.text) for t in lexed.tokens if is_prose(t) and (_CASE.search(t.text) or announced(t.text))]
    tags = ((a.start, m[1]) for a in lexed.asides if (m := _TAG.match(a.text)) is not None)
    return (*found, *((at, words) for at, words in tags if _CASE.search(words) or is_condition(words)))
