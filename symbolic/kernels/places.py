"""Buffers side by side: which blocks a buffer has, and values that have the same form for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from .names import Names
from .program import (
    Assign,
    Buffer,
    Call,
    Const,
    Leg,
    Load,
    Operation,
    Program,
    Simple,
    Value,
    axes,
    checked,
    flat,
    loads,
    reads,
)


class Places:
    """The buffers of a program while some become blocks of others."""

    def __init__(self, program: Program):
        self.base = program
        self.buffers = dict(program.buffers)
        self.operations: list[Operation] = list(program.operations)
        self.names = Names("k", program.buffers)
        self.packs: dict[tuple[str, ...], str] = {}
        self.parents: list[str] = []

    def program(self) -> Program:
        used = {n for o in flat(tuple(self.operations)) for n in (o.out, *(r.buffer for r in reads(o)))}
        used |= {b.inside[0] for n in set(used) for b in [self.buffers[n]] if b.inside}
        used |= set(self.base.gradients.values())
        used |= {b.inside[0] for n in set(used) for b in [self.buffers[n]] if b.inside}
        kept = {n: b for n, b in self.buffers.items() if n in used or b.kind in ("parameter", "data")}
        return checked(replace(self.base, buffers=kept, operations=tuple(self.operations)))

    # Places.

    def placed(self, members: Sequence[str], axis: int = -1) -> str:
        """A buffer of which these are the blocks, in this order."""
        first = self.buffers[members[0]]
        axis = axis if axis >= 0 else first.rank - 1
        legs = list(first.legs)
        legs[axis] = tuple(part for m in members for part in parts(self.buffers[m].legs[axis]))
        name = self.names.new()
        self.buffers[name] = replace(
            first, name=name, kind="work", legs=tuple(legs), key="", told="", inside=None, optional=False
        )
        at = 0
        for m in members:
            self.buffers[m] = replace(self.buffers[m], inside=(name, axis, at))
            at += len(parts(self.buffers[m].legs[axis]))
        self.packs[tuple(members)] = name
        self.parents.append(name)
        return name

    def range_of(self, members: Sequence[str]) -> str | None:
        """The buffer that consists of these blocks, if they are neighbours in this order."""
        if len(members) == 1:
            return members[0]
        known = self.packs.get(tuple(members))
        if known:
            return known
        places = [self.buffers[m].inside for m in members]
        if not all(places) or len({(p[0], p[1]) for p in places if p}) != 1:
            return None
        parent, axis, start = places[0]  # type: ignore[misc]
        at = start
        for m, p in zip(members, places, strict=True):
            if p is None or p[2] != at:
                return None
            at += len(parts(self.buffers[m].legs[axis]))
        whole = self.buffers[parent]
        if start == 0 and at == len(parts(whole.legs[axis])):
            self.packs[tuple(members)] = parent
            return parent
        legs = list(whole.legs)
        legs[axis] = parts(whole.legs[axis])[start:at]
        name = self.names.new()
        self.buffers[name] = replace(whole, name=name, legs=tuple(legs), inside=(parent, axis, start))
        self.packs[tuple(members)] = name
        return name

    def movable(self, name: str) -> bool:
        b = self.buffers[name]
        return b.inside is None and b.kind == "work" and not b.before

    def packed(self, members: Sequence[str], copies: list[Simple], axis: int = -1) -> str | None:
        """These buffers side by side; those that have a place are copied."""
        found = self.range_of(members)
        if found:
            return found
        if len({(self.buffers[m].time, self.buffers[m].batch, self.buffers[m].rank) for m in members}) > 1:
            return None
        if len(set(members)) < len(members) or self.buffers[members[0]].rank == 0:
            return None
        blocks = []
        for m in members:
            if self.movable(m):
                blocks.append(m)
                continue
            copy = self.names.new()
            self.buffers[copy] = replace(
                self.buffers[m], name=copy, kind="work", before=0, inside=None, key="", told="", optional=False
            )
            copies.append(Assign(copy, Load(m)))
            blocks.append(copy)
        parent = self.placed(blocks, axis)
        self.packs[tuple(members)] = parent
        return parent

    # The same form.

    def unified(self, values: Sequence[Value], inside: set[str], copies: list[Simple]) -> Value | None:
        """One value for all blocks, or None."""
        first = values[0]
        if all(self._shared(v) for v in values) and not all(v == first and isinstance(v, Const) for v in values):
            return self._weights(values, copies)
        if all(v == first for v in values):
            if isinstance(first, Load) and axes(first, self.buffers)[2]:
                return Call("tile", (first, Const(Fraction(len(values)))))
            return first if not any(axes(first, self.buffers)[2]) else None
        if all(isinstance(v, Load) for v in values):
            found = [v for v in values if isinstance(v, Load)]
            if len({(v.shift, v.end) for v in found}) > 1 or any(v.end for v in found):
                return None
            free = not any(v.buffer in inside for v in found)
            name = self.packed([v.buffer for v in found], copies) if free else self.range_of([v.buffer for v in found])
            return replace(found[0], buffer=name) if name else None
        calls = [v for v in values if isinstance(v, Call)]
        if len(calls) < len(values) or len({(c.fun, len(c.args)) for c in calls}) > 1:
            return None
        args = [self.unified([c.args[i] for c in calls], inside, copies) for i in range(len(calls[0].args))]
        return Call(calls[0].fun, tuple(a for a in args if a is not None)) if None not in args else None

    def _shared(self, v: Value) -> bool:
        """Whether all steps and samples have it in common, one number per entry."""
        time, batch, legs = axes(v, self.buffers)
        return not time and not batch and len(legs) == 1 and any(True for _ in loads(v))

    def _weights(self, values: Sequence[Value], copies: list[Simple]) -> Value | None:
        """Vectors of weights, one below the other."""
        blocks = []
        for v in values:
            name = self.names.new()
            self.buffers[name] = Buffer(name, "work", legs=axes(v, self.buffers)[2])
            copies.append(Assign(name, v))
            blocks.append(name)
        return Load(self.placed(blocks))

    def matrix(self, matrices: Sequence[Load], copies: list[Simple]) -> Load | None:
        """Matrices below each other."""
        readers = [r.buffer for o in flat(tuple(self.operations)) for r in reads(o)]
        blocks = []
        for m in matrices:
            if self.movable(m.buffer) and readers.count(m.buffer) == 1:
                blocks.append(m.buffer)
                continue
            copy = self.names.new()
            self.buffers[copy] = replace(self.buffers[m.buffer], name=copy, kind="work", inside=None, key="", told="")
            copies.append(Assign(copy, m))
            blocks.append(copy)
        return Load(self.placed(blocks, 0))


def parts(leg: Leg) -> tuple[str | int, ...]:
    return leg if isinstance(leg, tuple) else (leg,)
