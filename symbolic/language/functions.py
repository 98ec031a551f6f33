"""One row per function: everything the house knows about it.

Adding a function is adding a row.  `slope` gives the derivative as a term of the argument x and of the output y = f(x),
so that slopes are written in stored outputs (tanh' = 1 - y²), as people do; functions of a vector have pullback and
pushforward rules of their own in `derivation`, named by their `kind`.  The formulas are those of Goodfellow, Bengio and
Courville, *Deep Learning* (2016), sections 3.10, 6.2 and 6.3, where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sympy import Integer, Rational
from sympy.core.basic import Basic

from .binders import TABLE_KINDS, Apply, Fun
from .terms import Hadamard, Plus, Power, Product, Quotient, negative

Slope = Callable[[Basic, Basic], Basic]


@dataclass(frozen=True)
class FunctionRow:
    """What is known about one function.

    kind        "elementwise", "vector" (vector to vector of the same shape) or "reduce" (vector to scalar)
    latex       how it is printed
    spellings   the names under which it is read (without backslash, case as written)
    slope       f'(x) as a term of x and y = f(x); None for the functions of a vector
    image       open interval of the values (None: unbounded on that side)
    closed      values of the interval's ends that are reached all the same
    nonzero     whether f(x) ≠ 0: "always", "almost everywhere" or "no"
    smooth      whether it is differentiable everywhere; if not, x = 0 is the exception
    largest_slope  the least upper bound of |f'|, None if there is none
    numpy       a NumPy expression of {x} that neither overflows nor warns
    polynomial_slope  whether `slope` is a polynomial in y alone
    """

    name: str
    kind: str
    latex: str
    spellings: tuple[str, ...]
    numpy: str
    slope: Slope | None = None
    image: tuple[Fraction | None, Fraction | None] = (None, None)
    closed: tuple[Fraction, ...] = ()
    nonzero: str = "no"
    smooth: bool = True
    largest_slope: Fraction | None = None
    polynomial_slope: bool = False


_ONE = Integer(1)
_HALF = Rational(1, 2)


def _apply(name: str) -> Callable[[Basic], Basic]:
    return lambda x: Apply(Fun(name), x)


ROWS: tuple[FunctionRow, ...] = (
    FunctionRow(
        "sigmoid", "elementwise", r"\sigma", ("sigmoid", "Sigmoid", "logistic", "sigm"),
        numpy="0.5 * np.tanh(0.5 * {x}) + 0.5",
        slope=lambda x, y: Hadamard(y, Plus(_ONE, negative(y))),  # s' = s (1 - s)
        image=(Fraction(0), Fraction(1)), nonzero="always", largest_slope=Fraction(1, 4), polynomial_slope=True,
    ),
    FunctionRow(
        "tanh", "elementwise", r"\tanh", ("tanh", "Tanh", "tgh", "th"),
        numpy="np.tanh({x})",
        slope=lambda x, y: Plus(_ONE, negative(Power(y, 2))),  # tanh' = 1 - tanh²
        image=(Fraction(-1), Fraction(1)), nonzero="almost everywhere", largest_slope=Fraction(1),
        polynomial_slope=True,
    ),
    FunctionRow(
        "relu", "elementwise", r"\operatorname{ReLU}", ("ReLU", "relu", "Relu", "RELU"),
        numpy="np.maximum({x}, 0)",
        slope=lambda x, y: Apply(Fun("step"), x),  # ReLU' = 1 where x > 0
        image=(Fraction(0), None), closed=(Fraction(0),), smooth=False, largest_slope=Fraction(1),
    ),
    FunctionRow(
        "step", "elementwise", r"\mathbb{1}", ("step", "Heaviside", "heaviside"),
        numpy="({x} > 0).astype({x}.dtype)",
        slope=lambda x, y: Product(Integer(0), y),  # constant on either side of 0
        image=(Fraction(0), Fraction(1)), closed=(Fraction(0), Fraction(1)), smooth=False,
    ),
    FunctionRow(
        "softplus", "elementwise", r"\operatorname{softplus}", ("softplus", "Softplus"),
        numpy="np.maximum({x}, 0) + np.log1p(np.exp(-np.abs({x})))",
        slope=lambda x, y: Apply(Fun("sigmoid"), x),
        image=(Fraction(0), None), nonzero="always", largest_slope=Fraction(1),
    ),
    FunctionRow(
        "exp", "elementwise", r"\exp", ("exp", "Exp"), numpy="np.exp({x})",
        slope=lambda x, y: y,
        image=(Fraction(0), None), nonzero="always", polynomial_slope=True,
    ),
    FunctionRow(
        "log", "elementwise", r"\log", ("log", "ln", "Log", "Ln"), numpy="np.log({x})",
        slope=lambda x, y: Quotient(_ONE, x), nonzero="almost everywhere",
    ),
    FunctionRow(
        "sqrt", "elementwise", r"\operatorname{sqrt}", ("sqrt",), numpy="np.sqrt({x})",
        slope=lambda x, y: Quotient(_HALF, y), image=(Fraction(0), None), nonzero="almost everywhere",
    ),
    FunctionRow(
        "reciprocal", "elementwise", r"\operatorname{reciprocal}", ("reciprocal",), numpy="1 / {x}",
        slope=lambda x, y: negative(Power(y, 2)), nonzero="always", polynomial_slope=True,
    ),
    FunctionRow(
        "softmax", "vector", r"\operatorname{softmax}", ("softmax", "Softmax", "SoftMax", "softargmax"),
        numpy="softmax({x})", image=(Fraction(0), Fraction(1)), closed=(Fraction(1),), nonzero="always",
    ),
    FunctionRow(
        "logsoftmax", "vector", r"\operatorname{logsoftmax}", ("logsoftmax", "LogSoftmax", "log_softmax"),
        numpy="log_softmax({x})", image=(None, Fraction(0)), closed=(Fraction(0),), nonzero="almost everywhere",
    ),
    FunctionRow(
        "logsumexp", "reduce", r"\operatorname{logsumexp}", ("logsumexp", "LogSumExp", "LSE", "lse"),
        numpy="logsumexp({x})", nonzero="almost everywhere",
    ),
)

IDENTITY = "identity"
"""The name of f(x) = x, which is read as x itself, and so has no row."""

FUNCTIONS: dict[str, FunctionRow] = {row.name: row for row in ROWS}
TABLE_KINDS.update({row.name: row.kind for row in ROWS})

SPELLINGS: dict[str, str] = {spelling: row.name for row in ROWS for spelling in row.spellings}
"""Read: the spelled name (without backslash) -> the row's name."""


def slope(fun: Fun, x: Basic, y: Basic) -> Basic:
    """f'(x) entry by entry, for an elementwise function; `y` is f(x) as it should be written in the result."""
    if fun.kind == "elementwise" or fun.order:
        return Apply(fun.derived(), x)
    row = FUNCTIONS[fun.name]
    if row.slope is None:
        raise ValueError(f"{fun.name} is a function of a whole vector and has no slope entry by entry")
    return row.slope(x, y)


sigmoid, tanh, relu, step, softplus, exp, log, sqrt = map(
    _apply, ("sigmoid", "tanh", "relu", "step", "softplus", "exp", "log", "sqrt")
)
softmax, logsoftmax, logsumexp = map(_apply, ("softmax", "logsoftmax", "logsumexp"))
