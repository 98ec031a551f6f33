"""Quantities of a term by what defines them: once, or a state without its own past.

A definition holds at the steps of the model (`used_at`); before them a value stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import Adjoint, Apply, Partial, ProductOver, Term, Var, affine
from ..model import Model, variables
from .adjoint_rules import Rule, used_at
from .conversion import makes_sense_before, reach_of, recurrent
from .letters import substituted

Earliest = Mapping[Symbol | None, int]
"""The least offset at which a quantity stands after a letter."""


class Definitions:
    """The definitions of a model; `states`: those linear in their own past, written out from the first step on."""

    def __init__(self, model: Model, states: Mapping[str, Rule]):
        self.model, self.states = model, states
        reach = reach_of(model)
        self.rules: dict[str, Rule] = {
            e.left.name: (e.left, e.right)
            for e in model.equations
            if e.left.indices and (not isinstance(e.right, Apply) or makes_sense_before(model, reach, e))
        }
        self.leading = _leading_to(states, self.rules, recurrent(model))

    def once(self, term: Basic, earliest: Earliest | None = None) -> Basic:
        """The term with recurrent quantities that are no value of a function replaced by their definitions, once.

        `earliest`: only those later after a letter than this offset.
        """
        if not isinstance(term, Var) or term.name not in self.rules:
            return _inside(term, lambda a: self.once(a, earliest))
        if earliest is not None:
            point, offset = affine(term.indices[0])
            if offset <= earliest.get(point, offset):
                return term
        return used_at(self.model, term, _moved(self.rules[term.name], term), term)

    def unrolled(self, term: Basic) -> Basic:
        """The term with states that are linear in their own past written out, also where other definitions lead to them."""
        if not isinstance(term, Var):
            return _inside(term, self.unrolled)
        if term.name in self.states:
            return used_at(self.model, term, _moved(self.states[term.name], term), term)
        if term.name not in self.leading:
            return term
        return used_at(self.model, term, self.unrolled(_moved(self.rules[term.name], term)), term)


def earliest(sides: Iterable[Basic], names: Iterable[str]) -> dict[Symbol | None, int]:
    """The least offset after each letter at which one of the families stands."""
    known, found = set(names), dict[Symbol | None, int]()
    for side in sides:
        for v in side.atoms(Var):
            if v.name in known and v.indices:
                point, offset = affine(v.indices[0])
                found[point] = min(offset, found.get(point, offset))
    return found


def _moved(rule: Rule, variable: Var) -> Basic:
    """The right side of a rule at another index."""
    own, right = rule
    return substituted(right, dict(zip(own.indices, variable.indices, strict=True)))


def _inside(term: Basic, change: Callable[[Basic], Basic]) -> Basic:
    """The term with its operands changed; what stands in a derivative, a function or an ordered product stays."""
    if not isinstance(term, Term) or isinstance(term, (Var, Adjoint, Apply, Partial, ProductOver)):
        return term
    args = [change(a) for a in term.args]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)


def _leading_to(states: Mapping[str, Rule], rules: Mapping[str, Rule], fixed: frozenset[str]) -> frozenset[str]:
    """Families that need one of the states and can be replaced by their definitions, which end: they are on no circle."""
    found: set[str] = set()
    more = set(states)
    while more:
        known = found | set(states)
        others = {n: right for n, (_, right) in rules.items() if n not in known | fixed}
        more = {n for n, right in others.items() if any(v.name in known for v in variables(right))}
        found |= more
    return frozenset(found)
