"""The right formulas of all notes, and what one mistake in them may be made of.

A note is judged once as it stands; its proved equations that are proved by themselves as well are its right formulas.  What
else its formulas are written with (names, sums, its spelling of a transpose and of a product) is the pool of the note.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from derivations import NAMES, load
from symbolic.judging.keeping import Keeper, kept
from symbolic.pipeline import check_note, checked_note, read_note
from symbolic.reading import Note, Passage
from symbolic.reading.chains import chains, written
from symbolic.reading.claims import trees
from symbolic.reading.tokens import ReadError, Source

NOTES = Path(__file__).resolve().parent.parent / "notes"
ALL = (*NAMES, *sorted(p.stem for p in NOTES.glob("*.md")))
LONGEST = 400
"""Longer right sides are left out."""


@dataclass(frozen=True, eq=False)
class Formula:
    """A right formula: its two sides, and the note of its own in which any other right side can be judged."""

    note: str
    id: str
    head: str
    right: str
    models: tuple
    passage: Passage

    def checked(self, right, mends=False):
        """The verdicts on head = right."""
        passage = replace(self.passage, latex=f"{self.head} = {right}")
        with kept(Keeper(mends=mends)):
            return check_note(Note(self.note, self.note, self.models, (passage,)))


def _of_derivation(name):
    note = load(name)
    checked = checked_note(note)
    models, by_id = checked.models, {e.id: e for e in checked.entries if e.kind != "statement"}
    for passage in note.passages:
        if passage.broken:
            continue
        for link, claimed in trees(models, passage, "gradient"):
            entry = by_id.get(link.id)
            if entry is not None and not isinstance(claimed, ReadError):
                yield entry, models, replace(passage, line=1, column=1, earlier=0, places=None)


def _of_document(name):
    checked = read_note((NOTES / f"{name}.md").read_text(encoding="utf-8"), "markdown")
    for entry in checked.entries:
        for model in checked.models:
            yield entry, (model,), Passage(1, "")


@cache
def formulas(name):
    """The right formulas of a note, not those that define a name."""
    found = {}
    for entry, models, passage in (_of_derivation if name in NAMES else _of_document)(name):
        if entry.verdict != "proved" or entry.kind != "claim" or len(entry.latex) > LONGEST:
            continue
        links = chains(Source(entry.latex)).links
        if len(links) != 1:
            continue
        right = written(links[0].right, entry.latex)
        key = (entry.head, right)
        if key in found:
            continue
        formula = Formula(name, entry.id, " ".join(entry.head.split()), right, models, passage)
        if [e.verdict for e in formula.checked(right)] == ["proved"]:
            found[key] = formula
    return tuple(found.values())
