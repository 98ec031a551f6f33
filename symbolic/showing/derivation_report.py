r"""What `gradproof derive` prints: forward equations, adjoints (t < T and t = T), gradients.

A display is a list of rows (left side, right side, where it holds); the formats differ only in how they set rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sympy.core.basic import Basic

from ..derivation import Chain, Derivation, sensitivity
from ..language import Adjoint, Partial, Plus, Term, Var
from ..model import Family, Model
from . import steps_report
from .arithmetic import signed_summands
from .heads import printer
from .latex import LATEX, latex
from .markdown import words as markdown_words
from .names import tokens
from .printing import Notation
from .steps_report import HEADING, chains, in_words
from .text import TEXT, text

LAYOUT = "gradient layout: ∂L/∂W has the shape of W"
LINE = 62
"""Characters of a formula that fit between the margins; longer sums are broken before a + or a minus."""


class WrtError(ValueError):
    """A name after --wrt that is none of the model's; the message lists the legal ones."""


@dataclass(frozen=True)
class Row:
    """left = right, for `where`; `defines`: the variable whose adjoint the left side is, if the note names that."""

    left: Basic
    right: Basic
    where: str = ""
    defines: Var | None = None


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]


def sections(d: Derivation, wrt: Sequence[str], notation: Notation, also: Sequence[str] = ()) -> list[Section]:
    """The displays of one derivation; `also` names further ones of `FURTHER`.  Raises `WrtError`."""
    asked = names_asked(d, wrt)
    wanted = _with_adjoints(d, asked)
    model = d.model
    found = [
        Section("Forward equations", tuple(_forward(model, notation))),
        Section("Adjoints", tuple(r for name in _backwards(d, wanted) for r in adjoint_rows(d, name, notation))),
        Section("Gradients", tuple(_gradient(d, f, notation) for f in model.of_role("weight") if f.name in wanted)),
        Section("Gradients of the inputs", tuple(_inputs(d, asked, notation))),
        Section("Closed forms of the adjoints", tuple(_closed(d, asked, notation))),
        *(Section(FURTHER[name][0], tuple(FURTHER[name][1](d, asked, notation))) for name in also),
    ]
    return [s for s in found if s.rows]


def names_asked(d: Derivation, wrt: Sequence[str]) -> set[str]:
    """The names of the families asked for, by name or by LaTeX; all of them if none is."""
    families = d.model.families
    spelled = {f.latex: f.name for f in families.values()}
    names = [w if w in families else spelled.get(w, w) for w in wrt]
    for name in names:
        if name not in d.adjoints:
            raise WrtError(f"--wrt {name}: the loss of {d.model.name} is differentiated by {', '.join(d.adjoints)}")
    return set(names or d.adjoints)


def _with_adjoints(d: Derivation, asked: set[str]) -> set[str]:
    """The families asked for, and those whose adjoints their formulas speak of."""
    wanted, waiting = set(asked), list(asked)
    while waiting:
        name = waiting.pop()
        for needed in _adjoints_in(d.gradient(name)) - wanted:
            wanted.add(needed)
            waiting.append(needed)
    return wanted


def _adjoints_in(term: Basic) -> set[str]:
    found, stack = set(), [term]
    while stack:
        node = stack.pop()
        if isinstance(node, Adjoint):
            found.add(node.variable.name)
        stack.extend(a for a in node.args if isinstance(a, Term))
    return found


def _backwards(d: Derivation, wanted: set[str]) -> Iterator[str]:
    """The states whose adjoints are worth a line, in the order in which the backward pass computes them."""
    for e in reversed(d.model.equations):
        name = e.left.name
        if name in wanted and name in d.adjoints and name != d.model.loss.name and isinstance(d.adjoint(name), Term):
            yield name


def adjoint_rows(d: Derivation, name: str, notation: Notation) -> Iterator[Row]:
    """One row, or one for t < T and one for t = T where the last step differs."""
    model, family = d.model, d.model.families[name]
    defines = family.var if name in model.error_names.values() else None
    rule = d.rule(name)
    at_last = [c for c in rule.contributions if _only_last(c.condition, family)]
    if not family.indices or not (at_last or any(c.offset for c in rule.contributions)):
        yield Row(Adjoint(family.var), d.adjoint(name), _range(model, family.var, notation), defines)
        return
    index = family.indices[0]
    others = [c.term for c in rule.contributions if c not in at_last]
    earlier = d.adjoint(name) if not at_last else others[0] if len(others) == 1 else Plus(*others)
    last = family.at(index.upper, *(i.symbol for i in family.indices[1:]))
    if at_last and not others:
        earlier = None
    show = latex if notation is LATEX else text
    less = notation.relations["<"]
    if earlier is not None:
        yield Row(Adjoint(family.var), earlier, f"{show(index.symbol)} {less} {show(index.upper)}", defines)
    yield Row(Adjoint(last), d.last(name), "")


def _only_last(condition: Basic | None, family: Family) -> bool:
    if condition is None or not family.indices:
        return False
    op, *sides = condition.args
    return str(op) == "=" and set(sides) == {family.indices[0].symbol, family.indices[0].upper}


def _forward(model: Model, notation: Notation) -> Iterator[Row]:
    for e in model.equations:
        yield Row(e.left, e.right, _range(model, e.left, notation))


def _gradient(d: Derivation, family: Family, notation: Notation) -> Row:
    return Row(Adjoint(family.var), d.gradient(family.name), _range(d.model, family.var, notation))


def _inputs(d: Derivation, wanted: set[str], notation: Notation) -> Iterator[Row]:
    """Inputs, and the values before the first step where they are not zero."""
    for family in d.model.of_role("input"):
        if family.name in wanted and family.name in d.adjoints:
            yield _gradient(d, family, notation)
    for name in d.basis:
        family = d.model.families[name]
        if name in wanted and family.indices and name not in d.model.zero_initial:
            first = family.at(family.indices[0].lower - 1, *(i.symbol for i in family.indices[1:]))
            yield Row(Adjoint(first), d.initial_gradient(name))


def _closed(d: Derivation, wanted: set[str], notation: Notation) -> Iterator[Row]:
    for name in d.basis:
        closed = d.closed(name) if name in wanted else None
        if closed is not None:
            variable = d.model.families[name].var
            yield Row(Adjoint(variable), closed, _range(d.model, variable, notation))


def _rows(d: Derivation, wanted: set[str], notation: Notation) -> Iterator[Row]:
    """∂L/∂W as a row over the entries of W, row-major: the vec and Kronecker form."""
    for family in d.model.of_role("weight"):
        if family.name in wanted and family.rows and family.cols:
            left = Partial(d.model.loss, family.var, "total", "jacobian")
            yield Row(left, d.gradient(family.name, "jacobian"), _range(d.model, family.var, notation))


def _forward_sensitivities(d: Derivation, wanted: set[str], notation: Notation) -> Iterator[Row]:
    """∂h_t/∂W by recursion forward in time, for the recurrent quantities."""
    for name in d.basis:
        for family in d.model.of_role("weight"):
            if family.name in wanted and not family.indices and d.jacobians.depends(name, family.name):
                variable = d.model.families[name].var
                left = Partial(variable, family.var, "total", "jacobian")
                yield Row(left, sensitivity(d, name, family.name), _range(d.model, variable, notation))


FURTHER: dict[str, tuple[str, Callable[[Derivation, set[str], Notation], Iterator[Row]]]] = {
    "rows": ("Gradients as rows, W flattened row by row", _rows),
    "forward": ("Forward sensitivities (zero before the first step)", _forward_sensitivities),
}
"""Displays that are shown on request: option, heading, rows."""


def _range(model: Model, variable: Var, notation: Notation) -> str:
    show, dots = (latex, r", \dots, ") if notation is LATEX else (text, ", …, ")
    parts = [f"{show(i.symbol)} = {i.lower}{dots}{show(i.upper)}" for i in model.families[variable.name].indices]
    return ", ".join(parts)


def _defined(row: Row, model: Model, notation: Notation) -> str:
    """∂L/∂h_t, written out beside its name δ_t."""
    show = latex if notation is LATEX else text
    return notation.partial % (show(model.loss, model), show(row.defines, model)) if row.defines else ""


# plain text


def as_text(
    derivations: Iterable[Derivation], wrt: Sequence[str] = (), steps: str = "", also: Sequence[str] = ()
) -> str:
    """Lines for a terminal."""
    lines: list[str] = []
    for d in derivations:
        lines += [d.model.title or d.model.name, "", f"  ({'; '.join(conventions(d, TEXT))})", ""]
        for section in sections(d, wrt, TEXT, also):
            lines += [section.title, ""]
            for row in section.rows:
                left, defined = text(row.left, d.model), _defined(row, d.model, TEXT)
                left = f"{left} = {defined}" if defined else left
                lines.append(f"  {left} = {text(row.right, d.model)}" + (f"    ({row.where})" if row.where else ""))
            lines.append("")
        if steps:
            lines += steps_report.as_text(chains(d, names_asked(d, wrt), steps), d.model)
    return "\n".join(lines)


def conventions(d: Derivation, notation: Notation) -> list[str]:
    """What the formulas take for granted."""
    show = latex if notation is LATEX else text
    told = [LAYOUT if notation is TEXT else r"gradient layout: $\partial L/\partial W$ has the shape of $W$"]
    for name in d.basis:
        family = d.model.families[name]
        if family.indices:
            beyond = Adjoint(family.at(family.indices[0].upper + 1, *(i.symbol for i in family.indices[1:])))
            told.append(f"{_dollars(show(beyond, d.model) + ' = 0', notation)} beyond the last step")
    told += [f"assuming {text_only(a, notation)}" for a in d.assumes]
    return told


def _dollars(formula: str, notation: Notation) -> str:
    return f"${formula}$" if notation is LATEX else formula


def text_only(words: str, notation: Notation) -> str:
    return escaped(words) if notation is LATEX else words


# LaTeX

PREAMBLE = r"""\documentclass[a4paper,11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\allowdisplaybreaks
%% msbm has no double-struck 1: the indicator is composed
\let\letterbb\mathbb
\renewcommand{\mathbb}[1]{\if1#1\mathrm{1\mkern-4.2mu l}\else\letterbb{#1}\fi}
\title{%s}
\date{}
\begin{document}
\maketitle
"""


def as_latex(
    derivations: Iterable[Derivation], wrt: Sequence[str] = (), steps: str = "", also: Sequence[str] = ()
) -> str:
    """One document that compiles by itself."""
    ds = list(derivations)
    parts = [PREAMBLE % escaped(ds[0].model.name.replace("_", " "))]
    for d in ds:
        told = ";\n".join(conventions(d, LATEX))
        parts.append(f"\\section*{{{escaped(d.model.title)}}}\n\\noindent {told[0].upper()}{told[1:]}.\n")
        for section in sections(d, wrt, LATEX, also):
            display = _align("align*", section.rows, d.model)
            parts.append(f"\\subsection*{{{section.title}}}\n{display}")
        if steps:
            parts.append(f"\\subsection*{{{HEADING}}}")
            parts += [_chain(chain, d.model) for chain in chains(d, names_asked(d, wrt), steps)]
    return "\n".join([*parts, "\\end{document}\n"])


def _align(environment: str, rows: Sequence[Row], model: Model, relation: str = " &= ") -> str:
    body = " \\\\\n".join(line for row in rows for line in latex_lines(row, model, relation))
    return f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}\n"


def _chain(chain: Chain, model: Model) -> str:
    """left = ... = ..., the rules of each '=' in small print below it."""
    lines: list[str] = []
    for link in chain.links:
        first, *more = latex_lines(Row(chain.left, link.right), model)
        lines += [first if not lines else "&= " + first.partition(" &= ")[2], *more]
        if link.rules:
            lines.append(rf"&\qquad \text{{\small ({in_words(link.rules, model, True, escaped)})}}")
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


def latex_lines(row: Row, model: Model, relation: str = " &= ") -> Iterator[str]:
    """The row, broken before summands where it would be too long for the page."""
    defined = _defined(row, model, LATEX)
    left = latex(row.left, model) + (f" = {defined}" if defined else "")
    where = rf", \qquad {row.where}" if row.where else ""
    pieces = _summands(row.right, model)
    lines = [left + relation + pieces[0]]
    used = [visible_width(pieces[0])]
    for piece in pieces[1:]:
        if used[-1] + visible_width(piece) > LINE:
            lines.append(r"&\quad " + piece)
            used.append(visible_width(piece))
        else:
            lines[-1] += " " + piece
            used[-1] += visible_width(piece)
    if where and used[-1] + visible_width(where) > LINE + 12:
        lines.append(rf"&\qquad {row.where}")
    else:
        lines[-1] += where
    yield from lines


def _summands(term: Basic, model: Model) -> list[str]:
    """The formula in pieces that may stand on lines of their own."""
    if not isinstance(term, Plus) or not term.args:
        return [latex(term, model)]
    first, *rest = signed_summands(printer(LATEX, model), term)
    return ["-" * first[0] + first[1], *(f"{'-' if minus else '+'} {piece}" for minus, piece in rest)]


_BLANK = {"{", "}", "^", "_", r"\left", r"\right", r"\hat", r"\operatorname", r"\text"} | {
    rf"\math{font}" for font in ("bf", "cal", "bb", "rm")
}
_WIDE = {r"\sum": 3, r"\prod": 3, r"\qquad": 4, r"\quad": 2, r"\circ": 2, "+": 2, "-": 2, "=": 2, r"\begin": 6}


def visible_width(formula: str) -> int:
    """About how many characters wide a formula is set; scripts and the parts of fractions count in full."""
    return sum(0 if x in _BLANK or x.isspace() else _WIDE.get(x, 1) for x in tokens(formula))


_LATEX_SPECIAL = {c: "\\" + c for c in "#$%&_{}"} | {
    c: rf"\text{word}{{}}" for c, word in zip("\\~^", ("backslash", "asciitilde", "asciicircum"), strict=True)
}


def escaped(words: str) -> str:
    """Words as LaTeX text."""
    return "".join(_LATEX_SPECIAL.get(c, c) for c in words)


# Markdown


def as_markdown(
    derivations: Iterable[Derivation], wrt: Sequence[str] = (), steps: str = "", also: Sequence[str] = ()
) -> str:
    """Headings and displayed formulas."""
    parts: list[str] = []
    for d in derivations:
        parts += [f"# {markdown_words(d.model.title or d.model.name)}", "; ".join(conventions(d, LATEX)) + "."]
        for section in sections(d, wrt, LATEX, also):
            parts += [f"## {section.title}", *(f"$$\n{_align('aligned', [r], d.model)}$$" for r in section.rows)]
        if steps:
            parts += steps_report.as_markdown(chains(d, names_asked(d, wrt), steps), d.model)
    return "\n\n".join(parts) + "\n"


DERIVATION_FORMATS: dict[str, Callable[[Iterable[Derivation], Sequence[str], str, Sequence[str]], str]] = {
    "text": as_text,
    "latex": as_latex,
    "markdown": as_markdown,
}
