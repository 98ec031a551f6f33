"""A loss that no formula states: any loss of what the network puts out.

    L = Σ_t L_t,  L_t = ℓ_t(y_t)     with an abstract ℓ_t, of every quantity that no equation uses at its own step
    L = ℓ(a^N)                       where the running index counts layers

What holds for every such loss holds for the one that the note means; what does not is no error of the note by itself
(see `judging.anyloss`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Integer
from sympy.core.basic import Basic

from ...language import Apply, Fun, Plus, SumOver, Var, affine
from ...model import Equation, Model, variables
from ..scripts import name_of
from ..tree import Fraction, Juxtaposed, walk
from .build import Draft, NotInferred
from .families import Definition, Families, Key
from .functions import shape
from .names import NAMERS, is_derivative, names_in, names_of_gradients
from .roles import names_of_definition
from .sides import above, differentiated_by

NAMES = ("ell", "Lambda", "Xi", "Psi", "Omega", "Theta", "Upsilon")


def is_used(families: Families, key: Key) -> bool:
    """Whether a name of this family stands anywhere in the note."""
    return any(families.parsed(o.name).key == key for o in families.scan.occurrences)


def sums_steps(families: Families, definitions: Mapping[Key, Definition], whole: Key, step: Key) -> bool:
    """Whether the note says that L is made of L_t and of nothing else, as in L = (1/T) Σ_t L_t."""
    definition = definitions.get(whole)
    return definition is not None and {key for _, key in names_of_definition(families, definition)} == {step}


def floating(families: Families, definitions: Mapping[Key, Definition], loss: Key | None) -> set[Key]:
    """Quantities that no equation uses, though they stand in one written out, as z_t = W x_t beside h_t = f(W x_t), others
    are differentiated by them, as in ∂h_t/∂z_t, or gradients of others stand in them, as in D_i = Σ_j P_ij dP_ij.

    They have a place in the forward pass, or none that is known; the network does not put them out.
    """
    backward = {k for k, d in definitions.items() if _holds_gradients(families, definitions, d)}
    used = {key for d in definitions.values() for _, key in names_of_definition(families, d)}
    letters = {k.letter for k in definitions}
    of_states = {by for of, by in _derivatives(families) if of in letters and (loss is None or of != loss.letter)}
    inside = {shape(n) for d in definitions.values() for n in walk(d.right) if n is not d.right}
    beside = {k for k, d in definitions.items() if k in of_states or shape(d.right) in inside}
    return (beside | backward) - used


def _holds_gradients(families: Families, definitions: Mapping[Key, Definition], definition: Definition) -> bool:
    """Whether dP stands in it, P is defined, and nothing defines d."""
    keys = {families.parsed(name).key for name in names_of_gradients(definition.right)}
    return bool(keys & definitions.keys()) and not any(k.letter in NAMERS for k in definitions)


def ends(draft: Draft, equations: Sequence[Equation]) -> list[Var]:
    """What the network puts out: quantities that no equation uses at their own step.

    Of several, those count by which the loss is differentiated somewhere in the note.
    """
    known = [e for e in equations if draft.loss != _key(draft, e)]
    used = {v.name for e in known for v in variables(e.right) if not v.indices or affine(v.indices[0])[1] >= 0}
    free = [e.left for e in known if e.left.name not in used] or [known[-1].left]
    if len(free) == 1:
        return free
    names = {draft.infos[key].name for key in _below_the_loss(draft) if key in draft.infos}
    return [v for v in free if v.name in names] or free


def _key(draft: Draft, equation: Equation) -> Key | None:
    return next((key for key, info in draft.infos.items() if info.name == equation.left.name), None)


def _below_the_loss(draft: Draft) -> Iterator[Key]:
    return (by for of, by in _derivatives(draft.families) if of == draft.loss.letter)


def _derivatives(families: Families) -> Iterator[tuple[str, Key]]:
    """The letter of what is differentiated, and the family by which it is, for every derivative of the note."""
    for formula in families.scan.formulas:
        for side in (formula.head, formula.right):
            for node in walk(side) if side is not None else ():
                if isinstance(node, Fraction) and is_derivative(node) and (by := differentiated_by(node)) is not None:
                    of = above(node)
                    name = name_of(of) if of is not None else None
                    if name is not None:
                        yield name.letter.name, families.parsed(by).key
                elif isinstance(node, Juxtaposed) and "/" in node.operators:  # ∂L/∂x in one line
                    names = list(names_in(node))
                    tops, bottoms = ([n for n, where, _ in names if where == w] for w in ("above", "below"))
                    if len(tops) == len(bottoms) == 1:
                        yield tops[0].letter.name, families.parsed(bottoms[0]).key


def any_loss(draft: Draft, model: Model, equations: Sequence[Equation], step: Key | None) -> Iterator[Equation]:
    """The equations of L_t and L that the note leaves open.  Raises `NotInferred`."""
    letters = {o.name.letter.name.removeprefix("\\") for o in draft.families.scan.occurrences}
    names = [n for n in NAMES if n not in letters]
    found = ends(draft, equations)
    if len(found) > len(names):
        raise NotInferred("no formula says what the loss is, and too many quantities are used by no other")
    layered = any(f.role == "weight" and f.indices for f in model.families.values())
    values = []
    for name, end in zip(names, found, strict=False):
        if step is None and end.indices and draft.index is not None:
            last = end.moved(draft.index.upper)
            index = draft.index
            values.append(
                Apply(Fun(name, kind="scalar"), last) if layered
                else SumOver(_of(name, end), index.symbol, Integer(index.lower), index.upper)
            )
        else:
            values.append(_of(name, end))
    value = values[0] if len(values) == 1 else Plus(*values)
    if step is None:
        yield Equation(model.loss, value)
        return
    yield Equation(model.families[draft.infos[step].name].var, value)


def _of(name: str, end: Var) -> Basic:
    return Apply(Fun(name, kind="scalar", at=end.indices), end)
