"""Weights that a caller keeps in one array, row after row: PyTorch's W_ih of an LSTM is W_i, W_f, W_g and W_o.

    stacked   key of the array -> keys of the weights, from the top

An array and its gradient are then buffers of which those of the weights are blocks, so that nothing is copied:
`with_blocks`.  Where a program has no such form, its function is given views, and its gradients are joined: `Unstacked`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .declarations import Array, Declarations, Names
from .program import Assign, Buffer, Leg, Load, Loop, Operation, Program, flat, reads

Stacked = Mapping[str, Sequence[str]]


def refuse_others(stacked: Stacked, weights: Mapping[str, tuple[Any, ...]]) -> None:
    """`ValueError` for stacked weights that there are not; `weights`: their keys and shapes."""
    for key, names in stacked.items():
        unknown = [n for n in names if n not in weights]
        if unknown or not names:
            raise ValueError(f"stacked {key}: the weight {', '.join(unknown)} is not known; known are {', '.join(weights)}")
        if key in weights and key not in names:
            raise ValueError(f"stacked {key}: a weight has this name; another one is needed for the array")
        if len({tuple(weights[n]) for n in names}) > 1 or not weights[names[0]]:
            raise ValueError(f"stacked {key}: {', '.join(names)} differ in shape or have no rows, so they do not make an array")
    twice = [n for n, often in Counter(n for names in stacked.values() for n in names).items() if often > 1]
    if twice:
        raise ValueError(f"stacked: {', '.join(twice)} is named twice")


def with_blocks(program: Program, stacked: Stacked) -> Program:
    """The program whose parameters are the stacked arrays, and whose gradients are those by them."""
    buffers, operations = dict(program.buffers), list(program.operations)
    gradients, last, names_of = dict(program.gradients), list[Operation](), Names()
    given = {b.key: b for b in buffers.values() if b.kind == "parameter" and b.inside is None}

    def joined(key: str, name: str, kind: Any, blocks: Sequence[Buffer]) -> None:
        first: Leg = blocks[0].legs[0]
        rows = (first if isinstance(first, tuple) else (first,)) * len(blocks)
        buffers[name] = Buffer(name, kind, legs=(rows, *blocks[0].legs[1:]), key=key)
        part = len(rows) // len(blocks)
        buffers.update({b.name: replace(b, inside=(name, 0, i * part)) for i, b in enumerate(blocks)})

    for key, names in stacked.items():
        joined(key, names_of.new("ps", key), "parameter", [given[n] for n in names])
        parts = []
        for n in names if all(n in gradients for n in names) else ():
            b = buffers[gradients.pop(n)]
            if b.inside or b.kind != "gradient" or b.name in gradients.values():  # handed over under another name too
                copy = replace(b, name=names_of.new("gc", n), kind="gradient", inside=None)
                last.append(Assign(copy.name, Load(b.name)))
                b = copy
            parts.append(b)
        if parts:
            gradients[key] = names_of.new("gs", key)
            joined(key, gradients[key], "gradient", parts)
    made = replace(program, buffers=buffers, operations=(*operations, *last), gradients=gradients)
    return replace(made, operations=tuple(_handed_last(made)))


def with_arrays(made: Declarations, program: Program, stacked: Stacked) -> Declarations:
    """What the program of `with_blocks` takes: the other parameters, which tell sizes plainly, then stacked arrays."""
    apart = {n for names in stacked.values() for n in names}
    parameters = {}
    for b in program.buffers.values():
        if b.kind == "parameter" and b.key in stacked and b.inside is None:
            legs = [leg if isinstance(leg, tuple) else (leg,) for leg in b.legs]
            told = [tuple(program.sizes[part] if isinstance(part, str) else part for part in leg) for leg in legs]
            shape = tuple(leg[0] if len(leg) == 1 and isinstance(leg[0], str) else leg for leg in told)
            parameters[b.key] = Array(b.key, b.name, shape)
    others = {key: array for key, array in made.parameters.items() if key not in apart}
    return replace(made, parameters=others | parameters)


def _handed_last(program: Program) -> list[Operation]:
    """Gradients that are made of other sums come after all sums, so that no array waits for them in between."""
    early, late = list[Operation](), list[Operation]()
    for i, o in enumerate(program.operations):
        after = list(flat(program.operations[i + 1 :]))
        fixed = isinstance(o, Assign) and program.buffers[o.out].kind == "gradient" and not program.buffers[o.out].time
        free = not isinstance(o, Loop) and not any(
            r.buffer == o.out for p in after for r in reads(p)
        ) and not {p.out for p in after} & {o.out, *(r.buffer for r in reads(o))}  # fmt: skip
        (late if fixed and free else early).append(o)
    return early + late


class Unstacked:
    """`function`, for weights of their own, as one of stacked arrays."""

    def __init__(self, function: Callable[..., Any], stacked: Stacked):
        self.function, self.stacked = function, {key: tuple(names) for key, names in stacked.items()}
        self.more = sum(len(names) - 1 for names in self.stacked.values())

    def __call__(self, params: Mapping[str, Any], batch: Mapping[str, Any], *functions: Any) -> Any:
        own = dict(params)
        try:
            for key, names in self.stacked.items():
                array = own.pop(key)
                rows = len(array) // len(names)
                if len(array) != rows * len(names):
                    self._refuse(params)
                end = 0
                for n in names:
                    start, end = end, end + rows
                    own[n] = array[start:end]
        except (KeyError, TypeError):
            self._refuse(params)
        if len(own) != len(params) + self.more:
            self._refuse(params)
        loss, found = self.function(own, batch, *functions)
        for key, names in self.stacked.items():
            if names[0] in found:
                found[key] = np.concatenate([found.pop(n) for n in names])
        return loss, found

    def _refuse(self, params: Mapping[str, Any]) -> None:
        for key, names in self.stacked.items():
            if key not in params:
                raise ValueError(f"parameter {key} is missing")
            for n in names:
                if n in params and n != key:
                    raise ValueError(f"parameter {n} is not known; it is a part of {key}")
            shape = np.shape(params[key])
            if not shape or shape[0] % len(names):
                raise ValueError(f"parameter {key}: expected the rows of {len(names)} weights, found shape {shape}")
