"""What is known at fixed steps: adjoints after and at the last step, values before the first one, steps as numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Self

from .algebra import Algebra
from .networks import Constraint, Edge, Monomial, Poly, Power, Time, Undefined, Unsupported, product, relabelled
from .regions import Region

Pieces = list[tuple[Fraction, Monomial]]


class Boundaries:
    """One region of the free times, and what holds at its ends.

    `length`: the name of T, beyond which adjoints are zero.  `zero_before`: heads whose value is zero at the step `before`
    the first one.  `at_last`: the adjoint at step T as a polynomial of its legs, where it has a rule.
    """

    def __init__(
        self,
        algebra: Algebra,
        region: Region,
        length: str,
        zero_before: frozenset[str] = frozenset(),
        before: int = 0,
        at_last: Callable[[str, Time], Poly | None] | None = None,
    ):
        self.algebra = algebra
        self.at_last = at_last
        self.region = region
        self.length = length
        self.zero_before = zero_before
        self.before = before
        self.known: dict[tuple[Constraint, ...], Region] = {}
        self.fixed: dict[str, Time] = {}
        for point in region.points:
            new, offset = region.representative(point)
            if new != point:
                self.fixed[point] = (new, offset)
        self.free = [p for p in region.points if p not in self.fixed]
        self.last = self.fixed.get(length, (length, 0))

    def elsewhere(self, region: Region) -> Self:
        """The same in another region."""
        return type(self)(self.algebra, region, self.length, self.zero_before, self.before, self.at_last)

    def _boundary(self, mono: Monomial) -> Pieces | None:
        """Adjoints beyond the last step are zero, and so are values before the first one where that is assumed."""
        last, end = self.last
        for edge, power in mono.edges:
            if not edge.times:
                continue
            if self.zero_before and edge.times[0] == ("", self.before):
                pieces = self._zero(mono, edge, power)
                if pieces is not None:
                    return pieces
            if edge.head.startswith("adjoint:") and edge.times[0][0] == last and edge.times[0][1] >= end:
                if edge.times[0][1] > end:
                    return []
                value = self.at_last(edge.head, edge.times[0]) if self.at_last and power == 1 else None
                if value is not None:
                    rest = mono._replace(edges=tuple(i for i in mono.edges if i[0] != edge))
                    return self._multiplied(rest, value, dict(enumerate(edge.verts)))
            if edge.head == "time":
                pieces = self._number(mono, edge, power)
                if pieces is not None:
                    return pieces
        return None

    def _multiplied(self, mono: Monomial, value: Poly, legs: dict[int, int]) -> Pieces:
        """A monomial times a polynomial whose legs are given."""
        copies = ((c, self.algebra.heads.fresh_copy(m)) for m, c in value.items())
        return [(c, product(mono, self.algebra.apart(mono, relabelled(m, legs)))) for c, m in copies]

    def _zero(self, mono: Monomial, edge: Edge, power: Power) -> Pieces | None:
        """A value that is zero, its slope there, and 1/(0 - a)."""
        known = self.algebra.heads.known[edge.head]
        value = known.of or edge.head
        if value.partition("@")[0] not in self.zero_before:
            return None
        rest = mono._replace(edges=tuple(i for i in mono.edges if i[0] != edge))
        if known.kind == "shift":
            if known.root == 0:
                raise Undefined("division by a value before the first step, which is zero")
            return [((-1 / known.root) ** int(power), rest)] if power == int(power) else None
        if known.kind == "slope" and self.algebra.heads.known[value].fun == "tanh":  # 1 - 0²; for a sigmoid 0 - 0²
            return [(Fraction(1), rest)]
        if power < 0:
            raise Undefined("division by a value before the first step, which is zero")
        return []

    def _number(self, mono: Monomial, edge: Edge, power: Power) -> Pieces | None:
        """A step as a number: 3 is 3, and t + 2 is t + 2·1."""
        ((point, offset),) = edge.times
        rest = mono._replace(edges=tuple(i for i in mono.edges if i[0] != edge))
        if (point == "" or offset) and power != int(power):
            raise Unsupported("a root of a step number")
        if point == "":
            if offset == 0 and power < 0:
                raise Undefined("division by a step number that is zero")
            return [(Fraction(offset) ** int(power), rest)]
        if power < 0:
            self._not_zero(mono, point, offset)
        if not offset:
            return None
        if power < 0:
            raise Unsupported("a step number in a denominator")
        rest = product(rest, Monomial(((edge, power - 1),) if power > 1 else ()))
        plain = Edge("time", ((point, 0),), ())
        return [(Fraction(1), product(rest, Monomial(((plain, 1),)))), (Fraction(offset), rest)]

    def _not_zero(self, mono: Monomial, point: str, offset: int) -> None:
        known = self.region_of(mono)
        if known.bound("", point) > offset - 1 and known.bound(point, "") > -offset - 1:
            if point in mono.times:
                raise Unsupported("division by a step number that may be zero")
            self.region.holds(("", point, offset - 1))

    def region_of(self, mono: Monomial) -> Region:
        """Everything known about the times of a monomial: the region and the monomial's own constraints."""
        found = self.known.get(mono.constraints)
        if found is None:
            found = self.known[mono.constraints] = self.region.with_(*mono.constraints)
        return found
