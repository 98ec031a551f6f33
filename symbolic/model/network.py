"""Forward equations over time, written as they stand in a note.

    net = Network("tanh_rnn", "A recurrent network with tanh")
    n, m, C = net.sizes("n m C")
    t = net.time("t", length="tau")
    x = net.input("x", n, at=t)
    U, W, b = net.weight("U", m, n), net.weight("W", m, m), net.weight("b", m)
    h = net.state("h", m, at=t)
    net.define(h[t], tanh(U * x[t] + W * h[t - 1] + b))
    ...
    model = net.model(loss=L)
"""

from __future__ import annotations

from typing import Any, TypeAlias

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import LAYOUTS, Fun, Var, legs
from .check import checked
from .records import Assumption, Equation, Family, Index, Model

Size: TypeAlias = Expr | int
At: TypeAlias = Symbol | tuple[Symbol, ...]


class Network:
    """Collects declarations and equations; `model` checks them and freezes them."""

    def __init__(self, name: str, title: str = "", layout: str = "gradient"):
        if layout not in LAYOUTS:
            raise ValueError(f"a layout is one of {', '.join(LAYOUTS)}, not {layout}")
        self.name, self.title, self.layout = name, title, layout
        self._families: dict[str, Family] = {}
        self._indices: list[Index] = []
        self._equations: list[Equation] = []
        self._assumptions: list[Assumption] = []
        self._zero: set[str] = set()
        self._words: dict[str, dict[str, Any]] = {
            "stands_for": {}, "functions": {}, "error_names": {}, "synonyms": {}, "dummies": {}
        }  # fmt: skip

    def sizes(self, names: str) -> tuple[Symbol, ...]:
        """Symbolic sizes, one per word."""
        return tuple(Symbol(word) for word in names.split())

    def time(self, name: str, length: str, lower: int = 1) -> Symbol:
        """An index variable that runs from `lower` to a symbolic length; its symbol, for use in brackets."""
        index = Index(Symbol(name), lower, Symbol(length))
        self._indices.append(index)
        return index.symbol

    def length(self, name: str) -> Symbol:
        """The symbol of a length, for quantities at the last step: h[T]."""
        return next(i.upper for i in self._indices if i.upper.name == name)

    def weight(self, name: str, *shape: Size, at: At = (), latex: str = "") -> Any:
        return self._declare(name, "weight", shape, at, latex)

    def input(self, name: str, *shape: Size, at: At = (), latex: str = "") -> Any:
        return self._declare(name, "input", shape, at, latex)

    def given(self, name: str, *shape: Size, at: At = (), latex: str = "") -> Any:
        return self._declare(name, "given", shape, at, latex)

    def state(self, name: str, *shape: Size, at: At = (), latex: str = "") -> Any:
        return self._declare(name, "state", shape, at, latex)

    def label(
        self, name: str, *shape: Size, at: At = (), latex: str = "", sums_to_one: bool = False
    ) -> Any:
        """A label; `sums_to_one` offers (and does not impose) the assumption that its entries sum to 1."""
        family = self._declare(name, "label", shape, at, latex)
        if sums_to_one:
            self._assumptions.append(Assumption("sum_to_one", name, f"sum({name})=1"))
        return family

    def define(self, left: Var, right: Basic, zero_before: bool = False) -> None:
        """One forward equation.  `zero_before`: its value before the first step is zero."""
        self._equations.append(Equation(left, right))
        if zero_before:
            self._zero.add(left.name)

    def stands_for(self, latex: str, *variables: Var) -> None:
        """The note writes `latex` for each of several weights; a claim must hold for every one of them."""
        self._words["stands_for"][latex] = tuple(v.name for v in variables)

    def function(self, latex: str, fun: Fun) -> None:
        """The note writes `latex` for a function."""
        self._words["functions"][latex] = fun

    def error_name(self, latex: str, variable: Var) -> None:
        """The note writes `latex` (with its index) for the adjoint of a variable, such as δ_t for ∂L/∂h_t."""
        self._words["error_names"][latex] = variable.name

    def synonym(self, latex: str, family: Family) -> None:
        """The note also writes `latex` for a family."""
        self._words["synonyms"][latex] = family.name

    def dummy(self, latex: str, shape: str = "scalar") -> None:
        """The note writes `latex` for the argument of an identity, such as x in σ'(x)."""
        self._words["dummies"][latex] = shape

    def model(self, loss: Var) -> Model:
        """Check everything and freeze it.  Raises `ModelError` (see `check`)."""
        families = dict(self._families)
        if loss.name in families and families[loss.name].role == "state":
            old = families[loss.name]
            families[loss.name] = Family(old.name, "loss", old.rows, old.cols, old.indices, old.latex)
        return checked(
            Model(
                self.name, self.title, families, tuple(self._indices), tuple(self._equations), loss,
                tuple(self._assumptions), frozenset(self._zero), **self._words, layout=self.layout,
                apart=frozenset(), any_loss="", values=(), lines="", by_custom=False,
            )
        )

    def _declare(self, name: str, role: str, shape: tuple[Size, ...], at: At, latex: str) -> Any:
        if name in self._families:
            raise ValueError(f"{name} is declared twice")
        letters: tuple[Symbol, ...] = at if isinstance(at, tuple) else (at,)
        known = {i.symbol: i for i in self._indices}
        sides = [legs(s) for s in shape] + [legs()] * (2 - len(shape))
        family = Family(
            name, role, tuple(sides[0]), tuple(sides[1]), tuple(known[s] for s in letters),
            latex or _default_latex(name, letters),
        )
        self._families[name] = family
        return family if letters else family.var


def _default_latex(name: str, at: tuple[Symbol, ...]) -> str:
    head, _, label = name.partition("_")
    scripts = ([rf"\text{{{label}}}"] if label else []) + [s.name for s in at]
    return head + ("_{" + ",".join(scripts) + "}" if scripts else "")

