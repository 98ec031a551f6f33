"""Operations as C: one function per kind, each returns the lines of its block.

Assignments of one shape that follow each other are one pass over their entries: what one computes the next has in a
register, and what nothing else reads is never written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..program import Assign, Call, Const, Contract, Load, Product, Row, Total, Value, loads
from ..schedule import KernelError
from .layout import Layout, Segment, View, pieces
from .places import Place, Walk
from .values import KNOWN, expression

Lines = list[str]


@dataclass
class Printer:
    """What printing needs to know, and what it asks for.

    root     the C name of a buffer's root, counted as needed
    raw      the C name of a parameter as the caller gives it
    packed   the packed matrix of a product, asked for before the operation
    local    the roots that have memory for one strip, see `strips`
    scratch  the largest piece of memory that an operation needs for itself, in numbers
    """

    layout: Layout
    root: Callable[[str], str]
    packed: Callable[[Load, bool, Segment, Segment], str]
    local: Mapping[str, int] = field(default_factory=dict)
    scratch: list[str] = field(default_factory=list)

    def view(self, load: Load) -> View:
        return self.layout.views[load.buffer]

    def walk(self, place: Place) -> Walk:
        return Walk(self.layout, place, self.root, self.local)

    # Entry by entry.

    def assigned(self, group: Sequence[Assign], place: Place, unseen: frozenset[str] = frozenset()) -> Lines:
        """Assignments of one shape in one pass; `unseen`: outs that stay in registers."""
        walk = self.walk(place)
        legs = self.layout.views[group[0].out].legs
        done: set[Load] = set()
        for o in group:
            if o.out not in unseen:
                walk.pointer(Load(o.out), written=True)
        for o in group:
            for r in loads(o.value):
                if r not in done:
                    walk.pointer(r)
            done.add(Load(o.out))
        heads, row = walk.loops()
        outs = [Load(o.out) for o in group if o.out not in unseen] or [Load(group[-1].out)]

        def body(index: Callable[[Load, str], str]) -> Lines:
            known: dict[Load, str] = {}

            def entry(load: Load, how: str) -> str:
                return known[load] if load in known and not how else index(load, how)

            lines = []
            for i, o in enumerate(group):
                name = f"v{i}"
                told = expression(o.value, entry)
                place_ = index(Load(o.out), "") if o.out not in unseen else ""
                lines.append(f"real {name} = {f'{place_} + ' if o.add else ''}{told};")
                known[Load(o.out)] = name
                lines += [f"{place_} = {name};"] if place_ else []
            return lines

        values: list[Value] = [o.value for o in group]
        return _block(walk.declared, heads, self._entries(walk, row, values, outs, legs, body))

    def _entries(
        self, walk: Walk, row: Callable[[Load], str], values: Sequence[Value], outs: Sequence[Load], legs: tuple[int, ...],
        body: Callable[[Callable[[Load, str], str]], Lines],
    ) -> Lines:  # fmt: skip
        """The loops over the entries of one row, padding included where that is out's own."""

        def text(load: Load, *more: str) -> str:
            return self._text(walk, row, load, *more)

        if not legs:
            return body(lambda load, how: text(load))
        found = _walked(values)
        along = list(dict.fromkeys([*outs, *(r for r, how in found if how != "column" and self.view(r).rank)]))
        down = list(dict.fromkeys(r for r, how in found if how == "column"))
        result: Lines = []
        for height, tops in pieces(legs[0], [self.view(r).segments for r in down]) if len(legs) == 2 else [(1, ())]:
            top = dict(zip(down, tops, strict=True))
            inner: Lines = []
            for length, places in pieces(legs[-1], [self.view(r).segments for r in along]):
                place = dict(zip(along, places, strict=True))
                count = self._padded(length, [(self.view(o), place[o]) for o in outs])

                def index(load: Load, how: str, place: dict = place, top: dict = top) -> str:
                    view = self.view(load)
                    if how == "column":
                        return text(load, "i", str(top[load]))
                    if not view.rank:
                        return text(load)
                    line = [f"i * {view.line}"] if view.rank == 2 else []
                    return text(load, *line, "j", str(place[load]))

                inner += [f"EACH for (int j = 0; j < {count}; j++) {{", *_in(body(index)), "}"]
            result += [f"for (int i = 0; i < {height}; i++) {{", *_in(inner), "}"] if len(legs) == 2 else inner
        return result

    def _padded(self, length: int, outs: Sequence[tuple[View, int]]) -> int:
        """The entries to compute: also the padding where the piece ends every out's segment."""
        line = self.layout.size_of_line
        counts = set()
        for view, place in outs:
            ends = {p + n for p, n in view.segments}
            counts.add(-(-(place + length) // line) * line - place if place + length in ends else length)
        return counts.pop() if len(counts) == 1 else length

    # Products.

    def product(self, o: Product, place: Place) -> Lines:
        walk = self.walk(place)
        out, vector = self.layout.views[o.out], self.view(o.vector)
        goal, source = walk.pointer(Load(o.out), written=True), walk.pointer(o.vector)
        begin = self.view(o.start) if o.start else out
        first = walk.pointer(o.start) if o.start else "0"
        if begin.segments != out.segments or (o.start and (o.add or vector.rank == 2)):
            raise KernelError("a product that starts with numbers of another form has no form in C")
        begin_row = out.row if not o.start else begin.row if walk.same([Load(o.out), o.start]) else 0
        if begin_row == 0 and (begin.time or begin.batch):
            raise KernelError("a product that starts with numbers of other steps or samples has no form in C")
        if not walk.same([Load(o.out), o.vector]):
            raise KernelError("a product whose vector has other steps or samples than its result has no form in C")
        rows = walk.rows()
        if vector.rank == 2:
            if rows != "1":
                raise KernelError("a product of matrices for every step or sample has no form in C")
            rows, out_row, vector_row = str(vector.legs[0]), out.line, vector.line
        else:
            out_row, vector_row = out.row, vector.row
        matrix = self.view(o.matrix)
        across = [matrix.segments] if not o.turned else []
        along = [matrix.segments] if o.turned else []
        lines: Lines = list(walk.declared)
        k = 0
        for depth, (from_, *_) in pieces(vector.legs[-1], [vector.segments, *across]):
            j = 0
            for width, (to, *_) in pieces(out.legs[-1], [out.segments, *along]):
                name = self.packed(o.matrix, o.turned, (k, depth), (j, width))
                start = f"{goal} + {to}, {out_row}" if o.add or k else f"{first} + {to}, {begin_row}" if o.start else "0, 0"
                lines.append(
                    f"rows_times({rows}, {depth}, {width}, {goal} + {to}, {out_row}, {start}, "
                    f"{source} + {from_}, {vector_row}, {name});"
                )
                j += width
            k += depth
        return _block(lines, [], [])

    def contract(self, o: Contract, place: Place) -> Lines:
        walk = self.walk(place)
        goal = walk.pointer(Load(o.out), written=True)
        left, right = walk.pointer(o.left), walk.pointer(o.right)
        a, b, out = self.view(o.left), self.view(o.right), self.layout.views[o.out]
        if not walk.same([o.left, o.right]) or (a.rank, b.rank) != (1, 1):
            raise KernelError("a sum of columns times rows whose factors have other axes has no form in C")
        rows = walk.rows()
        add = "1" if o.add else "u > 0" if place.strip else "0"
        lines: Lines = list(walk.declared)
        i = 0
        for height, (top,) in pieces(a.legs[0], [a.segments]):
            for width, (to, from_) in pieces(b.legs[0], [out.segments, b.segments]):
                self.scratch.append(f"SCRATCH({height}, {width})")
                lines.append(
                    f"columns_times({rows}, {height}, {width}, {goal} + {i * out.line + to}, {out.line}, {add}, "
                    f"{left} + {top}, {a.row}, {right} + {from_}, {b.row}, scratch);"
                )
            i += height
        return _block(lines, [], [])

    # Sums and rows.

    def row(self, o: Row, place: Place) -> Lines:
        """A function of the last axis, for a value of columns or, for all samples alike, of a matrix."""
        walk = self.walk(place)
        goal = Load(o.out)
        walk.pointer(goal, written=True)
        for r in loads(o.value):
            walk.pointer(r)
        heads, row = walk.loops()
        found = [(r, how) for r, how in dict.fromkeys(_walked([o.value])) if self.view(r).rank]
        legs = max((self.view(r).legs for r, _ in found), key=len, default=())
        if not legs or o.add or (len(legs) == 2 and (heads or o.fun == "shifted" or any(how for _, how in found))):
            raise KernelError("this function of rows has no form in C")
        i = ["i"] if len(legs) == 2 else []
        total = f"{self._text(walk, row, goal, *i)} = "

        def each(first: str, step: str) -> Lines:
            return self._each(walk, row, o.value, legs[-1], "real part[LINE];", first, step)

        most = "part[l] = x > part[l] ? x : part[l];"
        if o.fun == "sum":
            body = [*each("0", "part[l] += x;"), f"{total}sum_of_parts(part);"]
        elif o.fun == "max":
            body = [*each("-(real)INFINITY", most), f"{total}largest_of_parts(part);"]
        else:
            body = ["real most;", "{", *_in([*each("-(real)INFINITY", most), "most = largest_of_parts(part);"]), "}"]
            if o.fun == "logsumexp":
                body += [*each("0", "part[l] += function_exp(x - most);"), f"{total}most + function_log(sum_of_parts(part));"]
            else:
                body += self._entries(
                    walk, row, [o.value], [goal], legs,
                    lambda index: [f"{index(goal, '')} = {expression(o.value, index)} - most;"],
                )  # fmt: skip
        return _block(walk.declared, [*heads, *([f"for (int i = 0; i < {legs[0]}; i++)"] if i else [])], body)

    def _text(self, walk: Walk, row: Callable[[Load], str], load: Load, *more: str) -> str:
        """The entry of an array in the row of the loops."""
        return f"{walk.names[load]}[{' + '.join(p for p in (row(load), *more) if p and p != '0') or '0'}]"

    def _each(
        self, walk: Walk, row: Callable[[Load], str], value: Value, length: int, parts: str, first: str, step: str
    ) -> Lines:
        """`step` for x, each entry of a row, and its part[l] of LINE."""
        along = list(dict.fromkeys(r for r, how in _walked([value]) if how != "column" and self.view(r).rank))
        lines = [f"{parts} for (int l = 0; l < LINE; l++) part[l] = {first};"] if parts else []
        for count, places in pieces(length, [self.view(r).segments for r in along]):
            place = dict(zip(along, places, strict=True))

            def entry(load: Load, how: str, place: dict[Load, int] = place) -> str:
                view = self.view(load)
                if how == "column" or not view.rank:
                    return self._text(walk, row, load, *(["i"] if how == "column" else []))
                line = [f"i * {view.line}"] if view.rank == 2 else []
                return self._text(walk, row, load, *line, "k + l", str(place[load]))

            whole = count % self.layout.size_of_line == 0
            lines += [
                f"for (int k = 0; k < {count}; k += LINE)",
                f"    EACH for (int l = 0; l < LINE; l++) {{ real x = {expression(value, entry)}; "
                f"{step if whole else f'if (k + l < {count}) {step}'} }}",
            ]
        return lines

    def total(self, o: Total, place: Place) -> Lines:
        """Sums over the steps and samples that the out has not."""
        walk = self.walk(place)
        goal = Load(o.out)
        out = self.layout.views[o.out]
        found = list(dict.fromkeys(loads(o.value)))
        walk.pointer(goal, written=True)
        for r in found:
            walk.pointer(r)
        rank = max((self.view(r).rank for r in found), default=0)
        if not out.rank and not out.time and not out.batch:
            return self._number(o, walk, rank, place)
        if rank != out.rank:
            raise KernelError("a sum over entries and steps at once has no form in C")
        heads, row = walk.loops()
        zero = [] if o.add else self.assigned([Assign(o.out, Const(Fraction(0)), o.steps)], replace(place, strip=False))
        if zero and place.strip:
            zero = ["if (u == 0)", *zero]
        lines = self._entries(
            walk, row, [o.value], [goal], out.legs,
            lambda index: [f"{index(goal, '')} += {expression(o.value, index)};"],
        )  # fmt: skip
        return [*zero, *_block(walk.declared, heads, lines)]

    def _number(self, o: Total, walk: Walk, rank: int, place: Place) -> Lines:
        """One number: in double precision, and in LINE parts that are summed side by side."""
        name = walk.names[Load(o.out)]
        heads, row = walk.loops()
        parts = "double part[LINE]; for (int l = 0; l < LINE; l++) part[l] = 0;"
        old = f"{name}[0] + " if o.add else f"(u ? {name}[0] : 0) + " if place.strip else ""
        end = f"{name}[0] = {old}total_of_parts(part);"
        if rank == 0 and len(heads) == 1:

            def entry(load: Load, _: str, at: str) -> str:
                return f"{walk.names[load]}[{at if row(load) else '0'}]"

            body = [
                f"count rows = {walk.rows()}, m = rows - rows % LINE;",
                "for (count k = 0; k < m; k += LINE)",
                f"    EACH for (int l = 0; l < LINE; l++) part[l] += {expression(o.value, lambda r, h: entry(r, h, 'k + l'))};",
                f"for (count k = m; k < rows; k++) part[k - m] += {expression(o.value, lambda r, h: entry(r, h, 'k'))};",
            ]  # fmt: skip
            return _block([*walk.declared, parts, *body, end], [], [])
        if rank == 0:
            inner = [f"part[0] += {expression(o.value, lambda r, how: self._text(walk, row, r))};"]
        else:
            legs = next(self.view(r).legs for r in loads(o.value) if self.view(r).rank == rank)
            inner = self._each(walk, row, o.value, legs[-1], "", "", "part[l] += x;")
            if rank == 2:
                inner = [f"for (int i = 0; i < {legs[0]}; i++) {{", *_in(inner), "}"]
        return _block([*walk.declared, parts], heads, inner, [end])


def _walked(values: Sequence[Value]) -> list[tuple[Load, str]]:
    """Every load with how it is repeated."""
    found: list[tuple[Load, str]] = []
    stack: list[tuple[Value, str]] = [(v, "") for v in reversed(values)]
    while stack:
        node, how = stack.pop()
        if isinstance(node, Load):
            found.append((node, how))
        elif isinstance(node, Call):
            if node.fun not in KNOWN:
                raise KernelError(f"{node.fun} has no form in C")
            inner = node.fun if node.fun in ("row", "column") else how
            stack.extend((a, inner) for a in reversed(node.args))
    return found


def _in(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]


def _block(before: Lines, heads: Sequence[str], body: Lines, after: Sequence[str] = ()) -> Lines:
    """{ before; loops { body } after; }"""
    for head in reversed(heads):
        body = [f"{head} {{", *_in(body), "}"]
    return ["{", *_in([*before, *body, *after]), "}"]

