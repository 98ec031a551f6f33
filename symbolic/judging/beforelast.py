"""Recursions that run back from the last step, where the loss is taken of that step alone: δ_t = δ_{t+1} + Wᵀ D_t δ_{t+1}.

The adjoint after the last step is zero, and such a formula does not hold at the last step, where δ_T = h_T - y.  Like one with
an h_{t+1} in it, which does not exist there, it is meant for the steps before; that is listed as an assumption.  So is one
between two steps: ∂L_t/∂z_k = D_k Uᵀ ∂L_t/∂z_{k+1} is meant for k < t, since ∂L_t/∂z_{t+1} is zero.  And where nothing uses a
quantity at the last step, as the y_t of a cost Σ_{t<T} ‖y_t - r_t‖², a formula for ∂J/∂y_t is meant for the steps before.
At the other end, where the losses are ℓ_1, ..., ℓ_T, a formula for ∂L/∂h_{t-1} with ∇ℓ_{t-1} in it is meant from t = 2 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Expr, Integer
from sympy.core.basic import Basic

from ..language import Adjoint, Fun, Partial, ProductOver, Relation, SumOver, Term, Var, affine
from ..language.conditions import Given, follows, speaks_beyond, standing
from ..model import Index, Model, variables
from ..proof.existence import in_words
from ..proof.verdict import Entry
from ..reading import Claim, Reading
from ..reading.document.passages import Placed
from .claims import judged


def before_the_last(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; a recursion that fails at the last step alone is judged for the steps before."""
    model = models[claim.model]
    if entry.verdict != "refuted" or not all(isinstance(r, Reading) for r in claim.readings):
        return entry
    meant = [(r, tuple(dict.fromkeys(_before(r, model)))) for r in claim.readings if isinstance(r, Reading)]
    if len({more for _, more in meant}) > 1:  # ∂L_t/∂h_k as it stands, rather than ∂L/∂h_k
        meant = [(r, more) for r, more in meant if not r.words]
    if not meant or not all(more for _, more in meant) or len({more for _, more in meant}) > 1:
        return entry
    ends = {i.upper: i.lower for i in model.indices}
    if any(speaks_beyond((r.head, r.right), condition, ends) for r, more in meant for condition in more):
        return entry
    narrow = tuple(replace(r, conditions=(*r.conditions, *more)) for r, more in meant)
    found = judged(replace(claim, readings=narrow), model, layout)
    told = tuple(map(in_words, meant[0][1]))
    if found.verdict != "proved":
        return entry if found.verdict == "refuted" else found
    return replace(found, assumes=(*found.assumes, *told), reason=f"{found.reason} if {', '.join(told)}")


def _before(reading: Reading, model: Model) -> Iterator[Relation]:
    """t + 1 <= T for an adjoint at t + 1 on the right of one at t, if no case says it."""
    ends = {i.upper: i.lower for i in model.indices}
    here = {i for _, i, _ in _adjoints(reading.head, model)}
    for index, i, given in _adjoints(reading.right, model):
        point, offset = affine(i)
        if offset > 0 and point in here and any(point == symbol for symbol, *_ in reading.free):
            condition = Relation("<=", i, index.upper)
            if not follows(condition, given, ends):
                yield condition
    for v in _derived_by(reading.head, model):
        index, own_index = v.indices[0], model.families[v.name].indices[0]
        if any(index == symbol for symbol, *_ in reading.free) and _ends_before(model, v.name):
            yield Relation("<=", index + 1, own_index.upper)
    free = {symbol for symbol, *_ in reading.free}
    for fun, given in _functions(reading.right):
        first = _first(model, fun)
        if first is not None and affine(fun.at[0])[0] in free and affine(fun.at[0])[1] < 0:
            condition = Relation("<=", Integer(first), fun.at[0])
            if not follows(condition, given, ends):
                yield condition
    own = {(affine(above)[0], affine(below)[0]): above - below for above, below in _steps(reading.head, model)}
    for above, below in _steps(reading.right, model):
        whole = own.get((affine(above)[0], affine(below)[0]))
        if whole is not None and (above - below - whole).is_negative:
            yield Relation("<=", below, above)


def _derived_by(term: Basic, model: Model) -> Iterator[Var]:
    """The quantities at a step by which the loss is derived."""
    for part in term.atoms(Adjoint, Partial) if isinstance(term, Basic) else ():
        if isinstance(part, Adjoint) or part.num == model.loss:
            of = variables(part.args[0] if isinstance(part, Adjoint) else part.args[1])
            yield from (v for v in of if v.name in model.families and len(v.indices) == 1)


def _ends_before(model: Model, name: str) -> bool:
    """Whether no equation uses a quantity at the last step."""
    (index,) = model.families[name].indices
    ends = {i.symbol: i.upper for i in model.indices}
    used = [i for e in model.equations for i in _used(e.right, name, ends, 3)]
    return bool(used) and all((i - index.upper).is_negative for i in used)


def _used(term: Basic, name: str, ends: dict[Basic, Basic], end: int) -> Iterator[Expr]:
    """The latest (end = 3) or first (end = 2) step of every use of a quantity or function, by these ends of the letters."""
    if isinstance(term, Var | Fun) and term.name == name:
        yield from (i.xreplace(ends) for i in (term.indices if isinstance(term, Var) else term.at))
    bound = {term.args[1]: term.args[end].xreplace(ends)} if isinstance(term, SumOver | ProductOver) else {}
    for part in term.args if isinstance(term, Term) and not isinstance(term, Var) else ():
        yield from _used(part, name, {**ends, **bound}, end)


def _functions(term: Basic) -> Iterator[tuple[Fun, Given]]:
    """The functions of a single step in a term, such as ℓ_t, with the conditions under which they are named."""
    for part, given, _ in standing(term, (Fun,)) if isinstance(term, Basic) else ():
        if isinstance(part, Fun) and len(part.at) == 1:
            yield part, given


def _first(model: Model, fun: Fun) -> int | None:
    """The first step for which the equations have such a function, if that is a number."""
    starts = {i.symbol: Integer(i.lower) for i in model.indices}
    used = [i for e in model.equations for i in _used(e.right, fun.name, starts, 2)]
    return min(map(int, used)) if used and all(i.is_Integer for i in used) else None


def _steps(term: Basic, model: Model) -> Iterator[tuple[Expr, Expr]]:
    """The steps (t, k) of every ∂h_t/∂h_k in a term, by different letters."""
    for part in term.atoms(Partial) if isinstance(term, Basic) else ():
        sides = [v for v in (part.num, part.den) if isinstance(v, Var) and v.name in model.families and len(v.indices) == 1]
        steps = [v.indices[0] for v in sides]
        if len(steps) == 2 and len({affine(i)[0] for i in steps} - {None}) == 2:
            yield steps[0], steps[1]


def _adjoints(term: Basic, model: Model) -> Iterator[tuple[Index, Expr, Given]]:
    """The (index of the model, step, conditions under which it is named) of every adjoint or derivative of the loss."""
    for part, given, _ in standing(term, (Adjoint, Partial)) if isinstance(term, Basic) else ():
        if isinstance(part, Partial) and part.num != model.loss:
            continue
        for v in variables(part.args[0] if isinstance(part, Adjoint) else part.args[1]):
            family = model.families.get(v.name)
            if family is not None and len(family.indices) == len(v.indices):
                yield from ((index, i, given) for index, i in zip(family.indices, v.indices, strict=True))
