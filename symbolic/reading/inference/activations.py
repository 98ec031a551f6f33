"""Which function each letter of a note names, and the arguments of its identities (see `functions`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sympy.core.basic import Basic

from ...language import FUNCTIONS, IDENTITY, SPELLINGS, Apply, Fun, Var
from ..heads import active_dummies
from ..scripts import name_of
from ..symbols import SymbolTable, command
from ..tree import Big, Fraction, Group, Items, Juxtaposed, Letter, Node, Number, Sum
from .build import Draft, provisional, term_of
from .declared import Declared
from .explain import function
from .families import function_of
from .functions import CANDIDATES, agrees, is_valued
from .losses import LOSSES
from .names import names_in
from .records import Decision, Formula
from .roles import names_of_definition
from .statements import ARGUMENT, Statement, statements
from .steps import names_function

BY_VALUE = "a formula of the note states its values"
BY_SLOPE = "a formula of the note states its slope"
OTHER_VALUES = "a formula of the note states its values, and no known function has them"
"""Why a function is known; a slope that tells which function is meant is no formula about a known function."""


def understand_functions(draft: Draft, lines: Declared) -> Iterator[Decision]:
    """Every letter that stands for a function in the forward pass or in an identity."""
    stems: dict[tuple[str, frozenset[str]], tuple[str, int]] = {}
    for formula in draft.families.scan.formulas:
        for node in (formula.head, formula.right):
            for name, _, called in names_in(node) if node is not None else ():
                stem = function_of(draft.families, draft.families.parsed(name).key) if called else None
                if stem is not None:
                    text = formula.text(name.letter) + stem[0].removeprefix(name.letter.name)
                    if stem in draft.families.stepped and draft.index is not None:
                        text += f"_{{{command(draft.index.symbol.name)}}}"
                    stems.setdefault((stem[0], frozenset(name.letter.accents)), (text, formula.line))
    draft.dummies = _dummies(draft)
    values = list(statements(draft.families)) if stems else []
    for (letter, _), (latex, line) in stems.items():
        fun, why, other = _function(draft, lines, letter, latex, [v for v in values if v.letter == letter])
        draft.functions[latex] = fun
        yield function(latex, fun.name if not fun.kind else "an abstract function", other, why, line)


def _dummies(draft: Draft) -> dict[str, str]:
    """The arguments of identities: a vector where a component of it or of the function is taken."""
    found: dict[str, str] = {}
    for name, head, formula in draft.families.identities:
        group = next((f for f in head.factors if isinstance(f, Group)), None) if isinstance(head, Juxtaposed) else None
        argument = name_of(group.body) if group is not None else None
        if argument is not None and not argument.scripts:
            latex = formula.text(argument.node)
            if name.scripts or found.get(latex) == "vector":
                found[latex] = "vector"
            else:
                found.setdefault(latex, "scalar")
    return found


def _function(
    draft: Draft, lines: Declared, letter: str, latex: str, values: Sequence[Statement]
) -> tuple[Fun, str, str]:
    """The function that a letter names, why, and the runner-up."""
    for name, row in lines.functions.items():
        if name.lstrip("\\") == latex.lstrip("\\"):
            return Fun(row), "the note's block says so", ""
    rows, other = _valued(draft, values)
    if other:
        return Fun(_named(letter), kind="elementwise"), OTHER_VALUES, ""
    for why, stated in ((BY_VALUE, rows), (BY_SLOPE, _sloped(draft, letter, latex))):
        if len(stated) == 1:
            return Fun(stated[0]), why, ""
    named = {
        SPELLINGS[f.right.name] for f in draft.families.scan.formulas
        if names_function(f) and f.head is not None and _letter(draft, f.head) == letter
        and isinstance(f.right, Letter) and f.right.name in SPELLINGS
    }  # fmt: skip
    if len(named) == 1:
        return Fun(next(iter(named))), "a formula of the note names it", ""
    said = {p.where[latex] for p in draft.families.scan.passages if latex in p.where}
    if len(said) == 1:
        return Fun(next(iter(said))), "a sentence of the note names it", ""
    fun = Fun(_named(letter), kind="elementwise")
    for key in {draft.loss, replace(draft.loss, arity=1)} & set(draft.definitions):
        if _is_call_of(draft, draft.definitions[key].right, letter):  # E_t = ℓ(y_t)
            at = (draft.index.symbol,) if key.arity and draft.index else ()
            return Fun(fun.name, kind="scalar", at=at), "the loss is its value", ""
        call = _summand_of(draft, draft.definitions[key].right, letter) if letter in LOSSES else None
        if call is not None:  # L = Σ_t ℓ(y_t)
            parsed = [draft.families.parsed(n) for n, _, _ in names_in(call)]
            at = (draft.index.symbol,) if draft.index and any(p.time for p in parsed) else ()
            return Fun(fun.name, kind="scalar", at=at), "the loss is a sum of its values", ""
    return fun, "nothing in the note says which function it is", SPELLINGS.get(
        letter.removeprefix("\\"), "sigmoid"
    )


def _named(letter: str) -> str:
    """The name of an abstract function: sigma_h."""
    return "".join(c for c in letter if c not in "\\{}")


def _letter(draft: Draft, node: Node) -> str:
    """The letter of the function that a node names, or ""."""
    name = name_of(node)
    stem = function_of(draft.families, draft.families.parsed(name).key) if name is not None else None
    return stem[0] if stem is not None else ""


def _is_call_of(draft: Draft, node: Node, letter: str) -> bool:
    return isinstance(node, Juxtaposed) and len(node.factors) == 2 and _letter(draft, node.factors[0]) == letter


def _summand_of(draft: Draft, node: Node, letter: str) -> Node | None:
    """The argument ŷ_t of the function with this letter, where the loss is a sum of its values at whole quantities."""
    if isinstance(node, Sum):
        return next((found for t in node.terms if (found := _summand_of(draft, t, letter)) is not None), None)
    if isinstance(node, Big) and node.operator == "sum":
        return _summand_of(draft, node.body, letter)
    if isinstance(node, Juxtaposed) and isinstance(node.factors[0], Number | Fraction) and len(node.factors) == 2:
        return _summand_of(draft, node.factors[1], letter)
    if not _is_call_of(draft, node, letter) or not isinstance(node, Juxtaposed):
        return None
    group = node.factors[1]
    if not isinstance(group, Group):
        return None
    names = [name_of(n) for n in (group.body.items if isinstance(group.body, Items) else (group.body,))]
    parsed = [draft.families.parsed(n) for n in names if n is not None]
    outputs = [p for p in parsed if p.key in draft.definitions] if len(names) > 1 else parsed  # ℓ(o_t, y_t) with a label y_t
    used = Counter(key for d in draft.definitions.values() for _, key in names_of_definition(draft.families, d))
    if any(used[p.key] > 1 for p in parsed if p not in outputs):  # what y_t does elsewhere is not all that it does
        return None
    return group if len(parsed) == len(names) and len(outputs) == 1 and not any(p.components for p in parsed) else None


def _sloped(draft: Draft, letter: str, latex: str) -> list[str]:
    """The rows of the table for which every identity in this letter holds."""
    mine = [f for n, _, f in draft.families.identities if _letter(draft, n.node) == letter]
    if not mine or any(latex in draft.families.scan.passages[f.passage].where for f in mine):
        return []
    rows = []
    for row in CANDIDATES:
        functions = {**draft.functions, latex: Fun(row)}
        model = replace(provisional(draft), functions=functions)
        table = SymbolTable(model)
        if _holds(table, mine, draft.dummies, _values(draft, table, letter)):
            rows.append(row)
    return rows


def _values(draft: Draft, table: SymbolTable, letter: str) -> dict[Basic, Basic]:
    """a = σ(z) for every quantity that is a value of the function, so that σ'(z) = a (1 - a) states its slope."""
    found: dict[Basic, Basic] = {}
    for key, definition in draft.definitions.items():
        if _is_call_of(draft, definition.right, letter):
            try:
                value = term_of(table, definition.formula.source, definition.right)
            except ValueError:
                continue
            if isinstance(value, Apply) and isinstance(value.x, Var):
                found[table.model.families[draft.infos[key].name].var] = value
    return found


def _valued(draft: Draft, values: Sequence[Statement]) -> tuple[list[str], bool]:
    """The rows that have all stated values, whatever the note says of the slope, and whether no row has any of them."""
    if not values:
        return [], False
    model = provisional(draft)
    table = SymbolTable(replace(model, dummies={**model.dummies, ARGUMENT: "scalar"}))
    rights, unread = [], False
    for stated in values:
        try:
            rights.append(term_of(table, stated.formula.source, stated.right, frozenset((ARGUMENT,))))
        except ValueError:  # not readable; max(0.01 u, u) states a value all the same
            names = [n.letter.name for n, _, _ in names_in(stated.right)]
            unread = unread or (bool(names) and set(names) == {ARGUMENT})
    argument = Var(ARGUMENT)
    rights = [r for r in rights if is_valued(r, {ARGUMENT: 0.37})]
    if not rights:
        return [], unread
    if all(agrees(argument, r, {ARGUMENT: "scalar"}) for r in rights):
        return [IDENTITY], False
    rows = [row for row in CANDIDATES if FUNCTIONS[row].kind == "elementwise"]
    having = [{row for row in rows if agrees(Apply(Fun(row), argument), r, {ARGUMENT: "scalar"})} for r in rights]
    return [row for row in rows if all(row in h for h in having)], not any(having)


def _holds(
    table: SymbolTable, identities: Sequence[Formula], dummies: Mapping[str, str], values: Mapping[Basic, Basic]
) -> bool:
    tried = 0
    dummies = {**{a.x.name: "scalar" for a in values.values() if isinstance(a, Apply)}, **dummies}
    for formula in identities:
        head, right = formula.head, formula.right
        if head is None or right is None or (isinstance(head, Fraction) and _is_vector(table)):
            continue
        try:
            prefer = frozenset(d for node in (head, right) for d in active_dummies(table, node))
            left, other = (term_of(table, formula.source, node, prefer) for node in (head, right))
        except ValueError:  # not readable with this function
            return False
        if not agrees(left.xreplace(values), other.xreplace(values), dummies):
            return False
        tried += 1
    return tried > 0


def _is_vector(table: SymbolTable) -> bool:
    return any(f.name == "softmax" for f in table.functions.values())
