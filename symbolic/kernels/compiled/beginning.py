"""Sums with a product begin with their other term.

A product is summed up in registers, which may as well start with a number as with zero.  So in

    a_t = W h_{t-1},  z_t = f(a_t + u_t + ½ b)        a_t is read nowhere else

the product starts with ½ b (computed once, whatever else of the sum has neither steps nor samples), or with u_t where
no such term is left, and the pass over the entries that follows reads one array.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..program import (
    Assign,
    Buffer,
    Call,
    Load,
    Loop,
    Operation,
    Product,
    Program,
    Row,
    Value,
    axes,
    flat,
    loads,
    reads,
    renamed,
)


def begun(program: Program) -> Program:
    """The program with products that start with a term of the sum that they are part of."""
    while True:
        changed = next(_changes(program), None)
        if changed is None:
            return program
        program = _without_copies(changed)


def _changes(program: Program) -> Iterator[Program]:
    operations = list(flat(program.operations))
    read = Counter(r.buffer for o in operations for r in reads(o))
    written = Counter(o.out for o in operations)
    blocks = {b.inside[0] for b in program.buffers.values() if b.inside}

    def free(o: Product) -> bool:
        """Whether a product has rows of its own that are read once."""
        b = program.buffers[o.out]
        alone = read[o.out] == 1 and written[o.out] == 1 and not b.inside and o.out not in blocks
        return alone and b.kind == "work" and b.rank == 1 and not (o.add or o.start or b.before or b.after)

    for i, o in enumerate(program.operations):
        body: Sequence[Operation] = o.body if isinstance(o, Loop) else program.operations
        places = range(len(o.body)) if isinstance(o, Loop) else (i,)
        for at in places:
            product = body[at]
            if isinstance(product, Product) and free(product):
                yield from _begun(program, i, body, at, product)


def _begun(program: Program, i: int, body: Sequence[Operation], at: int, product: Product) -> Iterator[Program]:
    """The program if the reader of the product, in the same place, adds something to it."""
    buffers = program.buffers
    to = next((k for k, p in enumerate(body) if not isinstance(p, Loop) and any(r.buffer == product.out for r in reads(p))), -1)
    reader = body[to]
    if to <= at or not isinstance(reader, (Assign, Row)) or reader.steps != product.steps:
        return
    whole = _sum_with(reader.value, product.out)
    if whole is None or axes(whole, buffers)[2] != buffers[product.out].legs:
        return
    own, rest = Load(product.out), [a for a in whole.args if a != Load(product.out)]
    fixed = [a for a in rest if _fixed(program, a)]
    looped = body is not program.operations
    if not any(axes(a, buffers)[2] for a in fixed):
        fixed = [a for a in rest if _like(program, a, buffers[product.out], looped)][:1]
    written = {_root(program, p.out) for o in body for p in (o.body if isinstance(o, Loop) else (o,))}
    if not fixed or (looped and any(_fixed(program, a) and _roots(program, a) & written for a in fixed)):
        return
    passed = {_root(program, p.out) for o in body[at + 1 : to] for p in (o.body if isinstance(o, Loop) else (o,))}
    if (_roots(program, product.vector) | _roots(program, product.matrix)) & passed:
        return
    start, made = fixed[0], None
    if not isinstance(start, Load) or len(fixed) > 1:
        name = f"{product.out}_begin"
        made = Buffer(name, "work", legs=buffers[product.out].legs)
        value = Call("+", tuple(fixed)) if len(fixed) > 1 else fixed[0]
        start = Load(name)
    left = list(whole.args)
    for a in fixed:
        left.remove(a)
    changed = _replaced(reader.value, whole, Call("+", tuple(left)) if len(left) > 1 else own)
    before = [Assign(made.name, value)] if made else []
    pair = [replace(product, start=start), replace(reader, value=changed)]
    outer: tuple[Operation, ...]
    if isinstance(loop := program.operations[i], Loop):
        inner = (*loop.body[:at], *loop.body[at + 1 : to], *pair, *loop.body[to + 1 :])
        outer = (*program.operations[:i], *before, replace(loop, body=inner), *program.operations[i + 1 :])
    else:
        outer = (*body[:at], *body[at + 1 : to], *before, *pair, *body[to + 1 :])
    yield replace(program, operations=outer, buffers=buffers | ({made.name: made} if made else {}))


def _sum_with(value: Value, name: str) -> Call | None:
    """The sum of which the buffer is a term."""
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, Call):
            if node.fun == "+" and Load(name) in node.args:
                return node
            stack.extend(node.args)
    return None


def _replaced(value: Value, old: Value, new: Value) -> Value:
    if value == old:
        return new
    if isinstance(value, Call):
        return Call(value.fun, tuple(_replaced(a, old, new) for a in value.args))
    return value


def _fixed(program: Program, value: Value) -> bool:
    """Whether a value has neither steps nor samples, nor anything that is read at one step."""
    return axes(value, program.buffers)[:2] == (False, False) and not any(r.end for r in loads(value))


def _like(program: Program, value: Value, b: Buffer, looped: bool) -> bool:
    """Whether a value is an array with the axes of a product (`looped`: of its one step), at its own step."""
    if not isinstance(value, Load) or value.shift or value.end:
        return False
    found = program.buffers[value.buffer]
    return (found.time or looped, found.batch, found.legs) == (b.time or looped, b.batch, b.legs)


def _without_copies(program: Program) -> Program:
    """Without arrays that are another one: what reads them reads that."""
    for o in program.operations:
        if isinstance(o, Assign) and isinstance(o.value, Load) and _copies(program, o):
            source = o.value.buffer
            changed = [_reading(p, o.out, source) for p in program.operations if p is not o]
            return _without_copies(replace(program, operations=tuple(changed)))
    return program


def _copies(program: Program, o: Assign) -> bool:
    assert isinstance(o.value, Load)
    a, b = program.buffers[o.out], program.buffers[o.value.buffer]
    plain = o.steps.whole and not o.add and not o.value.shift and not o.value.end
    alike = (a.kind, a.time, a.batch, a.legs, a.before, a.after) == (b.kind, b.time, b.batch, b.legs, b.before, b.after)
    if not plain or not alike or a.kind != "work" or a.inside or b.inside or _blocks(program, a.name):
        return False
    return all(sum(p.out == name for p in flat(program.operations)) == 1 for name in (a.name, b.name))


def _reading(o: Operation, old: str, new: str) -> Operation:
    names = {old: new}
    return replace(o, body=tuple(renamed(p, names) for p in o.body)) if isinstance(o, Loop) else renamed(o, names)


def _blocks(program: Program, name: str) -> bool:
    return any(b.inside and b.inside[0] == name for b in program.buffers.values())


def _roots(program: Program, value: Value) -> set[str]:
    return {_root(program, r.buffer) for r in loads(value)}


def _root(program: Program, name: str) -> str:
    inside = program.buffers[name].inside
    return _root(program, inside[0]) if inside else name
