"""Labels in the lines of a matrix: what is wrong for any Y may be right for one whose rows (or columns) sum to one.

Y + (1 - Y 1) 1ᵀ/K runs through all matrices whose rows sum to one, K their length, while Y runs through all matrices: its
rows sum to one, and a Y whose rows do is left as it is.  So a formula holds for every such Y if and only if it holds with this
in place of Y, in the network and in the formula.  That is judged where nothing is differentiated by Y.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from sympy.core.basic import Basic

from ..language import Adjoint, Filled, Partial, Plus, Product, Quotient, Transpose, Var, negative, shape_of
from ..model import Assumption, Equation, Model, variables
from ..proof.judge import Judgement
from ..reading import Illshaped, Reading
from .workshop import Held

Readings = Sequence[Reading | Illshaped]


def _by_rows(y: Var) -> Basic:
    """Y + (1 - Y 1) 1ᵀ/K."""
    ones = Filled(1, y.cols)
    left_over = Plus(Filled(1, y.rows), negative(Product(y, ones)))
    return Plus(y, Product(Quotient(1, y.cols[0]), left_over, Transpose(ones)))


def _by_columns(y: Var) -> Basic:
    """Y + 1/K 1 (1ᵀ - 1ᵀ Y)."""
    ones = Filled(1, y.rows)
    left_over = Plus(Filled(1, (), y.cols), negative(Product(Transpose(ones), y)))
    return Plus(y, Product(Quotient(1, y.rows[0]), ones, left_over))


SUMMING: dict[str, Callable[[Var], Basic]] = {"rows_sum_to_one": _by_rows, "columns_sum_to_one": _by_columns}
"""Kind of assumption -> what runs through all matrices of that kind."""


def with_labels(first: Judgement, readings: Readings, model: Model, judge: Callable[[Readings, Model], Judgement]) -> Judgement:
    """The judgement; what is refuted for any labels is judged for those of which the lines sum to one."""
    offered = tuple(a for a in model.assumptions if a.kind in SUMMING)
    if first.verdict != "refuted" or not offered or first.cause == "shape":
        return first
    names = {a.family for a in offered}
    if any(differentiated(t, names) for r in readings for t in terms_of(r)):
        return first
    found = judge([mapped(r, lambda t: _put(t, offered)) for r in readings], _narrow(Held(model)))
    if found.verdict == "refuted":
        return found
    told = ", ".join(a.text for a in offered)
    if found.verdict != "proved":
        return replace(found, reason=f"wrong for any labels; where {told}: {found.reason}")
    used = {v.name for v in _used(model, readings)}
    assumes = (*found.assumes, *(a.text for a in offered if a.family in used))
    return replace(found, assumes=assumes, reason=f"equal for every length and every size if {', '.join(assumes)}")


def _used(model: Model, readings: Readings) -> list[Var]:
    return [v for t in (*(e.right for e in model.equations), *(t for r in readings for t in terms_of(r))) for v in variables(t)]


@lru_cache(maxsize=32)
def _narrow(held: Held) -> Model:
    """The network of those labels."""
    model = held.model
    offered = tuple(a for a in model.assumptions if a.kind in SUMMING)
    equations = tuple(Equation(e.left, _put(e.right, offered)) for e in model.equations)
    return replace(model, equations=equations, assumptions=tuple(a for a in model.assumptions if a not in offered))


def _put(term: Basic, offered: Sequence[Assumption]) -> Basic:
    kinds = {a.family: SUMMING[a.kind] for a in offered}
    return term.xreplace({v: kinds[v.name](v) for v in term.atoms(Var) if v.name in kinds and all(shape_of(v))})


def mapped(reading: Reading | Illshaped, change: Callable[[Basic], Basic]) -> Reading | Illshaped:
    """The reading with every term of it changed."""
    if isinstance(reading, Illshaped):
        narrow = mapped(reading.rescued, change) if reading.rescued is not None else None
        return replace(reading, rescued=narrow if isinstance(narrow, Reading) else None)
    before = None if reading.previous is None else change(reading.previous)
    others = tuple(map(change, reading.others))
    return replace(reading, head=change(reading.head), right=change(reading.right), previous=before, others=others)


def terms_of(reading: Reading | Illshaped) -> tuple[Basic, ...]:
    """All terms of a reading."""
    r = reading.rescued if isinstance(reading, Illshaped) else reading
    return () if r is None else tuple(t for t in (r.head, r.right, r.previous, *r.others) if t is not None)


def differentiated(term: Basic, names: set[str]) -> bool:
    """Whether something is differentiated by one of these, or is the derivative of one."""
    return any(v.name in names for part in term.atoms(Partial, Adjoint) for v in variables(part))
