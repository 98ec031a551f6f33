"""Ordered products in one form: neighbours of one body are joined, and a product takes up a factor of its own beside it.

    P(b+1..c) P(a..b) = P(a..c)        where neither range is negative
    P(lo..hi) M_{lo-1} = P(lo-1..hi),  M_{hi+1} P(lo..hi) = P(lo..hi+1)      where the range lo..hi is not negative

The second pair needs a body that is a single monomial (diag(f') W is one), whose edges are then recognised in the network.
Products of numbers, and of diagonal factors, which are products of numbers entry by entry, may stand there to a power.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from .closures import Closures
from .networks import Edge, Monomial, Poly, Power, Time, add, product, relabelled
from .regions import Region


def joined_products(algebra: Closures, mono: Monomial, known: Region) -> list[tuple[Fraction, Monomial]] | None:
    """The monomial with two neighbouring products joined or one factor taken up, or None."""
    products = {e: p for e, p in mono.edges if algebra.heads.known[e.head].kind == "product" and (p == 1 or not ends(e)[0])}
    if not products:
        return None
    bound = {v for v, _ in mono.verts}
    incident: dict[int, set[Edge]] = {v: set() for v in bound}
    for edge, _ in mono.edges:
        for v in edge.verts:
            if v in bound:
                incident[v].add(edge)
    for edge in products:
        if not _nonnegative(edge, known):
            continue
        for other in products:
            joined = _joined(edge, other, bound, incident, known) if products[edge] == products[other] else None
            if joined is not None:
                return [(Fraction(1), _replaced(mono, {edge, other}, ends(edge)[1], joined, products[edge]))]
        for top in (False, True):
            taken = _taken_up(algebra, mono, edge, products[edge], top, bound, incident)
            if taken is not None:
                return [(Fraction(1), taken)]
    return None


def ends(edge: Edge) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    half = int(edge.head.split(":")[1]) // 2
    return edge.verts[:half], edge.verts[half : 2 * half], edge.verts[2 * half :]


def _nonnegative(edge: Edge, known: Region) -> bool:
    (p, a), (q, b) = edge.times[:2]
    return b - a + 1 - known.bound(p, q) >= 0


def _joined(edge: Edge, other: Edge, bound: set[int], incident: dict, known: Region) -> Edge | None:
    """edge·other as one product, where other ends just before edge begins."""
    if other == edge or other.head != edge.head or other.times[2:] != edge.times[2:]:
        return None
    rows, cols, extra = ends(edge)
    rows_2, cols_2, extra_2 = ends(other)
    (low, a), (high, b) = edge.times[0], other.times[1]
    if (
        _tangled(cols, (*rows, *cols_2, *extra))
        or cols != rows_2
        or extra != extra_2
        or (low, a - 1) != (high, b)
        or not _nonnegative(other, known)
    ):
        return None
    if any(v not in bound or incident[v] != {edge, other} for v in cols):
        return None
    return Edge(edge.head, (other.times[0], edge.times[1], *edge.times[2:]), (*rows, *cols_2, *extra))


def _tangled(shared: tuple[int, ...], others: tuple[int, ...]) -> bool:
    """Whether the vertices between two factors are not as many as the legs, or stand elsewhere in the factors too."""
    return len(set(shared)) < len(shared) or bool(set(shared) & set(others))


def _replaced(mono: Monomial, gone: set[Edge], verts: tuple[int, ...], new: Edge, power: Power) -> Monomial:
    kept = tuple(item for item in mono.edges if item[0] not in gone)
    rest = mono._replace(edges=kept, verts=tuple(v for v in mono.verts if v[0] not in verts))
    return product(rest, Monomial(((new, power),)))  # the same product may stand there already


def _taken_up(
    algebra: Closures, mono: Monomial, edge: Edge, power: Power, top: bool, bound: set[int], incident: dict
) -> Monomial | None:
    body = algebra.heads.known[edge.head].body
    if body is None or len(body) != 1:
        return None
    ((factor, coefficient),) = body.items()
    if coefficient != 1 or factor.times or factor.constraints or (power != 1 and factor.verts):
        return None
    rows, cols, extra = ends(edge)
    shared = rows if top else cols
    if any(v not in bound for v in shared) or _tangled(shared, (*(cols if top else rows), *extra)):
        return None
    half = len(rows)
    point, offset = edge.times[1] if top else edge.times[0]
    time: Time = (point, offset + 1 if top else offset - 1)
    points = {"$0": time} | {f"${i + 1}": t for i, t in enumerate(edge.times[2:])}
    known = {(half + i if top else i): v for i, v in enumerate(shared)} | {2 * half + i: v for i, v in enumerate(extra)}
    wanted = [(e._replace(times=at_points(e.times, points)), p * power) for e, p in factor.edges]
    present = [item for item in mono.edges if item[0] != edge]
    found = matched(wanted, present, known)
    if found is None:
        return None
    assigned, used = found
    inner = {assigned[v] for v, _ in factor.verts}
    if len(inner) < len(factor.verts):
        return None
    others = tuple(assigned.get(i if top else half + i, -(10**9)) for i in range(half))
    if -(10**9) in others or len(set(others)) != half or inner & set(others) or set(shared) & set(others):
        return None
    for v in (*shared, *inner):
        if v not in bound or incident[v] - used - {edge}:
            return None
    if inner.intersection((*shared, *extra, *(cols if top else rows))):  # what stays must not lose its sum
        return None
    verts = (*others, *cols, *extra) if top else (*rows, *others, *extra)
    times = (edge.times[0], time, *edge.times[2:]) if top else (time, edge.times[1], *edge.times[2:])
    return _replaced(mono, used | {edge}, (*shared, *inner), Edge(edge.head, times, verts), power)


def factors_nowhere_else(mono: Monomial, gone: list[int], kept: set[int], edges: set[Edge]) -> bool:
    """Whether the vertices between some edges are bound ones, all different, at which nothing else stands."""
    bound = {v for v, _ in mono.verts}
    if len(set(gone)) < len(gone) or not bound.issuperset(gone) or kept.intersection(gone):
        return False
    return not any(kept_edge not in edges and not set(gone).isdisjoint(kept_edge.verts) for kept_edge, _ in mono.edges)


def at_points(times: Iterable[Time], points: dict[str, Time]) -> tuple[Time, ...]:
    """The times of an edge of a factor, at the step at which the factor stands."""
    return tuple(_at(time, points) for time in times)


def _at(time: Time, points: dict[str, Time]) -> Time:
    point, offset = time
    if point in points:
        new, shift = points[point]
        return new, shift + offset
    return time


def matched(wanted: list, present: list, assigned: dict[int, int]) -> tuple[dict[int, int], set[Edge]] | None:
    """Edges of the factor found among those present: (assignment of its vertices, edges used), or None."""
    if not wanted:
        return assigned, set()
    (edge, power), rest = max(
        ((w, [o for o in wanted if o is not w]) for w in wanted), key=lambda k: sum(v in assigned for v in k[0][0].verts)
    )
    for candidate, have in present:
        if candidate.head != edge.head or candidate.times != edge.times or have != power:
            continue
        new = dict(assigned)
        if all(new.setdefault(v, w) == w for v, w in zip(edge.verts, candidate.verts, strict=True)):
            found = matched(rest, [i for i in present if i[0] != candidate], new)
            if found is not None:
                return found[0], found[1] | {candidate}
    return None


def peeled(algebra: Closures, poly: Poly, known: Callable[[Monomial], Region]) -> Poly | None:
    """The polynomial with products of one body, a sum, written down to the shortest of those that end (or begin) together.

    A body that is a sum is not recognised beside a product; but P(t+1..s) and P(t+2..s) can be compared when the former is
    written P(t+2..s) M_{t+1}.  So are products of numbers of which several are multiplied, whose factors' powers may be sums:
    all are written down to the steps that they share.  None where nothing was to be done.
    """
    crowded = {e.head for mono in poly for e, p in mono.edges if _is_of_numbers(algebra, e) and _together(mono, e.head) > 1}
    shortest: dict[tuple, int] = {}
    for mono in poly:
        for edge, power in mono.edges:
            for key, offset, _ in _ends_of(algebra, edge, power, crowded):
                shortest[key] = min(shortest.get(key, offset), offset)
    work, total, changed = list(poly.items()), [], False
    while work:
        mono, coefficient = work.pop()
        algebra.budget.spend()
        region = known(mono)
        found = (
            _written_down(algebra, mono, coefficient, (edge, int(power)), offset - shortest[key], top)
            for edge, power in mono.edges
            for key, offset, top in _ends_of(algebra, edge, power, crowded)
            if 0 < offset - shortest.get(key, offset) <= _length_bound(edge, region)
        )
        shorter = next(found, None)
        if shorter is None:
            total.append({mono: coefficient})
        else:
            work.extend(shorter.items())
            changed = True
    return add(total) if changed else None


def _is_of_numbers(algebra: Closures, edge: Edge) -> bool:
    """Whether an edge is a product without rows and columns, whose factors commute."""
    return algebra.heads.known[edge.head].kind == "product" and not ends(edge)[0]


def _together(mono: Monomial, head: str) -> Power:
    """How many edges of one head are multiplied; a root of one counts as none."""
    return sum(p for e, p in mono.edges if e.head == head and p > 0 and p == int(p))


def _ends_of(algebra: Closures, edge: Edge, power: Power, crowded: set[str]) -> Iterator[tuple[tuple, int, bool]]:
    """For either end of a product that is compared: (what a comparable product shares, its length there, top or not)."""
    head = algebra.heads.known[edge.head]
    if head.kind != "product" or head.body is None or power != int(power) or power < 1:
        return
    (low, a), (high, b), *others = edge.times
    if edge.head in crowded:
        yield (False, edge.head, low, high, *others), -a, False
        yield (True, edge.head, low, high, *others), b, True
    elif power == 1 and (len(head.body) > 1 or head.body != {next(iter(head.body), None): 1}):
        yield (False, edge.head, low, (high, b), *others), -a, False
        yield (True, edge.head, high, (low, a), *others), b, True


def _length_bound(edge: Edge, known: Region) -> int:
    """The least length that a product is known to have."""
    (p, a), (q, b) = edge.times[:2]
    return b - a + 1 - known.bound(p, q)


def _written_down(
    algebra: Closures, mono: Monomial, coefficient: Fraction, item: tuple[Edge, int], count: int, top: bool
) -> Poly:
    """mono with `count` factors of a product, or of a power of one of numbers, written out at its top or its bottom."""
    edge, power = item
    (low, a), (high, b), *others = edge.times
    rows, cols, extra = ends(edge)
    sizes = algebra.product_sizes[edge.head]
    body = algebra.heads.known[edge.head].body
    assert body is not None
    rest = product(mono, Monomial(((edge, -power),)))
    pieces: list[tuple[Fraction, Monomial]] = [(coefficient, rest)]
    for step in (i for i in range(count) for _ in range(power)):
        between = tuple(algebra.fresh_vertex() for _ in sizes)
        verts = (*rows, *between, *extra) if top else (*between, *cols, *extra)
        time: Time = (high, b - step) if top else (low, a + step)
        points = {"$0": time} | {f"${i + 1}": t for i, t in enumerate(others)}
        factor = [(c, relabelled(algebra.heads.fresh_copy(m), dict(enumerate(verts)), points)) for m, c in body.items()]
        new = tuple(zip(between, sizes, strict=True))
        pieces = [
            (c * k, (both := product(m, f))._replace(verts=tuple(sorted(both.verts + new))))
            for c, m in pieces
            for k, f in factor
        ]
        rows, cols = (between, cols) if top else (rows, between)
    times = ((low, a), (high, b - count), *others) if top else ((low, a + count), (high, b), *others)
    left = Monomial(((Edge(edge.head, times, (*rows, *cols, *extra)), power),))
    return add([{product(m, left): c} for c, m in pieces])
