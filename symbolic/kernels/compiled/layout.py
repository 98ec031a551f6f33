"""Where the numbers of every buffer stand, once the sizes are known.

A buffer is an array of rows (steps, samples) and in a row its entries; the last axis of entries is padded to a multiple
of `line` numbers.  A buffer that holds blocks pads every block, so that each begins a line: a row of 4 m numbers made
of four gates is four padded rows one after the other.  The *segments* of a last axis are the parts between two cuts,
each (place, length) with its place counted from where the buffer's entries begin.

Cuts travel: buffers that are computed from each other entry by entry are cut alike, so that one loop runs over all of
them.  Where all lengths are multiples of a line there are no gaps, and neighbours are one segment again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..program import Assign, Buffer, Call, Contract, Leg, Load, Product, Program, Row, Start, Total, Value, flat
from ..schedule import KernelError

Segment = tuple[int, int]
"""(place, length)."""


@dataclass(frozen=True)
class View:
    """A buffer in memory: `offset` of its first entry in a row of its root, `row` and `line` the root's strides.

    legs       lengths of the axes of entries
    segments   of the last axis
    root       the buffer that owns the memory
    whole      whether it is all of its root
    """

    root: str
    time: bool
    batch: bool
    before: int
    legs: tuple[int, ...]
    segments: tuple[Segment, ...]
    offset: int
    line: int
    row: int
    whole: bool

    @property
    def rank(self) -> int:
        return len(self.legs)

    @property
    def width(self) -> int:
        """Numbers from the first entry of the last axis to the end of its padding."""
        return self.segments[-1][0] + self.segments[-1][1] if self.segments else 1


class Layout:
    """The views of a program's buffers for these sizes."""

    def __init__(self, program: Program, sizes: Mapping[str, int], line: int):
        self.program, self.sizes, self.size_of_line = program, sizes, line
        self.starts = {name: self._start(b) for name, b in program.buffers.items()}
        self.cuts: dict[str, set[int]] = {name: set() for name in program.buffers}
        for name, b in program.buffers.items():
            if b.inside and b.rank:
                root, start = self.starts[name]
                first = start[-1]
                self.cuts[root] |= {first, first + self.length(b.legs[-1])}
        self._spread()
        self.views = {name: self._view(b) for name, b in program.buffers.items()}

    def length(self, leg: Leg) -> int:
        parts = leg if isinstance(leg, tuple) else (leg,)
        return sum(self.sizes[p] if isinstance(p, str) else p for p in parts)

    def lengths(self, name: str) -> tuple[int, ...]:
        return tuple(self.length(leg) for leg in self.program.buffers[name].legs)

    def _start(self, b: Buffer) -> tuple[str, list[int]]:
        """The root of a buffer and where it begins there, along each axis of entries."""
        if b.inside is None:
            return b.name, [0] * b.rank
        outer, axis, number = b.inside
        root, start = self._start(self.program.buffers[outer])
        whole = self.program.buffers[outer].legs[axis]
        before = self.length(whole[:number]) if isinstance(whole, tuple) else number * self.length(b.legs[axis])
        return root, [s + (before if i == axis else 0) for i, s in enumerate(start)]

    def _spread(self) -> None:
        """Cuts in common for what is computed entry by entry from each other."""
        together = [group for o in flat(self.program.operations) if len(group := self._together(o)) > 1]
        changed = True
        while changed:
            changed = False
            for group in together:
                relative: set[int] = set()
                for root, first, length in group:
                    relative |= {c - first for c in self.cuts[root] if first < c < first + length}
                for root, first, length in group:
                    new = {first + c for c in relative} | ({first, first + length} if relative else set())
                    if not new <= self.cuts[root]:
                        self.cuts[root] |= new
                        changed = True

    def _together(self, o: object) -> list[tuple[str, int, int]]:
        """(root, first, length) of the last axes that an operation walks along together."""
        if isinstance(o, (Assign, Start, Total)):
            names = [o.out, *_along(o.value)]
        elif isinstance(o, Row):
            names = [*([o.out] if o.fun == "shifted" else []), *_along(o.value)]
        elif isinstance(o, Contract):
            names = [o.out, o.right.buffer]
        elif isinstance(o, Product) and o.start:
            names = [o.out, o.start.buffer]
        else:
            return []
        found = []
        for name in names:
            root, start = self.starts[name]
            if start:
                found.append((root, start[-1], self.lengths(name)[-1]))
        longest = max((length for *_, length in found), default=0)
        return [f for f in found if f[2] == longest]

    def _segments(self, root: str) -> list[tuple[int, int, int]]:
        """(first, length, place) of the segments of a root's last axis."""
        total = self.lengths(root)[-1]
        ends = sorted({*self.cuts[root], 0, total})
        found, place = [], 0
        for first, end in pairwise(ends):
            found.append((first, end - first, place))
            place += -(-(end - first) // self.size_of_line) * self.size_of_line
        return found or [(0, total, 0)]

    def _view(self, b: Buffer) -> View:
        root, start = self.starts[b.name]
        owner, legs = self.program.buffers[root], self.lengths(b.name)
        if (b.time, b.batch, b.before) != (owner.time, owner.batch, owner.before):
            raise KernelError(f"{b.name} and what it is a block of differ in their steps or samples")
        if not b.rank:
            return View(root, b.time, b.batch, b.before, (), (), 0, 1, 1, True)
        first, length = start[-1], legs[-1]
        inside = [s for s in self._segments(root) if first <= s[0] and s[0] + s[1] <= first + length]
        begin = inside[0][2]
        segments: list[Segment] = []
        for _, n, place in inside:
            if segments and sum(segments[-1]) == place - begin:  # no gap
                segments[-1] = (segments[-1][0], segments[-1][1] + n)
            else:
                segments.append((place - begin, n))
        *_, (_, n, place) = self._segments(root)
        line = place + -(-n // self.size_of_line) * self.size_of_line
        above = self.lengths(root)[0] if owner.rank == 2 else 1
        offset = begin + (start[0] * line if b.rank == 2 else 0)
        return View(
            root, b.time, b.batch, b.before, legs, tuple(segments), offset, line, above * line, b.inside is None
        )  # fmt: skip

    def tight(self, root: str) -> bool:
        """Whether a root's rows have no padding, so that a caller's own array can stand for it."""
        lengths = self.lengths(root)
        return not lengths or self.views[root].line == lengths[-1]


def _along(value: Value) -> list[str]:
    """The buffers whose last axis runs along the value's last axis."""
    if isinstance(value, Load):
        return [value.buffer]
    if isinstance(value, Call) and value.fun != "column":
        return [name for a in value.args for name in _along(a)]
    return []


def pieces(length: int, walked: Sequence[tuple[Segment, ...]]) -> list[tuple[int, tuple[int, ...]]]:
    """One axis cut so that it runs without gaps in all of these: (length, its place in each).

    >>> pieces(6, [((0, 6),), ((0, 3), (8, 3))])
    [(3, (0, 0)), (3, (3, 8))]
    """
    cuts = {0, length}
    for segments in walked:
        first = 0
        for _, n in segments:
            first += n
            cuts.add(first)
    ends = sorted(cuts)
    return [
        (end - first, tuple(place_in(segments, first) for segments in walked))
        for first, end in pairwise(ends)
    ]


def place_in(segments: tuple[Segment, ...], number: int) -> int:
    """Where the entry with this number stands."""
    for place, n in segments:
        if number < n:
            return place + number
        number -= n
    raise IndexError(number)
