"""Scopes of a note: where a quantity is defined anew and rests on other leaves, another network begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..tree import Big, Sum, walk
from .build import is_spelled
from .families import Definition, Families, Key
from .functions import shape
from .roles import names_of_definition

MOST_NETWORKS = 32
"""Of one note.  Each is understood in the light of all formulas."""


def scopes(families: Families, starts: Sequence[int]) -> list[tuple[int, dict[Key, Definition]]]:
    """(first passage, definitions) of each scope: another right side with other leaves opens one."""
    scopes: list[tuple[int, dict[Key, Definition]]] = [(0, {})]
    own: set[Key] = set()
    begun = list(starts)
    for definition in families.definitions:
        while begun and definition.formula.passage >= begun[0]:
            scopes.append((begun.pop(0), dict(scopes[-1][1])))
            own = set()
        start, current = scopes[-1]
        before = current.get(definition.key)
        if start and before is not None and before.formula.passage < start and definition.key not in own:
            before = None  # of the section before
            del current[definition.key]
        if before is None or definition.key not in current:
            current[definition.key] = definition
            own.add(definition.key)
        elif _has_power_by_steps(families, definition) or _is_written_out(families, current, before, definition):
            continue  # x_k = Σ_j A^{k-j} B u_j is a formula for x_k, of the same network
        elif shape(before.right) != shape(definition.right) and _other_leaves(families, current, before, definition):
            if definition.key in own:
                scopes.append((definition.formula.passage, {**current, definition.key: definition}))
                own = {definition.key}
            else:
                current[definition.key] = definition
                own.add(definition.key)
    if len(scopes) > MOST_NETWORKS:
        families.problems.append(f"more than {MOST_NETWORKS} networks in one note; what comes after them is not judged")
        return [*scopes[:MOST_NETWORKS], (scopes[MOST_NETWORKS][0], {})]
    return scopes


def _has_power_by_steps(families: Families, definition: Definition) -> bool:
    """Whether a power such as A^{k-j} stands in a right side, and nothing else that is no name."""
    unclear = [name for name, key in names_of_definition(families, definition) if not is_spelled(key)]
    powers = [n for n in unclear if any(s.where == "^" and not s.bracket and isinstance(s.node, Sum) for s in n.scripts)]
    return bool(unclear) and len(powers) == len(unclear)


def _is_written_out(
    families: Families, current: Mapping[Key, Definition], before: Definition, definition: Definition
) -> bool:
    """Whether a recursion is written out, c_t = Σ_s (∏_j f_j) i_s g_s: over the steps, without c itself, of nothing new."""

    def letters(definition: Definition) -> set[tuple[str, frozenset[str]]]:
        """What bound letters count, steps or entries, is not settled here: quantities are told apart by their letters."""
        return {(key.letter, key.accents) for _, key in names_of_definition(families, definition)}

    own, names = (definition.key.letter, definition.key.accents), letters(definition)
    if own in names or own not in letters(before) or not any(isinstance(n, Big) for n in walk(definition.right)):
        return False
    return names <= {(key.letter, key.accents) for key in current}.union(*map(letters, current.values()))


def _other_leaves(families: Families, current: Mapping[Key, Definition], one: Definition, other: Definition) -> bool:
    """Whether two right sides rest on different leaves, so that they describe two networks."""

    def leaves(definition: Definition) -> set[Key]:
        found, stack = set(), [definition]
        seen = {definition.key}
        while stack:
            for _, key in names_of_definition(families, stack.pop()):
                if key not in seen:
                    seen.add(key)
                    stack += [current[key]] if key in current else []
                    found |= {key} if key not in current else set()
        return found

    first, second = leaves(one), leaves(other)
    return not first <= second and not second <= first
