"""Operations in an order: what needs itself at another step goes into a loop, everything else is for all steps at once.

retimed    a part of a loop whose quantities all stand at t + 1 is computed at t (a product: at its own step from
           operands at t + 1), so that it can be stored, stacked, and shared with the gradients
hoisted    parts of a loop's values that need nothing of the loop are computed before it, sums and products split for that
divided    a loop in which some summands count only at some steps becomes single steps and a loop without conditions
local      what only its own step of the loop needs has no axis of steps, and is a part of the one value that needs it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from . import algebra as A
from .editing import Edit, canonical, exists, rebuilt, with_loads, with_values
from .flow import Flow
from .lowering import NotLowered
from .program import (
    Assign,
    Call,
    Contract,
    Load,
    Loop,
    Operation,
    Product,
    Program,
    Simple,
    Start,
    Value,
    checked,
    flat,
    loads,
    reads,
    renamed,
)
from .schedule import EVERY, Steps, components

Sets = dict[str, list[str]]


def staged(flow: Flow) -> Program:
    """The program of a flow."""
    edit = Edit(_retimed(flow))
    parts = _parts(edit)
    changed = True
    while changed:  # what is hoisted is a part of its own, before the loop
        changed = sum(_hoist(edit, set(p)) for p in parts if _recurrent(edit, p)) > 0
        parts = _parts(edit)
    operations: list[Operation] = []
    by_out = edit.by_out()
    for part in parts:
        starts = [o for name in part for o in by_out.get(name, []) if isinstance(o, Start)]
        operations += starts
        if _recurrent(edit, part):
            operations += _loops(edit, part)
        else:
            operations += _at_once(by_out.get(part[0], []))
    return _finished(edit, operations)


def _parts(edit: Edit) -> list[list[str]]:
    by_out = edit.by_out()
    graph = {name: [r.buffer for o in found for r in reads(o) if r.buffer in by_out] for name, found in by_out.items()}
    return components(graph)


def _recurrent(edit: Edit, part: list[str]) -> bool:
    return len(part) > 1 or any(r.buffer == part[0] for o in edit.by_out()[part[0]] for r in reads(o))


def _at_once(found: list[Simple]) -> list[Operation]:
    """The summands for all their steps, the first one for all steps sets."""
    rest = [o for o in found if not isinstance(o, Start)]
    first = next((o for o in rest if not isinstance(o, Start) and o.steps.whole), None)
    if first is None:
        first = Assign(rest[0].out, A.ZERO)
    others = [o for o in rest if o is not first]
    return [first, *(replace(o, add=True) for o in others if not isinstance(o, Start))]


# Retiming.


def _retimed(flow: Flow) -> Flow:
    edit = Edit(flow)
    for part in _parts(edit):
        if not _recurrent(edit, part):
            continue
        inside = set(part)
        _gathered(edit, inside)
        before = list(edit.operations)
        carried = [_carried(edit, o, inside) if o.out in inside else o for o in before]
        edit.operations = carried + edit.operations[len(before) :]
    readers, sole = edit.readers(), edit.sole()
    for name, o in sole.items():
        found = readers.get(name, [])
        shifts = {r.shift for _, r in found}
        if not isinstance(o, Product) or edit.buffers[o.matrix.buffer].time or len(shifts) != 1 or any(r.end for _, r in found):
            continue
        by = shifts.pop()
        if by > 0 and all(not isinstance(p, Start) and p.steps.stop >= by and not p.steps.at for p, _ in found):
            vector = replace(o.vector, shift=o.vector.shift + by)
            at_own = replace(o, vector=vector, steps=Steps(stop=by))
            edit.operations[edit.operations.index(o)] = at_own
            _read_earlier(edit, name, by)
    return edit.flow()


def _read_earlier(edit: Edit, name: str, by: int) -> None:
    def change(r: Load) -> Load:
        return replace(r, shift=r.shift - by) if r.buffer == name else r

    edit.replace_all(lambda p: with_loads(p, change))


def _gathered(edit: Edit, inside: set[str]) -> None:
    """Summands of a loop's quantity that need nothing of the loop and count at different steps: one sum before it."""
    for name in sorted(inside):
        own = [o for o in edit.by_out()[name] if isinstance(o, Assign)]
        free = [o for o in own if not any(r.buffer in inside for r in reads(o))]
        if len({o.steps for o in free}) < 2 and all(o.steps in (EVERY, Steps(at="last")) for o in free):
            continue
        fresh = edit.base.made.names.new("a", "")
        edit.buffers[fresh] = replace(edit.buffers[name], name=fresh, before=0, told="")
        edit.operations = [o for o in edit.operations if o not in free]
        edit.operations += [replace(o, out=fresh) for o in free] + [Assign(name, Load(fresh))]


def _carried(edit: Edit, o: Simple, inside: set[str]) -> Simple:
    """Parts of a value whose quantities all stand later get a buffer at their own step."""

    def change(v: Value) -> Value:
        if isinstance(v, Call) and any(r.buffer in inside for r in loads(v)):
            timed = [r for r in loads(v) if edit.buffers[r.buffer].time and not r.end]
            own, later = canonical(v, edit.buffers)
            if later and all(r.shift > 0 for r in timed if r.buffer in inside) and exists(own, edit.buffers) and v.fun != "+":
                return Load(edit.define(Assign("", own)), later)
        return v

    return with_values(o, lambda v: rebuilt(v, change))


# Hoisting.


def _hoist(edit: Edit, inside: set[str]) -> bool:
    """Whether something left the loop."""
    done = False

    def outside(v: Value) -> Value:
        nonlocal done
        if not isinstance(v, Call) or v.fun in ("column", "row"):
            return v
        own, later = canonical(v, edit.buffers)
        if not exists(own, edit.buffers) or not any(True for _ in loads(v)):
            return v
        done = True
        name = edit.define(Assign("", own))
        return Load(name, later if edit.buffers[name].time else 0)

    def change(v: Value) -> Value:
        if not isinstance(v, Call):
            return v
        free = [a for a in v.args if not any(r.buffer in inside for r in loads(a))]
        if len(free) == len(v.args):
            return outside(v)
        if v.fun in ("+", "*") and len(free) > 1:
            group = outside(Call(v.fun, tuple(free)))
            if isinstance(group, Load):
                return Call(v.fun, (group, *(rebuilt(a, change) for a in v.args if a not in free)))
        return v

    new = []
    for o in list(edit.operations):
        new.append(with_values(o, lambda v: rebuilt(v, change)) if o.out in inside and not isinstance(o, Start) else o)
    edit.operations = new + [o for o in edit.operations if o.out not in {p.out for p in new}]
    return done


# Loops.


def _loops(edit: Edit, part: list[str]) -> list[Operation]:
    inside, by_out = set(part), edit.by_out()
    offsets: set[int] = set()
    same: Sets = {name: [] for name in part}
    for name in part:
        for o in by_out[name]:
            for r in reads(o) if not isinstance(o, Start) else ():
                if r.buffer not in inside:
                    continue
                if r.end or not edit.buffers[r.buffer].time:
                    raise NotLowered(f"{r.buffer} is needed at a fixed step of its own loop")
                offsets.add(r.shift)
                if r.shift == 0:
                    same[name].append(r.buffer)
    signs = {(s > 0) - (s < 0) for s in offsets} - {0}
    if len(signs) != 1:
        raise NotLowered(f"{', '.join(part)} need each other both at earlier and at later steps")
    direction = -signs.pop()
    order = [t for p in components(same) for t in p]
    body = [o for name in order for o in by_out[name] if not isinstance(o, Start)]
    ranges = _divided([o.steps for o in body], direction)
    return [Loop(1 if direction > 0 else -1, steps, _body(body, steps)) for steps in ranges]


def _divided(found: list[Steps], direction: int) -> list[Steps]:
    """The steps as ranges in each of which every summand counts always or never, in the loop's order."""
    stops = {s.stop for s in found} | {1 - s.shift for s in found if s.at == "last"}
    skips = {s.skip for s in found} | {1 + s.shift for s in found if s.at == "first"}
    stop, skip = max(stops), max(skips)
    if stop and skip:
        raise NotLowered("a loop with summands both for the first and for the last steps")
    last = [Steps(at="last", shift=-i) for i in range(stop)]
    first = [Steps(at="first", shift=i) for i in range(skip)]
    result = [*first, Steps(skip=skip, stop=stop), *reversed(last)]
    return result if direction > 0 else result[::-1]


def _counts(o: Steps, at: Steps) -> bool:
    """Whether a summand for the steps `o` counts in the range `at`."""
    if at.at == "last":
        return o.stop <= -at.shift and (not o.at or (o.at == "last" and o.shift == at.shift))
    if at.at == "first":
        return o.skip <= at.shift and (not o.at or (o.at == "first" and o.shift == at.shift))
    return not o.at


def _body(body: Sequence[Simple], steps: Steps) -> tuple[Simple, ...]:
    """The summands that count, as one operation for each out."""
    found: dict[str, list[Simple]] = {}
    for o in body:
        found.setdefault(o.out, [])
        if not isinstance(o, Start) and _counts(o.steps, steps):
            found[o.out].append(o)
    result: list[Simple] = []
    for name, parts in found.items():
        values = [o.value for o in parts if isinstance(o, Assign)]
        others = [o for o in parts if not isinstance(o, Assign)]
        if len(others) > 1 or (others and values):
            raise NotLowered(f"{name} is a sum of products")
        if others:
            result.append(replace(others[0], steps=EVERY))  # type: ignore[arg-type]
        elif any(o.out == name and isinstance(o, Assign) for o in body):
            result.append(Assign(name, A.added(*values) if values else A.ZERO))
    return tuple(result)


# The whole.


def _finished(edit: Edit, operations: list[Operation]) -> Program:
    """Local quantities without steps, results under their own names."""
    results = set(edit.base.results)
    while True:
        new = _localised(edit, operations, results)
        if new is None:
            break
        operations = new
    made = edit.base.made
    operations = _named(edit, operations)
    sizes = {code: made.size_keys[s] for s, code in made.sizes.items() if s in made.size_keys}
    used_buffers = {n for o in flat(tuple(operations)) for n in (o.out, *(r.buffer for r in reads(o)))}
    kept = {n: b for n, b in edit.buffers.items() if n in used_buffers or b.kind in ("parameter", "data")}
    return checked(Program(
        made.model.name, made.model.title or made.model.name, sizes, kept, tuple(operations),
        edit.base.gradients, edit.base.loss, bool(made.model.time),
    ))  # fmt: skip


def _named(edit: Edit, operations: list[Operation]) -> list[Operation]:
    """What is a gradient as it stands is computed under the gradient's name."""
    names: dict[str, str] = {}
    for o in operations:
        if isinstance(o, Assign) and o.out in edit.base.gradients.values() and isinstance(o.value, Load):
            b = edit.buffers[o.value.buffer]
            if b.kind == "work" and not (b.time or b.batch) and b.name not in names:
                names[b.name] = o.out
    kept = [o for o in operations if not (isinstance(o, Assign) and names.get(getattr(o.value, "buffer", "")) == o.out)]
    return [
        replace(o, body=tuple(renamed(s, names) for s in o.body)) if isinstance(o, Loop) else renamed(o, names) for o in kept
    ]


def _localised(edit: Edit, operations: list[Operation], results: set[str]) -> list[Operation] | None:
    """One quantity of a loop without its steps, or put into the one value that needs it; None if there is none."""
    everywhere: dict[str, list[Load]] = {}
    for o in operations:
        for s in o.body if isinstance(o, Loop) else (o,):
            for r in reads(s):
                everywhere.setdefault(r.buffer, []).append(r)
    for loop in operations:
        if not isinstance(loop, Loop):
            continue
        for s in loop.body:
            name, b = s.out, edit.buffers[s.out]
            if name in results or b.before or any(r.shift or r.end for r in everywhere.get(name, [])):
                continue
            bodies = [o.body for o in operations if isinstance(o, Loop) and any(p.out == name for p in o.body)]
            if sum(r.buffer == name for body in bodies for p in body for r in reads(p)) != len(everywhere.get(name, [])):
                continue
            users = [p for p in loop.body for r in reads(p) if r.buffer == name]
            inline = isinstance(s, Assign) and all(not isinstance(p, (Product, Contract)) for p in users)
            if inline and (len(users) <= 1 or not isinstance(s.value, Call)):  # type: ignore[union-attr]
                value = s.value  # type: ignore[union-attr]
                body = tuple(_put(p, name, value) for p in loop.body if p is not s)
                return [replace(o, body=body) if o is loop else o for o in operations]
            if b.time:
                edit.buffers[name] = replace(b, time=False)
                return operations
    return None


def _put(o: Simple, name: str, value: Value) -> Simple:
    if not any(r.buffer == name for r in reads(o)):
        return o
    return with_values(o, lambda v: rebuilt(v, lambda w: value if isinstance(w, Load) and w.buffer == name else w))
