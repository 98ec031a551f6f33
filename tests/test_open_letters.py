r"""Letters of functions that a note leaves open, and names with two senses: one meaning for the whole note, its models and repairs.

What is right in one of the meanings that a reader would accept is never refuted.
"""

from pathlib import Path

import pytest

from symbolic.judging import diagnosed
from symbolic.pipeline import check_formula, models_of, read_note
from symbolic.reading.document.read import read_document

NOTES = Path(__file__).parent / "notes"
LOGISTIC = r"$z = w^\top x + b$, $a = \sigma(z)$, $L = -y \log a - (1-y) \log(1-a)$."
SQUARED = r"$z = W x + b$, $h = \sigma(z)$, $L = \frac12 \|h - y\|^2$."
CLASSES = r"$z = W x + b$, $a = \sigma(z)$, $L = -\sum_k y_k \log a_k$."
LAYERS = r"$h = f(W x + b)$, $z = V h$, $a = g(z)$, $L = -\sum_k y_k \log a_k$."
GATES = r"$p = f(A x)$, $q = g(B p)$, $r = k(C q)$, $L = \frac12 \|r - y\|^2$."
DEEP = GATES.replace(", $L", r", $s = \phi(D r)$, $L").replace("r - y", "s - y")
BY_C = r"\frac{\partial L}{\partial C} = ((r - y) \odot r \odot (1 - r)) q^\top"
OVER_C = r"\frac{\partial L}{\partial B} = ((1 - q^2) \odot C^\top ((r - y) \odot r \odot (1 - r))) p^\top"
STEPS = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $o_t = \sigma(V h_t)$, $L = \sum_{t=1}^T \frac12 \|o_t - y_t\|^2$."
NAMED = rf"{SQUARED} Let $\delta = \frac{{\partial L}}{{\partial h}}$."
BY_W, BY_B, BY_Z = (rf"\frac{{\partial L}}{{\partial {v}}} = " for v in "wbz")
SIGMOID, TANH = r"(h - y) \odot h \odot (1 - h)", r"(h - y) \odot (1 - h^2)"

FOUND = (
    # (network, formulas, verdicts: p proved, r refuted, u unreadable; functions found, what is said of the last)
    (LOGISTIC, (BY_W + "(a - y) x a", BY_B + "y - a", BY_W + "(a - y) x"), "rrp", "sigmoid", "sigma = sigmoid"),
    (LOGISTIC, (BY_B + "y - a",), "r", "", ""),
    (LOGISTIC, (BY_B + r"\sigma'(z) (a - y) / (a (1 - a))", BY_B + "a - y"), "pp", "sigmoid", "sigma = sigmoid"),
    (CLASSES, (BY_Z + "a - y",), "p", "softmax", "sigma = softmax"),
    (CLASSES, (BY_Z + "-y \\odot (1 - a)", BY_Z + "y - a"), "pr", "sigmoid", "sigma = sigmoid"),
    (CLASSES, (BY_Z + "-y \\odot (1 - a)", BY_Z + "a - y"), "uu", "", "proved if sigma = softmax"),
    (LAYERS, (BY_Z + "a - y", r"\frac{\partial L}{\partial b} = (1 - h^2) \odot V^\top (a - y)"), "pp", "tanh softmax", "f = tanh, g = softmax"),
    (STEPS, (r"do_t = (o_t - y_t) \odot o_t \odot (1 - o_t)", r"dV = \sum_{t=1}^T do_t h_t^\top"), "pp", "sigmoid", "sigma = sigmoid"),
    (NAMED, (r"\frac{\partial L}{\partial W} = \delta x^\top",), "r", "", ""),  # what a rule asks about another sense of δ proves nothing in this one
    (GATES, (BY_C, OVER_C), "pp", "tanh sigmoid", "g = tanh, k = sigmoid"),
    (DEEP, (r"\frac{\partial L}{\partial D} = ((1 - s^2) \odot (s - y)) r^\top", r"\frac{\partial L}{\partial s} = y - s"), "pu", "tanh tanh tanh tanh",
        "not tried with all"),
    (SQUARED, (BY_Z + r"(h - y) \odot \mathbb{1}(z > 0)", BY_Z + r"(y - h) \odot \mathbb{1}(z > 0)"), "pr", "relu", "sigma = relu"),
    (SQUARED, (BY_Z + SIGMOID, BY_B + SIGMOID, BY_Z + TANH), "ppu", "sigmoid", "proved if sigma = tanh"),
    (SQUARED, (BY_Z + SIGMOID, BY_B + SIGMOID, rf"\frac{{\partial L}}{{\partial W}} = ({SIGMOID}) x^\top", BY_Z + TANH), "pppr", "sigmoid", "sigma = sigmoid"),
)  # fmt: skip


@pytest.mark.parametrize(("network", "formulas", "verdicts", "rows", "said"), FOUND)
def test_a_note_has_one_meaning(network, formulas, verdicts, rows, said):
    checked = read_note("\n\n".join((network, *(f"$${f}$$" for f in formulas))), "markdown")
    entries = [e for e in checked.entries if e.line > 1]
    assert "".join(e.verdict[0] for e in entries) == verdicts, [(e.verdict, e.reason) for e in entries]
    assert " ".join(row for _, row in checked.functions) == rows
    assert said in f"{entries[-1].reading} {entries[-1].reason}"
    assert all(e.root is None or {o.verdict for o in entries if o.id in e.root} <= {"refuted"} for e in entries)
    assert set(rows.split()) <= {f.name for m in checked.models for f in m.functions.values()}


AGAINST_A_MODEL = (
    (LOGISTIC, BY_W + "(a - y) x", "unreadable"),
    (LOGISTIC, BY_W + "(a + y) x", "refuted"),
    (LOGISTIC, BY_B + r"\sigma'(z) (a - y) / (a (1 - a))", "proved"),
    (SQUARED, BY_Z + TANH, "unreadable"),
    (SQUARED, BY_Z + "h - y", "refuted"),
    (LAYERS, BY_Z + "a - y", "unreadable"),
    (LAYERS, BY_Z + "y - a", "refuted"),
)


@pytest.mark.parametrize(("network", "formula", "verdict"), AGAINST_A_MODEL)
def test_a_formula_against_a_model_with_open_letters(network, formula, verdict):
    (model,), _ = models_of(read_document(network, "markdown"))
    (entry,) = check_formula(model, formula)
    assert entry.verdict == verdict, entry.reason
    assert verdict != "unreadable" or "nothing says which function is meant: refuted if any function, proved if" in entry.reason


def test_the_model_of_a_note_has_the_functions_that_its_formulas_show():
    (model,), _ = models_of(read_document((NOTES / "logistic.md").read_text(), "markdown"))
    assert [f.name for f in model.functions.values()] == ["sigmoid"]
    assert check_formula(model, BY_W + "(a - y) x")[0].verdict == "proved"


def test_a_repair_is_worked_out_for_the_function_that_was_found():
    text = "\n\n".join((LOGISTIC, f"$${BY_W}(a - y) x$$", f"$${BY_B}y - a$$"))
    entry = read_note(text, "markdown", repairs=True).entries[-1]
    assert entry.verdict == "refuted" and r"\sigma" not in entry.repair
    (model,), _ = models_of(read_document(text, "markdown"))
    assert check_formula(model, BY_B + entry.repair)[0].verdict == "proved"


GATES_LINE = r"df_t = dc_t * c_{t-1} * f_t * (1 - f_t)"
SENSES = (
    # (note, line as it stands, the line instead, its repair holds this factor, other lines that stay as they are)
    ("lstm_by_code", GATES_LINE, r"df_t = dc_t * c_{t-1} * f_t", "(1 - f_t)", ("L8:1", "L11:1")),
    ("lstm_by_code", r"do_t = dh_t * \tanh(c_t) * o_t * (1 - o_t)", r"do_t = dh_t * \tanh(c_t) * o_t", "(1 - o_t)", ("L9:1", "L11:1")),
    ("batch_mean", r"dW^{[1]} = \frac{1}{m} dZ^{[1]} X^T", r"dW^{[1]} = dZ^{[1]} X^T", "m", ("L5:1", "L6:1")),
)


@pytest.mark.parametrize(("name", "line", "wrong", "factor", "others"), SENSES)
def test_a_repair_has_the_sense_of_the_note(name, line, wrong, factor, others):
    text = (NOTES / f"{name}.md").read_text()
    assert line in text
    entries = read_note(text.replace(line, wrong), "markdown", repairs=True).entries
    entry = next(e for e in entries if e.latex == wrong)
    assert entry.verdict == "refuted" and factor in (entry.repair or ""), (entry.verdict, entry.repair)
    assert {e.verdict for e in entries if e.id in others} <= {"proved", "proved-given"}


def test_limits_and_faults_of_mending_are_told(monkeypatch):
    long = r"\frac{\partial L}{\partial z} = " + " + ".join(["h - y"] * 300)
    last = read_note(f"{SQUARED}\n\n$${long}$$", "markdown", repairs=True).entries[-1]
    assert last.verdict == "refuted" and "longer than 1500 characters" in last.reason

    def fails(bench, said):
        raise TypeError("no such thing")

    monkeypatch.setattr(diagnosed, "diagnose", fails)
    last = read_note(f"{SQUARED}\n\n$${BY_Z}h - y$$", "markdown", repairs=True).entries[-1]
    assert last.verdict == "refuted" and last.reason.endswith("met a fault of our own, TypeError: no such thing")


def test_definitions_beyond_those_that_are_followed_refute_nothing():
    network = r"$h = \tanh(W x + b)$, $o = V h$, $L = \frac12 \|o - y\|^2$."
    again = [rf"Recall $h = \tanh({k} W x + b)$." for k in range(2, 12)]
    entries = [e for e in read_note("\n\n".join((network, *again)), "markdown").entries if e.line > 1]
    assert [e.verdict[0] for e in entries] == ["r"] * 8 + ["u"] * 2
    assert "not followed any further" in entries[-1].reason
