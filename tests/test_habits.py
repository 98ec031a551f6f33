"""Habits: settings in pyproject.toml, comments that ask not to judge, completion, repairs as a diff and in the file."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from symbolic import cli
from symbolic.command import fixing
from symbolic.command.fixing import Change, Fixed, applied, fixed
from symbolic.command.settings import KEYS, settings_for
from symbolic.pipeline import read_note
from symbolic.proof.verdict import Entry, Mend
from symbolic.reading.document.ignoring import asked_lines, ignored
from symbolic.showing.report import Report
from symbolic.showing.report_text import Style

ROOT = Path(__file__).resolve().parent.parent
NETWORK = r"""The state is $h_t = \tanh(W h_{t-1} + U x_t + b)$, the output $o_t = V h_t$, and the loss

$$ L = \sum_{t=1}^T \frac{1}{2} \|o_t - y_t\|^2 $$
"""
RIGHT = r"\frac{\partial L}{\partial V} = \sum_{t=1}^T (o_t - y_t) h_t^\top"
WRONG = RIGHT.replace("h_t^", "h_{t-1}^")


def run(capsys, *words):
    status = cli.main(list(words))
    told = capsys.readouterr()
    return status, told.out, told.err


def note(tmp_path, text, name="note.md"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


# settings


def table(folder, text):
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def test_the_nearest_table_gives_defaults(tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "note.md").write_text("x")
    table(tmp_path, '[tool.gradproof]\nstrict = true\njobs = 2\nbudget = 3\nassume = ["x: input"]\n')
    assert settings_for([str(below / "note.md")]) == {"strict": True, "jobs": 2, "budget": 3, "assume": ["x: input"]}
    table(tmp_path / "a", "[tool.other]\nx = 1\n")  # it has no table of ours, so that the one above counts
    assert settings_for([str(below)])["jobs"] == 2
    table(below, '[tool.gradproof]\nformat = "json"\n')
    assert settings_for([str(below / "note.md")]) == {"format": "json"} and settings_for([str(tmp_path)])["strict"]


def test_files_are_looked_for_beside_the_table(tmp_path):
    (tmp_path / "network.md").write_text("x")
    table(tmp_path, '[tool.gradproof]\nmodel = "network.md"\nassume = ["W: weight"]\n')
    assert settings_for([str(tmp_path)]) == {"model": str(tmp_path / "network.md"), "assume": ["W: weight"]}


WRONG_TABLES = [
    ('formt = "json"', "knows no key formt; the keys are model, assume, layout, format"),
    ('jobs = "2"', "jobs in [tool.gradproof] is a whole number"),
    ("jobs = true", "jobs in [tool.gradproof] is a whole number"),
    ("assume = [1]", "assume in [tool.gradproof] is a list of texts"),
    ('output = "x"', "knows no key output"),
    ('certificates = "x"', "knows no key certificates"),
    ("fix = true", "knows no key fix"),
    ("x =", "is no TOML"),
]


@pytest.mark.parametrize("line, sentence", WRONG_TABLES, ids=[w[0] for w in WRONG_TABLES])
def test_a_wrong_table_is_one_clear_error(line, sentence, tmp_path, capsys):
    table(tmp_path, f"[tool.gradproof]\n{line}\n")
    status, shown, said = run(capsys, "check", note(tmp_path, "$a$"))
    assert status == 2 and sentence in said and said.count("\n") == 1 and not shown


def test_the_command_line_overrules_the_table(tmp_path, capsys):
    source = note(tmp_path, NETWORK)
    table(tmp_path, '[tool.gradproof]\nformat = "json"\n')
    assert json.loads(run(capsys, "check", source)[1])["schema"] == 1
    assert run(capsys, "check", source, "--format", "concise")[1].startswith(source)


def test_a_table_decides_on_the_exit_status(tmp_path, capsys):
    source = note(tmp_path, NETWORK + r"$\frac{\partial L}{\partial V} = \oint$")
    assert run(capsys, "check", source)[0] == 0
    table(tmp_path, "[tool.gradproof]\nstrict = true\n")
    assert run(capsys, "check", source)[0] == 1


def test_no_key_writes_a_file():
    assert not {k.option for k in KEYS.values()} & {"output", "journal", "counterexamples", "certificates", "fix", "resume"}


# comments that ask not to judge

MARKDOWN, TEX = "<!-- gradproof: ignore -->", "% gradproof: ignore"


@pytest.mark.parametrize("line, asked", [
    (MARKDOWN, True), ("$a$ " + MARKDOWN, True), ("<!--gradproof:ignore-->", True), (TEX, True), ("%% gradproof: ignore", True),
    ("a % gradproof: ignore ", True), (r"5\% gradproof: ignore", False), ("gradproof: ignore", False), ("% gradproof: ignores", False),
    ("<!-- gradproof: ignore this -->", False),
])  # fmt: skip
def test_which_lines_ask(line, asked):
    assert bool(asked_lines([line])) == asked


@pytest.mark.parametrize("asked, whole, rows", [
    ([1], {0}, set()), ([2], {1, 2}, set()), ([3], {3}, set()), ([4], {3}, set()), ([6], set(), {6}), ([9], set(), set()), ([], set(), set()),
])  # fmt: skip
def test_what_a_comment_speaks_of(asked, whole, rows):
    assert ignored(asked, [(1, 1), (2, 2), (2, 2), (4, 7)]) == (whole, rows)


IGNORING = [
    # (text, verdicts of what is judged, how many are ignored)
    (f"{NETWORK}\n{MARKDOWN}\n\n$${WRONG}$$\n\n$${RIGHT}$$", 4, 1),
    (f"{NETWORK}\n$${WRONG}$$ {MARKDOWN}\n\n$${RIGHT}$$", 4, 1),
    (f"{NETWORK}\nWrong: ${WRONG}$ and $h_t = W h_{{t-1}}$. {MARKDOWN}\n\n$${RIGHT}$$", 4, 2),
    (f"{NETWORK}\n$$\\begin{{aligned}}\n{WRONG} \\\\ {TEX}\n{RIGHT}\n\\end{{aligned}}$$", 4, 1),
    (f"{NETWORK}\n$${RIGHT}$$\n\n```\n{MARKDOWN}\n```\n\n$${RIGHT}$$\n", 5, 0),  # in code it says nothing
    (f"{NETWORK}\n$${RIGHT}$$\n\n{MARKDOWN}\n", 4, 0),
]


@pytest.mark.parametrize("text, judged, count", IGNORING)
def test_what_is_ignored_is_not_judged_but_listed(text, judged, count):
    checked = read_note(text, "markdown")
    assert [e.verdict for e in checked.entries] == ["proved"] * judged, [(e.id, e.verdict) for e in checked.entries]
    assert len(checked.ignored) == count


def test_what_is_ignored_is_no_forward_equation():
    text = NETWORK.replace("The state", f"{MARKDOWN}\n\n$h_t = W x_t$\n\nThe state") + f"\n$${RIGHT}$$\n"
    assert [e.verdict for e in read_note(text, "markdown").entries] == ["proved"] * 4


def test_latex_has_comments_of_its_own():
    body = f"{NETWORK}\n{TEX}\n\\[ {WRONG} \\]\n\\begin{{verbatim}}\n{TEX}\n\\end{{verbatim}}\n\\[ {RIGHT} \\]\n%% gradproof: x_t: input\n"
    checked = read_note(f"\\documentclass{{article}}\\begin{{document}}\n{body}\\end{{document}}", "latex")
    assert [e.verdict for e in checked.entries] == ["proved"] * 4 and len(checked.ignored) == 1 and not checked.problems


@pytest.mark.parametrize("text, told", [
    (f"${WRONG}$ {MARKDOWN}\n", "the only formula is ignored, as the note asks"),
    (f"${WRONG}$ and $a = b$ {MARKDOWN}\n\n{MARKDOWN}\n$h_t = W x_t$\n", "all 3 formulas are ignored, as the note asks"),
    (f"$$\\begin{{aligned}}\na &= b {TEX}\\\\\nc &= d {TEX}\n\\end{{aligned}}$$\n", "the only formula is ignored, as the note asks"),
    (f"$a = b$ {MARKDOWN} \n\n${WRONG}$\n", ""),
])  # fmt: skip
def test_a_note_of_which_all_is_ignored_is_in_order(text, told, tmp_path, capsys):
    status, shown, said = run(capsys, "check", note(tmp_path, text))
    assert status == (0 if told else 2) and told in shown and bool(said) == (not told)


def test_ids_do_not_change_by_ignoring():
    text = f"{NETWORK}\n${WRONG}$ and ${RIGHT}$."
    before = [e.id for e in read_note(text, "markdown").entries]
    checked = read_note(text + " " + MARKDOWN, "markdown")
    assert [e.id for e in (*checked.entries, *checked.ignored)] == before


def test_a_row_is_ignored_and_the_exit_status_with_it(tmp_path, capsys):
    status, shown, _ = run(capsys, "check", note(tmp_path, f"{NETWORK}\n$${WRONG}$$ {MARKDOWN}\n"), "--format", "concise")
    assert status == 0 and "ignored: \\frac" in shown and "1 ignored" in shown


# completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_formats_and_files(shell, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--print-completion", shell])
    script = capsys.readouterr().out
    assert end.value.code == 0 and "explain-model" in script and "sarif" in script
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=script, text=True, timeout=30).returncode == 0
        assert re.search(r"check_pos_0_COMPGEN=_shtab_compgen_files|_COMPGEN=_shtab_compgen_files", script)


def test_the_hooks_call_commands_that_exist():
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^  entry: gradproof (.*)$", text, re.MULTILINE)
    assert len(entries) == 2
    for words in entries:
        assert cli._parser().parse_args([*words.split(), "a.md"]).sources == ["a.md"]


# repairs


@pytest.mark.parametrize("text, changes, after, taken", [
    ("abc", [], "abc", 0),
    ("abc", [Change(0, 1, "X"), Change(2, 3, "Z")], "XbZ", 2),
    ("abc", [Change(2, 3, "Z"), Change(0, 1, "X")], "XbZ", 2),
    ("abcd", [Change(0, 2, "X"), Change(1, 3, "Y")], "Xcd", 1),
    ("abc", [Change(1, 1, "X"), Change(1, 1, "Y")], "aXbc", 1),
    ("abc", [Change(0, 1, "X"), Change(1, 2, "Y")], "XYc", 2),
    ("abc", [Change(3, 3, "!")], "abc!", 1),
    ("abc", [Change(2, 9, "X"), Change(-1, 1, "X"), Change(2, 1, "X")], "abc", 0),
])  # fmt: skip
def test_changes_are_made_from_the_first_on(text, changes, after, taken):
    made, kept = applied(text, changes)
    assert made == after and len(kept) == taken


def entry(line, column, end, text, **changes):
    mend = Mend(line, column, line, end, text, **changes)
    return Entry(f"L{line}:1", line, 1, line, end, "a = b", "a", "claim", "refuted", repair="c", mend=mend)


def report(path, *entries):
    content = Path(path).read_text(encoding="utf-8-sig")
    return Report(str(path), entries, dict(enumerate(content.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_only_the_wrong_part_changes(newline, mark, end, tmp_path):
    text = mark + newline.join(["ab\x0bcd", "层 efgh", "", "ij\u2028kl"]) + end.replace("\n", newline)
    path = note(tmp_path, text)
    found = fixed(report(path, entry(1, 2, 3, "X"), entry(2, 3, 5, "YYY"), entry(4, 6, 6, "!")))
    assert found.before == text
    assert found.after == text.replace("ab", "aX").replace("efgh", "YYYgh").replace("kl", "kl!")
    fixing.rewrite(found)
    assert Path(path).read_bytes() == found.after.encode()


@pytest.mark.parametrize("wrong", [
    entry(1, 2, 3, "X", exact=False), entry(1, 2, 3, "X", whole=True), entry(9, 2, 3, "X"), entry(1, 9, 12, "X"), entry(1, 3, 2, "X"),
    Entry("L1:1", 1, 1, 1, 2, "a = b", "a", "claim", "refuted"),
])  # fmt: skip
def test_what_cannot_be_mended_is_left_alone(wrong, tmp_path):
    assert fixed(report(note(tmp_path, "abcd\n"), wrong)) is None


def test_a_file_that_has_changed_is_left_alone(tmp_path):
    path = note(tmp_path, "abcd\n")
    seen = report(path, entry(1, 2, 3, "X"))
    Path(path).write_text("xbcd\n")
    with pytest.raises(cli.UsageError, match="has changed since"):
        fixed(seen)


def test_a_file_is_rewritten_whole_or_not_at_all(tmp_path, monkeypatch):
    path = Path(note(tmp_path, "abcd\n"))
    link = tmp_path / "link.md"
    link.symlink_to(path)
    path.chmod(0o640)
    found = Fixed(str(link), (), "abcd\n", "efgh\n")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(cli.UsageError, match="No space left"):
        fixing.rewrite(found)
    assert path.read_text() == "abcd\n" and {p.name for p in tmp_path.iterdir()} == {"note.md", "link.md"}
    monkeypatch.undo()
    fixing.rewrite(found)
    assert path.read_text() == "efgh\n" and link.is_symlink() and path.stat().st_mode & 0o777 == 0o640


def test_the_diff_is_one_that_patch_takes(tmp_path):
    text = "a\nb\x1b[31m\nc"
    found = Fixed("d/note.md", (), text, text.replace("c", "C"))
    assert fixing.diff([found], Style()) == (
        "--- a/d/note.md\n+++ b/d/note.md\n@@ -1,3 +1,3 @@\n a\n b\x1b[31m\n-c\n\\ No newline at end of file\n"
        "+C\n\\ No newline at end of file\n"
    )
    on_a_terminal = fixing.diff([found], Style(colour=True))
    assert "\x1b[31m-c\x1b[0m" in on_a_terminal and "b\\x1b[31m" in on_a_terminal


def test_a_repair_is_shown_and_made(tmp_path, capsys):
    path = note(tmp_path, f"{NETWORK}\n$${WRONG}$$\n")
    before = Path(path).read_text()
    status, shown, _ = run(capsys, "check", path, "--diff")
    assert status == 1 and Path(path).read_text() == before
    assert f"-$${WRONG}$$\n" in shown and re.search(r"^\+\$\$.*h_\{?t\}?\^", shown, re.MULTILINE) and "refuted" not in shown
    status, shown, said = run(capsys, "check", path, "--fix")
    assert status == 0 and "1 formula mended" in said and ": was refuted (index); the right side is now " in said
    assert "4 '=': 4 proved" in shown  # the report is about the file as it is now
    assert Path(path).read_text() != before
    assert {e.verdict for e in read_note(Path(path).read_text(), "markdown").entries} == {"proved"}
    assert run(capsys, "check", path, "--fix")[2].endswith("there is nothing to mend\n")


def test_what_is_not_mended_is_still_wrong(tmp_path, capsys):
    other = r"$$\frac{\partial L}{\partial b} = \sum_{t=1}^T h_t x_t^\top + W + V$$"
    paths = [note(tmp_path, f"{NETWORK}\n$${WRONG}$$\n\n{other}\n"), note(tmp_path, f"{NETWORK}\n$${RIGHT}$$\n", "right.md")]
    status, shown, said = run(capsys, "check", *paths, "--fix", "--format", "concise")
    assert status == 1 and "9 '=': 8 proved, 1 refuted" in shown and said.count("judged again") == 1


def test_a_file_that_cannot_be_written_is_told_and_the_others_are_mended(tmp_path, capsys, monkeypatch):
    paths = [note(tmp_path, f"{NETWORK}\n$${WRONG}$$\n", name) for name in ("a.md", "b.md")]
    rewrite = fixing.rewrite

    def failing(f):
        if f.file == paths[0]:
            raise cli.UsageError("a.md cannot be written: No space left on device")
        rewrite(f)

    monkeypatch.setattr(fixing, "rewrite", failing)
    status, shown, said = run(capsys, "check", *paths, "--fix", "--format", "concise")
    assert status == 2 and "No space left" in said and "8 '=': 7 proved, 1 refuted" in shown


def test_what_is_ignored_is_not_mended(tmp_path, capsys):
    path = note(tmp_path, f"{NETWORK}\n$${WRONG}$$ {MARKDOWN}\n")
    before = Path(path).read_text()
    assert run(capsys, "check", path, "--fix")[0] == 0 and Path(path).read_text() == before


def test_notebooks_are_not_rewritten(tmp_path, capsys, monkeypatch):
    path = note(tmp_path, "abcd\n", "note.ipynb")
    assert fixed(report(path, entry(1, 2, 3, "X"))) is None
    assert "not made in notebooks" in capsys.readouterr().err
