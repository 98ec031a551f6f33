"""A whole batch in one matrix: which size counts its members, and what is summed over them.

In a model whose states are matrices with one size in common (the rows of X W + b, the columns of W X + b) that size is the
number of members.  The loss of such a note is a mean, J = (1/m) Σ, and many notes write dZ for the gradient of the sum
m J, so that dZ = A - Y and dW = (1/m) dZ Aᵀ; others write dZ = (1/m)(A - Y) and dW = dZ Aᵀ.  Both are senses of the
name, one for the whole note (see `judging.scales`).
"""

from __future__ import annotations

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import Adjoint, Filled, Product, Quotient, Total, Transpose, Var, shape_of
from ..model import Model, variables
from .reader import Reader

OF_THE_MEAN = "d names the gradient of the loss as it stands"
OF_THE_SUM = "d names the gradient of the loss times the number of members of the batch"
SUMMED, ENTRIES = "Σ over the batch", "Σ over all entries"


def members(model: Model) -> Symbol | None:
    """The size that counts the members of the batch: what a bias is repeated for, else what all matrices share; or None."""
    states = {f.name: {*f.rows, *f.cols} for f in model.of_role("state") if f.rows and f.cols}
    if not states or any(bool(f.rows) != bool(f.cols) for f in model.of_role("state")):
        return None
    ones = (o for e in model.equations if e.left.name in states for o in e.right.atoms(Filled))
    found = {leg for o in ones if o.args[0] == 1 for leg in o.legs} or set.intersection(*states.values())
    left = [leg for leg in found if isinstance(leg, Symbol)]
    return left[0] if len(left) == 1 else None


def scaled(reader: Reader, variable: Var) -> Basic:
    """dZ: ∂J/∂Z, or for a quantity of every member of the batch the gradient of the sum."""
    size = members(reader.table.model)
    if size is None or size not in (*variable.rows, *variable.cols) or not _may_be_mean(reader.table.model, size):
        return Adjoint(variable)
    if reader.ask("scale of d", (OF_THE_MEAN, OF_THE_SUM)) == OF_THE_MEAN:
        return Adjoint(variable)
    return Product(size, Adjoint(variable))


def _may_be_mean(model: Model, size: Symbol) -> bool:
    """Whether the loss divides by the number of members, or nothing says what it is."""
    fractions = (q for e in model.equations if not any(e.left.shape) for q in e.right.atoms(Quotient))
    return bool(model.any_loss) or any(size in q.args[1].free_symbols and not q.args[1].has(Var) for q in fractions)


def of_all_entries(reader: Reader, term: Basic) -> Basic | None:
    """Σ Y ∘ log P without an index where a number is wanted: the sum of all entries; None where it may run over steps."""
    steps = {i.symbol for i in reader.table.model.indices}
    if not any(shape_of(term)) or any(i.free_symbols & steps for v in variables(term) for i in v.indices):
        return None
    reader.ask("Σ", (ENTRIES,))
    return Total(term)


def summed(reader: Reader, term: Basic) -> Basic | None:
    """Σ dZ without an index, in a batch: the sum of its rows or columns; None for what has none."""
    size = members(reader.table.model)
    rows, cols = shape_of(term)
    if size is None or not (rows and cols) or (size,) not in (rows, cols):
        return None
    reader.ask("Σ", (SUMMED,))
    return Product(Transpose(Filled(1, rows)), term) if rows == (size,) else Product(term, Filled(1, cols))
