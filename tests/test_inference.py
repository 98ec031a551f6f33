"""Notes that nobody prepared: the forward model is found, and every claim gets the verdict that was found by hand."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from expected_verdicts import EXPECTED

from derivations import load
from symbolic.pipeline import check_document, check_note
from symbolic.proof.verdict import Entry
from symbolic.reading import Note, Passage
from symbolic.reading.document.read import read_document
from symbolic.reading.inference.infer import Inferred, infer_models

NOTES = Path(__file__).parent / "notes"

# Verdicts found by hand: p proved (forward equations and claims that hold), r refuted, a accepted (introduces a name),
# g proved given the true adjoint, u unreadable.  The wrong ones: what is wrong stands beside them.
VERDICTS = {
    "any_loss": "L3:1 p L3:2 p L4:1 p L5:1 p L6:1 p L7:1 p L8:1 p L9:1 p L10:1 r L11:1 u L12:1 u L13:1 u",
    # h_t for h_{t-1}; unreadable: the share of one step, a loss of its own, a loss at the last step only
    "attention": "L3:1 p L3:2 p L3:3 p L4:1 p L5:1 p L6:1 p L7:1 r",  # Vᵀ for V
    "batch": "L3:1 p L3:2 p L3:3 p L4:1 p L5:1 p L6:1 r",  # transposed
    "batch_mean": "L3:1 p L3:2 p L3:3 p L4:1 p L5:1 p L6:1 p L7:1 p L8:1 p L9:1 p L10:1 r L11:1 r",  # 1/m is lost
    "batch_ones": "L5:1 p L5:2 p L6:1 p L7:1 a L8:1 p L9:1 p L10:1 g L11:1 g L12:1 r",  # 1/N is lost
    "batch_rows": "L5:1 p L5:2 p L5:3 p L6:1 p L7:1 p L8:1 p L9:1 p L10:1 p L11:1 p L12:1 p L13:1 r L14:1 r",
    # transposed; 1/N twice
    "blog": "L3:1 p L4:1 p L5:1 p L6:1 p L6:2 p L7:1 p L7:2 p",
    "bold_layers": "L3:1 p L3:2 p L4:1 p L5:1 a L6:1 p L7:1 p L8:1 g L8:2 g L9:1 r",  # W for Wᵀ
    "components": "L3:1 p L3:2 p L4:1 p L4:2 p L5:1 p L6:1 p L7:1 p L8:1 p L9:1 p L10:1 p L11:1 r L12:1 u",
    # i and j swapped; v_{jk} counts entries of two sizes with one index
    "cross_entropy": "L3:1 p L3:2 p L3:3 p L3:4 p L4:1 p L5:1 p L6:1 p L7:1 p L8:1 r",  # h_t for h_{t-1}
    "elman": "L5:1 p L6:1 p L7:1 p L8:1 a L9:1 p L10:1 p L11:1 r L12:1 p",  # s_k for s_{k-1}
    "fixed_step": "L3:1 p L3:2 p L3:3 p L3:4 p L4:1 a L4:2 p L4:3 p L4:4 p L5:1 p L6:1 p L7:1 r",  # the third step is left out
    "gru": "L6:1 p L7:1 p L8:1 p L9:1 p L10:1 p L12:1 p L13:1 p L14:1 p L15:1 p L16:1 r",  # r_t is lost
    "jordan": "L5:1 p L6:1 p L7:1 p L8:1 p L9:1 r L10:1 p",  # the output acts on later steps, too
    "layers_in_brackets": "L5:1 p L5:2 p L6:1 p L7:1 a L8:1 p L9:1 p L10:1 p L11:1 p L12:1 r",  # transposed
    "least_squares": "L3:1 a L4:1 p L5:1 p",
    "logistic": "L3:1 p L3:2 p L3:3 p L4:1 p L5:1 p L6:1 r",  # a row for a column
    "lstm_by_code": "L3:1 p L3:2 p L3:3 p L4:1 p L5:1 p L6:1 p L8:1 p L9:1 p L10:1 p L11:1 p L12:1 r",  # c̃_{t-1} for c̃_t
    "lstm_gates": "L3:1 p L3:2 p L4:1 p L4:2 p L5:1 p L5:2 p L6:1 p L6:2 p L7:1 p L7:2 p L8:1 p L9:1 p L10:1 p L11:1 p "
    "L12:1 r",  # h_t for h_{t-1}
    "lstm_joined": "L5:1 p L6:1 p L7:1 p L8:1 p L9:1 p L10:1 p L11:1 p L12:1 p L13:1 p L14:1 p L15:1 p L16:1 p "
    "L17:1 r L18:1 p",  # c_{t-1} for the candidate
    "members": "L3:1 p L4:1 p L5:1 p L6:1 r L7:1 r",  # λ w is lost; 1/m is lost
    "names_of_gradients": "L3:1 p L3:2 p L3:3 p L3:4 p L4:1 p L5:1 p L6:1 p L7:1 p L8:1 p L9:1 g L10:1 r",  # W for Wᵀ, no square
    "next_layer": "L5:1 p L5:2 p L6:1 p L8:1 p L9:1 p L10:1 p L11:1 g L11:2 g L12:1 r L13:1 r",  # δ of layer l; W for Wᵀ
    "row_classes": "L3:1 p L3:2 p L3:3 p L3:4 p L4:1 u L4:2 p L5:1 p L6:1 p L7:1 p L8:1 r",  # CE is no quantity; transposed
    "row_label": "L3:1 p L3:2 p L3:3 p L4:1 p",
    "row_vectors": "L3:1 p L4:1 p L5:1 p L6:1 p L7:1 p L8:1 r",  # transposed
    "samples": "L3:1 p L4:1 p L5:1 p L6:1 r",  # 1/m is lost
    "scalar_net": "L3:1 p L4:1 p L5:1 p L6:1 p L7:1 p L8:1 r",  # h_t for h_{t-1}
    "step_width": "L3:1 p L4:1 p L5:1 a L6:1 p L7:1 p L8:1 p L9:1 r",  # Δt is lost
    "slopes": "L3:1 p L3:2 p L3:3 p L3:4 p L3:5 p L4:1 p L5:1 p L6:1 r L7:1 p L8:1 p L9:1 p L10:1 p L10:2 p L11:1 p L12:1 p "
    "L13:1 u",  # a sign; δ is two names and not one
    "softmax_cases": "L4:1 p L5:1 p L6:1 p L7:1 r L9:1 p L10:1 a L11:1 p L12:1 p L13:1 p L13:2 p L13:3 p L14:1 p L15:1 r",
    # a sign; i for j
    "slips": "L3:1 r L4:1 u L4:2 u L5:1 p L6:1 p L7:1 p",  # h_t on both sides; the same formula twice
    "three_outputs": "L5:1 p L5:2 p L5:3 p L6:1 p L6:2 p L7:1 p L11:1 p L11:3 p L11:4 u L12:1 p L12:2 p L16:1 p L16:2 p L17:1 p "
    "L18:1 r",  # y_c = 1 does not say that y is zero elsewhere; ½ is forgotten
    "time_in_parentheses": "L3:1 p L4:1 p L5:1 p L6:1 p L7:1 r",  # h(t) for h(t-1)
    "two_activations": "L5:1 p L6:1 p L7:1 p L11:1 p L12:1 p L13:1 p L14:1 r",  # the slope of the other section
    "two_layers": "L3:1 p L3:2 p L3:3 p L3:4 p L4:1 p L5:1 p L6:1 p L7:1 p L8:1 r",  # W for Wᵀ
    "two_senses": "L3:1 p L3:2 p L4:1 p L5:1 r L6:1 p",  # dg_t is ∂L/∂g_t, so that the slope of tanh is lost
    "two_networks": "L3:1 p L3:2 p L4:1 p L6:1 p L7:1 p L8:1 r",  # h_t for h_{t-1}
    "units": "L3:1 p L3:2 p L3:3 p L3:4 p L4:1 p L4:2 p L5:1 p L6:1 p L7:1 p L7:2 p L8:1 p L9:1 p L10:1 r L11:1 u",
    # the slope is lost; there is no o_i
}
WORDS = {"p": "proved", "r": "refuted", "a": "accepted", "g": "proved-given", "u": "unreadable"}


@pytest.mark.parametrize("name", VERDICTS)
def test_notes_are_judged_with_the_model_found_in_them(name: str) -> None:
    document = read_document((NOTES / f"{name}.md").read_text(), "markdown")
    row = VERDICTS[name].split()
    expected = dict(zip(row[::2], (WORDS[v] for v in row[1::2]), strict=True))
    assert {e.id: e.verdict for e in check_document(document).entries} == expected


# the built-in notes that hold their whole forward model


def judged(passages: list[Passage]) -> tuple[Inferred, tuple[Entry, ...]]:
    inferred = infer_models(passages)
    placed = tuple(replace(p, model=a) for p, a in zip(passages, inferred.assignment, strict=True))
    return inferred, check_note(Note("note", "note", inferred.models, placed))


@pytest.mark.parametrize("name", ["sigmoid_rnn", "relu_classifier"])
def test_a_note_with_its_whole_forward_model_needs_no_other(name: str) -> None:
    _, entries = judged(list(load(name).passages))
    found = {e.id: e for e in entries}
    for key, verdicts, step, labels, reading, root in EXPECTED[name]:
        entry = found[key]
        assert entry.verdict in verdicts.split(), (key, entry.reason)
        assert not step or entry.step == step, key
        if entry.verdict in ("proved", "proved-given"):
            assert any("sum(" in a for a in entry.assumes) == labels, key
        assert entry.verdict != "proved" or not reading or entry.reading, key
        assert entry.verdict != "proved-given" or set(entry.root) & set(root.split()), key


WHOLE = re.compile(r"\\(?:text|mathrm|operatorname|begin|end|mathbb)\s*\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]")
"""What a renaming sees: words stay, single letters change."""


def permutation(seed: int) -> Callable[[str], str]:
    """A renaming of the letters within lower and within upper case; d, e, T and I stay."""
    shuffled = random.Random(seed)
    names: dict[str, str] = {}
    for alphabet, fixed in ((string.ascii_lowercase, "de"), (string.ascii_uppercase, "TI")):
        free = [c for c in alphabet if c not in fixed]
        names |= zip(free, shuffled.sample(free, len(free)), strict=True)
    return lambda text: WHOLE.sub(lambda m: names.get(m[0], m[0]), text)


def swap(text: str) -> str:
    """U and Q, V and R, h and g change places, T_r becomes N, δ becomes ε."""
    names = dict(zip("UQVRhg", "QURVgh", strict=True)) | {r"\delta": r"\epsilon"}
    return WHOLE.sub(lambda m: names.get(m[0], m[0]), text).replace("T_r", "N")


@pytest.mark.parametrize("name", ["sigmoid_rnn", "relu_classifier"])
@pytest.mark.parametrize("rename", [swap, *map(permutation, (1, 2, 3))])
def test_letters_mean_nothing_by_themselves(name: str, rename: Callable[[str], str]) -> None:
    passages = list(load(name).passages)
    _, entries = judged(passages)
    _, renamed = judged([replace(p, latex=rename(p.latex), given=rename(p.given)) for p in passages])
    assert [(e.id, e.verdict) for e in renamed] == [(e.id, e.verdict) for e in entries]


@pytest.mark.parametrize("name", ["gru", "elman", "lstm_gates", "cross_entropy", "layers_in_brackets"])
def test_letters_of_other_notes(name: str) -> None:
    text = (NOTES / f"{name}.md").read_text()
    before = check_document(read_document(text, "markdown")).entries
    for seed in (4, 5):
        prose = re.compile(r"(\$\$?)(.+?)\1", re.S)
        rename = permutation(seed)
        changed = prose.sub(lambda m, rename=rename: m[1] + rename(m[2]) + m[1], text)
        after = check_document(read_document(changed, "markdown")).entries
        assert [(e.id, e.verdict) for e in after] == [(e.id, e.verdict) for e in before], seed
