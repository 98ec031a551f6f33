"""Strips: some steps of all samples go through several operations and loops before the next steps do.

What is computed for all steps one operation after the other passes through memory each time.  Here the projections of
a few steps, the steps of the loop, and the sums over those steps follow each other while all of it is in the cache; the
strips follow each other in the direction of the loop.  A row is one step of one sample.

    rows    an operation whose arrays have a row for each step and sample, or are the same for all; sums over all rows
            grow strip by strip
    loops   of one direction; what comes before and after them in the strip are rows

Of what a strip computes, an operation may read its own rows and, in a strip with a loop, those of earlier strips and
steps.  What needs no rows is computed before the strip, or, if it needs a sum, after it.  Operations between two loops
of different directions go with the second one.

A buffer that only its own strip uses needs memory for one strip, and for the one step before it if that is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..program import Assign, Contract, Load, Loop, Operation, Product, Program, Row, Simple, Start, Total, reads
from .layout import Layout, View


@dataclass
class Part:
    """Operations that are printed together: strip by strip in a direction, or (0) one after the other."""

    items: list[Operation]
    direction: int = 0

    def simple(self) -> Iterator[Simple]:
        for o in self.items:
            yield from o.body if isinstance(o, Loop) else (o,)


@dataclass
class _Strip:
    """A strip that grows; the sets hold roots."""

    views: dict[str, View]
    taken: list[Operation] = field(default_factory=list)
    mark: int = 0  # where the operations after the last loop begin
    direction: int = 0
    before: list[Operation] = field(default_factory=list)
    rows: list[Operation] = field(default_factory=list)
    after: list[Operation] = field(default_factory=list)
    written: set[str] = field(default_factory=set)  # one row after the other
    shifted: set[str] = field(default_factory=set)  # read at other rows
    needed: set[str] = field(default_factory=set)  # read by rows or after
    sums: set[str] = field(default_factory=set)  # complete after the rows
    summed: list[str] = field(default_factory=list)  # the buffers of these sums
    late: set[str] = field(default_factory=set)  # computed after the rows, or by a loop without steps

    def add(self, o: Operation) -> bool:
        """Whether the operation could be added."""
        fits = self._loop(o) if isinstance(o, Loop) else self._simple(o)
        if fits:
            self.taken.append(o)
            self.mark = len(self.taken) if isinstance(o, Loop) else self.mark
        return fits

    def root(self, name: str) -> str:
        return self.views[name].root

    def _apart(self, name: str) -> bool:
        """Whether a sum is in a block of its own: no entry lies between the first and last one of another sum."""
        first, end = _span(self.views[name])
        others = [_span(self.views[n]) for n in self.summed if self.root(n) == self.root(name)]
        return all(end <= a or b <= first for a, b in others)

    def _later(self, r: Load, direction: int) -> bool:
        """Whether a load reads rows that the strip computes later, or might."""
        unknown = bool(r.end) or (bool(r.shift) and not direction)
        return self.root(r.buffer) in self.written and (unknown or r.shift * direction > 0)

    def _loop(self, loop: Loop) -> bool:
        if self.direction not in (0, loop.direction):
            return False
        found = [r for o in loop.body for r in reads(o)]
        outs = {o.out for o in loop.body}
        timed = {self.root(name) for name in outs if self.views[name].time}
        fixed = {self.root(name) for name in outs} - timed
        read = {self.root(r.buffer) for r in found}
        if read & self.sums or read - fixed & self.late or (timed | fixed) & (self.sums | (self.late - fixed)):
            return False
        if timed & self.shifted or fixed & self.needed - self.late:
            return False
        if any(self.root(r.buffer) in timed and (r.end or r.shift * loop.direction > 0) for r in found):
            return False
        if any(self._later(r, loop.direction) for r in found):
            return False
        self.direction = loop.direction
        self.written |= timed
        self.late |= fixed
        self.needed |= read
        self.shifted |= {self.root(r.buffer) for r in found if r.shift or r.end}
        self.rows.append(loop)
        return True

    def _simple(self, o: Simple) -> bool:
        if isinstance(o, Start) or not o.steps.whole:
            return False
        views, found = self.views, list(reads(o))
        axes = {(views[r.buffer].time, views[r.buffer].batch) for r in found}
        out, root = (views[o.out].time, views[o.out].batch), self.root(o.out)
        read = {self.root(r.buffer) for r in found}
        if any(r.end for r in found) or not axes | {out} <= {(True, True), (False, False)}:
            return False
        if (True, True) not in axes | {out}:  # no rows at all
            after = bool(read & (self.sums | self.late))
            if root in self.needed | self.sums or (root in self.late and not after):
                return False
            (self.after if after else self.before).append(o)
            self.late |= {root} if after else set()
            self.needed |= read if after else set()
            return True
        others = {self.root(r.buffer) for r in found if r.shift}
        if read & (self.sums | self.late) or root in self.late or any(self._later(r, self.direction) for r in found):
            return False
        if out == (False, False):
            if not isinstance(o, (Contract, Total)) or root in self.needed - self.sums:
                return False
            if root in self.sums and (root in self.needed or not (o.add or self._apart(o.out))):
                return False
            self.sums.add(root)
            self.summed.append(o.out)
        else:
            if not isinstance(o, (Assign, Product, Row)) or root in self.shifted | others:
                return False
            self.written.add(root)
        self.shifted |= others
        self.needed |= read
        self.rows.append(o)
        return True

    def parts(self) -> Iterator[Part]:
        """What the strip has become."""
        for items, direction in ((self.before, 0), (self.rows, self.direction or 1), (self.after, 0)):
            if items:
                yield Part(items, direction)


def _span(view: View) -> tuple[int, int]:
    """The places of a row of the root from a buffer's first entry to its last, padding included."""
    return view.offset, view.offset + (view.legs[0] - 1) * view.line * (view.rank == 2) + view.width if view.rank else 1


def parts(program: Program, layout: Layout) -> Iterator[Part]:
    """The program as parts, in an order that computes the same."""

    def strip_of(operations: Sequence[Operation]) -> _Strip:
        made = _Strip(layout.views)
        for o in operations:
            made.add(o)
        assert len(made.taken) == len(operations)
        return made

    strip = strip_of(())
    for o in program.operations:
        if strip.add(o):
            continue
        if isinstance(o, Loop) and strip.direction:
            head, tail = strip.taken[: strip.mark], strip.taken[strip.mark :]
            yield from strip_of(head).parts()
            strip = strip_of(tail)
            if strip.add(o):
                continue
        yield from strip.parts()
        strip = strip_of(())
        if not strip.add(o):
            yield Part([o])
    yield from strip.parts()


def local(found: Sequence[Part], program: Program, layout: Layout) -> dict[str, int]:
    """The roots that one strip computes and no other part needs -> the step before it that is kept: 0, 1 or -1."""
    views = layout.views
    users: dict[str, set[int]] = {}
    shifts: dict[str, set[int]] = {}
    ends = set()
    for i, part in enumerate(found):
        for o in part.simple():
            for load in (Load(o.out), *reads(o)):
                root = views[load.buffer].root
                users.setdefault(root, set()).add(i if part.direction else -1 - i)
                shifts.setdefault(root, set()).add(load.shift)
                ends |= {root} if load.end else set()
    result = {}
    for root, where in users.items():
        view, at = views[root], min(where)
        if len(where) > 1 or at < 0 or root in ends or program.buffers[root].kind != "work":
            continue
        back = shifts[root] - {0}
        if view.time and view.batch and not view.before and back <= {-found[at].direction}:
            result[root] = back.pop() if back else 0
    return result
