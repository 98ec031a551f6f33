"""Our kernels under the names of a benchmark of peers: loss and gradients of six networks for weights in stacked arrays.

    kernel(model_name, params, batch, backend="auto") -> (loss, gradients)

with weights as (out, in), gradients under the keys and in the shapes of `params`, the loss summed over steps and samples:

    M1  sigmoid layers      Win bin U V bh W bo Wout bout
    M2  tanh                U W b V c
    M3  sigmoid, no biases  Whh Whx Ws
    M4  ReLU, one output    b W U V d                  V (1, m), d (1)
    M5  LSTM                Wx Wh b V c                rows i, f, g, o as in PyTorch
    M6  GRU                 Wx Wh bx bh V c            rows r, z, n as in PyTorch

and the batch x (T, B, n), r (T, B, C) one-hot (M4: y (B)), h0 (M5: also c0).  The gates' weights are named as rows of the
stacked arrays.  The kernel is made at the first call for a model and a back end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np

from derivations import gru, lstm, relu_classifier, sigmoid_rnn, tanh_rnn
from symbolic import Model, Network, SumOver, lambdify, log, sigmoid, softmax
from symbolic.kernels.compiled.backend import Backend

Arrays = Mapping[str, np.ndarray]


def without_biases() -> Model:
    """h_t = σ(W^{hh} h_{t-1} + W^{hx} x_t), a softmax of W^s h_t at every step."""
    net = Network("without_biases")
    n, m, C = net.sizes("n m C")
    t = net.time("t", length="T")
    x, y = net.input("x", n, at=t), net.label("y", C, at=t, sums_to_one=True)
    W_hh, W_hx, W_s = net.weight("Whh", m, m), net.weight("Whx", m, n), net.weight("Ws", C, m)
    h, p, L = net.state("h", m, at=t), net.state("p", C, at=t), net.state("L")
    net.define(h[t], sigmoid(W_hh * h[t - 1] + W_hx * x[t]))
    net.define(p[t], softmax(W_s * h[t]))
    net.define(L, SumOver(-y[t].T * log(p[t]), t, 1, net.length("T")))
    return net.model(loss=L)


@dataclass(frozen=True)
class Peer:
    """How a model of the benchmark is one of ours.

    params   their key -> ours; several for blocks of rows
    data     their key -> ours
    lone     weights that have one row or one entry there, and lack that axis here
    """

    model: Callable[[], Model]
    params: Mapping[str, tuple[str, ...]]
    data: Mapping[str, str]
    lone: frozenset[str] = field(default_factory=frozenset)


def _same(*keys: str) -> dict[str, tuple[str, ...]]:
    return {key: (key,) for key in keys}


def _blocks(letter: str, gates: str) -> tuple[str, ...]:
    return tuple(f"{letter}_{gate}" for gate in gates)


_OUTPUT = {"V": ("V",), "c": ("a",)}
_CLASSIFIED = {"x": "x", "r": "y", "h0": "h0"}

PEERS: dict[str, Peer] = {
    "M1": Peer(
        lambda: sigmoid_rnn.MODEL,
        {
            **_same("U", "V", "W"), "Win": ("W_in",), "bin": ("b_in",), "bh": ("b_h",), "bo": ("b_o",),
            "Wout": ("W_out",), "bout": ("b_out",),
        },
        {"x": "x", "r": "r", "h0": "h0"},
    ),
    "M2": Peer(lambda: tanh_rnn.MODEL, _same("U", "W", "b", "V", "c"), _CLASSIFIED),
    "M3": Peer(without_biases, _same("Whh", "Whx", "Ws"), _CLASSIFIED),
    "M4": Peer(
        lambda: relu_classifier.MODEL, _same("b", "W", "U", "V", "d"), {"x": "x", "y": "y_gt"}, frozenset({"V", "d"})
    ),
    "M5": Peer(
        lambda: lstm.MODEL,
        {"Wx": _blocks("W", "ifgo"), "Wh": _blocks("U", "ifgo"), "b": _blocks("b", "ifgo"), **_OUTPUT},
        {**_CLASSIFIED, "c0": "c0"},
    ),
    "M6": Peer(
        lambda: gru.MODEL,
        {"Wx": _blocks("W", "rzh"), "Wh": _blocks("U", "rzh"), "bx": _blocks("b", "rzh"), "bh": _blocks("e", "rzh"), **_OUTPUT},
        _CLASSIFIED,
    ),
}  # fmt: skip


@cache
def compiled(model_name: str, backend: Backend) -> Callable[..., Any]:
    """The kernel of a model; "auto": on the back end that is best for the shapes."""
    peer = PEERS[model_name]
    stacked = {key: names for key, names in peer.params.items() if len(names) > 1}
    return lambdify(peer.model(), backend=backend, stacked=stacked)


@cache
def adapted(model_name: str, backend: Backend) -> Callable[[Arrays, Arrays], tuple[Any, dict[str, np.ndarray]]]:
    """The same under the keys of the benchmark."""
    peer, run = PEERS[model_name], compiled(model_name, backend)
    keys, names = tuple(peer.params), tuple(key if len(own) > 1 else own[0] for key, own in peer.params.items())
    data, lone, renamed = tuple(peer.data.values()), tuple(peer.lone), keys != names
    params_of, data_of, gradients_of = itemgetter(*keys), itemgetter(*peer.data), itemgetter(*names)

    def kernel_of(params: Arrays, batch: Arrays) -> tuple[Any, dict[str, np.ndarray]]:
        ours = dict(zip(names, params_of(params), strict=True)) if renamed else dict(params)
        for key in lone:
            ours[key] = params[key][0]
        loss, gradients = run(ours, dict(zip(data, data_of(batch), strict=True)))
        if renamed:
            gradients = dict(zip(keys, gradients_of(gradients), strict=True))
        for key in lone:
            gradients[key] = gradients[key][None]
        return loss, gradients

    return kernel_of


def kernel(model_name: str, params: Arrays, batch: Arrays, backend: Backend = "auto") -> tuple[Any, dict[str, np.ndarray]]:
    """The loss and its gradients by the arrays of `params`."""
    return adapted(model_name, backend)(params, batch)
