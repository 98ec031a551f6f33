r"""From which step on a condition speaks: 2 for "t = 2, \dots, T"."""

from __future__ import annotations

import re

_FROM = re.compile(
    r"\s*(?P<letter>\\?[A-Za-z]+)\s*(?P<sign>=|>|\\geq?(?![a-z])|≥|\\in\s*\\?\{?|∈\s*\\?\{?)\s*(?P<first>\d{1,3})(?![\w.])"
)


def first_step(given: str, letter: str) -> int:
    r"""From which step on a condition speaks of a letter, 0 where it does not say so.

    >>> [first_step(said, "t") for said in (r"t = 2, \dots, T", r"t \ge 3", "t > 1", "k = 2", "t < T")]
    [2, 3, 2, 0, 0]
    """
    said = _FROM.match(given)
    return int(said["first"]) + (said["sign"] == ">") if said is not None and said["letter"] == letter else 0
