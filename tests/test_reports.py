"""Reports to pass on: a page for a browser, an article, and what servers read."""

import base64
import hashlib
import json
import re
import runpy
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from derivations import load
from symbolic import cli
from symbolic.proof.verdict import VERDICTS, Counterexample, Entry, Mend, Proof
from symbolic.showing.formats import FORMATS, renderer
from symbolic.showing.report import Report, described_all
from symbolic.showing.report_text import Style, full
from symbolic.showing.reports.graph import graph, scripted
from symbolic.showing.reports.html import matrix
from symbolic.showing.reports.marking import marked_formula, marked_source, told_in_parts
from symbolic.showing.reports.sarif import uri
from symbolic.showing.reports.typesetting import formula, letters, words

ATTACKS = runpy.run_path(str(Path(__file__).parent / "soundness" / "attack_inputs.py"))
HTML, TEX = ATTACKS["HTML"], ATTACKS["TEX"]

LINE = r"$\frac{\partial L}{\partial V} = \sum_t (o_t - y_t) h_{t}^\top$"
START, END = LINE.index(r"\sum") + 1, len(LINE)


def entry(**changes):
    plain = {
        "id": "L3:1", "line": 3, "column": START, "end_line": 3, "end_column": END, "head": r"\frac{\partial L}{\partial V}",
        "latex": LINE[1:-1], "kind": "claim", "verdict": "proved", "proof": Proof("normal-form", ("A", "B"), 7),
    }  # fmt: skip
    return Entry(**{**plain, **changes})


def mended(part, text, **changes):
    start = LINE.index(part) + 1
    mend = Mend(3, start, 3, start + len(part), text)
    told = {"verdict": "refuted", "cause": "index", "reason": f"the index is wrong: {text} instead of {part}; differs", "repair": "W x"}
    return entry(mend=mend, proof=None, **{**told, **changes})


MODEL = load("tanh_rnn").models[0]
ENTRIES = (
    entry(assumes=("sum(y)=1",)),
    mended("h_{t}", "h_{t-1}", id="L4:1", counterexample=Counterexample(2, {"n": 2}, "t = 1", [[1, 2.5]], [[1, 3.5]])),
    entry(id="L5:1", verdict="refuted", cause="shape", counterexample=Counterexample(1, {}, "", None, [0], ("n=m",)), root=("L4:1",)),
    entry(id="L6:1", verdict="unreadable", reason="3:4: unexpected <b>&", latex="a <b>& b"),
    entry(id="L7:1", verdict="unproved", reason="too hard"),
    entry(id="L8:1", verdict="accepted", reason="a definition"),
    entry(id="L9:1", verdict="proved-given", reason="equal if", root=("L4:1",)),
)
REPORT = Report(
    "a note.md", ENTRIES, dict.fromkeys(range(1, 10), LINE), described_all([MODEL]), "A <note>", models=(MODEL,),
    ignored=(entry(id="L20:1", line=20, latex="x = y"),),
)  # fmt: skip


def shown(name, *reports):
    return renderer(name)(reports or (REPORT,), Style())


# the page


class Page(HTMLParser):
    """The elements of a page, its links, its style attributes, and what is never closed."""

    VOID = ("meta", "br", "rect", "path")

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.attributes, self.open = [], [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in self.VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert not self.open or self.open.pop() == tag, tag


def test_the_page_is_well_formed_and_alone():
    page = Page(shown("html"))
    assert not page.open and page.tags.count("script") == 1 and "style" in page.tags and "link" not in page.tags
    assert len(page.ids) == len(set(page.ids))
    assert all(link[1:] in page.ids for link in page.links), page.links
    assert not {a for a in page.attributes if a.startswith("on")} and "style" not in page.attributes
    assert len(page.ids) >= len(ENTRIES) and page.tags.count("svg") == 1


def test_only_our_own_script_and_style_may_run():
    text = shown("html")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    for tag in ("script", "style"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_says_everything_of_an_entry():
    text = shown("html").partition("<body>")[2]
    for word in (*VERDICTS, "a note.md", "A &lt;note&gt;", "sum(y)=1", "Right would be", "n=m", "Ignored", "x = y", "unexpected &lt;b&gt;&amp;"):
        assert word in text, word
    assert r'data-marked="\frac{\partial L}{\partial V} = \sum_t (o_t - y_t) \htmlClass{wrong}{h_{t}}^\top"' in text
    assert "<td>1</td><td class=differs>2.5</td>" in text


def test_several_sources_keep_their_places_apart():
    page = Page(shown("html", REPORT, REPORT))
    assert len(page.ids) == len(set(page.ids)) and all(link[1:] in page.ids for link in page.links)


def test_fonts_come_only_where_they_are_asked_for():
    assert "family:KaTeX_Fraktur;font-style" not in shown("html")
    assert "family:KaTeX_Fraktur;font-style" in shown("html", Report("n", (entry(latex=r"\mathfrak{g} = 1"),)))
    assert len(shown("html")) < 700_000


@pytest.mark.parametrize("value, other, cells", [
    (1.0, 2.0, 0), ([1.0, 2.0], [1.0, 3.0], 2), ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 5.0]], 4), ([], [], 0),
    ([[0.0] * 20] * 20, [[0.0] * 20] * 20, 8 * 9 + 1), ([1.0], 2.0, 1), (["nan"], [1.0], 1),
])  # fmt: skip
def test_a_matrix_is_a_table(value, other, cells):
    assert matrix(value, other).count("<td") == cells


def test_what_is_wrong_is_marked():
    e = mended("h_{t}", "h_{t-1}")
    assert marked_source(REPORT, e) == (LINE[: LINE.index("h_{t}")], "h_{t}", r"^\top$")
    index = mended("{t}", "{t-1}")
    assert r"h_{\htmlClass{wrong}{{t}}}^\top" in marked_formula(REPORT, index)
    for part in ("(o_t", r"_{t}^\top", "um_t", "V} = "):  # the first is whole enough to be set, the others are not
        assert bool(marked_formula(REPORT, mended(part, "x"))) == (part == "(o_t"), part
    assert marked_formula(REPORT, mended("h_{t}", "x", latex="another = formula")) == ""
    assert marked_formula(REPORT, entry(verdict="refuted")) == ""


def test_a_place_where_something_is_missing_shows_the_sign_before_it():
    start = LINE.index("h_{t}") + 1
    missing = entry(verdict="refuted", mend=Mend(3, start, 3, start, "x"))
    assert marked_source(REPORT, missing)[1] == " "


def test_the_caret_stands_under_the_wrong_part():
    e = mended("h_{t}", "h_{t-1}")
    caret = full((Report("n", (e,), {3: LINE}),), Style()).splitlines()[2]
    assert caret == "   | " + " " * LINE.index("h_{t}") + "^" * len("h_{t}")


def test_a_sentence_knows_its_formulas():
    parts = list(told_in_parts(mended("h_{t}", "h_{t-1}")))
    assert [p for p, is_formula in parts if is_formula] == ["h_{t-1}", "h_{t}"] and "".join(p for p, _ in parts).endswith("; differs")
    slope = mended("h_{t}", "h", reason=r"the factor 1 - h_t^2, the slope of the function that makes h_t, is missing; first at T=1")
    assert [p for p, is_formula in told_in_parts(slope) if is_formula] == ["1 - h_t^2", "h_t"]
    assert "".join(p for p, _ in told_in_parts(slope)) == slope.reason
    shape = mended("h_{t}", "h", reason=r"the shapes do not conform: 3:4: product of a×1 and b×1 in x \circ y (they would if a=b), and so on; more")
    assert [p for p, is_formula in told_in_parts(shape) if is_formula] == [r"x \circ y"]
    assert "".join(p for p, _ in told_in_parts(shape)) == shape.reason.replace("3:4: ", "")
    both = mended("h_{t}", "h", reason=r"the shapes do not conform: a×1 and b×1 in x \circ y (they would if a=b); a transpose is wrong: V^\top instead of V")
    assert [p for p, is_formula in told_in_parts(both) if is_formula] == [r"x \circ y", r"V^\top", "V"]
    assert "".join(p for p, _ in told_in_parts(both)) == both.reason
    factor = mended("h_{t}", "h", reason=r"the factor a_t \circ b is missing; first at T=1")
    assert list(told_in_parts(factor))[1] == (r"a_t \circ b", True)


def test_the_graph_has_a_node_per_quantity_and_step():
    picture = graph(MODEL)
    timed = [f for f in MODEL.families.values() if f.role != "weight" and f.indices]
    single = [f for f in MODEL.families.values() if f.role != "weight" and not f.indices]
    assert picture.count("<rect") == 3 * len(timed) + len(single)
    assert picture.count('class="edge over') == 3 and picture.count(" far") == 1  # h from step to step, the first one from outside
    assert ET.fromstring(picture).tag.endswith("svg")


@pytest.mark.parametrize("name", ["tanh_rnn", "sigmoid_rnn", "gradient_flow", "relu_classifier"])
def test_every_network_has_a_picture(name):
    for model in load(name).models:
        numbers = [float(n) for n in re.findall(r' (?:x|y)="([-\d.]+)"', graph(model))]
        assert numbers and min(numbers) >= 0


def test_names_in_the_picture_keep_their_scripts():
    assert scripted("a_t^(in)").count("<tspan") == 3 and "<b>" not in scripted("<b>")


def test_a_derivation_is_a_page_too(capsys):
    assert cli.main(["derive", "tanh_rnn", "--format", "html", "--steps"]) == 0
    text = capsys.readouterr().out
    page = Page(text)
    assert not page.open and page.tags.count("svg") == 1 and not page.links
    assert text.count("<details open>") == 1 and text.count("<details>") == 1  # in short as asked for, every step folded
    assert 'class="chain"' in text and "softmax and cross-entropy together" in text and "$" not in text.partition("<body>")[2].partition("<script>")[0]


# the article


@pytest.mark.parametrize("latex", [
    r"\frac{a}{b}", r"W^{\top} x", r"\left( a \right)", r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}", "a_{t-1}^2", r"\text{in}", "∂L/∂h",
    r"\text{the largest σ' is 1/4}", r"\textstyle \sum",
])  # fmt: skip
def test_mathematics_is_set(latex):
    assert formula(latex) is not None


@pytest.mark.parametrize("latex", [row[1] for row in TEX if row[0] not in ("L04",)] + [
    "a}", "{a", r"\left( a", "a & b", r"a \\ b", "a_", "a^", "x_^2", "%", "#1", "$", "~", "a\\", r"\begin{align}a\end{align}", r"\begin{cases}", r"\text{a_b}", r"\text{a {b}}",
])  # fmt: skip
def test_what_is_no_mathematics_is_not_set(latex):
    if latex not in (r"\mathchoice{a}{b}{c}{d}",):
        shown_ = formula(latex)
        assert shown_ is None or not re.search(r"\\(?:input|include|write|read|def|let|csname|catcode|special)", shown_), latex


def test_words_and_letters_are_harmless():
    assert words(r"\input{x}") == r"\textbackslash{}input\{x\}"
    assert words("层") == r"\uchar{层}{5C42}" and words("σ'") == r"\ensuremath{\sigma }'"
    assert "\\input" not in letters(r"\input{x}")


def compiled(tmp_path, text):
    (tmp_path / "report.tex").write_text(text, encoding="utf-8")
    return subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120,
    )  # fmt: skip


needs_latex = pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no pdflatex")


@needs_latex
def test_the_article_compiles(tmp_path):
    rows = [entry(id=f"L{k}:1", verdict=v, latex=text, reason=text) for k, (_, text) in enumerate((*TEX, *HTML)) for v in ("unreadable", "refuted")]
    hostile = Report("层/ä_%&.md", tuple(rows), title=r"\input{x} 梯度 α")
    done = compiled(tmp_path, shown("latex", REPORT, hostile))
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "report.pdf").stat().st_size > 10_000


@needs_latex
def test_the_article_of_a_note_compiles(tmp_path, capsys):
    assert cli.main(["check", "tests/papers/gates.tex", "--format", "latex", "--no-repair"]) == 1
    done = compiled(tmp_path, capsys.readouterr().out)
    assert done.returncode == 0, done.stdout[-2000:]


# what servers read


def test_sarif_names_every_finding():
    (run,) = json.loads(shown("sarif"))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(rules) and "refuted/index" in rules
    found = [e for e in ENTRIES if e.verdict in ("refuted", "unproved", "unreadable")]
    assert [r["properties"]["id"] for r in run["results"]] == [e.id for e in found]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"] and result["level"] in ("error", "warning", "note", "none")
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "a%20note.md"
        assert region["startLine"] >= 1 and region["startColumn"] >= 1 and result["message"]["text"]
        assert region.get("endLine", region["startLine"]) >= region["startLine"]
    (fix,) = run["results"][0]["fixes"]
    (change,) = fix["artifactChanges"][0]["replacements"]
    assert change["insertedContent"]["text"] == "h_{t-1}" and change["deletedRegion"]["startColumn"] == LINE.index("h_{t}") + 1
    assert run["columnKind"] == "unicodeCodePoints" and run["properties"]["ignored"] == ["a note.md:20:34: x = y"]


@pytest.mark.parametrize("name, settings", [("n.md", {"exact": False}), ("n.md", {"whole": True}), ("n.ipynb", {})])
def test_sarif_offers_only_changes_that_can_be_made(name, settings):
    e = entry(id="C1:L3:1" if name == "n.ipynb" else "L3:1", verdict="refuted", repair="x", mend=Mend(3, 40, 3, 41, "x", **settings))
    (result,) = json.loads(shown("sarif", Report(name, (e,))))["runs"][0]["results"]
    assert "fixes" not in result


SARIF = Draft4Validator(json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")))
ODD = (
    Report("x.md", (), problems=("no forward equations",), unjudged=True),
    Report("n.ipynb", (entry(id="C3:L1:1", verdict="refuted", cause="shape"), entry(id="C4:L1:1", verdict="unproved"))),
    Report("a b/层.md", (entry(verdict="unreadable", line=0, column=0, end_column=0, reason=""),)),
    Report("m.md", (entry(verdict="refuted", end_line=5, end_column=1, reason="x\x1b[31m\ud800"),), ignored=(entry(),)),
)


@pytest.mark.parametrize("reports", [(REPORT,), *((r,) for r in ODD), (REPORT, *ODD)], ids=lambda r: " ".join(x.file for x in r))
def test_sarif_follows_its_schema(reports):
    log = json.loads(shown("sarif", *reports))
    assert [(list(e.absolute_path), e.message) for e in SARIF.iter_errors(log)] == []


def test_sarif_of_a_note_follows_its_schema(tmp_path, capsys):
    path = tmp_path / "n.md"
    path.write_text(r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L = \sum_t \|h_t - y_t\|^2$, $\partial L / \partial h_T = h_T - y_T$, $\nabla_U L = \oint$", encoding="utf-8")
    assert cli.main(["check", str(path), "--format", "sarif"]) == 1
    log = json.loads(capsys.readouterr().out)
    assert not list(SARIF.iter_errors(log)) and {r["level"] for r in log["runs"][0]["results"]} == {"error", "warning"}
    for run in log["runs"]:  # the schema would notice
        run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
        del run["tool"]["driver"]["name"]
    assert len(list(SARIF.iter_errors(log))) == 2


def test_sarif_names_a_cell_where_there_is_no_line():
    (result,) = json.loads(shown("sarif", Report("n.ipynb", (entry(id="C3:L1:1", verdict="refuted"),))))["runs"][0]["results"]
    (location,) = result["locations"]
    assert "region" not in location["physicalLocation"] and "cell 3" in location["logicalLocations"][0]["fullyQualifiedName"]


def test_addresses_are_relative_where_they_can_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert uri(str(tmp_path / "a" / "b c.md")) == "a/b%20c.md" and uri("x/é.md") == "x/%C3%A9.md"
    assert uri(str(tmp_path.parent / "z.md")).startswith("file:///")


def test_junit_counts_and_quotes():
    broken = Report("x<y>.md", (), problems=("no <model>",), unjudged=True)
    whole = ET.fromstring(shown("junit", REPORT, broken))
    assert whole.attrib["failures"] == "2" and whole.attrib["errors"] == "1" and whole.attrib["skipped"] == "3"
    assert int(whole.attrib["tests"]) == len(whole.findall(".//testcase")) == len(ENTRIES) + 2
    assert [f.attrib["type"] for f in whole.findall(".//failure")] == ["index", "shape"]
    assert whole.find(".//error").attrib["message"] == "no <model>"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_lists_what_is_ignored(name):
    text = shown(name)
    assert "ignored" in text.lower() and ("x = y" in text or r"x\allowbreak" in text)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_shows_nothing_as_well(name):
    assert shown(name, Report("n", ()))
    assert isinstance(renderer(name)((), Style()), str)


# a real browser

BROWSER = next((b for b in ("chromium", "chromium-browser", "google-chrome") if shutil.which(b)), "")


@pytest.mark.skipif(not BROWSER, reason="there is no Chromium")
def test_a_browser_sets_the_formulas_and_runs_nothing_else(tmp_path):
    hostile = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"
    rows = tuple(entry(id=f"L{k}:1", verdict=v, latex=hostile, reason=hostile, head=hostile) for k, v in enumerate(VERDICTS))
    tricks = (r"\href{javascript:alert(1)}{x}", r"\htmlClass{refuted}{x}", r"\htmlStyle{position:fixed}{x}", r"\includegraphics{http://127.0.0.1/x}")
    more = tuple(entry(id=f"L{k}:2", latex=latex) for k, latex in enumerate(tricks))
    page = tmp_path / "report.html"
    page.write_text(shown("html", REPORT, Report("x", (*rows, *more), title=hostile)), encoding="utf-8")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000",
         "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    body = done.stdout.partition("<body>")[2].partition("<script>")[0]
    assert "<title>run" not in done.stdout and done.stdout.count("<script") == 1
    assert body.count('class="katex-display"') >= 6 and "katex-error" not in body
    assert not re.search(r"<(?:img|a [^>]*href=.?javascript)", body) and 'class="enclosing refuted"' not in body
    assert 'class="enclosing wrong"' in body
