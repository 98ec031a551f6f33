"""Sums over repeated indices, where a note says that it leaves Σ out: z_i = w_{ij} x_j is z_i = Σ_j w_{ij} x_j.

In every term an index that stands exactly twice below names, and not on the left side, is summed over the whole term; (a_i)² is
a_i a_i.  One that stands three times means nothing by itself: the formula is unreadable.  Whether a note says so is told by
`says_so`; without such words a letter that is left over is nobody's sum.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from typing import Any

from .scripts import index_name, name_of
from .tokens import ReadError
from .tree import Big, Group, Items, Juxtaposed, Letter, Node, Number, Scripted, Sum

_SAYS = re.compile(
    r"\beinstein(?:'s|sche\w*|sums?| sum\w*| convention| notation)|summation convention|summenkonvention"
    r"|\bsum\w* (?:is |are )?(?:implied |understood |taken )?over (?:all )?repeated (?:ind|subscr)"
    r"|repeated (?:ind|subscr)\w+ (?:is|are) (?:implicitly )?summed|convention de sommation|convenio de suma"
    "|爱因斯坦求和|重复指标",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|no|never|without|instead|nicht|keine?|pas|non|sin)\b|不|没", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;!?。；！？]")


def says_so(words: str) -> bool:
    """Whether a text says that repeated indices are summed over.

    >>> [says_so(w) for w in ("We use the Einstein summation convention.", "Repeated indices are not summed over.")]
    [True, False]
    """
    return any(_SAYS.search(s) and not _NOT.search(s) for s in _SENTENCE.split(words))


def with_sums(node: Node, head: Node | None) -> Node:
    """The tree with a Σ over every index that stands twice in a term.  Raises `ReadError` for one that stands more often."""
    free = {n for n, k in _count(head).items() if k == 1} if head is not None else set()
    return _summed(node, free)


def _summed(node: Node, free: Collection[str]) -> Node:
    if isinstance(node, Sum):
        return replace(node, terms=tuple(_summed(t, free) for t in node.terms))
    inner = _inside(node, free)
    counts = _count(inner)
    if (often := next((n for n, k in counts.items() if k > (1 if n in free else 2)), None)) is not None:
        told = f"{often} stands {counts[often]} times in one term, and which of them are summed over is not clear"
        raise ReadError(f"{told}; write Σ", node.start, node.end)
    for letter in sorted(n for n, k in counts.items() if k == 2 and n not in free):
        inner = Big(node.start, node.end, "sum", "", (Letter(node.start, node.start, letter),), (), inner)
    return inner


def _inside(node: Node, free: Collection[str]) -> Node:
    """What is taken of a function is summed inside of it: f(w_{ij} x_j)."""
    if isinstance(node, Juxtaposed):
        factors = list(node.factors)
        for k, factor in enumerate(factors[1:], 1):
            called = name_of(factors[k - 1]) is not None and not node.operators[k - 1]
            if called and isinstance(factor, Group) and _is_function(factors[k - 1]):
                factors[k] = replace(factor, body=_summed(factor.body, free))
            else:
                factors[k] = _inside(factor, free)
        return replace(node, factors=tuple(factors))
    return node


def _is_function(node: Node) -> bool:
    name = name_of(node)
    return name is not None and not any(s.where == "_" for s in name.scripts)


def _count(node: Node | None) -> Counter[str]:
    """How often every index stands below names in a term: as often as in the fullest summand of a bracket."""
    found: Counter[str] = Counter()
    if node is None or isinstance(node, Number):
        return found
    if isinstance(node, Big):
        found = _count(node.body)
        for bound in node.subs:
            for letter in _letters(bound):
                del found[letter]
        return found
    name = name_of(node)
    if name is not None:
        below = [n for s in name.scripts if s.where == "_" for n in _letters(s.node)]
        squared = any(s.where == "^" and isinstance(s.node, Number) and s.node.value == 2 for s in name.scripts)
        found.update(below * (2 if squared else 1))
        return found
    if isinstance(node, Sum):
        for term in node.terms:
            found |= _count(term)
        return found
    if isinstance(node, Scripted):
        found = _count(node.base)
        power = node.sups[0] if len(node.sups) == 1 else None
        if isinstance(power, Number) and power.value == 2:
            found = found + found
        return found
    for f in fields(node):
        for part in _nodes(getattr(node, f.name)):
            found += _count(part)
    return found


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def _letters(node: Node) -> Iterator[str]:
    """The letters of a script: i and j of ij."""
    for part in node.factors if isinstance(node, Juxtaposed) else node.items if isinstance(node, Items) else (node,):
        name = index_name(part)
        if name is not None and len(name) == 1 and name.islower():
            yield name


def left_out(head: str, labels: Collection[str]) -> str:
    """The j of z_i = w_{ij} x_j, where a note sums over nothing, or "": `head` and `labels` are what stands below the names."""
    pairs = (p for p in labels if len(p) == 2 and head in p and set(p) <= _COUNTING)
    return next((j for p in pairs for j in p.replace(head, "", 1) if j != head and j in labels), "")


_COUNTING = frozenset("ijklmnpqrs")
