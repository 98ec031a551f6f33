"""From which step to which a network runs, as its forward equations and the words around them say.

A gradient that is summed from another step may be wrong.  What gradients say counts only where nothing else does: the first
step is the one from which most of them are summed, and 1 if as many begin at 1 as at 0, or if h_0 is the initial state.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from ..scripts import name_of
from ..syntax import parse
from ..tokens import ReadError, lex
from .families import Definition, Families, Key
from .letters import gather
from .records import Letters
from .roles import names_of_definition

MOST_OF_A_NAME = 24
"""How many characters a name that stands by itself may have, as in "the initial state $h_0$"."""

Range = tuple[str, str, str]
"""An index, its first value and its last one, as printed."""


def printed_range(families: Families, definitions: Mapping[Key, Definition]) -> tuple[int, str]:
    """The first step and the length of the running index; 1 and "" where no range is printed."""
    letters = families.scan.letters
    own = {d.time for d in definitions.values() if d.time} | {families.canonical}
    printed = {r: n for r, n in letters.ranges.items() if r[0] in own and r[2] not in letters.bound}
    stated = {r: n for r, n in printed.items() if r in _stated(families, definitions)}
    if not printed:
        return 1, ""
    (*_, upper), _ = max((stated or printed).items(), key=lambda item: item[1])
    firsts = [_whole(r[1]) for r, n in (stated or printed).items() for _ in range(n) if r[2] == upper]
    if stated:
        return min(firsts), upper
    firsts += [_whole(r[1]) for r, n in letters.ranges.items() for _ in range(n) if r[2] in own]  # Σ_{k=1}^t
    most = max(sorted({*firsts}, reverse=True), key=firsts.count)
    return (1 if _names_initial_state(families, definitions) else most), upper


def _stated(families: Families, definitions: Mapping[Key, Definition]) -> set[Range]:
    """The ranges in words and in the forward equations."""
    own = Letters()
    for node in (node for d in definitions.values() for node in (d.formula.head, d.formula.right) if node is not None):
        gather(node, own)
    return {*families.scan.letters.told, *own.ranges}


def _whole(text: str) -> int:
    return int(text) if text.removeprefix("-").isdigit() else 1


def _names_initial_state(families: Families, definitions: Mapping[Key, Definition]) -> bool:
    """Whether h_0 stands by itself, or is given a value, where h_t is defined by h_{t-1}: the first step is 1 then."""
    timed = [d for d in definitions.values() if d.time and d.key.arity]
    recurrent = {d.key for d in timed if any(key == d.key for _, key in names_of_definition(families, d))}
    heads = [name_of(f.head) for f in families.scan.formulas if f.link.first and f.head is not None]
    for passage in families.scan.passages:
        if "=" not in passage.latex and len(passage.latex) <= MOST_OF_A_NAME:
            with suppress(ReadError):
                heads.append(name_of(parse(lex(passage.latex).tokens)))
    found = [families.parsed(name) for name in heads if name is not None]
    return any(p.key in recurrent and p.time == ("", 0) for p in found)
