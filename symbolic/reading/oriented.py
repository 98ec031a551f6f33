"""The gradient by a vector that + repeats for every member of a batch, S = H W + b: nothing says that b is a row or a column.

Where b stands in the equations only so, 1ᵀ dS and dSᵀ 1 are both ∂L/∂b.
"""

from __future__ import annotations

from sympy.core.basic import Basic

from ..language import Adjoint, Filled, Product, Transpose, Var, shape_of
from ..model import Model, variables

TURNED = "the gradient by a vector that + repeats, lying or standing"


def turned(model: Model, head: Basic, term: Basic) -> Basic | None:
    """The right side as it stands for the head, where only its direction is another one; else None."""
    if not isinstance(head, Adjoint) or head.variable.indices or shape_of(term) != shape_of(head)[::-1]:
        return None
    name = head.variable.name
    everywhere = sum(v.name == name for e in model.equations for v in variables(e.right))
    repeated = sum(_repeats(p, name) for e in model.equations for p in e.right.atoms(Product))
    return Transpose(term) if everywhere and everywhere == repeated and not all(shape_of(head)) else None


def _repeats(product: Basic, name: str) -> bool:
    """1 b for a row, b 1ᵀ for a column."""
    ones = [a for a in product.args if isinstance(a, Filled) and a.args[0] == 1]
    others = [a for a in product.args if a not in ones]
    return len(ones) == 1 and len(others) == 1 and isinstance(others[0], Var) and others[0].name == name
