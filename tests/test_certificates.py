"""Certificates: the independent checker accepts every proof that the program writes down and refuses what was tampered with."""

from __future__ import annotations

import ast
import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from prover_models import linear
from sympy import Integer, Symbol

from derivations import NAMES, load
from symbolic import cli
from symbolic.judging.workshop import workshop
from symbolic.language import Adjoint, Product, ProductOver, SumOver, Transpose
from symbolic.model import Model
from symbolic.pipeline import check_note, read_note
from symbolic.proof.evidence import Grounds
from symbolic.proof.prover import Domain, Facts, Prover
from symbolic.proof.verdict import Entry
from symbolic.showing.certificates.writing import certificates
from symbolic.showing.report import Report

ROOT = Path(__file__).resolve().parent.parent
CHECKER = ROOT / "tools" / "check_certificate.py"
FROM_NOTES = ("lstm_joined", "softmax_cases", "slopes", "attention", "components", "gru")
Plain = Any


def loaded() -> Any:
    spec = spec_from_file_location("check_certificate", CHECKER)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


checker = loaded()
FAULTS = (checker.Refused, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


def prover_of(model: Model) -> Prover:
    return workshop(model)[0].prover


def written(name: str) -> Plain:
    entries = check_note(load(name)) if name in NAMES else read_note((ROOT / "tests/notes" / f"{name}.md").read_text(), "markdown").entries
    whole = json.loads(certificates([Report(name, entries)], prover_of))
    assert len(whole["certificates"]) == sum(e.verdict in ("proved", "proved-given") and e.kind != "statement" for e in entries)
    return whole


@pytest.fixture(scope="module")
def notes() -> dict[str, Plain]:
    return {name: written(name) for name in NAMES}


def refused(certificate: Plain, models: Plain) -> str:
    try:
        checker.check(certificate, models, {})
    except FAULTS as error:
        return f"{type(error).__name__} {error}"
    return ""


def test_the_checker_is_small_and_stands_alone() -> None:
    text = CHECKER.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    names = [n.module if isinstance(n, ast.ImportFrom) else n.names[0].name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert {str(n).partition(".")[0] for n in names} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", NAMES)
def test_all_proofs_of_the_notes_are_accepted(name: str, notes: dict[str, Plain]) -> None:
    whole = notes[name]
    assert all(claim["proof"] for c in whole["certificates"] for claim in c["claims"])
    assert not {c["id"]: why for c in whole["certificates"] if (why := refused(c, whole["models"]))}


@pytest.mark.parametrize("name", FROM_NOTES)
def test_proofs_of_other_notes_are_accepted(name: str) -> None:
    whole = written(name)
    assert whole["certificates"] and not {c["id"]: why for c in whole["certificates"] if (why := refused(c, whole["models"]))}


# --- tampering: each takes a certificate and a source of choices, and says whether there was something to change


def parts(c: Plain) -> list[Plain]:
    return [p for claim in c["claims"] for e in claim["proof"]["equalities"] for p in e["parts"]]


def on_one_side(change: Callable[[Plain, random.Random, Plain], bool]) -> Callable[[Plain, random.Random], bool]:
    def tampered(c: Plain, choose: random.Random) -> bool:
        form = choose.choice(parts(c))[choose.choice(("left", "right"))]
        return bool(form) and change(choose.choice(form), choose, c)

    return tampered


def on_both_sides(change: Callable[[Plain, random.Random, Plain], bool]) -> Callable[[Plain, random.Random], bool]:
    """Alike, so that the normal forms still go over into each other."""

    def tampered(c: Plain, choose: random.Random) -> bool:
        part = choose.choice(parts(c))
        if not part["left"] or "renaming" not in part or not change(choose.choice(part["left"]), choose, c):
            return False
        part["right"] = copy.deepcopy(part["left"])
        return True

    return tampered


def coefficient(term: Plain, choose: random.Random, c: Plain) -> bool:
    term["times"] = str(choose.choice((-1, 2, Fraction(1, 3))) * Fraction(term["times"]))
    return True


def edge(term: Plain, choose: random.Random, c: Plain) -> bool:
    return bool(term["edges"]) and term["edges"].pop(choose.randrange(len(term["edges"]))) is not None


def step_index(term: Plain, choose: random.Random, c: Plain) -> bool:
    timed = [e for e in term["edges"] if e[1]]
    if timed:
        choose.choice(timed)[1][0][1] += 1
    return bool(timed)


def component_index(term: Plain, choose: random.Random, c: Plain) -> bool:
    matrices = [e for e in term["edges"] if len(set(e[2])) > 1 and e[0].startswith("var:")]
    if matrices:
        choose.choice(matrices)[2].reverse()
    return bool(matrices)


def power(term: Plain, choose: random.Random, c: Plain) -> bool:
    changed = [e for e in term["edges"] if e[0].startswith(("var:", "adjoint:", "slope:"))]
    if changed:
        e = choose.choice(changed)
        e[3] = str(Fraction(e[3]) + 1)
    return bool(changed)


def head(term: Plain, choose: random.Random, c: Plain) -> bool:
    """Another quantity with the same number of indices and steps."""
    every = [e for p in parts(c) for side in ("left", "right") for t in p[side] for e in t["edges"] if e[0].startswith("var:")]
    pairs = [(e, o[0]) for e in term["edges"] for o in every if o[0] != e[0] and e[0].startswith("var:") and (len(o[1]), len(o[2])) == (len(e[1]), len(e[2]))]
    if pairs:
        e, name = choose.choice(pairs)
        e[0] = name
    return bool(pairs)


def described_head(c: Plain, choose: random.Random) -> bool:
    """What a head means: another quantity of the model."""
    heads = c["claims"][0]["proof"]["equalities"][0]["heads"]
    plain = [h for h in heads if h.startswith("slope:")]
    if plain:
        heads[choose.choice(plain)][1] = ["number", "2"]
    return bool(plain)


def region_gone(c: Plain, choose: random.Random) -> bool:
    found = [e["parts"] for claim in c["claims"] for e in claim["proof"]["equalities"]]
    chosen = choose.choice(found)
    chosen.pop(choose.randrange(len(chosen)))
    return True


def region_smaller(c: Plain, choose: random.Random) -> bool:
    """Lengths of less than three are left out."""
    choose.choice(parts(c))["region"].append(["", next(iter(c_lengths(c)), ""), -3])
    return bool(c_lengths(c))


def c_lengths(c: Plain) -> list[str]:
    return sorted({point for p in parts(c) for a, b, k in p["region"] for point in (a, b) if point and k == -1 and a == ""})


def assumption_unused(c: Plain, choose: random.Random) -> bool:
    needed = any(claim["sums_to_one"] + claim["zero_before"] for claim in c["claims"])
    for claim in c["claims"]:
        claim["sums_to_one"], claim["zero_before"] = [], []
    return needed


def assumption_unlisted(c: Plain, choose: random.Random) -> bool:
    needed = any(claim["sums_to_one"] + claim["zero_before"] for claim in c["claims"])
    c["assumes"] = []
    return needed


def numbers(term: Plain) -> Iterator[Plain]:
    if isinstance(term, list):
        yield from [term] if term[:1] == ["number"] else (n for x in term for n in numbers(x))


def claim(c: Plain, choose: random.Random) -> bool:
    found = list(numbers(c["claims"][0]["right"]))
    if found:
        n = choose.choice(found)
        n[1] = str(Fraction(n[1]) + 1)
    return bool(found)


def renaming(c: Plain, choose: random.Random) -> bool:
    found = [r for p in parts(c) for r in p.get("renaming", ()) if len(r[1]) > 1]
    if found:
        pairs = choose.choice(found)[1]
        pairs[0][1], pairs[1][1] = pairs[0][0], pairs[0][0]
    return bool(found)


def proof_gone(c: Plain, choose: random.Random) -> bool:
    c["claims"][0]["proof"] = None
    return True


def claims_gone(c: Plain, choose: random.Random) -> bool:
    c["claims"] = []
    return True


CHANGES = (coefficient, edge, step_index, component_index, power, head)
TAMPERED = {
    **{f"{f.__name__} on one side": on_one_side(f) for f in CHANGES},
    **{f"{f.__name__} on both sides": on_both_sides(f) for f in CHANGES},
    **{f.__name__: f for f in (
        described_head, region_gone, region_smaller, assumption_unused, assumption_unlisted, claim, renaming, proof_gone, claims_gone,
    )},
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_proofs_are_refused(name: str, notes: dict[str, Plain]) -> None:
    choose, tried = random.Random(name), 0
    for note in NAMES:
        for original in notes[note]["certificates"][::2]:
            c = copy.deepcopy(original)
            if TAMPERED[name](c, choose):
                tried += 1
                assert refused(c, notes[note]["models"]), f"{note} {c['id']}"
    assert tried >= 2


def test_a_tampered_model_is_refused(notes: dict[str, Plain]) -> None:
    """σ for tanh in the forward model: what was proved of one is not true of the other."""
    whole = copy.deepcopy(notes["tanh_rnn"])
    text = json.dumps(whole["models"]).replace('"tanh"', '"sigmoid"')
    wrong = [c["id"] for c in whole["certificates"] if refused(c, json.loads(text))]
    assert len(wrong) >= 5


def induction() -> tuple[Plain, Plain]:
    """δ_t = Σ_{s≥t} ∏ Wᵀ 2b by its recurrence, where no closed form is known."""
    t, s, i, T = map(Symbol, ("t", "s", "i", "T"))
    model = linear()
    facts = prover_of(model).facts
    prover = Prover(model, Facts(facts.recurrences, facts.eliminated, {}))
    W, b = model.families["W"].var, model.families["b"].var
    left = Adjoint(model.families["h"][t])
    right = SumOver(Product(Integer(2), ProductOver(Transpose(W), i, t + 1, s, "descending"), b), s, t, T)
    domain = Domain(((t, Integer(1), T),))
    entry = Entry("L1:1", 1, 1, 1, 2, "", "", "claim", "proved", evidence=(Grounds(model, left, right, (left, right), domain),))
    whole = json.loads(certificates([Report("note", (entry,))], lambda model: prover))
    return whole["certificates"][0], whole["models"]


INDUCTION = {
    "as it is": lambda proof: None,
    "no base": lambda proof: proof["equalities"].pop(0),
    "no step": lambda proof: proof["equalities"].pop(1),
    "another step": lambda proof: proof["equalities"][1].update(left=proof["equalities"][1]["right"]),
    "another rule": lambda proof: proof.update(rule=proof["equalities"][0]["right"]),
    "another claim put in": lambda proof: proof["next"].reverse(),
    "base at every step": lambda proof: proof["equalities"][0]["domain"].update(conditions=[]),
    "called a normal form": lambda proof: proof.update(method="normal-form"),
}


@pytest.mark.parametrize("name", INDUCTION)
def test_inductions(name: str) -> None:
    c, models = induction()
    assert c["claims"][0]["proof"]["method"] == "induction"
    INDUCTION[name](c["claims"][0]["proof"])
    assert bool(refused(c, models)) == (name != "as it is")


@pytest.mark.parametrize(
    ("regions", "covers"),
    (
        ([[]], True), ([], False), ([[("t", "", 3)], [("", "t", -4)]], True), ([[("t", "", 3)], [("", "t", -5)]], False),
        ([[("t", "T", -1)], [("t", "T", 0), ("T", "t", 0)]], True), ([[("t", "T", -1)], [("T", "t", -1)]], False),
        ([[("t", "T", -2)], [("t", "T", 0), ("T", "t", 1)]], True), ([[("t", "", 3), ("t", "", 2)], [("", "t", -3)]], True),
    ),
)  # fmt: skip
def test_what_covers_a_domain(regions: list[list[tuple[str, str, int]]], covers: bool) -> None:
    """1 <= t <= T."""
    assert checker.covered([("", "t", -1), ("t", "T", 0)], regions) is covers


def test_the_command_writes_them_and_the_checker_is_called(tmp_path: Path) -> None:
    file = tmp_path / "proofs.json"
    cli.main(["check", "gradient_flow", "--certificates", str(file), "-o", str(tmp_path / "report.txt")])
    good = subprocess.run([sys.executable, "-I", CHECKER, file], capture_output=True, text=True, timeout=60)
    whole = json.loads(file.read_text(encoding="ascii"))
    assert (good.returncode, good.stderr) == (0, "") and f"{len(whole['certificates'])} accepted" in good.stdout
    whole["certificates"][3]["claims"][0]["right"] = ["number", "7"]
    file.write_text(json.dumps(whole))
    bad = subprocess.run([sys.executable, "-I", CHECKER, file], capture_output=True, text=True, timeout=60)
    assert bad.returncode == 1 and "refused" in bad.stdout


def test_the_same_bytes_every_time() -> None:
    entries = check_note(load("gradient_flow"))
    again = check_note(load("gradient_flow"))
    assert certificates([Report("x", entries)], prover_of) == certificates([Report("x", again)], prover_of)
