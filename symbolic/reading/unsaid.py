"""Functions that a note writes as a letter and never explains.

Such a σ is abstract: what is proved for it holds for every differentiable function.  A formula that fails for an abstract σ may
still be right for the function that its author had in mind, so each row of the table is tried in its place; the one under
which most of the note holds is named with every verdict that rests on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy.core.basic import Basic

from ..language import Apply, Fun
from ..model import Equation, Model


def unsaid(models: Sequence[Model]) -> tuple[str, ...]:
    """The names of the abstract entry by entry functions in the forward equations, in order of occurrence."""
    found: dict[str, None] = {}
    for model in models:
        for e in model.equations:
            found.update(dict.fromkeys(f.name for f in sorted(_functions(e.right), key=lambda f: f.name)))
    return tuple(found)


def _functions(term: Basic) -> set[Fun]:
    return {f for f in term.atoms(Fun) if f.kind == "elementwise"}


def meaning(models: Sequence[Model], names: Sequence[str], row: str) -> tuple[Model, ...]:
    """The models with a row of the function table in place of the abstract functions of these names."""
    return meant(models, dict.fromkeys(names, row))


def meant(models: Sequence[Model], rows: Mapping[str, str]) -> tuple[Model, ...]:
    """The models with rows of the function table in place of abstract functions: the name of a function -> its row."""

    def known(fun: Fun) -> Fun:
        return Fun(rows[fun.name], fun.order) if fun.kind == "elementwise" and fun.name in rows else fun

    def moved(model: Model) -> Model:
        equations = tuple(
            Equation(e.left, e.right.xreplace({f: known(f) for f in _functions(e.right)})) for e in model.equations
        )
        shorthands = {
            k: replace(s, term=s.term.xreplace({f: known(f) for f in _functions(s.term)})) for k, s in model.shorthands.items()
        }
        functions = {k: known(f) for k, f in model.functions.items()}
        return replace(model, equations=equations, functions=functions, shorthands=shorthands)

    return tuple(map(moved, models))


def as_identity(model: Model, name: str) -> Model:
    """The model with f(x) = x for one of its open functions, which formulas cannot name then."""

    def bare(term: Basic) -> Basic:
        if not term.args:
            return term
        args = tuple(map(bare, term.args))
        if isinstance(term, Apply) and term.fun.kind == "elementwise" and term.fun.name == name and not term.fun.order:
            return args[1]
        return term.func(*args) if args != term.args else term

    equations = tuple(Equation(e.left, bare(e.right)) for e in model.equations)
    functions = {k: f for k, f in model.functions.items() if f.name != name}
    shorthands = {k: replace(s, term=bare(s.term)) for k, s in model.shorthands.items()}
    return replace(model, equations=equations, functions=functions, shorthands=shorthands)
