"""A second opinion on every bound: at a real forward pass the norm of a term must not exceed it.

The rules of `norms` and the derivation that they start from are checked against derivatives by complex step at a few steps
of one sample; abstract activations are drawn as tanh, whose largest slope is 1.  A bound that is exceeded is our fault and
counts for nothing.  The same forward passes refute a bound that somebody claims: with all sizes 1 every norm of a matrix [a] is
|a|, so that the counterexample does not hang on which norm is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import product
from math import isfinite

import numpy as np
from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..derivation.moving import letters
from ..language import Term, Var, shape_of
from ..language.bounds import NormOf, Scale
from ..model import Model
from ..proof.oracle import NoSample, OutOfRange, UnboundIndex, World
from ..proof.verdict import Counterexample
from ..reading.unsaid import meaning, unsaid
from .words import term_in_words

STEPS, SEED = 4, 3
SLACK = 1 + 1e-9
STAND_IN = "tanh"


def exceeded(term: Basic, bound: Scale, model: Model) -> str:
    """Where the norm of a term exceeds its bound, or ""."""
    (concrete,) = meaning((model,), unsaid((model,)), STAND_IN)
    names = sorted({s.name for f in model.families.values() for leg in (*f.rows, *f.cols) for s in leg.free_symbols})
    try:
        world = World(concrete, {name: 2 + n % 2 for n, name in enumerate(names)}, STEPS, seed=SEED)
    except NoSample:
        return ""
    for where in _places(term, concrete):
        try:
            seen, most = _norm(world, term, where), _value(world, bound, where)
        except (OutOfRange, UnboundIndex, TypeError):
            continue
        if isfinite(seen) and seen > most * SLACK + 1e-12:
            told = ", ".join(f"{letter} = {value}" for letter, value in where.items())
            return f"a fault of our own: at {told} the norm is {seen:.6g}, its bound {most:.6g}"
    return ""


SEEDS = 12
SURELY, STRETCH = 1 + 1e-6, 4


def violated(term: Basic, claimed: Scale, model: Model) -> Counterexample | None:
    """A real forward pass, all sizes 1, at which a norm is above what it is claimed to be at most; None if none was found.

    A Jacobian ∂u_t/∂u_k counts for k < t.  Abstract activations are not drawn: what holds of one need not hold of another.
    """
    if unsaid((model,)) or not all(isinstance(atom, (Fraction, NormOf)) for atom, _ in claimed.powers):
        return None
    sizes = {s.name: 1 for f in model.families.values() for leg in (*f.rows, *f.cols) for s in leg.free_symbols}
    for world in _worlds(model, sizes):
        for where in _places(term, model):
            try:
                if not _is_later(world, term, claimed, where):
                    continue
                seen, most = _norm(world, term, where), _value(world, claimed, where)
            except (OutOfRange, UnboundIndex, TypeError, ZeroDivisionError):
                continue
            if isfinite(seen) and isfinite(most) and seen > most * SURELY + 1e-9:
                norms = {a.term: _norm(world, a.term, where) for a, _ in claimed.powers if isinstance(a, NormOf)}
                said = [f"{letter} = {value}" for letter, value in where.items()]
                said += [f"‖{term_in_words(x, model)}‖ = {value:.4g}" for x, value in norms.items()]
                return Counterexample(STEPS, sizes, ", ".join(said), [most], [seen])
    return None


def _worlds(model: Model, sizes: dict[str, int]) -> Iterator[World]:
    """Networks as they are drawn, and with larger matrices at smaller inputs and biases."""
    for seed in range(1, SEEDS + 1):
        with suppress(NoSample):
            drawn = World(model, sizes, STEPS, seed=seed)
            yield drawn
            matrices = {f.name for f in model.of_role("weight") if f.rows and f.cols}
            larger = {k: x * (STRETCH if k[0] in matrices else STRETCH**-2.0) for k, x in drawn.leaves().items()}
            yield World(model, sizes, STEPS, values=larger)


def _is_later(world: World, term: Basic, claimed: Scale, where: dict[Symbol, int]) -> bool:
    """Whether a Jacobian goes over one step or more, and every exponent that depends on the steps is above 0."""
    moving = [e for _, e in claimed.powers if e.free_symbols]
    if any(_number(world, e, where) < 1 for e in moving):
        return False
    num, den = (getattr(term, side, None) for side in ("num", "den"))
    if not (isinstance(num, Var) and isinstance(den, Var) and num.name == den.name and num.indices):
        return True
    return any(_number(world, a - b, where) for a, b in zip(num.indices, den.indices, strict=True)) and all(
        _number(world, a - b, where) >= 0 for a, b in zip(num.indices, den.indices, strict=True)
    )


def _places(term: Basic, model: Model) -> Iterator[dict[Symbol, int]]:
    """Values of the index letters of a term, later ones first."""
    sizes = {s for node in _nodes(term) if isinstance(node, Term) for leg in (*node.rows, *node.cols) for s in leg.free_symbols}
    lengths = {i.upper for i in model.indices}
    free = sorted(letters(term) - sizes - lengths, key=str)
    for values in product(range(STEPS, 0, -1), repeat=len(free)):
        yield dict(zip(free, values, strict=True))


def _nodes(term: Basic) -> Iterator[Basic]:
    stack = [term]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(a for a in node.args if isinstance(a, Basic))


def _norm(world: World, term: Basic, where: dict[Symbol, int]) -> float:
    rows, _ = shape_of(term)
    count = int(np.prod([world.size(leg) for leg in rows] or [1]))
    return float(np.linalg.norm(world.evaluate(term, where).reshape(count, -1), 2))


def _value(world: World, bound: Scale, where: dict[Symbol, int]) -> float:
    result = 1.0
    for atom, exponent in bound.powers:
        known = float(atom) if isinstance(atom, Fraction) else 1.0
        result *= (_norm(world, atom.term, where) if isinstance(atom, NormOf) else known) ** _number(world, exponent, where)
    return result


def _number(world: World, exponent: Expr, where: dict[Symbol, int]) -> int:
    value = exponent.xreplace({s: Integer(where.get(s, world.lengths.get(s.name, 0))) for s in exponent.free_symbols})
    return int(value)
