"""Which function a letter stands for that a note never explains.

A σ that nothing explains is any differentiable function.  A formula that fails for it may still be right for the function that
its author had in mind: each row of the table is tried, and the one under which most of the note holds is named with every
verdict that rests on it.  Where several rows make equally many formulas hold and disagree about one, nothing fixes its verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..language import Fun
from ..model import Model
from ..proof.verdict import Entry
from ..reading import Claim, Reading, read_claims
from ..reading.document.announced import around
from ..reading.document.passages import Placed
from ..reading.document.prose import ACTIVATIONS
from ..reading.inference.activations import BY_SLOPE
from ..reading.inference.records import Decision
from ..reading.unsaid import meaning, unsaid
from .claims import judged

CANDIDATES = ("sigmoid", "tanh")
"""Rows that an unexplained letter may stand for: those whose slope people write as h ∘ (1 - h) and 1 - h².  No other: the
slope of a step is 0, that of ReLU is lost where units are active, and a formula would hold for the wrong reason."""

USUAL = {"sigma": "sigmoid"}
"""What a letter means by convention."""

Entries = tuple[Entry, ...]


def with_functions_found(
    models: Sequence[Model], items: Sequence[Placed], entries: Entries, check: Callable[[Sequence[Model]], Entries]
) -> Entries:
    """The verdicts for the functions that the note must mean, where formulas fail for its letters as any function.

    `check` gives the verdicts under other models.
    """
    names = list(unsaid(models))
    if not names or all(e.verdict in ("proved", "accepted") for e in entries):
        return entries
    trials = {row: check(meaning(models, names, row)) for row in CANDIDATES}
    trials = {row: trial for row, trial in trials.items() if len(trial) == len(entries)}
    most = max(map(_proved, trials.values()), default=0)
    if most <= _proved(entries):
        return entries
    best = {row: trial for row, trial in trials.items() if _proved(trial) == most}
    words = {row: ", ".join(f"{name} = {row}" for name in names) for row in best}
    if any(_primed(models, items, n) and USUAL.get(n) not in best for n in names):
        # who writes f' may mean any f: a formula that fails for some is right for one of them only
        best, words = {"": entries, **best}, {"": "any function", **words}
    return tuple(_chosen(old, {words[row]: trial[i] for row, trial in best.items()}) for i, old in enumerate(entries))


def _chosen(old: Entry, found: dict[str, Entry]) -> Entry:
    """What is said of one '=' for the functions under which most of the note holds."""
    verdicts = {words: e.verdict for words, e in found.items()}
    if len(set(verdicts.values())) > 1:
        told = ", ".join(f"{verdict} if {words}" for words, verdict in verdicts.items())
        reason = f"nothing says which function is meant: {told}"
        return replace(old, verdict="unreadable", reason=reason, step=None, cause=None, counterexample=None, proof=None)
    new = next(iter(found.values()))
    if new.verdict == old.verdict:
        return old
    return replace(new, reading="; ".join(filter(None, (" or ".join(found), new.reading))))


def named_by_slope(entries: Entries, decisions: Sequence[Decision]) -> Entries:
    """h' = 1 - h², where nothing else says what h is, holds for one function: it is named with the verdict that rests on it."""
    known = {d.subject: d.choice for d in decisions if d.why == BY_SLOPE}
    return tuple(_named(e, known) if known and e.kind == "identity" and e.verdict == "proved" else e for e in entries)


def _named(entry: Entry, known: Mapping[str, str]) -> Entry:
    words = [f"{letter} = {row}" for letter, row in known.items() if letter in entry.head]
    return replace(entry, reading="; ".join((*words, *((entry.reading,) if entry.reading else ()))) or None)


def _primed(models: Sequence[Model], items: Sequence[Placed], name: str) -> bool:
    """Whether a note writes σ'."""
    spelled = {latex for m in models for latex, fun in m.functions.items() if fun.name == name}
    marks = ("'", "^{\\prime", "^\\prime")
    return any(f"{latex}{mark}" in item.passage.latex for latex in spelled for item in items for mark in marks)


def _proved(entries: Sequence[Entry]) -> int:
    return sum(e.verdict in ("proved", "proved-given") for e in entries)


def unexplained(claim: Claim, model: Model) -> str:
    """LaTeX of a function in a claim that no forward equation uses and nothing explains, or ""."""
    used = {f.name for e in model.equations for f in e.right.atoms(Fun)}
    for reading in claim.readings:
        if isinstance(reading, Reading):
            for side in (reading.head, reading.right):
                for fun in sorted(side.atoms(Fun), key=lambda f: f.name):
                    if fun.kind == "elementwise" and fun.name not in used:
                        return next((latex for latex, f in model.functions.items() if f.name == fun.name), "")
    return ""


def for_every_function(
    models: Sequence[Model], item: Placed, abstract: str, claim: Claim, entry: Entry, layout: str
) -> Entry:
    """An identity in a function that nothing names, tried for each function of the table."""
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
        reason = f"nothing{' else' if said else ''} says which function {abstract} is; tried: {tried}"
        return replace(entry, verdict="unreadable", reason=reason, step=None, cause=None, counterexample=None)
    words = " or ".join(f"{abstract} = {name}" for name, _ in holds)
    return replace(holds[0][1], reading="; ".join(filter(None, (words, holds[0][1].reading))))
