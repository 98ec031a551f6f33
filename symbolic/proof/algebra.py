"""Reciprocals, roots and functions of polynomials over index networks.

A polynomial has free *legs* 0, 1, ..., k-1 (row legs first); named component indices are negative vertices.  Every operation
returns a polynomial that is reduced and canonical, so like terms are collected after every sum and product.  Signs and
positive factors of arguments are normalised by the table `_EVEN_ODD`; what must not vanish is collected in `conditions`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ..language import FUNCTIONS
from .closures import Closures
from .heads import Head
from .networks import ONE, Condition, Edge, Monomial, Poly, Power, Undefined, Unsupported, add, constant, product, scaled
from .parts import by_parts
from .roots import rational_roots


class NeedsPolynomialBasis(Exception):
    """A head turned up in a denominator and must leave the slope basis; conversion starts again."""

    def __init__(self, head: str):
        super().__init__(head)
        self.head = head


class Algebra(Closures):
    """Everything that can be done with polynomials."""

    # --- reciprocals and roots ---------------------------------------------------------------------------------------

    def reciprocal(self, poly: Poly) -> Poly:
        """1/poly entry by entry; records what must not vanish."""
        if not poly:
            raise Undefined("division by zero")
        joined = by_parts(self, poly, self.reciprocal)
        if joined is not None:
            return joined
        if len(poly) == 1:
            ((mono, c),) = poly.items()
            if plain(mono):
                result: Poly = {ONE: 1 / c}
                for edge, power in mono.edges:
                    result = self.multiply(result, self._inverse_edge(edge, power))
                return result
        if any(m.constraints for m in poly):
            raise Unsupported("a reciprocal of a case distinction over steps")
        common, rest = self._content(poly)
        if common.edges:
            return self.multiply(self.reciprocal({common: Fraction(1)}), self.reciprocal(rest))
        factors = self._linear_factors(poly)
        if factors is not None:
            return factors
        return self._opaque(poly, Fraction(-1))

    def _inverse_edge(self, edge: Edge, power: Power) -> Poly:
        head = self.heads.known[edge.head]
        target = head.of if head.kind == "slope" else edge.head
        if self.heads.has_slope_basis(target):
            raise NeedsPolynomialBasis(target)
        if head.kind in ("step", "part", "delta"):
            raise Undefined("division by something that is zero in places")
        if head.kind == "time":
            ((point, offset),) = edge.times
            self.conditions.add(Condition(f"{point}!={-offset}", point, -offset, -offset))
        elif head.kind == "base" and power > 0 and not (head.body is not None and self._positive(head.body)):  # a root
            self.conditions.add(Condition("denominator!=0"))
        elif head.kind not in ("base", "size"):
            self._must_not_vanish(edge, Fraction(0))
        return {Monomial(((edge, -power),)): Fraction(1)}

    def _must_not_vanish(self, edge: Edge, root: Fraction) -> None:
        """Note that the value of an edge must not be `root`, unless its function never takes that value."""
        condition = Condition(f"{self.names.get(edge.head, 'denominator')}!={root}")
        row = FUNCTIONS.get(self.heads.known[edge.head].fun)
        if row is not None:
            low, high = row.image
            outside = (low is not None and root <= low) or (high is not None and root >= high)
            if outside and root not in row.closed:
                if edge.head not in self.heads.initial:
                    return
                point, offset = edge.times[0]
                condition = condition._replace(point=point, high=self.heads.initial[edge.head] - 1 - offset)
        if edge.times and root == 0:
            condition = condition._replace(head=edge.head.partition("@")[0], time=edge.times[0])
        self.conditions.add(condition)

    def _content(self, poly: Poly) -> tuple[Monomial, Poly]:
        """The common edges (at free vertices) of all monomials, and what is left."""
        shared: dict[Edge, Power] | None = None
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
        if self.heads.known[edge.head].kind in _NO_PARTIAL_FRACTIONS:
            return None
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
            self._must_not_vanish(edge, root)
            result = self.multiply(result, {Monomial(((edge._replace(head=name), 1),)): Fraction(1)})
        return result

    def _value_of(self, edge: Edge) -> Edge:
        head = self.heads.known[edge.head]
        return edge._replace(head=head.of) if head.kind == "slope" else edge

    def _opaque(self, poly: Poly, exponent: Fraction) -> Poly:
        """poly^exponent as an atom, the leading coefficient taken out."""
        lead = self.frozen(poly).lead
        if exponent.denominator != 1:
            lead = Fraction(1)  # a root of a number is not rational in general
        edge = self.closure("base", "", scaled(poly, 1 / lead))
        self.names.setdefault(edge.head, "denominator")
        if exponent < 0 and not self._positive(poly):
            self.conditions.add(Condition("denominator!=0"))
        return {Monomial(((edge, exponent),)): lead ** int(exponent) if lead != 1 else Fraction(1)}

    def _positive(self, poly: Poly) -> bool:
        """Whether every term is positive, as in Σ_c exp(z_c)."""

        def positive(edge: Edge) -> bool:
            row = FUNCTIONS.get(self.heads.known[edge.head].fun)
            return (
                edge.head not in self.heads.initial
                and row is not None
                and row.image[0] is not None
                and row.image[0] >= 0
                and row.nonzero == "always"
            )

        return all(c > 0 and all(positive(e) for e, _ in m.edges) for m, c in poly.items())

    def root(self, poly: Poly, exponent: Fraction, negative: bool = True) -> Poly:
        """poly^exponent for a fraction: only a single edge to the first power keeps its name.

        negative   whether poly may be negative for all that is known
        """
        joined = by_parts(self, poly, lambda part: self.root(part, exponent, negative))
        if joined is not None:
            return joined
        if negative and poly and not self._positive(poly) and not _of_squares(poly):
            ((edge, power), *more) = next(iter(poly)).edges or ((Edge("", (), ()), 1),)
            own = len(poly) == 1 and not more and power == 1 and plain(next(iter(poly)))
            name = self.names.get(edge.head, "radicand") if own else "radicand"
            self.conditions.add(Condition(f"{name}>=0"))
        if len(poly) == 1:
            ((mono, c),) = poly.items()
            if c == 1 and len(mono.edges) == 1 and mono.edges[0][1] == 1 and plain(mono):
                edge = mono.edges[0][0]
                known = self.heads.known[edge.head]
                if known.kind in ("var", "fn", "adjoint", "size") and known.fun not in ("tanh", "sigmoid", "relu", "step"):
                    return {Monomial(((edge, exponent),)): Fraction(1)}
        if not poly:
            if exponent < 0:
                raise Undefined("division by zero")
            return {}
        return self._opaque(poly, exponent)

    # --- functions ---------------------------------------------------------------------------------------------------

    def apply(self, fun: str, body: Poly, size: object = None) -> Poly:
        """A function of a polynomial: elementwise, or a vector function over its leg 0, whose size is given."""
        joined = by_parts(self, body, lambda part: self.apply(fun, part)) if size is None else None
        if joined is not None:
            return joined
        if not body and fun in _AT_ZERO:
            return constant(_AT_ZERO[fun])
        if fun in ("step", "relu") and (switched := self._switched(body)) is not None:
            indicators, rest = switched
            return self.multiply(indicators, self.apply(fun, rest))
        if body and fun in _SCALED:
            lead = self.frozen(body).lead
            normalise = _EVEN_ODD.get(fun)
            if normalise is not None and lead < 0 and not (fun == "step" and self.may_vanish(body)):
                return normalise(self, scaled(body, Fraction(-1)))
            if fun in ("relu", "step") and abs(lead) != 1:
                inner = self.apply(fun, scaled(body, 1 / abs(lead)))
                return scaled(inner, abs(lead)) if fun == "relu" else inner
        if fun == "step":
            body = self._positive_part_dropped(body)
        kind = "step" if fun == "step" else "fn"
        edge = self.closure(kind, fun, body, sizes=() if size is None else (size,))
        if fun == "softmax":
            self.heads.normalized.add(edge.head)
        named = self.fold(edge)
        if fun == "relu":
            argument = body if named == edge else {Monomial(((named, 1),)): Fraction(1)}
            self.heads.indicator_of[named.head] = self.closure("step", "step", argument).head
        return self.collected({Monomial(((named, 1),)): Fraction(1)})

    def _switched(self, body: Poly) -> tuple[Poly, Poly] | None:
        """The indicators that all summands have in common, and what is left: f(I·y) = I·f(y) for ReLU and 1(z > 0)."""
        common, _ = self._content(body) if body else (ONE, body)
        edges = tuple((e, p) for e, p in common.edges if self.heads.known[e.head].kind == "step" and p == 1)
        if not edges:
            return None
        inverse = Monomial(tuple((e, -p) for e, p in edges))
        return {Monomial(edges): Fraction(1)}, {product(m, inverse): c for m, c in body.items()}

    def may_vanish(self, body: Poly) -> bool:
        """Whether z may be zero on more than a boundary, as ReLU(x) is and ReLU(x) - x; then 1(-z > 0) is not 1 - 1(z > 0).

        It is not if a summand without ReLU and indicators has a factor that stands nowhere else.
        """
        found = [(frozenset[str]().union(*(self._inside(e) for e, _ in m.edges)), m) for m in body]
        kinked = [any(self._kinked(h) for h in heads) for heads, _ in found]
        if not any(kinked):
            return False
        for k, (heads, _) in enumerate(found):
            others = frozenset[str]().union(*(o for j, (o, _) in enumerate(found) if j != k))
            if not kinked[k] and heads - others:
                return False
        return True

    def _inside(self, edge: Edge) -> frozenset[str]:
        """The head of an edge and all heads in its argument."""
        known = self.heads.known[edge.head]
        inner = (self._inside(e) for mono in known.body or () for e, _ in mono.edges)
        return frozenset({edge.head}).union(*inner)

    def _kinked(self, head: str) -> bool:
        known = self.heads.known[head]
        return known.kind == "step" or known.fun in ("relu", "step")

    def remade(self, edge: Edge, power: int) -> Poly:
        """The value of an edge (a function or base to a power) built again from its argument."""
        head = self.heads.known[edge.head]
        if head.kind == "base":
            argument = self.argument(edge)
            return self.power(argument, power) if power > 0 else self.power(self.reciprocal(argument), -power)
        if head.fun in FUNCTIONS and not head.sizes:
            return self.power(self.apply(head.fun, self.argument(edge)), power)
        return {Monomial(((self.fold(self.closed_again(edge)), power),)): Fraction(1)}

    def _positive_part_dropped(self, body: Poly) -> Poly:
        """1(ReLU(z) > 0) = 1(z > 0): for an anonymous ReLU its argument is used, for an argument with a name the name."""
        if len(body) == 1:
            ((mono, c),) = body.items()
            if c == 1 and len(mono.edges) == 1 and mono.edges[0][1] == 1 and plain(mono):
                edge = mono.edges[0][0]
                head = self.heads.known[edge.head]
                if head.kind == "fn" and head.fun == "relu" and head.body is not None:
                    return self.argument(edge)
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


def _of_squares(poly: Poly) -> bool:
    """Whether every term is a square or a sum of squares, as in xᵀx: never negative."""
    return all(c > 0 and all(p == int(p) and p % 2 == 0 for _, p in m.edges) for m, c in poly.items())


def plain(mono: Monomial) -> bool:
    """Whether a monomial is a product of edges and nothing else: no sum, no condition."""
    return not (mono.verts or mono.times or mono.constraints)


_NO_PARTIAL_FRACTIONS = frozenset({"step", "part", "delta", "product", "time", "base", "shift"})
"""Kinds of heads with rules of their own, which those of 1/(p - a) do not know."""

_AT_ZERO: dict[str, Power] = {"tanh": 0, "relu": 0, "exp": 1, "step": 0, "sigmoid": Fraction(1, 2)}

_EVEN_ODD: dict[str, Callable[[Algebra, Poly], Poly]] = {
    # f(-x) by f(x); `x` comes with the sign already turned
    "tanh": lambda a, x: scaled(a.apply("tanh", x), -1),
    "sigmoid": lambda a, x: add([constant(1), scaled(a.apply("sigmoid", x), -1)]),
    "step": lambda a, x: _turned_step(a, x),
    "relu": lambda a, x: add([a.apply("relu", x), scaled(x, -1)]),
    "softplus": lambda a, x: add([a.apply("softplus", x), scaled(x, -1)]),
    "exp": lambda a, x: a.reciprocal(a.apply("exp", x)),
}

_SCALED = frozenset(_EVEN_ODD)


def _turned_step(a: Algebra, x: Poly) -> Poly:
    """1(-x > 0) = 1 - 1(x > 0) except where x = 0, which is said."""
    a.conditions.add(Condition("z!=0"))
    return add([constant(1), scaled(a.apply("step", x), -1)])
