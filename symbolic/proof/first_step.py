"""What stands at the first step, where the values before it are assumed to be zero.

With h_0 = 0 the state h_1 is tanh(W h_0 + U x_1 + b) = tanh(U x_1 + b): a zero within the argument of a function.  Only
values at a step that is a number are replaced, each by what the assumption or its equation says; a derivative is left alone.
"""

from __future__ import annotations

from sympy import Integer
from sympy.core.basic import Basic

from ..language import Adjoint, Filled, Partial, ProductOver, Term, Var
from ..model import Model
from .letters import substituted


def from_the_start(model: Model, term: Basic, zero: frozenset[str]) -> Basic:
    """The term with zero for the values in `zero` before the first step, wherever they stand at a step that is a number."""
    if isinstance(term, Var):
        return _value(model, term, zero)
    if not isinstance(term, Term) or isinstance(term, (Adjoint, Partial, ProductOver)):
        return term
    args = [from_the_start(model, a, zero) for a in term.args]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)


def _value(model: Model, var: Var, zero: frozenset[str]) -> Basic:
    first = next((i.lower for i in model.indices), None)
    if first is None or len(var.indices) != 1 or not isinstance(var.indices[0], Integer):
        return var
    step = int(var.indices[0])
    if var.name in zero and step == first - 1:
        return Filled(0, *var.shape)
    equation = model.equation(var.name)
    if equation is None or step != first:
        return var
    right = substituted(equation.right, {equation.left.indices[0]: var.indices[0]})
    known = from_the_start(model, right, zero)
    return var if known is right or known == right else known
