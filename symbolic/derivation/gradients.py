"""Gradients of any scalar by pulling back over time, in the shape of the quantity differentiated by.

The same decomposition as in `jacobians`, read from left to right: a cotangent goes back through the equations of a
step, the transposed product (J_i ... J_{s+1})ᵀ carries it to step s, and there it goes on to the weight or the earlier
quantity.
"""

from __future__ import annotations

from typing import TypeAlias

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import Relation, Var, affine
from .jacobians import NOTHING, Jacobians, gap, minus
from .moving import fresh, letters, moved
from .sweep import Use, uses

Cotangents: TypeAlias = dict[Var, Basic]
WaysIn: TypeAlias = list[tuple[str, int, Basic]]


class NeedsForward(Exception):
    """A use under a sum over time: the Jacobian, worked out forwards, is needed."""


class Gradients:
    """Gradients of scalars over the equations of one model."""

    def __init__(self, jacobians: Jacobians):
        self.jacobians, self.k = jacobians, jacobians.k

    # total

    def total(self, term: Basic, den: Var) -> Basic:
        """d term / d den through every path, in the shape of den.  Raises `NeedsForward`."""
        parts: list[Basic] = []
        waiting: Cotangents = {}
        self._arrive(waiting, uses(term, Integer(1), self.k, letters(den)), den)
        while waiting:
            v = max(waiting, key=self._lateness)
            c = waiting.pop(v)
            if v == den:
                parts.append(c)
            elif v.name not in self.jacobians.equations or not self.jacobians.depends(v.name, den.name):
                parts.append(self._where_same(c, v, den))
            elif not v.indices or self.jacobians.through_no_step(v.name, den.name):
                self._arrive(waiting, uses(self._right(v), c, self.k, letters(den) | letters(v)), den)
            elif not den.indices:
                parts += self._by_weight(v, c, den)
            elif gap(v.indices[0], den.indices[0]) is None:
                parts += self._across(v, c, den)
            elif self._between(v, den):
                self._arrive(waiting, uses(self._right(v), c, self.k, letters(den) | letters(v)), den)
        return self._sum(parts, den)

    def _lateness(self, v: Var) -> tuple[int, int, int]:
        order = self.jacobians.order.get(v.name, -1)
        return (0, affine(v.indices[0])[1], order) if v.indices else (1, 0, order)

    def _between(self, v: Var, den: Var) -> bool:
        point, offset = affine(v.indices[0])
        first = self.jacobians.model.families[v.name].indices[0].lower
        distance = gap(v.indices[0], den.indices[0])
        return distance is not None and distance >= 0 and not (point is None and offset < first)

    def _right(self, v: Var) -> Basic:
        right = self.jacobians.equations[v.name].right
        return moved(right, {self.jacobians.letter(v.name): v.indices[0]}) if v.indices else right

    def _arrive(self, waiting: Cotangents, found: list[Use], den: Var) -> None:
        for use in found:
            if not self.jacobians.depends(use.variable.name, den.name):
                continue
            if use.bound:
                raise NeedsForward(use.variable)
            old = waiting.get(use.variable)
            waiting[use.variable] = use.cotangent if old is None else self.k.plus(old, use.cotangent)

    def _where_same(self, c: Basic, v: Var, den: Var) -> Basic:
        if v.name != den.name:
            return self.k.zero(den)
        return self.k.where(c, *(Relation("=", a, b) for a, b in zip(v.indices, den.indices, strict=True)))

    def _sum(self, parts: list[Basic], den: Var) -> Basic:
        return self.k.plus(*parts) if parts else self.k.zero(den)

    # one step

    def within(self, v: Var, c: Basic, den: Var, held: frozenset[str] = NOTHING) -> Cotangents:
        """The cotangents that reach other steps and leaves from v through the equations of v's own step."""
        reached: Cotangents = {}
        waiting: Cotangents = {v: c}
        while waiting:
            w = max(waiting, key=self._lateness)
            g = waiting.pop(w)
            elsewhere = w.indices != v.indices or w.name not in self.jacobians.equations
            if w != v and (w == den or w.name in held or elsewhere):
                reached[w] = self.k.plus(reached[w], g) if w in reached else g
                if w.indices and affine(w.indices[0])[0] != affine(v.indices[0])[0]:
                    raise NeedsForward(w)
                continue
            self._arrive(waiting, uses(self._right(w), g, self.k, letters(den) | letters(v)), den)
        return reached

    def immediate(self, v: Var, den: Var) -> Basic:
        """∂⁺v/∂den for a scalar v at a step."""
        if v == den:
            return Integer(1)
        if v.name not in self.jacobians.equations:
            raise NeedsForward(v)
        if not v.indices:
            return self.total(v, den)
        apart = gap(v.indices[0], den.indices[0]) if den.indices else 0
        if apart is None or self.jacobians.of_no_step(v.name, den.name):
            raise NeedsForward(v)
        reached = self.within(v, Integer(1), den)
        return self._sum([self._where_same(g, w, den) for w, g in reached.items() if w.name == den.name], den)

    # products

    def carried(self, h: str, lower: Expr, upper: Expr, c: Basic) -> Basic:
        """(J_upper ... J_{lower+1})ᵀ c."""
        v = self.jacobians.model.families[h].var
        product = self.jacobians.product(h, lower, upper)
        return self.k.reshape(self.k.times(self.k.transpose(product), self.k.column(c)), v.rows, v.cols)

    def _ways_in(self, v: Var, c: Basic, h: str | None, den: Var) -> tuple[WaysIn, list[tuple[Var, Basic]]]:
        """(h, d, cotangent at h_{i-d}) for every d, and the cotangents at den itself, beside the recurrent family."""
        if h is not None and v.name == h:
            return [(h, 0, c)], []
        reached = self.within(v, c, den, frozenset({h or den.name, den.name}))
        into = [(w.name, gap(v.indices[0], w.indices[0]) or 0, g) for w, g in reached.items() if w.name == h]
        beside = [(w, g) for w, g in reached.items() if w.name == den.name and w.name != h]
        return into, beside

    def _by_weight(self, v: Var, c: Basic, den: Var) -> list[Basic]:
        """Σ_s (∂⁺h_s/∂W)ᵀ (J_i ... J_{s+1})ᵀ A_iᵀ c, and what reaches W beside h."""
        k, i = self.k, v.indices[0]
        recurrent = self.jacobians.path(v.name, den.name)
        into, beside = self._ways_in(v, c, recurrent, den)
        parts = [g for _, g in beside]
        for h, d, a in into:
            first, upper = Integer(self.jacobians.model.families[h].indices[0].lower), minus(i, d)
            if self.jacobians.step(h) is None:
                at_h = self.within(self.jacobians.model.families[h].at(upper), a, den)
                parts += [k.where(g, Relation("<=", first, upper)) for w, g in at_h.items() if w == den]
                continue
            s = fresh(Symbol("s"), letters(a) | letters(i) | {self.jacobians.letter(h)})
            there = self.jacobians.model.families[h].at(s)
            at_s = self.within(there, self.carried(h, s, upper, a), den)
            parts += [k.sum_over(g, s, first, upper) for w, g in at_s.items() if w == den]
        return parts

    def _across(self, v: Var, c: Basic, den: Var) -> list[Basic]:
        """(∂⁺h_j/∂v_j)ᵀ (J_i ... J_{j+1})ᵀ A_iᵀ c where j ≤ i."""
        k, i, j = self.k, v.indices[0], den.indices[0]
        recurrent = self.jacobians.path(v.name, den.name)
        into, beside = self._ways_in(v, c, recurrent, den)
        parts = [self._where_same(g, w, den) for w, g in beside]
        if v.name == den.name and v.name != recurrent:
            parts.append(self._where_same(c, v, den))
        for h, d, a in into:
            op = "=" if self.jacobians.step(h) is None else "<="
            for lag, _ in self.jacobians.ways_out(h, den.name):
                lower, upper = minus(j, -lag), minus(i, d)
                g = self.carried(h, lower, upper, a)
                if h != den.name:
                    g = self.within(self.jacobians.model.families[h].at(lower), g, den).get(den, k.zero(den))
                parts.append(k.where(g, Relation(op, lower, upper)))
        return parts
