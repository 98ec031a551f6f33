"""Regions of the free times: what is known about 1 <= t <= T, and how a question that is not settled splits the cases.

A region is a set of difference constraints a - b <= c between time points (the number 0 is the point ""), closed under
shortest paths.  A question is entailed, refuted, or open; an open one raises `Split`, and the judge then asks both halves.
So every case distinction is exhaustive by construction, and none is made that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from .networks import Constraint, Time

INFINITE = 1 << 40


class Split(Exception):
    """An undecided question a - b <= c about free times."""

    def __init__(self, constraint: Constraint):
        super().__init__(constraint)
        self.constraint = constraint


class Region:
    """Difference constraints on time points, closed.  `empty` if they contradict each other.

    `others`: points about which nothing is known.
    """

    def __init__(
        self, constraints: Iterable[Constraint], lengths: frozenset[str] = frozenset(), others: frozenset[str] = frozenset()
    ):
        self.constraints = tuple(sorted(set(constraints)))
        self.lengths, self.others = lengths, others
        seen = {p for a, b, _ in self.constraints for p in (a, b)} | {"", *others}
        points = sorted(seen, key=lambda p: (p != "", p not in lengths, p))
        self.points = points
        distance = {(a, b): 0 if a == b else INFINITE for a in points for b in points}
        for a, b, c in self.constraints:
            distance[a, b] = min(distance[a, b], c)
        for k in points:
            for a in points:
                through = distance[a, k]
                if through >= INFINITE:
                    continue
                for b in points:
                    step = distance[k, b]
                    if step < INFINITE and through + step < distance[a, b]:
                        distance[a, b] = through + step
        self.distance = distance
        self.empty = any(distance[p, p] < 0 for p in points)

    def bound(self, a: str, b: str) -> int:
        """The least known c with a - b <= c."""
        return 0 if a == b else self.distance.get((a, b), INFINITE)

    def decides(self, constraint: Constraint) -> bool | None:
        """True or False where the region settles a - b <= c, else None."""
        a, b, c = constraint
        if self.bound(a, b) <= c:
            return True
        if self.bound(b, a) <= -c - 1:
            return False
        return None

    def holds(self, constraint: Constraint) -> bool:
        """Like `decides`, raising `Split` where it is open."""
        answer = self.decides(constraint)
        if answer is None:
            raise Split(constraint)
        return answer

    def with_(self, *constraints: Constraint) -> Region:
        return Region((*self.constraints, *constraints), self.lengths, self.others)

    def halves(self, constraint: Constraint) -> tuple[Region, Region]:
        """The region where a - b <= c, and where it fails."""
        a, b, c = constraint
        return self.with_((a, b, c)), self.with_((b, a, -c - 1))

    def representative(self, point: str) -> Time:
        """The first point known to be at a fixed distance (the number 0, then lengths), so that equal times share a name."""
        for other in self.points:
            if other == point:
                return point, 0
            upper = self.bound(point, other)
            if upper < INFINITE and self.bound(other, point) == -upper:
                return other, upper
        return point, 0
