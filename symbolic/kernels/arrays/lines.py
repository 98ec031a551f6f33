"""Operations as calls.

M v for all steps        one product of all rows with Mᵀ
Σ u vᵀ                   one product of stacked rows, uᵀ v, or (vᵀ u)ᵀ for u of several blocks
Σ u over everything      a product with ones; of a product of two, one product of long rows
one step of a loop       M turned is copied once in front of the loop, data as well
v - (a number per row)   in place, and only if some entry is large
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from .. import algebra as A
from ..program import (
    Assign,
    Call,
    Const,
    Contract,
    Load,
    Loop,
    Product,
    Program,
    Row,
    Simple,
    Start,
    Total,
    Value,
    axes,
    flat,
    loads,
    mapped,
    reads,
)
from ..schedule import EVERY, NotWritten, Steps
from .calls import Guarded, Line, LoopLines, Ones, Operand, Register, View, Written, root
from .comments import told
from .emission import Emitter, Ref


@dataclass
class Writer:
    """The lines of a program so far."""

    program: Program
    registers: dict[str, Register] = field(default_factory=dict)
    constants: dict[Fraction, str] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    single: bool = False
    """Whether there is one sample, so that a step of a loop is a vector."""
    known: dict[tuple[str, str], str] = field(default_factory=dict)
    """Copies that have been made: turned matrices, data for loops."""

    def __post_init__(self) -> None:
        for b in self.program.buffers.values():
            given = b.kind in ("parameter", "data")
            fresh = not given and not b.time and not b.batch
            self.registers[b.name] = Register(
                b.name, b.time, b.batch, b.legs, b.before, b.after, given, fresh,
                pinned=b.kind == "gradient" and not fresh, inside=b.inside,
            )  # fmt: skip
        made: dict[str, list[Value]] = {}
        for one in flat(self.program.operations):
            made.setdefault(one.out, []).append(one.value if isinstance(one, (Assign, Start)) else A.MINUS)
        self.positive = frozenset(n for n, values in made.items() if all(_not_negative(v) for v in values))
        outs: dict[str, set[int]] = {}
        for i, o in enumerate(self.program.operations):
            for s in o.body if isinstance(o, Loop) else (o,):
                outs.setdefault(s.out, set()).add(i if not isinstance(o, Loop) else -1)
        for name, places in outs.items():
            b = self.program.buffers[name]
            self.registers[name].local = places == {-1} and not b.time and b.batch
        for g in self.registers.values():  # weights side by side are filled block by block
            if g.inside and root(self.registers, g.name) not in outs:
                self.registers[root(self.registers, g.name)].fresh = False
        for g in self.registers.values():
            if g.inside:
                owner = self.registers[root(self.registers, g.name)]
                g.fresh, g.local = owner.fresh, owner.local

    def emitter(self, lines: list[Line], mode: str, steps: Steps, *values: Value, out: str = "") -> Emitter:
        """Calls into these lines; whether they must keep the axes of steps and samples apart is told by the values."""
        buffers, cube = self.program.buffers, False
        if mode == "all":
            found = [r for v in values for r in loads(v)] + ([Load(out)] if out else [])
            for r in found:
                b = buffers[r.buffer]
                timed = b.time and not r.end
                cube = cube or (timed != b.batch and (timed or b.batch))
        return Emitter(buffers, self.registers, lines, self.constants, mode, steps, cube, positive=self.positive)

    def all(self) -> list[Written]:
        for o in self.program.operations:
            if isinstance(o, Loop):
                self._loop(o)
            else:
                self.once(o)
        return self.written

    def once(self, o: Simple) -> None:
        lines: list[Line] = []
        timed = self.program.buffers[o.out].time or any(self._timed(r) for r in reads(o))
        steps = EVERY if isinstance(o, Start) else o.steps
        mode = "all" if timed and not steps.at and not isinstance(o, Start) else "once"
        RULES[type(o)](self, o, lines, mode, steps)
        if lines:
            lines[0].comment = told(o, self.program.buffers)
        if steps.at and steps.shortest > 1:
            self.written.append(Guarded(steps.shortest, lines))
        else:
            self.written += lines

    def _timed(self, r: Load) -> bool:
        return self.program.buffers[r.buffer].time and not r.end

    def _loop(self, o: Loop) -> None:
        body = tuple(self._prepared(s, o) for s in o.body)
        lines: list[Line] = []
        comments = [told(s, self.program.buffers) for s in o.body]
        if o.steps.at:
            for s in body:
                RULES[type(s)](self, s, lines, "once", o.steps)
            if lines:
                lines[0].comment = "; ".join(comments)
            self.written += [Guarded(o.steps.shortest, lines)] if o.steps.shortest > 1 else lines
            return
        number = sum(isinstance(w, LoopLines) for w in self.written)
        for s in body:
            RULES[type(s)](self, s, lines, "loop", EVERY)
        self.written.append(LoopLines(number, o.direction, o.steps, lines, comments))

    def _prepared(self, s: Simple, loop: Loop) -> Simple:
        """Data for every step are copied once, so that the views of the steps are made once."""
        if loop.steps.at:
            return s
        given = {r.buffer for r in reads(s) if self.program.buffers[r.buffer].kind in ("parameter", "data") and self._timed(r)}
        for name in given:
            if ("copy", name) not in self.known:
                b = self.program.buffers[name]
                copy = f"{name}_copy"
                self.program.buffers[copy] = replace(b, name=copy, kind="work")
                self.registers[copy] = Register(copy, b.time, b.batch, b.legs, b.before, pinned=True)
                self.known["copy", name] = copy
                self.once(Assign(copy, Load(name)))
        names = {n: self.known["copy", n] for n in given}
        if not names:
            return s

        def change(r: Load) -> Value:
            return replace(r, buffer=names.get(r.buffer, r.buffer))

        if isinstance(s, Product):
            return replace(s, vector=change(s.vector))  # type: ignore[arg-type]
        return replace(s, value=mapped(s.value, change))  # type: ignore[union-attr,arg-type]

    def turned(self, matrix: Load) -> View:
        """Mᵀ as an array of its own."""
        key = ("turned", matrix.buffer)
        if key not in self.known:
            g = self.registers[matrix.buffer]
            name = f"{matrix.buffer}_turned"
            self.registers[name] = Register(name, False, False, g.legs[::-1], pinned=True)
            self.known[key] = name
            self.written.append(Line("positive", (View(matrix.buffer, "matrix", turned=True),), View(name, "matrix"), False))
        return View(self.known[key], "matrix")


# Operations.


def _start(w: Writer, o: Start, lines: list[Line], mode: str, steps: Steps) -> None:
    if w.program.buffers[o.out].before != 1:
        raise NotWritten(f"several values of {o.out} before the first step")
    e = w.emitter(lines, "once", EVERY, o.value)
    e.emit(o.value, Ref(o.out, slot=0))


def _assign(w: Writer, o: Assign, lines: list[Line], mode: str, steps: Steps) -> None:
    e = w.emitter(lines, mode, steps, o.value, out=o.out)
    e.tiled = _tiled(o.value)
    b = w.program.buffers[o.out]
    if isinstance(o.value, Const) and b.legs and w.registers[o.out].fresh:
        lines.append(Line("full", (e.constant(o.value.value),), View(o.out, "matrix"), entrywise=False))
    elif o.add:
        part = e.emit(o.value)
        e.call("add", [e.out(o.out), part], Load(o.out), e.out(o.out))
    else:
        start = len(lines)
        e.emit(o.value, e.out(o.out))
        if any(r.buffer == o.out and not r.shift for r in loads(o.value)):
            _in_place(lines, start, o.out)


def _in_place(lines: list[Line], start: int, out: str) -> None:
    """An update of a register that the first call alone reads: intermediate results go where the result goes."""
    last, own = lines[-1].out, lines[start:]
    readers = [i for i, line in enumerate(own) if any(isinstance(v, View) and v.register == out for v in line.args)]
    names = {line.out.register for line in own[:-1]}
    views = {v for line in own for v in (line.out, *line.args) if isinstance(v, View) and v.register in names}
    if readers != [0] or len(views) != 1 or not all(line.entrywise for line in own):
        return
    for line in own:
        line.args = tuple(last if v in views else v for v in line.args)
        line.out = last


def _not_negative(v: Value) -> bool:
    return v == A.ZERO or (isinstance(v, Call) and v.fun == "relu")


def _tiled(v: Value) -> bool:
    return isinstance(v, Call) and (v.fun == "tile" or any(_tiled(a) for a in v.args))


def _matrix(m: Load, turned: bool) -> View:
    return View(m.buffer, "matrix", turned=turned)


def _product(w: Writer, o: Product, lines: list[Line], mode: str, steps: Steps) -> None:
    e = w.emitter(lines, mode, steps)
    vector, out = e.view(e.ref(o.vector), 1), e.view(e.out(o.out), 1)
    assert isinstance(vector, View) and isinstance(out, View)
    if o.add:
        raise NotWritten("a product that is added")
    if not w.registers[o.vector.buffer].batch:
        vector, out = replace(vector, form="matrix"), replace(out, form="matrix")
    if w.single and mode == "loop" and not o.turned:
        lines.append(Line("dot", (_matrix(o.matrix, False), vector), out, entrywise=False))
        return
    matrix = w.turned(o.matrix) if mode == "loop" and not o.turned else _matrix(o.matrix, not o.turned)
    lines.append(Line("dot", (vector, matrix), out, entrywise=False))


def _contract(w: Writer, o: Contract, lines: list[Line], mode: str, steps: Steps) -> None:
    e = w.emitter(lines, mode, steps)
    left, right = (e.view(e.ref(v), 1) for v in (o.left, o.right))
    assert isinstance(left, View) and isinstance(right, View)
    legs = [w.program.buffers[v.buffer].legs[-1] for v in (o.left, o.right)]
    tall, wide = (len(leg) if isinstance(leg, tuple) else 1 for leg in legs)
    if tall > wide and not w.single and w.registers[o.out].fresh:  # the BLAS is quicker with the long axis last
        lines.append(Line("turned_dot", (replace(right, turned=True), left), View(o.out, "matrix"), entrywise=False))
        return
    lines.append(Line("dot", (replace(left, turned=True), right), View(o.out, "matrix"), entrywise=False))


def _row(w: Writer, o: Row, lines: list[Line], mode: str, steps: Steps) -> None:
    e = w.emitter(lines, mode, steps, o.value, out=o.out)
    out = e.view(e.out(o.out), 0 if o.fun != "shifted" else 1)
    assert isinstance(out, View)
    legs = e.shape(o.value)[2]
    if o.fun == "shifted":
        e.emit(o.value, e.out(o.out))
        lines.append(Line("shift_rows", (), out, entrywise=False))
        return
    if o.fun == "sum":
        factors = A.coefficient(o.value)[1] if A.coefficient(o.value)[0] == 1 else ()
        constant = [f for f in factors if isinstance(f, Load) and e.shape(f) == (False, False, legs)]
        rest = [f for f in factors if f not in constant]
        if len(constant) == 1 and rest and len(legs) == 1 and not e.cube:
            x = e.emit(A.multiplied(*rest))
            lines.append(Line("dot", (e.view(x, 1), View(constant[0].buffer, "matrix")), out, entrywise=False))
            return
        x = e.emit(o.value)
        lines.append(Line("dot", (e.view(x, len(legs)), Ones(legs[-1])), out, entrywise=False))
        return
    x = e.emit(o.value)
    fun = {"max": "rows_max", "logsumexp": "logsumexp"}[o.fun]
    lines.append(Line(fun, (e.view(x, len(legs)),), out, entrywise=False))


def _total(w: Writer, o: Total, lines: list[Line], mode: str, steps: Steps) -> None:
    b = w.program.buffers[o.out]
    e = w.emitter(lines, mode, steps, o.value)
    time, batch, legs = axes(o.value, w.program.buffers, mode != "all")
    out = View(o.out, "plain") if not b.batch else e.view(e.out(o.out), 1)
    assert isinstance(out, View)
    if b.batch:
        e.cube = True
        x = e.emit(o.value)
        lines.append(Line("sum_steps", (e.view(x, len(legs)),), out, entrywise=False))
        return
    if mode == "once" and time:
        raise NotWritten("a sum over steps at one step")
    c, factors = A.coefficient(o.value)
    count = steps if mode == "all" else None
    if not b.legs:
        shapes = [e.shape(f) for f in factors]
        if c == 1 and len(factors) > 1 and not e.cube and shapes.count(shapes[0]) == len(shapes):
            x, y = e.emit(factors[0]), e.emit(A.multiplied(*factors[1:]))
            lines.append(Line("dot", (e.view(x, 0, flat=True), e.view(y, 0, flat=True)), out, entrywise=False))
        else:
            x = e.emit(o.value)
            lines.append(Line("sum_all", (e.view(x, len(legs), flat=True),), out, entrywise=False))
        return
    numbers = [f for f in factors if not e.shape(f)[2]]
    rest = [f for f in factors if e.shape(f)[2]]
    samples: Operand = Ones(None, count)
    if c == 1 and len(numbers) == 1 and rest and e.shape(numbers[0])[:2] == (time, batch) and not e.cube:
        samples = e.view(e.emit(numbers[0]), 0)
        x = e.emit(A.multiplied(*rest))
    else:
        x = e.emit(o.value)
    e.cube = False
    lines.append(Line("dot", (samples, e.view(x, 1)), out, entrywise=False))


RULES: dict[type, Callable[..., None]] = {
    Start: _start,
    Assign: _assign,
    Product: _product,
    Contract: _contract,
    Row: _row,
    Total: _total,
}
