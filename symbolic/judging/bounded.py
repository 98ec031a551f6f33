"""Bounds that a document states in formulas, ‖∂h_t/∂h_k‖ ≤ (γ‖W‖)^(t-k): statements with an id such as `L24:a`.

A bound is judged for the network of the note (see `bounds`).  A letter such as γ that stands for nothing else in the document
is any number from the least one on for which the bound is proved; that is listed as an assumption.  What words say of another
network or a special case is unreadable; and so is what fails in a sentence that names a function or a condition, since it may
be meant for that case alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..language import SPELLINGS
from ..language.bounds import NormOf, Statement
from ..model import Model
from ..proof.verdict import Entry
from ..reading.document.passages import Placed
from ..reading.document.records import Document
from ..reading.inequalities import Bounded, bounds
from ..reading.tokens import lex
from .statements import judged_statement

_SPECIAL = re.compile(
    r"\b(?:if|when|whenever|suppose|supposing|assume|assuming|provided|unless|let|for|with|where|since|as long as|case)\b"
    r"|\b(?:not|never|fails?|false|wrong|incorrect|mistake|would|could|might|want|require|need|demand)\b"
    r"|\b(?:wenn|falls|sei|seien|angenommen|für|mit|da|weil|nicht|si|supposons|soit|pour|avec|puisque|sea|para|con|se|seja)\b"
    r"|若|如果|假设|假定|设|当|对于|其中|由于|因为|不|错|要求|需要",
    re.IGNORECASE,
)
"""Words with which a sentence may speak of a special case, or may not assert a bound."""

_FUNCTIONS = tuple(s.lower() for s in SPELLINGS if len(s) >= 3)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def with_bounds(
    entries: Sequence[Entry], models: Sequence[Model], items: Sequence[Placed], document: Document, layout: str
) -> tuple[Entry, ...]:
    """The entries, with one for every bound that the document states, each on its line."""
    found = _bounds(models, items, document, layout)
    return tuple(sorted((*entries, *found), key=_place)) if found else tuple(entries)


def _place(entry: Entry) -> tuple[int, int]:
    cell = entry.id[1 : entry.id.find("L")].strip(":") if entry.id.startswith("C") else ""
    return int(cell or 0), entry.line


def _bounds(models: Sequence[Model], items: Sequence[Placed], document: Document, layout: str) -> list[Entry]:
    stated = [
        (b, item)
        for item in items
        if not item.passage.broken and any(sign in item.passage.latex for sign in ("\\partial", "∂"))
        for b in bounds(models, item.passage)
    ]
    elsewhere = _elsewhere(document, {name for b, _ in stated for name in b.letters})
    count: Counter[tuple[str, int]] = Counter()
    found: list[Entry] = []
    for b, item in stated:
        place = item.formula.cell, b.span.line
        letter = LETTERS[count[place] % len(LETTERS)] * (1 + count[place] // len(LETTERS))
        count[place] += 1
        known = next((x for x in b.letters if lex(x).tokens[0].text in elsewhere), "")
        problem = b.problem or (KNOWN.format(known) if known else "") or _announced(item)
        statements = [] if problem else [
            Statement(b.span.line, letter, f"{b.head} ≤ {b.latex}", meaning, item.passage.model) for meaning in b.meanings
        ]  # fmt: skip
        entry = _judged(b, item, problem, [judged_statement(s, tuple(models), layout) for s in statements])
        key, latex = f"{item.formula.cell}L{b.span.line}:{letter}", rf"{b.head} \le {b.latex}"
        entry = replace(entry, id=key, latex=latex, head=b.head, reason=_bare(entry.reason))
        found.append(replace(
            entry, line=b.span.line, column=b.span.column, end_line=b.span.end_line, end_column=b.span.end_column
        ))  # fmt: skip
    return found


KNOWN = "{} stands in other formulas, too, and what these say of it is not read: write a number in its place"


def _judged(b: Bounded, item: Placed, problem: str, verdicts: Sequence[Entry]) -> Entry:
    """What is said of a bound in all readings of its left side, and of its sentence."""
    if not verdicts:
        return Entry("", 0, 0, 0, 0, "", "", "statement", "unreadable", reason=problem)
    entry = verdicts[0]
    if len({e.verdict for e in verdicts}) > 1:
        reason = "two readings of the left side differ in verdict"
    elif entry.verdict == "refuted" and (special := _special(item, b)):
        reason = f"{_bare(entry.reason)}; but {special} may say that it is meant for a special case, or not asserted"
    else:
        return entry
    return replace(entry, verdict="unreadable", reason=reason, counterexample=None, proof=None, assumes=())


def _bare(reason: str) -> str:
    """The reason without the words of the statement, which are its formula here."""
    return reason.rpartition("”: ")[2]


def _elsewhere(document: Document, names: set[str]) -> set[str]:
    """The signs of all formulas that say more of a letter than to name it or to bound a norm or a slope by it."""
    found: set[str] = set()
    for f in document.formulas if names else ():
        if "".join(f.text.split()) in names:
            continue
        signs = [t.text for t in lex(f.text).tokens]
        last = max((k for k, sign in enumerate(signs) if sign == "="), default=0)
        behind = signs.index("≤", last) if "≤" in signs[last:] else len(signs)
        bars = "‖" in signs[:behind] or "|" in signs[:behind]
        found |= set(signs[:behind] if bars else signs)
    return found


def _announced(item: Placed) -> str:
    """What the sentence, or one above it, says of another case."""
    said = (*item.announced_by(), *item.formula.supposed, *(item.before.announced if item.before else ()))
    words = [f"“{a.words}”" for a in said] + list(item.unread)
    return f"said of a special case or another network: {', '.join(dict.fromkeys(words))}" if words else ""


def _special(item: Placed, b: Bounded) -> str:
    """Words of the sentence, or of a heading above it, by which a bound may be meant for one case alone.

    A bound by a number alone is mostly what a sentence asks for, as in "‖∂h_t/∂h_{t-1}‖ ≤ 1 is enough".
    """
    if not any(isinstance(atom, NormOf) for m in b.meanings for atom, _ in m.bound.powers):
        return "a bound by a number alone"
    parts = [p for p in (*item.formula.lead, *item.formula.trail, *item.formula.heading) if isinstance(p, str)]
    parts += [t.text for t in lex(item.passage.latex).tokens if t.kind == "word"]
    return next(iter(_named_in(parts)), "") or ("a condition beside it" if item.passage.given or item.cases else "")


def _named_in(parts: Iterable[str]) -> Iterator[str]:
    for words in parts:
        if (found := _SPECIAL.search(words)) is not None:
            yield f"“{found[0]}”"
        yield from (f"“{f}”" for f in _FUNCTIONS if f in words.lower())
