"""C compilers: which one is there, how it is called, and what else decides about the code that it makes.

One row of a table per compiler, tried in order.  `-ffast-math` is never among the flags: it drops nan, and a library
linked with it switches denormal numbers off for the whole process.  The flags that are there give up only what nobody
sees, `errno` and traps of the floating-point unit.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

FLAGS = ("-std=gnu11", "-O2", "-ftree-vectorize", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC", "-w")
WIDE = ("-march=native", "-mprefer-vector-width=512")
NATIVE = ((*WIDE, "-fvect-cost-model=dynamic", "-fipa-cp-clone"), WIDE, ("-march=native",), ("-mcpu=native",), ())
"""How to ask for the code of this processor, and for products compiled once more for every size that stands in the code;
the first that the compiler takes is used."""

PATIENCE = 120.0
"""Seconds after which a compiler is given up."""


class CompilerError(RuntimeError):
    """There is no compiler, or it does not make a library; the message says which and why."""


@dataclass(frozen=True)
class Compiler:
    """How it is called, and its version in one line."""

    command: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class Row:
    """One kind of compiler: where it is found (None: not here), and the flags that only it takes."""

    name: str
    found: Callable[[], tuple[str, ...] | None]
    flags: tuple[str, ...] = ()


def _on_path(name: str) -> Callable[[], tuple[str, ...] | None]:
    def found() -> tuple[str, ...] | None:
        path = shutil.which(name)
        return (path,) if path else None

    return found


def _named() -> tuple[str, ...] | None:
    """The compiler of the variable CC, as for make."""
    words = shlex.split(os.environ.get("CC", ""))
    path = shutil.which(words[0]) if words else None
    return (path, *words[1:]) if path else None


def _wheel() -> tuple[str, ...] | None:
    return (sys.executable, "-m", "ziglang", "cc") if find_spec("ziglang") else None


COMPILERS: tuple[Row, ...] = (
    Row("CC", _named),
    Row("gcc", _on_path("gcc")),
    Row("clang", _on_path("clang")),
    Row("cc", _on_path("cc")),
    # the wheel of the extra `cc`; its default traps on what C leaves undefined
    Row("zig", _wheel, ("-fno-sanitize=undefined",)),
)


@cache
def compiler() -> Compiler | None:
    """The first compiler of the table that answers, or None."""
    for row in COMPILERS:
        command = row.found()
        version = _version(command) if command else None
        if command and version:
            return Compiler((*command, *row.flags), version)
    return None


def _version(command: tuple[str, ...]) -> str | None:
    if "ziglang" in command:  # starting it takes longer than all the rest
        return f"ziglang {metadata.version('ziglang')}"
    try:
        told = run((*command, "--version"), timeout=10.0)
    except CompilerError:
        return None
    return told.partition("\n")[0].strip() or None


def run(command: tuple[str, ...], timeout: float = PATIENCE, folder: Path | None = None) -> str:
    """What a command prints; `CompilerError` if it fails."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=timeout,
            cwd=folder, env=environment, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise CompilerError(f"{command[0]} does not run: {problem}") from problem
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()[:1]
        raise CompilerError(f"{command[0]} fails: {lines[0] if lines else f'status {done.returncode}'}")
    return done.stdout


def build(text: str, folder: Path, extra: tuple[str, ...] = ()) -> Path:
    """A shared library in the folder, from a text of C; `CompilerError` if there is no compiler or it fails."""
    found = compiler()
    if found is None:
        raise CompilerError(f"no C compiler was found; looked for {', '.join(row.name for row in COMPILERS)}")
    (folder / "kernel.c").write_text(text, encoding="ascii")
    problem = CompilerError(f"{found.command[0]} makes no library")
    for native in NATIVE:
        words = (*found.command, *FLAGS, *native, *extra, "kernel.c", "-o", "kernel.so", "-lm")
        try:
            run(words, folder=folder)
            return folder / "kernel.so"
        except CompilerError as failed:
            problem = failed
    raise problem


@cache
def processor() -> str:
    """What the code for this processor depends on: its kind and the instructions that it has."""
    told = [platform.system(), platform.machine(), platform.processor(), sys.byteorder]
    wanted = {"model name", "flags", "Features"}
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name, _, value = line.partition(":")
                if name.strip() in wanted:
                    wanted.remove(name.strip())
                    told.append(value.strip())
                if not line.strip():  # the end of the first processor
                    break
    except OSError:
        pass  # elsewhere the compiler's own idea of "native" is all there is
    return "\n".join(told)
