"""The loss of a note and its sum over steps.

The loss stands most often above ∂ and never below.  L = Σ L_t = Σ f(t), and L = Σ f(t) where L_t stands above ∂, define
L_t; a note that only defines L_t means their sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from ..scripts import name_of
from ..tree import Big, Juxtaposed, Node, Sum, walk
from .families import Definition, Families, Key, is_function
from .names import bounds_of, has_derivative, is_known_function, names_in
from .notations import is_notation, is_setting
from .records import Formula
from .sides import argument_of, head_name
from .steps import is_update


def losses_of(families: Families) -> list[Key]:
    """What may be the loss, the likeliest first: it stands above ∂ and never below, or nothing else uses it.

    Where only values of steps stand above, as in ∂h_t/∂w, what has a letter of a loss and is used by nothing may be it, too.
    """
    score: Counter[Key] = Counter()
    below: set[Key] = set()
    for occurrence in families.scan.occurrences:
        if occurrence.place == "value" or is_known_function(occurrence.name.letter):
            continue
        parsed = families.parsed(occurrence.name)
        if parsed.components or is_function(families, occurrence.name):
            continue
        if occurrence.place == "below":
            below.add(parsed.key)
        else:
            score[parsed.key] += 1
    ranked = [k for k, _ in score.most_common() if k not in below]
    used = {families.parsed(n).key for d in families.definitions for n, _, _ in names_in(d.right)}
    ends = [d.key for d in families.definitions if d.key not in used and not _is_output(families, d)]
    if ranked and all(k.arity for k in ranked):
        ranked += [k for k in ends if k.letter in LOSSES and not k.arity and k not in below][-1:]
    elif not ranked and not any(has_derivative(f.head) for f in families.scan.formulas if f.head is not None):
        ranked = ([k for k in ends if k.letter in LOSSES] or ends)[-1:]
    elif not ranked:
        ranked = [d.key for d in families.definitions if not d.key.arity and step_of(families, d.right) is not None][-1:]
    return ranked


LOSSES = frozenset(("L", "J", "E", "C", "l", "\\ell", "loss", "Loss", "cost", "Cost", "CE", "MSE"))


def _is_output(families: Families, definition: Definition) -> bool:
    """y_t = softmax(V h_t): what the network puts out, and no loss, unless its letter is one of a loss."""
    if definition.key.letter in LOSSES:
        return False
    called = name_of(definition.right.factors[0]) if isinstance(definition.right, Juxtaposed) else None
    if called is not None and (is_known_function(called.letter) or is_function(families, called)):
        return not any(isinstance(f, Big) for f in walk(definition.right))
    return definition.key.arity > 0


def loss_of(families: Families, said: Key | None = None) -> tuple[Key | None, Key | None]:
    """(the loss, the loss of one step), without and with a time; `said`: the one that is declared."""
    ranked = losses_of(families)
    if said is not None:
        ranked = [said, *(k for k in ranked if k.letter == said.letter and k != said)]
    defined = {d.key for d in families.definitions}
    whole = next((k for k in ranked if not k.arity and k in defined), None)
    if whole is None and ranked and ranked[0].arity:  # L_t stands above ∂ most
        whole = next((k for k in (*defined, *ranked) if k == replace(ranked[0], arity=0)), None)
    elif whole is None:
        whole = next((k for k in ranked if not k.arity), None)
    step = next((k for k in ranked if k.arity and (whole is None or k.letter == whole.letter)), None)
    return whole, step


def with_step_loss(
    families: Families, definitions: Mapping[Key, Definition], said: Key | None = None
) -> tuple[dict[Key, Definition], Key | None]:
    """The definitions with L = Σ_t L_t and L_t made explicit where a note leaves one of them to its formulas.

    L = Σ L_t = Σ f(t) and L = Σ f(t), where L_t stands above ∂, define L_t; a note that only defines L_t means their sum.
    """
    loss, step = loss_of(families, said)
    result = dict(definitions)
    if loss is not None and loss in result:
        summed = result[loss]
        body = step_of(families, summed.right)
        if body is not None:
            named = head_name(body)
            key = families.parsed(named).key if named is not None else None
            if key is not None and key.arity == 0 and named is not None:
                key = families.parsed(named, frozenset(_bound(summed.right))).key
            if key is not None and key.arity and key not in result:
                step_body = _other_step(families, summed)
                if step_body is not None:
                    result[key] = Definition(summed.formula, None, key, _bound(summed.right)[0], step_body)
            elif key is None:
                step = step or replace(loss, arity=1)
                if step not in result and _used(families, step):
                    result[step] = Definition(summed.formula, None, step, _bound(summed.right)[0], body)
    return result, loss or step


EITHER_SIGN = ("\\pm", "±", "\\mp", "∓")


def not_understood(families: Families, key: Key) -> Formula | None:
    """An equation for a quantity that is no forward equation as it stands, though it seems meant as one."""
    defined = {id(d.formula) for d in families.definitions}
    for formula in families.scan.formulas:
        name = head_name(formula.head) if formula.link.first and formula.head is not None else None
        if name is None or id(formula) in defined or (formula.right is not None and not any(names_in(formula.right))):
            continue
        if formula.link.right and formula.link.right[0].text in EITHER_SIGN:  # y = ±1: which values it has
            continue
        parsed = families.parsed(name)
        if (parsed.key.letter, parsed.key.accents, parsed.key.labels) != (key.letter, key.accents, key.labels):
            continue
        time = parsed.time
        boundary = time is not None and (not time[0] or time[1] or time[0] in families.lengths)
        right = formula.right
        if boundary or (right is not None and (has_derivative(right) or is_notation(name, right))):
            continue
        if (right is not None and is_setting(families.scan, formula, right)) or is_update(formula.head, right):
            continue
        return formula
    return None


def runs_back(families: Families, key: Key, formula: Formula) -> bool:
    """Whether a quantity is defined by its own value at the step behind, as the second half of a bidirectional network."""
    found = [families.parsed(n) for n, _, _ in names_in(formula.right)] if formula.right is not None else []
    return any(p.key == key and p.time is not None and p.time[1] > 0 for p in found)


def at_another_argument(families: Families, definitions: Mapping[Key, Definition]) -> tuple[int, str, str] | None:
    """A quantity that is defined as h(x), with its line, and used as h(x_i): a function, and no value of its own."""
    for definition in definitions.values():
        head, line = definition.formula.head, definition.formula.line
        argument = argument_of(head)
        if head is None or argument is None:
            continue
        for other in definitions.values():
            text = other.formula.text
            for node in (n for n in walk(other.right) if isinstance(n, Juxtaposed)):
                for operator, (front, group) in zip(node.operators, pairwise(node.factors), strict=True):
                    at = argument_of(Juxtaposed(front.start, group.end, (operator,), (front, group)))
                    name = name_of(front) if at is not None else None
                    if name is None or families.parsed(name).key != definition.key:
                        continue
                    if text(group).split() != definition.formula.text(argument).split():
                        return line, definition.formula.text(head), text(front) + text(group)
    return None


def as_a_whole(families: Families, key: Key) -> Definition | None:
    """The definition a = softmax(e) of what is used as a_i; a list of its own members, x = (x_1, ..., x_T), is none."""
    own = replace(key, arity=0)
    for definition in families.definitions if key.arity == 1 else ():
        if definition.key == own and any(families.parsed(n).key.letter != key.letter for n, _, _ in names_in(definition.right)):
            return definition
    return None


def _used(families: Families, key: Key) -> bool:
    return any(families.parsed(o.name).key == key for o in families.scan.occurrences)


def _bound(node: Node) -> list[str]:
    return [b for n in walk(node) if isinstance(n, Big) for b, _, _ in bounds_of(n)]


def step_of(families: Families, right: Node) -> Node | None:
    """The body of a right side that is ± Σ over times, else None."""
    sign = "+"
    if isinstance(right, Sum) and len(right.terms) == 1:
        sign, right = right.signs[0], right.terms[0]
    if not isinstance(right, Big) or right.operator != "sum":
        return None
    letters = [b for b, _, _ in bounds_of(right)]
    if len(letters) != 1 or not _counts_times(families, right, letters[0]):
        return None
    return right.body if sign == "+" else Sum(right.start, right.end, ("-",), (right.body,))


def _counts_times(families: Families, big: Big, letter: str) -> bool:
    if letter in families.times:
        return True
    for name, _, _ in names_in(big.body):
        parsed = families.parsed(name)
        stem = parsed.key.letter, parsed.key.accents, parsed.key.labels
        if parsed.components == 1 and not parsed.key.arity and stem in families.timed:
            return True
    return False


def _other_step(families: Families, summed: Definition) -> Node | None:
    """The body of the next side of the chain L = Σ L_t = Σ f(t)."""
    for formula in families.scan.formulas:
        same = formula.passage == summed.formula.passage and formula.link.head == summed.formula.link.head
        if same and formula is not summed.formula and formula.right is not None:
            body = step_of(families, formula.right)
            if body is not None and head_name(body) is None and not has_derivative(body):
                return body
    return None
