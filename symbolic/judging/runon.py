"""Equations on lines of their own in the source that are one on the page, for want of \\\\: a = b c = d, with c on a new line.

What is printed is wrong then, or means nothing, but it is not what was meant; a product that goes on in the next line looks
alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from ..reading.document.passages import Placed
from ..reading.notation import TRANSPARENT
from ..reading.tokens import Token, lex

_COMMENT = re.compile(r"(?<!\\)%.*")
_PARTS = ("row", "cell", "gap", "punct")
"""What parts equations on the page."""

RUN_ON = "two equations may run together on the page; part them with \\\\"


def of_equations_that_run_together(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; what is refuted as it is printed is left open where lines of the source are equations by themselves."""
    return left_open(entry, RUN_ON) if entry.verdict == "refuted" and runs_on(item.formula.text) else entry


def runs_on(text: str) -> bool:
    r"""Whether a new line of a formula begins an equation, without \\\\ before it.

    >>> [runs_on(w) for w in ("a = b\nc = d", "a = b\n+ c = d", "a = b \\\\\\\\\nc = d", "a\n= b", "a = b = c")]
    [True, False, False, False, False]
    """
    fresh, equation = False, False
    depth = 0
    tokens = lex(text).tokens
    for above, token in pairwise(tokens):
        depth += _deeper(above)
        if depth or token.kind in _PARTS or above.kind in _PARTS:
            fresh, equation = fresh and bool(depth), equation and bool(depth)
            continue
        if (token.kind, token.text) == ("relation", "="):
            if fresh and above.kind != "relation":
                return True
            equation = True
        elif "\n" in _COMMENT.sub("", text[above.end : token.start]) and _may_part(above, token):
            fresh = equation
    return False


def _deeper(token: Token) -> int:
    inside = token.kind in ("open", "close") or token.text not in TRANSPARENT
    return inside * ((token.kind in ("open", "begin")) - (token.kind in ("close", "end")))


def _may_part(above: Token, token: Token) -> bool:
    """Whether an equation may end before a new line, and another one begin behind it."""
    return above.kind not in ("op", "relation") and token.kind in ("letter", "command", "font", "accent")
