"""The shapes of all families: the cheapest assignment of scalar, column, row or matrix under which everything conforms.

Every forward equation must conform, with sizes unified over all of them; each family has sizes of its own that become
equal only where an equation forces it.  Habit is a weak cost (a capital is a matrix, a lower-case letter a column);
what the claims need is weaker evidence; what the note declares is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

from .sizes import SCALAR, Evaluation, Form, Misfit, Shape, Side, Sizes

KINDS = ("scalar", "column", "row", "matrix")
MARGIN = 7
MAX_STEPS = 30_000
MAX_CANDIDATES = 48
CLAIM_COST = 2
ROW_COST = 2.0
SCALED_COST, REPAIR_COST, UNLIKE_COST, REPEAT_COST = 8, 4, 3, 3
FACTOR_COST = 1
"""Of a vector scaled by a letter that people use for numbers."""
AGAIN_COST = 3
"""Of y log a and (1 - y) log(1 - a) together: they are mostly meant of numbers."""


@dataclass(frozen=True)
class Want:
    """One family as the search sees it.

    costs     kind -> cost; a kind that is missing is impossible
    declared  its sides where the note prints them, with names as sizes
    leaf      whether it is no defined quantity of the step (a weight, an input, a label)
    factor    whether its letter is one that people use for numbers, as the step in h + Δt f(h)
    learned   whether it is a leaf by which the note differentiates
    """

    name: str
    costs: Mapping[str, float]
    declared: tuple[Side, ...] = ()
    leaf: bool = True
    factor: bool = False
    learned: bool = False


@dataclass(frozen=True)
class Solution:
    """An assignment of kinds, its sizes, what it costs, and the layout in which the claims conform best."""

    kinds: dict[str, str]
    shapes: dict[str, Shape]
    sizes: Sizes
    habit: float
    misfits: int = 0
    layout: str = "gradient"
    repeated: str = ""
    matrices: bool = False

    @property
    def cost(self) -> float:
        return self.habit + CLAIM_COST * self.misfits


@dataclass
class _Search:
    wants: Sequence[Want]
    pairs: Sequence[tuple[Form, Form]]
    bearing: dict[str, list[int]] = field(default_factory=dict)
    alike: frozenset[tuple[str, str]] = frozenset()
    repeated: str = ""
    added: frozenset[str] = frozenset()
    matrices: bool = False
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
                whole = Solution(dict(kinds), dict(shapes), sizes, cost + extra)
                self.found.append(replace(whole, repeated=self.repeated, matrices=self.matrices))
            return
        want = self.wants[at]
        for kind, more in sorted(self.costs(want).items(), key=lambda item: item[1]):
            mine = sizes.copy()
            now = {**shapes, want.name: self.sides(at, kind)}
            try:
                for k in self.bearing.get(want.name, ()):
                    conform(self.pairs[k], self.evaluation(now, mine))
            except Misfit:
                continue
            self.run(at + 1, now, {**kinds, want.name: kind}, mine, cost + more)

    def evaluation(self, shapes: Mapping[str, Shape], sizes: Sizes) -> Evaluation:
        return Evaluation(shapes, sizes, repeated=self.repeated, matrices=self.matrices)

    def costs(self, want: Want) -> Mapping[str, float]:
        """In a batch what is added to a product is a row where rows are repeated, a column where columns are."""
        kind = {"rows": "row", "columns": "column"}.get(self.repeated, "")
        return {kind: 0.0} if want.name in self.added and kind in want.costs else want.costs

    def sides(self, at: int, kind: str) -> Shape:
        want = self.wants[at]
        rows, cols = 2 * at + 1, 2 * at + 2
        if len(want.declared) == 2:
            rows, cols = want.declared
        elif want.declared:
            rows = cols = want.declared[0]
        return {"scalar": SCALAR, "column": (rows, 0), "row": (0, cols), "matrix": (rows, cols)}[kind]

    def awkward(self, shapes: dict[str, Shape], sizes: Sizes) -> float | None:
        """The cost of leaves (and declared numbers) that scale vectors, of y log p for yᵀ log p and the like, of X W + b.

        None for a defined quantity that scales vectors: a gate whose product entry by entry was not seen.
        """
        cost, repaired, repeats = 0.0, 0, 0
        leaves = {w.name for w in self.wants if w.leaf or list(w.costs) == ["scalar"]}
        factors = {w.name for w in self.wants if w.factor}
        numbers = leaves | inner_products(self.pairs)
        for pair in self.pairs:
            evaluation = self.evaluation(shapes, sizes.copy())
            conform(pair, evaluation)
            repeats += evaluation.repeats
            for name in evaluation.scaled:
                if name not in numbers:
                    return None
                cost += FACTOR_COST if name in factors else SCALED_COST
            repaired += evaluation.repairs
        unlike = sum((shapes[a][0] == 0) != (shapes[b][0] == 0) for a, b in self.alike)
        if self.repeated and not repeats:
            return None  # the same as without a batch
        repair = REPAIR_COST + AGAIN_COST * (repaired > 1) if repaired else 0
        return cost + repair + UNLIKE_COST * unlike + REPEAT_COST * bool(repeats)


def conform(pair: tuple[Form, Form], evaluation: Evaluation) -> None:
    """Both sides of one equation have the same shape.  Raises `Misfit`."""
    left = evaluation.shape(pair[0])
    evaluation.number = left == SCALAR
    right = evaluation.shape(pair[1])
    if pair[1][0] == "number":
        return
    if left is not None and right is not None:
        evaluation.same(left, right)


def inner_products(pairs: Sequence[tuple[Form, Form]]) -> set[str]:
    """The defined quantities that are numbers by what they are made of, as e_i = qᵀ k_i and a_i = exp(e_i) / Σ_j exp(e_j)."""
    found: set[str] = set()

    def is_factor(form: Form) -> bool:
        return form[0] in ("number", "scalar") or (form[0] == "quotient" and is_factor(form[1]))

    def is_number(form: Form) -> bool:
        if form[0] == "product":
            rest = [f for f in form[1:] if not is_factor(f)]
            return not rest or rest[0][0] == "transpose" or all(map(is_number, rest))
        if form[0] == "family":
            return form[1] in found
        if form[0] == "plus":
            return any(map(is_number, form[1:]))
        inside = {"apply": 2, "quotient": 1, "power": 1, "sum": 3, "norm": 0, "trace": 0, "entry": 0}.get(form[0])
        return inside == 0 or (inside is not None and is_number(form[inside]))

    for _ in pairs:
        before = len(found)
        found |= {left[1] for left, right in pairs if left[0] == "family" and is_number(right)}
        if len(found) == before:
            break
    return found


def names_in(form: Form) -> set[str]:
    """The families of a form."""
    if form[0] == "family":
        return {form[1]}
    return set().union(*(names_in(f) for f in form if isinstance(f, tuple) and f and isinstance(f[0], str)), set())


def multiplied(form: Form) -> set[str]:
    """The families that stand as factors of products."""
    found = {f[1] for f in form[1:] if form[0] == "product" and isinstance(f, tuple) and f[0] == "family"}
    return found.union(*(multiplied(f) for f in form[1:] if isinstance(f, tuple) and f and isinstance(f[0], str)))


def counted_alike(form: Form) -> dict[str, set[str]]:
    """The vectors whose only component is the same letter in one formula, as y and p in Σ_i y_i log p_i."""
    found: dict[str, set[str]] = {}
    if form[0] == "entry" and form[1][0] == "family" and len(form[2]) == 1 and form[2][0]:
        found[form[2][0]] = {form[1][1]}
    for part in form[1:]:
        if isinstance(part, tuple) and part and isinstance(part[0], str):
            for letter, names in counted_alike(part).items():
                found.setdefault(letter, set()).update(names)
    return found


TURNED = "each {} is transposed, and no number is; what holds a vector for every component is not understood"


def turned_entry(form: Form) -> str:
    """What is to be said of an entry that is transposed, as u_k in u_kᵀ v: no number is, so each u_k is a vector; or ""."""
    turned = (f[1][1] for f in parts_of(form) if f[0] == "entry" and len(f[2]) == 1 and f[1][0] == "transpose")
    return next((TURNED.format(f[1]) for f in turned if f[0] == "family"), "")


def divides(name: str, pairs: Sequence[tuple[Form, Form]]) -> bool:
    """Whether a family stands below fractions only, as the number N of examples in 1/N."""
    forms = [f for _, right in pairs for f in parts_of(right)]
    below = [f for q in forms if q[0] == "quotient" for f in parts_of(q[2])]
    everywhere, there = (sum(f == ("family", name) for f in group) for group in (forms, below))
    return 0 < everywhere == there


def weighs(name: str, numbers: Set[str], pairs: Sequence[tuple[Form, Form]]) -> bool:
    """Whether a family stands right before a Σ in the equation for a number, and nowhere else: C in J = ½ ‖w‖² + C Σ_i ξ_i."""
    own = [f for (_, *of), right in pairs if of[0] in numbers for f in parts_of(right) if f[0] == "product"]
    before = sum(one == ("family", name) and other[0] == "sum" for f in own for one, other in pairwise(f[1:]))
    return 0 < before == sum(f == ("family", name) for _, right in pairs for f in parts_of(right))


def as_number(want: Want, numbers: Set[str], pairs: Sequence[tuple[Form, Form]]) -> Want:
    """What stands below fractions only, as τ in softmax(z/τ), or weighs a Σ, may well be a number; a capital there is one."""
    if want.leaf and want.name[:1].isupper() and "scalar" in want.costs and weighs(want.name, numbers, pairs):
        return replace(want, costs={"scalar": 0.0})
    if not want.leaf or "scalar" not in want.costs or not (divides(want.name, pairs) or weighs(want.name, numbers, pairs)):
        return want
    return replace(want, costs={**want.costs, "scalar": min(want.costs.values())})


def repeated_by(pairs: Sequence[tuple[Form, Form]], leaves: set[str], learned: set[str]) -> tuple[str, ...]:
    """What a batch may repeat: the rows in A W + b, the columns in W A + b, where W is a leaf and A is none, or a leaf that is
    not learned as W is; else either.

    A bias goes with the side of the weight: b of X W + b is never as long as the batch.
    """
    votes = {"rows": 0, "columns": 0}
    for form in (f for _, right in pairs for f in parts_of(right) if f[0] == "plus"):
        for factors in [[p for p in map(bare, t[1:]) if p[0] == "family"] for t in form[1:] if t[0] == "product"]:
            both = [f[1] for f in (factors[0], factors[-1])] if len(factors) > 1 else []
            ends = [name in (learned if learned & set(both) and set(both) <= leaves else leaves) for name in both]
            votes["rows"] += ends == [False, True]
            votes["columns"] += ends == [True, False]
    most = max(votes.values())
    return tuple(way for way, n in votes.items() if n == most) if added(pairs) & leaves else ()


def added(pairs: Sequence[tuple[Form, Form]]) -> set[str]:
    """The families that are added to products, as b in X W + b."""
    sums = [f[1:] for _, right in pairs for f in parts_of(right) if f[0] == "plus"]
    return {t[1] for terms in sums if any(t[0] == "product" for t in terms) for t in terms if t[0] == "family"}


def bare(form: Form) -> Form:
    return bare(form[1]) if form[0] == "transpose" else form


def parts_of(form: Form) -> Iterator[Form]:
    """A form and all forms in it."""
    yield form
    for part in form[1:]:
        if isinstance(part, tuple) and part and isinstance(part[0], str):
            yield from parts_of(part)


def with_rows(wants: Sequence[Want], pairs: Sequence[tuple[Form, Form]]) -> list[Want]:
    """x W + b, a small letter before a capital: the order itself says that x and b are rows."""
    matrices = {w.name for w in wants if "matrix" in w.costs}
    rows: set[str] = set()
    for terms in (f[1:] for _, right in pairs for f in (("plus", right), *parts_of(right)) if f[0] == "plus"):
        pairs_here = [t[1:] for t in terms if t[0] == "product" and len(t) == 3 and t[1][0] == t[2][0] == "family"]
        fronts = {x[1] for x, m in pairs_here if x[1] not in matrices and m[1] in matrices}
        rows |= fronts | {t[1] for t in terms if fronts and t[0] == "family"}
    return [replace(w, costs={**w.costs, "row": min(w.costs["row"], ROW_COST)}) if w.name in rows and "row" in w.costs else w
            for w in wants]  # fmt: skip


def of_a_matrix(
    best: Solution | None, wants: Sequence[Want], pairs: Sequence[tuple[Form, Form]], claims: Sequence[tuple[Form, Form]]
) -> list[Solution]:
    """The assignments under which softmax is taken of a matrix, line by line, or none where it need not be: with S = Q Kᵀ
    the S of softmax(S) is no vector but against all habit."""
    if not any(f[0] == "apply" and f[1] in ("vector", "reduce") for _, right in pairs for f in parts_of(right)):
        return []
    solutions = solve(wants, pairs, claims, matrices=True)
    if not solutions or (best is not None and solutions[0].cost >= best.cost):
        return []
    found = solutions[0]
    evaluation = Evaluation(found.shapes, found.sizes.copy(), repeated=found.repeated, matrices=True)
    for pair in pairs:
        conform(pair, evaluation)
    return solutions if evaluation.by_lines else []


def solve(
    wants: Sequence[Want], pairs: Sequence[tuple[Form, Form]], claims: Sequence[tuple[Form, Form]], matrices: bool = False
) -> list[Solution]:
    """Assignments under which all pairs conform, the cheapest first, with what the claims say of each.

    `matrices`: softmax may be taken of a matrix.
    """
    wants = with_rows(wants, pairs)
    search = _Search(wants, pairs, matrices=matrices)
    for k, pair in enumerate(pairs):
        for name in names_in(pair[0]) | names_in(pair[1]):
            search.bearing.setdefault(name, []).append(k)
    groups = [names for _, form in pairs for names in counted_alike(form).values()]
    search.alike = frozenset((a, b) for names in groups for a in names for b in names if a < b)
    leaves = {w.name for w in wants if w.leaf}
    search.added = frozenset(added(pairs) & leaves)
    for search.repeated in ("", *repeated_by(pairs, leaves, {w.name for w in wants if w.learned})):
        search.steps = 0
        search.run(0, {}, {}, Sizes(), 0.0)
    found = sorted(search.found, key=lambda s: s.habit)[:MAX_CANDIDATES]
    judged = sorted((_with_claims(s, claims) for s in found), key=lambda s: s.cost)
    # one example or a batch: what the formulas for the gradients need says more than the habit of letters
    batch, example = ([s.misfits for s in judged if bool(s.repeated) == whole] for whole in (True, False))
    if not batch or not example:
        return judged
    fewest = {True: min(batch), False: min(example)}
    return [s for s in judged if fewest[bool(s.repeated)] == min(fewest.values())]


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
        conform(claim, Evaluation(solution.shapes, frozen, layout, solution.repeated, solution.matrices))
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
