"""Jacobians over time: same-step (immediate) ones from the equations, total ones as sums of ordered products.

    immediate   ∂⁺u_t/∂v_{t-d}: through the equations of step t only
    total       ∂u_i/∂v_j for i - j a number: the recursion over the equations, v_j held as an independent quantity
    in general  ∂u_i/∂v_j = A_i (J_i ... J_{j+1}) C_j where j ≤ i, with J_s = ∂⁺h_s/∂h_{s-1} for the one recurrent
                family h between them, A_i = ∂u_i/∂h_i at h_i held and C_j = ∂⁺h_j/∂v_j
    weights     ∂u_i/∂W = Σ_{s=1}^{i} A_i (J_i ... J_{s+1}) ∂⁺h_s/∂W + ∂⁺u_i/∂W at h_i held

Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks* (2013), for the products; the
immediate derivative ∂⁺ is theirs.  Several recurrent families would need products of block matrices: not supported.
"""

from __future__ import annotations

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import Relation, Var, affine, at
from ..model import Equation, Model, variables
from .algebra import Algebra, UnsupportedError
from .moving import fresh, letters, moved
from .pushforward import Jacobian, Leaf, pushforward, summed
from .sweep import recurrent_families
from .tidy import tidy_inside

NOTHING: frozenset[str] = frozenset()


class Jacobians:
    """The Jacobians of one model; every local one is worked out once."""

    def __init__(self, model: Model, k: Algebra):
        self.model, self.k = model, k
        self.recurrent = recurrent_families(model)
        plain = Algebra()
        self.equations = {e.left.name: Equation(e.left, tidy_inside(e.right, plain)) for e in model.equations}
        self.order = {e.left.name: n for n, e in enumerate(model.equations)}
        self._needs = {name: {v.name for v in variables(e.right)} for name, e in self.equations.items()}
        self._reach: dict[str, frozenset[str]] = {}
        self._local: dict[tuple, Jacobian] = {}
        self._lags: dict[str, tuple[int, ...]] = self._seen_lags()

    # structure

    def depends(self, name: str, other: str) -> bool:
        """Whether a family is the other one or is computed from it, at whatever step."""
        if name not in self._reach:
            reached, waiting = {name}, [name]
            while waiting:
                for n in self._needs.get(waiting.pop(), ()):
                    if n not in reached:
                        reached.add(n)
                        waiting.append(n)
            self._reach[name] = frozenset(reached)
        return other in self._reach[name]

    def between(self, name: str, other: str) -> list[str]:
        """The recurrent families on the way from `other` to `name`."""
        return [b for b in self.recurrent if self.depends(name, b) and self.depends(b, other)]

    def _seen_lags(self) -> dict[str, tuple[int, ...]]:
        """For every family the d of its uses at t - d."""
        seen: dict[str, set[int]] = {}
        for e in self.equations.values():
            own = {affine(i)[0] for i in e.left.indices}
            for v in variables(e.right):
                for i in v.indices:
                    point, offset = affine(i)
                    seen.setdefault(v.name, {0}).update([-offset] if point in own and offset <= 0 else [])
        return {name: tuple(sorted(lags)) for name, lags in seen.items()}

    def lags(self, name: str) -> tuple[int, ...]:
        return self._lags.get(name, (0,))

    def moved_to(self, term: Jacobian, name: str, index: Expr) -> Jacobian:
        """A term at a family's own letter, taken to another index."""
        return None if term is None else moved(term, {self.letter(name): index})

    def letter(self, name: str) -> Symbol:
        return self.model.families[name].indices[0].symbol

    # one step

    def direct(self, name: str, of: Var) -> Jacobian:
        """∂(right side)/∂v through the one equation only."""
        e = self.equations[name]
        avoid = letters(of) | letters(e.left)
        return pushforward(e.right, lambda v: self.identity(v) if v == of else None, self.k, avoid)

    def identity(self, v: Var) -> Basic:
        return self.k.identity(v.rows + v.cols)

    def local(self, name: str, other: str, lag: int | None, held: frozenset[str] = NOTHING) -> Jacobian:
        """∂⁺u_t/∂v_{t-lag} at u's own letter, with the families `held` fixed at t; lag None: v has no index."""
        key = (name, other, lag, held)
        if key not in self._local:
            e = self.equations[name]
            own = affine(e.left.indices[0])[0] if e.left.indices else None
            self._local[key] = pushforward(e.right, self._local_leaf(own, other, lag, held), self.k, letters(e.left))
        return self._local[key]

    def _local_leaf(self, own: Symbol | None, other: str, lag: int | None, held: frozenset[str]) -> Leaf:
        def leaf(v: Var) -> Jacobian:
            point, offset = affine(v.indices[0]) if v.indices else (None, 0)
            here = not v.indices or (own is not None and point == own)
            if v.name == other and here and (not v.indices or offset == -(lag or 0)):
                return self.identity(v)
            if not here and self.depends(v.name, other):
                raise UnsupportedError(
                    f"{v} stands at another step than its equation; the Jacobian by {other} through it is not supported"
                )
            if v.name in held or offset != 0 or v.name not in self.equations or not self.depends(v.name, other):
                return None
            if not v.indices and lag is not None:
                raise UnsupportedError(f"{v} belongs to no step; the Jacobian by {other} through it is not supported")
            return self.local(v.name, other, lag, held)

        return leaf

    def step(self, name: str) -> Jacobian:
        """J_t = ∂⁺h_t/∂h_{t-1} at h's own letter."""
        return self.local(name, name, 1)

    # immediate

    def immediate(self, num: Var, den: Var) -> Jacobian:
        """∂⁺num/∂den: through the equations of num's own step; a quantity that belongs to no step has its total one."""
        if num == den:
            return self.identity(num)
        if num.name not in self.equations or not self.depends(num.name, den.name):
            return self.same_quantity(num, den)
        return self._immediate_at(num, den) if num.indices else self.total(num, den)

    def same_quantity(self, num: Var, den: Var) -> Jacobian:
        """The identity where the indices of one family agree."""
        if num.name != den.name:
            return None
        same = [Relation("=", a, b) for a, b in zip(num.indices, den.indices, strict=True)]
        result = self.k.where(self.identity(num), *same)
        return None if result == 0 or getattr(result, "args", (None,))[0] == 0 else result

    def _immediate_at(self, num: Var, den: Var) -> Jacobian:
        (index,) = num.indices
        if not den.indices:  # before the first step there are no equations, so nothing depends on a weight
            j = self.moved_to(self.local(num.name, den.name, None), num.name, index)
            first = Integer(self.model.families[num.name].indices[0].lower)
            return None if j is None else self.k.where(j, Relation("<=", first, index))
        outside = self.of_no_step(num.name, den.name)
        if outside:
            raise UnsupportedError(
                f"{outside[0]} belongs to no step; the immediate derivative of {num} by {den} must not lead through it"
            )
        apart = gap(index, den.indices[0])
        if apart is not None:
            return None if apart < 0 else self.moved_to(self.local(num.name, den.name, apart), num.name, index)
        parts: list[Jacobian] = [self.same_quantity(num, den)]
        for lag in self.lags(den.name):
            if lag or num.name != den.name:
                j = self.moved_to(self.local(num.name, den.name, lag), num.name, index)
                parts.append(None if j is None else self.k.where(j, Relation("=", minus(index, lag), den.indices[0])))
        return summed(parts, self.k)

    # total

    def total(self, num: Var, den: Var) -> Jacobian:
        """∂num/∂den through every path.

        Raises `UnsupportedError` where several recurrent families lie between them at different points in time.
        """
        if num == den:
            return self.identity(num)
        if num.name not in self.equations or not self.depends(num.name, den.name):
            return self.same_quantity(num, den)
        if not num.indices or self.through_no_step(num.name, den.name):
            return self._through_equation(num, den)
        if not den.indices:
            return self._by_weight(num, den)
        apart = gap(num.indices[0], den.indices[0])
        if apart is None:
            return self._across(num, den)
        first = self.model.families[num.name].indices[0].lower
        point, offset = affine(num.indices[0])
        if apart < 0 or (point is None and offset < first):
            return None
        return self._through_equation(num, den)

    def of_no_step(self, num: str, den: str) -> list[str]:
        """The defined quantities without index on the way from den to num."""
        without = (n for n, e in self.equations.items() if not e.left.indices)
        return [n for n in without if self.depends(num, n) and self.depends(n, den)]

    def through_no_step(self, num: str, den: str) -> bool:
        """Whether a quantity of no step lies between two families, so that equations are followed one by one.

        Raises `UnsupportedError` where a recurrence comes after that quantity: there would be no end of equations.
        """
        outside = self.of_no_step(num, den)
        for n in outside:
            for b in self.recurrent:
                if self.depends(num, b) and self.depends(b, n):
                    raise UnsupportedError(
                        f"{b} depends on {n} at every step; the derivative of {num} by {den} must not lead through it"
                    )
        return bool(outside)

    def _through_equation(self, num: Var, den: Var) -> Jacobian:
        right = self.equations[num.name].right
        if num.indices:
            right = moved(right, {self.letter(num.name): num.indices[0]})
        known: dict[Var, Jacobian] = {}

        def leaf(v: Var) -> Jacobian:
            if v not in known:
                known[v] = self.total(v, den)
            return known[v]

        return pushforward(right, leaf, self.k, letters(den) | letters(num))

    def path(self, num: str, den: str) -> str | None:
        """The one recurrent family between two families, None if there is none."""
        families = self.between(num, den)
        if len(families) > 1:
            raise UnsupportedError(
                f"between {num} and {den} lie the recurrent families {', '.join(families)}; over an open number of "
                "steps a Jacobian is supported for one recurrent family, at a fixed distance in time for any"
            )
        for h in families:
            if any(self.local(h, h, d) is not None for d in self.lags(h) if d > 1):
                raise UnsupportedError(f"{h} looks back more than one step; a product needs a recurrence of order 1")
            return h
        return None

    def ways_in(self, name: str, h: str) -> list[tuple[int, Jacobian]]:
        """(d, ∂u_t/∂h_{t-d} at h_t held) for every d: how u depends on the recurrent family."""
        if name == h:
            v = self.model.families[h].var
            return [(0, self.identity(v))]
        ways = [(d, self.local(name, h, d, frozenset((h,)))) for d in self.lags(h)]
        return [(d, j) for d, j in ways if j is not None]

    def ways_out(self, h: str, other: str) -> list[tuple[int, Jacobian]]:
        """(d, ∂⁺h_{t}/∂v_{t-d}) for every d: how the recurrent family depends on v at one step."""
        if h == other:
            return [(0, self.identity(self.model.families[h].var))]
        ways = [(d, self.local(h, other, d)) for d in self.lags(other)]
        return [(d, j) for d, j in ways if j is not None]

    def _across(self, num: Var, den: Var) -> Jacobian:
        """∂u_i/∂v_j for i and j at different points."""
        k, i, j = self.k, num.indices[0], den.indices[0]
        h = self.path(num.name, den.name)
        held = frozenset((h,)) if h else NOTHING
        parts: list[Jacobian] = []
        if h is not None:
            for d, a in self.ways_in(num.name, h):
                for lag, c in self.ways_out(h, den.name):
                    upper, lower = minus(i, d), minus(j, -lag)
                    chain = [self.moved_to(a, num.name, i), self.product(h, lower, upper), self.moved_to(c, h, lower)]
                    op = "<=" if self.step(h) is not None else "="
                    parts.append(k.where(k.times(*(x for x in chain if x is not None)), Relation(op, lower, upper)))
        if h is None or num.name != h:
            parts.append(self.same_quantity(num, den) if den.name != h else None)
        if h not in (num.name, den.name):
            for lag in self.lags(den.name) if den.name != num.name else ():
                e = self.moved_to(self.local(num.name, den.name, lag, held), num.name, i)
                parts.append(None if e is None else k.where(e, Relation("=", minus(j, -lag), i)))
        return summed(parts, k)

    def product(self, h: str, lower: Expr, upper: Expr) -> Basic:
        """J_upper ... J_{lower+1}, the identity if there are none."""
        j = self.step(h)
        if j is None or lower == upper:
            return self.identity(self.model.families[h].var)
        i = fresh(Symbol("i"), letters(j) | letters(lower) | letters(upper))
        return self.k.product_over(moved(j, {self.letter(h): i}), i, minus(lower, -1), upper, "descending")

    def _by_weight(self, num: Var, den: Var) -> Jacobian:
        """∂u_i/∂W = Σ_s A_i (J_i ... J_{s+1}) ∂⁺h_s/∂W + ∂⁺u_i/∂W at h held."""
        k, i = self.k, num.indices[0]
        h = self.path(num.name, den.name)
        parts: list[Jacobian] = []
        if h is not None:
            d_h = self.local(h, den.name, None)
            first = Integer(self.model.families[h].indices[0].lower)
            for d, a in self.ways_in(num.name, h) if d_h is not None else ():
                upper = minus(i, d)
                s = fresh(Symbol("s"), letters(d_h) | letters(a) | letters(upper) | letters(self.step(h) or Integer(0)))
                front = self.moved_to(a, num.name, i)
                if self.step(h) is None:
                    parts.append(k.where(k.times(front, self.moved_to(d_h, h, upper)), Relation("<=", first, upper)))
                    continue
                body = k.times(front, self.product(h, s, upper), self.moved_to(d_h, h, s))
                parts.append(k.sum_over(body, s, first, upper))
        if h != num.name:
            held = frozenset((h,)) if h else NOTHING
            parts.append(self.moved_to(self.local(num.name, den.name, None, held), num.name, i))
        return summed(parts, k)

    def sensitivity_parts(self, name: str, weight: str) -> list[tuple[str, int, Jacobian]]:
        """(family, d, ∂⁺u_t/∂b_{t-d}) for every recurrent family b that carries the weight's influence to u_t."""
        return [
            (b, d, j)
            for b in self.between(name, weight)
            for d in self.lags(b)
            if d > 0 and (j := self.local(name, b, d)) is not None
        ]


def gap(left: Expr, right: Expr) -> int | None:
    """left - right where that is a number."""
    (p, a), (q, b) = affine(left), affine(right)
    return a - b if p == q else None


def minus(index: Expr, steps: int) -> Expr:
    """index - steps."""
    point, offset = affine(index)
    return at(point, offset - steps)


