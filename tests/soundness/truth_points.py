"""Where formulas are compared, and how far the quantities of a model reach, for `truth`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from symbolic import language as L
from symbolic.model import variables


@dataclass(frozen=True)
class Point:
    """Where two formulas are compared; a seed below zero draws numbers above zero.

    sums, zeros   families whose entries sum to one, and that are zero before the first step
    """

    length: int
    sizes: tuple[tuple[str, int], ...]
    seed: int = 0
    sums: frozenset[str] = frozenset()
    zeros: frozenset[str] = frozenset()


class Held:
    """A model as a key: itself, not its contents."""

    def __init__(self, model):
        self.model = model

    def __eq__(self, other):
        return self.model is other.model

    def __hash__(self):
        return id(self.model)


@lru_cache(256)
def ranges(held):
    """By family, for each of its indices: the first that an equation asks for, the first of the model, the name of the last."""
    model, found = held.model, {}
    for family in model.families.values():
        firsts = [index.lower for index in family.indices]
        for e in model.equations:
            for v in variables(e.right):
                if v.name == family.name:
                    for place, index in enumerate(family.indices):
                        letter, offset = L.affine(v.indices[place])
                        first = index.lower
                        asked = offset if letter is None else first + offset if letter in e.left.indices else first
                        firsts[place] = min(firsts[place], asked)
        found[family.name] = [(int(a), int(i.lower), i.upper.name) for a, i in zip(firsts, family.indices, strict=True)]
    return found
