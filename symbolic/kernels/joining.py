"""One product a step: what a loop adds to a product is put into it.

    W h_{t-1} + U x_t + b = [W U b] (h_{t-1}, x_t, 1)           the rows (h_{t-1}, x_t, 1) stand in one buffer
    Wᵀ u_{t+1} + Vᵀ e_t   = [W; V]ᵀ (u_{t+1}, e_t)              and so do the rows (u_{t+1}, e_t), u_{T+1} = 0
    Σ u h_{t-1}ᵀ, Σ u x_tᵀ, Σ u     are one contraction of u with the joined rows

Products get longer and calls fewer, which pays for one sample and short vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from . import algebra as A
from .editing import rebuilt, with_values
from .names import Names
from .program import (
    Assign,
    Buffer,
    Call,
    Contract,
    Load,
    Loop,
    Operation,
    Product,
    Program,
    Simple,
    Total,
    Value,
    axes,
    checked,
    flat,
    loads,
    reads,
    renamed,
)
from .schedule import EVERY, Steps


def joined(program: Program) -> Program:
    """The program with joined rows where that is possible; the program itself where it is not."""
    j = Joins(program)
    for loop in [o for o in program.operations if isinstance(o, Loop) and not o.steps.at]:
        if loop.direction > 0 and loop.steps == EVERY:
            j.forward(loop)
        elif loop.direction < 0:
            j.backward(loop)
    return j.program() if j.changed else program


class Joins:
    def __init__(self, program: Program):
        self.base = program
        self.buffers = dict(program.buffers)
        self.operations: list[Operation] = list(program.operations)
        self.names = Names("j", program.buffers)
        self.changed = False

    def program(self) -> Program:
        used = {n for o in flat(tuple(self.operations)) for n in (o.out, *(r.buffer for r in reads(o)))}
        used |= set(self.base.gradients.values()) | {n for n, b in self.buffers.items() if b.kind == "ones"}
        waiting = list(used)
        while waiting:
            inside = self.buffers[waiting.pop()].inside
            if inside and inside[0] not in used:
                used.add(inside[0])
                waiting.append(inside[0])
        kept = {n: b for n, b in self.buffers.items() if n in used or b.kind in ("parameter", "data")}
        return checked(replace(self.base, buffers=kept, operations=tuple(self.operations)))

    # What is there.

    def readers(self, name: str) -> list[Simple]:
        """Who reads a buffer or a part of it."""
        family = self.family(name)
        return [o for o in flat(tuple(self.operations)) for r in reads(o) if r.buffer in family]

    def family(self, name: str) -> set[str]:
        """A buffer and all its blocks."""
        found = {name}
        while True:
            more = {n for n, b in self.buffers.items() if b.inside and b.inside[0] in found} - found
            if not more:
                return found
            found |= more

    def sole(self, name: str) -> Simple | None:
        """The one operation outside of loops that computes a buffer for all its steps."""
        found = [o for o in self.operations if not isinstance(o, Loop) and o.out in self.family(name)]
        inner = any(s.out in self.family(name) for o in self.operations if isinstance(o, Loop) for s in o.body)
        if len(found) != 1 or inner or found[0].out != name:
            return None
        return found[0] if getattr(found[0], "steps", None) == EVERY and not getattr(found[0], "add", False) else None

    def free(self, name: str) -> bool:
        b = self.buffers[name]
        return b.inside is None and b.kind == "work"

    def put(self, members: Sequence[str], axis: int, **changes: int) -> str:
        """A new buffer of which these are the blocks."""
        model = max((self.buffers[m] for m in members), key=lambda b: b.rank)
        legs = list(model.legs)
        legs[axis] = tuple(p for m in members for p in self._along(m, axis))
        name = self.names.new()
        self.buffers[name] = replace(
            model, name=name, kind="work", legs=tuple(legs), key="", told="", inside=None, optional=False,
            before=changes.get("before", 0), after=changes.get("after", 0),
        )  # fmt: skip
        at = 0
        for m in members:
            self.buffers[m] = replace(self.buffers[m], inside=(name, axis, at))
            at += len(self._along(m, axis))
        return name

    def _along(self, name: str, axis: int) -> tuple[str | int, ...]:
        legs = self.buffers[name].legs
        leg = legs[axis] if axis < len(legs) else 1
        return leg if isinstance(leg, tuple) else (leg,)

    def copy(self, value: Value, into: list[Operation], **legs: object) -> str:
        """A new buffer with the value of weights."""
        name = self.names.new()
        shape = axes(value, self.buffers)[2]
        self.buffers[name] = Buffer(name, "work", legs=tuple(1 if leg == "*" else leg for leg in shape))
        into.append(Assign(name, value))
        return name

    def weights(self, m: Load, into: list[Operation]) -> str:
        """A matrix that may become a block."""
        if self.free(m.buffer) and len(self.readers(m.buffer)) == 1 and not self.buffers[m.buffer].time:
            return m.buffer
        return self.copy(m, into)

    # Forward.

    def forward(self, loop: Loop) -> None:
        for p in loop.body:
            if isinstance(p, Product) and not p.turned and p.vector.shift == -1:
                h = self.buffers[p.vector.buffer]
                if self.free(h.name) and (h.before, h.after, h.rank) == (1, 0, 1) and self._forward(loop, p, h):
                    return

    def _forward(self, loop: Loop, p: Product, h: Buffer) -> bool:
        users = self.readers(p.out)
        if len(users) != 1 or not isinstance(users[0], Assign):
            return False
        hoisted = _beside(users[0].value, p.out)
        if hoisted is None or len(self.readers(hoisted.buffer)) != 1:
            return False
        parts = self._opened(hoisted.buffer)
        if parts is None:
            return False
        products, constants, gone = parts
        new: list[Operation] = []
        blocks = []
        for q in products:
            x = self.buffers[q.vector.buffer]
            block = self.names.new()
            self.buffers[block] = Buffer(block, "work", True, True, x.legs, after=1)
            new.append(Assign(block, q.vector))
            blocks.append(block)
        blocks.append(h.name)
        if constants:
            one = self.names.new()
            self.buffers[one] = Buffer(one, "ones", True, True, (1,), after=1)
            blocks.append(one)
        rows = self.put(blocks, 0, after=1)
        columns = [*(self.weights(q.matrix, new) for q in products), self.weights(p.matrix, new)]
        if constants:
            columns.append(self.copy(Call("column", (A.added(*constants),)), new))
        matrix = self.put(columns, 1)
        body: list[Simple] = []
        for s in loop.body:
            if s == p:
                body.append(replace(p, vector=Load(rows), matrix=Load(matrix)))
            elif s == users[0]:
                body.append(_without(s, hoisted))
            else:
                body.append(s)
        at = self.operations.index(loop)
        self.operations[at : at + 1] = [*new, replace(loop, body=tuple(_renamed(body)))]
        self.operations = [o for o in self.operations if o not in gone]
        vectors = {p.vector: len(products)} | {q.vector: i for i, q in enumerate(products)}
        self._contractions(rows, vectors, bool(constants))
        self.changed = True
        return True

    def _opened(self, name: str) -> tuple[list[Product], list[Value], list[Simple]] | None:
        """A quantity as products with vectors and a vector that all steps have in common."""
        o = self.sole(name)
        if isinstance(o, Product):
            terms: Sequence[Value] = (Load(name),)
            gone: list[Simple] = []
        elif isinstance(o, Assign):
            terms = o.value.args if isinstance(o.value, Call) and o.value.fun == "+" else (o.value,)
            gone = [o]
        else:
            return None
        products, constants = [], []
        for term in terms:
            time, batch, legs = axes(term, self.buffers)
            if not time and not batch and len(legs) == 1:
                constants.append(term)
                continue
            q = self.sole(term.buffer) if isinstance(term, Load) and not term.shift and not term.end else None
            if not isinstance(q, Product) or q.turned or (q.out != name and len(self.readers(q.out)) != 1):
                return None
            v = self.buffers[q.vector.buffer]
            if not (v.time and v.batch and v.rank == 1) or q.vector.end:
                return None
            products.append(q)
            gone.append(q)
        return (products, constants, gone) if products else None

    def _contractions(self, rows: str, vectors: dict[Load, int], ones: bool) -> None:
        """Σ u vᵀ for all blocks v of the rows as one."""
        by_left: dict[Load, dict[int, Simple]] = {}
        for o in self.operations:
            if isinstance(o, Contract) and o.right in vectors and o.steps == EVERY:
                by_left.setdefault(o.left, {})[vectors[o.right]] = o
            elif isinstance(o, Total) and ones and isinstance(o.value, Load) and o.steps == EVERY:
                b = self.buffers[o.out]
                if b.rank == 1 and not b.batch:
                    by_left.setdefault(o.value, {})[len(vectors)] = o
        for left, found in by_left.items():
            outs = [found[i].out for i in sorted(found)]
            if len(found) < len(vectors) + ones or any(self.buffers[n].inside for n in outs):
                continue
            last = max(self.operations.index(o) for o in found.values())
            first = min(self.operations.index(o) for o in found.values())
            between = self.operations[first:last]
            names = {m for n in outs for m in self.family(n)}
            if any(r.buffer in names for o in between for s in (o.body if isinstance(o, Loop) else (o,)) for r in reads(s)):
                last = first
            whole = self.put(outs, 1)
            gone = list(found.values())
            new = Contract(whole, left, Load(rows))
            self.operations = [new if i == last else o for i, o in enumerate(self.operations) if i == last or o not in gone]

    # Backward.

    def backward(self, loop: Loop) -> None:
        at = self.operations.index(loop) if loop in self.operations else 0
        before = self.operations[at - 1] if at else None
        peeled = isinstance(before, Loop) and before.steps == Steps(at="last")
        if loop.steps != Steps(stop=1) or not peeled:
            return
        later = {r.buffer for s in loop.body for r in reads(s) if r.shift}
        if any(r.shift not in (0, 1) for s in loop.body for r in reads(s) if r.buffer in {p.out for p in loop.body}):
            return
        for p in loop.body:
            if isinstance(p, Product) and p.turned and p.vector.shift == 1:
                self._backward(at, loop, p, later)
                return

    def _backward(self, at: int, loop: Loop, p: Product, later: set[str]) -> None:
        users = self.readers(p.out)
        if len(users) != 1 or not isinstance(users[0], Assign):
            return
        found = [a for a in _addends(users[0].value, p.out) if isinstance(a, Load) and not a.shift and not a.end]
        for outer in found:
            q = self.sole(outer.buffer)
            peeled = self.operations[at - 1]
            assert isinstance(peeled, Loop)
            inner = [s for s in (*loop.body, *peeled.body) for r in reads(s) if r.buffer == outer.buffer]
            if isinstance(q, Product) and q.turned and len(inner) == len(self.readers(outer.buffer)) and not q.vector.shift:
                e, u = self.buffers[q.vector.buffer], self.buffers[p.vector.buffer]
                if self.free(e.name) and not e.before and e.rank == 1 and e.time and e.batch and self._ends(u):
                    self._join_rows(at, loop, p, users[0], q, outer, later)
                return

    def _ends(self, u: Buffer) -> bool:
        """Whether nothing stands behind a buffer in what it is a block of."""
        if u.inside is None:
            return u.kind == "work" and not u.before
        parent = self.buffers[u.inside[0]]
        leg = parent.legs[-1]
        own = u.legs[-1]
        count = len(own) if isinstance(own, tuple) else 1
        whole = len(leg) if isinstance(leg, tuple) else 1
        return u.inside[2] + count == whole and parent.inside is None

    def _join_rows(self, at: int, loop: Loop, p: Product, user: Assign, q: Product, outer: Load, later: set[str]) -> None:
        u = self.buffers[p.vector.buffer]
        owner = u.inside[0] if u.inside else u.name
        first = u.inside[2] if u.inside else 0
        slots = self.family(owner) | {n for n in later if self.buffers[n].time}
        slots |= {m for n in slots for m in self.family(n)}
        tops = {n for n in slots if self.buffers[n].inside is None}
        if any(self.buffers[n].before or self.buffers[n].kind != "work" for n in slots):
            return
        for n in slots:
            self.buffers[n] = replace(self.buffers[n], after=1)
        self.buffers[q.vector.buffer] = replace(self.buffers[q.vector.buffer], before=1)
        rows = self.put([owner, q.vector.buffer], 0, after=1)
        leg = self.buffers[rows].legs[0]
        assert isinstance(leg, tuple)
        vector = rows
        if first:
            vector = self.names.new()
            self.buffers[vector] = replace(self.buffers[rows], name=vector, legs=(leg[first:],), inside=(rows, 0, first))
        new: list[Operation] = []
        matrix = self.put([self.weights(p.matrix, new), self.weights(q.matrix, new)], 0)
        body: list[Simple] = []
        for s in loop.body:
            if s == p:
                body.append(replace(p, vector=Load(vector, 1), matrix=Load(matrix)))
            elif s == user:
                body.append(_without(s, outer))
            else:
                body.append(s)
        body = _renamed(body)
        zeros = [Assign(n, A.ZERO, Steps(at="last", shift=1)) for n in sorted(tops)]
        self.operations[at - 1 : at + 1] = [*new, *zeros, replace(loop, steps=EVERY, body=tuple(body))]
        self.operations = [o for o in self.operations if o != q]
        self.changed = True


def _addends(value: Value, name: str) -> tuple[Value, ...]:
    """What is added to a buffer in a value."""
    if isinstance(value, Call):
        if value.fun == "+" and any(isinstance(a, Load) and a.buffer == name for a in value.args):
            return tuple(a for a in value.args if not (isinstance(a, Load) and a.buffer == name))
        for a in value.args:
            found = _addends(a, name)
            if found:
                return found
    return ()


def _beside(value: Value, name: str) -> Load | None:
    """The one quantity for all steps that is added to a buffer."""
    found = _addends(value, name)
    return found[0] if len(found) == 1 and isinstance(found[0], Load) and not found[0].shift and not found[0].end else None


def _renamed(body: list[Simple]) -> list[Simple]:
    """A body in which nothing only names a product."""
    outs = {s.out for s in body if isinstance(s, Product)}
    names: dict[str, str] = {}
    for s in body:
        source = s.value.buffer if isinstance(s, Assign) and isinstance(s.value, Load) and not s.value.shift else ""
        if source in outs and sum(r.buffer == source for p in body for r in reads(p)) == 1:
            names[source] = s.out
    kept = [s for s in body if not (isinstance(s, Assign) and names.get(getattr(s.value, "buffer", "")) == s.out)]
    return [renamed(s, names) for s in kept]


def _without(s: Simple, gone: Load) -> Simple:
    def change(v: Value) -> Value:
        if isinstance(v, Call) and v.fun == "+" and gone in v.args:
            rest = tuple(a for a in v.args if a != gone)
            return rest[0] if len(rest) == 1 else Call("+", rest)
        return v

    return with_values(s, lambda v: rebuilt(v, change))


_ = loads
