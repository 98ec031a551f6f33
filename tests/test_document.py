"""Documents are taken apart exactly: which formulas there are, where each '=' stands, what is broken."""

import json

import pytest

from symbolic.reading.chains import chains
from symbolic.reading.document.passages import placed
from symbolic.reading.document.read import MAX_FORMULA, read_document
from symbolic.reading.document.records import KINDS, MAX_BYTES, DocumentError
from symbolic.reading.tokens import Source

HAND = r"""---
title: $front = 1$
---
# On $T$ steps

Costs $5 and $10.

$$
h_t = \tanh(U x_t
- W h_{t-1}
= 3
$$

> so $a = b$ and
> $$
> c
> = d
> $$

1. one `$code = 1$` and ``x ` $y = 2$`` then $f = g$
   - inner \(u = v\) and $`p = q`$ and {math}`r = s`

| a | b |
|---|---|
| $x = 1$ | $y = 2$ |

<!-- $hidden = 1$ --> <img alt="$no = 1$" src="x">
<script type="math/tex; mode=display">v = w</script>

```math
A = B
\\ = C
```

```{math}
:label: eq1
D = E
```

~~~python
z = "$z = 1$"
~~~

    $indented = 1$

\begin{align}
a &= b, & c &= d \\
  &= e
\end{align}

$$\delta_t = 1$$
$$= 2$$ {#eq:two}

Words \[ z = w \] and \\(q = r\\) here.
"""

SOURCE = r"""\documentclass{article}
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} % a = b
\newcommand{\be}{\begin{equation}}
\newcommand{\ee}{\end{equation}}
\def\grad{\pd{L}{W}}
$p = 1$
\begin{document}
\section{Forward}
% $c = d$
We have $h = W x$ and
\be
 \pd{L}{W} = \pd{L}{h} x^T \label{eq:one}
\ee
\verb|$v = 1$|
\begin{verbatim}
$v = 2$
\end{verbatim}
\begin{align*}
 a &= b % = c
 \\ &= \grad
\end{align*}
\subsection{Back}
\[ e = f \]
$$g = h$$
\end{document}
$z = 1$
"""

TABLE = (
    # (kind, text, {id: (line, column, end line, end column) of the right side})
    ("markdown", HAND, {
        "L9:1": (9, 7, 10, 12), "L11:1": (11, 3, 11, 4), "L14:1": (14, 11, 14, 12), "L17:1": (17, 5, 17, 6),
        "L20:1": (20, 51, 20, 52), "L21:1": (21, 18, 21, 19), "L21:2": (21, 32, 21, 33), "L21:3": (21, 51, 21, 52),
        "L25:1": (25, 8, 25, 9), "L25:2": (25, 18, 25, 19), "L28:1": (28, 43, 28, 44), "L31:1": (31, 5, 31, 6),
        "L32:1": (32, 6, 32, 7), "L37:1": (37, 5, 37, 6), "L47:1": (47, 6, 47, 7), "L47:2": (47, 16, 47, 17),
        "L48:1": (48, 6, 48, 7), "L51:1": (51, 14, 51, 15), "L52:1": (52, 5, 52, 6), "L54:1": (54, 14, 54, 15),
        "L54:2": (54, 30, 54, 31),
    }),
    ("latex", SOURCE, {
        "L10:1": (10, 14, 10, 17), "L12:1": (12, 14, 12, 27), "L19:1": (19, 7, 19, 8), "L20:1": (20, 8, 20, 13),
        "L23:1": (23, 8, 23, 9), "L24:1": (24, 7, 24, 8),
    }),
    ("text", "We set k = 3, lr=0.1 and loss_fn = f(x).\nIf sigmoid, f'(x)=f(x)(1-f(x)) holds; h_t = tanh(Wh_{t-1} + b)", {
        "L2:1": (2, 19, 2, 31), "L2:2": (2, 45, 2, 63),
    }),
    ("text", "若为tanh,则f'(x)=1-f(x)*f(x)。\n\\[a=b\\] \\(c=d\\) $$e=f$$\n\\begin{gather}g=h\\end{gather}", {
        "L1:1": (1, 15, 1, 26), "L2:1": (2, 5, 2, 6), "L2:2": (2, 13, 2, 14), "L2:3": (2, 21, 2, 22),
        "L3:1": (3, 17, 3, 18),
    }),
    ("markdown", "A $t = T$ and $a = b$ in one line, $x = 1, 2, \\dots, n$ is a range", {
        "L1:2": (1, 20, 1, 21), "L1:3": (1, 41, 1, 42),
    }),
    ("markdown", "$$a = b$$\n\n$$\n= c\n$$\n\nbut $$= d$$", {
        "L1:1": (1, 7, 1, 8), "L4:1": (4, 3, 4, 4), "L7:1": (7, 9, 7, 10),
    }),
    ("markdown", "$$\na = b\n\n+ c\n$$", {"L2:1": (2, 5, 4, 4)}),
    ("markdown", "$a$$b = c$ and $\\text{if $x$} = y$ \\$3 = \\$4", {"L1:1": (1, 9, 1, 10), "L1:2": (1, 33, 1, 34)}),
    ("markdown", "a\r\n$b = c$\r$d = e$\r\n", {"L2:1": (2, 6, 2, 7), "L3:1": (3, 6, 3, 7)}),
    ("markdown", "$$\\newcommand{\\eq}[1]{y = #1}$$\nSo $\\eq{z}$ and $\\eq{\\eq{u}} + 1$", {
        "L2:1": (2, 9, 2, 10), "L2:2": (2, 22, 2, 28), "L2:3": (2, 26, 2, 33),
    }),
    ("markdown", "😀 $a = 𝑏$ δ $c = d$", {"L1:1": (1, 8, 1, 9), "L1:2": (1, 18, 1, 19)}),
    ("markdown", "<p>$a &lt; b = c$</p>\n<pre>\n$no = 1$\n</pre>\n<!-- open\n\n$d = e$", {"L1:1": (1, 16, 1, 17), "L7:1": (7, 6, 7, 7)}),
)  # fmt: skip


def right_sides(document):
    found = {}
    for item in placed(document, (), (0,) * len(document.formulas)):
        f = item.formula
        source = Source(f.text, f.line, f.column, f.places)
        for link in chains(source, item.passage.earlier).links:
            end = link.right[-1].end if link.right else link.place + 1
            span = source.span(link.right[0].start if link.right else link.place, end)
            found[link.id] = (span.line, span.column, span.end_line, span.end_column)
    return found


@pytest.mark.parametrize("kind, text, expected", TABLE, ids=[f"{k}-{i}" for i, (k, _, _) in enumerate(TABLE)])
def test_every_equals_sign_has_its_place(kind, text, expected):
    assert right_sides(read_document(text, kind)) == expected


@pytest.mark.parametrize("kind, text", [(k, t) for k, t, _ in TABLE if "\\new" not in t and "\r" not in t])
def test_places_lead_to_the_very_characters(kind, text):
    lines = text.split("\n")
    for f in read_document(text, kind).formulas:
        for piece in f.places.mapped.pieces:
            if piece.exact and "&" not in text:
                assert "".join(piece.text.split()) in "".join(text.split())
        line, column = f.places.start(0)
        assert lines[line - 1][column - 1] == f.text[0]


def test_notebooks_count_all_cells_and_share_macros():
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "$$\\def\\E{E_t}$$ $a = b$"]},
        {"cell_type": "code", "source": "x = '$c = d$'"},
        {"cell_type": "markdown", "source": "$f = \\E$\n\n$g = h$"},
    ]
    document = read_document(json.dumps({"cells": cells}), "notebook")
    assert right_sides(document) == {"C1:L2:1": (2, 22, 2, 23), "C3:L1:1": (1, 6, 1, 8), "C3:L3:1": (3, 6, 3, 7)}
    assert [f.heading for f in document.formulas] == [("Title",)] * 3


TEXTS = (
    ("> $$\n> a\n> = b\n> $$", ["a\n  = b"]),
    ("> > $c\n> > = d$", ["c\n    = d"]),
    ("$\\text{if $x$} = y$, $z$", ["\\text{if $x$} = y", "z"]),
    ("costs $5 and $x = 1$", ["x = 1"]),
    ("$5 = x$ and $ y = 2 $", ["5 = x", "y = 2"]),
    ("```math\na\n```\n- item $b\n- item$", ["a", "b"]),
    ("| $a | $b$ |\n|---|---|\n| $c$ | d$ |", ["a |", "|", "c", "|"]),
    ("$$a$$\n$$= b$$\n$$c$$", ["a \\\\ = b", "c"]),
    ("$a$, $= b$", ["a \\\\ = b"]),
    ("`$a$` $b$ <code>$c$</code> <a title='$d$'>$e$</a>", ["b", "e"]),
    ("`` ` $a$ `` $b$ ` $c$", ["b", "c"]),
    ("f'(x) = 1 - f(x)^2, see [y_t=V](https://a.b/?q_t=f'(x)) and n = 3", ["f'(x) = 1 - f(x)^2", "y_t=V"]),
)


@pytest.mark.parametrize("text, formulas", TEXTS, ids=[t[:30] for t, _ in TEXTS])
def test_the_text_of_formulas(text, formulas):
    assert [f.text for f in read_document(text, "markdown").formulas] == formulas


def test_headings_labels_and_displays():
    hand, source = read_document(HAND, "markdown"), read_document(SOURCE, "latex")
    assert {f.heading for f in hand.formulas} == {("On $T$ steps",)}
    assert [f.label for f in hand.formulas if f.label] == ["eq1", "eq:two"]
    assert [(f.heading, f.label) for f in source.formulas if f.label] == [(("Forward",), "eq:one")]
    assert source.formulas[-1].heading == ("Forward", "Back")
    assert [f.display for f in source.formulas] == [False, True, True, True, True]


BROKEN = (
    # (kind, text, what is said, its place, '=' that are unreadable)
    ("markdown", "So $x = y here.\n\nNext $a = b$", "this $ is never closed", (1, 4), 1),
    ("markdown", "$$a = b\n\nNext $$ c = d $$", "this $$ is never closed", (1, 1), 1),
    ("text", "a \\[ b = c\n\nand \\[ d = e \\]", "this \\[ is never closed", (1, 3), 1),
    ("latex", "\\begin{align} a = b\n\n $c = d$", "\\begin{align} has no \\end{align}", (1, 1), 1),
    ("latex", "$c = d$ \\end{align}", "\\end{align} has no \\begin{align}", (1, 9), 0),
    ("latex", "\\def\\a{\\a\\a}\n$\\a = 1$", "the macro \\a calls itself", (2, 2), 1),
    ("latex", "\\newcommand{\\p}[2]{#1#2}\n$1 = \\p{a}$", "the macro \\p needs 2 arguments", (2, 6), 1),
    ("latex", "\\newcommand{\\p}[2]{#1\n$a = 1$", "the definition of \\p has no body", (1, 1), 0),
)

OPENING = "\\newcommand{\\eqn}[1]{\\begin{equation}#1\\end{equation}}\n\\newcommand{\\two}[2]{$#1$ $#2$}\n\\def\\be{\\be$}\n"
BROKEN_CALLS = (
    # (body, what is said, its place, (text, whether it is broken) of each formula)
    ("\\be a = b\n\n$c = d$", "the macro \\be calls itself", (4, 1), [("\\be a = b", True), ("c = d", False)]),
    ("\\eqn{a = b\n\n$c = d$", "a brace after \\eqn is never closed", (4, 1), [("a = b", True), ("c = d", False)]),
    ("\\two{a = b}\n\n\\eqn{c = d}", "needs 2 arguments", (4, 1), [("a = b}", True), ("c = d", False)]),
    ("so $\\eqn{a$\n\n\\eqn{c = d}", "is never closed", (4, 5), [("\\eqn{a", True), ("c = d", False)]),
)


@pytest.mark.parametrize("body, said, place, formulas", BROKEN_CALLS, ids=[b[0] for b in BROKEN_CALLS])
def test_a_broken_call_of_a_macro_that_opens_formulas_spoils_no_other(body, said, place, formulas):
    document = read_document(OPENING + body, "latex")
    assert [(p.line, p.column) for p in document.problems if said in p.message] == [place]
    found = [(f.text.removeprefix("\\begin{equation}").removesuffix("\\end{equation}"), bool(f.broken)) for f in document.formulas]
    assert found == formulas


@pytest.mark.parametrize("kind, text, said, place, unreadable", BROKEN, ids=[b[2] for b in BROKEN])
def test_what_is_never_closed_is_said_and_the_rest_is_read(kind, text, said, place, unreadable):
    document = read_document(text, kind)
    problem = next(p for p in document.problems if said in p.message)
    assert (problem.line, problem.column) == place
    assert sum(f.broken != "" and "=" in f.text for f in document.formulas) == unreadable


BOMB = "".join(f"\\def\\{a}{{" + f"\\{b}" * 10 + "}" for a, b in zip("abcdefgh", "bcdefghi", strict=True))


def test_a_bomb_of_macros_is_one_clear_problem():
    document = read_document(BOMB + "\\def\\i{xxxxxxxxxx}\n$\\a = 1$ and $b = 2$", "latex")
    assert [p.message for p in document.problems] == ["more than 100000 macro calls"]
    assert len(document.formulas) == 2 and not document.formulas[1].broken


REFUSED = (
    ("markdown", "a" * (MAX_BYTES + 1), "at most 5000000"),
    ("markdown", "a\n\0", "a NUL character"),
    ("notebook", "{", "its JSON is broken"),
    ("notebook", "[" * 100_000, "no notebook"),
    ("notebook", "{}", 'a list "cells"'),
    ("notebook", '{"cells": [3]}', "cell 1 has no text"),
    ("html", "", f"the kinds are {', '.join(KINDS)}"),
)


@pytest.mark.parametrize("kind, text, said", REFUSED, ids=[r[2] for r in REFUSED])
def test_what_is_no_document_is_refused(kind, text, said):
    with pytest.raises(DocumentError, match=said.replace("(", r"\(")):
        read_document(text, kind)


def test_a_monstrous_formula_is_unreadable():
    (formula,) = read_document("$" + "a + " * MAX_FORMULA + "$", "markdown").formulas
    assert "characters; at most" in formula.broken


BLOCK = """```gradproof
layout: jacobian
product: descending   # as usual
W in R^{n x m}
y_t: label, sums to one
delta_t = dL/dh_t
sigma = tanh
layout: sideways
y_t: friend
nonsense
```"""


def test_the_block_of_declarations():
    document = read_document(BLOCK, "markdown")
    assert (document.declarations.layout, document.declarations.product) == ("jacobian", "descending")
    assert document.declarations.names == (
        (4, "W", "R^{n x m}"), (5, "y_t", "label, sums to one"), (6, "delta_t", "dL/dh_t"), (7, "sigma", "tanh"),
    )  # fmt: skip
    assert [p.line for p in document.problems] == [8, 9, 10]
    assert "one of gradient, jacobian, denominator" in document.problems[0].message
    assert "friend is not understood" in document.problems[1].message and "NAME: input|label" in document.problems[1].message
    assert "nonsense is no declaration; legal are layout: gradient" in document.problems[2].message
    assert not document.formulas


LINES = ("layout: denominator", "x_t: inptu", "W in R^{n x m}")
PLACES = (
    # (kind, how the lines stand in it, line and column of the one in the middle)
    ("markdown", "```gradproof\n{}\n{}\n{}\n```\n\n$a = b$", (3, 1)),
    ("markdown", "> ~~~ {{gradproof}}\n> {}\n>   {}\n> {}\n> ~~~\n\n$a = b$", (3, 5)),
    ("latex", "%% gradproof: {}\n  %%gradproof:{}\n%% gradproof: {}\n\\begin{{document}}$a = b$", (2, 15)),
    ("text", "%% gradproof: {}\n%% gradproof: {}\n%% gradproof: {}\n$a = b$", (2, 15)),
)


@pytest.mark.parametrize("kind, text, place", PLACES, ids=[f"{k}-{i}" for i, (k, _, _) in enumerate(PLACES)])
def test_the_block_in_every_kind_of_document(kind, text, place):
    document = read_document(text.format(*LINES), kind)
    (problem,) = document.problems
    assert (problem.line, problem.column) == place and problem.message.startswith("inptu is not understood; legal are")
    assert document.declarations.layout == "denominator" and [n[1:] for n in document.declarations.names] == [("W", "R^{n x m}")]
    assert [f.text for f in document.formulas] == ["a = b"]


def test_the_block_in_a_notebook_names_its_cell():
    cells = [{"cell_type": "markdown", "source": "$a$"}, {"cell_type": "markdown", "source": "```gradproof\nx: y\n```"}]
    (problem,) = read_document(json.dumps({"cells": cells}), "notebook").problems
    assert (problem.cell, problem.line) == ("C2:", 2)


def test_a_verbatim_block_is_an_example():
    text = "\\begin{verbatim}\n%% gradproof: layout: jacobian\n\\end{verbatim}\n$a = b$"
    assert read_document(text, "latex").declarations.layout == ""
