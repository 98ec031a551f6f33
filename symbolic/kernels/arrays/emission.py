"""Values as calls: small things first, so that the long rows are passed over as rarely as possible.

    a + b + x        the parameters before the rows: (a + b) + x
    u / r · x        numbers per row before the entries: (u / r) x
    1 - x, x - y     one subtraction

A result goes into a new register, the last one where it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .. import algebra as A
from ..program import Buffer, Call, Const, Leg, Load, Value, axes
from ..schedule import EVERY, NotWritten, Steps
from .calls import Constant, Line, Operand, Register, View

FUNCTIONS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "tanh": ("tanh", ("x",), ""),
    "exp": ("exp", ("x",), ""),
    "log": ("log", ("x",), ""),
    "sqrt": ("sqrt", ("x",), ""),
    "relu": ("maximum", ("x", "0"), "keyword"),
    "step": ("heaviside", ("x", "0"), ""),
    "sign": ("sign", ("x",), ""),
    "softplus": ("logaddexp", ("0", "x"), ""),
    "log_sigmoid": ("logaddexp", ("0", "-x"), "negative"),
    "sigmoid": ("tanh", ("x/2",), "half"),
}
"""Name -> (NumPy function, its arguments, what is to be done with them or with the result)."""


@dataclass(frozen=True)
class Ref:
    """A register at slots: `low` the first slot, `high` the end counted from T; `slot` for one step."""

    register: str
    low: int = 0
    high: int = 0
    slot: int | None = None


Result = Ref | Constant


@dataclass
class Emitter:
    """Calls for one operation.

    mode    "all" steps at once, one step of a "loop", or "once"
    steps   of the operation, in a single step the one it is for
    """

    buffers: dict[str, Buffer]
    registers: dict[str, Register]
    lines: list[Line]
    constants: dict[Fraction, str]
    mode: str
    steps: Steps = EVERY
    cube: bool = False
    tiled: bool = False
    positive: frozenset[str] = frozenset()

    # Views.

    def ref(self, r: Load) -> Ref:
        b = self.buffers[r.buffer]
        if not b.time:
            return Ref(r.buffer)
        if r.end:
            return Ref(r.buffer, slot=(r.shift - 1 - b.after) if r.end == "last" else b.before + r.shift)
        if self.mode == "loop":
            return Ref(r.buffer, b.before + r.shift)
        if self.steps.at == "last":
            return Ref(r.buffer, slot=r.shift + self.steps.shift - 1 - b.after)
        if self.steps.at == "first":
            return Ref(r.buffer, slot=b.before + r.shift + self.steps.shift)
        low = b.before + r.shift
        return Ref(r.buffer, low + self.steps.skip, self.steps.stop - low)

    def view(self, r: Result, rank: int, flat: bool = False) -> Operand:
        """The view of a register for a call on `rank` axes of entries."""
        if isinstance(r, Constant):
            return r
        g = self.registers[r.register]
        if self.tiled:
            return self._tile_view(r, g)
        column = len(g.legs) < rank and g.batch and len(g.legs) == 0
        if r.slot is not None:
            return View(r.register, "at", r.slot, column=column)
        if g.time and self.mode == "loop":
            return View(r.register, "step", r.low, column=column)
        if g.time:
            return View(r.register, "flat" if flat else "cube" if self.cube else "rows", r.low, r.high, column)
        if flat and g.batch:
            return View(r.register, "flat")
        return View(r.register, "plain", column=column, looped=self.mode == "loop" and g.batch)

    def _tile_view(self, r: Ref, g: Register) -> View:
        """With an axis of blocks before the one of their entries."""
        if len(g.legs) != 1:
            raise NotWritten(f"{r.register} is no vector beside blocks")
        blocks: Literal["blocks", "middle"] = "blocks" if isinstance(g.legs[0], tuple) else "middle"
        if r.slot is not None:
            return View(r.register, "at", r.slot, blocks=blocks)
        if g.time:
            return View(r.register, "step", r.low, blocks=blocks)
        return View(r.register, "plain", looped=self.mode == "loop" and g.batch, blocks=blocks)

    def out(self, name: str) -> Ref:
        return self.ref(Load(name))

    def temporary(self, value: Value) -> Ref:
        """A register for a part of a value."""
        time, batch, legs = self.shape(value)
        name = f"r{len(self.registers)}"
        timed = time and self.mode == "all"
        fresh = not batch and not timed
        self.registers[name] = Register(name, timed, batch, legs, fresh=fresh, local=self.mode == "loop")
        if timed:
            return Ref(name, 0, self.steps.skip + self.steps.stop)
        return Ref(name)

    def shape(self, value: Value) -> tuple[bool, bool, tuple[Leg, ...]]:
        return axes(value, self.buffers, self.mode != "all")

    # Calls.

    def call(self, fun: str, args: Sequence[Result], value: Value, into: Ref | None, keyword: bool = False) -> Ref:
        out = into or self.temporary(value)
        rank = max([len(self.shape(value)[2]), len(self.registers[out.register].legs)])
        target = self.view(out, rank)
        assert isinstance(target, View)
        self.lines.append(Line(fun, tuple(self.view(a, rank) for a in args), target, keyword=keyword))
        return out

    def constant(self, c: Fraction) -> Constant:
        if c not in self.constants:
            told = str(abs(c)).replace("/", "_")
            self.constants[c] = {"0": "zero", "1": "one", "1_2": "half"}.get(told, f"c{told}") if c >= 0 else f"minus{told}"
        return Constant(self.constants[c])

    def emit(self, value: Value, into: Ref | None = None) -> Result:
        """The calls for a value; its result, in `into` if that is given."""
        if isinstance(value, (Load, Const)):
            found: Result = self.ref(value) if isinstance(value, Load) else self.constant(value.value)
            return found if into is None else self.call("positive", [found], value, into)
        if value.fun == "+":
            return self._sum(value, into)
        if value.fun in ("*", "/"):
            return self._product(value, into)
        if value.fun == "pow":
            return self._power(value, into)
        if value.fun == "tile":
            return self.emit(value.args[0])
        if value.fun == "column" and into is not None:
            x = self.columns(self.emit(value.args[0]), [value])
            return self.call("positive", [x], value, into)
        if value.fun in ("column", "row"):
            raise NotWritten("a column of a matrix stands alone")
        return self._function(value, into)

    def _function(self, value: Call, into: Ref | None) -> Ref:
        if value.fun not in FUNCTIONS:
            raise NotWritten(f"{value.fun} has no NumPy function")
        fun, arguments, after = FUNCTIONS["sign" if value.fun == "step" and self._positive(value.args[0]) else value.fun]
        inner = value.args[0]
        inner = A.negative(inner) if "-x" in arguments else A.multiplied(A.number(1, 2), inner) if "x/2" in arguments else inner
        x = self.emit(inner)
        args = [self.constant(Fraction(0)) if a == "0" else x for a in arguments]
        result = self.call(fun, args, value, into, keyword=after == "keyword")
        if after == "negative":
            return self.call("negative", [result], value, result)
        if after == "half":
            half = self.constant(Fraction(1, 2))
            return self.call("add", [self.call("multiply", [result, half], value, result), half], value, result)
        return result

    def _positive(self, value: Value) -> bool:
        """Whether a value is that of a ReLU."""
        return isinstance(value, Load) and value.buffer in self.positive

    def _power(self, value: Call, into: Ref | None) -> Ref:
        base, exponent = value.args
        assert isinstance(exponent, Const)
        x = self.emit(base)
        if exponent.value == 2:
            return self.call("multiply", [x, x], value, into)
        if exponent.value == -1:
            return self.call("divide", [self.constant(Fraction(1)), x], value, into)
        return self.call("power", [x, self.constant(exponent.value)], value, into)

    def size(self, value: Value) -> tuple[int, ...]:
        """How many entries a value has, to compare."""
        time, batch, legs = self.shape(value)
        return (int(time) + int(batch), len(legs))

    def _sum(self, value: Call, into: Ref | None) -> Ref:
        """Left to right, the smallest first; what is subtracted is subtracted."""
        signed = [(A.coefficient(a)[0] == -1, A.negative(a) if A.coefficient(a)[0] == -1 else a) for a in value.args]
        deep = [i for i, (_, a) in enumerate(signed) if not isinstance(a, (Load, Const))]
        found = {i: self.emit(_bare(signed[i][1])) for i in sorted(deep, key=lambda i: self.size(signed[i][1]), reverse=True)}
        found |= {i: self.emit(_bare(a)) for i, (_, a) in enumerate(signed) if i not in found}
        order = sorted(found, key=lambda i: (self.size(signed[i][1]), i))
        first = next((i for i in order if not signed[i][0]), None)
        if first is None:
            first = order[0]
            running: Result = self.call("negative", [found[first]], signed[first][1], None)
        else:
            running = found[first]
        so_far: list[Value] = [signed[first][1]]
        rest = [i for i in order if i != first]
        for n, i in enumerate(rest):
            so_far.append(signed[i][1])
            args = [self.columns(running, so_far[:-1]), self.columns(found[i], [signed[i][1]])]
            whole = value if n == len(rest) - 1 else Call("+", tuple(so_far))
            running = self.call("subtract" if signed[i][0] else "add", args, whole, into if n == len(rest) - 1 else None)
        assert isinstance(running, Ref)
        return running

    def columns(self, r: Result, parts: Sequence[Value]) -> Result:
        """A vector that is to be the columns of a matrix is viewed so."""
        if len(parts) == 1 and isinstance(parts[0], Call) and parts[0].fun == "column" and isinstance(r, Ref):
            name = f"{r.register} as columns"
            self.registers.setdefault(name, Register(name, False, False, (*self.registers[r.register].legs, 1), fresh=True))
            return Ref(name)
        return r

    def _product(self, value: Call, into: Ref | None) -> Result:
        c, top, bottom = _opened(value)
        if not top and not bottom:
            return self.constant(c)
        sizes = [self.size(f) for f in (*top, *bottom)]
        largest = max(sizes)
        small = [f for f in top if self.size(f) != largest]
        large = [f for f in top if self.size(f) == largest]
        under = [f for f in bottom if self.size(f) != largest]
        over = [f for f in bottom if self.size(f) == largest]
        results: list[tuple[str, Result, Value]] = []
        for f in large:
            results.append(("multiply", self.emit(f), f))
        if small or (c not in (1, -1) and under):
            number: list[Value] = [Const(c)] if c not in (1, -1) else []
            inner: Value = A.multiplied(*number, *small)
            inner = Call("/", (inner, A.multiplied(*under))) if under else inner
            results.insert(min(1, len(results)), ("multiply", self.emit(inner), inner))
        else:
            results += [("divide", self.emit(f), f) for f in under]
            if c not in (1, -1):
                results.append(("multiply", self.constant(c), Const(c)))
        results += [("divide", self.emit(f), f) for f in over]
        if results[0][0] == "divide":
            results.insert(0, ("multiply", self.constant(Fraction(1)), A.ONE))
        running, so_far = results[0][1], [results[0][2]]
        steps = [*results[1:], *([("negative", running, A.ONE)] if c == -1 else [])]
        if not steps:
            return running if into is None else self.call("positive", [running], value, into)
        for n, (fun, r, f) in enumerate(steps):
            so_far.append(f)
            args = [running] if fun == "negative" else [running, r]
            last = n == len(steps) - 1
            running = self.call(fun, args, value if last else Call("*", tuple(so_far)), into if last else None)
        return running


def _bare(value: Value) -> Value:
    return value.args[0] if isinstance(value, Call) and value.fun == "column" else value


def _opened(value: Value) -> tuple[Fraction, list[Value], list[Value]]:
    """The number, the factors and the divisors of a product, quotients opened."""
    if isinstance(value, Const):
        return value.value, [], []
    if isinstance(value, Call) and value.fun == "*":
        number, top, bottom = Fraction(1), [], []
        for a in value.args:
            c, up, down = _opened(a)
            number *= c
            top += up
            bottom += down
        return number, top, bottom
    if isinstance(value, Call) and value.fun == "/":
        c, up, down = _opened(value.args[0])
        d, up2, down2 = _opened(value.args[1])
        return c / d, up + down2, down + up2
    return Fraction(1), [value], []
