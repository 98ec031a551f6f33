"""What a verdict rests on, kept so that others can check it: the point of a counterexample, the two sides of a proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sympy import Symbol
from sympy.core.basic import Basic

from ..model import Model
from .domain import Domain


@dataclass(frozen=True)
class Witness:
    """A point at which a formula fails.

    left, right  the sides as written, with derivatives
    indices      values of the free indices;  sizes, lengths: by name
    numbers      weights, data and values before the first step by (name, indices), with two axes
    clash        at these sizes the sides do not conform
    """

    model: Model
    left: Basic
    right: Basic
    indices: Mapping[Symbol, int]
    sizes: Mapping[str, int]
    lengths: Mapping[str, int]
    numbers: Mapping[tuple[str, tuple[int, ...]], np.ndarray]
    clash: bool = False


@dataclass(frozen=True)
class Grounds:
    """What was proved: the sides as written and worked out, where they were compared, what was assumed."""

    model: Model
    left: Basic
    right: Basic
    worked: tuple[Basic, Basic]
    domain: Domain
    assumes: tuple[str, ...] = ()


Evidence = Witness | tuple[Grounds, ...] | None
