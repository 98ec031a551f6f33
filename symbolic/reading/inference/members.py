"""The members of a sample: the letter that numbers them, and how many they are.

In J = (1/2m) ‖Z - Y‖², dW = (1/m) dZ Aᵀ a batch is one matrix.  A letter that stands below fractions only, and is no
quantity, is the number of its members: m where the shapes show a batch and nothing else names its size.

In L = Σ_i (wᵀ x_i - y_i)² each member has a name of its own.  No left side carries the i, as it carries a time, and it may
count components as well; where nothing conforms then, it numbers members.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..brackets import is_bare_vector
from ..scripts import name_of
from ..tree import Big, Fraction, Juxtaposed, Root, Sum, walk
from .build import Draft
from .counted import letters_in
from .families import Families
from .names import bounds_of, is_derivative, names_in, plain_scripts
from .records import Inferred
from .shapes import Solution, divides
from .sizes import Form, Side


def members_of(families: Families) -> list[str]:
    """The letters bound by a Σ of a forward equation that stand alone on a name below it."""
    found: list[str] = []
    for big in (n for d in families.definitions for n in walk(d.right) if isinstance(n, Big) and n.operator == "sum"):
        bound = {b for b, _, _ in bounds_of(big)} - families.times
        alone = [list(letters_in(s.node)) for n, _, _ in names_in(big.body) for s in plain_scripts(n)]
        found += [b for b in sorted(bound) if [b] in alone and b not in found]
    return found


def name_members(
    draft: Draft, solution: Solution, pairs: Sequence[tuple[Form, Form]], names: dict[Side, str], lines: str = ""
) -> None:
    """Give the size of the batch its letter; a number of the loss that is that letter is no quantity of its own any more.

    `lines`: those of which softmax is taken, which are the members where nothing else shows them.
    """
    for key, info in list(draft.infos.items()):  # 1/N where Σ_{i=1}^N runs over the rows
        plain = not (info.defined or key.labels or key.arity) and key.letter in names.values()
        if plain and solution.kinds[info.name] == "scalar" and divides(info.name, pairs):
            del draft.infos[key]
    side = {"rows": 0, "columns": 1}.get(solution.repeated or lines)
    if side is None:
        _name_classes(draft, solution, names)
        return
    states = [solution.shapes[i.name] for i in draft.infos.values() if i.defined and solution.kinds[i.name] == "matrix"]
    sizes = {solution.sizes.find(shape[side]) for shape in states}
    if len(sizes) != 1 or not isinstance(size := sizes.pop(), int):
        return
    means = [(left, right) for left, right in pairs if solution.kinds.get(str(left[1])) == "scalar"]  # √d of a softmax is none
    numbers = {
        k: i for k, i in draft.infos.items()
        if solution.kinds[i.name] == "scalar" and not k.labels and divides(i.name, pairs) and divides(i.name, means)
    }  # fmt: skip
    letters = {i.key.letter for i in numbers.values()} or _divisors(draft)
    if len(letters) == 1 and (letter := letters.pop()).isalpha() and letter not in names.values():
        names[size] = letter
        for key in numbers:
            del draft.infos[key]


def _name_classes(draft: Draft, solution: Solution, names: dict[Side, str]) -> None:
    """In q = (1 - ε) y + (ε/K) 1 the K is the size of q, which has as many entries as there are classes."""
    for key, definition in draft.definitions.items():
        info = draft.infos[key]
        sides = [solution.sizes.find(s) for s in solution.shapes[info.name] if s != 0]
        terms = definition.right.terms if isinstance(definition.right, Sum) else ()
        shares = [t for t in terms if isinstance(t, Juxtaposed) and is_bare_vector(t.factors[-1])]
        below = [f.denominator for t in shares for f in t.factors if isinstance(f, Fraction)]
        found = [(k, i) for d in below for k, i in draft.infos.items() if (n := name_of(d)) and n.letter.name == k.letter]
        numbers = {k: i.latex for k, i in found if solution.kinds[i.name] == "scalar" and not i.defined and i.latex.isalpha()}
        if len(sides) == len(numbers) == 1 and isinstance(sides[0], int):
            (number, letter), = numbers.items()
            if letter not in names.values():
                names[sides[0]] = letter
                del draft.infos[number]


def _divisors(draft: Draft) -> set[str]:
    """The letters that stand below fractions and nowhere else, and are no quantities."""
    trees = [t for f in draft.families.scan.formulas for t in (f.head, f.right) if t is not None]
    below = [
        n.letter.name
        for t in trees for q in walk(t)
        if isinstance(q, Fraction) and not is_derivative(q) and not any(isinstance(n, Root) for n in walk(q.denominator))
        for n, _, _ in names_in(q.denominator) if not n.scripts and not n.letter.word
    ]
    everywhere = [n.letter.name for t in trees for n, _, _ in names_in(t)]
    known = {k.letter for k in draft.infos}
    return {n for n in below if below.count(n) == everywhere.count(n) and n not in known}


def small_rows(inferred: Inferred) -> int:
    """How many small letters that nothing defines are rows, which a note seldom means where a column does."""
    leaves = [f for m in inferred.models for f in m.families.values() if f.role not in ("state", "loss")]
    return sum(1 for f in leaves if f.cols and not f.rows and f.name[:1].islower())
