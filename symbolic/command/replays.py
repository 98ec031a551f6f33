"""`gradproof check --counterexamples DIR`: a stand-alone file for each refuted formula."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..showing.replay.files import file_name, replay
from ..showing.report import Report
from .output import UsageError, put


def write_replays(reports: Sequence[Report], folder: str) -> int:
    """Write the files; how many."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from None
    taken: set[str] = set()
    for report in reports:
        for entry in report.entries:
            text = replay(report.file, entry)
            if text is not None:
                name = _untaken(file_name(report.file, entry), taken)
                taken.add(name.casefold())
                put(text, os.path.join(folder, name))
    return len(taken)


def _untaken(name: str, taken: set[str]) -> str:
    """Two notes of one name in two folders have files of their own."""
    stem, number = name.removesuffix(".py"), 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}.py"
    return name
