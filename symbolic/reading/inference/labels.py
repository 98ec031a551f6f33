"""Labels that sum to one: what is offered as an assumption where a formula needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy.core.basic import Basic

from ...language import Apply, Plus, Quotient, Var, lines_of, shape_of
from ...model import Assumption, Equation, Family, Model, variables


def assumptions(model: Model, equations: Sequence[Equation], said: set[str]) -> Iterator[Assumption]:
    """Sum to one is offered for a label, a vector, that meets the logarithm of a softmax or is said to."""
    soft = {e.left.name for e in equations if _is(e.right, "softmax") or _is_written_out(e.right)}
    smoothed = set(_smoothed(equations, soft))
    for family in model.families.values():
        if (family.role == "label" or family.name in smoothed) and len(family.rows) + len(family.cols) == 1:
            for e in equations:
                used = any(v.name == family.name for v in variables(e.right)) and _meets_softmax(e.right, soft)
                if used or family.name in said or family.name in smoothed:
                    yield Assumption("sum_to_one", family.name, f"sum({family.name})=1")
                    break
        if family.role == "label" and family.rows and family.cols:
            yield from _of_lines(model, equations, family)


def _of_lines(model: Model, equations: Sequence[Equation], family: Family) -> Iterator[Assumption]:
    """The same for the rows, or the columns, of a matrix that meets the logarithm of a softmax of such lines."""
    taken = {e.left.name: found for e in equations if (found := lines_of(e.right)) is not None and found[0].name == "softmax"}
    for e in equations:
        if not any(v.name == family.name for v in variables(e.right)) or not _meets_softmax(e.right, set(taken)):
            continue
        known = [n.shape for n in _nodes(e.right) if isinstance(n, Var) and n.name in taken]
        known += [shape_of(n) for n in _nodes(e.right) if lines_of(n) is not None]
        shape = family.rows, family.cols
        other = {"rows": "columns", "columns": "rows"}[model.lines or "rows"]
        lines = model.lines if shape in known else other if shape[::-1] in known else ""
        if lines:
            yield Assumption(f"{lines}_sum_to_one", family.name, f"sum(each {lines[:-1]} of {family.name})=1")
            return


def with_smoothed(model: Model, equations: Sequence[Equation]) -> Model:
    """The model in which what a label is smoothed from is a label."""
    soft = {e.left.name for e in equations if _is(e.right, "softmax") or _is_written_out(e.right)}
    names = {n for n in _smoothed(equations, soft) if any((model.families[n].rows, model.families[n].cols))}
    known = {n: replace(f, role="label") if n in names else f for n, f in model.families.items()}
    return replace(model, families=known) if names else model


def _smoothed(equations: Sequence[Equation], soft: set[str]) -> Iterator[str]:
    """The label y of q = (1 - ε) y + ε/K 1, where q meets the logarithm of a softmax."""
    defined = {e.left.name: e.right for e in equations}
    for e in equations:
        for v in _weights(e.right) if _meets_softmax(e.right, soft) else ():
            if v.name not in soft and isinstance(right := defined.get(v.name), Plus) and not right.has(Apply):
                yield from (u.name for u in variables(right) if u.name not in defined)


def _weights(term: Basic) -> Iterator[Var]:
    """What stands beside functions and in none of them: the q of q log p."""
    if isinstance(term, Var):
        yield term
    elif not isinstance(term, Apply):
        yield from (v for a in term.args if isinstance(a, Basic) for v in _weights(a))


def _is(term: Basic, name: str) -> bool:
    return isinstance(term, Apply) and term.fun.name == name


def _is_written_out(term: Basic) -> bool:
    """e^z / Σ_k e^{z_k}, a vector over a number."""
    return isinstance(term, Quotient) and _is(term.args[0], "exp") and any(_is(n, "exp") for n in _nodes(term.args[1]))


def _meets_softmax(term: Basic, soft: set[str]) -> bool:
    for node in _nodes(term):
        if _is(node, "logsoftmax") or _is(node, "logsumexp"):
            return True
        if _is(node, "log") and any(
            _is(n, "softmax") or (isinstance(n, Var) and n.name in soft) for n in _nodes(node)
        ):
            return True
    return False


def _nodes(term: Basic) -> Iterator[Basic]:
    yield term
    if not isinstance(term, Var):
        for a in term.args:
            if isinstance(a, Basic):
                yield from _nodes(a)
