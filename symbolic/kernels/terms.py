"""Products of terms taken apart: scalar factors, and chains of matrices, columns and rows."""

from __future__ import annotations

from collections.abc import Sequence

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
