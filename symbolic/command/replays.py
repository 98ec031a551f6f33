"""`gradproof check --counterexamples DIR`: a stand-alone file for each refuted formula."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..showing.replay.files import FIRST_LINE, file_name, replay
from ..showing.report import Report
from .output import UsageError, put


def write_replays(reports: Sequence[Report], folder: str) -> int:
    """Write the files; how many."""
    try:
        os.makedirs(folder, exist_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} cannot be made: {getattr(error, 'strerror', error)}") from None
    taken: set[str] = set()
    for report in reports:
        for entry in report.entries:
            text = replay(report.file, entry)
            if text is not None:
                name = _untaken(file_name(report.file, entry), taken)
                taken.add(name.casefold())
                place = os.path.join(folder, name)
                if os.path.lexists(place) and not _is_replay(place):
                    raise UsageError(f"{place} is there and is none of these files; give another folder, or move it away")
                put(text, place)
    return len(taken)


def _is_replay(place: str) -> bool:
    """Whether a file is one that an earlier run has written, so that a new one may take its place."""
    if os.path.islink(place) or not os.path.isfile(place):
        return False
    with open(place, "rb") as file:
        return file.read(len(FIRST_LINE)) == FIRST_LINE.encode()


def _untaken(name: str, taken: set[str]) -> str:
    """Two notes of one name in two folders have files of their own."""
    stem, number = name.removesuffix(".py"), 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}.py"
    return name
