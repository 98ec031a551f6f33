"""Pieces for formulas of a kind of their own: ∂h_t/∂W where a formula holds derivatives, r_{t,i} where it speaks of entries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sympy import Symbol

from ..language import Entry, Term, Var
from ..model import Family
from ..reading.symbols import Scope
from .bench import Workbench
from .parts import Told
from .vocabulary import Item, Pieces

MOST = 160


def pieces(bench: Workbench, told: Told) -> Pieces:
    """Derivatives if the formula holds some, and the entries of vectors for the components at a site."""
    known: dict[tuple[object, ...], list[Item]] = {}

    def made(letters: tuple[Symbol, ...], components: tuple[Symbol, ...] = ()) -> list[Item]:
        key = (letters, components)
        if key not in known:
            partials = _read(bench, told, letters) if r"\partial" in bench.text else iter(())
            known[key] = [*partials, *_entries(bench, letters, components)]
        return known[key]

    return made


def _entries(bench: Workbench, letters: tuple[Symbol, ...], components: tuple[Symbol, ...]) -> Iterator[Item]:
    for variable in _placed(tuple(bench.model.families.values()), letters, (0, 1, -1)):
        legs = len(variable.rows) + len(variable.cols)
        if legs == 1:
            yield from (Item(Entry(variable, i), 1.0) for i in components)
        elif legs == 2:
            yield from (Item(Entry(variable, i, j), 1.0) for i in components for j in components if i != j)


def _read(bench: Workbench, told: Told, letters: tuple[Symbol, ...]) -> Iterator[Item]:
    scope = Scope({str(x): x for x in letters}, product=True)
    read = 0
    for num in _placed(bench.model.of_role("state", "loss"), letters, (0,)):
        for den in _placed(bench.model.of_role("state", "weight"), letters, (0, -1)):
            if num == den or read >= MOST:
                continue
            with suppress(TypeError, ValueError):
                text = rf"\frac{{\partial {bench.printed(num)}}}{{\partial {bench.printed(den)}}}"
                for latex, size in ((text, 1.0), (rf"\left({text}\right)^T", 1.2)):
                    read += 1
                    term = told.read(latex, scope)
                    if isinstance(term, Term):
                        yield Item(term, size, latex)


def _placed(families: tuple[Family, ...], letters: tuple[Symbol, ...], offsets: tuple[int, ...]) -> Iterator[Var]:
    for family in families:
        if not family.indices:
            yield family.var
        elif len(family.indices) == 1:
            yield from (family.at(letter + k) for letter in letters for k in offsets)
