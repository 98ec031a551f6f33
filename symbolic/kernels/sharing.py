"""What occurs twice is computed once; what is needed once is computed where it is needed.

A part of a value that several operations need (at the same or at other steps) becomes a buffer: 1 - h_t², exp(z - r).
A buffer that only one value needs becomes a part of it, so that a pass over its entries is saved.
"""

from __future__ import annotations

from collections import Counter

from .editing import Edit, canonical, exists, moved, rebuilt, with_loads, with_values
from .flow import Flow
from .program import Assign, Call, Const, Contract, Load, Product, Simple, Start, Value, loads


def shared(flow: Flow) -> Flow:
    """Parts that occur twice, the largest first, become buffers."""
    edit = Edit(flow)
    _known(edit)
    while True:
        counts: Counter[Value] = Counter()
        for o in edit.operations:
            if not isinstance(o, (Product, Contract, Start)):
                _count(edit, o.value, counts, isinstance(o, Assign))
        repeated = [v for v, n in counts.items() if n > 1 and worth(v) and exists(v, edit.buffers)]
        if not repeated:
            return edit.flow()
        largest = max(repeated, key=_size)
        edit.define(Assign("", largest))
        _known(edit)


def _count(edit: Edit, value: Value, counts: Counter[Value], top: bool) -> None:
    """All proper parts, moved to their latest step (a whole assigned value has a buffer already)."""
    if isinstance(value, Call):
        if not top:
            counts[canonical(value, edit.buffers)[0]] += 1
        for a in value.args:
            _count(edit, a, counts, False)


def _size(value: Value) -> int:
    return 1 + sum(map(_size, value.args)) if isinstance(value, Call) else 1


def worth(value: Value) -> bool:
    """Whether a value is worth a buffer: not a multiple of one, not a number."""
    if not isinstance(value, Call) or not any(True for _ in loads(value)):
        return False
    multiple = value.fun == "*" and len(value.args) == 2 and isinstance(value.args[0], Const)
    return not (multiple and isinstance(value.args[1], Load)) and value.fun not in ("column", "row")


def _known(edit: Edit) -> None:
    """Parts that are assigned to a buffer are read from it."""
    known: dict[Value, str] = {}
    for name, o in edit.sole().items():
        if isinstance(o, Assign) and edit.buffers[name].kind == "work" and worth(o.value) and _same_axes(edit, o):
            known.setdefault(o.value, name)

    def change(o: Simple) -> Simple:
        def of(v: Value) -> Value:
            if isinstance(v, Call):
                at, later = canonical(v, edit.buffers)
                name = known.get(at)
                if name is not None and name != o.out:
                    return Load(name, later if edit.buffers[name].time else 0)
            return v

        return with_values(o, lambda v: rebuilt(v, of))

    edit.replace_all(change)


def fused(flow: Flow) -> Flow:
    """Buffers that one value reads once become a part of it; buffers that only name another one go."""
    edit = Edit(flow)
    while True:
        readers, sole = edit.readers(), edit.sole()
        for name, o in sole.items():
            b = edit.buffers[name]
            if not isinstance(o, Assign) or b.kind != "work" or b.before or name in edit.base.results:
                continue
            found = readers.get(name, [])
            alias = isinstance(o.value, Load) and edit.axes(o.value) == (b.time, b.batch, b.legs)
            once = len(found) == 1 and not isinstance(found[0][0], (Product, Contract)) and not found[0][1].end
            if name in {r.buffer for r in loads(o.value)} or not (alias or once):
                continue
            if alias and not once and any(r.end for _, r in found):
                continue
            if not _same_axes(edit, o):
                continue
            _inline(edit, name, o)
            break
        else:
            return edit.flow()


def _same_axes(edit: Edit, o: Assign) -> bool:
    b = edit.buffers[o.out]
    return edit.axes(o.value) == (b.time, b.batch, b.legs)


def _inline(edit: Edit, name: str, o: Assign) -> None:
    edit.operations.remove(o)
    edit.replace_all(
        lambda other: with_loads(other, lambda r: moved(o.value, r.shift, edit.buffers) if r.buffer == name else r)
    )
