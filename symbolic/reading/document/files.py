"""Files -> text: what is no readable text gets one clear sentence."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from .records import MAX_BYTES, DocumentError

KIND_OF = {
    ".md": "markdown", ".markdown": "markdown", ".mkd": "markdown", ".qmd": "markdown", ".rmd": "markdown",
    ".tex": "latex", ".ltx": "latex", ".latex": "latex", ".ipynb": "notebook", ".txt": "text", ".text": "text", "": "text",
}  # fmt: skip
"""Ending of a file's name -> kind of document."""

_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\xff\xfe\x00\x00": "UTF-32", b"\x00\x00\xfe\xff": "UTF-32"}


def read_file(path: str) -> tuple[str, str]:
    """(text, kind) of a file.  Raises `DocumentError`."""
    ending = os.path.splitext(path)[1].lower()
    kind = KIND_OF.get(ending)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise DocumentError("this is a directory; give a .md, .tex, .txt or .ipynb file")
        if not stat.S_ISREG(mode):
            raise DocumentError("this is no regular file; give a .md, .tex, .txt or .ipynb file, or - for standard input")
        if kind is None:
            legal = ", ".join(k for k in KIND_OF if k)
            raise DocumentError(f"the ending {ending} is none of a document; legal are {legal}, or - for standard input")
        with open(path, "rb") as file:
            return decoded(file), kind
    except (OSError, ValueError) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError(f"it cannot be read: {getattr(error, 'strerror', None) or error}") from error


def read_text(path: str) -> str:
    """The text of a file, whatever its ending.  Raises `DocumentError`."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise DocumentError(f"{path}: this is no regular file")
        with open(path, "rb") as file:
            return decoded(file)
    except (OSError, ValueError) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError(f"{path}: it cannot be read: {getattr(error, 'strerror', None) or error}") from error


def decoded(file: BinaryIO) -> str:
    """The text of a stream in UTF-8.  Raises `DocumentError` with the place of what is none."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DocumentError(f"it is larger than {MAX_BYTES} bytes, the most that is read")
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            raise DocumentError(f"it is in {name}; save it in UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise DocumentError(f"the byte 0x{data[error.start]:02x} is no UTF-8; save it in UTF-8", line, column) from error


def kind_of_text(text: str) -> str:
    """The kind of a text that has no file name: by its first signs, else Markdown."""
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("{") and '"cells"' in text:
        return "notebook"
    return "latex" if "\\documentclass" in text or "\\begin{document}" in text else "markdown"
