"""A pass in JAX: arrays are values, a recurrence is `jax.lax.scan`.

What the next step needs is carried: h[t-1] forward, what reaches step t from t + 1 backward.  What other operations read is
stacked by the scan; of a quantity that they read only at the end of the sweep they take what is carried out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..arithmetic import plus
from ..code import Code
from ..program import Buffer, Load, Loop, Operation, Simple, Start, reads
from ..schedule import EVERY, KernelError, Steps
from .halves import read_elsewhere
from .sweeps import reach
from .values import Read
from .writing import Pass, atom


class JaxPass(Pass):
    behind = False
    numbers = "jnp.arange({first}, T + {first})"

    def written(self, operations: Iterable[Operation]) -> list[str]:
        self.starts: dict[str, Start] = {}
        self.scans = 0
        return super().written(operations)

    def start(self, o: Start) -> None:
        self.starts[o.out] = o

    def whole(self, o: Simple, b: Buffer, code: Code) -> None:
        text = code.text
        if not self.full(b, code):
            zeros = f"jnp.zeros({self.shape(b)}, {self.known[0]}.dtype)"
            text = zeros if text == "0" else plus([Code(zeros, b.time, b.batch, b.rank), code]).text
        self.lines.append(f"{b.name} = {self.after_start(b, text)}")

    def after_start(self, b: Buffer, text: str, also: Sequence[str] = ()) -> str:
        """All the rows of an array: those before the first step, those of the steps."""
        first = [f"{self.before(b)}[None]"] * b.before if b.before else []
        rows = [*first, text, *(f"{a}[None]" for a in also)]
        return f"jnp.concatenate([{', '.join(rows)}])" if len(rows) > 1 else text

    def before(self, b: Buffer) -> str:
        """One value before the first step."""
        value = self.starts[b.name].value
        code = self.values.value(value, self.at(EVERY))
        if code.time:
            raise KernelError(f"{b.name} has different values before the first step")
        if code.axes == (False, b.batch, b.rank):
            return atom(code)
        zeros = self.zeros(b)
        return zeros if code.text == "0" else f"({plus([Code(zeros, False, b.batch, b.rank), code]).text})"

    def zeros(self, b: Buffer, like: Iterable[str] = ()) -> str:
        """Zeros for one step."""
        for name in like:
            other = self.buffers[name]
            if (other.batch, other.legs) == (b.batch, b.legs):
                return f"jnp.zeros_like({name}[0])"
        return f"jnp.zeros({self.shape(b, '')}, {self.known[0]}.dtype)"

    def part(self, o: Simple, b: Buffer, steps: Steps, code: Code) -> None:
        if o.add:  # type: ignore[union-attr]
            place = f"{b.name}.at[{self.place(b, steps)}].add" if b.time and not steps.whole else ""
            new = f"{place}({code.text})" if place else f"{b.name} + {code.text}"
            self.guarded(steps, f"{b.name} = {new}")
            return
        self.lines.append(f"{b.name} = jnp.zeros({self.shape(b, self.steps(b))}, {self.known[0]}.dtype)")
        self.guarded(steps, f"{b.name} = {b.name}.at[{self.place(b, steps)}].set({code.text})")

    # Recurrences.

    def loops(self, loops: list[Loop]) -> None:
        *singles, loop = loops
        if any(s.steps.shortest > 1 or not s.steps.at for s in singles) or loop.steps.at:
            raise KernelError(f"a recurrence whose last {len(singles)} steps have rules of their own has no scan in JAX")
        wanted = read_elsewhere(self.program, loops, self.program.operations)
        for r in self.results:
            wanted.setdefault(r.buffer, []).append(r)
        for s in singles:
            self._single_step(s)
        self._scan(loop, singles, wanted)

    def _single_step(self, loop: Loop) -> None:
        """One step by itself; its values are called h_last or h_first."""
        names: dict[str, str] = {}
        for s in loop.body:
            code = self.values.operation(s, self._in_step(loop.steps, names))
            name = f"{s.out}_{loop.steps.at}"
            self.comment(s.out)
            self.lines.append(f"{name} = {code.text}")
            names[s.out] = name

    def _in_step(self, steps: Steps, names: dict[str, str]) -> Read:
        def read(r: Load) -> Code:
            b = self.buffers[r.buffer]
            if r.buffer in names and not r.shift and not r.end:
                return Code(names[r.buffer], False, b.batch, b.rank)
            return self.read(r, steps)

        return read

    def _scan(self, loop: Loop, singles: Sequence[Loop], wanted: dict[str, list[Load]]) -> None:
        far = reach(loop)
        number, self.scans = self.scans, self.scans + 1
        name = f"step_{number}" if number else "step"
        side = "before" if loop.direction > 0 else "after"
        outs = [s.out for s in loop.body]
        carried = [(b, i) for b, n in far.items() for i in range(1, n + 1)]
        now = self._now(loop, set(outs))
        inputs = [self._input(loop, key) for key in now]
        starts = [self._carried_first(loop, singles, b, i, [r.buffer for r in now]) for b, i in carried]
        end = "first" if loop.direction < 0 else "last"
        ends = {b for b, n in far.items() if n == 1 and not (loop.steps.skip if loop.direction < 0 else loop.steps.stop)}
        ends = {b for b in ends if wanted.get(b) and all(r.end == end and not r.shift for r in wanted[b])}
        stacked = [b for b in dict.fromkeys(outs) if b in wanted and b not in ends and self.buffers[b].time]
        self.lines += ["", f"def {name}({side}, now):"]
        self._unpacked([_shifted(b, i, side) for b, i in carried], side)
        self._unpacked([self._input_name(key, loop) for key in now], "now")
        self._body(loop, set(outs), side)
        new = [b if i == 1 else _shifted(b, i - 1, side) for b, i in carried]
        self.lines += [f"    return {_packed(new)}, {_packed(stacked)}", ""]
        left = [f"{b}_{end}" if i == 1 and b in ends else "_" for b, i in carried]
        self.ends |= {(b, end): f"{b}_{end}" for b in ends}
        self._called(name, left, stacked, starts, inputs, loop)
        for out in stacked:
            b = self.buffers[out]
            also = [f"{out}_{s.steps.at}" for s in reversed(singles)]
            text = self.after_start(b, out, also) if loop.direction < 0 or not also else out
            if loop.direction > 0 and also:
                raise KernelError(f"{out} has a different rule at its first step")
            if text != out:
                self.lines.append(f"{out} = {text}")

    def _called(
        self, name: str, left: list[str], stacked: list[str], starts: list[str], inputs: list[str], loop: Loop
    ) -> None:
        reverse = ", reverse=True" if loop.direction < 0 else ""
        length = "" if inputs else f", length={self.size('T')}"
        carry = "_" if set(left) <= {"_"} else _packed(left, True)
        result = _packed(stacked, True) if stacked else "_"
        call = f"lax.scan({name}, {_packed(starts, True)}, {_packed(inputs, True)}{length}{reverse})"
        self.lines.append(f"{carry}, {result} = {call}")

    def _body(self, loop: Loop, outs: set[str], side: str) -> None:
        def read(r: Load) -> Code:
            b = self.buffers[r.buffer]
            if r.end or not b.time:
                return self.read(r)
            text = _shifted(r.buffer, abs(r.shift), side) if r.buffer in outs and r.shift else self._input_name(r, loop)
            return Code(r.buffer if r.buffer in outs and not r.shift else text, False, b.batch, b.rank)

        for s in loop.body:
            code = self.values.operation(s, read)
            if s.out in self.told:
                self.lines.append(f"    # {self.told[s.out]}")
            self.lines.append(f"    {s.out} = {code.text}")

    def _now(self, loop: Loop, outs: set[str]) -> list[Load]:
        """What a step is given of arrays that are there already."""
        found = [r for s in loop.body for r in reads(s) if self.buffers[r.buffer].time and not r.end]
        return list(dict.fromkeys(Load(r.buffer, r.shift) for r in found if r.buffer not in outs))

    def _input(self, loop: Loop, r: Load) -> str:
        return self.read(r, loop.steps).text

    def _input_name(self, r: Load, loop: Loop) -> str:
        side = "after" if r.shift > 0 else "before"
        return _shifted(r.buffer, abs(r.shift), side) if r.shift else r.buffer

    def _carried_first(self, loop: Loop, singles: Sequence[Loop], name: str, i: int, like: Sequence[str]) -> str:
        """What stands i steps before the first step of the sweep."""
        b = self.buffers[name]
        if i <= len(singles):
            return f"{name}_{singles[len(singles) - i].steps.at}"
        if loop.direction > 0:
            return self.before(b)
        if i <= b.after:
            return self.zeros(b, like)
        raise KernelError(f"{name} is needed {i} steps beyond the last one")

    def _unpacked(self, names: list[str], given: str) -> None:
        if names:
            self.lines.append(f"    {_packed(names)} = {given}")


def _shifted(name: str, by: int, side: str) -> str:
    return f"{name}_{side}{by if by > 1 else ''}"


def _packed(names: Sequence[str], inside: bool = False) -> str:
    """Several as a tuple, one as it is."""
    text = ", ".join(names)
    return "None" if not names else f"({text})" if len(names) > 1 else text
