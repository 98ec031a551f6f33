"""What words say to be a number: "with a scalar $g$", "the numbers $a$ and $b$", "$\\tau$ is a scalar"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .matrices import beside
from .records import Formula

_WORDS = r"(?:(?:real\s)?numbers?|scalars?|Zahl(?:en)?|Skalare?|nombres?|scalaires?|标量|数)"
_FRONT = re.compile(rf"(?<![\w-]){_WORDS}\W*\Z|(?:标量|实数)\W*\Z", re.IGNORECASE)
_IS = r"\W*(?:is|are|being|be|ist|sind|est|sont|是|为)\s?(?:(?:an?|eine?|une?|one|all)\s)?"
_BACK = re.compile(rf"{_IS}{_WORDS}(?!\sof\b|\w)", re.IGNORECASE)


def numbers_in_words(formulas: Sequence[Formula]) -> Iterator[str]:
    """The LaTeX of what is called a number."""
    for formula in formulas:
        said = _FRONT.search(beside(formula.lead[::-1])) or _BACK.match(beside(formula.trail))
        if said and not set(formula.text) & set("=<>,"):
            yield formula.text
