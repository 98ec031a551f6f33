"""Functions and their arguments -> terms.

A function stands before its argument: a parenthesis, or the juxtaposed factors up to an operator, a Σ or ∏, or the next
function.  Components of the value may stand on the function (s_i(x)), powers, too (\\tanh^2(x)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Integer
from sympy.core.basic import Basic

from ..language import (
    FUNCTIONS,
    IDENTITY,
    SPELLINGS,
    Apply,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Fun,
    Product,
    Total,
    Trace,
    Transpose,
    Var,
    Vec,
    by_lines,
    is_scalar,
    kind_of,
    shape_of,
)
from ..language.lines import OF_VECTORS
from .brackets import with_scripts
from .calls import at_a_step, is_call, output_of
from .conditions import indicator
from .cursor import MAX_DEPTH
from .derivatives import is_derivative, is_loose, is_partial
from .gradients import Subscripted, gradient_name, subscripted_sign
from .hyperbolic import read_even
from .names import raised
from .notation import HYPERBOLIC
from .reader import Reader
from .scripts import name_of
from .symbols import Match, Scope
from .tree import Big, Compared, Dots, Fraction, Group, Items, Juxtaposed, Letter, Node, Number, Scripted

PLAIN = {row.latex: row.name for row in FUNCTIONS.values()}
"""Names of functions as the table prints them: understood where the model gives the letter no other meaning."""


@dataclass(frozen=True)
class Head:
    """A function that waits for its argument: one of the table, an operator such as diag, or (neither) an indicator.

    even  whether it is one of which even powers are read
    """

    node: Node
    fun: Fun | None = None
    operator: Callable[[Basic], Basic] | None = None
    even: bool = False
    match: Match | None = None


@dataclass(frozen=True)
class Applied(Node):
    """A function with the argument that it takes, made here out of juxtaposed factors."""

    head: Head
    argument: Node
    outer: Scripted | None


def units_of(reader: Reader, node: Juxtaposed, scope: Scope) -> list[tuple[str, Node]]:
    """The factors with applications and derivatives put together: (operator before it, node)."""
    factors, operators = node.factors, ("", *node.operators)
    units: list[tuple[str, Node]] = []
    k = 0
    while k < len(factors):
        operator, factor = operators[k], factors[k]
        unit: Node | None
        behind = factors[k + 1] if k + 1 < len(factors) and not operators[k + 1] else None
        if behind is not None and (unit := at_a_step(reader.table, factor, behind, scope)) is not None:
            k += 2
        elif is_partial(reader, factor) and (found := _slashed(reader, node, k, scope)) is not None:
            unit, k = found
        elif (unit := gradient_name(reader, node, k, scope)) is not None:
            k += 2
        elif is_partial(reader, factor) and not _is_size(reader, factor):
            raise reader.error(factor, _alone(reader, node, k))
        elif (sign := subscripted_sign(factor)) is not None:
            if k + 1 >= len(factors) or operators[k + 1]:
                raise reader.error(factor, f"what {reader.text(factor)} is taken of must follow")
            start = factor.start
            of, k = _application(reader, node, k + 1, scope)
            unit = Subscripted(start, of.end, *sign, of)
        elif isinstance(factor, Fraction) and is_derivative(reader, factor) and is_partial(reader, factor.numerator):
            if k + 1 >= len(factors) or operators[k + 1]:
                raise reader.error(factor, f"what {reader.text(factor)} is taken of must follow")
            target, k = _application(reader, node, k + 1, scope)
            numerator = Juxtaposed(factor.start, target.end, ("",), (factor.numerator, target))
            unit = Fraction(factor.start, target.end, numerator, factor.denominator)
        else:
            unit, k = _application(reader, node, k, scope)
        units.append((operator, unit))
    return units


def _application(reader: Reader, node: Juxtaposed, k: int, scope: Scope, depth: int = 0) -> tuple[Node, int]:
    """The factor at k, with its argument if it is a function, and the position after it."""
    if depth > MAX_DEPTH:
        raise reader.error(node.factors[k], f"functions nested deeper than {MAX_DEPTH}")
    factors, operators = node.factors, ("", *node.operators)
    following = factors[k + 1] if k + 1 < len(factors) and operators[k + 1] == "" else None
    head = _head(reader, factors[k], following, scope)
    if head is None:
        placed = at_a_step(reader.table, factors[k], following, scope) if following is not None else None
        if placed is not None:
            return placed, k + 2
        if following is not None and is_call(reader.table, factors[k], following):
            return factors[k], k + 2
        return factors[k], k + 1
    if following is None:
        raise reader.error(factors[k], f"the function {reader.text(factors[k])} needs an argument")
    inner = following.base if isinstance(following, Scripted) else following
    if isinstance(inner, Group) and inner.bracket in ("(", "[", "\\{", "{"):
        outer = following if isinstance(following, Scripted) else None
        return Applied(factors[k].start, following.end, head, inner.body, outer), k + 2
    end = k + 1
    while end < len(factors) and operators[end] == "" and not isinstance(factors[end], (Big, Dots)):
        if end > k + 1 and _head(reader, factors[end], None, scope) is not None:
            break
        next_one = factors[end + 1] if end + 1 < len(factors) else None
        if end == k + 1 and _head(reader, factors[end], next_one, scope) is not None:
            unit, end = _application(reader, node, end, scope, depth + 1)
            return Applied(factors[k].start, unit.end, head, unit, None), end
        end += 1
    if end == k + 1 and isinstance(factors[end], Big) and _is_function_of_one(head):  # \log \sum_j e^{s_j}
        end += 1
    if end == k + 1:
        raise reader.error(factors[k], f"the function {reader.text(factors[k])} needs an argument")
    taken = factors[k + 1 : end]
    argument = (
        taken[0] if len(taken) == 1 else Juxtaposed(taken[0].start, taken[-1].end, ("",) * (len(taken) - 1), taken)
    )
    return Applied(factors[k].start, taken[-1].end, head, argument, None), end


def _is_function_of_one(head: Head) -> bool:
    """Whether a function is a known one of a number: what stands behind log is its argument, a sum, too."""
    return head.fun is not None and not head.fun.kind and head.match is None and kind_of(head.fun) == "elementwise"


def _slashed(reader: Reader, node: Juxtaposed, k: int, scope: Scope) -> tuple[Node, int] | None:
    """∂y/∂x in one line, or None."""
    factors, operators = node.factors, ("", *node.operators)
    start = factors[k]
    if k + 1 < len(factors) and operators[k + 1] == "":
        top, after = _application(reader, node, k + 1, scope)
        slashed = after + 1 < len(factors) and operators[after] == "/" and operators[after + 1] == ""
        if slashed and is_partial(reader, factors[after]) and is_loose(reader, start) == is_loose(reader, factors[after]):
            bottom, end = factors[after + 1], after + 2
            numerator = Juxtaposed(start.start, top.end, ("",), (start, top))
            denominator = Juxtaposed(factors[after].start, bottom.end, ("",), (factors[after], bottom))
            return Fraction(start.start, bottom.end, numerator, denominator), end
    return None


def _is_size(reader: Reader, node: Node) -> bool:
    return isinstance(node, Letter) and node.name in reader.table.sizes


def _alone(reader: Reader, node: Juxtaposed, k: int) -> str:
    sign = reader.text(node.factors[k])
    if is_loose(reader, node.factors[k]):
        return f"{sign} stands alone; before a known quantity it names a gradient, as in {sign} W"
    return "∂ stands alone; a derivative is written \\frac{\\partial y}{\\partial x}"


def _head(reader: Reader, node: Node, following: Node | None, scope: Scope) -> Head | None:
    """The function that a factor is, if it is one."""
    if _is_indicator(node, following):
        return Head(node)
    name = name_of(node)
    if name is None:
        return None
    letter = name.letter
    match = reader.table.match(name, scope, reader.prefer)
    if match is not None and match.pattern.kind != "function":
        return None
    if match is not None:
        return Head(node, reader.table.functions[match.pattern.target], match=match)
    spelled = SPELLINGS.get(letter.name) if letter.word else PLAIN.get(letter.name) or PLAIN.get("\\" + letter.name)
    plain = all(s.where == "^" for s in name.scripts) and not letter.accents
    if spelled and plain and (letter.word or letter.name not in reader.table.patterns):
        return Head(node, Fun(spelled))
    if letter.word and letter.name in HYPERBOLIC and plain:
        return Head(node, even=True)
    if letter.word and letter.name in _OPERATORS and not name.scripts and not name.primes:
        return Head(node, operator=_OPERATORS[letter.name])
    return None


def _is_indicator(node: Node, following: Node | None) -> bool:
    compared = isinstance(following, Group) and isinstance(following.body, Compared)
    if isinstance(node, Number):
        return node.value == 1 and (compared or "blackboard" in node.fonts)
    return isinstance(node, Letter) and node.name in ("I", "1") and ("blackboard" in node.fonts or compared)


def read_applied(reader: Reader, node: Node, scope: Scope) -> Basic:
    """f(x), with the scripts that stand on f or after the parenthesis."""
    assert isinstance(node, Applied)
    head = node.head
    if head.even:
        return read_even(reader, node, head.node, reader.term(node.argument, scope), node.outer)
    if head.fun is None and head.operator is None:
        value = indicator(reader, node.argument, scope)
        return value if node.outer is None else with_scripts(reader, node.outer, value, scope)
    if head.operator is _largest and isinstance(node.argument, Items):
        return _largest_of(reader, node, scope)
    output = output_of(reader.table, node.argument) if head.fun is not None and head.fun.kind == "scalar" else None
    if output is None and isinstance(node.argument, Items | Compared):
        raise reader.error(node, f"{reader.text(head.node)} takes one argument")
    x = reader.term(output or node.argument, scope)
    if head.operator is not None:
        value = _stacked(reader, x) if head.operator is Vec else head.operator(x)
        return value if node.outer is None else with_scripts(reader, node.outer, value, scope)
    name = name_of(head.node)
    assert name is not None and head.fun is not None
    fun = head.fun
    at = head.match.indices if head.match is not None else ()
    if fun.at and not at and isinstance(x, Var) and len(x.indices) == len(fun.at):  # ℓ(y_k) is the loss of step k
        at = x.indices
    if at:
        fun = Fun(fun.name, fun.order, fun.kind, fun.out, at)
    for _ in range(name.primes):
        fun = fun.derived()
    value = _value(reader, fun, x)
    if head.match is not None and head.match.components:
        value = Entry(value, *head.match.components)
    if head.match is not None and head.match.transposed:
        value = Transpose(value)
    if node.outer is not None:
        value = with_scripts(reader, node.outer, value, scope)
    for power in head.match.powers if head.match else (s.node for s in name.scripts):
        if reader.text(power) == "-1":
            what = reader.text(head.node)
            raise reader.error(power, f"{what} may be an inverse function or a power; it is not understood")
        value = raised(reader, value, power, node)
    return value


BY_LINES = {"rows": "softmax row by row", "columns": "softmax column by column"}


def _value(reader: Reader, fun: Fun, x: Basic) -> Basic:
    """f(x); of a matrix line by line, where the model says of which lines."""
    if fun.name == IDENTITY and not fun.kind:
        slope = Integer(int(fun.order == 1))
        return x if not fun.order else slope if is_scalar(x) else Filled(slope, *shape_of(x))
    lines = reader.table.model.lines
    if not lines or fun.order or kind_of(fun) not in OF_VECTORS or not all(shape_of(x)):
        return Apply(fun, x)
    reader.ask("softmax", (BY_LINES[lines],))
    return by_lines(fun, x, lines)


def _largest(x: Basic) -> Basic:
    raise ValueError("max is understood only as \\max(0, x), which is ReLU")


def positive_part(node: Applied) -> Node:
    """The x of max(0, x); of anything else the argument as it stands."""
    if node.head.operator is not _largest or not isinstance(node.argument, Items) or len(node.argument.items) != 2:
        return node.argument
    rest = [i for i in node.argument.items if not (isinstance(i, Number) and i.value == 0)]
    return rest[0] if len(rest) == 1 else node.argument


def _largest_of(reader: Reader, node: Applied, scope: Scope) -> Basic:
    """max(0, x) is ReLU."""
    argument = positive_part(node)
    if argument is node.argument:
        raise reader.error(node, "max is understood only as \\max(0, x), which is ReLU")
    value = Apply(Fun("relu"), reader.term(argument, scope))
    return value if node.outer is None else with_scripts(reader, node.outer, value, scope)


BY_ROWS, BY_COLUMNS = "vec row by row", "vec column by column"
"""vec(A X B) = (A ⊗ Bᵀ) vec X and (Bᵀ ⊗ A) vec X; the second is the custom of statistics (Magnus and Neudecker, 2019, 2.4)."""


def _stacked(reader: Reader, x: Basic) -> Basic:
    if not all(shape_of(x)):
        return Vec(x)
    return Vec(x, "row" if reader.ask("vec", (BY_ROWS, BY_COLUMNS)) == BY_ROWS else "column")


def _diag(x: Basic) -> Basic:
    rows, cols = shape_of(x)
    return DiagPart(x) if rows and cols else Diag(x)


_OPERATORS: dict[str, Callable[[Basic], Basic]] = {
    "diag": _diag, "Diag": _diag, "vec": Vec, "tr": Trace, "Tr": Trace, "trace": Trace, "sum": Total, "max": _largest,
    "rowsum": lambda x: Product(x, Filled(1, shape_of(x)[1])),
    "colsum": lambda x: Product(Transpose(Filled(1, shape_of(x)[0])), x),
}  # fmt: skip
