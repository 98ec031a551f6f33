r"""Gradients that words name: "$G$ is the gradient of $L$ with respect to $H$", "write $g_t$ for $\partial L/\partial h_t$".

What is named so is no quantity of the forward pass: formulas for it are claims.  A name that words give to two gradients, and
one that is not plainly the whole derivative of the loss (a part of it, a multiple, that of one step), are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..tokens import ReadError, lex
from .passages import DERIVING, is_name
from .records import Formula

_REF = r"⟦(\d{1,6})⟧"
_AND = r"\s?(?:,\sand|,|and|und|et|、|，|和|与|及)\s?"
_LIST = rf"{_REF}(?:{_AND}{_REF}){{0,7}}"
_KIND = r"(?:total\s)?(?:gradients?|derivatives?)\sof\s"
_LOSS = r"(?:the\s)?(?:(?:total\s|overall\s)?(?:loss|cost|objective|error)(?:\sfunction)?\s?)?"
_BY = rf"\s?(?:with respect to|w\.?\s?r\.?\s?t\.?)\s?(?:the\s(?:[\w-]{{1,20}}\s){{1,3}})?(?P<by>{_LIST})"
_OF = rf"{_KIND}{_LOSS}(?P<loss>{_REF})?{_BY}"
_END = r"(?=\s?(?:\Z|[.,;:()（），。；]|respectively|and\s|at\s|for\s))"
_GIVEN = r"\s?(?:be|denotes?|is|are|stands? for|represents?|for)\s(?:the\s)?"

_SAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<names>{_LIST}){_GIVEN}{_OF}{_END}",  # G is the gradient of L with respect to H
        rf"(?:denote|write)(?:\sby)?\s(?P<names>{_LIST})\s(?:the\s)?{_OF}{_END}",  # denote by G the gradient of L …
        rf"{_OF}\s(?:(?:is|are|be)\s)?(?:denoted|written|called|abbreviated|)\s?(?:by|as)\s(?P<names>{_LIST}){_END}",
        rf"(?P<names>{_LIST})\s?(?:表示|代表|是|为)\s?(?:损失(?:函数)?|误差|代价)?\s?(?P<loss>{_REF})?\s?(?:对|关于|相对于)\s?(?P<by>{_LIST})"
        r"\s?的(?:梯度|偏?导数?)",
    )
)
_FOR = re.compile(rf"{_REF}(?:\s?(?:be|denotes?|stands? for|for|表示|代表|为)\s){_REF}{_END}", re.IGNORECASE)
_AS = re.compile(rf"(?:abbreviate|denote|write)\s{_REF}\s(?:by|as)\s{_REF}{_END}", re.IGNORECASE)
"""Write G for ∂L/∂H; abbreviate ∂L/∂H by G."""

_PLAIN = re.compile(r"\\?[A-Za-z]+(?:\s?\{?\s?\\?[A-Za-z]+\s?\}?)?")
"""L, \\mathcal{L}, J: the loss as a whole."""

_SIGN = r"(?:\\partial|d|\\mathrm\s?\{d\})\s?"
_DERIVED = (
    re.compile(rf"\\[dt]?frac\s?\{{\s?{_SIGN}(?P<loss>[^{{}}]{{1,40}}(?:\{{[^{{}}]{{1,20}}\}})?)\}}\s?\{{\s?{_SIGN}(?P<by>.{{1,60}})\}}"),
    re.compile(r"(?:\\partial|∂|d)\s?(?P<loss>[^/]{1,40}?)\s?/\s?(?:\\partial|∂|d)\s?(?P<by>[^/=]{1,60})"),
    re.compile(r"\\nabla\s?_\s?\{?(?P<by>[^{}=]{1,40}?)\}?\s(?P<loss>\\?[A-Za-z]{1,12}(?:\s?\{\s?[A-Za-z]\s?\})?)"),
)
_QUALIFIED = re.compile(
    r"\b(?:transposed?|negat\w+|minus|signs?|factors?|twice|half|times|multipl\w+|divided|scaled|normali[sz]ed|averaged?|up to"
    r"|ignor\w+|neglect\w+|hold\w*|fixed|truncat\w+|only|without|except|detach\w*)\b|转置|负|忽略|仅|只",
    re.IGNORECASE,
)
"""What makes a name in words that of something else than the whole gradient."""
_CUT = re.compile(r"[,;&]|\\\\|\\q?quad|:\Z")
_SPEAKS = re.compile(r"gradient|derivative|梯度|导", re.IGNORECASE)
MAX_SENTENCE, MAX_NAME = 900, 60

THE_LOSS = r"\text{loss}"
"""What is differentiated where words do not give it a letter."""


def gradients_in_words(formulas: Sequence[Formula], known: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """(LaTeX of the name, ∂L/∂h_t) of what words call a gradient of the loss, or write for one.

    `known`: names that stand in equations elsewhere.
    """
    found: dict[str, set[tuple[str, str]]] = {}
    written: dict[str, tuple[str, str, str]] = {}
    for name, by, loss, _ in named_in_words(formulas):
        found.setdefault(_bare(name), set()).add((_bare(by), _bare(loss)))
        written[_bare(name)] = name, by, loss
    texts = [f.text for f in formulas if "=" in f.text and not f.broken] if found else []
    letters = set().union(*map(_letters, (*texts, *known)))
    for key, values in found.items():
        name, by, loss = written[key]
        if len(values) == 1 and _letters(by) | _letters(name) <= letters and not any(_defines(text, key) for text in texts):
            yield name, rf"\partial {loss}/\partial {by}"


def named_in_words(formulas: Sequence[Formula]) -> Iterator[tuple[str, str, str, str]]:
    """(name, by what is differentiated, what is, the sentence that says so), whatever these are in the note."""
    for k in range(len(formulas)):
        sentence = sentence_of(formulas[k], k)
        yield from ((*told, sentence) for told in _said(formulas, k, sentence))


def _said(formulas: Sequence[Formula], k: int, sentence: str) -> Iterator[tuple[str, str, str]]:
    """What the sentence that begins with a formula, or right before it, says of names."""
    parts = (p for p in (*formulas[k].lead, k, *formulas[k].trail) if isinstance(p, int))
    if not _SPEAKS.search(sentence) and not any(sign in formulas[p].text for p in parts for sign in DERIVING):
        return
    if _QUALIFIED.search(re.sub(_REF, "", sentence)):
        return
    for pattern in _SAYS:
        for m in pattern.finditer(sentence):
            names, bys = (_texts(formulas, m[part]) for part in ("names", "by"))
            names = names[1:] if len(names) == 2 and names[:1] == bys else names  # for all $v$, $\bar v$ is the gradient …
            loss = _texts(formulas, m["loss"])[0] if m["loss"] else THE_LOSS
            if len(names) == len(bys) and (not m["loss"] or _PLAIN.fullmatch(loss)):
                yield from ((n, by, loss) for n, by in zip(names, bys, strict=True) if _is_name(n) and _is_name(by))
    for name, of in [*((m[1], m[2]) for m in _FOR.finditer(sentence)), *((m[2], m[1]) for m in _AS.finditer(sentence))]:
        text, slope = formulas[int(name)].text, derived(formulas[int(of)].text)
        if slope and _is_name(text) and _is_name(slope["by"]) and _PLAIN.fullmatch(slope["loss"].strip()):
            yield text, slope["by"].strip(), slope["loss"].strip()


def sentence_of(formula: Formula, k: int) -> str:
    """The words around a formula, with the numbers of formulas in double brackets."""
    parts = (*formula.lead, k, *formula.trail)
    return " ".join(f"⟦{p}⟧" if isinstance(p, int) else p for p in parts)[:MAX_SENTENCE]


def _texts(formulas: Sequence[Formula], refs: str) -> list[str]:
    return [formulas[int(number)].text.strip() for number in re.findall(_REF, refs)]


def _is_name(text: str) -> bool:
    try:
        return len(text) <= MAX_NAME and is_name(lex(text).tokens)
    except ReadError:
        return False


def _bare(text: str) -> str:
    return re.sub(r"[\s{}]", "", text)


def _letters(text: str) -> set[str]:
    """The letters in a formula; the v of "for any $v$" stands in no equation, and a name that no equation has says nothing."""
    try:
        return {t.text for t in lex(text).tokens if t.kind == "letter" and t.text != "\\partial"}
    except ReadError:
        return set()


def _defines(text: str, name: str) -> bool:
    """Whether a formula itself says of what a name is the derivative."""
    sides = pairwise(text.split("="))
    return any(_bare(_CUT.split(head)[-1]) == name and derived(_CUT.split(right)[0]) for head, right in sides)


def derived(text: str) -> re.Match[str] | None:
    """A single derivative, taken apart into its `loss` and what it is taken `by`."""
    return next((found for p in _DERIVED if (found := p.fullmatch(text.strip()))), None)
