"""One product a step: what a loop adds to a product is put into it.

    W h_{t-1} + U x_t + b = [W U b] (h_{t-1}, x_t, 1)           the rows (h_{t-1}, x_t, 1) stand in one buffer
    Wᵀ u_{t+1} + Vᵀ e_t   = [W; V]ᵀ (u_{t+1}, e_t)              and so do the rows (u_{t+1}, e_t), u_{T+1} = 0
    Σ u h_{t-1}ᵀ, Σ u x_tᵀ, Σ u     are one contraction of u with the joined rows

Products get longer and calls fewer, which pays for one sample and short vectors.  Where a product has blocks, as those of
gates, what is added to one of them stands beside zeros: (W u + b, V u) = [W b; V 0] (u, 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import algebra as A
from .editing import rebuilt, with_values
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
    flat,
    reads,
    renamed,
)
from .rows import Rows
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


@dataclass(frozen=True)
class _Added:
    """What one operation of a loop adds to a product: matrices by the vectors that they take, and constant vectors.

    gone   the operations outside the loop that computed it
    """

    user: Assign
    addends: tuple[Value, ...]
    matrices: dict[Load, Load]
    constants: list[Value]
    gone: list[Simple]


class Joins(Rows):
    # Forward.

    def forward(self, loop: Loop) -> None:
        for p in loop.body:
            if isinstance(p, Product) and not p.turned and p.vector.shift == -1:
                h = self.buffers[p.vector.buffer]
                if self.free(h.name) and (h.before, h.after, h.rank) == (1, 0, 1) and self._forward(loop, p, h):
                    return

    def _forward(self, loop: Loop, p: Product, h: Buffer) -> bool:
        blocks = self._read(p.out)
        parts = [self._added(loop, name) for name in blocks]
        if not blocks or None in parts:
            return False
        found = [part for part in parts if part is not None]
        vectors = list(dict.fromkeys(v for part in found for v in part.matrices))
        if not vectors:
            return False
        new: list[Operation] = []
        row = []
        for v in vectors:
            block = self.names.new()
            self.buffers[block] = Buffer(block, "work", True, True, self.buffers[v.buffer].legs, after=1)
            new.append(Assign(block, v))
            row.append(block)
        row.append(h.name)
        constants = any(part.constants for part in found)
        if constants:
            one = self.names.new()
            self.buffers[one] = Buffer(one, "ones", True, True, (1,), after=1)
            row.append(one)
        rows = self.put(row, 0, after=1)
        columns = [self._column([part.matrices.get(v) for part in found], blocks, v, new) for v in vectors]
        columns.append(self.weights(p.matrix, new))
        if constants:
            told = [Call("column", (A.added(*part.constants),)) if part.constants else None for part in found]
            columns.append(self._column(told, blocks, None, new))
        matrix = self.put(columns, 1)
        body: list[Simple] = [replace(p, vector=Load(rows), matrix=Load(matrix)) if s == p else s for s in loop.body]
        for part in found:
            body = [_without(s, part.addends) if s.out == part.user.out else s for s in body]  # one may use several
        at = self.operations.index(loop)
        self.operations[at : at + 1] = [*new, replace(loop, body=tuple(_renamed(body)))]
        gone = [o for part in found for o in part.gone]
        self.operations = [o for o in self.operations if o not in gone]
        if len(blocks) > 1:
            self._kept(p.out, blocks)
        self._contractions(rows, {v: i for i, v in enumerate((*vectors, p.vector))}, constants)
        self.changed = True
        return True

    def _read(self, name: str) -> list[str]:
        """The blocks of a product that are read, if they are all of it; itself, if that is."""
        places: dict[str, tuple[int, int]] = {}
        for n in {r.buffer for o in self.readers(name) for r in reads(o)} & self.family(name):
            first, b = 0, self.buffers[n]
            while b.name != name and b.inside:
                first, b = first + b.inside[2], self.buffers[b.inside[0]]
            places[n] = first, len(self._along(n, 0))
        order = sorted(places, key=lambda n: places[n])
        ends = [sum(places[n]) for n in order]
        whole = [places[n][0] for n in order] == [0, *ends[:-1]] and ends[-1:] == [len(self._along(name, 0))]
        return order if whole else []

    def _added(self, loop: Loop, name: str) -> _Added | None:
        """What a loop adds to a product or a block of one; None where that cannot be put into the product."""
        users = [o for o in flat(tuple(self.operations)) for r in reads(o) if r.buffer == name]
        if len(users) != 1 or not isinstance(users[0], Assign) or users[0] not in loop.body:
            return None
        part = _Added(users[0], _addends(users[0].value, name), {}, [], [])
        for a in part.addends:
            if axes(a, self.buffers)[:2] == (False, False) and len(axes(a, self.buffers)[2]) == 1:
                part.constants.append(a)
                continue
            if not isinstance(a, Load) or a.shift or a.end or len(self.readers(a.buffer)) != 1:
                return None
            opened = self._opened(a.buffer)
            if opened is None or {q.vector for q in opened[0]} & set(part.matrices):
                return None
            part.matrices.update({q.vector: q.matrix for q in opened[0]})
            if len({q.vector for q in opened[0]}) < len(opened[0]):
                return None
            part.constants.extend(opened[1])
            part.gone.extend(opened[2])
        return part

    def _column(self, cells: Sequence[Value | None], blocks: Sequence[str], v: Load | None, new: list[Operation]) -> str:
        """Weights below each other, one for each block of the product; zero where there are none."""
        made = []
        for cell, block in zip(cells, blocks, strict=True):
            if cell is None:
                name = self.names.new()
                legs = (*self.buffers[block].legs, *(self.buffers[v.buffer].legs if v else (1,)))
                self.buffers[name] = Buffer(name, "work", legs=legs)
                new.append(Assign(name, A.ZERO))
            else:
                name = self.weights(cell, new) if isinstance(cell, Load) else self.copy(cell, new)
            made.append(name)
        return made[0] if len(made) == 1 else self.put(made, 0)

    def _kept(self, product: str, blocks: Sequence[str]) -> None:
        """A block that another buffer only names stands for it; then the product is kept for all steps."""
        names: dict[str, str] = {}
        for o in flat(tuple(self.operations)):
            if isinstance(o, Assign) and isinstance(o.value, Load) and o.value.buffer in blocks and self.free(o.out):
                b = self.buffers[o.out]
                sole = sum(s.out == o.out for s in flat(tuple(self.operations))) == 1
                if sole and not (b.before or b.after or o.value.shift):
                    names[o.out] = o.value.buffer
        if not names:
            return
        for n in self.family(product):
            self.buffers[n] = replace(self.buffers[n], time=True)

        def changed(o: Simple) -> Iterator[Simple]:
            if o.out not in names:
                yield renamed(o, names)

        self.operations = [
            new
            for o in self.operations
            for new in ((replace(o, body=tuple(n for s in o.body for n in changed(s))),) if isinstance(o, Loop) else changed(o))
        ]

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
                body.append(_without(s, (outer,)))
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


def _without(s: Simple, gone: Sequence[Value]) -> Simple:
    def change(v: Value) -> Value:
        if isinstance(v, Call) and v.fun == "+" and gone and all(a in v.args for a in gone):
            rest = tuple(a for a in v.args if a not in gone)
            return rest[0] if len(rest) == 1 else Call("+", rest)
        return v

    return with_values(s, lambda v: rebuilt(v, change))
