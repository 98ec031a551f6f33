"""Sums of sums as one sum, and what is the same along an axis multiplied after the sum over it.

    Σ_t Σ_c y_c (a_c - r) = Σ y a - Σ_t r (Σ_c y_c)       r a number per row
    Σ c v = c Σ v,     Σ (u + v) = Σ u + Σ v  where u and v have different axes

The loss is then products of long rows.
"""

from __future__ import annotations

from . import algebra as A
from .editing import Edit
from .flow import Flow
from .program import Assign, Call, Const, Load, Row, Total, Value, loads


def totalled(flow: Flow) -> Flow:
    """The loss as few sums over everything."""
    edit = Edit(flow)
    loss = flow.loss
    old = next(o for o in edit.operations if o.out == loss)
    assert isinstance(old, Total)
    if not old.steps.whole:
        return flow
    once = {name for name, found in edit.readers().items() if len(found) == 1}
    value = _total(edit, once, old.value)
    edit.operations.remove(old)
    edit.operations.append(Assign(loss, value))
    return edit.flow()


def _total(edit: Edit, once: set[str], value: Value) -> Value:
    """The sum of a value over all its axes, as a value of totals; `once`: buffers that one operation reads."""
    c, factors = A.coefficient(value)
    if c != 1 and factors:
        inner = _total(edit, once, A.multiplied(*factors))
        parts = inner.args if isinstance(inner, Call) and inner.fun == "+" else (inner,)
        return Call("+", tuple(A.multiplied(Const(c), a) for a in parts)) if len(parts) > 1 else A.multiplied(Const(c), inner)
    if isinstance(value, Load) and not value.shift and not value.end:
        o = edit.sole().get(value.buffer)
        if o is not None and value.buffer in once:
            alike = isinstance(o, Assign) and edit.axes(o.value) == edit.axes(value)
            if alike or isinstance(o, Total) or (isinstance(o, Row) and o.fun == "sum"):
                return _total(edit, once, o.value)  # type: ignore[union-attr]
    if isinstance(value, Call) and value.fun == "+" and _every(edit, value.args):
        return A.added(*(_total(edit, once, a) for a in value.args))
    if isinstance(value, Call) and value.fun == "*":
        opened = _opened(edit, value)
        if opened is not None:
            return _total(edit, once, opened)
        rows = [f for f in value.args if not edit.axes(f)[2]]
        rest = [f for f in value.args if f not in rows]
        if rows and len(rest) and edit.axes(value)[2]:
            if len(rest) == 1 and isinstance(rest[0], Load) and rest[0].buffer in edit.base.ones:
                return _total(edit, once, A.multiplied(*rows))
            summed = Load(edit.define(Row("", "sum", A.multiplied(*rest))))
            return _total(edit, once, A.multiplied(*rows, summed))
    time, batch, legs = edit.axes(value)
    if not (time or batch or legs):
        return value
    return Load(_defined(edit, value))


def _defined(edit: Edit, value: Value) -> str:
    name = edit.base.made.names.new("a", "")
    from_ = edit.buffers[edit.base.loss]
    edit.buffers[name] = type(from_)(name, "work")
    edit.operations.append(Total(name, value))
    return name


def _every(edit: Edit, args: tuple[Value, ...]) -> bool:
    """Whether all summands have the samples; one that has not would have to be counted."""
    return all(edit.axes(a)[1] for a in args) and len({edit.axes(a)[0] for a in args}) == 1


def _opened(edit: Edit, product: Call) -> Value | None:
    """a (u - r) as a u - a r, where r is a number per row of u."""
    for f in product.args:
        if isinstance(f, Call) and f.fun == "+":
            ranks = {len(edit.axes(a)[2]) for a in f.args}
            if len(ranks) > 1 and all(edit.axes(a)[1] or any(True for _ in loads(a)) for a in f.args):
                rest = [g for g in product.args if g is not f]
                return Call("+", tuple(A.multiplied(*rest, a) for a in f.args))
    return None
