"""Adjoints, gradients and Jacobians from the forward equations.

    derive(model)                     one reverse sweep: adjoints, gradients, closed forms, steps
    expand(term, derivation)          works out the derivatives that a formula still holds
    sensitivity(derivation, h, W)     the forward recursion of ∂h_t/∂W
    told(derivation)                  the derivation as chains of equalities with the names of the rules
    PULLBACKS, PUSHFORWARDS           one row per head
"""

from .algebra import Step, UnsupportedError
from .derive import AdjointRule, Derivation, Gradient, derive
from .expand import expand, sensitivity
from .pullback import FUNCTION_PULLBACKS, PULLBACKS
from .pushforward import FUNCTION_PUSHFORWARDS, PUSHFORWARDS
from .sweep import Contribution
from .telling import Chain, Link, told

__all__ = [
    "FUNCTION_PULLBACKS",
    "FUNCTION_PUSHFORWARDS",
    "PULLBACKS",
    "PUSHFORWARDS",
    "AdjointRule",
    "Chain",
    "Contribution",
    "Derivation",
    "Gradient",
    "Link",
    "Step",
    "UnsupportedError",
    "derive",
    "expand",
    "sensitivity",
    "told",
]
