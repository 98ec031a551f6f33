"""How a record looks in a notebook: the hooks stand here, at the bottom; `showing.notebook` fills the table from the top.

A notebook asks an object for `_repr_html_`, `_repr_latex_` and `_repr_pretty_` (plain text).  What belongs to `Shown`
answers with the row of its class, or of the nearest class above it, in `LOOKS`; without a row its `repr` is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Look:
    """What shows a record: as plain text, as LaTeX between dollars, as HTML (None: not in this way)."""

    text: Callable[[Any], str]
    latex: Callable[[Any], str | None] | None = None
    html: Callable[[Any], str] | None = None


LOOKS: dict[type, Look] = {}
"""Class -> its look."""


class Shown:
    """Something that a notebook shows as `LOOKS` says."""

    __slots__ = ()

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls._repr_pretty_ = Shown._repr_pretty_  # type: ignore[method-assign]  # else a dataclass's own __repr__ comes first

    def _repr_html_(self) -> str | None:
        look = _look(self)
        return look.html(self) if look and look.html else None

    def _repr_latex_(self) -> str | None:
        look = _look(self)
        return look.latex(self) if look and look.latex else None

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        look = _look(self)
        printer.text(look.text(self) if look and not cycle else repr(self))


def _look(shown: Shown) -> Look | None:
    return next((LOOKS[c] for c in type(shown).__mro__ if c in LOOKS), None)
