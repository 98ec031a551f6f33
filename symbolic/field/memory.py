"""Values that are remembered by name: all memories of a process together hold so many bytes.

What was not asked for lately is forgotten first, in two generations: when the young ones fill the space, they become the old
ones, and the old ones that nobody asked for meanwhile are gone.  A sum over steps that is taken up where it was one step before
finds that step, though everything before it is gone.
"""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar
from weakref import WeakSet

V = TypeVar("V")

GENERATION = 1 << 25
"""How many bytes one generation of all memories together may hold."""


class Memory(Generic[V]):
    """Values by name, with their weights in bytes."""

    every: ClassVar[WeakSet[Memory[object]]] = WeakSet()
    young_bytes: ClassVar[int] = 0

    def __init__(self) -> None:
        self.young: dict[object, tuple[V, int]] = {}
        self.old: dict[object, tuple[V, int]] = {}
        Memory.every.add(self)  # type: ignore[arg-type]

    def get(self, name: object) -> V | None:
        found = self.young.get(name)
        if found is None:
            found = self.old.pop(name, None)
            if found is None:
                return None
            self.put(name, *found)
        return found[0]

    def put(self, name: object, value: V, weight: int) -> None:
        self.young[name] = value, weight
        Memory.young_bytes += weight

    @classmethod
    def tidy(cls) -> None:
        """Lets go what was not asked for lately, where there is too much; between evaluations, which rely on what they find."""
        if Memory.young_bytes > GENERATION:
            for memory in list(cls.every):
                memory.old, memory.young = memory.young, {}
            Memory.young_bytes = 0
