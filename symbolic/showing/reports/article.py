"""Reports as a LaTeX article that compiles with pdfLaTeX, XeLaTeX and LuaLaTeX; see `typesetting` for what gets into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...proof.verdict import Counterexample, Entry
from ..report import Derived, Report, outcome
from ..report_text import HELP, Style, numbers, place_of
from .marking import chain_of, in_words, marked_formula, told_in_parts
from .typesetting import formula, letters, words

PREAMBLE = r"""\documentclass[a4paper,11pt]{article}
\usepackage{iftex}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb,bm,graphicx,xcolor}
\iftutex
  \ifxetex\IfFileExists{xeCJK.sty}{\usepackage{xeCJK}}{}\fi
  \newcommand{\uchar}[2]{#1}
\else
  \usepackage[T1]{fontenc}
  \newcommand{\uchar}[2]{\fbox{\tiny U+#2}}
\fi
\providecommand{\coloneqq}{\mathrel{:=}}
\providecommand{\lt}{<}
\providecommand{\gt}{>}
\definecolor{proved}{HTML}{1A7034}
\definecolor{proved-given}{HTML}{0B6B78}
\definecolor{refuted}{HTML}{B3202A}
\definecolor{unproved}{HTML}{8A5A00}
\definecolor{unreadable}{HTML}{6E40C9}
\definecolor{accepted}{HTML}{5B6470}
%% msbm has no double-struck 1: the indicator is composed
\let\letterbb\mathbb
\renewcommand{\mathbb}[1]{\if1#1\mathrm{1\mkern-4.2mu l}\else\letterbb{#1}\fi}
%% a display that is made smaller where it is wider than the page
\newsavebox{\displaybox}
\newcommand{\fitted}[1]{\par\smallskip\noindent\hfil\sbox{\displaybox}{$\displaystyle #1$}%%
  \ifdim\wd\displaybox>\linewidth\resizebox{\linewidth}{!}{\usebox{\displaybox}}\else\usebox{\displaybox}\fi\hfil\par\smallskip}
\newcommand{\wrong}[1]{{\color{refuted}\underline{#1}}}
\newcommand{\verdict}[2]{\par\medskip\noindent\textcolor{#1}{\rule{2.5pt}{1.6ex}\ \textbf{#1}}#2\par\nopagebreak}
\setlength{\parindent}{0pt}
\sloppy
\title{%s}
\date{}
\begin{document}
\maketitle
"""


def render(reports: tuple[Report, ...], style: Style) -> str:
    """The article."""
    title = reports[0].title or reports[0].file if len(reports) == 1 else "gradproof"
    lines = [PREAMBLE % words(title)]
    for report in reports:
        lines += _report(report, len(reports) > 1)
    return "\n".join([*lines, "\\end{document}\n"])


def _report(report: Report, named: bool) -> Iterator[str]:
    if named:
        yield f"\\section*{{{words(report.title or report.file)}}}"
    yield f"{words(report.file)}: {words(outcome(report))}\n"
    for e in report.entries:
        yield from _entry(report, e)
    if report.ignored:
        yield "\\subsection*{Ignored, as the note asks}"
        yield from (f"line {e.line}: {letters(e.latex)}\n" for e in report.ignored)
    yield from _understood(report)
    for d in report.derived:
        yield from _derived(d)


def _entry(report: Report, e: Entry) -> Iterator[str]:
    cell = f"cell {e.id[1 : e.id.find(':')]}, " if e.id.startswith("C") else ""
    cause = f" ({words(e.cause)})" if e.cause else ""
    chain = f" in a chain from {_part(head, True)}" if (head := chain_of(e)) else ""
    yield f"\\verdict{{{e.verdict}}}{{{cause}, {words(cell)}line {e.line}, {e.kind}{chain}}}"
    marked = marked_formula(report, e).replace(r"\htmlClass{wrong}", r"\wrong")
    if said := in_words(e):
        yield f"{words(said)}\n"
    else:
        yield letters(e.latex) if e.verdict == "unreadable" else display(marked or e.latex)
    told = place_of(e)[2]
    if told and e.verdict not in ("proved", "accepted"):
        yield "".join(_part(*part) for part in told_in_parts(e)) + "\n"
    if e.counterexample:
        yield from _counterexample(e.counterexample)
    if e.repair:
        yield f"\\textbf{{{'The right formula' if e.mend and e.mend.whole else 'Right would be'}}} (proved)\\nopagebreak"
        yield display(f"{e.head} = {e.repair}" if e.head else e.repair)
    for label, text in HELP:
        if label not in ("counterexample", "right would be", "proof") and (line := text(e)):
            yield f"{words(label)}: {words(line)}\n"


def _part(text: str, is_formula: bool) -> str:
    shown = formula(text) if is_formula else None
    if shown is not None:
        return f"${shown}$"
    return f"{' ' * text.startswith(' ')}{words(text)}{' ' * text.endswith(' ')}"


def display(latex: str) -> str:
    """A formula on its own line, as mathematics where that is safe."""
    shown = formula(latex)
    return letters(latex) if shown is None else f"\\fitted{{{shown}}}"


def _counterexample(c: Counterexample) -> Iterator[str]:
    sizes = ", ".join(f"{name} = {n}" for name, n in c.setting.items())
    setting = "; ".join(x for x in (sizes, c.where.rstrip(" :")) if x)
    yield f"Counterexample at {words(setting)}:"
    if c.claimed is None:
        yield words(f"the shapes conform only if {', '.join(c.conforms_only_if)}" if c.conforms_only_if else "no sizes conform")
        yield ""
        return
    yield f"\\fitted{{\\text{{claimed }}{matrix(c.claimed)}\\qquad\\text{{true }}{matrix(c.true)}}}"


MOST = 8
"""Rows and columns of a matrix that are shown."""


def matrix(value: object) -> str:
    """Nested lists of numbers as LaTeX."""
    if not isinstance(value, list | tuple):
        return rf"\text{{{words(numbers(value))}}}"
    rows = [list(r) if isinstance(r, list | tuple) else [r] for r in value]
    body = r" \\ ".join(" & ".join(rf"\text{{{words(numbers(x))}}}" for x in row[:MOST]) for row in rows[:MOST])
    cut = r" \\ \dots" if len(rows) > MOST or any(len(r) > MOST for r in rows) else ""
    return rf"\begin{{bmatrix}} {body}{cut} \end{{bmatrix}}"


def _understood(report: Report) -> Iterator[str]:
    first = report.model
    others = first.get("other_notations", ())
    models = [first, *(others if isinstance(others, list | tuple) else ())] if first.get("families") else []
    for k, model in enumerate(models, 1):
        which = f" (notation {k})" if len(models) > 1 else ""
        yield f"\\section*{{The network as understood{which}}}"
        yield from map(display, _strings(model, "equations"))
        families = model.get("families", ())
        yield "\\par\\medskip\n\\begin{tabular}{@{}lll@{}}\nsymbol & role & shape \\\\ \\hline"
        for f in families if isinstance(families, list | tuple) else ():
            name = formula(str(f["latex"]))
            shown = words(str(f["latex"])) if name is None else f"${name}$"
            yield f"{shown} & {words(str(f['role']))} & {words(str(f['shape']))} \\\\"
        yield "\\end{tabular}\n"
        assumed = _strings(model, "assumptions")
        if assumed:
            yield f"Assumptions: {words('; '.join(assumed))}.\n"


def _strings(model: Mapping[str, object], name: str) -> list[str]:
    value = model.get(name, ())
    return [str(v) for v in value] if isinstance(value, list | tuple) else []


def _derived(d: Derived) -> Iterator[str]:
    yield f"\\section*{{The right gradients: {words(d.title)}}}"
    for heading, displays in d.sections:
        yield f"\\subsection*{{{words(heading)}}}"
        yield from map(display, displays)
    if d.steps:
        yield "\\subsection*{Step by step}"
    for links in d.steps:
        for latex, rules in links:
            yield display(latex)
            yield f"{{\\small {''.join(_part(*part) for part in rules)}\\par}}" if rules else ""
