"""One pushforward row per head: the Jacobian of a term from the Jacobians of its operands.

The Jacobian of a term y by a quantity x is the matrix ∂vec(y)/∂vec(x), (legs of y) by (legs of x), with vec row-major,
so that vec(P X S) = (P ⊗ Sᵀ) vec X; `None` stands for zero.  Magnus and Neudecker, *Matrix Differential Calculus*
(1988), chapters 2, 3 and 9, with their column-major vec exchanged for the row-major one; the formula stands beside each
row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from sympy import Integer, Symbol
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Adjoint,
    Apply,
    Block,
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
    Partial,
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
    Var,
    Vec,
    Where,
    shape_of,
)
from .algebra import Algebra, UnsupportedError
from .chains import joined
from .moving import BINDERS, letters, renamed_binder
from .pullback import (
    CONSTANTS,
    around_factor,
    factors_around,
    function_key,
    map_tidy,
    once,
    ones_like,
    part_sizes,
    softmax_jacobian,
    unit,
)
from .tidy import slope_of, tidy

Jacobian: TypeAlias = Basic | None
Leaf: TypeAlias = Callable[[Var], Jacobian]
Row: TypeAlias = Callable[[Term, Sequence[Jacobian], Algebra], Jacobian]


def pushforward(term: Basic, leaf: Leaf, k: Algebra, avoid: frozenset[Symbol] = frozenset()) -> Jacobian:
    """The Jacobian of a term, given that of every quantity in it; None where it is zero.

    `avoid`: letters of the quantity differentiated by, which no sum or product may bind.
    """
    memo: dict[Basic, Jacobian] = {}

    def walk(node: Basic) -> Jacobian:
        if node not in memo:
            memo[node] = step(node)
        return memo[node]

    def step(node: Basic) -> Jacobian:
        if isinstance(node, Var):
            return leaf(node)
        if not isinstance(node, Term) or isinstance(node, CONSTANTS):
            return None
        if isinstance(node, BINDERS):
            node = renamed_binder(node, avoid)
        jacobians = [walk(a) if isinstance(a, Term) else None for a in node.args]
        if all(j is None for j in jacobians) and not isinstance(node, (Adjoint, Partial)):
            return None
        return row_of(node)(node, jacobians, k)

    return walk(term)


def row_of(node: Term) -> Row:
    """The row of a head.  Raises `UnsupportedError` for a head that cannot be differentiated."""
    row = PUSHFORWARDS.get(type(node))
    if row is None:
        names = ", ".join(sorted(h.__name__ for h in PUSHFORWARDS))
        raise UnsupportedError(f"{type(node).__name__} cannot be differentiated; differentiable are {names}")
    return row


def summed(parts: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """The sum of Jacobians, some of which may be zero."""
    left = [p for p in parts if p is not None]
    return k.plus(*left) if left else None


def weighted(x: Basic, j: Basic, k: Algebra) -> Basic:
    """diag(vec x) J: the factor x entry by entry."""
    if shape_of(x) == SCALAR:
        return k.times(x, j)
    return k.times(k.diag(k.column(x)), j)


def _product(y: Product, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """vec(P X S) = (P ⊗ Sᵀ) vec X;  vec(s M) = s vec M, so its Jacobian by s is vec M."""
    parts: list[Jacobian] = []
    for i, (x, j) in enumerate(zip(y.args, jacobians, strict=True)):
        if j is None:
            continue
        beside, before, after = factors_around(y, i)
        if shape_of(x) == SCALAR:
            rest = k.times(*map_tidy([a for n, a in enumerate(y.args) if n != i], k)) if len(y.args) > 1 else Integer(1)
            parts.append(k.times(k.column(rest), j))
            continue
        own = joined([*before, x, *after])
        around = k.times(*map_tidy(beside, k)) if beside else Integer(1)
        if shape_of(own) == SCALAR:
            around = k.column(around)
        parts.append(k.times(around, between(before, x, after, k), j))
    return summed(parts, k)


def between(before: Sequence[Basic], x: Basic, after: Sequence[Basic], k: Algebra) -> Basic:
    """P ⊗ Sᵀ for the factors before and after x; identities where there are none."""
    rows, cols = shape_of(x)
    left = k.times(*map_tidy(before, k)) if before else k.identity(rows)
    right = k.transpose(k.times(*map_tidy(after, k))) if after else k.identity(cols)
    return k.kron(left, right)


def _hadamard(y: Hadamard, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """y = a ∘ b: diag(vec b) J_a + diag(vec a) J_b."""
    parts: list[Jacobian] = []
    for i, j in enumerate(jacobians):
        if j is not None:
            others = [a for n, a in enumerate(y.args) if n != i]
            parts.append(weighted(k.hadamard(*map_tidy(others, k)), j, k) if others else j)
    return summed(parts, k)


def _quotient(y: Quotient, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """y = a / b: diag(1/b) J_a - diag(a/b²) J_b; a scalar b: J_a / b - vec(a) J_b / b²."""
    a, b = map_tidy(y.args, k)
    first, second = jacobians
    square = k.power(b, Integer(2))
    parts: list[Jacobian] = []
    if first is not None:
        parts.append(weighted(k.quotient(Integer(1), b), first, k))
    if second is not None and shape_of(b) == SCALAR:
        parts.append(k.negative(k.times(k.column(k.quotient(a, square)), second)))
    elif second is not None:
        parts.append(k.negative(weighted(k.quotient(a, square), second, k)))
    return summed(parts, k)


def _power(y: Power, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """y = x^c: diag(c x^(c-1)) J."""
    x, c = y.args
    return weighted(k.times(c, k.power(tidy(x, k), c - 1)), jacobians[0], k)


def selection(legs: Sequence[Basic], k: Algebra) -> Basic:
    """The matrix D with vec(diag v) = D v: Σ_i (e_i ⊗ e_i) e_iᵀ."""
    taken = frozenset().union(*map(letters, legs))
    names: list[Symbol] = []
    for n in range(len(legs)):
        names.append(next(s for s in map(Symbol, (f"a{n}", f"a{n}_", f"a{n}__")) if s not in taken))
    e = unit(names, legs, k)
    body = k.times(k.kron(e, e), k.transpose(e))
    for letter, size in zip(names, legs, strict=True):
        body = SumOver(body, letter, 1, size)
    return body


def _diag(y: Diag, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """vec(diag v) = D v."""
    return k.times(selection(shape_of(y)[0], k), jacobians[0])


def _diagpart(y: DiagPart, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """The diagonal of X is Dᵀ vec X."""
    return k.times(k.transpose(selection(shape_of(y)[0], k)), jacobians[0])


def _kronecker(y: Kronecker, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """vec(A ⊗ B) = (I ⊗ K ⊗ I)(vec A ⊗ vec B), where K exchanges the columns of A and the rows of B."""
    a, b = map_tidy(y.args, k)
    (ra, ca), (rb, cb) = shape_of(a), shape_of(b)
    exchange = k.kron(k.kron(k.identity(ra), k.commute(ca, rb)), k.identity(cb))
    first, second = jacobians
    parts = [
        None if first is None else k.times(exchange, k.kron(first, k.column(b))),
        None if second is None else k.times(exchange, k.kron(k.column(a), second)),
    ]
    return summed(parts, k)


def _vec(y: Vec, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """Row-major: the same entries; column-major: those of xᵀ."""
    if y.args[1].name == "row":
        return jacobians[0]
    return k.times(k.commute(*shape_of(y.args[0])), jacobians[0])


def _entry(y: Entry, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """y = x_ij: (e_i ⊗ e_j)ᵀ J."""
    x, *indices = y.args
    return k.times(k.transpose(unit(indices, sum(shape_of(x), ()), k)), jacobians[0])


def _trace(y: Trace, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """tr X = vec(I)ᵀ vec X."""
    rows, _ = shape_of(y.args[0])
    return k.times(k.transpose(k.column(k.identity(rows))), jacobians[0])


def _row_of_ones(y: Total, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """1ᵀ J."""
    return k.times(k.transpose(k.column(ones_like(y.args[0]))), jacobians[0])


def _norm(y: NormSquared, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """2 vec(x)ᵀ J."""
    return k.times(Integer(2), k.transpose(k.column(tidy(y.args[0], k))), jacobians[0])


def _sum_over(y: SumOver, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """Σ J."""
    return k.sum_over(jacobians[0], *y.args[1:])


def _product_over(y: ProductOver, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """Y = M_u ... M_l: Σ_i (M_u ... M_{i+1} ⊗ (M_{i-1} ... M_l)ᵀ) J_i."""
    left, right = around_factor(y, k)
    return k.sum_over(k.times(k.kron(left, k.transpose(right)), jacobians[0]), *y.args[1:4])


def _concat(y: Concat, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """[A, B] = A [I, 0] + B [0, I]; stacked: [I; 0] A + [0; I] B."""
    axis, sizes = int(y.args[0]), part_sizes(y)
    parts = [
        None if j is None else k.times(embedding(axis, n, sizes, shape_of(y)[1 - axis], k), j)
        for n, j in enumerate(jacobians[1:])
    ]
    return summed(parts, k)


def embedding(axis: int, position: int, sizes: Sequence[Basic], other: Sequence[Basic], k: Algebra) -> Basic:
    """The matrix that puts the entries of one part into those of the whole."""
    pieces = [_piece(m, sizes[position], n == position) for n, m in enumerate(sizes)]
    whole = Concat(0, *pieces)
    return k.kron(whole, k.identity(other)) if axis == 0 else k.kron(k.identity(other), whole)


def _piece(rows: Basic, cols: Basic, own: bool) -> Basic:
    above, beside = (() if rows == 1 else (rows,)), (() if cols == 1 else (cols,))
    if own:
        return Identity(*above) if above else Integer(1)
    return Filled(0, above, beside) if above or beside else Integer(0)


def _block(y: Block, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    """The transpose of putting a part into the whole."""
    _, axis, position, sizes = y.args
    whole = embedding(int(axis), int(position), sizes, shape_of(y)[1 - int(axis)], k)
    return k.times(k.transpose(whole), jacobians[0])


# functions


def _elementwise(fun: Fun, y: Apply, j: Basic, k: Algebra) -> Basic:
    """diag(f'(x)) J."""
    return weighted(slope_of(fun, y.x, k), j, k)


def _softmax(fun: Fun, y: Apply, j: Basic, k: Algebra) -> Basic:
    """(diag(s) - s sᵀ) J."""
    return k.times(softmax_jacobian(k.apply(fun, tidy(y.x, k)), k), j)


def _logsoftmax(fun: Fun, y: Apply, j: Basic, k: Algebra) -> Basic:
    """(I - 1 sᵀ) J."""
    s = k.column(k.apply(Fun("softmax"), tidy(y.x, k)))
    matrix = k.plus(k.identity(shape_of(s)[0]), k.negative(k.times(ones_like(s), k.transpose(s))))
    return k.times(matrix, j)


def _logsumexp(fun: Fun, y: Apply, j: Basic, k: Algebra) -> Basic:
    """sᵀ J."""
    return k.times(k.transpose(k.column(k.apply(Fun("softmax"), tidy(y.x, k)))), j)


def _abstract_scalar(fun: Fun, y: Apply, j: Basic, k: Algebra) -> Basic:
    """vec(∇f)ᵀ J."""
    return k.times(k.transpose(k.column(k.apply(once(fun), tidy(y.x, k)))), j)


def _abstract_vector(fun: Fun, y: Apply, j: Basic, k: Algebra) -> Basic:
    """f'(x) J, with f' the Jacobian."""
    return k.times(k.apply(once(fun), tidy(y.x, k)), j)


FUNCTION_PUSHFORWARDS: dict[str, Callable[[Fun, Apply, Basic, Algebra], Basic]] = {
    "elementwise": _elementwise,
    "softmax": _softmax,
    "logsoftmax": _logsoftmax,
    "logsumexp": _logsumexp,
    "abstract-scalar": _abstract_scalar,
    "abstract-vector": _abstract_vector,
}


def _apply(y: Apply, jacobians: Sequence[Jacobian], k: Algebra) -> Jacobian:
    row = FUNCTION_PUSHFORWARDS.get(function_key(y.fun))
    if row is None:
        raise UnsupportedError(f"the function {y.fun.name} has no pushforward row")
    return row(y.fun, y, jacobians[1], k)


PUSHFORWARDS: dict[type, Row] = {
    Plus: lambda y, js, k: summed(js, k),
    Product: _product,
    Hadamard: _hadamard,
    Quotient: _quotient,
    Power: _power,
    Transpose: lambda y, js, k: k.times(k.commute(*shape_of(y.args[0])), js[0]),  # vec(Xᵀ) = K vec X
    Diag: _diag,
    DiagPart: _diagpart,
    Kronecker: _kronecker,
    Vec: _vec,
    Reshape: lambda y, js, k: js[0],  # the same entries
    Trace: _trace,
    Total: _row_of_ones,
    NormSquared: _norm,
    Entry: _entry,
    Where: lambda y, js, k: k.where(js[0], *y.args[1:]),
    SumOver: _sum_over,
    ProductOver: _product_over,
    Apply: _apply,
    Concat: _concat,
    Block: _block,
}


