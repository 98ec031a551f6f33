"""A loss that takes one entry of a vector, L = -log p_k with k the right class: its class as a label that holds one 1.

The index k that stands free in the loss is a label e_k, of which only one entry is 1, and the loss is linear in it:
    f(p_k) → e_kᵀ f(p)        δ_{jk}, 1{j = k} → (e_k)_j        a if j = k, else b → (e_k)_j a + (1 - (e_k)_j) b
A formula in which no derivative of the loss stands holds for every k: there k is an index as any other.
"""

from __future__ import annotations

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import (
    Adjoint,
    Diag,
    DiagPart,
    Entry,
    Hadamard,
    Partial,
    Plus,
    Product,
    Quotient,
    Relation,
    Reshape,
    SumOver,
    Term,
    Total,
    Trace,
    Transpose,
    Unit,
    Var,
    Vec,
    Where,
    is_scalar,
    negative,
)
from ..language.columns import NoVector, column_of, depends
from ..model import Model, variables

MAPPED = (Plus, Product, Hadamard, Quotient, Transpose, Entry)
"""Heads whose operands may be replaced one by one."""


class NotChosen(ValueError):
    """A term in which the index of the chosen entry stands in another way; the message says so."""


def with_chosen(model: Model, head: Basic, right: Basic, previous: Basic | None) -> tuple[Basic, Basic, Basic | None]:
    """The sides of an equation with the model's label for the index that its loss chooses.

    Where that would make the label stand twice in a product, the loss is taken for each k instead: ∂L/∂z_k as ∂v_k/∂z_k.
    """
    if not model.chosen or not (_of_the_loss(model, head) or _of_the_loss(model, right)):
        return head, right, previous
    ((letter, chosen),) = model.chosen.items()
    k, label = Symbol(letter), model.families[chosen.label].var
    try:
        sides = by_label(head, k, label), by_label(right, k, label)
        if all(degree(model, s) < OFTEN for s in sides):
            return *sides, _by_label(previous, k, label)
    except NotChosen:
        pass
    return for_each(model, head), for_each(model, right), None if previous is None else for_each(model, previous)


def _by_label(term: Basic | None, k: Symbol, label: Var) -> Basic | None:
    try:
        return None if term is None else by_label(term, k, label)
    except NotChosen:
        return None


def _of_the_loss(model: Model, term: Basic) -> bool:
    names = {model.loss.name, *(c.label for c in model.chosen.values())}
    return term.has(Adjoint) or any(v.name in names for v in variables(term))


def for_each(model: Model, term: Basic) -> Basic:
    """The term with v_k + r for the loss: true for every k."""
    ((letter, chosen),) = model.chosen.items()
    k, label = Symbol(letter), model.families[chosen.label]
    parts = [Entry(model.families[chosen.entries].var, k), *([model.families[chosen.rest].var] if chosen.rest else [])]
    if isinstance(term, Var):
        return _plus(parts) if term == model.loss else Unit(k, label.rows[0]) if term.name == label.name else term
    if isinstance(term, Adjoint):
        return _plus([Partial(p, term.variable) for p in parts])
    if isinstance(term, Partial) and term.num == model.loss:
        return _plus([Partial(p, *term.args[1:]) for p in parts])
    if not isinstance(term, Term):
        return term
    return term.func(*(for_each(model, a) if isinstance(a, Term) else a for a in term.args))


def _plus(parts: list[Basic]) -> Basic:
    return parts[0] if len(parts) == 1 else Plus(*parts)


OFTEN = 2
"""More than once."""

LINEAR = (Plus, Transpose, Entry, Where, SumOver, Diag, DiagPart, Trace, Total, Vec, Reshape)
"""Heads that are linear in their operands, of which at most one holds the label where it is not a sum."""


def degree(model: Model, term: Basic) -> int:
    """How often the label stands in a product, at most `OFTEN`; the loss and its derivatives are linear in it."""
    if isinstance(term, Var | Adjoint):
        return int(_of_the_loss(model, term))
    parts = [degree(model, a) for a in term.args]
    if isinstance(term, Product | Hadamard):
        return min(OFTEN, sum(parts))
    if isinstance(term, Quotient):
        return OFTEN if parts[1] else parts[0]
    return max(parts, default=0) if isinstance(term, (*LINEAR, Partial)) else OFTEN if any(parts) else 0


def by_label(term: Basic, k: Symbol, label: Var) -> Basic:
    """The term with the label for its index k.  Raises `NotChosen`."""
    if not depends(term, k):
        return term
    if isinstance(term, Plus):
        return Plus(*(by_label(t, k, label) for t in term.args))
    if isinstance(term, Unit) and term.args[0] == k:
        return label
    if isinstance(term, Where) and len(term.args) == 2 and not depends(term.args[0], k):
        return _case(term, k, label)
    if is_scalar(term):
        try:
            return Product(Transpose(label), column_of(term, k))
        except NoVector:
            pass
    if isinstance(term, SumOver) and not any(depends(a, k) for a in term.args[1:]):
        return SumOver(by_label(term.args[0], k, label), *term.args[1:])
    if isinstance(term, MAPPED) and not (isinstance(term, Entry) and any(depends(a, k) for a in term.args[1:])):
        return term.func(*(by_label(a, k, label) if depends(a, k) else a for a in term.args))
    told = f"{k} is the entry that the loss takes, and how it stands here is not understood"
    raise NotChosen(f"{told}; write e_{{{k}}} or δ_{{j{k}}}")


def _case(term: Where, k: Symbol, label: Var) -> Basic:
    value, relation = term.args
    assert isinstance(relation, Relation)
    op, left, right = relation.op, relation.args[1], relation.args[2]
    other = right if left == k else left
    if op not in ("=", "!=") or k not in (left, right) or depends(other, k):
        raise NotChosen(f"a condition on {k}, the entry that the loss takes, is understood only as j = {k} or j ≠ {k}")
    here = Entry(label, other)
    return Product(here if op == "=" else Plus(1, negative(here)), value)
