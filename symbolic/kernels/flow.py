"""A model and its derivation as operations in no order: the forward equations, the rules of the adjoints, the gradients.

Several operations with the same out are summands, each for its own steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Expr
from sympy.core.basic import Basic

from .. import language as L
from ..model import Family, Model
from . import algebra as A
from .declarations import Array, Declarations, declared
from .formula import formula
from .lowering import Lowering, NotLowered
from .program import Assign, Buffer, Leg, Load, Simple, Start, Total, Value, mapped, reads
from .reducing import reduced
from .schedule import EVERY, KernelError, Piece, Steps, needs, pieces, restricted

Contribution = tuple[Basic, int, L.Relation | None]
"""A summand of an adjoint: its term, how many steps later it comes from, where it counts."""


@dataclass(frozen=True)
class Flow:
    """What is computed: buffers by name, operations in no order, the results."""

    made: Declarations
    buffers: dict[str, Buffer]
    operations: tuple[Simple, ...]
    gradients: dict[str, str]
    loss: str
    ones: frozenset[str] = frozenset()

    @property
    def results(self) -> tuple[str, ...]:
        return (self.loss, *self.gradients.values())


def lowered(
    model: Model,
    adjoints: Mapping[str, Iterable[Contribution]],
    gradients: Mapping[str, Basic],
    assumes: Sequence[str] = (),
) -> Flow:
    """The flow of a model, under those of its assumptions that are named.

    `NotLowered` for what a program does not express, `KernelError` for what no kernel does.
    """
    return Lowered(model, adjoints, assumes).flow(gradients)


class Lowered:
    def __init__(self, model: Model, adjoints: Mapping[str, Iterable[Contribution]], assumes: Sequence[str]):
        self.model = model
        self.adjoints = {name: tuple(parts) for name, parts in adjoints.items()}
        self.made = declared(model)
        families = {a.family for a in model.assumptions if a.kind == "sum_to_one" and a.text in assumes}
        ones = frozenset(array.name for key, array in self.made.data.items() if key in families)
        self.k = Lowering(self.made, {}, _inverse(model), {}, timed=bool(model.time), ones=ones)
        arrays = [*self.made.parameters.values(), *self.made.data.values(), *self.made.initial.values()]
        by_key = {a.key: a for a in arrays}
        for f in model.families.values():
            array = by_key.get(f.name)
            self._hold("value", f, array.name if array else self.made.held["value", f.name].name, array)
        for array in self.made.initial.values():
            if array.shape[0] != "B":
                raise NotLowered(f"several values before the first step, {array.key}")
            family = model.families[array.key[:-1]]
            self.k.buffers[array.name] = Buffer(
                array.name, "data", False, True, self._legs(family), key=array.key, optional=True
            )

    def _legs(self, f: Family) -> tuple[Leg, ...]:
        return tuple(self._leg(leg) for leg in (*f.rows, *f.cols))

    def _leg(self, leg: Expr) -> Leg:
        if leg.is_Integer:
            return int(leg)
        if leg in self.made.sizes:
            return self.made.sizes[leg]
        return tuple(int(a) if a.is_Integer else self.made.sizes[a] for a in leg.args)

    def _hold(self, kind: str, f: Family, name: str, array: Array | None = None) -> None:
        role = {"weight": "parameter", "state": "work", "loss": "work"}.get(f.role, "data")
        told = formula(f.var if kind == "value" else L.Adjoint(f.var))
        depth = self.made.depths[f.name] if kind == "value" else 0
        if depth and array:
            raise NotLowered(f"values of {f.name} before the first step")
        self.k.held[kind, f.name] = name
        self.k.buffers[name] = Buffer(
            name, role if kind == "value" else "work",  # type: ignore[arg-type]
            bool(f.indices), f.role != "weight", self._legs(f), depth, f.name if array else "", told,
        )  # fmt: skip

    def flow(self, gradients: Mapping[str, Basic]) -> Flow:
        k = self.k
        for e in self.model.equations:
            self._forward(e.left.name, e.right)
        loss = self._loss()
        for name in self._needed(gradients):
            self._hold("adjoint", self.model.families[name], self.made.names.new("d", name))
        for (kind, name), buffer in list(k.held.items()):
            if kind == "adjoint":
                self._backward(name, buffer)
        results = {}
        for key, array in self.made.parameters.items():
            results[key] = self._gradient(array, self.model.families[key], gradients.get(key))
        return Flow(self.made, k.buffers, tuple(k.operations), results, loss, k.ones)

    def _forward(self, name: str, term: Basic) -> None:
        k, out = self.k, self.k.held["value", name]
        inner = k if self.model.families[name].indices else k.without_steps()
        value = inner.value(term)
        buffer = k.buffers[out]
        recurrent = any(v.name == name for v in term.atoms(L.Var))
        if not recurrent and not buffer.before and not k.axes(value)[1]:
            k.buffers[out] = replace(buffer, batch=False)
        k.operations.append(Assign(out, value))
        if buffer.before:
            given = self.made.initial.get(name)
            k.operations.append(Start(out, Load(given.name) if given else A.ZERO))

    def _loss(self) -> str:
        k = self.k
        held = Load(k.held["value", self.model.loss.name])
        if not k.buffers[held.buffer].batch:
            raise NotLowered("a loss that does not depend on the samples")
        name = self.made.names.new("loss", "")
        k.buffers[name] = Buffer(name, "loss", told=formula(self.model.loss))
        k.operations.append(Total(name, held))
        return name

    def _needed(self, gradients: Mapping[str, Basic]) -> list[str]:
        """The quantities whose adjoints the gradients need, directly or through others."""
        wanted: list[str] = []
        waiting = [name for term in gradients.values() for (kind, name), _ in needs(term) if kind == "adjoint"]
        while waiting:
            name = waiting.pop(0)
            if name in wanted:
                continue
            if name not in self.adjoints:
                raise KernelError(f"the adjoint of {name} is needed but no rule gives it")
            wanted.append(name)
            waiting += [n for c in self.adjoints[name] for (kind, n), _ in needs(c[0]) if kind == "adjoint"]
        return wanted

    def _backward(self, name: str, out: str) -> None:
        k, family = self.k, self.model.families[name]
        if not k.buffers[k.held["value", name]].batch:
            raise NotLowered(f"the adjoint of {name}, which all samples share")
        parts: dict[Steps, list[Value]] = {}
        for term, offset, condition in self.adjoints[name]:
            steps = Steps(stop=offset)
            if condition is not None:
                steps = restricted(steps, (condition,), k.letter, k.lower, k.length)
            for p in pieces(term, k.letter, k.lower, k.length, steps):
                inner = k.at(p.steps) if family.indices else k.without_steps()
                parts.setdefault(p.steps, []).append(self._later(inner, p, offset))
        for steps, values in parts.items():
            k.operations.append(Assign(out, A.added(*values), steps))
        if not parts:
            k.operations.append(Assign(out, A.ZERO))

    def _later(self, inner: Lowering, p: Piece, offset: int) -> Value:
        """What comes from a later step, lowered at that step."""
        k = self.k
        if not offset or p.steps.at or k.letter is None:
            return inner.value(p.term)
        own = inner.value(p.term.xreplace({k.letter: L.at(k.letter, -offset)}))
        return mapped(own, lambda r: replace(r, shift=r.shift + offset) if k.buffers[r.buffer].time and not r.end else r)

    def _gradient(self, array: Array, family: Family, term: Basic | None) -> str:
        k, name = self.k, self.made.names.new("g", family.name)
        if family.indices:
            raise NotLowered(f"the gradient of {family.name} for every step")
        value = A.ZERO if term is None else reduced(k.without_steps(), term)
        told = formula(L.Adjoint(family.var)) + (f" = {formula(term)}" if term is not None else "")
        k.buffers[name] = Buffer(name, "gradient", False, False, self._legs(family), told=told, key=array.key)
        k.operations.append(Assign(name, value, EVERY))
        return name


def _inverse(model: Model) -> dict[str, tuple[str, Basic]]:
    """y -> (function, argument) for every y that is defined as softmax or sigmoid of its argument."""
    found = {}
    for e in model.equations:
        if isinstance(e.right, L.Apply) and e.right.fun in (L.Fun("softmax"), L.Fun("sigmoid")):
            found[e.left.name] = (e.right.fun.name, e.right.x)
    return found


def used(flow: Flow, extra: Sequence[str] = ()) -> Flow:
    """The flow without what no result needs."""
    by_out: dict[str, list[Simple]] = {}
    for o in flow.operations:
        by_out.setdefault(o.out, []).append(o)
    waiting, wanted = [*flow.results, *extra], set()
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [r.buffer for o in by_out.get(name, ()) for r in reads(o)]
    kept = tuple(o for o in flow.operations if o.out in wanted)
    buffers = {n: b for n, b in flow.buffers.items() if n in wanted or b.kind in ("parameter", "data")}
    return replace(flow, operations=kept, buffers=buffers)
