"""Pieces for formulas of a kind of their own: ∂h_t/∂W where a formula holds derivatives, r_{t,i} where it speaks of entries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import Adjoint, Apply, Entry, Hadamard, Plus, Power, Product, Term, Var, is_number, negative
from ..model import Family, Model
from ..reading.symbols import Scope
from .bench import Workbench
from .parts import Told
from .vocabulary import Item, Pieces, slopes

MOST = 160


def pieces(bench: Workbench, told: Told) -> Pieces:
    """Derivatives if the formula holds some, and the entries of vectors for the components at a site."""
    known: dict[tuple[object, ...], list[Item]] = {}

    def made(letters: tuple[Expr, ...], components: tuple[Symbol, ...] = ()) -> list[Item]:
        key = (letters, components)
        if key not in known:
            partials = _read(bench, told, letters) if r"\partial" in bench.text else iter(())
            known[key] = [*partials, *_entries(bench, told, letters, components)]
        return known[key]

    return made


def _entries(
    bench: Workbench, told: Told, letters: tuple[Expr, ...], components: tuple[Symbol, ...]
) -> Iterator[Item]:  # fmt: skip
    """Entries, errors and slopes at the components in use, and differences of a state and a label, as the note spells them."""
    model, scope = bench.model, Scope({str(x): x for x in components})
    if not components:
        return
    spelled: dict[str, str] = {}
    for term, latex in _single(bench, letters, components):
        with suppress(TypeError, ValueError):
            own = next((x for x in latex if told.read(x, scope) == term), "")
            spelled[bench.printed(term)] = own
            yield Item(term, 1.0, own)
    for term, size in _several(model, letters, components):
        with suppress(TypeError, ValueError):
            yield Item(term, size, _respelled(bench.printed(term), spelled))


def _single(
    bench: Workbench, letters: tuple[Expr, ...], components: tuple[Symbol, ...]
) -> Iterator[tuple[Term, tuple[str, ...]]]:
    """Entries of quantities and of errors, with ways to write them."""
    errors = {name: latex for latex, name in bench.model.error_names.items()}
    for variable in _placed(tuple(bench.model.families.values()), letters, (0, 1, -1)):
        legs = len(variable.rows) + len(variable.cols)
        name = bench.model.families[variable.name].latex
        plain = name.replace(r"\text", "").replace("{{", "{").replace("}}", "}")  # w_{kj} is an entry of w_{\text{kj}}
        for i in components:
            if legs == 1:
                yield Entry(variable, i), (name, f"{name}_{i}")
                if variable.name in errors:
                    error = errors[variable.name]
                    yield Entry(Adjoint(variable), i), (error, f"{error}_{i}")
            elif legs == 2:
                for j in components:
                    if i != j:
                        yield Entry(variable, i, j), (name, plain, f"{name}_{{{i}{j}}}", f"{name}_{{{i},{j}}}")


def _several(
    model: Model, letters: tuple[Expr, ...], components: tuple[Symbol, ...]
) -> Iterator[tuple[Term, float]]:  # fmt: skip
    """Slopes, and differences of states and labels."""
    placed = (_placed(model.of_role(role), letters, (0,)) for role in ("state", "label"))
    states, labels = ([v for v in some if len(v.rows) == 1 and not v.cols] for some in placed)
    for i in components:
        for state in states:
            for slope in slopes(model, model.families[state.name], letters) if not state.indices else ():
                entry = _entry_of(slope, i)
                if entry is not None:
                    yield entry, 1.5
            for label in labels:
                if label.rows == state.rows:
                    yield Plus(Entry(state, i), negative(Entry(label, i))), 2.0


def _entry_of(term: Basic, i: Symbol) -> Term | None:
    """The entry of a vector that is made entry by entry."""
    if isinstance(term, Var):
        return Entry(term, i)
    if isinstance(term, Apply) and isinstance(term.x, Var):
        return Apply(term.fun, Entry(term.x, i))
    if isinstance(term, Power) and isinstance(term.args[0], Var):
        return Power(Entry(term.args[0], i), term.args[1])
    head = {Hadamard: Product, Plus: Plus, Product: Product}.get(type(term))
    if head is None:
        return None
    parts = [a if is_number(a) else _entry_of(a, i) for a in term.args]
    return None if any(p is None for p in parts) else head(*parts)


def _respelled(latex: str, spelled: dict[str, str]) -> str:
    for printed, own in spelled.items():
        latex = latex.replace(printed, own or printed)
    return latex


def _read(bench: Workbench, told: Told, letters: tuple[Expr, ...]) -> Iterator[Item]:
    scope = Scope({str(x): x for x in letters if isinstance(x, Symbol)}, product=True)
    nums, dens = (list(_placed(bench.model.of_role(*roles), letters, at)) for roles, at in (TOPS, BOTTOMS))
    pairs = [(num, den) for num in nums for den in dens if num != den]
    pairs.sort(key=lambda pair: not _follows(bench.model, *pair))
    for num, den in pairs[: MOST // 2]:
        with suppress(TypeError, ValueError):
            text = rf"\frac{{\partial {bench.printed(num)}}}{{\partial {bench.printed(den)}}}"
            for latex, size in ((text, 1.0), (rf"\left({text}\right){bench.style.transpose}", 1.2)):
                term = told.read(latex, scope)
                if isinstance(term, Term):
                    yield Item(term, size, latex)


TOPS, BOTTOMS = (("state", "loss"), (0,)), (("state", "weight"), (0, -1))
"""What is derived and by what: roles, and steps from those in use."""


def _follows(model: Model, num: Var, den: Var) -> bool:
    """Whether one quantity is made of the other, as in the links of a chain."""
    equation = model.equation(num.name)
    return equation is not None and any(v.name == den.name for v in equation.right.atoms(Var))


def _placed(families: tuple[Family, ...], letters: tuple[Expr, ...], offsets: tuple[int, ...]) -> Iterator[Var]:
    for family in families:
        if not family.indices:
            yield family.var
        elif len(family.indices) == 1:
            yield from (family.at(letter + k) for letter in letters for k in offsets)
