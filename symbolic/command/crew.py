"""Many sources, some children at a time, each watched by the clock.

A source is judged in a process of its own, forked from this one, so that verdicts depend neither on what was judged before nor
on how many children there are.  A judgement that overruns its seconds is stopped by killing the child; a fresh one skips what
is done and what was stopped.  A child that runs out of memory gets a second try at the same judgement, in a process that holds
nothing else.  Results come in the order of the sources.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from ..judging.keeping import Keeper, Unit
from ..proof.verdict import Entry
from ..showing.report import Report
from .child import CAN_FORK, LONGEST_READING, Work, messages, started, uninterrupted

SECONDS, MEMORY = 10.0, 2**30
"""What one equation may take."""

CLOSING = 0.6
"""Seconds after an interrupt in which reports of what is done are put together."""


@dataclass
class Job:
    """One source: its name, what judges it, a key that changes with it, how many '=' it has; then what came of it.

    state  "waiting", "report", "mistake", "fault" or "stopped" (while it was read);  partly: interrupted, and put together so
    """

    name: str
    work: Work
    key: str = ""
    equations: int = 1
    state: str = "waiting"
    report: Report | None = None
    sentence: str = ""
    told: str = ""
    partly: bool = False
    known: dict[str, Entry] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    tried_again: set[str] = field(default_factory=set)


@dataclass
class _Child:
    """A process at work on a job, the judgement that is open, and since when."""

    job: Job
    pid: int
    receiver: Connection
    since: float
    unit: Unit | None = None

    @property
    def key(self) -> str:
        """What the running time counts for: an '=', a model, or the source as a whole."""
        return (self.unit.id or self.unit.name) if self.unit else ""


class Crew:
    """Judges jobs.

    seconds, memory  limits of one equation;  at_once: how many children
    on_done   is called with every judgement's name and entry, or with the id of an '=' that was given up and why
    on_end    is called whenever a source is finished
    wanted    verdicts whose evidence the reports need
    """

    def __init__(
        self, seconds: float = SECONDS, memory: int = MEMORY, at_once: int = 1,
        on_done: Callable[[Job, str, Entry | str], None] = lambda job, name, what: None,
        on_end: Callable[[], None] = lambda: None, wanted: frozenset[str] = frozenset(),
    ):  # fmt: skip
        self.seconds, self.memory, self.at_once, self.wanted = seconds, memory, max(1, at_once), wanted
        self.on_done, self.on_end = on_done, on_end
        self.children: list[_Child] = []

    def run(self, jobs: Sequence[Job]) -> bool:
        """Judge all jobs; False if it was interrupted: then what is done is kept."""
        if not CAN_FORK:
            return self._in_this_process(jobs)
        waiting = iter(jobs)
        try:
            self._fill(waiting)
            while self.children:
                self._listen()
                self._fill(waiting)
        except KeyboardInterrupt:
            self._close()
            return False
        finally:
            self._kill_all()
        return True

    def _fill(self, waiting: Iterator[Job]) -> None:
        while len(self.children) < self.at_once:
            job = next(waiting, None)
            if job is None:
                return
            self._start(job)

    def _start(self, job: Job, closing: str = "") -> None:
        keeper = Keeper(dict(job.known), dict(job.stopped), closing=closing, wanted=self.wanted)
        with uninterrupted():
            pid, receiver = started(job.work, keeper, self.memory, self.seconds)
            self.children.append(_Child(job, pid, receiver, time.monotonic()))

    def _listen(self) -> None:
        """Wait for messages until the first limit is reached."""
        now = time.monotonic()
        nearest = min(self._left(child, now) for child in self.children)
        ready = wait([child.receiver for child in self.children], timeout=max(0.0, nearest))
        for child in [c for c in self.children if c.receiver in ready]:
            self._receive(child)
        now = time.monotonic()
        for child in [c for c in self.children if self._left(c, now) <= 0 and not c.receiver.poll()]:
            self._overrun(child)

    def _left(self, child: _Child, now: float) -> float:
        """Seconds that a child may still take for what it is doing."""
        allowed = self.seconds if child.unit else self.seconds * min(max(1, child.job.equations), LONGEST_READING)
        return allowed - child.job.spent.get(child.key, 0.0) - (now - child.since)

    def _receive(self, child: _Child) -> None:
        try:
            message = child.receiver.recv()
        except (EOFError, OSError):
            self._died(child)
            return
        what, rest = message[0], message[1:]
        if what in ("begun", "done"):
            self._count(child)
            self._judged(child, what, *rest)
        elif what == "told":
            child.job.told = rest[0]
        elif what == "memory":
            self._out_of_memory(child)
        else:
            self._finish(child, what, rest[0])

    def _count(self, child: _Child) -> None:
        now = time.monotonic()
        child.job.spent[child.key] = child.job.spent.get(child.key, 0.0) + now - child.since
        child.since = now

    def _judged(self, child: _Child, what: str, unit: Unit, entry: Entry | None) -> None:
        child.unit = unit if what == "begun" else None
        if what == "done" and entry is not None:
            child.job.known[unit.name] = entry
            self.on_done(child.job, unit.name, entry)

    def _finish(self, child: _Child, state: str, result: Any) -> None:
        job = child.job
        self._end(child)
        job.state = state
        if isinstance(result, Report):
            job.report = result
        else:
            job.sentence = result
        self.on_end()

    def _overrun(self, child: _Child) -> None:
        self._stop(child, f"stopped after {self.seconds:g} s")

    def _out_of_memory(self, child: _Child) -> None:
        if child.unit is not None and child.unit.name not in child.job.tried_again:
            child.job.tried_again.add(child.unit.name)
            self._again(child)  # what it held of other equations may have been too much
        else:
            self._stop(child, f"stopped at {self.memory / 2**30:g} GiB of memory")

    def _died(self, child: _Child) -> None:
        self._stop(child, "stopped, since the process that judged it ended without an answer")

    def _stop(self, child: _Child, why: str) -> None:
        """Give up what a child is doing, and go on with the rest of its source."""
        job, key = child.job, child.key
        if child.unit is None or key in job.stopped:
            self._finish(child, "stopped", f"the source was not read to its end: {why}")
            return
        job.stopped[key] = why
        self.on_done(job, key, why)
        self._again(child)

    def _again(self, child: _Child) -> None:
        job = child.job
        self._end(child)
        job.spent.pop("", None)
        self._start(job)

    def _end(self, child: _Child) -> None:
        self.children.remove(child)
        child.receiver.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child.pid, 0)

    def _kill_all(self) -> None:
        for child in list(self.children):
            self._end(child)

    def _close(self) -> None:
        """Put together what is done of the jobs that were interrupted; what does not come soon is left out."""
        limit = time.monotonic() + CLOSING
        for child in list(self.children):
            while child in self.children and child.receiver.poll():
                self._receive(child)
        jobs = [child.job for child in self.children]
        self._kill_all()
        for job in jobs:
            if job.known:
                job.partly = True
                self._start(job, closing="interrupted")
        with contextlib.suppress(KeyboardInterrupt):
            while self.children and (left := limit - time.monotonic()) > 0:
                for receiver in wait([c.receiver for c in self.children], timeout=left):
                    self._receive(next(c for c in self.children if c.receiver is receiver))

    def _in_this_process(self, jobs: Sequence[Job]) -> bool:
        """Where there are no forks there are no limits but the steps; nothing else differs."""
        try:
            for job in jobs:
                self._alone(job)
                self.on_end()
        except KeyboardInterrupt:
            return False
        return True

    def _alone(self, job: Job) -> None:
        def receive(message: tuple[Any, ...]) -> None:
            match message:
                case ("done", unit, Entry() as entry):
                    self.on_done(job, unit.name, entry)
                case ("told", text):
                    job.told = text
                case ("report", report):
                    job.state, job.report = "report", report
                case ("mistake" | "fault", sentence):
                    job.state, job.sentence = message[0], sentence
                case ("memory",):
                    job.state, job.sentence = "stopped", "the source was not judged to its end: out of memory"

        messages(job.work, Keeper(dict(job.known), dict(job.stopped), wanted=self.wanted), receive)
