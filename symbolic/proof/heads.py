"""What the normal form knows about the heads of edges, and the rules that hold at a vertex.

Every rule replaces a monomial by a sum of monomials of the same value:

    delta           δ_{ab} with b bound: rename b to a
    isolated        a bound vertex without edges is its size
    sum to one      Σ_c softmax(z)_c = 1 (and labels, where that is assumed)
    indicator       I² = I, I·h = h for h = ReLU(z), I = 1(z > 0)
    slope basis     tanh: h² = 1 - d;  sigmoid: s² = s - d, where d = f'(z) is an atom of its own: {d^k, h d^k} is a basis of
                    the polynomials in h, and products of slopes stay single terms
    partial fractions   p/(p-a) = 1 + a/(p-a);  1/((p-a)(p-b)) = (1/(p-a) - 1/(p-b))/(a-b); used for heads that occur in
                    denominators, which therefore leave the slope basis
    part            [a; b]_v = Σ_u E⁰_{vu} a_u + Σ_u E¹_{vu} b_u, where E⁰_{vu} = 1 if v is the place of u in the joined vector;
                    places in two parts differ, one place is one u, other tensors at v are cut to the part
    base            a reciprocal or root of a sum is an atom B^-k; B^k with k >= 1 is expanded
Each lowers a power, a number of edges or a number of distinct denominators, so they terminate.  The rules of sums to one and
of indicators hold for a *named* value only where its definition does, not for a value before the first step, which is a
symbol of its own: there they wait until the step is known (`valid`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from .networks import Budget, Edge, Monomial, Poly, Power, Undefined, Unsupported, product, relabelled

Terms = list[tuple[Fraction, Monomial]]
Powers = dict[Edge, Power]


@dataclass(frozen=True)
class Head:
    """What is known about the head of an edge.

    kind   var, fn, slope, step, base, shift, delta, part, size, time, product, adjoint
    fun    the function whose value it is ("" if none)
    body   for fn and base: the argument or base as a polynomial of legs; for product: its factor
    of     for slope and shift: the head of the value; for a ReLU value: the head of its indicator
    root   for shift: a in 1/(p - a)
    slots  for fn, step and base: how many of the edge's times are those of the argument
    sizes  of the legs over which a function of a vector runs; `hidden`: those legs are the argument's alone
    swaps  the permutations of its times and vertices that leave the body as it is
    """

    kind: str
    fun: str = ""
    body: Poly | None = None
    of: str = ""
    root: Fraction = Fraction(0)
    slots: int = 0
    sizes: tuple[str, ...] = ()
    hidden: bool = False
    swaps: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()


Valid = Callable[[Edge], bool]
"""Whether the definition of a named value is known to hold at the step of an edge."""


def _unknown(edge: Edge) -> bool:
    return False


class Heads:
    """The heads seen so far and the rules at a vertex."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.known: dict[str, Head] = {"delta": Head("delta")}
        self.normalized: set[str] = set()  # Σ over the leg is 1
        self.indicator_of: dict[str, str] = {}  # head of a ReLU value -> head of its indicator
        self.polynomial: set[str] = set()  # heads that occur in denominators: no slope basis; "*" means all
        self.initial: dict[str, int] = {}  # heads of named values that exist before the first step -> that first step
        self.totals: dict[str, str] = {}  # sizes of joined parts "n|m" -> their sum, as a size
        self.numbers: dict[int, int] = {}  # free vertices that are a number, such as 1 in v_1
        self.fresh = 10**6

    def has_slope_basis(self, head: str) -> bool:
        """Whether squares of the value are written in its slope."""
        return self.known[head].fun in SQUARES and not self.polynomial & {head, "*"}

    def swaps(self, head: str) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """The orders of times and vertices that mean the same; those of a slope are those of the value."""
        known = self.known[head]
        return self.swaps(known.of) if known.kind in ("slope", "shift") else known.swaps

    def holds(self, edge: Edge, valid: Valid) -> bool:
        """Whether what is known of the function value of an edge may be used."""
        return edge.head not in self.initial or valid(edge)

    def reduced(self, mono: Monomial, valid: Valid = _unknown) -> Terms:
        """The monomial as a sum in which no rule applies any more."""
        done: Terms = []
        work: Terms = [(Fraction(1), mono)]
        while work:
            coefficient, current = work.pop()
            replaced = self._step(current, valid)
            if replaced is None:
                done.append((coefficient, current))
            else:
                self.budget.spend()
                work.extend((coefficient * c, m) for c, m in replaced)
        return done

    def _step(self, mono: Monomial, valid: Valid) -> Terms | None:
        powers = dict(mono.edges)
        for edge, power in mono.edges:
            head = self.known[edge.head]
            rule = _RULES.get(head.kind)
            if rule is not None:
                replaced = rule(self, mono, powers, edge, power, head)
                if replaced is not None:
                    return replaced
        return self._vertices(mono, valid) or self._indicators(mono, powers, valid)

    def _indicators(self, mono: Monomial, powers: Powers, valid: Valid) -> Terms | None:
        """I·h = h where h = ReLU(z) and I = 1(h > 0)."""
        for edge, power in mono.edges:
            twin = self.indicator_of.get(edge.head)
            if twin is not None and power >= 1 and powers.get(edge._replace(head=twin), 0) > 0 and self.holds(edge, valid):
                return [(Fraction(1), _without(mono, edge._replace(head=twin)))]
        return None

    def _vertices(self, mono: Monomial, valid: Valid) -> Terms | None:
        degree: dict[int, list[tuple[Edge, Power]]] = {v: [] for v, _ in mono.verts}
        for edge, power in mono.edges:
            for v in edge.verts:
                if v in degree:
                    degree[v].append((edge, power))
        for v, size in mono.verts:
            incident = degree[v]
            if not incident:
                rest = tuple(item for item in mono.verts if item[0] != v)
                return self._times_size(mono._replace(verts=rest), size)
            if len(incident) == 1:
                edge, power = incident[0]
                known = edge.head in self.normalized and edge.verts[0] == v
                if power == 1 and known and self.holds(edge, valid):
                    rest = tuple(item for item in mono.verts if item[0] != v)
                    return [(Fraction(1), _without(mono, edge)._replace(verts=rest))]
        return None

    def _times_size(self, mono: Monomial, size: str) -> Terms:
        """mono · size, where a size is a symbol, a number, a product or a sum of them, written as SymPy does."""
        result: Terms = []
        for part in size.split(" + "):
            term = mono
            coefficient = Fraction(1)
            for factor in part.split("*"):
                if factor.isdigit():
                    coefficient *= int(factor)
                else:
                    self.known.setdefault("size:" + factor, Head("size"))
                    term = product(term, Monomial(((Edge("size:" + factor, (), ()), 1),)))
            result.append((coefficient, term))
        return result

    def restricted(self, head: str, leg: int, place: str) -> str:
        """The head of a tensor whose leg is cut to a part of a joined vector; `place` is "position:sizes"."""
        known = self.known[head]
        if known.kind in ("slope", "shift"):
            inner = self.restricted(known.of, leg, place)
            name = head.removesuffix(known.of) + inner
            self.known.setdefault(name, Head(known.kind, of=inner, root=known.root))
            return name
        name = f"{head}@{leg}:{place}"
        kind = known.kind if known.kind in ("step", "adjoint") else "var"
        self.known.setdefault(name, Head(kind, fun=known.fun))
        return name

    def fresh_copy(self, mono: Monomial) -> Monomial:
        """The monomial with bound vertices of new names, so that it can be multiplied."""
        if not mono.verts:
            return mono
        mapping = {}
        for v, _ in mono.verts:
            mapping[v] = self.fresh
            self.fresh += 1
        return relabelled(mono, mapping)


def _without(mono: Monomial, *edges: Edge) -> Monomial:
    return mono._replace(edges=tuple(item for item in mono.edges if item[0] not in edges))


def with_powers(mono: Monomial, powers: dict[Edge, Power]) -> Monomial:
    """The monomial with other edges."""
    return mono._replace(edges=tuple(sorted((e, p) for e, p in powers.items() if p)))


def _changed(mono: Monomial, powers: Powers, edges: Iterable[tuple[Edge, Power]]) -> Monomial:
    new = dict(powers)
    for edge, power in edges:
        new[edge] = new.get(edge, 0) + power
    return with_powers(mono, new)


def _delta(heads: Heads, mono: Monomial, powers: Powers, edge: Edge, power: Power, head: Head) -> Terms | None:
    if power < 0:
        raise Undefined("division by a matrix with zeros off its diagonal")
    a, b = edge.verts
    bound = dict(mono.verts)
    if a == b:
        return [(Fraction(1), _without(mono, edge))]
    for gone, kept in ((b, a), (a, b)):
        if gone in bound:
            rest = tuple(item for item in mono.verts if item[0] != gone)
            return [(Fraction(1), relabelled(_without(mono, edge)._replace(verts=rest), {gone: kept}))]
    if a in heads.numbers and b in heads.numbers:  # two different numbers
        return []
    if a > b:
        flipped = edge._replace(verts=(b, a))
        return [(Fraction(1), _changed(_without(mono, edge), dict(_without(mono, edge).edges), edges=[(flipped, power)]))]
    if power != 1:
        return [(Fraction(1), _changed(mono, powers, edges=[(edge, 1 - power)]))]
    others = _without(mono, edge)
    if any(b in e.verts for e, _ in others.edges):  # between free indices it stays, and everything else moves to one of them
        return [(Fraction(1), product(relabelled(others, {b: a}), Monomial(((edge, 1),))))]
    return None


def _indicator(heads: Heads, mono: Monomial, powers: Powers, edge: Edge, power: Power, head: Head) -> Terms | None:
    if power > 1:
        return [(Fraction(1), _changed(mono, powers, edges=[(edge, 1 - power)]))]
    return None


def _value(heads: Heads, mono: Monomial, powers: Powers, edge: Edge, power: Power, head: Head) -> Terms | None:
    """Rules of a named or anonymous function value y = f(z)."""
    if power < 2 or power != int(power) or not heads.has_slope_basis(edge.head):
        return None
    slope = edge._replace(head="slope:" + edge.head)
    heads.known.setdefault(slope.head, Head("slope", of=edge.head))
    return [(c, _changed(mono, powers, edges=[(edge, p - 2), (slope, d)])) for c, p, d in SQUARES[head.fun]]


SQUARES: dict[str, tuple[tuple[Fraction, int, int], ...]] = {
    "tanh": ((Fraction(1), 0, 0), (Fraction(-1), 0, 1)),  # h² = 1 - d
    "sigmoid": ((Fraction(1), 1, 0), (Fraction(-1), 0, 1)),  # s² = s - d
}


def _shift(heads: Heads, mono: Monomial, powers: Powers, edge: Edge, power: Power, head: Head) -> Terms | None:
    """The edge is 1/(p - a) to a power."""
    if power != int(power):
        return None
    value = edge._replace(head=head.of)
    a = head.root
    if power < 0:  # (p - a)^k is no fraction
        return [
            (Fraction(1), _changed(mono, powers, edges=[(edge, 1), (value, 1)])),
            (-a, _changed(mono, powers, edges=[(edge, 1)])),
        ]
    p = powers.get(value, 0)
    if p != int(p):
        return None
    if p >= 1:
        return [
            (Fraction(1), _changed(mono, powers, edges=[(value, -1), (edge, -1)])),
            (a, _changed(mono, powers, edges=[(value, -1)])),
        ]
    if p <= -1:
        return [
            (1 / a, _changed(mono, powers, edges=[(value, 1)])),
            (-1 / a, _changed(mono, powers, edges=[(edge, -1)])),
        ]
    for other, p_other in powers.items():
        if (
            other != edge
            and p_other > 0
            and p_other == int(p_other)
            and other.times == edge.times
            and other.verts == edge.verts
        ):
            info = heads.known[other.head]
            if info.kind == "shift" and info.of == head.of:
                factor = 1 / (a - info.root)
                return [
                    (factor, _changed(mono, powers, edges=[(other, -1)])),
                    (-factor, _changed(mono, powers, edges=[(edge, -1)])),
                ]
    return None


def _base(heads: Heads, mono: Monomial, powers: Powers, edge: Edge, power: Power, head: Head) -> Terms | None:
    if power < 1 or power != int(power):
        return None
    assert head.body is not None
    rest = _changed(mono, powers, edges=[(edge, -1)])
    legs = dict(enumerate(edge.verts))
    points = {f"${i}": time for i, time in enumerate(edge.times)}
    return [(c, product(rest, relabelled(heads.fresh_copy(m), legs, points))) for m, c in head.body.items()]


def part_head(position: int, sizes: tuple[str, ...]) -> str:
    """The head of E_{vu}: v is the place of entry u of one of several joined parts."""
    return f"part:{position}:{'|'.join(sizes)}"


def _part(heads: Heads, mono: Monomial, powers: Powers, edge: Edge, power: Power, head: Head) -> Terms | None:
    if power < 0:
        raise Undefined("division by a joined vector with a part that is zero")
    if power != 1:
        return [(Fraction(1), _changed(mono, powers, edges=[(edge, 1 - power)]))]
    v, u = edge.verts
    bound = dict(mono.verts)
    _, place = edge.head.split(":", 1)
    only = v in bound
    for other, p in mono.edges:
        if other == edge or v not in other.verts:
            continue
        kind = heads.known[other.head].kind
        if kind == "part" and other.verts[0] == v:
            if other.head == edge.head:  # the same place
                same = Edge("delta", (), (u, other.verts[1]))
                return [(Fraction(1), _changed(mono, powers, edges=[(other, -p), (same, 1)]))]
            if other.head.split(":")[2] == edge.head.split(":")[2]:
                return []
            raise Unsupported("vectors joined in two different ways")
        if kind == "part":  # the joined vector is itself a part of another one
            only = False
            continue
        if kind == "delta":
            w = other.verts[1] if other.verts[0] == v else other.verts[0]
            if v in bound or w in bound:
                return None  # the rule of deltas comes first
            cut = Edge(edge.head, (), (w, u))
        else:
            leg = other.verts.index(v)
            verts = (*other.verts[:leg], u, *other.verts[leg + 1 :])
            cut = Edge(heads.restricted(other.head, leg, place), other.times, verts)
        return [(Fraction(1), _changed(mono, powers, edges=[(other, -p), (cut, 1 if kind == "delta" else p)]))]
    if only:  # every u has one place
        verts_left = tuple(item for item in mono.verts if item[0] != v)
        return [(Fraction(1), _without(mono, edge)._replace(verts=verts_left))]
    return None


_RULES = {
    "part": _part,
    "delta": _delta,
    "step": _indicator,
    "var": _value,
    "fn": _value,
    "shift": _shift,
    "base": _base,
}
