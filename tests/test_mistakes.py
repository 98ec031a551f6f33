"""`gradproof explain`: every kind of mistake has a paragraph and an example, whose formulas are judged here."""

from __future__ import annotations

import pytest

from symbolic import cli
from symbolic.pipeline import read_note
from symbolic.showing.mistakes import MISTAKES, NETWORK, WIDTH, explained, listed

CAUSES = (
    "shape", "missing-factor", "spurious-factor", "missing-term", "spurious-term", "missing-sum", "spurious-sum", "order", "index",
    "transpose", "sign", "parenthesis", "wrong-variable", "other",
)  # fmt: skip


def verdict(formula: str):
    text = "".join(f"$$ {equation} $$\n\n" for equation in (*NETWORK, formula))
    checked = read_note(text, "markdown")
    assert [e.verdict for e in checked.entries[: len(NETWORK)]] == ["proved"] * 3 + ["accepted"]
    (entry,) = checked.entries[len(NETWORK) :]
    return entry


def test_every_kind_is_there():
    assert tuple(MISTAKES) == CAUSES and len(list(listed())) == len(CAUSES)


@pytest.mark.parametrize("cause", CAUSES)
def test_the_wrong_formula_is_refuted_and_the_right_one_proved(cause):
    m = MISTAKES[cause]
    wrong, right = verdict(f"{m.left} = {m.wrong}"), verdict(f"{m.left} = {m.right}")
    assert (wrong.verdict, right.verdict) == ("refuted", "proved"), (wrong.reason, right.reason)
    assert (wrong.cause == "shape") == (cause == "shape") and wrong.counterexample


@pytest.mark.parametrize("cause", CAUSES)
def test_the_explanation_fits_a_terminal(cause, capsys):
    assert cli.main(["explain", cause]) == 0
    shown = capsys.readouterr().out
    assert shown == "\n".join(explained(cause)) + "\n"
    assert MISTAKES[cause].wrong in shown and MISTAKES[cause].right in shown
    assert all(len(line) <= WIDTH for line in explained(cause) if not line.startswith("    "))


def test_without_a_name_all_kinds_are_listed(capsys):
    assert cli.main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(CAUSES)


def test_another_name_gets_the_legal_ones(capsys):
    assert cli.main(["explain", "typo"]) == 2
    assert capsys.readouterr().err.startswith("gradproof: typo is no kind of mistake; the kinds are shape, missing-factor")
