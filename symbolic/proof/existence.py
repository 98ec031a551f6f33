"""At which steps a formula means anything: those at which all that it names exists.

δ_{t-1} = V'(ŷ_{t-1} - y_{t-1}) + W' D_t δ_t says something from t = 2 on, for there is no ŷ_0; h_{t+1} is a value as long as
t < T, and a formula with h_{T-1} in it needs T ≥ 2.  A value exists at the steps of the model and as far before them as the
equations look; an adjoint (or a derivative of the loss) at the steps of the model, and it is zero after the last one.
What stands under a case, as h_{t+1} for t < T, needs to exist in that case alone.
A formula may be meant for fewer steps, but not for fewer lengths than its left side: ∂L/∂c = f_{T-1} + f_T is said of T = 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import Adjoint, Partial, Relation, Var, affine, follows, speaks_beyond, standing
from ..model import Model, variables
from .conversion import reach_of
from .letters import free_symbols


def existence(model: Model, left: Basic, right: Basic) -> tuple[Relation, ...]:
    """The conditions under which both sides exist: on free letters, and on lengths where the left side alone needs them.

    That a letter runs over the steps of the model goes without saying.  There are none where a side has a case of the steps
    that they would leave out: such a formula is meant for these, too.
    """
    lengths = {i.upper: i.lower for i in model.indices}
    found = list(_conditions(model, left, free_symbols(left)))
    found += [c for c in _conditions(model, right, free_symbols(right)) if not c.free_symbols <= lengths.keys()]
    if any(speaks_beyond((left, right), c, lengths) for c in found):
        return ()
    return tuple(dict.fromkeys(found))


def in_words(condition: Relation) -> str:
    """1 <= t - 1 is t>=2, and t + 1 <= T is t<=T-1."""
    (p, a), (q, b) = affine(condition.args[1]), affine(condition.args[2])
    if p is None:
        return f"{q}>={a - b}"
    return f"{p}<={q}{b - a:+d}" if a != b else f"{p}<={q}"


def _conditions(model: Model, term: Basic, free: frozenset[Symbol]) -> Iterator[Relation]:
    reach, lengths = reach_of(model), {i.upper: i.lower for i in model.indices}
    for part, given, bound in standing(term, (Adjoint, Partial, Var)):
        of_loss = isinstance(part, Adjoint) or (isinstance(part, Partial) and part.num == model.loss)
        by = (part.args[0] if isinstance(part, Adjoint) else part.args[1]) if of_loss else part
        for v in variables(by):
            before = 0 if of_loss else reach.get(v.name, 0)
            for c in _in_range(model, v, before, free - bound, bounded=not of_loss):
                if not follows(c, given, lengths):
                    yield c


def _in_range(model: Model, v: Var, reach: int, free: frozenset[Symbol], bounded: bool = True) -> Iterator[Relation]:
    family = model.families.get(v.name)
    lengths = {i.upper: i.lower for i in model.indices}
    if family is None or len(family.indices) != len(v.indices):
        return
    for index, own in zip(v.indices, family.indices, strict=True):
        point, offset = affine(index)
        if point is not None and point not in free and point not in lengths:
            continue
        first = own.lower + reach - offset
        if point is not None and first > lengths.get(point, own.lower):
            yield Relation("<=", Integer(own.lower + reach), index)
        if bounded and _may_exceed(index, own.upper, own.lower):
            yield Relation("<=", index, own.upper)


def _may_exceed(index: Expr, upper: Symbol, lower: int) -> bool:
    point, offset = affine(index)
    return offset > 0 if point not in (None, upper) else point is None and offset > lower
