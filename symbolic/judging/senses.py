"""What do_t means where o_t = σ(…) and the argument has no name: ∂L/∂o_t or the gradient of the argument; one of them per note.

Each formula is judged in both senses.  Where all that are right are so in one sense, that is the one that the note means.
Where the formulas for do_t itself are right in one sense only, the others are judged again in this sense; where not even
that decides, formulas that are right in one sense only are unreadable.

What is wrong in both senses is judged, and mended, in the one that the note means; a name for which no formula is right has
the sense of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..proof.verdict import Entry, left_open
from ..reading import Claim
from ..reading.gradients import OF_THE_ARGUMENT, OF_THE_VALUE
from .whole import Whole

SENSES = (OF_THE_VALUE, OF_THE_ARGUMENT)
PROVED = ("proved", "proved-given", "accepted")


def in_one_sense(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries with every do_t in one sense."""
    claims, result = note.claims, list(entries)
    names = sorted({(c.model, _name(w)) for c in claims for r in c.readings for w in r.words if _name(w)})
    for model, name in names:
        senses = _senses(name)
        mine = [k for k, c in enumerate(claims) if c.model == model and any(set(senses) & set(r.words) for r in c.readings)]
        right = {s: [k for k in mine if _shows(result[k], s)] for s in senses}
        if not all(right.values()):
            continue
        heads = {s for s in senses for k in right[s] if _is_head(claims[k], name)}
        for k in mine:
            if len(heads) == 1:
                if not right[heads.copy().pop()].count(k):
                    result[k] = _judged(note, _without(claims[k], set(senses) - heads))
            elif any(k in right[s] for s in senses):
                reason = f"some formulas of the note are right where {senses[0]}, others where {senses[1]}"
                result[k] = left_open(result[k], reason)
    for model in sorted({model for model, _ in names}):
        mine = [k for k, c in enumerate(claims) if c.model == model]
        against = _excluded([result[k] for k in mine], [name for m, name in names if m == model])
        for k in mine if against else ():
            if result[k].verdict == "refuted":
                result[k] = _judged(note, _without(claims[k], against))
            result[k] = replace(result[k], against=(*result[k].against, *sorted(against)))
    return result


def _judged(note: Whole, claim: Claim) -> Entry:
    """The entry of a claim with the readings of one sense, which is named."""
    entry = note.judge(claim)
    said = [w for w in dict.fromkeys(w for r in claim.readings for w in r.words) if _name(w)]
    known = (entry.reading or "").split("; ")
    words = [w for w in said if w not in known and all(w in r.words for r in claim.readings)]
    return replace(entry, reading="; ".join((*words, *filter(None, known))) or None)


def _excluded(entries: Sequence[Entry], names: Sequence[str]) -> set[str]:
    """The senses that the right formulas exclude, name by name; where they show none of a name, those of the others."""
    shown = {name: {s for s in SENSES if any(_shows(e, s.format(name)) for e in entries)} for name in names}
    everywhere = set().union(*shown.values())
    found = {name: own or everywhere for name, own in shown.items()}
    return {s.format(name) for name, own in found.items() for s in SENSES if len(own) == 1 and s not in own}


def _shows(entry: Entry, sense: str) -> bool:
    return entry.verdict in PROVED and sense in (entry.reading or "").split("; ")


def _without(claim: Claim, words: set[str]) -> Claim:
    """The claim without the readings in which a name has another sense; itself where none would be left."""
    kept = tuple(r for r in claim.readings if not words & set(r.words))
    return replace(claim, readings=kept or claim.readings)


def _senses(name: str) -> tuple[str, ...]:
    return tuple(s.format(name) for s in SENSES)


def _name(words: str) -> str:
    """The name of the gradient that a choice in words is about, or ""."""
    for sense in SENSES:
        rest = sense.removeprefix("{}")
        if words.endswith(rest):
            return words.removesuffix(rest)
    return ""


def _is_head(claim: Claim, name: str) -> bool:
    return _bare(claim.head_latex) == _bare(name)


def _bare(latex: str) -> str:
    return "".join(c for c in latex if c not in " {}")
