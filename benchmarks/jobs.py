"""A folder of notes judged by one process and by two: `gradproof check` with --jobs 1 and --jobs 2, wall time in turn.

    python benchmarks/jobs.py                      200 notes, about ten minutes
    python benchmarks/jobs.py --notes 6 --rounds 1

The notes are those of the tests, again and again with another heading until there are enough.  The reports must be the same bytes.
With two jobs a folder should take less than 1.8 times half of the serial time, that is, a ratio below 0.9.  Exit status 1 if not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
LARGEST_RATIO = 0.9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1, help="how often each is run; the fastest run counts")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        sources = sorted((ROOT / "tests" / "notes").glob("*.md"))
        for number, source in enumerate(islice(cycle(sources), asked.notes)):
            text = source.read_text(encoding="utf-8")
            (Path(folder) / f"{number:03d}_{source.name}").write_text(f"{text}\n\n# Copy {number}\n", encoding="utf-8")
        runs = {jobs: [timed(folder, jobs) for _ in range(asked.rounds)] for jobs in (1, asked.jobs)}
    fastest = {jobs: min(seconds for seconds, _ in some) for jobs, some in runs.items()}
    for jobs, seconds in fastest.items():
        print(f"--jobs {jobs}: {asked.notes} notes in {seconds:.1f} s")
    ratio = fastest[asked.jobs] / fastest[1]
    same = len({report for some in runs.values() for _, report in some}) == 1
    print(f"ratio {ratio:.2f} (at most {LARGEST_RATIO}); {'the same bytes' if same else 'the reports differ'}")
    return 0 if same and ratio < LARGEST_RATIO else 1


def timed(folder: str, jobs: int) -> tuple[float, bytes]:
    names = sorted(path.name for path in Path(folder).iterdir())
    words = [sys.executable, "-m", "symbolic", "check", *names, "--format", "json", "--jobs", str(jobs)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    start = perf_counter()
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return perf_counter() - start, done.stdout


if __name__ == "__main__":
    sys.exit(main())
