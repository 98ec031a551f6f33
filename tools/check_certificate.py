"""An independent checker of gradproof's certificates: standard library only, nothing shared with the program that wrote them.

    python tools/check_certificate.py FILE

Of each proved formula it checks, and refuses what fails:
1. Both sides as written agree modulo 2^61 - 1 at several sizes and lengths: random weights and data, the forward model of the
   certificate, derivatives by dual numbers (a + bε), the assumptions that are listed and no others.
2. The proof is about them: the sides of its equality have their values; in an induction over time backwards the rule has the
   value of the adjoint, and the step is the rule with the claim put in for the step after.
3. The regions of the free times cover the domain (difference constraints over the whole numbers, all cases told apart).
4. In each region the normal forms have the values of their sides, and the renaming given, one to one on vertices and steps,
   turns each term on the left into one on the right, with the same coefficient.
Functions: e(x) is random with e(-x) = 1/e(x) and e(2x) = e(x)²; sigmoid, tanh and softmax are built from it; ReLU has a random
indicator; what is abstract is a random function of the value of its argument, and its derivative another one.
"""

import json
import sys
from fractions import Fraction
from functools import reduce
from hashlib import blake2b
from itertools import product
from math import prod

P, HALF = (1 << 61) - 1, 1 << 60
LENGTHS, MOST_POINTS, MOST_ENTRIES = (1, 2, 3, 4), 40, 4

class Refused(Exception):
    """What is wrong with a certificate; at a point where a side has no value ZeroDivisionError is raised."""

def number(text):
    return Fraction(text).numerator * inverse(Fraction(text).denominator) % P

def inverse(x):
    if x % P == 0:
        raise ZeroDivisionError
    return pow(x, -1, P)

def root(x):
    r = pow(x, (P + 1) // 4, P)  # P is 3 modulo 4
    if r * r % P != x % P:
        raise ZeroDivisionError
    return r

# --- dual numbers (value, slope), and matrices (rows, columns, entries) of them

def add(x, y):
    return (x[0] + y[0]) % P, (x[1] + y[1]) % P

def mul(x, y):
    return x[0] * y[0] % P, (x[0] * y[1] + x[1] * y[0]) % P

def power(x, exponent):
    k, i = Fraction(exponent), 1
    if k.denominator == 2:
        r = root(x[0])
        x, k = (r, x[1] * inverse(2 * r) % P), 2 * k
    if k.denominator != 1 or abs(k) > 10**6:
        raise Refused(f"the exponent {exponent}")
    if k < 0:
        i = inverse(x[0])
        x = i, -x[1] * i * i % P
    k = abs(int(k))
    return pow(x[0], k, P), k * pow(x[0], k - 1, P) * x[1] % P if k else 0

def plain(rows, cols, values):
    return rows, cols, [(v % P, 0) for v in values]

def each(f, *ms):
    """Entry by entry; a matrix of one entry goes with any other."""
    shapes = {(m[0], m[1]) for m in ms} - {(1, 1)} or {(1, 1)}
    if len(shapes) > 1:
        raise Refused("shapes that do not conform")
    ((rows, cols),) = shapes
    return rows, cols, [f(*(m[2][i % len(m[2])] for m in ms)) for i in range(rows * cols)]

def matmul(a, b):
    if 1 in (a[0] * a[1], b[0] * b[1]):
        return each(mul, a, b)
    if a[1] != b[0]:
        raise Refused("a matrix product that does not conform")
    rows, cols = [a[2][i * a[1] : (i + 1) * a[1]] for i in range(a[0])], [b[2][j :: b[1]] for j in range(b[1])]
    return a[0], b[1], [reduce(add, map(mul, r, c)) for r in rows for c in cols]

def turned(m):
    return m[1], m[0], [m[2][i * m[1] + j] for j in range(m[1]) for i in range(m[0])]

def total(m):
    return 1, 1, [reduce(add, m[2])]

def diag(m, n=0):
    n = n or len(m[2])
    return n, n, [m[2][i % len(m[2])] if i == j else (0, 0) for i in range(n) for j in range(n)]

def kronecker(a, b):
    places = product(range(a[0]), range(b[0]), range(a[1]), range(b[1]))
    return a[0] * b[0], a[1] * b[1], [mul(a[2][i * a[1] + j], b[2][k * b[1] + n]) for i, k, j, n in places]

def at(vs, sizes):
    """The place of the entry with these indices, which count from 1."""
    if not all(1 <= v <= n for v, n in zip(vs, sizes, strict=True)):
        raise ZeroDivisionError
    return reduce(lambda p, x: p * x[1] + x[0] - 1, zip(vs, sizes, strict=True), 0)

class Functions:
    """Random functions of values."""
    def __init__(self, seed):
        self.seed, self.powers, self.logs, self.signs = seed, {0: 1}, {}, {0: 0}
    def drawn(self, *key):
        return int.from_bytes(blake2b(repr((self.seed, key)).encode(), digest_size=16).digest(), "big") % (P - 1) + 1
    def exp(self, x):
        if x not in self.powers:
            g = self.drawn("exp", x)
            for k, y in ((2, x), (4, 2 * x), (1, x * HALF), (-2, -x), (-4, -2 * x), (-1, -x * HALF)):
                self.powers.setdefault(y % P, pow(g, k, P))
        self.logs.setdefault(self.powers[x], x)
        return self.powers[x]
    def log(self, x):
        return self.logs.setdefault(x, self.drawn("log", x * inverse(1)))
    def indicator(self, x):
        if x not in self.signs:
            sign = self.drawn("sign", x) % 2
            for c in (1, 2, HALF, 3, inverse(3)):
                self.signs.setdefault(c * x % P, sign)
                self.signs.setdefault(-c * x % P, 1 - sign)
        return self.signs[x]
    def known(self, name, order, x):
        """The derivative of an order of a function of one number."""
        a, slope = x
        if (name, order) in (("reciprocal", 0), ("sqrt", 0)):
            return power(x, -1 if name == "reciprocal" else Fraction(1, 2))
        if (name, order) == ("log", 0):
            return self.log(a), slope * inverse(a) % P
        if name in ("sigmoid", "softplus"):
            e = self.exp(a)
            s, log = e * inverse(1 + e) % P, self.log((1 + e) % P)
            self.logs.setdefault(s, (a - log) % P)
            rows = (log, s, s - s**2, s - 3 * s**2 + 2 * s**3, s - 7 * s**2 + 12 * s**3 - 6 * s**4)[name == "sigmoid" :]
        elif name == "tanh":
            h = (1 - 2 * inverse(self.exp(2 * a % P) + 1)) % P
            rows = h, 1 - h**2, 2 * h**3 - 2 * h, 8 * h**2 - 2 - 6 * h**4
        elif name in ("relu", "step"):
            rows = (self.indicator(a) * a, self.indicator(a), 0, 0, 0)[name == "step" :]
        elif name == "exp":
            rows = (self.exp(a),) * 4
        else:
            raise Refused(f"the function {name} is not known here")
        return rows[order] % P, rows[order + 1] * slope % P
    def apply(self, name, order, kind, when, x, out):
        """A function of a matrix; `out`: how many values one of a vector has."""
        if not kind and name in ("softmax", "logsoftmax", "logsumexp"):
            e = each(lambda v: (self.exp(v[0]), self.exp(v[0]) * v[1] % P), x)
            log = each(lambda v: (self.log(v[0]), v[1] * inverse(v[0]) % P), total(e))
            shares = each(lambda a, b: mul(a, power(b, -1)), e, total(e))
            logs = each(lambda a, b: add(a, mul(b, (P - 1, 0))), x, log)
            for share, v in zip(shares[2], logs[2], strict=True):
                self.logs.setdefault(share[0], v[0])
            return {"softmax": shares, "logsoftmax": logs, "logsumexp": log}[name]
        if not kind:
            return each(lambda v: self.known(name, order, v), x)
        if kind == "elementwise":
            return each(lambda v: (self.drawn(name, order, when, v[0]), self.drawn(name, order + 1, when, v[0]) * v[1] % P), x)
        values, slopes = [v[0] for v in x[2]], [v[1] for v in x[2]]
        rows = [[self.drawn(name, 1, when, values, i, j) for j in range(len(values))] for i in range(out)]
        if order:
            if any(slopes):
                raise Refused("a second derivative of an abstract function")
            return plain(*(x[:2] if kind == "scalar" else (out, len(values))), [v for row in rows for v in row])
        return out, 1, [(self.drawn(name, 0, when, values, i), sum(map(int.__mul__, r, slopes)) % P) for i, r in enumerate(rows)]

class World:
    """A model with numbers: sizes, a length, random leaves; forward passes are kept."""
    def __init__(self, model, shift, length, sums, zeros):
        self.indices = {letter: (lower, upper) for letter, lower, upper in model["indices"]}
        self.families, self.equations = ({name: rest for name, *rest in model[x]} for x in ("families", "equations"))
        names = {f for _, rows, cols, _ in self.families.values() for leg in rows + cols for part in leg for f in part}
        self.sizes = {name: 2 + (k + shift) % 2 for k, name in enumerate(sorted(n for n in names if isinstance(n, str)))}
        self.loss, self.sums, self.zeros, self.runs, self.shapes = model["loss"], sums, zeros, {}, {}
        self.lengths = {upper: length for _, upper in self.indices.values()}
        self.functions = Functions(f"{shift} {length}")
    def size(self, form):
        return sum(prod(f if isinstance(f, int) else self.sizes.setdefault(f, 3) for f in part) for part in form)
    def side(self, legs):
        return prod(map(self.size, legs))
    def index(self, index, env):
        for known in (env, self.lengths, self.sizes, {"": 0}):
            if index[0] in known:
                return known[index[0]] + index[1]
        raise Refused(f"the index {index[0]} has no value")
    def holds(self, relation, env):
        a, b = self.index(relation[1], env), self.index(relation[2], env)
        return {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b}[relation[0]]
    def run(self, moved=None, step=None):
        return self.runs.get((moved, step)) or self.runs.setdefault((moved, step), Run(self, moved, step))
    def step_of(self, name, when):
        letters, time = self.families[name][3] if name in self.families else [], next(iter(self.indices), None)
        return when[letters.index(time)] if time in letters else None
    def derivative(self, top, by, env, step=None):
        """Entries of one term by those of another, row-major; that of the loss by what comes after the last step is zero."""
        if top[:2] == ["var", self.loss] and by[0] == "var" and by[1] in self.families:
            ends = [self.lengths[self.indices[letter][1]] for letter in self.families[by[1]][3]]
            if any(self.index(i, env) > end for i, end in zip(by[2], ends, strict=True)):
                return zero(self, [], by[3] + by[4])
        places = Places(self)
        moved = [places.found[x[0]] for x in value(by, places, env)[2]]
        columns = [[x[1] for x in value(top, self.run(m, step), env)[2]] for m in moved]
        return plain(len(columns[0]), len(columns), [c[i] for i in range(len(columns[0])) for c in columns])

class Run:
    """A forward pass: the entry `moved` gets the slope 1; quantities of all other steps than `step` are held."""
    def __init__(self, world, moved=None, step=None):
        self.world, self.moved, self.step, self.known = world, moved, step, {}
    def __call__(self, name, when, rows, cols):
        if (name, when) not in self.known:
            x = self.computed(name, when, *(self.world.families[name][1:3] if name in self.world.families else (rows, cols)))
            slopes = [(0, int(self.moved == ((name, when), k))) for k in range(len(x[2]))]
            self.known[name, when] = each(add, x, (x[0], x[1], slopes))
        return self.known[name, when]
    def computed(self, name, when, rows, cols):
        w, (letters, right) = self.world, self.world.equations.get(name, ((), None))
        if right is not None and all(i >= w.indices[letter][0] for i, letter in zip(when, letters, strict=True)):
            if self.step is not None and w.step_of(name, when) not in (None, self.step):
                return w.run()(name, when, rows, cols)
            return value(right, self, dict(zip(letters, when, strict=True)))
        n = w.side(rows + cols)
        x = [0 if right is not None and name in w.zeros else w.functions.drawn("leaf", name, when, n, k) for k in range(n)]
        return plain(w.side(rows), w.side(cols), [*x[:-1], 1 - sum(x[:-1])] if name in w.sums else x)

class Places(Run):
    """Instead of numbers: which entry of which quantity stands where."""
    found = ()
    def __call__(self, name, when, rows, cols):
        x, start = self.world.run()(name, when, rows, cols), len(self.found)
        self.found = [*self.found, *(((name, when), k) for k in range(len(x[2])))]
        return x[0], x[1], [(start + k, 0) for k in range(len(x[2]))]

# --- terms: one row per head; t the term, r the run, e values of letters, w the world

def value(term, run, env):
    if term[0] not in TERMS:
        raise Refused(f"the head {term[0]}")
    return TERMS[term[0]](term, run, env, run.world)

def zero(w, rows, cols):
    return plain(w.side(rows), w.side(cols), [0] * w.side(rows + cols))

def var(t, r, e, w):
    w.shapes[t[1]] = t[3], t[4]
    return r(t[1], tuple(w.index(i, e) for i in t[2]), t[3], t[4])

def bodies(t, r, e, w):
    """The body of a sum or an ordered product at each step."""
    out = {w.index(i, e) for i in t[5]} if t[0] == "sum" else ()
    return [value(t[1], r, {**e, t[2]: i}) for i in range(w.index(t[3], e), w.index(t[4], e) + 1) if i not in out]

def block(t, r, e, w):
    x, (start, size) = value(t[1], r, e), (sum(map(w.size, t[4][: t[3]])), w.size(t[4][t[3]]))
    x = turned(x) if t[2] else x
    x = size, x[1], x[2][start * x[1] : (start + size) * x[1]]
    return turned(x) if t[2] else x

def joined(t, r, e, w):
    parts = [turned(value(x, r, e)) if t[1] else value(x, r, e) for x in t[2:]]
    x = sum(p[0] for p in parts), parts[0][1], [v for p in parts for v in p[2]]
    return turned(x) if t[1] else x

def applied(t, r, e, w):
    (name, order, kind, out, when), x = t[1], value(t[2], r, e)
    return w.functions.apply(name, order, kind, [w.index(i, e) for i in when], x, w.side(out) if kind == "vector" else 1)

def partial(t, r, e, w):
    if r is not w.run():
        raise Refused("a derivative inside another one")
    shown = [(v[1], [[i[0], 0] if i[0] in e and t[1][0] != "var" else i for i in v[2]]) for v in variables(t[1])]
    steps = [w.step_of(name, [w.index(i, e) for i in when]) for name, when in shown]
    step = max((s for s in steps if s is not None), default=None) if t[3] == "immediate" else None
    x = w.derivative(t[1], t[2], e, step)
    return w.side(t[5]), w.side(t[6]), (turned(x) if t[4] == "denominator" else x)[2]

def variables(term):
    if isinstance(term, list):
        yield from [term] if term[:1] == ["var"] else (v for x in term for v in variables(x))

def folded(f):
    return lambda t, r, e, w: reduce(f, (value(x, r, e) for x in t[1:]))

def of_one(f):
    return lambda t, r, e, w: f(value(t[1], r, e))

ONE = plain(1, 1, [1])

TERMS = {
    "var": var, "apply": applied, "partial": partial, "block": block, "concat": joined,
    "adjoint": lambda t, r, e, w: partial([0, ["var", w.loss, [], [], []], t[1], "total", "", *t[1][3:]], r, e, w),
    "sum": lambda t, r, e, w: reduce(lambda x, y: each(add, x, y), bodies(t, r, e, w), zero(w, t[6], t[7])),
    "chain": lambda t, r, e, w: reduce(
        matmul, bodies(t, r, e, w)[:: -1 if t[5] == "descending" else 1], diag(ONE, w.side(t[6]))),
    "plus": folded(lambda a, b: each(add, a, b)), "hadamard": folded(lambda a, b: each(mul, a, b)), "product": folded(matmul),
    "quotient": folded(lambda a, b: each(lambda x, y: mul(x, power(y, -1)), a, b)), "kronecker": folded(kronecker),
    "number": lambda t, r, e, w: plain(1, 1, [number(t[1])]), "index": lambda t, r, e, w: plain(1, 1, [w.index(t[1], e)]),
    "power": lambda t, r, e, w: each(lambda x: power(x, t[2]), value(t[1], r, e)),
    "T": of_one(turned), "diag": of_one(diag), "diagonal": of_one(lambda m: (m[0], 1, m[2][:: m[1] + 1])),
    "trace": of_one(lambda m: total((0, 0, m[2][:: m[1] + 1]))), "total": of_one(total),
    "squares": of_one(lambda m: total(each(mul, m, m))), "identity": lambda t, r, e, w: diag(ONE, w.side(t[1])),
    "commute": lambda t, r, e, w: commute(w.side(t[1]), w.side(t[2])),
    "unit": lambda t, r, e, w: plain(w.size(t[2]), 1, [int(k == at([w.index(t[1], e)], [w.size(t[2])])) for k in range(w.size(t[2]))]),
    "filled": lambda t, r, e, w: each(add, zero(w, t[2], t[3]), value(t[1], r, e)),
    "vec": lambda t, r, e, w: (lambda m: (m[0] * m[1], 1, (m if t[2] == "row" else turned(m))[2]))(value(t[1], r, e)),
    "reshape": lambda t, r, e, w: (w.side(t[2]), w.side(t[3]), value(t[1], r, e)[2]),
    "entry": lambda t, r, e, w: (1, 1, [value(t[1], r, e)[2][at([w.index(i, e) for i in t[3]], map(w.size, t[2]))]]),
    "where": lambda t, r, e, w: value(t[1], r, e) if all(w.holds(c, e) for c in t[2]) else zero(w, t[3], t[4]),
}

def commute(a, b):
    return plain(a * b, a * b, [int(i % a * b + i // a == j) for i in range(a * b) for j in range(a * b)])

# --- index networks: a sum of terms, each a coefficient times edges (head, steps, vertices, power), summed over vertices and steps

class Networks:
    def __init__(self, world, heads):
        self.world, self.heads, self.known = world, heads, {}
    def poly(self, terms, verts, times):
        now = {**times, **self.world.lengths, "": 0}
        return sum(self.term(t, t["steps"], verts, {**now, **dict(zip(t["steps"], steps, strict=True))})
                   for t in terms for steps in product(self.world.around(), repeat=len(t["steps"]))) % P
    def term(self, t, steps, verts, now):
        if any(now[a] - now[b] > c for a, b, c in t["where"]):
            return 0
        result, over = 0, [u for u, _ in t["over"]]
        for vs in product(*(range(1, self.world.size(s) + 1) for _, s in t["over"])):
            here, f = {**verts, **dict(zip(over, vs, strict=True))}, number(t["times"])
            for head, ts, us, p in t["edges"]:
                f = f * power((self.head(head, tuple(now[q] + o for q, o in ts), tuple(here[u] for u in us)), 0), p)[0] % P
            result += f
        return result
    def head(self, name, when, vs):
        if (name, when, vs) not in self.known:
            kind, *d = self.heads[name]
            self.known[name, when, vs] = HEADS[kind](self, self.world, when, vs, *d) % P
        return self.known[name, when, vs]
    def body(self, poly, vs, when):
        return self.poly(poly, vs, {f"${i}": t for i, t in enumerate(when)})

def quantity(kind):
    def row(n, w, when, vs, name):
        rows, cols = w.families[name][1:3] if name in w.families else w.shapes[name]
        own = ["var", name, [["", i] for i in when], rows, cols]
        x = value(own if kind == "var" else ["adjoint", own], w.run(), {})
        return x[2][at(vs, map(w.size, rows + cols))][0]
    return row

def function(n, w, when, vs, fun, body, slots, over, places):
    own = len(vs) - len(places)
    known, runs = dict(zip(places, vs[own:], strict=True)), range(1, w.size(over) + 1) if over else [None]
    x = plain(len(runs), 1, [n.body(body, known if j is None else {**known, 0: j}, when[:slots]) for j in runs])
    y = w.functions.apply(*fun[:3], list(when[slots:]), x, w.side(fun[3]))
    return y[2][at(vs[:own], y[:own])][0]

def chained(n, w, when, vs, body, sizes):
    sizes = [w.size(s) for s in sizes]
    every, k = list(product(*(range(1, m + 1) for m in sizes))), 2 * len(sizes)
    factors = [plain(len(every), len(every), [
        n.body(body, dict(enumerate((*a, *b, *vs[k:]))), (i, *when[2:])) for a in every for b in every])
        for i in range(when[1], when[0] - 1, -1)]
    return reduce(matmul, factors, diag(ONE, len(every)))[2][at(vs[:k], sizes * 2)][0]

HEADS = {
    "var": quantity("var"), "adjoint": quantity("adjoint"), "function": function, "chain": chained,
    "cut": lambda n, w, when, vs, of, leg, k, sizes: n.head(
        of, when, tuple(v + sum(map(w.size, sizes[:k])) * (i == leg) for i, v in enumerate(vs))),
    "slope": lambda n, w, when, vs, of, fun: (1 if fun == "tanh" else n.head(of, when, vs)) - n.head(of, when, vs) ** 2,
    "shift": lambda n, w, when, vs, of, root: inverse(n.head(of, when, vs) - number(root)),
    "base": lambda n, w, when, vs, body: n.body(body, dict(enumerate(vs)), when),
    "part": lambda n, w, when, vs, k, sizes: int(vs[0] == sum(map(w.size, sizes[:k])) + vs[1]),
    "delta": lambda n, w, when, vs: int(vs[0] == vs[1]), "size": lambda n, w, when, vs, name: w.sizes[name],
    "step": lambda n, w, when, vs: when[0],
}

# --- the checks

def feasible(constraints):
    """Whether whole numbers satisfy all a - b <= c."""
    far, moved = dict.fromkeys((p for a, b, _ in constraints for p in (a, b)), 0), {}
    for _ in range(len(far) + 1):
        moved = {a: far[b] + c for a, b, c in constraints if far[b] + c < far[a]}
        far.update(moved)
    return not moved

def covered(base, regions):
    if not regions or not feasible(base):
        return not feasible(base)
    for k, (a, b, c) in enumerate(regions[0]):
        if not covered([*base, *regions[0][:k], (b, a, -c - 1)], regions[1:]):
            return False
    return True

def form(t, verts, steps):
    edges = ([h, [[steps.get(q, q), o] for q, o in ts], [verts.get(u, u) for u in us], Fraction(p)] for h, ts, us, p in t["edges"])
    where, over = ([steps.get(a, a), steps.get(b, b), c] for a, b, c in t["where"]), ([verts.get(u, u), n] for u, n in t["over"])
    return Fraction(t["times"]), *(sorted(map(repr, x)) for x in (edges, where, over, [steps.get(x, x) for x in t["steps"]]))

def renamed(part):
    if not sorted(k for k, _, _ in part["renaming"]) == list(range(len(part["right"]))) == list(range(len(part["left"]))):
        raise Refused("the renaming does not pair the terms of the normal forms")
    for t, (k, *maps) in zip(part["left"], part["renaming"], strict=True):
        verts, steps = map(dict, maps)
        names = [u for u, _ in t["over"]], t["steps"]
        if any(len(set(m.values())) < len(m) or set(m) != set(own) for m, own in zip((verts, steps), names, strict=True)):
            raise Refused("a renaming is not one to one")
        if form(t, verts, steps) != form(part["right"][k], {}, {}):
            raise Refused(f"term {k} of the normal forms is not the same on both sides")

def moved(x, letter, adjoint=None, right=None):
    """A term at the next step; or, with a claim `adjoint` = `right`, a rule with the claim put in for the step after."""
    if not isinstance(x, list):
        return x
    if adjoint is not None:
        return moved(right, letter) if x == moved(adjoint, letter) else [moved(y, letter, adjoint, right) for y in x]
    if len(x) == 2 and x[0] == letter and isinstance(x[1], int):
        return [letter, x[1] + 1]
    bound = x[:1] in (["sum"], ["chain"]) and x[2] == letter
    return [y if bound and k == 1 else moved(y, letter) for k, y in enumerate(x)]

def structure(claim):
    proof, domain = claim["proof"], claim["domain"]
    domains = [e["domain"] for e in proof["equalities"]]
    if proof["method"] == "induction":
        letter, rule, (base, step) = proof["letter"], proof["rule"], proof["equalities"]
        ((own, _, upper),) = domain["free"]
        ends = [{"free": domain["free"], "conditions": [[op, [letter, 0], upper]]} for op in ("=", "<")]
        following = moved(rule, letter, proof["adjoint"], step["right"])
        if (domain["conditions"], own, domains, base["right"]) != ([], letter, ends, step["right"]) or (
            base["left"], step["left"]) != (rule, following):
            raise Refused("the induction is not one over the claim")
    elif proof["method"] != "normal-form" or domains != [domain] or "rule" in proof:
        raise Refused("the proof is not one of the claim")
    for e in proof["equalities"]:
        if not all(covered(base, [p["region"] for p in e["parts"]]) for base in e["ways"]):
            raise Refused("the regions do not cover the domain")
        for part in e["parts"]:
            if "renaming" in part:
                renamed(part)
