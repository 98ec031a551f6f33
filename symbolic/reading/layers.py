"""Which layers a formula speaks of: l + 1 in z^{(l+1)} ends at the last layer, l - 1 begins where the equations do.

In a model whose weights carry the index every quantity belongs to a layer.  A formula that uses the layer above is meant
for all layers that have one: W^{(l+1)} and δ^{(l+1)} say l + 1 ≤ L.  (A state that runs through time under the same
weights is different: its adjoint after the last step is zero, and the formula holds there, too.)  Below the first layer
there is what the equations themselves use there: a^{(0)} in z^{(1)} = W^{(1)} a^{(0)}, but no z^{(0)}.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer
from sympy.core.basic import Basic

from ..language import Adjoint, Partial, Relation, Var, affine, follows, standing
from ..model import Model, variables


def inside(model: Model, term: Basic) -> Iterator[Relation]:
    """The conditions under which everything that a formula uses exists; what stands under a case exists in it."""
    layered, ends = _layered(model), {i.upper: i.lower for i in model.indices}
    for part, given, _ in standing(term, (Adjoint, Partial, Var)):
        for v in variables(part):
            yield from (r for r in _inside(model, v, layered) if not follows(r, given, ends))


def _inside(model: Model, v: Var, layered: bool) -> Iterator[Relation]:
    family = model.families.get(v.name)
    if family is None or not (family.role == "weight" or (layered and family.role != "label")):
        return
    for i, index in zip(v.indices, family.indices, strict=True):
        point, offset = affine(i)
        if point is None or point == index.upper:
            continue
        if offset > 0:
            yield Relation("<=", i, index.upper)
        elif offset < (reach := _reach(model, v.name)):
            yield Relation("<=", Integer(index.lower + reach), i)


def _layered(model: Model) -> bool:
    """Whether the weights carry the index: so they are declared, or a matrix with the index acts on vectors."""
    if any(f.role == "weight" and f.indices for f in model.families.values()):
        return True
    matrices = [f for f in model.families.values() if f.rows and f.cols]
    return any(f.indices and f.role == "input" for f in matrices) and all(f.role != "state" for f in matrices)


def _reach(model: Model, name: str) -> int:
    """How far before its own index the equations use a family: -1 for a^{(l-1)}, else 0."""
    offsets = (affine(i) for e in model.equations for v in variables(e.right) if v.name == name for i in v.indices)
    return min((offset for point, offset in offsets if point is not None and offset < 0), default=0)
