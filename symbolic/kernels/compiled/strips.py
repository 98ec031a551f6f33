"""Strips: operations on all rows that follow each other run strip by strip, so that a strip stays in the cache.

A row is one step of one sample.  An operation fits if every array that it reads or writes has a row for each step and
sample, or is the same for all; sums over all rows grow strip by strip.  Inside a strip only the own row of what the
strip computes may be read.  What needs no rows is computed before the strip, or, if it needs a sum, after it.

A buffer that only its own strip uses needs memory for one strip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..program import Assign, Contract, Load, Loop, Operation, Product, Program, Row, Simple, Start, Total, reads
from .layout import Layout


@dataclass
class Part:
    """Operations that are printed together: a loop's body, a strip's operations, or one after the other."""

    kind: str  # "loop", "strip" or "plain"
    operations: list[Simple]
    loop: Loop | None = None


@dataclass
class _Strip:
    """A strip that grows; the sets hold roots."""

    before: list[Simple] = field(default_factory=list)
    rows: list[Simple] = field(default_factory=list)
    after: list[Simple] = field(default_factory=list)
    written: set[str] = field(default_factory=set)  # one row after the other
    shifted: set[str] = field(default_factory=set)  # read at other rows
    needed: set[str] = field(default_factory=set)  # read by rows or after
    sums: set[str] = field(default_factory=set)  # complete after the rows
    late: set[str] = field(default_factory=set)  # computed after the rows


def parts(program: Program, layout: Layout) -> Iterator[Part]:
    """The program as parts, in an order that computes the same."""
    strip = _Strip()
    for o in program.operations:
        if isinstance(o, Loop):
            yield from _closed(strip)
            strip = _Strip()
            yield Part("loop", list(o.body), o)
        elif not _taken(strip, o, program, layout):
            yield from _closed(strip)
            strip = _Strip()
            if not _taken(strip, o, program, layout):
                yield Part("plain", [o])
    yield from _closed(strip)


def _closed(strip: _Strip) -> Iterator[Part]:
    for kind, operations in (("plain", strip.before), ("strip", strip.rows), ("plain", strip.after)):
        if operations:
            yield Part(kind, operations)


def _taken(strip: _Strip, o: Operation, program: Program, layout: Layout) -> bool:
    """Whether the operation could be added."""
    if isinstance(o, (Start, Loop)) or not o.steps.whole:
        return False
    views = layout.views
    axes = {(views[r.buffer].time and not r.end, views[r.buffer].batch) for r in reads(o)}
    out = (views[o.out].time, views[o.out].batch)
    root = views[o.out].root
    read = {views[r.buffer].root for r in reads(o)}
    if any(r.end for r in reads(o)) or not axes | {out} <= {(True, True), (False, False)}:
        return False
    others = {views[r.buffer].root for r in reads(o) if r.shift}
    if (True, True) not in axes | {out}:  # no rows at all
        if root in strip.needed | strip.sums or (root in strip.late and not read & (strip.sums | strip.late)):
            return False
        after = bool(read & (strip.sums | strip.late))
        (strip.after if after else strip.before).append(o)
        strip.late |= {root} if after else set()
        strip.needed |= read if after else set()
        return True
    if read & (strip.sums | strip.late) or others & strip.written or root in strip.late:
        return False
    if out == (False, False):
        more = isinstance(o, (Contract, Total)) and o.add and root in strip.sums
        if not isinstance(o, (Contract, Total)) or (root in strip.needed | strip.sums and not more):
            return False
        strip.sums.add(root)
    else:
        if not isinstance(o, (Assign, Product, Row)) or root in strip.shifted | others:
            return False
        strip.written.add(root)
    strip.shifted |= others
    strip.needed |= read
    strip.rows.append(o)
    return True


def local(found: Sequence[Part], program: Program, layout: Layout) -> frozenset[str]:
    """The roots that one strip computes and no other part needs."""
    views = layout.views
    users: dict[str, set[int]] = {}
    shifted = set()
    for i, part in enumerate(found):
        for o in part.operations:
            for load in (Load(o.out), *reads(o)):
                root = views[load.buffer].root
                users.setdefault(root, set()).add(i if part.kind == "strip" else -1 - i)
                if load.shift or load.end:
                    shifted.add(root)
    return frozenset(
        root
        for root, where in users.items()
        if len(where) == 1 and min(where) >= 0 and root not in shifted and program.buffers[root].kind == "work"
        and views[root].time and views[root].batch and not views[root].before
    )  # fmt: skip
