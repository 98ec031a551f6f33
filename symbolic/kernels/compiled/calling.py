"""The call of a compiled function, written out: a small network takes a microsecond in C and five in Python.

One line for each array instead of a loop over them saves a seventh of that.  The text holds numbers alone: keys, shapes
and places are variables of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..loading import loaded

ALIGNED = 64
"""Bytes to whose multiples memory is aligned: a vector of the widest processors."""

Run = Callable[[Any, Any], Any]
Shape = tuple[int, ...]


class Work:
    """Memory that grows, lent to one owner after the other.

    It is handed over zeroed: what fills up rows to the width of a vector is computed with, though never looked at, and
    numbers below the smallest normal one, as leftovers may be, made a small call six times slower.
    """

    def __init__(self) -> None:
        self.block, self.start = np.empty(0, np.uint8), 0
        self.owner: Any = None

    def lent(self, owner: Any, size: int) -> int:
        """The address of so many bytes, for this owner until there is another one."""
        if self.block.size < size + ALIGNED:
            self.block = np.zeros(size + ALIGNED, np.uint8)
            self.start = -address_of(self.block) % ALIGNED
        else:
            self.block[self.start : self.start + size] = 0
        self.owner = owner
        return address_of(self.block) + self.start


def address_of(array: Any) -> int:
    """Where the numbers of an array lie."""
    address: int = array.__array_interface__["data"][0]
    return address


@dataclass(frozen=True)
class Passed:
    """An array of the caller or a result.

    kind    "parameter", "data" or "gradient"
    entry   of the table of addresses
    place   what it is copied to or from; None: the table points to it
    """

    kind: str
    key: str
    shape: Shape
    entry: int
    place: Any = None


@dataclass(frozen=True)
class Call:
    """What a call works on.

    function   takes the address of `head`: steps, samples, the address of work memory, and the table of addresses
    work       memory for one call at a time, of which this call needs `size` bytes
    loss       the array of no axes that holds the loss afterwards
    """

    function: Callable[[Any], Any]
    address: Any
    head: Any
    table: Any
    work: Work
    size: int
    dtype: Any
    loss: Any


def written_out(call: Call, arrays: Sequence[Passed]) -> Run:
    """`run(params, batch)`: (loss, gradients), or None if the arrays are others; `AttributeError` if one is no array."""
    known: dict[str, Any] = {"empty": np.empty, "contiguous": np.ascontiguousarray, **vars(call)}
    taken, made, told, numbers = list[str](), list[str](), list[str](), {"parameter": 0, "data": 0}
    for i, a in enumerate(arrays):
        known |= {f"key{i}": a.key, f"shape{i}": a.shape}
        if a.place is not None:
            known |= {f"place{i}": a.place, f"copy{i}": a.place.copy}
        point = f"table[{a.entry}] = a{i}.__array_interface__['data'][0]"
        if a.kind == "gradient":
            made += [] if a.place is not None else [f"a{i} = empty(shape{i}, dtype)", point]
            told += [f"key{i}: copy{i}()," if a.place is not None else f"key{i}: a{i},"]
            continue
        numbers[a.kind] += 1
        taken += [
            f"a{i} = {'params' if a.kind == 'parameter' else 'batch'}[key{i}]",
            f"if a{i}.shape != shape{i} or a{i}.dtype is not dtype: return None",
            *([f"place{i}[...] = a{i}"] if a.place is not None else [f"a{i} = contiguous(a{i})", point]),
        ]
    lines = [
        f"if len(params) != {numbers['parameter']} or len(batch) != {numbers['data']}: return None",
        *("try:", *(f"    {line}" for line in taken), "    pass", "except KeyError: return None"),
        *(*made, "if work.owner is not head: head[2] = work.lent(head, size)", "function(address)"),
        *("return loss[()], {", *(f"    {line}" for line in told), "}"),
    ]
    body = "\n".join(f"        {line}" for line in lines)
    run: Run = loaded(f"def made({', '.join(known)}):\n    def run(params, batch):\n{body}\n    return run\n")["made"](**known)
    return run
