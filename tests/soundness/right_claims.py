"""All right claims: the table of right equalities, and every reading of a built-in derivation that is true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from comparison import Claim, compared, size_names
from prover_models import MODELS
from prover_right import RIGHT
from truth_points import Point

from derivations import NAMES, load
from symbolic.language import Apply
from symbolic.reading import Reading
from symbolic.reading.layouts import read_in_its_layout


@dataclass(frozen=True, eq=False)
class Right:
    """A claim that is true under `assumes`."""

    name: str
    claim: Claim
    assumes: tuple[str, ...] = ()


def under(model, assumes):
    """The families that sum to one and that are zero before the first step, by the words of a verdict."""
    sums = frozenset(a.family for a in model.assumptions if a.text in assumes)
    return sums, frozenset(name for name in model.families if f"{name}_0=0" in assumes)


def everything(model):
    """All that a model allows to assume."""
    return frozenset(a.family for a in model.assumptions), frozenset(model.zero_initial)


LADDER = ((2, (2, 3)), (1, (1,)), (3, (3, 2, 4)), (1, (2, 3)), (4, (2,)), (3, (1,)), (2, (4, 5, 3)), (6, (2, 3)))
HIGHER = ((9, (2,)), (2, (5,)), (12, (1,)))
"""(length, sizes in turn): most mistakes show at once, those that hide at small sizes or lengths at the end."""


def ladder(claim, sums=frozenset(), zeros=frozenset(), more=(), first=()):
    """Points at which a claim is compared: two samples at each, and one with numbers above zero.

    more, first   lengths and sizes besides those of the table, after its first row and before it
    """
    names = size_names(claim)
    kinked = has_kinks(claim.model)
    for length, pattern in (*first, *LADDER[:1], *more, *LADDER[1:], *HIGHER):
        chosen = pattern if isinstance(pattern, dict) else {n: pattern[k % len(pattern)] for k, n in enumerate(names)}
        few = 2 if length < 4 else 1
        for seed in range(12 if kinked and (length, pattern) in (*first, *more) else 4 if kinked and length < 5 else few):
            yield Point(length, tuple(sorted(chosen.items())), seed, sums, zeros)
        if length == 2:
            yield Point(length, tuple(sorted(chosen.items())), -1, sums, zeros)


def has_kinks(model):
    """Whether signs decide in a model: then single samples tell little."""
    return any(a.fun.name in ("relu", "step") for e in model.equations for a in e.right.atoms(Apply))


def persistent(claim, witness, sums=frozenset(), zeros=frozenset()):
    """Many points at the length and sizes of a counterexample: where signs decide, few of them tell two formulas apart."""
    for seed in range(SEEDS):
        yield Point(witness.length, tuple(sorted(witness.sizes.items())), seed, sums, zeros)


SEEDS = 2_000


def _readings():
    for name in NAMES:
        note = load(name)
        claims, _ = read_in_its_layout(note.models, note.passages)
        for claim in claims:
            for k, r in enumerate(r for r in claim.readings if isinstance(r, Reading)):
                own = tuple(c for c in r.conditions if c.op in ("=", "!=") and not c.free_symbols & {s for s, *_ in r.free})
                given = tuple(c for c in r.conditions if c not in own)
                yield f"{name} {claim.id} {k}", Claim(note.models[claim.model], r.head, r.right, tuple(r.free), given + own)


def _some_points(claim):
    """Enough to tell the right readings of the notes from the wrong ones, which is not much."""
    names = size_names(claim)
    many = 12 if has_kinks(claim.model) else 2
    for length, pattern in ((2, (2, 3)), (4, (2, 2)), (3, (3, 2))):
        for seed in range(many if length == 4 else 2):
            yield Point(length, tuple((n, pattern[k % 2]) for k, n in enumerate(names)), seed, *everything(claim.model))


@cache
def right_claims():
    """All of them, by name; the same list every time."""
    found = []
    for name, (key, left, right, free, assumes, *conditions) in RIGHT.items():
        claim = Claim(MODELS[key], left, right, tuple(free), tuple(conditions[0]) if conditions else ())
        found.append(Right(name, claim, tuple(assumes)))
    for name, claim in _readings():
        finding = compared(claim, _some_points(claim))
        if finding.points and not finding.where:
            found.append(Right(name, claim))
    return tuple(found)


def with_right(claim, right):
    return replace(claim, right=right)
