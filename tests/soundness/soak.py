"""The long part of the test bench, as a command: mutants, rewritings and pairs, with a table of what came of them.

    python tests/soundness/soak.py mutants --count 20000 --jobs 2
    python tests/soundness/soak.py rewritings --count 10000
    python tests/soundness/soak.py pairs --count 100000 --seed 7

The same numbers give the same claims, whatever the jobs.  Exit status 1 if anything contradicts the truth.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter

sys.path[:0] = [str(Path(__file__).resolve().parents[k]) for k in (0, 1, 2)]

import bench  # noqa: E402 (found by the line above)

CHUNK = 100
SHOWN = 600
TOLD = 20
"""After how many chunks it is said how far it is."""


def drawn(kind, k, seed):
    """A trial by its number: what is tried, and how."""
    if kind == "mutants":
        found = bench.drawn_mutant(bench.ROWS[k % len(bench.ROWS)], k // len(bench.ROWS), seed)
        return found, lambda: bench.tried(found.row, found.claim, found.number % bench.ALONE == 0)
    if kind == "rewritings":
        found = bench.drawn_rewriting(k, seed)
        return found, lambda: bench.proved(found.row, found.claim)
    found = bench.drawn_pair(k, seed)
    return found, lambda: bench.contradicted(found.row, found.claim, k % bench.WHOLE == 0)


def one(kind, k, seed):
    """What comes of one trial by its number."""
    return drawn(kind, k, seed)[1]()


def chunk(kind, numbers, seed):
    """(counts, what is wrong, the slowest) of some trials; those of one right claim follow each other, which saves work."""
    counts, wrong, slowest, waiting = Counter(), [], (0.0, ""), []
    places = {id(right): place for place, right in enumerate(bench.right_claims())}
    for k in numbers:
        try:
            found, trying = drawn(kind, k, seed)
            waiting.append((places.get(id(found.right), -1), k, trying))
        except Exception as error:
            wrong.append(f"{k}: {type(error).__name__}: {error}")
            counts["(crash)", "", "", ""] += 1
    for _, k, trying in sorted(waiting, key=lambda item: item[:2]):
        start = perf_counter()
        try:
            trial = trying()
        except Exception as error:
            wrong.append(f"{k}: {type(error).__name__}: {error}")
            counts["(crash)", "", "", ""] += 1
            continue
        slowest = max(slowest, (perf_counter() - start, f"{k} {trial.row}"))
        truth = "" if kind == "rewritings" else "wrong" if trial.differs else "right as far as seen" if trial.held else "not asked"
        counts[(trial.reason or "usual budget") if kind == "rewritings" else trial.row, trial.verdict, f"{trial.first}/{trial.second}", truth] += 1
        wrong += [f"{k} {trial.row}: {fault}\n    {trial.claim.left} = {trial.claim.right}"[:SHOWN] for fault in trial.faults]
    return counts, wrong, slowest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("mutants", "rewritings", "pairs"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first trial")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    numbers = range(asked.first, asked.first + asked.count)
    chunks = [numbers[k : k + CHUNK] for k in range(0, len(numbers), CHUNK)]
    counts, wrong, slowest, start = Counter(), [], (0.0, ""), perf_counter()
    bench.right_claims()
    with ProcessPoolExecutor(asked.jobs) as pool:
        results = pool.map(chunk, *zip(*((asked.kind, c, asked.seed) for c in chunks), strict=True))
        for done, (some, bad, slow) in enumerate(results, 1):
            counts += some
            wrong += bad
            slowest = max(slowest, slow)
            if done % TOLD == 0:
                print(f"{asked.kind}: {done * CHUNK} of {asked.count}, {len(wrong)} wrong", file=sys.stderr, flush=True)
    for key, number in sorted(counts.items()):
        print(f"{number:7d}  {'  '.join(key)}")
    print(f"{asked.kind}: {asked.count} in {perf_counter() - start:.0f} s; the slowest took {slowest[0]:.1f} s: {slowest[1]}")
    print(*wrong, sep="\n")
    print(f"{len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
