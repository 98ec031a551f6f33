"""Which value would mend it, at each place: one reverse pass through a claim.

A claim is linear in each of its parts that stands outside powers, functions and ordered products.  For such a part x
there is an A with ⟨c, f(x + d) - f(x)⟩ = ⟨A, d⟩; it comes from the cotangent c by the transposed rules:

    a + b     A to both              a b       A bᵀ to a, aᵀ A to b         a ∘ b    A ∘ b to a
    aᵀ        Aᵀ                     diag(v)   the diagonal of A            Σ_t f    A to f at every t
    a / b     A / b to a             a ⊗ b     A contracted with the other

A part under a sum is met once for each value of the index: then there is an A for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from sympy.core.basic import Basic

from .. import language as L
from ..language.shapes import SCALAR
from ..proof.interpret import Array, Env, OutOfRange, Source, holds, value

Met = list[tuple[Env, Array]]
"""The values of the indices at which a part is met, each with its A (rows by columns)."""

MOST_STEPS = 64


@dataclass
class Reverse:
    """A pass; `met` holds what was found, by the identity of a term (of a product also by those of its factors)."""

    source: Source
    met: dict[object, Met] = field(default_factory=dict)

    def value(self, term: Basic, env: Env) -> Array:
        return np.asarray(value(self.source, term, env))[0].real

    def run(self, term: Basic, env: Env, c: Array) -> None:
        """Meet a term and all its parts with the cotangent c."""
        if not isinstance(term, L.Term):
            return
        self.met.setdefault(id(term), []).append((env, c))
        row = ROWS.get(type(term))
        if row is not None:
            for part, inner, a in row(self, term, env, c):
                self.run(part, inner, a)


Parts = Iterator[tuple[Basic, Env, Array]]


def _plus(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    yield from ((a, env, c) for a in term.args)


def _product(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    """Scalars scale wherever they stand, a row times a column in front of other factors, too."""
    factors = list(term.args)
    if L.is_number(factors[0]):  # minus a product is printed as one node
        rest = tuple(map(id, factors[1:]))
        r.met.setdefault(rest, []).append((env, float(factors[0]) * c))
    chains: list[list[int]] = []
    scalars: list[int] = []
    shape = SCALAR
    for k, factor in enumerate(factors):
        own = L.shape_of(factor)
        if own == SCALAR:
            scalars.append(k)
        elif shape == SCALAR:
            chains.append([k])
            shape = own
        else:
            chains[-1].append(k)
            shape = (shape[0], own[1])
    values = [r.value(f, env) for f in factors]
    whole = [_chained([values[k] for k in chain]) for chain in chains]
    scale = float(np.prod([values[k][0, 0] for k in scalars])) if scalars else 1.0
    inner = float(np.prod([w[0, 0] for w in whole[:-1]])) if len(whole) > 1 else 1.0
    last = whole[-1] if whole else np.ones((1, 1))
    total = float((c * last).sum())
    for k in scalars:
        others = float(np.prod([values[j][0, 0] for j in scalars if j != k]))
        yield factors[k], env, np.full((1, 1), total * others * inner)
    for n, chain in enumerate(chains):
        if n + 1 == len(chains):
            a = c * scale * inner
        else:
            beside = float(np.prod([w[0, 0] for m, w in enumerate(whole[:-1]) if m != n])) if len(whole) > 2 else 1.0
            a = np.full((1, 1), total * scale * beside)
        for position, k in enumerate(chain):
            left = _chained([values[j] for j in chain[:position]])
            right = _chained([values[j] for j in chain[position + 1 :]])
            here = a if left is None else left.T @ a
            _runs(r, factors, values, chain, position, env, here)
            yield factors[k], env, here if right is None else here @ right.T


def _runs(
    r: Reverse, factors: list[Basic], values: list[Array], chain: list[int], first: int, env: Env, here: Array
) -> None:
    """Some of the factors of a product together, by the first and the last of them."""
    for last in range(first + 1, len(chain) - (first == 0)):
        right = _chained([values[j] for j in chain[last + 1 :]])
        key = (id(factors[chain[first]]), id(factors[chain[last]]))
        r.met.setdefault(key, []).append((env, here if right is None else here @ right.T))


def _chained(values: list[Array]) -> Array:
    result = None
    for v in values:
        result = v if result is None else result @ v
    return result  # type: ignore[return-value]


def _hadamard(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    values = [r.value(f, env) for f in term.args]
    for k, factor in enumerate(term.args):
        a = c
        for j, v in enumerate(values):
            a = a if j == k else a * v
        yield factor, env, a


def _quotient(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    bottom = r.value(term.args[1], env)
    if (bottom != 0).all():
        yield term.args[0], env, c / bottom


def _diag(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    diagonal = np.diagonal(c).copy()
    yield term.args[0], env, diagonal.reshape((-1, 1) if L.shape_of(term.args[0])[0] else (1, -1))


def _kronecker(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    a, b = (r.value(x, env) for x in term.args)
    blocks = c.reshape(a.shape[0], b.shape[0], a.shape[1], b.shape[1])
    yield term.args[0], env, np.einsum("ikjl,kl->ij", blocks, b)
    yield term.args[1], env, np.einsum("ikjl,ij->kl", blocks, a)


def _reshaped(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    inner = r.value(term.args[0], env)
    if isinstance(term, L.Vec) and term.args[1].name != "row":
        yield term.args[0], env, c.reshape(inner.shape[::-1]).T
    else:
        yield term.args[0], env, c.reshape(inner.shape)


def _trace(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    yield term.args[0], env, c[0, 0] * np.eye(len(r.value(term.args[0], env)))


def _total(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    yield term.args[0], env, np.full(r.value(term.args[0], env).shape, c[0, 0])


def _entry(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    x, *indices = term.args
    a = np.zeros(r.value(x, env).size)
    position = 0
    for index, leg in zip(indices, L.shape_of(x)[0] + L.shape_of(x)[1], strict=True):
        position = position * r.source.size(leg) + r.source.index(index, env) - 1
    a[position] = c[0, 0]
    yield x, env, a.reshape(r.value(x, env).shape)


def _where(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    if all(holds(r.source, condition, env) for condition in term.args[1:]):
        yield term.args[0], env, c


def _sum_over(r: Reverse, term: Basic, env: Env, c: Array) -> Parts:
    body, index, lower, upper, excluded = term.args
    first, last = r.source.index(lower, env), r.source.index(upper, env)
    if last - first >= MOST_STEPS:
        raise OutOfRange("too many steps")
    left_out = {r.source.index(e, env) for e in excluded}
    if isinstance(body, L.SumOver) and body.args[1] == index:  # Σ_t Σ_t: nothing speaks of the outer index
        count = last + 1 - first - len(left_out & set(range(first, last + 1)))
        yield body, {**env, index: first}, max(count, 0) * c
        return
    yield from ((body, {**env, index: n}, c) for n in range(first, last + 1) if n not in left_out)


ROWS: dict[type, Callable[[Reverse, Basic, Env, Array], Parts]] = {
    L.Plus: _plus,
    L.Product: _product,
    L.Hadamard: _hadamard,
    L.Quotient: _quotient,
    L.Transpose: lambda r, term, env, c: iter(((term.args[0], env, c.T),)),
    L.Diag: _diag,
    L.DiagPart: lambda r, term, env, c: iter(((term.args[0], env, np.diag(c[:, 0])),)),
    L.Kronecker: _kronecker,
    L.Vec: _reshaped,
    L.Reshape: _reshaped,
    L.Trace: _trace,
    L.Total: _total,
    L.Entry: _entry,
    L.Where: _where,
    L.SumOver: _sum_over,
}
"""Head -> what it passes on to its parts; a head that is not listed is not linear in them, or has none."""
