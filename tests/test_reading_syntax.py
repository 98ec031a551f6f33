"""Tokens, chains and trees: what hangs together in a formula, before any letter means anything."""

import pytest

from symbolic.reading.chains import Source, chains, written
from symbolic.reading.syntax import parse, parse_condition
from symbolic.reading.tokens import MAX_CHARACTERS, ReadError, lex
from symbolic.reading.tree import outline


def tree(latex: str) -> str:
    return outline(parse(lex(latex).tokens))


TREES = (
    # precedence: juxtaposition, ·, ×, / before ∘ * ⊗ before + −
    (r"a + b c - d", "(a +(b c) -d)"),
    (r"-a b", "(-(a b))"),
    (r"W \times x + b", "((W × x) +b)"),
    (r"A \cdot B \circ C", "((A · B) ∘ C)"),
    (r"A B \odot C D - E", "(((A B) ∘ (C D)) -E)"),
    (r"a * b * c", "(a * b * c)"),
    (r"I \otimes h^\top W", r"(I ⊗ (h^\top W))"),
    (r"\partial L / \partial W", r"(\partial L / \partial W)"),
    # scripts
    (r"h_{t-1}", "h_(t -1)"),
    (r"h_t^T", "h_t^T"),
    (r"\mathbf{h}_{t,i}^{(\text{out})}", "h.bold_{t, i}^(out)"),
    (r"{y_t}_k", "{y_t}_k"),
    (r"y_{t_k}", "y_{t_k}"),
    (r"h^{<t>}", "h^⟨t⟩"),
    (r"x^12", "(x^1 2)"),
    (r"x^{\circ 2}", "x^<∘2>"),
    (r"f''(x)", "(f'' (x))"),
    (r"f^{\prime}(x)", "(f' (x))"),
    (r"h_{t}'^2", "h'_t^2"),
    (r"W^{-1}", "W^(-1)"),
    (r"\hat y^{(t)}", "y.hat^(t)"),
    (r"\hat{\mathbf{r}}_t", "r.hat.bold_t"),
    (r"\mathbf 1_n", "1.bold_n"),
    # Σ and ∏ take the rest of their term
    (r"\sum_{t=1}^T a_t b_t + c", "(sum_{(t = 1)}^T((a_t b_t)) +c)"),
    (r"\sum_t - r_t", "sum_t((-r_t))"),
    (r"a \circ \sum_t b \circ c", "(a ∘ sum_t((b ∘ c)))"),
    (r"\sum_{j \ne i} a_j", "sum_{(j ≠ i)}(a_j)"),
    (r"\sum_{j=1, j \ne i}^n a_j", "sum_{(j = 1), (j ≠ i)}^n(a_j)"),
    (r"\prod_{i=T}^{t+1} D_i W", "prod_{(i = T)}^(t +1)((D_i W))"),
    (r"\overrightarrow{\prod}_{i=1}^{T} W_i", "prod>_{(i = 1)}^T(W_i)"),
    # groups, fractions, tables
    (r"[W]^T [(a - b) \circ c]", "([W]^T [(((a -b)) ∘ c)])"),
    (r"\left[ \frac{a}{b} \right]_{i}", "[frac(a, b)]_i"),
    (r"\frac12", "frac(1, 2)"),
    (r"\sqrt{x}", "sqrt(x)"),
    (r"[A, B]", "[A, B]"),
    (r"[a; b]", "[a; b]"),
    (r"\lVert x \rVert^2", "‖x‖^2"),
    (r"\| x \|^2 y", "(‖x‖^2 y)"),
    (r"\mathbb{I}(h > 0)", "(I.blackboard ((h > 0)))"),
    (r"\begin{cases} a, & i = j \\ -b & i \ne j \end{cases}", "cases[a & (i = j); (-b) & (i ≠ j)]"),
    (r"\begin{bmatrix} A & B \\ C & D \end{bmatrix}", "bmatrix[A & B; C & D]"),
    (r"A \cdots B", "(A ... B)"),
    # words and functions are letters with a name
    (r"\text{Softmax}(z)", "(Softmax (z))"),
    (r"\operatorname{diag}(v)", "(diag (v))"),
    (r"diag(1-h)", "(diag ((1 -h)))"),
    (r"Wdiag(h)", "(W diag (h))"),
    (r"\log \hat r_t", "(log r.hat_t)"),
    # Unicode is the same as control words; spacing carries nothing
    ("σ(Wh_{t−1})", r"(\sigma ((W h_(t -1))))"),
    ("δ_t ⊙ hᵀ", r"(\delta_t ∘ h^T)"),
    ("h_t²", "h_t^2"),
    ("ŷ_t", "y.hat_t"),
    ("𝐖 x", "(W.bold x)"),
    (r"a\,b\;\! c~d \displaystyle e", "(a b c d e)"),
    (r"\big( a \big) \tag{3} \label{eq}", "(a)"),
    ("a % not this\n b", "(a b)"),
)


@pytest.mark.parametrize("latex, expected", TREES, ids=[t[0] for t in TREES])
def test_tree(latex, expected):
    assert tree(latex) == expected


UNREADABLE = (
    # (formula, offset of the place, part of the message)
    (r"a + ", 3, "expected a factor"),
    (r"a + * b", 4, "expected a factor"),
    (r"(a + b", 0, "never closed"),
    (r"a + b)", 5, "closes no bracket"),
    (r"(a]", 2, "( is closed by ]"),
    (r"\frac{a}", 7, "expected the denominator"),
    (r"h_", 1, "expected what is lowered"),
    (r"x^a^b", 3, "two ^ on one base"),
    (r"a = b", 2, "unexpected ="),
    (r"\phantom{x} a", 0, "hides its content"),
    (r"a \color{white} b", 2, "invisible colour"),
    (r"a \nosuch b", 2, "\\nosuch is not known"),
    ("a \u200b b", 2, "invisible character"),
    ("\u0412 x", 0, "CYRILLIC"),
    (r"a \text{ + } b", 2, "mathematics hidden"),
    (r"a \text{ and so on } b", 2, "stand inside a formula"),
    (r"()", 0, "empty brackets"),
    (r"\begin{cases} a & b", 0, "never ended"),
    (r"\left. a \right|", 0, "\\left."),
    ("9" * 31, 0, "31 digits"),
    ("(" * 41 + "a" + ")" * 41, 40, "deeper than 40"),
    ("a " * 5001, 0, "5001 signs"),
    ("", 0, "nothing stands here"),
)


@pytest.mark.parametrize("latex, place, message", UNREADABLE, ids=[u[0][:20] for u in UNREADABLE])
def test_what_is_unreadable_and_where(latex, place, message):
    with pytest.raises(ReadError) as caught:
        parse(lex(latex).tokens)
    assert message in caught.value.message
    assert caught.value.start in (place, place + 1)


def test_a_passage_has_a_largest_size():
    with pytest.raises(ReadError, match="at most"):
        lex("a" * (MAX_CHARACTERS + 1))


def test_what_carries_no_mathematics_is_listed():
    asides = lex(r"\left( a \right)\, \tag{1} % remark" "\n" r"\textcircled{2} b").asides
    assert [a.text for a in asides] == [r"\left", r"\right", r"\,", r"\tag{1}", "% remark", r"\textcircled{2}"]


def test_every_token_knows_its_place():
    source = Source("a +\n  \\frac{b}{c}", line=7, column=5)
    token = next(t for t in lex(source.text).tokens if t.text == "b")
    assert source.span(token.start, token.end).__dict__ == {"line": 8, "column": 9, "end_line": 8, "end_column": 10}
    assert source.place(0) == (7, 5)


def test_conditions():
    assert outline(parse_condition(lex(r"1 \le k < t").tokens)) == "(1 ≤ k < t)"


CHAINS = (
    # (passage, (left | right) of each '=', conditions)
    ("a = b = c", ("a | b", "b | c"), ()),
    (r"\begin{aligned} a &= b \\ &= c \\ d &= e \end{aligned}", ("a | b", "b | c", "d | e"), ()),
    (r"\begin{aligned} a &= b \\ &\quad + c \\ &= d \end{aligned}", ("a | b + c", "b + c | d"), ()),
    (r"a = b, \quad c = d", ("a | b", "c | d"), ()),
    (r"a = b \qquad c = d", ("a | b", "c | d"), ()),
    (r"\begin{align} a &= b & c &= d \\ e &= f & g &= h \end{align}", ("a | b", "c | d", "e | f", "g | h"), ()),
    (r"a = b \text{ and } c = d", ("a | b", "c | d"), ()),
    (r"\text{so: } a = b \quad (x: \text{the } x \text{ in it}) \textcircled{1}", ("a | b",), ()),
    (r"a = b, \quad t < T", ("a | b",), ("t<T",)),
    (r"a = b \text{ if } t = T", ("a | b",), ("t=T",)),
    (r"x = y, t = 1, 2, \dots, l", ("x | y",), ("t=1,2,dots,l",)),
    (r"t = l", (), ("t=l",)),
    (r"h_0 = 0 \in R^n = c", ("h_0 | 0", "0 | c"), ()),
    (r"a = b \le c = d", ("a | b", "c | d"), ()),
    (r"\sum_{t=1}^T (a = b) x_{i=j} = c", (r"\sum_{t=1}^T (a = b) x_{i=j} | c",), ()),
    (r"\text{Softmax}(z) = y", (r"\text{Softmax}(z) | y",), ()),
    (r"a := b", ("a | b",), ()),
    (r"a \overset{(3)}{=} b", ("a | b",), ()),
    (r"a \stackrel{\text{chain rule}}{=} b", ("a | b",), ()),
    (r"\frac{a}{b}, \frac{c}{d}", (), ()),
    (r"a & = & b", ("a | b",), ()),
)


@pytest.mark.parametrize("latex, sides, conditions", CHAINS, ids=[c[0] for c in CHAINS])
def test_chains(latex, sides, conditions):
    found = chains(Source(latex))
    assert tuple(f"{written(k.left, latex)} | {written(k.right, latex)}" for k in found.links) == sides
    assert not [k.problem for k in found.links if k.problem]
    assert tuple("".join(t.text for t in c.tokens) for c in found.conditions) == conditions


DOUBTED = (
    "!", "?", r"\text{wrong}", r"\text{?}", r"\mathrm{not}", r"\times", "h_0=0", r"\text{falsch}", r"\text{错误}", r"\text{by symmetry}",
    r"\text{not by (3)}", r"\displaystyle ?", r"\text{should be}", "d", r"\text{linear units}",
)  # fmt: skip


@pytest.mark.parametrize("above", DOUBTED)
def test_what_stands_above_an_equals_sign_may_deny_it(above):
    for command in ("overset", "stackrel"):
        links = chains(Source(rf"a = b \{command}{{{above}}}{{=}} c = d")).links
        assert [bool(k.problem) for k in links] == [False, True, False]
        assert links[2].first and links[1].head == links[0].head != links[2].head


def test_ids_count_the_signs_of_a_line():
    rows = (
        r"\begin{aligned}",
        r"t = l \quad a &= b = c \\",
        r"d &= e, \quad t = 1, 2, \dots, l \quad f = g",
        r"\end{aligned}",
    )
    text = "\n".join(rows)
    assert [k.id for k in chains(Source(text, 5)).links] == ["L6:2", "L6:3", "L7:1", "L7:2"]
    assert chains(Source("a = b\nc = d", 5), earlier=2).links[0].id == "L5:3"


PROBLEMS = (
    (r"a = (b = c", "never closed", 1),
    (r"a = b) + c", "closes no bracket", 1),
    (r"a = b \quad c", "neither an equation nor a condition", 1),
    (r"x, a = b", "neither an equation nor a condition", 1),
    (r"a -= b", "is no equation here", 1),
    (r"a = b += c", "is no equation here", 1),
    (r"= b", "no expression stands before", 1),
    (r"a =", "nothing stands right", 1),
    (r"o=Vh+co=Vh+c", "printed twice", 2),
    (r"\left( a ) = b", r"\left without \right", 1),
    (r"a = s (1 - s), & i = j \\ b & i \ne j \end{cases}", "closes no bracket", 1),
)


@pytest.mark.parametrize("latex, message, count", PROBLEMS, ids=[p[0] for p in PROBLEMS])
def test_links_that_cannot_be_read(latex, message, count):
    links = chains(Source(latex)).links
    assert sum(message in link.problem for link in links) == count


def test_conditions_of_several_rows_stay_in_their_rows():
    latex = r"\begin{aligned} a &= b && t < T \\ &= c && t = T \end{aligned}"
    found = chains(Source(latex))
    assert [c.holds_for for c in found.conditions] == [frozenset({k.place}) for k in found.links]
