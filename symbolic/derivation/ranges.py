"""Conditions decided where the ranges of the letters decide them; adjoints beyond the last step are zero."""

from __future__ import annotations

from sympy import Integer
from sympy.core.basic import Basic

from ..language import Adjoint, Relation, Term, Var, Where
from ..model import Model
from .algebra import Algebra
from .moving import BINDERS, Ranges, at_most, truth
from .tidy import tidy


def ranges_of(model: Model) -> dict:
    """t = lower .. T for every index of the model, and T at least the first step."""
    ranges: dict = {}
    for i in model.indices:
        ranges[i.symbol] = (Integer(i.lower), i.upper)
        ranges[i.upper] = (Integer(i.lower), None)
    return ranges


def resolved(term: Basic, model: Model, ranges: Ranges, k: Algebra) -> Basic:
    """The term without the conditions and adjoints that the ranges decide."""
    memo: dict[Basic, Basic] = {}

    def walk(node: Basic) -> Basic:
        if not isinstance(node, Term) or isinstance(node, Var):
            return node
        if node not in memo:
            memo[node] = changed(node)
        return memo[node]

    def changed(node: Term) -> Basic:
        if isinstance(node, Adjoint):
            return k.zero(node) if beyond(node.variable) else node
        if isinstance(node, BINDERS):
            body, letter, lower, upper, *rest = node.args
            inner = resolved(body, model, {**ranges, letter: (lower, upper)}, k)
            return node if inner == body else tidy(node.func(inner, letter, lower, upper, *rest), k)
        if isinstance(node, Where):
            truths = [truth(c, ranges) for c in node.args[1:]]
            if False in truths:
                return k.zero(node)
            left = [c for c, t in zip(node.args[1:], truths, strict=True) if t is None]
            return k.where(walk(node.args[0]), *left)
        args = [walk(a) for a in node.args]
        return node if all(a is b for a, b in zip(args, node.args, strict=True)) else tidy(node.func(*args), k)

    def beyond(variable: Var) -> bool:
        family = model.families.get(variable.name)
        own = family.indices if family else ()
        return any(at_most(i.upper, e, ranges, 1) for e, i in zip(variable.indices, own, strict=True))

    return walk(term)


def guarded(term: Basic, variable: Var, model: Model, k: Algebra, ranges: Ranges) -> Basic:
    """A rule used at an index that may lie outside the range of its family: zero there."""
    conditions = []
    for e, i in zip(variable.indices, model.families[variable.name].indices, strict=True):
        conditions += [Relation("<=", Integer(i.lower), e), Relation("<=", e, i.upper)]
    return k.where(term, *(c for c in conditions if truth(c, ranges) is not True))
