r"""An upper bound of an operator norm, from the form of a term: one rule per head.

    ‖A B‖ ≤ ‖A‖ ‖B‖        ‖diag(d)‖ ≤ max|d|        ‖∏_{i=l}^{u} A_i‖ ≤ (sup ‖A_i‖)^(u-l+1)        ‖I‖ = 1

hold in every operator norm for which the norm of a vector only depends on the |entries| and grows with them; ‖Aᵀ‖ = ‖A‖ and
‖A ⊗ B‖ = ‖A‖ ‖B‖ in the spectral norm.  What no rule bounds stands for itself, ‖X‖ ≤ ‖X‖.
So ‖∂h_t/∂h_k‖ ≤ (γ‖W‖)^(t-k) follows for h_t = f(W h_{t-1} + ...) from its derived product of diag(f') W.
Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks* (2013), section 2.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sympy.core.basic import Basic

from ..language import (
    Diag,
    Hadamard,
    Identity,
    Kronecker,
    Product,
    ProductOver,
    Term,
    Transpose,
    Where,
    is_number,
    is_scalar,
)
from ..language.bounds import NormOf, Scale, norm, number
from ..model import Model
from .slopes import entry_bound


@dataclass(frozen=True)
class Bound:
    """‖term‖ ≤ scale; `spectral`: in the spectral norm, else in every operator norm with ‖diag(d)‖ ≤ max|d|."""

    scale: Scale
    spectral: bool = False
    steps: int = 1

    def times(self, other: Bound) -> Bound:
        return Bound(self.scale * other.scale, self.spectral or other.spectral, self.steps + other.steps)

    @property
    def where(self) -> str:
        return "the spectral norm" if self.spectral else "every operator norm with ‖diag(d)‖ ≤ max|d|"


def norm_bound(term: Basic, model: Model) -> Bound:
    """A bound of ‖term‖ for a term without derivatives."""
    rule = _NORMS.get(type(term))
    found = None if rule is None else rule(term, model)
    if found is None and is_scalar(term):
        size = entry_bound(term, model)
        found = None if size is None else Bound(size)
    return found or Bound(norm(term))


def factor_bound(term: Basic) -> Bound:
    """‖A B‖ ≤ ‖A‖ ‖B‖ alone: every factor of a product stands for itself, as in ‖diag(f') W‖ ≤ ‖diag(f')‖ ‖W‖."""
    if isinstance(term, (Where, Transpose)):
        found = factor_bound(term.args[0])
        return _spectral(found) if isinstance(term, Transpose) else found
    if not isinstance(term, Product):
        return Bound(number(abs(Fraction(int(term.p), int(term.q)))) if is_number(term) else norm(term))
    result = Bound(Scale())
    for a in term.args:
        result = result.times(factor_bound(a))
    return result


def _product(term: Term, model: Model) -> Bound:
    result = Bound(Scale())
    for a in term.args:
        result = result.times(norm_bound(a, model))
    return result


def _diag(term: Diag, model: Model) -> Bound | None:
    found = entry_bound(term.args[0], model)
    return None if found is None else Bound(found)


def _hadamard(term: Hadamard, model: Model) -> Bound | None:
    """‖d ∘ v‖ ≤ max|d| ‖v‖, for the one factor v that has no bound of its own."""
    bounds = [(a, entry_bound(a, model)) for a in term.args]
    free = [a for a, b in bounds if b is None]
    if len(free) != 1 or (free[0].rows and free[0].cols):
        return None
    result = norm_bound(free[0], model)
    for _, b in bounds:
        result = result if b is None else result.times(Bound(b))
    return result


def _product_over(term: ProductOver, model: Model) -> Bound | None:
    body, letter, lower, upper, _ = term.args
    one = norm_bound(body, model)
    if any(isinstance(atom, NormOf) and atom.term.has(letter) for atom, _ in one.scale.powers):
        return None
    return Bound(one.scale ** (upper - lower + 1), one.spectral, one.steps + 1)


def _spectral(found: Bound) -> Bound:
    return Bound(found.scale, True, found.steps)


_NORMS: dict[type, Callable[..., Bound | None]] = {
    Product: _product,
    Diag: _diag,
    Hadamard: _hadamard,
    Identity: lambda term, model: Bound(Scale()),
    ProductOver: _product_over,
    Transpose: lambda term, model: _spectral(norm_bound(term.args[0], model)),
    Kronecker: lambda term, model: _spectral(_product(term, model)),
    Where: lambda term, model: norm_bound(term.args[0], model),
}
