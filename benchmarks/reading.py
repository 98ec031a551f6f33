"""How long it takes to take documents apart and to parse their formulas: 1,250 to 5,000 displays, 0.27 to 1.07 MB.

Time is processor time in this process; `ratio` compares with the line above, whose document is half as long.
"""

from __future__ import annotations

import time

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


def main() -> None:
    print(f"{'kind':<9} {'characters':>10}  {'=':>6}  {'split s':>8}  {'parse s':>8}  {'ratio':>5}")
    for kind in KINDS:
        before = 0.0
        for count in (1250, 2500, 5000):
            characters, parsed, split, parsing = measure(count, kind)
            ratio = f"{(split + parsing) / before:5.2f}" if before else ""
            before = split + parsing
            print(f"{kind:<9} {characters:>10,}  {parsed:>6,}  {split:>8.2f}  {parsing:>8.2f}  {ratio:>5}")


if __name__ == "__main__":
    main()
