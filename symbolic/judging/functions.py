"""Which functions the letters of the forward pass stand for that a note never explains.

A σ that nothing explains is any differentiable function, or one that is usual for such a letter.  Both are readings of the
whole note: a *meaning* gives some of its letters a row of the table and leaves the others open.

    found       the meaning under which most formulas of the note are proved, the most general where several are as good; what
                a verdict needs of it is named, and the models hold it from then on (repairs, counterexamples, --model)
    open        where several are as good and disagree about a formula, nothing fixes its verdict
    refuted     only what is wrong in every meaning.  What is right in another meaning than the one found is refuted only if at
                least two formulas more speak for the one found; one formula alone shows nothing.  Else it is unreadable.
                Where letters have more meanings than are tried, nothing is wrong in every one
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from ..language import FUNCTIONS, SCALAR, Apply, Fun, ShapeError, Var, shape_of
from ..model import Model
from ..model.check import ModelError, checked
from ..proof.verdict import Entry, left_open
from ..reading.inference.explain import function
from ..reading.inference.labels import assumptions
from ..reading.inference.records import Decision
from ..reading.unsaid import as_identity, meant, unsaid
from .anyloss import losses
from .claims import judged
from .general import Judge, Proofs

OF_ENTRIES, OF_VECTORS = ("sigmoid", "tanh"), ("softmax",)
"""Rows that an unexplained letter may stand for: those whose slope people write as h ∘ (1 - h) and 1 - h², and for a letter
whose values the loss is taken of softmax.  No other: the slope of a step is 0, that of ReLU is lost where units are active,
and a formula would hold for the wrong reason."""

OF_INDICATORS = ("relu",)
"""Rows that it may stand for as well where a note writes an indicator, 1(z > 0), which says where units are active."""

_INDICATOR = re.compile(r">\s*0|\\gt\s*0|\\geq?\s*0|\bstep\b|[Hh]eaviside")

USUAL = {"sigma": "sigmoid"}
"""What a letter means by convention."""

MOST = 48
"""Meanings that are tried, enough for three letters; where there are more, those that give all letters one row."""

TOO_MANY = "nothing says which functions {} are, and it was not tried with all that they may be"

MARGIN = 2
"""How many formulas more must speak for a meaning than for another in which a formula is right that it refutes."""

RIGHT = ("proved", "proved-given")

Entries = tuple[Entry, ...]
Meaning = tuple[tuple[str, str], ...]
"""(name of a function, row), in the order of the names; a name that is missing stays open."""


@dataclass(frozen=True)
class Found:
    """The verdicts, and the models with the functions that the note must mean."""

    entries: Entries
    models: tuple[Model, ...]
    rows: Mapping[str, str]


def with_functions(
    models: Sequence[Model], texts: Sequence[str], check: Callable[[Sequence[Model], Judge], Sequence[Entry]], finds: bool,
    closed: Container[str] = (),
) -> Found:  # fmt: skip
    """The verdicts, where letters of the models are open; `check` gives those under other models, by the judge it is given.

    `finds`: whether the formulas (`texts`) belong to the note of the models, so that they show what its letters mean.
    `closed`: names of functions that the note describes as something that is not in the table.
    """
    proofs = Proofs()
    entries, names = tuple(check(models, proofs.general)), tuple(n for n in unsaid(models) if n not in closed)
    settled = (*RIGHT, "accepted") if finds else (*RIGHT, "accepted", "unproved", "unreadable")
    if not names or all(e.verdict in settled for e in entries):
        return Found(entries, tuple(models), {})
    trials: dict[Meaning, Entries] = {(): entries}
    rows_of = _rows(models, texts, names)
    for meaning, other in _meanings(models, rows_of):
        of_entries = all(row in OF_ENTRIES for _, row in meaning)
        by_id = {e.id: e for e in check(other, proofs.special(dict(meaning)) if of_entries else judged)}
        trials[meaning] = tuple(by_id.get(e.id, e) for e in entries)
    best = _best(trials) if finds else [()]
    fixed = {(n, row) for m in best for n, row in m}
    if any(row != USUAL.get(n) and _primed(models, texts, n) for n, row in fixed):
        best = [(), *(m for m in best if m)]  # who writes f' may mean any f
    result = [_chosen(k, best, trials) for k in range(len(entries))]
    result = [_refuted(k, e, best, trials) if e.verdict == "refuted" else e for k, e in enumerate(result)]
    result = _under_identity(models, texts, names, check, result) if finds else result
    if not _all_tried(rows_of):
        result = [left_open(e, TOO_MANY.format(", ".join(names))) if e.verdict == "refuted" else e for e in result]
    rows = {n: row for n, row in best[0] if all((n, row) in m for m in best)}
    return Found(tuple(result), (rows and _under(models, rows)) or tuple(models), rows)


def _under_identity(
    models: Sequence[Model], texts: Sequence[str], names: Sequence[str],
    check: Callable[[Sequence[Model], Judge], Sequence[Entry]], entries: Sequence[Entry],
) -> list[Entry]:  # fmt: skip
    """The entries; what is wrong but for linear outputs, ∂E/∂c = o - y for o = f(V h + c), is open.

    Only where nothing speaks against it: the note writes no f', and no formula is right that is wrong then.
    """
    result = list(entries)
    for name in names:
        if not any(e.verdict == "refuted" for e in result) or _primed(models, texts, name):
            continue
        if not any(_is_of_outputs(m, name) for m in models):
            continue
        by_id = {e.id: e for e in check([as_identity(m, name) for m in models], judged)}
        trial = [by_id.get(e.id, e) for e in result]
        if any(e.verdict in RIGHT and t.verdict == "refuted" for e, t in zip(result, trial, strict=True)):
            continue
        for k, (entry, other) in enumerate(zip(result, trial, strict=True)):
            if entry.verdict == "refuted" and other.verdict in RIGHT:
                result[k] = left_open(entry, f"right if {name} is the identity, else wrong, and nothing says which it is")
    return result


def _rows(models: Sequence[Model], texts: Sequence[str], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The rows that each letter may stand for; "" leaves it open."""
    of_entries = (*OF_ENTRIES, *(OF_INDICATORS if any(map(_INDICATOR.search, texts)) else ()))
    return {n: ("", *of_entries, *(OF_VECTORS if any(_is_of_outputs(m, n) for m in models) else ())) for n in names}


def _all_tried(rows: Mapping[str, Sequence[str]]) -> bool:
    return prod(map(len, rows.values())) <= MOST


def _meanings(
    models: Sequence[Model], rows: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Meaning, tuple[Model, ...]]]:
    """The meanings but the one that leaves all letters open, each with its models."""
    some = list(product(*rows.values())) if _all_tried(rows) else [(row,) * len(rows) for row in OF_ENTRIES]
    for chosen in some:
        meaning = tuple((n, row) for n, row in zip(rows, chosen, strict=True) if row)
        if meaning and (other := _under(models, dict(meaning))) is not None:
            yield meaning, other


def _is_of_outputs(model: Model, name: str) -> bool:
    """Whether the loss is taken of values of a function."""
    parts = losses(model)
    inside = {v.name for e in model.equations if e.left.name in parts for v in e.right.atoms(Var)}
    return any(
        f.name == name for e in model.equations if e.left.name in parts | inside for f in e.right.atoms(Fun) if f.kind
    )


def _under(models: Sequence[Model], rows: Mapping[str, str]) -> tuple[Model, ...] | None:
    """The models in one meaning; None where they do not conform in it."""
    vectors = {n for n, row in rows.items() if row in OF_VECTORS}
    terms = [t for m in models for t in (*(e.right for e in m.equations), *(s.term for s in m.shorthands.values()))]
    applied = [a for t in terms for a in t.atoms(Apply) if a.fun.name in vectors]
    if any(a.fun.order or shape_of(a.x) == SCALAR for a in applied):
        return None
    try:
        found = [checked(m) for m in meant(models, rows)]
    except (ModelError, ShapeError):
        return None
    known = [{a.family for a in m.assumptions} for m in found]
    more = [[a for a in assumptions(m, m.equations, set()) if a.family not in k] for m, k in zip(found, known, strict=True)]
    return tuple(replace(m, assumptions=(*m.assumptions, *a)) if a else m for m, a in zip(found, more, strict=True))


def _best(trials: Mapping[Meaning, Entries]) -> list[Meaning]:
    """The meanings under which most holds, without those that only fix more than another of them."""
    counts = {m: sum(e.verdict in RIGHT for e in trial) for m, trial in trials.items()}
    top = [m for m in trials if counts[m] == max(counts.values())]
    return [m for m in top if not any(set(o) < set(m) for o in top)]


def _primed(models: Sequence[Model], texts: Sequence[str], name: str) -> bool:
    """Whether a note writes σ'."""
    spelled = {latex for m in models for latex, fun in m.functions.items() if fun.name == name}
    marks = ("'", "^{\\prime", "^\\prime")
    return any(f"{latex}{mark}" in text for latex in spelled for text in texts for mark in marks)


def _words(meaning: Meaning) -> str:
    return ", ".join(f"{name} = {row}" for name, row in meaning) or "any function"


def _chosen(k: int, best: Sequence[Meaning], trials: Mapping[Meaning, Entries]) -> Entry:
    """What is said of one '=' in the meanings under which most of the note holds."""
    old, found = trials[()][k], {m: _needed(k, m, trials) for m in best}
    if _with_its_roots(k, best, found, trials):
        found = {best[0]: best[0]}
    verdicts = {_words(needed): trials[needed][k].verdict for needed in found.values()}
    if len(set(verdicts.values())) > 1:
        return left_open(old, f"nothing says which function is meant: {_told(verdicts)}")
    new = trials[found[best[0]]][k]
    if () in found.values() or (new.verdict == old.verdict and new.verdict != "refuted"):
        return old
    return replace(new, reading="; ".join(filter(None, (" or ".join(verdicts), new.reading))))


def _needed(k: int, meaning: Meaning, trials: Mapping[Meaning, Entries]) -> Meaning:
    """The part of a meaning in which a formula is proved already."""
    parts = [m for m in trials if set(m) <= set(meaning) and trials[m][k].verdict in RIGHT]
    return min(parts, key=len, default=meaning)


def _with_its_roots(
    k: int, best: Sequence[Meaning], needed: Mapping[Meaning, Meaning], trials: Mapping[Meaning, Entries]
) -> bool:
    """Whether a formula is proved given an error that is none in the one meaning that was found."""
    given = trials[needed[best[0]]][k].verdict == "proved-given"
    return len(best) == 1 and given and trials[best[0]][k].verdict == "proved"


def _told(verdicts: Mapping[str, str]) -> str:
    return ", ".join(f"{verdict} if {words}" for words, verdict in verdicts.items())


def _refuted(k: int, entry: Entry, best: Sequence[Meaning], trials: Mapping[Meaning, Entries]) -> Entry:
    """A refuted entry, if it is wrong in every meaning that the note leaves to its letters."""
    doubts = {m: t[k].verdict for m, t in trials.items() if m not in best and _may_be_right(m, t[k])}
    if len(best) == 1 and best[0]:
        doubts = {m: v for m, v in doubts.items() if _lead(trials[best[0]], trials[m]) < MARGIN}
    doubts = {m: v for m, v in doubts.items() if not any(set(o) < set(m) for o in doubts)}
    if not doubts:
        return entry
    verdicts = {_words(best[0]): "refuted"} | {_words(m): v for m, v in doubts.items()}
    return left_open(entry, f"nothing says which function is meant: {_told(verdicts)}")


def _may_be_right(meaning: Meaning, entry: Entry) -> bool:
    """Whether a formula is not wrong in a meaning; one that has no entries in it, such as σ'(z), does not have that meaning."""
    of_vectors = any(row in OF_VECTORS for _, row in meaning)
    return entry.verdict not in ("refuted", *(("unreadable",) if of_vectors else ()))


def _lead(one: Entries, other: Entries) -> int:
    """How many formulas more are right in one meaning only than in the other only."""
    right = [(a.verdict in RIGHT, b.verdict in RIGHT) for a, b in zip(one, other, strict=True)]
    return sum(a - b for a, b in right)


def told(decisions: Sequence[Decision], models: Sequence[Model], rows: Mapping[str, str]) -> tuple[Decision, ...]:
    """The decisions about letters whose functions were found."""
    known = {latex: rows[fun.name] for m in models for latex, fun in m.functions.items() if fun.name in rows and fun.kind}
    return tuple(
        function(d.subject, known[d.subject], "any function", "formulas that fail for any function hold for this one", d.line)
        if d.subject in known and d.choice not in FUNCTIONS and "function" in d.choice else d
        for d in decisions
    )  # fmt: skip
