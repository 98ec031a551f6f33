"""The shapes of all families: the cheapest assignment of scalar, column, row or matrix under which everything conforms.

Every forward equation must conform, with sizes unified over all of them; each family has sizes of its own that become
equal only where an equation forces it.  Habit is a weak cost (a capital is a matrix, a lower-case letter a column);
what the claims need is weaker evidence; what the note declares is fixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .sizes import SCALAR, Evaluation, Form, Misfit, Shape, Side, Sizes

KINDS = ("scalar", "column", "row", "matrix")
MARGIN = 7
MAX_STEPS = 30_000
MAX_CANDIDATES = 48
CLAIM_COST = 2
SCALED_COST, REPAIR_COST = 8, 4


@dataclass(frozen=True)
class Want:
    """One family as the search sees it.

    costs     kind -> cost; a kind that is missing is impossible
    declared  its sides where the note prints them, with names as sizes
    leaf      whether it is no defined quantity of the step (a weight, an input, a label)
    """

    name: str
    costs: Mapping[str, float]
    declared: tuple[Side, ...] = ()
    leaf: bool = True


@dataclass(frozen=True)
class Solution:
    """An assignment of kinds, its sizes, what it costs, and the layout in which the claims conform best."""

    kinds: dict[str, str]
    shapes: dict[str, Shape]
    sizes: Sizes
    habit: float
    misfits: int = 0
    layout: str = "gradient"

    @property
    def cost(self) -> float:
        return self.habit + CLAIM_COST * self.misfits


@dataclass
class _Search:
    wants: Sequence[Want]
    pairs: Sequence[tuple[Form, Form]]
    bearing: dict[str, list[int]] = field(default_factory=dict)
    found: list[Solution] = field(default_factory=list)
    steps: int = 0
    best: float = float("inf")

    def run(self, at: int, shapes: dict[str, Shape], kinds: dict[str, str], sizes: Sizes, cost: float) -> None:
        """Depth first, the cheapest kind first; nothing dearer than the best by more than the margin."""
        self.steps += 1
        if self.steps > MAX_STEPS or cost > self.best + MARGIN:
            return
        if at == len(self.wants):
            extra = self.awkward(shapes, sizes)
            if extra is not None and cost + extra <= self.best + MARGIN:
                self.best = min(self.best, cost + extra)
                self.found.append(Solution(dict(kinds), dict(shapes), sizes, cost + extra))
            return
        want = self.wants[at]
        for kind, more in sorted(want.costs.items(), key=lambda item: item[1]):
            mine = sizes.copy()
            now = {**shapes, want.name: self.sides(at, kind)}
            try:
                for k in self.bearing.get(want.name, ()):
                    conform(self.pairs[k], Evaluation(now, mine))
            except Misfit:
                continue
            self.run(at + 1, now, {**kinds, want.name: kind}, mine, cost + more)

    def sides(self, at: int, kind: str) -> Shape:
        want = self.wants[at]
        rows, cols = 2 * at + 1, 2 * at + 2
        if len(want.declared) == 2:
            rows, cols = want.declared
        elif want.declared:
            rows = cols = want.declared[0]
        return {"scalar": SCALAR, "column": (rows, 0), "row": (0, cols), "matrix": (rows, cols)}[kind]

    def awkward(self, shapes: dict[str, Shape], sizes: Sizes) -> float | None:
        """The cost of leaves that scale vectors and of y log p for yᵀ log p.

        None for a defined quantity that scales vectors: a gate whose product entry by entry was not seen.
        """
        cost, repaired = 0.0, False
        leaves = {w.name for w in self.wants if w.leaf}
        for pair in self.pairs:
            evaluation = Evaluation(shapes, sizes.copy())
            conform(pair, evaluation)
            for name in evaluation.scaled:
                if name not in leaves:
                    return None
                cost += SCALED_COST
            repaired |= evaluation.repairs > 0
        return cost + REPAIR_COST * repaired


def conform(pair: tuple[Form, Form], evaluation: Evaluation) -> None:
    """Both sides of one equation have the same shape.  Raises `Misfit`."""
    left, right = evaluation.shape(pair[0]), evaluation.shape(pair[1])
    if pair[1][0] == "number":
        return
    if left is not None and right is not None:
        evaluation.same(left, right)


def names_in(form: Form) -> set[str]:
    """The families of a form."""
    if form[0] == "family":
        return {form[1]}
    return set().union(*(names_in(f) for f in form if isinstance(f, tuple) and f and isinstance(f[0], str)), set())


def multiplied(form: Form) -> set[str]:
    """The families that stand as factors of products."""
    found = {f[1] for f in form[1:] if form[0] == "product" and isinstance(f, tuple) and f[0] == "family"}
    return found.union(*(multiplied(f) for f in form[1:] if isinstance(f, tuple) and f and isinstance(f[0], str)))


def solve(wants: Sequence[Want], pairs: Sequence[tuple[Form, Form]], claims: Sequence[tuple[Form, Form]]) -> list[Solution]:
    """Assignments under which all pairs conform, the cheapest first, with what the claims say of each."""
    search = _Search(wants, pairs)
    for k, pair in enumerate(pairs):
        for name in names_in(pair[0]) | names_in(pair[1]):
            search.bearing.setdefault(name, []).append(k)
    search.run(0, {}, {}, Sizes(), 0.0)
    found = sorted(search.found, key=lambda s: s.habit)[:MAX_CANDIDATES]
    judged = [_with_claims(s, claims) for s in found]
    return sorted(judged, key=lambda s: s.cost)


def _with_claims(solution: Solution, claims: Sequence[tuple[Form, Form]]) -> Solution:
    """The number of claims that do not conform, in the layout in which fewer do not.

    A right side that still holds derivatives may be in either layout, so it says nothing about the layout of the note.
    """
    plain = [c for c in claims if not _has_derivative(c[1])]
    mixed = sum(
        not any(fits(solution, c, layout) for layout in ("gradient", "jacobian")) for c in claims if _has_derivative(c[1])
    )
    counts = {layout: sum(not fits(solution, c, layout) for c in plain) for layout in ("gradient", "jacobian")}
    layout = min(counts, key=lambda name: (counts[name], name))
    return replace(solution, misfits=counts[layout] + mixed, layout=layout)


def _has_derivative(form: Form) -> bool:
    return form[0] == "derivative" or any(isinstance(f, tuple) and f and _has_derivative(f) for f in form[1:])


def fits(solution: Solution, claim: tuple[Form, Form], layout: str) -> bool:
    """Whether a claim conforms without making any two sizes equal."""
    frozen = Sizes(dict(solution.sizes.parents), frozen=True)
    try:
        conform(claim, Evaluation(solution.shapes, frozen, layout))
    except Misfit:
        return False
    return True


def named(solution: Solution, printed: Sequence[str], taken: set[str]) -> dict[Side, str]:
    """A name for every size of a solution: the printed one, else n with the name of the first family that has it."""
    names: dict[Side, str] = {}
    used = set(taken) | set(printed)
    for family, shape in solution.shapes.items():
        for side in shape:
            for root in _atoms(solution.sizes.find(side)):
                if root == 0 or root in names:
                    continue
                name = root if isinstance(root, str) else f"n_{family}"
                while not isinstance(root, str) and name in used:
                    name += "x"
                names[root] = name
                used.add(name)
    return names


def _atoms(side: Side) -> list[Side]:
    return [a for s in side[1:] for a in _atoms(s)] if isinstance(side, tuple) else [side]
