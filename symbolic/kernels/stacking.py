"""Products and calls side by side as one: the gates of an LSTM or GRU.

    z_k = W_k h  for all gates k           z = W h, with the W_k below each other
    Σ_k W_kᵀ u_k                           Wᵀ u, with the u_k side by side
    s_k = f(a_k + z_k)                     s = f(a + z), for neighbours of the same form
    u_k = a_k v                            u = a v, v repeated for every block
    Σ u_k xᵀ, Σ u_k                        one contraction of all blocks

Buffers that are to be neighbours become blocks of a common one.  Gates whose values have the same form stand together; what
has a place already, or is given, is copied to a block in front of the loop.  What fits nowhere stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from . import algebra as A
from .places import Places
from .program import (
    Assign,
    Call,
    Const,
    Contract,
    Load,
    Loop,
    Product,
    Program,
    Simple,
    Total,
    Value,
    axes,
    reads,
)
from .schedule import EVERY


def stacked(program: Program) -> Program:
    """The program with neighbours computed together."""
    s = Stacks(program)
    for loop in [o for o in program.operations if isinstance(o, Loop) and not o.steps.at]:
        s.forward(loop.body)
        s.backward(loop.body)
    s.outside()
    s.sums()
    return s.program()


class Stacks(Places):
    # Loops.

    def loops_with(self, names: set[str]) -> list[int]:
        return [i for i, o in enumerate(self.operations) if isinstance(o, Loop) and any(s.out in names for s in o.body)]

    def forward(self, body: Sequence[Simple]) -> None:
        """Products of several matrices with the same vector, and what is made of them."""
        groups: dict[Load, list[Product]] = {}
        for o in body:
            if isinstance(o, Product) and not o.turned and self.movable(o.out) and self.buffers[o.out].rank == 1:
                groups.setdefault(o.vector, []).append(o)
        for group in groups.values():
            at = self.loops_with({o.out for o in group})
            if len(group) < 2 or len(at) != 1:
                continue
            loop = self.operations[at[0]]
            assert isinstance(loop, Loop)
            self._forward(at[0], loop, group)

    def _forward(self, at: int, loop: Loop, group: list[Product]) -> None:
        new_body = list(_split_sigmoids(loop.body, {o.out for o in group}))
        inside = {s.out for s in new_body}
        outs = {o.out for o in group}
        kinds: dict[str, list[str]] = {}
        for o in group:
            kinds[o.out] = [
                _form(s.value, inside, outs | {s.out})
                for s in new_body
                if isinstance(s, Assign) and self._follows(s, o.out, new_body)
            ]
        forms = list(dict.fromkeys(k[0] if k else "" for k in kinds.values()))
        group = sorted(group, key=lambda o: (forms.index(kinds[o.out][0] if kinds[o.out] else ""), len(kinds[o.out])))
        copies: list[Simple] = []
        matrix = self.matrix([o.matrix for o in group], copies)
        if matrix is None:
            return
        whole = self.placed([o.out for o in group])
        product = replace(group[0], out=whole, matrix=matrix)
        first = min(new_body.index(o) for o in group)
        new_body = [product if i == first else s for i, s in enumerate(new_body) if i == first or s not in group]
        new_body = self._merged(new_body, [o.out for o in group], copies)
        self.operations[at : at + 1] = [*copies, replace(loop, body=tuple(new_body))]

    def _follows(self, s: Assign, name: str, body: Sequence[Simple]) -> bool:
        """Whether an operation is made of a product, directly or as an update of what is."""
        if any(r.buffer == name for r in reads(s)):
            return True
        return any(r.buffer == s.out for r in reads(s)) and any(
            p.out == s.out and p is not s and any(r.buffer == name for r in reads(p)) for p in body
        )

    def _merged(self, body: list[Simple], order: Sequence[str], copies: list[Simple]) -> list[Simple]:
        """Operations of the same form on neighbours as one, again and again from what has been merged."""
        inside = {s.out for s in body}
        fronts = [[n] for n in order]
        position = {n: i for i, n in enumerate(order)}
        while fronts:
            groups: dict[str, list[tuple[int, Assign]]] = {}
            for s in body:
                if isinstance(s, Assign):
                    sources = [position[r.buffer] for r in reads(s) if r.buffer in position]
                    if len(sources) == 1 and any(r.buffer == order[sources[0]] for r in reads(s)):
                        groups.setdefault(_form(s.value, inside, {*order, s.out}), []).append((sources[0], s))
            fronts = []
            for found in groups.values():
                found.sort(key=lambda f: f[0])
                run = [f for f in found if self._free(f[1].out, inside)]
                if len(run) < 2 or len({f[1].out for f in run}) < len(run) or any(b[0] - a[0] != 1 for a, b in zip(run, run[1:], strict=False)):  # fmt: skip  # noqa: E501, RUF007
                    continue
                outs = [f[1].out for f in run]
                name = self.range_of(outs) or (self.placed(outs) if all(self.movable(n) for n in outs) else None)
                value = self.unified([f[1].value for f in run], inside, copies) if name else None
                if name is None or value is None or not self._fits(value, name):
                    continue
                first = min(body.index(f[1]) for f in run)
                gone = [f[1] for f in run]
                body = [Assign(name, value) if i == first else s for i, s in enumerate(body) if i == first or s not in gone]
                body = self._updates(body, outs, inside, copies)
            order, fronts = (), []
        return body

    def _updates(self, body: list[Simple], outs: list[str], inside: set[str], copies: list[Simple]) -> list[Simple]:
        """Updates in place of neighbours, as one."""
        own = [s for n in outs for s in body if isinstance(s, Assign) and s.out == n and any(r.buffer == n for r in reads(s))]
        while len(own) > 1 and self.range_of([s.out for s in own]) is None:
            own = own[1:]
        if len(own) > 1:
            name = self.range_of([s.out for s in own])
            value = self.unified([s.value for s in own], set(), copies)
            if name and value is not None:
                first = min(body.index(s) for s in own)
                return [Assign(name, value) if i == first else s for i, s in enumerate(body) if i == first or s not in own]
        return body

    def _free(self, name: str, inside: set[str]) -> bool:
        return self.movable(name) or self.buffers[name].inside is not None

    def _fits(self, value: Value, name: str) -> bool:
        legs = axes(value, self.buffers, True)[2]
        return legs in (self.buffers[name].legs, ())

    def backward(self, body: Sequence[Simple]) -> None:
        """Sums of products of turned matrices, and what goes into them."""
        products = {o.out: o for o in body if isinstance(o, Product) and o.turned}
        for s in body:
            if not isinstance(s, Assign) or not isinstance(s.value, Call) or s.value.fun != "+":
                continue
            terms = [a for a in s.value.args if isinstance(a, Load) and a.buffer in products and not a.shift]
            found = [products[a.buffer] for a in terms]
            shifts = {o.vector.shift for o in found}
            vectors = [o.vector.buffer for o in found]
            once = all(sum(r.buffer == o.out for p in body for r in reads(p)) == 1 for o in found)
            if len(found) > 1 and len(shifts) == 1 and once and all(self.movable(v) for v in vectors) and 0 not in shifts:
                self._backward(s, terms, found)

    def _backward(self, sum_: Assign, terms: list[Load], products: list[Product]) -> None:
        vectors = {o.vector.buffer for o in products}
        at = self.loops_with(vectors)
        main = next(o for i in at for o in [self.operations[i]] if isinstance(o, Loop) and not o.steps.at)
        inside = {s.out for s in main.body}
        classes: dict[str, list[str]] = {}
        for s in main.body:
            if isinstance(s, Assign) and self.movable(s.out) and self.buffers[s.out].time:
                classes.setdefault(_form(s.value, inside, set()), []).append(s.out)
        touching = [c for c in classes.values() if vectors & set(c)]
        if sum(len(vectors & set(c)) for c in touching) < len(vectors):
            return
        # one row of what goes into the product, at its end if it can be, so that more may be joined to it
        pure, mixed = ([c for c in touching if vectors.issuperset(c) == own] for own in (True, False))
        touching = [*mixed[:1], *pure, *mixed[1:]]
        order: list[str] = []
        for i, c in enumerate(touching):
            extras, own = [n for n in c if n not in vectors], [n for n in c if n in vectors]
            order += own + extras if 0 < i == len(touching) - 1 else extras + own if not i else own
        self.placed(order)
        own = [n for n in order if n in vectors]
        vector = self.range_of(own)
        by_vector = {o.vector.buffer: o for o in products}
        copies: list[Simple] = []
        matrix = self.matrix([by_vector[n].matrix for n in own], copies)
        if vector is None or matrix is None:
            return
        whole = replace(products[0], vector=replace(products[0].vector, buffer=vector), matrix=matrix)
        rest = [a for a in sum_.value.args if a not in terms]  # type: ignore[union-attr]
        new = replace(sum_, value=Call("+", (*rest, Load(whole.out))) if rest else Load(whole.out))
        for i in at:
            loop = self.operations[i]
            assert isinstance(loop, Loop)
            changed: list[Simple] = []
            for s in loop.body:
                if s == sum_:
                    changed += [whole, new]
                elif s not in products:
                    changed.append(s)
            for c in touching:
                members = [n for n in order if n in c]
                changed = self._class(changed, members, copies)
            self.operations[i] = replace(loop, body=tuple(changed))
        self.operations[at[0] : at[0]] = copies

    def _class(self, body: list[Simple], members: list[str], copies: list[Simple]) -> list[Simple]:
        found = [s for n in members for s in body if isinstance(s, Assign) and s.out == n]
        name = self.range_of(members)
        if len(found) < 2 or len(found) != len(members) or name is None:
            return body
        value = self.unified([s.value for s in found], {s.out for s in body}, copies)
        if value is None or not self._fits(value, name):
            return body
        first = min(body.index(s) for s in found)
        return [Assign(name, value) if i == first else s for i, s in enumerate(body) if i == first or s not in found]

    # Everything else.

    def outside(self) -> None:
        """What has got neighbours is computed together with them, in front of the loops."""
        done = 0
        while done < len(self.parents):
            parent = self.parents[done]
            done += 1
            members = next(m for m, p in self.packs.items() if p == parent)
            self._together(parent, members)

    def _together(self, parent: str, members: Sequence[str]) -> None:
        tops = [(i, o) for i, o in enumerate(self.operations) if not isinstance(o, Loop) and o.out in members]
        inner = any(s.out in members for o in self.operations if isinstance(o, Loop) for s in o.body)
        if inner or len(tops) != len(members) or {o.out for _, o in tops} != set(members):
            return
        by_out = {o.out: o for _, o in tops}
        found = [by_out[m] for m in members]
        last = max(i for i, _ in tops)
        between = self.operations[min(i for i, _ in tops) : last]
        if any(r.buffer in members for o in between for s in (o.body if isinstance(o, Loop) else (o,)) for r in reads(s)):
            return
        copies: list[Simple] = []
        new: Simple | None = None
        if all(isinstance(o, Assign) and o.steps.whole and not o.add for o in found) and self.buffers[parent].time:
            value = self.unified([o.value for o in found], set(), copies)  # type: ignore[union-attr]
            new = Assign(parent, value) if value is not None and self._fits(value, parent) else None
        elif all(isinstance(o, Product) and not o.turned and o.steps.whole for o in found):
            products = [o for o in found if isinstance(o, Product)]
            if len({o.vector for o in products}) == 1 and len({o.matrix for o in products}) == len(products):
                matrix = self.matrix([o.matrix for o in products], copies)
                new = replace(products[0], out=parent, matrix=matrix) if matrix else None
        if new is not None:
            kept = [[*copies, new] if i == last else [o] for i, o in enumerate(self.operations) if i == last or o not in found]
            self.operations = [o for some in kept for o in some]

    def sums(self) -> None:
        """Contractions and sums of neighbours as one."""
        groups: dict[object, list[Contract | Total]] = {}
        for o in self.operations:
            left = o.left if isinstance(o, Contract) else o.value if isinstance(o, Total) else None
            if isinstance(left, Load) and not left.shift and self.buffers[left.buffer].inside and o.steps == EVERY:  # type: ignore[union-attr]  # fmt: skip
                right = o.right if isinstance(o, Contract) else None
                groups.setdefault((type(o), self.buffers[left.buffer].inside[0], right), []).append(o)  # type: ignore[arg-type,index]  # fmt: skip
        for found in groups.values():
            by = {(o.left if isinstance(o, Contract) else o.value).buffer: o for o in found}  # type: ignore[union-attr]
            members = sorted(by, key=lambda n: self.buffers[n].inside[2])  # type: ignore[index]
            name = self.range_of(members)
            outs = [by[n].out for n in members]
            free = all(self.buffers[n].inside is None and not (self.buffers[n].time or self.buffers[n].batch) for n in outs)
            if len(members) < 2 or len(by) != len(found) or name is None or not free or self.buffers[outs[0]].rank == 0:
                continue
            parent = self.placed(outs, 0)
            first = by[members[0]]
            new = replace(first, out=parent, left=Load(name)) if isinstance(first, Contract) else Total(parent, Load(name))
            last = max(self.operations.index(o) for o in found)
            earlier = self.operations[:last]
            if any(r.buffer in outs for o in earlier for s in (o.body if isinstance(o, Loop) else (o,)) for r in reads(s)):
                last = min(self.operations.index(o) for o in found)
            self.operations = [new if i == last else o for i, o in enumerate(self.operations) if i == last or o not in found]


def _split_sigmoids(body: Sequence[Simple], outs: set[str]) -> list[Simple]:
    """s = 1/2 + tanh(z)/2 as s = tanh(z), then s = 1/2 + s/2 in place."""
    half = Const(Fraction(1, 2))
    result: list[Simple] = []
    for s in body:
        if isinstance(s, Assign) and any(r.buffer in outs for r in reads(s)):
            inner = s.value.args[1] if isinstance(s.value, Call) and s.value.fun == "+" and len(s.value.args) == 2 else None
            if isinstance(inner, Call) and inner.fun == "*" and s.value == A.added(half, inner) and inner.args[0] == half:
                result += [
                    Assign(s.out, A.multiplied(*inner.args[1:])),
                    Assign(s.out, A.added(half, A.multiplied(half, Load(s.out)))),
                ]
                continue
        result.append(s)
    return result


def _form(value: Value, inside: set[str], own: set[str]) -> str:
    """A value with the names of what is computed outside, or side by side, left out."""
    if isinstance(value, Load):
        if value.buffer in own:
            return f"@{value.shift}"
        return f"{value.buffer}{value.shift}{value.end}" if value.buffer in inside else "*"
    if isinstance(value, Const):
        return str(value.value)
    return f"{value.fun}({', '.join(_form(a, inside, own) for a in value.args)})"
