"""Judging that can be cut short and taken up again.

Every judgement of a run has a name, made of all that it depends on.  A *keeper* stands by: what it knows already is not judged
again, and it tells what is begun and what is done, so that someone outside can watch the clock, stop a judgement that takes too
long, and go on in a fresh process that skips it.

An equation whose judgement was stopped counts everywhere as if the document did not hold it, and is *unproved*.  A judgement
that others rest on (is this the first step? is a name defined twice?) cannot be left out in this way: where one was stopped,
every verdict of the document is *unproved*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b

from ..language.bounds import Statement
from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim
from .rebuild import written
from .workshop import Held

JUDGED = ("proved", "proved-given", "refuted")
USED_UP = "budget used up"


class Stopped(Exception):
    """A judgement that was stopped before, and why."""


@dataclass(frozen=True)
class Unit:
    """One judgement: its name, the id of its '=' ("" for the derivation of a model), whether others rest on it."""

    name: str
    id: str = ""
    supports: bool = False


@dataclass
class Keeper:
    """What is known of a document's judgements.

    known    entries by the name of the judgement;  stopped: why, by the id of an '=' or the name of a model
    tell     is called with ("begun", unit, None) and ("done", unit, entry)
    save     keeps the text about a disagreement of the two routes and says where
    closing  nothing new is judged any more, for this reason
    shaken   the id of an '=' whose judgement was stopped although others rest on it;  ready: what has been prepared
    wanted   verdicts whose evidence is needed: what is known without it is judged again
    mends    whether refuted equations get a cause and a repair
    """

    known: dict[str, Entry] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    tell: Callable[[str, Unit, Entry | None], None] = lambda what, unit, entry: None
    save: Callable[[str], str] = lambda text: ""
    closing: str = ""
    wanted: frozenset[str] = frozenset()
    mends: bool = False
    shaken: str = ""
    ready: set[str] = field(default_factory=set)

    def entry(self, unit: Unit, prepare: Callable[[], object], judge: Callable[[], Entry]) -> Entry:
        """The entry of a judgement, with what it needs made before.  Raises `Stopped`."""
        known = self.known.get(unit.name)
        if known is not None and (unit.supports or unit.id not in self.stopped) and not self._lacks_evidence(known):
            return known
        self._check(unit, unit.id)
        try:
            prepare()
        except Stopped as error:
            self.stopped[unit.id] = str(error)
            self._check(unit, unit.id)
        self.tell("begun", unit, None)
        entry = judge()
        self.known[unit.name] = entry
        self.tell("done", unit, entry)
        return entry

    def prepared(self, unit: Unit, prepare: Callable[[], object]) -> None:
        """Have something made that judgements need.  Raises `Stopped`."""
        self._check(unit, unit.name)
        if unit.name not in self.ready:
            self.tell("begun", unit, None)
            prepare()
            self.ready.add(unit.name)
            self.tell("done", unit, None)

    def _lacks_evidence(self, known: Entry) -> bool:
        return known.verdict in self.wanted and known.evidence is None and not self.closing

    def _check(self, unit: Unit, key: str) -> None:
        why = self.stopped.get(key) or self.closing
        if why:
            self.stopped[key] = why
            if unit.supports:
                self.shaken = self.shaken or unit.id
            raise Stopped(why)

    def settled(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The entries of a whole document, where something was stopped."""
        result = [stopped(e, self.stopped[e.id]) if e.id in self.stopped else e for e in entries]
        if self.shaken:
            why = f"the judgement on {self.shaken}, on which the reading of the others rests, did not come to its end"
            result = [stopped(e, why) if e.verdict in JUDGED else e for e in result]
        return tuple(result)


def stopped(entry: Entry, why: str) -> Entry:
    """An equation that was not judged to the end."""
    return left_open(entry, f"{USED_UP}; {why}", "unproved")


_KEEPER: ContextVar[Keeper | None] = ContextVar("keeper", default=None)


def keeper() -> Keeper:
    """The keeper that stands by, or one that knows nothing."""
    return _KEEPER.get() or Keeper()


@contextmanager
def kept(by: Keeper) -> Iterator[Keeper]:
    """While this lasts, judgements go through a keeper."""
    token = _KEEPER.set(by)
    try:
        yield by
    finally:
        _KEEPER.reset(token)


def name_of(claim: Claim, model: Model, layout: str) -> str:
    """The name of a judgement: a hash of the claim with its place and every reading, of the model, and of the layout."""
    return _hash(f"{written(replace(claim, model=0, passage=0))} {layout} {name_of_model(model)}")


def name_of_statement(statement: Statement, model: Model, layout: str) -> str:
    return _hash(f"{written(statement)} {layout} {name_of_model(model)}")


def name_of_model(model: Model) -> str:
    return _name_of_model(Held(model))


@lru_cache(maxsize=64)
def _name_of_model(held: Held) -> str:
    return _hash(written(held.model))


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
