"""How much work a term is: an upper bound that depends on the term alone, so that budgets mean the same on every machine.

A head counts one, with everything in it; what stands under a sum or a product over an index counts once per value of the index,
a power as often as its exponent has bits.  Nothing that was worked out before makes a term cheaper.
"""

from __future__ import annotations

from functools import lru_cache

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


@lru_cache(maxsize=16384)
def together(term: Basic, widest: int, letters: frozenset[Symbol]) -> int:
    """The evaluations that a term takes for all values of its letters, if a subterm is evaluated once for those of its own.

    A sum or product takes up what it was up to the step before.

    >>> t, k, T = Symbol("t"), Symbol("k"), Symbol("T")
    >>> together(SumOver(SumOver(Var("x", (t,)), t, 1, T), k, 1, T), 10, frozenset())
    30
    >>> together(SumOver(Var("x", (t, k)), t, 1, T), 10, frozenset({k}))
    200
    """
    inner, bound = letters, isinstance(term, (SumOver, ProductOver))
    if bound:
        inner = letters | {term.args[1]}
        joined = term.args[2].free_symbols & letters  # for each start anew
        own = max(1, widest) ** min(1 + len((term.args[0].free_symbols & inner | joined) - {term.args[1]}), MOST_LETTERS)
    else:
        own = max(1, widest) ** min(len(term.free_symbols & letters), MOST_LETTERS)
    if isinstance(term, (Adjoint, Partial)):
        own *= DERIVATIVE
    elif isinstance(term, Power) and term.args[1].is_Integer:
        own *= 1 + int(abs(term.args[1])).bit_length()
    inside = () if isinstance(term, Var) else term.args[:1] if bound else term.args
    return min(own + sum(together(a, widest, inner) for a in inside if isinstance(a, Basic) and a.args), MOST)


MOST_LETTERS = 12
"""More are not told apart."""


def _values(term: Basic, widest: int) -> int:
    lower, upper = term.args[2:4]
    if lower.is_Integer and upper.is_Integer:
        return max(1, int(upper - lower) + 1)
    return max(1, widest)
