"""Joined vectors, part by part.

Every place v of a joined vector is the place of one entry u of one part: 1 = Σ_p Σ_u E^p_{vu}.  Multiplying by this cuts
whatever stands at v to the parts, so that [f(a); f(b)] is recognised as f([a; b]), and K as its blocks put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from .closures import Closures
from .heads import Head, part_head
from .networks import Edge, Monomial, Poly, add, product, relabelled


def by_parts(algebra: Closures, poly: Poly, function: Callable[[Poly], Poly]) -> Poly | None:
    """An entry by entry function of a polynomial with joined vectors, taken of each part; None if there are none."""
    found = next(_joined(algebra, poly), None)
    if found is None:
        return None
    v, split = found
    cut = add(_cut(algebra, mono, c, v, split) for mono, c in poly.items())
    # an entry of the part, free while the function is applied; parts of parts have one each
    inside = min((w for mono in cut for e, _ in mono.edges for w in e.verts), default=0) - 10**6
    pieces = []
    for position, size in enumerate(split):
        head = part_head(position, split)
        part: list[Poly] = []
        for mono, c in cut.items():
            edge = next((e for e, _ in mono.edges if e.head == head and e.verts[0] == v), None)
            if edge is None:
                continue
            u = edge.verts[1]
            rest = mono._replace(edges=tuple(i for i in mono.edges if i[0] != edge))
            if u in dict(mono.verts):
                rest = relabelled(rest._replace(verts=tuple(i for i in mono.verts if i[0] != u)), {u: inside})
            else:  # the entry is a fixed one, as in a joined unit vector
                rest = product(rest, Monomial(((Edge("delta", (), (inside, u)), 1),)))
            part.append({rest: c})
        u = algebra.fresh_vertex()
        value = add({relabelled(m, {inside: u}): c} for m, c in function(algebra.collected(add(part))).items())
        pieces.append(algebra.multiply(value, {Monomial(((Edge(head, (), (v, u)), 1),)): Fraction(1)}, ((u, size),)))
    return add(pieces)


def completed(algebra: Closures, poly: Poly) -> Poly | None:
    """The polynomial with every place of a joined vector written as one of a part; None where nothing was to be done."""
    splits = {place.split(":")[1] for head in _heads(poly) for place in _places(head)}
    totals = {algebra.heads.totals[s]: tuple(s.split("|")) for s in splits if s in algebra.heads.totals}
    open_legs = dict(_joined(algebra, poly))
    changed, result = False, []
    for mono, c in poly.items():
        work: Poly = {mono: c}
        for v, split in (*open_legs.items(), *((v, totals[size]) for v, size in mono.verts if size in totals)):
            if not any(_is_place(e, v, split) for e, _ in mono.edges):
                work = add(_cut(algebra, m, k, v, split) for m, k in work.items())
                changed = True
        result.append(work)
    return add(result) if changed else None


def _heads(poly: Poly) -> Iterator[str]:
    return (edge.head for mono in poly for edge, _ in mono.edges)


def _places(head: str) -> Iterator[str]:
    """The places "position:sizes" that a head names: that of a part, and those that a tensor is cut to."""
    if head.startswith("part:"):
        yield head.partition(":")[2]
    for cut in head.split("@")[1:]:
        place = cut.partition(":")[2]
        if "|" in place:
            yield place


def _joined(algebra: Closures, poly: Poly) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Free vertices that are places of a joined vector, with the sizes of the parts."""
    for mono in poly:
        bound = {v for v, _ in mono.verts}
        for edge, _ in mono.edges:
            if algebra.heads.known[edge.head].kind == "part" and edge.verts[0] not in bound and edge.verts[1] in bound:
                yield edge.verts[0], tuple(edge.head.split(":")[2].split("|"))


def _is_place(edge: Edge, v: int, split: tuple[str, ...]) -> bool:
    return edge.head.startswith("part:") and edge.verts[0] == v and edge.head.endswith(":" + "|".join(split))


def _cut(algebra: Closures, mono: Monomial, coefficient: Fraction, v: int, split: tuple[str, ...]) -> Poly:
    """The monomial times Σ_p Σ_u E^p_{vu}, where it has no such factor yet."""
    if any(_is_place(e, v, split) for e, _ in mono.edges):
        return {mono: coefficient}
    pieces = []
    rest = mono._replace(verts=tuple(item for item in mono.verts if item[0] != v))
    size = dict(mono.verts).get(v)
    outside = v if size is None else algebra.fresh_vertex()
    rest = relabelled(rest, {v: outside})
    for position, part in enumerate(split):
        head, u = part_head(position, split), algebra.fresh_vertex()
        algebra.heads.known.setdefault(head, Head("part"))
        place: Poly = {Monomial(((Edge(head, (), (outside, u)), 1),)): Fraction(1)}
        bound = ((u, part),) if size is None else ((u, part), (outside, size))
        pieces.append(algebra.multiply({rest: coefficient}, place, bound))
    return add(pieces)
