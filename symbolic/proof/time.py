"""Time: sums over steps, guards, ordered products, in one normal form for every length.

A monomial carries bound times with difference constraints, guards on free times, and edges of ordered products.  `settle`
brings it to the form in which two equal sums are the same sum:

* Equal times have one name (the region says which times coincide).
* A bound time is shifted so that its latest occurrence is at offset 0.
* Every bound time is ordered against every free point and every other bound time: strictly below, equal, or strictly above
  (1 <= x and x <= T against the ends).  A looser or tighter bound x <= p + c is the strict one plus or minus the *slices*
  x = p + k, which are substituted.  So Σ_{t=1}^{T-2} f is Σ_{t=1}^{T} f - f(T-1) - f(T), each slice under its own guard.
* A guard on free times is settled by the region, or the region is split (`Split`): no case is ever forgotten.
* A bound time that the region keeps within finitely many steps is written out.
* ∏ of known length is written out; two adjacent products of one body, and a product beside one of its own factors, are
  joined, where the ranges are known not to be negative.  An empty product is the identity.
"""

from __future__ import annotations

from fractions import Fraction

from .absorb import joined_products
from .boundaries import Boundaries, Pieces
from .heads import Head
from .networks import (
    FIRST_BOUND,
    Constraint,
    Edge,
    Monomial,
    Poly,
    Power,
    Time,
    Unsupported,
    add_into,
    product,
    relabelled,
    times_of,
)
from .regions import INFINITE, Region

MOST_SLICES = 64
"""A bound further from the range than this is not cut into single steps."""

WRITTEN_OUT = 12
"""A sum or product that is known to have at most so many terms is written out."""


class Settler(Boundaries):
    """Brings polynomials to normal form in one region of the free times."""

    def settled(self, poly: Poly) -> Poly:
        """The normal form; raises `Split` where the region must be cut first."""
        total: Poly = {}
        work: Pieces = [(c, m) for m, c in poly.items()]
        while work:
            self.algebra.budget.spend()
            coefficient, mono = work.pop()
            pieces = self._step(mono)
            if pieces is None:
                add_into(total, self._named(mono), coefficient)
            else:
                work.extend((coefficient * c, m) for c, m in pieces)
        return total

    def _step(self, mono: Monomial) -> Pieces | None:
        for rule in (
            self._renamed, self._guards, self._boundary, self._functions, self._reduced, self._products, self._bound_times
        ):
            pieces = rule(mono)
            if pieces is not None:
                return pieces
        return None

    # --- rules without bound times ---------------------------------------------------------------------------------

    def _renamed(self, mono: Monomial) -> Pieces | None:
        if self.fixed and (
            any(p in self.fixed for p, _ in times_of(mono))
            or any(a in self.fixed or b in self.fixed for a, b, _ in mono.constraints)
        ):
            return [(Fraction(1), relabelled(mono, {}, self.fixed))]
        return None

    def _guards(self, mono: Monomial) -> Pieces | None:
        bound = set(mono.times)
        guards = [c for c in mono.constraints if c[0] not in bound and c[1] not in bound]
        if not guards:
            return None
        for a, b, c in guards:
            if a == b:
                if c < 0:
                    return []
            elif not self.region.holds((a, b, c)):
                return []
        return [(Fraction(1), mono._replace(constraints=tuple(c for c in mono.constraints if c not in guards)))]

    def _functions(self, mono: Monomial) -> Pieces | None:
        """An atom two of whose times have become the same point is made anew from its argument."""
        for edge, power in mono.edges:
            head = self.algebra.heads.known[edge.head]
            points = [p for p, _ in edge.times[: head.slots]]
            if len(set(points)) == len(points):
                continue
            if power != int(power) or (power < 0 and head.kind != "base"):
                raise Unsupported("a root or reciprocal of a function at two steps that coincide")
            # bound vertices of the monomial are free in the argument: they must not meet its own
            places = {v: -(10**6) - i for i, v in enumerate(dict.fromkeys(edge.verts))}
            value = self.algebra.remade(edge._replace(verts=tuple(places[v] for v in edge.verts)), int(power))
            rest = mono._replace(edges=tuple(i for i in mono.edges if i[0] != edge))
            return self._multiplied(rest, value, {place: v for v, place in places.items()})
        return None

    def _reduced(self, mono: Monomial) -> Pieces | None:
        """The rules at a vertex.  What holds of a named value from the first step on may ask for a cut of a bound time."""
        cuts: list[Constraint] = []

        def valid(edge: Edge) -> bool:
            (point, offset), first = edge.times[0], self.algebra.heads.initial[edge.head]
            question: Constraint = ("", point, offset - first)
            if point == "":
                return offset >= first
            answer = self.region_of(mono).decides(question)
            if answer is None and point not in mono.times:
                return self.region.holds(question)
            if answer is None:
                cuts.append(question)
            return bool(answer)

        reduced = self.algebra.heads.reduced(mono, valid)
        if cuts:
            a, b, c = cuts[0]
            both = ((a, b, c), (b, a, -c - 1))
            return [(Fraction(1), mono._replace(constraints=tuple(sorted({*mono.constraints, k})))) for k in both]
        return None if len(reduced) == 1 and reduced[0][1] == mono else reduced

    # --- ordered products ------------------------------------------------------------------------------------------

    def _products(self, mono: Monomial) -> Pieces | None:
        for edge, power in mono.edges:
            if self.algebra.heads.known[edge.head].kind == "product":
                pieces = self._product(mono, edge, power)
                if pieces is not None:
                    return pieces
        return joined_products(self.algebra, mono, self.region_of(mono))

    def _product(self, mono: Monomial, edge: Edge, power: Power) -> Pieces | None:
        """Write out a product of known length; ask the region where an empty one is possible and undecided."""
        (p, a), (q, b) = edge.times[0], edge.times[1]
        if power != int(power) or power < 0:
            raise Unsupported("a root or reciprocal of an ordered product")
        if self._is_identity(edge):
            return [(Fraction(1), self._without_one(mono, edge, power, ()))]
        if a and not self.algebra.counts_steps(edge.head):  # equal factors: only their number matters
            moved = edge._replace(times=((p, 0), (q, b - a), *edge.times[2:]))
            rest = mono._replace(edges=tuple(i for i in mono.edges if i[0] != edge))
            return [(Fraction(1), product(rest, Monomial(((moved, power),))))]
        known = self.region_of(mono)
        shortest, longest = b - a + 1 - known.bound(p, q), b - a + 1 + known.bound(q, p)
        if longest <= 0:
            return [(Fraction(1), self._without_one(mono, edge, power, ()))]
        if shortest > 0 and self.algebra.heads.known[edge.head].body == {}:  # every factor is zero
            return []
        if shortest == longest and longest <= WRITTEN_OUT:
            return self._written_out(mono, edge, power, longest)
        if shortest <= 0 and p not in mono.times and q not in mono.times:
            self.region.holds((q, p, a - b - 1))  # empty or not: one of the two, asked of the region
        return None

    def _is_identity(self, edge: Edge) -> bool:
        """Whether every factor is the identity (the number 1, if there are no legs)."""
        half = self._half(edge)
        identity = Monomial(tuple((Edge("delta", (), (i, half + i)), 1) for i in range(half)))
        return self.algebra.heads.known[edge.head].body == {identity: Fraction(1)}

    def _written_out(self, mono: Monomial, edge: Edge, power: Power, length: int) -> Pieces:
        body = self.algebra.heads.known[edge.head].body
        assert body is not None
        half = self._half(edge)
        left, right, extra = edge.verts[:half], edge.verts[half : 2 * half], edge.verts[2 * half :]
        sizes = self._leg_sizes(edge.head)
        pieces: Pieces = [(Fraction(1), self._without_one(mono, edge, power, None))]
        q, b = edge.times[1]
        rows = left
        for i in range(length):
            last = i == length - 1
            cols = right if last else tuple(self.algebra.fresh_vertex() for _ in range(half))
            legs = dict(enumerate((*rows, *cols, *extra)))
            points = {"$0": (q, b - i)} | {f"${j + 1}": t for j, t in enumerate(edge.times[2:])}
            new = () if last else tuple(zip(cols, sizes, strict=True))
            factor = [(c, relabelled(self.algebra.heads.fresh_copy(m), legs, points)) for m, c in body.items()]
            pieces = [
                (c * k, (both := product(m, f))._replace(verts=tuple(sorted(both.verts + new))))
                for c, m in pieces
                for k, f in factor
            ]
            rows = cols
        return pieces

    def _without_one(self, mono: Monomial, edge: Edge, power: Power, replacement: tuple | None) -> Monomial:
        """The monomial with one occurrence of the edge removed; with `replacement` () the identity in its place."""
        edges = [(e, p) for e, p in mono.edges if e != edge]
        if power != 1:
            edges.append((edge, power - 1))
        rest = mono._replace(edges=tuple(sorted(edges)))
        if replacement is None:
            return rest
        half = self._half(edge)
        deltas = Monomial(())
        for i in range(half):
            deltas = product(deltas, Monomial(((Edge("delta", (), (edge.verts[i], edge.verts[half + i])), 1),)))
        return product(rest, deltas)

    def _half(self, edge: Edge) -> int:
        return int(edge.head.split(":")[1]) // 2

    def _leg_sizes(self, head: str) -> tuple[str, ...]:
        return self.algebra.product_sizes[head]

    # --- bound times -----------------------------------------------------------------------------------------------

    def _bound_times(self, mono: Monomial) -> Pieces | None:
        if not mono.times:
            return None
        known = self.region_of(mono)
        if known.empty:
            return []
        for rule in (self._written_out_sum, self._anchored, self._ordered, self._counted):
            pieces = rule(mono, known)
            if pieces is not None:
                return pieces
        return None

    def _slice(self, mono: Monomial, x: str, value: Time, drop: Constraint | None = None) -> Monomial:
        """The monomial at x = value."""
        constraints = tuple(c for c in mono.constraints if c != drop)
        moved = relabelled(mono._replace(constraints=constraints), {}, {x: value})
        return moved._replace(times=tuple(y for y in moved.times if y != x))

    def _written_out_sum(self, mono: Monomial, known: Region) -> Pieces | None:
        for x in mono.times:
            for p in (*self.free, *(y for y in mono.times if y != x)):
                high, low = known.bound(x, p), -known.bound(p, x)
                if high >= INFINITE or low <= -INFINITE:
                    continue
                if p in mono.times and high != low:
                    continue
                if high - low > WRITTEN_OUT:
                    raise Unsupported(f"a sum over {high - low + 1} single steps")
                return [(Fraction(1), self._slice(mono, x, (p, k))) for k in range(low, high + 1)]
        return None

    def _anchored(self, mono: Monomial, known: Region) -> Pieces | None:
        """Shift a bound time so that its latest occurrence (outside products, if there is one) is at offset 0.

        One that is a number does not count, for t - 1 is t less 1, unless something is divided by it.
        """
        for x in mono.times:
            edges = [e for e, k in mono.edges if not self._is_product(e) and (e.head != "time" or k < 0)]
            plain = [o for e in edges for p, o in e.times if p == x]
            if not plain:
                products = [e for e, _ in mono.edges if self._is_product(e)]
                plain = [o - (i == 0) for e in products for i, (p, o) in enumerate(e.times) if p == x]
            latest = max(plain, default=0)
            if latest:
                return [(Fraction(1), relabelled(mono, {}, {x: (x, -latest)}))]
        return None

    def _is_product(self, edge: Edge) -> bool:
        return self.algebra.heads.known[edge.head].kind == "product"

    def _bases(self, p: str) -> tuple[int, int]:
        """(c, d): x is below p when x - p <= c, above it when p - x <= d; what is neither is equal.

        At the ends: 1 <= x or x <= 0, x <= T or x >= T + 1; at any other point strictly below or strictly above.
        """
        return (0, -1) if p == "" or p in self.region.lengths else (-1, -1)

    def _ordered(self, mono: Monomial, known: Region) -> Pieces | None:
        direct = {(a, b): c for a, b, c in sorted(mono.constraints, key=lambda k: -k[2])}
        if len(direct) < len(mono.constraints):  # keep the tightest of several
            return [(Fraction(1), mono._replace(constraints=tuple(sorted((a, b, c) for (a, b), c in direct.items()))))]
        for i, x in enumerate(mono.times):
            for p in (*self.free, *mono.times[i + 1 :]):
                pieces = self._pair(mono, known, direct, x, p, *self._bases(p))
                if pieces is not None:
                    return pieces
        return None

    def _pair(self, mono: Monomial, known: Region, direct: dict, x: str, p: str, below: int, above: int) -> Pieces | None:
        """Order x against p: x - p <= below, or p - x <= above, or (for points) in between."""
        for a, b, base, sign in ((x, p, below, 1), (p, x, above, -1)):
            c = direct.get((a, b))
            if c is None or c == base:
                continue
            if abs(c - base) > MOST_SLICES:
                raise Unsupported(f"a bound that lies {abs(c - base)} steps from the range")
            constraint = (a, b, c)
            rest = tuple(k for k in mono.constraints if k != constraint)
            if c < base:  # tighter: the base without the slices in between
                based = mono._replace(constraints=tuple(sorted({*rest, (a, b, base)})))
                return [(Fraction(1), based)] + [
                    (Fraction(-1), self._slice(mono, x, (p, sign * k), constraint)) for k in range(c + 1, base + 1)
                ]
            if self.region.with_(*rest).bound(a, b) <= c:  # looser than what holds anyway
                return [(Fraction(1), mono._replace(constraints=rest))]
            if known.bound(b, a) < -base:  # the base is impossible: only slices are left, and they are finitely many
                low = -known.bound(b, a)
                return [
                    (Fraction(1), self._slice(mono, x, (p, sign * k), constraint)) for k in range(low, c + 1)
                ]
            based = mono._replace(constraints=tuple(sorted({*rest, (a, b, base)})))
            return [(Fraction(1), based)] + [
                (Fraction(1), self._slice(mono, x, (p, sign * k), constraint)) for k in range(base + 1, c + 1)
            ]
        if known.bound(x, p) <= below or known.bound(p, x) <= above:
            return None
        pieces: Pieces = [
            (Fraction(1), mono._replace(constraints=tuple(sorted({*mono.constraints, (x, p, below)})))),
            (Fraction(1), mono._replace(constraints=tuple(sorted({*mono.constraints, (p, x, above)})))),
        ]
        pieces += [(Fraction(1), self._slice(mono, x, (p, k))) for k in range(below + 1, -above)]
        return pieces

    def _counted(self, mono: Monomial, known: Region) -> Pieces | None:
        """Σ_x 1 over the steps strictly between two neighbouring points is their distance less one."""
        for x in mono.times:
            if any(p == x for p, _ in times_of(mono)):
                continue
            others = [p for p in (*self.free, *mono.times) if p != x]
            low = self._nearest(known, [p for p in others if known.bound(p, x) < INFINITE], 1)
            high = self._nearest(known, [p for p in others if known.bound(x, p) < INFINITE], -1)
            if low is None or high is None:
                continue
            count = known.bound(x, high) + known.bound(low, x) + 1  # high - low + count steps, never negative
            rest = mono._replace(
                times=tuple(y for y in mono.times if y != x),
                constraints=tuple(sorted({*(c for c in mono.constraints if x not in c[:2]), (low, high, count)})),
            )
            pieces: Pieces = [(Fraction(count), rest)] if count else []
            for sign, point in ((1, high), (-1, low)):
                if point:
                    self.algebra.heads.known.setdefault("time", Head("time"))
                    pieces.append((Fraction(sign), product(rest, Monomial(((Edge("time", ((point, 0),), ()), 1),)))))
            return pieces
        return None

    def _nearest(self, known: Region, points: list[str], sign: int) -> str | None:
        """The last of the points below (sign 1) or the first of those above (-1), where that is known."""
        pairs = {p: [(o, p) if sign > 0 else (p, o) for o in points] for p in points}
        return next((p for p in points if all(known.bound(a, b) <= 0 for a, b in pairs[p])), None)

    def _named(self, mono: Monomial) -> Monomial:
        """Bound times, all ordered now, get names by their order; constraints are written out in full."""
        bound = {v for v, _ in mono.verts}
        if any(v >= FIRST_BOUND and v not in bound for edge, _ in mono.edges for v in edge.verts):
            raise Unsupported("a sum over components got lost on the way to the normal form")  # no rule may do so
        if not mono.times:
            return self.algebra.first_order(mono)
        known = self.region_of(mono)
        order = sorted(mono.times, key=lambda x: sum(known.bound(x, y) < 0 for y in mono.times if y != x), reverse=True)
        name = {x: f"~~{i}" for i, x in enumerate(order)}
        constraints = set()
        for x in mono.times:
            for p in (*self.free, *(y for y in mono.times if y != x)):
                below, above = self._bases(p)
                a, b, c = (x, p, below) if known.bound(x, p) <= below else (p, x, above)
                constraints.add((name.get(a, a), name.get(b, b), c))
        renamed = relabelled(mono._replace(constraints=()), {}, {x: (n, 0) for x, n in name.items()})
        renamed = renamed._replace(times=tuple(sorted(name.values())), constraints=tuple(sorted(constraints)))
        return self.algebra.first_order(renamed)
