"""The block of declarations: what an author says about the symbols and conventions of a note.

One statement a line: `layout: jacobian`, `product: descending`, `W in R^{n x m}`, `x_t: input`,
`y_t: label, sums to one`, `delta_t = dL/dh_t`, `sigma = tanh`.  What is said of names is handed on as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...language import LAYOUTS
from .records import Declarations, Problem

PRODUCTS = ("descending", "ascending")
SETTINGS = {"layout": LAYOUTS, "product": PRODUCTS}
ROLES = ("weight", "input", "label", "given", "state", "loss", "function", "scalar", "column", "row", "vector", "matrix")

_NAME = r"[A-Za-zα-ωΑ-Ω\\][^:=\s]{0,60}"
_FORMS = (
    re.compile(rf"(?P<name>{_NAME})\s+(?:in|∈|\\in)\s+(?P<told>\S.*)"),
    re.compile(rf"(?P<name>{_NAME})\s*:\s*(?P<told>\S.*)"),
    re.compile(rf"(?P<name>{_NAME})\s*=\s*(?P<told>\S.*)"),
)


def read_declarations(lines: Sequence[tuple[int, str]]) -> tuple[Declarations, tuple[Problem, ...]]:
    """The declarations in (line, text) pairs, and what is wrong with them."""
    settings: dict[str, str] = {}
    names: list[tuple[int, str, str]] = []
    problems: list[Problem] = []
    for number, text in lines:
        line = text.split("#", 1)[0].strip()
        if not line:
            continue
        column = len(text) - len(text.lstrip()) + 1
        key, colon, value = (part.strip() for part in line.partition(":"))
        if colon and key in SETTINGS:
            if value in SETTINGS[key]:
                settings[key] = value
            else:
                legal = ", ".join(SETTINGS[key])
                problems.append(Problem(f"{key}: {value} is not understood; {key} is one of {legal}", number, column))
            continue
        form, found = next(((f, m) for f in _FORMS if (m := f.fullmatch(line))), (None, None))
        wrong = _wrong_role(found["told"]) if found and form is _FORMS[1] else ""
        if found is None or wrong:
            what = wrong or line
            message = (
                f"{what} is not understood; a declaration is layout: {'|'.join(LAYOUTS)}, product: {'|'.join(PRODUCTS)}, "
                f"NAME in R^{{n x m}}, NAME: {'|'.join(ROLES)}, NAME = tanh, or NAME_t = dL/dh_t"
            )
            problems.append(Problem(message, number, column))
        else:
            names.append((number, found["name"], found["told"].strip()))
    return Declarations(settings.get("layout", ""), settings.get("product", ""), tuple(names)), tuple(problems)


def _wrong_role(told: str) -> str:
    if told.startswith(("in ", "∈", "\\in")):
        return ""
    role = told.split(",")[0].strip()
    return "" if role in ROLES or role.startswith(("in ", "∈", "\\in")) else role
