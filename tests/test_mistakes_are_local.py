"""A mistake in one formula of a note is found there, and changes no other verdict; a formula may at most rest on it then."""

from pathlib import Path

import pytest

from symbolic.pipeline import read_note

NOTES = Path(__file__).parent / "notes"

MISTAKES = (
    # (note, the beginning of the line, what is written there, what is written instead)
    ("elman.md", r"$$ \varepsilon_k = C^T", "B^T", "B"),
    ("elman.md", r"$$ \varepsilon_k = C^T", "s_{k+1}", "s_k"),
    ("elman.md", r"$$ \frac{\partial E}{\partial C}", "k=1", "k=0"),
    ("elman.md", r"$$ \frac{\partial E}{\partial A}", "k=1", "k=2"),
    ("elman.md", r"$$ \frac{\partial E}{\partial A}", "1-s", "1+s"),
    ("gru.md", r"$$ \frac{\partial J}{\partial b}", "1 - ", "1 + "),
    ("gru.md", r"$$ \frac{\partial J}{\partial U}", r"^T \left", r"^{T-1} \left"),
    ("jordan.md", r"$$ \frac{\partial L}{\partial W_y}", "t=1", "t=0"),
    ("layers_in_brackets.md", r"$$ \delta^{[l]} = (W", "[l+1]})^T", "[l]})^T"),
    ("layers_in_brackets.md", r"$$ \delta^{[L]}", "- y", "+ y"),
    ("least_squares.md", r"$$ \nabla_w L", "X^T", "X"),
    ("softmax_cases.md", r"$$\frac{\partial q_j}{\partial s_i} = q_i (1", "1 - q_i", "1 + q_i"),
    ("softmax_cases.md", r"$$\frac{\partial q_i}{\partial s_j} = \begin", "1 - q_i", "1 + q_i"),
    ("softmax_cases.md", r"$$\frac{\partial q_i}{\partial s_j} = \begin", "-q_i q_j", "q_i q_j"),
)
"""Softmax's slope with a plus was a value at another step, and a sum from 0 moved the first step of the whole network."""


@pytest.mark.parametrize(("name", "line", "written", "instead"), MISTAKES)
def test_a_mistake_stays_where_it_is(name, line, written, instead):
    lines = (NOTES / name).read_text(encoding="utf-8").splitlines()
    (k,) = (k for k, text in enumerate(lines) if text.startswith(line))
    head, equals, right = lines[k].partition("=")
    assert written in right
    before = read_note("\n".join(lines), "markdown").entries
    after = {e.id: e for e in read_note("\n".join([*lines[:k], f"{head}{equals}{right.replace(written, instead, 1)}", *lines[k + 1 :]])).entries}
    own = [after[e.id] for e in before if e.line == k + 1]
    assert {e.verdict for e in own} & {"refuted", "unproved", "unreadable"}
    others = [(e.verdict, after[e.id].verdict) for e in before if e.line != k + 1]
    assert all(new == old or (old, new) == ("proved", "proved-given") for old, new in others), others
