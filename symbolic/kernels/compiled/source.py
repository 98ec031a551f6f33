"""A program and the sizes of its arrays as one function in C.

    count kernel(count T, count B, real *const *given, real *work)

computes the loss and the gradients.  `given` holds the caller's arrays: parameters and data (an optional one may be
null), then the gradients and the loss, in the order of `Source.arrays`.  Without `work` nothing is computed; the result
is the number of numbers that `work` must hold.  T and B are the numbers of steps and samples, all other sizes are
constants.  Every name in the text is made here.  For callers from Python, to whom every argument costs time,

    count run(const count *call)        call: T, B, work and then `given`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..program import Assign, Buffer, Contract, Load, Loop, Product, Program, Row, Simple, Start
from ..schedule import EVERY, KernelError, Steps
from .beginning import begun
from .grouping import Group, Grouping
from .layout import Layout, Segment, place_in
from .operations import Lines, Printer
from .places import LOOPED, STRIP, Place, place_of
from .sinking import sunk
from .strips import Part, local, parts

GIVEN = ("parameter", "data")
RUN = """count run(const count *call) {
    uint64_t was = flushing();
    count size = kernel(call[0], call[1], (real *const *)(call + 3), (real *)call[2]);
    as_before(was);
    return size;
}"""


@dataclass(frozen=True)
class Source:
    """The text of the function, and the buffers that stand in `given`, in their order."""

    text: str
    arrays: tuple[str, ...]


def c_source(program: Program, sizes: Mapping[str, int], bits: int) -> Source:
    """The function of a program; `KernelError` for what has no form in C."""
    return _Source(program, sizes, bits).source()


Run = tuple[Loop | None, list[Group]]
"""A loop with the groups of its body, or the groups of what stands between loops."""


def _runs(part: Part, grouping: Grouping) -> Iterator[Run]:
    waiting: list[Simple] = []
    for o in (*part.items, None):
        if o is not None and not isinstance(o, Loop):
            waiting.append(o)
            continue
        if waiting:
            yield None, grouping.groups(waiting)
            waiting = []
        if o is not None:
            yield o, grouping.groups(o.body, looped=True)


class _Source:
    def __init__(self, given: Program, sizes: Mapping[str, int], bits: int):
        self.program = program = sunk(begun(given))
        self.layout = Layout(program, sizes, 512 // bits)
        roots = [b for b in program.buffers.values() if b.inside is None]
        self.names = {b.name: f"b{i}" for i, b in enumerate(roots)}
        self.roots = {b.name: b for b in roots}
        self.results = (*program.gradients.values(), program.loss)
        self.arrays = (*(b.name for b in roots if b.kind in GIVEN), *self.results)
        self.needed: dict[str, None] = {}
        self.packs: dict[tuple[str, bool, Segment, Segment], str] = {}
        self.fresh: set[tuple[str, bool, Segment, Segment]] = set()  # those that hold what the matrix holds now
        self.packing: Lines = []
        self.unseen: frozenset[str] = frozenset()
        self.local: dict[str, int] = {}
        self.areas: Lines = []
        self.printer = Printer(self.layout, self._root, self._packed)

    def source(self) -> Source:
        found = list(parts(self.program, self.layout))
        self.local = self.printer.local = local(found, self.program, self.layout)
        grouping = Grouping(self.program, self.layout)
        runs = [(part, list(_runs(part, grouping))) for part in found]
        self.unseen = grouping.unseen([group for _, run in runs for _, groups in run for group in groups])
        body = [line for part, run in runs for line in (self._strip if part.direction else self._at_once)(part, run)]
        ends = [line for name in self.results for line in self._handed(name)]
        lines = [f"    {line}" for line in (*self._head(), *body, *ends, "return 0;")]
        begin = "count kernel(count T, count B, real *const *given, real *work) {"
        return Source("\n".join([begin, *lines, "}", RUN, ""]), self.arrays)

    # Memory.

    def _root(self, name: str) -> str:
        root = self.layout.views[name].root
        self.needed[root] = None
        return self.names[root]

    def _rows(self, b: Buffer) -> str:
        """C text: the number of rows of a buffer."""
        if b.name in self.local:
            return "(span + 1) * B"
        steps = f"(T + {b.before})" if b.before else "T"
        return " * ".join([*([steps] if b.time else []), *(["B"] if b.batch else [])]) or "1"

    def _area(self, name: str, numbers: str) -> None:
        self.areas.append(f"count at_{name} = used; used += AREA({numbers});")

    def _head(self) -> Lines:
        """The areas of memory, the arrays that stand there, and what is copied."""
        pointers, copies = [], []
        for name in self.needed:
            b, view, c = self.roots[name], self.layout.views[name], self.names[name]
            given = f"given[{self.arrays.index(name)}]" if name in self.arrays else ""
            numbers = f"{self._rows(b)} * {view.row}"
            if given and self.layout.tight(name) and not b.optional:
                pointers.append(f"{'const ' if b.kind in GIVEN else ''}real *{c} = {given};")
                continue
            self._area(c, numbers)
            pointers.append(f"real *{c} = work + at_{c};")
            if b.kind in GIVEN:
                if self.layout.tight(name):
                    copies.append(f"if ({given}) {c} = {given}; else memset({c}, 0, {numbers} * sizeof(real));")
                else:
                    copies += self._copied(name, c, given, from_given=True)
        if self.printer.scratch:
            most = self.printer.scratch[0]
            for s in dict.fromkeys(self.printer.scratch[1:]):
                most = f"MOST({most}, {s})"
            self._area("scratch", most)
            pointers.append("real *scratch = work + at_scratch;")
        for name in self.packs.values():
            pointers.append(f"real *{name} = work + at_{name};")
        sizes = ["count used = 0, span = MOST(1, STRIP / MOST(1, B));", *self.areas, "if (!work) return used;"]
        return [*sizes, *pointers, *copies]

    def _copied(self, name: str, c: str, given: str, from_given: bool) -> Lines:
        """Rows of the caller's array to padded ones, or back."""
        b, view = self.program.buffers[name], self.layout.views[name]
        length = view.legs[-1] if view.rank else 1
        rows = f"{self._rows(b)} * {view.legs[0] if view.rank == 2 else 1}"
        lines, first = [], 0
        for place, n in view.segments or ((0, 1),):
            ours, theirs = f"{c} + {view.offset + place}, {view.line}", f"{given} + {first}, {length}"
            if b.optional:
                theirs = f"{given} ? {given} + {first} : 0, {length}"
            lines.append(f"copy_rows({f'{ours}, {theirs}' if from_given else f'{theirs}, {ours}'}, {rows}, {n});")
            first += n
        return lines

    def _handed(self, name: str) -> Lines:
        """A result to the caller's array."""
        root = self.layout.views[name].root
        if root not in self.needed:
            raise KernelError(f"nothing computes {name}")
        if root == name and self.layout.tight(name):
            return []
        return self._copied(name, self.names[root], f"given[{self.arrays.index(name)}]", from_given=False)

    def _packed(self, matrix: Load, turned: bool, deep: Segment, wide: Segment) -> str:
        """The packed part of a matrix, `deep` its rows and `wide` its columns as the product sees them: (first, number)."""
        key = (matrix.buffer, turned, deep, wide)
        if key not in self.packs:
            self.packs[key] = f"p{len(self.packs)}"
            self._area(self.packs[key], f"PACKED({deep[1]}, {wide[1]})")
        if key not in self.fresh:
            self.fresh.add(key)
            self.packing += self._pack(key, self.packs[key])
        return self.packs[key]

    def _pack(self, key: tuple[str, bool, Segment, Segment], name: str) -> Lines:
        buffer, turned, (k, depth), (j, width) = key
        view = self.layout.views[buffer]
        if view.time or view.batch or view.rank != 2:
            raise KernelError("a product with a matrix for every step or sample has no form in C")
        root = self.roots[view.root]
        top, along = (k, j) if turned else (j, k)
        if root.kind == "parameter":  # as the caller gives it
            line, first = self.layout.lengths(view.root)[1], self.layout.starts[buffer][1]
            at = (first[0] + top) * line + first[1] + along
            start = f"given[{self.arrays.index(root.name)}]"
        else:
            line, at = view.line, view.offset + top * view.line + place_in(view.segments, along)
            start = self._root(buffer)
        down, right = (line, 1) if turned else (1, line)
        return [f"pack({name}, {start} + {at}, {down}, {right}, {depth}, {width});"]

    # Operations.

    def _at_once(self, _: Part, runs: Sequence[Run]) -> Lines:
        """Operations for all their steps, and loops."""
        lines: Lines = []
        for loop, groups in runs:
            if loop:
                told = self._loop(loop, groups, strip=False)
                lines += [*self._packs(groups), *told]
                continue
            for group in groups:
                steps: Steps = getattr(group[0], "steps", EVERY)
                told = self._printed(group, self._place(group[0]))
                lines += self._packs([group])
                lines += [f"if (T >= {steps.shortest})", *told] if steps.shortest > 1 else told
        return lines

    def _strip(self, part: Part, runs: Sequence[Run]) -> Lines:
        """Operations and loops for some steps at once."""
        body: Lines = []
        for loop, groups in runs:
            if loop:
                body += self._loop(loop, groups, strip=True)
            else:
                body += [line for group in groups for line in self._printed(group, STRIP)]
        packs = self._packs([group for _, groups in runs for group in groups])
        low = "u" if part.direction > 0 else "T - u - s"
        head = [
            "for (count u = 0; u < T; u += span) {", "    count s = LEAST(span, T - u);",
            f"    count low = {low}, high = low + s, n = s * B;",
        ]  # fmt: skip
        used = {self.layout.views[o.out].root for o in part.simple()}
        for root, back in self.local.items():
            if back and root in used:  # the last step of the strip before
                c, row = self.names[root], self.layout.views[root].row
                to, from_ = ("s", "0") if back > 0 else ("0", "span")
                head.append(f"    if (u) memmove({c} + {to} * B * {row}, {c} + {from_} * B * {row}, B * {row} * sizeof(real));")
        return [*packs, *head, *(f"    {line}" for line in body), "}"]

    def _packs(self, groups: Sequence[Group]) -> Lines:
        """The matrices that were asked for, packed; what these operations write is no longer packed."""
        packing, self.packing = self.packing, []
        written = {self.layout.views[o.out].root for group in groups for o in group}
        self.fresh = {k for k in self.fresh if self.layout.views[k[0]].root not in written}
        return packing

    def _loop(self, loop: Loop, groups: Sequence[Group], strip: bool) -> Lines:
        """A loop over its steps, or over those of them that are in the strip."""
        written = {self.layout.views[o.out].root for o in loop.body}
        body: Lines = []
        for group in groups:
            for o in group:
                if isinstance(o, Product) and self.layout.views[o.matrix.buffer].root in written:
                    raise KernelError("a matrix that changes inside the loop has no form in C")
            guard = self._guard(getattr(group[0], "steps", EVERY), loop.steps)
            told = self._printed(group, LOOPED)
            body += [f"if ({guard})", *told] if guard else told
        first, end = place_of(loop.steps).first, f"T - {loop.steps.stop}"
        if loop.steps.at:
            inside = f" && low <= {first} && {first} < high" if strip else ""
            head = f"if (T >= {loop.steps.shortest}{inside}) {{ count t = {first};"
        else:
            first, end = (f"MOST(low, {first})", f"LEAST(high, {end})") if strip else (first, end)
            up, down = f"count t = {first}; t < {end}; t++", f"count t = {end} - 1; t >= {first}; t--"
            head = f"for ({up if loop.direction > 0 else down}) {{"
        return [head, *(f"    {line}" for line in body), "}"]

    def _guard(self, steps: Steps, outer: Steps) -> str:
        """C text: when an operation of a loop counts."""
        if steps.at and steps != outer:
            return f"t == T - {1 - steps.shift}" if steps.at == "last" else f"t == {steps.shift}"
        low = [f"t >= {steps.skip}"] if steps.skip > outer.skip else []
        high = [f"t < T - {steps.stop}"] if steps.stop > outer.stop else []
        return " && ".join([*low, *high])

    def _place(self, o: Simple) -> Place:
        if isinstance(o, Start):
            before = self.program.buffers[o.out].before
            return Place(str(-before), str(before))
        return place_of(o.steps)

    def _printed(self, group: Sequence[Simple], place: Place) -> Lines:
        first = group[0]
        if isinstance(first, Start):
            return self.printer.assigned([Assign(first.out, first.value)], place)
        if isinstance(first, Assign):
            return self.printer.assigned([o for o in group if isinstance(o, Assign)], place, self.unseen)
        if isinstance(first, Product):
            return self.printer.product(first, place)
        if isinstance(first, Contract):
            return self.printer.contract(first, place)
        if isinstance(first, Row):
            return self.printer.row(first, place)
        return self.printer.total(first, place)
