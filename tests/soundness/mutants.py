"""Mutants: right claims with one mistake in them (or two), a row of the table per kind of mistake.

Whether a mutant is wrong is for `truth` to say: some of these mistakes change nothing, others only at one length or size.
"""

from __future__ import annotations

from dataclasses import replace

from comparison import components
from edits import WRONG_SHAPE, free_letters, places, put
from mistakes import (
    Around,
    another_step,
    bound_for_free,
    captured,
    coefficient,
    doubled_factor,
    dropped_factor,
    dropped_summand,
    limits_by_one,
    moved_bracket,
    other_limits,
    other_product,
    other_quantity,
    other_weight,
    scope_of_a_sum,
    shifted_step,
    sign,
    swapped_factors,
    transpose,
)
from traps import (
    condition,
    cut_and_joined,
    exponent,
    immediate,
    last_step_only,
    only_for_short,
    only_for_small,
    only_from_zero,
    only_with_labels,
    order_of_product,
    other_component,
    other_function,
    other_size,
    over_itself,
    prime_coefficient,
    prime_power,
    scalar_heads,
    without_diag,
)

from symbolic import language as L

ROWS = (
    transpose, swapped_factors, shifted_step, another_step, limits_by_one, other_limits, dropped_factor, doubled_factor,
    other_product, sign, coefficient, other_weight, other_quantity, moved_bracket, dropped_summand, bound_for_free, captured,
    scope_of_a_sum, order_of_product, only_with_labels, only_from_zero, only_for_short, only_for_small, prime_coefficient,
    prime_power, exponent, condition, other_function, without_diag, other_component, other_size, cut_and_joined, scalar_heads,
    over_itself, last_step_only, immediate,
)  # fmt: skip
OPERATORS = {row.__name__.replace("_", " "): row for row in ROWS}
TWICE = "two mistakes"
"""A row of its own: any mistake after any other one."""


def mutants(row, claim, at=None):
    """The mutants of a claim by one row: its right side changed at one place (`at`, or any), its left side as it was."""
    side, places_of = claim.right, set(components(claim))
    known = free_letters(claim.left) | free_letters(side) | {s for s, *_ in claim.free} | {i.upper for i in claim.model.indices}
    known |= {s for f in claim.model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}
    found, seen = [], {side}
    for place in places(side) if at is None else at:
        try:
            for new in _changes(row, place, Around(claim.model, claim, place.binders)):
                whole = _put(side, place.path, new)
                if whole is not None and whole not in seen and L.shape_of(whole) == L.shape_of(side) and free_letters(whole) <= known:
                    seen.add(whole)
                    mutant = replace(claim, right=whole)
                    if (free_letters(claim.left) | free_letters(whole)) & places_of <= set(components(mutant)):  # else one has no range
                        found.append(mutant)
        except WRONG_SHAPE:
            continue
    return found


def _changes(row, place, around):
    changes = row(place.node, around)
    while True:
        try:
            yield next(changes)
        except StopIteration:
            return
        except WRONG_SHAPE:
            return


def _put(side, path, new):
    try:
        return put(side, path, new)
    except WRONG_SHAPE:
        return None


def mutant_at_random(row, claim, random):
    """A mutant of a claim by one row, or None: any place where there is one, any of those there.

    Making all to take one would cost more than judging it.
    """
    order = list(places(claim.right))
    random.shuffle(order)
    return next((random.choice(found) for place in order if (found := mutants(row, claim, (place,)))), None)


TRIES = 10_000


def random_mutant(name, rights, random):
    """(the right claim, a mutant of it) by a row; the same for the same random numbers.  Raises `LookupError` where there is none."""
    for _ in range(TRIES):
        right = random.choice(rights)
        claim = right.claim
        for row in (name,) if name != TWICE else random.choices(sorted(OPERATORS), k=2):
            claim = claim and mutant_at_random(OPERATORS[row], claim, random)
        if claim and claim.right != right.claim.right:
            return right, claim
    raise LookupError(f"{name} finds nothing to change in {len(rights)} claims")
