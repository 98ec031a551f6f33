"""A pass in PyTorch: arrays for all steps that are filled step by step, out of reach of autograd."""

from __future__ import annotations

from collections.abc import Iterable

from ..arithmetic import plus
from ..code import Code
from ..program import Assign, Buffer, Load, Loop, Operation, Simple, Start
from ..schedule import EVERY, Steps
from .halves import body
from .values import Read
from .writing import Pass, atom


class TorchPass(Pass):
    behind = True
    numbers = "torch.arange({first}, T + {first}, device={like}.device)"

    def written(self, operations: Iterable[Operation]) -> list[str]:
        operations = list(operations)
        self.filled: set[str] = set()
        self.added = {o.out for o in operations if isinstance(o, Assign) and o.add}
        return super().written(operations)

    def start(self, o: Start) -> None:
        b = self.buffers[o.out]
        self.allocate(b)
        code = self.values.value(o.value, self.at(EVERY))
        self.lines.append(f"{b.name}[{'0' if b.before == 1 else f':{b.before}'}] = {code.text}")

    def allocate(self, b: Buffer) -> None:
        """Room for all steps, zeros beyond the last one."""
        if b.name not in self.filled:
            self.filled.add(b.name)
            new = "new_zeros" if b.after else "new_empty"
            self.lines.append(f"{b.name} = {self.known[0]}.{new}({self.shape(b, self.steps(b))})")

    def whole(self, o: Simple, b: Buffer, code: Code) -> None:
        if b.before:
            self.allocate(b)
            self.lines.append(f"{b.name}[{self.place(b, EVERY)}] = {code.text}")
            return
        text = code.text
        if not self.full(b, code):
            zeros = Code(self.zeros(b), b.time, b.batch, b.rank)
            text = zeros.text if text == "0" else plus([zeros, code]).text
        elif o.out in self.added and not _is_new(o):
            text = f"{atom(code)}.clone()"
        self.lines.append(f"{b.name} = {text}")

    def zeros(self, b: Buffer) -> str:
        return f"{self.known[0]}.new_zeros({self.shape(b)})"

    def part(self, o: Simple, b: Buffer, steps: Steps, code: Code) -> None:
        if not o.add:  # type: ignore[union-attr]
            self.lines.append(f"{b.name} = {self.zeros(b)}")
        place = f"[{self.place(b, steps)}]" if b.time else ""
        self.guarded(steps, f"{b.name}{place} {'+=' if o.add else '='} {code.text}")  # type: ignore[union-attr]

    # Recurrences.

    def loops(self, loops: list[Loop]) -> None:
        for s in (s for loop in loops for s in body(loop)):
            if self.buffers[s.out].time:
                self.allocate(self.buffers[s.out])
        for loop in loops:
            self._single_step(loop) if loop.steps.at else self._loop(loop)

    def _single_step(self, loop: Loop) -> None:
        for s in loop.body:
            b = self.buffers[s.out]
            code = self.values.operation(s, self.at(loop.steps))
            self.comment(s.out)
            place = f"[{self.place(b, loop.steps)}]" if b.time else ""
            self.guarded(loop.steps, f"{b.name}{place} = {code.text}")

    def _loop(self, loop: Loop) -> None:
        skip, stop = loop.steps.skip, loop.steps.stop
        last = f"{self.size('T')} - {stop}" if stop else self.size("T")
        steps = f"range({f'{skip}, ' if skip else ''}{last})"
        self.lines.append(f"for t in {steps if loop.direction > 0 else f'reversed({steps})'}:")
        for s in loop.body:
            b = self.buffers[s.out]
            code = self.values.operation(s, self._at_t())
            if s.out in self.told:
                self.lines.append(f"    # {self.told[s.out]}")
            place = _subscript(b.before) if b.time else ""
            self.lines.append(f"    {b.name}{place} = {code.text}")

    def _at_t(self) -> Read:
        def read(r: Load) -> Code:
            b = self.buffers[r.buffer]
            if r.end or not b.time:
                return self.read(r)
            return Code(f"{b.name}{_subscript(b.before + r.shift)}", False, b.batch, b.rank)

        return read


def _subscript(by: int) -> str:
    return f"[t + {by}]" if by > 0 else f"[t - {-by}]" if by else "[t]"


def _is_new(o: Simple) -> bool:
    """Whether an operation makes an array that nothing else sees."""
    return not (isinstance(o, Assign) and isinstance(o.value, Load))
