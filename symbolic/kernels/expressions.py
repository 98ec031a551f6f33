"""Terms as NumPy code for all samples (and all steps) at once: one row of a table per head.

A column of n entries per sample is a row of a (samples, n) array, so W h becomes h @ W.T; over all steps it is one
product of all rows (the helper `linear`).  diag(v) x is v * x, aᵀ b is (a * b).sum(-1), chains are multiplied in the
cheap order.  What has no such form raises `KernelError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Rational
from sympy.core.basic import Basic

from .. import language as L
from ..language.functions import FUNCTIONS
from .arithmetic import dot, negated, outer, plus, times, times_matrix, transposed
from .code import ATOM, POWER, PRODUCT, SIGNED, Code, Compiler, Mode, fitted, joined
from .formula import formula
from .schedule import KernelError, Steps, pieces, restricted
from .terms import outer_boundary, split, under_logarithm

Rule = Callable[[Compiler, Basic], Code]


def compiled(k: Compiler, term: Basic) -> Code:
    """The code of a term; terms worth a name are computed once."""
    if k.mode.kind == "steps" and k.mode.steps.whole:
        known = k.names.get(term)
        if known is not None:
            return known
        code = _code(k, term)
        return named(k, term, code) if term in k.shared and code.time else code
    return _code(k, term)


def named(k: Compiler, term: Basic, code: Code) -> Code:
    """The code under a name of its own."""
    name = k.fresh()
    k.lines.append(f"{name} = {code.text}  # {formula(term)}")
    k.names[term] = Code(name, *code.axes)
    return k.names[term]


def _code(k: Compiler, term: Basic) -> Code:
    rule = RULES.get(type(term))
    if rule is not None:
        return rule(k, term)
    if isinstance(term, L.Term):
        raise KernelError(f"{type(term).__name__} in {formula(term)} has no form for many samples at once")
    if isinstance(term, Rational):
        text = str(term.p) if term.q == 1 else f"{term.p} / {term.q}"
        return Code(text, level=SIGNED if term < 0 else ATOM if term.q == 1 else PRODUCT)
    return Code(k.size(term))


def rank_of(term: Basic) -> int:
    """Axes of entries; `KernelError` for flattened sides."""
    rows, cols = L.shape_of(term)
    if len(rows) > 1 or len(cols) > 1:
        raise KernelError(f"{formula(term)} has a flattened side")
    return len(rows) + len(cols)


def matvec(k: Compiler, matrix: Basic, v: Code, flip: bool = False) -> Code:
    """M v (with `flip` Mᵀ v) for each sample."""
    if isinstance(matrix, L.Transpose):
        return matvec(k, matrix.args[0], v, not flip)
    if isinstance(matrix, L.Identity):
        return v
    if isinstance(matrix, L.Diag):
        return times([compiled(k, matrix.args[0]), v])
    if isinstance(matrix, L.Product):
        scalars, chain = split(matrix)
        if scalars or outer_boundary(chain) is not None:
            scale = [compiled(k, s) for s in scalars]
            inner = _outer_on(k, chain, v, flip) if outer_boundary(chain) is not None else _chain_on(k, chain, v, flip)
            return times([*scale, inner])
        return _chain_on(k, chain, v, flip)
    if isinstance(matrix, L.Plus) and v.level == ATOM and not any(L.is_number(a) for a in matrix.args):
        return plus([matvec(k, a, v, flip) for a in matrix.args])
    return times_matrix(k, compiled(k, matrix), v, flip)


def _chain_on(k: Compiler, chain: Sequence[Basic], v: Code, flip: bool) -> Code:
    for factor in chain if flip else reversed(chain):
        v = matvec(k, factor, v, flip)
    return v


def _outer_on(k: Compiler, chain: Sequence[Basic], v: Code, flip: bool) -> Code:
    """(a bᵀ) v = a (bᵀ v)."""
    cut = outer_boundary(chain) or 0
    column, row = chain_code(k, chain[:cut]), chain_code(k, chain[cut:])
    left, right = (row, column) if flip else (column, row)
    return times([dot(right, v), left])


def chain_code(k: Compiler, chain: Sequence[Basic]) -> Code:
    """The product of a chain that conforms, no factor a scalar."""
    if len(chain) == 1:
        return compiled(k, chain[0])
    cut = outer_boundary(chain)
    if cut is not None:
        left, right = chain[:cut], chain[cut:]
        if not L.shape_of(right[-1])[1]:  # a (bᵀ c)
            return times([chain_code(k, right), chain_code(k, left)])
        return outer(chain_code(k, left), chain_code(k, right))
    first, last = chain[0], chain[-1]
    if not L.shape_of(last)[1]:
        if not L.shape_of(first)[0]:
            return dot(compiled(k, first), _chain_on(k, chain[1:-1], compiled(k, last), False))
        return _chain_on(k, chain[:-1], compiled(k, last), False)
    if not L.shape_of(first)[0]:
        return _chain_on(k, chain[1:], compiled(k, first), True)
    return _matrices(k, chain)


def _matrices(k: Compiler, chain: Sequence[Basic]) -> Code:
    codes = [compiled(k, a) for a in chain]
    axes = joined(codes)
    return Code(" @ ".join(c.inside(POWER) for c in fitted(codes)), *axes, PRODUCT)


def _product(k: Compiler, term: Basic) -> Code:
    scalars, chain = split(term)
    if len(chain) == 0 and len(scalars) == 1 and isinstance(scalars[0], L.Product):
        return chain_code(k, scalars[0].args)
    codes = [compiled(k, s) for s in scalars]
    return times([*codes, chain_code(k, chain)] if chain else codes)


def _plus(k: Compiler, term: Basic) -> Code:
    return plus([compiled(k, a) for a in term.args])


def _hadamard(k: Compiler, term: Basic) -> Code:
    return times([compiled(k, a) for a in term.args])


def _quotient(k: Compiler, term: Basic) -> Code:
    codes = [compiled(k, a) for a in term.args]
    axes = joined(codes)
    top, bottom = fitted(codes)
    return Code(f"{top.inside(PRODUCT)} / {bottom.inside(POWER)}", *axes, PRODUCT)


def _power(k: Compiler, term: Basic) -> Code:
    base, exponent = compiled(k, term.args[0]), term.args[1]
    if exponent == Rational(1, 2):
        return Code(f"np.sqrt({base.text})", *base.axes)
    if exponent < 0:
        positive = Code(f"{base.inside(ATOM)} ** {_exponent(-exponent)}", *base.axes, POWER) if exponent != -1 else base
        return Code(f"1 / {positive.inside(POWER)}", *base.axes, PRODUCT)
    return Code(f"{base.inside(ATOM)} ** {_exponent(exponent)}", *base.axes, POWER)


def _exponent(exponent: Rational) -> str:
    return str(exponent.p) if exponent.q == 1 else f"({exponent.p} / {exponent.q})"


def _sum_over(k: Compiler, term: Basic) -> Code:
    """Σ_t for each sample."""
    if k.mode.kind != "none":
        raise KernelError(f"{formula(term)} is a sum over steps for every step")
    parts = []
    for at, body in over_steps(k, term):
        code = compiled(at, body)
        if code.time:
            parts.append(Code(f"{code.inside(ATOM)}.sum(axis=0)", False, code.batch, code.rank))
        else:
            parts.append(times([Code(at.count()), code]))
    return plus(parts)


def over_steps(k: Compiler, term: Basic) -> list[tuple[Compiler, Basic]]:
    """The summands of a sum over the steps, each with its range.  `KernelError` for a sum over anything else."""
    body, index, lower, upper, excluded = term.args
    if excluded or k.letter is None:
        raise KernelError(f"{formula(term)} is no sum over a range of steps")
    conditions = (L.Relation("<=", lower, k.letter), L.Relation("<=", k.letter, upper))
    moved = body.xreplace({index: k.letter})
    steps = restricted(Steps(), conditions, k.letter, k.lower, k.length)
    found = pieces(moved, k.letter, k.lower, k.length, steps)
    return [(k.at(Mode("steps", piece.steps)), piece.term) for piece in found]


def _diag(k: Compiler, term: Basic) -> Code:
    v = compiled(k, term.args[0])
    size = k.size(sum(L.shape_of(term.args[0]), ())[0])
    return Code(f"{v.inside(ATOM)}[..., None] * np.eye({size}, dtype=dtype)", v.time, v.batch, 2, PRODUCT)


def _of_matrix(call: str) -> Rule:
    def rule(k: Compiler, term: Basic) -> Code:
        x = compiled(k, term.args[0])
        return Code(f"{call}({x.text}, axis1=-2, axis2=-1)", x.time, x.batch, rank_of(term))

    return rule


def _summed(square: bool) -> Rule:
    def rule(k: Compiler, term: Basic) -> Code:
        x = compiled(k, term.args[0])
        text = f"np.square({x.text})" if square else x.inside(ATOM)
        axes = {0: "", 1: ".sum(axis=-1)", 2: ".sum(axis=(-2, -1))"}[x.rank]
        return Code(text + axes, x.time, x.batch, 0)

    return rule


def _filled(k: Compiler, term: Basic) -> Code:
    number, legs = compiled(k, term.args[0]), [k.size(leg) for leg in (*term.rows, *term.cols)]
    if not legs:
        return number
    call = {"0": "np.zeros(", "1": "np.ones("}.get(number.text)
    shape = f"({', '.join(legs)}{',' if len(legs) == 1 else ''})"
    return Code(f"{call}{shape}, dtype)" if call else f"np.full({shape}, {number.text}, dtype)", rank=rank_of(term))


def _entry(k: Compiler, term: Basic) -> Code:
    x, *indices = term.args
    if not all(i.is_Integer for i in indices):
        raise KernelError(f"the component {formula(term)} is not at fixed numbers")
    code = compiled(k, x)
    return Code(f"{code.inside(ATOM)}[..., {', '.join(str(int(i) - 1) for i in indices)}]", code.time, code.batch, 0)


def _concat(k: Compiler, term: Basic) -> Code:
    axis, *parts = term.args
    codes = [compiled(k, p) for p in parts]
    rank = rank_of(term)
    if any(c.rank != rank or c.axes != codes[0].axes for c in codes):
        raise KernelError(f"the parts of {formula(term)} differ in their axes")
    place = -1 if rank == 1 or axis == 1 else -2
    return Code(f"np.concatenate([{', '.join(c.text for c in codes)}], axis={place})", *codes[0].axes)


def _block(k: Compiler, term: Basic) -> Code:
    x, axis, position, sizes = term.args
    before = [k.size(s) for s in sizes[: int(position)]]
    start, end = " + ".join(before), " + ".join([*before, k.size(sizes[int(position)])])
    code = compiled(k, x)
    if rank_of(term) != code.rank:
        raise KernelError(f"{formula(term)} cuts a single row or column")
    tail = ", :" if code.rank == 2 and axis == 0 else ""
    return Code(f"{code.inside(ATOM)}[..., {start}:{end}{tail}]", *code.axes)


def _stable_log(k: Compiler, x: Basic) -> Code | None:
    """log softmax(z), log σ(z) and log(1 - σ(z)) from z, without overflow."""
    found = under_logarithm(x, k.inverse, k.letter)
    if found is None or found[:2] not in _LOG_OF:
        return None
    fun, flipped, argument = found
    helper, negate = _LOG_OF[fun, flipped]
    k.used.add(helper)
    z = compiled(k, argument)
    return Code(f"{helper}({(negated(z) if negate else z).text})", *z.axes)


_LOG_OF = {
    ("softmax", False): ("log_softmax", False),
    ("sigmoid", False): ("log_sigmoid", False),
    ("sigmoid", True): ("log_sigmoid", True),  # 1 - σ(z) = σ(-z)
}


def _apply(k: Compiler, term: Basic) -> Code:
    fun = term.fun
    if fun.kind:
        return _abstract(k, term)
    row = FUNCTIONS[fun.name]
    if fun.order:
        raise KernelError(f"the derivative of {fun.name} must be written out")
    if fun.name == "log":
        stable = _stable_log(k, term.x)
        if stable is not None:
            return stable
    x = compiled(k, term.x)
    if row.kind == "elementwise" and row.numpy.count("{x}") == 1 and row.numpy.startswith("np."):
        return Code(row.numpy.format(x=x.text), *x.axes)
    if row.kind == "elementwise":
        k.used.add(row.name)
        return Code(f"{row.name}({x.text})", *x.axes)
    k.used.add(row.numpy.partition("(")[0])
    return Code(row.numpy.format(x=x.text), x.time, x.batch, 1 if row.kind == "vector" else 0)


def _abstract(k: Compiler, term: Basic) -> Code:
    """A call of the caller's function; what depends on the step gets the step's number as a second argument."""
    fun, x = term.fun, compiled(k, term.x)
    name = k.functions.get((fun.name, fun.order))
    if name is None:
        raise KernelError(f"the abstract function {fun.name} has derivatives of order 0 and 1, not {fun.order}")
    steps = [_step_number(k, i, x) for i in fun.at]
    rank = {"elementwise": x.rank, "scalar": x.rank if fun.order else 0, "vector": 1 + fun.order}[fun.kind]
    return Code(f"{name}({', '.join([x.text, *steps])})", x.time, x.batch, rank)


def _step_number(k: Compiler, index: Basic, x: Code) -> str:
    point, offset = L.affine(index)
    if point is None:
        return str(offset)
    if point == k.length and point is not None:
        return f"T + {offset + k.lower - 1}" if offset + k.lower - 1 else "T"
    if point != k.letter or k.mode.kind == "none":
        raise KernelError(f"the step {index} of a function is not a step that the code is for")
    shift = offset + k.lower
    if k.mode.kind == "loop":
        return f"t + {shift}" if shift else "t"
    steps = k.mode.steps
    if steps.at:
        number = shift + steps.shift
        return str(number) if steps.at == "first" else f"T + {number - 1}" if number != 1 else "T"
    text = f"np.arange({shift + steps.skip}, T + {shift - steps.stop})"
    return f"{text}[:, None]" if x.batch else text


RULES: dict[type, Rule] = {
    L.Var: lambda k, term: k.read(("value", term.name), term.indices),
    L.Adjoint: lambda k, term: k.read(("adjoint", term.variable.name), term.variable.indices),
    L.Plus: _plus,
    L.Product: _product,
    L.Hadamard: _hadamard,
    L.Quotient: _quotient,
    L.Power: _power,
    L.Transpose: lambda k, term: transposed(compiled(k, term.args[0])),
    L.Diag: _diag,
    L.DiagPart: _of_matrix("np.diagonal"),
    L.Trace: _of_matrix("np.trace"),
    L.Total: _summed(False),
    L.NormSquared: _summed(True),
    L.Identity: lambda k, term: Code(f"np.eye({k.size(term.args[0])}, dtype=dtype)", rank=2),
    L.Filled: _filled,
    L.Entry: _entry,
    L.Concat: _concat,
    L.Block: _block,
    L.Apply: _apply,
    L.SumOver: _sum_over,
}
