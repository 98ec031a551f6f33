r"""Notes at random: from a grammar of what people write, from the notes of the tests with faults put in, and from both.

`note(rng)` makes (text, kind); `faults(text, kind)` says what may never happen and did.  The random source is any with
the methods of `random.Random`, so that a property test can shrink what it finds.
"""

from __future__ import annotations

import contextlib
import io
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

from symbolic import pipeline
from symbolic.command import sources
from symbolic.derivation import UnsupportedError
from symbolic.judging import claims, understood
from symbolic.kernels import KernelError
from symbolic.proof.verdict import VERDICTS
from symbolic.reading.chains import chains
from symbolic.reading.document.read import read_document
from symbolic.reading.document.records import DocumentError
from symbolic.reading.symbols import table_of
from symbolic.reading.tokens import Source
from symbolic.showing.derivation_report import DERIVATION_FORMATS
from symbolic.showing.formats import FORMATS, renderer
from symbolic.showing.report_text import Style

NOTES = [p.read_text(encoding="utf-8") for p in sorted((Path(__file__).resolve().parents[1] / "notes").glob("*.md"))]
KINDS = ("markdown", "markdown", "markdown", "latex", "text")

# the grammar

TIMES = ("_t", "^{(t)}", "^{[t]}", "^{<t>}", "_{t}", "(t)", "^t")
CELLS = (
    "{f}(W {h0} + U {x} + b)", "{f}(U {x} + W {h0})", "{f}(W {h0} + {x})", "W {f}({h0}) + U {x} + b", "{f}(W [{h0}, {x}] + b)",
    "{h0} + {f}(W {h0})", r"z \odot {h0} + (1 - z) \odot {f}(W {h0} + U {x})", "{f}(w {h0} + u {x})", "{f}(W^T {x} + b)",
)  # fmt: skip
FUNCTIONS = (r"\tanh", r"\sigma", r"\operatorname{ReLU}", "f", r"\mathrm{softplus}", r"\phi", r"\exp", "g")
LOSSES = (
    r"\sum_{t=1}^T \frac{1}{2} \|{o} - {y}\|^2", r"\frac{1}{2} \sum_t ({o} - {y})^\top ({o} - {y})", r"-\sum_{t=1}^{T} {y}^\top \log \hat{p}",
    r"-\sum_t \sum_i y_{t,i} \log o_{t,i}", r"\ell(o_T, y)", r"\sum_{t} L_t", r"\frac{1}{T} \sum_{t=1}^T \ell({o}, {y})", r"\frac12 (o_T - y)^2",
)  # fmt: skip
QUANTITIES = ("W", "U", "V", "b", "c", "{h}", "{x}", "{o}", "{y}", r"\delta_t", r"\delta_{t+1}", "h_{t-1}", "h_T", "z_t", "L", "q", r"\hat y_t", "x_i")
HEADS = (
    r"\frac{\partial L}{\partial %s}", r"\nabla_{%s} L", r"\partial L / \partial %s", "d%s", r"\frac{dL}{d%s}", r"\delta_t", r"\frac{\partial h_t}{\partial %s}",
    r"\frac{\partial L_t}{\partial %s}", r"\frac{\partial^2 L}{\partial %s^2}", r"\frac{\partial L}{\partial %s_{ij}}", "%s", r"\Delta %s", r"\frac{\partial}{\partial %s} L",
)  # fmt: skip
CONDITIONS = ("", "", r" \quad t < T", r", \quad t = T", r" \text{ for } t = 1, \dots, T", r" \text{ at the last step}", r" \tag{3}", r" \quad (\text{chain rule})", " .")
WORDS = (
    "", "We find", "The state is", "so that", "where", "when $t < T$,", "Here $h_0 = 0$.", "with $t = T$", "# Gradients", "Let $\\delta_t = \\frac{\\partial L}{\\partial h_t}$.",
    "- ", "> ", "1. ", "当", "时", "```", "| a | b |\n|---|---|\n| 1 |", "<span>", "<!-- x -->", "W in R^{n x n}", "```gradproof\nx_t: input\n```",
)  # fmt: skip


def _quantity(rng, place):
    return place(rng.choice(QUANTITIES))


def _expression(rng, place, depth):
    if depth <= 0:
        return rng.choice((_quantity(rng, place), _quantity(rng, place), rng.choice(("1", "2", "0.5", "0", "T", "n", r"\frac12", "-1"))))
    a, b = (_expression(rng, place, depth - rng.randint(1, 2)) for _ in range(2))
    return rng.choice((
        f"{a} + {b}", f"{a} - {b}", f"{a} {b}", rf"({a}) \odot ({b})", rf"({a})^\top {b}", f"{a}^T", f"{a}^2", rf"\frac{{{a}}}{{{b}}}",
        rf"\sum_{{t=1}}^T {a}", rf"\sum_{{t=1}}^T ({a} + {b})", rf"\sum_{{k=1}}^{{t}} \prod_{{j=k+1}}^{{t}} ({a}) ({b})", rf"\operatorname{{diag}}({a}) {b}",
        rf"\prod_{{j=1}}^{{t}} {a}", rf"{rng.choice(FUNCTIONS)}({a})", rf"{rng.choice(FUNCTIONS)}'({a})", rf"\left( {a} \right) \left[ {b} \right]",
        rf"\begin{{cases}} {a} & t < T \\ {b} & t = T \end{{cases}}", rf"\|{a}\|^2", rf"\sum_i \sum_j {a}", rf"\begin{{bmatrix}} {a} \\ {b} \end{{bmatrix}}",
        rf"{a} \frac{{\partial {b}}}{{\partial h_t}}", rf"\underbrace{{{a}}}_{{{b}}}", rf"\mathbf{{{a}}}", rf"\sqrt{{{a}}}", rf"\mathrm{{tr}}({a} {b})", f"({a})",
        rf"(1 - h_t^2) \odot ({a})", rf"W^\top ({a})", rf"({a}) h_{{t-1}}^\top", rf"\sum_{{t=2}}^{{T}} ({a}) x_t^\top", rf"{a} \otimes {b}", rf"[{a}; {b}]",
    ))  # fmt: skip


def _network(rng):
    time = rng.choice(TIMES)
    before = time.replace("t", "t-1") if "{" in time or "(" in time else "_{t-1}"
    names = {"{h0}": "h" + before, "{h}": "h" + time, "{x}": "x" + time, "{o}": "o" + time, "{y}": "y" + time, "{f}": rng.choice(FUNCTIONS)}

    def place(text):
        for name, meant in names.items():
            text = text.replace(name, meant)
        return text

    out = rng.choice(("o%s = V %s", r"o%s = \operatorname{softmax}(V %s + c)", r"o%s = \sigma(V %s)", "o%s = %s")) % (time, names["{h}"])
    return [f"h{time} = {place(rng.choice(CELLS))}", out, f"L = {place(rng.choice(LOSSES))}"], place


def _claim(rng, place):
    head = rng.choice(HEADS)
    head = head % _quantity(rng, place) if "%s" in head else head
    sides = [_expression(rng, place, rng.randint(0, 3)) for _ in range(rng.choice((1, 1, 1, 2)))]
    return " = ".join([head, *sides]) + rng.choice(CONDITIONS)


def _laid_out(rng, formula):
    return rng.choice((
        f"$$ {formula} $$", f"${formula}$", f"\\[ {formula} \\]", f"\\begin{{align}} {formula.replace('=', '&=', 1)} \\end{{align}}",
        f"\\begin{{equation}}\n{formula}\n\\end{{equation}}", formula, f"$$\n\\begin{{aligned}}\n{formula.replace(' = ', chr(92) * 2 + ' &= ')}\n\\end{{aligned}}\n$$",
        f"```math\n{formula}\n```",
    ))  # fmt: skip


def grown(rng):
    """A note from the grammar."""
    forward, place = _network(rng)
    parts = [rng.choice(WORDS) + " " + _laid_out(rng, f) for f in forward if rng.random() < 0.95]
    parts += [rng.choice(WORDS) + " " + _laid_out(rng, _claim(rng, place)) for _ in range(rng.randint(1, 3))]
    return rng.choice(("\n\n", "\n\n", "\n", " ")).join(parts) + "\n"


# faults

_PIECE = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]|[0-9]+|\s+|.", re.DOTALL)
HOSTILE = (
    "$", "$$", "\\(", "\\]", "\\begin{align}", "\\end{align}", "\\begin{cases}", "\\end{cases}", "{", "}", "(", ")", "[", "]", "\\left(", "\\right.", "|", "\\|",
    "^", "_", "^{", "_{", "'", "''", "&", "\\\\", "=", ":=", "+=", "\\equiv", "\\approx", "<", "\\in", "\\frac", "\\frac{}{}", "\\sum", "\\sum_{t}", "\\prod_{k=3}^{1}",
    "\\sqrt", "\\partial", "\\nabla", "\\nabla_W", "\\text{", "\\text{if t = T}", "\\mathbf", "\\hat", "\\hat{}", "\\color{white}", "\\phantom{x}", "\\tag{1}", "\\label{a}",
    "\\newcommand{\\q}[1]{#1 = #1}", "\\q{a}", "\\def\\r{\\r}", "\\r", "\\let\\sum\\prod", "\\over", "\\overset{!}{=}", "\\underbrace{a}_b", "\\dots", "\\cdots", "...", "!", "%",
    "\u200b", "\u202e", "\0", "\x1b[2J", "\ud7ff", "\U0001f600", "\ufeff", "é", "W̃", "₁²", "Σ", "∂", "⊤", "∑", "…", "1e9", "0.1", "99999999999", "/", "*", ".*", "\\odot", "\\otimes",
    "h_{t-1}", "h_0 = 0", "T", "t", "N", "I", "e^{x}", "\\infty", "\\mathbb{R}^{n \\times m}", "\\mathbb{1}[t=T]", "\\operatorname{", "\\begin{bmatrix} 1 & 2 \\\\ 3 \\end{bmatrix}",
    "\n", "\n\n", "\t", "`", "```\n", "> ", "# ", "- ", "|", "<b>", "<span style='display:none'>", "</span>", "<!--", "-->", "when ", "for ", "其中", "layout: jacobian",
)  # fmt: skip


def spoiled(rng, text):
    """The text with some of its pieces lost, doubled, exchanged, replaced, or with strange ones put in."""
    pieces = _PIECE.findall(text)
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        if not pieces:
            break
        at, other = rng.randrange(len(pieces)), rng.randrange(len(pieces))
        action = rng.randrange(8)
        if action == 0:
            del pieces[at : at + rng.choice((1, 1, 2, 5))]
        elif action == 1:
            pieces.insert(at, pieces[other])
        elif action == 2:
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif action == 3:
            pieces[at] = rng.choice(HOSTILE)
        elif action in (4, 5):
            pieces.insert(at, rng.choice(HOSTILE))
        elif action == 6:
            pieces[at : at + 3] = pieces[at : at + 3][::-1]
        else:
            low, high = sorted((at, other))
            pieces[low:low] = pieces[low : min(high, low + 40)]
    return "".join(pieces)


def _part(rng, text):
    """Some paragraphs of a note in their order: the first ones, which define its network, and a few of the others."""
    paragraphs = text.split("\n\n")
    first = rng.randint(1, min(6, len(paragraphs)))
    behind = [p for p in paragraphs[first:] if rng.random() < 3 / max(len(paragraphs) - first, 3)]
    return "\n\n".join([*paragraphs[:first], *behind])


def note(rng):
    """A note at random, and what kind of document it is."""
    way = rng.randrange(6)
    if way == 0:
        text = grown(rng)
    elif way == 1:
        text = spoiled(rng, grown(rng))
    elif way == 2:
        text = _part(rng, rng.choice(NOTES)) + "\n\n" + grown(rng)
    elif way == 3:
        text = "".join(rng.choice(HOSTILE) for _ in range(rng.randint(0, 40)))
    else:
        text = spoiled(rng, _part(rng, rng.choice(NOTES)))
    return text, rng.choice(KINDS)


# what may never happen


class _Recorder:
    """The passages that are judged, and their models."""

    def __init__(self):
        self.items, self.models = (), ()

    @contextlib.contextmanager
    def listening(self):
        placed = understood.placed

        def remembered(document, models, chosen):
            self.items, self.models = placed(document, models, chosen), models
            return self.items

        understood.placed = remembered
        try:
            yield self
        finally:
            understood.placed = placed

    def equations(self, assumed=False):
        """The ids of all '=' that are equations; `assumed`: of those only that are suppositions, which need not be entries."""
        return [key for item in self.items if item.formula.assumed or not assumed for key in self.ids(item)]

    def ids(self, item):
        """The ids of all '=' of a formula that are equations."""
        p = item.passage
        source = Source(p.latex, p.line, p.column, p.places)
        counter = table_of(self.models[max(p.model, 0)]).is_counter if self.models else None
        links = chains(source, p.earlier, counter).links if counter else chains(source, p.earlier).links
        return [link.id for link in links]

    def supposed(self):
        """The formulas with an '=' that are suppositions."""
        return [i for i in self.items if i.formula.assumed and "=" in i.passage.latex and not (i.passage.broken or i.abstract)]


@contextlib.contextmanager
def _without_the_judge():
    """Every claim is read and nothing is judged: all but the judge, at a tenth of the time."""
    attempted, made = claims._attempted, claims._made
    claims._attempted = lambda claim, model, layout: replace(claims.blank(claim, layout), verdict="unproved")
    claims._made = lambda model: None
    try:
        yield
    finally:
        claims._attempted, claims._made = attempted, made


def faults(text, kind, judge=True, whole=False):
    """What went wrong with a note, if anything did.  `judge`: judge it, or only read it; `whole`: its gradients and kernels, too."""
    try:
        document = read_document(text, kind)
    except DocumentError:
        return []
    reading = contextlib.nullcontext() if judge else _without_the_judge()
    with reading, _Recorder().listening() as heard, contextlib.redirect_stderr(io.StringIO()) as said:
        report = sources.document_report("note", document, ())
    found = [f"{e.id}: {e.reason}" for e in report.entries if "fault of our own" in e.reason or e.verdict not in VERDICTS]
    ids = [e.id for e in report.entries]
    if len(ids) != len(set(ids)):
        found.append(f"an id stands twice: {ids}")
    supposed = set(heard.equations(assumed=True))
    told = {d.subject for d in report.decisions if d.choice == "a supposition"}
    silent = [i for i in heard.supposed() if not set(heard.ids(i)) & set(ids)]  # where no model is made they are unreadable entries
    lost = [i.passage.latex for i in silent if " ".join(i.passage.latex.split()) not in told]
    if heard.models and lost:
        found.append(f"suppositions of which nothing is said: {lost}")
    others = {e.id for e in report.left_out}
    if heard.models and set(heard.equations()) != set(ids) | others | supposed:
        found.append(f"equations {heard.equations()}, entries {ids}, left out {sorted(others)}")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found += [f"{e.id} stands at {e.line}:{e.column}" for e in report.entries if not _stands(e, lines)]
    shown = [said.getvalue(), *(renderer(style)((report,), Style()) for style in FORMATS)]
    obeyed = {c for part in shown for c in set(part) if c != "\n" and unicodedata.category(c)[0] == "C"}
    if obeyed:
        found.append(f"a terminal would obey {obeyed}")
    if whole:
        for model in report.models:
            with contextlib.suppress(KernelError, UnsupportedError):
                compile(pipeline.kernel_source(model), "kernel", "exec")
            with contextlib.suppress(UnsupportedError):
                for style in DERIVATION_FORMATS.values():
                    style([pipeline.derive(model)], (), False, ())
    return found


def _stands(entry, lines):
    return 1 <= entry.line <= len(lines) and 1 <= entry.column <= len(lines[entry.line - 1]) + 1
