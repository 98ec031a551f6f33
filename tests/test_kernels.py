"""Kernels: gradients for batches of sequences against complex step on a plain-loop forward pass, sample by sample."""

import re
import warnings

import numpy as np
import pytest
from network_examples import functions, gru, lstm, regression, stacked, two_indices
from sympy import Integer, Symbol

from derivations import gradient_flow, relu_classifier, sigmoid_rnn, tanh_rnn
from derivations import lstm as gated
from symbolic.derivation import derive
from symbolic.kernels import KernelError, compile_kernel, numpy_kernel
from symbolic.kernels.arithmetic import dot, negated, plus, times
from symbolic.kernels.code import Code
from symbolic.kernels.declarations import Names
from symbolic.kernels.schedule import Steps, restricted
from symbolic.language import Adjoint, Fun, NormSquared, Relation, SumOver, tanh
from symbolic.model import Network
from symbolic.proof import samples
from symbolic.proof.oracle import World

STEPS, SAMPLES = 4, 3

MODELS = {
    "tanh_rnn": (tanh_rnn.MODEL, {"d": 2, "n": 3, "C": 4}),
    "sigmoid_rnn": (sigmoid_rnn.MODEL, {"d": 2, "p": 3, "n": 4, "q": 5, "C": 6}),
    "gradient_flow": (gradient_flow.MODEL, {"d": 2, "n": 3, "C": 4}),
    "gradient_flow_2": (gradient_flow.SECOND, {"d": 2, "n": 3, "C": 4}),
    "relu_classifier": (relu_classifier.MODEL, {"n": 4}),
    "lstm": (lstm(), {"d": 2, "n": 3, "C": 4}),
    "gru": (gru(), {"d": 2, "n": 3, "C": 4}),
    "stacked": (stacked(), {"d": 2, "n": 3, "m": 5, "C": 4}),
    "regression": (regression(), {"d": 2, "n": 4, "k": 3}),
    "functions": (functions(), {"d": 2, "n": 3}),
}


def kernel_source(model):
    derivation = derive(model, assume=False)
    rules = derivation.adjoints.items()
    parts = {name: [(c.term, c.offset, c.condition) for c in rule.contributions] for name, rule in rules}
    return numpy_kernel(model, parts, derivation.gradients)


@pytest.fixture(scope="module")
def kernels():
    made = {}

    def get(name):
        if name not in made:
            made[name] = compile_kernel(kernel_source(MODELS[name][0]))
        return made[name]

    return get


def worlds(name):
    """One world per sample: weights in common, data of their own; labels that do not sum to one."""
    model, sizes = MODELS[name]
    drawn = [World(model, sizes, STEPS, seed=s, labels="free") for s in range(SAMPLES)]
    weights = drawn[0].leaves("weight")
    return [World(model, sizes, STEPS, values={**w.leaves(), **weights}) for w in drawn]


def arguments(name, dtype=np.float64):
    """The worlds' numbers as the arrays that a kernel takes."""
    model, _ = MODELS[name]
    leaves = [w.leaves() for w in worlds(name)]
    params, batch = {}, {}
    for f in model.families.values():
        keys = [key for key in leaves[0] if key[0] == f.name]
        if not keys or f.name in model.zero_initial:
            continue
        stack = np.array([[sample[key] for sample in leaves] for key in keys], dtype)  # (steps, samples, ...)
        if f.role == "weight":
            params[f.name] = stack[:, 0] if f.indices else np.array(stack[0, 0])
        elif f.role == "state":
            batch[f"{f.name}0"] = stack if len(keys) > 1 else stack[0]
        else:
            batch[f.name] = stack if f.indices else stack[0]
    return params, batch


def batched(name, fun):
    """The oracle's stand-in for an abstract function, as (value, derivative) of whole arrays."""

    def of_vectors(order, x, t=None):
        flat = x.reshape(-1, x.shape[-1])
        steps = np.broadcast_to(0 if t is None else t, x.shape[:-1]).ravel()
        results = []  # one vector after the other: this is the slow truth
        for row, step in zip(flat, steps, strict=True):
            at = () if t is None else (int(step),)
            column = row.reshape(1, -1, 1)
            if fun.kind == "scalar":
                value = samples.abstract_scalar(name, order, at)(column)[0]
                results.append(value[:, 0] if order else value[0, 0])
            else:
                value = samples.abstract_vector(name, order, at, 4)(column)[0]
                results.append(value if order else value[:, 0])
        return np.array(results).reshape(*x.shape[:-1], *np.shape(results[0]))

    if fun.kind == "elementwise":
        return tuple(samples.abstract_elementwise(name, order, ()) for order in (0, 1))
    return tuple(lambda x, t=None, order=order: of_vectors(order, x, t) for order in (0, 1))


def extra(name):
    model = MODELS[name][0]
    funs = {f.name: f for e in model.equations for f in e.right.atoms(Fun) if f.kind}
    return ({key: batched(key, fun) for key, fun in funs.items()},) if funs else ()


def largest_difference(found, expected):
    return abs(found - expected).max() / max(abs(expected).max(), 1e-300)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_against_complex_step(name, kernels):
    model, _ = MODELS[name]
    given = arguments(name)
    loss, gradients = kernels(name)(*given, *extra(name))
    for arrays, before in zip(given, arguments(name), strict=True):
        assert all((arrays[key] == before[key]).all() for key in before)
    truth = worlds(name)
    assert loss == pytest.approx(sum(w.evaluate(model.loss) for w in truth), rel=1e-12)
    weights = model.of_role("weight")
    assert set(gradients) == {f.name for f in weights}
    for f in weights:
        at = [f.at(s) for s in range(1, STEPS + 1)] if f.indices else [f.var]
        expected = sum(np.array([w.evaluate(Adjoint(v)) for v in at]) for w in truth)
        expected = expected if f.indices else expected[0]
        assert gradients[f.name].shape == expected.shape
        assert largest_difference(gradients[f.name], expected) <= 1e-12, f.name


@pytest.mark.parametrize("name", ["relu_classifier", "functions"])
def test_gradients_against_central_differences(name, kernels):
    """Of the kernel's own loss, away from the kink."""
    params, batch = arguments(name)
    _, gradients = kernels(name)(params, batch)
    for key, number in params.items():
        expected = np.zeros_like(number)
        for entry in np.ndindex(number.shape):
            ends = []
            for sign in (1, -1):
                moved = number.copy()
                moved[entry] += sign * 1e-5
                ends.append(kernels(name)({**params, key: moved}, batch)[0])
            expected[entry] = (ends[0] - ends[1]) / 2e-5
        assert largest_difference(gradients[key], expected) <= 1e-7, key


@pytest.mark.parametrize("name", MODELS)
def test_single_precision(name, kernels):
    loss, gradients = kernels(name)(*arguments(name), *extra(name))
    single = arguments(name, np.float32)
    loss32, gradients32 = kernels(name)(*single, *extra(name))
    assert loss32 == pytest.approx(loss, rel=1e-4)
    for key, expected in gradients.items():
        if not extra(name):  # the stand-ins of abstract functions compute in double precision
            assert gradients32[key].dtype == np.float32 and loss32.dtype == np.float32
        assert largest_difference(gradients32[key], expected) <= 1e-4, key


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["tanh_rnn", "sigmoid_rnn", "relu_classifier", "lstm", "gru", "stacked"])
def test_extreme_arguments(name, dtype, kernels):
    """Pre-activations of ±1e4 neither overflow nor warn."""
    params, batch = arguments(name, dtype)
    params = {key: (1e4 * number).astype(dtype) for key, number in params.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, gradients = kernels(name)(params, batch)
    assert np.isfinite(loss) and all(np.isfinite(g).all() for g in gradients.values())


@pytest.mark.parametrize("name", ["tanh_rnn", "lstm"])
def test_initial_values_default_to_zero(name, kernels):
    params, batch = arguments(name)
    keys = [k for k in batch if k.endswith("0")]
    zero = {k: np.zeros_like(batch[k]) for k in keys}
    short = {k: v for k, v in batch.items() if k not in keys}
    run = kernels(name)
    assert run(params, short)[0] == run(params, {**batch, **zero})[0] != run(params, batch)[0]


@pytest.mark.parametrize("steps, size", [(1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("name", ["tanh_rnn", "lstm", "regression", "functions"])
def test_short_sequences_and_small_batches(name, steps, size, kernels):
    """The gradients of a batch are the sums of those of its samples, down to one step."""
    params, batch = arguments(name)
    states = {k for k in batch if k.endswith("0")}
    timed = {f.name for f in MODELS[name][0].families.values() if f.indices}
    params = {k: v[:steps] if k in timed else v for k, v in params.items()}

    def part(first, last):
        rows = slice(first, last)
        cut = {k: v[:steps, rows] if k in timed else v[rows] for k, v in batch.items() if k not in states}
        return cut | {k: v[..., rows, :] for k, v in batch.items() if k in states}

    loss, gradients = kernels(name)(params, part(0, size))
    single = [kernels(name)(params, part(b, b + 1)) for b in range(size)]
    assert loss == pytest.approx(sum(s[0] for s in single), rel=1e-12)
    for key in gradients:
        assert largest_difference(gradients[key], sum(s[1][key] for s in single)) < 1e-13


WRONG = [
    ({"U": np.ones((3, 3))}, {}, r"data x: expected shape T x B x d = \(4, 3, 3\), found \(4, 3, 2\)"),
    ({"W": np.ones((3, 2))}, {}, r"parameter W: expected shape n x n = \(3, 3\), found \(3, 2\)"),
    ({"b": np.ones((3, 1))}, {}, r"parameter b: expected shape n = \(3,\), found \(3, 1\)"),
    ({"c": np.ones(5)}, {}, r"parameter c: expected shape C = \(4,\), found \(5,\)"),
    ({"Z": np.ones(5)}, {}, r"parameter Z is not known; known are U, W, b, V, c"),
    ({"U": None}, {}, "parameter U is missing; needed are U, W, b, V, c"),
    ({}, {"y": np.ones((5, 3, 4))}, r"data y: expected shape T x B x C = \(4, 3, 4\), found \(5, 3, 4\)"),
    ({}, {"h0": np.ones((2, 3))}, r"data h0: expected shape B x n = \(3, 3\), found \(2, 3\)"),
    ({}, {"x": None}, "data x is missing; needed are x, y, h0"),
    ({}, {"x": np.ones((0, 3, 2)), "y": np.ones((0, 3, 4))}, "at least one step, not 0"),
]


@pytest.mark.parametrize("params, batch, message", WRONG)
def test_wrong_arguments(params, batch, message, kernels):
    right = arguments("tanh_rnn")
    both = [r | new for r, new in zip(right, (params, batch), strict=True)]
    changed = [{k: v for k, v in arrays.items() if v is not None} for arrays in both]
    with pytest.raises(ValueError, match=message):
        kernels("tanh_rnn")(*changed)


def test_whole_numbers_are_no_parameters(kernels):
    params, batch = arguments("tanh_rnn")
    with pytest.raises(ValueError, match="parameter U: expected float32 or float64, found int64"):
        kernels("tanh_rnn")({k: np.ones(v.shape, int) for k, v in params.items()}, batch)


def loops(source):
    """The calls in the loops of a kernel for many samples, without their arguments."""
    found, body = [], None
    for line in source.partition("def computed(")[2].partition("\ndef ")[0].splitlines():
        if body is not None and line.startswith(" " * 8):
            body.append(line.strip().partition("(")[0].rpartition(".")[2])
            continue
        body = [] if line.startswith("    for ") else None
        found += [body] if body is not None else []
    return found


LOOPS = {
    "tanh_rnn": [["dot", "add", "tanh"], ["dot", "add", "multiply"]],
    "sigmoid_rnn": [["dot", "add", "tanh"], ["dot", "add", "multiply"]],
    "relu_classifier": [["dot", "add", "maximum"], ["dot", "multiply"]],
    "stacked": [["dot", "add", "tanh"]] * 2 + [["dot", "add", "multiply"]] * 2,
}


@pytest.mark.parametrize("name", LOOPS)
def test_what_can_leave_the_loop_does(name):
    """Per step there is one product and what is nonlinear; inputs, outputs, losses, weights and numbers stay outside."""
    assert loops(kernel_source(MODELS[name][0])) == LOOPS[name]


t, T = Symbol("t"), Symbol("T")
RANGES = [
    (("<", t, T), Steps(stop=1)),
    (("<=", t, T), Steps()),
    (("<=", t + 2, T), Steps(stop=2)),
    (("<", 1, t), Steps(skip=1)),
    (("<=", 1, t - 1), Steps(skip=1)),
    (("!=", t, T), Steps(stop=1)),
    (("=", t, T), Steps(at="last")),
    (("=", T, t + 1), Steps(at="last", shift=-1)),
    (("=", t, 2), Steps(at="first", shift=1)),
]


@pytest.mark.parametrize("relation, expected", RANGES)
def test_ranges_of_steps(relation, expected):
    assert restricted(Steps(), (Relation(*relation),), t, 1, T) == expected


@pytest.mark.parametrize("relation", [("<", T, t), ("=", t, 0), ("=", t, T + 1), ("<", t, 3), ("=", t, Symbol("k"))])
def test_other_conditions_are_refused(relation):
    with pytest.raises(KernelError, match="must bound the step"):
        restricted(Steps(), (Relation(*relation),), t, 1, T)


a, b = Code("a", batch=True, rank=1), Code("b", batch=True)
PRINTED = [
    (times([negated(a), negated(a)]), "a * a"),
    (times([negated(a), b]), "-a * b[..., None]"),
    (plus([a, negated(times([a, a]))]), "a - a * a"),
    (negated(plus([a, negated(a)])), "-(a - a)"),
    (times([a, plus([a, a])]), "a * (a + a)"),
    (plus([negated(a), negated(negated(a))]), "-a + a"),
    (times([Code("1"), a]), "a"),
    (dot(a, a), "(a * a).sum(axis=-1)"),
]


@pytest.mark.parametrize("code, text", PRINTED)
def test_arithmetic(code, text):
    assert code.text == text


def test_sources_are_repeatable_and_stand_alone():
    source = kernel_source(tanh_rnn.MODEL)
    assert source == kernel_source(tanh_rnn.MODEL)
    assert [line for line in source.splitlines() if "import " in line] == ["import numpy as np"]


EVIL = 'W"""\nimport os; os.abort()\n"""\\'


def test_names_are_never_code():
    """A name with quotes, line ends and code in it: it is a key, and nothing else."""
    net = Network('evil"""\n1/0\n"""', 'title """\n1/0\n"""')
    n, wrong = net.sizes("n B")
    t = net.time("t", length="T")
    x, W = net.input("x; 1/0\n1/0", wrong, at=t), net.weight(EVIL, n, wrong)
    twin = net.weight(EVIL + "!", n)
    loss = net.state('L"""\n1/0')
    net.define(loss, SumOver(NormSquared(tanh(W * x[t] + twin)), t, 1, net.length("T")))
    source = kernel_source(net.model(loss=loss))
    run = compile_kernel(source)
    value, gradients = run(
        {EVIL: np.ones((2, 3)), EVIL + "!": np.ones(2)}, {"x; 1/0\n1/0": np.full((4, 5, 3), 0.1)}
    )
    assert value == pytest.approx(4 * 5 * 2 * np.tanh(1.3) ** 2) and gradients[EVIL].shape == (2, 3)
    names = Names()
    made = [names.new("p", g) for g in (EVIL, EVIL, "", "W")]
    assert len(set(made)) == 4 and all(m.isidentifier() and m.isascii() for m in made)


def attention():
    net = Network("attention")
    (n,) = net.sizes("n")
    t = net.time("t", length="T")
    x, W, h = net.input("x", n, at=t), net.weight("W", n, n), net.state("h", n, at=t)
    s = net.time("s", length="T")
    loss = net.state("L")
    net._indices.pop()
    net.define(h[t], tanh(W * SumOver(x[s], s, 1, t)))
    net.define(loss, SumOver(NormSquared(h[t]), t, 1, net.length("T")))
    return net.model(loss=loss)


@pytest.mark.parametrize("model, message", [(two_indices, "one index, time"), (attention, "condition|sum over")])
def test_what_is_not_supported_says_so(model, message):
    with pytest.raises(KernelError, match=message):
        made = model()
        numpy_kernel(made, {}, {"W": Adjoint(made.families["W"].at(*(Integer(1),) * len(made.families["W"].indices)))})


def test_missing_rule_says_so():
    model = tanh_rnn.MODEL
    with pytest.raises(KernelError, match="adjoint of h is needed"):
        numpy_kernel(model, {}, derive(model).gradients)


@pytest.mark.parametrize("model, arrays", [(sigmoid_rnn.MODEL, 8), (gated.MODEL, 10)], ids=["sigmoid_rnn", "lstm"])
def test_sums_over_steps_do_not_keep_arrays_waiting(model, arrays):
    """Large arrays of vectors for all steps; with every sum at the end there were two more in the first."""
    workspace = kernel_source(model).partition("def workspace(")[2].partition("    half = ")[0]
    assert len(re.findall(r"np\.empty\(\(T(?: \+ 1)?, B, ", workspace)) == arrays
