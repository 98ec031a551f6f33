"""Verdicts where no formula says what the loss is, so that it is any loss of the outputs (see `reading.inference.anyloss`).

    proved    for any loss, hence for the one that is meant
    refuted   only if the formula can hold for any loss: every term is linear in the derivatives of the loss (a formula such
              as p − 1 speaks of a loss of its own), and it fails as well where only the last step has a loss, and is not the
              share of one step in the gradient of a weight
    else      unreadable, and it is said what is missing; so is a formula for the loss that is not understood as its definition
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sympy.core.basic import Basic

from ..language import Adjoint, Apply, Filled, Hadamard, Partial, Plus, Product, Quotient, SumOver, Var
from ..model import Equation, Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from ..reading.document.passages import Placed
from .claims import judged


def under_any_loss(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry, where the loss of its model is not known."""
    model = models[claim.model]
    readings = [r for r in claim.readings if isinstance(r, Reading)]
    if model.any_loss and entry.verdict == "refuted" and any(_is_of_loss(r.head, model) for r in readings):
        return left_open(entry, "no formula that is understood says what the loss is; this one is left out of the model")
    if not model.any_loss or not any(_speaks(side, model) for r in readings for side in (r.head, r.right)):
        return entry
    if entry.verdict in ("proved", "proved-given"):
        return replace(entry, reading="; ".join(filter(None, (entry.reading, model.any_loss))))
    if entry.verdict != "refuted":
        return entry
    why = ""
    if not all(_is_zero(side) or _degree(side, model) == 1 for r in readings for side in (r.head, r.right)):
        why = "what it says depends on the loss"
    elif " and " in model.any_loss:
        why = "it is not clear what it is a loss of"
    elif judged(claim, only_last(model), layout).verdict == "proved":
        why = "it holds where only the last step has a loss, and not where every step has one"
    elif any(_is_share(r) for r in readings):
        why = "it may mean the share of one step, not the whole gradient"
    if not why:
        return replace(entry, reading="; ".join(filter(None, (entry.reading, model.any_loss))))
    return left_open(entry, f"no formula says what the loss is, and {why}")


def _is_of_loss(head: Basic, model: Model) -> bool:
    """Whether a formula for the loss itself, or for that of one step, begins so."""
    return isinstance(head, Var) and head.name in losses(model)


def only_last(model: Model) -> Model:
    """The model in which only the last step has a loss."""
    equations = tuple(
        Equation(e.left, _last(e.right)) if e.left == model.loss else e for e in model.equations
    )
    return replace(model, equations=equations, any_loss="")


def _last(term: Basic) -> Basic:
    if isinstance(term, SumOver):
        body, index, _, upper, *rest = term.args
        return SumOver(body, index, upper, upper, *rest)
    if isinstance(term, (Plus, Product)):
        return term.func(*(_last(a) for a in term.args))
    return term


def _is_zero(term: Basic) -> bool:
    return bool(term == 0) or (isinstance(term, Filled) and bool(term.args[0] == 0))


def losses(model: Model) -> set[str]:
    """The names of the loss and of the losses of its parts."""
    parts = {v.name for e in model.equations if e.left == model.loss for v in e.right.atoms(Var)}
    return {model.loss.name} | {n for n in parts if model.families[n].var.shape == ((), ())}


def _speaks(term: Basic, model: Model) -> bool:
    """Whether a derivative of the loss stands in a term."""
    return _degree(term, model) != 0


def _degree(term: Any, model: Model) -> int | None:
    """The degree of a term in the derivatives of the loss, None where it has none."""
    if isinstance(term, Adjoint):
        return 1
    if isinstance(term, Partial):
        return int(isinstance(term.num, Var) and term.num.name in losses(model))
    if not isinstance(term, Basic) or isinstance(term, Var) or not term.args:
        return 0
    degrees = [_degree(a, model) for a in term.args]
    if None in degrees:
        return None
    known = [d for d in degrees if d is not None]
    if isinstance(term, Plus):
        return known[0] if len(set(known)) == 1 else None
    if isinstance(term, (Product, Hadamard)):
        return sum(known)
    if isinstance(term, (Apply, Quotient)) and any(known[1:] if isinstance(term, Quotient) else known):
        return None
    return sum(known)


def _is_share(reading: Reading) -> bool:
    """∂L/∂W = δ_t xᵀ_t: the gradient of a weight, and a step that is free on the right alone."""
    by = reading.head.variable if isinstance(reading.head, Adjoint) else getattr(reading.head, "den", None)
    weight = isinstance(by, Var) and not by.indices
    return weight and any(symbol in reading.right.free_symbols for symbol, *_ in reading.free)
