r"""What words say of a letter: "$\sigma$ is the logistic function", "$f$ is not the sigmoid", "$f$ is a hard tanh".

A letter stands for a function of the table only if the words behind it say nothing else: a word for "is", the name of the
function, and words that add nothing to it.  Any other word may change what is meant (a scaled sigmoid, the inverse of tanh),
and a word such as "not" denies it.  Such a letter is described and not understood: what the words say is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...language import IDENTITY, SPELLINGS
from ..inference.steps import LETTERS, labelled
from ..notation import words
from ..tokens import lex
from .prose import ACTIVATIONS

_FOREIGN = {
    "sigmoïde": "sigmoid", "sigmoide": "sigmoid", "sigmoidfunktion": "sigmoid", "sigmoidal": "", "シグモイド": "sigmoid",
    "сигмоида": "sigmoid", "hyperbolic tangent": "tanh", "tangens hyperbolicus": "tanh", "tangente hyperbolique": "tanh",
    "双曲正切": "tanh", "rectified linear unit": "relu", "rectified linear": "relu", "rectifier": "relu",
    "tangente hiperbólica": "tanh", "identity": IDENTITY, "linear activation": IDENTITY, "linear unit": IDENTITY,
    "linear output": IDENTITY, "identität": IDENTITY, "identité": IDENTITY, "identidad": IDENTITY, "恒等": IDENTITY,
}  # fmt: skip
_MEANT = {**{s.lower(): n for s, n in SPELLINGS.items() if len(s) >= 4}, **{w: n for w, n in _FOREIGN.items() if n}}


MAX_NAME = 20
"""How long a letter such as \\varphi(\\cdot) may be."""

_LETTER = "[A-Za-z\u00c0-\u04ff]"
"""Of scripts that part words by spaces: Latin, Greek, Cyrillic."""


def _alone(name: str) -> str:
    """A pattern for a name; a word in letters that are parted by spaces must stand by itself."""
    return re.escape(name) if ord(name[0]) > 0x2E80 else rf"(?<!{_LETTER}){re.escape(name)}(?!{_LETTER})"


_NAMED = (w for w, n in _MEANT.items() if n in (*ACTIVATIONS, IDENTITY))
_NAMES = re.compile("|".join(map(_alone, sorted(_NAMED, key=len, reverse=True))), re.IGNORECASE)
"""The names of activations, each a word by itself where words are parted; CJK characters part words as spaces do."""

_NONLINEAR = re.compile(r"\bnon[- ]?linear", re.IGNORECASE)

_IS = re.compile(
    r"\s*(?:\(\s*)?(?:(?:here|again|ist|hier|ici|aquí)\s+)?(?:is|are|be|being|denotes?|stands for|represents?"
    r"|means|as|ist|sei|bezeichnet"
    r"|est|désigne|soit|es|denota|sea|=|:|是|为|即|表示|代表|指|は|を)(?![A-Za-z])",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"\b(?:such as|like|any|e\.?g|for example|or|either|usually|often|typically|oder|etwa|ou|o)\b|例如|比如|等|或|如",
    re.IGNORECASE,
)
DENIES = re.compile(
    r"\b(?:not|never|no|neither|nor|without|unlike|instead|rather than|other than|different from|differs from|anything but"
    r"|except"
    r"|cannot|nicht|keine?[mnrs]?|weder|statt|anstatt|anstelle|ohne|pas|non|ni|sauf|jamais|nunca|sin|salvo|не|нет|replac\w+)\b|n't\b"
    r"|不|非|没|未|无|而不|代替|ではな|じゃな|でな",
    re.IGNORECASE,
)
_NO_DENIAL = re.compile(r"\bnon-?linear\w*|\bnot linear\b|\bno longer linear\b|非线性", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:[sgpc]?elu|selu|gelu|swish|silu|mish|softsign|arctan|arc tangent|sine|cosine|maxout|erf|gaussian|radial"
    r"|cubic"
    r"|sigmoid linear|hard ?tanh|hard ?sigmoid|sign function|leaky)\b|高斯",
    re.IGNORECASE,
)
"""Functions that no row of the table is."""

_ENDS = re.compile(r"\b(?:ist|sei|bezeichnet|bedeutet|darstellt)\W*$", re.IGNORECASE)
"""Verbs at the end of a German clause."""

_CLAUSE = re.compile(r"[,;:，；：、(（—]")
_WORD = re.compile(r"[^\W\d_]+")
_FILLERS = frozenset(
    words(
        "the a an our usual standard ordinary well known familiar common so called logistic sigmoid activation activations "
        "nonlinear nonlinearity non linear linearity function functions unit element elementwise wise entry entrywise "
        "pointwise point component componentwise applied to each every in of its argument hidden layer here again also simply "
        "just chosen taken as die der das eine ein einen funktion "
        "aktivierung aktivierungsfunktion logistische übliche elementweise "
        "komponentenweise la le une un fonction usuelle logistique appliquée el una función logística ist smooth bounded "
        "differentiable with slope and"
    )
)
_CJK_FILLERS = re.compile(r"[函数激活数的一个该逐元素点按按照标准常用单元為です関数活性化を表す]*")


@dataclass(frozen=True)
class Described:
    """What words say of a letter: the function that it is, or words that are not understood; "" where nothing is said."""

    function: str = ""
    unclear: str = ""


_SUPPOSED = re.compile(
    r"(?:\b(?:if|when|whether|whenever|suppose|assume|say|is|does|wenn|falls|ist|si|quand|est)|若|如果|假如|假设|是否|当)\W*$",
    re.IGNORECASE,
)
"""Words before a letter that make what is said of it a case, or a question."""


_WITH, _THE = re.compile(r"\b(?:with|where|mit|avec|con)\s*$", re.IGNORECASE), re.compile(r"\s*(?:the|a|an)\b", re.IGNORECASE)
"""The words around the letter in "with $f$ the identity"."""


def described(lead: Sequence[str | int], trail: Sequence[str | int]) -> Described:
    """What the words around a letter by itself say of it.

    >>> [described((), (w,)).function for w in ("is the logistic function", "为 sigmoid 函数", "ist tanh")]
    ['sigmoid', 'sigmoid', 'tanh']
    >>> [described((), (w,)).unclear for w in ("is not the sigmoid", "is twice the sigmoid", "不是 sigmoid", "is a function")]
    ['is not the sigmoid', 'is twice the sigmoid', '不是 sigmoid', '']
    """
    said = trail[0] if trail and isinstance(trail[0], str) else ""
    before = lead[-1] if lead and isinstance(lead[-1], str) else ""
    if _SUPPOSED.search(before):
        return Described()
    found = _IS.match(said) or (_WITH.search(before) and _THE.match(said)) or None
    clause = _CLAUSE.split(said[found.end() :] if found else said)[0]
    if found or _ENDS.search(clause):
        clause = _ENDS.sub("", clause)
        names = _named(clause)
        if _OTHERS.search(clause):
            return Described(unclear=_shown(said))
        if names and not denied(clause) and not _EXAMPLE.search(clause):
            alone = len(set(names)) == 1 and _adds_nothing(_NAMES.sub(" ", clause))
            return Described(names[0]) if alone else Described(unclear=_shown(said))
    return Described(unclear=next((_shown(text) for text in (said, before) if denied(text)), ""))


def denied(text: str) -> tuple[str, ...]:
    """The functions named in a clause that denies something: "unlike the sigmoid", "is not tanh"."""
    clauses = [c for c in _CLAUSE.split(_NO_DENIAL.sub(" ", text)) if DENIES.search(c)]
    return tuple(dict.fromkeys(n for c in clauses for n in _named(c)))


_OPERATORS = {
    "other": re.compile(
        r"\b(?:outer|convol\w*|correlat\w*|composition|matri\w+|kronecker|cross|tensor|inner|concat\w*|xnor|xor)\b|卷积|外积|复合"
    ),
    "convolution": re.compile(r"\bconvol|\bcorrelat|卷积"),
    "entries": re.compile(
        r"\b(?:element|elementwise|entry|entrywise|hadamard|pointwise|component\w*|schur|elementweise\w*)\b|逐元素|按元素|点乘"
    ),
}
_UNUSUAL = {
    "*": "convolution", "\\ast": "convolution", "\\star": "convolution",
    "\\odot": "other", "\\circ": "other", "⊙": "other", "∘": "other", "\\bullet": "other",
    "\\otimes": "entries", "⊗": "entries",
    "\\cdot": "entries", "·": "entries", "\\times": "entries", "×": "entries",
}  # fmt: skip
"""Signs of products, and the words that give them another meaning than the usual one."""


def unusual(sign: str, trail: Sequence[str | int]) -> str:
    """What the words behind a sign by itself say of it, where that is not what it usually means, else "".

    >>> unusual("⊙", ("denotes the outer product",)), unusual("⊙", ("is the Hadamard product",))
    ('denotes the outer product', '')
    """
    said = trail[0] if trail and isinstance(trail[0], str) else ""
    kind = _UNUSUAL.get(sign.strip())
    if kind is None:
        return ""
    found = _IS.match(said)
    clause = _CLAUSE.split(said[found.end() :])[0] if found else ""
    usual = _OPERATORS["other" if kind == "entries" else "entries"]
    return _shown(said) if _OPERATORS[kind].search(clause.lower()) and not usual.search(clause.lower()) else ""


def function_named(lead: Sequence[str | int], trail: Sequence[str | int]) -> str:
    """The activation that the sentence names: the last one before the formula, else the only one behind it, else "".

    What stands behind it may belong to the next formula, if there is one; what is denied is none.

    >>> [function_named((w,), ()) for w in ("For the sigmoid", "Unlike the sigmoid", "for tanh, not ReLU")]
    ['sigmoid', '', 'tanh']
    """
    before = [n for part in lead if isinstance(part, str) for n in _asserted(part)]
    if before:
        return before[-1]
    after = {n for part in trail if isinstance(part, str) for n in _asserted(part)}
    return after.pop() if len(after) == 1 and not any(isinstance(part, int) for part in trail) else ""


def _asserted(text: str) -> list[str]:
    not_meant = denied(text)
    return [n for n in _named(text) if n not in not_meant]


def _named(text: str) -> list[str]:
    """The activations named in a text, in their order."""
    return [_MEANT[m[0].lower()] for m in _NAMES.finditer(_NONLINEAR.sub(" ", text))]


def _adds_nothing(text: str) -> bool:
    return all(word.lower() in _FILLERS or _CJK_FILLERS.fullmatch(word) for word in _WORD.findall(text))


def _shown(text: str) -> str:
    return " ".join(text.split())[:60]


def letter_of(text: str) -> str:
    """The letter of σ, σ(·) and f(x), as it stands, or ""; σ_h with its label."""
    if len(text) > MAX_NAME:
        return ""
    tokens = lex(text).tokens
    bare = tuple(t for t in tokens[1:] if t.kind not in ("open", "close"))
    if [t.text for t in tokens[:1]] and tokens[0].text in LETTERS and [t.text for t in bare[:1]] == ["_"]:
        label = "".join(t.text for t in bare[1:]) if all(t.kind in ("letter", "number") for t in bare[1:]) else ""
        return labelled(text[tokens[0].start : tokens[0].end], label) if label.isalnum() else ""
    kinds = tuple(t.kind for t in tokens)
    called = len(kinds) == 4 and kinds[:2] == ("letter", "open") and kinds[3] == "close" and kinds[2] in ("letter", "op")
    return text[tokens[0].start : tokens[0].end] if kinds == ("letter",) or called else ""


def unlike(text: str) -> tuple[str, ...]:
    """(letter, formula) of f ≠ σ, which says what f is not."""
    tokens = lex(text).tokens if len(text) <= 2 * MAX_NAME and "=" not in text else ()
    denied_of = [t.kind for t in tokens[:2]] == ["letter", "relation"] and tokens[1].text in ("≠", "≈") and len(tokens) == 3
    return (text[tokens[0].start : tokens[0].end], text) if denied_of and tokens[2].kind in ("word", "letter") else ()
