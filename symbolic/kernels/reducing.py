"""Gradients of what all samples share: terms summed over steps and samples, as operations of a program.

Σ u vᵀ is one contraction of stacked rows; a sum of values entry by entry is summed as a whole, any other one summand by
summand.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy.core.basic import Basic

from .. import language as L
from . import algebra as A
from .formula import formula
from .lowering import Lowering, NotLowered
from .program import Contract, Leg, Load, Value
from .schedule import EVERY, Steps
from .terms import outer_boundary, split


def reduced(k: Lowering, term: Basic, steps: Steps = EVERY) -> Value:
    """The sum of a term over samples, and over the steps for which it is lowered."""
    if isinstance(term, L.Plus):
        return _plus_reduced(k, term, steps)
    if isinstance(term, L.SumOver):
        return A.added(*(reduced(inner, p.term, p.steps) for inner, p in k.over_steps(term)))
    if isinstance(term, L.Product):
        scalars, chain = split(term)
        cut = outer_boundary(chain)
        if cut is not None and L.shape_of(chain[-1])[1]:
            return _outer(k, [k.value(s) for s in scalars], k.chain(chain[:cut]), k.chain(chain[cut:]), steps, formula(term))
    value = k.value(term)
    if not k.axes(value)[1]:
        raise NotLowered(f"{formula(term)} is the same for all samples")
    return k.total(value, steps, batch=False, told=formula(term))


def _plus_reduced(k: Lowering, term: Basic, steps: Steps) -> Value:
    """A sum of values that have all samples at once, any other summand by summand."""
    if not term.has(L.SumOver) and all(_entrywise(a) for a in term.args):
        values = [k.value(a) for a in term.args]
        if len({k.axes(v) for v in values}) == 1 and k.axes(values[0])[1]:
            return k.total(A.added(*values), steps, batch=False, told=formula(term))
    return A.added(*(reduced(k, a, steps) for a in term.args))


def _entrywise(term: Basic) -> bool:
    rows, cols = L.shape_of(term)
    return len(rows) + len(cols) < 2


def _outer(k: Lowering, scalars: Sequence[Value], left: Value, right: Value, steps: Steps, told: str) -> Value:
    """Σ u vᵀ over steps and samples."""
    single = [s for s in scalars if k.axes(s)[0] or k.axes(s)[1]]
    shared = [s for s in scalars if s not in single]
    left = A.multiplied(*single, left)
    times, batches = [k.axes(v)[0] for v in (left, right)], [k.axes(v)[1] for v in (left, right)]
    if not all(batches):
        raise NotLowered(f"{told} has a factor that all samples share")
    if times[0] != times[1]:  # a step that only one factor has is summed out of it
        left, right = (k.total(v, steps, batch=True) for v in (left, right))
        steps = EVERY
    u, v = k.load(left), k.load(right)
    both: list[Leg] = [*k.buffers[u.buffer].legs, *k.buffers[v.buffer].legs]
    if len(both) != 2:
        raise NotLowered(f"{told} is no product of a column and a row")
    found = Contract("", u, v, steps if any(times) else EVERY)
    return A.multiplied(*shared, Load(k.defined(found, False, False, tuple(both), told)))
