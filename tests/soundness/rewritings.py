"""Rewritings that keep the meaning of a term, alone and in chains: a row of the table per rule."""

from __future__ import annotations

from edits import WRONG_SHAPE, places, put
from mistakes import Around
from rewriting_algebra import (
    commuted_entries,
    commuted_summands,
    components,
    diag_for_entries,
    distributed,
    factored,
    grouped,
    identity_inserted,
    inner_products,
    joined,
    kronecker_products,
    number_moved,
    one_multiplied,
    outer_products,
    quotients,
    squares,
    totals,
    traces,
    transposed_entries,
    transposed_product,
    transposed_twice,
    ungrouped,
    vectorised,
    zero_added,
)
from rewriting_steps import (
    by_cases,
    definition,
    factor_into_a_sum,
    index_shifted,
    last_apart,
    letter_renamed,
    product_peeled,
    product_transposed,
    recurrence,
    slopes,
    split_at_a_step,
    sum_of_a_sum,
    sums_swapped,
    turned_functions,
    written_out,
)

from symbolic import language as L

ROWS = (
    commuted_summands, commuted_entries, grouped, ungrouped, transposed_product, transposed_twice, transposed_entries,
    diag_for_entries, identity_inserted, zero_added, one_multiplied, number_moved, distributed, factored, squares, quotients,
    inner_products, traces, totals, outer_products, kronecker_products, vectorised, components, joined, letter_renamed,
    index_shifted, last_apart, split_at_a_step, sums_swapped, sum_of_a_sum, factor_into_a_sum, product_transposed,
    product_peeled, by_cases, definition, recurrence, slopes, turned_functions, written_out,
)  # fmt: skip
RULES = {row.__name__.replace("_", " "): row for row in ROWS}


def rewritten(claim, side, rule, random):
    """The term with a rule applied at one place, or None where it applies nowhere."""
    spots = list(places(side))
    random.shuffle(spots)
    for place in spots:
        try:
            options = list(RULES[rule](place.node, Around(claim.model, claim, place.binders)))
        except WRONG_SHAPE:
            continue
        random.shuffle(options)
        for new in options:
            try:
                whole = put(side, place.path, new)
            except WRONG_SHAPE:
                continue
            if whole != side and L.shape_of(whole) == L.shape_of(side):
                return whole
    return None


LARGEST = 300
"""Heads of a term; beyond that it is not rewritten any more."""


def chain(claim, side, length, random, rules=tuple(RULES)):
    """(the term after so many rules, their names)."""
    names = []
    for _ in range(20 * length):
        if len(names) == length or sum(1 for _ in places(side)) > LARGEST:
            break
        rule = random.choice(rules)
        found = rewritten(claim, side, rule, random)
        if found is not None:
            side, names = found, [*names, rule]
    return side, tuple(names)
