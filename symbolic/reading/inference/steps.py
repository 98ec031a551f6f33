"""Equations that are none of the forward pass: f = tanh, which names a function, and W = W - η G, a step of an algorithm."""

from __future__ import annotations

from ..scripts import name_of
from ..tree import Fraction, Juxtaposed, Letter, Node, Sum
from .functions import shape
from .names import is_known_function
from .records import Formula


def names_function(formula: Formula) -> bool:
    """f = tanh, f ≡ tanh or f = g: a letter by itself, and a function or another letter by itself."""
    head, right = formula.head, formula.right
    return isinstance(head, Letter) and isinstance(right, Letter) and (not right.word or is_known_function(right))


RATES = ("\\eta", "\\alpha", "\\epsilon", "\\varepsilon", "\\gamma", "\\lambda", "\\mu", "\\rho", "\\kappa", "lr")
"""Letters of learning rates."""


def is_update(head: Node | None, right: Node | None) -> bool:
    """W = W - η G, a step of an algorithm, or W = W, which says nothing."""
    if head is not None and right is not None and shape(head) == shape(right):
        return True
    if not isinstance(right, Sum) or right.signs != ("+", "-") or head is None or shape(right.terms[0]) != shape(head):
        return False
    step = right.terms[1]
    front = step.factors[0] if isinstance(step, Juxtaposed) else step
    name = name_of(front.numerator if isinstance(front, Fraction) else front)
    return name is not None and name.letter.name in RATES
