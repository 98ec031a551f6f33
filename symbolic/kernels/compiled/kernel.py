"""A program as a function of arrays, compiled when it is first called with new sizes.

Small arrays are copied to places that stay, large ones are read where they are; a large array of another precision, or
not contiguous, is copied too.  Every thread has its own places and its own work memory, which grows to what the largest
call needed; the results are new arrays.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..program import Buffer, Program
from .arguments import Arguments
from .calling import ALIGNED, Call, Passed, Work, address_of, written_out
from .library import load, runtime
from .source import Source, c_source

SMALL = 2048
"""Arrays up to this many numbers are copied."""

PLANS = 16
"""Sets of shapes that a thread remembers."""

BITS = {np.dtype(np.float32): 32, np.dtype(np.float64): 64}

Result = tuple[Any, dict[str, Any]]


@dataclass(frozen=True)
class Compiled:
    """The function for some sizes and the order of its arrays."""

    source: Source
    run: Callable[[ctypes.c_void_p], int]


class CompiledKernel:
    """`loss_and_gradients(params, batch)` of a program; `KernelError` or `CompilerError` if it cannot be had in C.

    flags   more flags for the compiler, after those of `toolchain`
    """

    def __init__(self, program: Program, flags: tuple[str, ...] = ()):
        self.program, self.flags = program, flags
        self.arguments = Arguments(program)
        self.made: dict[tuple[Any, ...], Compiled] = {}
        self.lock = threading.Lock()
        self.local = threading.local()

    def __call__(self, params: Mapping[str, Any], batch: Mapping[str, Any]) -> Result:
        try:
            result: Result | None = self.local.plan.run(params, batch)
        except AttributeError:  # the first call of this thread, or what is given are no arrays
            result = None
        return self._with_plan(params, batch) if result is None else result

    def _with_plan(self, params: Mapping[str, Any], batch: Mapping[str, Any]) -> Result:
        """A plan for these shapes, which then is the thread's first choice."""
        taken, sizes, dtype = self.arguments.taken(params, batch)
        key = (dtype, *(None if a is None else a.shape for a in taken.values()))
        if not hasattr(self.local, "plans"):
            self.local.plans, self.local.work = {}, Work()
        plans: dict[Any, Plan] = self.local.plans
        if key not in plans:
            if len(plans) >= PLANS:
                del plans[next(iter(plans))]
            given = {name for name, a in taken.items() if a is not None}
            plans[key] = Plan(self.program, self.compiled(sizes, dtype), sizes, dtype, given, self.local.work)
        self.local.plan = plans[key]
        values = {name: a for name, a in taken.items() if a is not None}
        return plans[key].computed(values)

    def compiled(self, sizes: Mapping[str, int], dtype: Any) -> Compiled:
        """The function for these sizes, built at first use."""
        constants = {name: sizes[key] for name, key in self.program.sizes.items()}
        key = (dtype, *constants.values())
        with self.lock:
            if key not in self.made:
                bits = BITS[dtype]
                source = c_source(self.program, constants, bits)
                run = load(runtime(bits) + source.text, self.flags).run
                run.argtypes, run.restype = (ctypes.c_void_p,), ctypes.c_ssize_t
                self.made[key] = Compiled(source, run)
            return self.made[key]


class Plan:
    """One set of shapes: the places of small arrays, and the table of addresses that the function takes."""

    def __init__(
        self, program: Program, compiled: Compiled, sizes: Mapping[str, int], dtype: Any, given: set[str], work: Work
    ):
        arrays = compiled.source.arrays
        head = np.zeros(3 + len(arrays), np.intp)
        head[:2] = sizes.get("T", 1), sizes.get("B", 1)
        address, table = ctypes.c_void_p(address_of(head)), head[3:]
        shapes = {name: shape_of(program.buffers[name], program, sizes) for name in arrays}
        lengths = {name: int(np.prod(shape, dtype=int)) for name, shape in shapes.items()}
        starts, end = {}, 0
        for name in arrays:
            if lengths[name] <= SMALL:
                starts[name] = end
                end += -(-lengths[name] // 16) * 16
        block = np.zeros(end + 16, dtype)
        shift = -(address_of(block) // dtype.itemsize) % (ALIGNED // dtype.itemsize)
        self.names: dict[str, tuple[str, str]] = {}
        passed, loss = list[Passed](), None
        for i, name in enumerate(arrays):
            b, place = program.buffers[name], None
            if b.kind in ("parameter", "data"):
                if name not in given:
                    continue
                self.names[name] = (b.kind, b.key)
            if name in starts:
                first = shift + starts[name]
                place = block[first : first + lengths[name]].reshape(shapes[name])
                table[i] = address_of(place)
            if b.kind == "loss":
                loss = place
            else:
                passed.append(Passed(b.kind, b.key, shapes[name], i, place))
        size = compiled.run(address) * dtype.itemsize
        self.run = written_out(Call(compiled.run, address, head, table, work, size, dtype, loss), passed)

    def computed(self, values: Mapping[str, Any]) -> Result:
        """The results for arrays of the right shapes, by the names of their buffers."""
        params = {self.names[n][1]: a for n, a in values.items() if self.names[n][0] == "parameter"}
        batch = {self.names[n][1]: a for n, a in values.items() if self.names[n][0] == "data"}
        result = self.run(params, batch)
        assert result is not None
        return result


def shape_of(b: Buffer, program: Program, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape of a caller's array."""

    def number(leg: str | int) -> int:
        return sizes[program.sizes[leg]] if isinstance(leg, str) else leg

    legs = [sum(map(number, leg)) if isinstance(leg, tuple) else number(leg) for leg in b.legs]
    steps = [sizes["T"] + b.before] if b.time else []
    return (*steps, *([sizes["B"]] if b.batch else []), *legs)
