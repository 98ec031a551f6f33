"""Which operations share a pass over the entries.

Within a part, products come as early as they can and assignments follow in runs; neighbours of one shape are one pass.
An operation never moves across one that writes what it reads, reads what it writes, or writes the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..program import Assign, Load, Program, Simple, loads, reads
from .layout import Layout

Group = list[Simple]
"""Operations that are printed as one pass."""


class Grouping:
    """The groups of a program's parts."""

    def __init__(self, program: Program, layout: Layout):
        self.program, self.layout = program, layout

    def groups(self, operations: Sequence[Simple], looped: bool = False) -> list[Group]:
        """Assignments that can share a pass; everything else alone.  `looped`: all at one step."""
        groups: list[Group] = []
        for o in self.ordered(operations, looped):
            if groups and self._joins(groups[-1], o, looped):
                groups[-1].append(o)
            else:
                groups.append([o])
        return groups

    def ordered(self, operations: Sequence[Simple], looped: bool) -> list[Simple]:
        """The operations in an order that computes the same, assignments in runs."""
        waiting, result = list(operations), list[Simple]()
        running = False
        while waiting:
            ready = [
                o for i, o in enumerate(waiting)
                if not any(self._conflict(earlier, o, looped) for earlier in waiting[:i])
            ]  # fmt: skip
            same = [o for o in ready if isinstance(o, Assign) == running]
            running = running if same else not running
            chosen = (same or ready)[0]
            if running and result and isinstance(result[-1], Assign):
                last = result[-1]
                chosen = next((o for o in same if isinstance(o, Assign) and self._alike(last, o, looped)), chosen)
            waiting = [o for o in waiting if o is not chosen]
            result.append(chosen)
        return result

    def _conflict(self, earlier: Simple, later: Simple, looped: bool) -> bool:
        """Whether the two must keep their order."""
        return (
            self._touches(earlier.out, [Load(later.out)], False)
            or self._touches(earlier.out, reads(later), looped)
            or self._touches(later.out, reads(earlier), looped)
        )

    def _touches(self, out: str, found: Iterable[Load], looped: bool) -> bool:
        """Whether a buffer shares entries with what is read; in a loop other steps are other rows."""
        views = self.layout.views
        return any(
            views[r.buffer].root == views[out].root and self._overlap(r.buffer, out)
            for r in found
            if not (looped and views[out].time and r.shift and not r.end)
        )

    def _alike(self, one: Assign, other: Assign, looped: bool) -> bool:
        """Whether the two walk over the same rows and entries."""
        a, b = self.layout.views[one.out], self.layout.views[other.out]
        rows = (a.time and not looped, a.batch) == (b.time and not looped, b.batch)
        return one.steps == other.steps and rows and a.legs == b.legs

    def _joins(self, group: Sequence[Simple], o: Simple, looped: bool) -> bool:
        first = group[0]
        views = self.layout.views
        if not isinstance(first, Assign) or not isinstance(o, Assign) or not self._alike(first, o, looped):
            return False
        for earlier in group:
            assert isinstance(earlier, Assign)
            if self._clash(earlier.out, o, looped) or self._clash(o.out, earlier, looped):
                return False
            if earlier.out != o.out and views[earlier.out].root == views[o.out].root and self._overlap(earlier.out, o.out):
                return False
        return True

    def _clash(self, out: str, o: Assign, looped: bool) -> bool:
        """Whether the operation reads what `out` writes, but not the same entry."""
        views = self.layout.views
        for r in loads(o.value):
            same = r.buffer == out and not r.shift and not r.end
            other_row = looped and views[out].time and r.shift and not r.end
            if views[r.buffer].root == views[out].root and not same and not other_row and self._overlap(r.buffer, out):
                return True
        return False

    def _overlap(self, one: str, other: str) -> bool:
        """Whether two blocks of one root share entries."""
        (_, a), (_, b) = self.layout.starts[one], self.layout.starts[other]
        for x, n, y, m in zip(a, self.layout.lengths(one), b, self.layout.lengths(other), strict=True):
            if x + n <= y or y + m <= x:
                return False
        return True

    def unseen(self, groups: Sequence[Group]) -> frozenset[str]:
        """The buffers that are only read in a pass that has computed the entry just before."""
        buffers = self.program.buffers
        outer = {b.inside[0] for b in buffers.values() if b.inside}
        found = {n for n, b in buffers.items() if b.kind == "work" and not b.inside and n not in outer}
        for group in groups:
            computed: set[str] = set()
            for o in group:
                found -= {r.buffer for r in reads(o) if r.buffer not in computed or r.shift or r.end}
                if isinstance(o, Assign) and not o.add:
                    computed.add(o.out)
                else:
                    found.discard(o.out)
        return frozenset(found)
