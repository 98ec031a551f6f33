"""The letters of indices and lengths.

Index letters are those bound by Σ or ∏, shifted in a script (t - 1), alone in a raised bracket ((t), [l], ⟨t⟩), or in a
range or condition.  An upper bound that is never bound itself is a length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..notation import GREEK
from ..scripts import Name, index_name, is_power, is_transpose, label_of, name_of, quantities, split_index
from ..tokens import Token
from ..tree import Big, Compared, Juxtaposed, Letter, Node, Scripted, Table, children
from .names import bounds_of, has_derivative, names_in, plain_scripts
from .records import Formula, Letters


def ranges_in_words(tokens: Sequence[Token], letters: Letters) -> None:
    """t = 1, 2, ..., l and t ∈ {1, ..., l}: the index, and the length at the end."""
    for k, token in enumerate(tokens):
        if token.kind != "command" or token.text != "dots":
            continue
        after = next((j for j in range(k + 1, min(k + 3, len(tokens))) if tokens[j].kind == "letter"), None)
        mark = next((j for j in range(k - 1, max(k - 8, 0), -1) if tokens[j].kind == "relation"), None)
        if after is None or mark is None or tokens[mark].text not in ("=", "∈"):
            continue
        between = tokens[mark + 1 : k]
        if any(t.kind not in ("number", "punct", "open") for t in between) or not any(t.kind == "number" for t in between):
            continue
        if tokens[mark - 1].kind != "letter" or (mark > 1 and tokens[mark - 2].kind in ("letter", "font", "script")):
            continue
        if any(t.text == "," for t in tokens[k + 1 : after]) or any(t.text == "," for t in between):
            index = tokens[mark - 1].text.removeprefix("\\")
            upper = _length(tokens, after)
            lower = next(t.text for t in between if t.kind == "number")
            letters.bound.add(index)
            letters.uppers[upper] += 1
            letters.ranges[index, lower, upper] += 1
            letters.pairs[index, upper] += 1


def _length(tokens: Sequence[Token], at: int) -> str:
    name = tokens[at].text.removeprefix("\\")
    if at + 2 < len(tokens) and tokens[at + 1].text == "_":
        rest = tokens[at + 2 :]
        label = rest[1:2] if rest[0].text == "{" else rest[:1]
        name += "_" + "".join(t.text.removeprefix("\\") for t in label)
    return name


def gather(node: Node, letters: Letters) -> None:
    """The index letters of one tree."""
    if isinstance(node, Big):
        for name, lower, upper in bounds_of(node):
            letters.bound.add(name)
            split = split_index(upper) if upper is not None else None
            if split and split[0]:
                letters.uppers[split[0]] += 1
                letters.pairs[name, split[0]] += 1
                low = split_index(lower) if lower is not None else None
                if not split[1] and low and not low[0]:
                    letters.ranges[name, str(low[1]), split[0]] += 1
    if isinstance(node, Table) and node.environment in ("cases", "dcases"):
        for row in node.rows:
            if len(row) > 1 and isinstance(row[1], Compared):
                _compared([split_index(o) for o in row[1].operands], letters)
    symbol = name_of(node)
    if symbol is not None:
        for script in symbol.scripts:
            split = split_index(script.node)
            if split and split[0] and split[1] and not (script.where == "^" and is_power(script.node)):
                letters.shifted.add(split[0])
            elif script.where == "^" and script.bracket and split and split[0] and _single(script.node):
                letters.bracketed.add(split[0])
    for child in children(node):
        gather(child, letters)


def _compared(sides: Sequence[tuple[str, int] | None], letters: Letters) -> None:
    """i = j, and the t = T or 1 <= t < T of a case: a capital beside small letters is a length, as is one told of before."""
    here = [side[0] for side in sides if side is not None and side[0]]
    if None in sides or len({*here}) < 2:
        return
    small = [n for n in here if not n[:1].isupper()]
    ends = {n for n in here if small and n not in small} or {
        n for n in here if n not in letters.shifted and any((i, n) in letters.pairs for i in here)
    }
    letters.bound.update(n for n in here if n not in ends)
    for end in ends:
        letters.uppers[end] += 1
        letters.pairs.update((n, end) for n in small if n != end)


def _single(node: Node) -> bool:
    """A letter, or one with a letter below it: l, n_l."""
    if isinstance(node, Scripted):
        return _single(node.base) and not (node.sups or node.primes) and len(node.subs) == 1 and _single(node.subs[0])
    return isinstance(node, Letter) and not node.word and not node.accents


def add_conditions(formulas: Sequence[Formula], letters: Letters) -> None:
    """t = T, i = j, k = 1, ...: an equation between an index letter and a letter or a number."""
    for formula in formulas:
        left = index_name(formula.head) if formula.head else None
        right = split_index(formula.right) if formula.right else None
        if left in letters.bound | letters.shifted | letters.bracketed and right and right[0] and right[0] != left:
            letters.uppers[right[0]] += 0
            letters.pairs[left or "", right[0]] += 0


def add_words(formulas: Sequence[Formula], letters: Letters) -> None:
    """`in` in h = W_{in} x is a word: in a forward equation an entry i n would have its i or n elsewhere, too."""
    entries: set[tuple[str, str]] = set()
    for formula in formulas:
        if formula.right is None or name_of(formula.head or formula.right) is None or has_derivative(formula.right):
            continue
        names = [n for node in (formula.head, formula.right) if node is not None for n, _, _ in names_in(node)]
        pairs = [(n, s.node) for n in names for s in plain_scripts(n) if not s.bracket and _is_pair(s.node)]
        if pairs:
            single = [p for n in names for s in plain_scripts(n) for p in _parts(s.node)]
            standing = Counter(split[0] for p in single if (split := split_index(p)) is not None)
            bound = _bound(formula.right)
            told = Counter((name.letter.name, label_of(node) or "") for name, node in pairs)
            for name, node in pairs:
                own = Counter(n for n in map(index_name, _parts(node)) if n is not None)
                which = name.letter.name, label_of(node) or ""
                alone = all(standing[n] == k * told[which] and n not in bound for n, k in own.items())
                (letters.words if alone else entries).add(which)
    letters.words -= entries


def _is_pair(node: Node) -> bool:
    return isinstance(node, Juxtaposed) and not any(node.operators) and len(node.factors) == 2 and label_of(node) is not None


def _bound(node: Node) -> set[str]:
    here = {name for name, _, _ in bounds_of(node)} if isinstance(node, Big) else set()
    return here.union(*(_bound(child) for child in children(node)))


def add_pairs(formulas: Sequence[Formula], letters: Letters) -> None:
    """i in w_{ij}, where j is bound and i is no quantity of its own, is an index letter, too; in W_{in} it may be a word."""
    names = [n for f in formulas for node in (f.head, f.right) if node is not None for n, _, _ in names_in(node)]
    bases = {n.letter.name.removeprefix("\\") for n in names}
    for name in names:
        for script in name.scripts:
            node = script.node
            pair = node.factors if isinstance(node, Juxtaposed) and not any(node.operators) else ()
            inside = [n for n in map(index_name, pair) if n is not None]
            raised = script.where == "^" and not set(inside) <= letters.bound  # nor is W^{in} an entry
            if raised or (name.letter.name, label_of(node)) in letters.words:
                continue
            if len(inside) == len(pair) == 2 and set(inside) & letters.bound and not set(inside) & bases:
                letters.bound |= {n for n in inside if _single_letter(n)}


def add_neighbours(formulas: Sequence[Formula], letters: Letters) -> None:
    """i and j in z_i and z_j, where z_k with a bound k stands, too: index letters, if they are no quantities.

    So is j in ∂/∂θ_j, where θ stands by itself, too, and in ∂/∂z^l_j, where z^l does.  An equation such as i = j makes no
    quantity of them.
    """
    meant = [f for f in formulas if not all(_is_neighbour(n) for n in (f.head, f.right))]
    found = [pair for f in meant for node in (f.head, f.right) if node is not None for pair in names_in(node)]
    names = [n for n, _, _ in found]
    bases = {q for f in meant for node in (f.head, f.right) if node is not None for q in quantities(node)}
    bases &= {n.letter.name.removeprefix("\\") for n in names}
    alone = {n.letter.name for n in names if not list(_slots(n))}
    below = {n for name, place, _ in found if place == "below" and name.letter.name in alone for _, n in _slots(name)}
    counters = letters.shifted | letters.bracketed
    steps = {n.letter.name for n in names if [letter for _, letter in _slots(n)] in [[c] for c in counters]}
    for name, place, _ in found:
        own = {letter for _, letter in _slots(name)}
        if place == "below" and name.letter.name in steps and own & counters:
            below |= own - counters
    letters.bound |= {n for n in below if _may_count(n) and n not in bases | letters.lengths}
    placed = [pair for n in names if len(pairs := list(_slots(n))) == 1 for pair in pairs]
    summed = {slot for slot, letter in placed if letter in letters.bound}
    letters.bound |= {n for slot, n in placed if slot in summed and _may_count(n) and n not in bases | letters.lengths}


def _is_neighbour(node: Node | None) -> bool:
    return node is not None and _may_count(index_name(node) or "")


def _may_count(letter: str) -> bool:
    """Whether a letter is one that may count components: a single small one."""
    return len(letter) == 1 and letter.islower()


def add_last_steps(formulas: Sequence[Formula], letters: Letters) -> None:
    """The last step: a capital, never bound, where a quantity that is defined at l has its l elsewhere.

    So N in a^{(N)} and L in z^L, beside z^l = W^l a^{l-1}; in a raised bracket any letter that is no quantity and on no
    left side, too.
    """
    running = {n for n in letters.bound | letters.shifted if n in letters.bound or not (n[:1].isupper() or "_" in n)}
    names = [n for f in formulas for node in (f.head, f.right) if node is not None for n, _, _ in names_in(node)]
    bases = {n.letter.name.removeprefix("\\") for n in names}
    heads = [n for f in formulas if f.link.first and f.head is not None and (n := name_of(f.head)) is not None]
    free = {split_index(s.node) for n in heads for s in n.scripts}
    own = {f[0] for f in free if f is not None and f[1] in (0, 1)} & running  # h_k, or h_{k+1} = h_k + f(h_k)
    slots = {slot for n in heads for slot, letter in _slots(n) if letter in own}
    last = {letter for n in names for slot, letter in _slots(n) if slot in slots}
    capitals = {letter for letter in last if letter[:1].isupper() or letter.partition("_")[2] in own}  # L, or n_l beside l
    for letter in (letters.bracketed - letters.shifted - bases) | capitals:
        if own and letter not in running and ((letter, 0) not in free or letter in capitals):
            letters.uppers[letter] += 1
            for index in own:
                letters.pairs[index, letter] += 1


def _slots(name: Name) -> Iterator[tuple[tuple[str, frozenset[str], str, str], str]]:
    """The places of the indices on a name, and the letter in each: a^{l-1} gives (a, ^, no bracket), l."""
    letter = name.letter
    for script in name.scripts:
        split = split_index(script.node)
        if split and split[0] and not (script.where == "^" and (is_transpose(script.node) or is_power(script.node))):
            yield (letter.name, frozenset(letter.accents), script.where, script.bracket), split[0]


def _single_letter(name: str) -> bool:
    return len(name) == 1 or name in GREEK


def add_current_steps(formulas: Sequence[Formula], letters: Letters) -> None:
    """t in h_t = f(h_{t-1}) is an index, though a sum ends at it, where no other letter does."""
    heads = [(f, n) for f in formulas if f.link.first and f.head is not None and f.right and (n := name_of(f.head))]
    standing: dict[str, bool] = {}
    for formula, name in heads:
        here = [split for s in name.scripts for n in _parts(s.node) if (split := split_index(n)) is not None]
        own = {letter for letter, offset in here if letter and not offset}
        back = {
            split[0] for other, _, _ in (names_in(formula.right) if formula.right is not None else ())
            for s in other.scripts for n in _parts(s.node) if (split := split_index(n)) and split[0] and split[1] < 0
        }
        for letter in own:
            standing[letter] = standing.get(letter, False) or letter in back
    if not any(recurs and n in letters.indices for n, recurs in standing.items()):
        letters.bound |= {n for n, recurs in standing.items() if recurs and n in letters.lengths and not n[:1].isupper()}


def _parts(node: Node) -> tuple[Node, ...]:
    return node.factors if isinstance(node, Juxtaposed) and not any(node.operators) else (node,)
