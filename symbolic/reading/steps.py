"""Exponents that count steps: W^{T-t} is a product of as many factors as there are steps from t + 1 to T."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sympy import Expr

from ..language import affine, at
from .scripts import split_index
from .tree import Node, Sum


def steps_between(
    node: Node, letters: Collection[str], index_of: Callable[[Node], Expr | None]
) -> tuple[Expr, Expr] | None:
    """(t + 1, T) for T - t and (t + 1, T + n) for T - t + n, one of which counts steps; None for anything else."""
    if not isinstance(node, Sum) or len(node.terms) < 2:
        return None
    found: dict[str, list[Expr]] = {"+": [], "-": []}
    offset, known = 0, False
    for sign, term in zip(node.signs, node.terms, strict=True):
        split = split_index(term)
        index = index_of(term) if split is not None and split[0] else None
        known |= split is not None and split[0] in letters
        if split is None or (split[0] and index is None):
            return None
        if index is None:
            offset += split[1] if sign == "+" else -split[1]
        else:
            found[sign].append(index)
    if not known or any(len(indices) != 1 for indices in found.values()):
        return None
    (last,), (before,) = found["+"], found["-"]
    (p, i), (q, j) = affine(last), affine(before)
    return at(q, j + 1), at(p, i + offset)
