"""Where compiled libraries are kept: a folder of the user's own, one file per key.

A library that is loaded runs, so nobody else may be able to put one there: the folder, every folder above it and the
file itself must belong to the user (folders above also to root) and be writable by nobody else (a folder above also if
it is sticky, as the system's folder for temporary files).  A file appears whole or not at all: it is made elsewhere in
the same folder and renamed.  Where no such folder can be had, a private one is made for this process and removed at
its end.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
OWNERS = hasattr(os, "getuid")
"""Whether this system has owners of files in the sense used here."""


def folder() -> Path:
    """The folder for libraries: the user's cache where it is safe and can be written, else a private one."""
    return _folder(os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", ""))


@cache
def _folder(cache_home: str, home: str) -> Path:
    base = Path(cache_home) if os.path.isabs(cache_home) else Path(home) / ".cache" if os.path.isabs(home) else None
    if base is not None:
        try:
            place = made(base.resolve() / "gradproof" / "kernels")
            with private(place):
                return place
        except OSError:
            pass  # not ours, not safe or not writable
    place = Path(tempfile.mkdtemp(prefix="gradproof-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def made(place: Path) -> Path:
    """The folder, made if need be, and safe; `OSError` if not."""
    for path in (*reversed(place.parents), place):
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            pass
        except OSError:
            if not path.is_dir():
                raise
    for path in place.parents:
        check_above(path)
    check(place, stat.S_ISDIR)
    return place


def check(path: Path, kind: Callable[[int], bool]) -> None:
    """`OSError` unless the path is of this kind, the user's own, and nobody else's to change."""
    found = path.lstat()
    if not kind(found.st_mode):
        raise PermissionError(f"{path} is not of the kind that it should be")
    if OWNERS and (found.st_uid != os.getuid() or found.st_mode & OTHERS_WRITE):
        raise PermissionError(f"{path} belongs to somebody else or can be changed by others")


def check_above(path: Path) -> None:
    """`OSError` if somebody else could replace what is in this folder."""
    found = path.stat()
    shared = found.st_mode & OTHERS_WRITE and not found.st_mode & stat.S_ISVTX
    if OWNERS and (found.st_uid not in (0, os.getuid()) or shared):
        raise PermissionError(f"{path} lets others replace what is in it")


@contextmanager
def private(place: Path) -> Iterator[Path]:
    """A folder inside the place for one build, removed at the end."""
    inner = Path(tempfile.mkdtemp(prefix="build-", dir=place))
    try:
        yield inner
    finally:
        shutil.rmtree(inner, ignore_errors=True)


def kept(key: str, make: Callable[[Path], Path]) -> Path:
    """The library under this key, made by `make(empty folder)` if it is not there yet."""
    place = folder()
    path = place / f"{key}.so"
    try:
        check(path, stat.S_ISREG)
        return path
    except OSError:
        return remade(key, make)


def remade(key: str, make: Callable[[Path], Path]) -> Path:
    """The library under this key, made anew."""
    place = folder()
    path = place / f"{key}.so"
    with private(place) as inner:
        new = make(inner)
        os.chmod(new, 0o500)
        os.replace(new, path)
    return path
