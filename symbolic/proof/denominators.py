"""Rewritings of a difference that is not zero as it stands: denominators cleared, softmax written out.

Both multiply by something that is never zero, so the result is zero exactly where the difference was.
"""

from __future__ import annotations

from fractions import Fraction

from .convert import Converter
from .networks import Edge, Monomial, Poly, add, relabelled


def cleared(c: Converter, poly: Poly) -> Poly | None:
    """The polynomial times the denominators B^k that stand at free vertices: zero iff it was, since B is not zero."""
    for _ in range(8):
        found: dict[Edge, Fraction | int] = {}
        for mono in poly:
            bound = {v for v, _ in mono.verts}
            for edge, power in mono.edges:
                here = not bound.intersection(edge.verts) and not any(p in mono.times for p, _ in edge.times)
                if power < 0 and here and c.algebra.heads.known[edge.head].kind == "base":
                    found[edge] = min(found.get(edge, 0), power)
        if not found:
            return poly
        edge, power = min(found.items())
        if power != int(power):
            return None
        factor: Poly = {Monomial(((edge, -power),)): Fraction(1)}
        poly = c.algebra.multiply(poly, factor)
        if not poly:
            return poly
    return None


def exponentials(c: Converter, poly: Poly) -> Poly | None:
    """softmax(z)_i written as exp(z_i) / Σ_c exp(z_c) where it stands at free vertices, with the denominators cleared."""
    changed: list[Poly] = []
    seen = False
    for mono, coefficient in poly.items():
        found = [(e, p) for e, p in mono.edges if e.head in c.softmax_sizes and p == int(p) and p > 0]
        if not found or mono.verts:
            changed.append({mono: coefficient})
            continue
        seen = True
        part: Poly = {mono._replace(edges=tuple(i for i in mono.edges if i not in found)): coefficient}
        for edge, power in found:
            inner = c.argument_of(edge)
            if inner is None:
                return None
            value = c.algebra.apply("exp", inner[1])
            vertex = c.algebra.fresh_vertex()
            moved = add([{relabelled(m, {edge.verts[0]: vertex}): k} for m, k in value.items()])
            total = c.algebra.multiply(moved, {Monomial(()): Fraction(1)}, ((vertex, c.softmax_sizes[edge.head]),))
            quotient = c.algebra.multiply(value, c.algebra.reciprocal(total))
            part = c.algebra.multiply(part, c.algebra.power(quotient, int(power)))
        changed.append(part)
    return cleared(c, add(changed)) if seen else None
