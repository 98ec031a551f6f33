"""Garbled documents: never an uncaught exception, and every '=' outside code is accounted for."""

import json

from hypothesis import given
from hypothesis import strategies as st

from symbolic.reading.chains import chains
from symbolic.reading.document.macros import Macros
from symbolic.reading.document.passages import placed, scopes
from symbolic.reading.document.read import read_document
from symbolic.reading.document.records import DocumentError
from symbolic.reading.places import Mapped, Piece
from symbolic.reading.tokens import Source

PIECES = [
    "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\\\(", "\\begin{align}", "\\end{align}", "\\begin{cases}", "\\end{cases}",
    "```math\n", "```\n", "~~~\n", "`", "``", "> ", "- ", "1. ", "    ", "\n", "\n\n", "# ", "| ", "---\n", "<!--", "-->",
    "<pre>", "</pre>", "<script type=\"math/tex\">", "</script>", "a = b", "= c", "h_t", "f'(x)=1-f(x)", "{", "}", "%", "\\",
    "\\newcommand{\\q}[1]{#1=", "\\def\\r{\\r}", "\\q{a}", "\\r", "\\let\\s=", "&", "\\\\", "when ", "当", "时", "第", "😀", "\u2028",
    "\t", "\x0b", "\\begin{document}", "\\end{document}", "\\verb|", "\\section{", "{#eq:a}", "gradproof", "```gradproof\n",
    "W in R^{n}", "layout: jacobian", "$5", "\\$", "\\text{if }", "^", "_", "\u200b",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(TEXT, st.sampled_from(("markdown", "latex", "text")))
def test_garbled_documents_never_crash(text, kind):
    document = read_document(text, kind)
    items = placed(document, (), (0,) * len(document.formulas))
    lines = text.replace("\r", "\n").split("\n")
    ids = set()
    for item in items:
        f = item.formula
        source = Source(f.text, f.line, f.column, f.places)
        for link in chains(source, item.passage.earlier).links:
            assert link.id not in ids
            ids.add(link.id)
            span = source.span(link.place, link.place + 1)
            assert 1 <= span.line <= len(lines) and 1 <= span.column <= len(lines[span.line - 1]) + 1
    list(scopes(document))


@given(st.lists(st.sampled_from(("a = b", "c", "d = e_t", "words here", "f = \\frac{g}{h}")), max_size=12))
def test_every_equals_sign_in_mathematics_is_an_entry(parts):
    text = "\n\n".join(f"some $ {part} $ and" if k % 2 else f"$${part}$$" for k, part in enumerate(parts))
    document = read_document(text, "markdown")
    items = placed(document, (), (0,) * len(document.formulas))
    counted = sum(len(chains(Source(i.passage.latex)).counted) for i in items)
    assert counted == text.count("=") and not document.problems


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=3), max_leaves=8), TEXT)
def test_broken_notebooks_are_refused_or_read(value, text):
    for notebook in (value, {"cells": value}, {"cells": [{"cell_type": "markdown", "source": value}]}):
        try:
            read_document(json.dumps(notebook), "notebook")
        except DocumentError as error:
            assert str(error).startswith("no notebook")
    read_document(json.dumps({"cells": [{"cell_type": "markdown", "source": [text, text]}]}), "notebook")


@given(TEXT)
def test_without_macros_a_text_stays_as_it_is(text):
    mapped = Mapped([Piece(text, 0, len(text))])
    assert Macros().expand(mapped).text == text
    assert [mapped.start(k) for k in range(len(text))] == list(range(len(text)))
