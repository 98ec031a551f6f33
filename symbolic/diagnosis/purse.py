"""What mending a claim may cost, counted in steps that depend on the formulas alone, so that repairs are the same everywhere.

A step is one character read or one head evaluated: a few microseconds.  What was worked out before costs the same again.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager

from sympy.core.basic import Basic

from ..language.effort import Budget, effort

TOTAL, STAGE, KEPT, LAST = 240_000, 120_000, 90_000, 15_000
"""Steps of one claim, of one stage of it; what is kept for two edits, and for the comparison of what they gave."""

BEAT = 1_000
"""How often it is told that mending goes on."""

PIECE, CLAIM = 20, 6
"""What reading costs beside the characters, and how often a whole claim is read."""

VALUE, VALUES = 6, 4
"""What an evaluation costs beside the heads, and how many values an index has."""


class Purse(Budget):
    """Steps; `beat` is called every now and then."""

    def __init__(self, steps: int, beat: Callable[[], None]):
        super().__init__(steps)
        self.beat, self.next = beat, BEAT

    def spend(self, steps: int = 1) -> None:
        super().spend(steps)
        if self.used >= self.next:
            self.next = self.used + BEAT
            self.beat()

    def reads(self, text: str, times: int = 1) -> None:
        self.spend(times * (PIECE + len(text)))

    def evaluates(self, term: Basic, at: Sized, times: int = 1) -> None:
        """A term is evaluated at some points."""
        self.spend(times * len(at) * (VALUE + effort(term, VALUES)))


@contextmanager
def unswept() -> Iterator[None]:
    """No search for garbage while this lasts: mending ends soon, and a search goes through all that is known of the models."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
