"""The block of declarations: what an author says about the symbols and conventions of a note.

One statement a line: `layout: jacobian`, `product: descending`, `softmax: rows`, `W in R^{n x m}`, `x_t: input`,
`y_t: label, sums to one`, `delta_t = dL/dh_t`, `sigma = tanh`; a # begins a comment.  It stands in a fence of Markdown,
in lines of LaTeX that begin with `%% gradproof:`, in a file of its own, or on the command line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...language import LAYOUTS, LINES
from ..inference.declared import LEGAL as OF_NAMES
from ..inference.declared import NotUnderstood, understood
from .records import BlockLine, Declarations, Problem

PRODUCTS = ("descending", "ascending")
SETTINGS = {"layout": LAYOUTS, "product": PRODUCTS, "softmax": LINES}
LEGAL = ", ".join(f"{key}: {'|'.join(values)}" for key, values in SETTINGS.items()) + f", {OF_NAMES}"

_SEPARATOR = re.compile(r"\sin\s|∈|\\in(?![A-Za-z])|:|=")
_OWN = re.compile(r"[ \t]*%%[ \t]*gradproof:(?![ \t]*ignore[ \t]*$)[ \t]?")


def commented_lines(lines: Sequence[str]) -> tuple[BlockLine, ...]:
    """The lines of a text that begin with `%% gradproof:`."""
    return tuple(
        BlockLine(k, found.end() + 1, line[found.end() :]) for k, line in enumerate(lines, 1) if (found := _OWN.match(line))
    )


def read_declarations(lines: Sequence[BlockLine]) -> tuple[Declarations, tuple[Problem, ...]]:
    """What the lines of a block say, and what is wrong with them.

    >>> read_declarations([BlockLine(1, 1, "W in R^{n x m}"), BlockLine(2, 1, "layout: jacobian  # as usual")])[0]
    Declarations(layout='jacobian', product='', names=((1, 'W', 'R^{n x m}'),), softmax='')
    """
    settings: dict[str, str] = {}
    names: list[tuple[int, str, str]] = []
    problems: list[Problem] = []
    for block_line in lines:
        text = block_line.text.split("#", 1)[0]
        line = text.strip()
        try:
            key, told = _halves(line) if line else ("", "")
            if key.lower() in SETTINGS:
                _set(settings, key.lower(), told.lower())
            elif line:
                understood(key, told)
                names.append((block_line.line, key, told))
        except NotUnderstood as error:
            column = block_line.column + len(text) - len(text.lstrip())
            problems.append(Problem(str(error), block_line.line, column, block_line.cell, block_line))
    said = Declarations(settings.get("layout", ""), settings.get("product", ""), tuple(names), settings.get("softmax", ""))
    return said, tuple(problems)


def _halves(line: str) -> tuple[str, str]:
    """What a line speaks of, and what it says."""
    for sign in _SEPARATOR.finditer(line):
        before = line[: sign.start()]
        if before.count("{") == before.count("}"):
            return before.strip(), line[sign.end() :].strip()
    raise NotUnderstood(f"{line} is no declaration; legal are {LEGAL}")


def _set(settings: dict[str, str], key: str, value: str) -> None:
    if value not in SETTINGS[key]:
        raise NotUnderstood(f"{value or 'nothing'} is not understood; {key} is one of {', '.join(SETTINGS[key])}")
    if settings.setdefault(key, value) != value:
        raise NotUnderstood(f"{key} has been said to be {settings[key]} before; say it once")
