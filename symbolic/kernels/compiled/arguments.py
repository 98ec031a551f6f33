"""What a caller gives, checked once: names, precision, shapes, and the size of every leg from the first array that has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..program import Buffer, Program

PRECISIONS = (np.dtype(np.float32), np.dtype(np.float64))


class Arguments:
    """The arrays that a program takes."""

    def __init__(self, program: Program):
        given = [b for b in program.buffers.values() if b.kind in ("parameter", "data") and b.inside is None]
        self.kinds = {kind: {b.key: b for b in given if b.kind == kind} for kind in ("parameter", "data")}
        self.sizes = program.sizes

    def taken(self, params: Mapping[str, Any], batch: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, int], Any]:
        """The arrays by their buffers (None: not given), the sizes by their keys, the precision; `ValueError` if wrong."""
        dtype = np.result_type(*(np.asarray(a) for a in params.values())) if params else PRECISIONS[1]
        found: dict[str, Any] = {}
        for kind, arrays in (("parameter", params), ("data", batch)):
            known = self.kinds[kind]
            for key in arrays:
                if key not in known:
                    raise ValueError(f"{kind} {key} is not known; known are {', '.join(known)}")
            for key, b in known.items():
                if key not in arrays and not b.optional:
                    raise ValueError(f"{kind} {key} is missing; needed are {', '.join(known)}")
                array = np.asarray(arrays[key], dtype) if key in arrays else None
                if array is not None and array.dtype not in PRECISIONS:
                    raise ValueError(f"{kind} {key}: expected float32 or float64, found {array.dtype}")
                found[b.name] = array
        sizes = self._measured(found)
        if sizes.get("T", 1) < 1:
            raise ValueError(f"a sequence has at least one step, not {sizes['T']}")
        return found, sizes, np.dtype(dtype)

    def _measured(self, found: Mapping[str, Any]) -> dict[str, int]:
        buffers = {b.name: b for known in self.kinds.values() for b in known.values()}
        sizes: dict[str, int] = {}
        for several in (False, True):  # then sums of sizes, such as T + 1 or n + n, in which one is left
            for name, array in found.items():
                axes = self._axes(buffers[name])
                if array is not None and array.ndim == len(axes):
                    for n, axis in zip(array.shape, axes, strict=True):
                        left = {a for a in axis if isinstance(a, str) and a not in sizes}
                        rest = n - sum(sizes.get(a, 0) if isinstance(a, str) else a for a in axis)
                        if len(left) == 1 and (several or len(axis) == 1) and rest >= 0:
                            key = left.pop()
                            sizes[key] = rest // axis.count(key)
        for name, array in found.items():
            if array is None:
                continue
            b, axes = buffers[name], self._axes(buffers[name])
            known = all(a in sizes for axis in axes for a in axis if isinstance(a, str))
            numbers = tuple(sum(sizes.get(a, 0) if isinstance(a, str) else a for a in axis) for axis in axes)
            if array.shape != numbers:
                told = " x ".join("+".join(map(str, axis)) for axis in axes) or "scalar"
                expected = f" = {numbers}" if known and axes else ""
                raise ValueError(f"{b.kind} {b.key}: expected shape {told}{expected}, found {array.shape}")
        return sizes

    def _axes(self, b: Buffer) -> list[tuple[str | int, ...]]:
        """The axes of an array, each as the parts of its length."""
        legs = [leg if isinstance(leg, tuple) else (leg,) for leg in b.legs]
        told = [tuple(self.sizes[part] if isinstance(part, str) else part for part in leg) for leg in legs]
        steps: list[tuple[str | int, ...]] = [("T", b.before) if b.before else ("T",)] if b.time else []
        return [*steps, *([("B",)] if b.batch else []), *told]
