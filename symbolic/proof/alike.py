"""Functions of equal arguments are equal:  f(a) = f(b) where a = b.

Two values of one function are two atoms where their arguments are written in different ways, as tanh(c_t) and
tanh(f_t ∘ c_{t-1} + i_t ∘ g_t) with c_t = f_t ∘ c_{t-1} + i_t ∘ g_t.  The arguments are compared like any two formulas, with
everything that is known of the steps at which they stand; where they agree, one atom takes the place of the other.  A named
value such as o_t = tanh(V h_t) is a function of what its equation says, at the steps of the model alone.  Where one argument
is a multiple of the other, the rows of `_OF_A_MULTIPLE` say what follows: tanh(-b) = -tanh(b).

Arguments that agree from a step on only, since what they hold is defined from there on, part the sum that they stand in (or
the region, for a free step) at that step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations
from typing import NamedTuple

from sympy import Symbol

from ..language import Apply, Var, at
from .algebra import Algebra, NeedsPolynomialBasis
from .convert import Converter
from .heads import SQUARES, Head
from .letters import substituted
from .networks import Constraint, Edge, Monomial, Poly, Power, Time, Undefined, Unsupported, add, constant, product, scaled
from .regions import INFINITE, Region, Split
from .time import Settler

Vanishes = Callable[[Poly, Settler], bool]
"""Whether a polynomial is zero in the region of a settler."""

MOST_TESTS, LARGEST = 96, 64
"""Pairs of arguments that are compared for one difference; monomials of one argument."""

LATEST = 4
"""How many steps at most after the first that is known arguments may begin to agree."""

SHIFTS = (0, 1, -1)


class Value(NamedTuple):
    """A function value at a step: `kind` tells the function and what its argument runs over."""

    kind: tuple[object, ...]
    argument: Poly


class Same(NamedTuple):
    """An argument is `factor` times another one, whose leg i stands at leg order[i]: `argument`."""

    order: tuple[int, ...]
    factor: Fraction
    argument: Poly


def alike(c: Converter, poly: Poly, settler: Settler, vanishes: Vanishes, inside: int = 0) -> Poly | None:
    """The polynomial with values of equal arguments written by one atom; None where nothing was to be done.

    `inside`: how many functions it is itself an argument of.
    """
    return _Pairs(c, settler, vanishes, inside).joined(poly)


class _Pairs:
    """The comparisons made for one difference."""

    def __init__(self, c: Converter, settler: Settler, vanishes: Vanishes, inside: int):
        self.c, self.settler, self.vanishes, self.inside = c, settler, vanishes, inside
        self.heads = c.algebra.heads
        self.left = MOST_TESTS
        self.optional = self._optional()
        self.places: dict[tuple[object, ...], tuple[dict[str, Time], Region]] = {}
        self.answers: dict[tuple[object, ...], Same | None] = {}

    def joined(self, poly: Poly) -> Poly | None:
        cores = self._cores(poly)
        elsewhere = self._elsewhere(poly, cores) if cores else set()
        cores |= elsewhere
        if len(cores) < 2:
            return None
        changed = False
        for head, legs in sorted(cores, key=lambda k: _rank(k[0]), reverse=True):  # later atoms give way to earlier ones
            others = [o for o, n in cores if n == legs and o != head and (_rank(o) < _rank(head) or (o, n) in elsewhere)]
            others = [o for o in others if self._family(o) == self._family(head) and not self._both_named(o, head)]
            others.sort(key=_rank)
            if not others:
                continue
            parts = [self._without(mono, k, head, others) for mono, k in poly.items()]
            if any(p is not None for p in parts):
                changed = True
                poly = add({m: k} if p is None else p for p, (m, k) in zip(parts, poly.items(), strict=True))
        return poly if changed else None

    def _cores(self, poly: Poly) -> set[tuple[str, int]]:
        """The values in a polynomial that can be compared, and how many legs they have."""
        found = {(self._core(e.head), len(e.verts)) for mono in poly for e, _ in mono.edges}
        return {(head, legs) for head, legs in found if self._family(head) is not None}

    def _elsewhere(self, poly: Poly, cores: set[tuple[str, int]]) -> set[tuple[str, int]]:
        """Values that do not stand there but may take the place of some that do.

        Those in the factors of products, and beside an indicator of something else 1(z > 0) for each named ReLU(z).
        """
        heads = (self.heads.known[e.head] for mono in poly for e, _ in mono.edges)
        found = set[tuple[str, int]]().union(*(self._cores(h.body) for h in heads if h.kind == "product" and h.body))
        if any(self.heads.known[head].kind == "step" for head, _ in cores):
            twins = self.heads.indicator_of
            found |= {(twins[head], legs) for head, legs in cores if head.startswith("var:") and head in twins}
        return found - cores

    def _optional(self) -> frozenset[str]:
        """Heads that stand in definitions that are used in arguments: of quantities that are not always what they fold to.

        What these are made of may be written out as well, in an argument inside the argument.
        """
        named = {folded.head for folded in self.c.algebra.folded.values()}
        kept = ("var:" + name for name in self.c.atoms)
        seen = {h[4:] for h in kept if h not in named or self.heads.known[h].fun == "relu"} & self.c.equations.keys()
        made = self._made_of(seen)
        while not self.inside and not made & self.c.equations.keys() <= seen:
            seen |= made & self.c.equations.keys()
            made = self._made_of(seen)
        return frozenset("var:" + name for name in made - self.c.equations.keys())

    def _made_of(self, names: set[str]) -> set[str]:
        return {v.name for name in names for v in self.c.equations[name].right.atoms(Var)}

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
                    found = self._agree(mono, edge, head, other, times)
                    if found is None:
                        continue
                    same, bound = found
                    value = Edge(other, times, tuple(edge.verts[i] for i in same.order))
                    upper = mono if bound is None else _under(mono, bound)
                    if same.factor == 1 or self.heads.known[edge.head].kind == "slope":  # that of f(-b) is that of f(b)
                        new = self._replaced(upper, coefficient, edge, power, head, value)
                    elif (multiple := self._of_a_multiple(upper, coefficient, edge, power, value, same)) is not None:
                        new = multiple
                    else:
                        continue
                    if bound is not None and bound[1] not in mono.times:
                        raise Split(bound)
                    lower = {} if bound is None else {_under(mono, (bound[1], bound[0], -bound[2] - 1)): coefficient}
                    return add([new, lower])
        return None

    def _agree(
        self, mono: Monomial, edge: Edge, head: str, other: str, times: tuple[Time, ...]
    ) -> tuple[Same, Constraint | None] | None:
        """How the arguments of two values agree, and the first step from which they do: if not late then nowhere."""
        found = self._equal(mono, edge, head, other, times, 0)
        if found is not None or len(edge.times) != 1 or (self.inside and edge.times[0][0] not in mono.times):
            return found  # inside an argument no region is cut
        if self._equal(mono, edge, head, other, times, LATEST) is None:
            return None
        return next(filter(None, (self._equal(mono, edge, head, other, times, later) for later in range(1, LATEST + 1))), None)

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
    ) -> tuple[Same, Constraint | None] | None:
        """How the arguments of two values agree, and from which step on."""
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
        same = self.answers[key]
        if same is None:
            return None
        steps = {new: (old, 0) for old, (new, _) in names.items()}
        return same._replace(argument=self.c.algebra.moved(same.argument, {}, steps)), bound

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
    ) -> Same | None:
        """How the argument of one value is that of another one, or a multiple of it."""
        settler = self.settler.elsewhere(region)
        one, two = self._value(head, times, settler), self._value(other, others, settler)
        if one is None or two is None or one.kind != two.kind or max(map(len, (one.argument, two.argument))) > LARGEST:
            return None
        if (self._leaves(one.argument) ^ self._leaves(two.argument)) - self.optional:
            return None  # only what cancels could make them equal
        for order in permutations(range(legs)) if legs == 2 and not one.kind[2] else (tuple(range(legs)),):
            argument = self.c.algebra.moved(two.argument, dict(enumerate(order)))
            for factor in _factors(str(one.kind[1]), one.argument, argument):
                if self.left <= 0:
                    return None
                self.left -= 1
                if self._is_zero(add([one.argument, scaled(argument, -factor)]), settler):
                    return Same(order, factor, argument)
        return None

    def _of_a_multiple(self, mono: Monomial, k: Fraction, edge: Edge, power: Power, new: Edge, same: Same) -> Poly | None:
        """The monomial with a value, whose argument is a multiple of that of another one, written by that."""
        head = self.heads.known[edge.head]
        if head.kind == "shift" or power != int(power) or power < 1:
            return None
        atom: Poly = {Monomial(((new, 1),)): Fraction(1)}
        argument = self.c.algebra.moved(same.argument, dict(enumerate(edge.verts)))
        value = _OF_A_MULTIPLE[head.fun](self.c.algebra, atom, argument, same.factor)
        if value is None:
            return None
        rest = mono._replace(edges=tuple(item for item in mono.edges if item[0] != edge))
        copies = ((f, self.heads.fresh_copy(m)) for m, f in self.c.algebra.power(value, int(power)).items())
        return add([{product(rest, self.c.algebra.apart(rest, m)): k * f} for f, m in copies])

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


def _factors(fun: str, one: Poly, other: Poly) -> list[Fraction]:
    """By what an argument may be a multiple of another one; what both have in common tells it."""
    ratios = {one[m] / other[m] for m in one.keys() & other.keys()} - {Fraction(1)}
    known = sorted(f for f in ratios if fun in _OF_A_MULTIPLE and (f == -1 or fun in ("relu", "step")))
    return [Fraction(1), *known[:MOST_FACTORS]]


MOST_FACTORS = 2


def _of_step(algebra: Algebra, atom: Poly, argument: Poly, k: Fraction) -> Poly | None:
    if k > 0:
        return atom
    return None if algebra.may_vanish(argument) else add([constant(1), scaled(atom, -1)])


_OF_A_MULTIPLE: dict[str, Callable[[Algebra, Poly, Poly, Fraction], Poly | None]] = {
    # f(k b) by f(b) and b; k is -1 but for ReLU and the indicator
    "tanh": lambda algebra, atom, argument, k: scaled(atom, -1),
    "sigmoid": lambda algebra, atom, argument, k: add([constant(1), scaled(atom, -1)]),
    "softplus": lambda algebra, atom, argument, k: add([atom, scaled(argument, -1)]),
    "relu": lambda algebra, atom, argument, k: scaled(atom if k > 0 else add([atom, scaled(argument, -1)]), abs(k)),
    "step": _of_step,
}
