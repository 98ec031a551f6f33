"""`[tool.gradproof]` in pyproject.toml: defaults for `gradproof check`, overruled by the command line.

The nearest pyproject.toml that has the table counts, from the folder of the first source upward (from the working directory
for standard input, formulas and built-in derivations).  No key names a file that is written, so that the table of a folder of
strangers changes what is said and never what is on the disk.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .output import UsageError


@dataclass(frozen=True)
class Key:
    """A key of the table: the option's name in the parser, what its value must be, whether it names files beside the table."""

    option: str
    told: str
    fits: Callable[[object], bool]
    files: bool = False


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


KEYS = {
    "model": Key("model", "a text", _is_text, files=True),
    "assume": Key("assume", "a list of texts", _is_list, files=True),
    "layout": Key("layout", "a text", _is_text),
    "format": Key("format", "a text", _is_text),
    "strict": Key("strict", "true or false", _is_switch),
    "explain-model": Key("explain_model", "true or false", _is_switch),
    "no-repair": Key("no_repair", "true or false", _is_switch),
    "jobs": Key("jobs", "a whole number", _is_count),
    "budget": Key("budget", "a number of seconds", _is_number),
}


def settings_for(sources: Sequence[str]) -> dict[str, Any]:
    """Defaults of options by their name in the parser.  Raises `UsageError` for a table that is wrong."""
    first = next((s for s in sources if os.path.lexists(s)), "")
    folder = first if os.path.isdir(first) else os.path.dirname(first)
    for place in _upward(os.path.abspath(folder or os.curdir)):
        table = _table(os.path.join(place, "pyproject.toml"))
        if table is not None:
            return dict(_checked(table, place))
    return {}


def _upward(folder: str) -> Iterator[str]:
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _table(path: str) -> object:
    """The table of a file, None if it has none."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            tools = tomllib.load(file).get("tool", {})
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is no TOML: {error}") from None
    return tools.get("gradproof") if isinstance(tools, dict) else None


def _checked(table: object, folder: str) -> Iterator[tuple[str, Any]]:
    path = os.path.join(folder, "pyproject.toml")
    if not isinstance(table, dict):
        raise UsageError(f"{path}: tool.gradproof is no table; its keys are {', '.join(KEYS)}")
    for name, value in table.items():
        key = KEYS.get(name)
        if key is None:
            raise UsageError(f"{path}: [tool.gradproof] knows no key {name}; the keys are {', '.join(KEYS)}")
        if not key.fits(value):
            raise UsageError(f"{path}: {name} in [tool.gradproof] is {key.told}, not {value!r}")
        if key.files:
            value = [_beside(v, folder) for v in value] if isinstance(value, list) else _beside(value, folder)
        yield key.option, value


def _beside(value: str, folder: str) -> str:
    """A file beside the table by its path, anything else as it is."""
    path = os.path.join(folder, value)
    return path if os.path.isfile(path) else value
