"""The command line at its door: exit status, one clear sentence for a mistake, formats, output files."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import symbolic
from symbolic import cli
from symbolic.command import sources
from symbolic.command.output import put
from symbolic.proof.verdict import Counterexample, Entry, Proof
from symbolic.showing.formats import FORMATS, renderer
from symbolic.showing.harmless import harmless
from symbolic.showing.report import Report, source_lines, summary_line
from symbolic.showing.report_text import Style, numbers, window

ROOT = Path(__file__).resolve().parent.parent


def entry(**changes):
    plain = {
        "id": "L3:1", "line": 3, "column": 5, "end_line": 3, "end_column": 14, "latex": r"W^{\top} x", "head": "h",
        "kind": "claim", "verdict": "proved",
    }  # fmt: skip
    return Entry(**{**plain, **changes})


COUNTEREXAMPLE = Counterexample(2, {"n": 1, "m": 2}, "t = 1", [[0.5, -1.25]], [[0.25, 1e-9]])
ENTRIES = (
    entry(proof=Proof("induction", ("A",), 12), assumes=("sum(y)=1",)),
    entry(
        id="L4:1", line=4, verdict="refuted", cause="missing-factor", reason="h differs", step="fails", root=("L3:1",),
        counterexample=COUNTEREXAMPLE,
        repair=r"W^{\top} x_t",
    ),
    entry(
        id="L5:1", line=5, verdict="refuted", cause="shape", reason="does not conform",
        counterexample=Counterexample(1, {"n": 2}, "", None, [1.0], ("n_o=C",)),
    ),
    entry(id="L6:1", line=6, verdict="unreadable", latex="\x1b[31m`` <b>$", reason="a stray \u202e \x07"),
)  # fmt: skip
LINES = {3: "h = W^T x", 4: "h = W^T\tx", 5: "短い = 式", 6: "\x1b[31m`` <b>$"}
REPORT = Report("note", ENTRIES, LINES, title="A note")


def test_text_shows_place_reason_caret_and_help():
    shown = renderer("text")((REPORT,), Style())
    assert "note:4:5: refuted (missing-factor): h differs\n 4 | h = W^T x\n   |     ^^^^^\n" in shown
    for line in (
        "note:3:5: proved: W^{\\top} x [assumes sum(y)=1]",
        "  = counterexample: T = 2, n = 1, m = 2; t = 1: claimed [[0.5, -1.25]], true [[0.25, 1e-09]]",
        "  = step: does not follow from the expression before this '='",
        "  = inherits from: L3:1",
        r"  = right would be: W^{\top} x_t",
        "  = counterexample: T = 1, n = 2; conforms only if n_o=C",
        "note: 4 '=': 1 proved, 2 refuted, 1 unreadable",
    ):
        assert line in shown


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_from_a_note_reaches_the_terminal_raw(name):
    shown = renderer(name)((REPORT,), Style())
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_markdown_neither_opens_html_nor_ends_a_formula():
    shown = renderer("markdown")((Report("n|<b>", (entry(verdict="refuted", latex="a<b$c", reason="<i>"),)),), Style())
    assert r"a\lt b\$c" in shown and r"\<i\>" in shown
    assert not re.search(r"[^\\]<", shown)


def test_colours_only_when_asked_for():
    assert "\x1b[31mrefuted\x1b[0m" in renderer("text")((REPORT,), Style(colour=True))


def test_concise_is_one_line_per_entry():
    lines = renderer("concise")((REPORT,), Style()).splitlines()
    assert len(lines) == len(ENTRIES) + 1 and lines[1] == "note:4:5: refuted (missing-factor): h differs"


FIELDS = [
    "id", "line", "column", "end_line", "end_column", "latex", "head", "kind", "verdict", "step", "cause", "reason",
    "root", "reading", "layout", "assumes", "counterexample", "repair", "proof",
]  # fmt: skip


def test_json_is_the_contract():
    whole = json.loads(renderer("json")((REPORT,), Style()))
    assert (whole["schema"], whole["tool"]) == (1, {"name": "gradproof", "version": symbolic.__version__})
    (file,) = whole["files"]
    assert file["summary"] == {"proved": 1, "refuted": 2, "unreadable": 1}
    assert [list(e) for e in file["equations"]] == [FIELDS] * 4
    first, second, third, fourth = file["equations"]
    assert first["proof"] == {"method": "induction", "routes": ["A"], "steps": 12}
    assert second["counterexample"] == {
        "T": 2, "sizes": {"n": 1, "m": 2}, "where": "t = 1", "claimed": [[0.5, -1.25]], "true": [[0.25, 1e-9]],
    }  # fmt: skip
    assert third["counterexample"]["claimed"] is None and third["counterexample"]["conforms_only_if"] == ["n_o=C"]
    assert fourth["latex"] == ENTRIES[3].latex and second["root"] == ["L3:1"]


def test_json_holds_no_number_that_json_does_not_know():
    bad = Counterexample(1, {}, "", float("nan"), [float("inf")])
    (file,) = json.loads(renderer("json")((Report("n", (entry(counterexample=bad),)),), Style()))["files"]
    assert file["equations"][0]["counterexample"]["true"] == ["inf"]


def test_an_unknown_format_names_the_legal_ones():
    with pytest.raises(ValueError, match="yaml is no format; the formats are text, concise, json, markdown"):
        renderer("yaml")
    assert tuple(FORMATS) == cli.CHECK_FORMATS


def test_no_equations_is_said_aloud():
    assert summary_line(()) == "No equations found."
    assert "No equations found." in renderer("text")((Report("n", ()),), Style())


@pytest.mark.parametrize(
    "source, column, end, columns, shown",
    [
        ("a = b + c", 5, 10, 80, ("a = b + c", "    ^^^^^")),
        ("短い = 式", 6, 7, 80, ("短い = 式", "       ^^")),
        ("a\x07 = b", 6, 7, 80, ("a\\x07 = b", "        ^")),
        ("x" * 50 + " = y", 54, 55, 20, ("…" + "x" * 14 + " = y", " " * 18 + "^")),
        ("a = " + "y" * 50, 5, 55, 20, ("a = " + "y" * 14 + "…", "    " + "^" * 14)),
        ("short", 40, 50, 80, ("short", "     ^")),
    ],
)
def test_the_caret_stands_under_the_place(source, column, end, columns, shown):
    assert window(source, column, end, columns) == shown


def test_long_values_are_cut():
    assert len(numbers([[1.0] * 100] * 100)) <= 60


def test_source_lines_of_passages():
    from symbolic.reading.records import Passage

    assert source_lines((Passage(7, "a\nb"), Passage(9, "c"), Passage(9, "d"))) == {7: "a", 8: "b", 9: "c"}


def test_harmless_keeps_what_may_stand():
    assert harmless("δ_t\n\x00", keep="\n") == "δ_t\n\\x00"


def run(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "symbolic", *words],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120,
    )  # fmt: skip


MISTAKES = [
    ([], "required: COMMAND"),
    (["chek"], "invalid choice: 'chek'"),
    (["check"], "nothing to judge"),
    (["check", "no_such_note"], "no_such_note is no built-in derivation"),
    (["check", "tanh_rnn", "--format", "yaml"], "the formats are text, concise, json, markdown, html, latex, sarif, junit"),
    (["check", "tanh_rnn", "--no-repair", "--fix"], "--no-repair leaves nothing for --fix"),
    (["--print-completion", "fish"], "the shells are bash, zsh, tcsh"),
    (["check", "-e", "a=b"], "-e needs --model NAME"),
    (["check", "tanh_rnn", "-e", "a=b"], "leave out the source tanh_rnn"),
    (["check", "tanh_rnn", "--model", "tanh_rnn"], "--model goes with a document or -e LATEX"),
    (["check", "-e", "a=b", "--model", "tanh_rnn:7"], "tanh_rnn has 1 notation"),
    (["check", "tanh_rnn:x"], "after the colon"),
    (["derive"], "required: SOURCE"),
    (["derive", "tanh_rnn", "--format", "pdf"], "the formats are text, latex, markdown, html"),
    (["derive", "tanh_rnn", "--wrt", "Q"], "--wrt Q"),
    (["kernel", "\x1b[2Jx"], "no built-in derivation"),
    (["kernel", "tanh_rnn", "--backend", "tf"], "the back ends are numpy, jax, torch"),
    (["list", "--loud"], "unrecognized arguments"),
]


@pytest.mark.parametrize("words, sentence", MISTAKES, ids=[" ".join(m[0])[:30] for m in MISTAKES])
def test_a_mistake_gets_one_sentence_and_status_2(words, sentence, capsys):
    assert cli.main(words) == 2
    told = capsys.readouterr()
    assert sentence in told.err and told.out == ""
    assert told.err.count("\n") == 1 and "\x1b" not in told.err and "Traceback" not in told.err


def test_a_fault_of_our_own_is_said_in_one_sentence(monkeypatch, capsys):
    def broken(options):
        raise ZeroDivisionError("in\nside")

    commands = tuple((n, h, broken if n == "list" else r, a) for n, h, r, a in cli.COMMANDS)
    monkeypatch.setattr(cli, "COMMANDS", commands)
    assert cli.main(["list"]) == 2
    assert capsys.readouterr().err.startswith("gradproof: a fault of our own, ZeroDivisionError: in side")


def test_a_formula_may_begin_with_a_minus_sign():
    assert cli._attached(["check", "-e", "-x = y", "--model", "m"]) == ["check", "--formula=-x = y", "--model", "m"]


def test_help_answers_before_sympy_is_loaded():
    done = run("--help")
    assert done.returncode == 0 and "check" in done.stdout
    code = "import sys, symbolic.cli as c; c._parser(); print(any(m in sys.modules for m in ('sympy', 'numpy')))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert loaded.stdout.strip() == "False"


def test_help_is_quick():
    before = os.times()
    start = time.perf_counter()
    run("--help")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 0.3, f"--help took {used:.2f} s of processor time, {time.perf_counter() - start:.2f} s in all"


def test_output_is_written_whole_or_not_at_all(tmp_path, monkeypatch, capsys):
    target = tmp_path / "out.txt"
    target.write_text("before")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(cli.UsageError, match="No space left"):
        put("after", str(target))
    assert target.read_text() == "before" and list(tmp_path.iterdir()) == [target]
    monkeypatch.undo()
    put("after\n", str(target))
    assert target.read_text() == "after\n" and list(tmp_path.iterdir()) == [target]
    with pytest.raises(cli.UsageError, match="cannot be written"):
        put("x", str(tmp_path / "no" / "where"))


def test_a_reader_that_goes_away_is_no_fault():
    done = subprocess.run(
        f"{sys.executable} -m symbolic list | head -c 1",
        shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr and "fault" not in done.stderr


STATUS = [((), False, 0), (("refuted",), False, 1), (("unproved",), False, 0), (("unproved",), True, 1),
          (("unreadable",), True, 1), (("proved-given", "accepted"), True, 0)]  # fmt: skip


@pytest.mark.parametrize("verdicts, strict, status", STATUS)
def test_exit_status(verdicts, strict, status, monkeypatch, capsys):
    report = Report("n", tuple(entry(verdict=v) for v in verdicts))
    monkeypatch.setattr(sources, "note_report", lambda source, declared: report)
    assert cli.main(["check", "tanh_rnn", *(["--strict"] if strict else [])]) == status
