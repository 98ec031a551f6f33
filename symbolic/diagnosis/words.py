"""One sentence for each kind of mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ..reading.tree import Node, Sum
from .cause import Difference, leaves, name

SHORTEST, LONGEST = 1, 90


def sentence(d: Difference, old_text: str, new_text: str) -> str:
    """What is wrong, in one sentence; the texts are those in which the two parts stand."""
    old, new = (_shown(text, node) for text, node in ((old_text, d.old), (new_text, d.new)))
    more = _more(new_text, d.old, d.new)
    less = _more(old_text, d.new, d.old)
    return SENTENCES[d.cause](old, new, more, less)


def _shown(text: str, node: Node) -> str:
    shown = " ".join(text[node.start : node.end].split())
    return shown if len(shown) <= LONGEST else ""


def _more(text: str, small: Node, large: Node) -> str:
    """What the larger part holds beside the smaller one, as it is written; "" where it is scattered."""
    if isinstance(large, Sum) and isinstance(small, Sum) and len(large.terms) > len(small.terms):
        return ""
    have = Counter(map(name, leaves(small)))
    found = []
    for leaf in leaves(large):
        if have[name(leaf)]:
            have[name(leaf)] -= 1
        else:
            found.append(leaf)
    if not found:
        return ""
    return " ".join(text[found[0].start : found[-1].end].split()) if len(found) == 1 else ""


def _with(before: str, what: str, after: str, without: str) -> str:
    return f"{before}{what}{after}" if what else without


def _instead(what: str) -> Callable[[str, str, str, str], str]:
    return lambda old, new, more, less: f"{what}: {new} instead of {old}" if old and new else what


SENTENCES: dict[str, Callable[[str, str, str, str], str]] = {
    "missing-factor": lambda o, n, m, x: _with("the factor ", m, " is missing", _instead("a factor is missing")(o, n, m, x)),
    "spurious-factor": lambda o, n, m, x: _with("the factor ", x, " should not be there", _instead("a factor too many")(o, n, m, x)),
    "missing-term": lambda o, n, m, x: _with("the term ", m, " is missing", _instead("a term is missing")(o, n, m, x)),
    "spurious-term": lambda o, n, m, x: _with("the term ", x, " should not be there", _instead("a term too many")(o, n, m, x)),
    "missing-sum": _instead("a sum is missing"),
    "spurious-sum": _instead("this is not summed"),
    "order": _instead("the factors stand in the wrong order"),
    "index": _instead("the index is wrong"),
    "transpose": _instead("a transpose is wrong"),
    "sign": _instead("the sign is wrong"),
    "parenthesis": _instead("the brackets stand in the wrong place"),
    "wrong-variable": _instead("something else belongs here"),
    "other": _instead("this part is wrong"),
}
"""Cause -> sentence, from the old part, the new part, and what one has beside the other."""
