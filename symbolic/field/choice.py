"""Which arithmetic the second route uses: our own in NumPy, or python-flint's where the environment asks for it."""

from __future__ import annotations

import os
from importlib import import_module

from .arithmetic import Field

VARIABLE = "GRADPROOF_FIELD"

KINDS = {"numpy": ("arithmetic", "Field"), "flint": ("large", "LargeField")}
"""Name -> module and class; a module is loaded when its arithmetic is first used."""


class NoSuchField(ValueError):
    """An arithmetic that there is not, or that is not installed."""


def default() -> str:
    """What the environment asks for."""
    return os.environ.get(VARIABLE, "") or "numpy"


def kind(name: str) -> type[Field]:
    """The arithmetic of that name."""
    if name not in KINDS:
        raise NoSuchField(f"{VARIABLE}={name} is no arithmetic here; there are {' and '.join(KINDS)}")
    module, attribute = KINDS[name]
    try:
        found: type[Field] = getattr(import_module(f".{module}", __package__), attribute)
    except ModuleNotFoundError as error:
        raise NoSuchField(f"{VARIABLE}={name} needs python-flint: pip install 'gradproof[fast]' ({error})") from None
    return found
