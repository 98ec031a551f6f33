"""Heads with indices: components, sums, ordered products, cases, functions, derivatives, adjoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from sympy import Expr, Integer, Symbol, Tuple, sympify
from sympy.core.basic import Basic
from sympy.core.symbol import Str

from .shapes import SCALAR, Legs, Shape, ShapeError, describe, mismatch
from .terms import Term, Var, _operands, shape_of


class Entry(Term):
    """A component: v_i, W_{ij}.  One index per leg, in row-major order; the result is a scalar."""

    __slots__ = ()

    def __new__(cls, x: Any, *indices: Any) -> Self:
        return super().__new__(cls, *_operands((x, *indices)))

    @classmethod
    def _shape(cls, x: Any, *indices: Any) -> Shape:
        rows, cols = shape_of(x)
        if len(rows) + len(cols) != len(indices):
            raise ShapeError(f"{len(indices)} component indices on a quantity of shape {describe((rows, cols))}")
        return SCALAR


class Unit(Term):
    """The unit vector e_i of a leg (Kronecker's delta as a column).  Args: component index, size."""

    __slots__ = ()

    def __new__(cls, index: Any, size: Any) -> Self:
        return super().__new__(cls, *_operands((index, size)))

    @classmethod
    def _shape(cls, index: Any, size: Any) -> Shape:
        return (size,), ()


class Commute(Term):
    """The commutation matrix K: K vec(X) = vec(Xᵀ), row-major, for X of the given row and column legs.

    Its shape is (cols + rows) by (rows + cols).  Args: row legs, column legs.  Magnus and Neudecker, *Matrix
    Differential Calculus* (1988), section 3.7, where vec is column-major.
    """

    __slots__ = ()

    def __new__(cls, rows: Any, cols: Any) -> Self:
        return super().__new__(cls, Tuple(*rows), Tuple(*cols))

    @classmethod
    def _shape(cls, rows: Any, cols: Any) -> Shape:
        return tuple(cols) + tuple(rows), tuple(rows) + tuple(cols)


class Relation(Basic):
    """A condition between index expressions: `op` is one of = != < <=.  Args: op, left, right."""

    __slots__ = ()

    def __new__(cls, op: Any, left: Any, right: Any) -> Self:
        op = op if isinstance(op, Str) else Str(op)
        if op.name not in ("=", "!=", "<", "<="):
            raise ValueError(f"a condition is =, !=, < or <=, not {op.name}")
        return super().__new__(cls, op, sympify(left), sympify(right))

    @property
    def op(self) -> str:
        return self.args[0].name


class Where(Term):
    """The term where the conditions hold, zero elsewhere.  Kronecker's delta is Where(1, i = j).

    Args: term, conditions...
    """

    __slots__ = ()

    def __new__(cls, x: Any, *conditions: Any) -> Self:
        for c in conditions:
            if not isinstance(c, Relation):
                raise TypeError(f"a condition must be a Relation, not {c!r}")
        return super().__new__(cls, *_operands((x,)), *conditions)

    @classmethod
    def _shape(cls, x: Any, *conditions: Any) -> Shape:
        return shape_of(x)


class SumOver(Term):
    """Σ_{index=lower}^{upper} body, over `index` ≠ each of `excluded`; an empty range gives zero.

    The index counts time steps when it occurs among the indices of a Var, components when it occurs in an Entry.
    """

    __slots__ = ()

    def __new__(cls, body: Any, index: Any, lower: Any, upper: Any, excluded: Any = ()) -> Self:
        return super().__new__(cls, *_operands((body, index, lower, upper)), Tuple(*excluded))

    @classmethod
    def _shape(cls, body: Any, index: Any, lower: Any, upper: Any, excluded: Any) -> Shape:
        if not isinstance(index, Symbol):
            raise TypeError(f"a sum runs over a symbol, not {index}")
        return shape_of(body)


ORDERS = ("descending", "ascending", "unspecified")


class ProductOver(Term):
    """The ordered product over index = lower .. upper; an empty range gives the identity.

    "descending": the factor of the largest index stands leftmost, "ascending": rightmost, "unspecified": the formula
    does not say, a reading must be chosen before anything is judged.
    """

    __slots__ = ()

    def __new__(cls, body: Any, index: Any, lower: Any, upper: Any, order: Any = "descending") -> Self:
        order = order if isinstance(order, Str) else Str(order)
        if order.name not in ORDERS:
            raise ValueError(f"the order of a product is one of {', '.join(ORDERS)}, not {order.name}")
        return super().__new__(cls, *_operands((body, index, lower, upper)), order)

    @classmethod
    def _shape(cls, body: Any, index: Any, lower: Any, upper: Any, order: Any) -> Shape:
        rows, cols = shape_of(body)
        if rows != cols:
            raise ShapeError(
                f"a product over an index needs square factors, not {describe((rows, cols))}", mismatch(rows, cols)
            )
        return rows, cols

    @property
    def order(self) -> str:
        return self.args[4].name


class Fun(Basic):
    """A function: its name, the order of its derivative, and for an abstract one its kind and output legs.

    `kind` is "" for a row of the table in `functions`; for an abstract function it is "elementwise", "scalar" (of a
    vector, the result is a scalar) or "vector" (the result has the legs `out`).  `at` are indices of the function
    itself (the loss ℓ_t may differ from step to step).
    """

    __slots__ = ()

    def __new__(cls, name: Any, order: Any = 0, kind: Any = "", out: Any = (), at: Any = ()) -> Self:
        name = name if isinstance(name, Str) else Str(name)
        kind = kind if isinstance(kind, Str) else Str(kind)
        return super().__new__(cls, name, Integer(order), kind, Tuple(*out), Tuple(*at))

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def order(self) -> int:
        return int(self.args[1])

    @property
    def kind(self) -> str:
        return self.args[2].name

    @property
    def out(self) -> Legs:
        return tuple(self.args[3])

    @property
    def at(self) -> tuple[Expr, ...]:
        return tuple(self.args[4])

    def derived(self) -> Fun:
        """f'."""
        return Fun(self.args[0], self.order + 1, self.args[2], self.args[3], self.args[4])

    def __call__(self, x: Any) -> Term:
        return Apply(self, x)


class NotApplicable(TypeError):
    """A function, or a derivative of one, that cannot be applied."""


class Apply(Term):
    """f(x).

    elementwise: the shape of x.  "vector" rows (softmax, log-softmax): the shape of x, which must be a vector.
    "reduce" rows (log-sum-exp) and abstract "scalar": a scalar; the first derivative of an abstract "scalar" is its
    gradient, of the shape of x; the first derivative of an abstract "vector" function is its Jacobian, (out legs) by
    (legs of x).
    """

    __slots__ = ()

    def __new__(cls, fun: Any, x: Any) -> Self:
        return super().__new__(cls, fun, *_operands((x,)))

    @property
    def fun(self) -> Fun:
        return self.args[0]

    @property
    def x(self) -> Basic:
        return self.args[1]

    @classmethod
    def _shape(cls, fun: Any, x: Any) -> Shape:
        from_kind = _APPLY_SHAPE.get(kind_of(fun))
        if from_kind is None or fun.order > _HIGHEST_ORDER.get(kind_of(fun), 0):
            raise NotApplicable(f"{fun.name} with derivative order {fun.order} is no function that can be applied")
        return from_kind(fun, shape_of(x))


def kind_of(fun: Fun) -> str:
    """elementwise, vector, reduce, abstract-scalar or abstract-vector."""
    if fun.kind:
        return fun.kind if fun.kind == "elementwise" else f"abstract-{fun.kind}"
    return TABLE_KINDS.get(fun.name, "")


def _vector_shape(fun: Fun, shape: Shape) -> Shape:
    if len(shape[0]) + len(shape[1]) != 1:
        raise ShapeError(f"{fun.name} needs a vector, not {describe(shape)}")
    return shape


TABLE_KINDS: dict[str, str] = {}
"""Kind of each row of the function table; filled where the table stands, in `functions`."""

_HIGHEST_ORDER = {"elementwise": 1 << 20, "abstract-scalar": 1, "abstract-vector": 1}
_APPLY_SHAPE: dict[str, Callable[[Fun, Shape], Shape]] = {
    "elementwise": lambda fun, shape: shape,
    "vector": _vector_shape,
    "reduce": lambda fun, shape: (_vector_shape(fun, shape), SCALAR)[1],
    "abstract-scalar": lambda fun, shape: shape if fun.order else SCALAR,
    "abstract-vector": lambda fun, shape: (fun.out, shape[0] + shape[1]) if fun.order else (fun.out, ()),
}


class Concat(Term):
    """[A, B, ...] side by side (`axis` 1) or stacked [a; b; ...] (`axis` 0); the joined leg is the sum of the sizes."""

    __slots__ = ()

    def __new__(cls, axis: Any, *parts: Any) -> Self:
        return super().__new__(cls, Integer(axis), *_operands(parts))

    @classmethod
    def _shape(cls, axis: Any, *parts: Any) -> Shape:
        axis = int(axis)
        shapes = [shape_of(p) for p in parts]
        if any(len(s[axis]) > 1 for s in shapes):
            raise ShapeError("cannot join quantities with a flattened side")
        others = {s[1 - axis] for s in shapes}
        if len(others) > 1:
            first, second = next(s for s in shapes if s[1 - axis] != shapes[0][1 - axis]), shapes[0]
            raise ShapeError(
                f"cannot join {describe(second)} and {describe(first)}", mismatch(second[1 - axis], first[1 - axis])
            )
        joined = (sum((s[axis][0] if s[axis] else Integer(1) for s in shapes), Integer(0)),)
        other = shapes[0][1 - axis]
        return (joined, other) if axis == 0 else (other, joined)


class Block(Term):
    """The part of X that belongs to the `position`-th of the `sizes` joined along `axis`: the inverse of Concat."""

    __slots__ = ()

    def __new__(cls, x: Any, axis: Any, position: Any, sizes: Any) -> Self:
        return super().__new__(cls, *_operands((x,)), Integer(axis), Integer(position), Tuple(*sizes))

    @classmethod
    def _shape(cls, x: Any, axis: Any, position: Any, sizes: Any) -> Shape:
        shape = shape_of(x)
        joined = (sum(sizes, Integer(0)),)
        if shape[int(axis)] != joined:
            raise ShapeError(f"a part of {joined[0]} entries cannot be cut from {describe(shape)}")
        size = sizes[int(position)]
        part = () if size == 1 else (size,)
        return (part, shape[1]) if axis == 0 else (shape[0], part)


MODES = ("total", "immediate")
LAYOUTS = ("gradient", "jacobian", "denominator")


class Partial(Term):
    """∂num/∂den before it is worked out.

    `mode`: "total" (through every later use) or "immediate" (one copy of den at num's own step, other steps held).
    `layout`: "gradient": of a scalar the shape of den, of anything else the Jacobian; "jacobian": (legs of num) by
    (legs of den), row-major; "denominator": its transpose (of a scalar the shape of den).
    """

    __slots__ = ()

    def __new__(cls, num: Any, den: Any, mode: Any = "total", layout: Any = "gradient") -> Self:
        mode = mode if isinstance(mode, Str) else Str(mode)
        layout = layout if isinstance(layout, Str) else Str(layout)
        if mode.name not in MODES or layout.name not in LAYOUTS:
            raise ValueError(f"mode is one of {MODES}, layout one of {LAYOUTS}")
        return super().__new__(cls, *_operands((num, den)), mode, layout)

    @property
    def num(self) -> Basic:
        return self.args[0]

    @property
    def den(self) -> Basic:
        return self.args[1]

    @property
    def mode(self) -> str:
        return self.args[2].name

    @property
    def layout(self) -> str:
        return self.args[3].name

    @classmethod
    def _shape(cls, num: Any, den: Any, mode: Any, layout: Any) -> Shape:
        return derivative_shape(shape_of(num), shape_of(den), layout.name)


def derivative_shape(num: Shape, den: Shape, layout: str) -> Shape:
    """The shape of ∂num/∂den in a layout."""
    if num == SCALAR and layout != "jacobian":
        return den
    upper, lower = num[0] + num[1], den[0] + den[1]
    return (lower, upper) if layout == "denominator" else (upper, lower)


class Adjoint(Term):
    """The adjoint of a variable: the total derivative of the loss by it, in the variable's own shape.  Args: Var."""

    __slots__ = ()

    def __new__(cls, variable: Any) -> Self:
        return super().__new__(cls, *_operands((variable,)))

    @classmethod
    def _shape(cls, variable: Any) -> Shape:
        return shape_of(variable)

    @property
    def variable(self) -> Var:
        return self.args[0]
