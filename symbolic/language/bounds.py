r"""What is said about size: norms, largest slopes, and what becomes of a product of Jacobians in the long run.

A *scale* is a product of positive quantities to powers, such as (γ‖W‖)^(t-k) with γ = sup |f'|: a bound on a norm.
A *meaning* is what a sentence of a note says with such scales; `symbolic.bounds` judges it by the mathematics.

    LargestSlope(("tanh",), 1)              the largest value of tanh' is 1
    AtMost(J, (gamma * norm(W)) ** (t - k)) ‖J‖ ≤ (γ‖W‖)^(t-k) for all k ≤ t
    Implies(Less(gamma * norm(W)), Vanishes(J))      if γ‖W‖ < 1, ‖J‖ → 0 as its number of factors grows
    Implies(Explodes(J), Greater(gamma * norm(W)))   ‖J‖ → ∞ only if γ‖W‖ > 1
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sympy import Expr, Integer
from sympy.core.basic import Basic

from .binders import Fun
from .terms import Var


@dataclass(frozen=True)
class NormOf:
    """‖term‖, in an operator norm."""

    term: Basic


@dataclass(frozen=True)
class SlopeOf:
    """γ = sup |f'| of an activation."""

    fun: Fun


@dataclass(frozen=True)
class Named:
    """A number above 0 that a note writes as a letter, such as γ; `name` is its LaTeX."""

    name: str


Atom: TypeAlias = NormOf | SlopeOf | Named | Fraction


@dataclass(frozen=True)
class Scale:
    """A product of atoms to powers, each atom once; an exponent is a sum of index letters and numbers."""

    powers: tuple[tuple[Atom, Expr], ...] = ()

    def __mul__(self, other: Scale) -> Scale:
        return scale((*self.powers, *other.powers))

    def __pow__(self, exponent: Expr | int) -> Scale:
        return scale((atom, power * exponent) for atom, power in self.powers)

    def over(self, other: Scale) -> Scale:
        """This scale divided by another one."""
        return self * other ** -1


def scale(powers: Iterable[tuple[Atom, Expr | int]]) -> Scale:
    """The scale of these atoms; numbers to whole powers are multiplied.

    >>> scale([(Fraction(1, 2), 2), (Fraction(4), 1)]) == Scale()
    True
    """
    found: dict[Atom, Expr] = {}
    number = Fraction(1)
    for atom, power in powers:
        exponent = (found.pop(atom, Integer(0)) + power).expand()
        if isinstance(atom, Fraction) and isinstance(exponent, Integer):
            number *= atom ** int(exponent)
        elif exponent != 0:
            found[atom] = exponent
    numeric: tuple[tuple[Atom, Expr], ...] = ((number, Integer(1)),) if number != 1 else ()
    return Scale((*numeric, *sorted(found.items(), key=lambda item: str(item[0]))))


def norm(term: Basic) -> Scale:
    """‖term‖."""
    return scale([(NormOf(term), 1)])


def gamma(fun: Fun) -> Scale:
    """sup |f'|."""
    return scale([(SlopeOf(fun), 1)])


def number(value: Fraction | int) -> Scale:
    return scale([(Fraction(value), 1)])


@dataclass(frozen=True)
class LargestSlope:
    """The largest value of f' is `value`, for each of these rows of the function table."""

    functions: tuple[str, ...]
    value: Fraction


@dataclass(frozen=True)
class AtMost:
    """‖term‖ ≤ bound, wherever the term exists."""

    term: Basic
    bound: Scale


@dataclass(frozen=True)
class Less:
    """scale < 1."""

    scale: Scale


@dataclass(frozen=True)
class Greater:
    """scale > 1."""

    scale: Scale


@dataclass(frozen=True)
class Large:
    """The norm of a weight exceeds some number, however that is chosen."""

    weight: Var


@dataclass(frozen=True)
class Vanishes:
    """‖term‖ → 0 as the number of factors in its ordered product grows."""

    term: Basic


@dataclass(frozen=True)
class Explodes:
    """‖term‖ is unbounded as the number of factors in its ordered product grows."""

    term: Basic


@dataclass(frozen=True)
class Falls:
    """The scale becomes strictly smaller with every further unit of `lag`."""

    scale: Scale
    lag: Expr


@dataclass(frozen=True)
class Factors:
    """The term, multiplied out, holds a weight this number of times."""

    term: Basic
    weight: Var
    number: Expr


@dataclass(frozen=True)
class Formula:
    """An equation in LaTeX that the sentence puts into words."""

    latex: str


@dataclass(frozen=True)
class Implies:
    """If the first, then the second."""

    given: Meaning
    then: Meaning


@dataclass(frozen=True)
class All:
    """Every part."""

    parts: tuple[Meaning, ...]


@dataclass(frozen=True)
class Not:
    """The part is false: it has a counterexample."""

    part: Meaning


@dataclass(frozen=True)
class ForEach:
    """The part, with an abstract activation replaced by each of these rows of the function table."""

    fun: Fun
    functions: tuple[str, ...]
    part: Meaning


Meaning: TypeAlias = (
    LargestSlope | AtMost | Less | Greater | Large | Vanishes | Explodes | Falls | Factors | Formula
    | Implies | All | Not | ForEach
)


@dataclass(frozen=True)
class Statement:
    """A sentence of a note: its line, its letter on that line, its words, what they mean, for which of the note's models."""

    line: int
    letter: str
    words: str
    meaning: Meaning
    model: int = 0

    @property
    def id(self) -> str:
        return f"L{self.line}:{self.letter}"
