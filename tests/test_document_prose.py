"""What the words around a formula add: conditions and names of functions, in several languages."""

import pytest

from derivations.tanh_rnn import MODEL
from symbolic.reading.document.passages import placed, scopes
from symbolic.reading.document.read import read_document

CONDITIONS = (
    # (text, conditions of its last equation)
    ("When $t < T$ we have\n\n$$a_t = b_t$$", "t < T"),
    ("For $t = T$, $a_t = b_t$", "t = T"),
    ("for every time step $t < T$ it follows that $a_t = b_t$", "t < T"),
    ("For $t < T$ and $k < t$ we find $a_t = b_t$", "t < T;k < t"),
    ("$a_t = b_t$ for $t < T$.", "t < T"),
    ("$$a_t = b_t$$ if $t < T$.", "t < T"),
    ("$t = T$:\n$$a_t = b_t$$", "t = T"),
    ("当 $t < T$ 时, 我们有\n\n$$a_t = b_t$$", "t < T"),
    ("在 $t = T$ 时刻，$a_t = b_t$", "t = T"),
    ("如果$t<T$，那么$a_t = b_t$", "t<T"),
    ("Wenn $t < T$ ist, gilt $a_t = b_t$", "t < T"),
    ("Für $t = T$ gilt\n$$a_t = b_t$$", "t = T"),
    ("Lorsque $t < T$ on a $a_t = b_t$", "t < T"),
    ("$t = T$ のとき $a_t = b_t$", "t = T"),
    ("Si $t = T$ entonces $a_t = b_t$", "t = T"),
    ("当 t < T 时，$a_t = b_t$", "t < T"),
    ("for t = T: $a_t = b_t$", "t = T"),
    # what gives no condition
    ("Let $t = 1$ denote the first step. Then $a_t = b_t$", ""),
    ("where $t = 1$ is the first step and $a_t = b_t$", ""),
    ("令 $t = 1$ 为第一步, $a_t = b_t$", ""),
    ("When $t < T$ it ends. Then $a_t = b_t$", ""),
    ("When $t < T$, $c_t = d_t$. \n\n$$a_t = b_t$$", ""),
    ("When $t < T$, $c_t = d_t$ and\n\n$$a_t = b_t$$", ""),
    ("$$c_t = d_t$$ for $t < T$\n\n$$a_t = b_t$$", ""),
    ("$c_t = d_t$ for $t < T$ and $a_t = b_t$", ""),
    ("$c_t = d_t$, for $t < T$ we get $a_t = b_t$", "t < T"),
    ("$$c_t = d_t$$\n当 $t < T$ 时\n$$a_t = b_t$$", "t < T"),
    ("## when $t = T$\n\nsee $a_t = b_t$", ""),
)


@pytest.mark.parametrize("text, given", CONDITIONS, ids=[t[:40] for t, _ in CONDITIONS])
def test_conditions(text, given):
    document = read_document(text, "markdown")
    items = placed(document, (), (0,) * len(document.formulas))
    assert next(i for i in reversed(items) if "_t" in i.passage.latex).passage.given == given


FUNCTIONS = (
    # (text, where, dummies, a function that nothing names)
    ("若激活函数为sigmoid，则$f'(x)=f(x)(1-f(x))$", {"f": "sigmoid"}, (), ""),
    ("The Tanh obeys $f'(z) = 1 - f(z)^2$", {"f": "tanh"}, ("z",), ""),
    ("For sigmoid we have a rule; for tanh we have $f'(x) = 1 - f(x)^2$", {"f": "tanh"}, (), ""),
    ("$\\phi'(u) = \\phi(u)(1-\\phi(u))$ for the logistic function.", {"\\phi": "sigmoid"}, ("u",), ""),
    ("$\\frac{\\partial g(x)}{\\partial x} = 1 - g(x)^2$, für tanh", {"g": "tanh"}, (), ""),
    ("It is $\\frac{d g}{d x} = 1 - g(x)^2$", {}, (), "g"),
    ("With relu in mind: $h_t = 1$", {}, (), ""),
)


@pytest.mark.parametrize("text, where, dummies, abstract", FUNCTIONS, ids=[f[0][:40] for f in FUNCTIONS])
def test_functions_named_in_the_sentence(text, where, dummies, abstract):
    document = read_document(text, "markdown")
    (item,) = placed(document, (MODEL,), (0,))
    assert (item.passage.where, item.passage.dummies, item.abstract) == (where, dummies, abstract)


def test_conditions_that_the_model_cannot_express_are_kept_apart():
    document = read_document("If $x > 0$, then $L = 3$", "markdown")
    item = placed(document, (MODEL,), (0, 0))[1]
    assert (item.passage.given, item.unread) == ("", ("x > 0",))


SCOPES = (
    ("$h = a$ $o = b$ $h = c$ $o = d$", [(0, 2), (2, 4)]),
    ("$h = a$ $h = a$ $y = c$", [(0, 3)]),
    ("# A\n$h = a$\n# B\n$o = b$", [(0, 1), (1, 2)]),
    ("$\\delta = a$ $\\delta = b$ $\\frac{\\partial L}{\\partial a} = a$ $\\frac{\\partial L}{\\partial a} = b$", [(0, 4)]),
)


@pytest.mark.parametrize("text, expected", SCOPES)
def test_scopes(text, expected):
    assert list(scopes(read_document(text, "markdown"))) == expected
