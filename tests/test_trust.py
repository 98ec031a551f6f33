"""The page on trust: its counts are right, and what it names exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")


def test_the_lines_are_counted():
    done = subprocess.run([sys.executable, ROOT / "tools" / "trusted.py", "--check"], timeout=60)
    assert done.returncode == 0, "docs/trust.md is out of date; run python tools/trusted.py"


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:tests|symbolic|docs)/[^`*]*)`", PAGE))))
def test_what_is_named_exists(name):
    assert (ROOT / name).exists()
