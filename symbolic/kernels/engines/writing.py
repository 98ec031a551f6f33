"""One pass of a kernel as lines of code, whatever the engine: reading arrays at their steps, shapes, comments.

An array with steps holds the values before the first step in front and the zeros beyond the last one behind, so that step
t = 0, 1, .., T - 1 stands at place t + before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from ..code import ATOM, Code
from ..program import Buffer, Leg, Load, Loop, Operation, Program, Simple, Start, reads
from ..schedule import EVERY, Steps
from .given import LENGTH, STEP
from .halves import body
from .sweeps import groups
from .values import Read, Values


class Pass(ABC):
    """`known`: the arrays that the pass is given; `results`: what is read after it.

    behind    whether arrays have room beyond the last step
    numbers   the numbers of all steps as text, for that of the first one, and where they lie, for an array that is there
    """

    behind: bool
    numbers: str

    def __init__(
        self, program: Program, values: Values, told: Mapping[str, str], known: Iterable[str], first: int,
        results: Iterable[Load] = (),
    ):  # fmt: skip
        self.program, self.values, self.told, self.first = program, values, told, first
        self.results = list(results)
        self.buffers = program.buffers
        self.known = list(known)
        self.lines: list[str] = []
        self.sizes: dict[str, str] = {}
        self.ends: dict[tuple[str, str], str] = {}

    def written(self, operations: Iterable[Operation]) -> list[str]:
        """The lines of these operations; `sizes` then holds those that they name, and the text of each."""
        operations = list(operations)
        self.lines = []
        if any(r.buffer == STEP for o in operations for s in body(o) for r in reads(s)):
            self.size("T")
            self.lines.append(f"{STEP} = {self.numbers.format(first=self.first, like=self.known[0])}")
        for group in groups(operations):
            if isinstance(group[0], Loop):
                self.loops([o for o in group if isinstance(o, Loop)])
            else:
                self.single(group[0])
        return self.lines

    def measured(self) -> list[str]:
        """The lines for the sizes."""
        return [f"{name} = {text}" for name, text in self.sizes.items()]

    @abstractmethod
    def loops(self, loops: list[Loop]) -> None:
        """A loop through all steps, and what stands for single steps before it."""

    @abstractmethod
    def start(self, o: Start) -> None:
        """The values before the first step."""

    @abstractmethod
    def whole(self, o: Simple, b: Buffer, code: Code) -> None:
        """A value for all steps (if there are steps) under its name."""

    @abstractmethod
    def part(self, o: Simple, b: Buffer, steps: Steps, code: Code) -> None:
        """A value for some of the steps, added or put in."""

    def single(self, o: Simple) -> None:
        """An operation outside of a loop."""
        if isinstance(o, Start):
            self.start(o)
            return
        self.comment(o.out)
        b = self.buffers[o.out]
        code = self.values.operation(o, self.at(o.steps))
        if not o.add and (o.steps.whole or not b.time):
            self.whole(o, b, code)
        else:
            self.part(o, b, o.steps, code)

    # Reading.

    def at(self, steps: Steps) -> Read:
        """How arrays are read at these steps."""
        return lambda r: self.read(r, steps)

    def read(self, r: Load, steps: Steps = EVERY) -> Code:
        b = self.buffers[r.buffer]
        rank = b.rank
        if not b.time:
            return Code(self.size(LENGTH) if b.name == LENGTH else b.name, False, b.batch, rank)
        at = r.end or steps.at
        if at:
            shift = r.shift + (0 if r.end else steps.shift)
            text = self.ends.get((b.name, at)) if not shift else None
            place = shift - 1 - self.after(b) if at == "last" else b.before + shift
            return Code(text or f"{b.name}[{place}]", False, b.batch, rank)
        return Code(f"{b.name}{self.slice(b, r.shift, steps)}", True, b.batch, rank)

    def slice(self, b: Buffer, shift: int, steps: Steps) -> str:
        """The part of an array that stands at these steps, `shift` later."""
        first, last = b.before + shift + steps.skip, shift - steps.stop - self.after(b)
        return "" if not first and not last else f"[{first or ''}:{last or ''}]"

    def after(self, b: Buffer) -> int:
        return b.after if self.behind else 0

    # Shapes.

    def size(self, leg: Leg) -> str:
        """The name of a size, which the pass is then told."""
        if isinstance(leg, int):
            return str(leg)
        if isinstance(leg, tuple):
            return f"({' + '.join(map(self.size, leg))})"
        if leg not in self.sizes:
            self.sizes[leg] = self._measured(leg)
        return leg

    def _measured(self, leg: str) -> str:
        """The size from an array that has it, the shortest text first."""
        found = []
        for b in map(self.buffers.__getitem__, self.known):
            extra = b.before + self.after(b)
            axes: list[Leg] = [*(["T"] if b.time else []), *(["B"] if b.batch else []), *b.legs]
            if leg in axes:
                less = f" - {extra}" if leg == "T" and extra else ""
                found.append(f"{b.name}.shape[{axes.index(leg)}]{less}")
        return min(found, key=lambda text: (" " in text, len(text)))

    def shape(self, b: Buffer, steps: str = "T", batch: bool = True) -> str:
        """The shape of an array; `steps`: the length of its axis of steps."""
        first = [self.size("T") if steps == "T" else steps] if b.time and steps else []
        axes = [*first, *([self.size("B")] if b.batch and batch else []), *map(self.size, b.legs)]
        return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"

    def steps(self, b: Buffer) -> str:
        """The length of an array's axis of steps."""
        self.size("T")
        extra = b.before + self.after(b)
        return f"T + {extra}" if extra else "T"

    def full(self, b: Buffer, code: Code) -> bool:
        """Whether a value has all the axes of its array."""
        return code.axes == (b.time, b.batch, b.rank)

    # Lines.

    def comment(self, name: str) -> None:
        if name in self.told:
            self.lines.append(f"# {self.told[name]}")

    def guarded(self, steps: Steps, line: str) -> None:
        """A line for a single step, which short sequences may not have."""
        if steps.at and steps.shortest > 1:
            self.lines.append(f"if {self.size('T')} >= {steps.shortest}:")
            line = f"    {line}"
        self.lines.append(line)

    def place(self, b: Buffer, steps: Steps) -> str:
        """Where a value for these steps stands in its array."""
        if steps.at == "last":
            return str(steps.shift - 1 - self.after(b))
        if steps.at == "first":
            return str(b.before + steps.shift)
        return self.slice(b, 0, steps)[1:-1] or ":"


def atom(code: Code) -> str:
    return code.inside(ATOM)
