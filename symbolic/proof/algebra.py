"""Sums, products, contractions, reciprocals and functions of polynomials over index networks.

A polynomial has free *legs* 0, 1, ..., k-1 (row legs first); named component indices are negative vertices.  Every operation
returns a polynomial that is reduced and canonical, so like terms are collected after every sum and product.

*Folding.*  A function of a sum is an atom whose head names the function and the normal form of the argument, with every
time point moved to a standard place; an argument (or value) that a forward equation defines folds to the defined name, so
σ(W h_{s-1} + ...) is h_s.  Signs and positive factors are normalised by the table `_EVEN_ODD`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd

from ..language import FUNCTIONS
from .heads import Head, Heads
from .networks import (
    ONE,
    Budget,
    Edge,
    Monomial,
    Poly,
    Time,
    Undefined,
    Unsupported,
    add,
    add_into,
    canonical,
    constant,
    product,
    relabelled,
    scaled,
    times_of,
)


class NeedsPolynomialBasis(Exception):
    """A head turned up in a denominator and must leave the slope basis; conversion starts again."""

    def __init__(self, head: str):
        super().__init__(head)
        self.head = head


class Algebra:
    """Operations on polynomials, with the heads and functions met so far."""

    def __init__(self, budget: Budget, polynomial: frozenset[str] = frozenset()):
        self.heads = Heads()
        self.heads.polynomial = set(polynomial)
        self.budget = budget
        self.interned: dict[object, str] = {}
        self.folded: dict[str, tuple[str, int | None, tuple[Time, ...]]] = {}
        """Head of a function value -> the head of the name that it defines, the shift of its time (None: the name has no
        time), and the times at which alone it is meant in that case."""
        self.product_sizes: dict[str, tuple[str, ...]] = {}  # head of a product -> sizes of its rows
        self.conditions: set[str] = set()  # what must not vanish
        self.names: dict[str, str] = {}  # head -> how to name it in a condition

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
                both = product(self.heads.fresh_copy(mono_a), self._apart(mono_a, self.heads.fresh_copy(mono_b)))
                both = both._replace(verts=tuple(sorted(both.verts + bound)))
                for factor, reduced in self.heads.reduced(both):
                    add_into(total, canonical(reduced, self.budget), ca * cb * factor)
        return total

    def _apart(self, a: Monomial, b: Monomial) -> Monomial:
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

    # --- reciprocals and roots ---------------------------------------------------------------------------------------

    def reciprocal(self, poly: Poly) -> Poly:
        """1/poly entry by entry; records what must not vanish."""
        if not poly:
            raise Undefined("division by zero")
        if len(poly) == 1:
            ((mono, c),) = poly.items()
            if not mono.verts and not mono.times:
                result: Poly = {ONE: 1 / c}
                for edge, power in mono.edges:
                    result = self.multiply(result, self._inverse_edge(edge, power))
                return result
        common, rest = self._content(poly)
        if common.edges:
            return self.multiply(self.reciprocal({common: Fraction(1)}), self.reciprocal(rest))
        factors = self._linear_factors(poly)
        if factors is not None:
            return factors
        return self._opaque(poly, Fraction(-1))

    def _inverse_edge(self, edge: Edge, power: Fraction | int) -> Poly:
        head = self.heads.known[edge.head]
        target = head.of if head.kind == "slope" else edge.head
        if self.heads.has_slope_basis(target):
            raise NeedsPolynomialBasis(target)
        if head.kind == "step":
            raise Undefined("division by an indicator, which may be zero")
        if head.kind not in ("base", "size"):
            self._must_not_vanish(edge.head, Fraction(0))
        return {Monomial(((edge, -power),)): Fraction(1)}

    def _must_not_vanish(self, head: str, root: Fraction) -> None:
        fun = self.heads.known[head].fun
        row = FUNCTIONS.get(fun)
        if row is not None:
            low, high = row.image
            outside = (low is not None and root <= low) or (high is not None and root >= high)
            if outside and root not in row.closed:
                return
        name = self.names.get(head, "denominator")
        self.conditions.add(f"{name}!={root}")

    def _content(self, poly: Poly) -> tuple[Monomial, Poly]:
        """The common edges (at free vertices) of all monomials, and what is left."""
        shared: dict[Edge, Fraction | int] | None = None
        for mono in poly:
            bound = {v for v, _ in mono.verts}
            own = {e: p for e, p in mono.edges if not bound.intersection(e.verts) and p > 0}
            own = {e: p for e, p in own.items() if not any(t[0] in mono.times for t in e.times)}
            shared = own if shared is None else {e: min(p, own[e]) for e, p in shared.items() if e in own}
        if not shared:
            return ONE, poly
        common = Monomial(tuple(sorted(shared.items())))
        inverse = Monomial(tuple((e, -p) for e, p in common.edges))
        return common, {product(m, inverse): c for m, c in poly.items()}

    def _linear_factors(self, poly: Poly) -> Poly | None:
        """1/poly where poly is a polynomial in one edge that splits into linear factors over the rationals."""
        edges = {e for mono in poly for e, _ in mono.edges}
        values = {self._value_of(e) for e in edges}
        if len(values) != 1 or any(m.verts or m.times for m in poly):
            return None
        (edge,) = values
        if edges != {edge}:
            raise NeedsPolynomialBasis(edge.head)
        if self.heads.has_slope_basis(edge.head):
            raise NeedsPolynomialBasis(edge.head)
        coefficients: dict[int, Fraction] = {}
        for mono, c in poly.items():
            power = mono.edges[0][1] if mono.edges else 0
            if power != int(power) or power < 0:
                return None
            coefficients[int(power)] = c
        roots = rational_roots(coefficients)
        if roots is None:
            return None
        result: Poly = {ONE: 1 / coefficients[max(coefficients)]}
        for root in roots:
            name = f"shift:{root}:{edge.head}"
            self.heads.known.setdefault(name, Head("shift", of=edge.head, root=root))
            self._must_not_vanish(edge.head, root)
            result = self.multiply(result, {Monomial(((edge._replace(head=name), 1),)): Fraction(1)})
        return result

    def _value_of(self, edge: Edge) -> Edge:
        head = self.heads.known[edge.head]
        return edge._replace(head=head.of) if head.kind == "slope" else edge

    def _opaque(self, poly: Poly, exponent: Fraction) -> Poly:
        """poly^exponent as an atom, the leading coefficient taken out."""
        if any(m.times for m in poly):
            raise Unsupported("a reciprocal or root of a sum over time")
        lead = self._leading(poly)
        if exponent.denominator != 1:
            lead = Fraction(1)  # a root of a number is not rational in general
        body = scaled(poly, 1 / lead)
        edge = self.closure("base", "", body)
        self.names.setdefault(edge.head, "denominator")
        if exponent < 0 and not self._positive(poly):
            self.conditions.add("denominator!=0")
        return {Monomial(((edge, exponent),)): lead ** int(exponent) if lead != 1 else Fraction(1)}

    def _positive(self, poly: Poly) -> bool:
        """Whether every term is positive, as in Σ_c exp(z_c)."""

        def positive(edge: Edge) -> bool:
            row = FUNCTIONS.get(self.heads.known[edge.head].fun)
            return row is not None and row.image[0] is not None and row.image[0] >= 0 and row.nonzero == "always"

        return all(c > 0 and all(positive(e) for e, _ in m.edges) for m, c in poly.items())

    def root(self, poly: Poly, exponent: Fraction) -> Poly:
        """poly^exponent for a fraction: only a single edge to the first power keeps its name."""
        if len(poly) == 1:
            ((mono, c),) = poly.items()
            if c == 1 and len(mono.edges) == 1 and mono.edges[0][1] == 1 and not mono.verts and not mono.times:
                edge = mono.edges[0][0]
                fun = self.heads.known[edge.head].fun
                if fun not in ("tanh", "sigmoid", "relu", "step"):
                    return {Monomial(((edge, exponent),)): Fraction(1)}
        if not poly:
            if exponent < 0:
                raise Undefined("division by zero")
            return {}
        return self._opaque(poly, exponent)

    @staticmethod
    def _leading(poly: Poly) -> Fraction:
        return poly[min(poly)]

    # --- functions ---------------------------------------------------------------------------------------------------

    def apply(self, fun: str, body: Poly, legs: int, at: tuple[Time, ...] = ()) -> Poly:
        """An elementwise function of a polynomial with `legs` legs (or a vector function of its only leg)."""
        if body:
            normalise = _EVEN_ODD.get(fun)
            if normalise is not None and self._leading(body) < 0:
                return normalise(self, scaled(body, Fraction(-1)), legs)
            if fun in ("relu", "step") and abs(self._leading(body)) != 1:
                factor = self._leading(body)
                inner = self.apply(fun, scaled(body, 1 / factor), legs)
                return scaled(inner, factor) if fun == "relu" else inner
        if any(self.heads.known[e.head].kind == "block" for m in body for e, _ in m.edges):
            raise Unsupported("a function of joined vectors")
        if fun == "step":
            body = self._positive_part_dropped(body)
        edge = self.closure("step" if fun == "step" else "fn", fun, body, at)
        if fun == "softmax":
            self.heads.normalized.add(edge.head)
        named = self.fold(edge)
        if fun == "relu":
            argument = body if named == edge else {Monomial(((named, 1),)): Fraction(1)}
            self.heads.indicator_of[named.head] = self.closure("step", "step", argument).head
        return self.collected({Monomial(((named, 1),)): Fraction(1)})

    def fold(self, edge: Edge) -> Edge:
        """The edge of the defined name, where the edge is the right side of its definition; else the edge itself."""
        found = self.folded.get(edge.head)
        if found is None:
            return edge
        name, shift, times = found
        if shift is None:
            return Edge(name, (), edge.verts) if edge.times == times else edge
        ((point, offset),) = edge.times
        return Edge(name, ((point, offset + shift),), edge.verts)

    def _positive_part_dropped(self, body: Poly) -> Poly:
        """1(ReLU(z) > 0) = 1(z > 0): for an anonymous ReLU its argument is used, for an argument with a name the name."""
        if len(body) == 1:
            ((mono, c),) = body.items()
            if c == 1 and len(mono.edges) == 1 and mono.edges[0][1] == 1:
                edge = mono.edges[0][0]
                head = self.heads.known[edge.head]
                if head.kind == "fn" and head.fun == "relu" and head.body is not None:
                    points = {f"${i}": t for i, t in enumerate(edge.times)}
                    return self.moved(head.body, dict(enumerate(edge.verts)), points)
        relu = self.closure("fn", "relu", body)
        named = self.fold(relu)
        return body if named == relu else {Monomial(((named, 1),)): Fraction(1)}

    def has_indicator(self, poly: Poly) -> bool:
        """Whether an indicator 1(z > 0) occurs, in a factor of an ordered product too."""

        def found(edge: Edge) -> bool:
            known = self.heads.known[edge.head]
            inner = known.kind == "product" and known.body is not None and self.has_indicator(known.body)
            return known.kind == "step" or inner

        return any(found(edge) for mono in poly for edge, _ in mono.edges)

    def closure(self, kind: str, fun: str, body: Poly, at: tuple[Time, ...] = (), hidden: bool = False) -> Edge:
        """The edge of a function (or base) of a polynomial: its free vertices and time points are the edge's own.

        `hidden`: leg 0 is an index of the argument alone (log-sum-exp, an abstract function of a vector).
        """
        free = {v for m in body for e, _ in m.edges for v in e.verts if v not in dict(m.verts)}
        verts = sorted(free - {0} if hidden else free, key=_leg_order)
        if any(m.times for m in body):
            raise Unsupported("a function of a sum over time")
        latest: dict[str, int] = {}
        for mono in body:
            for point, offset in times_of(mono):
                if point:
                    latest[point] = max(latest.get(point, offset), offset)
        points = sorted(latest)
        renamed_times: dict[str, Time] = {p: (f"${i}", -latest[p]) for i, p in enumerate(points)}
        frozen = self.moved(body, {v: i + hidden for i, v in enumerate(verts)}, renamed_times)
        key = (kind, fun, hidden, len(verts), tuple(sorted(frozen.items())))
        name = self.interned.setdefault(key, f"{kind}:{fun}:{len(self.interned)}")
        self.heads.known.setdefault(name, Head(kind, fun=fun, body=frozen))
        inner = {e.verts[i] for m in frozen for e, _ in m.edges for i in self.heads.composite_legs(e.head)}
        self.heads.composite[name] = frozenset(i for i in range(len(verts)) if i + hidden in inner)
        return Edge(name, tuple((p, latest[p]) for p in points) + at, tuple(verts))

    def factor_edge(self, body: Poly, index: str, lower: Time, upper: Time, sizes: tuple[str, ...]) -> Edge:
        """The edge of the descending product of body over index = lower..upper; its rows (and columns) have the sizes."""
        legs = 2 * len(sizes)
        if any(m.times for m in body):
            raise Unsupported("a product of sums over time")
        offsets = [o for m in body for p, o in times_of(m) if p == index]
        shift = max(offsets, default=0)
        points = sorted({p for m in body for p, _ in times_of(m) if p and p != index})
        extra = sorted({v for m in body for e, _ in m.edges for v in e.verts if v < 0})
        renamed: dict[str, Time] = {p: (f"${i + 1}", 0) for i, p in enumerate(points)}
        renamed[index] = ("$0", -shift)
        frozen = self.moved(body, {v: legs + i for i, v in enumerate(extra)}, renamed)
        key = ("product", legs, tuple(sorted(frozen.items())))
        name = self.interned.setdefault(key, f"product:{legs}:{len(self.interned)}")
        self.heads.known.setdefault(name, Head("product", body=frozen))
        self.product_sizes[name] = sizes
        self.heads.composite[name] = frozenset(i for i, s in enumerate((*sizes, *sizes)) if " + " in s)
        times = ((lower[0], lower[1] + shift), (upper[0], upper[1] + shift), *((p, 0) for p in points))
        return Edge(name, times, (*range(legs), *extra))


def _leg_order(v: int) -> tuple[bool, int]:
    return (v < 0, abs(v))


def rational_roots(coefficients: dict[int, Fraction]) -> list[Fraction] | None:
    """All roots (with multiplicity) of a polynomial if it splits over the rationals, else None."""
    degree = max(coefficients)
    poly = [coefficients.get(i, Fraction(0)) for i in range(degree + 1)]
    roots: list[Fraction] = []
    while len(poly) > 1:
        root = next((r for r in _candidates(poly) if _value(poly, r) == 0), None)
        if root is None:
            return None
        roots.append(root)
        quotient, carry = [], Fraction(0)
        for c in reversed(poly):  # synthetic division
            carry = c + carry * root
            quotient.append(carry)
        poly = list(reversed(quotient[:-1]))
    return roots


def _value(poly: list[Fraction], x: Fraction) -> Fraction:
    total = Fraction(0)
    for c in reversed(poly):
        total = total * x + c
    return total


def _candidates(poly: list[Fraction]):
    if poly[0] == 0:
        yield Fraction(0)
        return
    scale = 1
    for c in poly:
        scale = scale * c.denominator // gcd(scale, c.denominator)
    first, last = abs(int(poly[0] * scale)), abs(int(poly[-1] * scale))
    if max(first, last) > 10**6:
        return
    for p in (d for d in range(1, first + 1) if first % d == 0):
        for q in (d for d in range(1, last + 1) if last % d == 0):
            yield Fraction(p, q)
            yield Fraction(-p, q)


_EVEN_ODD: dict[str, Callable[[Algebra, Poly, int], Poly]] = {
    # f(-x) by f(x); `x` comes with the sign already turned
    "tanh": lambda a, x, k: scaled(a.apply("tanh", x, k), -1),
    "sigmoid": lambda a, x, k: add([constant(1), scaled(a.apply("sigmoid", x, k), -1)]),
    "step": lambda a, x, k: add([constant(1), scaled(a.apply("step", x, k), -1)]),
    "relu": lambda a, x, k: add([a.apply("relu", x, k), scaled(x, -1)]),
    "softplus": lambda a, x, k: add([a.apply("softplus", x, k), scaled(x, -1)]),
    "exp": lambda a, x, k: a.reciprocal(a.apply("exp", x, k)),
}
