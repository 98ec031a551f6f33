"""A flow while a pass changes it: who computes a buffer, who reads it, new buffers for new operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

from .flow import Flow, used
from .program import (
    Buffer,
    Call,
    Const,
    Contract,
    Leg,
    Load,
    Product,
    Row,
    Simple,
    Start,
    Total,
    Value,
    axes,
    loads,
    mapped,
    reads,
)

Change = Callable[[Load], Value]


class Edit:
    """The operations by their out, and the same operation computed once."""

    def __init__(self, flow: Flow):
        self.base = flow
        self.buffers = dict(flow.buffers)
        self.operations = list(flow.operations)

    def flow(self) -> Flow:
        """The result, without what nothing needs."""
        return used(replace(self.base, buffers=self.buffers, operations=tuple(self.operations)))

    def by_out(self) -> dict[str, list[Simple]]:
        found: dict[str, list[Simple]] = {}
        for o in self.operations:
            found.setdefault(o.out, []).append(o)
        return found

    def sole(self) -> dict[str, Simple]:
        """The operation of every buffer that has one for all steps, and no values before the first."""
        first = {n: o[0] for n, o in self.by_out().items() if len(o) == 1}
        return {n: o for n, o in first.items() if not isinstance(o, Start) and o.steps.whole}

    def readers(self) -> dict[str, list[tuple[Simple, Load]]]:
        found: dict[str, list[tuple[Simple, Load]]] = {}
        for o in self.operations:
            for r in reads(o):
                found.setdefault(r.buffer, []).append((o, r))
        return found

    def axes(self, value: Value) -> tuple[bool, bool, tuple[Leg, ...]]:
        return axes(value, self.buffers)

    def define(self, operation: Simple, told: str = "") -> str:
        """The buffer into which an operation (without out) is computed; an old one if there is one."""
        time, batch, legs = self._out_axes(operation)
        for name, o in self.sole().items():
            b = self.buffers[name]
            same = replace(o, out="") == operation and (b.time, b.batch) == (time, batch)
            if same and b.kind == "work" and not b.before:
                return name
        name = self.base.made.names.new("a", "")
        self.buffers[name] = Buffer(name, "work", time, batch, legs, told=told)
        self.operations.append(replace(operation, out=name))
        return name

    def _out_axes(self, o: Simple) -> tuple[bool, bool, tuple[Leg, ...]]:
        if isinstance(o, Contract):
            return False, False, (*self.axes(o.left)[2], *self.axes(o.right)[2])
        if isinstance(o, Product):
            time, batch, legs = self.axes(o.vector)
            return time, batch, (*legs[:-1], self.axes(o.matrix)[2][1 if o.turned else 0])
        time, batch, legs = self.axes(o.value)
        if isinstance(o, Total):
            return False, False, legs
        return (time, batch, legs[:-1]) if isinstance(o, Row) and o.fun != "shifted" else (time, batch, legs)

    def replace_all(self, change: Callable[[Simple], Simple]) -> None:
        self.operations = [change(o) for o in self.operations]


def with_values(operation: Simple, change: Callable[[Value], Value]) -> Simple:
    """The operation with its trees changed; operands of products and contractions stay."""
    if isinstance(operation, (Product, Contract)):
        return operation
    return replace(operation, value=change(operation.value))


def with_loads(operation: Simple, change: Change) -> Simple:
    """The operation with every load replaced, also operands, which must remain loads."""
    found = {f.name: getattr(operation, f.name) for f in fields(operation)}
    parts = {name: mapped(v, change) for name, v in found.items() if isinstance(v, (Load, Const, Call))}
    return replace(operation, **parts)  # type: ignore[arg-type]


def moved(value: Value, by: int, buffers: dict[str, Buffer]) -> Value:
    """The value `by` steps later."""
    if not by:
        return value
    return mapped(value, lambda r: replace(r, shift=r.shift + by) if buffers[r.buffer].time and not r.end else r)


def canonical(value: Value, buffers: dict[str, Buffer]) -> tuple[Value, int]:
    """The value moved so that its latest step is t (if it stands later), and by how much it stood later."""
    later = max((r.shift for r in loads(value) if buffers[r.buffer].time and not r.end), default=0)
    return (moved(value, -later, buffers), later) if later > 0 else (value, 0)


def exists(value: Value, buffers: dict[str, Buffer]) -> bool:
    """Whether the value exists at every step."""
    return all(-buffers[r.buffer].before <= r.shift <= 0 for r in loads(value) if buffers[r.buffer].time and not r.end)


def rebuilt(value: Value, change: Callable[[Value], Value]) -> Value:
    """Top down: where `change` gives something new, that; otherwise the parts changed."""
    new = change(value)
    if new is not value or not isinstance(value, Call):
        return new
    return Call(value.fun, tuple(rebuilt(a, change) for a in value.args))
