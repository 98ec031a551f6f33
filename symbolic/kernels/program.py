"""A program: what a kernel computes, step by step, for any back end to print.

A *buffer* is an array with named axes, in this order: the steps, the samples, the entries.

    time     whether it has one value per step; `before`, `after`: number of values that stand in front of the first step
             and behind the last one
    batch    whether it has one value per sample
    legs     the lengths of the axes of entries: () a number, (n,) a column or row, (m, n) a matrix

so h_t with h_0 is an array (T + 1, B, n) in which step t = 0, 1, .., T - 1 stands at place t + 1.  A buffer that is
`inside` another one is a block of it along one axis of entries, and shares its memory.

A *value* is a tree over buffers and numbers that is computed entry by entry.  Axes that a buffer lacks are repeated, as
are the entries of a number; "column" makes (m,) the columns of a matrix (m, n), "row" makes (n,) its rows,
"tile" of a vector and a Const repeats the vector that many times, (n,) for k blocks (n + .. + n,).

    Load(b, k)           b at the operation's own step + k;  with `end` at the first or last step + k, for all steps alike
    Const(c)             a rational number
    Call("+" | "*", ..)  n-ary; "/" of two; "pow" of a value and a Const; any other name is a function of one value

An *operation* computes its `out` at its own step, for the `steps` that it names (see `schedule.Steps`): t = skip ..
T - 1 - stop, or one step counted from the first or last.  With `add` it adds to what is there.  Outside a loop it does
so for all its steps (and samples) at once.  An out without time or batch is computed once.

    Start(o, v)               the values before the first step: v has no time, or `before` steps
    Assign(o, v)              o = v
    Product(o, v, M, turned)  o = M v for each step and sample, a row times Mᵀ; turned: o = Mᵀ v, a row times M;
                              `start`: this is added (only `compiled` makes such products)
    Row(o, f, v)              f over the last axis of entries: "sum", "max", "logsumexp", or
                              "shifted" = v - r with any number r per row such that exp(v - r) neither overflows nor vanishes
    Contract(o, l, r)         o = Σ l rᵀ over all steps and samples that l and r have, (m,) and (n,) give (m, n)
    Total(o, v)               o = Σ v over the axes that v has and o has not (steps, samples, entries)
    Loop(d, steps, body)      the operations of the body for each step in turn, upwards (d = 1) or downwards (d = -1)

The order of operations is the order of computing.  `checked` refuses what is not well-formed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Literal

from .schedule import EVERY, KernelError, Steps

Leg = str | int | tuple[str | int, ...]
"""Length of an axis of entries: a size by its name in the code, a number, or the sum of several."""

Kind = Literal["parameter", "data", "work", "gradient", "loss", "ones"]


@dataclass(frozen=True)
class Buffer:
    """An array; `told` is the formula of what it holds, `key` the name under which a caller knows it.

    kind       "ones" is work whose entries are one and stay so
    optional   of data: zero if it is not given
    inside     (the buffer that it is a block of, the axis of entries, the number of the block along it)
    """

    name: str
    kind: Kind
    time: bool = False
    batch: bool = False
    legs: tuple[Leg, ...] = ()
    before: int = 0
    key: str = ""
    told: str = ""
    optional: bool = False
    inside: tuple[str, int, int] | None = None
    after: int = 0

    @property
    def rank(self) -> int:
        return len(self.legs)


@dataclass(frozen=True)
class Load:
    buffer: str
    shift: int = 0
    end: Literal["", "first", "last"] = ""


@dataclass(frozen=True)
class Const:
    value: Fraction


@dataclass(frozen=True)
class Call:
    fun: str
    args: tuple[Value, ...]


Value = Load | Const | Call


@dataclass(frozen=True)
class Start:
    out: str
    value: Value


@dataclass(frozen=True)
class Assign:
    out: str
    value: Value
    steps: Steps = EVERY
    add: bool = False


@dataclass(frozen=True)
class Product:
    out: str
    vector: Load
    matrix: Load
    turned: bool = False
    steps: Steps = EVERY
    add: bool = False
    start: Load | None = None


@dataclass(frozen=True)
class Row:
    out: str
    fun: Literal["sum", "max", "logsumexp", "shifted"]
    value: Value
    steps: Steps = EVERY
    add: bool = False


@dataclass(frozen=True)
class Contract:
    out: str
    left: Load
    right: Load
    steps: Steps = EVERY
    add: bool = False


@dataclass(frozen=True)
class Total:
    out: str
    value: Value
    steps: Steps = EVERY
    add: bool = False


Simple = Start | Assign | Product | Row | Contract | Total

VALUES: dict[type, tuple[str, ...]] = {
    made: tuple(f.name for f in fields(made) if f.name in ("value", "vector", "matrix", "start", "left", "right"))
    for made in (Start, Assign, Product, Row, Contract, Total)
}
"""The values of an operation, by the names of their fields."""



@dataclass(frozen=True)
class Loop:
    direction: Literal[1, -1]
    steps: Steps
    body: tuple[Simple, ...]


Operation = Simple | Loop


@dataclass(frozen=True)
class Program:
    """The buffers by name, the operations in order.

    sizes       name in the code -> the key of the size, for all sizes but the number of steps T and of samples B
    gradients   key of a parameter -> the buffer with its gradient
    loss        the buffer with the loss, summed over the samples
    timed       whether there are steps at all
    """

    name: str
    title: str
    sizes: dict[str, str]
    buffers: dict[str, Buffer]
    operations: tuple[Operation, ...]
    gradients: dict[str, str]
    loss: str
    timed: bool = True


# Walking.


def loads(value: Value) -> Iterator[Load]:
    """The buffers that a value reads, left to right."""
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, Load):
            yield node
        elif isinstance(node, Call):
            stack.extend(reversed(node.args))


def reads(operation: Simple) -> Iterator[Load]:
    """What an operation reads."""
    for name in VALUES[type(operation)]:
        yield from loads(getattr(operation, name))  # no start: nothing


def mapped(value: Value, change: Callable[[Load], Value]) -> Value:
    """The value with every load replaced."""
    if isinstance(value, Load):
        return change(value)
    if isinstance(value, Call):
        return Call(value.fun, tuple(mapped(a, change) for a in value.args))
    return value


def flat(operations: tuple[Operation, ...]) -> Iterator[Simple]:
    """All operations, those of loops in their place."""
    for o in operations:
        if isinstance(o, Loop):
            yield from o.body
        else:
            yield o


def axes(value: Value, buffers: dict[str, Buffer], looped: bool = False) -> tuple[bool, bool, tuple[Leg, ...]]:
    """(time, batch, legs) of a value; `looped`: for the one step of a loop, so that only totals have time."""
    if isinstance(value, Load):
        b = buffers[value.buffer]
        return b.time and not value.end and not looped, b.batch, b.legs
    if isinstance(value, Const):
        return False, False, ()
    parts = [axes(a, buffers, looped) for a in value.args]
    legs: tuple[Leg, ...] = max((p[2] for p in parts), key=len, default=())
    if value.fun == "tile":
        time, batch, (leg,) = parts[0]
        count = value.args[1]
        number = int(count.value) if isinstance(count, Const) else 1
        return time, batch, ((leg if isinstance(leg, tuple) else (leg,)) * number,)
    if value.fun in ("column", "row"):
        legs = (*legs, "*") if value.fun == "column" else ("*", *legs)
    elif len(legs) == 2:
        known = [p[2] for p in parts if len(p[2]) == 2]
        legs = tuple(next((k[i] for k in known if k[i] != "*"), "*") for i in (0, 1))
    return any(p[0] for p in parts), any(p[1] for p in parts), legs


# Checking.


def checked(program: Program) -> Program:
    """The program itself, or `KernelError` naming what is not well-formed."""
    for complaint in _complaints(program):
        raise KernelError(f"{program.name}: {complaint}")
    return program


def _complaints(program: Program) -> Iterator[str]:
    buffers = program.buffers
    known = {b.name for b in buffers.values() if b.kind in ("parameter", "data", "ones")}
    for b in buffers.values():
        if b.inside and b.inside[0] not in buffers:
            yield f"{b.name} is a block of {b.inside[0]}, which is no buffer"
        if b.before and not b.time:
            yield f"{b.name} has values before the first step but no steps"
    for o in program.operations:
        body = o.body if isinstance(o, Loop) else (o,)
        written = {s.out for s in body}
        for s in body:
            for name in (s.out, *(r.buffer for r in reads(s))):
                if name not in buffers:
                    yield f"{name} is used but is no buffer"
                    return
            if buffers[s.out].kind in ("parameter", "data"):
                yield f"{s.out} is given and cannot be computed"
            for r in reads(s):
                if not _filled(program, known | written if isinstance(o, Loop) else known, r.buffer):
                    yield f"{r.buffer} is read before it is computed"
                yield from _places(buffers[r.buffer], r, o.steps if isinstance(o, Loop) else getattr(s, "steps", EVERY))
            yield from (f"{s.out} = {c}" for c in _shapes(s, buffers, isinstance(o, Loop)))
        known |= written
    for name in (program.loss, *program.gradients.values()):
        if not _filled(program, known, name):
            yield f"{name} is a result but nothing computes it"


def _filled(program: Program, known: set[str], name: str) -> bool:
    """Whether a buffer has a value: its own, that of what it is a block of, or those of blocks that cover it."""
    b = program.buffers[name]
    if _made(program, known, name):
        return True
    if b.inside is None:
        return False
    parent, axis, first = b.inside
    own = set(range(first, first + _parts(b, axis)))
    return _filled(program, known, parent) or own <= _covered(program, known, parent)


def _made(program: Program, known: set[str], name: str) -> bool:
    """Whether a buffer has been computed as a whole or block by block."""
    axis = next((c.inside[1] for c in program.buffers.values() if c.inside and c.inside[0] == name), None)
    whole = set(range(_parts(program.buffers[name], axis or 0)))
    return name in known or (axis is not None and _covered(program, known, name) >= whole)


def _covered(program: Program, known: set[str], parent: str) -> set[int]:
    """The parts of a buffer that blocks of it fill."""
    found: set[int] = set()
    for b in program.buffers.values():
        if b.inside and b.inside[0] == parent and _made(program, known, b.name):
            found |= set(range(b.inside[2], b.inside[2] + _parts(b, b.inside[1])))
    return found


def _parts(b: Buffer, axis: int) -> int:
    """How many parts a buffer has along an axis; a vector is one column of a matrix."""
    leg = b.legs[axis] if axis < len(b.legs) else 1
    return len(leg) if isinstance(leg, tuple) else 1


def _places(b: Buffer, r: Load, steps: Steps) -> Iterator[str]:
    """Whether the buffer has a value at every step at which it is read."""
    if not b.time:
        if r.shift or r.end:
            yield f"{b.name} has no steps but is read at one"
    elif r.end == "last" or (not r.end and steps.at == "last"):
        if r.shift + (0 if r.end else steps.shift) > b.after:
            yield f"{b.name} is read after its last value"
    elif r.end == "first" or steps.at == "first":
        if r.shift + (0 if r.end else steps.shift) + b.before < 0:
            yield f"{b.name} is read before its first value"
    elif r.shift + steps.skip + b.before < 0 or r.shift > steps.stop + b.after:
        yield f"{b.name} is read at t{r.shift:+} where it has no value"


def _shapes(s: Simple, buffers: dict[str, Buffer], looped: bool) -> Iterator[str]:
    """Whether the legs of what goes into an operation fit those of its out."""
    legs = buffers[s.out].legs

    def of(v: Value) -> tuple[Leg, ...]:
        return axes(v, buffers, looped)[2]

    if isinstance(s, Contract):
        if (*of(s.left), *of(s.right)) != legs:
            yield f"Σ of {of(s.left)} times {of(s.right)} where {legs} is expected"
    elif isinstance(s, Product):
        m, v = of(s.matrix), of(s.vector)
        if len(m) != 2 or (*v[:-1], *(m if s.turned else m[::-1])) != (*v, legs[-1]):
            yield f"{m} times {v}{' turned' if s.turned else ''} where {legs} is expected"
    elif isinstance(s, Row):
        if (of(s.value) if s.fun == "shifted" else of(s.value)[:-1]) != legs:
            yield f"{s.fun} of {of(s.value)} where {legs} is expected"
    elif not _like(of(s.value), legs) and not (isinstance(s, Total) and not legs):
        yield f"{of(s.value)} where {legs} is expected"


def _like(found: tuple[Leg, ...], legs: tuple[Leg, ...]) -> bool:
    """Whether legs are these, or repeated to them."""
    return not found or (len(found) == len(legs) and all(a in ("*", b) for a, b in zip(found, legs, strict=True)))


def renamed(operation: Simple, names: dict[str, str]) -> Simple:
    """The operation with other buffers."""

    def change(r: Load) -> Value:
        return replace(r, buffer=names.get(r.buffer, r.buffer))

    parts = {name: mapped(getattr(operation, name), change) for name in VALUES[type(operation)]}
    return replace(operation, out=names.get(operation.out, operation.out), **parts)  # type: ignore[arg-type]
