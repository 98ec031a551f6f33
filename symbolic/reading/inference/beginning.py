r"""Values before the first step that a note computes: $h_0 = \tanh(W x_0)$.

They are no leaves then: the gradient by W has a term through $h_0$ that no formula of the other steps shows.  In
$h_0 = c_0 = 0$ both are zero.  Steps of a network begin at 0 or 1: an equation "for $t = 2, \dots, T$" needs one for $h_1$.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...model import Model
from ..begun import first_step
from ..scripts import name_of
from ..tree import Node
from .build import Draft, NotInferred
from .declared import Declared
from .families import Families, Key, Parsed
from .names import is_known_function, names_in
from .records import Formula
from .roles import names_of_definition
from .sides import is_zero


def zeros_in_chains(families: Families) -> Iterator[tuple[Key, Formula, bool]]:
    """What a chain that ends with 0 says of the steps in it."""
    chain: list[Node | None] = []
    for formula in families.scan.formulas:
        chain = [*([formula.head] if formula.link.first else chain), formula.right]
        if len(chain) > 2 and formula.right is not None and is_zero(formula.right):
            names = (name_of(node) for node in chain[:-1] if node is not None)
            said = (families.parsed(name) for name in names if name is not None)
            yield from ((p.key, formula, True) for p in said if p.time is not None and not p.time[0])


def computed_before(families: Families, draft: Draft, model: Model, lines: Declared) -> None:
    """Raises `NotInferred` where a value before the first step is computed from what the forward equations hold.

    Where h_0 = x and nothing else has x, that is another name for the same; h_0 = c_0 = 0 computes nothing.
    """
    first = min((i.lower for i in model.indices), default=0)
    for key, formula, _ in families.boundaries:
        name = name_of(formula.head) if formula.head is not None else None
        if name is None or formula.right is None or key not in draft.infos or not draft.infos[key].defined:
            continue
        if not _is_before(families.parsed(name), first):
            continue
        used = (n for n, place, _ in names_in(formula.right) if place == "value" and not is_known_function(n.letter))
        parts = (p for n in used if not (p := families.parsed(n)).components and not _is_before(p, first))
        found = next((draft.infos[p.key].latex for p in parts if p.key in draft.infos), "")
        if found:
            raise NotInferred(
                f"line {formula.line}: {formula.text(name.node)} is computed with {found}, which the forward equations use as "
                "well; values before the first step that are computed are not understood"
            )


def begins_late(families: Families, draft: Draft, model: Model, lines: Declared) -> None:
    """Raises `NotInferred` where an equation is said of steps from the second on, and none gives the steps before.

    Where each step has weights of its own, nothing is summed over steps, and the steps before change no formula.
    """
    lower = min((i.lower for i in model.indices), default=0)
    for key, d in draft.definitions.items():
        first = first_step(families.scan.passages[d.formula.passage].given, d.time)
        used = {k for _, k in names_of_definition(families, d)}
        shared = any(k in draft.infos and not draft.infos[k].defined and not k.arity for k in used)
        missing = [step for step in range(lower, first) if step not in _written_alone(families, key, used)]
        if shared and missing and key in draft.infos:
            raise NotInferred(
                f"line {d.formula.line}: the equation for {draft.infos[key].latex} begins at {d.time} = {first}, and none with "
                f"the same quantities says what it is at {d.time} = {missing[0]}; number the steps from 1 on, or write that one"
            )


def _written_alone(families: Families, key: Key, used: Collection[Key]) -> set[int]:
    """The steps of a quantity with an equation of their own in which nothing is that is not used at other steps."""
    found = set()
    for own, formula, _ in families.boundaries:
        name = name_of(formula.head) if formula.head is not None else None
        if own != key or name is None or formula.right is None:
            continue
        names = (n for n, place, _ in names_in(formula.right) if place == "value" and not is_known_function(n.letter))
        time = families.parsed(name).time
        if time is not None and not time[0] and {families.parsed(n).key for n in names} <= {*used}:
            found.add(time[1])
    return found


def _is_before(parsed: Parsed, first: int) -> bool:
    return parsed.time is not None and not parsed.time[0] and parsed.time[1] < first
