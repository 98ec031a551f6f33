"""Index letters: which of them count components and which count steps, and substitution without capture.

A letter is bound by a sum or an ordered product, or free in the claim.  It counts components where it stands in an `Entry` or
a `Unit`, and time steps everywhere else; a sum whose letter stands nowhere counts components if it runs up to a size.
`Letters.marked` writes every component letter together with the size it runs over, i over n as "i@n", so that from then on a
letter says by itself what it means: the same letter may run over two sizes in two sums, or count steps elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from sympy import Expr, Integer, Symbol, Tuple
from sympy.core.basic import Basic

from ..language import Entry, Fun, ProductOver, Relation, SumOver, Term, Unit, Var, Where, affine, at, shape_of
from .networks import Unsupported

BINDERS = (SumOver, ProductOver)
"""Args: body, letter, lower, upper, ... ; the letter is bound in the body alone."""

NONE: frozenset[Symbol] = frozenset()


@lru_cache(maxsize=65536)
def free_symbols(term: Basic) -> frozenset[Symbol]:
    """The symbols of a term that no sum or product in it binds: letters, lengths and sizes."""
    if isinstance(term, Symbol):
        return frozenset((term,))
    if isinstance(term, BINDERS):
        body, letter, *rest = term.args
        return (free_symbols(body) - {letter}).union(*(free_symbols(a) for a in rest))
    return NONE.union(*(free_symbols(a) for a in term.args)) if term.args else NONE


def substituted(term: Basic, mapping: Mapping[Symbol, Expr]) -> Basic:
    """The term with free letters replaced by index expressions, all at once; bound letters give way."""
    return _remembered(term, tuple(mapping.items()))


@lru_cache(maxsize=16384)
def _remembered(term: Basic, pairs: tuple[tuple[Symbol, Expr], ...]) -> Basic:
    """The same equations are written at the same steps over and over."""
    return _substituted(term, dict(pairs))


def _substituted(term: Basic, mapping: Mapping[Symbol, Expr]) -> Basic:
    known = free_symbols(term)
    mapping = {s: e for s, e in mapping.items() if s in known and s != e}
    if not mapping:
        return term
    if isinstance(term, Symbol):
        return mapping[term]
    if isinstance(term, BINDERS):
        body, letter, *rest = term.args
        arriving = NONE.union(*(free_symbols(e) for s, e in mapping.items() if s != letter))
        if letter in arriving:
            new = _other_letter(letter, arriving | free_symbols(body))
            body, letter = _substituted(body, {letter: new}), new
        inner = {s: e for s, e in mapping.items() if s != letter}
        return term.func(_substituted(body, inner), letter, *(_substituted(a, mapping) for a in rest))
    if term.is_Add:  # an index such as t - 1, or a sum of sizes
        return _index(term, mapping)
    return term.func(*(_substituted(a, mapping) for a in term.args))


def _index(index: Expr, mapping: Mapping[Symbol, Expr]) -> Expr:
    point, offset = affine(index)
    assert point is not None
    new, shift = affine(mapping[point])
    return at(new, shift + offset)


def _other_letter(letter: Symbol, taken: frozenset[Symbol]) -> Symbol:
    names = {s.name for s in taken}
    number = 1
    while f"{letter.name}'{number}" in names:
        number += 1
    return Symbol(f"{letter.name}'{number}")


def is_component(letter: Basic) -> bool:
    """Whether a letter is marked as a component index."""
    return isinstance(letter, Symbol) and "@" in letter.name


def component_name(index: Expr, size: Expr) -> str:
    """How a component index over a size is called; a marked letter has its name already."""
    if is_component(index):
        return index.name
    return f"{index}@{size}"


@lru_cache(maxsize=65536)
def _components(term: Basic) -> frozenset[tuple[Symbol, Expr]]:
    """The free component letters of a term, each with the size of its leg."""
    own: set[tuple[Symbol, Expr]] = set()
    if isinstance(term, Entry):
        legs = sum(shape_of(term.args[0]), ())
        own = {(i, leg) for i, leg in zip(term.args[1:], legs, strict=True) if isinstance(i, Symbol)}
    elif isinstance(term, Unit):
        own = {term.args} if isinstance(term.args[0], Symbol) else set()
    found = frozenset(own).union(*(_components(a) for a in term.args))
    if isinstance(term, BINDERS):
        return frozenset(pair for pair in found if pair[0] != term.args[1])
    return found


@lru_cache(maxsize=65536)
def _steps(term: Basic) -> frozenset[Symbol]:
    """The free letters of a term that stand in a time index, in a bound or as a number."""
    if isinstance(term, Symbol):
        return frozenset((term,))
    if isinstance(term, BINDERS):
        body, letter, *rest = term.args
        return (_steps(body) - {letter}).union(*(_steps(a) for a in rest))
    if isinstance(term, (Entry, Unit, Where, Fun, Var)):
        parts: Iterable[Basic] = _STEP_PARTS[type(term)](term)
    elif isinstance(term, Term):
        parts = [a for a in term.args if isinstance(a, (Term, Fun)) or a.is_Symbol or a.is_Add]
    else:
        parts = term.args
    return NONE.union(*(_steps(a) for a in parts))


_STEP_PARTS: dict[type, Callable[[Basic], Iterable[Basic]]] = {
    Entry: lambda term: term.args[:1],
    Unit: lambda term: (),
    Where: lambda term: term.args[:1],  # a condition takes its meaning from elsewhere
    Fun: lambda term: term.at,
    Var: lambda term: term.indices,
}


class Letters:
    """The free letters of one claim.  `times`: letters and lengths that are known to count steps; `sizes`: names of sizes."""

    def __init__(self, sides: Sequence[Basic], times: Iterable[str], sizes: Iterable[str], lengths: Iterable[str] = ()):
        self.sizes, self.lengths, self._claim = frozenset(sizes), frozenset(lengths), sides
        self.times = self.lengths.union(times)
        self.free: dict[Symbol, set[Expr]] = {}
        for side in sides:
            for letter, size in _components(side):
                self.free.setdefault(letter, set()).add(size)

    def marked(self, term: Basic) -> Basic:
        """The term with its component letters marked.  Raises `Unsupported` for a letter that means two things at once."""
        return self._walk(term, {})

    def _walk(self, term: Basic, bound: dict[Symbol, Expr | None]) -> Basic:
        """`bound`: letters of enclosing sums and products -> the size they run over, None for steps."""
        if isinstance(term, Symbol):
            if bound.get(term) is not None:
                raise Unsupported(f"the component index {term} is used as a number")
            return term
        if not isinstance(term, Term) or isinstance(term, Var):
            used = [s for s in free_symbols(term) if bound.get(s) is not None]
            if used:
                raise Unsupported(f"{used[0]} counts components and time steps at once")
            return term
        rule = _WALKS.get(type(term))
        if rule is not None:
            return rule(self, term, bound)
        args = [self._walk(a, bound) if isinstance(a, Term) or a.is_Symbol else a for a in term.args]
        return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)

    def _index(self, index: Expr, size: Expr, bound: dict[Symbol, Expr | None]) -> Expr:
        if isinstance(index, Integer):
            return index
        if not isinstance(index, Symbol):
            raise Unsupported(f"the component index {index} is not a plain letter or number")
        if index in bound:
            over = bound[index]
            if over is None:
                raise Unsupported(f"{index} counts components and time steps at once")
            if over != size:
                raise Unsupported(f"the component index {index} runs over {over} and over {size}")
        return _mark(index, size)

    def _entry(self, term: Basic, bound: dict[Symbol, Expr | None]) -> Basic:
        x, *indices = term.args
        sizes = sum(shape_of(x), ())
        return Entry(self._walk(x, bound), *(self._index(i, s, bound) for i, s in zip(indices, sizes, strict=True)))

    def _unit(self, term: Basic, bound: dict[Symbol, Expr | None]) -> Basic:
        index, size = term.args
        return Unit(self._index(index, size, bound), size)

    def _where(self, term: Basic, bound: dict[Symbol, Expr | None]) -> Basic:
        return Where(self._walk(term.args[0], bound), *(self._relation(c, bound) for c in term.args[1:]))

    def _relation(self, relation: Relation, bound: dict[Symbol, Expr | None]) -> Relation:
        op, left, right = relation.args
        sizes = {s for s in (self._size_of(left, bound), self._size_of(right, bound)) if s is not None}
        if not sizes:
            return relation
        if len(sizes) > 1:
            raise Unsupported(f"the condition {left} {op} {right} compares indices over {' and '.join(map(str, sizes))}")
        (size,) = sizes
        return Relation(op, self._index(left, size, bound), self._index(right, size, bound))

    def _size_of(self, index: Expr, bound: dict[Symbol, Expr | None]) -> Expr | None:
        """The size that an index in a condition runs over, None for a time step or a number."""
        if not isinstance(index, Symbol) or index.name in self.times:
            return None
        if index in bound:
            return bound[index]
        sizes = self.free.get(index, set())
        if len(sizes) > 1:
            raise Unsupported(f"the component index {index} runs over {' and over '.join(sorted(map(str, sizes)))}")
        return next(iter(sizes), None)

    def _sum(self, term: Basic, bound: dict[Symbol, Expr | None]) -> Basic:
        body, letter, lower, upper, excluded = term.args
        self._bindable(letter)
        ends = (self._walk(lower, bound), self._walk(upper, bound))
        if not self._counts_components(term):
            out = Tuple(*(self._walk(e, bound) for e in excluded))
            return SumOver(self._walk(body, {**bound, letter: None}), letter, *ends, out)
        inner = {**bound, letter: upper}
        marked = tuple(self._index(e, upper, bound) for e in excluded)
        return SumOver(self._walk(body, inner), _mark(letter, upper), *ends, marked)

    def _bindable(self, letter: Symbol) -> None:
        if letter.name in self.lengths | self.sizes:
            raise Unsupported(f"{letter} is a length or a size and cannot be a letter of a sum or product")

    def _counts_components(self, term: Basic) -> bool:
        body, letter, _, upper, _ = term.args
        component = any(letter == other for other, _ in _components(body))
        if component and letter in _steps(body):
            raise Unsupported(f"{letter} counts components and time steps at once")
        if component or letter in _steps(body):
            return component
        return bool({s.name for s in free_symbols(upper)} & (self.sizes | self._sizes_of_its_own()))

    def _sizes_of_its_own(self) -> frozenset[str]:
        """The names of the sizes of quantities that the claim brings along, which no model declares."""
        legs = {s.name for x in self._claim for v in x.atoms(Var) for leg in sum(v.shape, ()) for s in leg.free_symbols}
        return frozenset(legs) - self.times

    def _product(self, term: Basic, bound: dict[Symbol, Expr | None]) -> Basic:
        body, letter, lower, upper, order = term.args
        self._bindable(letter)
        ends = (self._walk(lower, bound), self._walk(upper, bound))
        return ProductOver(self._walk(body, {**bound, letter: None}), letter, *ends, order)


def _mark(letter: Symbol, size: Expr) -> Symbol:
    return letter if is_component(letter) else Symbol(f"{letter.name}@{size}")


_WALKS = {
    Entry: Letters._entry,
    Unit: Letters._unit,
    Where: Letters._where,
    SumOver: Letters._sum,
    ProductOver: Letters._product,
}
