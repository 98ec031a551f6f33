"""What every rule about statements uses: a model with its bounds, findings, and how scales are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from sympy import Expr, Integer, Rational
from sympy.core.basic import Basic

from ..derivation import Derivation, UnsupportedError, derive, expand
from ..language import Fun
from ..language.bounds import Scale, SlopeOf, scale
from ..model import Model
from ..proof.verdict import Counterexample
from ..reading.unsaid import meaning as with_function
from .guard import exceeded
from .norms import Bound, norm_bound
from .slopes import slope_bound

NORM = "‖·‖: {}"


@dataclass(frozen=True)
class Finding:
    """What is found about one meaning; `steps` counts the rules that were applied."""

    verdict: str
    reason: str
    assumes: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    steps: int = 0


@dataclass(frozen=True)
class Bench:
    """A model, what its abstract functions stand for, and who judges an equation."""

    model: Model
    formula: Callable[[str], Finding]
    named: Mapping[Fun, str]

    @cached_property
    def concrete(self) -> Model:
        """The model with the functions that its letters stand for."""
        model = self.model
        for fun, row in self.named.items():
            (model,) = with_function((model,), (fun.name,), row)
        return model

    @cached_property
    def derivation(self) -> Derivation:
        return derive(self.concrete)

    def worked(self, term: Basic) -> Basic:
        """The term without derivatives.  Raises `UnsupportedError`."""
        return expand(term, self.derivation)

    def bound(self, term: Basic) -> Bound:
        """The derived bound, once a real forward pass has not contradicted it.  Raises `UnsupportedError`."""
        found = norm_bound(self.worked(term), self.concrete)
        if fault := exceeded(term, found.scale, self.concrete):
            raise UnsupportedError(fault)
        return found

    def known(self, given: Scale) -> Scale:
        """A scale with the numbers of the slopes that are known."""
        result = Scale()
        for atom, exponent in given.powers:
            fun = atom.fun if isinstance(atom, SlopeOf) else None
            row = self.named.get(fun) if fun is not None else None
            number = slope_bound(Fun(row) if row else fun) if fun is not None else None
            result = result * (number**exponent if number is not None else scale([(atom, exponent)]))
        return result


def at_least_one(ratio: Scale, lag: Expr | None = None) -> bool:
    """Whether a scale is surely ≥ 1: only numbers are left, each ≥ 1 or to a power that turns it over; `lag` is ≥ 0."""

    def sign(exponent: Expr) -> int | None:
        multiple = exponent if lag is None else (exponent / lag).cancel()
        number = exponent if isinstance(exponent, Integer) else multiple
        return (int(number.p) > 0) - (int(number.p) < 0) if isinstance(number, Rational) else None

    return all(isinstance(a, Fraction) and (s := sign(e)) is not None and (a >= 1) == (s > 0) for a, e in ratio.powers)


@dataclass(frozen=True)
class Growth:
    """rest · base^lag."""

    base: Scale
    lag: Expr
    rest: Scale


def growth(bound: Scale) -> Growth | None:
    """A bound as a geometric sequence in one lag; None where nothing depends on a lag, or on several."""
    lags = {e - e.as_coeff_Add()[0] for _, e in bound.powers} - {Integer(0)}
    if len(lags) != 1:
        return None
    (lag,) = lags
    moving = [(a, e) for a, e in bound.powers if e - e.as_coeff_Add()[0] == lag]
    base = scale((a, 1) for a, _ in moving)
    return Growth(base, lag, bound.over(base**lag))
