"""Transposes by primes, W' h and (y - t)'(y - t), in a note that writes no transpose otherwise: read as W^⊤ h.

Where a note has other transposes W' may be another matrix, as in an autoencoder, and is left as it stands.  So are f'(x),
(tanh u)' and the prime of a small letter, which may be slopes, and the W' that a formula defines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..scripts import TRANSPOSES
from ..tokens import Token, lex
from .layer_marks import base_of
from .records import Formula, Reworded
from .rewording import rewritten

WHY = "the note writes no transpose otherwise"
_BY_PRIMED = re.compile(r"(?:\\partial|\\nabla\s?_)\s?\{?\s?[A-Z](?:_\{?\w{1,8}\}?)?'")
"""A derivative by W': it is a matrix of its own."""


def with_transposes(formulas: Sequence[Formula]) -> tuple[list[Formula], tuple[Reworded, ...]]:
    """The formulas with ^⊤ for primes that are transposes, and what was read so."""
    found = [list(_primes(lex(f.text).tokens)) if "'" in f.text and not f.broken else [] for f in formulas]
    named = any(_BY_PRIMED.search(f.text) for f in formulas)
    if not any(found) or named or any(_transposes(f) for f in formulas):
        return list(formulas), ()
    result = [
        rewritten(f, [(t.start, t.end, "^\\top" + " " * f.text[t.end : t.end + 1].isalpha()) for t in primes])
        for f, primes in zip(formulas, found, strict=True)
    ]
    line = next(f.line for f, primes in zip(formulas, found, strict=True) if primes)
    return result, (Reworded(line, "'", "^\\top", WHY),)


def _transposes(formula: Formula) -> bool:
    """Whether a superscript in a formula is a transpose."""
    tokens = lex(formula.text).tokens
    raised = (tokens[k + 1 : k + 5] for k, t in enumerate(tokens) if t.text == "^")
    return any(t.text in TRANSPOSES for script in raised for t in (script if script and script[0].text == "{" else script[:1]))


def _primes(tokens: Sequence[Token]) -> Iterator[Token]:
    """The single primes behind a bracket or a capital that no argument follows."""
    for k, token in enumerate(tokens):
        around = [*tokens[max(k - 1, 0) : k], *tokens[k + 1 : k + 2]]
        if token.kind != "prime" or token.text != "'" or any(t.kind in ("prime", "relation") or t.text == "^" for t in around):
            continue
        if k and tokens[k - 1].text in (")", "]"):
            if not _holds_function(tokens[: k - 1]):
                yield token
            continue
        at = base_of(tokens, k)
        called = k + 1 < len(tokens) and tokens[k + 1].text in ("(", "[")
        if at is not None and tokens[at].text.isupper() and len(tokens[at].text) == 1 and not called:
            yield token


def _holds_function(before: Sequence[Token]) -> bool:
    """Whether a function stands in the bracket that ends there: (tanh u)' is a slope."""
    depth = 1
    for token in reversed(before):
        depth += {")": 1, "]": 1, "(": -1, "[": -1}.get(token.text, 0)
        if not depth:
            return False
        if token.kind == "word":
            return True
    return False
