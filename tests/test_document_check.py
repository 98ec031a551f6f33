"""Documents judged whole: the command, the choice of a model, what is no claim, conditions, notebooks, bad input."""

import io
import json
import os

import pytest

from derivations import load
from symbolic import cli
from symbolic.judging import claims
from symbolic.pipeline import NO_EQUATIONS, NO_MODEL, check_document, read_note
from symbolic.reading.document.read import read_document

TANH = load("tanh_rnn").models

NOTE = r"""# A network

We train with $\alpha = 0.01$ on $n_x = 5000$ words, the shape being $(n_x, m) = (10, 3)$, update
$W := W - \alpha \frac{\partial L}{\partial W}$ and start with $b = 0$ and $h^{(0)} = 0$.

## Going back

Write $\epsilon^{(t)} = \frac{\partial L}{\partial o^{(t)}}$. For $t < \tau$ it follows that

$$\delta^{(t)} = V^T(\hat y^{(t)}-y^{(t)}) + W^T\mathrm{diag}(1-(h^{(t+1)})^2)\delta^{(t+1)}$$

and at the last step $t = \tau$

$$\delta^{(t)} = V^T(\hat y^{(t)}-y^{(t)})$$

Hence $$\frac{\partial L}{\partial c} = \sum_{t=1}^\tau \epsilon^{(t)}$$
$$= \sum_{t=1}^\tau y^{(t)}$$
If $x > 0$, then $\frac{\partial L}{\partial c} = 0$.

We have f'(x) = 1 - f(x)^2; for the sigmoid, $f'(z) = f(z)(1-f(z))$. Also $g'(u) = g(u)(1 - g(u))$, but not
$k'(u) = k(u)$. Unclosed $\frac{\partial L}{\partial c} = 0
"""

VERDICTS = {
    "L4:3": "proved", "L8:1": "accepted", "L10:1": "proved", "L14:1": "proved", "L16:1": "proved", "L17:1": "refuted",
    "L18:1": "unreadable", "L20:1": "proved", "L20:2": "proved", "L20:3": "proved", "L21:1": "unreadable",
    "L21:2": "unreadable",
}  # fmt: skip


def test_a_note_against_a_model():
    checked = read_note(NOTE, "markdown", TANH)
    entries = {e.id: e for e in checked.entries}
    assert {i: e.verdict for i, e in entries.items()} == VERDICTS
    assert entries["L4:3"].assumes == ("h_0=0",)
    assert "x > 0" in entries["L18:1"].reason
    assert entries["L20:1"].reading == "f = tanh" and "g = sigmoid" in entries["L20:3"].reading
    assert "nothing says which function k is" in entries["L21:1"].reason
    assert "never closed" in entries["L21:2"].reason


def test_without_its_condition_the_last_step_is_wrong():
    checked = read_note(NOTE.replace("the last step $t = \\tau$", "every step"), "markdown", TANH)
    assert {e.id: e.verdict for e in checked.entries}["L14:1"] == "refuted"


STRANGE = (
    # a condition on an index or a length that the formula and the model do not know: no fault, and nothing is refuted by it
    (r"$h^{(t)} = W h^{(t-1)}, t = 1, 2, \dots, l$", "unreadable", "names l"),
    (r"For $k < t$ we have $\frac{\partial L}{\partial o^{(t)}} = 2 (\hat y^{(t)} - y^{(t)})$", "unreadable", "under k < t"),
    (r"For $k < t$ we have $\frac{\partial L}{\partial o^{(t)}} = \hat y^{(t)} - y^{(t)}$", "proved", ""),
)


@pytest.mark.parametrize("text, verdict, reason", STRANGE)
def test_conditions_on_what_stands_nowhere_else(text, verdict, reason):
    (entry,) = read_note(text, "markdown", TANH).entries
    assert entry.verdict == verdict and reason in entry.reason


def test_a_fault_of_our_own_stops_no_other_equation(monkeypatch):
    worked_out = claims.worked_out

    def broken(reading, derivation):
        if "V" in str(reading.head):
            raise ZeroDivisionError("in\nside")
        return worked_out(reading, derivation)

    monkeypatch.setattr(claims, "worked_out", broken)
    entries = read_note(r"$\frac{\partial L}{\partial V} = 0$ and $\frac{\partial L}{\partial c} = 0$", "markdown", TANH).entries
    assert [e.verdict for e in entries] == ["unproved", "refuted"]
    assert entries[0].reason == "a fault of our own, ZeroDivisionError: in side"


def test_each_scope_takes_the_notation_that_reads_it():
    first = r"$h_t = \sigma(W_{rec}h_{t-1} + W_{in}x_t + b_t)$"
    second = r"$h_t = \sigma(W^{hh}h_{t-1} + W^{hx}x_t)$ and $\hat{y}_t = \mathrm{softmax}(W^s h_t)$"
    jacobian = r"$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(\sigma'(%s)) %s$"
    one = jacobian % (r"W_{rec}h_{t-1} + W_{in}x_t + b_t", "W_{rec}")
    two = jacobian % (r"W^{hh}h_{t-1} + W^{hx}x_t", "W^{hh}")
    for text in (f"{first}\n\n{one}\n\n{second}\n\n{two}", f"{second}\n\n{two}\n\n{first}\n\n{one}"):
        checked = read_note(text, "markdown", load("gradient_flow").models)
        assert {e.verdict for e in checked.entries} <= {"accepted", "proved"} and len(checked.entries) == 5


def test_declarations_fix_layout_and_order():
    text = r"""$\frac{\partial L}{\partial c} = \sum_{t=1}^\tau (\hat y^{(t)} - y^{(t)})^T$"""
    block = "```gradproof\nlayout: jacobian\n```\n"
    assert [e.verdict for e in read_note(text, "markdown", TANH).entries] == ["refuted"]
    assert [e.verdict for e in read_note(block + text, "markdown", TANH).entries] == ["proved"]


def test_what_is_missing_is_said():
    assert check_document(read_document("only words", "text")).problems == (NO_EQUATIONS,)
    assert check_document(read_document("$\\alpha = 3$", "text")).problems[0] == NO_MODEL


# the command


def run(capsys, *words):
    status = cli.main(list(words))
    told = capsys.readouterr()
    return status, told.out, told.err


CLAIM = r"\frac{\partial L}{\partial o^{(t)}} = \hat y^{(t)} - y^{(t)}"


@pytest.mark.parametrize(
    "name, text, where",
    [
        ("note.md", f"so\n$${CLAIM}$$", "note.md:2:41: proved"),
        ("note.tex", f"\\begin{{document}}\\[{CLAIM}\\]\\end{{document}}", "note.tex:1:57: proved"),
        ("note.txt", f"so \\({CLAIM}\\)", "note.txt:1:44: proved"),
        ("note.ipynb", json.dumps({"cells": [{"cell_type": "markdown", "source": f"${CLAIM}$"}]}), "note.ipynb:cell 1:1:40: proved"),
    ],
)  # fmt: skip
def test_every_kind_of_file(tmp_path, monkeypatch, capsys, name, text, where):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8")
    status, out, err = run(capsys, "check", name, "--model", "tanh_rnn", "--format", "concise")
    assert status == 0 and out.startswith(where) and err == ""


def test_standard_input(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"${CLAIM}$".encode())))
    status, out, _ = run(capsys, "check", "-", "--model", "tanh_rnn", "--format", "concise")
    assert status == 0 and out.startswith("standard input:1:40: proved")


def test_the_source_line_stands_under_an_entry(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cells = [{"cell_type": "code", "source": ""}, {"cell_type": "markdown", "source": "a\n$\\frac{\\partial L}{\\partial c} = 0$"}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    status, out, _ = run(capsys, "check", "n.ipynb", "--model", "tanh_rnn")
    assert status == 1 and "n.ipynb:cell 2:2:34: refuted" in out
    assert " 2 | $\\frac{\\partial L}{\\partial c} = 0$" in out


BAD = (
    # (name of the file, bytes, what is said)
    ("a.md", b"a\n\xff", "a.md:2:1: the byte 0xff is no UTF-8"),
    ("a.md", b"a\0b", "a.md:1:2: a NUL character"),
    ("a.md", "a".encode("utf-16"), "a.md: it is in UTF-16"),
    ("a.md", b"x" * 5_000_001, "a.md: it is larger than 5000000 bytes"),
    ("a.ipynb", b"{", "a.ipynb:1:2: no notebook"),
    ("a.docx", b"", "the ending .docx is none of a document; legal are .md"),
    ("a.md", b"$\\alpha = 1$", "a.md: no forward equations found; give --model"),
    ("a.tex", b"\\newcommand{\\be}{\\be$}\n\\begin{document}" + b"\\be x\n\n" * 21, "a.tex:42:1: the macro \\be calls itself"),
)


@pytest.mark.parametrize("name, data, said", BAD, ids=[b[2][:40] for b in BAD])
def test_bad_input_gets_one_sentence_and_status_2(tmp_path, monkeypatch, capsys, name, data, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(data)
    status, _, err = run(capsys, "check", name)
    assert status == 2 and said in err and "Traceback" not in err


def test_directories_and_special_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.md").mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    assert "folder.md holds no note" in run(capsys, "check", "folder.md")[2]
    assert "no regular file" in run(capsys, "check", "pipe.md")[2]
    assert "no built-in derivation and no file" in run(capsys, "check", "none.md")[2]


def test_no_equations_and_broken_places_are_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("words")
    (tmp_path / "b.md").write_text(f"${CLAIM}$\n\nopen $x = y\n")
    status, out, err = run(capsys, "check", "a.md", "--model", "tanh_rnn")
    assert status == 0 and "No equations found." in out and "no equations found" in err
    status, out, err = run(capsys, "check", "b.md", "--model", "tanh_rnn", "--format", "json")
    assert "b.md:3:6: this $ is never closed in its paragraph" in err
    assert json.loads(out)["files"][0]["summary"] == {"proved": 1, "unreadable": 1} and status == 0
    assert run(capsys, "check", "b.md", "--model", "tanh_rnn", "--strict")[0] == 1


MODEL_NOTE = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$
$$\hat y_t = V h_t$$
$$L = \frac{1}{2} \sum_{t=1}^T \|\hat y_t - y_t\|^2$$
"""


def test_the_model_may_come_from_another_note(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.md").write_text(MODEL_NOTE)
    (tmp_path / "claim.md").write_text(r"$\frac{\partial L}{\partial V} = \sum_{t=1}^T (\hat y_t - y_t) h_t^T$")
    status, out, _ = run(capsys, "check", "claim.md", "--model", "model.md", "--format", "concise")
    assert status == 0 and ": proved" in out
    assert run(capsys, "derive", "model.md")[0] == 0


UNSAID = r"""
$$z = W x + b, \qquad h = \sigma(z), \qquad L = \frac12 \|h - y\|^2$$

$$\frac{\partial L}{\partial z} = (h - y) \odot %s$$

$$\frac{\partial L}{\partial b} = (h - y) \odot %s$$
"""
FOUND = (
    # the slopes of the two gradients -> their verdicts, and what is said of the first
    ("h \\odot (1 - h)", "h \\odot (1 - h)", ["proved", "proved"], "sigma = sigmoid"),
    ("(1 - h^2)", "(1 - h^2)", ["proved", "proved"], "sigma = tanh"),
    ("(1 - h^2)", "h \\odot (1 - h)", ["unreadable", "unreadable"], "refuted if sigma = sigmoid, proved if sigma = tanh"),
    ("(1 - h^2)", "2 h", ["proved", "refuted"], "sigma = tanh"),
    ("\\sigma'(z)", "h \\odot (1 - h)", ["proved", "proved"], ""),
    ("\\sigma'(z)", "(1 - h^2)", ["proved", "unreadable"], ""),
    ("\\sigma'(z)", "2 h", ["proved", "refuted"], ""),
)


@pytest.mark.parametrize("first, second, verdicts, told", FOUND)
def test_an_unexplained_function_is_the_one_under_which_most_holds(first, second, verdicts, told):
    entries = [e for e in read_note(UNSAID % (first, second)).entries if e.kind == "claim"]
    assert [e.verdict for e in entries] == verdicts
    assert told in f"{entries[0].reading} {entries[0].reason}"


def test_a_loss_that_names_one_class_is_not_refuted():
    note = r"$p = \operatorname{softmax}(W x)$, $L = -\sum_i y_i \ln p_i = -\ln p_c$ and $\frac{\partial L}{\partial x} = W^\top (p - y)$"
    verdicts = {e.id: (e.verdict, e.reason) for e in read_note(note).entries}
    assert verdicts["L1:3"][0] == "unreadable" and "one class c" in verdicts["L1:3"][1]
    assert verdicts["L1:4"][0] == "proved"


SLOPES = (
    # what the note says -> the reading of its identity
    (r"For $h$ we have $h'(u) = 1 - \tanh^2(u)$.", "h = tanh"),
    (r"Here $h(u) = \tanh(u)$, so $h'(u) = 1 - \tanh^2(u)$.", None),
)


@pytest.mark.parametrize("text, reading", SLOPES)
def test_a_function_known_by_its_slope_alone_is_named(text, reading):
    *_, last = read_note(r"$y = W x$, $L = \frac12 \|y - r\|^2$. " + text).entries
    assert (last.kind, last.verdict, last.reading) == ("identity", "proved", reading)
