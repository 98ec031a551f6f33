"""How derivation grows with depth: stacks of 1, 10 and 50 recurrent layers over a sequence of symbolic length.

    h^l_t = tanh(W^l h^l_{t-1} + U^l h^{l-1}_t + b^l),   l = 1 .. depth,   h^0 = x

Time is processor time of one derivation in a fresh process, the least of several; peak memory is what Python allocated
in between, measured in a run of its own because tracing slows the rest down.
"""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc

from symbolic import Model, Network, SumOver, derive, log, softmax, tanh

DEPTHS = (1, 10, 50)
REPEATS = 5


def stack(depth: int) -> Model:
    """A stack of recurrent layers with a softmax on top."""
    net = Network(f"stack_{depth}", f"{depth} recurrent layers")
    n, m, C = net.sizes("n m C")
    t = net.time("t", length="T")
    x, y = net.input("x", m, at=t), net.label("y", C, at=t, sums_to_one=True)
    below, width = x, m
    for layer in range(1, depth + 1):
        U, W = net.weight(f"U_{layer}", n, width), net.weight(f"W_{layer}", n, n)
        b, h = net.weight(f"b_{layer}", n), net.state(f"h_{layer}", n, at=t)
        net.define(h[t], tanh(W * h[t - 1] + U * below[t] + b))
        below, width = h, n
    V, p, L = net.weight("V", C, n), net.state("p", C, at=t), net.state("L")
    net.define(p[t], softmax(V * below[t]))
    net.define(L, SumOver(-y[t].T * log(p[t]), t, 1, net.length("T")))
    return net.model(loss=L)


def measure(depth: int) -> tuple[int, float, float]:
    """Equations, seconds of processor time, and peak memory in MiB of one derivation."""
    seconds = []
    for _ in range(REPEATS):
        model = stack(depth)
        start = time.process_time()
        derive(model)
        seconds.append(time.process_time() - start)
    model = stack(depth)
    tracemalloc.start()
    derive(model)
    peak = tracemalloc.get_traced_memory()[1]
    return len(model.equations), min(seconds), peak / 2**20


def main() -> None:
    if len(sys.argv) > 1:
        print(*measure(int(sys.argv[1])))
        return
    print(f"{'layers':>6}  {'equations':>9}  {'seconds':>8}  {'ms/equation':>11}  {'ratio':>5}  {'peak MiB':>8}")
    first = 0.0
    for depth in DEPTHS:
        run = subprocess.run([sys.executable, __file__, str(depth)], capture_output=True, text=True, check=True)
        equations, seconds, peak = (float(x) for x in run.stdout.split())
        each = seconds / equations
        first = first or each
        figures = f"{seconds:>8.4f}  {1000 * each:>11.3f}  {each / first:>5.2f}  {peak:>8.2f}"
        print(f"{depth:>6}  {equations:>9.0f}  {figures}", flush=True)


if __name__ == "__main__":
    main()
