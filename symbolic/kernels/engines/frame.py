"""What an engine's module has around its two passes: what it takes, the formulas, the checks of its arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ... import language as L
from ..declarations import Declarations
from ..flow import Contribution
from ..formula import formula, harmless
from ..module_text import CONTRACTS, Functions, data_arrays, quoted
from ..program import Program

Adjoints = Mapping[str, Sequence[Contribution]]

NEEDED = '''try:
    {imports}
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("this kernel computes with {name}: pip install {package}", name=error.name) from None
'''

WIDTH = 110
"""The length of a line in a kernel, where there is a choice."""

STATES = "The loss, and the values after the last step, which begin the next part of a sequence; they count as constants."

CHECKED = '''def checked(params, batch):
    """All arrays in the precision of the parameters, zeros for what is optional; ValueError for a wrong key or shape."""
    kinds = (("parameter", params, PARAMETERS), ("data", batch, DATA))
    for kind, given, expected in kinds:
        for name in given:
            if name not in expected:
                raise ValueError(f"{kind} {name} is not known; known are {', '.join(expected)}")
        for name in expected:
            if name not in given and name not in OPTIONAL:
                raise ValueError(f"{kind} {name} is missing; needed are {', '.join(expected)}")
    precision = precision_of(params)
    found = [{name: in_precision(a, precision) for name, a in given.items()} for given in (params, batch)]
    sizes = {}
    for given, (_, _, expected) in zip(found, kinds):
        for name, array in given.items():
            if array.ndim == len(expected[name]):
                for number, leg in zip(array.shape, expected[name]):
                    if isinstance(leg, str):
                        sizes.setdefault(leg, number)
                    elif leg[0] == "T":  # steps, with values before the first one
                        sizes.setdefault("T", number - leg[1])

    def shape(legs):
        parts = [(leg,) if isinstance(leg, str) else leg for leg in legs]
        return tuple(sum(sizes.get(a, 0) if isinstance(a, str) else a for a in leg) for leg in parts)

    for given, (kind, _, expected) in zip(found, kinds):
        for name, array in given.items():
            if tuple(array.shape) != shape(expected[name]):
                named = " x ".join(s if isinstance(s, str) else "+".join(map(str, s)) for s in expected[name]) or "scalar"
                told = f" = {shape(expected[name])}" if expected[name] else ""
                raise ValueError(f"{kind} {name}: expected shape {named}{told}, found {tuple(array.shape)}")
    if sizes.get("T", 1) < 1:
        raise ValueError(f"a sequence has at least one step, not {sizes['T']}")
    zero = {name: zeros(shape(DATA[name]), precision) for name in OPTIONAL if name not in batch}
    return found[0], found[1] | zero
'''


def docstring(made: Declarations, functions: Functions, engine: str, use: Sequence[str]) -> str:
    """The module's docstring: the forward equations, names and shapes, how it is used."""
    model = made.model
    lines = [f'"""{harmless(model.title or model.name)}: the loss and its gradients, in {engine}.', ""]
    lines += [f"    {formula(e.left)} = {formula(e.right)}" for e in model.equations]
    steps = "T steps, " if model.indices else ""
    lines += ["", f"{steps}B samples; the loss is summed over the samples.  The backward pass is that of the derivation,"]
    lines += [f"not {engine}'s own; it assumes nothing of the data.", ""]
    for kind, arrays in (("params", list(made.parameters.values())), ("batch", data_arrays(made))):
        lines.append(f"{kind}:")
        for a in arrays:
            axes = ", ".join(s if isinstance(s, str) else "+".join(map(str, s)) for s in a.shape)
            lines.append(harmless(f"    {a.key}: ({axes}){' (zero if not given)' if a.optional else ''}"))
    if functions:
        lines += ["functions: pairs (value, derivative) by name; the last axes of what they take are the entries:"]
        for fun, _ in functions:
            call = f"{harmless(fun.name)}(x{', t' if fun.at else ''})"
            lines.append(f"    {CONTRACTS[fun.kind].format(call)}")
            if fun.at:
                lines.append("        t is the number of the step and broadcasts against the leading axes of x")
    return "\n".join([*lines, "", *use, '"""', ""])


def recurrences(made: Declarations, adjoints: Adjoints, wanted: Iterable[str]) -> list[str]:
    """The rules of the adjoints, a line for each summand."""
    families, time = made.model.families, made.model.time
    lines = []
    for name in wanted:
        parts = []
        for term, _, condition in adjoints[name]:
            where = f"[{condition.args[1]} {condition.op} {condition.args[2]}] " if condition is not None else ""
            text = formula(term)
            parts.append(harmless(where) + (f"({text})" if where and isinstance(term, L.Plus) else text))
        left = f"    {formula(L.Adjoint(families[name].var))}"
        lines.append(f"{left} = {parts[0] if parts else '0'}")
        lines += [f"{' ' * len(left)} + {part}" for part in parts[1:]]
    if time and any(offset for name in wanted for _, offset, _ in adjoints[name]):
        lines.append(f"    and zero beyond the last step {harmless(str(time.upper))}")
    return lines


def comments(made: Declarations, program: Program) -> dict[str, str]:
    """Buffer -> the formula of what it holds."""
    told = {b.name: harmless(b.told) for b in program.buffers.values() if b.told and b.kind in ("work", "gradient", "loss")}
    for e in made.model.equations:
        name = made.held["value", e.left.name].name
        if name in told:
            told[name] = f"{formula(e.left)} = {formula(e.right)}"
    return told


def functions_of(functions: Functions) -> list[str]:
    """The names of the functions that the caller gives."""
    return [f"{name}_0, {name}_1 = functions[{quoted(fun.name)}]" for fun, name in functions]


def listed(first: str, items: Sequence[str], last: str) -> list[str]:
    """Items between commas, in lines that are not too long.

    >>> listed("f(", ["a", "b"], ")")
    ['f(a, b)']
    """
    line = f"{first}{', '.join(items)}{last}"
    if len(line) <= WIDTH:
        return [line]
    lines, row = [first], "   "
    for item in items:
        if len(row) + len(item) + 2 > WIDTH:
            lines, row = [*lines, row], "   "
        row += f" {item},"
    return [*lines, row, last.removeprefix(",")]


def indented(lines: Iterable[str], by: int = 1) -> str:
    return "\n".join(f"{'    ' * by}{line}" if line else "" for line in lines)
