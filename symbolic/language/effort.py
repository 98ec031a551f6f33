"""How much work a term is: an upper bound that depends on the term alone, so that budgets mean the same on every machine.

A head counts one, with everything in it; what stands under a sum or a product over an index counts once per value of the index,
a power as often as its exponent has bits.  Nothing that was worked out before makes a term cheaper.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sympy import Symbol
from sympy.core.basic import Basic

from .binders import Adjoint, Partial, ProductOver, SumOver
from .terms import Power, Var

MOST = 10**15
"""Larger numbers are not told apart."""

DERIVATIVE = 20
"""What a derivative counts, beside the terms in it: the sweep through the network is shared by many."""


WORK = 5_000_000
"""What the judgement of one equation may cost: enough for four time variables at all lengths that decide them."""


class BudgetExceeded(RuntimeError):
    """A formula that needs more steps than allowed; its verdict is *unproved*, never a guess."""


class Budget:
    """Counts steps, so that the same formula stops at the same place on every machine."""

    def __init__(self, steps: int = WORK):
        self.left = steps
        self.used = 0

    def spend(self, steps: int = 1) -> None:
        self.used += steps
        self.left -= steps
        if self.left < 0:
            raise BudgetExceeded("budget used up")


@lru_cache(maxsize=16384)
def effort(term: Basic, widest: int) -> int:
    """The evaluations that a term takes if no index has more than `widest` values.

    >>> from sympy import Symbol
    >>> t, T = Symbol("t"), Symbol("T")
    >>> effort(SumOver(SumOver(Var("x", (t,)), t, 1, T), Symbol("k"), 1, T), 10)
    111
    """
    if isinstance(term, Var) or not term.args:
        return 1
    inside = sum(effort(a, widest) for a in term.args if isinstance(a, Basic))
    if isinstance(term, (SumOver, ProductOver)):
        inside = _values(term, widest) * effort(term.args[0], widest)
    elif isinstance(term, (Adjoint, Partial)):
        inside += DERIVATIVE
    elif isinstance(term, Power) and term.args[1].is_Integer:
        inside += int(abs(term.args[1])).bit_length()
    return min(1 + inside, MOST)


class Evaluated(NamedTuple):
    """A subterm that is evaluated once for each value of its letters, wherever it stands.

    free, bound   how many of its letters are free and bound
    weight        what one evaluation counts;  derivative   whether it is one
    """

    term: Basic
    free: int
    bound: int
    weight: int
    derivative: bool

    def times(self, widest: int, points: int) -> int:
        """How often it is evaluated, if no letter has more than `widest` values, and the free ones only so many together."""
        return int(min(max(1, widest) ** self.free, points) * max(1, widest) ** self.bound)


@lru_cache(maxsize=1024)
def evaluations(terms: tuple[Basic, ...], letters: frozenset[Symbol]) -> tuple[Evaluated, ...]:
    """The subterms of terms with these free letters.  A sum or product takes up what it was up to the step before."""
    found: dict[tuple[Basic, frozenset[Symbol]], Evaluated] = {}
    stack: list[tuple[Basic, frozenset[Symbol]]] = [(term, letters) for term in terms]
    while stack:
        term, known = stack.pop()
        varying = frozenset(term.free_symbols) & known
        if (term, varying) in found:
            continue
        inner, inside, own, weight = known, () if isinstance(term, Var) else term.args, varying, 1
        derivative, steps = isinstance(term, (Adjoint, Partial)), 0
        if isinstance(term, (SumOver, ProductOver)):
            inner, inside, steps = known | {term.args[1]}, term.args[:1], 1
            own = (term.args[0].free_symbols & inner | term.args[2].free_symbols & known) - {term.args[1]}
        elif isinstance(term, Power) and term.args[1].is_Integer:
            weight += int(abs(term.args[1])).bit_length()
        free, bound = (min(n, MOST_LETTERS) for n in (len(own & letters), steps + len(own - letters)))
        found[term, varying] = Evaluated(term, free, bound, DERIVATIVE if derivative else weight, derivative)
        stack += [(a, inner) for a in inside if isinstance(a, Basic) and a.args]
    return tuple(found.values())


def together(terms: tuple[Basic, ...], widest: int, letters: frozenset[Symbol], points: int = MOST) -> int:
    """The evaluations that terms take at all points, that is for all values of their letters.

    >>> t, k, T = Symbol("t"), Symbol("k"), Symbol("T")
    >>> together((SumOver(SumOver(Var("x", (t,)), t, 1, T), k, 1, T),), 10, frozenset())
    30
    >>> sum_ = SumOver(Var("x", (t, k)), t, 1, T)
    >>> together((sum_,), 10, frozenset({k})), together((sum_, sum_), 10, frozenset({k}))
    (200, 200)
    >>> together((sum_,), 10, frozenset({k}), 3)
    60
    """
    return min(sum(e.weight * e.times(widest, points) for e in evaluations(terms, letters)), MOST)


MOST_LETTERS = 12
"""More are not told apart."""


def _values(term: Basic, widest: int) -> int:
    lower, upper = term.args[2:4]
    if lower.is_Integer and upper.is_Integer:
        return max(1, int(upper - lower) + 1)
    return max(1, widest)
