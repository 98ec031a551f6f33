"""Attacks on the verdicts: what must never be proved is not, and the same claim without the attack is."""

from __future__ import annotations

import time
from functools import cache

import pytest
from attacks import ASSUMED, CIRCULAR, CLAIMS, HIDDEN, NETWORKS, NOTES, RIGHT, SEEN, SHOWN, UNSEEN

from symbolic.pipeline import check_document, kernel_source, models_of, read_note
from symbolic.reading.document.read import read_document

BUDGET = 10.0
"""Seconds of processor time that one row may take."""


@cache
def models(network):
    found, problems = models_of(read_document(NETWORKS[network], "markdown"))
    assert found, problems
    return found


def entries(text, network, kind="markdown"):
    return check_document(read_document(text, kind), models(network)).entries


@cache
def judged(network, claim):
    """The only entry of a claim in a display of its own."""
    before = time.process_time()
    (entry,) = entries(f"$$ {claim} $$\n", network)
    assert time.process_time() - before < BUDGET
    return entry


@pytest.mark.parametrize("row", CLAIMS, ids=lambda row: row[0])
def test_a_claim_under_attack(row):
    _, network, claim, allowed, without = row
    assert judged(network, claim).verdict in allowed.split(), judged(network, claim).reason
    assert judged(network, without).verdict == "proved", judged(network, without).reason


@pytest.mark.parametrize("row", ASSUMED, ids=lambda row: row[0])
def test_what_a_proof_needs_is_named(row):
    _, network, claim, allowed, named = row
    entry = judged(network, claim)
    assert entry.verdict in allowed.split(), entry.reason
    assert entry.verdict != "proved" or any(word in assumed for word in named for assumed in entry.assumes), entry.assumes


@pytest.mark.parametrize("row", NOTES, ids=lambda row: row[0])
def test_a_note_under_attack(row):
    _, text, allowed = row
    found = entries(text, "classes")
    assert len(found) == len(allowed)
    for entry, verdicts in zip(found, allowed, strict=True):
        assert entry.verdict in verdicts.split(), (entry.id, entry.reason)


def test_a_whole_note_is_judged_as_its_claims_are():
    """The networks above are inferred from their own text; so are they in a note with claims in it."""
    _, network, claim, _, right = CLAIMS[1]
    found = {e.line: e.verdict for e in read_note(f"{NETWORKS[network]}\n\n$${claim}$$\n\n$${right}$$\n", "markdown").entries}
    *_, attacked, last = found.values()
    assert (attacked, last) == ("refuted", "proved")


def test_nothing_follows_from_a_state_that_needs_itself():
    checked = read_note(CIRCULAR, "markdown")
    assert not any(e.verdict.startswith("proved") for e in checked.entries if e.head != "L")
    assert "h_t is defined by itself at the same step" in checked.problems[0]
    right = CIRCULAR.replace(r"\sigma(W h_t)", r"\sigma(W x_t)").replace("h_t^T$", "x_t^T$")
    assert sum(e.verdict.startswith("proved") for e in read_note(right, "markdown").entries) >= 3


def test_two_letters_that_differ_in_their_font_stay_two():
    found = judged("bold", r"\frac{\partial L}{\partial 𝐖} = \sum_{t=1}^T (h_t \circ (1-h_t) \circ \delta_t) x_t^T")
    assert found.verdict == "proved"
    wrong = judged("bold", r"\frac{\partial L}{\partial W} = \sum_{t=1}^T (h_t \circ (1-h_t) \circ \delta_t) x_t^T")
    assert wrong.verdict == "refuted"
    made: dict[str, object] = {}
    exec(kernel_source(models("bold")[0]), made)
    assert len(made["PARAMETERS"]) == 3


def test_a_font_that_may_tell_two_letters_apart_is_no_guess():
    """Whether W and 𝐖 of two equations are one weight decides what is right."""
    note = "$h_t = \\tanh(W h_{t-1} + U x_t)$, $o_t = %s h_t$, $L = \\sum_{t=1}^T \\frac12 \\|o_t - y_t\\|^2$.\n\n"
    claim = "$$\\frac{\\partial L}{\\partial %s} = \\sum_{t=1}^T (o_t - y_t) h_t^\\top$$\n"
    assert read_note((note + claim) % ("V", "V"), "markdown").entries[-1].verdict == "proved"
    assert not read_note((note + claim) % ("𝐖", "𝐖"), "markdown").entries
    assert read_note((note + claim) % ("V", r"\mathbf{V}"), "markdown").entries[-1].verdict == "proved"


def test_the_minus_of_print_is_a_minus():
    claim = r"\frac{\partial L}{\partial W} = \sum_{t=1}^T (h^{(t)} \circ (1-h^{(t)}) \circ \delta^{(t)}) (h^{(t%s)})^T"
    assert judged("raised", claim % "−1").verdict == "proved"
    assert judged("raised", claim % "").verdict == "refuted"


@pytest.mark.parametrize("behind", UNSEEN)
def test_what_is_not_seen_makes_a_formula_unreadable(behind):
    first, *rest = entries(f"$$ {RIGHT} {behind} $$\n", "classes")
    assert first.verdict == "unreadable", first.reason
    assert not any(e.verdict == "proved" for e in rest)


@pytest.mark.parametrize("behind", SEEN)
def test_what_carries_no_mathematics_changes_nothing(behind):
    assert judged("classes", f"{RIGHT} {behind}").verdict == "proved"


@pytest.mark.parametrize(("kind", "around"), [(kind, around) for kind, rows in HIDDEN.items() for around in rows])
def test_a_formula_that_is_not_shown_is_unreadable(kind, around):
    found = entries(f"{around.replace('@', f'${RIGHT}$')}\n", "classes", kind)
    assert [e.verdict for e in found] == ["unreadable"], found
    assert "not shown" in found[0].reason


@pytest.mark.parametrize(("kind", "around"), [(kind, around) for kind, rows in SHOWN.items() for around in rows])
def test_a_formula_that_is_shown_is_read(kind, around):
    assert [e.verdict for e in entries(f"{around.replace('@', f'${RIGHT}$')}\n", "classes", kind)] == ["proved"]


def test_a_formula_that_is_not_shown_defines_nothing():
    """The note on the page says tanh; a hidden definition says something else."""
    network = NETWORKS["tanh"]
    hidden = '<span hidden>$h_t = \\sigma(W h_{t-1} + U x_t + b)$</span>\n\n' + network
    claim = "\n\n$\\frac{\\partial L}{\\partial b} = \\sum_t (1-h_t^2) \\circ \\delta_t$\n"
    assert read_note(network + claim, "markdown").entries[-1].verdict == "proved"
    assert read_note(hidden + claim, "markdown").entries[-1].verdict == "proved"


REDEFINED = (
    (r"\let\sum\prod", "unreadable"), (r"\renewcommand{\sum}{\prod}", "unreadable"), (r"\newcommand{\frac}[2]{#2}", "unreadable"),
    (r"\def\partial{}", "unreadable"), (r"\let\frac\dfrac", "proved"), (r"\renewcommand{\frac}[2]{\dfrac{#1}{#2}}", "proved"),
    (r"\newcommand{\s}{\sum}", "proved"),
)  # fmt: skip


@pytest.mark.parametrize(("definition", "verdict"), REDEFINED)
def test_a_sign_that_is_given_another_meaning(definition, verdict):
    for kind in ("markdown", "latex"):
        assert [e.verdict for e in entries(f"{definition}\n\n${RIGHT}$\n", "classes", kind)] == [verdict]


def test_a_condition_inside_words_refutes_nothing():
    claim = r"\delta_t = V^\top(\hat r_t - r_t)"
    assert judged("classes", claim).verdict == "refuted"
    assert judged("classes", claim + r"\quad \text{if } t = T").verdict == "proved"
    for words in (r"\text{ if t = T}", r"\quad (\text{last step})", r"\text{ at the last time step}", r"\tag{t=T}"):
        assert judged("classes", f"{claim} {words}").verdict == "unreadable"
