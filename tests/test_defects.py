"""A disagreement of the two routes: said aloud, kept as a file that asks both again, and kept for nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import sympy
from prover_models import MODELS
from sympy import Integer, Symbol
from sympy.core.symbol import Str

from symbolic import cli, language
from symbolic.command import defects
from symbolic.field.route import Agreement, Question
from symbolic.judging.defects import text_of
from symbolic.judging.rebuild import written
from symbolic.language import Var
from symbolic.model import records
from symbolic.proof import judge

FORMULA = r"\frac{\partial L}{\partial c} = \sum_{t=1}^{\tau} (\hat y^{(t)} - y^{(t)})"
ROOT = Path(__file__).resolve().parent.parent


def check(capsys, *words):
    status = cli.main(["check", *words])
    return status, capsys.readouterr().out


def test_a_disagreement_is_said_and_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(judge, "agreement", lambda question: Agreement("differs", 1, where="T = 2; n = 4"))
    status, out = check(capsys, "-e", FORMULA, "--model", "tanh_rnn", "--strict")
    (kept,) = (tmp_path / defects.FOLDER).iterdir()
    assert status == 1 and "unproved: a fault of our own: the normal form proves it" in out
    assert f"kept in {defects.FOLDER}/{kept.name}" in " ".join(out.split())
    assert check(capsys, "-e", FORMULA, "--model", "tanh_rnn", "--strict")[1] == out
    assert list((tmp_path / defects.FOLDER).iterdir()) == [kept]
    done = subprocess.run([sys.executable, kept], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, timeout=60)
    assert "Outcome(proved=True" in done.stdout and "Agreement(verdict='agrees'" in done.stdout, done.stderr


def test_nothing_else_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    check(capsys, "tanh_rnn")
    check(capsys, "no_such_note")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / defects.FOLDER).write_text("in the way")
    monkeypatch.setattr(judge, "agreement", lambda question: Agreement("differs", 1, where="T = 2"))
    status, out = check(capsys, "-e", FORMULA, "--model", "tanh_rnn")
    assert status == 0 and "could not be written" in out


def rebuilt(text):
    """The value that a text of ours stands for."""
    names = {n: getattr(language, n) for n in language.__all__}
    names |= {n: getattr(sympy, n) for n in ("Add", "Integer", "Mul", "Pow", "Rational", "Symbol", "Tuple")} | {"Str": Str}
    names |= {n: getattr(records, n) for n in ("Assumption", "Equation", "Family", "Index", "Model", "Shorthand")}
    return eval(compile(ast.parse(text, mode="eval"), "text", "eval"), names)


@pytest.mark.parametrize("key", MODELS)
def test_models_and_formulas_are_built_again(key):
    assert rebuilt(written(MODELS[key])) == MODELS[key]
    for e in MODELS[key].equations:
        assert rebuilt(written(e.right)) == e.right


def test_no_name_becomes_code():
    evil = '"""\nimport os; os.system("true")\n\'\\'
    question = Question(MODELS["H"], Var(evil, (Symbol(evil),)), Integer(1))
    tree = ast.parse(text_of(question))
    called = {getattr(n.func, "id", getattr(n.func, "attr", "")) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert "system" not in called and "os" not in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert sum(isinstance(n, ast.Import) for n in ast.walk(tree)) == 0
