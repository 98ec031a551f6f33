"""Where in a term a quantity stands under a condition, and which conditions between indices follow from which.

In a case such as h_{t+1} for t < T the quantity is named only where the condition holds; in Σ_{k=1}^{t-1} x_k only where
1 ≤ t - 1.  A rule that takes a formula to be meant for some steps only must not leave out the steps of a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from .binders import ProductOver, Relation, SumOver, Where
from .indices import affine

Given = tuple[Relation, ...]

NOTHING_BOUND: frozenset[Symbol] = frozenset()
NO_ENDS: Mapping[Symbol, int] = MappingProxyType({})


def standing(
    term: Basic, kinds: tuple[type, ...], given: Given = (), bound: frozenset[Symbol] = NOTHING_BOUND
) -> Iterator[tuple[Basic, Given, frozenset[Symbol]]]:
    """Every outermost part of these kinds, with the conditions under which it is named and the letters bound around it."""
    if isinstance(term, kinds):
        yield term, given, bound
        return
    parts = term.args
    if isinstance(term, SumOver | ProductOver):
        body, letter, lower, upper = parts[:4]
        ranges = (*given, Relation("<=", lower, upper))
        parts = (body,)
        given = tuple(r for r in ranges if letter not in r.free_symbols)
        bound |= {letter}
    elif isinstance(term, Where):
        parts, given = parts[:1], (*given, *parts[1:])
    for part in parts:
        if isinstance(part, Basic):
            yield from standing(part, kinds, given, bound)


def follows(condition: Relation, given: Iterable[Relation], ends: Mapping[Symbol, int] = NO_ENDS) -> bool:
    """Whether p + a <= q + b holds wherever one of the conditions does that are given.

    ends   the lengths of the model and where their indices begin: t != T is t < T, and t != 1 is 1 < t
    """
    (p, a), (q, b) = (affine(side) for side in condition.args[1:])
    for op, *sides in (_at_the_ends(known, ends) for known in given):
        for low, high in {"<": [sides], "<=": [sides], "=": [sides, sides[::-1]]}.get(op, []):
            (r, c), (s, d) = affine(low), affine(high)
            if (r, s) == (p, q) and d - c - (op == "<") <= b - a:
                return True
    return False


def speaks_beyond(terms: Iterable[Basic], condition: Relation, ends: Mapping[Symbol, int] = NO_ENDS) -> bool:
    """Whether a case is of steps at which a condition p <= q does not hold, such as t = T beside t + 1 <= T."""
    _, low, high = condition.args
    beyond = Relation("<=", high + 1, low)
    return any(follows(beyond, case.args[1:], ends) for term in terms for case in term.atoms(Where))


def _at_the_ends(known: Relation, ends: Mapping[Symbol, int]) -> tuple[str, Expr, Expr]:
    if known.op == "!=":
        for letter, end in (known.args[1:], known.args[:0:-1]):
            if isinstance(letter, Symbol) and letter not in ends:
                if end in ends:
                    return "<", letter, end
                if isinstance(end, Integer) and int(end) in ends.values():
                    return "<", end, letter
    return (known.op, *known.args[1:])
