"""The derivation of a model: adjoints as backward recurrences, gradients as sums over time, and the steps taken.

    adjoint      δ_t = ∂L/∂h_t = Σ over the uses of h_t, with δ_{T+1} = 0
    gradient     ∂L/∂W = Σ_t (∂⁺u_t/∂W)ᵀ ∂L/∂u_t over the equations that use W
    closed form  δ_t = Σ_{s=t}^{T} (J_s ... J_{t+1})ᵀ c_s for δ_t = c_t + J_{t+1}ᵀ δ_{t+1}
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import Adjoint, ProductOver, Shown, SumOver, Transpose, Var
from ..model import Model
from .algebra import Algebra, Step, UnsupportedError
from .facts import Facts
from .jacobians import Jacobians
from .moving import Ranges, fresh, letters, moved
from .ranges import guarded, ranges_of, resolved
from .sweep import Contribution, Sweep, sweep, whole
from .tidy import tidy_inside
from .unrolled import unrolled


@dataclass(frozen=True)
class AdjointRule:
    """The adjoint of `variable` (at its own letters) is the sum of the contributions."""

    variable: Var
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True)
class Derivation(Shown):
    """Everything that follows from one reverse sweep.

    adjoints  rule of every family on which the loss depends, in atoms of the basis and quantities of the model
    basis     families whose adjoints stay as atoms: the recurrent ones (and, in very deep models, shared ones)
    steps     the applied rules, in order
    assumes   texts of the model's assumptions that were used
    """

    model: Model
    adjoints: dict[str, AdjointRule]
    basis: tuple[str, ...]
    steps: tuple[Step, ...]
    assumes: tuple[str, ...]
    gradients: dict[str, Basic]
    jacobians: Jacobians = field(repr=False, compare=False)
    cotangents: dict[str, Basic] = field(repr=False, compare=False)

    def __getitem__(self, name: str) -> Gradient:
        """∂L/∂W as it is shown, in the model's own notation.  Raises `UnsupportedError` if the loss does not depend on it."""
        self.rule(name)
        return Gradient(self, name)

    def rule(self, name: str) -> AdjointRule:
        """The rule of a family.  Raises `UnsupportedError` if the loss does not depend on it."""
        if name not in self.adjoints:
            raise UnsupportedError(f"the loss does not depend on {name}; adjoints exist for {', '.join(self.adjoints)}")
        return self.adjoints[name]

    def adjoint(self, name: str) -> Basic:
        """∂L/∂v_t at the family's own letters, in v's own shape; adjoints beyond the last step are zero."""
        rule = self.rule(name)
        return added(rule.contributions, rule.variable, self.jacobians.k)

    def adjoint_at(self, variable: Var, ranges: Ranges | None = None) -> Basic:
        """∂L/∂v at any index: the atom for a family of the basis, else its rule there; zero beyond the last step.

        `ranges`: what is known of the letters (default: the model's own ranges).
        """
        k = self.jacobians.k
        if variable.name not in self.adjoints:
            return k.zero(variable)
        if self.before_first(variable):
            return self.initial_gradient(variable.name, variable)
        if variable.name in self.basis:
            return Adjoint(variable)
        known = ranges_of(self.model) if ranges is None else ranges
        return guarded(self.rule_at(variable, known), variable, self.model, self.jacobians.k, known)

    def before_first(self, variable: Var) -> bool:
        """Whether an index is a number before the first step (h_0)."""
        family = self.model.families[variable.name]
        pairs = zip(variable.indices, family.indices, strict=True)
        return any(isinstance(i, Integer) and int(i) < own.lower for i, own in pairs)

    def rule_at(self, variable: Var, ranges: Ranges | None = None) -> Basic:
        """The rule of a family at an index inside its range, without what the ranges rule out (uses beyond T)."""
        family = self.model.families[variable.name]
        mapping = dict(zip((i.symbol for i in family.indices), variable.indices, strict=True))
        known = ranges_of(self.model) if ranges is None else ranges
        return resolved(moved(self.adjoint(variable.name), mapping), self.model, known, self.jacobians.k)

    def last(self, name: str) -> Basic:
        """The adjoint at the last step, where every use at a later step is gone."""
        family = self.model.families[name]
        if not family.indices:
            return self.adjoint(name)
        variable = family.at(*(i.upper if n == 0 else i.symbol for n, i in enumerate(family.indices)))
        return self.rule_at(variable)

    def initial_gradient(self, name: str, variable: Var | None = None) -> Basic:
        """∂L/∂h_0 (or at another index before the first step): through the uses at the first steps only."""
        family = self.model.families[name]
        variable = variable or family.at(*(i.lower - 1 if n == 0 else i.symbol for n, i in enumerate(family.indices)))
        mapping = dict(zip((i.symbol for i in family.indices), variable.indices, strict=True))
        k, first = self.jacobians.k, family.indices[0]
        parts = []
        for c in self.rule(name).contributions:
            fixed = c.condition is not None and c.condition.op == "="  # such as h_{T-1}, which is h_0 for T = 1
            if fixed or int(variable.indices[0]) + c.offset >= first.lower:
                parts.append(k.where(moved(c.term, mapping), *((moved(c.condition, mapping),) if c.condition else ())))
        return resolved(k.plus(*parts), self.model, ranges_of(self.model), k) if parts else k.zero(variable)

    def gradient(self, name: str, layout: str = "gradient") -> Basic:
        """∂L/∂W: in W's own shape, or (layout "jacobian") as a row over W's entries in row-major order.

        Of an indexed family the gradient at its own letters.  Raises `UnsupportedError` if there is none.
        """
        self.rule(name)
        if layout == "gradient":
            return self.gradients[name] if name in self.gradients else self.adjoint(name)
        if layout == "denominator":
            return self.gradient(name)
        if layout != "jacobian":
            raise UnsupportedError(f"a gradient is laid out as gradient, jacobian or denominator, not {layout}")
        return self._row_gradient(name)

    def _row_gradient(self, name: str) -> Basic:
        """Σ over the equations u that use W: vec(∂L/∂u_t)ᵀ ∂u_t/∂W, summed over t."""
        k, family = self.jacobians.k, self.model.families[name]
        if family.indices:
            return k.transpose(k.column(self.adjoint(name)))
        parts = []
        for e in self.model.equations:
            if e.left.name not in self.cotangents:
                continue
            jacobian = self.jacobians.direct(e.left.name, family.var)
            if jacobian is None:
                continue
            row = k.times(k.transpose(k.column(self.cotangents[e.left.name])), jacobian)
            for i in reversed(self.model.families[e.left.name].indices):
                row = k.sum_over(row, i.symbol, Integer(i.lower), i.upper)
            parts.append(row)
        return k.plus(*parts)

    def closed(self, name: str) -> Basic | None:
        """The adjoint without adjoints, Σ_{s=t}^{T} (J_s ... J_{t+1})ᵀ c_s; None unless `name` is the whole basis.

        Where c_s exists at the last step only: (c_Tᵀ J_T ... J_{t+1})ᵀ.
        """
        if self.basis != (name,) or name not in self.adjoints:
            return None
        family, k = self.model.families[name], self.jacobians.k
        jacobian = self.jacobians.step(name)
        index, rule = family.indices[0], self.adjoints[name]
        if jacobian is None or len(family.indices) != 1 or any(c.offset > 1 for c in rule.contributions):
            return None
        local = [c for c in rule.contributions if not _holds_adjoint(c.term)]
        if any(c.offset for c in local) or any(_holds_adjoint(c.term) and c.offset != 1 for c in rule.contributions):
            return None
        t, last = index.symbol, index.upper
        taken = letters(jacobian) | letters(self.adjoint(name))
        s, i = fresh(Symbol("s"), taken), fresh(Symbol("i"), taken | {Symbol("s")})
        factor = moved(jacobian, {t: i})
        at_last = [c for c in local if _fixes(c, t, last)]
        always = [c for c in local if c not in at_last]
        parts = []
        if at_last:
            source = k.column(k.plus(*(moved(c.term, {t: last}) for c in at_last)))
            row = k.times(k.transpose(source), ProductOver(factor, i, t + 1, last))
            parts.append(k.reshape(Transpose(row) if family.rows else row, *family.var.shape))
        if always:
            source = k.column(moved(added(always, rule.variable, k), {t: s}))
            body = k.times(k.transpose(ProductOver(factor, i, t + 1, s)), source)
            parts.append(k.reshape(SumOver(body, s, t, last), *family.var.shape))
        return k.plus(*parts)

    def unrolled(self, name: str) -> Basic | None:
        """A state without its own past, x_t = J_t ... J_1 x_0 + Σ_{s=1}^{t} J_t ... J_{s+1} c_s; None if not linear in it."""
        return unrolled(self.model, self.jacobians, name)


@dataclass(frozen=True)
class Gradient(Shown):
    """∂L/∂W of one quantity of a derivation, a weight, an input or a state; `term` is its formula."""

    derivation: Derivation
    name: str

    @property
    def term(self) -> Basic:
        return self.derivation.gradient(self.name)


def added(contributions: Iterable[Contribution], variable: Var, k: Algebra) -> Basic:
    """The contributions as one term."""
    parts = [k.where(c.term, *((c.condition,) if c.condition else ())) for c in contributions]
    return k.plus(*parts) if parts else k.zero(variable)


def _fixes(c: Contribution, letter: Symbol, value: Expr) -> bool:
    return c.condition is not None and c.condition.op == "=" and set(c.condition.args[1:]) == {letter, value}


def _holds_adjoint(term: Basic) -> bool:
    return isinstance(term, Adjoint) or any(_holds_adjoint(a) for a in term.args)


def derive(model: Model, assume: bool = True) -> Derivation:
    """Derive every adjoint and gradient of a model.

    `assume`: use what the model offers to assume of its data ("labels sum to one"); what was used is in `assumes`.
    Raises `UnsupportedError` for a forward equation that cannot be differentiated.
    """
    facts = Facts(model, assume)
    k = Algebra(facts)
    plain = Algebra()
    for e in model.equations:
        facts.add_name(tidy_inside(e.right, plain), e.left)
    swept = sweep(model, k)
    adjoints = _rules(model, swept, k)
    gradients = {
        f.name: added(adjoints[f.name].contributions, f.var, k) for f in model.of_role("weight") if f.name in adjoints
    }
    k.recording = False
    return Derivation(
        model, adjoints, tuple(swept.basis), tuple(k.steps), tuple(sorted(facts.used)), gradients,
        Jacobians(model, k), swept.cotangents,
    )


def _rules(model: Model, swept: Sweep, k: Algebra) -> dict[str, AdjointRule]:
    rules = {}
    for name, family in model.families.items():
        contributions = swept.contributions.get(name)
        if contributions is None:
            continue
        if name in swept.basis or model.equation(name) is None:
            whole(contributions, family.var, k)
        rules[name] = AdjointRule(family.var, tuple(contributions))
    return rules


