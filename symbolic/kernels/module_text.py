"""The text of a generated module around its computation: what it takes, its checks, its helpers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .. import language as L
from .declarations import Array, Declarations, Leg
from .formula import formula, harmless
from .helpers import TAKE, helper

Functions = list[tuple[L.Fun, str]]
"""The abstract functions of a model and their names in the code."""

CONTRACTS = {
    "elementwise": "{0}: f(x) and f'(x) entry by entry",
    "scalar": "{0}: a number and the gradient for each vector x, (..., n) to (...) and to (..., n)",
    "vector": "{0}: a vector and the Jacobian for each vector x, (..., n) to (..., m) and to (..., m, n)",
}
"""What the caller's pair of functions returns, by the kind of an abstract function."""


def module(made: Declarations, functions: Functions, used: set[str], body: Sequence[str], assumes: Sequence[str]) -> str:
    """The module with this body of `loss_and_gradients`; `used`: names of helpers and sizes that the body needs."""
    signature = "params, batch, functions" if functions else "params, batch"
    helpers = sorted(used - set(made.sizes.values()))
    text = _indented([*_told(functions), *_arguments(made, functions, used), "", *body])
    parts = [
        docstring(made, assumes), "import numpy as np\n", shapes(made),
        *(f"\n{helper(name)}" for name in helpers), f"\n{TAKE}", f"\ndef loss_and_gradients({signature}):\n{text}\n",
    ]  # fmt: skip
    return "\n".join(parts)


def abstract_functions(made: Declarations) -> Functions:
    """The abstract functions in the model's equations, each under a new name."""
    found = {f.name: f for e in made.model.equations for f in e.right.atoms(L.Fun) if f.kind}
    return [(found[name], made.names.new("f", name)) for name in sorted(found)]


def quoted(text: str | int) -> str:
    """A string or a number as a constant in the code.

    >>> quoted('a"b')
    '"a\\\\"b"'
    """
    return json.dumps(text)


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"    {line}" if line else "" for line in lines)


def data_arrays(made: Declarations) -> list[Array]:
    return [*made.data.values(), *made.initial.values()]


def docstring(made: Declarations, assumes: Sequence[str]) -> str:
    model = made.model
    lines = [f'"""{harmless(model.title or model.name)}: the loss and its gradients, in NumPy.', ""]
    lines += [f"    {formula(e.left)} = {formula(e.right)}" for e in model.equations]
    lines += ["", f"{'T steps, ' if model.indices else ''}B samples; the loss is summed over the samples.", ""]
    if assumes:
        lines += [f"The loss and the gradients assume {harmless(', '.join(assumes))}.", ""]
    for kind, arrays in (("params", list(made.parameters.values())), ("batch", data_arrays(made))):
        lines.append(f"{kind}:")
        for a in arrays:
            axes = ", ".join(s if isinstance(s, str) else "+".join(map(str, s)) for s in a.shape)
            lines.append(harmless(f"    {a.key}: ({axes}){' (zero if not given)' if a.optional else ''}"))
    lines += ["", *made.notes] if made.notes else []
    return "\n".join([*lines, '"""', ""])


def _told(functions: Functions) -> list[str]:
    """The docstring of the function."""
    lines = ['"""The loss summed over the samples, and its gradient by each parameter (a dict like `params`).', ""]
    if functions:
        lines.append("functions: pairs (value, derivative) by name; the last axes of what they take are the entries:")
    for fun, _ in functions:
        call = f"{harmless(fun.name)}(x{', t' if fun.at else ''})"
        lines.append(f"    {CONTRACTS[fun.kind].format(call)}")
        if fun.at:
            lines.append("        t is the number of the step and broadcasts against the leading axes of x")
    lines += [""] if functions else []
    lines.append("The results have the precision of the parameters.  ValueError for an array of another shape.")
    return [*lines, '"""']


def shapes(made: Declarations) -> str:
    lines = []
    for table, arrays in (("PARAMETERS", list(made.parameters.values())), ("DATA", data_arrays(made))):
        lines.append(f"{table} = {{{', '.join(f'{quoted(a.key)}: {_legs(a.shape)}' for a in arrays)}}}")
    lines.append(f"OPTIONAL = ({''.join(f'{quoted(a.key)}, ' for a in made.initial.values())})")
    return "\n".join(lines) + "\n"


def _legs(shape: Sequence[Leg | int]) -> str:
    """Axes as a tuple in the code."""
    texts = [_legs(s) if isinstance(s, tuple) else quoted(s) for s in shape]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _arguments(made: Declarations, functions: Functions, used: set[str]) -> list[str]:
    """The checks, and a name for every array and size."""
    lines = [
        "dtype = np.result_type(*(np.asarray(a) for a in params.values()))",
        'given = take("parameter", params, PARAMETERS, (), dtype) | take("data", batch, DATA, OPTIONAL, dtype)',
        "sizes = measured(given)",
    ]
    for kind, arrays in (("parameter", list(made.parameters.values())), ("data", data_arrays(made))):
        lines += [f'{a.name} = given["{kind}", {quoted(a.key)}]' for a in arrays]
    names = {"B": "B", **({"T": "T"} if made.model.time else {})}
    names |= {made.sizes[s]: made.told(key) for s, key in made.size_keys.items() if made.sizes[s] in used}
    lines += [f"{name} = sizes[{quoted(key)}]" for name, key in names.items()]
    if made.model.time:
        lines += ["if T < 1:", '    raise ValueError(f"a sequence has at least one step, not {T}")']
    return lines + [f"{name}_0, {name}_1 = functions[{quoted(fun.name)}]" for fun, name in functions]
