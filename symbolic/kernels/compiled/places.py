"""Which rows an operation walks over: pointers to the first, and loops over the rest.

Steps come before samples, so that all rows of several steps lie one after the other.  Arrays that have both, or
neither, are walked by one loop; an array that has only steps, or only samples, needs two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..program import Load
from ..schedule import Steps
from .layout import Layout, View


@dataclass(frozen=True)
class Place:
    """The steps of an operation: C text of the first one and of their number; no number: the one step.

    strip   the operation computes the `n` rows of a strip, the first one of them at step `low`
    """

    first: str
    count: str = ""
    strip: bool = False


def place_of(steps: Steps) -> Place:
    """For all its steps at once."""
    if steps.at:
        return Place(_plus("T - 1" if steps.at == "last" else "0", steps.shift))
    less = steps.skip + steps.stop
    return Place(str(steps.skip), f"(T - {less})" if less else "T")


LOOPED = Place("t")
STRIP = Place("low", "(high - low)", True)


def _plus(text: str, number: int) -> str:
    """
    >>> _plus("T - 1", -2), _plus("0", 3)
    ('T - 3', '3')
    """
    head, _, last = text.rpartition(" ") if text[-1].isdigit() else (text + " +", "", "0")
    if not head:
        return str(int(last) + number)
    total = (-int(last) if head.endswith("-") else int(last)) + number
    head = head[:-2]
    return head if not total else f"{head} {'-' if total < 0 else '+'} {abs(total)}"


def first_row(view: View, load: Load, place: Place) -> str:
    """C text: the offset in the root of the entries of the first row that is read or written."""
    parts = []
    if view.time:
        step = _plus({"last": "T - 1", "first": "0", "": place.first}[load.end], view.before + load.shift)
        if step != "0":
            parts.append(f"({step}) * {'B * ' if view.batch else ''}{view.row}")
    if view.offset:
        parts.append(str(view.offset))
    return " + ".join(parts)


@dataclass
class Walk:
    """The arrays that one operation walks over together, each with a pointer of its own.

    local     roots that have memory for one strip -> the step before it that is kept
    names     (buffer, shift, end) -> pointer
    declared  the lines that set the pointers
    """

    layout: Layout
    place: Place
    roots: Callable[[str], str]
    local: Mapping[str, int] = field(default_factory=dict)
    names: dict[Load, str] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)

    def pointer(self, load: Load, written: bool = False) -> str:
        """The pointer for what a load reads (or an operation writes)."""
        if load not in self.names:
            name = f"q{len(self.names)}"
            self.names[load] = name
            view = self.layout.views[load.buffer]
            if view.root in self.local:
                step = _plus("0" if self.place.strip else "t - low", load.shift + (self.local[view.root] < 0))
                offset = " + ".join([f"({step}) * B * {view.row}", *([str(view.offset)] if view.offset else [])])
            else:
                offset = first_row(view, load, self.place)
            constant = "" if written else "const "
            root = self.roots(load.buffer)
            self.declared.append(f"{constant}real *{name} = {root}{f' + {offset}' if offset else ''};")
        return self.names[load]

    def _has(self, load: Load) -> tuple[bool, bool]:
        view = self.layout.views[load.buffer]
        return view.time and not load.end and bool(self.place.count), view.batch

    def loops(self) -> tuple[list[str], Callable[[Load], str]]:
        """The heads of the loops over the rows, and the offset of a load's row inside them."""
        have = [self._has(load) for load in self.names]
        time, batch = any(t for t, _ in have), any(b for _, b in have)
        if time and batch and not all(h in ((True, True), (False, False)) for h in have):
            heads = [f"for (count s = 0; s < {self.place.count}; s++)", "for (count b = 0; b < B; b++)"]
            return heads, self._two
        if not time and not batch:
            return [], lambda load: ""
        return [f"for (count r = 0; r < {self.rows()}; r++)"], self._one

    def rows(self) -> str:
        """C text: the number of rows, for arrays that all have the same axes."""
        if self.place.strip:
            return "n"
        have = {self._has(load) for load in self.names}
        time, batch = any(t for t, _ in have), any(b for _, b in have)
        return " * ".join([*([self.place.count] if time else []), *(["B"] if batch else [])]) or "1"

    def same(self, loads: Sequence[Load]) -> bool:
        """Whether these have the same axes."""
        return len({self._has(load) for load in loads}) <= 1

    def _one(self, load: Load) -> str:
        return _times("r", self.layout.views[load.buffer].row) if any(self._has(load)) else ""

    def _two(self, load: Load) -> str:
        time, batch = self._has(load)
        row = self.layout.views[load.buffer].row
        parts = [f"s * {'B * ' if batch else ''}{row}"] if time else []
        return " + ".join([*parts, *([_times("b", row)] if batch else [])])


def _times(letter: str, row: int) -> str:
    return letter if row == 1 else f"{letter} * {row}"
