"""One pullback row per head: how a cotangent goes from a term to its operands.

For y = f(a, b, ...) and a scalar L, the cotangent of y is g = ∂L/∂y in y's own shape; a row gives ∂L/∂a = (∂y/∂a)ᵀ g,
again in a's own shape, for every operand that can vary.  Giles, *Collected matrix derivative results for forward and
reverse mode algorithmic differentiation* (2008), for matrices; the formula stands beside each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sympy import Expr, Integer
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Adjoint,
    Apply,
    Block,
    Commute,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Fun,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Reshape,
    SumOver,
    Term,
    Total,
    Trace,
    Transpose,
    Unit,
    Vec,
    Where,
    kind_of,
    shape_of,
)
from ..model import variables
from .algebra import Algebra, UnsupportedError
from .chains import joined, split
from .tidy import slope_of, tidy

Flow = list[tuple[Basic, Basic]]
"""(operand, its cotangent) pairs."""
Row = Callable[[Term, Basic, Algebra], Flow]


def pullback(node: Term, g: Basic, k: Algebra) -> Flow:
    """The operands of a term that hold a quantity, with their cotangents.

    For Σ and ∏ over an index the operand is the body, and the cotangent may hold the bound letter.
    Raises `UnsupportedError` for a head that cannot be differentiated.
    """
    row = PULLBACKS.get(type(node))
    if row is None:
        names = ", ".join(sorted(h.__name__ for h in PULLBACKS))
        raise UnsupportedError(f"{type(node).__name__} cannot be differentiated; differentiable are {names}")
    return row(node, g, k)


def varies(term: Basic) -> bool:
    """Whether a term holds any named quantity."""
    return bool(variables(term))


def factors_around(node: Product, position: int) -> tuple[list[Basic], list[Basic], list[Basic]]:
    """The scalars beside, the chain before and the chain after one factor of a product.

    In the product of scalar stretches (aᵀ b) and one open chain, a factor is surrounded by its own stretch.
    """
    stretches: list[list[int]] = [[]]
    scalars: list[int] = []
    for i, a in enumerate(node.args):
        if shape_of(a) == SCALAR:
            scalars.append(i)
            continue
        stretches[-1].append(i)
        first = node.args[stretches[-1][0]]
        if len(stretches[-1]) > 1 and not shape_of(first)[0] and not shape_of(a)[1]:
            stretches.append([])
    others = [node.args[i] for i in scalars if i != position]
    if position in scalars:
        closed = [joined([node.args[i] for i in s]) for s in stretches if s]
        return others, closed, []
    own = next(s for s in stretches if position in s)
    others += [joined([node.args[i] for i in s]) for s in stretches if s and s is not own]
    place = own.index(position)
    return others, [node.args[i] for i in own[:place]], [node.args[i] for i in own[place + 1 :]]


def _product(node: Product, g: Basic, k: Algebra) -> Flow:
    """Y = P X S: X̄ = Pᵀ g Sᵀ;  Y = s M: s̄ = ⟨M, g⟩; with P X S a scalar beside M: X̄ = ⟨M, g⟩ Pᵀ Sᵀ."""
    flow: Flow = []
    for i, x in enumerate(node.args):
        if not varies(x):
            continue
        if shape_of(x) == SCALAR:
            rest = [a for j, a in enumerate(node.args) if j != i]
            flow.append((x, k.inner(k.times(*map_tidy(rest, k)), g) if rest else g))
            continue
        beside, before, after = factors_around(node, i)
        own = k.times(*map_tidy([*before, x, *after], k))
        around = k.times(*map_tidy(beside, k)) if beside else Integer(1)
        if shape_of(own) == SCALAR:
            scale, inner = k.inner(around, g), Integer(1)
        else:
            scale, inner = around, g
        chain = [*(k.transpose(tidy(a, k)) for a in reversed(before)), inner]
        chain += [k.transpose(tidy(a, k)) for a in reversed(after)]
        flow.append((x, k.times(scale, *chain)))
    return flow


def map_tidy(terms: Iterable[Basic], k: Algebra) -> list[Basic]:
    return [tidy(a, k) for a in terms]


def _hadamard(node: Hadamard, g: Basic, k: Algebra) -> Flow:
    """y = a ∘ b: ā = b ∘ g."""
    flow: Flow = []
    for i, x in enumerate(node.args):
        if varies(x):
            flow.append((x, against([a for j, a in enumerate(node.args) if j != i], g, k)))
    return flow


def against(factors: list[Basic], g: Basic, k: Algebra) -> Basic:
    """Factors and a cotangent entry by entry; an adjoint stands last, a cotangent that was worked out first."""
    factors = map_tidy(factors, k)
    return k.hadamard(*factors, g) if _ends_in_adjoint(g) else k.hadamard(g, *factors)


def _ends_in_adjoint(g: Basic) -> bool:
    if isinstance(g, Hadamard):
        return _ends_in_adjoint(g.args[-1])
    if isinstance(g, Product):
        chain = split((g,))[1]
        return len(chain) == 1 and _ends_in_adjoint(chain[0])
    return isinstance(g, Adjoint)


def _quotient(node: Quotient, g: Basic, k: Algebra) -> Flow:
    """y = a / b: ā = g / b, b̄ = -g ∘ a / b²; a scalar b gets the sum of these entries."""
    a, b = map_tidy(node.args, k)
    flow: Flow = []
    if varies(a):
        flow.append((node.args[0], k.quotient(g, b)))
    if varies(b):
        square = k.power(b, Integer(2))
        if shape_of(b) == SCALAR:
            flow.append((node.args[1], k.negative(k.quotient(k.inner(a, g), square))))
        else:
            flow.append((node.args[1], k.negative(k.quotient(k.hadamard(g, a), square))))
    return flow


def _power(node: Power, g: Basic, k: Algebra) -> Flow:
    """y = x^c: x̄ = c x^(c-1) ∘ g."""
    x, c = node.args
    return [(x, against([k.times(c, k.power(tidy(x, k), c - 1))], g, k))]


def _kronecker(node: Kronecker, g: Basic, k: Algebra) -> Flow:
    """Y = A ⊗ B: with G rearranged to G' (entries of A by entries of B), Ā = G' vec B and B̄ = G'ᵀ vec A."""
    a, b = node.args
    (ra, ca), (rb, cb) = shape_of(a), shape_of(b)
    swap = k.kron(k.kron(k.identity(ra), k.commute(rb, ca)), k.identity(cb))
    arranged = k.reshape(k.times(swap, k.column(g)), ra + ca, rb + cb)
    flow: Flow = []
    if varies(a):
        flow.append((a, k.reshape(k.times(arranged, k.column(tidy(b, k))), ra, ca)))
    if varies(b):
        flow.append((b, k.reshape(k.times(k.transpose(arranged), k.column(tidy(a, k))), rb, cb)))
    return flow


def _vec(node: Vec, g: Basic, k: Algebra) -> Flow:
    """x̄ = g given back the shape of x; column-major: of xᵀ."""
    x = node.args[0]
    rows, cols = shape_of(x)
    if node.args[1].name == "row":
        return [(x, k.reshape(g, rows, cols))]
    return [(x, k.transpose(k.reshape(g, cols, rows)))]


def _diag(node: Diag, g: Basic, k: Algebra) -> Flow:
    """v̄ = the diagonal of g."""
    v = node.args[0]
    part = k.diagpart(g)
    return [(v, k.transpose(part) if shape_of(v)[1] else part)]


def unit(indices: Iterable[Expr], legs: Iterable[Expr], k: Algebra) -> Basic:
    """e_i ⊗ e_j ⊗ ... as a column."""
    result: Basic = Integer(1)
    for i, n in zip(indices, legs, strict=True):
        result = k.kron(result, Unit(i, n))
    return result


def _entry(node: Entry, g: Basic, k: Algebra) -> Flow:
    """y = x_ij: x̄ = g e_i e_jᵀ."""
    x, *indices = node.args
    rows, cols = shape_of(x)
    at_rows = unit(indices[: len(rows)], rows, k)
    at_cols = k.transpose(unit(indices[len(rows) :], cols, k))
    return [(x, k.times(g, at_rows, at_cols))]


def _product_over(node: ProductOver, g: Basic, k: Algebra) -> Flow:
    """Y = M_u ... M_l: M̄_i = (M_u ... M_{i+1})ᵀ g (M_{i-1} ... M_l)ᵀ."""
    left, right = around_factor(node, k)
    return [(node.args[0], k.times(k.transpose(left), g, k.transpose(right)))]


def around_factor(node: ProductOver, k: Algebra) -> tuple[Basic, Basic]:
    """The products to the left and to the right of the factor at the bound letter."""
    body, letter, lower, upper, _ = node.args
    if node.order == "unspecified":
        raise UnsupportedError("an ordered product has a derivative once its order is known: ascending or descending")
    inner = tidy(body, k)
    above = k.product_over(inner, letter, letter + 1, upper, node.order)
    below = k.product_over(inner, letter, lower, letter - 1, node.order)
    return (above, below) if node.order == "descending" else (below, above)


def _concat(node: Concat, g: Basic, k: Algebra) -> Flow:
    """Every part gets its part of g."""
    axis, *parts = node.args
    sizes = part_sizes(node)
    return [(x, Block(g, axis, i, sizes)) for i, x in enumerate(parts) if varies(x)]


def part_sizes(node: Concat) -> tuple[Expr, ...]:
    axis, *parts = node.args
    sides = [shape_of(a)[int(axis)] for a in parts]
    return tuple(s[0] if s else Integer(1) for s in sides)


def _block(node: Block, g: Basic, k: Algebra) -> Flow:
    """g between zeros."""
    x, axis, position, sizes = node.args
    other = shape_of(x)[1 - int(axis)]
    parts = [g if i == position else _zeros(n, other, int(axis)) for i, n in enumerate(sizes)]
    return [(x, Concat(axis, *parts))]


def _zeros(size: Expr, other: tuple[Expr, ...], axis: int) -> Basic:
    side = () if size == 1 else (size,)
    if not side and not other:
        return Integer(0)
    return Filled(0, side, other) if axis == 0 else Filled(0, other, side)


# functions


def _elementwise(fun: Fun, node: Apply, g: Basic, k: Algebra) -> Basic:
    """x̄ = f'(x) ∘ g."""
    return against([slope_of(fun, node.x, k)], g, k)


def _softmax(fun: Fun, node: Apply, g: Basic, k: Algebra) -> Basic:
    """x̄ = (diag(s) - s sᵀ) g, written s ∘ g - (sᵀ g) s where that is shorter; for s = softmax(x)."""
    s = k.apply(node.fun, tidy(node.x, k))
    mean = k.inner(s, g)
    matrix = softmax_jacobian(s, k)
    if not shape_of(s)[1] and any(isinstance(a, Product) for a in split((mean,))[0]):
        return k.times(matrix, g)
    shorter = k.plus(k.hadamard(s, g), k.negative(k.times(mean, s)))
    k.record("softmax and cross-entropy together", k.times(matrix, k.column(g)), shorter)
    return shorter


def softmax_jacobian(s: Basic, k: Algebra) -> Basic:
    """diag(s) - s sᵀ."""
    column = k.column(s)
    return k.plus(k.diag(column), k.negative(k.times(column, k.transpose(column))))


def _logsoftmax(fun: Fun, node: Apply, g: Basic, k: Algebra) -> Basic:
    """x̄ = g - (1ᵀ g) s."""
    s = k.apply(Fun("softmax"), tidy(node.x, k))
    return k.plus(g, k.negative(k.times(k.total(g), s)))


def _logsumexp(fun: Fun, node: Apply, g: Basic, k: Algebra) -> Basic:
    """x̄ = g s."""
    return k.times(g, k.apply(Fun("softmax"), tidy(node.x, k)))


def _abstract_scalar(fun: Fun, node: Apply, g: Basic, k: Algebra) -> Basic:
    """x̄ = g ∇f(x)."""
    return k.times(g, k.apply(once(fun), tidy(node.x, k)))


def _abstract_vector(fun: Fun, node: Apply, g: Basic, k: Algebra) -> Basic:
    """x̄ = f'(x)ᵀ g, with f' the Jacobian."""
    jacobian = k.apply(once(fun), tidy(node.x, k))
    return k.reshape(k.times(k.transpose(jacobian), g), *shape_of(node.x))


def once(fun: Fun) -> Fun:
    """f', for functions that have no second derivative here."""
    if fun.order:
        raise UnsupportedError(f"the second derivative of {fun.name} is not supported; elementwise functions have one")
    return fun.derived()


FUNCTION_PULLBACKS: dict[str, Callable[[Fun, Apply, Basic, Algebra], Basic]] = {
    "elementwise": _elementwise,
    "softmax": _softmax,
    "logsoftmax": _logsoftmax,
    "logsumexp": _logsumexp,
    "abstract-scalar": _abstract_scalar,
    "abstract-vector": _abstract_vector,
}
"""By the kind of function; functions of a whole vector by name."""


def function_key(fun: Fun) -> str:
    """The row of a function: its kind, or its name where it is a function of a whole vector."""
    kind = kind_of(fun)
    return fun.name if kind in ("vector", "reduce") else kind


def _apply(node: Apply, g: Basic, k: Algebra) -> Flow:
    row = FUNCTION_PULLBACKS.get(function_key(node.fun))
    if row is None:
        raise UnsupportedError(f"the function {node.fun.name} has no pullback row")
    return [(node.x, row(node.fun, node, g, k))]


PULLBACKS: dict[type, Row] = {
    Plus: lambda y, g, k: [(x, g) for x in y.args if varies(x)],  # x̄ = g
    Product: _product,
    Hadamard: _hadamard,
    Quotient: _quotient,
    Power: _power,
    Transpose: lambda y, g, k: [(y.args[0], k.transpose(g))],  # x̄ = gᵀ
    Diag: _diag,
    DiagPart: lambda y, g, k: [(y.args[0], k.diag(g))],  # x̄ = diag(g)
    Kronecker: _kronecker,
    Vec: _vec,
    Reshape: lambda y, g, k: [(y.args[0], k.reshape(g, *shape_of(y.args[0])))],
    Trace: lambda y, g, k: [(y.args[0], k.times(g, k.identity(shape_of(y.args[0])[0])))],  # x̄ = g I
    Total: lambda y, g, k: [(y.args[0], k.times(g, ones_like(y.args[0])))],  # x̄ = g 1
    NormSquared: lambda y, g, k: [(y.args[0], k.times(Integer(2), g, tidy(y.args[0], k)))],  # x̄ = 2 g x
    Entry: _entry,
    Where: lambda y, g, k: [(y.args[0], k.where(g, *y.args[1:]))],
    SumOver: lambda y, g, k: [(y.args[0], g)],
    ProductOver: _product_over,
    Apply: _apply,
    Concat: _concat,
    Block: _block,
}
CONSTANTS: tuple[type, ...] = (Identity, Filled, Unit, Commute)
"""Heads that hold no quantity and need no row."""


def ones_like(x: Basic) -> Basic:
    rows, cols = shape_of(x)
    return Filled(1, rows, cols) if rows or cols else Integer(1)


