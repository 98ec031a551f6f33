"""Reports as one page for a browser: see `page` for what keeps it safe, `graph` for the picture."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from ...proof.verdict import VERDICTS, Counterexample, Entry
from .. import explanation
from ..report import Derived, Report, Told, outcome, place_in_file, summary
from ..report_text import HELP, Style, numbers, place_of
from .graph import graph
from .marking import chain_of, in_words, marked_formula, marked_source, told_in_parts
from .page import display, inline, page, spaced, verbatim, words

GLYPHS = {"proved": "✓", "proved-given": "✓", "refuted": "✗", "unproved": "?", "unreadable": "∅", "accepted": "·"}
MEANINGS = {
    "proved": "equal for every length and every size, under the assumptions that are listed",
    "proved-given": "equal if the error term is the true one; the note's own formula for it is refuted",
    "refuted": "a real forward pass disagrees, or the shapes do not conform",
    "unproved": "no counterexample and no proof was found",
    "unreadable": "not a formula as it stands, or two readings differ in verdict",
    "accepted": "a definition that conforms and was used",
}
OPEN = ("refuted", "unproved", "unreadable", "proved-given")
MOST_LISTED = 12
"""Longer lists of what to look at are folded."""

MOST_CELLS = 8
"""Rows and columns of a counterexample's matrix that are shown."""


def render(reports: tuple[Report, ...], style: Style) -> str:
    """The page."""
    several = len(reports) > 1
    title = "gradproof" if several or not reports else f"{reports[0].title or reports[0].file} · gradproof"
    body = [
        '<a class="skip" href="#equations-1">Skip to the equations</a>',
        "<main>",
        *(line for k, report in enumerate(reports, 1) for line in _report(report, f"{k}-" if several else "", k)),
        "</main>",
        *_footer(),
    ]
    return page(title, "\n".join(body))


def _report(report: Report, prefix: str, number: int) -> Iterator[str]:
    name = os.path.basename(report.file) or report.file
    yield f"<article><header><h1>{words(report.title or name)}</h1>"
    if report.title or name != report.file:
        yield f'<p class="quiet">{words(report.file)}</p>'
    counts = summary(report.entries)
    if report.unjudged or not counts:
        yield f'<p class="reason">{words(outcome(report))}</p>'
    items = [f'<li class="{v}">{GLYPHS[v]} {n} {v}</li>' for v, n in counts.items()]
    items += [f'<li class="ignored">{len(report.ignored)} ignored</li>'] if report.ignored else []
    yield f'<ul class="counts" aria-label="How many of each verdict">{"".join(items)}</ul></header>' if items else "</header>"
    yield from _findings(report, prefix)
    yield f'<section id="equations-{number}">'
    if report.entries:
        yield '<h2>Equations</h2><ol class="cards">'
        for entry in report.entries:
            yield from _card(report, entry, prefix)
        yield "</ol>"
    yield "</section>"
    yield from _ignored(report)
    yield from _understood(report)
    for shown in report.derived:
        yield from _derived(shown)
    yield from _decisions(report)
    yield "</article>"


def _findings(report: Report, prefix: str) -> Iterator[str]:
    found = [e for e in report.entries if e.verdict in OPEN or e.step == "fails"]
    if not found:
        return
    unfolded = " open" if len(found) <= MOST_LISTED else ""
    yield f'<nav aria-label="What to look at"><details class="paper"{unfolded}>'
    yield f"<summary>What to look at ({len(found)})</summary>"
    yield '<p class="quiet small keys">The keys n and p lead to the next and the previous one.</p><ul class="findings">'
    for e in found:
        cause = f" ({words(e.cause)})" if e.cause else ""
        link = f'<a href="#{prefix}{words(e.id)}">{words(_where(e))}</a>'
        yield f'<li>{link} <span class="{e.verdict}">{GLYPHS[e.verdict]} {e.verdict}</span>{cause}: {_short(e)}</li>'
    yield "</ul></details></nav>"


def _where(e: Entry) -> str:
    cell = f"cell {e.id[1 : e.id.find(':')]}, " if e.id.startswith("C") else ""
    return f"{cell}line {e.line}"


def _short(e: Entry) -> str:
    told = place_of(e)[2]
    if e.mend is not None or e.cause == "shape":  # its sentence, without the sizes at which the formula is wrong
        return told_as_html(takewhile(lambda part: not part[0].startswith("; "), told_in_parts(e)))
    if e.step == "fails" and e.verdict == "proved":
        told += "; this step does not follow from the one before"
    return words(told if len(told) <= 140 else told[:139] + "…")


def _card(report: Report, e: Entry, prefix: str) -> Iterator[str]:
    stop = " stop" if e.verdict in OPEN or e.step == "fails" else ""
    yield f'<li class="card edge-{e.verdict}{stop}" id="{prefix}{words(e.id)}" tabindex="-1"><div class="top">'
    yield f'<span class="badge {e.verdict}">{GLYPHS[e.verdict]} {e.verdict}</span>'
    if e.cause:
        yield f'<span class="label {e.verdict}">{words(e.cause)}</span>'
    yield f'<span class="quiet small place" title="{words(place_in_file(report.file, e))}">{words(_where(e))}</span>'
    chain = f" in a chain from {inline(head)}" if (head := chain_of(e)) else ""
    yield f'<span class="quiet small">{words(e.kind)}{chain}</span></div>'
    source = marked_source(report, e)
    marked = marked_formula(report, e)
    if said := in_words(e):
        yield f'<p class="said">{words(said)}</p>'
    elif e.verdict != "unreadable":
        yield display(e.latex, marked)
    elif source is None:
        yield f"<pre>{verbatim(e.latex)}</pre>"
    told = place_of(e)[2]
    if told and e.verdict not in ("proved", "accepted"):
        yield f'<p class="reason">{told_as_html(told_in_parts(e))}</p>'
    elif told and e.verdict == "accepted":
        yield f'<p class="quiet small">{words(told)}</p>'
    if source is not None and not marked:
        before, wrong, behind = map(verbatim, source)
        yield f"<pre>{before}<mark>{wrong}</mark>{behind}</pre>"
    if e.repair:
        head = e.head.strip()
        right = display(f"{head} = {e.repair}" if head else e.repair)
        told = "The right formula" if e.mend and e.mend.whole else "Right would be"
        yield f'<div class="fix"><span class="label">{told}</span> <span class="proved small">✓ proved</span>{right}</div>'
    if e.counterexample:
        yield from _counterexample(e.counterexample)
    yield from _more(e, prefix)
    yield "</li>"


def _more(e: Entry, prefix: str) -> Iterator[str]:
    """What else is known: assumptions and errors carried along at once, the rest on request."""
    links = ", ".join(f'<a href="#{prefix}{words(i)}">{words(i)}</a>' for i in e.root)
    shown = [("inherits the error of", links)] if links else []
    folded: list[tuple[str, str]] = []
    for label, value in HELP:
        told = value(e)
        if told and label in ("assumes", "reading", "step"):
            (shown if label == "assumes" or e.step == "fails" else folded).append((label, words(told)))
        elif told and label in ("layout", "proof"):
            folded.append((label, words(told)))
    if shown:
        yield _list(shown)
    if folded:
        yield f"<details class=\"aside\"><summary>Details</summary>{_list(folded)}</details>"


def _list(rows: list[tuple[str, str]]) -> str:
    return '<dl class="small">' + "".join(f"<dt>{words(label)}</dt><dd>{told}</dd>" for label, told in rows) + "</dl>"


def _counterexample(c: Counterexample) -> Iterator[str]:
    sizes = ", ".join(f"{name} = {n}" for name, n in c.setting.items())
    setting = "; ".join(x for x in (sizes, c.where.rstrip(" :")) if x)
    yield f'<figure><figcaption class="small"><span class="label">Counterexample</span> at {words(setting)}</figcaption>'
    if c.claimed is None:
        needs = f"only if {', '.join(c.conforms_only_if)}" if c.conforms_only_if else "for no sizes"
        yield f"<p>the shapes conform {words(needs)}</p>"
    else:
        yield '<div class="values">'
        yield f'<span class="value"><span class="quiet">claimed</span> {matrix(c.claimed, c.true)}</span>'
        yield f'<span class="value"><span class="quiet">true</span> {matrix(c.true, c.claimed)}</span></div>'
    yield "</figure>"


def matrix(value: object, other: object) -> str:
    """Nested lists of numbers as a table; entries that differ from those of `other` are marked."""
    if not isinstance(value, list | tuple):
        return f'<span class="number">{words(numbers(value))}</span>'
    rows = [list(r) if isinstance(r, list | tuple) else [r] for r in value]
    others = [list(r) if isinstance(r, list | tuple) else [r] for r in other] if isinstance(other, list | tuple) else []
    lines = []
    for i, row in enumerate(rows[:MOST_CELLS]):
        cells = []
        for j, x in enumerate(row[:MOST_CELLS]):
            beside = others[i][j] if i < len(others) and j < len(others[i]) else None
            cells.append(f"<td{'' if numbers(beside) == numbers(x) else ' class=differs'}>{words(numbers(x))}</td>")
        lines.append(f"<tr>{''.join(cells)}{'<td>…</td>' if len(row) > MOST_CELLS else ''}</tr>")
    if len(rows) > MOST_CELLS:
        lines.append("<tr><td>…</td></tr>")
    return f'<table class="matrix">{"".join(lines)}</table>'


def _ignored(report: Report) -> Iterator[str]:
    if report.ignored:
        rows = "".join(f"<li>{words(_where(e))}: <code>{words(e.latex)}</code></li>" for e in report.ignored)
        yield f"<section><h2>Ignored, as the note asks</h2><ul>{rows}</ul></section>"


def _understood(report: Report) -> Iterator[str]:
    """The models in words: equations, symbols, assumptions, the picture."""
    first = report.model
    others = first.get("other_notations", ())
    described = [first, *(others if isinstance(others, list | tuple) else ())] if first.get("families") else []
    for k, model in enumerate(described):
        which = f" (notation {k + 1})" if len(described) > 1 else ""
        yield f"<section><h2>The network as understood{which}</h2>"
        for equation in _strings(model, "equations"):
            yield display(equation)
        yield '<table class="plain"><thead><tr><th>symbol</th><th>role</th><th>shape</th></tr></thead><tbody>'
        families = model.get("families", ())
        for f in families if isinstance(families, list | tuple) else ():
            cells = inline(str(f["latex"])), words(str(f["role"])), words(str(f["shape"]))
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        yield "</tbody></table>"
        zero = [f"{name} is zero before the first step" for name in _strings(model, "zero_initial")]
        assumed = _strings(model, "assumptions") + zero
        if assumed:
            yield f"<h3>Assumptions</h3><ul>{''.join(f'<li>{words(a)}</li>' for a in assumed)}</ul>"
        picture = graph(report.models[k]) if k < len(report.models) else ""
        if picture:
            told = f'<figcaption class="quiet small">{GRAPH}</figcaption>'
            yield f'<h3>Computation graph</h3><figure><div class="graph">{picture}</div>{told}</figure>'
        yield "</section>"


GRAPH = (
    "Below each quantity stand the weights that its equation uses; "
    "dashed arrows come from a fixed step, or from one that is not shown."
)


def _strings(model: Mapping[str, object], name: str) -> list[str]:
    value = model.get(name, ())
    return [str(v) for v in value] if isinstance(value, list | tuple) else []


def _derived(d: Derived) -> Iterator[str]:
    yield '<section><h2>The right gradients</h2><details class="paper">'
    yield f"<summary>{words(d.title)}: adjoints and gradients</summary>"
    for heading, displays in d.sections:
        yield f"<h3>{words(heading)}</h3>"
        yield from map(display, displays)
    for heading, chains in (("Step by step", d.steps), ("Every step", d.fine)):
        if chains:
            yield f"<details><summary>{heading}</summary>"
            yield from map(chain_as_html, chains)
            yield "</details>"
    yield "</details></section>"


def chain_as_html(links: Iterable[tuple[str, Told]]) -> str:
    """A chain of equalities, the rules of each '=' below it."""
    lines = (f'{display(formula)}<p class="rule quiet small">{told_as_html(rules)}</p>' for formula, rules in links)
    return f'<div class="chain">{"".join(lines)}</div>'


def told_as_html(parts: Iterable[tuple[str, bool]]) -> str:
    """A sentence with its formulas set."""
    return "".join(inline(part) if is_formula else spaced(part) for part, is_formula in parts)


def _decisions(report: Report) -> Iterator[str]:
    """How the source was understood, on request; the equations and the symbols stand above already."""
    for heading, lines in explanation.sections(report):
        if not heading.startswith(explanation.HEADINGS[:2]):
            rows = "".join(f"<li>{words(line)}</li>" for line in lines)
            summary_ = f"<summary>{words(heading.capitalize())} ({len(lines)})</summary>"
            yield f'<section><details>{summary_}<ul class="small">{rows}</ul></details></section>'


def _footer() -> Iterator[str]:
    yield '<footer class="small"><details class="paper"><summary>What the verdicts mean</summary><dl>'
    yield from (f'<dt class="{v}">{GLYPHS[v]} {v}</dt><dd>{MEANINGS[v]}</dd>' for v in VERDICTS)
    yield '</dl></details><p class="quiet">Made by gradproof. The page is complete in itself and loads nothing.</p></footer>'
