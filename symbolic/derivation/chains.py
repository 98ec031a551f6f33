"""Matrix products taken apart: scalars, and one chain of factors that conform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy.core.basic import Basic

from ..language import SCALAR, Identity, Product, shape_of


def split(factors: Iterable[Basic]) -> tuple[list[Basic], list[Basic]]:
    """The scalar factors and the chain of the others, nested products opened; what closes to a scalar counts as one.

    In (aᵀ b) v the scalar is aᵀ b and the chain is v.
    """
    scalars: list[Basic] = []
    chain: list[Basic] = []
    for f in factors:
        inner, links = split(f.args) if isinstance(f, Product) else ([], [f])
        scalars.extend(inner)
        for a in links:
            if shape_of(a) == SCALAR:
                scalars.append(a)
                continue
            chain.append(a)
            if len(chain) > 1 and not shape_of(chain[0])[0] and not shape_of(a)[1]:
                scalars.append(Product(*chain))
                chain = []
    return scalars, chain


def closing(chain: Sequence[Basic]) -> tuple[int, int] | None:
    """The first stretch [i, j) of a chain whose product is a scalar: a row, ..., a column."""
    for i, a in enumerate(chain):
        if not shape_of(a)[0]:
            for j in range(i, len(chain)):
                if not shape_of(chain[j])[1]:
                    return (i, j + 1) if j > i else None
            return None
    return None


def without_identities(chain: list[Basic]) -> list[Basic]:
    """I A = A."""
    left = [a for a in chain if not isinstance(a, Identity)]
    return left or chain[:1]


def joined(chain: Sequence[Basic]) -> Basic:
    """The chain as one term."""
    return chain[0] if len(chain) == 1 else Product(*chain)
