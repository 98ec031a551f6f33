"""A document -> its formulas, each with its exact places and with what stands around it.

    text --(Markdown, LaTeX, notebook)--> bodies --scan--> slices --macros, joints--> formulas

Nothing is dropped in silence: what is never closed is a broken formula and a problem with its place; formulas in code,
comments and verbatim text are no formulas of the document.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..notation import TRANSPARENT
from ..places import Lines, Mapped, Piece, Places
from ..repeated import says_so
from ..tokens import lex
from .accents import accents_in_words, accents_said
from .along import in_words, lines_said
from .announced import is_general, supposed
from .blocks import commented_lines, read_declarations
from .ignoring import IGNORED, asked_lines, ignored
from .invisible import Slice, colours_of, hidden_by_commands, hidden_by_html, hides, recoloured
from .latex import blank, latex_body
from .layer_marks import with_layer_marks
from .macros import Definition, Macro, MacroError, Macros, definitions
from .markdown import markdown_body
from .picked import with_picked
from .plain import plain_formulas
from .primes import with_transposes
from .records import (
    KINDS,
    MAX_BYTES,
    MAX_FORMULAS,
    BlockLine,
    Body,
    Document,
    DocumentError,
    Formula,
    Heading,
    Problem,
    Reworded,
)
from .scan import Found, Scan, scan
from .sentences import leads, sentences
from .step_arguments import with_step_arguments
from .supposing import with_suppositions

_LABEL = re.compile(r"\\(?:label|tag\*?)[ \t]*\{([^{}\n]{1,80})\}")
_ANCHOR = re.compile(
    r"[ \t]*(?:\{#([A-Za-z0-9:_-]{1,60})[^{}\n]{0,60}\}"
    r"|\(([A-Za-z]{0,3}[0-9]{1,3}(?:\.[0-9]{1,3})?[a-z]?)\)(?=[ \t]*(?:\n|$)))"
)
_LOOSE = re.compile(r"_([A-Za-z])([-+−][0-9])")
MAX_FORMULA = 100_000
MAX_SIGNS = 20_000
_BEFORE_EQUALS = re.compile(
    r"(?:\s|&|\{\}|\\(?:quad|qquad|displaystyle|,|;|!|:)|\\begin\{(?:"
    + "|".join(map(re.escape, TRANSPARENT))
    + r")\})*(?::|\+)?=(?!=)"
)


def read_document(text: str, kind: str) -> Document:
    """Take a document apart; `kind` is "markdown", "latex", "text" or "notebook".

    Raises `DocumentError` for a text that is too long, holds NUL, or is no notebook although it should be one.

    >>> document = read_document("If $t < T$, then\\n$$a = b$$", "markdown")
    >>> [(f.line, f.column, f.text) for f in document.formulas]
    [(1, 5, 't < T'), (2, 3, 'a = b')]
    """
    if kind not in KINDS:
        raise DocumentError(f"{kind} is no kind of document; the kinds are {', '.join(KINDS)}")
    if len(text) > MAX_BYTES:
        raise DocumentError(f"the document has {len(text)} characters; at most {MAX_BYTES} are read")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    nul = text.find("\0")
    if nul >= 0:
        raise DocumentError("a NUL character: this is no text", *Lines(text[: nul + 1]).place(nul))
    reading = _Reading(kind)
    if kind == "notebook":
        for number, cell in _markdown_cells(text):
            lines = Lines(cell, f"C{number}:")
            reading.body(markdown_body(cell, lines))
    elif kind == "markdown":
        reading.body(markdown_body(text, Lines(text)))
    elif kind == "latex":
        lines = Lines(text)
        try:
            body = latex_body(text, lines, reading.preamble(text))
        except MacroError as error:
            raise DocumentError(error.message, *lines.place(error.at)) from error
        reading.body(body)
    else:
        lines = Lines(text)
        own = commented_lines(lines.lines)
        for k in {b.line for b in own}:
            start = lines.start(k)
            text = text[:start] + blank(lines.lines[k - 1]) + text[start + len(lines.lines[k - 1]) :]
        reading.body(Body(Mapped([Piece(text, 0, len(text))]), lines, blocks=own, asked=asked_lines(lines.lines)))
    return reading.document()


@dataclass
class _Reading:
    """What is gathered while the bodies of a document are read."""

    kind: str
    macros: Macros = field(default_factory=Macros)
    formulas: list[Formula] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    blocks: list[BlockLine] = field(default_factory=list)
    path: list[Heading] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    colours: dict[str, bool] = field(default_factory=dict)
    rows: set[tuple[str, int]] = field(default_factory=set)
    general: list[bool] = field(default_factory=list)
    softmax: frozenset[str] = frozenset()
    repeats: bool = False
    accents: frozenset[str] = frozenset()

    def preamble(self, text: str) -> Macros:
        """The macros of a LaTeX source, wherever they are defined: those that open formulas must be known before."""
        macros = Macros()
        for found in definitions(text):
            if isinstance(found, Definition):
                macros.add(found.macro)
        return macros

    def body(self, body: Body) -> None:
        self.lines[body.lines.prefix] = body.lines.lines
        self.blocks += body.blocks
        body, defined = self._without_definitions(body)
        self.colours |= colours_of("\n".join(body.lines.lines))
        scanned = scan(body)
        text = body.mapped.text
        spoken = in_words(text, [(f.start, f.end) for f in scanned.formulas])
        self.softmax |= lines_said(spoken)
        self.repeats = self.repeats or says_so(spoken)
        self.accents |= accents_said(spoken)
        found = list(scanned.formulas)
        taken = sorted([(f.start, f.end) for f in found] + list(scanned.hidden))
        if body.prose:
            found += [
                Found(a, b, (a, b), False)
                for start, end in _gaps(taken, len(text))
                for a, b in plain_formulas(text, start, end)
            ]
            plain = {f.start for f in found[len(scanned.formulas) :]}
            found.sort(key=lambda f: f.start)
        else:
            plain = set()
        if len(self.formulas) + len(found) > MAX_FORMULAS:
            place = body.lines.place(body.mapped.start(found[MAX_FORMULAS - len(self.formulas)].start))
            raise DocumentError(f"more than {MAX_FORMULAS} formulas; split the document", *place)
        unseen = self._unseen(body, scanned, [d.macro for d in defined])
        starts = [h.start for h in body.headings]
        seen = waiting = 0
        inherited = list(self.path)
        first = len(self.formulas)
        unwanted = self._ignored(body, found) if body.asked else set()
        for k, f in enumerate(found):
            while waiting < len(defined) and body.mapped.start(f.start) > defined[waiting].start:
                self.macros.add(defined[waiting].macro)
                waiting += 1
            here = bisect_right(starts, f.start)
            while seen < here:
                inherited = _under(inherited, body.headings[seen])
                seen += 1
            while unseen and unseen[-1][1] <= f.start:
                unseen.pop()
            if unseen and unseen[-1][0] <= f.start and not f.broken:
                f = replace(f, broken=f"this formula is not shown: {unseen[-1][2]}")
            self._formula(body, f, f.start in plain, tuple(h.words for h in inherited), k in unwanted)
        for definition in defined[waiting:]:
            self.macros.add(definition.macro)
        for heading in body.headings[seen:]:
            inherited = _under(inherited, heading)
        self.path = inherited
        whole = _joined(self.formulas[first:], text)
        breaks = [*body.breaks, *starts]
        told = list(sentences(text, whole, starts))
        self.general += [any(map(is_general, said)) for _, said in told]
        self.formulas[first:] = [
            replace(f, lead=tuple(i + first if isinstance(i, int) else i for i in lead),
                    trail=tuple(i + first if isinstance(i, int) else i for i in trail), supposed=said)
            for f, (lead, trail), said in zip(
                whole, leads(text, whole, breaks), supposed(told), strict=True
            )
        ]  # fmt: skip

    def _ignored(self, body: Body, found: list[Found]) -> set[int]:
        """Which of the formulas are not to be judged."""
        place, mapped = body.lines.place, body.mapped
        spans = [(place(mapped.start(f.start))[0], place(mapped.end(f.end))[0]) for f in found]
        whole, rows = ignored(body.asked, spans)
        self.rows |= {(body.lines.prefix, line) for line in rows}
        return whole

    def _unseen(self, body: Body, scanned: Scan, macros: list[Macro]) -> list[Slice]:
        """The slices that are not shown, the last one first; nested ones count as the outer one."""
        text = body.mapped.text
        if body.markup:
            return sorted(hidden_by_html(text, scanned.hidden), reverse=True)
        if self.kind != "latex":
            return []
        hiding = {m.name for m in (*self.macros.table.values(), *macros) if hides(m.body, self.colours)}
        formulas = [(f.start, f.end) for f in scanned.formulas]
        last, outer = -1, []
        for start, end, how in sorted(hidden_by_commands(text, formulas, self.colours, hiding), key=lambda s: (s[0], -s[1])):
            if end > last:
                outer.append((start, end, f"{how} hides it"))
                last = end
        return outer[::-1]

    def _without_definitions(self, body: Body) -> tuple[Body, list[Definition]]:
        """The body with macro definitions made blank; they count from their place on."""
        text = body.mapped.text
        source = text
        defined: list[Definition] = []
        start = 0
        if self.kind == "latex":  # a definition in the preamble has no place in the body
            whole = "\n".join(body.lines.lines)
            for found in definitions(whole):
                if isinstance(found, Definition):
                    defined.append(found)
                else:
                    self._problem(body, found.message, found.at)
        if not any(word in text for word in ("command", "\\def", "\\gdef", "\\let", "\\DeclareMathOperator")):
            return body, defined
        pieces = []
        for found in definitions(source):
            if isinstance(found, MacroError):
                if self.kind != "latex":
                    self._problem(body, found.message, body.mapped.start(found.at))
                continue
            if self.kind != "latex":
                defined.append(Definition(found.macro, body.mapped.start(found.start), body.mapped.start(found.end)))
            pieces += [*body.mapped.slice(start, found.start).pieces]
            pieces += [p._replace(text=blank(p.text)) for p in body.mapped.slice(found.start, found.end).pieces]
            start = found.end
        pieces += body.mapped.slice(start, len(source)).pieces
        return replace(body, mapped=Mapped(pieces)), defined

    def _problem(self, body: Body, message: str, offset: int) -> None:
        line, column = body.lines.place(offset)
        self.problems.append(Problem(message, line, column, body.lines.prefix))

    def _formula(self, body: Body, found: Found, plain: bool, heading: tuple[str, ...], unwanted: bool) -> None:
        mapped, broken = body.mapped.slice(*found.inner), found.broken
        if broken:
            self._problem(body, broken, body.mapped.start(found.start))
        before = mapped
        try:
            mapped = recoloured(self.macros.expand(mapped), self.colours)
        except MacroError as error:
            mapped = before
            if not broken:
                self._problem(body, error.message, error.at)
            broken = broken or error.message
        if not mapped.text.strip():
            return
        if too_long := _too_long(mapped.text):
            broken = broken or too_long
            self._problem(body, broken, mapped.start(0))
            mapped = mapped.slice(0, 200)
        if plain and (loose := _LOOSE.search(mapped.text)):
            letter, shift = loose[1], loose[2]
            broken = f"{loose[0]} may mean _{{{letter}{shift}}} or _{letter} {shift}; write it with braces"
        broken = IGNORED if unwanted else broken
        label = found.label or next((m[1] for m in _LABEL.finditer(mapped.text)), "")
        if not label and found.display and (anchor := _ANCHOR.match(body.mapped.text, found.end)):
            label = anchor[1] or anchor[2]
        stripped = len(mapped.text) - len(mapped.text.lstrip())
        mapped = mapped.slice(stripped, len(mapped.text.rstrip()))
        places = Places(mapped, body.lines)
        self.formulas.append(
            Formula(mapped.text, places, found.start, found.end, found.display, plain, heading, label, broken=broken)
        )

    def document(self) -> Document:
        declarations, wrong = read_declarations(self.blocks)
        problems = (*self.problems, *wrong)
        formulas = with_suppositions(self.formulas, self.general)
        reworded: list[Reworded] = []
        for form in (with_transposes, with_step_arguments, with_layer_marks, with_picked):
            formulas, told = form(formulas)
            reworded += told
        said = declarations.softmax or " and ".join(sorted(self.softmax, reverse=True))
        rows, lines = frozenset(self.rows), self.lines
        accents = self.accents | frozenset(accents_in_words(formulas))
        return Document(
            self.kind, tuple(formulas), problems, declarations, lines, rows, said, self.repeats, tuple(reworded), accents
        )


def _too_long(text: str) -> str:
    """What is said of a formula that is too long to be read, or ""."""
    if len(text) > MAX_FORMULA:
        return f"a formula of {len(text)} characters; at most {MAX_FORMULA} are read"
    signs = len(lex(text).tokens)
    return f"a formula of {signs} signs; at most {MAX_SIGNS} are read" if signs > MAX_SIGNS else ""


def _gaps(taken: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in taken:
        if start > at:
            yield at, start
        at = max(at, end)
    if at < length:
        yield at, length


def _under(path: list[Heading], heading: Heading) -> list[Heading]:
    return [h for h in path if h.level < heading.level] + [heading]


def _joined(formulas: list[Formula], text: str) -> list[Formula]:
    """Formulas that go on in the next one, which begins with =, put together."""
    result: list[Formula] = []
    for formula in formulas:
        last = result[-1] if result else None
        if last is not None and last.display == formula.display and not (last.broken or formula.broken or formula.plain):
            between = text[last.end : formula.start]
            if not between.strip(" \t\n,;，；") and _BEFORE_EQUALS.match(formula.text):
                end = last.places.mapped.end(len(last.text))
                pieces = (*last.places.mapped.pieces, Piece(" \\\\ ", end, end, False), *formula.places.mapped.pieces)
                mapped = Mapped(pieces)
                result[-1] = replace(
                    last, text=mapped.text, places=Places(mapped, last.places.lines), end=formula.end,
                    label=last.label or formula.label,
                )  # fmt: skip
                continue
        result.append(formula)
    return result


def _markdown_cells(text: str) -> Iterator[tuple[int, str]]:
    """(number among all cells, text) of the Markdown cells of a notebook."""
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentError(f"no notebook: its JSON is broken ({error.msg})", error.lineno, error.colno) from error
    except (RecursionError, ValueError) as error:
        raise DocumentError("no notebook: its JSON is nested too deeply or holds an impossible number") from error
    sheets = notebook.get("worksheets") if isinstance(notebook, dict) else None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(sheets, list) and sheets and isinstance(sheets[0], dict):
        cells = sheets[0].get("cells")
    if not isinstance(cells, list):
        raise DocumentError('no notebook: a notebook is a JSON object with a list "cells"')
    for number, cell in enumerate(cells, 1):
        source = cell.get("source", "") if isinstance(cell, dict) else None
        if isinstance(source, list) and all(isinstance(part, str) for part in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise DocumentError(f"no notebook: cell {number} has no text")
        if cell.get("cell_type") == "markdown":
            yield number, source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
