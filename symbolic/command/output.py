"""Where output goes: complaints to standard error, results to standard output or to a file, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..showing.report_text import Style


class UsageError(Exception):
    """A mistake in the call; its message is one sentence that says what is legal."""


def complain(sentence: str) -> int:
    print(f"gradproof: {visible(sentence)}", file=sys.stderr)
    return 2


def visible(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def style(output: str | None) -> Style:
    """Colours only on a terminal that wants them (https://no-color.org)."""
    import shutil

    from ..showing.report_text import Style

    terminal = output is None and sys.stdout.isatty()
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(terminal and wanted, shutil.get_terminal_size((100, 24)).columns if terminal else 100)


def beside(output: str | None) -> str:
    """The journal of a run that writes a file, "" where nothing can lie beside it, as for a device."""
    if output is None or (os.path.lexists(output) and not os.path.isfile(output)):
        return ""
    return output + ".journal"


def place_of(output: str) -> str:
    """The folder of a file that is to be written.  Raises `UsageError` where there is none, before any work is done for it."""
    place = os.path.dirname(os.path.abspath(output))
    if not os.path.isdir(place):
        raise UsageError(f"{output} cannot be written: there is no folder {place}")
    return place


def put(text: str | bytes, output: str | None) -> None:
    """Write to standard output, or to a file whole or not at all; bytes go to files only."""
    if output is None:
        sys.stdout.write(text if isinstance(text, str) else "")
        sys.stdout.flush()
        return
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    place, temporary = place_of(output), ""
    try:
        handle, temporary = tempfile.mkstemp(dir=place, prefix=".gradproof-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, output)
    except (OSError, ValueError) as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise UsageError(f"{output} cannot be written: {getattr(error, 'strerror', error)}") from None
