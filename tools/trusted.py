"""The table of trusted files in docs/trust.md: `python tools/trusted.py` renews it, --check says whether it is right."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "trust.md"
BEGIN, END = "<!-- counted by tools/trusted.py -->\n", "<!-- end of the count -->\n"

PARTS = (
    ("what a formula says", ("symbolic/language", "symbolic/model", "symbolic/reading", "symbolic/judging")),
    ("the first route", ("symbolic/derivation", "symbolic/proof")),
    ("the second route", ("symbolic/field",)),
    ("counterexamples and the third opinion", ("symbolic/proof",)),
    ("statements about norms", ("symbolic/bounds",)),
)
"""What is trusted for what, and where it lies."""

ORACLE = ("counterexample.py", "forward.py", "interpret.py", "oracle.py", "samples.py")
"""The files of symbolic/proof that look for counterexamples; all others belong to the first route."""


TELLING = ("symbolic/derivation/telling.py", "symbolic/bounds/flow.py", "symbolic/bounds/words.py")
"""What only tells or draws; no verdict rests on it."""


def files(part, folder):
    found = sorted(p for p in (ROOT / folder).rglob("*.py") if p.name != "__init__.py")
    found = [p for p in found if p.relative_to(ROOT).as_posix() not in TELLING]
    if folder == "symbolic/proof":
        found = [p for p in found if (p.name in ORACLE) == part.startswith("counterexamples")]
    return found


def lines(path):
    return path.read_text(encoding="utf-8").count("\n")


def table():
    """One row per folder: what it is trusted for, lines in all, lines of every file."""
    rows = ["| for | folder | lines | files |", "|---|---|---|---|"]
    total = 0
    for part, folders in PARTS:
        for folder in folders:
            counts = [(p.relative_to(ROOT / folder).as_posix(), lines(p)) for p in files(part, folder)]
            own = sum(n for _, n in counts)
            total += own
            rows.append(f"| {part} | `{folder}` | {own:,} | {', '.join(f'{name} {n}' for name, n in counts)} |")
    return "\n".join([*rows, f"| in all | | {total:,} | |", ""])


def renewed(text):
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


def main(words):
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in words:
        return int(renewed(text) != text)
    PAGE.write_text(renewed(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
