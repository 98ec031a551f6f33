"""Slopes where they are needed: what costs a few multiplications is computed inside the loop that needs it.

A schedule for arrays computes 1 - h_t² for all steps at once.  In C the loop has h_t at hand, and to store a slope and
to fetch it again costs more than to compute it.  So an assignment of a few sums and products, all of whose readers are
loops that read it at their own step, moves to the beginning of those loops, if nothing on the way changes what it reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from ..program import Assign, Const, Load, Loop, Operation, Program, Value, flat, loads, reads

CHEAP = {"+", "*", "pow", "step"}
SQUARE = Fraction(2)
LARGEST = 16
"""Nodes of a value that is still cheap."""


def sunk(program: Program) -> Program:
    """The program with cheap values inside the loops that need them."""
    while True:
        operations = next((_moved(program, i) for i in range(len(program.operations) - 1, -1, -1) if _sinks(program, i)), None)
        if operations is None:
            return program
        program = replace(program, operations=operations)


def _sinks(program: Program, at: int) -> bool:
    """Whether the operation can move into loops after it."""
    o = program.operations[at]
    if not isinstance(o, Assign) or o.add or not o.steps.whole or not _cheap(o.value):
        return False
    b = program.buffers[o.out]
    blocks = any(c.inside and c.inside[0] == b.name for c in program.buffers.values())
    if b.kind != "work" or b.inside or blocks or b.before or not b.time:
        return False
    if sum(p.out == b.name for p in flat(program.operations)) != 1:
        return False
    users = list(_users(program, b.name))
    if not users or not all(isinstance(program.operations[i], Loop) and i > at for i in users):
        return False
    for p in flat(program.operations):
        if any(r.buffer == b.name and (r.shift or r.end) for r in reads(p)):
            return False
    sources = {_root(program, r.buffer) for r in loads(o.value)}
    passed = flat(program.operations[at + 1 : max(users) + 1])
    return not any(_root(program, p.out) in sources for p in passed)


def _users(program: Program, name: str) -> Iterator[int]:
    for i, o in enumerate(program.operations):
        if any(r.buffer == name for p in (o.body if isinstance(o, Loop) else (o,)) for r in reads(p)):
            yield i


def _moved(program: Program, at: int) -> tuple[Operation, ...]:
    o = program.operations[at]
    assert isinstance(o, Assign)
    users = set(_users(program, o.out))
    return tuple(
        replace(p, body=(o, *p.body)) if i in users and isinstance(p, Loop) else p
        for i, p in enumerate(program.operations)
        if i != at
    )


def _root(program: Program, name: str) -> str:
    inside = program.buffers[name].inside
    return _root(program, inside[0]) if inside else name


def _cheap(value: Value) -> bool:
    nodes = 0
    stack = [value]
    while stack:
        node = stack.pop()
        nodes += 1
        if isinstance(node, (Load, Const)):
            continue
        if node.fun not in CHEAP or (node.fun == "pow" and node.args[1] != Const(SQUARE)):
            return False
        stack.extend(node.args)
    return nodes <= LARGEST
