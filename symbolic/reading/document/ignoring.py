r"""Comments by which an author asks not to judge: `<!-- gradproof: ignore -->`, or `% gradproof: ignore` in LaTeX.

On a line that holds a formula, or on which one begins, it speaks of the formulas of that line; inside a formula of several
lines it speaks of what stands on that line of it; on a line of its own it speaks of the next formula.  What is ignored is
neither judged nor taken for a forward equation, and it is listed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence

IGNORED = "ignored, as the note asks"
"""What is said of an ignored formula."""

_ASKED = re.compile(r"<!--[ \t]*gradproof:[ \t]*ignore[ \t]*-->|(?<!\\)%+[ \t]*gradproof:[ \t]*ignore[ \t]*$")


def asked_lines(lines: Sequence[str], unread: Collection[int] = ()) -> tuple[int, ...]:
    """The numbers, from 1 on, of the lines with such a comment; `unread`: numbers from 0 on of lines of code.

    >>> asked_lines(["$a = b$ <!-- gradproof: ignore -->", "$c = d$ % gradproof: ignore"])
    (1, 2)
    """
    return tuple(k for k, line in enumerate(lines, 1) if "gradproof" in line and k - 1 not in unread and _ASKED.search(line))


def ignored(asked: Iterable[int], spans: Sequence[tuple[int, int]]) -> tuple[set[int], set[int]]:
    """Positions of the formulas that are ignored, and numbers of the lines that are ignored inside of others.

    `spans`: first and last line of each formula, in order.

    >>> ignored([1, 4, 7], [(1, 1), (2, 2), (3, 6), (9, 9)])
    ({0, 3}, {4})
    """
    whole: set[int] = set()
    rows: set[int] = set()
    firsts = [first for first, _ in spans]
    for line in asked:
        here = range(bisect_left(firsts, line), bisect_left(firsts, line + 1))
        around = [k for k in range(max(here.start - 1, 0), here.start) if spans[k][1] >= line]
        if here:
            whole.update(here)
        elif around:
            rows.add(line)
        elif here.stop < len(spans):
            whole.add(here.stop)
    return whole, rows
