"""A model for sequences of different length, and for one part of a sequence: again a model, so that the derivation derives it.

A step whose mask m_t is 0 is as if it were not there: the state is carried over it and it adds nothing to the loss,

    h_t = m_t F(h_{t-1}, x_t) + (1 - m_t) h_{t-1},      L = Σ_t m_t ℓ_t + e g(h_T)

with e = 1 for a sample whose last step is here and 0 otherwise; g is what the loss says of the last step.  A part of a
sequence begins with the state of the part before it, h_0, and owes to the part after it what that one's loss does with
h_T: λ = ∂L_after/∂h_T is one more summand of the adjoint of h_T.  What the part before is owed is the adjoint of h_0.
Since Σ_t is the sum over the parts, the gradient by a weight is the sum of those of the parts.  Values before the first step
may be given in every form, also where the model says that they are zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy import Symbol
from sympy.core.basic import Basic

from ... import language as L
from ...model import Equation, Family, Model, variables
from ...model import checked as checked_model
from ..declarations import depths
from ..flow import Contribution
from ..formula import formula
from ..schedule import KernelError


@dataclass(frozen=True)
class Form:
    """What is asked of a kernel.

    masked    whether steps may be missing
    part      whether there is something before and after the steps at hand
    states    whether only the loss and the last states are asked for, no gradient
    wrt       keys of the data whose gradients are asked for as well
    """

    masked: bool = False
    part: bool = False
    states: bool = False
    wrt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A model in a form, and the keys of what it takes beyond the model that was given.

    mask      (T, B), "" if the form has none
    ends      (B,), "" if the loss says nothing of the last step, or the form needs no such datum
    owed      name of a carried state -> the key of λ, (B, sizes of the state)
    last      name of a carried state -> the key of its last value among the results
    summed, final   whether the loss has summands at every step, at the last one
    aligned   whether the last step must stand at place T: the loss reads there more than carried states
    """

    model: Model
    form: Form
    mask: str
    ends: str
    owed: dict[str, str]
    last: dict[str, str]
    summed: bool
    final: bool
    aligned: bool


def opened(model: Model, form: Form) -> Opened:
    """The model in this form; `KernelError` naming what of it has none."""
    return _Opening(model, form).opened()


def owing(made: Opened, rules: Mapping[str, Iterable[Contribution]]) -> dict[str, list[Contribution]]:
    """The rules of the adjoints, with λ at the last step."""
    found = {name: list(parts) for name, parts in rules.items()}
    time = made.model.time
    for state, key in made.owed.items():
        assert time is not None
        last = L.Relation("=", time.symbol, time.upper)
        found.setdefault(state, []).append((made.model.families[key].var, 0, last))
    return found


class _Opening:
    def __init__(self, model: Model, form: Form):
        if model.time is None:
            raise KernelError(f"{model.name} has no steps, so there are no lengths, masks or parts")
        self.model, self.form, self.time = model, form, model.time
        self.families = dict(model.families)
        self.carried = [n for n, depth in depths(model).items() if depth and model.families[n].role == "state"]
        self.summed = self.final = False
        self.mask, self.ends = "", ""

    def opened(self) -> Opened:
        form = self.form
        for f in self.model.of_role("weight"):
            if f.indices:
                raise KernelError(f"the weight {f.name} has a value for every step, so there are no lengths, masks or parts")
        for name, depth in depths(self.model).items():
            if depth > 1:
                raise KernelError(f"{name} is needed {depth} steps back, and one value is carried from step to step")
        aligned = False
        loss = self._definition(self.model.loss)
        if form.masked or form.part:
            aligned = self._last_steps()
            self.mask = self._datum("mask", (self.time,)) if form.masked else ""
            self.ends = self._free("ends")
            loss = self._weighted(loss)
        else:
            self.ends = self._free("ends")
            loss = self._with_samples(loss)
        if self.final:
            self.families[self.ends] = Family(self.ends, "given", (), ())
        equations = tuple(self._equation(e, loss) for e in self.model.equations)
        owed, last = {}, {}
        for name in self.carried if form.part else ():
            f = self.families[name]
            owed[name] = self._free(f"owed {name}")
            self.families[owed[name]] = Family(owed[name], "given", f.rows, f.cols)
            last[name] = self._free(f"last {name}")
        model = replace(self.model, families=self.families, equations=equations, zero_initial=frozenset())
        ends = self.ends if self.final else ""
        return Opened(
            checked_model(model), form, self.mask, ends, owed, last, self.summed, self.final, aligned
        )  # fmt: skip

    def _free(self, name: str) -> str:
        while name in self.families:
            name += "'"
        return name

    def _datum(self, name: str, indices: tuple[object, ...]) -> str:
        name = self._free(name)
        self.families[name] = Family(name, "given", (), (), (self.time,) if indices else ())
        return name

    # What is read at fixed steps.

    def _last_steps(self) -> bool:
        """Whether something else than a carried state is read at the last step; an error where a part has no such step."""
        aligned = False
        for e in self.model.equations:
            self._own_steps(e.right if e.left.indices else None, formula(e.left))
            bound = {s.args[1] for s in e.right.atoms(L.SumOver)}
            for v in variables(e.right):
                point, offset = L.affine(v.indices[0]) if v.indices else (self.time.symbol, 0)
                first = v.name in self.carried and offset < self.time.lower and not self.form.part
                if point is None and not first:
                    raise KernelError(f"{formula(e.left)} reads {formula(v)}, a step that not every part of a sequence has")
                if point == self.time.upper and point not in bound:
                    if v.name not in self.carried and offset:
                        raise KernelError(f"{formula(e.left)} reads {formula(v)}, a step that a sequence of one step has not")
                    aligned = aligned or bool(offset) or v.name not in self.carried
        return aligned

    def _own_steps(self, term: Basic | None, told: str) -> None:
        """Refuses what is computed at every step from what the whole sequence tells."""
        for v in variables(term) if term is not None else ():
            fixed = v.indices and L.affine(v.indices[0])[0] == self.time.upper
            if fixed or (not v.indices and self._from_steps(v)):
                raise KernelError(f"{told} reads {formula(v)}, which a part of a sequence does not tell")

    def _from_steps(self, variable: L.Var) -> bool:
        """Whether a quantity without steps is computed from quantities that have them."""
        e = self.model.equation(variable.name)
        return e is not None and any(v.indices or self._from_steps(v) for v in variables(e.right))

    # The loss.

    def _equation(self, e: Equation, loss: Basic) -> Equation:
        if e.left.name == self.model.loss.name:
            return Equation(e.left, loss)
        if self.mask and e.left.name in self.carried:
            f = self.families[e.left.name]
            m = self.families[self.mask].at(self.time.symbol)
            before = f.at(L.at(self.time.symbol, -1))
            return Equation(e.left, L.Plus(L.Product(m, e.right), L.Product(L.Plus(1, L.negative(m)), before)))
        return e if e.left.indices or not self.mask or self.form.part else Equation(e.left, self._masked(e.right))

    def _definition(self, variable: L.Var) -> Basic:
        found = self.model.equation(variable.name)
        assert found is not None
        return found.right

    def _sums(self, term: Basic) -> bool:
        """Whether a term has a sum over the steps, in itself or in what it names."""
        if term.has(L.SumOver):
            return True
        found = (self.model.equation(v.name) for v in variables(term) if not v.indices)
        return any(self._sums(e.right) for e in found if e is not None)

    def _with_samples(self, term: Basic) -> Basic:
        """A loss without what is the same for all samples, such as a penalty on weights: it stands with e = 1."""
        if isinstance(term, L.Plus):
            return L.Plus(*(self._with_samples(a) for a in term.args))
        return self._weighted(term) if self._of_weights(term) else term

    def _of_weights(self, term: Basic) -> bool:
        """Whether a term is made of weights alone."""
        for v in variables(term):
            e = self.model.equation(v.name)
            if v.indices or (self.families[v.name].role != "weight" if e is None else not self._of_weights(e.right)):
                return False
        return True

    def _weighted(self, term: Basic) -> Basic:
        """A part of the loss: sums over the steps with the mask, everything else with e."""
        if not self._sums(term):
            self.final = True
            e = Family(self.ends, "given", (), ()).var
            return L.Product(e, term)
        if isinstance(term, L.SumOver):
            return self._sum(term)
        if isinstance(term, L.Var):
            return self._weighted(self._definition(term))
        if isinstance(term, L.Plus):
            return L.Plus(*(self._weighted(a) for a in term.args))
        inside = [a for a in term.args if isinstance(a, Basic) and self._sums(a)]
        linear = isinstance(term, L.Product) or (isinstance(term, L.Quotient) and inside == [term.args[0]])
        if not linear or len(inside) != 1:
            return self._once(term)
        return type(term)(*(self._weighted(a) if a is inside[0] else a for a in term.args))

    def _once(self, term: Basic) -> Basic:
        """A function of sums over the steps, such as that of a mean state: once for each sample."""
        if self.form.part:
            raise KernelError(f"the loss has {formula(term)}, which is no sum of what the parts of a sequence tell")
        self.final = True
        return L.Product(Family(self.ends, "given", (), ()).var, self._masked(term))

    def _masked(self, term: Basic) -> Basic:
        summed = self.summed
        found = term.xreplace({s: self._sum(s) for s in term.atoms(L.SumOver)})
        self.summed = summed
        return found

    def _sum(self, term: Basic) -> Basic:
        body, index, lower, upper, excluded = term.args
        whole = not excluded and lower == self.time.lower and upper == self.time.upper
        if not whole or self._sums(body) or not isinstance(index, Symbol):
            raise KernelError(f"{formula(term)} is no sum over all steps, so there are no lengths, masks or parts")
        self._own_steps(body, formula(term))
        self.summed = True
        return L.SumOver(L.Product(self.families[self.mask].at(index), body), index, lower, upper) if self.mask else term
