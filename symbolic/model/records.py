"""The records of a forward system: indices, families of quantities, equations, assumptions, the model itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import Fun, Shown, Var

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
class Equation(Shown):
    """`left` = `right` for every value of the left side's index variables."""

    left: Var
    right: Basic


@dataclass(frozen=True)
class Assumption:
    """Something that may be assumed of the data and is listed with every verdict that needs it.

    kind "sum_to_one": the entries of the family, a vector, at every index sum to 1.  "rows_sum_to_one", "columns_sum_to_one":
    those of every row, or of every column, of a matrix do.
    """

    kind: str
    family: str
    text: str


@dataclass(frozen=True)
class Shorthand:
    """A term that a note gives a name: over the given index letters, or over none."""

    letters: tuple[Symbol, ...]
    term: Basic


@dataclass(frozen=True)
class Chosen:
    """Families of a loss that takes one entry, L = v_k + r: the label e_k, v, and r (or "")."""

    label: str
    entries: str
    rest: str = ""


@dataclass(frozen=True)
class Model(Shown):
    """A checked forward system; see `Network`.

    families     by name, in the order of declaration
    equations    in the order in which one time step computes them
    loss         the scalar whose gradient is asked for
    zero_initial names of the families whose value before the first step is zero (else it is a symbol of its own)
    stands_for   names that a note uses for each of several weights: "W" -> (W_rec, W_in)
    functions    names of functions as the note writes them: "sigma" -> sigmoid; keys are LaTeX
    error_names  names of adjoints as the note writes them: LaTeX (with index) -> the variable whose adjoint it is
    synonyms     other ways in which the note writes a family: LaTeX (with index letters) -> family name
    shorthands   names of terms: LaTeX (with index letters) -> the term that is meant wherever it stands
    dummies      names of arguments in identities: LaTeX -> shape ("scalar" or "vector")
    apart        letters whose component index tells names apart, as net_j and net_k of two layers
    chosen       the letter k of an index that picks one entry in the loss, L = -log p_k -> what stands for it
    values       functions of which the note takes values at members, h_θ(x^{(i)}) (see `reading.values`)
    layout       how the note writes ∂L/∂W unless its formulas show otherwise: "gradient" (the shape of W) or "jacobian"
                 (a row, W flattened row-major)
    any_loss     "L is any loss of y_t" where no formula of the note says what L is, else ""
    lines        of which lines softmax of a matrix is taken, "rows" or "columns" ("": of none)
    by_custom    whether no more than a custom says so
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
    shorthands: dict[str, Shorthand] = field(default_factory=dict)
    dummies: dict[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    chosen: dict[str, Chosen] = field(default_factory=dict)
    values: tuple[Any, ...] = ()
    layout: str = "gradient"
    any_loss: str = ""
    lines: str = ""
    by_custom: bool = False

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
