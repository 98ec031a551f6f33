"""Kernels in JAX: the backward pass of the derivation as a `custom_vjp`, recurrences as `lax.scan`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy.core.basic import Basic

from ...model import Model
from ..flow import Contribution
from ..module_text import quoted, shapes
from .frame import CHECKED, NEEDED, STATES, docstring, functions_of, indented, listed
from .jax_pass import JaxPass
from .parts import Parts, parts
from .values import Engine

JAX = Engine(
    "JAX", "jnp",
    functions={
        "tanh": "jnp.tanh({x})",
        "sigmoid": "jax.nn.sigmoid({x})",
        "relu": "jnp.maximum({x}, 0)",
        "step": "jnp.sign(jnp.maximum({x}, 0))",
        "softplus": "jax.nn.softplus({x})",
        "exp": "jnp.exp({x})",
        "log": "jnp.log({x})",
        "sqrt": "jnp.sqrt({x})",
        "reciprocal": "1 / {a}",
    },
    rows={
        "sum": "{a}.sum(-1)",
        "max": "{a}.max(-1)",
        "logsumexp": "jax.nn.logsumexp({x}, -1)",
        "shifted": "shifted({x})",
    },
)  # fmt: skip

SHIFTED = '''def shifted(x):
    """Each row less its largest entry, which changes no softmax; that entry counts as a constant."""
    return x - lax.stop_gradient(x.max(-1, keepdims=True))
'''

ARRAYS = '''def precision_of(params):
    """The common precision of the parameters."""
    dtype = jnp.result_type(*(jnp.asarray(a) for a in params.values()))
    if not jnp.issubdtype(dtype, jnp.floating):
        raise ValueError(f"the parameters are floating-point numbers, not {dtype}")
    return dtype


def in_precision(array, precision):
    return jnp.asarray(array, precision)


def zeros(shape, precision):
    return jnp.zeros(shape, precision)
'''

USE = (
    "loss(params, batch) is differentiable by every array that it is given: jax.grad(loss)(params, batch), argnums=(0, 1) for",
    "the gradient of the batch too; jax.jit and jax.vmap apply, and a batch may lie on several devices along its axis B.",
    'Double precision needs jax.config.update("jax_enable_x64", True).',
)


def jax_kernel(
    model: Model, adjoints: Mapping[str, Iterable[Contribution]], gradients: Mapping[str, Basic]
) -> str:
    """The source of a module with `loss(params, batch)` and `loss_and_gradients(params, batch)`.

    What is taken, and what is raised, as in `numpy_kernel`; the gradients assume nothing of the data.
    """
    p = parts(model, adjoints, gradients, JAX)
    forward, backward = _forward(p), _backward(p)
    helpers = [SHIFTED] if any("shifted(" in line for line in (*forward, *backward)) else []
    imports = "import jax\n    import jax.numpy as jnp\n    from jax import lax"
    also = ", functions" if p.functions else ""
    texts = [
        docstring(p.made, p.functions, "JAX", USE),
        NEEDED.format(imports=imports, name="JAX", package="jax"),
        shapes(p.made),
        *(f"\n{h}" for h in helpers),
        f"\n{ARRAYS}", f"\n{CHECKED}",
        f"\ndef forward(params, batch{also}):\n{indented(forward)}\n",
        f"\ndef backward({'functions, ' if also else ''}kept, {'scales' if p.states else 'scale'}):\n{indented(backward)}\n",
        "\n@partial(jax.custom_vjp, nondiff_argnums=(2,))" if also else "\n@jax.custom_vjp",
        f"def loss_of(params, batch{also}):\n    return forward(params, batch{also})[0]\n",
        "\nloss_of.defvjp(forward, backward)\n",
        *(_loss_and_states(also) if p.states else _loss(also)),
        f"\ndef loss_and_gradients(params, batch{also}):\n" + indented([
            '"""The loss, and its gradient by each parameter (a dict like `params`)."""',
            "params, batch = checked(params, batch)",
            f"return jax.value_and_grad(loss)(params, batch{also})",
        ]) + "\n",
    ]  # fmt: skip
    if also:
        texts.insert(1, "from functools import partial\n")
    return "\n".join(texts)


def _loss(also: str) -> list[str]:
    return [
        f"\ndef loss(params, batch{also}):\n"
        + indented(['"""The loss, summed over the samples."""', f"return loss_of(*checked(params, batch){also})"]) + "\n",
    ]  # fmt: skip


def _loss_and_states(also: str) -> list[str]:
    return [
        f"\ndef loss(params, batch{also}):\n" + indented([
            '"""The loss, summed over the samples."""', f"return loss_and_states(params, batch{also})[0]",
        ]) + "\n",
        f"\ndef loss_and_states(params, batch{also}):\n" + indented([
            f'"""{STATES}"""',
            f"value, states = loss_of(*checked(params, batch){also})",
            "return value, lax.stop_gradient(states)",
        ]) + "\n",
    ]  # fmt: skip


def _forward(p: Parts) -> list[str]:
    written = JaxPass(p.program, p.values, p.told, p.arrays, p.first, p.states.values())
    lines = written.written(p.halves.forward)
    states = [f"{quoted(key)}: {written.read(r).text}" for key, r in p.states.items()]
    result = f"({p.program.loss}, states)" if states else p.program.loss
    return [
        '"""The loss, and what the backward pass needs."""',
        *_arrays(p), *functions_of(p.functions), *written.measured(), *lines,
        *(listed("states = {", states, "}") if states else []),
        *listed("kept = (", p.halves.kept, ",)"), f"return {result}, kept",
    ]  # fmt: skip


def _backward(p: Parts) -> list[str]:
    written = JaxPass(p.program, p.values, p.told, p.halves.kept, p.first)
    lines = written.written(p.halves.backward)
    weights = len(p.made.parameters)
    scaled = [f"{quoted(key)}: scale * {name}" for key, name in zip(p.keys, p.results, strict=True)]
    return [
        '"""The gradient by each array of params and of batch, times the number `scale`.', "", *p.rules, '"""',
        *listed("(", p.halves.kept, ",) = kept"), *(["scale, _ = scales"] if p.states else []),
        *functions_of(p.functions), *written.measured(), *lines,
        *listed("params = {", scaled[:weights], "}"), *listed("batch = {", scaled[weights:], "}"),
        "return params, batch",
    ]  # fmt: skip


def _arrays(p: Parts) -> list[str]:
    weights = len(p.made.parameters)
    return [
        f"{name} = {'params' if i < weights else 'batch'}[{quoted(key)}]"
        for i, (name, key) in enumerate(zip(p.arrays, p.keys, strict=True))
    ]
