"""From a text of C to a loaded library.

The key of a kept library is a hash of all that decides about its code: the text, the flags, the compiler's version and
the processor.  `CDLL` releases Python's lock during a call, so that threads compute side by side.
"""

from __future__ import annotations

import ctypes
import hashlib
from functools import cache
from pathlib import Path

from . import store
from .toolchain import FLAGS, NATIVE, CompilerError, build, compiler, processor

RUNTIME = ("numbers.h", "functions.h", "products.h", "rows.h")
"""The files that every kernel starts with, in this order."""


@cache
def runtime(bits: int) -> str:
    """The C that kernels on numbers of 32 or 64 bits start with."""
    place = Path(__file__).with_name("runtime")
    parts = [place.joinpath(name).read_text(encoding="ascii") for name in RUNTIME]
    return f"#define REAL_BITS {bits}\n" + "".join(parts)


def key(text: str, extra: tuple[str, ...] = ()) -> str:
    """The name under which the library of this text is kept."""
    found = compiler()
    told = [text, *FLAGS, *(word for words in NATIVE for word in words), *extra, str(found), processor()]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()


def load(text: str, extra: tuple[str, ...] = ()) -> ctypes.CDLL:
    """The library of this text, built if it is not kept yet; `CompilerError` if that is impossible."""
    if compiler() is None:
        build(text, Path())  # raises
    name = key(text, extra)

    def make(folder: Path) -> Path:
        return build(text, folder, extra)

    try:
        try:
            return ctypes.CDLL(str(store.kept(name, make)))
        except OSError:  # cut short by a full disk, or of another machine
            return ctypes.CDLL(str(store.remade(name, make)))
    except OSError as problem:
        raise CompilerError(f"the compiled library cannot be loaded: {problem}") from problem
