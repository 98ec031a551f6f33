"""A child process judges one source and tells its parent, message by message, what it has begun and what is done.

The parent has imported everything before it forks, so that a child costs no second import; it watches the clock (see `crew`).
The child itself lives under limits of memory and of processor time.  What it says to standard error is sent along, so that
complaints appear in the order of the sources.

    ("begun", unit, None)      a judgement begins
    ("done", unit, entry)      it has ended
    ("told", text)             for standard error
    ("report", report)         the end: everything about the source
    ("mistake", sentence)      the end: the call was wrong
    ("fault", sentence)        the end: a fault of our own
    ("memory",)                the end: out of memory
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, Pipe
from typing import Any

from ..judging.keeping import Keeper, Unit, kept
from ..proof.verdict import Entry
from ..showing.report import Report
from .output import UsageError

try:
    import resource
except ImportError:  # not every system has limits
    resource = None  # type: ignore[assignment]

Work = Callable[[Keeper], Report]
"""Judges one source."""

CAN_FORK = hasattr(os, "fork")

LONGEST_READING = 30
"""A source may be read, and its verdicts put together, for as long as this many equations at most, or as it has."""

SLACK = 2
"""Seconds of processor time that a judgement may take beyond its limit, should the parent not be there to stop it."""


def started(work: Work, keeper: Keeper, memory: int, seconds: float) -> tuple[int, Connection]:
    """Fork a child for a source: its process id, and where its messages arrive."""
    receiver, sender = Pipe(duplex=False)
    with uninterrupted(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which a parent of ours does not start
        pid = os.fork()
        if pid:
            sender.close()
            return pid, receiver
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # from here on in the child; the parent decides what happens then
    try:
        receiver.close()
        gc.freeze()  # what the parent made is never garbage: pages stay shared
        _limit_memory(memory)
        messages(work, keeper, sender.send, seconds)
        sender.close()
    finally:
        os._exit(0)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """A Ctrl-C waits until this is over."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def messages(work: Work, keeper: Keeper, send: Callable[[tuple[Any, ...]], None], seconds: float = 0) -> None:
    """Judge one source and send everything there is to tell."""

    def tell(what: str, unit: Unit, entry: Entry | None) -> None:
        _limit_processor(seconds * (1 if what == "begun" else LONGEST_READING))
        send((what, unit, None if entry is None else bare(entry, keeper.wanted)))

    keeper.tell = tell
    _limit_processor(seconds * LONGEST_READING)
    said = io.StringIO()
    end: tuple[Any, ...]
    try:
        with contextlib.redirect_stderr(said), kept(keeper):
            end = "report", work(keeper)
    except UsageError as error:
        end = "mistake", str(error)
    except MemoryError:
        end = ("memory",)
    except Exception as error:
        if os.environ.get("GRADPROOF_TRACEBACK"):
            traceback.print_exc()
        end = "fault", f"{type(error).__name__}: {' '.join(str(error).split()) or 'no message'}"
    send(("told", said.getvalue()))
    send(end)


def bare(entry: Entry, wanted: frozenset[str]) -> Entry:
    """An entry without evidence that nobody asks for."""
    return entry if entry.evidence is None or entry.verdict in wanted else replace(entry, evidence=None)


def _limit_memory(size: int) -> None:
    """At most `size` bytes more than there are now, where the system knows such limits."""
    if resource is None or not size:
        return
    with contextlib.suppress(OSError, ValueError):
        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + size, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_processor(seconds: float) -> None:
    """So many seconds of processor time from now on, should the parent not be there to look at the clock."""
    if resource is None or not seconds:
        return
    with contextlib.suppress(OSError, ValueError):
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + SLACK, hard))
