"""The derivation in steps: chains of equalities, each with the rules that give it; the formats differ in how they are set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sympy.core.basic import Basic

from ..derivation import Chain, Derivation, told
from ..derivation.telling import Words
from ..language import Adjoint, Fun, Term
from ..model import Model
from .heads import printer
from .latex import LATEX, latex
from .text import plain, text

STEPS = ("short", "all")
"""How much is told: the chain as a person would write it, or every step."""

HEADING = "Steps"


def chains(d: Derivation, wanted: set[str], steps: str) -> list[Chain]:
    """The chains of what is wanted, and of all that they speak of."""
    every = {c.left.variable.name: c for c in told(d, steps == "all")}
    needed, waiting = set(wanted), list(wanted)
    while waiting:
        chain = every.get(waiting.pop())
        for link in chain.links if chain else ():
            for name in _adjoints(link.right) - needed:
                needed.add(name)
                waiting.append(name)
    return [c for name, c in every.items() if name in needed]


def _adjoints(term: Basic) -> set[str]:
    found, stack = set(), [term]
    while stack:
        node = stack.pop()
        if isinstance(node, Adjoint):
            found.add(node.variable.name)
        stack.extend(a for a in node.args if isinstance(a, Term))
    return found


def in_words(rules: Sequence[Words], model: Model, dollars: bool = False, escape: Callable[[str], str] = str) -> str:
    """Rules as plain text, or with formulas between dollars; `escape` makes words harmless in the format."""

    def piece(part: str | Basic) -> str:
        if isinstance(part, str):
            return escape(part)
        if isinstance(part, Fun):
            name = printer(LATEX, model).names.function(part)
            return f"${name}$" if dollars else plain(name)
        return f"${latex(part, model)}$" if dollars else text(part, model)

    return "; ".join("".join(map(piece, rule)) for rule in rules)


def as_text(found: Sequence[Chain], model: Model) -> Iterator[str]:
    """Lines: the left side, then one line for each '=' and one for its rules."""
    yield from (HEADING, "")
    for chain in found:
        left = text(chain.left, model)
        for n, link in enumerate(chain.links):
            yield f"  {left if n == 0 else ' ' * len(left)} = {text(link.right, model)}"
            if link.rules:
                yield f"  {' ' * len(left)}     ({in_words(link.rules, model)})"
        yield ""


def as_markdown(found: Sequence[Chain], model: Model) -> Iterator[str]:
    """A list item for each chain, one below it for each '='."""
    yield f"## {HEADING}"
    for number, chain in enumerate(found, 1):
        lines = [f"{number}. ${latex(chain.left, model)}$"]
        for link in chain.links:
            rules = f" ({in_words(link.rules, model, True)})" if link.rules else ""
            lines.append(f"   - $= {latex(link.right, model)}${rules}")
        yield "\n".join(lines)

