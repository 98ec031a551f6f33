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

from dataclasses import dataclass, field

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import Fun, Relation, Term, Var, legs

ROLES = ("weight", "input", "label", "given", "state", "loss")
"""weight: a parameter.  input, label, given: data.  state: defined by an equation.  loss: a defined scalar."""


@dataclass(frozen=True)
class Index:
    """An index variable and its range: t = lower .. upper, both inclusive; `upper` is a length such as T."""

    symbol: Symbol
    lower: int
    upper: Symbol


@dataclass(frozen=True)
class Family:
    """All quantities that share one name: W, or h_t for every t.  `latex` shows it with its index letters in place."""

    name: str
    role: str
    rows: tuple[Expr, ...]
    cols: tuple[Expr, ...]
    indices: tuple[Index, ...] = ()
    latex: str = ""

    def at(self, *indices: Expr | int) -> Var:
        """The quantity at the given indices."""
        if len(indices) != len(self.indices):
            raise TypeError(f"{self.name} takes {len(self.indices)} indices, not {len(indices)}")
        return Var(self.name, tuple(Integer(i) if isinstance(i, int) else i for i in indices), self.rows, self.cols)

    def __getitem__(self, indices: Expr | int | tuple[Expr | int, ...]) -> Var:
        return self.at(*indices) if isinstance(indices, tuple) else self.at(indices)

    @property
    def var(self) -> Var:
        """The quantity at its own index letters, as on the left of its definition."""
        return self.at(*(i.symbol for i in self.indices))


@dataclass(frozen=True)
class Equation:
    """`left` = `right` for every value of the left side's index variables."""

    left: Var
    right: Basic


@dataclass(frozen=True)
class Assumption:
    """Something that may be assumed of the data and is listed with every verdict that needs it.

    kind "sum_to_one": the entries of the family at every index sum to 1.
    """

    kind: str
    family: str
    text: str


@dataclass(frozen=True)
class Model:
    """A checked forward system; see `Network`.

    families     by name, in the order of declaration
    equations    in the order in which one time step computes them
    loss         the scalar whose gradient is asked for
    zero_initial names of the families whose value before the first step is zero (else it is a symbol of its own)
    stands_for   names that a note uses for each of several weights: "W" -> (W_rec, W_in)
    functions    names of functions as the note writes them: "sigma" -> sigmoid; keys are LaTeX
    error_names  names of adjoints as the note writes them: LaTeX (with index) -> the variable whose adjoint it is
    synonyms     other ways in which the note writes a family: LaTeX (with index letters) -> family name
    dummies      names of arguments in identities: LaTeX -> shape ("scalar" or "vector")
    """

    name: str
    title: str
    families: dict[str, Family]
    indices: tuple[Index, ...]
    equations: tuple[Equation, ...]
    loss: Var
    assumptions: tuple[Assumption, ...] = ()
    zero_initial: frozenset[str] = frozenset()
    stands_for: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: dict[str, Fun] = field(default_factory=dict)
    error_names: dict[str, str] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)
    dummies: dict[str, str] = field(default_factory=dict)

    def of_role(self, *roles: str) -> tuple[Family, ...]:
        """The families of the given roles, in order of declaration."""
        return tuple(f for f in self.families.values() if f.role in roles)

    def equation(self, name: str) -> Equation | None:
        """The equation that defines a family, or None for leaves."""
        return next((e for e in self.equations if e.left.name == name), None)

    def family(self, variable: Var) -> Family:
        return self.families[variable.name]

    @property
    def time(self) -> Index | None:
        """The index that recurrences run over."""
        return self.indices[0] if self.indices else None


class Network:
    """Collects declarations and equations; `model` checks them and freezes them."""

    def __init__(self, name: str, title: str = ""):
        self.name, self.title = name, title
        self._families: dict[str, Family] = {}
        self._indices: list[Index] = []
        self._equations: list[Equation] = []
        self._assumptions: list[Assumption] = []
        self._zero: set[str] = set()
        self._words: dict[str, dict] = {"stands_for": {}, "functions": {}, "error_names": {}, "synonyms": {}, "dummies": {}}

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

    def weight(self, name, *shape, at=(), latex=""):
        return self._declare(name, "weight", shape, at, latex)

    def input(self, name, *shape, at=(), latex=""):
        return self._declare(name, "input", shape, at, latex)

    def given(self, name, *shape, at=(), latex=""):
        return self._declare(name, "given", shape, at, latex)

    def state(self, name, *shape, at=(), latex=""):
        return self._declare(name, "state", shape, at, latex)

    def label(self, name, *shape, at=(), latex="", sums_to_one=False):
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
        from .check import checked

        families = dict(self._families)
        if loss.name in families and families[loss.name].role == "state":
            old = families[loss.name]
            families[loss.name] = Family(old.name, "loss", old.rows, old.cols, old.indices, old.latex)
        return checked(
            Model(
                self.name, self.title, families, tuple(self._indices), tuple(self._equations), loss,
                tuple(self._assumptions), frozenset(self._zero), **self._words,
            )
        )

    def _declare(self, name, role, shape, at, latex):
        if name in self._families:
            raise ValueError(f"{name} is declared twice")
        at = at if isinstance(at, tuple) else (at,)
        known = {i.symbol: i for i in self._indices}
        sides = [legs(s) for s in shape] + [legs()] * (2 - len(shape))
        family = Family(
            name, role, tuple(sides[0]), tuple(sides[1]), tuple(known[s] for s in at), latex or _default_latex(name, at)
        )
        self._families[name] = family
        return family if at else family.var


def _default_latex(name: str, at: tuple[Symbol, ...]) -> str:
    head, _, label = name.partition("_")
    scripts = ([rf"\text{{{label}}}"] if label else []) + [s.name for s in at]
    return head + ("_{" + ",".join(scripts) + "}" if scripts else "")


__all__ = ["Assumption", "Equation", "Family", "Index", "Model", "Network", "Relation", "Term"]
