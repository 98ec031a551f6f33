"""Values as C expressions of one entry.

The slope of ReLU is a factor `step(x)`: a · step(x) is printed as (x <= 0 ? 0 : a), which is nan where x is nan; the
other way round nan would become 0.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ..program import Const, Load, Value
from ..schedule import KernelError

FUNCTIONS = {
    name: f"function_{name}"
    for name in ("exp", "log", "log_sigmoid", "relu", "sigmoid", "softplus", "sqrt", "step", "tanh")
}
"""Functions of one number, in `runtime/functions.h`."""

MOST_FACTORS = 8
"""Powers with whole exponents up to this are products."""

Entry = Callable[[Load, str], str]
"""The C text of a buffer's entry; the second argument is "row" or "column" for a vector that is repeated."""


def expression(value: Value, entry: Entry, walk: str = "") -> str:
    """The value as C text that binds as tightly as a name."""
    if isinstance(value, Load):
        return entry(value, walk)
    if isinstance(value, Const):
        return number(value.value)
    if value.fun in ("row", "column"):
        return expression(value.args[0], entry, value.fun)
    rule = RULES.get(value.fun)
    if rule is not None:
        return rule(value.args, lambda v: expression(v, entry, walk))
    if value.fun not in FUNCTIONS or len(value.args) != 1:
        raise KernelError(f"{value.fun} has no form in C")
    return f"{FUNCTIONS[value.fun]}({expression(value.args[0], entry, walk)})"


def number(value: Fraction) -> str:
    """A number of the kernel's precision.

    >>> number(Fraction(-1, 2))
    '(real)(-0.5)'
    """
    try:
        told = repr(float(value))
    except OverflowError:
        raise KernelError(f"the number {value} is too large") from None
    return f"(real)({told})" if value < 0 else f"(real){told}"


Text = Callable[[Value], str]


def _sum(args: tuple[Value, ...], text: Text) -> str:
    return f"({' + '.join(map(text, args))})"


def _product(args: tuple[Value, ...], text: Text) -> str:
    rest = [a for a in args if not _is_step(a)]
    told = f"({' * '.join(map(text, rest))})" if rest else "(real)1"
    for a in args:
        if _is_step(a):
            told = f"({text(a.args[0])} <= 0 ? 0 : {told})"  # type: ignore[union-attr]
    return told


def _is_step(value: Value) -> bool:
    return not isinstance(value, (Load, Const)) and value.fun == "step"


def _quotient(args: tuple[Value, ...], text: Text) -> str:
    return f"({text(args[0])} / {text(args[1])})"


def _power(args: tuple[Value, ...], text: Text) -> str:
    base, exponent = text(args[0]), args[1]
    if not isinstance(exponent, Const):
        raise KernelError("a power whose exponent is no number has no form in C")
    e = exponent.value
    if e < 0:
        return f"(1 / {_power((args[0], Const(-e)), text)})"
    if e == Fraction(1, 2):
        return f"function_sqrt({base})"
    if e == 2:
        return f"function_square({base})"
    if e.denominator == 1 and e <= MOST_FACTORS and isinstance(args[0], Load):
        return f"({' * '.join([base] * int(e))})" if e else "(real)1"
    return f"function_power({base}, {number(e)})"


RULES: dict[str, Callable[[tuple[Value, ...], Text], str]] = {
    "+": _sum,
    "*": _product,
    "/": _quotient,
    "pow": _power,
}

KNOWN = {*RULES, *FUNCTIONS, "row", "column"}
"""All that a value may call."""
