"""∇ L(w) names in the parenthesis what the gradient is taken by: it is ∇_w L(w).

Only a single name says so; in ∇ L(w, b) it may be the one or the other, or both.
"""

from __future__ import annotations

from collections.abc import Sequence

from .scripts import name_of
from .tree import Group, Letter, Node, Scripted


def with_arguments(operators: Sequence[str], factors: Sequence[Node]) -> list[Node]:
    """The factors of a product, ∇ with what it is taken by as its script where only the parenthesis says it."""
    found = list(factors)
    for k, factor in enumerate(factors[:-2]):
        if isinstance(factor, Letter) and factor.name == "\\nabla" and not any(operators[k : k + 2]):
            behind = factors[k + 2]
            by = behind.body if isinstance(behind, Group) and behind.bracket == "(" else None
            if by is not None and name_of(by) is not None and name_of(factors[k + 1]) is not None:
                found[k] = Scripted(factor.start, factor.end, factor, (by,), ())
    return found
