"""What a caller says of the steps: lengths, masks, parts; checked once, as arrays of 0 and 1 in the precision at hand."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import numpy as np

Arrays = Mapping[str, Any]


def mask_of(lengths: Any, mask: Any, steps: int, samples: int) -> Any:
    """A bool array (T, B), or None if no step is missing; `ValueError` naming what was expected and what was found.

    lengths   (B,) integers from 0 to T: sample b has the steps 0 .. lengths[b] - 1
    mask      (T, B) of bool, or of 0 and 1
    """
    if lengths is not None and mask is not None:
        raise ValueError("lengths and mask are both given; one of them says which steps there are")
    if lengths is not None:
        found = _shaped("lengths", lengths, "B", (samples,))
        whole = found.astype(np.int64, copy=False) if found.dtype.kind in "iuf" else found
        if found.dtype.kind not in "iuf" or (whole != found).any():
            raise ValueError(f"lengths: expected integers, found {found.dtype}")
        if samples and not 0 <= whole.min() <= whole.max() <= steps:
            raise ValueError(f"lengths: expected integers from 0 to T = {steps}, found {whole.min()} to {whole.max()}")
        known = np.arange(steps)[:, None] < whole
    elif mask is not None:
        found = _shaped("mask", mask, "T x B", (steps, samples))
        known = found.astype(bool)
        if (known != found).any():
            raise ValueError("mask: expected 0 and 1, or bool, and found other numbers")
    else:
        return None
    return None if known.all() else known


def _shaped(name: str, given: Any, told: str, shape: tuple[int, ...]) -> Any:
    found = np.asarray(given)
    if found.shape != shape:
        raise ValueError(f"{name}: expected shape {told} = {shape}, found {found.shape}")
    return found


def borders(steps: int, chunk: Any, name: str = "chunk") -> list[tuple[int, int]]:
    """The parts of a sequence, first and end of each; `chunk`: steps of a part (the last may be shorter), or "sqrt".

    >>> borders(7, 3)
    [(0, 3), (3, 6), (6, 7)]
    >>> borders(17, "sqrt")
    [(0, 5), (5, 10), (10, 15), (15, 17)]
    """
    if chunk == "sqrt" and name == "chunk":
        chunk = 1 + isqrt(max(steps - 1, 0))
    if isinstance(chunk, bool) or not isinstance(chunk, (int, np.integer)) or chunk < 1:
        legal = 'a number of steps from 1 on, or "sqrt"' if name == "chunk" else "a number of steps from 1 on"
        raise ValueError(f"{name}: expected {legal}, found {chunk!r}")
    return [(first, min(first + int(chunk), steps)) for first in range(0, steps, int(chunk))]


def ends_in(mask: Any, first: int, end: int) -> Any:
    """(B,) bool: whether the last step of a sample is one of first .. end - 1; a sample without steps has no last one."""
    last = len(mask) - 1 - np.argmax(mask[::-1], axis=0)
    return mask.any(axis=0) & (first <= last) & (last < end)


def last_step(mask: Any) -> int:
    """The last step that a sample has, -1 if there is none."""
    there = mask.any(axis=1)
    return len(there) - 1 - int(np.argmax(there[::-1])) if there.any() else -1


def put_last(mask: Any, arrays: dict[str, Any]) -> tuple[Any, dict[str, Any], Any]:
    """Every sample's steps at the end, the missing ones before them; also the order, for the way back."""
    order = np.argsort(mask, axis=0, kind="stable")
    moved = {key: np.take_along_axis(a, _like(order, a), axis=0) for key, a in arrays.items()}
    return np.take_along_axis(mask, order, axis=0), moved, order


def put_back(order: Any, array: Any) -> Any:
    """The array whose steps `put_last` moved."""
    found = np.empty_like(array)
    np.put_along_axis(found, _like(order, array), array, axis=0)
    return found


def _like(order: Any, array: Any) -> Any:
    return order.reshape(*order.shape, *[1] * (array.ndim - 2))


def without(mask: Any, array: Any) -> Any:
    """Zeros at missing steps, so that nothing depends on what stands there."""
    return np.where(mask.reshape(*mask.shape, *[1] * (array.ndim - 2)), array, np.zeros((), array.dtype))
