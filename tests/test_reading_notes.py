"""The claims of the four built-in notes are read whole; garbled ones are unreadable, and nothing ever crashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import NAMES, load
from symbolic.language import Term
from symbolic.reading import Claim, Illshaped, Passage, Reading, read_claims
from symbolic.reading.tokens import lex

IDS = {
    "sigmoid_rnn": (
        "L9:1 L9:2 L9:3 L9:4 L9:5 L9:6 L9:7 L13:1 L17:1 L21:1 L25:1 L25:2 L25:3 L25:4 L29:1 L29:2 L29:3 L29:4 L33:1 "
        "L33:2 L33:3 L33:4 L37:1 L37:2 L39:1 L41:1 L41:2 L41:3 L45:1 L45:2 L45:3 L49:1 L49:2 L49:3 L49:4 L49:5 L49:6 "
        "L53:1 L53:2 L53:3 L53:4 L58:1 L59:1 L60:1 L61:1 L62:1 L63:1 L64:1 L65:1 L66:1"
    ),
    "tanh_rnn": (
        "L37:1 L43:1 L43:2 L47:1 L47:2 L59:1 L61:1 L62:1 L66:1 L66:2 L66:3 L68:1 L68:2 L68:3 L72:1 L76:1 L76:2 L78:1 "
        "L78:2 L80:1 L80:2 L82:1 L82:2"
    ),
    "gradient_flow": "L12:1 L14:1 L16:1 L18:1 L20:1 L22:1 L33:1 L35:1 L37:1 L43:1 L45:1 L45:2 L51:1",
    "relu_classifier": (
        "L9:1 L13:1 L15:1 L19:1 L27:1 L27:2 L29:1 L29:2 L29:3 L31:1 L31:2 L31:3 L33:1 L33:2 "
        "L33:3 L35:2 L38:1 L39:1 L40:1"
    ),
    "lstm": (
        "L10:1 L11:1 L12:1 L13:1 L14:1 L15:1 L20:1 L21:1 L30:1 L31:1 L33:1 "
        "L40:1 L41:1 L42:1 L43:1 L44:1 L45:1 L46:1 L47:1 L48:1 L49:1 L50:1 L51:1"
    ),
    "gru": (
        "L10:1 L11:1 L12:1 L13:1 L20:1 L21:1 L22:1 "
        "L30:1 L31:1 L32:1 L33:1 L34:1 L35:1 L36:1 L37:1 L38:1 L39:1 L40:1 L41:1"
    ),
}  # fmt: skip
"""The '=' of each note, by line and number."""

UNREADABLE = {
    "sigmoid_rnn": {},
    "tanh_rnn": {
        "L43:1": "printed twice", "L43:2": "printed twice", "L47:1": "printed twice", "L47:2": "printed twice",
        "L66:2": r"o in o^{(o)} is no index; the indices are t: write o^{(t)}?",
        "L68:2": r"o in o^{(o)} is no index; the indices are t: write o^{(t)}?",
    },
    "gradient_flow": {"L45:2": "j_{j-1} is not defined; the nearest that is known is h_{t}"},
    "relu_classifier": {"L33:1": r"∂ is missing in the numerator of \frac{y_{\text{pred}}}{\partial \mathbf{h}_l}"},
    "lstm": {},
    "gru": {},
}  # fmt: skip
"""What is no formula as it stands, and what is said about it."""

LAYOUTS = {"relu_classifier": "jacobian"}
"""Notes whose gradients are rows."""

DEFINITIONS = {
    "sigmoid_rnn": r"a h o z y L L  \delta_t",
    "tanh_rnn": r"h L \delta^{(t)}",
    "gradient_flow": "h W h y",
    "relu_classifier": " h y_pred L",
    "lstm": r"i f g o c h \delta_t \varepsilon_t",
    "gru": r"r z g h \delta_t",
}
"""What the definitions of each note introduce, in their order."""


def claims(name: str) -> tuple[Claim, ...]:
    note = load(name)
    return read_claims(note.models, note.passages, LAYOUTS.get(name, "gradient"))


@pytest.fixture(scope="module", params=NAMES)
def note(request):
    return request.param, claims(request.param)


def test_every_equation_has_its_id(note):
    name, found = note
    assert [c.id for c in found] == IDS[name].split()


def test_only_slips_are_unreadable(note):
    name, found = note
    said = {c.id: c.unreadable for c in found if c.unreadable}
    assert said.keys() == UNREADABLE[name].keys()
    assert not {i: text for i, text in said.items() if UNREADABLE[name][i] not in text}
    assert all(c.readings for c in found if not c.unreadable)


def test_definitions(note):
    name, found = note
    defines = [c.defines for c in found if c.kind == "definition"]
    assert defines == DEFINITIONS[name].split(" ")


def test_a_parenthesis_set_wrong_makes_a_formula_ill_shaped(note):
    name, found = note
    ill = {c.id: c.readings[0] for c in found if any(isinstance(r, Illshaped) for r in c.readings)}
    assert list(ill) == (["L37:1", "L37:2", "L41:3", "L45:3", "L60:1", "L61:1"] if name == "sigmoid_rnn" else [])
    for r in ill.values():
        assert [f"{a}={b}" for a, b in r.equalities] == ["C=q"] and isinstance(r.rescued, Reading)


def test_readings_are_terms_of_the_shape_of_their_head(note):
    _, found = note
    for claim in found:
        for r in claim.readings:
            if isinstance(r, Reading) and not r.loose:
                assert isinstance(r.right, Term) and r.right.shape == r.head.shape, claim.id


# garbled formulas

PASSAGES = [(name, p) for name in NAMES for p in load(name).passages]
PIECES = sorted({p.latex[t.start : t.end] for _, p in PASSAGES for t in lex(p.latex).tokens})


def again(name: str, passage: Passage, latex: str) -> tuple[Claim, ...]:
    changed = Passage(passage.line, latex, passage.given, passage.where, passage.model, passage.earlier)
    return read_claims(load(name).models, (changed,), LAYOUTS.get(name, "gradient"))


@st.composite
def garbled(draw):
    """A passage of a note with a few tokens dropped, exchanged or put in."""
    name, passage = draw(st.sampled_from(PASSAGES))
    parts = [passage.latex[t.start : t.end] for t in lex(passage.latex).tokens]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(parts) - 1))
        parts[place] = draw(
            st.one_of(st.just(""), st.sampled_from(PIECES), st.sampled_from(PIECES).map(parts[place].__add__))
        )
    return name, passage, " ".join(parts)


@given(garbled())
def test_garbled_formulas_never_crash(case):
    for claim in again(*case):
        assert bool(claim.unreadable) != bool(claim.readings)


NOISE = [*PIECES, " ", "\n", "&", "\\\\", "=", r"\begin{cases}", "x", "²", "第", "\u200b", "%", "$", "~"]


@given(st.lists(st.sampled_from(NOISE), max_size=40).map("".join))
def test_noise_never_crashes(latex):
    for claim in again(*PASSAGES[0], latex):
        assert bool(claim.unreadable) != bool(claim.readings)


SINGLE = [(name, p) for name, p in PASSAGES if p.latex.count("=") < 4 and "aligned" not in p.latex]


@pytest.mark.parametrize("name, passage", SINGLE, ids=[f"{name}:{p.line}" for name, p in SINGLE])
def test_a_formula_out_of_balance_is_unreadable(name, passage):
    for token in lex(passage.latex).tokens:
        if token.kind in ("open", "close", "begin", "end"):
            latex = passage.latex[: token.start] + passage.latex[token.end :]
            assert any(c.unreadable for c in again(name, passage, latex)) or not again(name, passage, latex), latex


NEVER_IN_SILENCE = (
    # (right side, why): hidden, too large or mistyped
    (r"\sum_t h^{(t)} (x^{(t)})^T ( + 5 U", "never closed"),
    (r"\sum_t h^{(t)} (x^{(t)})^T ] + U", "closes no bracket"),
    (r"U \text{ + } U", "mathematics hidden"),
    (r"U \phantom{- U} \color{white}{+ U}", "hides its content"),
    (r"U + \mathrm{nan}", "nan"),
    (r"U + \infty U", "infty is not known"),
    (r"\sum_{t=10^{6}}^{\tau} h^{(t)} (x^{(t)})^T", "no index, length or number"),
    (r"9^{9^{9}} U", "neither a number"),
    (r"10000000! U", "unexpected !"),
    ("1e400 U", "not defined"),
    ("9" * 40 + " U", "40 digits"),
    ("\u0412", "CYRILLIC"),
    ("U\u202e + U", "invisible character"),
    ("(" * 5_000 + "U" + ")" * 5_000, "signs"),
    (r"\frac{1}{" * 60 + "U" + "}" * 60, "deeper than"),
    (r"\sum_{t=1}^{\tau}" * 60 + " U", "deeper than"),
    (r"\tanh " * 200 + "U", "deeper than"),
    (r"\begin{cases} U" * 50, "never closed"),
    ("__import__('os')", "expected a factor"),
)


@pytest.mark.parametrize("right, why", NEVER_IN_SILENCE, ids=[row[0][:24] for row in NEVER_IN_SILENCE])
def test_nothing_is_read_in_silence(right, why):
    (claim,) = read_claims(load("tanh_rnn").models, (Passage(1, rf"\frac{{\partial L}}{{\partial U}} = {right}"),))
    assert why in claim.unreadable
