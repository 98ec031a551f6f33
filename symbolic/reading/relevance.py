"""Which '=' of a document are none of our business: settings, examples, dimension counts, updates of a weight.

An '=' is left alone if its head is a weight by itself (W := W - η ∂L/∂W, b = 0) or data set to a value (y = 1), if its
right side is a count ((n_x, m), 128 × 64) or a calculation with numbers (0.36 + 0.75, tanh(0.5 · 2)), or if it cannot be
read and neither side holds a derivative, a name such as dW or a name of the model (α = 0.01).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from ..language import SPELLINGS
from ..model import Model
from .records import Claim
from .scripts import name_of
from .symbols import Scope, SymbolTable
from .syntax import parse
from .tokens import ReadError, Token, lex

_SIGNS = ("\\partial", "\\nabla")
_COUNTING = frozenset(("open", "close", "number", "punct", "script", "gap"))
_CALCULATING = _COUNTING | frozenset(("op", "command", "row", "cell", "begin", "end"))


def concerns(claim: Claim, model: Model, table: SymbolTable) -> bool:
    """Whether an '=' says something about the model or its gradients."""
    if claim.update:
        return True
    right = claim.latex.partition(" = ")[2]
    head = tuple(lex(claim.head_latex).tokens)
    if _is_calculation(tuple(lex(right).tokens)) and not (_is_slope(head) and all(t.kind != "number" for t in head)):
        return False
    if claim.kind == "definition" and claim.defines:
        return not _is_number(tuple(lex(right).tokens))  # "where h_t = 0"
    role = _role(head, model, table)
    if role == "weight" or (role in ("input", "label", "given") and not _names(lex(right).tokens, table)):
        return False
    if not claim.unreadable:
        return True
    tokens = (*head, *lex(claim.latex).tokens)
    derived = any(t.kind == "letter" and t.text in _SIGNS for t in tokens) or any(t.text == "\\delta" for t in tokens)
    if derived or _is_slope(head) or _names_a_gradient(head):
        return True
    if _is_count(tuple(lex(right).tokens), table):
        return False
    return _names(tokens, table)


def _is_slope(head: tuple[Token, ...]) -> bool:
    """Whether a head is a slope: a primed function of the table, or d/dx of something."""
    plain = [t for t in head if t.kind not in ("open", "close", "font")]
    if any(t.kind == "prime" or t.text == "prime" for t in plain):
        return any(t.kind == "word" and t.text in SPELLINGS for t in plain)
    return any(a.text == "frac" and b.text == "d" for a, b in pairwise(plain))


def _names_a_gradient(head: tuple[Token, ...]) -> bool:
    """Whether a head is dW or dz^{[2]}, of something that the model does not know."""
    return len(head) > 1 and head[0].text == "d" and head[1].kind == "letter"


def _role(head: tuple[Token, ...], model: Model, table: SymbolTable) -> str:
    """The role of the quantity that a head is by itself, or ""."""
    try:
        name = name_of(parse(head))
    except ReadError:
        return ""
    match = table.match(name, Scope()) if name is not None else None
    if match is None or match.pattern.kind != "family":
        return ""
    return model.families[match.pattern.target].role


def _is_count(tokens: tuple[Token, ...], table: SymbolTable) -> bool:
    """Numbers, sizes and lengths, with commas or × between them."""
    if not tokens:
        return False
    before = ""
    for t in tokens:
        script, before = before == "_", t.text
        if t.kind == "letter" and (script or not _names_something(t, table)):
            continue
        if t.kind not in _COUNTING and not (t.kind == "op" and t.text == "×"):
            return False
    return len(tokens) == 1 or any(t.text in (",", "×") for t in tokens) or all(t.kind in ("number", "punct") for t in tokens)


def _is_number(tokens: tuple[Token, ...]) -> bool:
    return all(t.kind == "number" or t.text == "-" for t in tokens)


def _is_calculation(tokens: tuple[Token, ...]) -> bool:
    """Numbers with a decimal point or several of them, and functions of them: an example worked out."""
    for t in tokens:
        if t.kind not in _CALCULATING and not (t.kind in ("letter", "word") and (t.text in SPELLINGS or t.text == "e")):
            return False
    numbers = [t.text for t in tokens if t.kind == "number"]
    joined = any(t.text in ("+", "-", "·", "×", "*", ",") or t.kind in ("row", "cell") for t in tokens[1:])
    return any("." in n for n in numbers) or (len(numbers) > 1 and joined)


def _names(tokens: Iterable[Token], table: SymbolTable) -> bool:
    return any(t.kind in ("letter", "word") and _names_something(t, table) for t in tokens)


def _names_something(token: Token, table: SymbolTable) -> bool:
    return any(p.kind != "dummy" for p in table.patterns.get(token.text, ()))
