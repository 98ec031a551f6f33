"""Which letters stand for functions, by how a note uses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..scripts import Name
from .apart import Stem
from .records import Scan
from .steps import LETTERS, RATES, applied, is_step, labelled, names_function


def letters_of_functions(scan: Scan, parsed: Callable[[Name], Any]) -> tuple[frozenset[Stem], frozenset[Stem]]:
    """The letters that always stand before a parenthesis (or do so with a prime) and never below a ∂ by themselves.

    σ_h and σ_y are two of them where σ never stands without such a label.  The second are those of a loss that is another
    function at every step: ℓ_t in ℓ_t(y_t).
    """
    free, primed, with_steps, known = dict[Stem, bool](), set[Stem](), set[Stem](), applied(scan.formulas)
    plain = {(n.letter.name, n.letter.accents) for o in scan.occurrences if not (n := o.name).scripts}
    keys = [parsed(o.name).key for o in scan.occurrences if (o.side, o.place) == ("head", "value")]
    heads = {(k.letter, k.accents) for k in keys}
    for occurrence in scan.occurrences:
        key = parsed(occurrence.name).key
        stem = key.letter, key.accents
        own = labelled(key.letter, key.labels[0]) if len(key.labels) == 1 and key.letter in LETTERS else ""
        if own in known and (key.letter, occurrence.name.letter.accents) not in plain:
            stem = own, key.accents
        elif any(len(label) > 1 for label in key.labels):
            continue
        stepped = key.arity == 1 and not key.labels and stem[0] in OF_A_STEP
        if names_function(occurrence.formula) or (key.arity and not stepped):
            continue
        letter = stem[0].removeprefix("\\")
        proper = occurrence.called and occurrence.place != "below" and not letter[:1].isupper()
        proper = proper and not (stem[0] in RATES and is_step(occurrence.formula))  # η (a - y)
        if occurrence.place == "above" and not occurrence.called and stem not in heads:  # ∂ℓ/∂y_t of ℓ(y_t)
            continue
        free[stem] = free.get(stem, True) and proper
        if occurrence.name.primes and occurrence.called:
            primed.add(stem)
        if stepped:
            with_steps.add(stem)
    found = frozenset({stem for stem, only in free.items() if only} | primed)
    return found, found & with_steps


OF_A_STEP = frozenset(("\\ell", "l"))
"""Letters of a loss of one step, which is called as ℓ_t(y_t)."""
