"""Names for what a pass adds to a program."""

from __future__ import annotations

from collections.abc import Container


class Names:
    """A letter and a number, never a name that is taken."""

    def __init__(self, letter: str, taken: Container[str]):
        self.letter, self.taken, self.next = letter, taken, 0

    def new(self) -> str:
        """
        >>> Names("k", {"k0"}).new()
        'k1'
        """
        while True:
            name = f"{self.letter}{self.next}"
            self.next += 1
            if name not in self.taken:
                return name
