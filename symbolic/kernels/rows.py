"""A program while rows are joined: who reads a buffer or a part of it, and new buffers of which others are the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .names import Names
from .program import Assign, Buffer, Load, Loop, Operation, Program, Simple, Value, axes, checked, flat, reads
from .schedule import EVERY


class Rows:
    """The buffers of a program while some become parts of joined rows."""

    def __init__(self, program: Program):
        self.base = program
        self.buffers = dict(program.buffers)
        self.operations: list[Operation] = list(program.operations)
        self.names = Names("j", program.buffers)
        self.changed = False

    def program(self) -> Program:
        used = {n for o in flat(tuple(self.operations)) for n in (o.out, *(r.buffer for r in reads(o)))}
        used |= set(self.base.gradients.values()) | {n for n, b in self.buffers.items() if b.kind == "ones"}
        waiting = list(used)
        while waiting:
            inside = self.buffers[waiting.pop()].inside
            if inside and inside[0] not in used:
                used.add(inside[0])
                waiting.append(inside[0])
        kept = {n: b for n, b in self.buffers.items() if n in used or b.kind in ("parameter", "data")}
        return checked(replace(self.base, buffers=kept, operations=tuple(self.operations)))

    # What is there.

    def readers(self, name: str) -> list[Simple]:
        """Who reads a buffer or a part of it."""
        family = self.family(name)
        return [o for o in flat(tuple(self.operations)) for r in reads(o) if r.buffer in family]

    def family(self, name: str) -> set[str]:
        """A buffer and all its blocks."""
        found = {name}
        while True:
            more = {n for n, b in self.buffers.items() if b.inside and b.inside[0] in found} - found
            if not more:
                return found
            found |= more

    def sole(self, name: str) -> Simple | None:
        """The one operation outside of loops that computes a buffer for all its steps."""
        found = [o for o in self.operations if not isinstance(o, Loop) and o.out in self.family(name)]
        inner = any(s.out in self.family(name) for o in self.operations if isinstance(o, Loop) for s in o.body)
        if len(found) != 1 or inner or found[0].out != name:
            return None
        return found[0] if getattr(found[0], "steps", None) == EVERY and not getattr(found[0], "add", False) else None

    def free(self, name: str) -> bool:
        b = self.buffers[name]
        return b.inside is None and b.kind == "work"

    def put(self, members: Sequence[str], axis: int, **changes: int) -> str:
        """A new buffer of which these are the blocks."""
        model = max((self.buffers[m] for m in members), key=lambda b: b.rank)
        legs = list(model.legs)
        legs[axis] = tuple(p for m in members for p in self._along(m, axis))
        name = self.names.new()
        self.buffers[name] = replace(
            model, name=name, kind="work", legs=tuple(legs), key="", told="", inside=None, optional=False,
            before=changes.get("before", 0), after=changes.get("after", 0),
        )  # fmt: skip
        at = 0
        for m in members:
            self.buffers[m] = replace(self.buffers[m], inside=(name, axis, at))
            at += len(self._along(m, axis))
        return name

    def _along(self, name: str, axis: int) -> tuple[str | int, ...]:
        legs = self.buffers[name].legs
        leg = legs[axis] if axis < len(legs) else 1
        return leg if isinstance(leg, tuple) else (leg,)

    def copy(self, value: Value, into: list[Operation], **legs: object) -> str:
        """A new buffer with the value of weights."""
        name = self.names.new()
        shape = axes(value, self.buffers)[2]
        self.buffers[name] = Buffer(name, "work", legs=tuple(1 if leg == "*" else leg for leg in shape))
        into.append(Assign(name, value))
        return name

    def weights(self, m: Load, into: list[Operation]) -> str:
        """A matrix that may become a block."""
        if self.free(m.buffer) and len(self.readers(m.buffer)) == 1 and not self.buffers[m.buffer].time:
            return m.buffer
        return self.copy(m, into)
