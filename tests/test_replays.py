"""Replays: each refuted formula as a file that shows the gap with NumPy alone, and into which nothing from a note gets as code."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from prover_models import fed_back
from sympy import Integer, Rational, Symbol, preorder_traversal
from sympy.core.basic import Basic

import symbolic.language as L
from derivations import NAMES, load
from symbolic import cli
from symbolic.language import FUNCTIONS, SumOver, log, softmax, tanh
from symbolic.model.network import Network
from symbolic.pipeline import check_formula, check_note, read_note
from symbolic.proof.evidence import Witness
from symbolic.proof.oracle import World
from symbolic.proof.verdict import Counterexample, Entry
from symbolic.showing.replay import runtime
from symbolic.showing.replay.files import file_name, replay
from symbolic.showing.replay.printer import ROWS

REFUTED = Entry("L1:1", 1, 1, 1, 2, "", "", "claim", "refuted", counterexample=Counterexample(1, {}, "", 0.0, 1.0))
NOTES = Path(__file__).parent / "notes"
FROM_NOTES = ("slips", "logistic", "elman", "row_vectors", "two_layers", "samples", "softmax_cases", "lstm_gates")
COLUMNS = r"\frac{\partial L}{\partial W} = \sum_{t=1}^\tau diag(1-(h^{(t)})^2) \delta^{(t)} h^{(t-1)}"
SQUARE = r"\frac{\partial L}{\partial x^{(t)}} = U^T diag(1-(h^{(t)})^2) \delta^{(t)} + 0 h^{(t)}"


def entries(source: str) -> tuple[Entry, ...]:
    if source in NAMES:
        return check_note(load(source))
    return read_note((NOTES / f"{source}.md").read_text(encoding="utf-8"), "markdown").entries


def run(path: Path) -> subprocess.CompletedProcess[str]:
    quiet = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, env=quiet, timeout=60)


def shown(output: str) -> dict[str, np.ndarray]:
    """The sides that a replay prints."""
    words = (line.split(maxsplit=1) for line in output.splitlines())
    return {w[0]: np.ravel(json.loads(w[1])) for w in words if w[0] in ("true", "claimed")}


@pytest.mark.parametrize("source", [*NAMES, *FROM_NOTES])
def test_each_refuted_formula_replays(source: str, tmp_path: Path) -> None:
    for entry in entries(source):
        text = replay(source, entry)
        assert (text is None) == (entry.verdict != "refuted" or entry.kind == "statement")  # a statement is no formula
        if text is None:
            continue
        path = tmp_path / file_name(source, entry)
        path.write_text(text, encoding="ascii")
        done = run(path)
        assert (done.returncode, done.stderr) == (0, ""), f"{entry.id}: {done.stdout} {done.stderr}"
        found = entry.counterexample
        if found is not None and found.claimed is not None:
            for name, numbers in (("true", found.true), ("claimed", found.claimed)):
                np.testing.assert_allclose(shown(done.stdout)[name], np.ravel(numbers), rtol=1e-4, atol=1e-8)
        elif entry.evidence is not None:
            assert "do not conform" in text


def test_a_replay_that_shows_no_gap_fails(tmp_path: Path) -> None:
    (entry,) = check_formula(load("tanh_rnn").models[0], r"\frac{\partial L}{\partial c} = \hat y^{(\tau)}-y^{(\tau)}")
    assert isinstance(entry.evidence, Witness)
    right = replace(entry, evidence=replace(entry.evidence, right=entry.evidence.left))
    (tmp_path / "a.py").write_text(replay("note", right) or "", encoding="ascii")
    done = run(tmp_path / "a.py")
    assert done.returncode == 1 and "THEY AGREE" in done.stdout


def test_shapes_that_do_not_conform_are_shown_where_sizes_differ(tmp_path: Path) -> None:
    """Right where d = n, which nothing says."""
    (entry,) = check_formula(load("tanh_rnn").models[0], SQUARE)
    assert entry.cause == "shape" and isinstance(entry.evidence, Witness) and entry.evidence.clash
    text = replay("note", entry) or ""
    (tmp_path / "a.py").write_text(text, encoding="ascii")
    done = run(tmp_path / "a.py")
    assert done.returncode == 0 and "do not conform" in done.stdout
    right = replace(entry, evidence=replace(entry.evidence, right=entry.evidence.left))
    (tmp_path / "b.py").write_text(replay("note", right) or "", encoding="ascii")
    assert run(tmp_path / "b.py").returncode == 1


def test_a_formula_without_numbers_says_so(tmp_path: Path) -> None:
    """Right for n = 1, where columns are numbers; for larger n the product means nothing."""
    (entry,) = check_formula(load("tanh_rnn").models[0], COLUMNS)
    text = replay("note", entry) or ""
    assert entry.cause == "shape" and entry.evidence is None and "do not conform" in text
    (tmp_path / "a.py").write_text(text, encoding="ascii")
    assert run(tmp_path / "a.py").returncode == 0


t, s, i, j, n, m = map(Symbol, ("t", "s", "i", "j", "n", "m"))
MODEL = fed_back()
(H, X, G, O, P, Z), (W, R, V) = ([MODEL.families[k] for k in "hxgopz"], [MODEL.families[k].var for k in "WRV"])
F, ELL, MANY = L.Fun("f", 0, "elementwise"), L.Fun("l", 0, "scalar", (), (t,)), L.Fun("g", 0, "vector", (m,))
TERMS = (
    H[t], H[t - 1], W * H[t], H[t].T * W * H[t] * X[t], 2 * H[t] - X[t] / 3, L.Plus(1, H[t]), L.Hadamard(H[t], X[t]), L.Quotient(1, X[t]),
    L.Quotient(H[t], L.Total(X[t])), X[t] ** 2, X[t] ** -1, L.exp(X[t]) ** Rational(1, 2), L.Diag(H[t]) * W, L.DiagPart(W), L.Identity(n) * H[t],
    L.Filled(3, (n,), (m,)), L.Kronecker(W, X[t].T), L.Vec(R, "row"), L.Vec(R, "column"), L.Commute((n,), (m,)) * L.Vec(R),
    L.Reshape(L.Vec(R), (n,), (m,)), L.Trace(W), L.Total(R), L.NormSquared(R), L.Entry(R, i, Integer(3)), L.Unit(i, n),
    L.Where(H[t], L.Relation("<", t, Integer(3))), L.Where(H[t], L.Relation("=", i, Integer(1))), L.SumOver(H[s], s, 1, t),
    L.SumOver(H[s], s, 1, t, (t,)), L.SumOver(H[s], s, 3, 2), L.SumOver(L.Entry(X[t], j), j, 1, n), L.ProductOver(W * L.Diag(H[s]), s, 1, t),
    L.ProductOver(W * L.Diag(H[s]), s, 1, t, "ascending"), L.ProductOver(W, s, t, 0), L.Concat(0, H[t], O[t]), L.Concat(1, W, R),
    L.Block(L.Concat(0, H[t], O[t]), 0, 1, (n, m)), L.Block(L.Concat(1, W, R), 1, 0, (n, m)), L.softmax(X[t].T), L.logsumexp(X[t]),
    L.logsoftmax(X[t]), L.relu(X[t]), L.step(X[t]), L.softplus(X[t]), L.log(L.exp(X[t])), L.sqrt(L.exp(X[t])), L.tanh(X[t]), L.sigmoid(X[t]),
    *(L.Apply(L.Fun(f, k), L.exp(X[t])) for f in ("tanh", "sigmoid", "relu", "softplus", "log", "sqrt", "reciprocal") for k in (1, 2)),
    F(X[t]), L.Apply(F.derived(), X[t]), L.Apply(F.derived().derived(), X[t]), ELL(X[t]), L.Apply(ELL.derived(), X[t]), MANY(X[t]),
    L.Apply(MANY.derived(), X[t]), L.Adjoint(H[t]), L.Adjoint(H[t + 3]), L.Adjoint(W), L.Partial(H[t], H[t - 1]), L.Partial(H[t], W, "immediate"),
    L.Partial(H[t], W), L.Partial(H[t], H[t - 1], "total", "denominator"), L.Partial(MODEL.loss, W, "total", "jacobian"),
    L.Partial(H[t] + H[t - 1], H[t - 1], "immediate"), L.Partial(P[t], L.Entry(O[t], Integer(1))), L.Partial(L.Entry(H[t], i), W.T), L.Partial(Z[t], X[t]),
    L.Partial(H[t], L.Concat(0, H[t - 1], X[t - 1])), Symbol("T") * n + t,
)  # fmt: skip


@pytest.mark.parametrize("term", TERMS, ids=lambda term: str(term)[:60])
def test_terms_mean_in_a_replay_what_they_mean_in_the_search(term: Basic, tmp_path: Path) -> None:
    """ReLU in the model: derivatives by central differences against the search's complex step."""
    world = World(MODEL, {"n": 2, "m": 3}, 3)
    indices = {t: 2, i: 2}
    expected = world.evaluate(term, indices)
    witness = Witness(MODEL, term, Integer(0), indices, world.sizes, world.lengths, world.numbers())
    path = tmp_path / "replayed.py"
    path.write_text(replay("x", replace(REFUTED, evidence=witness)) or "", encoding="ascii")
    spec = spec_from_file_location("replayed", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found = np.real(module.left(module.Run()))
    np.testing.assert_allclose(found.ravel(), expected.ravel(), rtol=1e-6, atol=1e-8)


def test_every_head_is_tried() -> None:
    assert {type(node) for term in TERMS for node in preorder_traversal(term)} >= set(ROWS)


def test_every_function_of_the_table_has_a_replay() -> None:
    assert all(callable(getattr(runtime, name)) for name in FUNCTIONS)


NASTY = (
    '"""\nimport os; os.system("id")\n"""', "\r\nraise SystemExit", "\x0craise", "\u2028raise", "W'); exit(('", "\\\nraise", "# coding: utf-7",
    "\x1b[31m\u202e", "eval", "v",
)  # fmt: skip


def nasty_entry() -> Entry:
    net = Network("x", "x")
    d, n, classes = net.sizes("d n C")
    t = net.time("t", length="T")
    names = iter(NASTY)
    x, y = net.input(next(names), d, at=t), net.label(next(names), classes, at=t)
    U, W, V = net.weight(next(names), n, d), net.weight(next(names), n, n), net.weight(next(names), classes, n)
    h, p, loss = net.state(next(names), n, at=t), net.state(next(names), classes, at=t), net.state(next(names))
    net.define(h[t], tanh(U * x[t] + W * h[t - 1]))
    net.define(p[t], softmax(V * h[t]))
    net.define(loss, SumOver(-y[t].T * log(p[t]), t, 1, net.length("T")))
    model = net.model(loss=loss)
    (found,) = check_formula(load("tanh_rnn").models[0], r"\frac{\partial L}{\partial c} = \hat y^{(\tau)}-y^{(\tau)}")
    assert found.counterexample is not None
    numbers = {("\r\nraise SystemExit", (1,)): np.ones((2, 1))}
    witness = Witness(model, p[t], h[t], {t: 1}, {"d": 2, "n": 2, "C": 2}, {"T": 1}, numbers)
    return replace(found, latex=" ".join(NASTY), head=NASTY[0], reading=NASTY[1], reason=NASTY[2], evidence=witness)


def test_nothing_from_a_note_becomes_code() -> None:
    plain = (replay("note", check_formula(load("tanh_rnn").models[0], r"\frac{\partial L}{\partial c} = \hat y^{(\tau)}-y^{(\tau)}")[0])) or ""
    text = replay("x\nraise", nasty_entry()) or ""
    assert text.isascii() and all(c.isprintable() or c == "\n" for c in text)
    tree, known = ast.parse(text), ast.parse(plain)
    words = {n.value for n in ast.walk(known) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    strange = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)} - words
    assert strange <= {str(k) for k in range(1, 10)} | {"eval", "v"}
    assert {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} <= {n.id for n in ast.walk(known) if isinstance(n, ast.Name)}
    assert "coding" not in "".join(text.splitlines()[:2])


@pytest.mark.parametrize(
    ("source", "name"),
    (
        ("../a/b.md", "b-L3-1.py"), ("..", "formula-L3-1.py"), ("-e", "e-L3-1.py"), ("a\nb;rm -rf.tex", "a_b_rm_-rf-L3-1.py"),
        ("ü.md", "formula-L3-1.py"), ("x\\y.md", "y-L3-1.py"), ("a" * 400 + ".md", "a" * 60 + "-L3-1.py"),
    ),
)  # fmt: skip
def test_names_of_files_are_our_own(source: str, name: str) -> None:
    assert file_name(source, Entry("L3:1", 3, 1, 3, 2, "", "", "claim", "refuted")) == name.replace("_-rf", "__rf")


def test_the_command_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "note.md"
    note.write_text("$h_t = \\tanh(W h_{t-1} + U x_t)$, $L = \\sum_{t=1}^T \\|h_t\\|^2$\n\n$\\frac{\\partial L}{\\partial W} = 0$\n")
    twin = tmp_path / "other" / "note.md"
    twin.parent.mkdir()
    twin.write_bytes(note.read_bytes())
    folder = tmp_path / "new" / "folder"
    assert cli.main(["check", str(note), str(twin), "--counterexamples", str(folder), "--format", "concise"]) == 1
    assert sorted(p.name for p in folder.iterdir()) == ["note-L3-1-2.py", "note-L3-1.py"]
    assert run(folder / "note-L3-1.py").returncode == 0
    assert cli.main(["check", str(note), "--counterexamples", str(note)]) == 2
    assert "cannot be made" in capsys.readouterr().err
