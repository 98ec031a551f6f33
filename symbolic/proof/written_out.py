"""Sigmoid and tanh written out by exponentials, for formulas that print them so.

    σ(x) = e^x / (1 + e^x) = 1 / (1 + e^{−x})        tanh x = (e^{2x} − 1) / (e^{2x} + 1) = (1 − e^{−2x}) / (1 + e^{−2x})

Nothing is divided by that may be zero, so both sides are rewritten into equals.  It is tried where two of σ, tanh and
exponentials stand in a formula; a quantity without steps that is σ(x) or tanh x counts as that.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

from sympy import Integer
from sympy.core.basic import Basic

from ..language import Apply, Fun, Plus, Power, Product, Quotient, Term, Var, is_number, negative, slope
from ..model import Model
from .domain import Domain

EXP = Fun("exp")
CURVES = ("sigmoid", "tanh")


def by_exponentials(model: Model, left: Basic, right: Basic, domain: Domain) -> tuple[Basic, Basic] | None:
    """Both sides with σ and tanh written out, or None where neither exponentials nor the other curve stand beside them."""
    sides = _unfolded(model, left), _unfolded(model, right)
    known = {fun.name for side in sides for fun in side.atoms(Fun) if not fun.kind}
    if not known & set(CURVES) or len(known & {*CURVES, "exp"}) < 2:
        return None
    writer = _Writer(sides)
    return writer.written(sides[0]), writer.written(sides[1])


def _unfolded(model: Model, term: Basic) -> Basic:
    """The quantities that are σ or tanh of something replaced by what they are.

    Not those with steps: before the first step a definition does not hold.
    """
    mapping = {}
    for v in term.atoms(Var):
        equation = model.equation(v.name) if not v.indices else None
        right = equation.right if equation is not None else None
        if isinstance(right, Apply) and right.fun.name in CURVES and not right.fun.kind:
            mapping[v] = right
    return term.xreplace(mapping) if mapping else term


class _Writer:
    """Writes two sides out; e^{ky} is a power of e^{gy}, where g divides every k that stands before y.

    g is negative where all exponents printed are.
    """

    def __init__(self, sides: tuple[Basic, Basic]):
        self.steps: dict[Basic, int] = {}
        printed = [_factored(a.x)[0] for side in sides for a in side.atoms(Apply) if a.fun == EXP]
        self.sign = 1 if any(k > 0 for k in printed) else -1
        self.counting = True
        for side in sides:
            self.written(side)
        self.counting = False

    def written(self, term: Basic) -> Basic:
        if not isinstance(term, Term) or isinstance(term, Var):
            return term
        if not isinstance(term, Apply):
            args = [self.written(a) for a in term.args]
            return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)
        fun, x = term.fun, self.written(term.x)
        if fun.kind or fun.name not in (*CURVES, "exp"):
            return Apply(fun, x)
        if fun.order == 1 and fun.name in CURVES:
            base = Fun(fun.name)
            return self.written(slope(base, x, Apply(base, x)))
        return Apply(fun, x) if fun.order else _ROWS[fun.name](self, x)

    def exp(self, x: Basic) -> Basic:
        k, y = _factored(x)
        if self.counting:
            self.steps[y] = gcd(self.steps.get(y, 0), k)
            return Apply(EXP, x)
        step = self.sign * (self.steps.get(y, 0) or 1)
        base = Apply(EXP, y if step == 1 else Product(Integer(step), y))
        k //= step
        power = base if abs(k) == 1 else Power(base, Integer(abs(k)))
        return power if k > 0 else Quotient(Integer(1), power)

    def sigmoid(self, x: Basic) -> Basic:
        if self.sign < 0:
            return Quotient(Integer(1), Plus(Integer(1), self.exp(negative(x))))
        return Quotient(self.exp(x), Plus(Integer(1), self.exp(x)))

    def tanh(self, x: Basic) -> Basic:
        twice = self.exp(Product(Integer(2 * self.sign), x))
        return Quotient(Product(Integer(self.sign), Plus(twice, Integer(-1))), Plus(twice, Integer(1)))


_ROWS: dict[str, Callable[[_Writer, Basic], Basic]] = {
    "sigmoid": _Writer.sigmoid, "tanh": _Writer.tanh, "exp": _Writer.exp,
}  # fmt: skip


def _factored(x: Basic) -> tuple[int, Basic]:
    """x = k y with the whole number k that is printed; y does not begin with a minus."""
    if isinstance(x, Product) and isinstance(x.args[0], Integer) and x.args[0] != 0:
        rest = x.args[1:]
        k, y = _factored(rest[0] if len(rest) == 1 else Product(*rest))
        return int(x.args[0]) * k, y
    if isinstance(x, Plus) and _is_negative(x.args[0]):
        return -1, Plus(*(-a if is_number(a) else negative(a) for a in x.args))
    return 1, x


def _is_negative(x: Basic) -> bool:
    if is_number(x):
        return bool(x < 0)
    return isinstance(x, Product) and is_number(x.args[0]) and bool(x.args[0] < 0)
