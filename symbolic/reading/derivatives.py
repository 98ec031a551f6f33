"""Fractions of ∂ -> derivatives not yet worked out.

∂ stands on both sides of the fraction; on one side only it is a slip, reported with its repair.  Components are
pulled out: ∂y_i/∂x_j is the entry (i, j) of the Jacobian.  Whether a derivative by a weight is total (through every
later use) or immediate (one copy of the weight, at one step) is a choice wherever it makes a difference."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import SCALAR, Apply, Entry, Partial, Var, affine, kind_of, shape_of
from ..model import Model, variables
from .calls import is_step_loss, without_arguments
from .reader import Reader
from .scripts import name_of
from .symbols import Scope
from .tree import Fraction, Juxtaposed, Letter, Marked, Node, Number, Scripted

IMMEDIATE, TOTAL = "∂ immediate", "∂ total"
STATES_TOTAL, STATES_IMMEDIATE = "∂ between states total", "∂ between states immediate"
JACOBIAN, SLOPE = "∂f(z)/∂z as the Jacobian", "∂f(z)/∂z as the slope, entry by entry"
LITERAL, WHOLE_LOSS = "", "L for L_t"


def is_partial(reader: Reader, node: Node) -> bool:
    """Whether a node is the sign ∂ itself (∂⁺ for the immediate derivative, or d where the model has no d)."""
    if is_immediate(node):
        return True
    if not isinstance(node, Letter) or node.accents:
        return False
    return node.name == "\\partial" or is_loose(reader, node)


def is_loose(reader: Reader, node: Node) -> bool:
    """Whether a node is a letter d, δ or Δ that no quantity of the model has for its name: ∂ if on both sides."""
    return (
        isinstance(node, Letter) and node.name in ("d", "\\delta", "\\Delta") and not node.accents
        and reader.table.is_free(node.name)
    )  # fmt: skip


def is_immediate(node: Node) -> bool:
    """Whether a node is ∂⁺, the sign of the immediate derivative."""
    return (
        isinstance(node, Scripted)
        and isinstance(node.base, Letter)
        and node.base.name == "\\partial"
        and [(s.mark, s.content) for s in node.sups if isinstance(s, Marked)] == [("+", None)]
        and len(node.sups) == 1 and not node.subs and not node.primes
    )


def _differential(reader: Reader, node: Node) -> Node | None:
    """What stands after ∂ in ∂y, or None if the node is not of that form."""
    if not isinstance(node, Juxtaposed) or not is_partial(reader, node.factors[0]) or node.operators[0]:
        return None
    rest = node.factors[1:]
    return rest[0] if len(rest) == 1 else Juxtaposed(rest[0].start, rest[-1].end, node.operators[1:], rest)


def is_derivative(reader: Reader, node: Fraction) -> bool:
    """Whether a fraction is a derivative.  Raises `ReadError` if ∂ stands on one side only."""
    above = is_partial(reader, node.numerator) or _differential(reader, node.numerator) is not None
    below = _differential(reader, node.denominator) is not None
    if above != below and _is_loose_side(reader, node.numerator if above else node.denominator):
        return False
    if above and below and not _may_be_derivative(reader, node):
        return False
    if above != below:
        if _is_second(node.numerator):
            raise reader.error(node, f"{reader.text(node)}: derivatives of derivatives are not understood")
        top, bottom = reader.text(node.numerator), reader.text(node.denominator)
        where = "numerator" if below else "denominator"
        repaired = f"\\frac{{\\partial {top}}}{{{bottom}}}" if below else f"\\frac{{{top}}}{{\\partial {bottom}}}"
        raise reader.error(node, f"∂ is missing in the {where} of {reader.text(node)}; write {repaired}")
    return above


def _is_second(node: Node) -> bool:
    """Whether a side begins with ∂^2 or d^2."""
    first = node.factors[0] if isinstance(node, Juxtaposed) else node
    if not isinstance(first, Scripted) or not isinstance(first.base, Letter) or first.base.name not in ("\\partial", "d"):
        return False
    return any(isinstance(p, Number) for p in first.sups)


def _is_loose_side(reader: Reader, node: Node) -> bool:
    return is_loose(reader, node.factors[0] if isinstance(node, Juxtaposed) else node)


def _may_be_derivative(reader: Reader, node: Fraction) -> bool:
    """d y / d x of a size d is a plain fraction unless what stands below is no number."""
    below = node.denominator
    if not isinstance(below, Juxtaposed) or not is_loose(reader, below.factors[0]):
        return True
    letter = below.factors[0]
    if not isinstance(letter, Letter) or letter.name not in reader.table.sizes:
        return True
    inner = _differential(reader, below)
    name = name_of(inner) if inner is not None else None
    return name is not None and reader.table.match(name, Scope(), reader.prefer) is not None


def derivative(reader: Reader, node: Fraction, scope: Scope) -> Basic:
    """∂y/∂x as `Partial`, with components pulled out as `Entry`."""
    above, below = _differential(reader, node.numerator), _differential(reader, node.denominator)
    assert above is not None and below is not None
    signs = [side.factors[0] if isinstance(side, Juxtaposed) else side for side in (node.numerator, node.denominator)]
    if is_immediate(signs[1]):
        repaired = "\\frac{\\partial^{+} y}{\\partial x}"
        raise reader.error(node.denominator, f"∂⁺ stands in the numerator only; write {repaired}")
    return differentiate(reader, node, above, below, is_immediate(signs[0]), scope)


def differentiate(
    reader: Reader, node: Node, above: Node, below: Node, immediate: bool, scope: Scope, layout: str = ""
) -> Basic:
    """∂above/∂below; `immediate` where the formula says so, `layout` where it fixes that."""
    layout = layout or reader.layout
    den, lower = operand(reader, below, scope)
    num, upper = _of_its_argument(reader, above, den, scope) or operand(reader, without_arguments(reader.table, above), scope)
    if not isinstance(den, Var):
        raise reader.error(below, f"a derivative is taken by a named quantity, not by {reader.text(below)}")
    model = reader.table.model
    if den.name in model.families and not _is_used(model, den.name):  # the y_t of ℓ(o_t, y_t)
        told = f"how {reader.text(above)} depends on {reader.text(below)} is not said by any forward equation"
        raise reader.error(node, told)
    open_loss = reader.loss_open and isinstance(num, Var) and is_step_loss(model, num.name)
    if open_loss and reader.ask("loss", (LITERAL, WHOLE_LOSS)) == WHOLE_LOSS:
        num = reader.variable(model.family(model.loss), ())
    pointwise = reader.is_head and not upper and not lower and shape_of(den) != SCALAR and is_of_entries(num, den)
    if pointwise and reader.ask("slope of", (JACOBIAN, SLOPE)) == SLOPE:
        assert isinstance(num, Apply)
        return Apply(num.fun.derived(), den)
    mode = "immediate" if immediate else _mode(reader, node, num, den, scope)
    if not upper and not lower:
        return Partial(num, den, mode, layout)
    if lower and (upper or shape_of(num) == SCALAR):
        return Entry(Partial(num, den, mode, "jacobian"), *upper, *lower)
    num = Entry(num, *upper) if upper else num
    return Partial(num, Entry(den, *lower) if lower else den, mode, layout)


def _is_used(model: Model, name: str) -> bool:
    """Whether a quantity stands in a forward equation, on one side or the other."""
    return any(e.left.name == name or any(v.name == name for v in variables(e.right)) for e in model.equations)


def _of_its_argument(reader: Reader, node: Node, den: Basic, scope: Scope) -> tuple[Basic, tuple[Basic, ...]] | None:
    """ℓ(y_t) for the ℓ of ∂ℓ/∂y_t, or ℓ_t(y_t) for the ℓ_t of ∂ℓ_t/∂W, where the network takes ℓ of y_t and of nothing else."""
    name = name_of(node)
    if name is None or name.primes or not isinstance(den, Var):
        return None
    letter = name.letter.name.removeprefix("\\")
    found = {a for e in reader.table.model.equations for a in e.right.atoms(Apply) if a.fun.kind and a.fun.name == letter}
    if len({(a.fun, a.x.name if isinstance(a.x, Var) else None) for a in found}) != 1 or letter in reader.table.model.families:
        return None
    value = min(found, key=str)
    at = tuple(reader.table.index(s.node, scope, False) for s in name.scripts)
    if not isinstance(value.x, Var) or (name.scripts and (not value.fun.at or None in at)):
        return None
    if den.name == value.x.name and at in ((), den.indices):
        at = den.indices
    own = value.x.indices
    if len(own) != len(at) or not all(isinstance(i, Symbol) for i in own) or (value.fun.at and value.fun.at != own):
        return None
    return value.xreplace(dict(zip(own, at, strict=True))), ()


def is_of_entries(num: Basic, den: Basic) -> bool:
    """Whether num is f(den) for a function f of entries, so that its derivative may mean the slope f'."""
    return isinstance(num, Apply) and num.x == den and kind_of(num.fun) == "elementwise"


def operand(reader: Reader, node: Node, scope: Scope) -> tuple[Basic, tuple[Basic, ...]]:
    """What is differentiated (or by what), and its components."""
    term = reader.term(node, scope)
    base, components = (term.args[0], term.args[1:]) if isinstance(term, Entry) else (term, ())
    if not isinstance(base, (Var, Apply)):
        raise reader.error(node, f"a derivative is between named quantities; {reader.text(node)} is none")
    return base, components


_D = r"(?:\\mathrm\s?(?:\{\s?d\s?\}|d)|d)\s?"
_TOTAL_SIGNS = re.compile(rf"frac\s?\{{\s?{_D}(?![_^}}])"), re.compile(rf"\}}\s?\{{\s?{_D}(?=[A-Za-z\\])")
"""d above and below the line of a fraction, as in \\frac{d s_t}{d W}; d_t and the number d are no signs."""


def _mode(reader: Reader, node: Node, num: Basic, den: Var, scope: Scope) -> str:
    """Whether a derivative is total or immediate; beside one in d, one in ∂ may be immediate wherever it stands."""
    model = reader.table.model
    text = reader.source.text
    parted = "\\partial" in text and all(sign.search(text) for sign in _TOTAL_SIGNS)
    if parted and "\\partial" not in reader.text(node):
        return "total"
    if reader.is_head or not (scope.product or parted) or not isinstance(num, Var) or den.name not in model.families:
        return "total"
    if num.name not in model.families or num.name == model.loss.name:
        return "total"
    if model.families[den.name].role == "weight" and _differs(reader, num.name, den.name):
        ways = (IMMEDIATE, TOTAL) if scope.summed else (TOTAL, IMMEDIATE)
        return "immediate" if reader.ask("mode", ways) == IMMEDIATE else "total"
    if model.families[den.name].role == "state" and _a_step_apart(num, den) and _lagged_families(model) > 1:
        return (
            "immediate" if reader.ask("state mode", (STATES_TOTAL, STATES_IMMEDIATE)) == STATES_IMMEDIATE else "total"
        )
    return "total"


def _a_step_apart(num: Var, den: Var) -> bool:
    if not num.indices or not den.indices:
        return False
    (p, i), (q, j) = affine(num.indices[0]), affine(den.indices[0])
    return p == q and i != j


def _uses(model: Model, name: str) -> Iterator[tuple[str, bool]]:
    """The families in an equation's right side, and whether at the same step."""
    equation = model.equation(name)
    if equation is not None:
        for v in variables(equation.right):
            yield v.name, not v.indices or v.indices == equation.left.indices


def _lagged_families(model: Model) -> int:
    """How many defined families are used at an earlier step."""
    used = (v for e in model.equations for v in variables(e.right) if model.equation(v.name) and v.indices)
    return len({v.name for v in used if affine(v.indices[0])[1] < 0})


def _differs(reader: Reader, num: str, den: str) -> bool:
    known = reader.table.through_time
    if (num, den) not in known:
        known[num, den] = through_time(reader.table.model, num, den)
    return known[num, den]


def through_time(model: Model, num: str, den: str) -> bool:
    """Whether `num` depends on `den` through another step, so that its total and immediate derivatives differ."""
    lagged: set[str] = set()
    here: set[str] = set()
    stack = [num]
    while stack:
        name = stack.pop()
        if name not in here:
            here.add(name)
            for used, same in _uses(model, name):
                if same:
                    stack.append(used)
                else:
                    lagged.add(used)
    reached: set[str] = set()
    stack = list(lagged)
    while stack:
        name = stack.pop()
        if name not in reached:
            reached.add(name)
            stack += [used for used, _ in _uses(model, name)]
    return den in reached
