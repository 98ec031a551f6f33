"""Whether cases speak of every step, and of each but once.

A sum of terms under conditions is zero where none of them holds, and two of them where two do.  What an author means there
is not said, and a formula with such cases is not read.

Conditions compare letters that differ by whole numbers, so that a place where no case holds, or two do, can be moved near
the ends: with n letters and numbers up to c there is one among the first (n + 1)(c + 2) steps if there is one at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from sympy import Symbol

from ..language import Relation, affine
from .reader import Reader
from .symbols import Scope

MOST = 50_000
"""Places that are tried; conditions with more letters or larger numbers are not read."""

Row = tuple[Relation, ...]


def gap(reader: Reader, rows: Sequence[Row], scope: Scope) -> str:
    """Why the cases are not read: a place of which none, or more than one, speaks; "" if there is no such place."""
    lengths = {i.upper: i.lower for i in reader.table.model.indices}
    known = _ranges(reader, rows, lengths)
    relations = [r for row in (*rows, known) for r in row]
    letters = sorted({s for r in relations for s in r.free_symbols}, key=str)
    most = max((abs(affine(side)[1]) for r in relations for side in r.args[1:]), default=0)
    last = (len(letters) + 1) * (most + 2)
    if last ** len(letters) > MOST:
        return "the conditions of these cases have too many letters or too large numbers to see which steps they speak of"
    inner = {*scope.symbols.values(), *reader.table.sizes.values()} & {s for row in rows for r in row for s in r.free_symbols}
    for place in product(range(min((0, *lengths.values())), last + 1), repeat=len(letters)):
        at = dict(zip(letters, place, strict=True))
        if not _hold(known, at):
            continue
        told = ", ".join(f"{s} = {n}" for s, n in at.items())
        holding = sum(_hold(row, at) for row in rows)
        if holding > 1:
            return f"more than one of these cases speaks of {told}"
        if holding == 0 and not inner:
            return f"none of these cases speaks of {told}"
    return ""


def _ranges(reader: Reader, rows: Sequence[Row], lengths: Mapping[Symbol, int]) -> Row:
    """What is known of the letters: what is given, and that an index runs from its first step to its length."""
    table, compared = reader.table, {s for row in rows for r in row for s in r.free_symbols}
    given = [r for r in reader.given if r.free_symbols & compared]
    letters = compared.union(*(r.free_symbols for r in given))
    own = {s: table.indices[s.name] for s in letters - lengths.keys() if s.name in table.indices}
    known = [*given, *(Relation("<=", lengths[s], s) for s in letters & lengths.keys())]
    for s in letters - lengths.keys():
        uppers = [own[s].upper] if s in own else [u for u in lengths if _are_compared(s, u, (*rows, given))]
        known += [Relation("<=", own[s].lower if s in own else 1, s), *(Relation("<=", s, u) for u in uppers)]
        known += [Relation("<=", lengths[u], u) for u in uppers]
    return tuple(dict.fromkeys(known))


def _are_compared(letter: Symbol, length: Symbol, rows: Iterable[Iterable[Relation]]) -> bool:
    return any({letter, length} <= r.free_symbols for row in rows for r in row)


def _hold(row: Iterable[Relation], at: Mapping[Symbol, int]) -> bool:
    return all(_HOLDS[r.op](*_values(r, at)) for r in row)


def _values(relation: Relation, at: Mapping[Symbol, int]) -> Iterator[int]:
    for side in relation.args[1:]:
        point, offset = affine(side)
        yield offset + (at[point] if point is not None else 0)


_HOLDS = {"=": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__}
