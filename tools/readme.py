"""Runs the commands whose output README.md shows, and puts in what they print.

    python tools/readme.py

A block ```text that begins with `$ gradproof ...` holds one command and its output; the note that it judges is the first
Markdown block with a heading.  The tests compare, so that what the README shows is what a reader sees.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tempfile
from pathlib import Path

from symbolic import cli

README = Path(__file__).resolve().parent.parent / "README.md"
SHOWN = re.compile(r"^```text\n\$ (gradproof [^\n]*)\n(.*?)^```$", re.M | re.S)
NOTE = re.compile(r"^```markdown\n(# .*?)^```$", re.M | re.S)


def renewed(text: str) -> str:
    """The page with the present output of its commands."""
    note = NOTE.search(text)
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "note.md").write_text(note[1] if note else "", encoding="utf-8")
        os.chdir(folder)
        try:
            return SHOWN.sub(lambda found: f"```text\n$ {found[1]}\n{printed(found[1])}```", text)
        finally:
            os.chdir(before)


def printed(command: str) -> str:
    """What a command prints on standard output."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(io.StringIO()):
        cli.main(shlex.split(command)[1:])
    return shown.getvalue().rstrip("\n") + "\n"


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
