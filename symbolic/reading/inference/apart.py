"""Letters that the index of a unit tells apart: net_j and net_k, w_{ji} and w_{kj}, δ_j and δ_k of two layers.

    net_j = Σ_i w_{ji} x_i,   o_j = f(net_j),   net_k = Σ_j w_{kj} o_j          δ_j = f'(net_j) Σ_k w_{kj} δ_k

A quantity is meant so where the equation for one index uses, through the others, the same letter with another index that
has an equation of its own, too.  What stands in the equations of such layers under the indices of each and is never defined,
as w and b, is told apart as well, also where each layer has a letter of its own: z_j = f(Σ_i w_{ji} x_i), y_k = Σ_j w_{kj} z_j.
So is the name of a derivative by one of them: δ_k = -∂E/∂net_k.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations, islice, permutations
from typing import Protocol

from ..scripts import Name, name_of
from ..tree import Node, outline
from .names import is_known_function, names_in, plain_scripts
from .records import Formula

Stem = tuple[str, frozenset[str]]
"""A letter with its accents."""

Unit = tuple[Stem, str]
"""A letter and the index that stands on it."""

Uses = dict[Unit, list[tuple[Stem, tuple[str, ...]]]]
"""What the equation for a unit holds."""

Read = Callable[[Name], tuple[Stem, tuple[str, ...]] | None]
"""A name -> its stem and component letters; None for one with labels or times."""


class Named(Protocol):
    """What a name stands for."""

    @property
    def letter(self) -> str: ...
    @property
    def accents(self) -> frozenset[str]: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def arity(self) -> int: ...


def unit_of(key: Named, letters: tuple[str, ...], timed: bool) -> tuple[Stem, tuple[str, ...]] | None:
    """The stem of a name with nothing but components on it, and a step where it may be `timed`, with their letters."""
    return None if key.labels or (key.arity and not timed) else ((key.letter, key.accents), letters)


MOST_PLACES = 12
"""Places of a leaf that are compared."""


def all_apart(
    formulas: Sequence[Formula], read: Callable[[Name, bool], tuple[Stem, tuple[str, ...]] | None]
) -> tuple[frozenset[Stem], frozenset[Stem]]:
    """The letters whose index is part of the name also at steps, and all of them; `read` is told whether names have steps."""
    timed, plain = partial(_read_at, read, True), partial(_read_at, read, False)
    at_steps = names_apart(formulas, timed) | told_apart(formulas, timed)
    return at_steps, at_steps | told_apart(formulas, plain)


def _read_at(
    read: Callable[[Name, bool], tuple[Stem, tuple[str, ...]] | None], timed: bool, name: Name
) -> tuple[Stem, tuple[str, ...]] | None:
    return read(name, timed)


def told_apart(formulas: Sequence[Formula], read: Read) -> frozenset[Stem]:
    """The letters, with their accents, whose index is part of the name."""
    uses: Uses = {}
    equations = list(_equations(formulas, read))
    for unit, right in equations:
        found = [r for name, _, _ in names_in(right) if not is_known_function(name.letter) and (r := read(name))]
        uses.setdefault(unit, []).extend(found)
    told = {unit[0] for unit in uses if any(v in uses and v != unit and v[0] == unit[0] for v in _reached(uses, unit))}
    defined = {stem for stem, _ in uses}
    under: dict[Stem, dict[tuple[Unit, tuple[str, ...]], None]] = {}
    for unit, found in uses.items():
        for leaf, letters in found:
            if leaf not in defined and (len(letters) == 2 or letters == unit[1:]):
                under.setdefault(leaf, {})[unit, letters] = None
    reached = {unit: _reached(uses, unit) for unit in dict.fromkeys(u for places in under.values() for u, _ in places)}
    pairs = {leaf: permutations(islice(places, MOST_PLACES), 2) for leaf, places in under.items()}
    leaves = {leaf for leaf, of_leaf in pairs.items() if any(_of_two_layers(reached, told, *pair) for pair in of_leaf)}
    names = {unit[0] for unit, right in equations if any(stem in told and unit[1] in by for stem, by in _below(right, read))}
    return frozenset(told | names | leaves)


def names_apart(formulas: Sequence[Formula], read: Read) -> frozenset[Stem]:
    """The letters that name derivatives by different quantities under different indices: δ_k = -∂E/∂z_k, δ_j = -∂E/∂s_j."""
    found: dict[Stem, dict[str, set[Stem]]] = {}
    for (stem, index), right in _equations(formulas, read):
        by = {other for other, letters in _below(right, read) if letters == (index,)}
        if by:
            found.setdefault(stem, {}).setdefault(index, set()).update(by)
    return frozenset(s for s, by in found.items() if any(a.isdisjoint(b) for a, b in combinations(by.values(), 2)))


def _of_two_layers(
    reached: dict[Unit, set[Unit]], told: set[Stem], one: tuple[Unit, tuple[str, ...]], other: tuple[Unit, tuple[str, ...]]
) -> bool:
    """Whether a leaf stands in the equations of two layers, under the indices of each, those of the layers at the same place.

    In g_k = Σ_i w_{ik} e_i, which goes back through z_i = Σ_j w_{ij} x_j, it is the same matrix.
    """
    (unit, letters), (later, others) = one, other
    if letters == others:
        return False
    alike = [k == unit[1] for k in letters] == [k == later[1] for k in others] and unit[1] in letters
    return {unit[0], later[0]} <= told or (alike and unit[1] != later[1] and unit in reached[later])


def _below(right: Node, read: Read) -> Iterator[tuple[Stem, tuple[str, ...]]]:
    """What derivatives are taken by."""
    yield from (unit for name, place, _ in names_in(right) if place == "below" and (unit := read(name)) is not None)


def told_by_fonts(formulas: Sequence[Formula]) -> frozenset[str]:
    """The letters whose font is part of the name: W and 𝐖 stand in one right side under the same scripts.

    Elsewhere fonts are neutral, since notes write the same letter now bold, now plain.
    """
    told: set[str] = set()
    for formula in formulas:
        fonts: dict[tuple[object, ...], tuple[str, ...]] = {}
        for name, _, _ in names_in(formula.right) if formula.right is not None else ():
            if not is_known_function(name.letter):
                scripts = sorted(s.where + outline(s.node) for s in plain_scripts(name))
                known = fonts.setdefault((name.letter.name, name.letter.accents, *scripts), name.letter.fonts)
                if known != name.letter.fonts:
                    told.add(name.letter.name)
    return frozenset(told)


def _equations(formulas: Sequence[Formula], read: Read) -> Iterator[tuple[Unit, Node]]:
    for formula in formulas:
        name = name_of(formula.head) if formula.link.first and formula.head is not None else None
        if name is None or formula.right is None or is_known_function(name.letter) or name.primes:
            continue
        unit = read(name)
        if unit is not None and len(unit[1]) == 1:
            yield (unit[0], unit[1][0]), formula.right


def _reached(uses: Uses, start: Unit) -> set[Unit]:
    """The units that the equation for one uses, directly or through others."""
    found: set[Unit] = set()
    stack = [start]
    while stack:
        for stem, letters in uses.get(stack.pop(), ()):
            unit = (stem, letters[0]) if len(letters) == 1 else None
            if unit is not None and unit not in found:
                found.add(unit)
                stack.append(unit)
    return found
