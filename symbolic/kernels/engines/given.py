"""What engines compute beyond other back ends: gradients of the data, functions of the caller, matrices of every step.

An engine goes on with what comes before a model's data (an embedding below x_t, an earlier chunk of the sequence below
h_0), so a kernel for an engine owes it the gradient of everything that is given:

    ∂x[t]    what the rule of the adjoint of x says
    ∂h[0]    what reaches h[0] from the first step: the summands of the rule of ∂h[t] that come from t + 1, at t = 0;
             those for t = T - 1 count there too if T = 1

A function of the caller is a name of the code, with 0 for its value and 1 for its derivative:

    f entry by entry       Call("f_0", x), Call("f_1", x)
    f of a vector, number  Row("f_0", x), and its gradient Call("f_1", x)
    f of a vector, vector  Product(vector x, "matrix" f_0), and its Jacobian Call("f_1", row(x)), a matrix for each x
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction

from sympy.core.basic import Basic

from ... import language as L
from ...model import Family, Model
from .. import algebra as A
from ..declarations import Array
from ..flow import Contribution, Flow, Lowered
from ..formula import formula, harmless
from ..lowering import Lowering, NotLowered
from ..module_text import Functions, abstract_functions
from ..program import Assign, Buffer, Call, Const, Leg, Load, Product, Value, mapped
from ..schedule import Piece, Steps, pieces, restricted

STEP = "steps"
"""The buffer with the number of every step."""

AT = "at"
"""Call(AT, x, step): the two arguments of a function that depends on the step."""

LENGTH = "T"
"""The number of steps, as a buffer."""

SHORT = "of one step"
"""Call(SHORT, x, T): x for sequences of one step, zero for longer ones."""


@dataclass
class Open(Lowering):
    """Lowering with functions of the caller; `names`: that of each function in the code."""

    names: Mapping[str, str] = field(default_factory=dict)

    def value(self, term: Basic) -> Value:
        if isinstance(term, L.Apply) and term.fun.kind:
            return self._applied(term, term.fun)
        return super().value(term)

    def _applied(self, term: Basic, fun: L.Fun) -> Value:
        if fun.order > 1:
            raise NotLowered(f"the second derivative of {fun.name}")
        name, x = f"{self.names[fun.name]}_{fun.order}", self.value(term.x)
        if fun.kind == "vector":
            return self._vector(fun, name, x)
        at = (x, self._step(fun)) if fun.at else (x,)
        if fun.kind == "scalar" and not fun.order:
            return self.row(name, Call(AT, at) if fun.at else x, formula(term))  # type: ignore[arg-type]
        return Call(name, at)

    def _step(self, fun: L.Fun) -> Value:
        """The number of the step at which a function is taken."""
        if len(fun.at) > 1:
            raise NotLowered(f"{fun.name} with several indices")
        if fun.at[0].is_Integer:
            return Const(Fraction(int(fun.at[0])))
        self.buffers.setdefault(STEP, Buffer(STEP, "data", True, False))
        self.held[STEP, STEP] = STEP
        return self.read(STEP, STEP, fun.at)

    def _vector(self, fun: L.Fun, name: str, x: Value) -> Value:
        if fun.at:
            raise NotLowered(f"the vector {fun.name} that depends on the step")
        x, later = self.canonical(self.load(x))
        time, batch, (leg,) = self.axes(x)
        (out,) = (int(s) if s.is_Integer else self.made.sizes[s] for s in fun.out)
        legs: tuple[Leg, ...] = (out, leg)
        if fun.order:
            operation = Assign("", Call(name, (Call("row", (x,)),)))
            return Load(self.defined(operation, time, batch, legs), later)
        self.buffers.setdefault(name, Buffer(name, "parameter", legs=legs))
        assert isinstance(x, Load)
        return Load(self.defined(Product("", x, Load(name)), time, batch, (out,)), later)

    def product(self, matrix: Value, vector: Value, flip: bool, told: str = "") -> Value:
        """M v, with `flip` Mᵀ v; M may be one for every step and sample."""
        pair, later = self.canonical(Call("*", (self.load(matrix), self.load(vector))))
        assert isinstance(pair, Call)
        m, v = pair.args
        assert isinstance(m, Load) and isinstance(v, Load)
        (m_time, m_batch, m_legs), (v_time, v_batch, legs) = self.axes(m), self.axes(v)
        if (m_time or m_batch) and len(legs) != 1:
            raise NotLowered("a matrix times a matrix for every step or sample")
        new = (*legs[:-1], m_legs[1 if flip else 0])
        found = self.defined(Product("", v, m, flip), m_time or v_time, m_batch or v_batch, new, told)
        return Load(found, later)


class Whole(Lowered):
    """A model and its derivation as a flow with the gradient of everything that is given."""

    def __init__(self, model: Model, adjoints: Mapping[str, Iterable[Contribution]]):
        super().__init__(model, adjoints, ())
        self.functions: Functions = abstract_functions(self.made)
        known = {f.name: getattr(self.k, f.name) for f in fields(Lowering)}
        self.k = Open(**known, names={fun.name: name for fun, name in self.functions})

    def flow(self, gradients: Mapping[str, Basic]) -> Flow:
        data = {key: L.Adjoint(self.model.families[key].var) for key in self.made.data}
        known = {key: term for key, term in data.items() if key in self.adjoints}
        states = {name: L.Adjoint(self.model.families[name].var) for name in self.made.initial if name in self.adjoints}
        found = super().flow({**gradients, **known, **states})
        results = dict(found.gradients)
        for key, array in self.made.data.items():
            results[key] = self.k.held["adjoint", key] if key in known else self._nothing(array, self.model.families[key])
        for name, array in self.made.initial.items():
            results[array.key] = self._initial(name, array)
        return replace(found, buffers=self.k.buffers, operations=tuple(self.k.operations), gradients=results)

    def _nothing(self, array: Array, family: Family) -> str:
        """The gradient of what the loss does not depend on."""
        name = self.made.names.new("d", array.key)
        self.k.buffers[name] = Buffer(name, "work", bool(family.indices), True, self._legs(family))
        self.k.operations.append(Assign(name, A.ZERO))
        return name

    def _initial(self, name: str, array: Array) -> str:
        """The gradient of the value before the first step."""
        k, family = self.k, self.model.families[name]
        values = []
        for term, offset, condition in self.adjoints.get(name, ()):
            steps = Steps(stop=offset)
            if condition is not None:
                steps = restricted(steps, (condition,), k.letter, k.lower, k.length)
            for p in pieces(term, k.letter, k.lower, k.length, steps):
                later = self._later(k.at(p.steps), p, offset)
                if p.steps == Steps(stop=1) and offset:
                    values.append(mapped(later, self._before))
                elif p.steps == Steps(at="last", shift=-1) and not offset:
                    k.buffers.setdefault(LENGTH, Buffer(LENGTH, "data"))
                    values.append(Call(SHORT, (later, Load(LENGTH))))
                elif offset or p.steps.shift < -1:
                    raise NotLowered(f"the gradient of {array.key} with the summand {formula(p.term)}")
        out = self.made.names.new("d", array.key)
        told = harmless(f"∂{family.name}[{k.lower - 1}]")
        k.buffers[out] = Buffer(out, "work", False, True, self._legs(family), told=told)
        k.operations.append(Assign(out, A.added(*values)))
        return out

    def _before(self, r: Load) -> Load:
        """What stands at t + i, for t before the first step."""
        b = self.k.buffers[r.buffer]
        return r if r.end or not b.time else replace(r, shift=r.shift - 1, end="first")

    def _gradient(self, array: Array, family: Family, term: Basic | None) -> str:
        """Also that of a weight with a value for every step."""
        if not family.indices:
            return super()._gradient(array, family, term)
        k, name = self.k, self.made.names.new("g", family.name)
        told = formula(L.Adjoint(family.var)) + (f" = {formula(term)}" if term is not None else "")
        k.buffers[name] = Buffer(name, "gradient", True, False, self._legs(family), told=told, key=array.key)
        found: Sequence[Piece] = () if term is None else tuple(pieces(term, k.letter, k.lower, k.length))
        for p in found:
            total = k.total(k.at(p.steps).value(p.term), p.steps, batch=False, time=False)
            k.operations.append(Assign(name, total, p.steps))
        if not found:
            k.operations.append(Assign(name, A.ZERO))
        return name
