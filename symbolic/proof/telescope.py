"""Products of factors that are sums: a factor beside such a product is taken up by it, summand by summand.

    (N_{b+1} + R_{b+1}) P(a..b) = P(a..b+1),  so  N_{b+1} P(a..b) = P(a..b+1) - R_{b+1} P(a..b)
    P(a..b) (N_{a-1} + R_{a-1}) = P(a-1..b),  so  P(a..b) N_{a-1} = P(a-1..b) - P(a..b) R_{a-1}

where the range a..b is not negative.  N is the largest summand, so nothing that is left is larger than what was taken up, and
either order in which a product takes up what stands at both its ends leads to the same.  With R = I, as for a state that is
added to, a sum of what the factors add telescopes:

    Σ_{t=a}^{b} N_t P(a..t-1) = Σ_{t=a}^{b} (P(a..t) - P(a..t-1)) = P(a..b) - I.
"""

from __future__ import annotations

from fractions import Fraction

from .absorb import at_points, ends, factors_nowhere_else, matched
from .closures import Closures
from .networks import Constraint, Edge, Monomial, Poly, Power, Time, add, product, relabelled
from .regions import Region
from .time import Settler

ROUNDS, MOST = 12, 400
"""Factors that are taken up one after the other; monomials beyond which none is."""


def telescoped(algebra: Closures, poly: Poly, settler: Settler) -> Poly | None:
    """The polynomial in normal form, with factors taken up by the products beside them; None where there are none."""
    start = poly
    for _ in range(ROUNDS):
        before, poly = poly, add(_once(algebra, mono, k, settler.region_of(mono)) for mono, k in poly.items())
        if poly == before or len(poly) > MOST:
            break
        poly = settler.settled(poly)
    return poly if poly != start and len(poly) <= MOST else None


def _once(algebra: Closures, mono: Monomial, coefficient: Fraction, known: Region) -> Poly:
    """A monomial with one factor taken up, where the range is not negative; where that is open its sum is cut there."""
    for edge, power in mono.edges:
        body = algebra.heads.known[edge.head].body
        if power != 1 or algebra.heads.known[edge.head].kind != "product" or body is None or len(body) < 2:
            continue
        (p, a), (q, b) = edge.times[:2]
        there: Constraint = (p, q, b - a + 1)
        answer = known.decides(there)
        if answer is False or (answer is None and not {p, q} & set(mono.times)):
            continue
        inside = mono if answer else _under(mono, there)
        elsewhere: Poly = {} if answer else {_under(mono, (q, p, a - b - 2)): coefficient}
        for top in (True, False):
            found = _taken_up(algebra, inside, edge, top, body)
            if found is not None:
                return add([{m: coefficient * k for m, k in found.items()}, elsewhere])
    return {mono: coefficient}


def _under(mono: Monomial, constraint: Constraint) -> Monomial:
    return mono._replace(constraints=tuple(sorted({*mono.constraints, constraint})))


def _taken_up(algebra: Closures, mono: Monomial, edge: Edge, top: bool, body: Poly) -> Poly | None:
    """The monomial with the largest summand of a factor, if it stands next to a product, taken up at that end."""
    rows, cols, extra = ends(edge)
    half, shared = len(rows), rows if top else cols
    near, far = (range(half, 2 * half), range(half)) if top else (range(half), range(half, 2 * half))
    summand = max(body, key=_largest)
    if summand.times or summand.constraints:
        return None
    point, offset = edge.times[1] if top else edge.times[0]
    time: Time = (point, offset + 1 if top else offset - 1)
    points = {"$0": time} | {f"${i + 1}": t for i, t in enumerate(edge.times[2:])}
    assigned = dict(zip(near, shared, strict=True)) | {2 * half + i: v for i, v in enumerate(extra)}
    diagonal = [e.verts for e, _ in summand.edges if e.head == "delta"]
    same = {b if a in near else a: a if a in near else b for a, b in diagonal}  # far leg: the near one that it is
    if any(a not in far or b not in near for a, b in same.items()):
        return None
    wanted = [(e._replace(times=at_points(e.times, points)), p) for e, p in summand.edges if e.head != "delta"]
    others = [item for item in mono.edges if item[0] != edge]
    found = matched(wanted, others, assigned | {a: assigned[b] for a, b in same.items()}) if wanted else None
    if found is None or any(leg not in found[0] for leg in far):
        return None
    legs, used = found
    outer = tuple(legs[leg] for leg in far)
    gone = [legs[leg] for leg in near if leg not in same.values()] + [legs.get(v, v) for v, _ in summand.verts]
    kept = {*outer, *extra, *(cols if top else rows), *(legs[leg] for leg in same.values())}
    if not factors_nowhere_else(mono, gone, kept, {edge, *used}):
        return None
    rest = mono._replace(
        edges=tuple(item for item in others if item[0] not in used), verts=tuple(v for v in mono.verts if v[0] not in gone)
    )

    def at_end(verts: tuple[int, ...], end: Time) -> Edge:
        times = (edge.times[0], end) if top else (end, edge.times[1])
        return Edge(edge.head, (*times, *edge.times[2:]), (*verts, *cols, *extra) if top else (*rows, *verts, *extra))

    taken = {product(rest, Monomial(((at_end(outer, time), 1),))): 1 / body[summand]}
    between = tuple(algebra.fresh_vertex() for _ in shared)
    new = tuple(zip(between, algebra.product_sizes[edge.head], strict=True))
    left = product(rest, Monomial(((at_end(between, (point, offset)), 1),), tuple(sorted(new))))
    places = dict(zip(near, between, strict=True)) | dict(zip(far, outer, strict=True)) | dict(enumerate(extra, 2 * half))
    more = ((relabelled(algebra.heads.fresh_copy(m), places, points), k) for m, k in body.items() if m != summand)
    return add([taken, *({product(left, algebra.apart(left, m)): -k / body[summand]} for m, k in more)])


def _largest(summand: Monomial) -> tuple[Power, Monomial]:
    return sum(p for e, p in summand.edges if e.head != "delta"), summand
