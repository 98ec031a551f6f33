"""Attacks on everything around the verdicts: nothing runs, nothing escapes, nothing is lost, nothing takes for ever."""

from __future__ import annotations

import ast
import builtins
import contextlib
import csv
import io
import json
import os
import re
import time
import unicodedata
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from attack_inputs import BYTES, FILES_THAT_RUN, FORMULAS, HTML, NAMES, OUTPUTS, PATHS, TERMINAL, TEX
from attacks import NETWORKS, RIGHT
from markdown_it import MarkdownIt
from test_attacks import BUDGET, entries

from symbolic import Network, SumOver, cli, tanh
from symbolic.pipeline import kernel_source, lambdify, models_of
from symbolic.reading.document.assumed import assumed
from symbolic.reading.document.read import read_document
from symbolic.reading.document.records import DocumentError
from symbolic.showing.formats import FORMATS

SYMBOLIC = Path(__file__).resolve().parents[2] / "symbolic"
WRONG = RIGHT.replace("=", "= 2 c +", 1)
OPEN = ("refuted", "unproved", "unreadable")


def by_id(rows):
    return {"argvalues": rows, "ids": [row[0] for row in rows]}


def run(capsys, *words):
    """(exit status, standard output, standard error) of a command."""
    status = cli.main(list(words))
    told = capsys.readouterr()
    assert status in (0, 1, 2) and "Traceback" not in told.err and "fault of our own" not in told.err
    return status, told.out, told.err


def note(tmp_path, text, name="note.md"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def attacked(rows, network="classes"):
    """A note with every input as a heading, in its prose, and as part of a claim, and a refuted and a right claim."""
    parts = [NETWORKS[network], f"$${WRONG}$$"]
    for _, text in rows:
        line = " ".join(text.split("\n"))
        parts += [f"# {line}", f"Some words, {line}, and more.", f"$${RIGHT} + {text}$$"]
    return "\n\n".join([*parts, "# The end", f"$${RIGHT}$$", ""])


# names that are code


@pytest.fixture
def hits():
    """What code in a name would write to."""
    builtins.HITS = []
    yield builtins.HITS
    del builtins.HITS


def identifiers(source):
    """Everything in a program that is a name and not data."""
    for node in ast.walk(ast.parse(source)):
        for field in ("id", "attr", "arg", "name", "module"):
            if isinstance(getattr(node, field, None), str):
                yield getattr(node, field)


def network_of(name):
    net = Network("rnn", name)
    d, n = net.sizes("d n")
    t = net.time("t", length="T")
    x, y = net.input("x", d, at=t), net.label("y", n, at=t)
    u, w = net.weight(name, n, d), net.weight("W_0", n, n)
    h, loss = net.state("h", n, at=t), net.state("L")
    net.define(h[t], tanh(u * x[t] + w * h[t - 1]))
    net.define(loss, SumOver(-y[t].T * h[t], t, 1, net.length("T")))
    return net.model(loss=loss)


PLAIN = set(identifiers(kernel_source(network_of("Q"))))


@pytest.mark.parametrize("row", **by_id(NAMES))
def test_a_name_that_is_code_is_a_name(row, hits):
    _, name = row
    model = network_of(name)
    source = kernel_source(model)
    strange = set(identifiers(source)) - PLAIN
    assert all(re.fullmatch(r"\w+", word) for word in strange) and not strange & {"HITS", "builtins", "__import__", "exec", "lambda"}
    exec(source, {})
    lambdify(model)
    assert hits == []


@pytest.mark.parametrize("row", **by_id(NAMES))
def test_a_formula_that_is_code_is_a_formula(row, hits):
    _, name = row
    text = rf"$h_t = \tanh({name} x_t + W h_{{t-1}})$, $L = \sum_{{t=1}}^T \frac{{1}}{{2}}\|h_t - y_t\|^2$." + "\n"
    for model in models_of(read_document(text, "markdown"))[0]:
        exec(kernel_source(model), {})
    assert all(e.verdict in OPEN for e in entries(f"$${RIGHT} + {name}$$\n", "classes"))
    for declared in (f"{name}: input", f"{name} in R^{{n x n}}", f"x_t = {name}", f"sigma = {name}"):
        with contextlib.suppress(DocumentError):
            assumed([declared])
    assert hits == []


CONSTRUCTING = {"pickle", "marshal", "shelve", "yaml", "dill", "__import__", "unsafe_load"}


def test_nothing_is_unpickled_or_constructed(tmp_path, capsys):
    source = note(tmp_path, NETWORKS["tanh"])
    for ending, (_, content) in zip((".gradproof", ".yaml"), FILES_THAT_RUN, strict=True):
        for declared in (content, note(tmp_path, content, f"declared{ending}")):
            assert run(capsys, "check", source, "--assume", declared)[0] == 2
    for path in SYMBOLIC.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in CONSTRUCTING) or not CONSTRUCTING & set(identifiers(text)), path


# TeX


@pytest.mark.parametrize("row", **by_id(TEX))
def test_a_claim_with_tex_in_it_is_not_understood(row):
    for text in (f"$${RIGHT} + {row[1]}$$", f"$${RIGHT} {row[1]}$$\n\n${RIGHT}$", f"${RIGHT}$\n\n{row[1]}\n\n$${WRONG}$$"):
        *first, last = entries(text + "\n", "classes")
        assert last.verdict in ("proved", *OPEN)
        assert all(e.verdict in ("unproved", "unreadable") or e.latex in RIGHT for e in first), [(e.verdict, e.latex) for e in first]


ACTIVE = re.compile(
    r"(?<!\\)\\(?:input|include|write|immediate|openout|openin|read|verbatiminput|lstinputlisting|csname|def|loop|catcode|special|directlua"
    r"|usepackage|href|unicode|style|class|cssId|htmlData|includegraphics|require|newcommand|let|rule|mathchoice|DeclareMathOperator|textcolor)"
    r"(?![A-Za-z])|\^\^5c|\\end\{document\}(?=.)|\\begin\{input\}", re.DOTALL
)  # fmt: skip


def test_no_command_of_tex_gets_into_what_is_written(tmp_path, capsys):
    source = note(tmp_path, attacked(TEX[:29]) + "\n\n".join(f"$${RIGHT} % {text}\n$$" for _, text in TEX if "\n" not in text))
    _, shown, _ = run(capsys, "check", source, "--format", "markdown")
    formulas = "".join(re.findall(r"^\$\$\n(.*?)\n\$\$$", shown, re.DOTALL | re.MULTILINE))
    assert RIGHT[:20] in formulas and not ACTIVE.search(formulas), ACTIVE.search(formulas)
    fenced = MarkdownIt("commonmark").enable("table").parse(shown)
    words = " ".join(c.content for t in fenced if t.type == "inline" for c in t.children if c.type == "text")
    assert "\\input" in "".join(t.content for t in fenced if t.type == "fence") and "unreadable" in words
    for style in ("latex", "markdown", "text"):
        _, derived, _ = run(capsys, "derive", source, "--wrt", "c", "--format", style)
        body = derived.partition("\\begin{document}")[2].replace("\\end{document}\n", "") if style == "latex" else derived
        assert body and not ACTIVE.search(body), ACTIVE.search(body)


def test_a_comment_in_a_formula_ends_where_it_ended(tmp_path, capsys):
    """Printed on one line, it would hide what follows it."""
    source = note(tmp_path, f"{NETWORKS['classes']}\n\n$$\\frac{{\\partial L}}{{\\partial c}} = % twice\n2 \\sum_{{t=1}}^T (\\hat r_t - r_t)$$\n")
    _, shown, _ = run(capsys, "check", source, "--format", "markdown")
    (formula,) = re.findall(r"^\$\$\n(.*?)\n\$\$$", shown, re.DOTALL | re.MULTILINE)
    assert "%" not in formula and "2 \\sum" in formula


# HTML in Markdown


def structure(text):
    """What Markdown makes of a text, apart from its words."""
    found = Counter()
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        found.update(c.type for c in (token, *(token.children or ())) if "html" in c.type or "link" in c.type or "image" in c.type)
    return found


def test_markdown_stays_markdown(tmp_path, capsys):
    names = ["note.md", *(re.sub(r"[/\0]", "", text) + ".md" for _, text in HTML)]
    source = [note(tmp_path, attacked(HTML) if k == 0 else "$a = b$", name) for k, name in enumerate(names)]
    _, shown, _ = run(capsys, "check", *source, "--format", "markdown", "--explain-model")
    assert not structure(shown), structure(shown)
    assert structure("<b>") and structure("[x](y)")


# terminals


def raw(text, keep="\n"):
    """The characters that a terminal would obey."""
    return {c for c in text if c not in keep and (unicodedata.category(c)[0] == "C" or c in "\u2028\u2029")}


@pytest.mark.parametrize("style", [*FORMATS])
def test_a_terminal_is_shown_nothing_to_obey(style, tmp_path, capsys):
    attack = attacked([row for row in TERMINAL if "\0" not in row[1]])
    texts = {"note.md": attack, "a\x1b[2J\u202e\r[bold]\x9b.md": r"$y_t = W x_t$, $L = \sum_{t=1}^T \|y_t\|^2$, $a $", "b\n\u2066\x07.md": "$a $"}
    _, shown, said = run(capsys, "check", *(note(tmp_path, text, name) for name, text in texts.items()), "--format", style, "--explain-model")
    assert not raw(shown) and not raw(said), (raw(shown), raw(said))
    assert "[bold]x[" in shown + said or style in ("concise", "markdown", "latex", "sarif")


@pytest.mark.parametrize("row", **by_id(TERMINAL))
def test_a_complaint_shows_nothing_to_obey(row, tmp_path, capsys):
    _, text = row
    source = note(tmp_path, NETWORKS["tanh"])
    calls = (
        ["check", text], ["check", source, "--format", text], ["check", source, "--assume", f"{text}: input"], ["check", source, "--model", text],
        ["check", source, "--layout", text], ["check", source, "-o", f"{tmp_path}/no/{text}".replace("\0", "")], ["derive", source, "--wrt", text],
        ["check", "-e", f"{RIGHT} + {text}", "--model", "tanh_rnn", "--strict"], ["kernel", text], [text], ["list", f"--{text}"],
    )  # fmt: skip
    for words in calls:
        _, shown, said = run(capsys, *words)
        assert not raw(shown) and not raw(said), words


def test_json_loses_nothing(tmp_path, capsys):
    text = "\x1b[31m \u202e \U000e0041"
    source = note(tmp_path, f"{NETWORKS['classes']}\n\n$${RIGHT} + {text}$$\n")
    _, shown, _ = run(capsys, "check", source, "--format", "json")
    assert any(text in e["latex"] for e in json.loads(shown)["files"][0]["equations"])


# outputs that are not there yet


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = Counter()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.update([tag, *(f"{tag} {name}" for name, _ in attrs)])


def _html(shown):
    assert not re.search(r"""\b(?:href|src)\s*=\s*["'](?!#)""", shown.partition("<body>")[2].partition("<script>")[0])


def _csv(shown):
    assert not [cell for line in csv.reader(io.StringIO(shown)) for cell in line if cell[:1] in tuple("=+-@\t\r")]


def _latex(shown):
    bare = re.sub(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", "", shown.replace("\\end{document}\n", ""), flags=re.DOTALL)
    assert not ACTIVE.search(bare.partition("\\begin{document}")[2])


CHECKS = {"html": _html, "csv": _csv, "latex": _latex}


@pytest.mark.parametrize("style", OUTPUTS)
def test_an_output_that_may_come(style, tmp_path, capsys):
    if style not in FORMATS:
        pytest.skip(f"there is no output {style} yet")
    rows = [(i, text) for i, text in OUTPUTS[style] if "\0" not in text]
    _, shown, _ = run(capsys, "check", note(tmp_path, attacked(rows)), "--format", style)
    CHECKS[style](shown)
    if style == "html":  # no element and no attribute that a harmless note does not have
        _, harmless, _ = run(capsys, "check", note(tmp_path, attacked([(i, r"\q") for i, _ in rows])), "--format", style)
        assert set(Elements(shown).found) <= set(Elements(harmless).found)


# paths


def test_files_are_named_inside_their_folder(tmp_path, capsys):
    inside, outside = tmp_path / "out", tmp_path / "outside"
    inside.mkdir()
    outside.write_text("as it was")
    (inside / "note-L3-1.py").symlink_to(outside)
    sources = []
    for number, (_, text) in enumerate(PATHS):
        folder = tmp_path / str(number)
        folder.mkdir()
        name = re.sub(r"[/\0]", "_", text)[:200] + ".md"
        sources.append(note(folder, f"# {text[:100].replace(chr(0), ' ')}\n\n$\\frac{{\\partial L}}{{\\partial b}} = W$\n", name))
    network = note(tmp_path, NETWORKS["tanh"], "network.md")
    status, _, _ = run(capsys, "check", *sources, "--model", network, "--no-repair", "--counterexamples", str(inside))
    made = [p for p in inside.iterdir() if not p.is_symlink()]
    assert status == 1 and len(made) == len(PATHS)
    assert all(p.is_file() and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*\.py", p.name) for p in made)
    assert {p.name for p in tmp_path.iterdir()} == {"out", "outside", "network.md", *(str(k) for k in range(len(PATHS)))}
    assert outside.read_text() == "as it was"


def test_what_is_there_is_not_written_over(tmp_path, capsys):
    source = note(tmp_path, f"{NETWORKS['tanh']}\n\n$\\frac{{\\partial L}}{{\\partial b}} = W$\n")
    outside = tmp_path / "outside"
    outside.write_text("as it was")
    for make in (lambda p: p.write_text("mine"), lambda p: p.symlink_to(outside), lambda p: p.mkdir()):
        folder = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        words = ("check", source, "--no-repair", "--counterexamples", str(folder))
        assert run(capsys, *words)[0] == 1
        (written,) = folder.iterdir()
        assert run(capsys, *words)[0] == 1  # its own files it renews
        written.unlink()
        make(written)
        status, _, said = run(capsys, *words)
        assert status == 2 and written.name in said and outside.read_text() == "as it was"
        assert not written.is_file() or written.is_symlink() or written.read_text() == "mine"


# resources


@pytest.mark.parametrize("row", **by_id(FORMULAS))
def test_one_formula_cannot_spoil_the_others(row):
    before = time.process_time()
    *first, last = entries(f"$${RIGHT} + {row[1]}$$\n\n${row[1]}$\n\n{row[1]}\n\n${RIGHT}$\n", "classes")
    assert last.verdict == "proved"
    assert all(e.verdict in OPEN for e in first)
    assert time.process_time() - before < BUDGET


def test_one_formula_cannot_spoil_the_model():
    before = time.process_time()
    for _, text in FORMULAS:
        if len(text) < 15_000:
            assert models_of(read_document(f"{NETWORKS['tanh']}\n\n$h_t = \\tanh({text})$\n", "markdown"))[0] is not None
    assert time.process_time() - before < 3 * BUDGET


@pytest.mark.parametrize("row", **by_id(BYTES))
def test_a_file_is_read_or_refused(row, tmp_path, capsys):
    _, ending, content, allowed = row
    before = time.process_time()
    assert run(capsys, "check", note(tmp_path, content, f"note{ending}"))[0] in allowed
    assert time.process_time() - before < BUDGET


def test_no_equations_are_said_aloud(tmp_path, capsys):
    for content in (b"", b"only prose"):
        assert "o equations found" in "".join(run(capsys, "check", note(tmp_path, content))[1:])


def test_what_is_no_file_is_refused(tmp_path, capsys):
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "round.md").symlink_to(tmp_path / "round.md")
    os.mkfifo(tmp_path / "pipe.md")
    for source in (str(tmp_path), str(tmp_path / "loop"), str(tmp_path / "round.md"), str(tmp_path / "pipe.md"), os.devnull, "/dev/zero"):
        assert run(capsys, "check", source)[0] == 2
