"""The free steps of a claim and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Expr, Symbol

from ..language import Relation, affine
from ..model import Model
from .networks import Constraint
from .regions import Region


@dataclass(frozen=True)
class Domain:
    """The free times and what is known of them."""

    free: tuple[tuple[Symbol, Expr, Expr], ...] = ()
    conditions: tuple[Relation, ...] = ()

    def regions(self, model: Model, others: Iterable[str] = ()) -> list[Region]:
        """The regions that make up the domain, with the free times in a settled order.

        `others`: further points that occur, about which nothing is known.
        """
        lengths = frozenset(i.upper.name for i in model.indices)
        base: list[Constraint] = [("", i.upper.name, -i.lower) for i in model.indices]
        for symbol, lower, upper in self.free:
            (low, a), (high, b) = _time(lower), _time(upper)
            base += [(low, symbol.name, -a), (symbol.name, high, b)]
        alternatives: list[list[Constraint]] = [base]
        for condition in self.conditions:
            (p, a), (q, b) = _time(condition.args[1]), _time(condition.args[2])
            below, above = (p, q, b - a), (q, p, a - b)
            choices = {
                "=": [[below, above]], "<=": [[below]], "<": [[(p, q, b - a - 1)]],
                "!=": [[(p, q, b - a - 1)], [(q, p, a - b - 1)]],
            }[condition.op]
            alternatives = [old + new for old in alternatives for new in choices]
        known = {s.name for s, _, _ in self.free}
        unknown = frozenset(others) - lengths - known
        regions = [Region(c, lengths, unknown) for c in alternatives]
        names = sorted(known | unknown)
        for i, p in enumerate(names):
            for q in names[i + 1 :]:
                regions = [
                    part
                    for region in regions
                    for part in (
                        region.with_((p, q, -1)), region.with_((p, q, 0), (q, p, 0)), region.with_((q, p, -1))
                    )
                ]
        return [r for r in regions if not r.empty]


def _time(index: Expr) -> tuple[str, int]:
    point, offset = affine(index)
    return ("" if point is None else point.name), offset
