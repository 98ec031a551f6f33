"""Which sizes a formula is compared at for each length, and which other lengths where a model has several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice, product
from math import prod

from sympy.core.basic import Basic

from ..model import Model
from .degrees import degrees, of_steps
from .sizes import OutOfReach, fewest, larger, set_apart, sizes

SHORT = 3
"""Up to this length a second point with larger sizes is tried, and indicators that are bits."""

MOST = 36
"""At how many choices of sizes a length is compared at most."""

UNWRITTEN = (3, 2, 1, 0)
"""How much of the degree that is not written out is covered: the first for which the choices are few enough."""

Sizes = dict[str, int]


@dataclass(frozen=True)
class Choices:
    """Numbers for the sizes: the first ones at every length, others at short lengths, still others for powers of sizes.

    few         those at which there is nothing but what is set apart, as in Σ_{k=1}^{n-2} 1 = n - 2 for n = 1; at short lengths
    powers      as many values of each size as its degree asks for, in all combinations, but for the first ones; those that are
                smaller but large enough before larger ones, at which agreement says less
    at_powers   the lengths at which these are tried: as many as the degree in lengths and steps asks for
    others      all numbers of the other lengths of a model, which are settled like sizes
    entries     the lengths that are sizes as well, as that of α ∈ R^T with an entry for each step
    """

    first: Sizes
    few: tuple[Sizes, ...]
    powers: tuple[Sizes, ...]
    at_powers: range
    others: tuple[Sizes, ...]
    entries: frozenset[str] = frozenset()

    def at(self, length: int, alone: bool = False) -> Iterator[Sizes]:
        """Those for one length; `alone`: the first ones alone."""
        some = [self.first]
        if not alone:
            some += [larger(self.first), *self.few] if length <= SHORT else []
            some += self.powers if length in self.at_powers else ()
        for chosen in some:
            for other in self.others:
                yield {**dict.fromkeys(self.entries, length), **chosen, **other}


def choices(model: Model, terms: Iterable[Basic], last: int) -> Choices:
    """The sizes for lengths up to `last`.  Raises `OutOfReach`."""
    every = list(terms)
    first, short = sizes(model, every), min(SHORT, last)
    names = {i.upper.name for i in model.indices[1:]} - {i.upper.name for i in model.indices[:1]}
    others = (dict(zip(sorted(names), end, strict=True)) for end in product(range(1, last + 1), repeat=len(names)))
    entries = frozenset(fewest(model, every, of_lengths=True))
    at_powers = range(short, short + of_steps(model, every) + 1)
    return Choices(first, _few(model, every, first), _powers(model, every, first), at_powers, tuple(others), entries)


def _few(model: Model, terms: list[Basic], first: Sizes) -> tuple[Sizes, ...]:
    """All sizes small, and each of them alone."""
    small = range(1, set_apart(model, terms) + 1)
    return tuple(sizes for k in small for sizes in (dict.fromkeys(first, k), *({**first, name: k} for name in first)))


def _powers(model: Model, terms: list[Basic], first: Sizes) -> tuple[Sizes, ...]:
    written, unwritten = degrees(model, terms), degrees(model, terms, written=False)
    for most in UNWRITTEN:
        wanted = {name: written[name] + min(most, unwritten[name]) for name in first}
        if prod(1 + d for d in wanted.values()) <= MOST:
            break
    else:
        raise OutOfReach(f"powers of sizes are compared at {MOST} choices of sizes at most")
    least = fewest(model, terms)
    numbers = ([n, *islice(chain(range(n - 1, least[name] - 1, -1), count(n + 1)), wanted[name])] for name, n in first.items())
    return tuple(dict(zip(first, turn, strict=True)) for turn in islice(product(*numbers), 1, None))
