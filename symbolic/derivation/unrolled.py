"""States that are linear in their own past, written out from the first step on.

    x_t = J_t x_{t-1} + c_t   for every t   gives   x_t = J_t ... J_1 x_0 + Σ_{s=1}^{t} J_t ... J_{s+1} c_s

(variation of constants for difference equations: Elaydi, *An Introduction to Difference Equations*, section 3.2).  J and c
may hold anything but x itself, gates that depend on x_{t-1} among it, since they stay as they are.  A state that is a
matrix has J by its entries in row-major order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sympy import Integer, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..model import Model, variables
from .algebra import Algebra, UnsupportedError
from .jacobians import Jacobians
from .moving import fresh, letters, moved
from .tidy import tidy_inside

NOT_LINEAR = 2
"""Any degree above 1."""


def unrolled(model: Model, jacobians: Jacobians, name: str) -> Basic | None:
    """What a state is without its own past, at every step from the first one on, in its own shape; None if not linear in it."""
    family, equation = model.families[name], model.equation(name)
    if equation is None or len(family.indices) != 1 or equation.left.indices != (family.indices[0].symbol,):
        return None
    index, k = family.indices[0], jacobians.k
    t = index.symbol
    before = family.at(t - 1)
    own = {v for v in variables(equation.right) if v.name == name}
    if own != {before} or _degree(equation.right, before) != 1:
        return None
    try:
        jacobian = jacobians.direct(name, before)
    except UnsupportedError:
        return None
    if jacobian is None:
        return None
    rest = tidy_inside(equation.right.xreplace({before: k.zero(before)}), k)
    first, taken = Integer(index.lower), letters(jacobian) | letters(equation.right) | {t}
    s = fresh(Symbol("s"), taken)
    i = fresh(Symbol("i"), taken | {s})
    step = _step(jacobian, before, k)

    def carried(x: Basic, start: Basic) -> Basic:
        """What the steps from `start` to t make of a value."""
        number, entries, left, right = (f and L.ProductOver(moved(f, {t: i}), i, start, t) for f in step)
        x = k.reshape(k.times(entries, k.column(x)), *before.shape) if entries else x
        return k.times(*(f for f in (number, left, x, right and k.transpose(right)) if f))

    start = carried(family.at(first - 1), first)
    if rest == k.zero(before):
        return start
    return k.plus(start, k.sum_over(carried(moved(rest, {t: s}), s + 1), s, first, t))


Step = tuple[Basic | None, Basic | None, Basic | None, Basic | None]
"""What a state is multiplied by: a number, a matrix by its entries, one on the left, one, transposed, on the right."""


def _step(jacobian: Basic, before: L.Var, k: Algebra) -> Step:
    """A Jacobian by its factors: (A ⊗ B) vec(X) = vec(A X Bᵀ) with rows one after the other.

    Magnus, Neudecker, *Matrix Differential Calculus*, chapter 2, section 4, which has columns one after the other.
    """
    numbers = [a for a in jacobian.args if L.is_scalar(a)] if isinstance(jacobian, L.Product) else []
    number = k.times(*numbers) if numbers else None
    matrix = k.times(*(a for a in jacobian.args if a not in numbers)) if numbers else jacobian
    if matrix == k.identity(before.rows + before.cols):
        return number, None, None, None
    sides = [(legs, legs) for legs in before.shape]
    if isinstance(matrix, L.Kronecker) and [L.shape_of(a) for a in matrix.args] == sides:
        left, right = (None if a == k.identity(legs) else a for a, legs in zip(matrix.args, before.shape, strict=True))
        return number, None, left, right
    return number, matrix, None, None


def _degree(term: Basic, x: L.Var) -> int:
    """How often x is a factor of a summand, at most; `NOT_LINEAR` where it is not a factor."""
    if term == x:
        return 1
    if x not in variables(term):
        return 0
    rule = _RULES.get(type(term))
    return NOT_LINEAR if rule is None else rule([_degree(a, x) for a in term.args])


_Degrees = Callable[[list[int]], int]


def _first(degrees: list[int]) -> int:
    """Of a head whose first operand alone may hold x."""
    return NOT_LINEAR if any(degrees[1:]) else degrees[0]


def _each(heads: Iterable[type], rule: _Degrees) -> dict[type, _Degrees]:
    return dict.fromkeys(heads, rule)


_RULES: dict[type, _Degrees] = {
    **_each((L.Plus, L.Concat), max),
    **_each((L.Product, L.Hadamard, L.Kronecker), sum),
    **_each((L.Transpose, L.Diag, L.DiagPart, L.Total, L.Trace, L.Vec, L.Reshape, L.Block), _first),
    **_each((L.Entry, L.Where, L.Quotient, L.SumOver), _first),
}
"""Heads that are linear in each operand, or in the first one; a function of x, a power or a norm is not."""
