"""`gradproof derive --format html`: a derivation as one page for a browser; its steps are folded unless they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...derivation import Derivation
from ..derivation_report import conventions, names_asked, sections
from ..latex import LATEX
from ..steps_report import HEADING, STEPS, chains
from ..text import TEXT
from .derived import aligned_row, links
from .graph import graph
from .html import GRAPH, chain_as_html
from .page import display, page, words

FOLDED = tuple(zip(STEPS, ("Step by step", "Every step"), strict=True))


def as_html(derivations: Iterable[Derivation], wrt: Sequence[str] = (), steps: str = "", also: Sequence[str] = ()) -> str:
    """One page."""
    ds = list(derivations)
    title = ds[0].model.title or ds[0].model.name
    body = ["<main>", *(line for d in ds for line in _article(d, wrt, steps, also)), "</main>"]
    return page(f"{title} · gradproof", "\n".join(body))


def _article(d: Derivation, wrt: Sequence[str], steps: str, also: Sequence[str]) -> Iterator[str]:
    yield f"<article><header><h1>{words(d.model.title or d.model.name)}</h1>"
    yield f'<p class="quiet small">{words("; ".join(conventions(d, TEXT)))}</p></header>'
    for section in sections(d, wrt, LATEX, also):
        yield f"<section><h2>{words(section.title)}</h2>"
        yield from (display(aligned_row(row, d.model)) for row in section.rows)
        yield "</section>"
    yield f"<section><h2>{HEADING}</h2>"
    for how, told in FOLDED:
        yield f"<details{' open' if steps == how else ''}><summary>{told}</summary>"
        yield from (chain_as_html(links(chain, d.model)) for chain in chains(d, names_asked(d, wrt), how))
        yield "</details>"
    yield "</section>"
    if picture := graph(d.model):
        told_below = f'<figcaption class="quiet small">{GRAPH}</figcaption>'
        yield f'<section><h2>Computation graph</h2><figure><div class="graph">{picture}</div>{told_below}</figure></section>'
    yield "</article>"
