"""Sums, products and contractions of polynomials over index networks, and functions of them as atoms.

*Freezing.*  A function of a sum is an atom whose head names the function and the normal form of the argument, with its free
vertices and time points in standard places: of all ways to number them the one whose polynomial comes first, so that the
atom does not depend on the letters at hand.  *Folding.*  The value that a forward equation defines folds to the defined
name: σ(W h_{s-1} + ...) is h_s.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import permutations
from itertools import product as combinations
from math import factorial, prod
from typing import NamedTuple

from .heads import Head, Heads
from .networks import (
    FIRST_BOUND,
    Budget,
    Condition,
    Edge,
    Monomial,
    Poly,
    Power,
    Time,
    Unsupported,
    add,
    add_into,
    canonical,
    constant,
    product,
    relabelled,
    times_of,
)


class Named(NamedTuple):
    """A name that the model defines as the value of a function.

    shift  of its time against the edge's (None: the name has no time);  times: at which alone it is meant in that case
    legs   position among the edge's vertices of each leg of the name
    """

    head: str
    shift: int | None
    times: tuple[Time, ...]
    legs: tuple[int, ...]


class Frozen(NamedTuple):
    """A polynomial with its free vertices and time points in standard places, and what stood there."""

    body: Poly
    times: tuple[Time, ...]
    verts: tuple[int, ...]

    @property
    def lead(self) -> Fraction:
        """The coefficient of the first monomial."""
        return self.body[min(self.body)]


MOST_LABELLINGS = 24


class Closures:
    """Sums and products of polynomials, and the heads and functions met so far."""

    def __init__(self, budget: Budget, polynomial: frozenset[str] = frozenset()):
        self.heads = Heads(budget)
        self.heads.polynomial = set(polynomial)
        self._budget = budget
        self.interned: dict[object, str] = {}
        self.folded: dict[str, Named] = {}  # head of a function value -> the name that it defines
        self.product_sizes: dict[str, tuple[str, ...]] = {}  # head of a product -> sizes of its rows
        self.conditions: set[Condition] = set()  # what must not vanish
        self.names: dict[str, str] = {}  # head -> how to name it in a condition

    @property
    def budget(self) -> Budget:
        return self._budget

    @budget.setter
    def budget(self, budget: Budget) -> None:
        self._budget = self.heads.budget = budget

    # --- sums and products -------------------------------------------------------------------------------------------

    def collected(self, poly: Poly) -> Poly:
        """The polynomial reduced and canonical."""
        total: Poly = {}
        for mono, coefficient in poly.items():
            for factor, reduced in self.heads.reduced(mono):
                add_into(total, canonical(reduced, self.budget), coefficient * factor)
        return total

    def multiply(self, a: Poly, b: Poly, bound: tuple[tuple[int, str], ...] = ()) -> Poly:
        """a·b with the vertices of `bound` summed over; both already use the right vertex names."""
        total: Poly = {}
        for mono_a, ca in a.items():
            for mono_b, cb in b.items():
                self.budget.spend()
                both = product(self.heads.fresh_copy(mono_a), self.apart(mono_a, self.heads.fresh_copy(mono_b)))
                both = both._replace(verts=tuple(sorted(both.verts + bound)))
                for factor, reduced in self.heads.reduced(both):
                    add_into(total, canonical(reduced, self.budget), ca * cb * factor)
        return total

    def apart(self, a: Monomial, b: Monomial) -> Monomial:
        """b with bound times of other names than those of a."""
        shared = [x for x in b.times if x in a.times]
        if not shared:
            return b
        names = {x: f"~{self.fresh_vertex()}" for x in shared}
        moved = relabelled(b, {}, {x: (n, 0) for x, n in names.items()})
        return moved._replace(times=tuple(names.get(x, x) for x in b.times))

    def moved(self, poly: Poly, legs: dict[int, int], times: dict[str, Time] | None = None) -> Poly:
        """Rename free vertices and substitute time points."""
        return self.collected(add([{relabelled(m, legs, times): c} for m, c in poly.items()]))

    def first_order(self, mono: Monomial) -> Monomial:
        """The canonical form, with symmetric functions turned to the first of the orders that mean the same."""
        if not any(self.heads.swaps(e.head) for e, _ in mono.edges):
            return canonical(mono, self.budget)
        choices = [self._turned(edge) for edge, _ in mono.edges]
        if prod(map(len, choices)) > MOST_LABELLINGS:
            choices = [c[:1] for c in choices]
        return min(canonical(_with_edges(mono, edges), self.budget) for edges in combinations(*choices))

    def _turned(self, edge: Edge) -> list[Edge]:
        """All ways to write an edge that mean the same and have the first order of times."""
        ways = {edge} | {
            edge._replace(times=tuple(edge.times[i] for i in times), verts=tuple(edge.verts[i] for i in verts))
            for times, verts in self.heads.swaps(edge.head)
        }
        first = min(way.times for way in ways)
        return sorted(way for way in ways if way.times == first)

    def _placed(self, body: Poly, legs: dict[int, int], times: dict[str, Time]) -> Poly:
        """A body with its vertices and times in other places, and every symmetric function in it in its first order."""
        placed: Poly = {}
        for mono, c in self.moved(body, legs, times).items():
            add_into(placed, self.first_order(mono), c)
        return placed

    def fresh_vertex(self) -> int:
        self.heads.fresh += 1
        return self.heads.fresh - 1

    def power(self, poly: Poly, exponent: int) -> Poly:
        """poly^exponent entry by entry, exponent >= 0."""
        if exponent > 64:
            raise Unsupported(f"the exponent {exponent} is too large")
        result = constant(1)
        for _ in range(exponent):
            result = self.multiply(result, poly)
        return result

    # --- functions as atoms ----------------------------------------------------------------------------------------------

    def fold(self, edge: Edge) -> Edge:
        """The edge of the defined name, where the edge is the right side of its definition; else the edge itself."""
        found = self.folded.get(edge.head)
        if found is None:
            return edge
        verts = tuple(edge.verts[i] for i in found.legs)
        if found.shift is None:
            return Edge(found.head, (), verts) if edge.times == found.times else edge
        ((point, offset),) = edge.times
        return Edge(found.head, ((point, offset + found.shift),), verts)

    def argument(self, edge: Edge) -> Poly:
        """The argument (or base) of an edge whose head has a body, at the edge's own vertices (free ones) and times."""
        assert not edge.verts or max(edge.verts) < FIRST_BOUND
        head = self.heads.known[edge.head]
        assert head.body is not None
        points = {f"${i}": time for i, time in enumerate(edge.times[: head.slots])}
        return self.moved(head.body, dict(enumerate(edge.verts)), points)

    def counts_steps(self, head: str) -> bool:
        """Whether the factors of an ordered product depend on their index."""
        body = self.heads.known[head].body
        return body is not None and any(point == "$0" for mono in body for point, _ in times_of(mono))

    def frozen(self, body: Poly, hidden: bool = False, pinned: bool = False) -> Frozen:
        """The body with vertices and times in standard places: of all ways to number them, the one that comes first.

        A number of a step is a point as well.  Leg 0 keeps the first place if it is `pinned` (the function runs over it)
        or `hidden` (it runs over it and is gone), whether or not the body tells one entry from another.
        """
        if any(m.times for m in body):
            raise Unsupported("a function of a sum over time")
        if any(m.constraints for m in body):
            raise Unsupported("a function of a case distinction over steps")
        first = (0,) if hidden or pinned else ()
        free = {v for m in body for e, _ in m.edges for v in e.verts if v not in dict(m.verts)}.difference(first)
        latest = _latest(body)
        verts, points = tuple(sorted(free, key=_leg_order)), tuple(sorted(latest))
        orders: Iterable = combinations(permutations(points), permutations(verts))
        if factorial(len(points)) * factorial(len(verts)) > MOST_LABELLINGS:
            orders = ((points, verts),)
        best: Frozen | None = None
        best_key: tuple = ()
        for some_points, some_verts in orders:
            moves: dict[str, Time] = {p: (f"${i}", -latest[p]) for i, p in enumerate(some_points)}
            places = (*first, *some_verts)
            moved = self._placed(body, {v: i for i, v in enumerate(places)}, moves)
            key = tuple((m, -c) for m, c in sorted(moved.items()))
            if best is None or key < best_key:
                times = tuple((p, latest[p]) for p in some_points)
                best, best_key = Frozen(moved, times, some_verts if hidden else places), key
        assert best is not None
        return best

    def closure(
        self, kind: str, fun: str, body: Poly, at: tuple[Time, ...] = (), hidden: bool = False, sizes: Iterable = ()
    ) -> Edge:
        """The edge of a function (or base) of a polynomial: its free vertices and time points are the edge's own.

        `hidden`: leg 0 is an index of the argument alone (log-sum-exp, an abstract function of a vector).  `sizes`: of the
        legs over which a function of a vector runs; the argument need not tell them.
        """
        sizes = tuple(map(str, sizes))
        frozen = self.frozen(body, hidden, pinned=bool(sizes) and not hidden)
        key = (kind, fun, hidden, sizes, len(frozen.verts), tuple(sorted(frozen.body.items())))
        name = self.interned.setdefault(key, f"{kind}:{fun}:{len(self.interned)}")
        if name not in self.heads.known:
            swaps = self._swaps(frozen, len(at), bool(sizes))
            self.heads.known[name] = Head(
                kind, fun, frozen.body, slots=len(frozen.times), sizes=sizes, hidden=hidden, swaps=swaps
            )
        return Edge(name, frozen.times + at, frozen.verts)

    def _swaps(self, frozen: Frozen, more: int, of_vector: bool) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """The orders of times and vertices that mean the same; `more` further times stay where they are.

        Of a function of a vector the vertices stay as well, since the legs over which it runs are among them.
        """
        slots, places = range(len(frozen.times)), range(len(frozen.verts))
        rest = tuple(range(len(slots), len(slots) + more))
        if not 1 < factorial(len(slots)) * (1 if of_vector else factorial(len(places))) <= MOST_LABELLINGS:
            return ()
        return tuple(
            ((*times, *rest), verts)
            for times, verts in combinations(permutations(slots), [tuple(places)] if of_vector else permutations(places))
            if self._placed(frozen.body, dict(enumerate(verts)), {f"${i}": (f"${k}", 0) for i, k in enumerate(times)})
            == frozen.body
        )

    def closed_again(self, edge: Edge) -> Edge:
        """The edge of a function of a vector (or an abstract one) made anew from its argument."""
        head = self.heads.known[edge.head]
        assert head.body is not None
        free = {v for m in head.body for e, _ in m.edges for v in e.verts if v not in dict(m.verts)}
        inner = sorted(free - {0}) if head.hidden else sorted(free | ({0} if head.sizes else set()))
        out = len(edge.verts) - len(inner)
        places = {place: -(10**6) - place if place else 0 for place in inner} if head.sizes else dict(
            zip(inner, edge.verts, strict=True)
        )
        points = {f"${i}": time for i, time in enumerate(edge.times[: head.slots])}
        argument = self.moved(head.body, places, points)
        made = self.closure(head.kind, head.fun, argument, edge.times[head.slots :], head.hidden, head.sizes)
        back = {new: edge.verts[out + i] for i, new in enumerate(places[p] for p in inner)} if head.sizes else {}
        return made._replace(verts=(*edge.verts[:out], *(back.get(v, v) for v in made.verts)))

    def factor_edge(self, body: Poly, index: str, lower: Time, upper: Time, sizes: tuple[str, ...]) -> Edge:
        """The edge of the descending product of body over index = lower..upper; its rows (and columns) have the sizes."""
        legs = 2 * len(sizes)
        if any(m.times or m.constraints for m in body):
            raise Unsupported("a product of sums or case distinctions over steps")
        latest = _latest(body)
        shift = latest.pop(index, None)
        if shift is None:  # equal factors: only their number counts
            shift, upper, lower = 0, (upper[0], upper[1] - lower[1]), (lower[0], 0)
        extra = sorted({v for m in body for e, _ in m.edges for v in e.verts if v < 0})
        orders: Iterable = combinations(permutations(sorted(latest)), permutations(extra))
        if factorial(len(latest)) * factorial(len(extra)) > MOST_LABELLINGS:
            orders = ((tuple(sorted(latest)), tuple(extra)),)
        best: tuple[tuple, Poly, tuple[str, ...], tuple[int, ...]] | None = None
        for points, others in orders:
            moves: dict[str, Time] = {p: (f"${i + 1}", -latest[p]) for i, p in enumerate(points)}
            moved = self._placed(body, {v: legs + i for i, v in enumerate(others)}, moves | {index: ("$0", -shift)})
            order_key = tuple(sorted(moved.items()))
            if best is None or order_key < best[0]:
                best = order_key, moved, points, others
        assert best is not None
        _, frozen, points, others = best
        key = ("product", sizes, tuple(sorted(frozen.items())))
        name = self.interned.setdefault(key, f"product:{legs}:{len(self.interned)}")
        self.heads.known.setdefault(name, Head("product", body=frozen))
        self.product_sizes[name] = sizes
        times = ((lower[0], lower[1] + shift), (upper[0], upper[1] + shift), *((p, latest[p]) for p in points))
        return Edge(name, times, (*range(legs), *others))


def _with_edges(mono: Monomial, edges: tuple[Edge, ...]) -> Monomial:
    """The monomial with its edges written in other ways."""
    powers: dict[Edge, Power] = {}
    for turned, (_, power) in zip(edges, mono.edges, strict=True):
        powers[turned] = powers.get(turned, 0) + power
    return mono._replace(edges=tuple(sorted((e, p) for e, p in powers.items() if p)))


def _latest(body: Poly) -> dict[str, int]:
    """The latest offset at which each point occurs."""
    latest: dict[str, int] = {}
    for mono in body:
        for point, offset in times_of(mono):
            latest[point] = max(latest.get(point, offset), offset)
    return latest


def _leg_order(v: int) -> tuple[bool, int]:
    return (v < 0, abs(v))
