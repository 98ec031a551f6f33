"""k in L = -log p_k, where p = softmax(z) is defined as a whole: the letter of an entry, and no label that tells p_k from p."""

from __future__ import annotations

from collections.abc import Sequence

from ..scripts import Name, index_name, name_of, quantities
from .names import has_derivative, names_in
from .records import Formula, Letters


def add_chosen(formulas: Sequence[Formula], letters: Letters) -> None:
    """A single small letter below a name that is defined without it, on the right of a name without scripts."""
    first = [f for f in formulas if f.link.first and f.head is not None and f.right is not None]
    plain = [(n, f) for f in first if f.head and (n := name_of(f.head)) is not None and f.right and not has_derivative(f.right)]
    entries = letters.bound - letters.shifted - letters.bracketed
    wholes = {_plain(n) for n, _ in plain if not n.scripts or _entry(n) in entries}
    own = {n for f in formulas for node in (f.head, f.right) if node is not None for n in quantities(node)}
    for formula in first:
        head = name_of(formula.head) if formula.head is not None else None
        if head is None or head.scripts or formula.right is None or has_derivative(formula.right):
            continue
        for name, _, _ in names_in(formula.right):
            letter = _entry(name)
            if letter and letter not in own | letters.lengths and _plain(name) in wholes and _plain(name) != _plain(head):
                letters.bound.add(letter)


def _entry(name: Name) -> str:
    """The k of p_k, a single small letter and the only script, or ""."""
    letter = index_name(name.scripts[0].node) if len(name.scripts) == 1 and name.scripts[0].where == "_" else None
    return letter if letter is not None and len(letter) == 1 and letter.islower() else ""


def _plain(name: Name) -> tuple[str, frozenset[str]]:
    return name.letter.name, frozenset(name.letter.accents)
