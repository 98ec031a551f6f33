"""What mending a claim may cost, counted in steps that depend on the formulas alone, so that repairs are the same everywhere.

A step is one character read or one head evaluated: about five microseconds.  All that is done for a claim is paid for, what is
known from other claims as if it were new; within the claim what was read before is free.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager

from sympy.core.basic import Basic

from ..language.effort import Budget, effort

TOTAL, STAGE, KEPT, LAST = 290_000, 140_000, 100_000, 15_000
"""Steps of one claim, of one stage of it; what is kept for two edits, and for the comparison of what they gave."""

OVERDRAWN = 3
"""How often more is given than there is, for the comparison of what was found."""

PROOF, CHARGED, ENOUGH = 4_000, 4, 85_000
"""What a proof costs; how many steps of the judge cost one more; what may be spent on a proof in any case.

Else a proof may take what is left of the claim's steps: the judge stops there.
"""

BEAT = 1_000
"""How often it is told that mending goes on."""

PIECE, CLAIM, PARTS, AGAIN = 20, 4, 2, 1
"""What reading costs beside the characters; how often a whole claim is read, a side with its parts; what was read before."""

EDIT, BRACKET, HOLE, ITEM, VALUED, SPELLED = 4, 8, 14, 8, 12, 40
"""What an edit costs that is thought of, one of brackets, a hole, an item of a vocabulary, its values, and its LaTeX."""

SETTING, SHELF, DERIVED = 600, 20, 3_000
"""What the points of a reading cost; items that are compared in one step; what the right formula costs."""

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

    def charge(self, steps: int) -> None:
        """What was spent already, whether there was so much or not."""
        self.used += steps
        self.left -= steps

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
