"""Sigmoids as tanh of half the argument, and states that stand as s = 2 h - 1 where only products need them.

    σ(z) = (1 + tanh(z / 2)) / 2                     one function instead of three operations
    h = (1 + s) / 2,  s = tanh(z / 2):  W h = (W/2) s + (W/2) 1,   h (1 - h) = (1 - s²) / 4,   Σ u hᵀ = (Σ u sᵀ + (Σ u) 1ᵀ) / 2

The second line is used for a quantity that nothing but products, contractions and its own slope needs, so that the loop
over the steps has nothing but a product and tanh; the factors go into the weights.  Factors of sums of products go into
the matrices (`folded`): c (U x + W h + b) = (c U) x + (c W) h + c b, and out of what only products and sums over all
steps need (`loosened`): u = c v gives Wᵀ u = (c W)ᵀ v and Σ u xᵀ = c Σ v xᵀ.
"""

from __future__ import annotations

from fractions import Fraction

from . import algebra as A
from .editing import Edit, rebuilt, with_values
from .flow import Flow
from .program import Assign, Call, Const, Contract, Load, Product, Row, Simple, Start, Total, Value, loads, mapped

HALF = Fraction(1, 2)


def halved(flow: Flow) -> Flow:
    """Sigmoids become tanh."""
    edit = Edit(flow)
    for name in list(edit.buffers):
        o = next((p for p in edit.operations if p.out == name and isinstance(p, Assign)), None)
        sigmoid = isinstance(o, Assign) and isinstance(o.value, Call) and o.value.fun == "sigmoid" and o.steps.whole
        if sigmoid and edit.axes(o.value)[0] and _linear(edit, o):  # type: ignore[arg-type,union-attr]
            _centred(edit, o)  # type: ignore[arg-type]
    edit.replace_all(lambda o: with_values(o, lambda v: rebuilt(v, _as_tanh)))
    return edit.flow()


def _as_tanh(v: Value) -> Value:
    if isinstance(v, Call) and v.fun == "sigmoid":
        inner = Call("tanh", (A.multiplied(Const(HALF), rebuilt(v.args[0], _as_tanh)),))
        return A.added(Const(HALF), A.multiplied(Const(HALF), inner))
    return v


def _linear(edit: Edit, o: Assign) -> bool:
    """Whether nothing but products with shared matrices, contractions and its slope need a quantity, and some do."""
    found = edit.readers().get(o.out, [])
    for other, _ in found:
        if isinstance(other, Product):
            if other.turned or not other.steps.whole or _read_as_operand(edit, other.out):
                return False
        elif isinstance(other, Contract):
            if other.right.buffer != o.out or other.left.buffer == o.out or _read_as_operand(edit, other.out):
                return False
        elif isinstance(other, Start) or any(r.buffer == o.out for r in loads(_without_slope(other.value, o.out))):
            return False
    return any(isinstance(other, Product) for other, _ in found)


def _read_as_operand(edit: Edit, name: str) -> bool:
    return any(isinstance(p, (Product, Contract)) for p, _ in edit.readers().get(name, []))


def _is_slope(factors: tuple[Value, ...], name: str) -> tuple[Load, Value] | None:
    """h and 1 - h among the factors."""
    for f in factors:
        if isinstance(f, Load) and f.buffer == name and A.complement(f) in factors:
            return f, A.complement(f)
    return None


def _without_slope(value: Value, name: str) -> Value:
    def change(v: Value) -> Value:
        if isinstance(v, Call) and v.fun == "*":
            found = _is_slope(v.args, name)
            if found:
                rest = [f for f in v.args if f not in found]
                return A.multiplied(*(rebuilt(f, change) for f in rest))
        return v

    return rebuilt(value, change)


def _centred(edit: Edit, o: Assign) -> None:
    """h is kept as s = 2 h - 1."""
    name, half = o.out, Const(HALF)
    assert isinstance(o.value, Call)
    edit.operations[edit.operations.index(o)] = Assign(name, Call("tanh", (A.multiplied(half, o.value.args[0]),)))
    for i, p in enumerate(edit.operations):
        if isinstance(p, Start) and p.out == name:
            edit.operations[i] = Start(name, A.minus(A.multiplied(A.number(2), p.value), A.ONE))
    b = edit.buffers[name]
    edit.buffers[name] = type(b)(**{**b.__dict__, "told": f"2 {b.told} - 1"})
    for p in list(edit.operations):
        if isinstance(p, Product) and p.vector.buffer == name:
            matrix = Load(edit.define(Assign("", A.multiplied(half, p.matrix))))
            ones = A.multiplied(half, Load(edit.define(Row("", "sum", p.matrix))))
            _instead(edit, p, Product("", p.vector, matrix), lambda q, r=ones: A.added(q, r))
        elif isinstance(p, Contract) and p.right.buffer == name:
            ones = Load(edit.define(Total("", p.left, p.steps)))
            whole = Contract("", p.left, p.right, p.steps)
            _instead(edit, p, whole, lambda q, r=ones: A.multiplied(half, A.added(q, A.column(r))))

    def slope(v: Value) -> Value:
        if isinstance(v, Call) and v.fun == "*":
            found = _is_slope(v.args, name)
            if found:
                rest = [rebuilt(f, slope) for f in v.args if f not in found]
                return A.multiplied(A.number(1, 4), *rest, A.complement(A.powered(found[0], Fraction(2))))
        return v

    edit.replace_all(lambda p: with_values(p, lambda v: rebuilt(v, slope)))


def _instead(edit: Edit, old: Simple, new: Simple, value) -> None:  # type: ignore[no-untyped-def]
    """A new operation for an old one, and a value of it wherever the old one was read."""
    edit.operations.remove(old)
    fresh = edit.define(new)

    def change(v: Value) -> Value:
        return simplified(mapped(v, lambda r: value(Load(fresh, r.shift, r.end)) if r.buffer == old.out else r))

    edit.replace_all(lambda p: with_values(p, change))


def simplified(value: Value) -> Value:
    """The value built again with the rules of arithmetic."""
    if not isinstance(value, Call):
        return value
    args = [simplified(a) for a in value.args]
    if value.fun == "+":
        return A.added(*args)
    if value.fun == "*":
        return A.multiplied(*args)
    return A.column(args[0]) if value.fun == "column" else Call(value.fun, tuple(args))


def folded(flow: Flow) -> Flow:
    """Numbers in front of sums of products go into the matrices."""
    edit = Edit(flow)
    edit.replace_all(lambda o: with_values(o, lambda v: rebuilt(v, lambda w: _distributed(edit, w))))
    while True:
        found = _factor(edit)
        if found is None:
            return edit.flow()
        c, product = found
        matrix = _multiple(edit, c, product.matrix)
        old = A.multiplied(Const(c), Load(product.out))
        index = edit.operations.index(product)
        edit.operations[index] = Product(product.out, product.vector, matrix, product.turned, product.steps, product.add)

        def change(v: Value, old: Value = old, out: str = product.out) -> Value:
            if isinstance(v, Call) and v.fun == "*" and isinstance(v.args[0], Const):
                rest = A.multiplied(*v.args[1:])
                if isinstance(rest, Load) and rest.buffer == out:
                    return rest
            return v

        edit.replace_all(lambda o: with_values(o, lambda v: rebuilt(v, change)))


def _distributed(edit: Edit, v: Value) -> Value:
    """tanh(c (a + b)) as tanh(c a + c b) where a or b is a product."""
    if isinstance(v, Call) and v.fun == "tanh" and isinstance(v.args[0], Call) and v.args[0].fun == "*":
        c, rest = A.coefficient(v.args[0])
        if len(rest) == 1 and isinstance(rest[0], Call) and rest[0].fun == "+":
            sole = edit.sole()
            if any(isinstance(a, Load) and isinstance(sole.get(a.buffer), Product) for a in rest[0].args):
                return Call("tanh", (Call("+", tuple(A.multiplied(Const(c), a) for a in rest[0].args)),))
    return v


def _factor(edit: Edit) -> tuple[Fraction, Product] | None:
    """A number in front of a product that is read nowhere else."""
    readers = edit.readers()
    for o in edit.sole().values():
        if isinstance(o, Product) and len(readers.get(o.out, [])) == 1 and edit.buffers[o.matrix.buffer].rank == 2:
            other = readers[o.out][0][0]
            if isinstance(other, (Product, Contract)):
                continue
            stack: list[Value] = [other.value]
            while stack:
                v = stack.pop()
                if isinstance(v, Call):
                    c, rest = A.coefficient(v)
                    if v.fun == "*" and c != 1 and len(rest) == 1 and isinstance(rest[0], Load) and rest[0].buffer == o.out:
                        return c, o
                    stack.extend(v.args)
    return None


def loosened(flow: Flow) -> Flow:
    """Numbers in front of what only products and sums over all steps need go to the results of these."""
    edit = Edit(flow)
    for name, o in edit.sole().items():
        if not isinstance(o, Assign) or edit.buffers[name].before or edit.buffers[name].kind != "work":
            continue
        c, rest = A.coefficient(o.value)
        found = edit.readers().get(name, [])
        if c == 1 or not rest or not found or not all(_scales(edit, p, name) for p, _ in found):
            continue
        edit.operations[edit.operations.index(o)] = Assign(name, A.multiplied(*rest))
        for p in dict.fromkeys(p for p, _ in found):
            if isinstance(p, Product):
                matrix = _multiple(edit, c, p.matrix)
                edit.operations[edit.operations.index(p)] = Product(p.out, p.vector, matrix, p.turned, p.steps)
            else:
                _scaled(edit, p.out, c)
    return edit.flow()


def _scaled(edit: Edit, name: str, c: Fraction) -> None:
    """Every value reads c times the buffer."""

    def times(v: Value) -> Value:
        return simplified(mapped(v, lambda r: A.multiplied(Const(c), r) if r.buffer == name else r))

    readers = [p for p, _ in edit.readers().get(name, [])]
    edit.replace_all(lambda q: with_values(q, times) if q in readers else q)


def _multiple(edit: Edit, c: Fraction, matrix: Load) -> Load:
    """c M, of the matrix itself where M is a multiple of one."""
    o = edit.sole().get(matrix.buffer)
    value: Value = matrix
    if isinstance(o, Assign) and len(A.coefficient(o.value)[1]) == 1 and isinstance(A.coefficient(o.value)[1][0], Load):
        value = o.value
    product = A.multiplied(Const(c), value)
    return product if isinstance(product, Load) else Load(edit.define(Assign("", product)))


def _scales(edit: Edit, p: Simple, name: str) -> bool:
    if isinstance(p, Product):
        return p.matrix.buffer != name
    if isinstance(p, Contract) or (isinstance(p, Total) and isinstance(p.value, Load)):
        both = isinstance(p, Contract) and p.left.buffer == p.right.buffer
        return not both and not _read_as_operand(edit, p.out) and edit.buffers[p.out].kind == "work"
    return False
