"""L = -log p_k, k the right class: the index of the loss as a label of which one entry is 1 (see `reading.chosen`).

Only where the loss has one free index and no label: a note that has both, as L = -y_k log p_k, leaves a sum out.  Nor where a
sum runs over the same entries, as in -log σ(s_o) - Σ_k log σ(-s_k): there s_o may be one of them, or none.  log Σ_j exp s_j is
known to run over all classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Symbol
from sympy.core.basic import Basic

from ...language import Apply, Entry, Plus, Product, SumOver, Term, Transpose
from ...language.columns import NoVector, column_of, depends
from ...model import Chosen, Equation, Family, Model, variables
from ..meaning import free_indices


def with_chosen_entry(model: Model, equations: Sequence[Equation]) -> tuple[Model, list[Equation]]:
    """The model with a label for the free index of its loss, if the loss takes one entry of what has no label."""
    equations = list(equations)
    loss = next((e for e in equations if e.left == model.loss), None)
    letters = set(_entries(model, loss.right)) if loss is not None else set()
    if loss is None or len(letters) != 1 or _labels(model, loss.right):
        return model, equations
    (k,) = letters
    sizes = set(_sizes(loss.right, k))
    name = f"e_{k}"
    if len(sizes) != 1 or name in model.families or any(f.latex.startswith("e") for f in model.families.values()):
        return model, equations
    terms = loss.right.args if isinstance(loss.right, Plus) else (loss.right,)
    taken = [t for t in terms if depends(t, k)]
    rest = [t for t in terms if not depends(t, k)]
    if set(_taken_of(loss.right, k)) & {v.name for t in rest for part in _sums(t) for v in variables(part)}:
        return model, equations
    try:
        column = _plus([column_of(t, k) for t in taken])
    except NoVector:
        return model, equations
    size = sizes.pop()
    new = [Family(name, "label", (size,), (), (), f"e_{{{k}}}"), Family(f"{name}_losses", "state", (size,), (), (), LOSSES)]
    added = [Equation(new[1].var, column)]
    right: Basic = Product(Transpose(new[0].var), column)
    if rest:
        new.append(Family(f"{name}_rest", "state", (), (), (), REST))
        added.append(Equation(new[2].var, _plus(rest)))
        right = Plus(right, *rest)
    families = {**model.families, **{f.name: f for f in new}}
    known = replace(model, families=families, chosen={str(k): Chosen(*(f.name for f in new))})
    return known, [*(replace(e, right=right) if e is loss else e for e in equations), *added]


LOSSES, REST = r"\text{losses}", r"\text{rest}"
"""How the vector v and the number r of L = v_k + r are shown."""


def _sums(term: Basic) -> Iterator[Basic]:
    """The sums over components in a term, but for log Σ exp."""
    logarithm = isinstance(term, Apply) and term.fun.name == "log" and isinstance(term.x, SumOver)
    if logarithm and isinstance(term.x.args[0], Apply) and term.x.args[0].fun.name == "exp":
        return
    if isinstance(term, SumOver):
        yield term
    for a in term.args:
        if isinstance(a, Term):
            yield from _sums(a)


def _taken_of(term: Basic, k: Symbol) -> Iterator[str]:
    """The names of what an index takes an entry of."""
    if isinstance(term, Entry) and term.args[1:] == (k,) and isinstance(term.args[0], Term):
        yield from (v.name for v in variables(term.args[0]))
    for a in term.args:
        if isinstance(a, Basic):
            yield from _taken_of(a, k)


def _plus(terms: list[Basic]) -> Basic:
    return terms[0] if len(terms) == 1 else Plus(*terms)


def _entries(model: Model, right: Basic) -> Iterator[Symbol]:
    sizes = {s for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}
    yield from (s for kind, s in free_indices(right) if kind == "component" and s not in sizes)


def _labels(model: Model, right: Basic) -> bool:
    return any(model.families[v.name].role == "label" for v in variables(right))


def _sizes(term: Basic, k: Symbol) -> Iterator[Basic]:
    """The sizes of what an index takes an entry of."""
    if isinstance(term, Entry) and term.args[1:] == (k,) and isinstance(term.args[0], Term):
        yield from (leg for side in term.args[0].shape for leg in side)
    for a in term.args:
        if isinstance(a, Basic):
            yield from _sizes(a, k)
