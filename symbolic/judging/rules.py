"""The entries of a note: every formula is judged by itself, and then the rules that look at more than that are applied in turn.

Each rule is a row: what it is about, and a function.  None of them proves anything: what a rule finds open becomes unreadable,
with the readings named, or a formula is judged again in the one reading that the rest of the note shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..model import Model
from ..proof.verdict import Entry
from ..reading import Claim, Illshaped, Passage, Reading, SymbolTable, read_claims
from ..reading.document.passages import Placed
from ..reading.document.records import Declarations
from ..reading.layouts import read_in_its_layout
from ..reading.relevance import concerns
from .added import of_what_is_added
from .announced import of_what_is_announced
from .anyloss import under_any_loss
from .beforelast import before_the_last
from .beside import of_definitions_beside_the_loss
from .claims import blank
from .denied import of_what_is_denied
from .described import of_described_functions
from .entries import of_a_number_of_entries
from .firststep import of_other_first_steps
from .folded import of_folded_slopes
from .general import Judge
from .identities import for_every_function
from .loosely import entry_by_entry
from .notes import inherited, of_the_marked_class
from .numerator import in_numerator_layout
from .open_layout import of_an_open_layout
from .otherlines import of_other_lines
from .redefined import of_second_definitions, of_unread_definitions
from .runon import of_equations_that_run_together
from .scales import in_one_scale
from .senses import in_one_sense
from .settings import of_settings
from .signs import in_two_signs
from .special import of_special_matrices
from .steploss import of_step_losses
from .unread import under_unread_conditions
from .updates import of_updates
from .whole import Rule, Whole

OF_ONE: tuple[tuple[str, Callable[[Entry, Claim, Placed, Sequence[Model], str], Entry]], ...] = (
    ("a function that nothing explains", for_every_function),
    ("columns side by side", entry_by_entry),
    ("a recursion that ends before the last step", before_the_last),
    ("a number that may be one of entries", of_a_number_of_entries),
    ("a loss that nothing explains", under_any_loss),
    ("a condition that no model expresses", under_unread_conditions),
    ("what the note denies", of_what_is_denied),
    ("a value of what nothing determines", of_settings),
    ("lines that run together", of_equations_that_run_together),
)
"""Rules about one formula."""

OF_ALL: tuple[tuple[str, Rule], ...] = (
    ("what do_t means where the argument has no name", in_one_sense),
    ("what dZ means where the loss is a mean", in_one_scale),
    ("a name that is defined anew and not understood", of_unread_definitions),
    ("names that are defined twice", of_second_definitions),
    ("a first step that is computed in another way", of_other_first_steps),
    ("a name for a derivative of the loss of one step", of_step_losses),
    ("slopes folded into an error", of_folded_slopes),
    ("parts that are added up", of_what_is_added),
    ("matrices that are called symmetric, skew-symmetric or diagonal", of_special_matrices),
    ("softmax of lines that no more than a custom tells", of_other_lines),
    ("two signs for one derivative", in_two_signs),
    ("a function described in words that are not understood", of_described_functions),
    ("another network or a special case", of_what_is_announced),
    ("a gradient in the shape of a transpose", in_numerator_layout),
    ("a layout that hangs on one formula", of_an_open_layout),
    ("steps of a descent", of_updates),
    ("definitions of names on which the loss does not depend", of_definitions_beside_the_loss),
)
"""Rules about a whole note."""


def entries_of(
    models: Sequence[Model], items: Sequence[Placed], declared: Declarations, one: Judge, inferred: bool = False
) -> tuple[Entry, ...]:
    """Read, judge each by `one`, and leave out what is no claim about the models; `inferred`: they are the note's own."""
    claims, layout = claims_of(models, [item.passage for item in items], declared)

    def judge(claim: Claim) -> Entry:
        entry = one(claim, models[claim.model], layout)
        for _, rule in OF_ONE:
            entry = rule(entry, claim, items[claim.passage], models, layout)
        return entry

    note = Whole(models, items, claims, layout, declared, judge, inferred)
    entries = [judge(claim) for claim in claims]
    for _, rule in OF_ALL:
        entries = rule(note, entries)
    return _of_interest(note, entries)


def _of_interest(note: Whole, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries that concern the models, with the roots of errors that are carried along."""
    tables = [SymbolTable(model) for model in note.models]
    items = [note.items[c.passage] for c in note.claims]
    stays = [
        bool(i.passage.broken or i.abstract)
        or (not i.formula.assumed and concerns(c, note.models[c.model], tables[c.model]))
        for c, i in zip(note.claims, items, strict=True)
    ]
    before = zip(note.claims, [False, *stays], stays, strict=False)  # what stood before a claim in its chain may be left out
    claims = tuple(replace(c, follows=c.follows and follows) for c, follows, stay in before if stay)
    kept = [e for e, stay in zip(entries, stays, strict=True) if stay]
    return of_the_marked_class(claims, inherited(claims, kept))


def left_out(
    models: Sequence[Model], items: Sequence[Placed], declared: Declarations, entries: Sequence[Entry]
) -> tuple[Entry, ...]:
    """The '=' that have no verdict among these, since they say nothing of the models, as a setting does."""
    claims, layout = claims_of(models, [item.passage for item in items], declared)
    judged = {e.id for e in entries}
    others = (c for c in claims if c.id not in judged and not items[c.passage].formula.assumed)
    return tuple(replace(blank(c, layout), reason="it says nothing of the network or its gradients") for c in others)


def claims_of(
    models: Sequence[Model], passages: Sequence[Passage], declared: Declarations
) -> tuple[tuple[Claim, ...], str]:
    """The claims, in the layout and with the order of ∏ that are declared, if they are."""
    if declared.layout:
        claims, layout = read_claims(models, passages, declared.layout), declared.layout
    else:
        claims, layout = read_in_its_layout(models, passages)
    return tuple(replace(c, readings=_in_order(c, declared.product)) for c in claims), layout


def _in_order(claim: Claim, product: str) -> tuple[Reading | Illshaped, ...]:
    """The readings that follow the declared order of ∏, if any does."""
    other = {"descending": "∏ ascending", "ascending": "∏ descending"}.get(product)
    kept = tuple(r for r in claim.readings if other not in r.words)
    return kept or claim.readings
