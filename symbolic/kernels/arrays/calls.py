"""Calls of NumPy functions on registers: what the text of a kernel consists of, before arrays and names are chosen.

A *register* is an array of the workspace or of the caller, or one that a call makes.  A *view* says which part of it a
call takes, and in which shape:

    rows     (steps · samples, entries), or (steps · samples,) for a number per sample; with `column` (steps · samples, 1)
    cube     (steps, samples, entries)
    flat     one axis
    step     the one step of the loop
    at       a fixed step, counted from the first slot or (negative) from the last
    plain    as it is, for what has no steps; in a loop without the axis of samples if there is one sample
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..program import Leg
from ..schedule import Steps

Form = Literal["rows", "cube", "flat", "step", "at", "plain", "matrix"]


@dataclass
class Register:
    """`given`: an array of the caller; `fresh`: made by the call that computes it; otherwise of the workspace.

    local   only for the one step of a loop
    inside  the register of which it is a block, as for buffers
    """

    name: str
    time: bool
    batch: bool
    legs: tuple[Leg, ...]
    before: int = 0
    after: int = 0
    given: bool = False
    fresh: bool = False
    local: bool = False
    pinned: bool = False
    inside: tuple[str, int, int] | None = None


@dataclass(frozen=True)
class View:
    register: str
    form: Form = "plain"
    low: int = 0
    """The first slot; for `at` the slot."""
    high: int = 0
    """How many slots less than T the range ends at (rows, cube, flat); may be negative for slots before the first step."""
    column: bool = False
    turned: bool = False
    looped: bool = False
    blocks: Literal["", "blocks", "middle"] = ""
    """Entries as (blocks, entries of one), or with one such axis put in."""


@dataclass(frozen=True)
class Constant:
    """A number as an array of no axes, by its name."""

    name: str


@dataclass(frozen=True)
class Ones:
    """A vector of ones: as long as a leg, or as the samples of a number of steps."""

    leg: Leg | None
    steps: Steps | None = None


Operand = View | Constant | Ones


@dataclass
class Line:
    """`out = fun(args)` or, with an out that is there, `fun(args, out)`.  `keyword`: written as out=."""

    fun: str
    args: tuple[Operand, ...]
    out: View
    entrywise: bool = True
    keyword: bool = False
    comment: str = ""


@dataclass
class LoopLines:
    """Lines for each step of a range, upwards or downwards."""

    number: int
    direction: int
    steps: Steps
    lines: list[Line] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


@dataclass
class Guarded:
    """Lines for a single step that exists from a length on."""

    shortest: int
    lines: list[Line]


Written = Line | LoopLines | Guarded


def root(registers: dict[str, Register], name: str) -> str:
    """The register that owns the array in which a register is a block."""
    inside = registers[name].inside if name in registers else None
    return root(registers, inside[0]) if inside else name
