"""The heads: everything that can be said about a network, as SymPy expressions that never rewrite themselves.

Each head is a SymPy `Expr` whose constructor checks shapes and evaluates nothing (SymPy's own matrix operators call
`doit` and rewrite terms silently), and whose `__new__` accepts the node's own `args`, so that `xreplace`, `subs`,
`func(*args)` and printing work.  The mathematics of a head stands in its docstring; how it is differentiated, proved,
computed and printed stands in one row per head in `derivation`, `proof`, `kernels` and `showing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from sympy import Expr, Integer, Rational, Tuple, sympify
from sympy.core.basic import Basic
from sympy.core.symbol import Str

from .shapes import SCALAR, Legs, Shape, ShapeError, describe, mismatch
from .shown import Shown


class Term(Shown, Expr):
    """A scalar, vector or matrix expression.  `shape` is (row legs, column legs)."""

    __slots__ = ("shape",)
    is_commutative = False
    _op_priority = 100.0
    shape: Shape

    def __new__(cls, *args: Basic) -> Term:
        node = Basic.__new__(cls, *args)
        node.shape = cls._shape(*args)
        return node

    def __getnewargs__(self) -> tuple[Basic, ...]:
        return self.args

    @classmethod
    def _shape(cls, *args: Any, **kwargs: Any) -> Shape:
        raise NotImplementedError

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__}({', '.join(printer._print(a) for a in self.args)})"

    _sympyrepr = _sympystr

    @property
    def rows(self) -> Legs:
        return self.shape[0]

    @property
    def cols(self) -> Legs:
        return self.shape[1]

    @property
    def legs(self) -> Legs:
        """All legs in row-major order; equal legs mean equal entries up to a reshape."""
        return self.shape[0] + self.shape[1]

    @property
    def T(self) -> Term:
        return Transpose(self)

    def __add__(self, other: Any) -> Term:
        return Plus(self, other)

    def __radd__(self, other: Any) -> Term:
        return Plus(other, self)

    def __sub__(self, other: Any) -> Term:
        return Plus(self, negative(other))

    def __rsub__(self, other: Any) -> Term:
        return Plus(other, negative(self))

    def __mul__(self, other: Any) -> Term:
        return Product(self, other)

    def __rmul__(self, other: Any) -> Term:
        return Product(other, self)

    __matmul__ = __mul__
    __rmatmul__ = __rmul__

    def __neg__(self) -> Term:
        return negative(self)

    def __truediv__(self, other: Any) -> Term:
        return Quotient(self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return Quotient(other, self)

    def __pow__(self, exponent: Any) -> Term:
        return Power(self, exponent)


def shape_of(expression: Basic) -> Shape:
    """The shape of a term; a plain SymPy number or size counts as a scalar."""
    return expression.shape if isinstance(expression, Term) else SCALAR


def is_scalar(expression: Basic) -> bool:
    return shape_of(expression) == SCALAR


def is_number(expression: Basic) -> bool:
    """Whether the expression is a rational number."""
    return isinstance(expression, Rational)


def _operands(args: Iterable[object]) -> tuple[Basic, ...]:
    result = tuple(sympify(a, strict=True) for a in args)
    for a in result:
        if not isinstance(a, Expr):
            raise TypeError(f"an operand must be an expression, not {a!r}")
    return result


def negative(expression: object) -> Basic:
    """Minus the expression, without touching its inside: -2 becomes 2, -(-1)·a becomes a."""
    (operand,) = _operands((expression,))
    if is_number(operand):
        return -operand
    if isinstance(operand, Product) and is_number(operand.args[0]):
        rest = operand.args[1:]
        if operand.args[0] == -1:
            return rest[0] if len(rest) == 1 else Product(*rest)
        return Product(-operand.args[0], *rest)
    return Product(Integer(-1), operand)


class Var(Term):
    """A named quantity at given indices: W, x_t, h_{t-1}, W^{(l)}.  Args: name, indices, row legs, column legs."""

    __slots__ = ()

    def __new__(cls, name: Any, indices: Any = (), rows: Any = (), cols: Any = ()) -> Self:
        name = name if isinstance(name, Str) else Str(name)
        return super().__new__(cls, name, Tuple(*indices), Tuple(*rows), Tuple(*cols))

    @classmethod
    def _shape(cls, name: Any, indices: Any, rows: Any, cols: Any) -> Shape:
        return tuple(rows), tuple(cols)

    def _sympystr(self, printer: Any) -> str:
        inner = ", ".join(printer._print(i) for i in self.indices)
        return f"{self.name}[{inner}]" if inner else self.name

    @property
    def name(self) -> str:
        return self._args[0].name

    @property
    def indices(self) -> tuple[Expr, ...]:
        return self._args[1]._args

    def moved(self, *indices: Expr) -> Var:
        """The same quantity at other indices."""
        return Var(self.args[0], indices, self.args[2], self.args[3])


class Plus(Term):
    """a + b + ...; a number beside a vector or matrix stands for that number in every entry."""

    __slots__ = ()

    def __new__(cls, *terms: Any) -> Self:
        return super().__new__(cls, *_operands(terms))

    @classmethod
    def _shape(cls, *terms: Any) -> Shape:
        shape = None
        for a in terms:
            if is_number(a) or (shape is not None and shape_of(a) == shape):
                continue
            if shape is not None:
                pairs = mismatch(shape[0], shape_of(a)[0]) + mismatch(shape[1], shape_of(a)[1])
                raise ShapeError(f"cannot add {describe(shape)} and {describe(shape_of(a))}", pairs)
            shape = shape_of(a)
        return SCALAR if shape is None else shape


class Product(Term):
    """Juxtaposition a b c: matrix product; scalar factors scale, wherever they stand."""

    __slots__ = ()

    def __new__(cls, *factors: Any) -> Self:
        return super().__new__(cls, *_operands(factors))

    @classmethod
    def _shape(cls, *factors: Any) -> Shape:
        shape = SCALAR
        for a in factors:
            other = shape_of(a)
            if other == SCALAR:
                continue
            if shape == SCALAR:
                shape = other
            elif shape[1] == other[0]:
                shape = (shape[0], other[1])
            else:
                raise ShapeError(
                    f"cannot multiply {describe(shape)} by {describe(other)}", mismatch(shape[1], other[0])
                )
        return shape


class Hadamard(Term):
    """Entry by entry product a ∘ b ∘ ...; a number scales."""

    __slots__ = ()

    def __new__(cls, *factors: Any) -> Self:
        return super().__new__(cls, *_operands(factors))

    @classmethod
    def _shape(cls, *factors: Any) -> Shape:
        shape = None
        for a in factors:
            if is_number(a):
                continue
            if shape is None:
                shape = shape_of(a)
            elif shape != shape_of(a):
                pairs = mismatch(shape[0], shape_of(a)[0]) + mismatch(shape[1], shape_of(a)[1])
                raise ShapeError(
                    f"entry by entry product of {describe(shape)} and {describe(shape_of(a))}", pairs
                )
        return SCALAR if shape is None else shape


class Quotient(Term):
    """a / b, entry by entry; a scalar divisor divides every entry, a numerator that is a number is repeated."""

    __slots__ = ()

    def __new__(cls, numerator: Any, denominator: Any) -> Self:
        return super().__new__(cls, *_operands((numerator, denominator)))

    @classmethod
    def _shape(cls, numerator: Any, denominator: Any) -> Shape:
        top, bottom = shape_of(numerator), shape_of(denominator)
        if bottom in (SCALAR, top):
            return top
        if is_number(numerator):
            return bottom
        pairs = mismatch(top[0], bottom[0]) + mismatch(top[1], bottom[1])
        raise ShapeError(f"cannot divide {describe(top)} by {describe(bottom)}", pairs)


class Power(Term):
    """x^k entry by entry, k a rational number."""

    __slots__ = ()

    def __new__(cls, base: Any, exponent: Any) -> Self:
        return super().__new__(cls, *_operands((base, exponent)))

    @classmethod
    def _shape(cls, base: Any, exponent: Any) -> Shape:
        if not is_number(exponent):
            raise TypeError(f"an exponent is a rational number, not {exponent}")
        return shape_of(base)


class Transpose(Term):
    """xᵀ."""

    __slots__ = ()

    def __new__(cls, x: Any) -> Self:
        return super().__new__(cls, *_operands((x,)))

    @classmethod
    def _shape(cls, x: Any) -> Shape:
        rows, cols = shape_of(x)
        return cols, rows


class Diag(Term):
    """diag(v): the matrix with the vector v (column or row) on its diagonal."""

    __slots__ = ()

    def __new__(cls, v: Any) -> Self:
        return super().__new__(cls, *_operands((v,)))

    @classmethod
    def _shape(cls, v: Any) -> Shape:
        rows, cols = shape_of(v)
        if rows and cols:
            raise ShapeError(f"diag needs a vector, not {describe((rows, cols))}")
        return rows + cols, rows + cols


class DiagPart(Term):
    """The diagonal of a square matrix as a column."""

    __slots__ = ()

    def __new__(cls, x: Any) -> Self:
        return super().__new__(cls, *_operands((x,)))

    @classmethod
    def _shape(cls, x: Any) -> Shape:
        rows, cols = shape_of(x)
        if rows != cols:
            raise ShapeError(f"a diagonal needs a square matrix, not {describe((rows, cols))}", mismatch(rows, cols))
        return rows, ()


class Identity(Term):
    """I_n (of a tuple of legs: the identity on their flattened product)."""

    __slots__ = ()

    def __new__(cls, *sizes: Any) -> Self:
        return super().__new__(cls, *_operands(sizes))

    @classmethod
    def _shape(cls, *sizes: Any) -> Shape:
        return sizes, sizes


class Filled(Term):
    """A matrix with the same number in every entry: ones and zeros.  Args: number, row legs, column legs."""

    __slots__ = ()

    def __new__(cls, number: Any, rows: Any = (), cols: Any = ()) -> Self:
        return super().__new__(cls, sympify(number), Tuple(*rows), Tuple(*cols))

    @classmethod
    def _shape(cls, number: Any, rows: Any, cols: Any) -> Shape:
        return tuple(rows), tuple(cols)
