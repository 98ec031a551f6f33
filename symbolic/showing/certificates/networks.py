"""Polynomials over index networks as data, with everything that their heads mean.

A term: {"times": coefficient, "edges": [[head, steps, vertices, power]...], "over": [[vertex, size]...], "steps": [names],
"where": [[a, b, c]...]} for a - b <= c.  Vertices are numbers: 0, 1, ... the legs, negative ones named components, from 1000 on
those that are summed over.  A head is described once, by what its value is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ...proof.convert import Converter
from ...proof.networks import Monomial, Poly
from .terms import Plain, Unwritable, size


class Heads:
    """The heads that occur, described in terms of each other."""

    def __init__(self, converter: Converter):
        self.converter = converter
        self.described: dict[str, Plain] = {}

    def poly(self, poly: Poly) -> list[Plain]:
        return [self.monomial(mono, str(c)) for mono, c in sorted(poly.items())]

    def monomial(self, mono: Monomial, coefficient: str) -> Plain:
        edges = []
        for edge, power in mono.edges:
            self.describe(edge.head)
            edges.append([edge.head, [list(t) for t in edge.times], list(edge.verts), str(power)])
        return {
            "times": coefficient, "edges": edges, "over": [[v, size(s)] for v, s in mono.verts],
            "steps": list(mono.times), "where": [list(c) for c in mono.constraints],
        }  # fmt: skip

    def describe(self, head: str) -> None:
        """Say what the value of a head is, and of all heads that this names."""
        if head in self.described:
            return
        self.described[head] = None  # in the making; no head names itself
        kind, _, rest = head.partition(":")
        row = _KINDS.get(kind)
        if "@" in head and not head.startswith(("fn:", "step:", "base:", "product:")) and row is not None:
            row = _restricted if kind in ("var", "adjoint") else row
        if row is None:
            raise Unwritable(f"a head of the kind {kind}")
        self.described[head] = row(self, head, rest)


def _restricted(h: Heads, head: str, rest: str) -> Plain:
    """A tensor one leg of which is cut to a part of a joined vector."""
    whole, _, cut = head.rpartition("@")
    found = re.fullmatch(r"(\d+):(\d+):(.*)", cut)
    if found is None:
        raise Unwritable("an abstract function of a matrix")
    h.describe(whole)
    return ["cut", whole, int(found[1]), int(found[2]), [size(s) for s in found[3].split("|")]]


def _slope(h: Heads, head: str, of: str) -> Plain:
    h.describe(of)
    return ["slope", of, h.converter.algebra.heads.known[of].fun]


def _shift(h: Heads, head: str, rest: str) -> Plain:
    known = h.converter.algebra.heads.known[head]
    h.describe(known.of)
    return ["shift", known.of, str(known.root)]


def _function(h: Heads, head: str, rest: str) -> Plain:
    """The argument, how many of the steps are its own, the size over which the function runs in place 0 (or None), and the
    places of the other vertices: the last ones of an edge; those before are the legs of the value."""
    known = h.converter.algebra.heads.known[head]
    if known.body is None:
        raise Unwritable("a function without an argument")
    abstract = re.fullmatch(r"@(.*)#(\d+):(\w+)\((.*)\)", known.fun)
    out = [size(s) for s in abstract[4].split(",") if s] if abstract else []
    fun = [abstract[1], int(abstract[2]), abstract[3], out] if abstract else [known.fun, 0, "", []]
    bound = {v for mono in known.body for v, _ in mono.verts}
    places = {v for mono in known.body for e, _ in mono.edges for v in e.verts} - bound
    over = size(known.sizes[0]) if known.sizes else None
    return ["function", fun, h.poly(known.body), known.slots, over, sorted(places - {0} if over else places)]


def _base(h: Heads, head: str, rest: str) -> Plain:
    known = h.converter.algebra.heads.known[head]
    assert known.body is not None
    return ["base", h.poly(known.body)]


def _product(h: Heads, head: str, rest: str) -> Plain:
    known = h.converter.algebra.heads.known[head]
    assert known.body is not None
    return ["chain", h.poly(known.body), [size(s) for s in h.converter.algebra.product_sizes[head]]]


def _part(h: Heads, head: str, rest: str) -> Plain:
    position, sizes = rest.split(":")
    return ["part", int(position), [size(s) for s in sizes.split("|")]]


_KINDS: dict[str, Callable[[Heads, str, str], Plain]] = {
    "var": lambda h, head, rest: ["var", rest],
    "adjoint": lambda h, head, rest: ["adjoint", rest],
    "slope": _slope,
    "shift": _shift,
    "fn": _function,
    "step": _function,
    "base": _base,
    "product": _product,
    "part": _part,
    "delta": lambda h, head, rest: ["delta"],
    "size": lambda h, head, rest: ["size", rest],
    "time": lambda h, head, rest: ["step"],
}
"""What a head begins with -> its description: a word, and what belongs to it."""


def components(converter: Converter, polys: Iterable[Poly]) -> list[Plain]:
    """The named components that occur: vertex, and the letter or number."""
    used = {v for p in polys for m in p for e, _ in m.edges for v in e.verts}
    return [[v, name.partition("@")[0]] for name, v in converter.components.items() if v in used]
