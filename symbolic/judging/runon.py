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
from ..reading.tokens import lex

_COMMENT = re.compile(r"(?<!\\)%.*")
_ENDED = re.compile(r"(?:\\\\\*?(?:\[[^\]]*\])?|[,;.:&]|\\(?:quad|qquad|cr|newline|hline))\s*$")
RUN_ON = "two equations may run together on the page; part them with \\\\"


def of_equations_that_run_together(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; what is refuted as it is printed is left open where lines of the source are equations by themselves."""
    return left_open(entry, RUN_ON) if entry.verdict == "refuted" and runs_on(item.formula.text) else entry


def runs_on(text: str) -> bool:
    r"""Whether a new line of a formula begins an equation, without \\\\ before it.

    >>> [runs_on(w) for w in ("a = b\nc = d", "a = b\n+ c = d", "a = b \\\\\\\\\nc = d", "a\n= b", "a = b = c")]
    [True, False, False, False, False]
    """
    lines = [line for whole in text.split("\n") if (line := _COMMENT.sub("", whole).strip())]
    if len(lines) < 2 or "=" not in lines[0]:
        return False
    return any(_is_equation(line) and not _ENDED.search(above) for above, line in pairwise(lines))


def _is_equation(line: str) -> bool:
    tokens = lex(line).tokens
    depth = 0
    for token in tokens:
        depth += (token.kind in ("open", "begin")) - (token.kind in ("close", "end"))
        if not depth and (token.kind, token.text) == ("relation", "="):
            return tokens[0].kind in ("letter", "command", "font", "accent") and token is not tokens[0]
    return False
