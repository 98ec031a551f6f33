"""Kernels in PyTorch: the two passes of the derivation as a `torch.autograd.Function`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy.core.basic import Basic

from ...model import Model
from ..flow import Contribution
from ..module_text import quoted, shapes
from .frame import CHECKED, NEEDED, STATES, docstring, functions_of, indented, listed
from .halves import exclusive
from .parts import Parts, parts
from .torch_pass import TorchPass
from .values import Engine

TORCH = Engine(
    "PyTorch", "torch",
    functions={
        "tanh": "torch.tanh({x})",
        "sigmoid": "torch.sigmoid({x})",
        "relu": "torch.relu({x})",
        "step": "step({x})",
        "softplus": "softplus({x})",
        "exp": "torch.exp({x})",
        "log": "torch.log({x})",
        "sqrt": "torch.sqrt({x})",
        "reciprocal": "1 / {a}",
    },
    rows={
        "sum": "{a}.sum(-1)",
        "max": "{a}.amax(-1)",
        "logsumexp": "torch.logsumexp({x}, -1)",
        "shifted": "shifted({x})",
    },
)  # fmt: skip

HELPERS = {
    "softplus": '''def softplus(x):
    """log(1 + exp(x))."""
    return -torch.nn.functional.logsigmoid(-x)
''',
    "shifted": '''def shifted(x):
    """Each row less its largest entry, which changes no softmax."""
    return x - x.amax(-1, keepdim=True)
''',
    "step": '''def step(x):
    """1 where x > 0, 0 elsewhere, nan where x is nan."""
    return torch.where(x.isnan(), x, (x > 0).to(x.dtype))
''',
}

ARRAYS = '''def precision_of(params):
    """The common precision of the parameters, and the device of the first one."""
    tensors = [torch.as_tensor(a) for a in params.values()]
    dtype = tensors[0].dtype
    for a in tensors[1:]:
        dtype = torch.promote_types(dtype, a.dtype)
    if not dtype.is_floating_point:
        raise ValueError(f"the parameters are floating-point numbers, not {dtype}")
    return {"dtype": dtype, "device": tensors[0].device}


def in_precision(array, precision):
    return torch.as_tensor(array, **precision)


def zeros(shape, precision):
    return torch.zeros(shape, **precision)
'''

USE = (
    "loss(params, batch) is differentiable by every tensor that it is given: loss(params, batch).backward().",
)


def torch_kernel(
    model: Model, adjoints: Mapping[str, Iterable[Contribution]], gradients: Mapping[str, Basic]
) -> str:
    """The source of a module with `loss(params, batch)` and `loss_and_gradients(params, batch)`.

    What is taken, and what is raised, as in `numpy_kernel`; the gradients assume nothing of the data.
    """
    p = parts(model, adjoints, gradients, TORCH)
    forward, backward = _forward(p), _backward(p)
    helpers = [text for name, text in HELPERS.items() if any(f"{name}(" in line for line in (*forward, *backward))]
    also = ", functions" if p.functions else ""
    applied = f"Loss.apply({'functions, ' if also else ''}*arrays)"
    arrays = [
        "params, batch = checked(params, batch)",
        "arrays = [params[name] for name in PARAMETERS] + [batch[name] for name in DATA]",
    ]
    imports = "import torch\n    from torch.autograd.function import once_differentiable"
    return "\n".join([
        docstring(p.made, p.functions, "PyTorch", USE),
        NEEDED.format(imports=imports, name="PyTorch", package="torch"),
        shapes(p.made),
        *(f"\n{h}" for h in helpers),
        f"\n{ARRAYS}", f"\n{CHECKED}",
        "\nclass Loss(torch.autograd.Function):",
        '    """The loss with the backward pass of the derivation."""\n',
        "    @staticmethod",
        f"    def forward(ctx, {'functions, ' if also else ''}{', '.join(p.arrays)}):\n{indented(forward, 2)}\n",
        "    @staticmethod", "    @once_differentiable",
        f"    def backward(ctx, scale{', *_' if p.states else ''}):\n{indented(backward, 2)}\n",
        f"\ndef loss(params, batch{also}):\n" + indented([
            '"""The loss, summed over the samples."""',
            *([f"return loss_and_states(params, batch{also})[0]"] if p.states else [*arrays, f"return {applied}"]),
        ]) + "\n",
        *([f"\ndef loss_and_states(params, batch{also}):\n" + indented([
            f'"""{STATES}"""', *arrays, f"value, *states = {applied}", f"return value, dict(zip({_keys(p)}, states))",
        ]) + "\n"] if p.states else []),
        f"\ndef loss_and_gradients(params, batch{also}):\n" + indented([
            '"""The loss, and its gradient by each parameter (a dict like `params`)."""',
            "params, batch = checked(params, batch)",
            "params = {name: a.detach().requires_grad_() for name, a in params.items()}",
            f"value = loss(params, batch{also})",
            "return value.detach(), dict(zip(params, torch.autograd.grad(value, list(params.values()))))",
        ]) + "\n",
    ])  # fmt: skip


def _keys(p: Parts) -> str:
    return f"({', '.join(map(quoted, p.states))},)"


def _forward(p: Parts) -> list[str]:
    written = TorchPass(p.program, p.values, p.told, p.arrays, p.first)
    lines = written.written(p.halves.forward)
    keeps = ["ctx.functions = functions"] if p.functions else []
    states = [f"{written.read(r).text}.clone()" for r in p.states.values()]
    marked = [*listed("states = (", states, ",)"), "ctx.mark_non_differentiable(*states)"] if states else []
    return [
        '"""The loss; what the backward pass needs is kept."""', *functions_of(p.functions), *written.measured(), *lines,
        *listed("ctx.save_for_backward(", p.halves.kept, ")"), *keeps, *marked,
        f"return {p.program.loss}, *states" if states else f"return {p.program.loss}",
    ]  # fmt: skip


def _backward(p: Parts) -> list[str]:
    """What one result alone needs is computed where that result is wanted."""
    operations, own = p.halves.backward, exclusive(p.halves.backward, p.results)
    written = TorchPass(p.program, p.values, p.told, p.halves.kept, p.first)
    common = written.written(o for i, o in enumerate(operations) if len(own[i]) != 1)
    extra = 1 if p.functions else 0
    wanted = []
    for j, name in enumerate(p.results):
        alone = written.written(o for i, o in enumerate(operations) if own[i] == {j})
        lines = [*alone, f"gradients[{j + extra}] = scale * {name}"]
        wanted += [f"if ctx.needs_input_grad[{j + extra}]:", *(f"    {line}" for line in lines)]
    functions = ["functions = ctx.functions", *functions_of(p.functions)] if p.functions else []
    return [
        '"""The gradient by each tensor, times the number `scale`, None where it is not asked for.', "", *p.rules, '"""',
        *listed("(", p.halves.kept, ",) = ctx.saved_tensors"), *functions, *written.measured(), *common,
        f"gradients = [None] * {len(p.results) + extra}", *wanted, "return tuple(gradients)",
    ]  # fmt: skip
