"""`gradproof flow`: what is measured, its bound, the same bytes in every run, clear refusals."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from derivations import gradient_flow, relu_classifier, sigmoid_rnn, tanh_rnn
from symbolic import cli
from symbolic.bounds.flow import SEED, FlowError, flow
from symbolic.language import Partial
from symbolic.pipeline import models_of
from symbolic.proof.oracle import World
from symbolic.reading.document.read import read_document
from symbolic.showing import flow_picture
from symbolic.showing.flow_picture import picture

NOTES = Path(__file__).parent / "notes"
MODELS = (tanh_rnn.MODEL, sigmoid_rnn.MODEL, relu_classifier.MODEL, gradient_flow.MODEL, gradient_flow.SECOND)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.title)
def test_nothing_measured_exceeds_its_bound(model):
    found = flow(model, steps=12, size=4)
    assert [c.rate for c in found.curves] == [0.5, 1.0, 2.0, 4.0]
    for curve in found.curves:
        assert len(curve.measured) == len(curve.bound) == 11
        assert all(seen <= bound * (1 + 1e-9) for seen, bound in zip(curve.measured, curve.bound, strict=True))
        assert curve.measured[0] > 0


@pytest.mark.parametrize("model", [tanh_rnn.MODEL, sigmoid_rnn.MODEL], ids=lambda m: m.name)
def test_what_is_measured_is_the_derivative_of_a_real_forward_pass(model):
    found = flow(model, steps=5, size=3, rates=(2.0,))
    ((name, norm),) = found.curves[0].norms
    sizes = {s.name: 3 for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}
    values = World(model, sizes, 5, seed=SEED).leaves()
    drawn = np.random.default_rng(SEED).standard_normal((3, 3))
    values[name, ()] = drawn * norm / np.linalg.norm(drawn, 2)
    world, h = World(model, sizes, 5, values=values), model.families[found.state]
    seen = [np.linalg.norm(world.evaluate(Partial(h.at(5), h.at(5 - lag))), 2) for lag in range(1, 5)]
    assert found.curves[0].measured == pytest.approx(seen, rel=1e-10)


def test_several_weights_share_the_bound_and_an_abstract_function_is_said_to_be_drawn():
    (jordan,), _ = models_of(read_document((NOTES / "jordan.md").read_text(), "markdown"))
    found = flow(jordan, steps=4, size=3)
    assert {name for name, _ in found.curves[0].norms} == {"U_h", "W_y"} and found.stand_in == ""
    assert flow(gradient_flow.MODEL, steps=4, size=3).stand_in == "sigma drawn as tanh"


def test_gated_networks_are_refused():
    (gru,), _ = models_of(read_document((NOTES / "gru.md").read_text(), "markdown"))
    with pytest.raises(FlowError, match="bounded by a power"):
        flow(gru)


@pytest.mark.parametrize("kind, start", [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_pictures_have_the_same_bytes_in_every_run(kind, start, tmp_path):
    flows = [flow(tanh_rnn.MODEL, steps=6, size=3)]
    first = picture(flows, kind)
    assert first == picture(flows, kind) and first.startswith(start) and b"dc:date" not in first and b"Software" not in first
    assert cli.main(["flow", "tanh_rnn", "-o", str(tmp_path / f"a.{kind}"), "--length", "6"]) == 0
    assert (tmp_path / f"a.{kind}").read_bytes().startswith(start)


def test_numbers_beside_an_axis_are_written_out(monkeypatch):
    monkeypatch.setitem(flow_picture.SETTINGS, "svg.fonttype", "none")
    drawn = picture([flow(tanh_rnn.MODEL, steps=6, size=3)], "svg").decode()
    assert "10⁻⁵" in drawn and "$" not in drawn


@pytest.mark.parametrize("words, told", [
    (["tanh_rnn", "-o", "flow.pdf"], "ends in .png or .svg"),
    (["tanh_rnn", "-o", "flow"], "ends in .png or .svg"),
    (["tanh_rnn", "-o", "flow.png", "--length", "2"], "3 to 500 steps"),
    (["tanh_rnn"], "-o"),
    ([str(NOTES / "lstm_gates.md"), "-o", "flow.png"], "no recurrence of the form"),
])  # fmt: skip
def test_a_wrong_call_gets_one_sentence(words, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["flow", *words]) == 2
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1 and not list(tmp_path.iterdir())


def test_without_matplotlib_it_is_said_how_to_get_it(capsys, monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "symbolic.showing.flow_picture")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert cli.main(["flow", "tanh_rnn", "-o", str(tmp_path / "flow.png")]) == 2
    assert "pip install 'gradproof[plots]'" in capsys.readouterr().err
