"""Identities such as f'(x) = f(x)(1 - f(x)) in a function that no forward equation uses and nothing explains.

Each function of the table, or each that the sentence names, is tried; those for which the identity holds are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..language import Fun
from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading, read_claims
from ..reading.document.announced import around
from ..reading.document.passages import Placed
from ..reading.document.prose import ACTIVATIONS
from ..reading.inference.activations import BY_SLOPE
from ..reading.inference.records import Decision
from ..reading.tokens import lex
from .claims import judged


def for_every_function(entry: Entry, claim: Claim, item: Placed, models: Sequence[Model], layout: str) -> Entry:
    """The entry; of an identity in a function that nothing names the one for the functions for which it holds."""
    abstract = item.abstract
    if not abstract and entry.verdict in ("refuted", "unproved"):
        abstract = _unexplained(claim, models[claim.model])
        if not abstract and (unknown := _misfitting(claim, models[claim.model])):
            return left_open(entry, f"nothing says which function {unknown} is")
    if abstract and claim.kind == "definition" and claim.defines:  # another network, and we do not know which
        return left_open(entry, f"nothing says which function {abstract} is")
    return _tried(models, item, abstract, claim, entry, layout) if abstract else entry


def _unexplained(claim: Claim, model: Model) -> str:
    """LaTeX of a function in a claim that no forward equation uses and nothing explains, or ""."""
    used = {f.name for e in model.equations for f in e.right.atoms(Fun)}
    for reading in claim.readings:
        if isinstance(reading, Reading):
            for side in (reading.head, reading.right):
                for fun in sorted(side.atoms(Fun), key=lambda f: f.name):
                    if fun.kind == "elementwise" and fun.name not in used:
                        return next((latex for latex, f in model.functions.items() if f.name == fun.name), "")
    return ""


def _misfitting(claim: Claim, model: Model) -> str:
    """LaTeX of such a function where nothing conforms: it may be a matrix, as Σ'(z) with σ'(z) on its diagonal."""
    if any(isinstance(r, Reading) for r in claim.readings):
        return ""
    used = {f.name for e in model.equations for f in e.right.atoms(Fun)}
    unknown = {latex for latex, f in model.functions.items() if f.kind == "elementwise" and f.name not in used}
    letters = {token.text for token in lex(claim.latex).tokens}
    return next((latex for latex in sorted(unknown) if latex.partition("_")[0] in letters), "")


def _tried(models: Sequence[Model], item: Placed, abstract: str, claim: Claim, entry: Entry, layout: str) -> Entry:
    holds = []
    before = around(item.formula.lead, (), False)
    said = tuple(dict.fromkeys(a.row for a in before if a.row in ACTIVATIONS))  # "with the sigmoid instead"
    for name in said or ACTIVATIONS:
        passage = replace(item.passage, where={**item.passage.where, abstract: name})
        same = next((c for c in read_claims(models, (passage,), layout) if c.id == claim.id), None)
        if same is not None and not same.unreadable:
            result = judged(same, models[claim.model], layout)
            if result.verdict == "proved":
                holds.append((name, result))
    if not holds:
        tried = ", ".join(said or ACTIVATIONS)
        return left_open(entry, f"nothing{' else' if said else ''} says which function {abstract} is; tried: {tried}")
    words = " or ".join(f"{abstract} = {name}" for name, _ in holds)
    return replace(holds[0][1], reading="; ".join(filter(None, (words, holds[0][1].reading))))


def named_by_slope(entries: Sequence[Entry], decisions: Sequence[Decision]) -> tuple[Entry, ...]:
    """h' = 1 - h², where nothing else says what h is, holds for one function: it is named with the verdict that rests on it."""
    known = {d.subject: d.choice for d in decisions if d.why == BY_SLOPE}
    return tuple(_named(e, known) if known and e.kind == "identity" and e.verdict == "proved" else e for e in entries)


def _named(entry: Entry, known: Mapping[str, str]) -> Entry:
    words = [f"{letter} = {row}" for letter, row in known.items() if letter in entry.head]
    return replace(entry, reading="; ".join((*words, *((entry.reading,) if entry.reading else ()))) or None)
