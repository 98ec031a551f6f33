"""Terms taken apart: products into scalar factors and chains, logarithms into a function and its argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Symbol
from sympy.core.basic import Basic

from .. import language as L


def split(product: Basic) -> tuple[list[Basic], list[Basic]]:
    """Scalar factors and the chain of the others, nested products opened; a row times a column counts as a scalar."""
    scalars: list[Basic] = []
    chain: list[Basic] = []
    for factor in product.args:
        inner, links = split(factor) if isinstance(factor, L.Product) else ([], [factor])
        scalars.extend(inner)
        for link in links:
            if L.shape_of(link) == L.SCALAR:
                scalars.append(link)
                continue
            chain.append(link)
            if len(chain) > 1 and not L.shape_of(chain[0])[0] and not L.shape_of(link)[1]:
                scalars.append(L.Product(*chain))
                chain = []
    return scalars, chain


def outer_boundary(chain: Sequence[Basic]) -> int | None:
    """Where a column is followed by a row."""
    for i in range(1, len(chain)):
        if not L.shape_of(chain[i - 1])[1] and not L.shape_of(chain[i])[0]:
            return i
    return None


def under_logarithm(
    x: Basic, inverse: Mapping[str, tuple[str, Basic]], letter: Symbol | None
) -> tuple[str, bool, Basic] | None:
    """(f, whether it is 1 - f(z), z) where x is f(z) or 1 - f(z), written out or by the name of a quantity; else None.

    inverse  names of quantities that are a function of something: y -> (function, argument), at the step `letter`
    """
    flipped = isinstance(x, L.Plus) and len(x.args) == 2 and x.args[0] == 1
    y = L.negative(x.args[1]) if flipped else x
    if isinstance(y, L.Var) and y.name in inverse:
        fun, term = inverse[y.name]
        return fun, flipped, term.xreplace({letter: y.indices[0]}) if y.indices else term
    if isinstance(y, L.Apply) and not y.fun.kind and y.fun.order == 0:
        return y.fun.name, flipped, y.x
    return None
