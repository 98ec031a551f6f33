"""What can be said: the heads, the functions, shapes and indices.  Imports nothing of the house."""

from .binders import (
    LAYOUTS,
    Adjoint,
    Apply,
    Block,
    Commute,
    Concat,
    Entry,
    Fun,
    NotApplicable,
    Partial,
    ProductOver,
    Relation,
    SumOver,
    Unit,
    Where,
    derivative_shape,
    kind_of,
)
from .conditions import follows, speaks_beyond, standing
from .functions import (
    FUNCTIONS,
    IDENTITY,
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
from .lines import LINES, by_lines, lines_of
from .reductions import Kronecker, NormSquared, Reshape, Total, Trace, Vec
from .shapes import SCALAR, Shape, ShapeError, describe, legs
from .shown import LOOKS, Look, Shown
from .terms import (
    Diag,
    DiagPart,
    Filled,
    Hadamard,
    Identity,
    Plus,
    Power,
    Product,
    Quotient,
    Term,
    Transpose,
    Var,
    is_number,
    is_scalar,
    negative,
    shape_of,
)

__all__ = [name for name in dir() if not name.startswith("_")]
