"""Gradients of what all samples (and all steps) share: terms summed over the axes that the target does not have.

Σ over samples and steps of u vᵀ is one product of stacked rows, uᵀ v with u (steps · samples, m) and v
(steps · samples, n).  The sum goes through linear heads, so it is taken as early as possible: Σ_t Wᵀ u_t = Wᵀ Σ_t u_t.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy.core.basic import Basic

from .. import language as L
from .arithmetic import plus, times, transposed
from .code import ATOM, PRODUCT, Code, Compiler, joined
from .expressions import chain_code, compiled, over_steps
from .formula import formula
from .schedule import KernelError
from .terms import outer_boundary, split


def reduced(k: Compiler, term: Basic, keep: bool) -> Code:
    """The sum of a term over samples and, unless `keep`, over the steps of the mode."""
    rule = RULES.get(type(term))
    known = k.mode.kind == "steps" and k.mode.steps.whole and (term in k.names or term in k.shared)
    return summed(k, compiled(k, term), keep) if known or rule is None else rule(k, term, keep)


def summed(k: Compiler, code: Code, keep: bool) -> Code:
    """The sum over the axes that a value has, times the length of those that it should have and lacks."""
    return times([*_counts(k, [code], keep), _sum_out(code, time=not keep, batch=True)])


def _sum_out(code: Code, time: bool, batch: bool) -> Code:
    """The sum over the steps and over the samples, where the value has them."""
    there = [out for out, has in ((time, code.time), (batch, code.batch)) if has]
    axes = [str(i) for i, out in enumerate(there) if out]
    if not axes:
        return code
    axis = axes[0] if len(axes) == 1 else f"({', '.join(axes)})"
    text = f"{code.inside(ATOM)}.sum(axis={axis})"
    return Code(text, code.time and not time, code.batch and not batch, code.rank)


def _counts(k: Compiler, codes: Sequence[Code], keep: bool) -> list[Code]:
    """Lengths of the axes that nothing has but that are summed over."""
    time, batch, _ = joined(codes)
    counts = []
    if k.mode.kind == "steps" and not keep and not time and k.count() != "1":
        counts.append(Code(k.count()))
    if not batch:
        counts.append(Code("B"))
    return counts


def _plus(k: Compiler, term: Basic, keep: bool) -> Code:
    return plus([reduced(k, a, keep) for a in term.args])


def _transpose(k: Compiler, term: Basic, keep: bool) -> Code:
    return transposed(reduced(k, term.args[0], keep))


def _sum_over(k: Compiler, term: Basic, keep: bool) -> Code:
    if k.mode.kind != "none":
        raise KernelError(f"{formula(term)} is a sum over steps for every step")
    return plus([reduced(at, body, False) for at, body in over_steps(k, term)])


def _product(k: Compiler, term: Basic, keep: bool) -> Code:
    scalars, chain = split(term)
    cut = outer_boundary(chain)
    if cut is not None and L.shape_of(chain[-1])[1]:
        left, right = chain_code(k, chain[:cut]), chain_code(k, chain[cut:])
        weights = [compiled(k, s) for s in scalars]
        shared = [w for w in weights if not (w.time or w.batch)]
        single = [w for w in weights if w.time or w.batch]
        return times([*shared, _outer(k, times([*single, left]), right, keep)])
    factors = [*scalars, *chain]
    sampled = [f for f in factors if _varies(k, f)]
    if len(sampled) == 1 and len(factors) > 1:
        constants = [compiled(k, s) for s in scalars if s not in sampled]
        codes = [reduced(k, f, keep) if f in sampled else compiled(k, f) for f in chain]
        scale = [reduced(k, s, keep) for s in scalars if s in sampled]
        if not any(c.time for c in codes) and not any(c.time for c in constants):
            return times([*constants, *scale, *([_matmul(codes)] if codes else [])])
    return summed(k, compiled(k, term), keep)


def _matmul(codes: Sequence[Code]) -> Code:
    """Shared matrices and vectors multiplied; a column in front of a row is an outer product."""
    result = codes[0]
    for c in codes[1:]:
        if result.rank == c.rank == 1:
            raise KernelError("a product of two vectors stands where a chain of matrices is expected")
        text = f"{result.inside(PRODUCT)} @ {c.inside(ATOM)}"
        result = Code(text, rank=result.rank + c.rank - 2, level=PRODUCT)
    return result


def _varies(k: Compiler, term: Basic) -> bool:
    probe = k.at(k.mode)
    probe.lines, probe.used, probe.names = [], set(), dict(k.names)
    code = compiled(probe, term)
    return code.time or code.batch or isinstance(term, L.SumOver)


def _outer(k: Compiler, left: Code, right: Code, keep: bool) -> Code:
    """Σ u vᵀ over the axes that are not kept."""
    if keep:
        if left.time and left.batch and right.time and right.batch:
            return Code(f"{left.inside(ATOM)}.swapaxes(-1, -2) @ {right.inside(ATOM)}", True, False, 2, PRODUCT)
        raise KernelError("a gradient for every step needs both factors for every step and sample")
    counts = _counts(k, [left, right], keep)
    # an axis that only one factor has is summed out of it
    left, right = (
        _sum_out(left, not right.time, not right.batch),
        _sum_out(right, not left.time, not left.batch),
    )
    if left.batch and right.batch:
        k.used.add("outer_sum")
        return times([*counts, Code(f"outer_sum({left.text}, {right.text})", rank=2)])
    if left.time:
        return times([*counts, Code(f"{left.inside(ATOM)}.T @ {right.inside(ATOM)}", rank=2, level=PRODUCT)])
    return times([*counts, Code(f"np.outer({left.text}, {right.text})", rank=2)])


RULES: dict[type, Callable[[Compiler, Basic, bool], Code]] = {
    L.Plus: _plus,
    L.Transpose: _transpose,
    L.SumOver: _sum_over,
    L.Product: _product,
}
"""Heads through which the sum goes; of everything else the value is summed."""
