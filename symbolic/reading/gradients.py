"""Gradients with names of their own -> terms: dW, dh_t, ΔW, δh for the adjoint of a quantity, ∇_W L, ∂_W L.

A letter d, Δ or δ in front of a known quantity makes the name of its gradient where the letter is no symbol of the
model; where it is a size, or d a number such as that of 1/√d, that is a choice.  ΔW may also be the step of a descent,
−∂L/∂W: a choice, too.  For o_t = σ(…) whose argument has no name, do_t may also be the gradient of the argument (see
`judging.senses`)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Integer
from sympy.core.basic import Basic

from ..language import SCALAR, Adjoint, Apply, Diag, Hadamard, Partial, Plus, Product, Transpose, Var, kind_of, shape_of
from .batches import scaled
from .derivatives import differentiate, is_immediate, is_step_loss
from .names import finish, quantity
from .reader import Reader, minus
from .scripts import is_transpose, name_of
from .symbols import Scope
from .tree import Juxtaposed, Letter, Node, Scripted

PREFIXES = ("d", "\\Delta", "\\delta")
NAMED, MULTIPLIED = "d names a gradient", "d a factor"
STEP = "step"
"""A prefix that no note writes: the step of a descent at the head of an update (see `updates`)."""

GRADIENT, DESCENT = "Δ names a gradient", "Δ names a descent step"


@dataclass(frozen=True)
class Gradient(Node):
    """dW: the name of a gradient; `quantity` with all its scripts."""

    prefix: str
    quantity: Node


@dataclass(frozen=True)
class Subscripted(Node):
    """∇_W L or ∂_W L: the sign, what it is taken by and what of."""

    sign: Node
    by: Node
    of: Node


def is_prefix(reader: Reader, node: Node, scope: Scope) -> bool:
    """Whether a factor is a letter d, Δ or δ that is no symbol of the model, or a d that is a number of it."""
    if not isinstance(node, Letter) or node.name not in PREFIXES or node.accents:
        return False
    return reader.table.is_free(node.name) or _is_number(reader, node, scope)


def _is_number(reader: Reader, node: Letter, scope: Scope) -> bool:
    """Whether d is a scalar of the model, as in 1/√d: dW may be its product with W."""
    name = name_of(node)
    match = reader.table.match(name, scope, reader.prefer) if name and node.name == "d" else None
    family = reader.table.model.families.get(match.pattern.target) if match is not None else None
    return family is not None and match is not None and match.pattern.kind == "family" and not (family.rows or family.cols)


def gradient_name(reader: Reader, node: Juxtaposed, k: int, scope: Scope) -> Gradient | None:
    """dW at position k of a product, or None."""
    if k + 1 >= len(node.factors) or node.operators[k] or not is_prefix(reader, node.factors[k], scope):
        return None
    front, behind = node.factors[k], node.factors[k + 1]
    name = name_of(behind)
    match = reader.table.match(name, scope, reader.prefer) if name else None
    if match is None or match.pattern.kind not in ("family", "stands"):
        return None
    if match.pattern.kind == "family" and _is_loss(reader, match.pattern.target):
        return None
    assert isinstance(front, Letter)
    if front.name == "\\delta" and (match.transposed or _is_data(reader, match.pattern.target)):
        sign, factor = reader.text(front), reader.text(behind)
        raise reader.error(front, f"{sign} is not defined: a factor before {factor}, or the sign of its gradient?")
    chosen = front.name in reader.table.sizes or not reader.table.is_free(front.name)
    if chosen and reader.ask("d", (NAMED, MULTIPLIED)) == MULTIPLIED:
        return None
    return Gradient(front.start, behind.end, front.name, behind)


def _is_data(reader: Reader, target: str) -> bool:
    """Whether a name is an input or a label: δ in front of it is hardly the sign of its gradient."""
    family = reader.table.model.families.get(target)
    return family is not None and family.role in ("input", "label")


def _is_loss(reader: Reader, family: str) -> bool:
    model = reader.table.model
    return family == model.loss.name or is_step_loss(model, family)


def read_gradient(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Gradient)
    name = name_of(node.quantity)
    match = reader.table.match(name, scope, reader.prefer) if name else None
    assert name is not None and match is not None
    variable = quantity(reader, name, match)
    if not isinstance(variable, Var):
        raise reader.error(node, f"{reader.text(node)} names the gradient of no quantity")
    if variable.name not in reader.error_uses:
        reader.error_uses.append(variable.name)
    if node.prefix == STEP:
        return minus(finish(reader, node, Adjoint(variable), match))
    term = finish(reader, node, _meant(reader, node, variable), match)
    if node.prefix == "\\Delta" and reader.ask("Δ", (GRADIENT, DESCENT)) == DESCENT:
        return minus(term)
    return term


OF_THE_VALUE, OF_THE_ARGUMENT = "{} is the gradient of the value", "{} is the gradient of what the function is taken of"
"""For o_t = σ(z), where z has no name: do_t is ∂L/∂o_t, or ∂L/∂z."""


def _meant(reader: Reader, node: Gradient, variable: Var) -> Basic:
    model = reader.table.model
    equation = model.equation(variable.name)
    right = equation.right if equation is not None else None
    if equation is not None and node.prefix == "d" and variable.rows and variable.cols:
        return scaled(reader, variable)
    if equation is None or not isinstance(right, Apply) or isinstance(right.x, Var) or right.fun.order:
        return Adjoint(variable)
    softmax = right.fun.name == "softmax" and not right.fun.kind
    if node.prefix == "\\Delta" or (not softmax and kind_of(right.fun) != "elementwise"):
        return Adjoint(variable)
    called = node.prefix + " " * node.prefix.startswith("\\") + model.families[variable.name].latex
    ways = (OF_THE_VALUE.format(called), OF_THE_ARGUMENT.format(called))
    if reader.ask(f"d {variable.name}", ways) == ways[0]:
        return Adjoint(variable)
    if softmax:
        square = Plus(Diag(variable), Product(Integer(-1), variable, Transpose(variable)))
        return Product(square, Adjoint(variable)) if variable.rows else Product(Adjoint(variable), Transpose(square))
    argument = right.x.xreplace(dict(zip(equation.left.indices, variable.indices, strict=True)))
    return Hadamard(Adjoint(variable), Apply(right.fun.derived(), argument))


def subscripted_sign(node: Node) -> tuple[Node, Node] | None:
    """(sign, what the derivative is taken by) of ∇_W or ∂_W, or None."""
    if not isinstance(node, Scripted) or not isinstance(node.base, Letter) or node.primes or len(node.subs) != 1:
        return None
    if node.base.name not in ("\\nabla", "\\partial") or node.base.accents:
        return None
    sign: Node = node.base
    if node.sups:
        sign = Scripted(node.start, node.end, node.base, (), node.sups)
        if node.base.name == "\\nabla" or not is_immediate(sign):
            return None
    return sign, node.subs[0]


def read_subscripted(reader: Reader, node: Node, scope: Scope) -> Basic:
    """∂_W L in the layout of the formula; ∇_W L always in the shape of W."""
    assert isinstance(node, Subscripted)
    if not isinstance(node.sign, Letter) or node.sign.name == "\\partial":
        return differentiate(reader, node, node.of, node.by, is_immediate(node.sign), scope)
    of = node.of
    if isinstance(of, Scripted) and len(of.sups) == 1 and is_transpose(of.sups[0]):  # ∇_w Lᵀ is (∇_w L)ᵀ: L is a number
        plain = replace(node, of=replace(of, sups=()) if of.subs or of.primes else of.base)
        if shape_of(reader.term(plain.of, scope)) == SCALAR:
            return Transpose(read_subscripted(reader, plain, scope))
    if shape_of(reader.term(node.of, scope)) != SCALAR:
        raise reader.error(node, f"∇ is understood only of a scalar, and {reader.text(node.of)} is none")
    bare = _at_the_layer(reader, node.by, scope)
    if bare is not None:
        return Partial(reader.term(node.of, scope), bare, "total", "gradient")
    return differentiate(reader, node, node.of, node.by, False, scope, "gradient")


def _at_the_layer(reader: Reader, node: Node, scope: Scope) -> Basic | None:
    """The a of ∇_a L where the model has a^l only: that of the one layer on the left side, as in δ^L = ∇_a L ∘ σ'(z^L)."""
    name = name_of(node)
    if reader.layer is None or name is None or name.scripts or reader.table.match(name, scope, reader.prefer) is not None:
        return None
    patterns = reader.table.patterns.get(name.letter.name, ())
    fitting = [p for p in patterns if p.kind == "family" and len(p.indices) == 1 and not p.labels]
    if len(fitting) != 1 or fitting[0].accents != frozenset(name.letter.accents):
        return None
    reader.ask("∇", (f"{reader.text(node)} at {reader.layer}",))
    return reader.variable(reader.table.model.families[fitting[0].target], (reader.layer,))
