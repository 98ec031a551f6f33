"""What a kernel takes and keeps: arrays with their shapes and axes, and a name in the code for each.

Data and quantities are kept per sample, those with a step index as (steps, samples, entries...); values before the
first step stand in front.  Parameters are shared by all samples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sympy import Expr, Symbol

from .. import language as L
from ..model import Equation, Family, Model, variables
from .code import Held
from .schedule import KernelError, Target

Leg = str | tuple[str | int, ...]
"""Length of an axis: a size by its key, or a sum of sizes and numbers."""


@dataclass(frozen=True)
class Array:
    """An argument: the key under which it is given, its name in the code, its axes."""

    key: str
    name: str
    shape: tuple[Leg, ...]
    optional: bool = False


@dataclass
class Names:
    """Names for the code: a letter, a number, and the harmless rest of a given name; never the same twice."""

    counts: dict[str, int] = field(default_factory=dict)

    def new(self, letter: str, given: str) -> str:
        """
        >>> Names().new("p", 'W^{(in)}"; import os')
        'p0_Winimportos'
        """
        number = self.counts.get(letter, 0)
        self.counts[letter] = number + 1
        rest = re.sub(r"[^A-Za-z0-9_]", "", given)
        return f"{letter}{number}_{rest}" if rest else f"{letter}{number}"


@dataclass
class Declarations:
    """Everything that has a name: see the module; `notes` are for the docstring of the kernel."""

    model: Model
    parameters: dict[str, Array]
    data: dict[str, Array]
    initial: dict[str, Array]
    held: dict[Target, Held]
    sizes: dict[Symbol, str]
    size_keys: dict[Symbol, str]
    depths: dict[str, int]
    names: Names
    notes: list[str] = field(default_factory=list)

    def told(self, key: str) -> str:
        """The key of a size that the arguments tell; `KernelError` if none does."""
        arrays = [*self.parameters.values(), *self.data.values()]
        if key not in {leg if isinstance(leg, str) else leg[0] for a in arrays for leg in a.shape}:
            what = {"B": "the number of samples", "T": "the number of steps"}.get(key, f"the size {key}")
            raise KernelError(f"{self.model.name}: no weight or datum tells {what}")
        return key


def declared(model: Model) -> Declarations:
    """The declarations of a model; `KernelError` for what kernels do not do: several indices, flattened sides."""
    if len(model.indices) > 1:
        letters = ", ".join(str(i.symbol) for i in model.indices)
        raise KernelError(f"{model.name}: kernels run over one index, time, and this model has {letters}")
    names = Names()
    legs = [leg for f in model.families.values() for leg in (*f.rows, *f.cols)]
    symbols = sorted(set().union(*(leg.free_symbols for leg in legs)), key=str)
    keys = {s: f"size {s.name}" if s.name in ("T", "B") else s.name for s in symbols}
    sizes = {s: names.new("n", s.name) for s in symbols}
    if model.time:
        sizes[model.time.upper] = "T"
    made = Declarations(model, {}, {}, {}, {}, sizes, keys, depths(model), names)
    for f in model.families.values():
        if len(f.rows) > 1 or len(f.cols) > 1:
            raise KernelError(f"{f.name} has a flattened side")
        _RULES[f.role](made, f)
    if not made.parameters:
        raise KernelError(f"{model.name} has no weights, so there is no gradient to compute")
    for key in ("B", *(("T",) if model.time else ())):
        made.told(key)
    return made


def _legs(made: Declarations, f: Family) -> tuple[Leg, ...]:
    return tuple(_leg(made, leg) for leg in (*f.rows, *f.cols))


def _leg(made: Declarations, leg: Expr) -> Leg:
    if isinstance(leg, Symbol):
        return made.size_keys[leg]
    if leg.is_Integer:
        return (int(leg),)
    return tuple(int(a) if a.is_Integer else made.size_keys[a] for a in leg.args)


def _steps(made: Declarations, f: Family) -> tuple[Leg, ...]:
    depth = made.depths[f.name]
    return (("T", depth) if depth else "T",) if f.indices else ()


def _hold(made: Declarations, f: Family, name: str, batch: bool) -> None:
    depth = made.depths[f.name]
    made.held["value", f.name] = Held(name, bool(f.indices), batch, len(f.rows) + len(f.cols), depth)


def _weight(made: Declarations, f: Family) -> None:
    if made.depths[f.name]:
        raise KernelError(f"the weight {f.name} is used before the first step")
    name = made.names.new("p", f.name)
    made.parameters[f.name] = Array(f.name, name, (*_steps(made, f), *_legs(made, f)))
    _hold(made, f, name, False)


def _data(made: Declarations, f: Family) -> None:
    name = made.names.new("x", f.name)
    made.data[f.name] = Array(f.name, name, (*_steps(made, f), "B", *_legs(made, f)))
    _hold(made, f, name, True)


def _state(made: Declarations, f: Family) -> None:
    depth = made.depths[f.name]
    if depth and f.name not in made.model.zero_initial:
        key = f"{f.name}0"
        if key in made.model.families:
            raise KernelError(f"values of {f.name} before the first step would be called {key}, a name that is taken")
        shape = ("B", *_legs(made, f)) if depth == 1 else ((depth,), "B", *_legs(made, f))
        made.initial[f.name] = Array(key, made.names.new("x", key), shape, optional=True)
    _hold(made, f, made.names.new("s", f.name), True)


_RULES = {"weight": _weight, "input": _data, "label": _data, "given": _data, "state": _state, "loss": _state}


def depths(model: Model) -> dict[str, int]:
    """How many values before the first step the equations need of each family."""
    depths = dict.fromkeys(model.families, 0)
    for e in model.equations:
        for v in variables(e.right):
            for index, own in zip(v.indices, model.families[v.name].indices, strict=True):
                point, offset = L.affine(index)
                back = -offset if point in e.left.indices else own.lower - offset if point is None else 0
                depths[v.name] = max(depths[v.name], back)
    return depths


def with_arguments(model: Model) -> tuple[tuple[Equation, ...], dict[str, tuple[str, Expr]], dict[str, Family]]:
    """The equations, with the argument of softmax or sigmoid as a quantity of its own where a logarithm needs it.

    Also y -> (function, argument) for every such y, and the new families.
    """
    logs = {v.name for e in model.equations for v in _under_logarithm(e.right)}
    equations: list[Equation] = []
    inverse: dict[str, tuple[str, Expr]] = {}
    new: dict[str, Family] = {}
    for e in model.equations:
        right, name = e.right, e.left.name
        if name in logs and isinstance(right, L.Apply) and right.fun in (L.Fun("softmax"), L.Fun("sigmoid")):
            argument = right.x
            if not isinstance(argument, L.Var):
                own = model.families[name]
                fresh = f"argument of {name}"
                while fresh in model.families:
                    fresh += " "
                family = Family(fresh, "state", *L.shape_of(argument), own.indices)
                new[family.name] = family
                equations.append(Equation(family.var, argument))
                argument = family.var
                right = L.Apply(right.fun, argument)
            inverse[name] = (right.fun.name, argument)
        equations.append(Equation(e.left, right))
    return tuple(equations), inverse, new


def _under_logarithm(term: Expr) -> list[L.Var]:
    """The quantities y of which log(y) or log(1 - y) is taken."""
    found = []
    for node in [term, *term.atoms(L.Apply)]:
        if isinstance(node, L.Apply) and node.fun.name == "log" and not node.fun.kind:
            x = node.x
            if isinstance(x, L.Plus) and len(x.args) == 2 and x.args[0] == 1:
                x = L.negative(x.args[1])
            found += [x] if isinstance(x, L.Var) else []
    return found
