"""A program in two halves: what the loss needs is the forward pass, what else the gradients need is the backward pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..program import Load, Loop, Operation, Program, Simple, reads


@dataclass(frozen=True)
class Halves:
    """`kept`: what the backward pass reads of the forward pass and of what is given."""

    forward: tuple[Operation, ...]
    backward: tuple[Operation, ...]
    kept: tuple[str, ...]


def halves(program: Program, functions: Iterable[str]) -> Halves:
    """The two passes; `functions`: buffers that are names of functions, which need not be kept."""
    ours = _closure(program.operations, {program.loss})
    forward = tuple(o for o in program.operations if outs(o) & ours)
    backward = tuple(o for o in program.operations if not outs(o) & ours)
    made = {name for o in backward for name in outs(o)}
    wanted = [r.buffer for o in backward for s in body(o) for r in reads(s)] + list(program.gradients.values())
    missing = set(wanted) - made - set(functions)
    return Halves(forward, backward, tuple(name for name in program.buffers if name in missing))


def outs(o: Operation) -> set[str]:
    """What an operation computes."""
    return {s.out for s in body(o)}


def body(o: Operation) -> tuple[Simple, ...]:
    return o.body if isinstance(o, Loop) else (o,)


def _closure(operations: Sequence[Operation], wanted: set[str]) -> set[str]:
    """Everything that these results need, directly or through others."""
    found, waiting = set(wanted), set(wanted)
    while waiting:
        new = {r.buffer for o in operations if outs(o) & waiting for s in body(o) for r in reads(s)}
        new |= {name for o in operations if outs(o) & waiting for name in outs(o)}
        waiting = new - found
        found |= new
    return found


def exclusive(operations: Sequence[Operation], results: Sequence[str]) -> dict[int, set[int]]:
    """Position of an operation -> the positions of the results that need it."""
    needs = [_closure(operations, {result}) for result in results]
    return {i: {j for j, need in enumerate(needs) if outs(o) & need} for i, o in enumerate(operations)}


def read_elsewhere(program: Program, loops: Sequence[Loop], operations: Sequence[Operation]) -> dict[str, list[Load]]:
    """The loads of what these loops compute by other operations; a result counts as one."""
    own = {id(o) for o in loops}
    found: dict[str, list[Load]] = {name: [Load(name)] for name in program.gradients.values()}
    for o in operations:
        if id(o) not in own:
            for s in body(o):
                for r in reads(s):
                    found.setdefault(r.buffer, []).append(r)
    return found
