"""What can be said: the heads, the functions, shapes and indices.  Imports nothing of the house."""

from .binders import (
    Adjoint,
    Apply,
    Block,
    Concat,
    Entry,
    Fun,
    Partial,
    ProductOver,
    Relation,
    SumOver,
    Unit,
    Where,
    derivative_shape,
    kind_of,
)
from .functions import (
    FUNCTIONS,
    SPELLINGS,
    FunctionRow,
    exp,
    log,
    logsoftmax,
    logsumexp,
    relu,
    sigmoid,
    slope,
    softmax,
    softplus,
    sqrt,
    step,
    tanh,
)
from .indices import affine, at, shifted
from .shapes import SCALAR, Shape, ShapeError, describe, legs
from .terms import (
    Diag,
    DiagPart,
    Filled,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Plus,
    Power,
    Product,
    Quotient,
    Reshape,
    Term,
    Total,
    Trace,
    Transpose,
    Var,
    Vec,
    is_number,
    is_scalar,
    negative,
    shape_of,
)

__all__ = [name for name in dir() if not name.startswith("_")]
