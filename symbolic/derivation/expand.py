"""Working out the derivatives that a formula still holds: ∂num/∂den becomes a term in forward quantities and adjoints.

    ∂L/∂v_t      the adjoint (an atom for the basis, else its rule); ∂L/∂W the gradient
    scalars      pulled back over time (`gradients`), in the shape of den
    others       Jacobians (`jacobians`), rows for the entries of num and columns for those of den, row-major
    components   ∂y_i/∂x_j is the entry i, j of the Jacobian
    arguments    a quantity that is no family of the model, as in ∂σ(x)/∂x, is differentiated without time
"""

from __future__ import annotations

from sympy import Expr, Integer
from sympy.core.basic import Basic

from ..language import SCALAR, Entry, Partial, Term, Transpose, Var, affine, at, derivative_shape, shape_of
from ..model import variables
from .algebra import UnsupportedError, is_zero, zero
from .derive import Derivation
from .gradients import Gradients, NeedsForward
from .moving import BINDERS, Ranges, letters
from .pullback import unit
from .pushforward import Jacobian, pushforward
from .ranges import ranges_of, resolved
from .sweep import uses
from .tidy import tidy


def expand(term: Basic, derivation: Derivation, ranges: Ranges | None = None) -> Basic:
    """The term with every `Partial` worked out; the shape stays.

    `ranges` adds what is known of free letters (letter -> (lower, upper)) to the ranges of the model's own indices;
    sums and products inside the term add those of their letters.  Raises `UnsupportedError` for a derivative that is
    not supported.
    """
    return _Expansion(derivation).walk(term, {**ranges_of(derivation.model), **(ranges or {})})


class _Expansion:
    def __init__(self, derivation: Derivation):
        self.derivation = derivation
        self.model = derivation.model
        self.jacobians = derivation.jacobians
        self.gradients = Gradients(self.jacobians)
        self.k = self.jacobians.k

    def walk(self, term: Basic, ranges: Ranges) -> Basic:
        if not isinstance(term, Term) or isinstance(term, Var):
            return term
        if isinstance(term, BINDERS):
            body, letter, lower, upper, *rest = term.args
            inner = self.walk(body, {**ranges, letter: (lower, upper)})
            return term if inner is body else term.func(inner, letter, lower, upper, *rest)
        args = [self.walk(a, ranges) if isinstance(a, Term) else a for a in term.args]
        if isinstance(term, Partial):
            return self.derivative(args[0], args[1], term.mode, term.layout, ranges)
        return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)

    def derivative(self, num: Basic, den: Basic, mode: str, layout: str, ranges: Ranges) -> Basic:
        """∂num/∂den in a layout."""
        shape = derivative_shape(shape_of(num), shape_of(den), layout)
        base, indices = (den.args[0], den.args[1:]) if isinstance(den, Entry) else (den, ())
        turned = isinstance(base, Transpose)
        base = base.args[0] if turned else base
        if not isinstance(base, Var) or (turned and shape_of(num) != SCALAR):
            raise UnsupportedError(
                f"a derivative by {den} is not supported; one by a quantity of the model or by one of its components is"
            )
        if isinstance(num, Entry) and indices and not turned:
            jacobian = self.jacobian(num.args[0], base, mode)
            result = None if jacobian is None else Entry(jacobian, *num.args[1:], *indices)
            return self._finished(result, shape, ranges)
        if shape_of(num) == SCALAR:
            result = self.gradient(num, base, mode, ranges)
            result = self.k.transpose(result) if turned else result
            if indices:
                result = zero(SCALAR) if is_zero(result) else Entry(result, *indices)
            elif layout == "jacobian":
                result = self.k.transpose(self.k.column(result))
            return self._finished(result, shape, ranges)
        jacobian = self.jacobian(num, base, mode)
        if jacobian is not None and indices:
            jacobian = self.k.times(jacobian, unit(indices, base.rows + base.cols, self.k))
        if jacobian is not None and layout == "denominator":
            jacobian = self.k.transpose(jacobian)
        return self._finished(jacobian, shape, ranges)

    def _finished(self, result: Jacobian, shape: tuple, ranges: Ranges) -> Basic:
        if result is None or is_zero(result):
            return zero(shape)
        return resolved(result, self.model, ranges, self.k)

    def is_quantity(self, v: Var) -> bool:
        """Whether it is a quantity of the model, and not an argument that happens to bear the name of one."""
        family = self.model.families.get(v.name)
        return family is not None and len(family.indices) == len(v.indices) and family.var.shape == v.shape

    # scalars

    def gradient(self, num: Basic, den: Var, mode: str, ranges: Ranges) -> Basic:
        """∂num/∂den for a scalar, in the shape of den."""
        if not self.is_quantity(den):
            return self._plain_gradient(num, den)
        if num == self.model.loss:
            return self.loss_gradient(den, ranges)
        try:
            if mode == "total":
                return self.gradients.total(tidy(num, self.k), den)
            if isinstance(num, Var) and num != self.model.loss:
                return self.gradients.immediate(num, den)
        except NeedsForward:
            pass
        jacobian = self.jacobian(num, den, mode)
        if jacobian is None:
            return self.k.zero(den)
        return self.k.reshape(self.k.transpose(jacobian), den.rows, den.cols)

    def loss_gradient(self, den: Var, ranges: Ranges) -> Basic:
        """The adjoint of a quantity at an index, the gradient of a weight."""
        if den.name not in self.derivation.adjoints:
            return self.k.zero(den)
        if den.indices:
            return self.derivation.adjoint_at(den, ranges)
        return Integer(1) if den == self.model.loss else self.derivation.gradient(den.name)

    def _plain_gradient(self, num: Basic, den: Var) -> Basic:
        parts = []
        for use in uses(tidy(num, self.k), Integer(1), self.k, letters(den)):
            if use.variable == den:
                g = use.cotangent
                for b in use.bound:
                    g = self.k.sum_over(g, b.letter, b.lower, b.upper, b.excluded)
                parts.append(g)
        return self.k.plus(*parts) if parts else self.k.zero(den)

    # Jacobians

    def jacobian(self, num: Basic, den: Var, mode: str) -> Jacobian:
        """∂vec(num)/∂vec(den), None where it is zero."""
        if isinstance(num, Var):
            return self._leaf(num, den, mode)
        tidied = tidy(num, self.k)
        if mode == "immediate" and self.is_quantity(den):
            step = self._own_step(num)
            return pushforward(tidied, lambda v: self._leaf_at(v, den, step), self.k, letters(den))
        return pushforward(tidied, lambda v: self._leaf(v, den, mode), self.k, letters(den))

    def _own_step(self, num: Basic) -> Expr | None:
        """The step at which the immediate derivative of a formula is taken: the letter t, or the last step named."""
        places = [affine(i) for v in variables(num) for i in v.indices if self.is_quantity(v)]
        points = {point for point, _ in places}
        if len(points) > 1 or any(point is not None and point not in letters(num) for point in points):
            raise UnsupportedError(f"{num} holds quantities of several steps; its immediate derivative is not defined")
        lengths = {i.upper for i in self.model.indices}
        for point in points:
            return at(point, max(offset for _, offset in places) if point is None or point in lengths else 0)
        return None

    def _leaf_at(self, v: Var, den: Var, step: Expr | None) -> Jacobian:
        """The immediate Jacobian of a quantity in a formula of a step; quantities of other steps are held."""
        if v.indices and v.indices[0] != step:
            return self.jacobians.same_quantity(v, den)
        return self._leaf(v, den, "immediate")

    def _leaf(self, v: Var, den: Var, mode: str) -> Jacobian:
        if not self.is_quantity(den) or not self.is_quantity(v):
            return self.jacobians.identity(v) if v == den else None
        if v == self.model.loss:
            g = self.loss_gradient(den, ranges_of(self.model))
            return None if is_zero(g) else self.k.transpose(self.k.column(g))
        return self.jacobians.total(v, den) if mode == "total" else self.jacobians.immediate(v, den)


def sensitivity(derivation: Derivation, name: str, weight: str) -> Basic:
    """S_t = ∂h_t/∂W by the forward recursion S_t = J_t S_{t-1} + ∂⁺h_t/∂W, with S_{t-1} as an open `Partial`.

    Rows are the entries of h_t, columns those of W, row-major.  Williams and Zipser, *A learning algorithm for
    continually running fully recurrent neural networks* (1989).  Raises `UnsupportedError` if W has no influence on the
    family.
    """
    model, jacobians, k = derivation.model, derivation.jacobians, derivation.jacobians.k
    for wanted in (name, weight):
        if wanted not in model.families:
            raise UnsupportedError(f"{wanted} is not in the model; its quantities are {', '.join(model.families)}")
    if model.equation(name) is None or not jacobians.depends(name, weight):
        raise UnsupportedError(
            f"{name} does not depend on {weight}; a sensitivity is that of a defined quantity by one that it depends on"
        )
    w = model.families[weight].var
    parts: list[Basic] = []
    for family, lag, jacobian in jacobians.sensitivity_parts(name, weight):
        earlier = model.families[family].at(*(_back(i.symbol, lag) for i in model.families[family].indices))
        parts.append(k.times(jacobian, Partial(earlier, w, "total", "jacobian")))
    direct = jacobians.immediate(model.families[name].var, w)
    return k.plus(*parts, *([direct] if direct is not None else []))


def _back(letter: Expr, steps: int) -> Expr:
    return letter - steps
