"""Sequences of different length, initial states, truncation and parts, against complex step on each sequence alone."""

import tracemalloc
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from network_examples import functions, gru, lstm, regression, stacked

from derivations import relu_classifier, tanh_rnn
from symbolic import lambdify
from symbolic.judging.kernel import in_form, kernel_source
from symbolic.kernels import KernelError, compile_kernel, compiled
from symbolic.kernels.compiled import CompiledKernel
from symbolic.kernels.sequences import Form, Sequences, opened
from symbolic.language import Adjoint, NormSquared, Quotient, SumOver, tanh
from symbolic.model import Network
from symbolic.proof.oracle import World


def at_the_end(loss):
    """One layer and a loss of the last step, of all steps and the last one, or of the sum of the states."""
    net = Network("at_the_end")
    d, n = net.sizes("d n")
    t, T = net.time("t", length="T"), net.length("T")
    x, h, L = net.input("x", d, at=t), net.state("h", n, at=t), net.state("L")
    W, U, b = net.weight("W", n, n), net.weight("U", n, d), net.weight("b", n)
    net.define(h[t], tanh(W * h[t - 1] + U * x[t] + b))
    y = net.label("y", n, at=t) if loss == "label of the last step" else net.label("y", n)
    if loss == "label of the last step":
        net.define(L, Quotient(NormSquared(h[T] - y[T]), 2))
    elif loss == "change":
        moved, all_moved = net.state("moved", at=t), net.state("all_moved")
        net.define(moved[t], NormSquared(h[t] - h[t - 1]))
        net.define(all_moved, SumOver(moved[t], t, 1, T))
        net.define(L, NormSquared(h[T] - y) - Quotient(all_moved, 3) + NormSquared(b))
    elif loss == "sum":
        q = net.state("q", n)
        net.define(q, SumOver(h[t], t, 1, T))
        net.define(L, NormSquared(q - y))
    else:
        net.define(L, Quotient(NormSquared(h[T - 1 if loss == "one before" else T] - y), 2))
    return net.model(loss=L)


SIZES = {"d": 2, "n": 3, "C": 4, "m": 2}
MODELS = {
    "tanh_rnn": tanh_rnn.MODEL,
    "relu_classifier": relu_classifier.MODEL,
    "lstm": lstm(),
    "gru": gru(),
    "stacked": stacked(),
} | {loss: at_the_end(loss) for loss in ("last state", "label of the last step", "change", "sum", "one before")}
PARTLESS = {"sum", "one before"}
"""Losses that parts of a sequence do not tell one by one."""
T = 5
LENGTHS = [(3, 5, 1), (2, 0, 5), (3,)]


@cache
def kernel(name, backend="numpy"):
    return lambdify(MODELS[name], backend)


@cache
def worlds(name, lengths):
    """A plain loop for each sample, of its own length; weights in common."""
    model = MODELS[name]
    sizes = {k: v for k, v in SIZES.items() if k in {str(s) for f in model.families.values() for s in (*f.rows, *f.cols)}}
    made = [World(model, sizes, max(n, 1), seed=i, labels="free") for i, n in enumerate(lengths)]
    weights = made[0].leaves("weight")
    return [World(model, sizes, max(n, 1), values={**w.leaves(), **weights}) for w, n in zip(made, lengths, strict=True)]


def arguments(name, lengths, dtype=np.float64):
    """What a kernel takes; what stands at missing steps is no number."""
    model, found = MODELS[name], [w.leaves() for w in worlds(name, lengths)]
    params, batch = {}, {}
    for f in model.families.values():
        if f.role == "weight":
            params[f.name] = np.array(found[0][f.name, ()], dtype)
        elif f.role == "state" and (f.name, (0,)) in found[0] and f.name not in model.zero_initial:
            batch[f"{f.name}0"] = np.array([w[f.name, (0,)] for w in found], dtype)
        elif f.role in ("input", "label", "given") and not f.indices:
            batch[f.name] = np.array([w[f.name, ()] for w in found], dtype)
        elif f.role in ("input", "label", "given"):
            shape = found[0][f.name, (1,)].shape
            batch[f.name] = np.full((max(lengths), len(lengths), *shape), np.nan, dtype)
            for b, n in enumerate(lengths):
                for t in range(n):
                    batch[f.name][t, b] = found[b][f.name, (t + 1,)]
    return params, batch


def truth(name, lengths, key):
    """The gradient by a weight, or by data for each sample, sequence by sequence."""
    families = MODELS[name].families
    f = families[key if key in families else key[:-1]]
    at = [f.at(0)] if key != f.name else [f.at(t) for t in range(1, max(lengths) + 1)] if f.indices else [f.var]
    found = []
    for w, n in zip(worlds(name, lengths), lengths, strict=True):
        there = [bool(n) and (t < n or key != f.name or not f.indices) for t in range(len(at))]
        found.append([w.evaluate(Adjoint(v)) if yes else 0 * w.evaluate(Adjoint(at[0])) for v, yes in zip(at, there, strict=True)])
    if f.role == "weight":
        return np.array(found).sum(axis=(0, 1))
    return np.moveaxis(np.array(found), 0, 1) if key == f.name and f.indices else np.array(found)[:, 0]


def gap(found, expected):
    return abs(found - expected).max() / max(abs(expected).max(), 1e-300)


def loss_of(name, lengths):
    return sum(w.evaluate(MODELS[name].loss) for w, n in zip(worlds(name, lengths), lengths, strict=True) if n)


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_lengths(name, lengths):
    """With steps before, between and after those of a sample missing, too."""
    params, batch = arguments(name, lengths)
    ways = [(batch, {"lengths": lengths})]
    places = [sorted(np.random.default_rng(b).permutation(T)[:n]) for b, n in enumerate(lengths)]
    shape, timed = (T, len(lengths)), kernel(name).timed
    mask = np.zeros(shape, bool)
    spread = batch | {k: np.full((*shape, *batch[k].shape[2:]), np.nan) for k in timed}
    for b, at in enumerate(places):
        mask[at, b] = True
        for k in timed:
            spread[k][at, b] = batch[k][: len(at), b]
    ways.append((spread, {"mask": mask}))
    cuts = [{}] if name in PARTLESS else [{}, {"chunk": 1}, {"chunk": 2}, {"chunk": "sqrt"}, {"chunk": 99}]
    for given, which in ways:
        for cut in cuts:
            loss, gradients = kernel(name)(params, given, **which, **cut)
            assert loss == pytest.approx(loss_of(name, lengths), rel=1e-12), (which, cut)
            assert set(gradients) == set(params)
            for key in params:
                assert gap(gradients[key], truth(name, lengths, key)) <= 1e-12, (key, which, cut)


@pytest.mark.parametrize("name, wrt, lengths", [
    ("lstm", ("x", "h0", "c0"), (5, 5)), ("lstm", ("x", "h0", "c0"), (3, 4, 1)), ("last state", ("x", "y", "h0"), (2, 0, 5)),
    ("label of the last step", ("x", "y"), (2, 0, 5)),
])  # fmt: skip
def test_gradients_by_data(name, wrt, lengths):
    params, batch = arguments(name, lengths)
    for cut in ({}, {"chunk": 2}):
        _, gradients = kernel(name)(params, batch, lengths=lengths, wrt=wrt, **cut)
        assert set(gradients) == {*params, *wrt}
        for key in wrt:
            expected = truth(name, lengths, key)
            assert gradients[key].shape == batch[key].shape
            assert gap(gradients[key], expected) <= 1e-12, (key, cut)


ONCE = {"relu_classifier", "last state", "label of the last step"}
"""Losses of the last step alone: only the last part has one."""


@pytest.mark.parametrize("name", sorted(set(MODELS) - PARTLESS - {"change"}))
def test_truncated_gradients(name):
    """Those of the parts, each alone with the state that the whole sequence has there: borders at 2 and 4."""
    (whole,) = worlds(name, (5,))
    params, batch = arguments(name, (5,))
    model, expected, run = MODELS[name], {}, kernel(name)
    free = opened(model, Form()).model  # a value before the first step, also where it was zero
    for first, end in ((0, 2), (2, 4), (4, 5))[2 * (name in ONCE) :]:
        values = whole.leaves("weight") | {(key, ()): whole.leaves()[key, ()] for key in run.fixed}
        values |= {(key, (t - first,)): whole.leaves()[key, (t,)] for key in run.timed for t in range(first + 1, end + 1)}
        values |= {(state, (0,)): whole.evaluate(model.families[state].at(first)) for state in run.initial.values()}
        part = World(free, dict(whole.sizes), end - first, values=values)
        for key in params:
            expected[key] = expected.get(key, 0) + part.evaluate(Adjoint(model.families[key].var))
    parts = [{k: a[first:end] if k in run.timed else a for k, a in batch.items()} for first, end in ((0, 2), (2, 4), (4, 5))]
    parts[1:] = [{k: a for k, a in p.items() if k not in run.initial} for p in parts[1:]]
    for loss, gradients in (run(params, batch, truncate=2), run.stream(params, parts, truncate=True)):
        assert loss == pytest.approx(whole.evaluate(model.loss), rel=1e-12)
        assert max(gap(gradients[key], expected[key]) for key in expected) <= 1e-12


class File:
    """Parts that are read when they are asked for."""

    def __init__(self, parts):
        self.parts, self.asked = parts, []

    def __len__(self):
        return len(self.parts)

    def __getitem__(self, i):
        self.asked.append(i)
        return self.parts[i]


def in_parts(name, batch, borders):
    timed, initial = kernel(name).timed, kernel(name).initial
    parts = []
    for first, end in pairwise(borders):
        own = {k: a for k, a in batch.items() if k not in timed and not (first and k in initial)}
        parts.append(own | {k: batch[k][first:end] for k in timed})
    return parts


def same(found, expected, tolerance=1e-12):
    assert found[0] == pytest.approx(expected[0], rel=tolerance) and set(found[1]) == set(expected[1])
    assert max(gap(found[1][key], expected[1][key]) for key in found[1]) <= tolerance


@pytest.mark.parametrize("name", ["lstm", "last state"])
def test_a_stream_of_parts(name):
    params, batch = arguments(name, (5, 5))
    parts = File(in_parts(name, batch, (0, 1, 4, 5)))
    same(kernel(name).stream(params, parts), kernel(name)(params, batch))
    assert parts.asked == [0, 1, 2, 1, 0]
    which = {"lengths": (1, 4), "wrt": ("x",)}
    same(kernel(name).stream(params, parts, **which), kernel(name)(params, batch, **which))


def test_a_loop_of_ones_own():
    """Forward with the states, backward with what is owed."""
    name = "lstm"
    params, batch = arguments(name, (5, 5))
    parts, run, total = in_parts(name, batch, (0, 3, 5)), kernel(name), {}
    first = run.part(params, parts[0], ends=False)
    second = run.part(params, parts[1] | first.states)
    first = run.part(params, parts[0], ends=False, owed=second.owed)
    total = {key: first.gradients[key] + second.gradients[key] for key in params}
    expected = run(params, batch, wrt=("h0", "c0"))
    same((first.loss + second.loss, total | first.owed), expected)
    assert set(second.states) == {"h0", "c0"} and second.states["c0"].shape == batch["c0"].shape


MEANS = [("lstm", (3, 5, 1), 9), ("gru", (2, 0, 5), 7), ("last state", (2, 0, 5), 2), ("sum", (3, 5, 1), 3)]


@pytest.mark.parametrize("name, lengths, number", MEANS)
def test_means(name, lengths, number):
    params, batch = arguments(name, lengths)
    loss, gradients = kernel(name)(params, batch, lengths=lengths)
    same(kernel(name)(params, batch, lengths=lengths, reduction="mean"), (loss / number, {k: g / number for k, g in gradients.items()}))


def test_single_precision():
    params, batch = arguments("lstm", (3, 5, 1), np.float32)
    for cut in ({}, {"chunk": 2}, {"truncate": 2}, {"reduction": "mean"}):
        which = {"lengths": (3, 5, 1), "wrt": ("x", "h0"), **cut}
        loss, gradients = kernel("lstm")(params, batch, **which)
        assert loss.dtype == np.float32 and all(g.dtype == np.float32 for g in gradients.values())
        same((loss, gradients), kernel("lstm")(*arguments("lstm", (3, 5, 1)), **which), 1e-5)


def test_no_steps_at_all():
    params, batch = arguments("lstm", (3, 1))
    loss, gradients = kernel("lstm")(params, batch, lengths=(0, 0))
    assert loss == 0 and not any(g.any() for g in gradients.values())


def test_memory_is_that_of_a_part():
    g = np.random.default_rng(0)
    params = {f.name: g.standard_normal([8] * (len(f.rows) + len(f.cols))) / 3 for f in MODELS["tanh_rnn"].of_role("weight")}
    batch = {key: g.standard_normal((900, 4, 8)) for key in ("x", "y")}
    run = lambdify(MODELS["tanh_rnn"])
    peaks = []
    for cut in ({"chunk": "sqrt"}, {"chunk": 900}):
        run(params, {k: a[:40] for k, a in batch.items()}, **cut)  # what is built once
        tracemalloc.start()
        run(params, batch, **cut)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] < peaks[1] / 4


@pytest.mark.skipif(compiled.compiler() is None, reason="there is no C compiler")
def test_in_c(name="label of the last step"):
    from_numpy = kernel(name)

    def built(form):
        made = opened(MODELS[name], form)
        return made, CompiledKernel(in_form(made)[0], ("-O0",))

    run = Sequences(MODELS[name], from_numpy.plain, built)
    params, batch = arguments(name, (3, 5, 1))
    for cut in ({}, {"chunk": 2}):
        which = {"lengths": (3, 5, 1), "wrt": ("x",), **cut}
        same(run(params, batch, **which), from_numpy(params, batch, **which))


def test_the_text_of_a_part():
    """A module of its own: a mask, states and what is owed, in and out."""
    run = compile_kernel(kernel_source(MODELS["tanh_rnn"], form=Form(masked=True, part=True, wrt=("x",))))
    params, batch = arguments("tanh_rnn", (5, 5))
    ones = {"mask": np.ones((5, 2))}
    whole = run(params, batch | ones)
    assert set(whole[1]) == {*params, "x", "h0", "last h"}
    parts = [part | {"mask": ones["mask"][: len(part["x"])]} for part in in_parts("tanh_rnn", batch, (0, 2, 5))]
    first = run(params, parts[0])
    second = run(params, parts[1] | {"h0": first[1]["last h"]})
    first = run(params, parts[0] | {"owed h": second[1]["h0"]})
    total = {key: first[1][key] + second[1][key] for key in params}
    total |= {"x": np.concatenate([first[1]["x"], second[1]["x"]]), "h0": first[1]["h0"], "last h": second[1]["last h"]}
    same((first[0] + second[0], total), whole)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_engines_take_a_mask(backend):
    text = kernel_source(MODELS["lstm"], backend, Form(masked=True))
    assert "c[t] = mask[t] (f[t] ∘ c[t-1] + i[t] ∘ g[t]) + (1 - mask[t]) c[t-1]" in text
    assert '"mask": ("T", "B")' in text
    compile(text, "<kernel>", "exec")
    with pytest.raises(KernelError, match=f"a module for {backend} gives the states and the gradients of all data as it is"):
        kernel_source(MODELS["lstm"], backend, Form(part=True))


ONES = np.ones((5, 2))
WRONG = [
    ({"lengths": (1, 2, 3)}, ValueError, r"lengths: expected shape B = \(2,\), found \(3,\)"),
    ({"lengths": (1, 6)}, ValueError, "lengths: expected integers from 0 to T = 5, found 1 to 6"),
    ({"lengths": (1, -1)}, ValueError, "found -1 to 1"),
    ({"lengths": (1, 2.5)}, ValueError, "lengths: expected integers, found float64"),
    ({"lengths": (True, False)}, ValueError, "lengths: expected integers, found bool"),
    ({"mask": ONES.T}, ValueError, r"mask: expected shape T x B = \(5, 2\), found \(2, 5\)"),
    ({"mask": ONES / 2}, ValueError, "mask: expected 0 and 1, or bool, and found other numbers"),
    ({"mask": ONES * np.nan}, ValueError, "mask: expected 0 and 1"),
    ({"mask": ONES, "lengths": (1, 2)}, ValueError, "lengths and mask are both given"),
    ({"chunk": 0}, ValueError, 'chunk: expected a number of steps from 1 on, or "sqrt", found 0'),
    ({"truncate": "sqrt"}, ValueError, "truncate: expected a number of steps from 1 on, found 'sqrt'"),
    ({"truncate": 2, "chunk": 2}, ValueError, "truncate and chunk are both given"),
    ({"reduction": "none"}, ValueError, "reduction: expected sum or mean, found 'none'"),
    ({"lengths": (0, 0), "reduction": "mean"}, ValueError, "a mean over no steps"),
    ({"wrt": "W"}, KernelError, "there is no gradient by W; there are those by x, y, h0"),
    ({"wrt": ("z",), "chunk": 2}, KernelError, "there is no gradient by z; there are those by x, y, h0"),
    ({"steps": 2}, TypeError, "unexpected keyword argument 'steps'"),
]


@pytest.mark.parametrize("options, error, message", WRONG, ids=lambda v: str(v)[:30])
def test_wrong_options(options, error, message):
    params, batch = arguments("tanh_rnn", (5, 5))
    with pytest.raises(error, match=message):
        kernel("tanh_rnn")(params, batch, **options)


WRONG_BATCHES = [
    ({"y": np.ones((4, 2, 4))}, r"data y: expected T x B = \(5, 2\) in front, as in x, found \(4, 2, 4\)"),
    ({"h0": np.ones((3, 3))}, r"data h0: expected shape B x n = \(2, 3\), found \(3, 3\)"),
    ({"z": np.ones(3)}, "data z is not known"),
]


@pytest.mark.parametrize("batch, message", WRONG_BATCHES)
@pytest.mark.parametrize("options", [{"lengths": (1, 4)}, {"chunk": 2}, {"truncate": 2}, {"wrt": "x"}], ids=str)
def test_wrong_batches(batch, message, options):
    params, right = arguments("tanh_rnn", (5, 5))
    with pytest.raises(ValueError, match=message):
        kernel("tanh_rnn")(params, right | batch, **options)


def test_states_of_a_later_part_are_not_given():
    params, batch = arguments("tanh_rnn", (5, 5))
    parts = in_parts("tanh_rnn", batch, (0, 2, 5))
    with pytest.raises(ValueError, match="data h0 of part 1: it comes from the part before"):
        kernel("tanh_rnn").stream(params, [parts[0], parts[1] | {"h0": batch["h0"]}])
    with pytest.raises(ValueError, match="a sequence has at least one part, not 0"):
        kernel("tanh_rnn").stream(params, [])


BEYOND = [
    (functions(), Form(masked=True), r"L reads h\[1\], a step that not every part of a sequence has"),
    (regression(), Form(masked=True), "the weight s has a value for every step"),
    (MODELS["sum"], Form(part=True), "is no sum of what the parts of a sequence tell"),
    (MODELS["one before"], Form(part=True), r"one step before the last one, so there is no gradient by h\[0\]"),
]


@pytest.mark.parametrize("model, form, message", BEYOND)
def test_what_has_no_such_form_says_why(model, form, message):
    with pytest.raises(KernelError, match=message):
        in_form(opened(model, form))


def test_engines_say_what_they_do_not_take():
    pytest.importorskip("torch")
    params, batch = arguments("tanh_rnn", (5, 5))
    with pytest.raises(KernelError, match="the back end torch takes no lengths"):
        lambdify(MODELS["tanh_rnn"], "torch")(params, batch, lengths=(1, 2))
