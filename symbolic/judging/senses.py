"""What do_t means where o_t = σ(…) and the argument has no name: ∂L/∂o_t or the gradient of the argument; one of them per note.

Each formula is judged in both senses.  Where all that are right are so in one sense, that is the one that the note means.
Where the formulas for do_t itself are right in one sense only, the others are judged again in this sense; where not even
that decides, formulas that are right in one sense only are unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..proof.verdict import Entry
from ..reading import Claim
from ..reading.gradients import OF_THE_ARGUMENT, OF_THE_VALUE

SENSES = (OF_THE_VALUE, OF_THE_ARGUMENT)


def in_one_sense(claims: Sequence[Claim], entries: Sequence[Entry], judge: Callable[[Claim], Entry]) -> list[Entry]:
    """The entries with every do_t in one sense; `judge` judges a claim with fewer readings."""
    result = list(entries)
    for name, model in sorted({(_name(w), c.model) for c in claims for r in c.readings for w in r.words if _name(w)}):
        senses = [s.format(name) for s in SENSES]
        mine = [k for k, c in enumerate(claims) if c.model == model and any(set(senses) & set(r.words) for r in c.readings)]
        right = {s: [k for k in mine if s in (result[k].reading or "").split("; ")] for s in senses}
        if not all(right.values()):
            continue
        heads = {s for s in senses for k in right[s] if _is_head(claims[k], name)}
        for k in mine:
            if len(heads) == 1:
                if not right[heads.copy().pop()].count(k):
                    kept = tuple(r for r in claims[k].readings if not set(senses) - heads & set(r.words))
                    result[k] = judge(replace(claims[k], readings=kept))
            elif any(k in right[s] for s in senses):
                reason = f"some formulas of the note are right where {senses[0]}, others where {senses[1]}"
                result[k] = replace(result[k], verdict="unreadable", reason=reason, step=None, proof=None, reading=None)
    return result


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
