"""One sweep through all steps where a program has a loop and single steps at its end.

A recurrence of adjoints reads its own value at t + 1, which the last step has not, so a program computes the last step
for itself.  With zeros beyond the last step, ∂h[T+1] = 0, the loop's own body gives the same there whenever what comes from
t + 1 vanishes with it; then the loop runs over all steps.  Whether it does is seen by putting zeros into the body and
comparing it with the single step, operation by operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .. import algebra as A
from ..program import Assign, Buffer, Call, Load, Loop, Operation, Product, Program, Row, Simple, Value, checked, reads


def swept(program: Program) -> Program:
    """The program with single steps taken into their loops; a buffer's `after` counts its zeros beyond the last step."""
    buffers = dict(program.buffers)
    operations: list[Operation] = []
    for group in groups(program.operations):
        loops = [o for o in group if isinstance(o, Loop)]
        if len(loops) > 1 and _same(buffers, loops, _needed(program, loops)):
            whole = loops[-1]
            for name, far in reach(whole).items():
                buffers[name] = replace(buffers[name], after=far)
            operations.append(replace(whole, steps=replace(whole.steps, stop=0)))
        else:
            operations += group
    return checked(replace(program, buffers=buffers, operations=tuple(operations)))


def groups(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """The operations one by one, loops through the parts of one sweep together."""
    found: list[Operation] = []
    outs: set[str] = set()
    for o in operations:
        own = {s.out for s in o.body} if isinstance(o, Loop) else set()
        if found and not (own & outs and isinstance(o, Loop) and o.direction == found[0].direction):  # type: ignore[union-attr]
            yield found
            found, outs = [], set()
        found.append(o)
        outs |= own
    if found:
        yield found


def reach(loop: Loop) -> dict[str, int]:
    """How many steps back in its own direction a loop needs each of its quantities."""
    outs = {s.out for s in loop.body}
    found: dict[str, int] = {}
    for s in loop.body:
        for r in reads(s):
            if r.buffer in outs and r.shift:
                found[r.buffer] = max(found.get(r.buffer, 0), abs(r.shift))
    return found


def _needed(program: Program, loops: Sequence[Loop]) -> set[str]:
    """What the loops compute for others, or for their own next step."""
    own = {id(o) for o in loops}
    found = {program.loss, *program.gradients.values()}
    for o in program.operations:
        if id(o) not in own:
            found |= {r.buffer for s in (o.body if isinstance(o, Loop) else (o,)) for r in reads(s)}
    return found | {name for loop in loops for name in reach(loop)}


def _same(buffers: dict[str, Buffer], loops: Sequence[Loop], needed: set[str]) -> bool:
    """Whether the body of the last loop gives what the single steps before it do, with zeros beyond the last step."""
    *singles, whole = loops
    places = [(s.steps.at, s.steps.shift) for s in singles]
    if whole.direction > 0 or places != [("last", -i) for i in range(len(singles))] or whole.steps.stop != len(singles):
        return False
    outs = {s.out for s in whole.body}
    if whole.steps.at or whole.steps.skip or any(
        r.shift > 0 and not r.end and r.buffer not in outs and buffers[r.buffer].time for s in whole.body for r in reads(s)
    ):
        return False
    for i, single in enumerate(singles):
        mine, other = _worked_out(whole.body, outs, i), _worked_out(single.body, outs, i)
        if any(mine.get(name) != other.get(name) for name in needed & outs):
            return False
    return True


def _worked_out(body: Sequence[Simple], outs: set[str], known: int) -> dict[str, Value]:
    """Every out of a body in terms of what the body is given; its own values more than `known` steps later are zero."""
    values: dict[str, Value] = {}

    def given(v: Value) -> Value:
        if isinstance(v, Load) and v.buffer in outs:
            return values.get(v.buffer, v) if not v.shift else v if v.shift <= known else A.ZERO
        if isinstance(v, Call):
            args = tuple(given(a) for a in v.args)
            return A.added(*args) if v.fun == "+" else _product(v.fun, args)
        return v

    for s in body:
        if isinstance(s, Product):
            vector = given(s.vector)
            zero = vector == A.ZERO
            values[s.out] = A.ZERO if zero else Call(f"product with {s.matrix} {s.turned}", (vector,))
        elif isinstance(s, Row):
            values[s.out] = Call(f"row {s.fun}", (given(s.value),))
        elif isinstance(s, Assign) and not s.add:
            values[s.out] = given(s.value)
    return values


def _product(fun: str, args: tuple[Value, ...]) -> Value:
    if fun == "*":
        return A.multiplied(*args)
    return A.ZERO if fun == "/" and args[0] == A.ZERO else Call(fun, args)
