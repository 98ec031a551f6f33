"""Names of adjoints by their use: ∂L/∂W = δ vᵀ, where s = W v + …, speaks of δ = ∂L/∂s.

    ∂L/∂W^{(l)} = δ^{(l)} (a^{(l-1)})ᵀ     z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}
    ∂E/∂w_{ji} = δ_j x_i                   net_j = Σ_i w_{ji} x_i

The product W v must be a term of the equation by itself, outside any function, and the same W v as in the claim.  Then
the formulas for δ are claims about that adjoint, right or wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..scripts import Name, is_transpose, name_of
from ..tree import Big, Fraction, Group, Juxtaposed, Node, Number, Scripted, Sum
from .names import names_in
from .records import Formula

Place = Callable[[Name], Any]
"""A name -> what it stands for and at which step, without a transpose."""


def used_as_adjoints(
    formulas: Sequence[Formula], states: Sequence[tuple[Name, Node]], place: Place
) -> Iterator[tuple[Name, Name, Formula]]:
    """(name, the state whose adjoint it is, the formula) for the names in such products; `states`: with right sides."""
    for formula in formulas:
        by = derived_by(formula.head) if formula.link.first and formula.head is not None else None
        pair = outer_product(formula.right) if by is not None and formula.right is not None else None
        if by is None or pair is None:
            continue
        for name, vector in (pair, pair[::-1]) if _is_plain(pair[1]) else (pair,):
            wanted = {place(by), place(vector)}
            found = [state for state, right in states if _applies(right, wanted, place)]
            if len(found) == 1 and name.scripts and not name.letter.word:
                yield name, found[0], formula


def explained(formulas: Sequence[Formula]) -> Iterator[Name]:
    """The names of multiples of a derivative, as δ_t = -∂L/∂z_t: they mean that, however they are used."""
    for formula in formulas:
        if formula.link.first and formula.head is not None and formula.right is not None:
            name = name_of(formula.head)
            if name is not None and derived_by(formula.right) is not None:
                yield name


def derived_by(head: Node) -> Name | None:
    """The W of ∂L/∂W in any spelling, or None."""
    found = list(names_in(head))
    below = [n for n, where, _ in found if where == "below"]
    return below[0] if len(below) == 1 and [w for _, w, _ in found if w != "below"] == ["above"] else None


def outer_product(right: Node) -> tuple[Name, Name] | None:
    """The two names of δ vᵀ, δ · vᵀ or δ_j v_i, behind sums and numbers in front."""
    while True:
        if isinstance(right, Big) and right.operator == "sum":
            right = right.body
        elif isinstance(right, Sum) and len(right.terms) == 1 and right.signs == ("+",):
            right = right.terms[0]
        else:
            break
    if not isinstance(right, Juxtaposed) or any(op not in ("", "·") for op in right.operators):
        return None
    factors = [f for f in right.factors if not isinstance(f, Number | Fraction)]
    if len(factors) == 1 and isinstance(factors[0], Big):
        return outer_product(factors[0])
    names = [_name(f) for f in factors]
    if len(names) != 2 or names[0] is None or names[1] is None:
        return None
    return names[0], names[1]


def _name(node: Node) -> Name | None:
    """A name, or one in a parenthesis with a transpose on it."""
    if isinstance(node, Scripted) and isinstance(node.base, Group) and not node.subs and all(map(is_transpose, node.sups)):
        return name_of(node.base.body)
    return name_of(node)


def _is_plain(name: Name) -> bool:
    return not any(s.where == "^" and not s.bracket and is_transpose(s.node) for s in name.scripts)


def _applies(right: Node, wanted: set[Any], place: Place) -> bool:
    """Whether W v stands as a term of a right side."""
    for term in right.terms if isinstance(right, Sum) else (right,):
        inner = term.body if isinstance(term, Big) and term.operator == "sum" else term
        if isinstance(inner, Juxtaposed) and len(inner.factors) == 2 and all(op in ("", "·") for op in inner.operators):
            names = [name_of(f) for f in inner.factors]
            if None not in names and {place(n) for n in names if n is not None} == wanted:
                return True
    return False
