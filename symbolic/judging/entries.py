"""A letter n that nothing explains, below fraction bars alone, as in μ = (1/n) 1ᵀ x: a number, or how many entries x has.

A formula that is wrong for an arbitrary number is judged with every size of the network in its place.  Where it is right or
open with one of them, it is not refuted; nor is it proved, since nothing in the note says that n is that size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, permutations

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import Quotient, Term, Var
from ..model import Equation, Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from ..reading.document.passages import Placed
from .claims import judged
from .labelled import differentiated, mapped, terms_of

LETTERS = frozenset("nNmMdDkKHC")
MOST = 12
"""How many choices of sizes are tried."""


def of_a_number_of_entries(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; what is refuted for a number n is judged for the sizes that n may be."""
    model = models[claim.model]
    if entry.verdict != "refuted":
        return entry
    terms = [t for r in claim.readings for t in terms_of(r)]
    names = [v.name for v in _numbers(model, terms)]
    if not names or any(differentiated(t, set(names)) for t in terms):
        return entry
    sizes = list(dict.fromkeys(s for f in model.families.values() for s in (*f.rows, *f.cols) if isinstance(s, Symbol)))
    opened = entry
    for chosen in islice(permutations(sizes, len(names)), MOST):  # no two letters for one size
        meant: dict[Basic, Basic] = {Var(name): size for name, size in zip(names, chosen, strict=True)}
        narrow = replace(claim, readings=tuple(mapped(r, lambda t, m=meant: t.xreplace(m)) for r in claim.readings))  # type: ignore[misc]
        found = judged(narrow, _with_sizes(model, meant), layout)
        told = tuple(f"{model.families[name].latex}={size}" for name, size in zip(names, chosen, strict=True))
        if found.verdict == "proved":
            say = "say which it is, as in x \\in \\mathbb{R}^n"
            return left_open(entry, f"wrong for an arbitrary number, right if {', '.join(told)}; {say}")
        if found.verdict != "refuted":
            opened = left_open(entry, f"wrong for an arbitrary number, and open for {', '.join(told)}")
    return opened


def _numbers(model: Model, terms: Sequence[Basic]) -> list[Var]:
    """The numbers that no equation gives, whose letter is one of sizes, and that stand below fraction bars alone."""
    everything = [e.right for e in model.equations] + list(terms)
    found = [
        Var(f.name) for f in model.families.values()
        if f.latex in LETTERS and not (f.rows or f.cols or f.indices) and model.equation(f.name) is None
    ]  # fmt: skip
    return [v for v in found if v not in {n for t in everything for n in _above(t)}]


def _above(term: Basic) -> Iterator[Basic]:
    """The quantities that stand anywhere but below a fraction bar."""
    if isinstance(term, Var):
        yield term
        return
    for part in term.args[:1] if isinstance(term, Quotient) else term.args if isinstance(term, Term) else ():
        yield from _above(part)


def _with_sizes(model: Model, meant: dict[Basic, Basic]) -> Model:
    names = {v.name for v in meant if isinstance(v, Var)}
    equations = tuple(Equation(e.left, e.right.xreplace(meant)) for e in model.equations)
    return replace(model, families={n: f for n, f in model.families.items() if n not in names}, equations=equations)
