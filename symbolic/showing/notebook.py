r"""How records look in a notebook: formulas between dollars, which its own MathJax sets, and HTML without any script.

A formula is set only if `reports.typesetting` knows every word in it, so that none can define, link or load; any other
one is shown as code, where nothing is set.  Words are escaped, and `$` and `\` in them stand in elements of their own, so
that no formula begins in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from ..derivation import Derivation, Gradient
from ..language import LOOKS, Look, Term
from ..model import Equation, Model
from ..proof.verdict import Counterexample, Entry, Verdicts
from . import derivation_report, explanation
from .derivation_report import Row, adjoint_rows, conventions, latex_lines, sections
from .latex import LATEX, latex
from .report import Report, described, summary
from .report_text import HELP, place_of
from .report_text import numbers as rounded
from .reports.derived import aligned_row, links
from .reports.html import GLYPHS, MOST_CELLS
from .reports.marking import in_words, marked_formula, told_in_parts
from .reports.page import verbatim
from .reports.page import words as plain_words
from .reports.typesetting import formula
from .steps_report import chains
from .text import TEXT, text

COLOURS = {
    "proved": "#1a8754", "proved-given": "#1a8754", "refuted": "#d1242f", "unproved": "#9a6700", "unreadable": "#8250df",
    "accepted": "#6e7781",
}  # fmt: skip
"""Verdict -> a colour that can be read on white and on black."""

OTHER_WORDS = {
    r"\bm": r"\boldsymbol", r"\pmb": r"\boldsymbol", r"\coloneqq": r"\mathrel{:=}", r"\mathnormal": r"\mathit",
    r"\textnormal": r"\text", r"\textup": r"\text", r"\thinspace": r"\,", r"\overleftarrow": r"\overline",
    "{dcases}": "{cases}",
}  # fmt: skip
"""What LaTeX knows and MathJax does not know without an extension."""

_WORDS = re.compile(r"\\[A-Za-z]+|\{dcases\}")
_TAG_IN_WORDS = re.compile(r"\\(?:text[a-z]*|mbox) ?\{[^{}]*[<>]")
_CHARACTER = re.compile(r"\\uchar\{(.)\}\{[0-9A-F]+\}")
_FOLDED = ("Forward equations", "Gradients of the inputs", "Closed forms of the adjoints")


def in_mathjax(source: str) -> str | None:
    """A formula that MathJax sets and that does nothing else, or None for one that is to be shown as it was written.

    >>> in_mathjax(r"\\bm{W} h < 1"), in_mathjax(r"\\href{javascript:alert(1)}{x}")
    ('\\\\boldsymbol{W} h \\\\lt  1', None)
    """
    found = formula(source)
    if found is None or r"\ensuremath" in found or r"\wrong" in found or _TAG_IN_WORDS.search(found):
        return None
    found = _CHARACTER.sub(lambda m: m[1], found)
    found = _WORDS.sub(lambda m: OTHER_WORDS.get(m[0], m[0]), found)
    return found.replace("<", r"\lt ").replace(">", r"\gt ")


def between_dollars(source: str) -> str | None:
    found = in_mathjax(source)
    return None if found is None else rf"$\displaystyle {found}$"


def math(source: str, marked: str = "") -> str:
    """A formula as HTML; `marked`: the same with what is wrong in \\htmlClass{wrong}{...}, which is boxed."""
    shown = in_mathjax(marked.replace(r"\htmlClass{wrong}", r"\boxed")) if marked else None
    shown = shown or in_mathjax(source)
    return f"<code>{verbatim(source)}</code>" if shown is None else rf"$\displaystyle {verbatim(shown)}$"


def words(told: str) -> str:
    r"""Words as HTML in which MathJax finds no formula.

    >>> words("$x$ <b>")
    '<span>$</span>x<span>$</span> &lt;b&gt;'
    """
    return re.sub(r"[$\\]", lambda m: f"<span>{m[0]}</span>", plain_words(told))


def _spaced(told: str) -> str:
    return f"{' ' * told.startswith(' ')}{words(told)}{' ' * (told.endswith(' ') and bool(told.strip()))}"


def _sentence(parts: Iterable[tuple[str, bool]]) -> str:
    return "".join(math(part) if is_formula else _spaced(part) for part, is_formula in parts)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(f"<div>{line}</div>" for line in lines)


def _formulas(lines: Iterable[str]) -> str:
    return "\n".join(f'<div style="margin:.3em 0">{line}</div>' for line in lines)


def _folded(summary_: str, inside: str) -> str:
    return f"<details><summary>{words(summary_)}</summary>\n{inside}\n</details>"


# verdicts


class Judged(Protocol):
    """What the pipeline returns for a document."""

    @property
    def entries(self) -> Sequence[Entry]: ...
    @property
    def models(self) -> Sequence[Model]: ...
    @property
    def problems(self) -> Sequence[str]: ...


def entry_as_html(e: Entry) -> str:
    return _card(e, with_place=False)


def _card(e: Entry, with_place: bool) -> str:
    colour = COLOURS[e.verdict]
    inside = _lines(_told(e, f'<b style="color:{colour}">{GLYPHS[e.verdict]} {words(e.verdict)}</b>', with_place))
    return f'<div style="border-left:3px solid {colour};padding:0 0 0 .8em;margin:.6em 0">\n{inside}\n</div>'


def _told(e: Entry, verdict: str, with_place: bool) -> Iterator[str]:
    cause = f" ({words(e.cause)})" if e.cause else ""
    yield f"{verdict}{cause}{f' · {words(_where(e))}' if with_place else ''}"
    yield words(in_words(e)) or math(e.latex, _marked(e))
    if e.verdict not in ("proved", "accepted") and place_of(e)[2]:
        yield _sentence(told_in_parts(e))
    if e.repair:
        right = f"{e.head.strip()} = {e.repair}" if e.head.strip() else e.repair
        yield f"{'The right formula' if e.mend and e.mend.whole else 'Right would be'} (proved): {math(right)}"
    if e.counterexample:
        yield _counterexample(e.counterexample)
    for label, value in HELP:
        if (told := value(e)) and label in ("assumes", "reading", "inherits from", "step"):
            yield f"<small>{label}: {words(told)}</small>"


def _where(e: Entry) -> str:
    cell = f"cell {e.id[1 : e.id.find(':')]}, " if e.id.startswith("C") else ""
    return f"{cell}line {e.line}"


def _marked(e: Entry) -> str:
    """The formula with what is wrong marked, where the right side stands in the source as it stands in the entry."""
    long = e.end_column - e.column
    if not (e.mend and e.mend.exact) or not 0 < long < len(e.latex) or not e.latex[:-long].rstrip().endswith("="):
        return ""
    return marked_formula(Report("", (e,), {e.line: " " * (e.column - 1) + e.latex[-long:]}), e)


def _counterexample(c: Counterexample) -> str:
    sizes = ", ".join(f"{name} = {n}" for name, n in c.setting.items())
    setting = words("; ".join(x for x in (sizes, c.where.rstrip(" :")) if x))
    if c.claimed is None:
        needs = f"only if {', '.join(c.conforms_only_if)}" if c.conforms_only_if else "for no sizes"
        return f"The shapes conform {words(needs)}{f'; seen at {setting}' if setting else ''}"
    return f"Counterexample at {setting}: claimed ${verbatim(matrix(c.claimed))}$, true ${verbatim(matrix(c.true))}$"


def matrix(value: object) -> str:
    """Nested lists of numbers as LaTeX, four digits each.

    >>> matrix([0.5, 1e-7])
    '\\\\begin{bmatrix} 0.5 \\\\\\\\ 1 \\\\cdot 10^{-7} \\\\end{bmatrix}'
    """
    if not isinstance(value, list | tuple):
        return _number(value)
    rows = [_row(list(r) if isinstance(r, list | tuple) else [r]) for r in value[:MOST_CELLS]]
    body = r" \\ ".join([*rows, *([r"\vdots"] if len(value) > MOST_CELLS else [])])
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _row(cells: Sequence[object]) -> str:
    return " & ".join([*map(_number, cells[:MOST_CELLS]), *([r"\cdots"] if len(cells) > MOST_CELLS else [])])


def _number(value: object) -> str:
    if not isinstance(value, float | int):
        return rf"\text{{{'?' if value is None else type(value).__name__}}}"
    digits, _, power = rounded(value).partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if power else digits.replace("inf", r"\infty ").replace("nan", "?")


def entry_as_latex(e: Entry) -> str | None:
    shown = in_mathjax(e.latex)
    cause = f" ({e.cause})" if e.cause else ""
    return None if shown is None else rf"$\displaystyle {shown} \qquad \text{{{e.verdict}{cause}}}$"


def entry_as_text(e: Entry) -> str:
    """One line, and one for each thing more that is known."""
    cause = f" ({e.cause})" if e.cause else ""
    told = " ".join((place_of(e)[2] or e.latex).split())
    return "\n".join([f"{e.verdict}{cause}: {told}", *(f"  {label}: {value(e)}" for label, value in HELP if value(e))])


def verdicts_as_html(entries: Sequence[Entry]) -> str:
    several = len({e.line for e in entries}) > 1
    return "\n".join(_card(e, with_place=several) for e in entries)


def verdicts_as_text(entries: Sequence[Entry]) -> str:
    return "\n".join(f"{_where(e)}: {entry_as_text(e)}" for e in entries)


def judged_as_html(judged: Judged) -> str:
    counts = ", ".join(f"{n} {verdict}" for verdict, n in summary(judged.entries).items())
    parts = [_lines([f"<b>{words(counts or 'nothing is judged')}</b>", *map(words, judged.problems)])]
    parts += [_card(e, with_place=True) for e in judged.entries]
    for k, model in enumerate(judged.models, 1):
        which = f" (notation {k})" if len(judged.models) > 1 else ""
        parts.append(_folded(f"The network as understood{which}", model_as_html(model)))
    return "\n".join(parts)


def judged_as_text(judged: Judged) -> str:
    counts = ", ".join(f"{n} {verdict}" for verdict, n in summary(judged.entries).items())
    return "\n".join([counts or "nothing is judged", *judged.problems, verdicts_as_text(judged.entries)]).rstrip("\n")


# models and derivations


def model_as_html(model: Model) -> str:
    """Its equations, and its symbols as a table."""
    told = described(model)
    equations, families = told.get("equations"), told.get("families")
    head = "".join(f"<th>{name}</th>" for name in ("symbol", "role", "shape"))
    rows = [
        f"<tr><td>{math(str(f['latex']))}</td><td>{words(str(f['role']))}</td><td>{words(str(f['shape']))}</td></tr>"
        for f in (families if isinstance(families, list | tuple) else ())
    ]
    table = "\n".join(["<table>", f"<tr>{head}</tr>", *rows, "</table>"])
    lines = [math(str(e)) for e in (equations if isinstance(equations, list | tuple) else ())]
    return "\n".join([f"<div><b>{words(model.title or model.name)}</b></div>", _formulas(lines), table])


def model_as_latex(model: Model) -> str | None:
    return between_dollars(_aligned(line for e in model.equations for line in latex_lines(Row(e.left, e.right), model)))


def model_as_text(model: Model) -> str:
    report = Report(model.name, (), models=(model,))
    parts = [[f"{heading}:", *(f"  {line}" for line in lines)] for heading, lines in explanation.sections(report)]
    return "\n".join([model.title or model.name, *(line for part in parts for line in part)])


def _aligned(lines: Iterable[str]) -> str:
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def derivation_as_html(d: Derivation) -> str:
    """What it takes for granted, the adjoints and the gradients; the rest on request."""
    title, granted = words(d.model.title or d.model.name), words("; ".join(conventions(d, TEXT)))
    parts = [_lines([f"<b>{title}</b>", f"<small>{granted}</small>"])]
    folded = []
    for section in sections(d, (), LATEX):
        lines = _formulas(math(aligned_row(row, d.model)) for row in section.rows)
        if section.title in _FOLDED:
            folded.append(_folded(section.title, lines))
        else:
            parts += [f"<div><i>{words(section.title)}</i></div>", lines]
    return "\n".join([*parts, *folded])


def derivation_as_latex(d: Derivation) -> str | None:
    rows = [row for section in sections(d, (), LATEX) if section.title not in _FOLDED for row in section.rows]
    return between_dollars(_aligned(line for row in rows for line in latex_lines(row, d.model))) if rows else None


def derivation_as_text(d: Derivation) -> str:
    return derivation_report.as_text([d]).rstrip("\n")


def _rows(g: Gradient) -> list[Row]:
    """One row; for a state one for t < T and one for t = T where the last step differs."""
    return list(adjoint_rows(g.derivation, g.name, LATEX))


def gradient_as_html(g: Gradient) -> str:
    """Its formula, and on request the chain of equalities that leads to it."""
    d = g.derivation
    lines = _formulas(math(aligned_row(row, d.model)) for row in _rows(g))
    chain = next((c for c in chains(d, {g.name}, "short") if c.left.variable.name == g.name), None)
    if chain is None:
        return lines
    steps = [f"{math(shown)} <small>{_sentence(rules)}</small>" for shown, rules in links(chain, d.model)]
    return f"{lines}\n{_folded('Step by step', _formulas(steps))}"


def gradient_as_latex(g: Gradient) -> str | None:
    return between_dollars(_aligned(line for row in _rows(g) for line in latex_lines(row, g.derivation.model)))


def gradient_as_text(g: Gradient) -> str:
    model = g.derivation.model
    return "\n".join(f"{text(row.left, model)} = {text(row.right, model)}" for row in _rows(g))


def _equation_as_latex(e: Equation) -> str | None:
    return between_dollars(f"{latex(e.left)} = {latex(e.right)}")


def _term_as_latex(term: Term) -> str | None:
    return between_dollars(latex(term))


LOOKS |= {
    Term: Look(text, _term_as_latex),
    Equation: Look(lambda e: f"{text(e.left)} = {text(e.right)}", _equation_as_latex),
    Model: Look(model_as_text, model_as_latex, model_as_html),
    Gradient: Look(gradient_as_text, gradient_as_latex, gradient_as_html),
    Derivation: Look(derivation_as_text, derivation_as_latex, derivation_as_html),
    Entry: Look(entry_as_text, entry_as_latex, entry_as_html),
    Verdicts: Look(verdicts_as_text, None, verdicts_as_html),
}


def shows(kind: type, as_text: Callable[..., str], as_html: Callable[..., str]) -> None:
    """A record of the pipeline, which lies above, is shown in this way."""
    LOOKS[kind] = Look(as_text, None, as_html)
