r"""Names of adjoints: those that formulas and declarations give, and those that an accent makes.

Where bars denote adjoints, \bar h_t is ∂L/∂h_t, whatever h_t is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from ...model import Family, Model
from ..scripts import Name, name_of
from ..symbols import Scope, SymbolTable
from ..syntax import parse
from ..tokens import ReadError, lex
from . import build
from .build import Draft
from .declared import Declared
from .explain import adjoint
from .families import Families, Key
from .losses import with_step_loss
from .records import Decision, Occurrence
from .roles import names_of_definition, reachable


def declared_adjoints(families: Families, lines: Declared) -> tuple[set[Key], set[Key]]:
    """The names of adjoints that declarations and accents make, and the names of that whose adjoints they are."""
    told = {latex for latex, _, _ in lines.errors}
    names = {families.parsed(name).key for latex, name in lines.spoken if latex in told}
    by = {families.parsed(name).key for _, name, _ in lines.errors}
    keys = {families.parsed(o.name).key for o in families.scan.occurrences} if lines.accents else set()
    plain = {(k.letter, k.accents) for k in keys}
    for key in keys - _in_the_loss(families) if keys else ():
        for accent in key.accents & lines.accents:
            without = replace(key, accents=key.accents - {accent})
            if (without.letter, without.accents) in plain:
                names.add(key)
                by.add(without)
    return names, by


def names_of_adjoints(draft: Draft, model: Model, lines: Declared) -> tuple[dict[str, str], list[Decision], list[str]]:
    """LaTeX of each name -> the family whose adjoint it is; what was decided; what is wrong with them."""
    found: dict[str, str] = {}
    decisions, problems = [], []
    plain = replace(model, error_names={})
    loss = model.families[model.loss.name]
    for latex, target, line in build.error_names(draft, plain):
        if latex in found and found[latex] != target:
            problems.append(f"line {line}: {latex} is the name of two adjoints; only the first is used")
        elif latex not in found:
            found[latex] = target
            decisions.append(adjoint(latex, model.families[target], loss, line))
    for latex, by, top in lines.errors:
        match = SymbolTable(plain).match(by, Scope())
        if (other := of_another(plain, top)) is not None:
            problems.append(f"{latex} is declared a derivative of {other.latex}, which is not the loss")
        elif match is not None and match.pattern.kind == "family":
            found[latex] = match.pattern.target
        else:
            problems.append(f"{latex} is declared an adjoint of something that stands in no forward equation")
    for latex, target in named_by_accents(replace(plain, error_names=found), lines.accents, draft.families.scan.occurrences):
        found[latex] = target
        decisions.append(adjoint(latex, model.families[target], loss, 0))
    return found, decisions, problems


def of_another(model: Model, top: Name) -> Family | None:
    """The quantity above ∂, if it is known and not the loss: ∂L_t/∂h_t, of the loss of one step, is no adjoint either."""
    match = SymbolTable(model).match(top, Scope())
    family = model.families.get(match.pattern.target) if match is not None and match.pattern.kind == "family" else None
    return None if family is None or family.name == model.loss.name else family


def _in_the_loss(families: Families) -> set[Key]:
    """The names with which the loss is computed: what is defined with an accent there is no gradient."""
    definitions, loss = with_step_loss(families, {d.key: d for d in reversed(families.definitions)})
    if loss is None:
        return {d.key for d in families.definitions}
    forward = reachable(families, definitions, loss)
    return {*forward, *(key for d in forward.values() for _, key in names_of_definition(families, d))}


def named_by_accents(model: Model, accents: Collection[str], occurrences: Iterable[Occurrence]) -> Iterator[tuple[str, str]]:
    """(LaTeX of the name, the family whose adjoint it is) for what a note writes with an accent and the model has without."""
    if not accents:
        return
    table = SymbolTable(model)
    written = {_stem(o.name) for o in occurrences}
    for family in model.families.values():
        name = _name(family.latex)
        for accent in sorted(accents):
            if name is None or accent in name.letter.accents:
                continue
            start, end = name.letter.start, name.letter.end
            latex = rf"{family.latex[:start]}\{accent}{{{family.latex[start:end]}}}{family.latex[end:]}"
            other = _name(latex)
            if other is not None and _stem(other) in written and table.match(other, Scope()) is None:
                yield latex, family.name


def _stem(name: Name) -> tuple[str, frozenset[str]]:
    return name.letter.name, frozenset(name.letter.accents)


def _name(latex: str) -> Name | None:
    try:
        return name_of(parse(lex(latex).tokens))
    except ReadError:
        return None
