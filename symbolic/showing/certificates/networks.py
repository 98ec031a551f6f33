"""Polynomials over index networks as data, and what their heads mean, as terms.

A term: {"times": coefficient, "edges": [[head, steps, vertices, power]...], "over": [[vertex, size]...], "steps": [names],
"where": [[a, b, c]...]} for a - b <= c.  Vertices are numbers: 0, 1, ... the legs, negative ones named components, from 1000 on
those that are summed over.  A head is described once, by a term that has its value: in it $0, $1, ... are the steps of an edge
and #0, #1, ... its vertices, so that `slope:var:h` is 1 - h_{#0}($0)².  Three heads occur in descriptions only:

    call     the value of another head at steps and vertices
    over     the sum of a term over a component;  tensor: the matrix whose entries are a term
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from sympy.core.basic import Basic

from ...language import Var
from ...language.shapes import Legs
from ...proof.convert import Converter
from ...proof.networks import Monomial, Poly
from .terms import Plain, Unwritable, legs, size


class Heads:
    """The heads that occur, each with its description."""

    def __init__(self, converter: Converter, sides: Iterable[Basic]):
        self.converter = converter
        self.steps: dict[str, int] = {}
        self.described: dict[str, Plain] = {}
        self.shapes: dict[str, tuple[Legs, Legs]] = {v.name: v.shape for side in sides for v in side.atoms(Var)}
        self.shapes |= {f.name: (f.rows, f.cols) for f in converter.model.families.values()}

    def poly(self, poly: Poly) -> list[Plain]:
        return [self._monomial(mono, str(c)) for mono, c in sorted(poly.items())]

    def _monomial(self, mono: Monomial, coefficient: str) -> Plain:
        edges = []
        for edge, power in mono.edges:
            self.describe(edge.head, len(edge.times))
            edges.append([edge.head, [list(t) for t in edge.times], list(edge.verts), str(power)])
        return {
            "times": coefficient, "edges": edges, "over": [[v, size(s)] for v, s in mono.verts],
            "steps": list(mono.times), "where": [list(c) for c in mono.constraints],
        }  # fmt: skip

    def describe(self, head: str, steps: int) -> None:
        """Say what the value of a head is, and of all heads that this names; its edges have so many steps."""
        if head not in self.described:
            self.steps[head] = steps
            self.described[head] = None  # in the making; no head names itself
            self.described[head] = self.value(head)

    def value(self, head: str) -> Plain:
        kind, _, rest = head.partition(":")
        row = _entry if _cut(head) else _KINDS.get(kind)
        if row is None:
            raise Unwritable(f"a head of the kind {kind}")
        return row(self, head, rest)

    def body(self, poly: Poly, places: Mapping[int, str], steps: Mapping[str, str]) -> Plain:
        """A polynomial as a term, where its free vertices and its steps have the given names."""
        terms: list[Plain] = [["number", "0"]]
        for mono, c in sorted(poly.items()):
            if mono.times or mono.constraints:
                raise Unwritable("a function of a sum over steps")
            names = {**{v: f"#{v}" for v, _ in mono.verts}, **places}
            factors: list[Plain] = [["number", str(c)]]
            for edge, power in mono.edges:
                self.describe(edge.head, len(edge.times))
                times = [[steps.get(p, p), o] for p, o in edge.times]
                called = ["call", edge.head, times, [[names[v], 0] for v in edge.verts]]
                factors.append(called if power == 1 else ["power", called, str(power)])
            term: Plain = ["product", *factors]
            for v, s in mono.verts:
                term = ["over", term, f"#{v}", size(s)]
            terms.append(term)
        return ["plus", *terms]


def _cut(head: str) -> re.Match[str] | None:
    """The cut of a tensor to a part of a joined vector: its leg, the part's position, the sizes of the parts."""
    return re.fullmatch(r"((?:var|adjoint):.*)@(\d+):(\d+):([^@]*)", head)


def _matrix(h: Heads, head: str) -> tuple[Plain, list[Plain], list[Plain]]:
    """A quantity, an adjoint or a part of one, with its rows and columns."""
    cut = _cut(head)
    if cut is None:
        kind, _, name = head.partition(":")
        if name not in h.shapes:
            raise Unwritable("a derivative of an abstract function of a matrix")
        rows, cols = map(legs, h.shapes[name])
        steps = [[f"${i}", 0] for i in range(_steps(h, name))]
        own = ["var", name, steps, rows, cols]
        return own if kind == "var" else ["adjoint", own], rows, cols
    whole, rows, cols = _matrix(h, cut[1])
    axis, sizes = int(int(cut[2]) >= len(rows)), [size(s) for s in cut[4].split("|")]
    side = cols if axis else rows
    if len(side) != 1:
        raise Unwritable("a part of a flattened side")
    part: list[Plain] = [sizes[int(cut[3])]]
    return ["block", whole, axis, int(cut[3]), sizes], part if not axis else rows, part if axis else cols


def _steps(h: Heads, name: str) -> int:
    family = h.converter.model.families.get(name)
    return len(family.indices) if family is not None else 0


def _at(x: Plain, sizes: list[Plain]) -> Plain:
    """The entry at the vertices #0, #1, ..."""
    return ["entry", x, sizes, [[f"#{i}", 0] for i in range(len(sizes))]] if sizes else x


def _entry(h: Heads, head: str, rest: str) -> Plain:
    x, rows, cols = _matrix(h, head)
    return _at(x, rows + cols)


def _slope(h: Heads, head: str, of: str) -> Plain:
    """tanh' = 1 - h², σ' = s - s²."""
    x = h.value(of)
    first = {"tanh": ["number", "1"], "sigmoid": x}[h.converter.algebra.heads.known[of].fun]
    return ["plus", first, ["product", ["number", "-1"], ["power", x, "2"]]]


def _shift(h: Heads, head: str, rest: str) -> Plain:
    known = h.converter.algebra.heads.known[head]
    return ["power", ["plus", h.value(known.of), ["number", str(-known.root)]], "-1"]


def _function(h: Heads, head: str, rest: str) -> Plain:
    """Entry by entry, or of the vector that the argument is over place 0; then the legs of the value come first."""
    known = h.converter.algebra.heads.known[head]
    if known.body is None:
        raise Unwritable("a function without an argument")
    abstract = re.fullmatch(r"@(.*)#(\d+):(\w+)\((.*)\)", known.fun)
    name, order, kind = (abstract[1], int(abstract[2]), abstract[3]) if abstract else (known.fun, 0, "")
    out = [size(s) for s in abstract[4].split(",") if s] if abstract else []
    over: list[Plain] = [size(s) for s in known.sizes]
    own = over if name == "softmax" or (order and kind != "elementwise") else []
    own = out + own if kind == "vector" else own
    free = _free(known.body)
    places = {v: f"#{len(own) + k}" for k, v in enumerate(sorted(free - {0} if over else free))}
    argument = h.body(known.body, {**places, 0: "#"} if over else places, {})
    x = ["tensor", argument, [["#", over[0]]], []] if over else argument
    when = [[f"${i}", 0] for i in range(known.slots, h.steps.get(head, 0))]
    return _at(["apply", [name, order, kind, out, when], x], own)


def _base(h: Heads, head: str, rest: str) -> Plain:
    known = h.converter.algebra.heads.known[head]
    assert known.body is not None
    return h.body(known.body, {v: f"#{v}" for v in _free(known.body)}, {})


def _free(body: Poly) -> set[int]:
    return {v for mono in body for e, _ in mono.edges for v in e.verts} - {v for mono in body for v, _ in mono.verts}


def _product(h: Heads, head: str, rest: str) -> Plain:
    """∏ from $0 to $1; further steps of the factors follow, and further vertices behind rows and columns."""
    known = h.converter.algebra.heads.known[head]
    assert known.body is not None
    sizes: list[Plain] = [size(s) for s in h.converter.algebra.product_sizes[head]]
    n = len(sizes)
    letters = {v: f"#{v}" if v >= 2 * n else f"#f{v}" for v in {*_free(known.body), *range(2 * n)}}
    points = {p for mono in known.body for e, _ in mono.edges for p, _ in e.times}
    steps = {p: "$f" if p == "$0" else f"${int(p[1:]) + 1}" for p in points}
    rows, cols = ([[letters[k + start], s] for k, s in enumerate(sizes)] for start in (0, n))
    factor = ["tensor", h.body(known.body, letters, steps), rows, cols]
    return _at(["chain", factor, "$f", ["$0", 0], ["$1", 0], "descending", sizes], sizes * 2)


def _part(h: Heads, head: str, rest: str) -> Plain:
    """E_{vu} = 1 where v is the place of u: the columns of the identity that belong to the part."""
    position, names = rest.split(":")
    sizes = [size(s) for s in names.split("|")]
    whole: list[Plain] = [product for s in sizes for product in s]
    return _at(["block", ["identity", [whole]], 1, int(position), sizes], [whole, sizes[int(position)]])


_KINDS: dict[str, Callable[[Heads, str, str], Plain]] = {
    "var": _entry,
    "adjoint": _entry,
    "slope": _slope,
    "shift": _shift,
    "fn": _function,
    "step": _function,
    "base": _base,
    "product": _product,
    "part": _part,
    "delta": lambda h, head, rest: ["where", ["number", "1"], [["=", ["#0", 0], ["#1", 0]]], [], []],
    "size": lambda h, head, rest: ["index", [rest, 0]],
    "time": lambda h, head, rest: ["index", ["$0", 0]],
}
"""What a head begins with -> the term that has its value."""


def components(converter: Converter, polys: Iterable[Poly]) -> list[Plain]:
    """The named components that occur: vertex, and the letter or number."""
    used = {v for p in polys for m in p for e, _ in m.edges for v in e.verts}
    return [[v, name.partition("@")[0]] for name, v in converter.components.items() if v in used]
