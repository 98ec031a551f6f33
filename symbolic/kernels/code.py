"""Pieces of NumPy code that know their axes.

Every value has the axes (steps, samples, entries...): `time` and `batch` say whether the first two are there, `rank`
counts the axes of entries (0 scalar, 1 column or row, 2 matrix).  A vector per sample and step is (T, B, n), a weight
(m, n), a scalar per sample (B,).  `fitted` makes values with different axes broadcast against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L
from .schedule import EVERY, KernelError, Steps, Target

SUM, SIGNED, PRODUCT, POWER, ATOM = range(5)
"""How tightly a piece of code binds; SIGNED is a minus sign and a product."""


@dataclass(frozen=True)
class Code:
    text: str
    time: bool = False
    batch: bool = False
    rank: int = 0
    level: int = ATOM

    def inside(self, level: int) -> str:
        """The text as an operand of something that binds as tightly as `level`."""
        return self.text if self.level >= level else f"({self.text})"

    @property
    def axes(self) -> tuple[bool, bool, int]:
        return self.time, self.batch, self.rank


@dataclass(frozen=True)
class Held:
    """A quantity that the code keeps: its name there and its axes.

    `depth`: number of values before the first step that stand in front.
    """

    name: str
    time: bool
    batch: bool
    rank: int
    depth: int = 0


@dataclass(frozen=True)
class Mode:
    """Which steps the code is for: "none" (no step), "steps" (a range of them at once), "loop" (the step `t`)."""

    kind: str = "none"
    steps: Steps = EVERY


@dataclass
class Compiler:
    """What turning a term into code needs to know.

    held      where each quantity and adjoint is kept
    sizes     code of each size symbol, and of the length
    letter    the index letter of the steps, `lower` its first value, `length` its last
    inverse   for stable logarithms: y -> (function, argument) where y is softmax or sigmoid of the argument
    functions code of each abstract function by (name, order)
    lines     where assignments are written; `names`: terms that have been given a name; `shared`: terms worth one
    used      names of helper functions and of sizes that the code needs
    """

    held: dict[Target, Held]
    sizes: Mapping[Symbol, str]
    letter: Symbol | None
    lower: int
    length: Symbol | None
    inverse: Mapping[str, tuple[str, Basic]]
    functions: Mapping[tuple[str, int], str]
    lines: list[str]
    used: set[str]
    names: dict[Basic, Code] = field(default_factory=dict)
    shared: frozenset[Basic] = frozenset()
    mode: Mode = Mode()

    def at(self, mode: Mode) -> Compiler:
        """The same for other steps."""
        return replace(self, mode=mode)

    def fresh(self) -> str:
        """A new name for an intermediate result."""
        return f"a{len(self.names)}"

    def read(self, target: Target, indices: Sequence[Expr]) -> Code:
        """A quantity at its indices."""
        held = self.held.get(target)
        if held is None:
            raise KernelError(f"{target[0]} of {target[1]} is needed but nothing computes it")
        if not held.time:
            return Code(held.name, False, held.batch, held.rank)
        subscript, time = self._subscript(held, indices[0], target[1])
        return Code(f"{held.name}{subscript}", time, held.batch, held.rank)

    def _subscript(self, held: Held, index: Expr, name: str) -> tuple[str, bool]:
        point, offset = L.affine(index)
        steps = self.mode.steps
        if point == self.length and self.length is not None:
            if offset > 0:
                raise KernelError(f"{name} has no value at {index}")
            return f"[{offset - 1}]", False
        if point is None:
            if offset - self.lower + held.depth < 0:
                raise KernelError(f"{name} has no value at {index}")
            return f"[{offset - self.lower + held.depth}]", False
        if point != self.letter or self.mode.kind == "none":
            raise KernelError(f"{name} at {index} is not at a step that the code is for")
        start = held.depth + offset
        if self.mode.kind == "loop":
            if start + steps.skip < 0 or offset - steps.stop > 0:
                raise KernelError(f"{name} has no value at {index} for every step of the loop")
            return (f"[t + {start}]" if start > 0 else f"[t - {-start}]" if start else "[t]"), False
        if steps.at == "last":
            if offset + steps.shift > 0:
                raise KernelError(f"{name} has no value at {index} at the last step")
            return f"[{offset + steps.shift - 1}]", False
        if steps.at == "first":
            if start + steps.shift < 0:
                raise KernelError(f"{name} has no value at {index} at the first step")
            return f"[{start + steps.shift}]", False
        start, end = start + steps.skip, offset - steps.stop
        if start < 0 or end > 0:
            raise KernelError(f"{name} has no value at {index} for every step that is asked for")
        return ("" if not start and not end else f"[{start or ''}:{end or ''}]"), True

    def size(self, expression: Expr) -> str:
        """Code of a size or a length."""
        if expression.is_Integer:
            return str(int(expression))
        if isinstance(expression, Symbol) and expression in self.sizes:
            self.used.add(self.sizes[expression])
            return self.sizes[expression]
        if expression.is_Add:
            return f"({' + '.join(self.size(a) for a in expression.args)})"
        raise KernelError(f"{expression} is no size of the model; sizes are {', '.join(map(str, self.sizes))}")

    def count(self) -> str:
        """Code of the number of steps that the mode is for."""
        steps = self.mode.steps
        if self.mode.kind != "steps" or steps.at:
            return "1"
        less = steps.skip + steps.stop
        return f"max(T - {less}, 0)" if less else "T"


def fitted(codes: Iterable[Code]) -> list[Code]:
    """The same values with axes of length 1 put in, so that they broadcast."""
    codes = list(codes)
    time, batch = any(c.time for c in codes), any(c.batch for c in codes)
    rank = max(c.rank for c in codes)
    result = []
    for c in codes:
        if c.rank not in (0, rank):
            raise KernelError(f"{c.text} and the others have different numbers of axes")
        text = c.inside(ATOM)
        if c.time and not c.batch and batch:
            text += "[:, None]"
        if c.rank < rank and (c.time or c.batch):
            text += f"[..., {', '.join(['None'] * (rank - c.rank))}]"
        result.append(c if text == c.inside(ATOM) else Code(text, time and c.time, c.batch, rank))
    return result


def joined(codes: Sequence[Code]) -> tuple[bool, bool, int]:
    """The axes of an entry by entry operation."""
    return any(c.time for c in codes), any(c.batch for c in codes), max(c.rank for c in codes)
