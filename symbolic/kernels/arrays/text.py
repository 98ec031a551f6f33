"""The module of a program in NumPy.

A workspace holds the arrays for one set of shapes and one precision and the views of every step, made once.  A call takes
a workspace that nobody uses and gives it back at its end, so that calls may run side by side; what it returns is new.
Where a program can also be written with fewer and longer products (see `joining`), both stand in the module: that one
serves single samples with short vectors.
"""

from __future__ import annotations

from ..declarations import Array, Declarations
from ..helpers import HELPERS, TAKE
from ..module_text import docstring, quoted, shapes
from ..program import Buffer, Program, checked
from .calls import Guarded, Line, LoopLines, View, Written, root
from .lines import Writer
from .memory import shared_arrays, sums_early
from .views import Views, length

FUNCTIONS = {
    "dot": "{0}.dot({1}, {out})",
    "sum_all": "add_reduce({0})",
    "sum_steps": "add_reduce({0}, 0, None, {out})",
    "rows_max": "maximum_reduce({0}, 1, None, {out})",
    "shift_rows": "shift_rows({out})",
    "logsumexp": "{out}[...] = logsumexp({0})",
    "positive": "{out}[...] = {0}",
}
"""Calls that are not written as fun(arguments, out), with what takes the least time for small arrays."""

FRESH = {
    "dot": "{0}.dot({1})",
    "turned_dot": "{0}.dot({1}).T",
    "sum_all": "add_reduce({0})",
    "sum_steps": "add_reduce({0}, 0)",
    "rows_max": "maximum_reduce({0}, 1)",
    "logsumexp": "logsumexp({0})",
}
"""The same for results that are new arrays."""

INFIX = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "negative": "-{0}",
    "positive": "{0} + 0",
}
"""Calls on numbers, for which an operator is quicker."""

HEAD = """add, divide, exp, heaviside = np.add, np.divide, np.exp, np.heaviside
log, logaddexp, matmul, maximum, multiply, negative, positive, power = (
    np.log, np.logaddexp, np.matmul, np.maximum, np.multiply, np.negative, np.positive, np.power
)
sign, sqrt, subtract, tanh = np.sign, np.sqrt, np.subtract, np.tanh
add_reduce, maximum_reduce, minimum_reduce = np.add.reduce, np.maximum.reduce, np.minimum.reduce
"""

SHIFT_ROWS = '''def shift_rows(x):
    """Subtract from every row its largest entry, in place, unless the entries are small enough for exp as they are."""
    entries = x.reshape(-1)
    if entries.dot(entries) < 400:  # so that none is larger than 20
        return
    if not (maximum_reduce(entries) < 20 and minimum_reduce(entries) > -20):
        subtract(x, maximum_reduce(x, -1, None, None, True), x)
'''

STEPS = '''def steps(array):
    """The slots of an array one by one, without the axis of samples if there is one sample."""
    return [slot[0] for slot in array] if array.shape[1] == 1 else list(array)
'''

POOLS = '''KEPT = 16
workspaces = {}


def pool(key, run, sizes):
    """The function, the sizes and the workspaces that are not in use for these shapes and this precision."""
    while len(workspaces) >= KEPT:
        workspaces.pop(next(iter(workspaces)), None)
    return workspaces.setdefault(key, (run, sizes, []))
'''

SHORT = 64
"""The longest vector for which a longer product costs less than a call."""


def numpy_module(program: Program, made: Declarations, assumes: tuple[str, ...] = (), few: Program | None = None) -> str:
    """The source of a module with `loss_and_gradients(params, batch)`; `few`: the program with joined products."""
    variants = [_Variant(checked(program), made, "")]
    if few is not None:
        variants.append(_Variant(checked(few), made, "few_", single=True))
    return _module(variants, made, assumes)


def _module(variants: list[_Variant], made: Declarations, assumes: tuple[str, ...]) -> str:
    functions = [v.source() for v in variants]
    used = set().union(*(v.used for v in variants))
    expressions = [e for v in variants for e in (*v.views.made.values(), *v.views.called.values(), *v.views.lists.values())]
    helpers = [HELPERS["logsumexp"]] if "logsumexp" in used else []
    helpers += [SHIFT_ROWS] if "shift_rows" in used else []
    helpers += [STEPS] if any(v.views.lists for v in variants) else []
    helpers += [_SINGLE] if any("single(" in e for e in expressions) else []
    parts = [
        docstring(made, list(assumes)), "import numpy as np\n", HEAD, shapes(made), *(f"\n{h}" for h in helpers),
        f"\n{TAKE}", f"\n{POOLS}", f"\n{_slow(variants[0].program, made, len(variants) > 1)}", *(f"\n{f}" for f in functions),
        f"\ndef loss_and_gradients(params, batch):\n{_indented([_TOLD, *_arguments(made)])}\n",
    ]  # fmt: skip
    return "\n".join(parts)


def _arrays(made: Declarations) -> tuple[list[Array], list[Array], list[Array]]:
    """Parameters, data, and what may be missing."""
    return list(made.parameters.values()), list(made.data.values()), list(made.initial.values())


def _names(made: Declarations) -> str:
    return ", ".join(a.name for some in _arrays(made) for a in some)


def _arguments(made: Declarations) -> list[str]:
    """Arrays of the expected kind and known shapes go straight to a workspace."""
    params, data, optional = _arrays(made)
    one, required = params[0].name, [*params, *data]
    same = " is ".join(f"{a.name}.dtype" for a in required)
    absent = "".join(f" and ({a.name} is None or {a.name}.dtype is {one}.dtype)" for a in optional)
    known = [f"{a.name}.shape" for a in required] + [f"{a.name} is not None and {a.name}.shape" for a in optional]
    given = "".join(f" + ({a.name} is not None)" for a in optional)
    names = _names(made)
    return [
        "try:",
        *(f"    {a.name} = params[{quoted(a.key)}]" for a in params),
        *(f"    {a.name} = batch[{quoted(a.key)}]" for a in data),
        *(f"    {a.name} = batch.get({quoted(a.key)})" for a in optional),
        f"    plain = len(params) == {len(params)} and len(batch) == {len(data)}{given} and {same}{absent}",
        f"    run, sizes, free = workspaces[{one}.dtype, {', '.join(known)}] if plain else None",
        "except (KeyError, TypeError, AttributeError):",
        f"    ({names},), run, sizes, free = arguments(params, batch)",
        f"return run({names}, sizes, free)",
    ]


def _slow(program: Program, made: Declarations, two: bool) -> str:
    params, data, optional = _arrays(made)
    keys = [*(["T"] if program.timed else []), "B", *(made.told(k) for k in program.sizes.values())]
    sizes = [f"sizes[{quoted(key)}]" for key in keys]
    kinds = (("parameter", params), ("data", [*data, *optional]))
    given = ", ".join(f"({quoted(kind)}, {quoted(a.key)})" for kind, some in kinds for a in some)
    short = [
        'if sizes["T"] < 1:',
        """    raise ValueError(f"a sequence has at least one step, not {sizes['T']}")""",
    ]
    longest = ", ".join(sizes[1 + program.timed :])
    few = f'few_calls if sizes["B"] == 1 and max({longest}, 0) <= {SHORT} else computed' if two else "computed"
    lines = [
        '"""The arrays in one precision, checked; the function, the sizes, and the workspaces for them."""',
        "dtype = np.result_type(*(np.asarray(a) for a in params.values()))",
        'given = take("parameter", params, PARAMETERS, (), dtype) | take("data", batch, DATA, OPTIONAL, dtype)',
        "sizes = measured(given)",
        *(short if program.timed else []),
        f"arrays = tuple(given[key] for key in ({given},))",
        f"required = arrays[:{len(params) + len(data)}]",
        "key = (dtype, *(a.shape for a in required), *(a is not None and a.shape for a in arrays[len(required):]))",
        f"run = {few}",
        f"return arrays, *pool(key, run, ({', '.join(sizes)}, dtype))",
    ]
    return f"def arguments(params, batch):\n{_indented(lines)}\n"


class _Variant:
    """A program as a function, and the function that makes its workspace."""

    def __init__(self, program: Program, made: Declarations, prefix: str, single: bool = False):
        self.program, self.made, self.prefix = program, made, prefix
        self.writer = Writer(program, single=single)
        self.registers = self.writer.registers
        self.written = sums_early(self.writer.all(), self.registers)
        home = shared_arrays(self.written, self.registers)
        self.home = {n: h for n, h in home.items() if not (self.registers[n].given or self.registers[n].fresh)}
        self.views = Views(self.registers, self.home)
        self.loops: list[str] = []
        self.unpacked: list[str] = []
        self.used: set[str] = set()

    def source(self) -> str:
        """Both functions."""
        body: list[str] = []
        for w in self.written:
            body += self._written(w)
        gradients = self.program.gradients.items()
        results = ", ".join(f"{quoted(key)}: {self._result(name)}" for key, name in gradients)
        workspace = self._workspace()
        # an array under its own name but in another shape comes last: the other views are of the array as it is given
        views = sorted(self.views.called.items(), key=lambda view: view[0] in self.views.registers)
        called = [f"{name} = {expression}" for name, expression in views]
        name = "few_calls" if self.prefix else "computed"
        told = '"""The same with longer products and fewer calls, for one sample and short vectors."""'
        told = told if self.prefix else '"""The loss and the gradients, in a workspace of these sizes."""'
        lines = [told, *self._taken(), *called, *body, "free.append(work)", f"return {self.program.loss}, {{{results}}}"]
        return f"{workspace}\n\ndef {name}({_names(self.made)}, sizes, free):\n{_indented(lines)}\n"

    def _result(self, name: str) -> str:
        """A gradient for the caller: what lives in the workspace is copied."""
        text = self.views.text(View(name, "matrix"))
        return text if self.registers[name].fresh else f"{text}.copy()"

    def _taken(self) -> list[str]:
        """A workspace that nobody uses, and its parts."""
        lines = []
        cut = any(g.inside and (g.fresh or g.given) for g in self.registers.values())
        if any(isinstance(w, Guarded) for w in self.written) or "full" in self.used or cut:
            lines.append(f"{', '.join(self._sizes())}, dtype = sizes")
        lines += [
            "try:",
            "    work = free.pop()",
            "except IndexError:",
            f"    work = {self.prefix}workspace(*sizes)",
            f"({', '.join(self.unpacked)},) = work",
        ]
        for a in self._optional():
            lines += [f"if {a.name} is None:", f"    {a.name} = {a.name}_zero"]
        return lines

    # Lines.

    def _written(self, w: Written) -> list[str]:
        if isinstance(w, Line):
            return self._line(w)
        if isinstance(w, Guarded):
            return [f"if T >= {w.shortest}:", *(f"    {t}" for line in w.lines for t in self._line(line))]
        return self._loop(w)

    def _line(self, line: Line, names: dict[View, str] | None = None) -> list[str]:
        names = names or {}

        def text(v: object) -> str:
            found = names.get(v) if isinstance(v, View) else None
            return found if found is not None else self.views.text(v)  # type: ignore[arg-type]

        self.used.add(line.fun)
        args = [text(a) for a in line.args]
        comment = [f"# {line.comment}"] if line.comment else []
        g = self.registers[line.out.register]
        if line.fun == "full":
            legs = ", ".join(length(leg) for leg in g.legs)
            self.used |= {leg for leg in g.legs if isinstance(leg, str)}
            return [*comment, f"{g.name} = np.full(({legs},), {args[0]})"]
        if g.fresh and not g.legs and line.fun in INFIX:
            return [*comment, f"{g.name} = {INFIX[line.fun].format(*args)}"]
        fun = line.fun
        if fun == "dot" and not g.fresh and self.views.part(g.name):  # dot writes into whole arrays only
            fun = "matmul"
        if g.fresh:
            call = FRESH.get(fun, "{fun}({args})").format(*args, fun=fun, args=", ".join(args))
            return [*comment, f"{g.name} = {call}"]
        out = text(line.out)
        if fun in FUNCTIONS:
            return [*comment, FUNCTIONS[fun].format(*args, out=out)]
        weights = g.inside and len(g.legs) == 2 and not (g.time or g.batch)
        if self.prefix and weights and line.entrywise and not line.keyword:  # small, with gaps: a copy is quicker than a walk
            return [*comment, f"{out}[...] = {fun}({', '.join(args)})"]
        return [*comment, f"{fun}({', '.join([*args, f'out={out}' if line.keyword else out])})"]

    def _loop(self, w: LoopLines) -> list[str]:
        stepped: dict[View, tuple[str, str]] = {}
        for line in w.lines:
            for v in (*line.args, line.out):
                if isinstance(v, View) and v.form == "step":
                    stepped[v] = self.views.stepped(v)
        lists = []
        for v, (_, listed) in stepped.items():
            low, high = v.low + w.steps.skip, v.low - w.steps.stop
            end = f"T + {high}" if high > 0 else f"T - {-high}" if high < 0 else "T"
            lists.append(f"{listed}[{low or ''}:{end}]")
        name = f"loop_{w.number}"
        self.loops.append(f"{name} = list(zip({', '.join(lists)}, strict=True)){'[::-1]' if w.direction < 0 else ''}")
        names = {v: n for v, (n, _) in stepped.items()}
        head = f"for {', '.join(names[v] for v in stepped)}{',' if len(stepped) == 1 else ''} in {name}:"
        body = [t for line in w.lines for t in self._line(line, names)]
        return [*(f"# {c}" for c in w.comments), head, *(f"    {t}" for t in body)]

    # The workspace.

    def _workspace(self) -> str:
        arrays = []
        for name in dict.fromkeys(self.home.values()):
            g = self.registers[name]
            slots = [f"T + {g.before + g.after}" if g.before + g.after else "T"] if g.time else []
            axes = [*slots, *(["B"] if g.batch else []), *(length(leg) for leg in g.legs)]
            make = "ones" if name in self._with_ones() else "empty"
            arrays.append(f"{name}_array = np.{make}(({', '.join(axes)}{',' if len(axes) == 1 else ''}), dtype)")
        constants = [f"{n} = np.array({c.numerator} / {c.denominator}, dtype)" for c, n in self.writer.constants.items()]
        zeros = [f"{a.name}_zero = np.zeros(({', '.join(['B', *self._legs(a.key)])}), dtype)" for a in self._optional()]
        views = [f"{n} = {e}" for n, e in self.views.made.items()]
        lists = [f"{n} = {e}" for n, e in self.views.lists.items()]
        loops = [line.split(" = ")[0] for line in self.loops]
        names = [*self.writer.constants.values(), *(f"{a.name}_zero" for a in self._optional())]
        self.unpacked = [*names, *self.views.made, *loops]
        sizes = ", ".join(self._sizes())
        lines = [
            '"""The arrays for these sizes, and the views that a call needs."""', *arrays, *constants, *zeros, *views, *lists,
            *self.loops, f"return ({', '.join(self.unpacked)},)",
        ]  # fmt: skip
        return f"def {self.prefix}workspace({sizes}, dtype):\n{_indented(lines)}\n"

    def _with_ones(self) -> set[str]:
        """Arrays of which a block is one and stays so."""
        return {root(self.registers, b.name) for b in self.program.buffers.values() if b.kind == "ones"}

    def _optional(self) -> list[Buffer]:
        return [b for b in self.program.buffers.values() if b.optional]

    def _legs(self, key: str) -> list[str]:
        return [length(leg) for b in self.program.buffers.values() if b.key == key and b.optional for leg in b.legs]

    def _sizes(self) -> list[str]:
        return [*(["T"] if self.program.timed else []), "B", *self.program.sizes]


_SINGLE = '''def single(array):
    """Without the axis of samples if there is one sample."""
    return array[0] if len(array) == 1 else array
'''

_TOLD = '''"""The loss summed over the samples, and its gradient by each parameter (a dict like `params`).

    The results are new arrays with the precision of the parameters.  ValueError for an array of another shape.
    """'''


def _indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}" if line else "" for line in lines)
