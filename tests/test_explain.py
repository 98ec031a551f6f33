"""How a note was understood is shown, can be copied, and can be overridden: decisions, declarations, what was set aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from derivations import load
from symbolic import cli
from symbolic.pipeline import check_document, checked_note, read_note
from symbolic.reading.chains import chains
from symbolic.reading.document.assumed import assumed, with_assumptions
from symbolic.reading.document.blocks import LEGAL, read_declarations
from symbolic.reading.document.passages import bare_passages
from symbolic.reading.document.read import read_document
from symbolic.reading.document.records import BlockLine, DocumentError
from symbolic.reading.inference.infer import infer_models
from symbolic.reading.notation import TRANSPARENT
from symbolic.reading.syntax import parse
from symbolic.reading.tokens import ReadError, Source, lex

NOTES = Path(__file__).parent / "notes"
NAMES = sorted(p.stem for p in NOTES.glob("*.md"))

RNN = r"""
$$h_t = \sigma(W h_{t-1} + U x_t + b)$$
$$o_t = V h_t, \qquad E = \sum_{t=1}^T \frac12 \|o_t - y_t\|^2$$
$$\frac{\partial E}{\partial V} = \sum_{t=1}^T (o_t - y_t) h_t^T \tag{3}$$
"""


def document(text: str, *lines: str):
    return with_assumptions(read_document(text, "markdown"), assumed(lines))


def inferred(text: str, *lines: str):
    whole = document(text, *lines)
    return infer_models(bare_passages(whole), whole.declarations.pairs)


def family(text: str, name: str, *lines: str):
    (model,) = inferred(text, *lines).models
    return model.families[name]


# decisions


@pytest.mark.parametrize("name", NAMES)
def test_every_line_that_a_decision_offers_is_a_declaration(name):
    for d in inferred((NOTES / f"{name}.md").read_text()).explanations:
        assert d.subject and d.choice and d.why
        if d.override:
            assert read_declarations([BlockLine(1, 1, d.override)])[1] == (), d


@pytest.mark.parametrize("name", ["gru", "lstm_gates", "elman", "layers_in_brackets", "row_vectors", "names_of_gradients"])
def test_what_was_decided_can_be_declared_and_changes_nothing(name):
    text = (NOTES / f"{name}.md").read_text()
    before = inferred(text)
    lines = [d.override for d in before.explanations if d.override and not d.runner_up]
    lines += [f"{d.subject}: {d.choice}" for d in before.explanations if d.choice in ("input", "label", "weight", "state", "loss")]
    after = inferred(text, *lines)
    assert after.problems == before.problems
    for old, new in zip(before.models, after.models, strict=True):
        assert new.loss == old.loss and new.error_names == old.error_names and new.functions == old.functions
        assert [(f.name, f.role, f.rows, f.cols) for f in new.families.values()] == [
            (f.name, f.role, f.rows, f.cols) for f in old.families.values()
        ]


def test_a_decision_names_its_runner_up_its_reason_and_its_line():
    found = {(d.subject, d.choice): d for d in read_note(RNN).decisions}
    role = found["x_t", "input"]
    assert (role.runner_up, role.line, role.override) == ("given", 2, "x_t: given") and "nothing defines it" in role.why
    assert found["V", "matrix, n_o×n_h"].override == "V in R^{n_o x n_h}"
    assert found[r"\sigma", "an abstract function"].override == r"\sigma = sigmoid"
    assert found["∂L/∂W", "gradient layout"].override == "layout: jacobian"
    assert found["t", "the index, from 1 to T"].override == ""


def test_a_given_model_is_said_to_be_given():
    for checked in (checked_note(load("tanh_rnn")), read_note("$$h^{(0)} = 0$$", models=load("tanh_rnn").models)):
        assert checked.decisions[0].why.startswith("they are given")
    assert any(d.choice == "zero" for d in checked.decisions)


# declarations have the last word

OVERRIDES = (
    # (lines, family, (role, row legs, column legs))
    (("x_t: given",), "x", ("given", 1, 0)),
    (("y_t: input",), "y", ("input", 1, 0)),
    (("W: given",), "W", ("given", 1, 1)),
    (("o_t: scalar", "V: row"), "V", ("weight", 0, 1)),
    ((r"V in R^{1 x n}",), "o", ("state", 0, 0)),
    ((r"h_t \in \mathbb{R}^n", "W in R^{n x n}"), "h", ("state", 1, 0)),
)


@pytest.mark.parametrize("lines, name, expected", OVERRIDES, ids=[" ; ".join(o[0]) for o in OVERRIDES])
def test_a_declaration_overrides_what_is_inferred(lines, name, expected):
    found = family(RNN, name, *lines)
    assert (found.role, len(found.rows), len(found.cols)) == expected


def test_the_block_overrides_the_note_and_the_command_line_the_block():
    text = "$V \\in \\mathbb{R}^{p \\times q}$\n\n```gradproof\nV in R^{k x n}\nsigma = tanh\n```\n" + RNN
    found = family(text, "V")
    assert (str(found.rows[0]), str(found.cols[0])) == ("k", "n")
    assert str(family(text, "V", "V in R^{r x n}").rows[0]) == "r"
    (model,) = inferred(text, "sigma = sigmoid").models
    assert model.functions[r"\sigma"].name == "sigmoid"


def test_the_loss_may_be_declared():
    text = "$$z = W x + b$$\n$$A = \\|z - y\\|^2, \\qquad B = \\|W\\|^2$$\n$$\\frac{\\partial A}{\\partial b} = 2 (z - y)$$"
    assert inferred(text).models[0].loss.name == "A"
    assert inferred(text, "B: loss").models[0].loss.name == "B"


def test_an_adjoint_may_be_declared():
    text = RNN + r"$$\epsilon_t = o_t - y_t$$"
    entries = check_document(document(text, "epsilon_t = dE/do_t")).entries
    assert [e.verdict for e in entries if e.id == "L5:1"] == ["proved"]
    entries = check_document(document(text, "epsilon_t = dE/dh_t")).entries
    assert [e.verdict for e in entries if e.id == "L5:1"] == ["refuted"]


SAID = (
    # (line, what is said of it)
    ("Q in R^n", "Q is declared, but stands in no formula"),
    ("h_t: input", "h_t is declared input, but line 2 defines it"),
    ("W: state", "W is declared state, but nothing defines it"),
    (r"V: column", "with the shapes declared of V"),
    ("epsilon_t = dE/dq_t", "epsilon_t is declared, but stands in no formula"),
)


@pytest.mark.parametrize("line, said", SAID, ids=[s[0] for s in SAID])
def test_a_declaration_without_effect_is_said(line, said):
    problems = inferred(RNN, line).problems
    assert any(said in p for p in problems), problems


GIVEN = (
    # (line, what is said where the model is given, or "")
    ("W: weight", ""),
    (r"W in R^{n x n}", ""),
    ("sigma = tanh", ""),
    ("e_t = dL/dq_t", "e_t is declared an adjoint of something that stands in no forward equation"),
    ("W: input", "W is declared input, but it is weight"),
    ("h^{(t)}: matrix", "is declared matrix, but it is a column"),
    ("W in R^n", "but it is a matrix"),
    ("Q: weight", "Q is declared, but stands in no forward equation"),
)


@pytest.mark.parametrize("line, said", GIVEN, ids=[g[0] for g in GIVEN])
def test_declarations_beside_a_given_model(line, said):
    text = r"$$\frac{\partial L}{\partial c} = \sum_{t=1}^\tau (\hat y^{(t)} - y^{(t)})$$"
    checked = check_document(document(text, line), load("tanh_rnn").models)
    assert [e.verdict for e in checked.entries] == ["proved"]
    assert (said in " ".join(checked.problems)) if said else not checked.problems


def test_a_name_of_an_adjoint_beside_a_given_model():
    text = r"$$e_t = \hat y^{(t)} - y^{(t)}$$"
    entries = check_document(document(text, r"e_t = dL/do^{(t)}"), load("tanh_rnn").models).entries
    assert [e.verdict for e in entries] == ["proved"]
    entries = check_document(document(text, r"e_t = dL/dh^{(t)}"), load("tanh_rnn").models).entries
    assert [e.verdict for e in entries] == ["refuted"]


# the command


def run(capsys, *words):
    status = cli.main(list(words))
    told = capsys.readouterr()
    return status, told.out, told.err


def test_the_explanation_in_every_format(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rnn.md").write_text(RNN)
    for format in ("text", "concise"):
        status, out, _ = run(capsys, "check", "rnn.md", "--explain-model", "--format", format)
        assert status == 0 and "rnn.md: how it was understood" in out
        for shown in ("o_t = V h_t", "x_t  input", "line 2: x_t: input, not given", "; to say otherwise: x_t: given", r"\tag{3} at 4:66"):
            assert shown in out
        assert "how it was understood" not in run(capsys, "check", "rnn.md", "--format", format)[1]
    out = run(capsys, "check", "rnn.md", "--explain-model", "--format", "markdown")[1]
    assert "## decisions" in out and r"- line 2: x\_t: input, not given" in out
    (file,) = json.loads(run(capsys, "check", "rnn.md", "--format", "json")[1])["files"]
    weight = {"subject": "V", "choice": "weight", "runner_up": "input", "line": 3, "override": "V: input"}
    assert any(weight.items() <= d.items() for d in file["model"]["decisions"])
    assert {"line": 4, "column": 66, "text": r"\tag{3}", "cell": ""} in file["set_aside"]


def test_built_in_derivations_and_formulas_are_explained(capsys):
    out = run(capsys, "check", "tanh_rnn", "--explain-model", "--format", "concise")[1]
    assert "the forward equations: Recurrent network" in out
    formula = r"\frac{\partial L}{\partial c} = 0"
    out = run(capsys, "check", "-e", formula, "--model", "tanh_rnn", "--explain-model")[1]
    assert "-e: how it was understood" in out and "h^(t) = " in out


def test_layout_and_assumptions_on_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    row = r"\frac{\partial L}{\partial c} = \sum_{t=1}^\tau (\hat y^{(t)} - y^{(t)})^T"
    assert run(capsys, "check", "-e", row, "--model", "tanh_rnn")[0] == 1
    assert run(capsys, "check", "-e", row, "--model", "tanh_rnn", "--layout", "jacobian")[0] == 0
    (tmp_path / "rnn.md").write_text(RNN)
    (tmp_path / "mine.gradproof").write_text("# conventions\nsigma = tanh\n\nlayout: jacobian\n")
    out = run(capsys, "check", "rnn.md", "--assume", "mine.gradproof", "--assume", "x_t: given", "--explain-model")[1]
    assert "σ    function  tanh" in out and "x_t  given" in out and "∂L/∂W: jacobian layout, because a declaration says so" in out
    assert run(capsys, "derive", "rnn.md", "--assume", "sigma = tanh")[0] == 0
    assert "np.tanh" in run(capsys, "kernel", "rnn.md", "--assume", "sigma = tanh")[1]


WRONG_CALLS = (
    (["--layout", "sideways"], "--layout: sideways is not understood; layout is one of gradient, jacobian, denominator"),
    (["--assume", "x_t: inptu"], "--assume 'x_t: inptu': inptu is not understood; legal are NAME in R^{n x m}, NAME: input|label"),
    (["--assume", "nonsense"], "--assume 'nonsense': nonsense is no declaration; legal are layout: gradient|jacobian|denominator"),
    (["--assume", "layuot: jacobian"], "layuot is no name of a quantity"),
    (["--assume", "sigma = tahn"], "tahn is not understood; legal are"),
    (["--assume", "none.gradproof"], "none.gradproof: it cannot be read: No such file"),
    (["--assume", "bad.gradproof"], "bad.gradproof:2:3: inptu is not understood"),
    (["--layout", "jacobian", "--assume", "layout: gradient"], "layout has been said to be jacobian before"),
)


@pytest.mark.parametrize("words, said", WRONG_CALLS, ids=[" ".join(w[0]) for w in WRONG_CALLS])
def test_a_wrong_declaration_is_refused_before_anything_is_judged(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rnn.md").write_text(RNN)
    (tmp_path / "bad.gradproof").write_text("x_t: input\n  x_t: inptu\n")
    status, out, err = run(capsys, "check", "rnn.md", *words)
    assert status == 2 and out == "" and said in err and err.count("\n") == 1


def test_a_wrong_line_of_the_block_is_shown_with_its_place(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rnn.md").write_text("```gradproof\nx_t: inptu\n```\n" + RNN)
    status, _, err = run(capsys, "check", "rnn.md")
    assert status == 0 and "rnn.md:2:1: inptu is not understood; legal are" in err and "   | x_t: inptu\n   | ^\n" in err


def test_the_legal_forms_are_all_forms():
    for form in ("layout: gradient|jacobian|denominator", "product: descending|ascending", "NAME in R^{n x m}", "NAME = dL/dh_t"):
        assert form in LEGAL
    with pytest.raises(DocumentError):
        assumed(["NAME of nothing"])


# nothing is read in silence

TAGGED = (
    r"a_t = b \, c \tag{1}", r"\left( a + b \right) = c \text{ so that } d = e \label{x}", r"a = b \quad \text{(by definition)}",
    r"\begin{aligned} a &= b \\ &= c \end{aligned}", r"\color{red}{a} = b, \; t < T", r"\underbrace{a}_{n} = b % remark",
    r"a = b \in \mathbb{R}^n, \quad t = 1, \dots, T", r"\sum_{i=1}^n x_i = \frac{a}{b} \nonumber \qquad (x \text{ is the input})",
)  # fmt: skip


def covered(text: str) -> tuple[set[int], set[int]]:
    """(offsets of all characters that are no space, offsets that are accounted for)."""
    lexed, found = lex(text), chains(Source(text))
    known: set[int] = set()
    for aside in found.asides:
        known.update(range(aside.start, aside.end))
    sides = [s for link in found.links for s in (link.left, link.right)]
    for side in sides:
        try:
            tree = parse(side)
        except ReadError:
            continue
        assert (tree.start, tree.end) == (side[0].start, side[-1].end) or side, text
        for token in side:
            known.update(range(token.start, token.end))
    for tokens in [c.tokens for c in found.conditions]:
        for token in tokens:
            known.update(range(token.start, token.end))
    for token in lexed.tokens:
        structure = token.kind in ("row", "cell") or (token.kind in ("begin", "end") and token.text in TRANSPARENT)
        if structure or token.kind == "relation":
            known.update(range(token.start, token.end))
    return {k for k, c in enumerate(text) if not c.isspace()}, known


@pytest.mark.parametrize("text", TAGGED)
def test_every_character_belongs_to_the_parse_or_was_set_aside(text):
    everything, known = covered(text)
    assert not everything - known, [text[k] for k in sorted(everything - known)]


@pytest.mark.parametrize("name", NAMES)
def test_in_the_notes_everything_belongs_to_the_parse_or_was_set_aside(name):
    for formula in read_document((NOTES / f"{name}.md").read_text(), "markdown").formulas:
        links = chains(Source(formula.text)).links
        if links and not any(k.problem for k in links):
            everything, known = covered(formula.text)
            assert not everything - known, (formula.text, [formula.text[k] for k in sorted(everything - known)])


def test_what_was_set_aside_has_its_place():
    checked = read_note(RNN + r"$$\left( o_t \right) = V h_t \;\;\text{ as said}$$", models=read_note(RNN).models)
    assert [(a.line, a.column, a.text) for a in checked.set_aside if a.line == 5] == [
        (5, 3, r"\left"), (5, 14, r"\right"), (5, 30, r"\;"), (5, 32, r"\;"), (5, 34, r"\text{ as said}")
    ]  # fmt: skip
