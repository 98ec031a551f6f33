r"""Accents that words make signs of gradients: "bars denote adjoints", "for any $v$ let $\bar v$ be $\partial L/\partial v$".

Then \bar h_t is the gradient by h_t wherever the note has both, and formulas for it are claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..scripts import name_of
from ..syntax import parse
from ..tokens import ReadError, lex
from .gradients import derived, named_in_words, sentence_of
from .records import Formula

_ACCENTS = {"bar": "bar", "overbar": "bar", "overline": "bar", "hat": "hat", "tilde": "tilde"}
_SIGN = rf"\b(?P<accent>{'|'.join(_ACCENTS)})s?"
_OF = r"\sof\s(?:LOSS|(?:the\s)?(?:loss|cost|objective|error)(?:\sfunction)?(?:\sLOSS)?)"
_ADJOINT = rf"(?:the\s)?(?:(?:loss\s)?gradients?|adjoints?|cotangents?|derivatives?{_OF})"
_BY = (
    r"(?:\s(?:with respect to|w\.?\s?r\.?\s?t\.?)\s(?:(?:that|the|this|a)\s)?(?:(?:given|same|corresponding)\s)?"
    r"(?:variables?|quantity|quantities|it|tensor|symbol|letter))?"
)
_REST, _END = rf"(?:{_OF})?{_BY}", r"(?=\s?(?:[.,;:()]|\Z))"
_ON = r"(?:\s(?:over|above|on)\s(?:an?|the)\s\w{1,20})?"
_SAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_SIGN}{_ON}\s(?:denotes?|marks?|means?|stands? for|indicates?)\s{_ADJOINT}{_REST}{_END}",
        rf"{_ADJOINT}{_REST}\s(?:are|is)\s(?:denoted|marked|written|indicated)\s(?:by|with)\s(?:an?\s)?{_SIGN}\b",
        rf"\b(?:use|write)s?\s(?:an?\s)?{_SIGN}\s(?:to\s(?:denote|mark|indicate)|for)\s{_ADJOINT}{_REST}{_END}",
    )
)
_SPEAKS = re.compile(rf"{_SIGN}\b", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|never|negative|minus|scaled|no)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.;])(?<!r\.)(?<!t\.)\s", re.IGNORECASE)
_EACH = r"\b(?:any|every|each|all|an arbitrary|a generic)(?:\s[\w-]{1,20}){0,3}|任意\w{0,4}|每个\w{0,4}"
_EVERY = re.compile(rf"(?:{_EACH})\s?⟦(\d{{1,6}})⟧", re.IGNORECASE)


def accents_said(words: str) -> frozenset[str]:
    """The accents that the words of a text call signs of gradients; formulas stand in it as LOSS or X (see `along`).

    >>> sorted(accents_said("Here a bar denotes the gradient of the loss with respect to that variable."))
    ['bar']
    >>> [sorted(accents_said(w)) for w in ("Bars denote averages.", "Bars denote negative gradients.")]
    [[], []]
    """
    if not _SPEAKS.search(words):
        return frozenset()
    told = (s for s in _SENTENCE.split(words) if not _NOT.search(s))
    return frozenset(_ACCENTS[m["accent"].lower()] for s in told for says in _SAYS for m in says.finditer(s))


def accents_in_words(formulas: Sequence[Formula]) -> Iterator[str]:
    r"""The accents of what sentences define for a letter that stands for any: for every v, \bar v is ∂L/∂v."""
    named = [(name, by, sentence) for name, by, _, sentence in named_in_words(formulas)]
    for k, f in enumerate(formulas):
        head, sign, right = f.text.partition("=")
        if sign and not f.broken and (found := derived(right)) is not None:
            named.append((head, found["by"], sentence_of(f, k)))
    for name, by, sentence in named:
        general = {formulas[int(ref)].text.strip() for ref in _EVERY.findall(sentence)}
        if by.strip() in general and (accent := _accent(name, by)):
            yield accent


def _accent(name: str, by: str) -> str:
    """The one accent by which two plain letters differ, or none."""
    try:
        one, other = (name_of(parse(lex(text).tokens)) for text in (name, by))
    except ReadError:
        return ""
    if one is None or other is None or one.letter.name != other.letter.name or one.scripts or other.scripts:
        return ""
    more = set(one.letter.accents) - set(other.letter.accents)
    return more.pop() if len(more) == 1 and not other.letter.accents else ""
