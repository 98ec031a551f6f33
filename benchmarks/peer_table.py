"""The whole table of ratios to other engines, in one run of about eleven minutes on a quiet machine with two cores.

    python benchmarks/peer_table.py PEERS                       PEERS: the folder with peer_models.py and peer_frameworks.py
    python benchmarks/peer_table.py PEERS --keep table.txt      lines are kept there; those that it holds are not measured again
    python benchmarks/peer_table.py PEERS --models M1 M5 --parts speed --sizes small --bits 64

needs numpy, scipy, torch and jax beside this project.  Every line is printed (and kept) as soon as it is measured, so that a
run that is interrupted goes on where it was.  Every part runs in processes of its own, one after the other:

    speed     time / best hand NumPy and time / best outside peer, one thread, all sizes, float64 and float32; agreement
              with naive NumPy in float64.  In turns, in random order; the clock is the processor time of a process on one
              core; the first number is of medians, the second one of the least times.
    threads   two calls side by side: calls in the same time / calls of one thread
    first     seconds of the first call of a new size in a new process, with an empty cache and from the cache
    odd       time at sizes that are no multiple of the width of the vectors / time at the next multiple
    memory    peak above what there is after a tiny run, large, in MiB: of arrays (as Python's tracemalloc counts them,
              work memory of C included) and of what is resident
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

MODELS = ("M1", "M2", "M3", "M4", "M5", "M6")
SIZES = {"small": 1.5, "medium": 2.0, "large": 6.0, "long": 2.5}
"""Seconds for each table."""
OUTSIDE = {
    "small": ("jax_hoist", "jax_scan"),
    "medium": ("jax_hoist",),
    "large": ("torch_hoist", "torch_nn"),
    "long": ("jax_hoist", "jax_scan"),
}
"""The outside peers that were ahead of the others at a size (the scan over everything at long for M5 and M6 alone)."""
TARGET = {"small": 0.25, "medium": 0.6, "large": 0.95, "long": 0.3}
EXACT = {"float64": 1e-13, "float32": 5e-6}
BACKENDS = ("numpy", "auto")
HAND = ("concat", "hoist", "contig", "contig_acc")
TINY = {"B": 1, "n": 3, "m": 3, "C": 2, "T": 3}
ODD = {"B": 16, "n": 33, "m": 33, "C": 5, "T": 50}
EVEN = {"B": 16, "n": 40, "m": 40, "C": 8, "T": 50}


# In a process of its own.


def best_hands(pm: Any, model: str) -> dict[str, Callable[..., Any]]:
    return {h: pm.best(model, h) for h in HAND if model in MODELS[:4] or not h.startswith("contig")}


def outside(model: str, size: str, params: Any, batch: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    import peer_frameworks as pf

    for name in OUTSIDE[size]:
        engine, kind = name.split("_")
        if (name, size) == ("jax_scan", "long") and model in MODELS[:4]:
            continue
        try:
            if engine == "jax":
                yield name, pf.jax_peer(model, kind == "hoist", params, batch)[0]
            elif kind != "nn" or model not in ("M1", "M3"):
                yield name, pf.torch_peer(model, kind, params, batch, 1)[0]
        except Exception as problem:  # a peer that is not there is told, not fatal
            print(f"  {name}: {type(problem).__name__}: {str(problem)[:90]}", flush=True)


def samples(functions: dict[str, Callable[[], Any]], seconds: float) -> dict[str, list[float]]:
    import numpy as np

    often, times = {}, {name: [] for name in functions}
    for name, run in functions.items():
        run()
        start = time.process_time()
        run()
        often[name] = max(1, int(2e-3 / max(time.process_time() - start, 1e-6)))
    gc.collect()
    gc.disable()
    order, rng, start, rounds = list(functions), np.random.default_rng(0), time.perf_counter(), 0
    while rounds < 5 or (time.perf_counter() - start < seconds and rounds < 400):
        rng.shuffle(order)
        for name in order:
            run = functions[name]
            if often[name] > 1:
                run()
            begin = time.process_time()
            for _ in range(often[name]):
                run()
            times[name].append((time.process_time() - begin) / often[name])
        rounds += 1
    gc.enable()
    return times


def difference(found: tuple[Any, dict[str, Any]], right: tuple[Any, dict[str, Any]]) -> float:
    """Largest difference of the loss and of the gradients, relative to the largest entry."""
    import numpy as np

    pairs = [(np.asarray(found[0]), np.asarray(right[0])), *((np.asarray(found[1][k]), right[1][k]) for k in right[1])]
    return max(float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-300)) for a, b in pairs)


def speed(model: str, *cells: str) -> None:
    """`cells`: such as "small 64"."""
    import peer_models as pm
    from peer_adapter import kernel

    for cell in cells:
        size, bits = cell.split()
        dtype = f"float{bits}"
        params, batch = pm.make_problem(model, size, dtype)
        wide = [{k: v.astype("float64") for k, v in a.items()} for a in (params, batch)]
        right = pm.naive(model)(*wide)
        functions = {b: partial(kernel, model, params, batch, b) for b in BACKENDS}
        wrong = [difference(run(), right) for run in functions.values()]
        functions |= {h: partial(f, params, batch) for h, f in best_hands(pm, model).items()}
        functions |= dict(outside(model, size, params, batch))
        told = [
            _ratios({n: statistic(v) for n, v in times.items()}, size)
            for times in [samples(functions, SIZES[size])]
            for statistic in (median, min)
        ]
        cells = [f"{a:>13} {b:>5}" if i in (0, 4) else f"{a:>6} {b:>5}" for i, (a, b) in enumerate(zip(*told, strict=True))]
        behind = "" if all(e <= EXACT[dtype] for e in wrong) else "  DIFFERS"
        print(f"{model} {size:6} {bits} {' | '.join(cells)} | {wrong[0]:.0e} {wrong[1]:.0e}{behind}", flush=True)


def _ratios(times: dict[str, float], size: str) -> list[str]:
    """Best hand, NumPy to it, NumPy to the best with SciPy's BLAS, NumPy and C to the best outside peer."""
    hands = [n for n in HAND if n in times]
    alone = min((n for n in hands if n != "contig_acc"), key=times.__getitem__)
    every = min(hands, key=times.__getitem__)
    peer = min((n for n in OUTSIDE[size] if n in times), key=times.__getitem__, default="")
    behind = {True: "!", False: ""}
    first = times["numpy"] / times[alone]
    result = [alone, f"{first:.2f}{behind[first > 1.05]}", f"{times['numpy'] / times[every]:.2f}"]
    if not peer:
        return [*result, "-", "-", "-"]
    last = times["auto"] / times[peer]
    return [*result, f"{times['numpy'] / times[peer]:.2f}", peer, f"{last:.2f}{behind[last > TARGET[size]]}"]


def threads(model: str) -> None:
    import peer_models as pm
    from peer_adapter import kernel

    def rate(run: Callable[[], Any], workers: int, seconds: float = 0.5) -> float:
        def many(end: float) -> int:
            done = 0
            while time.perf_counter() < end:
                run()
                done += 1
            return done

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda _: run(), range(workers)))
            end = time.perf_counter() + seconds
            return sum(pool.map(many, [end] * workers)) / seconds

    told = []
    for size in ("medium", "large", "long"):
        for backend in BACKENDS:
            params, batch = pm.make_problem(model, size)
            run = partial(kernel, model, params, batch, backend)
            run()
            often, longer = {"medium": (2, 0.5), "large": (1, 1.5), "long": (2, 0.5)}[size]
            gains = [rate(run, 2, longer) / rate(run, 1, longer) for _ in range(often)]
            told.append(f"{size} {backend} {max(gains):.2f}{'!' if backend == 'auto' and max(gains) < 1.6 else ''}")
    print(f"{model}  {'   '.join(told)}", flush=True)


def first(model: str) -> None:
    import peer_models as pm
    from peer_adapter import kernel

    start = time.perf_counter()
    kernel(model, *pm.make_problem(model, TINY), "numpy")
    derived = time.perf_counter() - start
    start = time.perf_counter()
    kernel(model, *pm.make_problem(model, "medium"), "auto")
    print(json.dumps([derived, time.perf_counter() - start]))


def odd(model: str) -> None:
    import peer_models as pm
    from peer_adapter import kernel

    told = []
    for backend in BACKENDS:
        problems = [pm.make_problem(model, s) for s in (ODD, EVEN)]
        found = samples({str(i): partial(kernel, model, *p, backend) for i, p in enumerate(problems)}, 0.7)
        ratio = median(found["0"]) / median(found["1"])
        told.append(f"{backend} {ratio:.2f}{'!' if ratio > 1.5 else ''}")
    print(f"{model}  {'   '.join(told)}", flush=True)


def memory(model: str, who: str) -> None:
    import peer_models as pm
    from peer_adapter import kernel

    run = (lambda p, q: kernel(model, p, q, who)) if who in BACKENDS else best_hands(pm, model)[who]
    problem = pm.make_problem(model, "large")
    run(*pm.make_problem(model, TINY))
    gc.collect()
    tracemalloc.start()
    Path("/proc/self/clear_refs").write_text("5")
    resident = _peak()
    for _ in range(3):
        run(*problem)
    print(json.dumps([tracemalloc.get_traced_memory()[1] / 2**20, _peak() - resident]))


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


# The parts.


def child(peers: str, *words: str, pinned: bool = True, cache: str = "") -> Iterator[str]:
    """The lines of a part, in a process with one thread for each call, on one core if it is pinned."""
    here = Path(__file__).resolve().parent
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
    paths = os.pathsep.join([str(here.parent), str(here), peers, os.environ.get("PYTHONPATH", "")])
    env = os.environ | dict.fromkeys(names, "1") | {"PYTHONPATH": paths, "JAX_PLATFORMS": "cpu"}
    env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    env |= {"XDG_CACHE_HOME": cache} if cache else {}
    pin = "import os; os.sched_setaffinity(0, {max(os.sched_getaffinity(0))}); " if pinned else ""
    code = f"{pin}import sys, peer_table; getattr(peer_table, sys.argv[1])(*sys.argv[2:])"
    command = [sys.executable, "-W", "ignore", "-c", code, *words]
    with subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        for line in running.stdout:
            yield line.rstrip("\n")


def seconds_of_first_calls(peers: str, model: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as cache:
        new, again = (json.loads(next(child(peers, "first", model, cache=cache))) for _ in "ab")
    marks = ["!" if found > most else "" for found, most in ((new[1], 3), (again[1], 0.1))]
    yield f"{model}  {new[0]:.2f} | {new[1]:.2f}{marks[0]} | {again[1]:.3f}{marks[1]}"


def peaks(peers: str, model: str) -> Iterator[str]:
    who = [*BACKENDS, *(h for h in HAND[:3] if model in MODELS[:4] or h != "contig")]
    found = {w: json.loads(next(child(peers, "memory", model, w))) for w in who}
    least = [min(found[w][i] for w in who[2:]) for i in (0, 1)]
    told = []
    for w in who:
        cells = [f"{n:.0f}{'!' if w in BACKENDS and n > most else ''}" for n, most in zip(found[w], least, strict=True)]
        told.append(f"{w} {' / '.join(cells)}")
    yield f"{model}  {'   '.join(told)}"


HEADS = {
    "speed": "model size dtype: best hand | numpy/it | numpy/best with SciPy's BLAS | numpy/peer | best peer | auto/peer"
    " | differs by (numpy auto); each by medians and by least times; ! behind the target",
    "threads": "two calls side by side / one (at least 1.6)",
    "first": "seconds: derivation and numpy | first call in C | in a new process, from the cache (at most 3 and 0.1)",
    "odd": "time at 33 units, 5 classes / time at 40 and 8 (at most 1.5)",
    "memory": "MiB above the base, arrays / resident: ours, then hand NumPy",
}
OTHERS: dict[str, Callable[[str, str], Iterator[str]]] = {
    "threads": lambda peers, model: child(peers, "threads", model, pinned=False),
    "first": seconds_of_first_calls,
    "odd": lambda peers, model: child(peers, "odd", model),
    "memory": peaks,
}


def measured(args: argparse.Namespace, part: str, kept: list[str]) -> Iterator[str]:
    """The lines of a part that are not kept."""

    def known(*words: str) -> bool:
        return any(line.split()[: len(words)] == list(words) for line in kept)

    for model in args.models:
        if part != "speed":
            yield from () if known(part, model) else OTHERS[part](args.peers, model)
            continue
        cells = [f"{size} {bits}" for bits in args.bits for size in args.sizes if not known(part, model, size, bits)]
        if cells:
            yield from child(args.peers, part, model, *cells)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("peers")
    ask.add_argument("--models", nargs="*", default=MODELS)
    ask.add_argument("--sizes", nargs="*", default=list(SIZES))
    ask.add_argument("--bits", nargs="*", default=["64", "32"])
    ask.add_argument("--parts", nargs="*", default=list(HEADS))
    ask.add_argument("--keep", type=Path, help="a file that holds every line")
    args = ask.parse_args()
    start = time.perf_counter()
    kept = args.keep.read_text().splitlines() if args.keep and args.keep.exists() else []
    try:
        for part in args.parts:
            print(f"\n{part}: {HEADS[part]}   [{time.perf_counter() - start:.0f} s]", flush=True)
            for line in kept:
                if line.startswith(f"{part} "):
                    print(line.removeprefix(f"{part} "), flush=True)
            for line in measured(args, part, kept):
                print(line, flush=True)
                if args.keep and line.startswith("M"):
                    with args.keep.open("a") as file:
                        file.write(f"{part} {line}\n")
    except KeyboardInterrupt:
        print(f"\ninterrupted; {f'{args.keep} holds what is measured' if args.keep else 'nothing is kept'}")
    print(f"\n{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
