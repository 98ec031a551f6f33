"""Programs: what they mean, in every form, against the text of the terms; robust numbers; calls side by side."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from program_values import run
from test_kernels import MODELS, SAMPLES, arguments, kernel_source, largest_difference, worlds

from derivations import gru, load, lstm
from symbolic.cli import declared_on_the_line
from symbolic.command.sources import models_of
from symbolic.derivation import derive
from symbolic.kernels import compile_kernel, numpy_printer
from symbolic.kernels.building import program_of
from symbolic.kernels.joining import joined
from symbolic.kernels.lowering import NotLowered
from symbolic.kernels.numpy_printer import printed
from symbolic.kernels.program import Loop, checked
from symbolic.kernels.schedule import KernelError, NotWritten
from symbolic.kernels.stacking import stacked
from symbolic.language import Adjoint

NETWORKS = MODELS | {
    "lstm of the derivation": (lstm.MODEL, {"d": 2, "n": 3, "C": 4}),
    "gru of the derivation": (gru.MODEL, {"d": 2, "n": 3, "C": 4}),
}
BEYOND = {"gradient_flow", "gradient_flow_2", "regression"}
"""What a program does not express: functions of the caller, weights per step."""


def parts(model):
    derivation = derive(model, assume=False)
    rules = derivation.adjoints.items()
    return {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in rules}, derivation.gradients


@pytest.fixture(scope="module")
def made():
    """Programs in every form, and the kernel that is printed without one."""
    found = {}

    def get(name):
        if name not in found:
            model = NETWORKS[name][0]
            program = program_of(model, *parts(model))[0]
            wide = stacked(program)
            found[name] = (program, wide, joined(wide)), compile_kernel(printed(model, *parts(model)))
        return found[name]

    MODELS.update({k: v for k, v in NETWORKS.items() if k not in MODELS})
    return get


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - BEYOND))
def test_every_form_means_the_same(name, made):
    programs, text = made(name)
    given = arguments(name)
    loss, gradients = text(*given)
    for program in programs:
        found, own = run(checked(program), *given)
        assert found == pytest.approx(loss, rel=1e-13)
        assert set(own) == set(gradients)
        assert max(largest_difference(own[k], gradients[k]) for k in own) < 1e-13


@pytest.mark.parametrize("name", sorted(BEYOND))
def test_what_a_program_does_not_express_is_printed_without_one(name):
    model = NETWORKS[name][0]
    with pytest.raises(NotLowered):
        program_of(model, *parts(model))
    assert kernel_source(model) == printed(model, *parts(model))


def lacking(program):
    """A form that a faulty pass makes: without its last operation."""
    return checked(replace(program, operations=program.operations[:-1])), None


def unwritten(program):
    raise NotWritten("something that is not written")


@pytest.mark.parametrize("form, fault", [(lacking, "nothing computes it"), (unwritten, None)])
def test_a_fault_of_a_form_is_no_reason_for_a_plainer_one(form, fault, monkeypatch):
    """Only what the printer does not write is: then the next form is taken."""
    model = NETWORKS["tanh_rnn"][0]
    monkeypatch.setattr(numpy_printer, "FORMS", (form, lambda program: (program, None)))
    if fault:
        with pytest.raises(KernelError, match=fault):
            kernel_source(model)
    else:
        assert "def computed" in kernel_source(model)


@pytest.mark.parametrize("name", ["lstm of the derivation", "gru of the derivation"])
def test_gates_are_one_product_and_one_activation(name, made):
    """Per step one product with all gates forwards, one backwards."""
    for program in made(name)[0][1:]:
        for loop in (o for o in program.operations if isinstance(o, Loop) and not o.steps.at):
            assert sum(type(o).__name__ == "Product" for o in loop.body) == 1


ROBUST = ["tanh_rnn", "sigmoid_rnn", "relu_classifier", "lstm", "gru", "stacked"]


@pytest.fixture(scope="module")
def kernels():
    return {name: compile_kernel(kernel_source(MODELS[name][0])) for name in ROBUST}


def cut(name, samples):
    """The arguments of a test for fewer samples."""
    params, batch = arguments(name)
    timed = {f.name for f in MODELS[name][0].families.values() if f.indices}
    return params, {k: v[:, :samples] if k in timed else v[:samples] for k, v in batch.items()}


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("dtype, size", [(np.float32, 1e3), (np.float64, 1e4)])
@pytest.mark.parametrize("name", ROBUST)
def test_large_pre_activations(name, dtype, size, samples, kernels):
    """No overflow and no warning."""
    params, batch = cut(name, samples)
    params = {k: (size * np.sign(v)).astype(dtype) for k, v in params.items()}
    batch = {k: v.astype(dtype) for k, v in batch.items()}
    if name == "relu_classifier":  # the only unbounded state: one step of it
        params["W"] *= 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, gradients = kernels[name](params, batch)
    assert np.isfinite(loss) and all(np.isfinite(g).all() for g in gradients.values())


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ROBUST)
def test_what_is_no_number_stays_so(name, bad, samples, kernels):
    params, batch = cut(name, samples)
    batch["x"] = batch["x"].copy()
    batch["x"][1, 0, 0] = bad
    params = {k: v.copy() for k, v in params.items()}
    with np.errstate(all="ignore"):
        loss, _ = kernels[name](params, batch)
        expected, _ = compile_kernel(printed(MODELS[name][0], *parts(MODELS[name][0])))(params, batch)
    assert np.isnan(loss) == np.isnan(expected) or np.isinf(expected)
    if np.isnan(bad):
        assert np.isnan(loss)


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("name", ROBUST)
def test_any_layout_and_read_only(name, samples, kernels):
    params, batch = cut(name, samples)
    loss, gradients = kernels[name](params, batch)

    def odd(v):
        wide = np.zeros((*v.shape, 2)) if v.ndim else np.zeros(2)
        wide[..., 0] = v
        found = np.asfortranarray(wide)[..., 0] if v.ndim else np.array(v)
        found.flags.writeable = False
        return found

    again, own = kernels[name]({k: odd(v) for k, v in params.items()}, {k: odd(v) for k, v in batch.items()})
    assert again == pytest.approx(loss, rel=1e-14)
    assert max(largest_difference(own[k], gradients[k]) for k in own) < 1e-14


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("name", ROBUST)
def test_results_are_the_callers_own(name, samples, kernels):
    """A later call changes nothing of an earlier one, and no result shares memory with what was given."""
    params, batch = cut(name, samples)
    _, gradients = kernels[name](params, batch)
    kept = {k: np.array(v) for k, v in gradients.items()}
    kernels[name]({k: 2 * v for k, v in params.items()}, batch)
    assert all((gradients[k] == kept[k]).all() for k in kept)
    given = [*params.values(), *batch.values()]
    assert not any(np.shares_memory(g, v) for g in gradients.values() for v in given)
    whole = list(gradients.values())
    assert not any(np.may_share_memory(a, b) and np.shares_memory(a, b) for i, a in enumerate(whole) for b in whole[:i])


def test_calls_side_by_side(kernels):
    params, batch = arguments("lstm")
    many = [{k: (1 + i / 8) * v for k, v in params.items()} for i in range(8)]
    alone = [kernels["lstm"](p, batch) for p in many]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda p: kernels["lstm"](p, batch), many * 8))
    for i, (loss, gradients) in enumerate(together):
        expected, own = alone[i % 8]
        assert loss == expected and all((gradients[k] == own[k]).all() for k in own)


def test_other_shapes_again_and_again(kernels):
    """More shapes than are kept, in turn."""
    params, batch = arguments("tanh_rnn")
    h0 = batch.pop("h0")
    for _ in range(2):
        for T in range(1, 5):
            for B in (1, 2, 3):
                short = {k: v[:T, :B] for k, v in batch.items()} | ({"h0": h0[:B]} if T % 2 else {})
                loss, _ = kernels["tanh_rnn"](params, short)
                one = {k: v[:T, :1] for k, v in batch.items()} | ({"h0": h0[:1]} if T % 2 else {})
                assert B > 1 or loss == kernels["tanh_rnn"](params, one)[0]


def test_a_program_is_checked(made):
    program = made("tanh_rnn")[0][0]
    last = program.operations[-1]
    broken = program.__class__(**{**program.__dict__, "operations": (last, *program.operations[:-1])})
    with pytest.raises(KernelError, match="is read before it is computed"):
        checked(broken)


def test_the_derivations_have_kernels():
    assert {m.name for name in ("lstm", "gru") for m in load(name).models} == {"lstm", "gru"}


NOTES = (
    "blog", "elman", "fixed_step", "gru", "jordan", "logistic", "row_vectors", "scalar_net", "slips", "slopes",
    "time_in_parentheses", "two_activations", "two_layers", "two_networks",
)  # fmt: skip
"""Notes of others whose model is a program."""


@pytest.mark.parametrize("name", NOTES)
def test_notes_against_complex_step(name):
    model = models_of(str(Path(__file__).parent / "notes" / f"{name}.md"), declared_on_the_line([]))[0]
    legs = {s for f in model.families.values() for leg in (*f.rows, *f.cols) for s in leg.free_symbols}
    sizes = {s.name: 2 + i for i, s in enumerate(sorted(legs, key=str))}
    MODELS[name] = (model, sizes)
    program_of(model, *parts(model))
    run_ = compile_kernel(kernel_source(model))
    params, batch = arguments(name)
    truth = worlds(name)
    for samples in (SAMPLES, 1):
        timed = {f.name for f in model.families.values() if f.indices}
        few = {k: v[:, :samples] if k in timed else v[:samples] for k, v in batch.items()}
        loss, gradients = run_(params, few)
        assert loss == pytest.approx(sum(w.evaluate(model.loss) for w in truth[:samples]), rel=1e-12)
        for f in model.of_role("weight"):
            expected = sum(np.array(w.evaluate(Adjoint(f.var))) for w in truth[:samples])
            assert largest_difference(gradients[f.name], expected) <= 1e-12, f.name
