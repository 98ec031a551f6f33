"""Rules of adjoints, used inside terms: δ_t by δ_{t+1}, or an adjoint that is no atom by those that are."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Integer, Symbol
from sympy.core.basic import Basic

from ..language import Adjoint, Plus, Relation, Var, Where, affine
from ..model import Model
from .letters import substituted

Rule = tuple[Var, Basic]
"""An adjoint rule: the variable at its own letters, the term its adjoint equals."""

LEVELS = 4
"""How often adjoints are taken forward so that all stand at the same step."""

Latest = Mapping[Symbol | None, int]
"""The greatest offset at which an adjoint stands after a letter."""


def replaced(model: Model, term: Basic, rules: Mapping[str, Rule], latest: Latest | None = None) -> Basic:
    """The term with every adjoint that has a rule (and stands before the latest step) replaced by its right side, once."""
    mapping = {}
    for atom in term.atoms(Adjoint):
        rule = rules.get(atom.variable.name)
        if latest is not None and atom.variable.indices:
            point, offset = affine(atom.variable.indices[0])
            rule = rule if offset < latest.get(point, offset) else None
        if rule is not None:
            own, right = rule
            moved = substituted(right, dict(zip(own.indices, atom.variable.indices, strict=True)))
            mapping[atom] = used_at(model, atom.variable, moved, atom)
    return term.xreplace(mapping) if mapping else term


def levelled(model: Model, left: Basic, right: Basic, rules: Mapping[str, Rule]) -> tuple[Basic, Basic]:
    """Both sides with all adjoints taken forward to the latest step after the same letter."""
    latest: dict[Symbol | None, int] = {}
    for atom in left.atoms(Adjoint) | right.atoms(Adjoint):
        for index in atom.variable.indices[:1]:
            point, offset = affine(index)
            latest[point] = max(offset, latest.get(point, offset))
    for _ in range(LEVELS):
        sides = tuple(replaced(model, x, rules, latest) for x in (left, right))
        if sides == (left, right):
            break
        left, right = sides
    return left, right


def used_at(model: Model, variable: Var, rule: Basic, atom: Basic) -> Basic:
    """A rule where it holds, at the steps of the model: before them the atom stays, after them there is no adjoint."""
    family = model.families[variable.name]
    conditions: list[Relation] = []
    pieces: list[Basic] = []
    for place, index in zip(variable.indices, family.indices, strict=True):
        conditions.append(Relation("<=", place, index.upper))
    for place, index in zip(variable.indices, family.indices, strict=True):
        pieces.append(Where(atom, *conditions, Relation("<", place, Integer(index.lower))))
        conditions.append(Relation("<=", Integer(index.lower), place))
    return Plus(Where(rule, *conditions), *pieces) if pieces else rule
