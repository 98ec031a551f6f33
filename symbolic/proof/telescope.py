"""Products of factors I + N_t, as those of a state that is added to: what a factor adds, summed.

    P(a..b) = (I + N_b) ⋯ (I + N_a) = I + Σ_{t=a}^{b} N_t P(a..t-1) = I + Σ_{t=a}^{b} P(t+1..b) N_t

since P(a..t) - P(a..t-1) = N_t P(a..t-1): the sum telescopes, and an empty one leaves I, the empty product.  A difference in
which such a product stands both alone and beside its N is brought to one form by writing every product so that one N, or what
the product began with, stands at either end.  For factors without a summand I nothing telescopes; their products are peeled.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .absorb import at_points, ends, matched
from .closures import Closures
from .networks import Edge, Monomial, Poly, Time, add, product, relabelled

ROUNDS, MOST = 4, 400
"""Either end of two products; monomials beyond which nothing is written out."""


def telescoped(algebra: Closures, poly: Poly) -> Poly | None:
    """The polynomial with such products written by sums; None where nothing was to be done."""
    start = poly
    for _ in range(ROUNDS):
        before, poly = poly, add(_once(algebra, mono, k) for mono, k in poly.items())
        if poly == before or len(poly) > MOST:
            break
    return poly if poly != start and len(poly) <= MOST else None


def _once(algebra: Closures, mono: Monomial, coefficient: Fraction) -> Poly:
    """A monomial with one end of one product written out."""
    for edge, power in mono.edges:
        if power != 1 or algebra.heads.known[edge.head].kind != "product":
            continue
        added = _added(algebra, edge)
        if added is None:
            continue
        for top in (True, False):
            if not any(_stands(mono, edge, top, factor) for factor in added):
                return _summed(algebra, mono, coefficient, edge, top, added)
    return {mono: coefficient}


def _added(algebra: Closures, edge: Edge) -> Poly | None:
    """N of a product of factors I + N; None for one of other factors."""
    body = algebra.heads.known[edge.head].body
    half = len(ends(edge)[0])
    one = Monomial(tuple((Edge("delta", (), (i, half + i)), 1) for i in range(half)))
    if body is None or len(body) < 2 or body.get(one) != 1:
        return None
    return {m: k for m, k in body.items() if m != one}


def _stands(mono: Monomial, edge: Edge, top: bool, factor: Monomial) -> bool:
    """Whether a summand of N stands beside a product, at the step after its last or before its first."""
    rows, cols, extra = ends(edge)
    half = len(rows)
    shared = rows if top else cols
    known = {(half + i if top else i): v for i, v in enumerate(shared)} | {2 * half + i: v for i, v in enumerate(extra)}
    same = [e.verts for e, _ in factor.edges if e.head == "delta"]
    for one, other in same:  # diagonal: both its legs are one vertex
        known |= {a: known[b] for a, b in ((one, other), (other, one)) if b in known}
    (point, offset) = edge.times[1] if top else edge.times[0]
    points: dict[str, Time] = {"$0": (point, offset + 1 if top else offset - 1)}
    points |= {f"${i + 1}": t for i, t in enumerate(edge.times[2:])}
    wanted = [(e._replace(times=at_points(e.times, points)), p) for e, p in factor.edges if e.head != "delta"]
    present = [item for item in mono.edges if item[0] != edge]
    return matched(wanted, present, known) is not None


def _summed(algebra: Closures, mono: Monomial, coefficient: Fraction, edge: Edge, top: bool, added: Poly) -> Poly:
    rest = mono._replace(edges=tuple(item for item in mono.edges if item[0] != edge))
    return add({product(rest, m): coefficient * k} for m, k in _pieces(algebra, edge, top, added))


def _pieces(algebra: Closures, edge: Edge, top: bool, added: Poly) -> Iterator[tuple[Monomial, Fraction]]:
    """I, and the sums over what is added."""
    rows, cols, extra = ends(edge)
    alone = Monomial(())
    for i, j in zip(rows, cols, strict=True):
        alone = product(alone, Monomial(((Edge("delta", (), (i, j)), 1),)))
    yield alone, Fraction(1)
    (low, a), (high, b), *others = edge.times
    for factor, k in added.items():
        t = f"~{algebra.fresh_vertex()}"
        between = tuple(algebra.fresh_vertex() for _ in rows)
        legs = (*rows, *between, *extra) if top else (*between, *cols, *extra)
        points: dict[str, Time] = {"$0": (t, 0)} | {f"${i + 1}": time for i, time in enumerate(others)}
        new = relabelled(algebra.heads.fresh_copy(factor), dict(enumerate(legs)), points)
        times: tuple[Time, ...] = ((low, a), (t, -1), *others) if top else ((t, 1), (high, b), *others)
        kept = Edge(edge.head, times, (*between, *cols, *extra) if top else (*rows, *between, *extra))
        sizes = tuple(zip(between, algebra.product_sizes[edge.head], strict=True))
        both = product(new, Monomial(((kept, 1),), tuple(sorted(sizes)), (t,), tuple(sorted(((low, t, -a), (t, high, b))))))
        yield both, k
