"""The tree of what is written down is the tree that was written down: random trees as LaTeX, parsed back."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from symbolic.reading.syntax import parse
from symbolic.reading.tokens import lex
from symbolic.reading.tree import outline

LETTERS = ("a", "h", "W", "x", r"\sigma", r"\delta")
ACCENTS = ("hat", "bar", "tilde")
LOOSE = {r"\circ": "∘", r"\odot": "∘", r"\otimes": "⊗", "*": "*"}
TIGHT = {"": "", r"\cdot": "·", r"\times": "×", "/": "/"}
BRACKETS = (("(", ")", "(", ")"), (r"\left[", r"\right]", "[", "]"), ("{", "}", "{", "}"), (r"\lVert", r"\rVert", "‖", "‖"))

Written = tuple[str, str]
"""A tree as LaTeX and as its outline."""
Rule = Callable[[Random, int], Written]


def letter(r: Random, depth: int = 0) -> Written:
    name = r.choice(LETTERS)
    dressed = ((rf"\mathbf{{{name}}}", f"{name}.bold"), (rf"\{(mark := r.choice(ACCENTS))}{{{name}}}", f"{name}.{mark}"))
    return r.choice(((name, name), (name, name), (r"\tanh", "tanh"), *dressed))


def number(r: Random, depth: int = 0) -> Written:
    return (str(n := r.randrange(100)), str(n))


def scripted(r: Random, depth: int) -> Written:
    latex, shown = letter(r)
    primes = "'" * r.randrange(2)
    latex, shown = latex + primes, shown + primes
    for mark in r.choice(("_", "^", "_^")):
        script, meant = r.choice((letter, number))(r)
        if r.random() < 0.3:
            script, meant = f"{script} - 1", f"({meant} -1)"
        latex, shown = f"{latex}{mark}{{{script}}}", f"{shown}{mark}{meant}"
    return latex, shown


def grouped(r: Random, depth: int) -> Written:
    opening, closing, shown, end = r.choice(BRACKETS)
    latex, meant = tree(r, depth - 1)
    return f"{opening} {latex} {closing}", shown + meant + end


def fraction(r: Random, depth: int) -> Written:
    (top, one), (bottom, other) = tree(r, depth - 1), tree(r, depth - 1)
    return rf"\frac{{{top}}}{{{bottom}}}", f"frac({one}, {other})"


def root(r: Random, depth: int) -> Written:
    latex, meant = tree(r, depth - 1)
    return rf"\sqrt{{{latex}}}", f"sqrt({meant})"


def big(r: Random, depth: int) -> Written:
    """Σ and ∏ take the rest of their term: they stand last in it."""
    operator, index = r.choice(("sum", "prod")), r.choice("tk")
    latex, meant = r.choice((factor, product, infix))(r, depth - 1)
    return rf"\{operator}_{{{index}=1}}^T {latex}", f"{operator}_{{({index} = 1)}}^T({meant})"


def factor(r: Random, depth: int) -> Written:
    rules: tuple[Rule, ...] = (letter, number, scripted, *((grouped, fraction, root) if depth > 0 else ()))
    return r.choice(rules)(r, depth)


def joined(r: Random, depth: int, part: Rule, last: Rule, operators: dict[str, str]) -> Written:
    """Two to four parts with operators between them; two numbers never stand side by side."""
    latex, meant = part(r, depth)
    for k in range(count := r.randint(1, 3)):
        text, shown = (last if k == count - 1 else part)(r, depth)
        sign = r.choice(list(operators))
        if not sign and latex.split()[-1].isdigit() and text[0].isdigit():
            sign = r"\cdot"
        latex, meant = f"{latex} {sign} {text}", f"{meant} {mark} {shown}" if (mark := operators[sign]) else f"{meant} {shown}"
    return latex, f"({meant})"


def product(r: Random, depth: int) -> Written:
    return joined(r, depth - 1, factor, big if depth > 0 and r.random() < 0.2 else factor, TIGHT)


def infix(r: Random, depth: int) -> Written:
    def part(r: Random, depth: int) -> Written:
        return factor(r, depth) if r.random() < 0.5 else joined(r, depth - 1, factor, factor, TIGHT)

    return joined(r, depth - 1, part, part, LOOSE)


def total(r: Random, depth: int) -> Written:
    terms = [(r.choice("+-"), r.choice((factor, product, infix))(r, depth - 1)) for _ in range(r.randint(2, 4))]
    latex = " ".join(f"{sign} {text}" for sign, (text, _) in terms)
    meant = " ".join(sign + shown for sign, (_, shown) in terms)
    return latex.removeprefix("+ "), f"({meant.removeprefix('+')})"


def tree(r: Random, depth: int) -> Written:
    return r.choice((factor, product, infix, total, big) if depth > 0 else (letter, number))(r, depth)


@given(st.randoms(use_true_random=False), st.integers(0, 4))
def test_a_tree_written_down_is_parsed_back(r, depth):
    latex, meant = tree(r, depth)
    assert outline(parse(lex(latex).tokens)) == meant, latex
