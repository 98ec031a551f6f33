"""What is tried on a difference that is not zero as it stands.  Each row leaves zero what is zero, and nothing else.

*Stepping back.*  A recurrent quantity that is no value of a function, h_t = W h_{t-1} + U x_t, stands in two formulas at
different steps after the same letter: each is written by its definition down to the earliest of them, where the definition
holds.  So is one that does not go back to itself but exists before the first step, as z_t = W x_t with a z_0.

*ReLU.*  Where 1(z > 0) stands in the difference, ReLU(z) beside it is written 1(z > 0)·z.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy import Symbol

from ..language import Apply, at
from .absorb import peeled
from .adjoint_rules import LEVELS
from .alike import alike
from .convert import Converter
from .denominators import cleared, exponentials
from .folding import folded
from .letters import substituted
from .networks import Constraint, Edge, Monomial, Poly, add, product, relabelled
from .parts import completed
from .telescope import telescoped
from .time import Settler

Rewriting = Callable[[Poly], Poly | None]
"""The polynomial rewritten, or None where nothing was to be done."""


def rewritten(c: Converter, poly: Poly, settler: Settler, inside: int = 0) -> tuple[Poly, list[str]]:
    """What is left of a difference, and which rows did something; `inside`: how many functions it is an argument of.

    Raises `Split` where the region must be cut.
    """
    done: list[str] = []
    for _ in range(ROUNDS):
        before = poly
        for name, rewrite in _rewritings(c, settler, inside):
            changed = rewrite(poly) if poly else None
            if changed is not None:
                poly = settler.settled(changed)
                done.append(name)
        if not poly or poly == before or ALIKE not in done:
            break
    return poly, list(dict.fromkeys(done))


ROUNDS = 3
"""What follows from equal arguments may be rewritten again."""

INSIDE = 3
"""How deep functions stand within each other's arguments."""

ALIKE = "functions of equal arguments"


def _rewritings(c: Converter, settler: Settler, inside: int) -> tuple[tuple[str, Rewriting], ...]:
    """The rows, with their names in a certificate."""

    def vanishes(poly: Poly, settler: Settler) -> bool:
        return not rewritten(c, settler.settled(poly), settler, inside + 1)[0]

    return (
        ("equations folded", lambda p: folded(c, p, settler)),
        ("joined vectors part by part", lambda p: completed(c.algebra, p)),
        ("softmax written out", lambda p: exponentials(c, p)),
        ("denominators cleared", lambda p: cleared(c, p)),
        ("factors peeled off products", lambda p: peeled(c.algebra, p, settler.region_of)),
        ("products summed up", lambda p: telescoped(c.algebra, p, settler)),
        ("definitions used", lambda p: stepped_back(c, p, settler)),
        ("ReLU by its indicator", lambda p: by_indicators(c, p, settler)),
        ("adjoints taken forward", lambda p: taken_forward(c, p, settler)),
        (ALIKE, lambda p: alike(c, p, settler, vanishes, inside) if inside < INSIDE else None),
    )


def stepped_back(c: Converter, poly: Poly, settler: Settler) -> Poly | None:
    """The polynomial with recurrent quantities at free steps written by earlier ones, down to the earliest that it holds."""
    names = {
        "var:" + e.left.name: e.left.name
        for e in c.equations.values()
        if e.left.name in c.atoms and len(e.left.indices) == 1 and not isinstance(e.right, Apply)
    }
    if not names:
        return None
    earliest: dict[str, int] = {}
    for mono in poly:
        for edge, _ in mono.edges:
            if edge.head in names:
                ((point, offset),) = edge.times
                earliest[point] = min(offset, earliest.get(point, offset))

    def later(mono: Monomial, edge: Edge, power: Fraction | int) -> bool:
        if edge.head not in names or power != int(power) or power < 0:
            return False
        ((point, offset),) = edge.times
        index = c.model.families[names[edge.head]].indices[0]
        inside = ("", point, offset - index.lower), (point, index.upper.name, -offset)
        goes_back = names[edge.head] in c.recurrent
        if goes_back and (point in mono.times or offset <= earliest[point]):
            return False
        return all(map(settler.region_of(mono).decides, inside))

    changed = False
    for _ in range(LEVELS):
        parts: list[Poly] = []
        for mono, k in poly.items():
            found = next((e for e, p in mono.edges if later(mono, e, p)), None)
            parts.append({mono: k} if found is None else _by_definition(c, mono, k, found, names[found.head]))
            changed |= found is not None
        before, poly = poly, add(parts)
        if poly == before:
            break
    return poly if changed else None


def taken_forward(c: Converter, poly: Poly, settler: Settler) -> Poly | None:
    """The polynomial with adjoints at bound steps written by later ones, as far after what they multiply as any of them is."""

    def gap(mono: Monomial, edge: Edge) -> int | None:
        """How far an adjoint at a bound step stands after the first thing beside it at that step."""
        if edge.head.partition(":")[2] not in c.recurrences or len(edge.times) != 1 or not edge.head.startswith("adjoint:"):
            return None
        ((point, offset),) = edge.times
        beside = [o for e, _ in mono.edges if not e.head.startswith("adjoint:") for p, o in e.times if p == point]
        return offset - min(beside) if beside and point in mono.times else None

    if len(poly) > MOST_FORWARD:
        return None
    found = [(e.head, k) for mono in poly for e, p in mono.edges if p == 1 and (k := gap(mono, e)) is not None]
    farthest = {head: max(k for h, k in found if h == head) for head, _ in found}

    def written(mono: Monomial, coefficient: Fraction) -> Poly:
        for edge, power in mono.edges:
            own = gap(mono, edge)
            if power != 1 or own is None or own >= farthest.get(edge.head, own):
                continue
            ((point, offset),), index = edge.times, c.model.families[edge.head.partition(":")[2]].indices[0]
            inside: tuple[Constraint, ...] = ("", point, offset - index.lower), (point, index.upper.name, -offset)
            known = settler.region_of(mono)
            cut = next((k for k in inside if known.decides(k) is None), None)
            if cut is not None:
                halves = cut, (cut[1], cut[0], -cut[2] - 1)
                both = (mono._replace(constraints=tuple(sorted({*mono.constraints, half}))) for half in halves)
                return dict.fromkeys(both, coefficient)
            value = c.at_last(edge.head, edge.times[0]) if all(map(known.decides, inside)) else None
            if value is not None and not any(m.times for m in value):
                rest = mono._replace(edges=tuple(i for i in mono.edges if i[0] != edge))
                return _multiplied(c, rest, coefficient, value, edge.verts)
        return {mono: coefficient}

    start = poly
    for _ in range(LEVELS if farthest else 0):
        before, poly = poly, add(written(mono, k) for mono, k in poly.items())
        if poly == before:
            break
    return poly if poly != start else None


MOST_FORWARD = 12
"""Monomials of a difference in which adjoints at bound steps are taken forward."""

MOST_ROUNDS, HIGHEST_POWER = 8, 4


def by_indicators(c: Converter, poly: Poly, settler: Settler) -> Poly | None:
    """The polynomial with each ReLU(z) whose indicator stands in it written by that, later steps first."""
    twins, known = c.algebra.heads.indicator_of, {(e.head, e.times) for mono in poly for e, _ in mono.edges}
    places = {(head, times) for head, twin in twins.items() for other, times in known if other == twin}

    def written(mono: Monomial, coefficient: Fraction) -> Poly:
        """The monomial with one ReLU written so, or with its sum cut where the value has its meaning from a step on."""
        for edge, power in mono.edges:
            if (edge.head, edge.times) not in places or power not in range(1, HIGHEST_POWER + 1):
                continue
            (point, offset), first = edge.times[0] if edge.times else ("", 0), c.algebra.heads.initial.get(edge.head)
            question: Constraint = ("", point, offset - (offset if first is None else first))
            holds = first is None or settler.region_of(mono).decides(question)
            if holds is None and point in mono.times:
                halves = question, (question[1], question[0], -question[2] - 1)
                both = (mono._replace(constraints=tuple(sorted({*mono.constraints, half}))) for half in halves)
                return dict.fromkeys(both, coefficient)
            found = c.argument_of(edge._replace(verts=tuple(range(len(edge.verts)))), bool(holds))
            if found is not None and found[0] == "relu":
                edges = {e: p for e, p in mono.edges if e != edge} | {edge._replace(head=twins[edge.head]): 1}
                rest = mono._replace(edges=tuple(sorted(edges.items())))
                return _multiplied(c, rest, coefficient, c.algebra.power(found[1], int(power)), edge.verts)
        return {mono: coefficient}

    before: Poly = {}
    start = poly
    for _ in range(MOST_ROUNDS):
        before, poly = poly, add(written(mono, k) for mono, k in poly.items())
        if poly == before:
            break
    return poly if poly != start else None


def _multiplied(c: Converter, mono: Monomial, coefficient: Fraction, value: Poly, verts: tuple[int, ...]) -> Poly:
    """A monomial times a polynomial whose legs stand at these vertices."""
    copies = ((k, relabelled(c.algebra.heads.fresh_copy(m), dict(enumerate(verts)))) for m, k in value.items())
    return c.algebra.collected(add({product(mono, c.algebra.apart(mono, m)): coefficient * k} for k, m in copies))


def _by_definition(c: Converter, mono: Monomial, coefficient: Fraction, edge: Edge, name: str) -> Poly:
    """One factor of a monomial replaced by the right side of its definition."""
    equation, ((point, offset),) = c.equations[name], edge.times
    right = substituted(equation.right, {equation.left.indices[0]: at(Symbol(point) if point else None, offset)})
    edges = {e: p - (e == edge) for e, p in mono.edges}
    rest = mono._replace(edges=tuple((e, p) for e, p in edges.items() if p))
    return _multiplied(c, rest, coefficient, c.poly(right), edge.verts)
