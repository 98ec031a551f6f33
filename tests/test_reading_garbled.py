"""A formula is understood whole or not at all: garbled ones never read as the whole one, unbalanced ones not at all."""

import random

import pytest
from notation_terms import TERMS
from reading_models import Recurrent
from test_notes import RIGHT

from derivations import load
from symbolic.pipeline import check_formula
from symbolic.reading import Passage, read_claims
from symbolic.reading.tokens import lex

HARMLESS = {"font", "accent", "word", "gap"}
"""Kinds of tokens that may carry no mathematics: \\mathbf, an accent in a list of arguments, words in cases."""

SIGNS = {",", "*", "·", "×", "∘"}
"""W * h is W h, h_{ti} is h_{t,i}: these may be dropped or doubled and still be read as the same."""


def readings(kind, latex):
    """The terms of all readings of all equations, or None if one is unreadable or none is there."""
    claims = read_claims((kind.model,), (Passage(1, f"{latex} = {latex}"),))
    if not claims or any(c.unreadable for c in claims):
        return None
    return {str(getattr(r, "right", r)) for c in claims for r in c.readings}


def pieces(latex):
    """The tokens of a formula that stand in it as text, with those that carry mathematics marked."""
    tokens = [t for t in lex(latex).tokens if t.start < t.end]
    return [(latex[t.start : t.end], t.kind not in HARMLESS and t.text not in SIGNS) for t in tokens]


def _differ(one, other):
    """Whether exchanging two tokens garbles: (f x) is f(x), so brackets stay where they are."""
    return other[1] and one[0] != other[0] and not {one[0], other[0]} & set("()[]{}")


def garbled(rng):
    """A formula of the table with one token lost, printed twice, or exchanged with its neighbour."""
    kind, latex, _ = rng.choice(TERMS)
    parts = pieces(latex)
    place = rng.choice([k for k, (_, meant) in enumerate(parts) if meant])
    texts = [text for text, _ in parts]
    action = rng.choice(("drop", "double", "swap", "cut"))
    if action == "drop":
        texts[place] = ""
    elif action == "double":
        texts[place] += " " + texts[place]
    elif action == "swap" and place + 1 < len(texts) and _differ(parts[place], parts[place + 1]):
        texts[place], texts[place + 1] = texts[place + 1], texts[place]
    else:
        texts = texts[:place]
    return kind, latex, " ".join(texts)


def cases(count):
    rng = random.Random(20)
    found = {}
    while len(found) < count:
        kind, latex, broken = garbled(rng)
        found[broken] = (kind, latex, broken)
    return [*found.values()]


SEVERAL_SPELLINGS = (r"\mathbb", "1[")
"""Indicators: 1_{i = j}, 1{i = j} and [i = j] are the same."""


@pytest.mark.parametrize("part", range(4))
def test_a_garbled_formula_never_reads_as_the_whole_one(part):
    for kind, latex, broken in cases(400)[part::4]:
        if any(mark in latex for mark in SEVERAL_SPELLINGS):
            continue
        found = readings(kind, broken)
        assert found is None or not found & readings(kind, latex), f"{broken} reads as {latex}"


BALANCED = [row for row in TERMS if any(t.kind in ("open", "close", "begin", "end") for t in lex(row[1]).tokens)]


@pytest.mark.parametrize("part", range(4))
def test_a_formula_out_of_balance_is_unreadable(part):
    for kind, latex, _ in BALANCED[part::4]:
        for token in lex(latex).tokens:
            if token.kind in ("open", "close", "begin", "end") and token.start < token.end:
                broken = latex[: token.start] + " " + latex[token.end :]
                claims = read_claims((kind.model,), (Passage(1, f"{latex} = {broken}"),))
                assert not claims or any(c.unreadable for c in claims), broken


def test_every_token_is_covered():
    """Something unknown put in anywhere makes the formula unreadable."""
    for kind, latex, _ in TERMS[::5]:
        for token in lex(latex).tokens:
            if token.start < token.end:
                broken = f"{latex[: token.start]} \\qqq {latex[token.start :]}"
                assert readings(kind, broken) is None, broken


STRAY = ("h_t = \\tanh(a_t) )", "h_t = \\tanh(a_t) ]", "h_t = { \\tanh(a_t)", "h_t = \\tanh(a_t) |", "h_t = \\tanh(a_t) \\right)")


@pytest.mark.parametrize("latex", STRAY)
def test_a_stray_bracket_is_never_ignored(latex):
    (claim,) = read_claims((Recurrent.model,), (Passage(1, latex),))
    assert claim.unreadable


# the same by verdict: a right formula, garbled, is never proved


def proved():
    """Formulas that are proved, each with its model."""
    return [(load(note).models[0], latex) for note, latex in RIGHT]


def mangled(latex, rng):
    """A formula with one token lost, printed twice, or exchanged with its neighbour; "" where that is harmless."""
    parts = pieces(latex)
    texts = [text for text, _ in parts]
    place = rng.choice([k for k, (_, meant) in enumerate(parts) if meant])
    action = rng.choice(("drop", "double", "swap"))
    if action == "drop":
        texts[place] = ""
    elif action == "double":
        texts[place] += " " + texts[place]
    elif place + 1 < len(texts) and _differ(parts[place], parts[place + 1]):
        texts[place], texts[place + 1] = texts[place + 1], texts[place]
    else:
        return ""
    return " ".join(texts)


@pytest.mark.parametrize("part", range(2))
def test_a_garbled_formula_never_gets_the_verdict_of_the_whole_one(part):
    rng = random.Random(part)
    found = {}
    while len(found) < 100:
        model, latex = rng.choice(proved())
        broken = mangled(latex, rng)
        if broken:
            found[broken] = model
    for broken, model in found.items():
        assert not [e.id for e in check_formula(model, broken) if e.verdict.startswith("proved")], broken


def test_the_formulas_that_are_garbled_are_proved_when_they_are_whole():
    assert all([e.verdict for e in check_formula(model, latex)] == ["proved"] for model, latex in proved())


SMALL = (
    # what TeX prints otherwise than a tree of factors would say
    r"\delta_t (1 1 - h_t)",
    r"10\,000 h_t",
    r"\hat{\hat y}_t",
    r"= h_t",
)


@pytest.mark.parametrize("right", SMALL)
def test_a_small_slip_is_no_product(right):
    claims = read_claims((Recurrent.model,), (Passage(1, f"\\frac{{\\partial L}}{{\\partial h_t}} = {right}"),))
    assert claims and all(c.unreadable for c in claims)
