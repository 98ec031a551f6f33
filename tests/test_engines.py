"""Kernels for JAX and PyTorch: their text, and where the engine is installed its own checks of gradients."""

import ast
import builtins
import importlib.util
import os
import sys
import types
from functools import cache

import engine_stand_ins
import numpy as np
import pytest
from network_examples import two_indices
from test_kernels import EVIL, MODELS, arguments, extra, largest_difference

from symbolic import cli
from symbolic.derivation import derive
from symbolic.judging import kernel
from symbolic.kernels import KernelError, compile_kernel, numpy_kernel
from symbolic.kernels.engines import jax_kernel, torch_kernel
from symbolic.kernels.engines.jax_printer import JAX
from symbolic.kernels.engines.torch_printer import TORCH
from symbolic.language import Hadamard, NormSquared, SumOver, tanh
from symbolic.language.functions import FUNCTIONS
from symbolic.model import Network

if "jax" not in sys.modules:  # read by JAX when it starts
    os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=4")

PRINTERS = {"jax": jax_kernel, "torch": torch_kernel}
NAMES = ["tanh_rnn", "sigmoid_rnn", "gradient_flow", "relu_classifier", "lstm", "gru", "functions"]


def installed(engine):
    return pytest.mark.skipif(importlib.util.find_spec(engine) is None, reason=f"{engine} is not installed")


@cache
def derived(name):
    derivation = derive(MODELS[name][0], assume=False)
    rules = {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}
    return MODELS[name][0], rules, derivation.gradients


@cache
def source(name, engine):
    return PRINTERS[engine](*derived(name))


@cache
def truth(name):
    """What the NumPy kernel computes, with stand-ins for functions of the caller."""
    return compile_kernel(numpy_kernel(*derived(name)))(*arguments(name), *extra(name))


def module(text):
    made = types.ModuleType("kernel")
    exec(compile(text, "<kernel>", "exec"), made.__dict__)
    return made


# The text.


@pytest.mark.parametrize("engine", PRINTERS)
@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_defined(name, engine):
    tree = ast.parse(source(name, engine))
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    known = {n.id for n in names if isinstance(n.ctx, ast.Store)} | set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            known.add(node.name)
        known |= {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= {(a.asname or a.name).split(".")[0] for a in node.names}
        if isinstance(node, ast.ExceptHandler):
            known.add(node.name)
    assert {n.id for n in names} <= known
    documented = ast.get_docstring(tree)
    for f in MODELS[name][0].of_role("weight"):
        assert f"    {f.name}: (" in documented


@pytest.mark.parametrize("engine", PRINTERS)
def test_names_are_never_code(engine):
    """A name with quotes, line ends and code in it: it is a key, and nothing else."""
    net = Network('evil"""\n1/0\n"""', 'title """\n1/0\n"""')
    n, wrong = net.sizes("n B")
    t = net.time("t", length="T")
    x, W = net.input("x; 1/0\n1/0", wrong, at=t), net.weight(EVIL, n, wrong)
    h, loss = net.state('h"""\n1/0', n, at=t), net.state('L"""\n1/0')
    net.define(h[t], tanh(W * x[t] + h[t - 1]))
    net.define(loss, SumOver(NormSquared(h[t]), t, 1, net.length("T")))
    model = net.model(loss=loss)
    derivation = derive(model, assume=False)
    rules = {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}
    tree = ast.parse(PRINTERS[engine](model, rules, derivation.gradients))
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert EVIL in texts and "x; 1/0\n1/0" in texts
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and ast.unparse(n) == "1 / 0"]
    imports = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert imports <= {"jax", "jax.numpy", "torch"}


@pytest.mark.parametrize("engine", PRINTERS)
def test_what_is_not_supported_says_so(engine):
    with pytest.raises(KernelError, match="one index, time"):
        PRINTERS[engine](two_indices(), {}, {})


@pytest.mark.parametrize("engine", [JAX, TORCH], ids=lambda e: e.name)
def test_functions_of_a_number_are_those_of_the_table(engine):
    assert set(engine.functions) == {row.name for row in FUNCTIONS.values() if row.kind == "elementwise"}


def test_steps_lie_where_the_data_lie():
    """Steps that a function of the caller is given; on an accelerator it would meet arrays of two devices."""
    assert ", device=" in next(line for line in source("gradient_flow", "torch").splitlines() if "steps = " in line)


def test_the_command_knows_the_printers():
    assert tuple(kernel.PRINTERS) == cli.BACKENDS


def test_a_missing_engine_is_one_sentence(monkeypatch):
    for engine in PRINTERS:
        monkeypatch.setitem(sys.modules, engine, None)
        with pytest.raises(ModuleNotFoundError, match=f"this kernel computes with .*: pip install {engine}$"):
            compile_kernel(source("tanh_rnn", engine))


@pytest.fixture
def played(monkeypatch):
    """The module of a printed JAX kernel, run by NumPy."""
    for key, made in engine_stand_ins.modules().items():
        monkeypatch.setitem(sys.modules, key, made)
    return lambda name: module(source(name, "jax"))


def both_passes(run, params, batch, scale, *also):
    """The loss, and the gradients by parameters and data times the scale."""
    given = run.checked(params, batch)
    result, kept = run.forward(*given, *also)
    loss, scales = (result[0], (scale, None)) if isinstance(result, tuple) else (result, scale)
    return loss, *run.backward(*also, kept, scales)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_computes(name, played):
    """Forward and backward as NumPy would run them."""
    run, (params, batch), also = played(name), arguments(name), extra(name)
    loss, gradients, of_data = both_passes(run, params, batch, 2.0, *also)
    expected, slopes = truth(name)
    assert loss == pytest.approx(expected, rel=1e-12)
    for key, slope in slopes.items():
        assert largest_difference(gradients[key], 2 * slope) <= 1e-12, key
    assert {key: np.shape(a) for key, a in of_data.items()} == {key: np.shape(a) for key, a in batch.items()}
    for key, array in batch.items():  # the gradient of the data in one direction
        ends = [run.loss(params, {**batch, key: array + e}, *also) for e in (1e-6, -1e-6)]
        assert of_data[key].sum() / 2 == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6, abs=1e-7), key


def recurrence(name, equation, loss):
    """A network h_t = equation of h, x_t and weights W, U, V, and a loss."""
    net = Network(name)
    (n,) = net.sizes("n")
    t, T = net.time("t", length="T"), net.length("T")
    x, h, L = net.input("x", n, at=t), net.state("h", n, at=t), net.state("L")
    W, U = net.weight("W", n, n), net.weight("U", n, n)
    net.define(h[t], tanh(equation(W, U, h, x, t)), zero_before=name.startswith("two"))
    net.define(L, loss(h, x, t, T))
    return net.model(loss=L)


def summed(h, x, t, T):
    return SumOver(NormSquared(h[t]), t, 1, T)


def plain(W, U, h, x, t):
    return W * h[t - 1] + U * x[t]


FURTHER = [
    recurrence("gated input", lambda W, U, h, x, t: W * Hadamard(h[t - 1], x[t]) + U * x[t], summed),
    recurrence("two back", lambda W, U, h, x, t: W * h[t - 1] + U * h[t - 2] + x[t], summed),
    recurrence("two back, last", lambda W, U, h, x, t: W * h[t - 1] + U * h[t - 2] + x[t], lambda h, x, t, T: NormSquared(h[T])),
    recurrence("first and last", plain, lambda h, x, t, T: NormSquared(h[1]) + NormSquared(h[T])),
    recurrence("last two", plain, lambda h, x, t, T: NormSquared(h[T] - h[T - 1])),
    recurrence("one ahead", plain, lambda h, x, t, T: SumOver(NormSquared(x[t] - h[t - 1]), t, 1, T)),
]


@pytest.mark.parametrize("model", FURTHER, ids=lambda m: m.name)
def test_further_recurrences(model, played):
    """NumPy's kernel and the played one against central differences, from one step on."""
    derivation = derive(model, assume=False)
    rules = {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}
    numpy = compile_kernel(numpy_kernel(model, rules, derivation.gradients))
    try:
        run = module(jax_kernel(model, rules, derivation.gradients))
    except KernelError as refused:
        assert "has no scan in JAX" in str(refused) and model.name == "two back, last"
        run = None
    draw = np.random.default_rng(0).standard_normal
    for T in (1, 2, 3, 5):
        params = {"W": draw((3, 3)), "U": draw((3, 3))}
        batch = {"x": draw((T, 2, 3)), **({} if model.zero_initial else {"h0": draw((2, 3))})}
        loss, slopes = numpy(params, batch)
        found = both_passes(run, params, batch, 1.0) if run else (loss, slopes, {})
        assert found[0] == pytest.approx(loss, rel=1e-12)
        for key, array in {**params, **batch}.items():
            toward = draw(array.shape)
            ends = []
            for e in (1e-6, -1e-6):
                moved = {key: array + e * toward}
                ends.append(numpy({**params, **(moved if key in params else {})}, {**batch, **(moved if key in batch else {})})[0])
            expected = (ends[0] - ends[1]) / 2e-6
            of = [slopes] * (key in params) + [g for g in found[1:] if key in g]
            assert all((g[key] * toward).sum() == pytest.approx(expected, rel=1e-6, abs=1e-7) for g in of), (T, key)


def test_labels_of_zero_leave_steps_out(played):
    """Sequences of different length side by side: the sums of what each of them gives alone."""
    run, (params, batch) = played("lstm"), arguments("lstm")
    lengths = [4, 2, 1]
    mask = np.array([[float(t < length) for length in lengths] for t in range(4)])
    loss, gradients, _ = both_passes(run, params, {**batch, "y": batch["y"] * mask[..., None]}, 1.0)
    alone = []
    for b, length in enumerate(lengths):
        part = {key: a[:length, b : b + 1] if key in ("x", "y") else a[b : b + 1] for key, a in batch.items()}
        alone.append(both_passes(run, params, part, 1.0))
    assert loss == pytest.approx(sum(a[0] for a in alone), rel=1e-12)
    assert all(largest_difference(g, sum(a[1][key] for a in alone)) <= 1e-12 for key, g in gradients.items())


def test_a_sequence_in_parts(played):
    """The states after one part begin the next; of h[0] and c[0] each part says what it owes to the one before it."""
    run, (params, batch) = played("lstm"), arguments("lstm")
    whole, _, of_data = both_passes(run, params, batch, 1.0)
    first, states = run.loss_and_states(params, {key: a[:3] if key in ("x", "y") else a for key, a in batch.items()})
    rest = {key: a[3:] for key, a in batch.items() if key in ("x", "y")} | states
    assert set(states) == {"h0", "c0"} and first + run.loss(params, rest) == pytest.approx(whole, rel=1e-12)
    assert largest_difference(both_passes(run, params, rest, 1.0)[2]["x"], of_data["x"][3:]) <= 1e-12


# With the engines.

def where_lies(m, x):
    return {"device": x.device} if m.__name__ == "torch" else {}


OURS = {
    "sigma": lambda m: (m.tanh, lambda x: 1 - m.tanh(x) ** 2),
    "g": lambda m: (m.sin, lambda x: m.cos(x)[..., :, None] * m.eye(x.shape[-1], dtype=x.dtype, **where_lies(m, x))),
    "ell": lambda m: (lambda y, t: m.sin(y).sum(-1) + 0 * t, lambda y, t: m.cos(y)),
}


def square_flow(m):
    """Functions of the caller for `gradient_flow` in the arrays of a module."""
    return {name: made(m) for name, made in OURS.items()}


def given_to(name, m):
    """Arguments, what the NumPy kernel makes of them, functions of the caller."""
    params, batch = arguments(name)
    if name != "gradient_flow":
        return params, batch, truth(name), ()
    return params, batch, compile_kernel(numpy_kernel(*derived(name)))(params, batch, square_flow(np)), (square_flow(m),)


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    before = jax.config.read("jax_enable_x64")
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@installed("jax")
@pytest.mark.parametrize("name", NAMES)
def test_jax(name, jax):
    from jax.test_util import check_grads

    run = module(source(name, "jax"))
    params, batch, (loss, slopes), also = given_to(name, jax.numpy)
    found, gradients = jax.jit(lambda p, b: run.loss_and_gradients(p, b, *also))(params, batch)
    assert float(found) == pytest.approx(loss, rel=1e-12)
    assert all(largest_difference(np.asarray(gradients[key]), slope) <= 1e-12 for key, slope in slopes.items())
    check_grads(lambda p, b: run.loss(p, b, *also), (params, batch), order=1, modes=["rev"], atol=1e-5, rtol=1e-5)
    several = {key: np.stack([a, 2 * a]) for key, a in params.items()}
    mapped = jax.vmap(lambda p: run.loss_and_gradients(p, batch, *also)[1])(several)
    assert all(largest_difference(np.asarray(mapped[key][0]), slope) <= 1e-12 for key, slope in slopes.items())


@installed("jax")
def test_jax_on_several_devices(jax):
    if len(jax.devices()) < 4:
        pytest.skip("one device")
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:4]), ("devices",))
    run = module(source("lstm", "jax"))
    params, batch = arguments("lstm")
    batch = {key: np.concatenate([a, -a, 2 * a, 3 * a], -2) for key, a in batch.items()}
    loss, slopes = compile_kernel(numpy_kernel(*derived("lstm")))(params, batch)
    spread = {
        key: jax.device_put(
            a, jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*[None] * (a.ndim - 2), "devices"))
        )
        for key, a in batch.items()
    }
    found, gradients = jax.jit(run.loss_and_gradients)(params, spread)
    assert float(found) == pytest.approx(loss, rel=1e-12)
    assert all(largest_difference(np.asarray(gradients[key]), slope) <= 1e-12 for key, slope in slopes.items())


@installed("torch")
@pytest.mark.parametrize("name", NAMES)
def test_torch(name):
    torch = pytest.importorskip("torch")
    run = module(source(name, "torch"))
    params, batch, (loss, slopes), also = given_to(name, torch)
    found, gradients = run.loss_and_gradients(params, batch, *also)
    assert float(found) == pytest.approx(loss, rel=1e-12)
    assert all(largest_difference(gradients[key].numpy(), slope) <= 1e-12 for key, slope in slopes.items())
    tensors = {key: torch.tensor(a, requires_grad=True) for key, a in {**params, **batch}.items()}

    def of_all(*arrays):
        by_key = dict(zip(tensors, arrays, strict=True))
        return run.loss({key: by_key[key] for key in params}, {key: by_key[key] for key in batch}, *also)

    assert torch.autograd.gradcheck(of_all, tuple(tensors.values()))


@installed("torch")
@pytest.mark.parametrize("name", NAMES)
def test_torch_on_an_accelerator(name):
    """Where the parameters lie; the batch may come from elsewhere."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no accelerator")
    run = module(source(name, "torch"))
    params, batch, (loss, slopes), also = given_to(name, torch)
    there = {key: torch.tensor(a, device="cuda") for key, a in params.items()}
    for given in (batch, {key: torch.tensor(a, device="cuda") for key, a in batch.items()}):
        found, gradients = run.loss_and_gradients(there, given, *also)
        assert found.is_cuda and float(found) == pytest.approx(loss, rel=1e-12)
        assert all(gradients[key].is_cuda for key in slopes)
        assert all(largest_difference(gradients[key].cpu().numpy(), slope) <= 1e-12 for key, slope in slopes.items())


@installed("torch")
@pytest.mark.parametrize("model", FURTHER, ids=lambda m: m.name)
def test_further_recurrences_in_torch(model):
    torch = pytest.importorskip("torch")
    derivation = derive(model, assume=False)
    rules = {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}
    run = module(torch_kernel(model, rules, derivation.gradients))
    for T in (1, 2, 4):
        arrays = [torch.randn(3, 3), torch.randn(3, 3), torch.randn(T, 2, 3), torch.randn(2, 3)]
        arrays = [a.double().requires_grad_() for a in arrays[: 3 + ("h0" in run.DATA)]]
        assert torch.autograd.gradcheck(
            lambda W, U, *data: run.loss({"W": W, "U": U}, dict(zip(("x", "h0"), data, strict=False))), tuple(arrays)
        )


@installed("torch")
def test_torch_computes_only_what_is_asked_for():
    torch = pytest.importorskip("torch")
    run = module(source("tanh_rnn", "torch"))
    params, batch = ({key: torch.tensor(a) for key, a in arrays.items()} for arrays in arguments("tanh_rnn"))
    batch["x"].requires_grad_()
    loss, states = run.loss_and_states(params, batch)
    loss.backward()
    assert set(states) == {"h0"} and not states["h0"].requires_grad
    assert batch["x"].grad.shape == batch["x"].shape and all(a.grad is None for a in params.values())


WRONG = [
    ({"U": np.ones((3, 3))}, {}, r"data x: expected shape T x B x d = \(4, 3, 3\), found \(4, 3, 2\)"),
    ({"Z": np.ones(5)}, {}, "parameter Z is not known; known are U, W, b, V, c"),
    ({}, {"h0": np.ones((2, 3))}, r"data h0: expected shape B x n = \(3, 3\), found \(2, 3\)"),
    ({}, {"x": np.ones((0, 3, 2)), "y": np.ones((0, 3, 4))}, "at least one step, not 0"),
    ({key: np.ones_like(a, int) for key, a in arguments("tanh_rnn")[0].items()}, {}, "floating-point numbers, not"),
]


@pytest.mark.parametrize("engine", [pytest.param(e, marks=installed(e)) for e in PRINTERS])
@pytest.mark.parametrize("changed, data, message", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_arguments_say_so(engine, changed, data, message):
    params, batch = arguments("tanh_rnn")
    with pytest.raises(ValueError, match=message):
        compile_kernel(source("tanh_rnn", engine))({**params, **changed}, {**batch, **data})
