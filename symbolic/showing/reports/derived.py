"""A derivation as lines of LaTeX: what a report shows of the right gradients, ready to be printed or to be sent along."""

from __future__ import annotations

from collections.abc import Iterator

from sympy.core.basic import Basic

from ...derivation import Chain, Derivation
from ...language import Fun
from ...model import Model
from ..derivation_report import Row, latex_lines, sections
from ..heads import printer
from ..latex import LATEX, latex
from ..report import Derived, Told
from ..steps_report import chains


def derived(d: Derivation) -> Derived:
    """Every section that `gradproof derive` prints, and the steps."""
    shown = tuple(
        (section.title, tuple(aligned_row(row, d.model) for row in section.rows))
        for section in sections(d, (), LATEX)
        if section.title != "Forward equations"
    )
    short, fine = (tuple(tuple(links(c, d.model)) for c in chains(d, set(d.adjoints), how)) for how in ("short", "all"))
    return Derived(d.model.title or d.model.name, shown, short, fine if fine != short else ())


def links(chain: Chain, model: Model) -> Iterator[tuple[str, Told]]:
    """The display and the rules of each '='."""
    for n, link in enumerate(chain.links):
        first, *more = latex_lines(Row(chain.left, link.right), model)
        lines = [first if n == 0 else "&= " + first.partition(" &= ")[2], *more]
        rules = [_piece(part, model) for rule in link.rules for part in ("; ", *rule)]
        yield _aligned(lines), tuple(rules[1:])


def aligned_row(row: Row, model: Model) -> str:
    """left = right, broken where it would be too long for the page."""
    return _aligned(list(latex_lines(row, model)))


def _piece(part: str | Basic, model: Model) -> tuple[str, bool]:
    if isinstance(part, str):
        return part, False
    return (printer(LATEX, model).names.function(part), True) if isinstance(part, Fun) else (latex(part, model), True)


def _aligned(lines: list[str]) -> str:
    body = " \\\\\n".join(lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
