"""`gradproof --print-completion SHELL`: what a shell needs to complete commands, options, formats and files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from .output import UsageError

try:
    import shtab
except ModuleNotFoundError:  # an extra
    shtab = None  # type: ignore[assignment]

SHELLS = ("bash", "zsh", "tcsh")
FILES = ("FILE", "SOURCE", "NAME|NOTE")
"""How arguments that name files are shown in the help; DIR is a folder."""


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script that a shell reads.  Raises `UsageError`."""
    if shell not in SHELLS:
        raise UsageError(f"--print-completion {shell}: the shells are {', '.join(SHELLS)}")
    if shtab is None:
        raise UsageError("--print-completion needs shtab: pip install 'gradproof[completion]'")
    for action in _actions(parser):
        _describe(action)
    return str(shtab.complete(parser, shell))


def _describe(action: argparse.Action) -> None:
    """Say what completes an argument: files, folders, or the words that its help lists."""
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if metavar in FILES or metavar == "DIR":
        action.complete = shtab.DIRECTORY if metavar == "DIR" else shtab.FILE  # type: ignore[attr-defined]
    elif metavar in ("FORMAT", "LAYOUT") and action.help:
        action.choices = action.help.rpartition("one of ")[2].rpartition(": ")[2].split(", ")


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in dict.fromkeys(action.choices.values()):
                yield from _actions(below)
