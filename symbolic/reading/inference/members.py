"""The number of members of a batch: m in 1/m, where the shapes show a batch and nothing else names its size.

A letter that stands below fractions only, and is no quantity, is that number: J = (1/2m) ‖Z - Y‖², dW = (1/m) dZ Aᵀ.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..tree import Fraction, walk
from .build import Draft
from .names import is_derivative, names_in
from .shapes import Solution, divides
from .sizes import Form, Side


def name_members(draft: Draft, solution: Solution, pairs: Sequence[tuple[Form, Form]], names: dict[Side, str]) -> None:
    """Give the size of the batch its letter; a number of the loss that is that letter is no quantity of its own any more."""
    side = {"rows": 0, "columns": 1}.get(solution.repeated)
    if side is None:
        return
    states = [solution.shapes[i.name] for i in draft.infos.values() if i.defined and solution.kinds[i.name] == "matrix"]
    sizes = {solution.sizes.find(shape[side]) for shape in states}
    if len(sizes) != 1 or not isinstance(size := sizes.pop(), int):
        return
    numbers = {k: i for k, i in draft.infos.items() if divides(i.name, pairs) and solution.kinds[i.name] == "scalar"}
    letters = {i.key.letter for i in numbers.values()} or _divisors(draft)
    if len(letters) == 1 and (letter := letters.pop()).isalpha() and letter not in names.values():
        names[size] = letter
        for key in numbers:
            del draft.infos[key]


def _divisors(draft: Draft) -> set[str]:
    """The letters that stand below fractions and nowhere else, and are no quantities."""
    trees = [t for f in draft.families.scan.formulas for t in (f.head, f.right) if t is not None]
    below = [
        n.letter.name
        for t in trees for q in walk(t) if isinstance(q, Fraction) and not is_derivative(q)
        for n, _, _ in names_in(q.denominator) if not n.scripts and not n.letter.word
    ]
    everywhere = [n.letter.name for t in trees for n, _, _ in names_in(t)]
    known = {k.letter for k in draft.infos}
    return {n for n in below if below.count(n) == everywhere.count(n) and n not in known}
