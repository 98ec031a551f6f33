"""The state of a conversion from terms to polynomials over index networks: names, letters, definitions, what was converted.

Legs of the result are numbered 0, 1, ...: row legs first, then column legs.  Time indices keep their names; a bound one gets a
fresh name and its range as difference constraints.  Values of functions and recurrent variables keep their names, other
variables are unfolded: definitions hold.  They hold from the first step on; where a value before the first step exists and
its definition would make sense there as well, the two differ, and the variable keeps its name and is not unfolded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any, Self

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import Apply, Var, affine, at
from ..model import Equation, Model
from .algebra import Algebra
from .closures import Closures, Named
from .heads import Head, Heads
from .letters import Letters, component_name, substituted
from .networks import Budget, Condition, Edge, Monomial, Poly, Time, Unsupported, add, relabelled

Row = Callable[["Conversion", Basic], Poly]


class Conversion:
    """What the rows share.  `adjoints`: rules of the adjoints that are not atoms, at their own index letters.

    `assume_labels`: families whose entries are assumed to sum to one.  `recurrences`: rules of adjoints that stay atoms but at
    the last step, where nothing comes after.  `row` names the row of a term.
    """

    def __init__(
        self,
        model: Model,
        adjoints: dict[str, tuple[Var, Basic]],
        budget: Budget,
        assume_labels: frozenset[str] = frozenset(),
        polynomial: frozenset[str] = frozenset(),
        recurrences: dict[str, tuple[Var, Basic]] | None = None,
    ):
        self.model = model
        self.algebra = Algebra(budget, polynomial)
        self.memo: dict[Basic, tuple[Poly, frozenset[Condition]]] = {}
        self.components: dict[str, int] = {}
        self.bound_times = 0
        self.softmax_sizes: dict[str, str] = {}  # head of a softmax value -> the size of its leg
        self.lengths = {i.upper.name for i in model.indices}
        self.sizes = {s.name for f in model.families.values() for leg in (*f.rows, *f.cols) for s in leg.free_symbols}
        self.value_of: dict[str, tuple[str, Named]] = {}
        self.recurrent = recurrent(model)
        self.reach = reach_of(model)
        self.atoms: set[str] = set()
        self.adjoints = {name: (own, self._marked(right)) for name, (own, right) in adjoints.items()}
        self.recurrences = {name: (own, self._marked(right)) for name, (own, right) in (recurrences or {}).items()}
        self.equations = {e.left.name: Equation(e.left, self._marked(e.right)) for e in model.equations}
        for name in assume_labels:
            self.algebra.heads.normalized.add("var:" + name)
        self._name_definitions()

    def twin(self) -> Self:
        """A converter in the same state that goes its own way: what it meets leaves no trace in this one."""
        return _twin(self)

    def _marked(self, term: Basic) -> Basic:
        letters = {i.symbol.name for i in self.model.indices}
        return Letters([term], letters, self.sizes, self.lengths).marked(term)

    def at_last(self, head: str, time: Time) -> Poly | None:
        """The adjoint of a recurrent family at the last step, by its rule."""
        rule = self.recurrences.get(head.partition(":")[2])
        if rule is None or len(rule[0].indices) != 1:
            return None
        own, right = rule
        point, offset = time
        index = at(Symbol(point) if point else None, offset)
        return self.poly(substituted(right, {own.indices[0]: index}))

    def row(self, term: Basic) -> Row:
        """The row that converts a term."""
        raise NotImplementedError

    def polys(self, terms: Iterable[Basic], times: Iterable[str] = ()) -> list[Poly]:
        """The polynomials of the terms of one claim, in which the letters `times` count steps (as do all lengths)."""
        terms = tuple(terms)
        letters = Letters(terms, times, self.sizes, self.lengths)
        return [self.poly(letters.marked(term)) for term in terms]

    def poly(self, term: Basic) -> Poly:
        """The polynomial of a term whose component letters are marked, with one leg per leg of its shape."""
        found = self.memo.get(term)
        if found is None:
            outer, self.algebra.conditions = self.algebra.conditions, set()
            try:
                poly = self.algebra.collected(self.row(term)(self, term))
                found = self.memo[term] = poly, frozenset(self.algebra.conditions)
            finally:
                self.algebra.conditions = outer
        self.algebra.conditions |= found[1]
        return found[0]

    # --- names -------------------------------------------------------------------------------------------------------

    def _name_definitions(self) -> None:
        """Register values of functions under the names that the model gives them."""
        self.atoms |= {name for name in self.equations if name in self.recurrent or self.reach[name] < 0}
        for e in self.equations.values():
            name = "var:" + e.left.name
            own = self.edge(name, e.left)
            if self.reach[e.left.name] < 0 and len(e.left.indices) == 1:
                self.algebra.heads.initial[name] = self.model.families[e.left.name].indices[0].lower
            if isinstance(e.right, Apply):
                self._name_value(e, name, own)

    def _name_value(self, e: Equation, name: str, own: Edge) -> None:
        try:
            value = self.poly(e.right)
        except Unsupported:
            return
        edges = [edge for mono in value for edge, power in mono.edges]
        if len(value) != 1 or value.get(Monomial(tuple((x, 1) for x in edges))) != 1 or len(edges) != 1:
            return
        edge = edges[0]
        heads = self.algebra.heads
        known = heads.known[edge.head]
        if known.kind not in ("fn", "step") or sorted(edge.verts) != list(own.verts):
            return
        shift = None
        if own.times:
            if len(edge.times) != 1 or edge.times[0][0] != own.times[0][0] or len(own.times) != 1:
                return
            shift = own.times[0][1] - edge.times[0][1]
        named = Named(name, shift, edge.times, tuple(edge.verts.index(v) for v in own.verts))
        heads.known[name] = Head("step" if known.kind == "step" and name not in heads.initial else "var", fun=known.fun)
        if edge.head in heads.normalized:
            heads.normalized.add(name)
        if makes_sense_before(self.model, self.reach, e):
            return
        self.atoms.add(e.left.name)
        self.algebra.folded[edge.head] = named
        self.value_of[name] = (edge.head, named)
        self.memo.pop(e.right)
        self.poly(e.right)

    def edge(self, head: str, variable: Var) -> Edge:
        """One occurrence of a variable (or its adjoint)."""
        times = tuple(self.time(i) for i in variable.indices)
        self.algebra.heads.known.setdefault(head, Head(head.partition(":")[0]))
        self.algebra.names.setdefault(head, str(variable.name))
        return Edge(head, times, tuple(range(len(variable.legs))))

    def time(self, index: Expr) -> Time:
        point, offset = affine(index)
        return ("" if point is None else point.name), offset

    def component(self, index: Expr, size: Expr) -> int:
        """The vertex of a component index (a letter or a number) over a size."""
        name = component_name(index, size)
        vertex = self.components.setdefault(name, -1 - len(self.components))
        if not isinstance(index, Symbol):
            self.algebra.heads.numbers[vertex] = int(index)
        return vertex

    def argument_of(self, edge: Edge, holds: bool = False) -> tuple[str, Poly] | None:
        """(f, z) if the edge is the value f(z), named or not, of an elementwise function or of a function of a vector.

        `holds`: the edge is known to stand at no step before the first.
        """
        head, times, verts = edge.head, edge.times, edge.verts
        if head in self.value_of:
            if head in self.algebra.heads.initial and not holds:
                return None  # not before the first step
            head, named = self.value_of[head]
            times = named.times if named.shift is None else tuple((p, o - named.shift) for p, o in times)
            verts = tuple(edge.verts[named.legs.index(i)] for i in range(len(edge.verts)))
        known = self.algebra.heads.known[head]
        if known.kind != "fn" or known.body is None or len(set(verts)) < len(verts):
            return None
        return known.fun, self.algebra.argument(Edge(head, times, verts))

    def fresh_time(self) -> str:
        self.bound_times += 1
        return f"~{self.bound_times}"

    def condition_bound(self, letter: str, name: str) -> None:
        """What must not vanish under a sum or product over a letter says nothing of a free step of the same letter."""
        times = {letter: name}
        self.algebra.conditions = {
            k._replace(point=times.get(k.point or "", k.point), time=k.time and (times.get(k.time[0], k.time[0]), k.time[1]))
            for k in self.algebra.conditions
        }

    def contracted(self, a: Poly, b: Poly, ra: int, inner: tuple[Expr, ...], cb: int) -> Poly:
        """Matrix product: a has ra row legs, b cb column legs, both share the inner legs."""
        verts = [self.algebra.fresh_vertex() for _ in inner]
        k = len(inner)
        left = {ra + i: v for i, v in enumerate(verts)}
        right = dict(enumerate(verts)) | {k + j: ra + j for j in range(cb)}
        bound = tuple((v, str(s)) for v, s in zip(verts, inner, strict=True))
        return self.algebra.multiply(
            add([{relabelled(m, left): c} for m, c in a.items()]),
            add([{relabelled(m, right): c} for m, c in b.items()]),
            bound,
        )


def _twin(whole: Any) -> Any:
    """A copy of an object, of its parts that are ours, and of its tables, whose rows are never changed."""
    result = copy(whole)
    for name, part in vars(result).items():
        if isinstance(part, (dict, set, list)):
            setattr(result, name, part.copy())
        elif isinstance(part, (Closures, Heads)):
            setattr(result, name, _twin(part))
    return result


def recurrent(model: Model) -> frozenset[str]:
    """Families that depend on themselves through earlier steps (their definitions cannot be unfolded).

    One whose every way back to itself leads through a value of a function, which keeps its name, can be: z_t =
    W tanh(z_{t-1}) + U x_t is no such one, z_t = W h_{t-1} + U x_t with h_t = tanh(z_t) is.
    """
    values = {e.left.name for e in model.equations if isinstance(e.right, Apply)}
    round_about = _on_a_cycle(model.equations)
    return frozenset(round_about & (values | _on_a_cycle([e for e in model.equations if e.left.name not in values])))


def _on_a_cycle(equations: Iterable[Equation]) -> set[str]:
    needs: dict[str, set[str]] = {}
    for e in equations:
        stack: list[Basic] = [e.right]
        found: set[str] = set()
        while stack:
            node = stack.pop()
            if isinstance(node, Var):
                found.add(node.name)
            else:
                stack.extend(node.args)
        needs[e.left.name] = found
    reach = {name: set(direct) for name, direct in needs.items()}
    known = -1
    while known != (known := sum(map(len, reach.values()))):
        for name in reach:
            for other in tuple(reach[name]):
                reach[name] |= reach.get(other, set())
    return {name for name in reach if name in reach[name]}


def makes_sense_before(model: Model, reach: dict[str, int], e: Equation) -> bool:
    """Whether a variable has a value before the first step that is not what its definition would give there."""
    if reach[e.left.name] >= 0:
        return False
    if len(e.left.indices) > 1:
        return True
    own = e.left.indices[0]
    stack: list[Basic] = [e.right]
    while stack:
        node = stack.pop()
        if not isinstance(node, Var):
            stack.extend(a for a in node.args if isinstance(a, Basic))
            continue
        for index in node.indices[:1]:
            point, offset = affine(index)
            if point == own and offset - 1 < reach[node.name]:
                return False  # something there does not exist
    return True


def reach_of(model: Model) -> dict[str, int]:
    """How far before the first step the equations look at a family, in any of its indices: 0 or a negative number."""
    reach = dict.fromkeys(model.families, 0)
    for e in model.equations:
        stack: list[Basic] = [e.right]
        while stack:
            node = stack.pop()
            if not isinstance(node, Var):
                stack.extend(a for a in node.args if isinstance(a, Basic))
                continue
            for index, family in zip(node.indices, model.families[node.name].indices, strict=True):
                point, offset = affine(index)
                before = offset - family.lower if point is None else offset
                reach[node.name] = min(reach[node.name], before)
    return reach
