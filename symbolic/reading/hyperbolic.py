r"""Even powers of the hyperbolic secant and cosine: sech²(x) = 1 - tanh²(x), 1/cosh²(x) as well.

They stand where tanh is differentiated.  (Abramowitz and Stegun, *Handbook of Mathematical Functions* (1964), 4.5.16 - 4.5.17.)
"""

from __future__ import annotations

from sympy import Integer, Rational
from sympy.core.basic import Basic

from ..language import Apply, Fun, Hadamard, Plus, Power, Product, is_scalar, negative
from .names import exponent
from .notation import HYPERBOLIC
from .reader import Reader
from .scripts import name_of
from .tree import Node, Scripted


def read_even(reader: Reader, whole: Node, head: Node, x: Basic, outer: Scripted | None) -> Basic:
    """sech^k(x) or cosh^k(x) with the power on the function or behind its argument.  Raises `ReadError` for an odd power."""
    name = name_of(head)
    assert name is not None
    powers = [s.node for s in name.scripts] + ([] if outer is None else list(outer.sups))
    k = exponent(powers[0]) if len(powers) == 1 and (outer is None or not (outer.subs or outer.primes)) else None
    if k is None or k % 2 or not 0 < abs(k) <= MAX_POWER:
        spelled = name.letter.name
        raise reader.error(whole, f"of {spelled} only even powers are understood, {spelled}^2(x) from 1 - \\tanh^2(x)")
    half = Rational(k, 2) * HYPERBOLIC[name.letter.name]
    return _square(x) if half == 1 else Power(_square(x), half)


MAX_POWER = 16


def _square(x: Basic) -> Basic:
    return Plus(Integer(1), negative(Power(Apply(Fun("tanh"), x), 2)))


def over_even(top: Basic, bottom: Basic) -> Basic | None:
    """top / cosh^k(x) without a fraction, or None: 1 - tanh² is nowhere 0."""
    if not isinstance(bottom, Power) or not bottom.args[1] < 0 or not isinstance(base := bottom.args[0], Plus):
        return None
    inner = next((f.x for f in base.atoms(Apply) if base == _square(f.x)), None)
    if inner is None:
        return None
    power = base if bottom.args[1] == -1 else Power(base, -bottom.args[1])
    return Product(top, power) if is_scalar(top) or is_scalar(power) else Hadamard(top, power)
