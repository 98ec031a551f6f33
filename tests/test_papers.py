"""Papers as students hand them in: names of their own beside the model of a course, products and powers written out.

The verdicts were found by hand.  What is wrong in a formula, or why it is unreadable, stands beside it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_inference import WORDS

from derivations import load
from symbolic.pipeline import check_document
from symbolic.reading.document.read import read_document

PAPERS = Path(__file__).parent / "papers"

VERDICTS = {
    # file: (model, verdicts as in `test_inference`)
    "shorthands.md": (
        "tanh_rnn",
        "L3:1 a L3:2 a L4:1 p L4:2 p L5:1 a L5:2 a L6:1 p L6:2 r L7:1 p L8:1 r L9:1 p L10:1 p L11:1 p L11:2 r "
        "L12:1 p L12:2 r L13:1 p L13:2 u L14:1 p L14:2 p",
    ),  # a factor h; h_t for h_{t-1}; transposed; the other order; b_h is no component of b
    "another_error.md": ("tanh_rnn", "L3:1 p L4:1 a L4:2 p L5:1 p L5:2 p L6:1 r L6:2 p"),  # V for Vᵀ
    "last_step.md": (
        "relu_classifier",
        "L3:1 a L3:2 a L3:3 p L4:1 p L4:2 p L5:1 p L6:1 p L7:1 p L8:1 p L9:1 r L11:1 p L13:1 p L14:1 r L15:1 u",
    ),  # the other order; the slopes are lost; h ≥ 0 always holds
    "slope_of_a_letter.md": ("sigmoid_rnn", "L3:1 a L3:2 a L3:3 a L4:1 p L4:2 p L5:1 p L6:1 r L7:1 r"),  # x for a; V for Vᵀ
    "linear.md": ("", "L3:1 p L3:2 p L4:1 p L4:2 p L5:1 r L6:1 p"),  # one factor is lost
    "gates.tex": ("", "L2:1 p L3:1 p L4:1 p L5:1 p L7:1 p L8:1 a L8:2 a L8:3 a L10:1 p L11:1 p L12:1 r L13:1 r"),
    # h_t for h_{t-1}; ∂E/∂c_{t-1} lacks its own term, beside a right formula for μ_t
}


@pytest.mark.parametrize("name", VERDICTS)
def test_papers(name: str) -> None:
    model, row = VERDICTS[name]
    kind = "latex" if name.endswith(".tex") else "markdown"
    document = read_document((PAPERS / name).read_text(encoding="utf-8"), kind)
    words = row.split()
    expected = {k: WORDS[v] for k, v in zip(words[::2], words[1::2], strict=True)}
    entries = check_document(document, load(model).models if model else ()).entries
    assert {e.id: e.verdict for e in entries} == expected


def test_what_holds_only_where_it_exists_says_so() -> None:
    """δ_{t-1} is the adjoint of a state from t = 2 on, and δ_{τ-1} exists if τ ≥ 2."""
    document = read_document((PAPERS / "shorthands.md").read_text(encoding="utf-8"), "markdown")
    entries = {e.id: e for e in check_document(document, load("tanh_rnn").models).entries}
    assert "t>=2" in entries["L14:1"].assumes and "tau>=2" in entries["L14:2"].assumes


def test_all_papers_are_expected() -> None:
    assert {p.name for p in PAPERS.iterdir()} == set(VERDICTS)
