"""Hostile documents: every limit gives its own clear sentence within seconds, and the other equations keep their verdicts."""

from __future__ import annotations

import json
import time

import pytest

from symbolic import cli

SECONDS = 10.0
"""Processor time that any of these documents may take; on a machine at rest none takes half of it."""

FORWARD = r"""$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2$$
"""
RIGHT = "\n\n" + r"""$$\frac{\partial L}{\partial U} = \sum_{t=1}^T [(1 - h_t^2) \odot \frac{\partial L}{\partial h_t}] x_t^\top$$
"""


def claim(right: str, before: str = "") -> str:
    """A note with a claim that is hostile, between forward equations and a claim that is right."""
    return FORWARD + before + rf"$$\frac{{\partial L}}{{\partial U}} = {right}$$" + RIGHT


def cell(source: object, kind: object = "markdown") -> str:
    return json.dumps({"cells": [{"cell_type": kind, "source": source}]})


BOMB = "".join(rf"\def\{chr(98 + k)}{{{(chr(92) + chr(97 + k)) * 10}}}" + "\n" for k in range(8))
MOST = "at most 20000 are read"

FORMULAS = (
    # right side of ∂L/∂U -> what is said of it: the rest of the note is judged as ever
    ("(" * 3_000 + "U" + ")" * 3_000, "unreadable: a formula of 6001 signs; at most 5000 are read"),
    ("{" * 15_000 + "U" + "}" * 15_000, f"signs; {MOST}"),
    ("(" * 45 + "U" + ")" * 45, "unreadable: brackets nested deeper than 40"),
    (r"\frac{1}{" * 50 + "U" + "}" * 50, "unreadable: brackets nested deeper than 40"),
    ("x_{" * 50 + "a" + "}" * 50, "unreadable: brackets nested deeper than 40"),
    (r"\|" * 300 + "U", "unreadable: brackets nested deeper than 40"),
    ("U + " * 24_000 + "U", f"signs; {MOST}"),
    ("U + " * 25_000 + "U", "unreadable: a formula of 100033 characters; at most 100000 are read"),
    ("W " * 600 + "U", "refuted"),
    (r"\left( U" * 1_000, "unreadable: ( is never closed"),
    ("{ U" * 1_000, "unreadable: { is never closed"),
    ("U )" * 1_000, "unreadable: ) closes no bracket"),
    (r"\begin{cases} U" * 300, "unreadable: \\begin{cases} is never closed"),
    (r"\begin{bmatrix}" + r"W & U \\ " * 5_000 + r"\end{bmatrix}", f"signs; {MOST}"),
    (r"\text{" * 1_000 + "a" + "}" * 1_000, "unreadable: \\text needs its argument in braces"),
    # numbers, exponents, bounds
    ("9" * 40 + " U", "unreadable: a number of 40 digits; at most 30 are read"),
    ("10^{10^{10}} U", "unreadable: 10^{10} in 10^{10^{10}} is neither a number, a transpose nor an index"),
    (r"\sum_t h_t^{100000} x_t^\top", "unreadable: the exponent 100000 is too large; at most 64 is read"),
    (r"\sum_{i=1}^{1000000000} U", "unproved: budget used up"),
    (r"\prod_{i=1}^{1000000000} W U", "unproved: budget used up"),
    (r"\sum_{t=1}^{T+1000000} h_t x_t^\top", "unproved: a bound that lies 1000000 steps from the range"),
    (r"\sum_{t=1}^{10^{10^{10}}} h_t x_t^\top", "unreadable: 10^{10^{10}} is no index, length or number"),
    (r"h_{1000000000000000000000000000} x_1^\top", "nowhere defined: h does not exist at"),
    ("".join(rf"\sum_{{{c}=1}}^T" for c in "ijklmnpq") + r" h_i x_j^\top", "refuted"),
    (r"\frac{1}{1-1} U", "unproved: division by zero"),
    # characters
    ("U\u202e + U\u202c", "unreadable: an invisible character, RIGHT-TO-LEFT OVERRIDE"),
    ("U\u200f", "unreadable: an invisible character, RIGHT-TO-LEFT MARK"),
    ("U\x1b]0;t\x07", "unreadable: "),
    ("U\x9b31m", "unreadable: an invisible character, U+009B"),
    ("U" + "\u0301" * 500, "COMBINING ACUTE ACCENT"),
    ("\u0412", "CYRILLIC CAPITAL LETTER VE"),
    ("\u0661 U", "ARABIC-INDIC DIGIT ONE"),
    # what would run something, were it run
    (r"\input{/etc/hostname}", "unreadable: the control word \\input is not known"),
    (r"\write18{touch pwned}", "unreadable: the control word \\write is not known"),
    (r"\text{__import__('os').system('true')}", "unreadable: "),
)  # fmt: skip


def run(tmp_path, monkeypatch, capsys, name, data):
    """(status, standard output, standard error) of a check, in bounded time and without a control character in them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(data.encode())
    start = time.process_time()
    status = cli.main(["check", name, "--format", "concise"])
    assert time.process_time() - start < SECONDS
    told = capsys.readouterr()
    assert "fault of our own" not in told.out + told.err and "Traceback" not in told.err
    assert all(c.isprintable() or c in "\n\t" for c in told.out + told.err)
    return status, told.out, told.err


@pytest.mark.parametrize(("right", "said"), FORMULAS, ids=[said[:48] for _, said in FORMULAS])
def test_a_hostile_formula_spoils_no_other(tmp_path, monkeypatch, capsys, right, said):
    status, out, _ = run(tmp_path, monkeypatch, capsys, "a.md", claim(right))
    verdicts = [line.split(": ", 1)[1] for line in out.splitlines()[:-1]]
    assert [v.split(":")[0] for v in (*verdicts[:2], verdicts[-1])] == ["proved"] * 3
    assert len(verdicts) == 4 and said in verdicts[2] and not verdicts[2].startswith("proved")
    assert status == verdicts[2].startswith("refuted")


DOCUMENTS = (
    # (name, text, what is said): the whole document
    ("a.md", "Some words here. " * 295_000, "it is larger than 5000000 bytes, the most that is read"),
    ("a.md", "$a " * 120_000, "a.md:1:300001: more than 50000 formulas; split the document"),
    ("a.md", "x" * 4_000_000, "no equations found"),
    ("a.md", "U\0", "a.md:1:2: a NUL character: this is no text"),
    ("a.md", FORWARD + "\n" + "\n\n".join(["$x = y"] * 300), "a.md:4:1: this $ is never closed in its paragraph"),
    ("a.md", r"\begin{align} a = b " * 300, "a.md:1:1: \\begin{align} has no \\end{align}"),
    ("a.md", "<!-- " * 5_000 + '<script type="math/tex">' * 5_000 + "```math\n" * 5_000, "no equations found"),
    ("a.md", "`" * 20_000 + "[" * 20_000 + "](a)" * 5_000 + ">" * 5_000, "no equations found"),
    ("a.md", r"\newcommand{\a}{\b}\newcommand{\b}{\a}" + claim(r"\a"), "the macro \\a calls itself, or macros nest deeper than 100"),
    ("a.md", BOMB + claim(r"\i"), "more than 100000 macro calls"),
    ("a.md", r"\newcommand{\a}{" + "U " * 4_000 + "}" + claim(r"\a " * 300), "macros expand to more than 2000000 characters"),
    ("a.md", r"\newcommand{\a}{" + "U" * 20_000 + "}" + claim(r"\a"), "the definition of \\a has no body in braces (of at most 10000"),
    ("a.md", r"\newcommand{\a}[9]{#1}" + claim(r"\a{U}"), "the macro \\a needs 9 arguments"),
    ("a.tex", r"\begin{document}" * 2_000 + "%" * 20_000 + "\n" + r"\iffalse " * 2_000 + r"\section{" * 2_000, "no equations found"),
    ("a.md", FORWARD + r"$$\begin{aligned}" + r"\frac{\partial L}{\partial U} &= U \\ " * 3_000 + r"\end{aligned}$$",
     "a.md:3:3: a formula of 114028 characters; at most 100000 are read"),
    ("a.ipynb", "[" * 100_000, "no notebook: its JSON is nested too deeply"),
    ("a.ipynb", '{"cells": 3}', 'no notebook: a notebook is a JSON object with a list "cells"'),
    ("a.ipynb", "null", 'no notebook: a notebook is a JSON object with a list "cells"'),
    ("a.ipynb", '{"cells": [], "n": ' + "9" * 100_000 + "}", "no notebook: its JSON is nested too deeply or holds an impossible number"),
    ("a.ipynb", '{"cells": [NaN]}', "no notebook: cell 1 has no text"),
    ("a.ipynb", cell({"a": 1}), "no notebook: cell 1 has no text"),
    ("a.ipynb", cell("$a = b$", {"a": 1}), "no equations found"),
    ("a.ipynb", '{"cells": [{"cell_type": "markdown", "source": "\\ud800 $a = b$"}]}', "cell 1:1:8: "),
)  # fmt: skip


@pytest.mark.parametrize(("name", "text", "said"), DOCUMENTS, ids=[f"{n} {s[:44]}" for n, _, s in DOCUMENTS])
def test_a_hostile_document_gets_one_clear_sentence(tmp_path, monkeypatch, capsys, name, text, said):
    _, out, err = run(tmp_path, monkeypatch, capsys, name, text)
    assert said in err + out


def test_a_length_may_have_a_label(tmp_path, monkeypatch, capsys):
    text = (FORWARD + RIGHT).replace("^T ", "^{T_r} ")
    status, out, _ = run(tmp_path, monkeypatch, capsys, "a.md", text)
    assert status == 0 and out.endswith("3 '=': 3 proved\n")


def test_many_rows_and_many_conditions_are_all_judged(tmp_path, monkeypatch, capsys):
    rows = r"$$\begin{aligned}" + r"\frac{\partial L}{\partial U} &= U \\ " * 150 + r"\end{aligned}$$"
    status, out, _ = run(tmp_path, monkeypatch, capsys, "a.md", FORWARD + rows + "\n\nFor " + "$t < T$, " * 300 + RIGHT)
    assert status == 1 and out.endswith("153 '=': 3 proved, 150 refuted\n")
