r"""The notation of a note, so that a repair is written as its author writes.

    transpose     x^T or x^\top                       what the formula itself holds, else what the note holds more often
    entrywise     a \circ b, a \odot b, a * b         likewise
    derivatives   \frac{\partial L}{\partial W} or \nabla_{W} L
    powers        h^2, unless the note writes h^{2}
    sums          \sum_t for \sum_{t=1}^{T}           where the note writes most of its sums so
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

SIGNS = {
    "transpose": (
        ("^T", r"\^T(?![a-zA-Z])"), ("^{T}", r"\^\{T\}"), (r"^\top", r"\^\\top"), (r"^{\top}", r"\^\{\\top\}"),
    ),
    "entrywise": ((r"\circ", r"(?<!\{)\\circ(?![a-zA-Z])"), (r"\odot", r"(?<!\{)\\odot(?![a-zA-Z])"), ("*", r" \* ")),
}  # fmt: skip
"""What is chosen -> its spellings, each with what shows that it is used."""

UPPER = re.compile(r"\\(?:sum|prod)(?:\\limits)?(?:_\{[^{}]*\}|_\w|)\^(?:\{[^{}]*\}|\w)")
"""A bound that looks like a transpose: Σ_{t=1}^T."""

ENDS = (")", "]", "}", "+", "-", r"\right", r"\circ", r"\odot", "*")
"""What may follow ∇_W L without brackets."""

DERIVED, BY = r"\frac{\partial ", r"{\partial "


@dataclass(frozen=True)
class Style:
    """What a formula holds, and the whole note in which it stands."""

    text: str
    note: str

    @cached_property
    def transpose(self) -> str:
        return self._most("transpose", "^T")

    @cached_property
    def entrywise(self) -> str:
        return self._most("entrywise", r"\circ")

    @cached_property
    def nabla(self) -> bool:
        """Whether derivatives are written with ∇."""
        for text in (self.text, self.note):
            if r"\nabla" in text or r"\partial" in text:
                return r"\nabla" in text and r"\partial" not in text
        return False

    def _most(self, kind: str, otherwise: str) -> str:
        for text in (UPPER.sub("", self.text), UPPER.sub("", self.note)):
            counts = [(len(re.findall(shows, text)), spelled) for spelled, shows in SIGNS[kind]]
            if max(counts)[0]:
                return max(counts, key=lambda pair: pair[0])[1]
        return otherwise

    def __call__(self, latex: str) -> str:
        r"""What was printed, in the style of the note.

        >>> Style("", r"\nabla_b L = c^T \odot d")(r"\frac{\partial L}{\partial h_{t+1}} \circ V^{\top}")
        '\\nabla_{h_{t+1}} L \\odot V^T'
        """
        latex = latex.replace(r"^{\top}", self.transpose)
        latex = latex.replace(r" \circ ", f" {self.entrywise} ")
        latex = latex if "^{2}" in self.note else latex.replace("^{2}", "^2")
        return _with_nabla(latex) if self.nabla else latex

    def sums(self, letter: str, first: str, last: str) -> Sequence[str]:
        r"""Signs of a sum over steps as the note writes them.

        >>> Style("", r"\nabla_b L = \sum_t d_t").sums("t", "1", "T")
        ('\\sum_t ',)
        """
        whole, bare = rf"\sum_{{{letter}={first}}}^{{{last}}} ", rf"\sum_{letter} "
        plain = re.findall(rf"\\sum_(?:{re.escape(letter)}|\{{{re.escape(letter)}\}})(?![\w}}^])", self.note)
        bounded = re.findall(rf"\\sum_\{{ *{re.escape(letter)} *=", self.note)
        return (bare,) if len(plain) > len(bounded) else (whole,)

    def occurs(self, latex: str) -> bool:
        """Whether the note holds a piece, whatever its spaces."""
        return "".join(latex.split()) in self._dense

    @cached_property
    def _dense(self) -> str:
        return "".join(self.note.split())


def _with_nabla(latex: str) -> str:
    start = latex.find(DERIVED)
    while start >= 0:
        middle = _closed(latex, start + len(r"\frac"))
        end = _closed(latex, middle) if latex.startswith(BY, middle) else -1
        if end < 0:
            break
        top, below = latex[start + len(DERIVED) : middle - 1], latex[middle + len(BY) : end - 1]
        derivative = rf"\nabla_{{{below}}} {top}"
        if goes_on(latex[end:]):
            derivative = f"({derivative})"
        latex = latex[:start] + derivative + latex[end:]
        start = latex.find(DERIVED, start)
    return latex


def goes_on(rest: str) -> bool:
    """Whether what follows would be read into ∇_W L."""
    return bool(rest.strip()) and not rest.lstrip().startswith(ENDS)


def _closed(latex: str, start: int) -> int:
    """Where a group that begins at `start` ends; -1 if it does not."""
    depth = 0
    for k in range(start, len(latex)):
        depth += (latex[k] == "{") - (latex[k] == "}")
        if not depth:
            return k + 1
    return -1
