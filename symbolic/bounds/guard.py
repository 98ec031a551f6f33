"""A second opinion on every bound: at a real forward pass the norm of a term must not exceed it.

The rules of `norms` and the derivation that they start from are checked against derivatives by complex step at a few steps
of one sample; abstract activations are drawn as tanh, whose largest slope is 1.  A bound that is exceeded is our fault and
counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import isfinite

import numpy as np
from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..derivation.moving import letters
from ..language import Term, shape_of
from ..language.bounds import NormOf, Scale
from ..model import Model
from ..proof.oracle import NoSample, OutOfRange, UnboundIndex, World
from ..reading.unsaid import meaning, unsaid

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
