"""Equations read from right to left: a right side that stands written out in a difference becomes its name again.

    h_t = Σ_i k_i m_i      so      X m_1 = X (h_t - Σ_{i>1} k_i m_i) / k_1

m_1, the *mark*, is a summand of the right side that stands in no other one; X is any network around it that meets it in the
legs of h_t alone.  Where the right side stands multiplied out, one summand becomes the name and the others cancel, however much
stands beside them: that is much shorter than to write the name out on the other side.  The equations are those of recurrent
quantities that are no value of a function and those of their adjoints, at the steps of the model, where they hold.  One is used
only if less is left of the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sympy import Symbol

from ..language import Apply, at
from ..model import Family, Index
from .algebra import NeedsPolynomialBasis
from .convert import Converter
from .letters import substituted
from .networks import Constraint, Edge, Monomial, Poly, Time, Undefined, Unsupported, add, product, relabelled, scaled, times_of
from .regions import Split
from .time import Settler

ROUNDS, WITHIN = 4, 64
"""How often the equations are gone through; uses of one equation in one monomial."""


NOWHERE = "~"
"""A letter that stands nowhere."""


@dataclass(frozen=True)
class Equality:
    """head = Σ k m at the steps of its family: its `mark`, whose step is that of the `letter`, and the mark's coefficient k.

    `time`, `right`: the only step, and the right side there; None where it holds at all steps alike.
    """

    head: str
    letter: str
    mark: Monomial
    coefficient: Fraction
    time: Time | None = None
    right: Poly | None = None


@dataclass(frozen=True)
class Place:
    """Where a mark stands: its step, the vertices of its legs, and the monomial without it; what is open of where it holds."""

    time: Time
    legs: tuple[int, ...]
    rest: Monomial
    cut: Constraint | None = None


def folded(c: Converter, poly: Poly, settler: Settler) -> Poly | None:
    """The polynomial with written out equations by their names; None where that leaves no less."""
    start = poly
    if len(poly) < 2:
        return None
    everywhere = [(head, _everywhere(c, head)) for head in _named(c)]
    for _ in range(ROUNDS):
        before = poly
        for head, equality in everywhere:
            for one in (equality, _before_the_last(c, poly, head, settler)):  # what is written may stand at the last step
                poly = poly if one is None else _used(c, poly, one, settler)
        if poly == before or not poly:
            break
    return poly if len(poly) < len(start) else None


def _used(c: Converter, poly: Poly, equality: Equality, settler: Settler) -> Poly:
    """The polynomial with one equation used wherever its mark stands, if fewer monomials are left."""
    if not {e.head for e, _ in equality.mark.edges} <= {e.head for mono in poly for e, _ in mono.edges}:
        return poly
    conditions = set(c.algebra.conditions)
    try:
        written = _written(c, poly, equality, settler)
        shorter = settler.settled(written) if written is not None else poly
    except (Split, Unsupported, Undefined, NeedsPolynomialBasis):
        shorter = poly
    if len(shorter) < len(poly):
        return shorter
    c.algebra.conditions = conditions
    return poly


def _named(c: Converter) -> Iterator[str]:
    """The heads that have an equation: of adjoints, then of quantities."""
    forward = (e.left.name for e in c.equations.values() if e.left.name in c.atoms and not isinstance(e.right, Apply))
    for head in (*(f"adjoint:{name}" for name in c.recurrences), *(f"var:{name}" for name in forward)):
        if len(_family(c, head).indices) == 1:
            yield head


def _family(c: Converter, head: str) -> Family:
    return c.model.families[head.partition(":")[2]]


def _everywhere(c: Converter, head: str) -> Equality | None:
    """The equation of a head at a step that may be any."""
    family, conditions = _family(c, head), set(c.algebra.conditions)
    letter = family.indices[0].symbol.name
    body = _right(c, head, (letter, 0)) or {}
    c.algebra.conditions = conditions
    mark = _mark(body, len(family.var.legs), letter.__eq__)
    return None if mark is None else Equality(head, letter, mark, body[mark])


def _before_the_last(c: Converter, poly: Poly, head: str, settler: Settler) -> Equality | None:
    """The equation of an adjoint one step before the last, where those after it are written out."""
    (last, end), family, conditions = settler.last, _family(c, head), set(c.algebra.conditions)
    time = last, end - 1
    within = all(map(settler.region.decides, _within(family.indices[0], time)))
    if not head.startswith("adjoint:") or not within or not any(x == settler.last for mono in poly for x in times_of(mono)):
        return None
    try:
        right = _right(c, head, time) or {}
        body = settler.settled(right)
    except (Split, Unsupported, Undefined, NeedsPolynomialBasis):
        return None
    finally:
        c.algebra.conditions = conditions
    mark = _mark(body, len(family.var.legs), lambda point: True)
    return None if mark is None or mark in right else Equality(head, NOWHERE, mark, body[mark], time, body)


def _right(c: Converter, head: str, time: Time) -> Poly | None:
    """The right side of an equation at a step."""
    if head.startswith("adjoint:"):
        return c.at_last(head, time)
    equation, (point, offset) = c.equations[head.partition(":")[2]], time
    return c.poly(substituted(equation.right, {equation.left.indices[0]: at(Symbol(point) if point else None, offset)}))


def _mark(body: Poly, legs: int, tells: Callable[[str], bool]) -> Monomial | None:
    """The summand by which a right side is recognised: it stands in no other one, and tells the step and all legs.

    One without adjoints and with few factors is best.
    """

    def fit(mono: Monomial) -> bool:
        return (
            not mono.times
            and not mono.constraints
            and all(power == 1 for _, power in mono.edges)
            and any(tells(point) for e, _ in mono.edges for point, _ in e.times)
            and {v for e, _ in mono.edges for v in e.verts} == {*range(legs), *(v for v, _ in mono.verts)}
            and not any(_inside(mono, other) for other in body if other != mono)
        )

    def rank(mono: Monomial) -> tuple[int, int, Monomial]:
        return sum(e.head.startswith("adjoint:") for e, _ in mono.edges), len(mono.edges), mono

    return min(filter(fit, body), key=rank, default=None)


def _inside(mono: Monomial, other: Monomial) -> bool:
    """Whether all heads of a monomial stand in another one at the same steps."""
    return {(e.head, e.times) for e, _ in mono.edges} <= {(e.head, e.times) for e, _ in other.edges}


def _written(c: Converter, poly: Poly, equality: Equality, settler: Settler) -> Poly | None:
    """The polynomial without the mark of an equation, where that holds; None where it stands nowhere."""
    instead: dict[Time, Poly | None] = {}
    changed = False
    parts: list[Poly] = []
    for start, coefficient in poly.items():
        work, kept = {start: coefficient}, list[Poly]()
        for _ in range(WITHIN):
            if not work:
                break
            mono, k = work.popitem()
            place = next(_places(c, equality, mono, settler), None)
            if place is not None and place.cut is not None:
                work = add([work, dict.fromkeys(_halves(mono, place.cut), k)])
                continue
            if place is not None and place.time not in instead:
                instead[place.time] = _instead(c, equality, place)
            value = instead[place.time] if place is not None else None
            if place is None or value is None:
                kept.append({mono: k})
                continue
            changed = True
            work = add([work, _times(c, place.rest, k, value, place.legs)])
        parts += [*kept, work]
    return add(parts) if changed else None


def _instead(c: Converter, equality: Equality, place: Place) -> Poly | None:
    """What the mark is: the name less the other summands, by its coefficient."""
    right = _right(c, equality.head, place.time) if equality.right is None else equality.right
    mark = c.algebra.collected({relabelled(equality.mark, {}, {equality.letter: place.time}): Fraction(1)})
    if right is None or any(right.get(m) != equality.coefficient for m in mark) or len(mark) != 1:
        return None
    point, offset = place.time
    variable = _family(c, equality.head).at(at(Symbol(point) if point else None, offset))
    name = Monomial(((c.edge(equality.head, variable), 1),))
    return scaled(add([{name: Fraction(1)}, *({m: -k} for m, k in right.items() if m not in mark)]), 1 / equality.coefficient)


def _times(c: Converter, rest: Monomial, k: Fraction, value: Poly, legs: tuple[int, ...]) -> Poly:
    """A monomial times a polynomial whose legs stand at these vertices."""
    copies = ((factor, relabelled(c.algebra.heads.fresh_copy(m), dict(enumerate(legs)))) for m, factor in value.items())
    return c.algebra.collected(add({product(rest, c.algebra.apart(rest, m)): k * factor} for factor, m in copies))


def _places(c: Converter, equality: Equality, mono: Monomial, settler: Settler) -> Iterator[Place]:
    """Where the mark stands in a monomial and the equation holds."""
    index, inner = _family(c, equality.head).indices[0], dict(equality.mark.verts)
    wanted = sorted((e for e, _ in equality.mark.edges), key=lambda e: all(point != equality.letter for point, _ in e.times))
    for time, verts, used in _found(tuple(wanted), mono, equality.letter, equality.time, {}, ()):
        if time is None or (time == settler.last and equality.head.startswith("adjoint:")):
            continue  # at the last step an adjoint is written out everywhere
        legs = tuple(verts[v] for v in sorted(verts.keys() - inner.keys()))
        gone = {verts[v]: size for v, size in inner.items()}
        if len(gone) < len(inner) or not gone.keys().isdisjoint(legs):
            continue  # different vertices of the mark are one here
        rest, known = _without(mono, gone, used), settler.region_of(mono)
        open_ = [k for k in _within(index, time) if not known.decides(k)]
        if rest is not None and all(known.decides(k) is None and time[0] in mono.times for k in open_):
            yield Place(time, legs, rest, *open_[:1])


def _halves(mono: Monomial, cut: Constraint) -> Iterator[Monomial]:
    """A sum where a condition on its steps holds, and where it does not."""
    for half in (cut, (cut[1], cut[0], -cut[2] - 1)):
        yield mono._replace(constraints=tuple(sorted({*mono.constraints, half})))


def _within(index: Index, time: Time) -> tuple[Constraint, Constraint]:
    """That a step is one of the model's."""
    point, offset = time
    return ("", point, offset - index.lower), (point, index.upper.name, -offset)


Match = tuple[Time | None, dict[int, int], tuple[Edge, ...]]
"""The step of the letter, the vertices, and the edges used."""


def _found(
    wanted: tuple[Edge, ...], mono: Monomial, letter: str, time: Time | None, verts: dict[int, int], used: tuple[Edge, ...]
) -> Iterator[Match]:
    """The edges of a monomial that are the wanted ones at one step, in every way."""
    if not wanted:
        yield time, verts, used
        return
    edge, *more = wanted
    for candidate, power in mono.edges:
        if candidate.head != edge.head or candidate in used or power != int(power) or power < 1:
            continue
        step = time
        for (point, offset), (other, place) in zip(edge.times, candidate.times, strict=True):
            moved = (other, place - offset) if point == letter else step
            if (other, place) != (point, offset) if point != letter else step not in (None, moved):
                break
            step = moved
        else:
            places = dict(verts)
            if all(places.setdefault(v, w) == w for v, w in zip(edge.verts, candidate.verts, strict=True)):
                yield from _found(tuple(more), mono, letter, step, places, (*used, candidate))


def _without(mono: Monomial, inner: dict[int, str], used: tuple[Edge, ...]) -> Monomial | None:
    """The monomial without one factor for each edge used; None where a vertex that goes with them is not theirs alone.

    `inner`: those vertices with their sizes.
    """
    edges = tuple((e, p - (e in used)) for e, p in mono.edges if p != 1 or e not in used)
    if any(v in inner for e, _ in edges for v in e.verts):
        return None
    bound = dict(mono.verts)
    if any(bound.get(v) != size for v, size in inner.items()):
        return None
    return mono._replace(edges=edges, verts=tuple(item for item in mono.verts if item[0] not in inner))
