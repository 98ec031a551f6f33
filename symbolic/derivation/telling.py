r"""The derivation as a person would write it: a chain of equalities for every adjoint and gradient, each '=' with its rules.

    ∂L/∂h_t = Vᵀ ∂L/∂o_t + Wᵀ [(1 - h²_{t+1}) ∘ ∂L/∂h_{t+1}]        sum over the uses of h_t; chain rule through tanh
            = Vᵀ (ŷ_t - y_t) + Wᵀ [(1 - h²_{t+1}) ∘ ∂L/∂h_{t+1}]    ∂L/∂o_t from above

The first right side pulls back the equations that use the quantity, with the adjoints of their left sides as atoms; the
second puts in what was derived for these; the last is the derived rule.  In full, two more come first: the sum of products
of Jacobians, and slopes as f'(z).  Nothing here is taken on trust: every '=' that is told can be given to the prover.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import Expr, Integer
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Adjoint,
    Apply,
    Hadamard,
    Kronecker,
    NormSquared,
    Partial,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    SumOver,
    Term,
    Trace,
    Transpose,
    Var,
    Where,
    affine,
    at,
    is_number,
    shape_of,
)
from ..model import Equation, Family, variables
from .algebra import Algebra
from .derive import Derivation, added
from .facts import Facts
from .moving import letters
from .sweep import Contribution, placed, rule_name, uses
from .tidy import tidy_inside

Words = tuple[str | Basic, ...]
"""A rule in words, with the quantities and the functions that it speaks of."""


@dataclass(frozen=True)
class Link:
    """One '=': its right side, the rules that give it; `fine`: only told where every step is asked for.

    `after`: the rules, where the finer steps before it are told too.
    """

    right: Basic
    rules: tuple[Words, ...]
    fine: bool = False
    after: tuple[Words, ...] | None = None


@dataclass(frozen=True)
class Chain:
    """left = ... = ..., for one adjoint or gradient at its own letters."""

    left: Adjoint
    links: tuple[Link, ...]


def told(d: Derivation, fine: bool = False) -> Iterator[Chain]:
    """The chains, in the order of the backward pass: states, then weights, then inputs; `fine`: every step."""
    teller = _Teller(d)
    for family in _in_order(d):
        chain = teller.chain(family)
        links = tuple(replace(k, rules=k.rules if k.after is None else k.after) for k in chain.links) if fine else ()
        links = links or tuple(k for k in chain.links if not k.fine)
        if links and (fine or not is_number(links[-1].right)):
            yield Chain(chain.left, links)


def _in_order(d: Derivation) -> Iterator[Family]:
    states = [e.left.name for e in reversed(d.model.equations) if e.left.name != d.model.loss.name]
    others = [f.name for f in (*d.model.of_role("weight"), *d.model.of_role("input"))]
    yield from (d.model.families[name] for name in (*states, *others) if name in d.adjoints)


class _Teller:
    def __init__(self, d: Derivation):
        self.d, self.model = d, d.model
        self.plain = Algebra()
        self.order = [f.name for f in _in_order(d)]

    def algebra(self, assume: bool, slopes: bool = True) -> Algebra:
        """The algebra of the derivation with the names of the model; without `slopes` f'(z) stays as it is."""
        facts = Facts(self.model, assume)
        for e in self.model.equations:
            facts.add_name(tidy_inside(e.right, self.plain), e.left)
        k = Algebra(facts)
        k.open_slopes = not slopes
        return k

    def chain(self, family: Family) -> Chain:
        final = self.d.gradient(family.name)
        users = [e for e in reversed(self.model.equations) if any(v.name == family.name for v in variables(e.right))]
        users = [e for e in users if e.left.name in self.d.adjoints]
        found = self._pulled(family, users, self.algebra(False))
        uses_, through = self._uses_in_words(family, found), self._through(family, users)
        links = [*self._jacobians(family, found, uses_ or ("chain rule",))]
        opened = self._pulled(family, users, self.algebra(False, slopes=False))
        links.append(Link(self._sum(opened, family), (*([uses_] if uses_ and not links else []), *through), True))
        slopes = tuple(("the slope of ", *rest) for rule, *rest in through if rule == _THROUGH)
        links.append(Link(self._sum(found, family), (*([uses_] if uses_ else []), *through), False, slopes))
        put_in, above = self._substituted(links[-1].right, family)
        special = self._special(users)
        if put_in != links[-1].right:
            links.append(Link(put_in, above, not special))
        if final != links[-1].right:
            last = special or self._last(put_in, final)
            links.append(Link(final, last if special else (*above, *last), False, last))
        links = [*_without_repetition(links)]
        links[-1] = replace(links[-1], fine=False)
        return Chain(Adjoint(family.var), tuple(links))

    # the sum over the uses

    def _pulled(self, family: Family, users: list[Equation], k: Algebra) -> list[Contribution]:
        """What every use contributes, in the adjoints of the quantities that use it."""
        found = []
        for e in users:
            cotangent = self._known(e.left)
            for use in uses(self._right(e), cotangent, k, letters(e.left)):
                if use.variable.name == family.name and (c := placed(use, e, self.model, k)) is not None:
                    found.append(c)
        return found

    def _right(self, e: Equation) -> Basic:
        return self.d.jacobians.equations[e.left.name].right

    def _known(self, variable: Var) -> Basic:
        """The adjoint of a quantity; a number where it is one, as ∂L/∂L_t = 1."""
        if variable.name == self.model.loss.name:
            return Integer(1)
        value = self.d.adjoint(variable.name)
        return value if is_number(value) else Adjoint(variable)

    def _sum(self, found: list[Contribution], family: Family) -> Basic:
        return added(found, family.var, self.algebra(False))

    def _jacobians(self, family: Family, found: list[Contribution], rule: Words) -> Iterator[Link]:
        """Σ (∂u/∂v)ᵀ ∂L/∂u over the uses, for vectors and scalars that stand at one step in each equation.

        ∂⁺u_t/∂v_t goes through every equation of step t; where that is not u's own alone, there is no such sum.
        """
        if (family.rows and family.cols) or any(self._reaches_otherwise(c.by, family.name) for c in found):
            return
        parts: dict[Basic, None] = {}
        for c in found:
            part = self._jacobian(family, c)
            if part is None:
                return
            parts[part] = None
        if parts:
            total = next(iter(parts)) if len(parts) == 1 else Plus(*parts)
            yield Link(total, (rule,), True)

    def _reaches_otherwise(self, user: str, name: str) -> bool:
        """Whether an equation also holds another quantity of its own step that depends on this one."""
        equation = self.model.equation(user)
        others = {v for v in variables(equation.right) if v.name != name} if equation else set()
        here = (v.name for v in others if equation and (not equation.left.indices or v.indices == equation.left.indices))
        return any(self.d.jacobians.depends(other, name) for other in here)

    def _jacobian(self, family: Family, c: Contribution) -> Basic | None:
        user = self.model.families[c.by]
        guarded = c.condition is not None and c.condition.op != "="
        if guarded or (user.rows and user.cols) or len(user.indices) > 1 or len(family.indices) > 1:
            return None
        own = family.indices[0].symbol if family.indices else None
        same = bool(user.indices) and own == user.indices[0].symbol
        left = user.at(at(own, c.offset)) if same else user.var
        g, variable = self._known(left), family.var
        if user.indices and not same:
            if family.indices:
                return None
            body = self._times(Partial(left, variable, "immediate"), g, user)
            return SumOver(body, user.indices[0].symbol, Integer(user.indices[0].lower), user.indices[0].upper)
        if not user.indices and family.indices:
            fixed = self._fixed(c.by, family.name)
            if fixed is None:
                return None
            variable = family.at(fixed)
            body = self._times(Partial(left, variable, "total"), g, user)
            return Where(body, Relation("=", own, fixed))
        body = self._times(Partial(left, variable, "immediate"), g, user)
        return Where(body, c.condition) if c.condition is not None else body

    def _fixed(self, user: str, name: str) -> Expr | None:
        """The one step at which an equation without time uses a quantity, as h_T."""
        equation = self.model.equation(user)
        found = {v.indices[0] for v in variables(equation.right) if v.name == name} if equation else set()
        (index,) = found if len(found) == 1 else (None,)
        bound = index is not None and affine(index)[0] not in {i.upper for i in self.model.indices} | {None}
        return None if bound else index

    @staticmethod
    def _times(jacobian: Partial, g: Basic, user: Family) -> Basic:
        """(∂u/∂v)ᵀ g, or g ∂u/∂v for a scalar u; a row is treated as a column, entry by entry."""
        if shape_of(jacobian.num) == SCALAR:
            return jacobian if g == 1 else Product(g, jacobian)
        if user.cols:
            g = Transpose(g)
        whole = Product(Transpose(jacobian), g)
        return Transpose(whole) if jacobian.den.cols else whole

    # the rules in words

    def _through(self, family: Family, users: list[Equation]) -> tuple[Words, ...]:
        """What lies between the equations' left sides and the quantity; products and sums are named where nothing else is."""
        names = dict.fromkeys(_named(node) for e in users for node in _above(self._right(e), family.name))
        return tuple(r for r in names if r != _PLAIN) or tuple(names)

    def _uses_in_words(self, family: Family, found: list[Contribution]) -> Words:
        """sum over the uses of h_t: o_t and h_{t+1}; "" where a quantity is used once."""
        places: dict[Basic, None] = {}
        for c in found:
            user = self.model.families[c.by]
            letter = affine(user.indices[0].symbol)[0] if user.indices else None
            own = family.indices[0].symbol if family.indices else None
            index = [i.symbol for i in user.indices]
            if letter == own and letter is not None:
                index[0] = at(letter, c.offset)
            places[user.at(*index)] = None
        summed = any(self.model.families[c.by].indices and not family.indices for c in found)
        if len(places) == 1 and not summed:
            return ()
        said: list[str | Basic] = ["sum over the steps at which " if len(places) == 1 else "sum over the uses of ", family.var]
        said.append(" is used: " if len(places) == 1 else ": ")
        for n, place in enumerate(places):
            said += [", " if 0 < n < len(places) - 1 else " and " if n else "", place]
        return tuple(said)

    def _substituted(self, term: Basic, family: Family) -> tuple[Basic, tuple[Words, ...]]:
        """The term with the adjoints that are derived by themselves: above, or below those of a later step."""
        atoms = sorted((a for a in _adjoints(term) if a.variable.name not in self.d.basis), key=str)
        values = {a: self.d.adjoint_at(a.variable) for a in atoms}
        above = set(self.order[: self.order.index(family.name)]) if family.name in self.order else set()
        return term.xreplace(values), tuple((a, f" from {'above' if a.variable.name in above else 'below'}") for a in atoms)

    def _special(self, users: list[Equation]) -> tuple[Words, ...]:
        """The rules by which the derivation shortens, beyond the chain rule: labels that sum to one, softmax with its loss."""
        k = self.algebra(True)
        for e in users:
            cotangent = self.d.cotangents.get(e.left.name)
            if cotangent is not None:
                uses(self._right(e), cotangent, k, letters(e.left))
        names = dict.fromkeys(s.rule for s in k.steps if s.rule in _SHORTER)
        logs = (n for e in self.model.equations for n in _nodes(e.right) if isinstance(n, Apply) and n.fun.name == "log")
        if _TOGETHER in names and next(logs, None) is None:
            names = {(_SOFTMAX if n == _TOGETHER else n): None for n in names}
        return tuple((n,) for n in sorted(names, key=lambda n: n == _SHORTER[1]))

    @staticmethod
    def _last(before: Basic, final: Basic) -> tuple[Words, ...]:
        fractions = [any(isinstance(n, Quotient) for n in _nodes(side)) for side in (before, final)]
        return (("fractions cancel",),) if fractions == [True, False] else (("simplified",),)


_TOGETHER, _SOFTMAX = "softmax and cross-entropy together", "the Jacobian of softmax, multiplied out"
_SHORTER = (_TOGETHER, "labels sum to one")
_THROUGH = "chain rule through "
_PLAIN: Words = (_THROUGH, "a matrix product")


def _named(node: Term) -> Words:
    """The rule by which one goes through a head: an abstract function is named as the note writes it."""
    if isinstance(node, Apply):
        return (_THROUGH, node.fun if node.fun.kind else node.fun.name)
    rule = rule_name(node)
    return (_THROUGH, rule.removeprefix(_THROUGH)) if rule.startswith(_THROUGH) else (rule,)


def _without_repetition(links: list[Link]) -> Iterator[Link]:
    """A link that repeats the one before is left out; the plainer of the two is kept."""
    kept: list[Link] = []
    for link in links:
        if kept and kept[-1].right == link.right:
            old = kept[-1]
            kept[-1] = Link(link.right, link.rules, old.fine and link.fine, old.rules if old.after is None else old.after)
        else:
            kept.append(link)
    yield from kept


def _above(term: Basic, name: str) -> Iterator[Term]:
    """The heads between the top of a term and a quantity, outermost first; sums are left out."""
    if isinstance(term, Var) or not any(v.name == name for v in variables(term)):
        return
    if isinstance(term, _HEADS):
        yield term
    for a in term.args:
        if isinstance(a, Term):
            yield from _above(a, name)


_HEADS = (Apply, Product, Hadamard, Quotient, Power, NormSquared, Kronecker, Trace, ProductOver)


def _nodes(term: Basic) -> Iterator[Basic]:
    stack = [term]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(a for a in node.args if isinstance(a, Term))


def _adjoints(term: Basic) -> set[Adjoint]:
    return {n for n in _nodes(term) if isinstance(n, Adjoint)}
