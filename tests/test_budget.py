"""Budgets: what takes too long is stopped, the rest is judged; interrupted runs are taken up; one child or many, the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symbolic import cli
from symbolic.command import crew
from symbolic.judging import claims, firststep
from symbolic.judging.keeping import Keeper
from symbolic.language.effort import Budget
from symbolic.proof import judge
from symbolic.proof.verdict import Entry

ROOT = Path(__file__).resolve().parent.parent

NOTE = r"""
The state is $h_t = \tanh(W h_{t-1} + U x_t + b)$, the output $o_t = V h_t$, and the loss

$$ L = \sum_{t=1}^T \frac{1}{2} \|o_t - y_t\|^2 $$

$$ \frac{\partial L}{\partial V} = \sum_{t=1}^T (o_t - y_t) h_t^\top $$
$$ \frac{\partial L}{\partial o_t} = o_t - y_t $$
$$ \frac{\partial L}{\partial o_t} = y_t - o_t $$
"""
SLOW = "L6:1"
"""The '=' that is made to take too long below."""


@pytest.fixture
def note(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("note.md").write_text(NOTE)
    return "note.md"


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Time enough to put an interrupted report together on a busy machine."""
    monkeypatch.setattr(crew, "CLOSING", 20)


def slowed(monkeypatch, what):
    """Have something happen whenever one certain '=' is judged."""
    attempt = claims._attempted

    def attempted(claim, model, layout):
        if claim.id == SLOW:
            what()
        return attempt(claim, model, layout)

    monkeypatch.setattr(claims, "_attempted", attempted)


def check(capsys, *words):
    status = cli.main(["check", *words])
    told = capsys.readouterr()
    return status, told.out, told.err


def entries(text):
    return {e["id"]: e for f in json.loads(text)["files"] for e in f["equations"]}


def sleeping():
    time.sleep(60)


def hoarding():
    kept = [bytearray(2**26) for _ in range(64)]
    raise AssertionError(f"{len(kept)} pieces of 64 MiB were to be had")


def dying():
    os.kill(os.getpid(), signal.SIGSEGV)


def spinning():
    while True:
        pass


@pytest.mark.parametrize(
    "happens, budget, why",
    [(sleeping, "3", "stopped after 3 s"), (spinning, "3", "stopped after 3 s"), (hoarding, "60", "stopped at 1 GiB of memory"),
     (dying, "60", "stopped, since the process that judged it ended without an answer")],
)  # fmt: skip
def test_what_overruns_is_stopped_and_the_rest_is_judged(happens, budget, why, note, monkeypatch, capsys):
    _, plain, _ = check(capsys, note, "--format", "json")
    slowed(monkeypatch, happens)
    start = time.monotonic()
    status, out, err = check(capsys, note, "--format", "json", "--budget", budget)
    took = time.monotonic() - start
    expected = entries(plain)
    found = entries(out)
    slow = found.pop(SLOW)
    assert expected.pop(SLOW)["verdict"] == "proved"
    assert slow["verdict"] == "unproved" and slow["reason"] == f"budget used up; {why}"
    assert found == expected and "refuted" in {e["verdict"] for e in found.values()}
    assert status == 1 and err == "" and took < 60


def test_a_source_on_which_nothing_comes_is_given_up(note, monkeypatch, capsys):
    from symbolic.command import sources

    monkeypatch.setattr(sources, "document_of", lambda *_: time.sleep(60))
    Path("short.md").write_text("$a = b$")
    status, out, err = check(capsys, "short.md", "--budget", "0.3")
    assert status == 2 and "nothing is judged: the source was not read to its end: stopped after 0.3 s" in out
    assert "short.md: the source was not read" in err


def test_a_judgement_that_others_rest_on_is_not_left_out(note, monkeypatch, capsys):
    named = NOTE.replace(r"$h_t = \tanh(W h_{t-1} + U x_t + b)$", r"$a_t = W h_{t-1} + U x_t + b$, $h_t = \tanh(a_t)$")
    Path(note).write_text(named + "\n$$ a_1 = U x_1 + b $$\n")
    _, out, _ = check(capsys, note, "--format", "json")
    assert entries(out)["L10:1"]["verdict"] == "proved"
    attempt = claims._attempted
    monkeypatch.setattr(firststep, "judged", lambda claim, model, _, supports: claims.judged(claim, model, "other", supports))
    monkeypatch.setattr(claims, "_attempted", lambda c, m, layout: sleeping() if layout == "other" else attempt(c, m, layout))
    _, out, _ = check(capsys, note, "--format", "json", "--budget", "3")
    assert {e["verdict"] for e in entries(out).values()} == {"unproved"}
    assert "the judgement on L10:1, on which the reading of the others rests" in entries(out)["L8:1"]["reason"]


def test_steps_are_counted_the_same_everywhere(note, monkeypatch, capsys):
    monkeypatch.setattr(judge, "Ledger", lambda: judge_ledger(Budget(400)))
    found = entries(check(capsys, note, "--format", "json")[1])
    assert found["L7:1"]["reason"] == "budget used up" and found["L7:1"]["verdict"] == "unproved"
    again = entries(check(capsys, note, "--format", "json")[1])
    assert again == found
    Path("short.md").write_text(NOTE.replace(r"$$ \frac{\partial L}{\partial V} = \sum_{t=1}^T (o_t - y_t) h_t^\top $$", ""))
    short = entries(check(capsys, "short.md", "--format", "json")[1])
    assert short["L7:1"] == found["L7:1"]  # whatever was judged before


judge_ledger = judge.Ledger


def test_a_proof_counts_the_same_steps_whatever_was_asked_before(note, capsys):
    whole = entries(check(capsys, note, "--format", "json")[1])
    Path("short.md").write_text(NOTE.replace(r"$$ \frac{\partial L}{\partial V} = \sum_{t=1}^T (o_t - y_t) h_t^\top $$", ""))
    short = entries(check(capsys, "short.md", "--format", "json")[1])
    assert short["L7:1"] == whole["L7:1"] and whole["L7:1"]["proof"]["steps"] > 0


MISTAKES = [
    (["--budget", "0"], "--budget 0 is no number of seconds"),
    (["--budget", "nan"], "--budget nan is no number of seconds"),
    (["--jobs", "0"], "--jobs 0: at least one"),
    (["--resume"], "--resume needs --journal FILE"),
    (["--journal", "no/such/folder/f"], "no/such/folder/f cannot be written: there is no folder"),
    (["-o", "no/such/folder/f"], "no/such/folder/f cannot be written: there is no folder"),
    (["--certificates", "no/such/folder/f"], "no/such/folder/f cannot be written: there is no folder"),
]


@pytest.mark.parametrize("words, sentence", MISTAKES)
def test_mistakes(words, sentence, note, capsys):
    status, out, err = check(capsys, note, *words)
    assert status == 2 and sentence in err and out == ""


def test_an_unreadable_source_does_not_stop_the_others(note, capsys):
    Path("broken.md").write_bytes(b"\xff\xfe$a=b$")
    status, out, err = check(capsys, "broken.md", note)
    assert status == 2 and "it is in UTF-16" in err and "nothing is judged" in out and "note.md:6:36: proved" in out


def test_a_folder_stands_for_the_notes_below_it(note, capsys):
    for name in ("b/2.tex", "b/1.md", "b/x.png", "a.txt", "b/.hidden/3.md"):
        Path("f", name).parent.mkdir(parents=True, exist_ok=True)
        Path("f", name).write_text("$x = y$")
    os.symlink("..", "f/b/loop")
    _, out, _ = check(capsys, "f", "--format", "json")
    assert [f["file"] for f in json.loads(out)["files"]] == ["f/a.txt", "f/b/1.md", "f/b/2.tex"]


def test_one_child_or_many_the_same_bytes(note, capsys):
    Path("f").mkdir()
    for k in range(5):
        Path("f", f"{k}.md").write_text(NOTE + f"\n$z_{k} = {k}$ and $w = 1\n")
    one = check(capsys, "f", "tanh_rnn", "--format", "json", "--jobs", "1")
    many = check(capsys, "f", "tanh_rnn", "--format", "json", "--jobs", "8")
    assert one == many and one[2].count("never closed") >= 5


def command(*words, **more):
    return [sys.executable, "-m", "symbolic", "check", *words], {
        "env": {**os.environ, "PYTHONPATH": str(ROOT), **more}, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
    }  # fmt: skip


def test_an_interrupted_run_keeps_what_is_done_and_goes_on(note, monkeypatch, capsys):
    words = (note, "tanh_rnn", "--format", "json", "-o", "out.json")
    assert check(capsys, *words)[0] == 1
    whole = Path("out.json").read_bytes()
    assert not Path("out.json.journal").exists()
    Path("out.json").unlink()

    with monkeypatch.context() as patched:
        slowed(patched, lambda: os.kill(os.getppid(), signal.SIGINT) or sleeping())
        start = time.monotonic()
        status, out, err = check(capsys, *words)
    assert status == 2 and time.monotonic() - start < 15 and out == ""
    assert "interrupted: 0 of 2 sources were judged, 1 in part; with --resume" in err
    assert not Path("out.json").exists()
    lines = Path("out.json.journal").read_bytes()
    assert lines.count(b"\n") >= 3

    attempt = claims._attempted

    def counted(*words):
        with Path("judged").open("a") as file:
            file.write("x")
        return attempt(*words)

    monkeypatch.setattr(claims, "_attempted", counted)
    Path("out.json.journal").write_bytes(lines + b'{"judged": "cut of')
    assert check(capsys, *words, "--resume")[0] == 1
    assert Path("out.json").read_bytes() == whole and not Path("out.json.journal").exists()
    assert len(entries(whole)) > len(Path("judged").read_text()) > 0  # what was known was not judged again


def test_a_run_without_an_output_file_shows_what_is_done(note, monkeypatch, capsys):
    slowed(monkeypatch, lambda: os.kill(os.getppid(), signal.SIGINT) or sleeping())
    status, out, err = check(capsys, note, "--format", "json", "--journal", "j")
    verdicts = {i: e["verdict"] for i, e in entries(out).items()}
    assert status == 2 and "interrupted" in err and Path("j").exists()
    assert verdicts["L4:1"] == "proved" and verdicts[SLOW] == "unproved"
    assert entries(out)[SLOW]["reason"] == "budget used up; interrupted"


def test_what_was_stopped_stays_stopped_when_a_run_is_resumed(note, monkeypatch, capsys):
    words = (note, "--format", "json", "--budget", "3", "--journal", "j")
    with monkeypatch.context() as patched:
        slowed(patched, sleeping)
        first = check(capsys, *words)
    again = check(capsys, *words, "--resume")
    assert again == first and entries(first[1])[SLOW]["verdict"] == "unproved"
    more = check(capsys, *words, "--resume", "--budget", "30")
    assert entries(more[1])[SLOW]["verdict"] == "proved"


def test_a_journal_of_something_else_is_refused(note, capsys):
    for text in ("{}\n", "hello\nworld\n"):
        Path("j").write_text(text)
        status, _, err = check(capsys, note, "--journal", "j", "--resume")
        assert status == 2 and "line 1 of j is no line of a journal" in err and Path("j").read_text() == text


def test_ctrl_c_is_answered_within_a_second(note):
    words, settings = command(*[note] * 40)
    process = subprocess.Popen(words, **settings)
    time.sleep(6)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 2 and "interrupted" in err and "Traceback" not in err
    assert out == "" or "proved" in out
    assert time.monotonic() - start < 3  # one second on a quiet machine


def test_what_was_stopped_is_said_whatever_the_rest_of_the_note_made_of_it():
    plain = {"line": 1, "column": 1, "end_line": 1, "end_column": 2, "latex": "x", "head": "y", "kind": "claim"}
    found = [Entry(id="L1:1", verdict="unreadable", reason="r", **plain), Entry(id="L2:1", verdict="refuted", root=("L1:1",), **plain)]
    keeper = Keeper(stopped={"L1:1": "stopped after 1 s"})
    first, second = keeper.settled(tuple(found))
    assert (first.verdict, first.reason) == ("unproved", "budget used up; stopped after 1 s") and second == found[1]
