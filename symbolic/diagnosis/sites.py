"""Where a claim can be edited: its operands, the parts at which it is linear, and how pieces are put there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from sympy import Integer, Symbol
from sympy.core.basic import Basic

from ..language import Plus, SumOver, Term, Var
from ..proof.counterexample import free_components
from ..reading import Reading
from ..reading.scripts import name_of
from ..reading.symbols import Scope, SymbolTable, command
from ..reading.syntax import parse
from ..reading.tokens import lex
from ..reading.tree import Big, Fraction, Group, Infix, Juxtaposed, Node, Sum, walk
from .bench import Workbench
from .edits import Edit, Written, edit, size_between
from .parts import UNREADABLE, Part, Side
from .points import loose
from .purse import SPELLED
from .reverse import Met
from .search import UNDER, Lookup, Sample, Site
from .style import goes_on
from .vocabulary import slopes

MOST_STEPS = 2


def written(bench: Workbench, side: Side, reading: Reading | None) -> Written:
    """A side with what its edits may use."""
    table = side.told.claimed.table
    bound = {s for n in walk(side.tree) if isinstance(n, Big) for s in _bound_letter(n)}
    free = {s.name for s, *_ in reading.free} if reading else {i.symbol.name for i in table.model.indices}
    if reading:
        times = frozenset(s for s, *_ in reading.free)
        free |= {x.name for x in free_components(reading.head, reading.right, times, frozenset())}
    letters = tuple(sorted((free | bound) - set(table.lengths))) + tuple(table.lengths)
    steps = tuple((command(i.symbol.name), str(i.lower), command(i.upper.name)) for i in table.model.indices)
    if reading and table.model.indices:
        own = {i.symbol.name for i in table.model.indices}
        last = command(table.model.indices[0].upper.name)
        steps += tuple((command(s.name), str(low), last) for s, low, _ in reading.free if s.name not in own)
        said = reading.head.free_symbols
        ends = [str(n) for n in fixed_steps(reading.head)] + [command(s.name) for s, *_ in reading.free if s in said]
        loose_steps = [command(s.name) for s, *_ in reading.free if s.name not in own and s not in said]
        steps += tuple((s, first, end) for s in loose_steps for end in ends for first in ("1", "0"))
    steps_of = [s for s, *_ in reading.free if s not in reading.head.free_symbols] if reading else []
    unsaid = frozenset(command(s.name) for s in steps_of)
    spans = frozenset(p.span for p in side.parts) if side.term is not None else frozenset()
    scope = Scope({x: Symbol(x) for x in bound})
    return Written(
        side.text, side.tree, _once(partial(units, side)), letters, steps, spans, partial(_others, bench, table, scope),
        tuple(sorted(x.name for x in loose(reading, reading.right))) if reading else (), unsaid, bench.style,
    )  # fmt: skip


def _once(units: Callable[[Node], list[tuple[int, int]]]) -> Callable[[Node], list[tuple[int, int]]]:
    """The operands of a node, looked for once."""
    known: dict[int, tuple[Node, list[tuple[int, int]]]] = {}

    def found(node: Node) -> list[tuple[int, int]]:
        if id(node) not in known:
            known[id(node)] = node, units(node)
        return known[id(node)][1]

    return found


def _others(bench: Workbench, table: SymbolTable, scope: Scope, node: Node) -> Iterator[str]:
    """Quantities of the same kind at the same indices."""
    name = name_of(node)
    match = table.match(name, scope) if name is not None else None
    family = table.model.families.get(match.pattern.target) if match is not None else None
    if match is None or family is None or match.pattern.kind != "family" or match.powers or match.components:
        return
    for other in table.model.families.values():
        alike = (other.role == "weight") == (family.role == "weight") and len(other.indices) == len(match.indices)
        if other is not family and alike:
            with suppress(TypeError, ValueError):
                yield bench.printed(other.at(*match.indices)) + (bench.style.transpose if match.transposed else "")


def _bound_letter(node: Big) -> Iterator[str]:
    for sub in node.subs:
        text = next((n for n in walk(sub) if hasattr(n, "name")), None)
        if text is not None:
            yield str(getattr(text, "name", "")).removeprefix("\\")


def units(side: Side, node: Node) -> list[tuple[int, int]]:
    """The operands of a product as they were read, with functions and their arguments together."""
    factors = node.factors if isinstance(node, Juxtaposed) else node.operands if isinstance(node, Infix) else ()
    inner = [p.span for p in side.parts if node.start <= p.node.start and p.node.end <= node.end]
    inner = [s for s in inner if s != (node.start, node.end)]
    found: list[tuple[int, int]] = []
    for factor in factors:
        if found and factor.start < found[-1][1]:
            continue
        around = [s for s in inner if s[0] == factor.start and s[1] >= factor.end]
        found.append(max(around, key=lambda s: s[1], default=(factor.start, factor.end)))
    return found


def sites(s: Sample) -> Iterator[Site]:
    """The parts at which the claim is linear, and runs of factors."""
    components = free_components(s.reading.head, s.reading.right, frozenset(x for x, *_ in s.reading.free), frozenset())
    timeless = set(components) | set(_component_sums(s))
    for part in sorted(s.side.parts, key=lambda p: -p.order):
        met = s.met(id(part.term))
        if met is None and isinstance(part.term, Term):
            met = s.met(tuple(map(id, part.term.args)))
        if met is None or not isinstance(part.term, Term):
            continue
        entries = _letters(met, set()) if timeless else ()
        entries = tuple(x for x in entries if x in timeless)
        letters = (*_letters(met, timeless), *fixed_steps(s.reading.head))
        yield Site(part.node.start, part.node.end, part.term, met, letters, part, components=entries)
        if isinstance(part.node, Juxtaposed):
            yield from _runs(s, part, timeless)


def slopes_of_one(bench: Workbench, s: Sample) -> Iterator[Edit]:
    """(1) where 1 - a or 1 - h² belongs: a slope of which only the 1 is left."""
    for part in s.side.parts:
        if not isinstance(part.node, Group) or part.term != 1:
            continue
        letters = (*(x for x, *_ in s.reading.free), *part.scope.symbols.values(), *fixed_steps(s.reading.head))
        for family in bench.model.of_role("state"):
            for term in slopes(bench.model, family, letters):
                if isinstance(term, Plus) and term.args[0] == 1:
                    with suppress(TypeError, ValueError):
                        yield edit(1.15, (part.node.body.start, part.node.body.end, bench.style(bench.printed(term))))


def fixed_steps(head: Basic) -> tuple[Integer, ...]:
    """The steps that the left side speaks of by their numbers: 3 in ∂E_3/∂W."""
    found = {i for v in head.atoms(Var) for i in v.indices if isinstance(i, Integer)}
    return tuple(sorted(found))[-MOST_STEPS:]


def _runs(s: Sample, part: Part, timeless: set[Symbol]) -> Iterator[Site]:
    found = units(s.side, part.node)
    terms = {p.span: p.term for p in s.side.parts}
    for i, first in enumerate(found):
        for last in found[i + 1 :]:
            a, b = terms.get(first), terms.get(last)
            met = s.met((id(a), id(b)))
            text = s.side.text[first[0] : last[1]]
            if met is not None and (term := s.side.told.read(text, part.scope)) is not None:
                letters = (*_letters(met, timeless), *fixed_steps(s.reading.head))
                yield Site(first[0], last[1], term, met, letters, part, True)


def _letters(met: list[Met], timeless: set[Symbol]) -> tuple[Symbol, ...]:
    found = {x for here in met for env, _ in here for x in env} - timeless
    return tuple(sorted(found, key=str))


def _component_sums(s: Sample) -> Iterator[Symbol]:
    sizes = set(s.side.told.claimed.table.sizes.values())
    for node in s.side.term.atoms(SumOver) if s.side.term is not None else ():
        if node.args[3].free_symbols & sizes:
            yield node.args[1]


# pieces put in their places


def spelled(bench: Workbench, s: Sample, found: Lookup, total: int) -> Iterator[Edit]:
    """A piece of the vocabulary put in its place, with and without brackets."""
    site, text = found.site, s.side.text
    bench.budget.spend(SPELLED)
    here = max(1, size_between(s.side.tree, site.start, site.end))
    if found.how == "replace" and 2 * here > total and here > 1:
        return
    if found.how in ("plus", "minus") and not _takes_terms(s.side, site):
        return
    try:
        f = found.latex or bench.style(bench.printed(found.term))
        piece = parse(lex(f).tokens)
    except UNREADABLE:
        return
    f = f"({f})" if f.startswith(r"\nabla") and (found.how in ("left", "scale") or goes_on(text[site.end :])) else f
    x = text[site.start : site.end]
    tree = site.part.node if site.part is not None and not site.run else None
    cost = 1.0 + 0.3 * found.size + (0.3 * here if found.how == "replace" else 0.0)
    cost -= 0.2 if f.replace(" ", "") in text.replace(" ", "") and not f.isdigit() else 0.0
    cost += 0.3 if "diag" in f and "diag" not in text else 0.0
    if isinstance(tree, Fraction) and found.how in UNDER:
        yield from _under(tree, text, f"({f})" if isinstance(piece, (Sum, Infix, Big)) else f, cost)
        return
    bracketed = isinstance(tree, (Sum, Big)) or (isinstance(tree, Infix) and found.how != "entrywise")
    y = f"({x})" if bracketed else x
    g = f"({f})" if isinstance(piece, (Sum, Infix, Big)) else f
    for k, new in enumerate(_made(found.how, x, y, f, g, piece, bench.style.entrywise)):
        yield edit(cost + 0.02 * k, (site.start, site.end, new))
        if found.how != "replace":
            yield edit(cost + 0.1 + 0.02 * k, (site.start, site.end, rf"\left({new}\right)"))


def _under(tree: Fraction, text: str, f: str, cost: float) -> Iterator[Edit]:
    """A factor put below a fraction."""
    below = tree.denominator
    if isinstance(below, Group) and below.bracket == "{":
        below = below.body
    old = text[below.start : below.end]
    new = f"{f} ({old})" if isinstance(below, (Sum, Infix, Big)) else f"{f} {old}"
    yield edit(cost, (below.start, below.end, new))


def _made(how: str, x: str, y: str, f: str, g: str, piece: Node, entrywise: str) -> tuple[str, ...]:
    """A part x (y: bracketed where it must be) with a piece f (g: bracketed)."""
    h = f"({f})" if isinstance(piece, (Sum, Big)) else f
    return {
        "replace": (f, f"({f})"),
        "left": (f"{g} {y}",),
        "right": (f"{y} {g}",),
        "scale": (f"{g} {y}", f"{y} {g}"),
        "entrywise": (f"{y} {entrywise} {h}",),
        "plus": (f"{x} + {f}",),
        "minus": (f"{x} - {h}",),
    }[how]


def _takes_terms(side: Side, site: Site) -> bool:
    """Whether a summand may be put beside a site: a whole side, what stands in brackets or under a sum, a sum."""
    if site.run:
        return False
    span = (site.start, site.end)
    if span == (side.tree.start, side.tree.end):
        return True
    return any(
        (isinstance(n, (Group, Big)) and (n.body.start, n.body.end) == span)
        or (isinstance(n, Sum) and (n.start, n.end) == span)
        for n in walk(side.tree)
    )

