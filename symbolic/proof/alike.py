"""Functions of equal arguments are equal:  f(a) = f(b) where a = b.

Two values of one function are two atoms where their arguments are written in different ways, as tanh(c_t) and
tanh(f_t ∘ c_{t-1} + i_t ∘ g_t) with c_t = f_t ∘ c_{t-1} + i_t ∘ g_t.  The arguments are compared like any two formulas, with
everything that is known of the steps at which they stand; where they agree, one atom takes the place of the other.  A named
value such as o_t = tanh(V h_t) is a function of what its equation says, at the steps of the model alone.

Arguments that agree from a step on only, since what they hold is defined from there on, part the sum that they stand in (or
the region, for a free step) at that step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations
from typing import NamedTuple

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import Apply, Var, at
from .algebra import NeedsPolynomialBasis
from .convert import Converter
from .heads import SQUARES, Head
from .letters import substituted
from .networks import Constraint, Edge, Monomial, Poly, Power, Time, Undefined, Unsupported, add, product, scaled
from .regions import INFINITE, Region, Split
from .time import Settler

Vanishes = Callable[[Poly, Settler], bool]
"""Whether a polynomial is zero in the region of a settler."""

MOST_TESTS, LARGEST = 96, 64
"""Pairs of arguments that are compared for one difference; monomials of one argument."""

LATER = (0, 1, 2)
"""How many steps after the first that is known arguments may begin to agree."""

SHIFTS = (0, 1, -1)


class Value(NamedTuple):
    """A function value at a step: `kind` tells the function and what its argument runs over."""

    kind: tuple[object, ...]
    argument: Poly


def alike(c: Converter, poly: Poly, settler: Settler, vanishes: Vanishes) -> Poly | None:
    """The polynomial with values of equal arguments written by one atom; None where nothing was to be done."""
    return _Pairs(c, settler, vanishes).joined(poly)


class _Pairs:
    """The comparisons made for one difference."""

    def __init__(self, c: Converter, settler: Settler, vanishes: Vanishes):
        self.c, self.settler, self.vanishes = c, settler, vanishes
        self.heads = c.algebra.heads
        self.left = MOST_TESTS
        self.optional = self._optional()
        self.places: dict[tuple[object, ...], tuple[dict[str, Time], Region]] = {}
        self.answers: dict[tuple[object, ...], tuple[int, ...] | None] = {}

    def joined(self, poly: Poly) -> Poly | None:
        cores = {(self._core(e.head), len(e.verts)) for mono in poly for e, _ in mono.edges}
        cores = {(head, legs) for head, legs in cores if self._family(head) is not None}
        if len(cores) < 2:
            return None
        changed = False
        for head, legs in sorted(cores, key=lambda k: _rank(k[0]), reverse=True):  # later atoms give way to earlier ones
            others = sorted((o for o, n in cores if n == legs and _rank(o) < _rank(head)), key=_rank)
            others = [o for o in others if self._family(o) == self._family(head) and not self._both_named(o, head)]
            if not others:
                continue
            parts = [self._without(mono, k, head, others) for mono, k in poly.items()]
            if any(p is not None for p in parts):
                changed = True
                poly = add({m: k} if p is None else p for p, (m, k) in zip(parts, poly.items(), strict=True))
        return poly if changed else None

    def _optional(self) -> frozenset[str]:
        """Heads that stand in definitions that are used in arguments: of quantities that are not always what they fold to."""
        named = {folded.head for folded in self.c.algebra.folded.values()}
        kept = ("var:" + name for name in self.c.atoms)
        used = (h for h in kept if h not in named or self.heads.known[h].fun == "relu")
        rights = (self.c.equations[h[4:]].right for h in used if h[4:] in self.c.equations)
        return frozenset[str]().union(*map(self._leaves_of_term, rights))

    def _leaves_of_term(self, term: Basic) -> frozenset[str]:
        return frozenset("var:" + v.name for v in term.atoms(Var) if v.name not in self.c.equations)

    def _leaves(self, poly: Poly) -> frozenset[str]:
        """The quantities without equations that stand in a polynomial, in arguments too."""
        found: set[str] = set()
        for mono in poly:
            for edge, _ in mono.edges:
                core = self._core(edge.head)
                body = self.heads.known[core].body
                if body is not None:
                    found |= self._leaves(body)
                elif core.startswith("var:") and core[4:] not in self.c.equations:
                    found.add(core)
        return frozenset(found)

    def _core(self, head: str) -> str:
        """The head of the value itself, for its slope and for 1/(value - a)."""
        known = self.heads.known[head]
        return known.of if known.kind in ("slope", "shift") else head

    @staticmethod
    def _both_named(one: str, other: str) -> bool:
        return one.startswith("var:") and other.startswith("var:")

    def _family(self, head: str) -> tuple[str, str] | None:
        """What two heads must have in common to be compared at all."""
        known = self.heads.known[head]
        if known.kind in ("fn", "base", "step") and known.body is not None:
            return known.kind, known.fun
        equation = self.c.equations.get(head.partition(":")[2]) if head.startswith("var:") else None
        if equation is None or not isinstance(equation.right, Apply) or equation.right.fun.order:
            return None
        return ("step" if equation.right.fun.name == "step" else "fn"), equation.right.fun.name

    def _without(self, mono: Monomial, coefficient: Fraction, head: str, others: list[str]) -> Poly | None:
        """A monomial with the values of one head replaced; its sum is cut where they agree from a step on only."""
        for edge, power in mono.edges:
            if self._core(edge.head) != head:
                continue
            for other in others:
                for times in self._times(edge, head, other):
                    for later in LATER:
                        found = self._equal(mono, edge, head, other, times, later)
                        if found is None:
                            continue
                        verts, bound = found
                        if bound is not None and bound[1] not in mono.times:
                            raise Split(bound)
                        upper = mono if bound is None else _under(mono, bound)
                        new = self._replaced(upper, coefficient, edge, power, head, Edge(other, times, verts))
                        lower = {} if bound is None else {_under(mono, (bound[1], bound[0], -bound[2] - 1)): coefficient}
                        return add([new, lower])
        return None

    def _times(self, edge: Edge, head: str, other: str) -> Iterator[tuple[Time, ...]]:
        """Where the other value may stand: at the same step or a neighbouring one."""
        if len(edge.times) == 1 and self._slots(other) == 1:
            ((point, offset),) = edge.times
            yield from (((point, offset + k),) for k in SHIFTS)
        elif self._slots(head) == self._slots(other):
            yield edge.times

    def _slots(self, head: str) -> int:
        if head.startswith("var:"):
            return len(self.c.equations[head[4:]].left.indices)
        return self.heads.known[head].slots

    def _equal(
        self, mono: Monomial, edge: Edge, head: str, other: str, times: tuple[Time, ...], later: int
    ) -> tuple[tuple[int, ...], Constraint | None] | None:
        """The vertices of the other value if both have equal arguments, and from which step on."""
        names, region = self._place(mono)
        bound: Constraint | None = None
        if later:
            point = edge.times[0][0] if len(edge.times) == 1 else ""
            low = -region.bound("", names.get(point, (point, 0))[0])
            if not point or low <= -INFINITE:
                return None
            bound = ("", point, -(low + later))
            region = region.with_(("", names.get(point, (point, 0))[0], bound[2]))
            if region.empty:
                return None
        moved = [tuple(_at(t, names) for t in each) for each in (edge.times, times)]
        key = (head, other, tuple(moved), region.constraints)
        if key not in self.answers:
            self.answers[key] = self._order(head, other, moved[0], moved[1], region, len(edge.verts))
        order = self.answers[key]
        return None if order is None else (tuple(edge.verts[i] for i in order), bound)

    def _place(self, mono: Monomial) -> tuple[dict[str, Time], Region]:
        """The region of a monomial, in which its bound steps are free ones of names that nothing else has."""
        key = mono.times, mono.constraints
        if key not in self.places:
            names: dict[str, Time] = {x: (self.c.fresh_time(), 0) for x in mono.times}
            known = self.settler.region_of(mono)
            constraints = ((names.get(a, (a, 0))[0], names.get(b, (b, 0))[0], k) for a, b, k in known.constraints)
            self.places[key] = names, Region(constraints, known.lengths, known.others)
        return self.places[key]

    def _order(
        self, head: str, other: str, times: tuple[Time, ...], others: tuple[Time, ...], region: Region, legs: int
    ) -> tuple[int, ...] | None:
        """At which vertex of the one value each leg of the other stands, if their arguments are equal."""
        settler = self.settler.elsewhere(region)
        one, two = self._value(head, times, settler), self._value(other, others, settler)
        if one is None or two is None or one.kind != two.kind or max(map(len, (one.argument, two.argument))) > LARGEST:
            return None
        if (self._leaves(one.argument) ^ self._leaves(two.argument)) - self.optional:
            return None  # only what cancels could make them equal
        for order in permutations(range(legs)) if legs == 2 and not one.kind[2] else (tuple(range(legs)),):
            if self.left <= 0:
                return None
            self.left -= 1
            difference = add([one.argument, scaled(self.c.algebra.moved(two.argument, dict(enumerate(order))), -1)])
            if self._is_zero(difference, settler):
                return order
        return None

    def _is_zero(self, difference: Poly, settler: Settler) -> bool:
        """An attempt that leaves no conditions behind if it fails."""
        before = set(self.c.algebra.conditions)
        try:
            if self.vanishes(difference, settler):
                return True
        except (Split, Unsupported, Undefined, NeedsPolynomialBasis):
            pass
        self.c.algebra.conditions = before
        return False

    def _value(self, head: str, times: tuple[Time, ...], settler: Settler) -> Value | None:
        if head.startswith("var:"):
            return self._defined(head, times, settler)
        known = self.heads.known[head]
        assert known.body is not None
        points = {f"${i}": time for i, time in enumerate(times[: known.slots])}
        body = self.c.algebra.moved(known.body, {}, points)
        if known.kind == "step":
            body = self._positive_part_dropped(body, settler)
        return Value((known.kind, known.fun, known.sizes, known.hidden, times[known.slots :]), body)

    def _defined(self, head: str, times: tuple[Time, ...], settler: Settler) -> Value | None:
        """A named value by its equation, at steps of the model."""
        equation, family = self.c.equations[head[4:]], self.c.model.families[head[4:]]
        right = equation.right
        assert isinstance(right, Apply)
        inside = [
            k for (p, o), i in zip(times, family.indices, strict=True) for k in (("", p, o - i.lower), (p, i.upper.name, -o))
        ]
        if right.fun.kind or not all(map(settler.region.decides, inside)):
            return None
        steps = [at(Symbol(p) if p else None, o) for p, o in times]
        argument = self.c.poly(substituted(right.x, dict(zip(equation.left.indices, steps, strict=True))))
        sizes = tuple(map(str, right.legs)) if right.fun.name == "softmax" else ()
        kind = "step" if right.fun.name == "step" else "fn"
        return Value((kind, right.fun.name, sizes, False, ()), argument)

    def _positive_part_dropped(self, body: Poly, settler: Settler) -> Poly:
        """1(ReLU(z) > 0) = 1(z > 0)."""
        if len(body) != 1:
            return body
        ((mono, k),) = body.items()
        if k != 1 or len(mono.edges) != 1 or mono.edges[0][1] != 1 or mono.verts:
            return body
        ((edge, _),) = mono.edges
        if self._family(edge.head) != ("fn", "relu") or edge.verts != tuple(range(len(edge.verts))):
            return body
        value = self._value(edge.head, edge.times, settler)
        return body if value is None else value.argument

    def _replaced(self, mono: Monomial, k: Fraction, edge: Edge, power: Power, head: str, new: Edge) -> Poly:
        """The monomial with one edge written by another value."""
        rest = mono._replace(edges=tuple(item for item in mono.edges if item[0] != edge))
        known, prefix = self.heads.known[edge.head], edge.head.removesuffix(head)
        basis = self.heads.has_slope_basis(new.head)
        if basis and (known.kind == "shift" or power < 0):
            raise NeedsPolynomialBasis(new.head)
        if known.kind == "slope" and not basis:
            square = {Monomial(((new, p),) if p else ()): c for c, p, d in SQUARES[self.heads.known[new.head].fun] if not d}
            slope = add([square, {Monomial(((new, 2),)): Fraction(-1)}])
            return self.c.algebra.multiply({rest: k}, self.c.algebra.power(slope, int(power)))
        if prefix:
            self.heads.known.setdefault(prefix + new.head, Head(known.kind, of=new.head, root=known.root))
        return {product(rest, Monomial(((new._replace(head=prefix + new.head), power),))): k}


def _rank(head: str) -> tuple[bool, int, str]:
    """Names first, then atoms in the order in which they were met."""
    return not head.startswith("var:"), int(head.rpartition(":")[2]) if not head.startswith("var:") else 0, head


def _at(time: Time, names: dict[str, Time]) -> Time:
    return names[time[0]][0] if time[0] in names else time[0], time[1]


def _under(mono: Monomial, constraint: Constraint) -> Monomial:
    return mono._replace(constraints=tuple(sorted({*mono.constraints, constraint})))
