"""How long it takes to take documents apart and to parse their formulas: 1,250 to 5,000 displays, 0.28 to 1.1 MB; and to
judge a whole note with 125 to 500 equations.

No two formulas of a document are alike.  Time is processor time in this process, the better of two runs; `ratio` compares
with the line above, whose document is half as long.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from symbolic.pipeline import read_note
from symbolic.reading.chains import chains
from symbolic.reading.document.passages import placed
from symbolic.reading.document.read import read_document
from symbolic.reading.rows import laid_out
from symbolic.reading.syntax import parse
from symbolic.reading.tokens import ReadError, Source, lex

SECTION = r"""When $t < %(n)d$ we have

$$\begin{aligned}
\frac{\partial L}{\partial W} &= %(n)d \sum_{t=1}^T (\hat y_t - y_t) h_t^T \\
&= %(n)d \sum_t W^T \delta_t h_t^T
\end{aligned}$$

Some words of prose about $h_t$ and so on, in a sentence.

"""
FORWARD = r"""$$a_t = W h_{t-1} + U x_t + b, \qquad h_t = \tanh(a_t), \qquad o_t = V h_t + c, \qquad p_t = \mathrm{softmax}(o_t)$$

$$L = -\sum_{t=1}^T y_t^\top \log p_t$$

"""
CLAIMS = (
    r"\frac{\partial L}{\partial o_t} = \frac{%(n)d}{%(n)d} (p_t - y_t)",
    r"\frac{\partial L}{\partial V} = \frac{%(n)d}{%(n)d} \sum_{t=1}^T (p_t - y_t) h_t^\top",
    r"\frac{\partial L}{\partial W} = \frac{%(n)d}{%(n)d} \sum_{t=1}^T \frac{\partial L}{\partial a_t} h_{t-1}^\top",
    r"\frac{\partial L}{\partial W} = \frac{%(n)d}{%(n)d} \sum_{t=1}^T \frac{\partial L}{\partial a_t} h_t^\top",
    r"\frac{\partial L}{\partial h_t} = \frac{%(n)d}{%(n)d} (V^\top (p_t - y_t) + W^\top \frac{\partial L}{\partial a_{t+1}})",
)
"""Right ones and one that is wrong."""


def read(count: int, kind: str) -> tuple[int, int]:
    """Characters of a document, and '=' parsed in it."""
    text = "".join(SECTION % {"n": k + 2} for k in range(count))
    document = read_document(text, kind)
    parsed = 0
    for item in placed(document, (), (0,) * len(document.formulas)):
        passage = item.passage
        for link in chains(Source(passage.latex, passage.line, passage.column, passage.places), passage.earlier).links:
            try:
                parse(link.left)
                parse(link.right)
            except ReadError:
                continue
            parsed += 1
    return len(text), parsed


def judge(count: int) -> tuple[int, int]:
    """Characters of a note, and verdicts on it."""
    claims = (CLAIMS[k % len(CLAIMS)] % {"n": k + 2} for k in range(count - 5))
    text = FORWARD + "\n\n".join(f"Some words about $h_t$.\n\n$${claim}$$" for claim in claims)
    return len(text), len(read_note(text, "markdown").entries)


def timed(run: Callable[[], tuple[int, int]]) -> tuple[float, int, int]:
    """Seconds, with nothing known from the run before, and what the run returns."""
    lex.cache_clear()
    laid_out.cache_clear()
    start = time.process_time()
    result = run()
    return time.process_time() - start, *result


def main() -> None:
    read(10, "markdown")  # what is built once
    judge(25)
    print(f"{'':<10} {'characters':>10}  {'=':>6}  {'s':>7}  {'ratio':>5}")
    rows: list[tuple[str, Callable[[int], tuple[int, int]], tuple[int, ...]]] = [
        *((kind, lambda n, kind=kind: read(n, kind), (1250, 2500, 5000)) for kind in ("markdown", "text", "latex")),
        ("check", judge, (125, 250, 500)),
    ]
    for name, run, counts in rows:
        before = 0.0
        for count in counts:
            seconds, characters, equations = min(timed(lambda run=run, count=count: run(count)) for _ in range(2))
            ratio = f"{seconds / before:5.2f}" if before else ""
            before = seconds
            print(f"{name:<10} {characters:>10,}  {equations:>6,}  {seconds:>7.2f}  {ratio:>5}")


if __name__ == "__main__":
    main()
