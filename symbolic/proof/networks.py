"""Index networks: the normal form of route A.

An expression is a sum of *monomials*; a monomial is a rational coefficient times a hypergraph.  Vertices are component
indices, free (legs and named indices) or bound (summed over a size); an *edge* is one occurrence of a tensor: its head, the
time expressions that it stands at, the vertices that its legs run over, and a power (several equal edges at one vertex are a
power, a reciprocal a negative one).  Bound time variables carry difference constraints a - b <= c.

Two monomials that differ only in the names of bound vertices are the same: `canonical` names them by a canonical labelling of
the hypergraph (components first, colour refinement, then backtracking inside the classes that remain).  By a theorem of
Lovász (*Operations with structures*, 1967), values of non-isomorphic networks over independent atoms are linearly
independent for large enough sizes, so equal normal forms are equivalent to equality for all sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from ..language.effort import Budget

Time = tuple[str, int]
"""A time expression point + offset; the point of a plain number is ""."""


class Edge(NamedTuple):
    """One occurrence of a tensor."""

    head: str
    times: tuple[Time, ...]
    verts: tuple[int, ...]


Power = Fraction | int
"""Of an edge: several equal edges at one vertex, a negative one for a reciprocal, a fraction for a root."""

Constraint = tuple[str, str, int]
"""(a, b, c): a - b <= c for time points; "" is the number 0."""


class Monomial(NamedTuple):
    """Edges with powers (sorted), bound vertices with their sizes, bound times, constraints on times."""

    edges: tuple[tuple[Edge, Power], ...]
    verts: tuple[tuple[int, str], ...] = ()
    times: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()


Poly = dict[Monomial, Fraction]

class Condition(NamedTuple):
    """What a formula needs, as it is listed; not if `point` + offset lies outside low..high (None: no end) in every case.

    So 1/t needs t != 0 where t may be 0, and 1/(1 - h_t) with h = tanh something only for a value before the first step.
    `head`, `time`: the value that must not be zero, which nobody may then assume to be.
    """

    text: str
    point: str | None = None
    low: int | None = None
    high: int | None = None
    head: str = ""
    time: Time | None = None


ONE = Monomial(())
MOST_STEPS = 400_000
"""Of one canonical labelling; no proof has more altogether."""

FIRST_BOUND = 1000
"""Free vertices are below: legs 0, 1, ..., named component indices -1, -2, ...; bound ones from here on."""


class Undefined(ValueError):
    """A formula that divides by something that is identically zero."""


class Unsupported(ValueError):
    """Something outside the fragment that the normal form decides."""


def constant(value: Power) -> Poly:
    return {ONE: Fraction(value)} if value else {}


def add_into(total: Poly, mono: Monomial, coefficient: Fraction) -> None:
    """total += coefficient · mono, dropping what cancels."""
    value = total.get(mono, Fraction(0)) + coefficient
    if value:
        total[mono] = value
    else:
        total.pop(mono, None)


def add(polys: Iterable[Poly]) -> Poly:
    total: Poly = {}
    for poly in polys:
        for mono, coefficient in poly.items():
            add_into(total, mono, coefficient)
    return total


def scaled(poly: Poly, factor: Power) -> Poly:
    return {mono: c * factor for mono, c in poly.items()} if factor else {}


def relabelled(mono: Monomial, verts: dict[int, int], times: dict[str, Time] | None = None) -> Monomial:
    """Rename vertices and substitute time points; edges that become equal are merged."""
    powers: dict[Edge, Power] = {}
    for edge, power in mono.edges:
        moved = Edge(
            edge.head,
            edge.times if not times else tuple(_move(t, times) for t in edge.times),
            tuple(verts.get(v, v) for v in edge.verts),
        )
        powers[moved] = powers.get(moved, 0) + power
    constraints = mono.constraints
    if times:
        constraints = tuple(sorted({_move_constraint(c, times) for c in constraints}))
    return Monomial(
        tuple(sorted((e, p) for e, p in powers.items() if p)),
        tuple(sorted((verts.get(v, v), s) for v, s in mono.verts)),
        mono.times,
        constraints,
    )


def _move(time: Time, times: dict[str, Time]) -> Time:
    point, offset = time
    if point in times:
        new, shift = times[point]
        return new, shift + offset
    return time


def _move_constraint(constraint: Constraint, times: dict[str, Time]) -> Constraint:
    a, b, c = constraint
    (new_a, shift_a), (new_b, shift_b) = times.get(a, (a, 0)), times.get(b, (b, 0))
    return new_a, new_b, c + shift_b - shift_a


def times_of(mono: Monomial) -> Iterator[Time]:
    for edge, _ in mono.edges:
        yield from edge.times


def product(a: Monomial, b: Monomial) -> Monomial:
    """The product of two monomials whose bound vertices and bound times have different names."""
    powers: dict[Edge, Power] = dict(a.edges)
    for edge, power in b.edges:
        powers[edge] = powers.get(edge, 0) + power
    return Monomial(
        tuple(sorted((e, p) for e, p in powers.items() if p)),
        tuple(sorted(a.verts + b.verts)),
        a.times + b.times,
        tuple(sorted(set(a.constraints + b.constraints))),
    )


def canonical(mono: Monomial, budget: Budget) -> Monomial:
    """The same monomial with its bound vertices named canonically; what is remembered costs what it did."""
    if not mono.verts:
        return mono
    found, steps = _canonical(mono)
    budget.spend(steps)
    return found


@lru_cache(maxsize=8192)
def _canonical(mono: Monomial) -> tuple[Monomial, int]:
    """The canonical form and the steps that it takes."""
    budget = Budget(MOST_STEPS)
    budget.spend(1 + len(mono.edges))
    sizes = dict(mono.verts)
    fixed, components = _components(mono, sizes)
    labelled = sorted(_label(part, verts, sizes, budget) for part, verts in components)
    edges, next_name = list(fixed), FIRST_BOUND
    verts: list[tuple[int, str]] = []
    for part, names in labelled:
        shift = next_name
        verts.extend((shift + i, size) for i, size in enumerate(names))
        edges.extend(
            (Edge(head, times, tuple(v + shift if bound else v for bound, v in vs)), power)
            for head, times, vs, power in part
        )
        next_name += len(names)
    return Monomial(tuple(sorted(edges)), tuple(verts), mono.times, mono.constraints), budget.used


Item = tuple[Edge, Power]
Encoding = tuple[tuple[Any, ...], tuple[str, ...]]
"""A component with its vertices numbered from 0, and their sizes."""


def _components(mono: Monomial, sizes: dict[int, str]) -> tuple[list[Item], list[tuple[list[Item], list[int]]]]:
    """Edges without bound vertices, and the connected components of the others."""
    parent = {v: v for v in sizes}

    def root(v: int) -> int:
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    fixed, loose = [], []
    for item in mono.edges:
        bound = [v for v in item[0].verts if v in parent]
        if not bound:
            fixed.append(item)
            continue
        loose.append((item, bound[0]))
        first = root(bound[0])
        for v in bound[1:]:
            parent[root(v)] = first
    parts: dict[int, tuple[list[Item], list[int]]] = {}
    for v in sizes:
        parts.setdefault(root(v), ([], []))[1].append(v)
    for item, v in loose:
        parts[root(v)][0].append(item)
    return fixed, list(parts.values())


def _label(edges: list[Item], verts: list[int], sizes: dict[int, str], budget: Budget) -> Encoding:
    """The least encoding of one component over all labellings that colour refinement leaves open."""
    colours = _ranks({v: (sizes[v],) for v in verts})
    return _search(edges, verts, _refined(edges, verts, colours, budget), sizes, budget)


def _search(
    edges: list[Item], verts: list[int], colours: dict[int, int], sizes: dict[int, str], budget: Budget
) -> Encoding:
    classes: dict[int, list[int]] = {}
    for v in verts:
        classes.setdefault(colours[v], []).append(v)
    ambiguous = [members for _, members in sorted(classes.items()) if len(members) > 1]
    if not ambiguous:
        order = sorted(verts, key=colours.__getitem__)
        name = {v: i for i, v in enumerate(order)}
        encoded = tuple(
            sorted(
                (e.head, e.times, tuple((True, name[v]) if v in name else (False, v) for v in e.verts), p)
                for e, p in edges
            )
        )
        return encoded, tuple(sizes[v] for v in order)
    candidates = []
    for chosen in min(ambiguous, key=len):
        budget.spend(len(edges))
        split = _refined(edges, verts, _ranks({v: (colours[v], v != chosen) for v in verts}), budget)
        candidates.append(_search(edges, verts, split, sizes, budget))
    return min(candidates)


def _refined(edges: list[Item], verts: list[int], colours: dict[int, int], budget: Budget) -> dict[int, int]:
    """Colour refinement: a vertex's new colour is its old one and what its edges look like, until nothing splits."""
    count = len(set(colours.values()))
    while count < len(verts):
        budget.spend(len(edges))
        seen: dict[int, list] = {v: [] for v in verts}
        for e, p in edges:
            shape = tuple((0, colours[v]) if v in colours else (1, v) for v in e.verts)
            for position, v in enumerate(e.verts):
                if v in seen:
                    seen[v].append((e.head, e.times, p, position, shape))
        colours = _ranks({v: (colours[v], sorted(seen[v])) for v in verts})
        new_count = len(set(colours.values()))
        if new_count == count:
            break
        count = new_count
    return colours


def _ranks(keys: dict[int, tuple]) -> dict[int, int]:
    order = {key: i for i, key in enumerate(sorted(map(_frozen, keys.values())))}
    return {v: order[_frozen(key)] for v, key in keys.items()}


def _frozen(key: tuple) -> tuple:
    return tuple(tuple(k) if isinstance(k, list) else k for k in key)
