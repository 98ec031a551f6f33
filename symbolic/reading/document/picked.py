r"""Losses that take the entry of the right class at every step: -log p_{t,y_t}, -log p_t[y_t], -log softmax(z_t)_{y_t}.

A class that changes with the step is no index of a network.  It is read as the one-hot vector of the class, of which one entry
is 1 and all others are 0: p_{t,y_t} is y_tᵀ p_t, and log p_{t,y_t} is y_tᵀ log p_t.  Where words say "e_t is the one-hot vector
of y_t" it is e_t.  A class that stays the same, as in -log p_k, is an index (see `inference.chosen`); what words call its
one-hot vector is e_k.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..scripts import TRANSPOSES
from ..tokens import lex
from .matrices import beside
from .records import Formula, Reworded
from .rewording import LETTER, rewritten

_INDEX = r"[a-z](?:\s?[+-]\s?1)?"
_BELOW = rf"\s?_\s?(?:\{{\s?{_INDEX}\s?\}}|[a-z])"
_ABOVE = rf"\s?\^\s?(?:\{{\s?(?:\({_INDEX}\)|\\langle\s?{_INDEX}\s?\\rangle|<{_INDEX}>|{_INDEX})\s?\}}|[a-z])"
_STEP = rf"(?:{_BELOW}|{_ABOVE})"
_CLASS = rf"(?P<label>{LETTER}{_STEP})"
_OPEN, _CLOSE = r"(?:\\left|\\[bB]ig{1,2}l?)?\s?", r"\s?(?:\\right|\\[bB]ig{1,2}r?)?"
_SUB, _BRACKET = rf"\s?_\s?\{{\s?{_CLASS}\s?\}}", rf"\s?{_OPEN}\[\s?{_CLASS}{_CLOSE}\]"
_SOFTMAX = rf"\\(?:mathrm|operatorname|text|textrm)\s?\{{[Ss]oft[Mm]ax\}}\s?{_OPEN}\([^()]{{1,80}}{_CLOSE}\)"

_TAKEN: tuple[tuple[str, str], ...] = (
    # how an entry is written, what it is an entry of
    (rf"(?P<letter>{LETTER})\s?_\s?\{{\s?(?P<index>{_INDEX})\s?,\s?{_CLASS}\s?\}}", "{letter}_{{{index}}}"),
    (rf"(?P<letter>{LETTER}){_SUB}(?P<index>{_ABOVE})", "{letter}{index}"),
    (rf"(?P<letter>{LETTER}{_ABOVE}){_SUB}", "{letter}"),
    (rf"(?P<letter>{LETTER}{_STEP}){_BRACKET}", "{letter}"),
    (rf"[(\[]\s?(?P<letter>{LETTER}{_STEP})\s?[)\]]{_SUB}", "{letter}"),
    (rf"(?P<letter>{_SOFTMAX}){_SUB}", "{letter}"),
    (rf"(?P<letter>{_SOFTMAX}){_BRACKET}", "{letter}"),
)
_CALLED = (rf"(?P<letter>{LETTER}{_STEP})\s?{_OPEN}\(\s?{_CLASS}{_CLOSE}\)", "{letter}")
"""p_t(y_t): an entry behind a logarithm only, where p_t is a softmax; elsewhere a function of y_t."""

_LOG = r"\\(?:log|ln)(?![A-Za-z])\s?"
_CALLS = ((re.compile(_LOG + _CALLED[0]), _CALLED[1], True),)
_RULES: tuple[tuple[re.Pattern[str], str, bool], ...] = (
    *((re.compile(rf"{_LOG}{_OPEN}[(\[{{]\s?{e}{_CLOSE}[)\]}}]"), of, True) for e, of in _TAKEN),
    *((re.compile(_LOG + e), of, True) for e, of in _TAKEN),
    *_CALLS,
    *((re.compile(e), of, False) for e, of in _TAKEN),
)
"""(pattern, the vector, whether its logarithm is taken), the longest first."""

_OF_CALLS = {rule for rule, _, _ in _CALLS}
_BEHIND_SIGN = re.compile(r"(?:\\partial\s?\{?|(?<![A-Za-z\\])d)\s?\Z")
_ONE_HOT = re.compile(r"one-?\s?hot|独热", re.IGNORECASE)
_NAME = re.compile(rf"{LETTER}{_STEP}")
_HEAD = re.compile(rf"(?:\A|[,;&]|\\\\|quad)\s?({_NAME.pattern})\s?&?\s?=\s?&?\s?(?P<softmax>\\\w+\s?\{{[Ss]oft[Mm]ax\}})?")
_VECTORS = tuple(
    re.compile(pattern.replace("CLASS", _CLASS))
    for pattern in (
        r"(?:\\(?:mathbf|mathbb|boldsymbol|bm)\s?(?:\{[e1]\}|\s[e1])|(?<![A-Za-z\\])e)\s?_\s?\{CLASS\}",
        r"\\(?:text|mathrm|operatorname|textrm)\s?\{one[-_ \\]{0,2}hot\}\s?\(CLASS\)",
    )
)
"""How the one-hot vector of a class is written: e_{y_t}, onehot(y_t)."""

WHY = "its class changes with the step: a one-hot vector stands for it"


@dataclass(frozen=True)
class _Entry:
    """An entry at a class: its place in the text, the label of the class, the vector, whether its logarithm is taken.

    sure  whether it can be nothing else, as a_t[h_t] may be a product
    """

    start: int
    end: int
    label: str
    vector: str
    logarithm: bool
    sure: bool


def with_picked(formulas: Sequence[Formula]) -> tuple[list[Formula], tuple[Reworded, ...]]:
    """The formulas with one-hot vectors for classes, and what was replaced.  Each such loss holds a logarithm."""
    if not any("\\log" in f.text or "\\ln" in f.text for f in formulas):
        return list(formulas), ()
    heads = [m for f in formulas if not f.broken for m in _HEAD.finditer(f.text)]
    defined = {_plain(m[1]) for m in heads}
    softmaxes = {_plain(m[1]) for m in heads if m["softmax"]}
    every = [() if f.broken else tuple(_entries(f.text, defined, softmaxes)) for f in formulas]
    labels = {_plain(e.label): e.label for entries in every for e in entries if e.sure}
    if not labels:
        return _with_one_class(formulas)
    found = [tuple(e for e in entries if _plain(e.label) in labels) for entries in every]
    named = {key: _named(formulas, key) or label for key, label in labels.items()}
    pairs = [(f, list(_changes(f.text, entries, named))) for f, entries in zip(formulas, found, strict=True)]
    told = tuple(Reworded(f.line, f.text[a:b], new, WHY, label) for f, changes in pairs for a, b, new, label in changes)
    return [rewritten(f, [c[:3] for c in changes]) for f, changes in pairs], told


def _plain(text: str) -> str:
    return re.sub(r"[\s{}]", "", text)


def _entries(text: str, defined: set[str], softmaxes: set[str]) -> Iterator[_Entry]:
    """The entries at a class in a formula, from left to right; what an equation defines at any step is no class."""
    taken, letters = 0, {_letter(name) for name in defined}
    matches = sorted(
        ((m.start(), k, m, of, log) for k, (rule, of, log) in enumerate(_RULES) for m in rule.finditer(text)),
        key=lambda row: row[:2],
    )
    for start, _, match, of, logarithm in matches:
        vector = of.format(**match.groupdict())
        key, called = _plain(vector), match.re in _OF_CALLS
        known = key in softmaxes or (not called and (key in defined or "oft" in key))
        label = match["label"]
        if start >= taken and known and _letter(_plain(label)) not in letters and not _BEHIND_SIGN.search(text[:start]):
            taken = match.end()
            yield _Entry(start, taken, label, vector, logarithm, logarithm or not match[0].endswith("]"))


def _letter(plain: str) -> str:
    """The letter of a name without its scripts."""
    return re.split("[_^]", plain, maxsplit=1)[0]


def _named(formulas: Sequence[Formula], key: str) -> str:
    """The e_t of "e_t is the one-hot vector of y_t", or ""."""
    for f in formulas:
        behind = beside(f.trail)
        other = next((p for p in f.trail if isinstance(p, int)), None)
        said = _ONE_HOT.search(behind) and (other is None or _plain(formulas[other].text) == key)
        if said and _NAME.fullmatch(f.text) and _plain(f.text) != key:
            return f.text
    return ""


def _changes(text: str, entries: Sequence[_Entry], named: Mapping[str, str]) -> Iterator[tuple[int, int, str, str]]:
    """(start, end, new text, the one-hot vector): the entries, and the signs of one-hot vectors elsewhere."""
    for e in entries:
        one_hot = named[_plain(e.label)]
        transposed = rf"({one_hot})^\top" if "^" in one_hot else rf"{one_hot}^\top"
        yield e.start, e.end, rf"{transposed} \log {e.vector}" if e.logarithm else rf"({transposed} {e.vector})", one_hot
    spans = [(e.start, e.end) for e in entries]
    for match in (m for pattern in _VECTORS for m in pattern.finditer(text)):
        key = _plain(match["label"])
        if key in named and not any(a < match.end() and match.start() < b for a, b in spans):
            yield match.start(), match.end(), named[key], named[key]


_ONE = re.compile(
    rf"=\s?&?\s?-\s?{_LOG}(?:{_OPEN}[(\[{{]\s?)?(?P<letter>{LETTER})\s?_\s?(?P<index>\{{\s?[a-z]\s?\}}|[a-z])(?![A-Za-z])"
)
"""L = -log p_k; in a formula for log p_k itself k may be any class."""
_SOFT = re.compile(rf"({LETTER})\s?&?\s?=\s?&?\s?\\\w+\s?\{{[Ss]oft[Mm]ax\}}")
_NAMED = "words call it the one-hot vector of the class"


def _with_one_class(formulas: Sequence[Formula]) -> tuple[list[Formula], tuple[Reworded, ...]]:
    """The formulas with e_k for the y of "y is the one-hot vector of k", where L = -log p_k and p is a softmax."""
    softmaxes = {_plain(m[1]) for f in formulas for m in _SOFT.finditer(f.text)}
    found = [m for f in formulas for m in _ONE.finditer(f.text) if _plain(m["letter"]) in softmaxes]
    chosen = {_plain(m["index"]) for m in found}
    bound = {k for k in chosen for f in formulas if re.search(rf"\\sum\s?_\s?\{{?\s?{k}", f.text)}
    (index,) = chosen - bound if len(chosen - bound) == 1 else ("",)
    letter = _called(formulas, index) if index else ""
    if not letter:
        return list(formulas), ()
    new = f"e_{{{index}}}"
    changed = [rewritten(f, list(_letters(f.text, letter, new))) if f.text != letter else f for f in formulas]
    return changed, (Reworded(formulas[0].line, letter, new, _NAMED),)


def _called(formulas: Sequence[Formula], index: str) -> str:
    """The plain letter that words call a one-hot vector, of this index or of nothing that is named."""
    for f in formulas:
        other = next((p for p in f.trail if isinstance(p, int)), None)
        of_it = other is None or formulas[other].text.strip() == index
        if _ONE_HOT.search(beside(f.trail)) and of_it and re.fullmatch(r"[a-z]", f.text) and f.text != index:
            return f.text
    return ""


def _letters(text: str, letter: str, new: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, new text) for the letter without accent, y_j as the entry j; with other scripts it is another name."""
    tokens = lex(text).tokens
    for k, token in enumerate(tokens):
        before = [t.kind for t in tokens[max(k - 2, 0) : k]]
        if token.kind != "letter" or token.text != letter or "accent" in before[-1:] or before == ["accent", "open"]:
            continue
        behind = [t.text for t in tokens[k + 1 : k + 5]]
        braced = behind[1:2] == ["{"] and behind[3:4] == ["}"]
        if behind[:1] == ["_"] and (braced or behind[1:2] != ["{"]):
            yield token.start, tokens[k + (4 if braced else 2)].end, f"({new})_{{{behind[2 if braced else 1]}}}"
        elif behind[:1] not in (["_"], ["^"]) or {*TRANSPOSES} & {*behind[1:3]}:
            yield token.start, token.end, new
