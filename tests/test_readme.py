"""The README and the notation page promise nothing that does not work: every command, every program and every formula is run."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest
from reading_models import Recurrent

from symbolic import cli
from symbolic.reading import Passage, Reading, read_claims

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^(`{3,4})(\w*)\n(.*?)^\1$", README, re.S | re.M)


def fenced(kind: str) -> list[str]:
    return [text for _, name, text in FENCES if name == kind]


def commands() -> list[list[str]]:
    """The words of each command; what stands behind two spaces explains it."""
    found = re.findall(r"^ {4}(gradproof .*)$", README, re.M)
    return [shlex.split(re.split(r" {2,}", line)[0]) for line in found]


NOTE = next(text for text in fenced("markdown") if text.startswith("# "))
BLOCK = next(text for text in fenced("markdown") if "gradproof" in text)
STUDENT = r"$$\frac{\partial L}{\partial V} = \sum_{t=1}^T (o_t - y_t) h_t^\top$$" + "\n"
FINDINGS = {"gradproof check tanh_rnn": 1, "gradproof check note.md": 1, "gradproof check homework": 1}
"""Commands that find something wrong; every other one ends with status 0."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "note.md").write_text(NOTE, encoding="utf-8")
    (tmp_path / "student.md").write_text(STUDENT, encoding="utf-8")
    (tmp_path / "conventions.gradproof").write_text("W in R^{n x n}\nx_t: input\n", encoding="utf-8")
    (tmp_path / "homework").mkdir()
    (tmp_path / "homework" / "note.md").write_text(NOTE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_readme_works(words, folder, capsys):
    status = cli.main(words[1:])
    line = " ".join(words)
    wrong = any(line.startswith(begin) for begin in FINDINGS) and "--fix" not in words  # what is mended is no longer wrong
    assert status == int(wrong), capsys.readouterr()


def test_the_output_in_the_readme_is_real():
    tool = runpy.run_path(str(ROOT / "tools" / "readme.py"))
    assert len(tool["SHOWN"].findall(README)) == len(fenced("text")) and tool["NOTE"].search(README)[1] == NOTE
    assert tool["renewed"](README) == README, "make notebooks renews it"


def test_the_block_in_the_readme_is_understood(folder, capsys):
    (folder / "with_block.md").write_text(BLOCK.replace("y_t: label, sums to one\n", "") + "\n" + NOTE, encoding="utf-8")
    assert cli.main(["check", "with_block.md", "--format", "concise"]) == 1
    told = capsys.readouterr()
    assert told.err == "gradproof: with_block.md: \\sigma is declared, but stands in no formula that is understood\n"
    assert "1 refuted" in told.out


@pytest.mark.parametrize("program", fenced("python"))
def test_the_programs_of_the_readme_run(program, capsys):
    exec(program, {})
    assert "proved" in capsys.readouterr().out


# docs/notation.md

NOTATION = (ROOT / "docs" / "notation.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
    for line in NOTATION.splitlines()
    if line.startswith("|") and "`" in line
]


def spellings(cell: str) -> list[str]:
    """The formulas of a cell, each between backticks; a bar in a table stands behind a backslash."""
    return [text.replace(r"\|", "|") for text in re.findall(r"`([^`]+)`", cell)]


def shown(latex: str) -> str:
    (claim,) = read_claims((Recurrent.model,), (Passage(1, f"{latex} = {latex}"),))
    reading = next((r for r in claim.readings if isinstance(r, Reading)), None)
    assert reading is not None, claim.unreadable or claim.readings
    return str(reading.right)


UNDERSTOOD = [row for row in ROWS if len(row) == 2 and spellings(row[0]) and "not understood" not in row[1]]
REFUSED = [row for row in ROWS if len(row) == 2 and "not understood" in row[1]]


@pytest.mark.parametrize("row", UNDERSTOOD, ids=lambda row: row[0][:40])
def test_the_spellings_in_one_row_are_one_thing(row):
    terms = {latex: shown(latex) for latex in spellings(row[0])}
    assert len(set(terms.values())) == 1, terms


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row[0][:40])
def test_what_is_said_not_to_be_understood_is_unreadable(row):
    for latex in spellings(row[0]):
        (claim,) = read_claims((Recurrent.model,), (Passage(1, f"g = {latex}"),))
        assert claim.unreadable, latex
