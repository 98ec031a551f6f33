"""A weight that multiplies vectors put together, as the weights of each of them: W [h, x] = W₁ h + W₂ x.

What W₁ x adds for all steps is then one product outside of the loops.  The caller keeps W: its columns are handed over as
views, and the gradients by them are put together again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..model import Equation, Model, variables

Parts = tuple[tuple[str, Expr], ...]
"""The names of the weights that a weight is put together of, and how many columns each has."""

Place = tuple[bool, str, int]
"""Whether it is a parameter, its key, and the axis that has the size, from the last one."""


@dataclass(frozen=True)
class Split:
    """`model` has a weight for each part of those of `parts`; `places`: where the sizes are seen; `weights`: the caller's."""

    model: Model
    weights: tuple[str, ...]
    parts: dict[str, Parts]
    places: dict[Symbol, Place]


def split(model: Model) -> Split | None:
    """The model with such weights apart; None where there are none, or their columns cannot be told from the arrays."""
    found: dict[str, set[tuple[Expr, ...]]] = {}
    seen = Counter(v.name for e in model.equations for v in variables(e.right))
    for e in model.equations:
        for name, sizes in _together(e.right, model):
            found.setdefault(name, set()).add(sizes)
            seen[name] -= 1
    chosen = {name: next(iter(sizes)) for name, sizes in found.items() if len(sizes) == 1 and not seen[name]}
    places = _places(model, chosen)
    chosen = {n: sizes for n, sizes in chosen.items() if sum(s not in places for s in sizes) < 2}
    if not chosen:
        return None
    parts = {n: tuple((f"{n} ({k})", s) for k, s in enumerate(sizes, start=1)) for n, sizes in chosen.items()}
    families = {n: f for n, f in model.families.items() if n not in parts}
    for name, own in parts.items():
        for part, size in own:
            families[part] = replace(model.families[name], name=part, cols=(size,))
    equations = tuple(Equation(e.left, _apart(e.right, families, parts)) for e in model.equations)
    weights = tuple(f.name for f in model.of_role("weight"))
    return Split(replace(model, families=families, equations=equations), weights, parts, places)


def _pair(term: Basic, model: Model) -> int | None:
    """Where a weight stands in a product just before vectors that are put together."""
    if not isinstance(term, L.Product):
        return None
    for k, (a, b) in enumerate(zip(term.args, term.args[1:], strict=False)):
        if isinstance(a, L.Var) and isinstance(b, L.Concat) and b.args[0] == 0:
            family = model.families[a.name]
            if family.role == "weight" and not family.indices and len(family.rows) == 1 and len(family.cols) == 1:
                return k
    return None


def _together(term: Basic, model: Model) -> Iterator[tuple[str, tuple[Expr, ...]]]:
    """The weights that stand so, and the sizes of what they multiply."""
    k = _pair(term, model)
    if k is not None:
        legs = [L.shape_of(part) for part in term.args[k + 1].args[1:]]
        if all(len(rows) == 1 and not cols for rows, cols in legs):
            yield term.args[k].name, tuple(rows[0] for rows, _ in legs)
    for a in term.args:
        if isinstance(a, L.Term):
            yield from _together(a, model)


def _apart(term: Basic, families: Mapping[str, Any], parts: Mapping[str, Parts]) -> Basic:
    if not isinstance(term, L.Term) or isinstance(term, L.Var):
        return term
    if isinstance(term, L.Product):
        for k, (a, b) in enumerate(zip(term.args, term.args[1:], strict=False)):
            if isinstance(a, L.Var) and a.name in parts and isinstance(b, L.Concat):
                before, behind = term.args[:k], term.args[k + 2 :]
                pairs = zip(parts[a.name], b.args[1:], strict=True)
                return L.Plus(*(
                    _apart(L.Product(*before, families[part].var, x, *behind), families, parts) for (part, _), x in pairs
                ))  # fmt: skip
    args = [_apart(a, families, parts) for a in term.args]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)


def _places(model: Model, chosen: Mapping[str, object]) -> dict[Symbol, Place]:
    """Where the number of a size is an axis of its own."""
    found: dict[Symbol, Place] = {}
    for f in sorted(model.families.values(), key=lambda f: f.name in chosen):  # these are checked by the others
        if f.role in ("state", "loss"):
            continue
        legs = (*f.rows, *f.cols)
        for k, leg in enumerate(legs):
            if isinstance(leg, Symbol) and not (f.name in chosen and k):
                found.setdefault(leg, (f.role == "weight", f.name, k - len(legs)))
    return found


class Whole:
    """`function`, for weights apart, as one of the weights of the caller."""

    def __init__(self, function: Callable[..., Any], split: Split):
        self.function, self.split = function, split

    def __call__(self, params: Mapping[str, Any], batch: Mapping[str, Any], *functions: Any) -> Any:
        if len(params) != len(self.split.weights) or any(name not in params for name in self.split.weights):
            self._refuse(params)
        own, borders = dict(params), dict[str, list[int]]()
        for key, parts in self.split.parts.items():
            array = np.asarray(own.pop(key))
            borders[key] = self._borders(key, array, parts, params, batch)
            for (name, _), block in zip(parts, np.split(array, borders[key], axis=1), strict=True):
                own[name] = block
        loss, found = self.function(own, batch, *functions)
        for key, parts in self.split.parts.items():
            if parts[0][0] in found:
                found[key] = np.concatenate([found.pop(name) for name, _ in parts], axis=1)
        return loss, found

    def _refuse(self, params: Mapping[str, Any]) -> None:
        names = ", ".join(self.split.weights)
        for name in params:
            if name not in self.split.weights:
                raise ValueError(f"parameter {name} is not known; known are {names}")
        missing = next(name for name in self.split.weights if name not in params)
        raise ValueError(f"parameter {missing} is missing; needed are {names}")

    def _borders(self, key: str, array: Any, parts: Parts, params: Mapping[str, Any], batch: Mapping[str, Any]) -> list[int]:
        """Where the columns of the parts end, but for the last one."""
        names = " + ".join(str(size) for _, size in parts)
        if array.ndim != 2:
            raise ValueError(f"parameter {key}: expected a matrix with {names} columns, found shape {array.shape}")
        (rows,) = self.split.model.families[parts[0][0]].rows
        height = self._size(rows, params, batch)
        if height not in (None, array.shape[0]):
            raise ValueError(f"parameter {key}: expected {rows} = {height} rows, found shape {array.shape}")
        known = [self._size(size, params, batch) for _, size in parts]
        rest = array.shape[1] - sum(w for w in known if w is not None)
        widths = [rest if w is None else w for w in known]
        if min(widths) < 0 or sum(widths) != array.shape[1]:
            told = " + ".join(map(str, widths))
            raise ValueError(f"parameter {key}: expected {names} = {told} columns, found shape {array.shape}")
        return [int(n) for n in np.cumsum(widths)[:-1]]

    def _size(self, size: Expr, params: Mapping[str, Any], batch: Mapping[str, Any]) -> int | None:
        parameter, key, axis = self.split.places.get(size, (False, "", 0))
        array = (params if parameter else batch).get(key)
        shape = np.shape(array) if array is not None else ()
        return shape[axis] if 0 < -axis <= len(shape) else None
