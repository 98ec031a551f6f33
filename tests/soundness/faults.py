"""Plants faults into a copy of the checker, one at a time, and sees whether the fast tests notice.

    python tests/soundness/faults.py                 all of them (`make faults`)
    python tests/soundness/faults.py --only field    those whose file or words hold this
    python tests/soundness/faults.py --check         only whether every fault can still be planted

Exit status 1 if one survives or cannot be planted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from fault_table import FIELD, PROOF

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("symbolic", "derivations", "tests", "pyproject.toml", "README.md")
FIRST = {
    "proof": ("tests/test_prover.py", "tests/test_normal_form.py", "tests/test_oracle.py"),
    "field": ("tests/test_field.py", "tests/test_field_functions.py", "tests/test_field_sizes.py", "tests/test_field_entries.py",
              "tests/test_field_points.py", "tests/test_field_memory.py"),
}
THEN = ("tests/test_defects.py", "tests/test_notes.py", "tests/soundness/test_mutants.py", "tests/soundness/test_pairs.py",
        "tests/soundness/test_rewritings.py")  # fmt: skip
"""What catches most comes first; the run of a fault ends with the first test that fails."""

LONGEST = 900


def planted(source: Path, fault: tuple[str, str, str, str]) -> str:
    """The text of a file with a fault in it.

    `ValueError` where what it replaces does not stand there exactly once, or where the result is no Python.
    """
    file, old, new, _ = fault
    text = (source / "symbolic" / file).read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{file}: {text.count(old)} times, not once: {old!r}")
    changed = text.replace(old, new)
    try:
        compile(changed, file, "exec")
    except SyntaxError as error:
        raise ValueError(f"{file}: {error}") from None
    return changed


def caught(copy: Path, fault: tuple[str, str, str, str]) -> str:
    """Which test notices a fault, or ""."""
    file = copy / "symbolic" / fault[0]
    right = file.read_text(encoding="utf-8")
    file.write_text(planted(copy, fault), encoding="utf-8")
    try:
        return failing(copy, (*FIRST[fault[0].split("/")[0]], *THEN))
    finally:
        file.write_text(right, encoding="utf-8")


def failing(copy: Path, tests: tuple[str, ...]) -> str:
    """The first of the tests that fails, or ""."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return "the tests do not end"
    if run.returncode == 0:
        return ""
    lines = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return (lines or ["an error"])[0].split(" - ")[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="faults whose file or words hold this")
    parser.add_argument("--check", action="store_true", help="do not run the tests")
    parser.add_argument("--trusting", action="store_true", help="do not run the tests without a fault first")
    asked = parser.parse_args()
    chosen = [f for f in (*PROOF, *FIELD) if asked.only in f[0] or asked.only in f[3]]
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        without = "" if asked.check or asked.trusting else failing(copy, (*FIRST["proof"], *FIRST["field"], *THEN))
        if without:
            print(f"{without} fails without any fault")
            return 1
        for fault in chosen:
            start = perf_counter()
            try:
                by = "can be planted" if planted(copy, fault) and asked.check else caught(copy, fault)
            except ValueError as error:
                print(f"NOT PLANTED  {fault[0]}: {fault[3]}: {error}", flush=True)
                bad += 1
                continue
            bad += not by
            print(f"{by or 'SURVIVES'}  {fault[0]}: {fault[3]} ({perf_counter() - start:.0f} s)", flush=True)
    print(f"{len(chosen)} faults, {bad} survive or could not be planted")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
