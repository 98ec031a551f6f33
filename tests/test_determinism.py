"""The same bytes: over hash seeds, for any number of children, in another folder, with another Python."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import SOAK

ROOT = Path(__file__).resolve().parent.parent
NOTES = sorted((ROOT / "tests" / "notes").glob("*.md"))
SEEDS = range(1, 9) if SOAK else range(1, 3)
FEW = ("gru.md", "two_senses.md", "slips.md", "batch_rows.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("here")
    (here / "notes").mkdir()
    for note in NOTES:
        if note.name in FEW or (SOAK and note in NOTES[::3]):
            shutil.copy(note, here / "notes")
    return here


def report(folder, seed, jobs=1, python=sys.executable, **environment):
    """Standard output and standard error of one run."""
    words = [python, "-m", "symbolic", "check", "notes", "tanh_rnn", "--format", "json", "--explain-model", "--jobs", str(jobs)]
    settings = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(words, cwd=folder, env={**settings, "OPENBLAS_NUM_THREADS": "1"}, capture_output=True, timeout=900)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def first(folder):
    return report(folder, 0)


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_hash_seeds_and_children(seed, folder, first):
    assert report(folder, seed, jobs=8) == first


def test_neither_a_path_nor_a_machine(folder, first, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    shutil.copytree(folder / "notes", tmp_path / "elsewhere" / "notes")
    assert report(tmp_path / "elsewhere", 0) == first
    for name in (str(folder), str(ROOT), os.uname().nodename, os.path.expanduser("~")):
        assert len(name) < 3 or name.encode() not in first[0] + first[1], name


@pytest.mark.skipif(find_spec("flint") is None, reason="python-flint is not installed (gradproof[fast])")
@pytest.mark.parametrize("variable", ["GRADPROOF_FIELD", "SYMPY_GROUND_TYPES"])
def test_another_arithmetic(variable, folder, first):
    assert report(folder, 0, **{variable: "flint"}) == first


def others():
    """Interpreters of other versions that have what is needed."""
    for minor in range(11, 20):
        python = shutil.which(f"python3.{minor}")
        if python and minor != sys.version_info[1]:
            needed = subprocess.run([python, "-c", "import sympy, numpy, markdown_it, derivations"], cwd=ROOT, capture_output=True)
            if needed.returncode == 0:
                yield python


@pytest.mark.skipif(not (found := list(others())), reason="no other version of Python has the libraries")
@pytest.mark.parametrize("python", found)
def test_another_python(python, folder, first):
    assert report(folder, 0, python=python) == first
