"""Declarations beside a forward model that is given: names of functions and adjoints are added, the rest is compared.

Roles and shapes belong to the model; a declaration that contradicts it is said to, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...language import Fun
from ...model import Assumption, Family, Model
from ..records import Passage
from ..scripts import Name
from ..symbols import Scope, SymbolTable
from .adjoints import named_by_accents, of_another
from .declared import Declared, declared
from .records import Occurrence
from .scan import scan


def with_declarations(
    models: Sequence[Model], lines: Sequence[tuple[str, str]], accents: frozenset[str] = frozenset(),
    passages: Sequence[Passage] = (),
) -> tuple[tuple[Model, ...], tuple[str, ...]]:  # fmt: skip
    """The models with what the lines of a block add to them, and what the lines cannot change.

    `accents`: those that name gradients, of what the `passages` write with them.
    """
    said = declared((), lines, accents=accents)
    if not lines and not accents:
        return tuple(models), ()
    problems = [*said.problems]
    result = []
    occurrences = scan(passages).occurrences if accents else []
    for model in models:
        model, told = _added(model, said, occurrences)
        problems += [*told, *_contradictions(model, said)]
        result.append(model)
    for latex, name in said.spoken:
        if not any(SymbolTable(m).match(name, Scope()) for m in result):
            problems.append(f"{latex} is declared, but stands in no forward equation that --model gives")
    return tuple(result), tuple(dict.fromkeys(problems))


def _family(model: Model, name: Name) -> Family | None:
    match = SymbolTable(model).match(name, Scope())
    return model.families.get(match.pattern.target) if match is not None and match.pattern.kind == "family" else None


def _added(model: Model, said: Declared, occurrences: Sequence[Occurrence]) -> tuple[Model, list[str]]:
    """The model with functions, adjoints and sums of labels as declared."""
    problems = []
    functions = {**model.functions, **{latex: Fun(row) for latex, row in said.functions.items()}}
    errors = dict(model.error_names)
    for latex, by, top in said.errors:
        family = _family(model, by)
        if (other := of_another(model, top)) is not None:
            problems.append(f"{latex} is declared a derivative of {other.latex}, which is not the loss")
        elif family is None:
            problems.append(f"{latex} is declared an adjoint of something that stands in no forward equation")
        else:
            errors[latex] = family.name
    errors |= dict(named_by_accents(replace(model, error_names=errors), said.accents, occurrences))
    sums = [f.name for name in said.sums if (f := _family(model, name)) is not None and f.role == "label"]
    known = {a.family for a in model.assumptions}
    more = tuple(Assumption("sum_to_one", n, f"sum({n})=1") for n in sums if n not in known)
    whole = replace(model, functions=functions, error_names=errors, assumptions=(*model.assumptions, *more))
    try:
        SymbolTable(whole)
    except ValueError as error:
        return model, [*problems, f"the declarations clash with the names of the forward model: {error}"]
    return whole, problems


def _contradictions(model: Model, said: Declared) -> Iterator[str]:
    fixed = "the forward model that is given fixes roles and shapes"
    for name, role in said.roles:
        family = _family(model, name)
        if family is not None and family.role != role:
            yield f"{family.latex} is declared {role}, but it is {family.role}; {fixed}"
    for name, kinds in said.kinds:
        family = _family(model, name)
        if family is not None and _kind(family) not in kinds:
            yield f"{family.latex} is declared {' or '.join(kinds)}, but it is a {_kind(family)}; {fixed}"
    for name, sides, _ in said.shapes:
        family = _family(model, name)
        own = (bool(family.rows), bool(family.cols)) if family is not None else ()
        if family is not None and not _fits(own, sides):
            yield f"{family.latex} is declared a {'×'.join(str(s or 1) for s in sides)}, but it is a {_kind(family)}; {fixed}"


def _fits(own: tuple[bool, ...], sides: tuple) -> bool:
    """Whether sides fit: ℝ^n is a row or a column."""
    if len(sides) == 1:
        return sum(own) == bool(sides[0])
    return own == tuple(side != 0 for side in sides)


def _kind(family: Family) -> str:
    return {(False, False): "scalar", (True, False): "column", (False, True): "row"}.get(
        (bool(family.rows), bool(family.cols)), "matrix"
    )
