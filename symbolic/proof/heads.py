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
    block           [a; b]_v is a_v in the first block and b_v in the second: a vertex in one block is in no other, and other
                    tensors at it are restricted to that block
    base            a reciprocal or root of a sum is an atom B^-k; B^k with k >= 1 is expanded
Each lowers a power, a number of edges or a number of distinct denominators, so they terminate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .networks import Edge, Monomial, Poly, Unsupported, product, relabelled

Terms = list[tuple[Fraction, Monomial]]


@dataclass(frozen=True)
class Head:
    """What is known about the head of an edge.

    kind   var, fn, slope, step, base, shift, delta, size, time, product, adjoint
    fun    the function whose value it is ("" if none)
    body   for fn and base: the argument or base as a polynomial of legs; for product: its factor
    of     for slope and shift: the head of the value; for a ReLU value: the head of its indicator
    root   for shift: a in 1/(p - a)
    """

    kind: str
    fun: str = ""
    body: Poly | None = None
    of: str = ""
    root: Fraction = Fraction(0)


class Heads:
    """The heads seen so far and the rules at a vertex."""

    def __init__(self) -> None:
        self.known: dict[str, Head] = {"delta": Head("delta")}
        self.normalized: set[str] = set()  # Σ over the leg is 1
        self.indicator_of: dict[str, str] = {}  # head of a ReLU value -> head of its indicator
        self.polynomial: set[str] = set()  # heads that occur in denominators: no slope basis; "*" means all
        self.composite: dict[str, frozenset[int]] = {}  # head -> its legs whose size is a sum
        self.fresh = 10**6

    def has_slope_basis(self, head: str) -> bool:
        """Whether squares of the value are written in its slope."""
        return self.known[head].fun in _SQUARES and not self.polynomial & {head, "*"}

    def reduced(self, mono: Monomial) -> Terms:
        """The monomial as a sum in which no rule applies any more."""
        done: Terms = []
        work: Terms = [(Fraction(1), mono)]
        while work:
            coefficient, current = work.pop()
            replaced = self._step(current)
            if replaced is None:
                done.append((coefficient, current))
            else:
                work.extend((coefficient * c, m) for c, m in replaced)
        return done

    def _step(self, mono: Monomial) -> Terms | None:
        powers = dict(mono.edges)
        for edge, power in mono.edges:
            head = self.known[edge.head]
            rule = _RULES.get(head.kind)
            if rule is not None:
                replaced = rule(self, mono, powers, edge, power, head)
                if replaced is not None:
                    return replaced
        return self._vertices(mono) if mono.verts else None

    def _vertices(self, mono: Monomial) -> Terms | None:
        degree: dict[int, list[tuple[Edge, Fraction | int]]] = {v: [] for v, _ in mono.verts}
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
                if power == 1 and edge.head in self.normalized and edge.verts == (v,):
                    rest = tuple(item for item in mono.verts if item[0] != v)
                    return [(Fraction(1), _without(mono, edge)._replace(verts=rest))]
        return None

    def _times_size(self, mono: Monomial, size: str) -> Terms:
        """mono · size, where a size is a symbol, a number or a sum of them written a + b."""
        result: Terms = []
        for part in size.split(" + "):
            if part.isdigit():
                result.append((Fraction(int(part)), mono))
            else:
                self.known.setdefault("size:" + part, Head("size"))
                result.append((Fraction(1), product(mono, Monomial(((Edge("size:" + part, (), ()), 1),)))))
        return result

    def composite_legs(self, head: str) -> frozenset[int]:
        """The legs of a head whose size is a sum, so that they can be cut into blocks."""
        known = self.known[head]
        return self.composite_legs(known.of) if known.kind in ("slope", "shift") else self.composite.get(head, frozenset())

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


def with_powers(mono: Monomial, powers: dict[Edge, Fraction | int]) -> Monomial:
    """The monomial with other edges."""
    return mono._replace(edges=tuple(sorted((e, p) for e, p in powers.items() if p)))


def _changed(mono: Monomial, powers: dict, **changes) -> Monomial:
    new = dict(powers)
    for edge, power in changes["edges"]:
        new[edge] = new.get(edge, 0) + power
    return with_powers(mono, new)


def _delta(heads: Heads, mono: Monomial, powers: dict, edge: Edge, power, head: Head) -> Terms | None:
    a, b = edge.verts
    bound = dict(mono.verts)
    if a == b:
        return [(Fraction(1), _without(mono, edge))]
    for gone, kept in ((b, a), (a, b)):
        if gone in bound:
            rest = tuple(item for item in mono.verts if item[0] != gone)
            return [(Fraction(1), relabelled(_without(mono, edge)._replace(verts=rest), {gone: kept}))]
    if a > b:
        flipped = edge._replace(verts=(b, a))
        return [(Fraction(1), _changed(_without(mono, edge), dict(_without(mono, edge).edges), edges=[(flipped, power)]))]
    if power != 1:
        return [(Fraction(1), _changed(mono, powers, edges=[(edge, 1 - power)]))]
    others = _without(mono, edge)
    if any(b in e.verts for e, _ in others.edges):  # between free indices it stays, and everything else moves to one of them
        return [(Fraction(1), product(relabelled(others, {b: a}), Monomial(((edge, 1),))))]
    return None


def _indicator(heads: Heads, mono: Monomial, powers: dict, edge: Edge, power, head: Head) -> Terms | None:
    if power > 1:
        return [(Fraction(1), _changed(mono, powers, edges=[(edge, 1 - power)]))]
    return None


def _value(heads: Heads, mono: Monomial, powers: dict, edge: Edge, power, head: Head) -> Terms | None:
    """Rules of a named or anonymous function value y = f(z)."""
    indicator = heads.indicator_of.get(edge.head)
    if indicator is not None:
        twin = edge._replace(head=indicator)
        if power >= 1 and powers.get(twin, 0) > 0:
            return [(Fraction(1), _without(mono, twin))]
        return None
    if power < 2 or power != int(power) or not heads.has_slope_basis(edge.head):
        return None
    slope = edge._replace(head="slope:" + edge.head)
    heads.known.setdefault(slope.head, Head("slope", of=edge.head))
    return [(c, _changed(mono, powers, edges=[(edge, p - 2), (slope, d)])) for c, p, d in _SQUARES[head.fun]]


_SQUARES: dict[str, tuple[tuple[Fraction, int, int], ...]] = {
    "tanh": ((Fraction(1), 0, 0), (Fraction(-1), 0, 1)),  # h² = 1 - d
    "sigmoid": ((Fraction(1), 1, 0), (Fraction(-1), 0, 1)),  # s² = s - d
}


def _shift(heads: Heads, mono: Monomial, powers: dict, edge: Edge, power, head: Head) -> Terms | None:
    """The edge is 1/(p - a) to a power."""
    value = edge._replace(head=head.of)
    a = head.root
    if power < 0:  # (p - a)^k is no fraction
        return [
            (Fraction(1), _changed(mono, powers, edges=[(edge, 1), (value, 1)])),
            (-a, _changed(mono, powers, edges=[(edge, 1)])),
        ]
    p = powers.get(value, 0)
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
        if other != edge and p_other > 0 and other.times == edge.times and other.verts == edge.verts:
            info = heads.known[other.head]
            if info.kind == "shift" and info.of == head.of:
                factor = 1 / (a - info.root)
                return [
                    (factor, _changed(mono, powers, edges=[(other, -1)])),
                    (-factor, _changed(mono, powers, edges=[(edge, -1)])),
                ]
    return None


def _base(heads: Heads, mono: Monomial, powers: dict, edge: Edge, power, head: Head) -> Terms | None:
    if power < 1:
        return None
    assert head.body is not None
    rest = _changed(mono, powers, edges=[(edge, -1)])
    legs = dict(enumerate(edge.verts))
    points = {f"${i}": time for i, time in enumerate(edge.times)}
    return [
        (c, product(rest, heads.fresh_copy(relabelled(m, legs, points)))) for m, c in head.body.items()
    ]


def block_head(position: int, sizes: tuple[str, ...]) -> str:
    """The head of the indicator that a vertex lies in one of several joined blocks."""
    return f"block:{position}:{'|'.join(sizes)}"


def _block(heads: Heads, mono: Monomial, powers: dict, edge: Edge, power, head: Head) -> Terms | None:
    (v,) = edge.verts
    if power != 1:
        return [(Fraction(1), _changed(mono, powers, edges=[(edge, 1 - power)]))]
    _, position, sizes = edge.head.split(":")
    for other, p in mono.edges:
        if other == edge or v not in other.verts:
            continue
        if heads.known[other.head].kind == "block":
            if other.head.split(":")[2] != sizes:
                raise Unsupported("vectors joined in two different ways")
            return []
        legs = heads.composite_legs(other.head)
        leg = next((i for i, w in enumerate(other.verts) if w == v and i in legs), None)
        if leg is None:
            continue
        restricted = other._replace(head=f"{other.head}@{leg}:{position}:{sizes}")
        heads.known.setdefault(restricted.head, heads.known[other.head])
        heads.composite[restricted.head] = legs - {leg}
        return [(Fraction(1), _changed(mono, powers, edges=[(other, -p), (restricted, p)]))]
    size = sizes.split("|")[int(position)]
    if v in dict(mono.verts):
        verts = tuple((w, size if w == v else s) for w, s in mono.verts)
        return [(Fraction(1), _without(mono, edge)._replace(verts=verts))]
    return None


_RULES = {
    "block": _block,
    "delta": _delta,
    "step": _indicator,
    "var": _value,
    "fn": _value,
    "shift": _shift,
    "base": _base,
}
