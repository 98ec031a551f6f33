"""What concerns a note as a whole: errors that are only carried along, and formulas that are right given the true adjoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import Adjoint, Partial, SumOver, Var
from ..language import Entry as Component
from ..model import variables
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from ..reading.document.ignoring import IGNORED
from ..reading.document.records import Document, Formula


def inherited(claims: Sequence[Claim], entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Name the roots: an error carried along a chain, and formulas that are right given the true adjoint."""
    result: list[Entry] = []
    rights = [c for k, c in enumerate(claims) if entries[k].verdict == "proved" and _is_a_rule(claims, k)]
    wrong = [
        (c, e) for c, e in zip(claims, entries, strict=True)
        if e.verdict == "refuted" and e.step != "holds" and not _settled(c, rights)
    ]  # fmt: skip
    for position, (claim, entry) in enumerate(zip(claims, entries, strict=True)):
        before = result[position - 1] if claim.follows else None
        if before is not None and before.verdict == "refuted" and entry.step is not None:
            entry = replace(entry, root=before.root if before.step == "holds" and before.root else (before.id,))
        given = set(claim.error_uses) - {claim.adjoint_of}
        roots = tuple(e.id for c, e in wrong if c.model == claim.model and c.adjoint_of in given) if given else ()
        if entry.verdict == "proved" and roots:
            by = ", ".join(claim.error_uses)
            reason = f"equal if the derivative of the loss by {by} is the true one; the note's own formula for it is refuted"
            entry = replace(entry, verdict="proved-given", root=roots, reason=reason)
        result.append(entry)
    return tuple(result)


def of_the_marked_class(claims: Sequence[Claim], entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """-log p_c where the note says y_c = 1: what the label is elsewhere no formula says, so nothing refutes it."""
    marked = {(c.model, i) for c in claims for r in c.readings if isinstance(r, Reading) for i in _marked(r)}
    failed = ("refuted", "unproved")
    return tuple(_open(c, e, marked) if e.verdict in failed else e for c, e in zip(claims, entries, strict=True))


def _marked(reading: Reading) -> Iterator[Symbol]:
    """The c of y_c = 1."""
    head = reading.head
    if isinstance(head, Component) and len(head.args) == 2 and isinstance(head.args[1], Symbol) and reading.right == 1:
        yield head.args[1]


def _open(claim: Claim, entry: Entry, marked: set[tuple[int, Symbol]]) -> Entry:
    readings = [r for r in claim.readings if isinstance(r, Reading)]
    free = {i for r in readings for i in r.right.free_symbols - r.head.free_symbols if (claim.model, i) in marked}
    values = [r for r in readings if isinstance(r.head, Var)]  # a loss has no components: L = -log p_c speaks of one class
    free |= {i for r in values for i in _open_components(r.right, frozenset()) - r.head.free_symbols}
    if not free:
        return entry
    names = ", ".join(sorted(map(str, free)))
    reason = f"said of one class {names}, as it seems the one that the label marks; no formula says that it is 0 elsewhere"
    return left_open(entry, reason)


def _open_components(term: Basic, bound: frozenset[Symbol]) -> set[Symbol]:
    """The letters of components that nothing in a term binds."""
    if isinstance(term, SumOver):
        bound |= {term.args[1]}
    own = {a for a in term.args[1:] if isinstance(a, Symbol)} - bound if isinstance(term, Component) else set()
    return own.union(*(_open_components(a, bound) for a in term.args if isinstance(a, Basic)))


def without_ignored(
    entries: Sequence[Entry], lines: frozenset[tuple[str, int]]
) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """The entries that count, and those that the author asks not to judge: whole formulas, and lines inside of formulas."""
    unwanted = [
        (e.verdict == "unreadable" and e.reason.endswith(IGNORED))
        or any((e.id[: e.id.find("L")], line) in lines for line in (e.line, e.end_line))
        for e in entries
    ]
    kept = tuple(e for e, ignored in zip(entries, unwanted, strict=True) if not ignored)
    return kept, tuple(e for e, ignored in zip(entries, unwanted, strict=True) if ignored)


def all_ignored(document: Document) -> tuple[Entry, ...]:
    """An entry for every formula that holds an '=', if the author asks not to judge any of them; else none."""
    formulas = [f for f in document.formulas if "=" in f.text]
    if not all(f.broken == IGNORED or _every_line_ignored(f, document.ignored) for f in formulas):
        return ()
    count: Counter[tuple[str, int]] = Counter()
    entries: list[Entry] = []
    for f in formulas:
        count[f.cell, f.line] += 1
        end_line, end_column = f.places.end(len(f.text))
        key = f"{f.cell}L{f.line}:{count[f.cell, f.line]}"
        entries.append(
            Entry(key, f.line, f.column, end_line, end_column, f.text, "", "claim", "unreadable", reason=IGNORED)
        )
    return tuple(entries)


def _every_line_ignored(formula: Formula, lines: frozenset[tuple[str, int]]) -> bool:
    """Whether every '=' of a formula stands on a line that is ignored inside of it."""
    places = [formula.places.start(k)[0] for k, c in enumerate(formula.text) if c == "="]
    return all((formula.cell, line) in lines for line in places)


def _is_a_rule(claims: Sequence[Claim], k: int) -> bool:
    """Whether a chain for an adjoint at every step ends here with a formula that holds no derivative."""
    ends = k + 1 == len(claims) or not claims[k + 1].follows
    open_ended = any(isinstance(r, Reading) and r.right.has(Partial) for r in claims[k].readings)
    return ends and not open_ended and bool(claims[k].adjoint_of) and claims[k].kind == "claim" and _step(claims[k]) == "any"


def _settled(wrong: Claim, rights: Sequence[Claim]) -> bool:
    """Whether a wrong formula for ∂L/∂h_{t-1} stands beside a right one: the name δ_t then means what the right one says.

    A wrong formula for the name itself is never passed over.
    """
    known = [r if isinstance(r, Reading) else r.rescued for r in wrong.readings]
    if not all(r is not None and not r.head.has(Adjoint) for r in known):
        return False
    same = [c for c in rights if c.model == wrong.model and c.adjoint_of == wrong.adjoint_of]
    return any(not _conditions(c) or _step(wrong) == "any" for c in same)


def _step(claim: Claim) -> str:
    """any: the adjoint of a chain's head stands at a free step; one: at a fixed one, as δ_T."""
    heads = [r.head for r in claim.readings if isinstance(r, Reading)]
    found = {i for head in heads for v in variables(head) for i in v.indices}
    free = {s for r in claim.readings if isinstance(r, Reading) for s, *_ in r.free}
    return "any" if found and all(i.free_symbols & free for i in found) else "one" if found else "any"


def _conditions(claim: Claim) -> bool:
    return any(isinstance(r, Reading) and r.conditions for r in claim.readings)
