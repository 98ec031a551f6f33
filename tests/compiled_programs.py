"""Programs and arguments for the tests of the compiled back end."""

from functools import cache

import numpy as np
from network_examples import functions, gru, lstm, stacked

from derivations import relu_classifier, sigmoid_rnn, tanh_rnn
from symbolic.derivation import derive
from symbolic.kernels.blocks import with_blocks
from symbolic.kernels.building import program_of

NETWORKS = {
    "tanh_rnn": lambda: tanh_rnn.MODEL,
    "sigmoid_rnn": lambda: sigmoid_rnn.MODEL,
    "relu_classifier": lambda: relu_classifier.MODEL,
    "lstm": lstm,
    "gru": gru,
    "stacked": stacked,
    "functions": functions,
}


BLOCKS = {
    "lstm in blocks": ("lstm", {"W": [f"W_{s}" for s in "ifog"], "U": [f"U_{s}" for s in "ifog"], "b": [f"b_{s}" for s in "gofi"]}),
    "gru in blocks": ("gru", {"W": ["W_z", "W_r", "W_g"], "U": ["U_r", "U_z"], "b": ["b_z", "b_r", "b_g"]}),
}
"""Programs whose weights are rows of arrays."""


@cache
def program(name):
    if name in BLOCKS:
        base, stacked = BLOCKS[name]
        return with_blocks(program(base), stacked)
    model = NETWORKS[name]()
    derivation = derive(model, assume=False)
    rules = derivation.adjoints.items()
    parts = {key: [(c.term, c.offset, c.condition) for c in rule.contributions] for key, rule in rules}
    made = program_of(model, parts, derivation.gradients)
    return made[0] if isinstance(made, tuple) else made


def arguments(found, sizes, T, B, dtype=np.float64, seed=0, scale=1.0):
    """Random parameters and data; `sizes` in the order of the program's own sizes, repeated."""
    g = np.random.default_rng(seed)
    lengths = {code: sizes[i % len(sizes)] for i, code in enumerate(found.sizes)}

    def length(leg):
        return leg if isinstance(leg, int) else lengths[leg] if isinstance(leg, str) else sum(map(length, leg))

    params, batch = {}, {}
    for b in found.buffers.values():
        if b.inside is None and b.kind in ("parameter", "data"):
            shape = (*([T + b.before] if b.time else []), *([B] if b.batch else []), *map(length, b.legs))
            factor = scale / np.sqrt(shape[-1]) if b.kind == "parameter" and b.rank else 1.0
            (params if b.kind == "parameter" else batch)[b.key] = np.asarray(factor * g.standard_normal(shape), dtype)
    return params, batch


def largest_difference(found, expected):
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-300))
