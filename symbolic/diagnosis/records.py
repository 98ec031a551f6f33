"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnosis:
    """The cause of an error in one sentence, the wrong part, and a proved repair.

    cause        a word of the contract
    sentence     what is wrong, for a student
    repair       LaTeX of the right side as it should be
    start, end   the wrong part: offsets in the text of the passage; equal where something is missing
    replacement  what should stand there instead
    whole        whether the formula is shown as it should be, not mended
    """

    cause: str
    sentence: str
    repair: str
    start: int
    end: int
    replacement: str
    whole: bool = False
