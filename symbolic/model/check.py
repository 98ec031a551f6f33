"""Well-formedness of a forward system: a table of conditions, each with its own clear message.

Run when a model is built and again after every pass that makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import SCALAR, Adjoint, Partial, ProductOver, SumOver, Var, affine, describe, shape_of
from ..language.indices import IndexError_
from .records import Equation, Model


class ModelError(ValueError):
    """A forward system that is not well-formed; the message names the equation and the offender."""


def checked(model: Model) -> Model:
    """The model, with its equations in computing order, or `ModelError`."""
    for rule in RULES:
        for complaint in rule(model):
            raise ModelError(f"{model.name}: {complaint}")
    return Model(**{**model.__dict__, "equations": _ordered(model)})


@lru_cache(maxsize=8192)
def variables(term: Basic) -> tuple[Var, ...]:
    """Every occurrence of a named quantity in a term, left to right."""
    found, stack = [], [term]
    while stack:
        node = stack.pop()
        if isinstance(node, Var):
            found.append(node)
        else:
            stack.extend(reversed([a for a in node.args if isinstance(a, Basic)]))
    return tuple(found)


def upstream(model: Model, names: Iterable[str] = ()) -> set[str]:
    """The families on which others rest, these among them; where none are named, those of the loss.

    All families where no equation defines the loss.
    """
    needs = {e.left.name: {v.name for v in variables(e.right)} for e in model.equations}
    waiting = list(names) or [model.loss.name]
    if model.loss.name not in needs:
        return set(model.families)
    found = set(waiting)
    while waiting:
        more = needs.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found


def _name(equation: Equation) -> str:
    return f"the equation for {equation.left}"


def _declared(model: Model) -> Iterator[str]:
    for e in model.equations:
        for v in (e.left, *variables(e.right)):
            family = model.families.get(v.name)
            if family is None:
                yield f"{_name(e)} uses {v}, which is not declared; declared are {', '.join(model.families)}"
            elif (v.rows, v.cols) != (family.rows, family.cols):
                declared = describe((family.rows, family.cols))
                yield f"{_name(e)} uses {v} with shape {describe(v.shape)}, declared as {declared}"
            elif len(v.indices) != len(family.indices):
                yield f"{_name(e)} uses {v} with {len(v.indices)} indices, declared with {len(family.indices)}"


def _without_derivatives(model: Model) -> Iterator[str]:
    """Derivatives are worked out from all equations: one that held a derivative would rest on itself."""
    for e in model.equations:
        found = sorted(map(str, e.right.atoms(Adjoint, Partial)))
        if found:
            yield f"{_name(e)} holds the derivative {found[0]}; a forward equation holds none"


def _defined_once(model: Model) -> Iterator[str]:
    seen: set[str] = set()
    for e in model.equations:
        if e.left.name in seen:
            yield f"{e.left.name} is defined twice"
        seen.add(e.left.name)
        role = model.families[e.left.name].role
        if role not in ("state", "loss"):
            yield f"{e.left.name} is declared as {role} and cannot be defined by an equation"
        if e.left != model.families[e.left.name].var:
            yield f"the left side {e.left} must stand at its own index letters, {model.families[e.left.name].var}"
    for f in model.of_role("state", "loss"):
        if f.name not in seen:
            yield f"{f.name} is declared as {f.role} but no equation defines it"


def _conforming(model: Model) -> Iterator[str]:
    for e in model.equations:
        if shape_of(e.right) != e.left.shape:
            yield (
                f"{_name(e)} does not conform: the left side is {describe(e.left.shape)}, "
                f"the right side {describe(shape_of(e.right))}"
            )


def _bound(term: Basic) -> set[Symbol]:
    if isinstance(term, (SumOver, ProductOver)):
        return {term.args[1]} | _bound(term.args[0])
    return set().union(*(_bound(a) for a in term.args)) if term.args else set()


def _indices_known(model: Model) -> Iterator[str]:
    lengths = {i.upper for i in model.indices}
    for e in model.equations:
        legal = {i.symbol for i in model.families[e.left.name].indices} | lengths | _bound(e.right)
        for v in variables(e.right):
            for index in v.indices:
                try:
                    point, _ = affine(index)
                except IndexError_ as error:
                    yield f"{_name(e)}: {error}"
                    continue
                if point is not None and point not in legal:
                    known = ", ".join(sorted(map(str, legal)))
                    yield f"{_name(e)} uses {v}, whose index {point} is bound nowhere; known are {known}"


def _existing(model: Model) -> Iterator[str]:
    """No sum may reach values before the first step that no equation looks back at, nor values after the last one."""
    first = {(f.name, k): i.lower for f in model.families.values() for k, i in enumerate(f.indices)}
    for e in model.equations:
        for v in variables(e.right):
            for k, (index, own) in enumerate(zip(v.indices, model.families[v.name].indices, strict=True)):
                point, offset = affine(index)
                if point is None or point in e.left.indices:
                    first[v.name, k] = min(first[v.name, k], offset if point is None else own.lower + offset)
    for e in model.equations:
        for v, ends in _ranged(e.right, {}):
            for k, (index, own) in enumerate(zip(v.indices, model.families[v.name].indices, strict=True)):
                point, offset = affine(index)
                low, high = ends.get(point, (None, None)) if point is not None else (None, None)
                from_ = first[v.name, k]
                if low is not None and low[0] is None and low[1] + offset < from_:
                    yield f"{_name(e)} uses {v} at step {low[1] + offset}, where it has no value; it has one from {from_} on"
                if high is not None and high[0] == own.upper and high[1] + offset > 0:
                    yield f"{_name(e)} uses {v} at step {own.upper} + {high[1] + offset}, beyond the last one"


End = tuple[Symbol | None, int]


def _ranged(term: Basic, ends: dict[Symbol, tuple[End, End]]) -> Iterator[tuple[Var, dict[Symbol, tuple[End, End]]]]:
    """Every occurrence of a quantity with the ranges of the letters that are bound there."""
    if isinstance(term, Var):
        yield term, ends
        return
    inside = ends
    if isinstance(term, (SumOver, ProductOver)):
        try:
            inside = {**ends, term.args[1]: (affine(term.args[2]), affine(term.args[3]))}
        except IndexError_:
            inside = {k: v for k, v in ends.items() if k != term.args[1]}
    for a in term.args:
        if isinstance(a, Basic):
            yield from _ranged(a, inside)


def _causal(model: Model) -> Iterator[str]:
    """No equation may look ahead, and none may need its own value at the same step."""
    defined = {e.left.name: e for e in model.equations}
    for e in model.equations:
        own = [affine(i)[0] for i in e.left.indices]
        for v in variables(e.right):
            if v.name in defined and own and any(
                affine(i)[0] == p and affine(i)[1] > 0 for i, p in zip(v.indices, own, strict=False)
            ):
                yield f"{_name(e)} uses {v}, which is computed later"
    _, circle = _sorted(model)
    if circle:
        yield (
            "circular definition inside one time step: " + " needs ".join([*circle, circle[0]])
            + "; a value of the step before is written with t - 1"
        )


def _loss_scalar(model: Model) -> Iterator[str]:
    if model.loss.name not in model.families:
        yield f"the loss {model.loss} is not declared"
    elif model.loss.shape != SCALAR:
        yield f"the loss {model.loss} is no scalar but {describe(model.loss.shape)}"
    elif model.loss.indices:
        yield f"the loss {model.loss} still has an index; sum it over {model.loss.indices[0]}"


RULES = (_declared, _without_derivatives, _defined_once, _conforming, _indices_known, _loss_scalar, _existing, _causal)


def _same_step(e: Equation) -> Iterator[str]:
    """The families that must be known, at the same step or for all steps, before the equation can be computed."""
    own = {affine(i)[0] for i in e.left.indices}
    for v in variables(e.right):
        offsets = [affine(i) for i in v.indices]
        if not any(point in own and offset < 0 for point, offset in offsets):
            yield v.name


def _sorted(model: Model) -> tuple[list[Equation], list[str]]:
    """Equations in computing order (stable) and, if there is none, a circle of names."""
    defined = {e.left.name: e for e in model.equations}
    done: list[Equation] = []
    state: dict[str, int] = {}
    for root in defined:
        path: list[tuple[str, Iterator[str]]] = []
        if root not in state:
            state[root] = 1
            path.append((root, _same_step(defined[root])))
        while path:
            name, needs = path[-1]
            need = next((n for n in needs if n in defined and state.get(n) != 2), None)
            if need is None:
                state[name] = 2
                done.append(defined[name])
                path.pop()
            elif state.get(need) == 1:
                names = [n for n, _ in path]
                return done, names[names.index(need):]
            else:
                state[need] = 1
                path.append((need, _same_step(defined[need])))
    return done, []


def _ordered(model: Model) -> tuple[Equation, ...]:
    return tuple(_sorted(model)[0])
