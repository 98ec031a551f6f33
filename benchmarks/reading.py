"""How long it takes to take documents apart and to parse their formulas: 1,250 to 5,000 displays, 0.27 to 1.07 MB; and
to judge a whole note with 125 to 500 equations.

Time is processor time in this process, the better of two runs; `ratio` compares with the line above, whose document is
half as long.
"""

from __future__ import annotations

import time

from symbolic.pipeline import read_note
from symbolic.reading.chains import chains
from symbolic.reading.document.passages import placed
from symbolic.reading.document.read import read_document
from symbolic.reading.syntax import parse
from symbolic.reading.tokens import ReadError, Source

SECTION = r"""When $t < T$ we have

$$\begin{aligned}
\frac{\partial L}{\partial W} &= \sum_{t=1}^T (\hat y_t - y_t) h_t^T \\
&= \sum_t W^T \delta_t h_t^T
\end{aligned}$$

Some words of prose about $h_t$ and so on, in a sentence.

"""
KINDS = ("markdown", "text", "latex")


def measure(count: int, kind: str) -> tuple[int, int, float, float]:
    """Characters, '=' parsed, seconds for the document, seconds for its formulas."""
    text = SECTION * count
    start = time.process_time()
    document = read_document(text, kind)
    split = time.process_time()
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
    return len(text), parsed, split - start, time.process_time() - split


def judge(count: int) -> tuple[int, float]:
    """Verdicts, and seconds from the text to them, for a note with so many equations."""
    claims = (CLAIMS[k % len(CLAIMS)] % (k + 2, k + 2) for k in range(count - 5))
    text = FORWARD + "\n\n".join(f"Some words about $h_t$.\n\n$${claim}$$" for claim in claims)
    start = time.process_time()
    entries = read_note(text, "markdown").entries
    return len(entries), time.process_time() - start


def main() -> None:
    measure(10, "markdown")  # what is built once
    print(f"{'kind':<9} {'characters':>10}  {'=':>6}  {'split s':>8}  {'parse s':>8}  {'ratio':>5}")
    for kind in KINDS:
        before = 0.0
        for count in (1250, 2500, 5000):
            characters, parsed, split, parsing = min((measure(count, kind) for _ in range(2)), key=lambda m: m[2] + m[3])
            ratio = f"{(split + parsing) / before:5.2f}" if before else ""
            before = split + parsing
            print(f"{kind:<9} {characters:>10,}  {parsed:>6,}  {split:>8.2f}  {parsing:>8.2f}  {ratio:>5}")
    print(f"\n{'verdicts':>8}  {'s':>8}  {'ratio':>5}")
    before = 0.0
    judge(25)
    for count in (125, 250, 500):
        judged, seconds = min((judge(count) for _ in range(2)), key=lambda m: m[1])
        print(f"{judged:>8}  {seconds:>8.2f}  {f'{seconds / before:5.2f}' if before else '':>5}")
        before = seconds


if __name__ == "__main__":
    main()
