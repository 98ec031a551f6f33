"""A model as kernels take it: sums over the entries of vectors by these vectors, and x as data.

    Σ_k y_k log p_k = yᵀ log p        Σ_k (o_k - t_k)² = |o - t|²        Σ_k f(a_k) b_k c_k = 1ᵀ (f(a) ∘ b ∘ c)

Sums over steps and samples stay, and so does what is no sum of such columns.  A network without steps is for one example: the
x that it starts from, for which a derivation takes derivatives as for any other leaf, is another one for every sample.  The x
of f = xᵀ A x + bᵀ x, which the loss itself is of, is what is sought, and stays a parameter.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sympy import Integer
from sympy.core.basic import Basic

from .. import language as L
from ..language.columns import NoVector, column_of, depends
from ..model import Equation, Family, Model, variables

EXAMPLE = re.compile(r"x(_[a-z0-9]+)?")
"""The names of an example: x, x_1, x_a."""


def for_kernels(model: Model) -> Model:
    """The model that says the same of arrays; the model itself where nothing is to be said otherwise."""
    legs = {leg for f in model.families.values() for leg in (*f.rows, *f.cols)} - {i.upper for i in model.indices}
    equations = tuple(Equation(e.left, _written(e.right, legs)) for e in model.equations)
    whole = {v.name for e in model.equations if e.left == model.loss for v in variables(e.right)}
    examples = set() if model.indices else model.families.keys() - whole
    families = {name: _as_data(f) if name in examples else f for name, f in model.families.items()}
    if equations == model.equations and families == model.families:
        return model
    return replace(model, equations=equations, families=families)


def _as_data(family: Family) -> Family:
    """x as data, (B, n) for a column or row of n entries."""
    alone = len(family.rows) + len(family.cols) == 1
    return replace(family, role="input") if family.role == "weight" and alone and EXAMPLE.fullmatch(family.name) else family


def _written(term: Basic, legs: set[Basic]) -> Basic:
    if not isinstance(term, L.Term) or isinstance(term, L.Var):
        return term
    args = [_written(a, legs) for a in term.args]
    same = all(a is b for a, b in zip(args, term.args, strict=True))
    node = term if same else term.func(*args)
    if not isinstance(node, L.SumOver) or node.args[2] != Integer(1) or node.args[3] not in legs or len(node.args[4]):
        return node
    try:
        return _of_columns(node)
    except NoVector:
        return node


def _of_columns(term: L.SumOver) -> Basic:
    """The sum by the columns of its factors.  Raises `NoVector`."""
    body, k, _, size = term.args[:4]
    if isinstance(body, L.Plus):
        return L.Plus(*(_of_columns(L.SumOver(a, k, 1, size)) for a in body.args))
    factors = body.args if isinstance(body, (L.Product, L.Hadamard)) else (body,)
    outside, inside = ([f for f in factors if depends(f, k) is said] for said in (False, True))
    columns = [column_of(f, k) for f in inside]
    if any(L.shape_of(c) != ((size,), ()) for c in columns):
        raise NoVector(f"{term} runs over something else")
    return L.Product(*outside, _summed(columns, size)) if outside else _summed(columns, size)


def _summed(columns: list[Basic], size: Basic) -> Basic:
    """The sum over the entries of the product of columns, entry by entry."""
    if len(columns) == 2:
        return L.Product(L.Transpose(columns[0]), columns[1])
    if not columns:
        return L.Total(L.Filled(1, (size,)))
    column = columns[0] if len(columns) == 1 else L.Hadamard(*columns)
    if isinstance(column, L.Power) and column.args[1] == Integer(2):
        return L.NormSquared(column.args[0])
    return L.Total(column)
