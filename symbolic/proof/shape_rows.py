"""Rows of the conversion for what moves, joins or identifies entries: traces, diagonals, Kronecker products, parts."""

from __future__ import annotations

from fractions import Fraction

from sympy import Expr, Integer
from sympy.core.basic import Basic

from ..language import (
    Block,
    Commute,
    Concat,
    Diag,
    DiagPart,
    Identity,
    Kronecker,
    NormSquared,
    Reshape,
    Total,
    Trace,
    Transpose,
    Vec,
    shape_of,
)
from .conversion import Conversion, Row
from .heads import Head, part_head
from .networks import ONE, Edge, Monomial, Poly, add, relabelled


def _transpose(c: Conversion, term: Transpose) -> Poly:
    rows, cols = shape_of(term.args[0])
    r, k = len(rows), len(cols)
    return c.algebra.moved(c.poly(term.args[0]), {**{i: k + i for i in range(r)}, **{r + j: j for j in range(k)}})


def deltas(c: Conversion, pairs: list[tuple[int, int]]) -> Poly:
    return {Monomial(tuple(sorted((Edge("delta", (), (a, b)), 1) for a, b in pairs))): Fraction(1)}


def _diag(c: Conversion, term: Diag) -> Poly:
    k = len(shape_of(term.args[0])[0]) + len(shape_of(term.args[0])[1])
    return c.algebra.multiply(c.poly(term.args[0]), deltas(c, [(i, k + i) for i in range(k)]))


def _identified(c: Conversion, poly: Poly, legs: int, sizes: tuple[Expr, ...] | None) -> Poly:
    """Leg i and leg legs+i become one; summed over where sizes are given."""
    if sizes is None:
        return c.algebra.moved(poly, {legs + i: i for i in range(legs)})
    verts = [c.algebra.fresh_vertex() for _ in sizes]
    mapping = dict(enumerate(verts)) | {legs + i: v for i, v in enumerate(verts)}
    bound = tuple((v, str(s)) for v, s in zip(verts, sizes, strict=True))
    return c.algebra.multiply(add([{relabelled(m, mapping): k} for m, k in poly.items()]), {ONE: Fraction(1)}, bound)


def _diag_part(c: Conversion, term: DiagPart) -> Poly:
    return _identified(c, c.poly(term.args[0]), len(shape_of(term.args[0])[0]), None)


def _trace(c: Conversion, term: Trace) -> Poly:
    rows = shape_of(term.args[0])[0]
    return _identified(c, c.poly(term.args[0]), len(rows), rows)


def _summed(c: Conversion, poly: Poly, sizes: tuple[Expr, ...]) -> Poly:
    verts = [c.algebra.fresh_vertex() for _ in sizes]
    bound = tuple((v, str(s)) for v, s in zip(verts, sizes, strict=True))
    moved = add([{relabelled(m, dict(enumerate(verts))): k} for m, k in poly.items()])
    return c.algebra.multiply(moved, {ONE: Fraction(1)}, bound)


def _total(c: Conversion, term: Total) -> Poly:
    rows, cols = shape_of(term.args[0])
    return _summed(c, c.poly(term.args[0]), rows + cols)


def _norm_squared(c: Conversion, term: NormSquared) -> Poly:
    rows, cols = shape_of(term.args[0])
    return _summed(c, c.algebra.power(c.poly(term.args[0]), 2), rows + cols)


def _identity(c: Conversion, term: Identity) -> Poly:
    k = len(term.rows)
    return deltas(c, [(i, k + i) for i in range(k)])


def _kronecker(c: Conversion, term: Kronecker) -> Poly:
    (ra, ca), (rb, cb) = shape_of(term.args[0]), shape_of(term.args[1])
    r, s, k, m = len(ra), len(rb), len(ca), len(cb)
    left = {r + j: r + s + j for j in range(k)}
    right = {**{i: r + i for i in range(s)}, **{s + j: r + s + k + j for j in range(m)}}
    return c.algebra.multiply(c.algebra.moved(c.poly(term.args[0]), left), c.algebra.moved(c.poly(term.args[1]), right))


def _vec(c: Conversion, term: Vec) -> Poly:
    if term.args[1].name == "row":
        return c.poly(term.args[0])
    return _transpose(c, Transpose(term.args[0]))


def _reshape(c: Conversion, term: Reshape) -> Poly:
    return c.poly(term.args[0])


def _concat(c: Conversion, term: Concat) -> Poly:
    """Σ_p Σ_u E^p_{vu} (part p)_u, with v the joined leg."""
    axis, parts = int(term.args[0]), term.args[1:]
    leg = len(term.rows) if axis else 0
    sizes = tuple(str((*shape_of(p)[axis], Integer(1))[0]) for p in parts)
    pieces = []
    for position, part in enumerate(parts):
        legs = sum(map(len, shape_of(part)))
        u = c.algebra.fresh_vertex()
        # a part that is one row or column has no leg there, and the legs behind move on
        moves = {leg: u} if shape_of(part)[axis] else {i: i + 1 for i in range(leg, legs)}
        moved = add([{relabelled(m, moves): k} for m, k in c.poly(part).items()])
        pieces.append(c.algebra.multiply(moved, _place(c, position, sizes, leg, u), ((u, sizes[position]),)))
    c.algebra.heads.totals["|".join(sizes)] = str(sum(term.shape[axis], Integer(0)))
    return add(pieces)


def _place(c: Conversion, position: int, sizes: tuple[str, ...], v: int, u: int) -> Poly:
    """E_{vu}: v is the place of entry u of the part."""
    head = part_head(position, sizes)
    c.algebra.heads.known.setdefault(head, Head("part"))
    return {Monomial(((Edge(head, (), (v, u)), 1),)): Fraction(1)}


def _block(c: Conversion, term: Block) -> Poly:
    """Σ_v E_{vu} x_v; of a part of one entry also the sum over its only u."""
    x, axis, position, sizes = term.args
    legs, leg = sum(map(len, shape_of(x))), len(shape_of(x)[0]) if axis == 1 else 0
    v, one = c.algebra.fresh_vertex(), sizes[int(position)] == 1
    u = c.algebra.fresh_vertex() if one else leg
    moves = {leg: v} | ({i: i - 1 for i in range(leg + 1, legs)} if one else {})
    moved = add([{relabelled(m, moves): k} for m, k in c.poly(x).items()])
    total, names = str(sum(sizes, Integer(0))), tuple(map(str, sizes))
    c.algebra.heads.totals["|".join(names)] = total
    bound = ((v, total), *(((u, "1"),) if one else ()))
    return c.algebra.multiply(moved, _place(c, int(position), names, v, u), bound)


def _commute(c: Conversion, term: Commute) -> Poly:
    rows, cols = len(term.args[0]), len(term.args[1])
    k = rows + cols
    return deltas(c, [(cols + i, k + i) for i in range(rows)] + [(j, k + rows + j) for j in range(cols)])


SHAPE_ROWS: dict[type[Basic], Row] = {
    Transpose: _transpose,
    Diag: _diag,
    DiagPart: _diag_part,
    Trace: _trace,
    Total: _total,
    NormSquared: _norm_squared,
    Identity: _identity,
    Kronecker: _kronecker,
    Vec: _vec,
    Reshape: _reshape,
    Concat: _concat,
    Block: _block,
    Commute: _commute,
}
