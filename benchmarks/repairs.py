"""How many planted mistakes are repaired, and how fast: single ones and pairs of them, in the right formulas of all notes.

    python benchmarks/repairs.py --count 1000 --doubles 300 --jobs 2
    python benchmarks/repairs.py --count 100 --notes tanh_rnn elman --failures failures.txt

The mistakes are those of `tests/repairs/planter.py`, equally many of each kind.  A repair counts if it is an edit of what is
written (not the right formula instead) and is proved when it is read again.  Time is processor time of judging and mending one
equation after others of its note were judged, so that what its model needs is known from before.  The same numbers give the
same mistakes, whatever the jobs.

Exit status 1 if a repair is shown that is not proved.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "repairs")]

from formulas import ALL  # noqa: E402 (found by the line above)
from planter import ROWS, fault  # noqa: E402
from trials import Trial, tried  # noqa: E402

SHOWN = 12
"""So many of the worst failures are listed."""


def trial(notes: Sequence[str], double: bool, seed: int, k: int) -> Trial | None:
    found = fault(k, seed, notes, double)
    return tried(found) if found is not None else None


def share(trials: Sequence[Trial], counts: Callable[[Trial], bool]) -> str:
    return f"{100 * sum(map(counts, trials)) / len(trials):6.1f}" if trials else "     -"


def line(name: str, trials: Sequence[Trial]) -> str:
    times = sorted(t.seconds for t in trials)
    slow = times[min(len(times) - 1, int(0.95 * len(times)))]
    shares = (share(trials, counts) for counts in (lambda t: t.repaired and t.proved, lambda t: t.whole, lambda t: t.named))
    return f"{name:<22} {len(trials):>5} {' '.join(shares)}  {median(times):>6.2f} {slow:>6.2f} {times[-1]:>6.2f}"


def table(title: str, trials: Iterable[Trial], key: Callable[[Trial], str]) -> None:
    groups: dict[str, list[Trial]] = defaultdict(list)
    for t in trials:
        groups[key(t)].append(t)
    print(f"\n{title:<22} {'count':>5} {'mended':>6} {'whole':>6} {'cause':>6}  {'median':>6} {'95 %':>6} {'worst':>6} s")
    for name in sorted(groups):
        print(line(name, groups[name]))
    if len(groups) > 1:
        print(line("all", [t for group in groups.values() for t in group]))


def report(trials: list[Trial], failures: Path | None) -> bool:
    """Print what came of the trials; whether all repairs are proved."""
    single, double = ([t for t in trials if len(t.fault.rows) == n] for n in (1, 2))
    if single:
        table("single mistakes", single, lambda t: t.fault.rows[0])
        table("by note", single, lambda t: t.fault.formula.note)
    if double:
        table("two mistakes", double, lambda t: t.fault.rows[0])
    worst = sorted((t for t in trials if not t.repaired), key=lambda t: (t.whole, -t.seconds))
    named = [t for t in single if t.repaired and not t.named]
    for title, found in (("not mended", worst), ("mended, but for another cause", named)):
        print(f"\n{title}: {len(found)}", *found[:SHOWN], sep="\n")
    if failures is not None:
        failures.write_text("\n\n".join(str(t) for t in (*worst, *named)) + "\n", encoding="utf-8")
    wrong = [t for t in trials if not t.proved]
    print(*(f"NOT PROVED: {t}" for t in wrong), sep="\n")
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="How many planted mistakes are repaired, and how fast.")
    parser.add_argument("--count", type=int, default=1000, help="single mistakes")
    parser.add_argument("--doubles", type=int, default=300, help="pairs of mistakes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--notes", nargs="+", choices=ALL, default=ALL, metavar="NOTE")
    parser.add_argument("--failures", type=Path, help="a file for all failures")
    args = parser.parse_args()
    trials: list[Trial] = []
    for double, count in ((False, args.count), (True, args.doubles)):
        one = partial(trial, tuple(args.notes), double, args.seed)
        if args.jobs == 1:
            found = list(map(one, range(count)))
        else:
            with ProcessPoolExecutor(args.jobs) as pool:
                found = list(pool.map(one, range(count), chunksize=len(ROWS)))
        trials += [t for t in found if t is not None]
    return 0 if report(trials, args.failures) else 1


if __name__ == "__main__":
    sys.exit(main())
