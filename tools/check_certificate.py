"""An independent checker of gradproof's certificates: standard library only, nothing shared with the program that wrote them.
It is called as python tools/check_certificate.py FILE, and refuses a proved formula unless (see docs/certificates.md)
1. both sides as written agree modulo 2^61 - 1 at several sizes and lengths, with random numbers and the assumptions listed;
2. the sides of its proof have their values; an induction uses a right rule, with the claim put in for the step after;
3. the regions of the free times cover the domain;
4. in each region the normal forms have the values of their sides and go over into each other by the renaming given.
"""

import json
import sys
from collections import ChainMap
from contextlib import suppress
from fractions import Fraction
from functools import reduce
from hashlib import blake2b
from itertools import chain, product
from math import prod

P, HALF, LENGTHS, MOST_POINTS, MOST_ENTRIES = (1 << 61) - 1, 1 << 60, (1, 2, 3, 4), 40, 4

class Refused(Exception):
    """What is wrong with a certificate; where a side has no value ZeroDivisionError is raised."""

# --- dual numbers (value, slope), and matrices of them as lists of rows
def inverse(x):
    if x % P == 0:
        raise ZeroDivisionError
    return pow(x, -1, P)
def number(text):
    return Fraction(text).numerator * inverse(Fraction(text).denominator) % P
def add(x, y):
    return (x[0] + y[0]) % P, (x[1] + y[1]) % P
def mul(x, y):
    return x[0] * y[0] % P, (x[0] * y[1] + x[1] * y[0]) % P
def power(x, exponent):
    k = Fraction(exponent)
    if k.denominator == 2:
        r = pow(x[0], (P + 1) // 4, P)  # P is 3 modulo 4; every second number has a root
        return power((r, x[1] * inverse(2 * r) % P), 2 * k) if r * r % P == x[0] % P else inverse(0)
    if k.denominator != 1 or abs(k) > 10**6:
        raise Refused(f"the exponent {exponent}")
    a, k = inverse(x[0]) if k < 0 else x[0], int(k)
    return pow(a, abs(k), P), k * pow(a, abs(k) + (1 if k < 0 else -1), P) * x[1] % P if k else 0
def flat(m):
    return list(chain.from_iterable(m))
def shaped(entries, cols):
    return [entries[i : i + cols] for i in range(0, len(entries), cols)]
def plain(values, cols=1):
    return shaped([(v % P, 0) for v in values], cols)
def turned(m):
    return [list(column) for column in zip(*m, strict=True)]
def total(m):
    return [[reduce(add, flat(m), (0, 0))]]
def diag(entries):
    return [[x if i == j else (0, 0) for j in range(len(entries))] for i, x in enumerate(entries)]
def each(f, *ms):
    """Entry by entry; a matrix of one entry goes with any other."""
    rows, cols = max(len(m) for m in ms), max(len(m[0]) for m in ms)
    if any((len(m), len(m[0])) not in ((1, 1), (rows, cols)) for m in ms):
        raise Refused("shapes that do not conform")
    return [[f(*(m[i % len(m)][j % len(m[0])] for m in ms)) for j in range(cols)] for i in range(rows)]
def matmul(a, b):
    if 1 in (len(flat(a)), len(flat(b))):
        return each(mul, a, b)
    if len(a[0]) != len(b):
        raise Refused("a matrix product that does not conform")
    return [[reduce(add, map(mul, row, column)) for column in zip(*b, strict=True)] for row in a]
def at(vs, sizes):
    """The place of the entry with these indices, which count from 1."""
    pairs = list(zip(vs, sizes, strict=True))
    if not all(1 <= v <= n for v, n in pairs):
        raise ZeroDivisionError
    return reduce(lambda p, x: p * x[1] + x[0] - 1, pairs, 0)

class Functions:
    """Random functions of values; e(-x) = 1/e(x), e(2x) = e(x)², and what is built from e; ReLU with a random indicator."""
    def __init__(self, seed):
        self.seed, self.powers, self.logs, self.signs = seed, {0: 1}, {}, {0: 0}
    def drawn(self, *key):
        return int.from_bytes(blake2b(repr((self.seed, key)).encode(), digest_size=16).digest(), "big") % (P - 1) + 1
    def exp(self, x):
        for k, c in ((2, 1), (4, 2), (1, HALF), (-2, -1), (-4, -2), (-1, -HALF)) if x not in self.powers else ():
            self.powers.setdefault(c * x % P, pow(self.drawn("exp", x), k, P))
        self.logs.setdefault(self.powers[x], x)
        return self.powers[x]
    def log(self, x):
        return self.logs.setdefault(x, self.drawn("log", inverse(x)))
    def indicator(self, x):
        for c in (1, 2, HALF, 3, inverse(3)) if x not in self.signs else ():
            self.signs.setdefault(c * x % P, self.drawn("sign", x) % 2)
            self.signs.setdefault(-c * x % P, 1 - self.drawn("sign", x) % 2)
        return self.signs[x]
    def known(self, name, order, x):
        """The derivative of an order of a function of one number."""
        a, slope = x
        if not order and name in ("reciprocal", "sqrt"):
            return power(x, {"reciprocal": -1, "sqrt": Fraction(1, 2)}[name])
        if name == "log":
            rows = self.log(a), inverse(a)
        elif name in ("sigmoid", "softplus"):
            s = self.exp(a) * inverse(1 + self.exp(a)) % P
            log = self.log((1 + self.exp(a)) % P)
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
            log = each(lambda v: self.known("log", 0, v), total(e))
            shares = each(lambda a, b: mul(a, power(b, -1)), e, total(e))
            logs = each(lambda a, b: add(a, mul(b, (-1, 0))), x, log)
            for share, v in zip(flat(shares), flat(logs), strict=True):
                self.logs.setdefault(share[0], v[0])
            return {"softmax": shares, "logsoftmax": logs, "logsumexp": log}[name]
        if not kind:
            return each(lambda v: self.known(name, order, v), x)
        if kind == "elementwise":
            return each(lambda v: (self.drawn(name, order, when, v[0]), self.drawn(name, order + 1, when, v[0]) * v[1] % P), x)
        at, slopes = zip(*flat(x), strict=True)
        rows = [[self.drawn(name, 1, when, at, i, j) for j in range(len(at))] for i in range(out)]
        if order and any(slopes):
            raise Refused("a second derivative of an abstract function")
        values = [(self.drawn(name, 0, when, at, i), sum(map(int.__mul__, row, slopes)) % P) for i, row in enumerate(rows)]
        return plain(flat(rows), len(x[0]) if kind == "scalar" else len(at)) if order else shaped(values, 1)

class World:
    """A model with numbers: sizes, a length, random leaves; forward passes are kept."""
    def __init__(self, model, shift, length, sums, zeros):
        self.indices = {letter: (lower, upper) for letter, lower, upper in model["indices"]}
        self.families, self.equations = ({name: rest for name, *rest in model[x]} for x in ("families", "equations"))
        names = {f for _, rows, cols, _ in self.families.values() for leg in rows + cols for part in leg for f in part}
        self.sizes = {name: 2 + (k + shift) % 2 for k, name in enumerate(sorted(n for n in names if isinstance(n, str)))}
        self.loss, self.sums, self.zeros, self.runs, self.functions = model["loss"], sums, zeros, {}, Functions((shift, length))
        self.lengths = {upper: length for _, upper in self.indices.values()}
    def size(self, form):
        return sum(prod(f if isinstance(f, int) else self.sizes.setdefault(f, 3) for f in part) for part in form)
    def side(self, legs):
        return prod(map(self.size, legs))
    def index(self, index, env):
        return ChainMap(env, self.lengths, self.sizes, {"": 0})[index[0]] + index[1]
    def holds(self, relation, env):
        a, b = self.index(relation[1], env), self.index(relation[2], env)
        return {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b}[relation[0]]
    def zero(self, rows, cols):
        return plain([0] * self.side(rows + cols), self.side(cols))
    def called(self, head, steps, verts):
        """The value of a head of the normal forms: its description, with the steps $0, ... and the vertices #0, ... put in."""
        key = head, *steps, "", *verts
        if key not in self.calls:
            env = {f"{mark}{k}": v for mark, vs in (("$", steps), ("#", verts)) for k, v in enumerate(vs)}
            self.calls[key] = value(self.heads[head], self.run(), env)[0][0][0]
        return self.calls[key]
    def run(self, moved=None, step=None):
        return self.runs.get((moved, step)) or self.runs.setdefault((moved, step), Run(self, moved, step))
    def step_of(self, name, when):
        letters, time = self.families[name][3] if name in self.families else [], next(iter(self.indices), None)
        return when[letters.index(time)] if time in letters else None
    def derivative(self, top, by, env, step=None):
        """Entries of one term by those of another; that of the loss by what comes after the last step is zero."""
        if top[:2] == ["var", self.loss] and by[0] == "var" and by[1] in self.families:
            ends = [[self.indices[letter][1], 0] for letter in self.families[by[1]][3]]
            if any(self.holds(["<", end, i], env) for i, end in zip(by[2], ends, strict=True)):
                return self.zero([], by[3] + by[4])
        places = Places(self)
        moved = [places.found[x[0]] for x in flat(value(by, places, env))]
        return turned([[(x[1], 0) for x in flat(value(top, self.run(m, step), env))] for m in moved])

class Run:
    """A forward pass: the entry `moved` gets the slope 1; quantities of all other steps than `step` are held."""
    def __init__(self, world, moved=None, step=None):
        self.world, self.moved, self.step, self.known = world, moved, step, {}
    def __call__(self, name, when, rows, cols):
        if (name, when) not in self.known:
            x = self.computed(name, when, *(self.world.families[name][1:3] if name in self.world.families else (rows, cols)))
            entries = [add(v, (0, int(self.moved == ((name, when), k)))) for k, v in enumerate(flat(x))]
            self.known[name, when] = shaped(entries, len(x[0]))
        return self.known[name, when]
    def computed(self, name, when, rows, cols):
        w, (letters, right) = self.world, self.world.equations.get(name, ((), None))
        if right is not None and all(i >= w.indices[letter][0] for i, letter in zip(when, letters, strict=True)):
            held = self.step is not None and w.step_of(name, when) not in (None, self.step)
            return w.run()(name, when, rows, cols) if held else value(right, self, dict(zip(letters, when, strict=True)))
        n = w.side(rows + cols)
        x = [0 if right is not None and name in w.zeros else w.functions.drawn("leaf", name, when, n, k) for k in range(n)]
        return plain([*x[:-1], 1 - sum(x[:-1])] if name in w.sums else x, w.side(cols))

class Places(Run):
    """Instead of numbers: which entry of which quantity stands where."""
    found = ()
    def __call__(self, name, when, rows, cols):
        x, start = self.world.run()(name, when, rows, cols), len(self.found)
        self.found += tuple(((name, when), k) for k in range(len(flat(x))))
        return shaped([(start + k, 0) for k in range(len(flat(x)))], len(x[0]))

# --- terms: one row per head; t the term, r the run, e values of letters, w the world
def value(term, run, env):
    return TERMS[term[0]](term, run, env, run.world)
def values(t, r, e):
    return [value(x, r, e) for x in t]
def variables(term):
    if isinstance(term, list):
        yield from [term] if term[:1] == ["var"] else (v for x in term for v in variables(x))
def bodies(t, r, e, w):
    out = {w.index(i, e) for i in t[5]} if t[0] == "sum" else ()
    return [value(t[1], r, {**e, t[2]: i}) for i in range(w.index(t[3], e), w.index(t[4], e) + 1) if i not in out]
def block(t, r, e, w):
    x, start = value(t[1], r, e), sum(map(w.size, t[4][: t[3]]))
    part = (turned(x) if t[2] else x)[start : start + w.size(t[4][t[3]])]
    return turned(part) if t[2] else part
def tensor(t, r, e, w):
    letters, sizes = [x for x, _ in t[2] + t[3]], [range(1, w.size(s) + 1) for _, s in t[2] + t[3]]
    entries = [value(t[1], r, {**e, **dict(zip(letters, vs, strict=True))})[0][0] for vs in product(*sizes)]
    return shaped(entries, w.side([s for _, s in t[3]]))
def applied(t, r, e, w):
    (name, order, kind, out, when), x = t[1], value(t[2], r, e)
    return w.functions.apply(name, order, kind, [w.index(i, e) for i in when], x, w.side(out) if kind == "vector" else 1)
def partial(t, r, e, w):
    if r is not w.run():
        raise Refused("a derivative inside another one")
    shown = [(v[1], [[i[0], 0] if i[0] in e and t[1][0] != "var" else i for i in v[2]]) for v in variables(t[1])]
    steps = {w.step_of(name, [w.index(i, e) for i in when]) for name, when in shown} - {None}
    x = w.derivative(t[1], t[2], e, max(steps, default=None) if t[3] == "immediate" else None)
    return shaped(flat(turned(x) if t[4] == "denominator" else x), w.side(t[6]))

TERMS = {
    "var": lambda t, r, e, w: r(t[1], tuple(w.index(i, e) for i in t[2]), t[3], t[4]),
    "adjoint": lambda t, r, e, w: partial([0, ["var", w.loss, [], [], []], t[1], "total", "", *t[1][3:]], r, e, w),
    "apply": applied, "partial": partial, "block": block, "tensor": tensor,
    "call": lambda t, r, e, w: [[(w.called(t[1], *([w.index(i, e) for i in x] for x in t[2:])), 0)]],
    "sum": lambda t, r, e, w: reduce(lambda x, y: each(add, x, y), bodies(t, r, e, w), w.zero(t[6], t[7])),
    "chain": lambda t, r, e, w: reduce(
        matmul, bodies(t, r, e, w)[:: -1 if t[5] == "descending" else 1], diag([(1, 0)] * w.side(t[6]))),
    "over": lambda t, r, e, w: total([[value(t[1], r, {**e, t[2]: k})[0][0] for k in range(1, w.size(t[3]) + 1)]]),
    "plus": lambda t, r, e, w: reduce(lambda a, b: each(add, a, b), values(t[1:], r, e)),
    "product": lambda t, r, e, w: reduce(matmul, values(t[1:], r, e)),
    "hadamard": lambda t, r, e, w: reduce(lambda a, b: each(mul, a, b), values(t[1:], r, e)),
    "quotient": lambda t, r, e, w: each(lambda x, y: mul(x, power(y, -1)), *values(t[1:], r, e)),
    "kronecker": lambda t, r, e, w: [
        [mul(x, y) for x in p for y in q] for p in value(t[1], r, e) for q in value(t[2], r, e)],
    "concat": lambda t, r, e, w: turned(flat(map(turned, values(t[2:], r, e)))) if t[1] else flat(values(t[2:], r, e)),
    "number": lambda t, r, e, w: plain([number(t[1])]), "index": lambda t, r, e, w: plain([w.index(t[1], e)]),
    "power": lambda t, r, e, w: each(lambda x: power(x, t[2]), value(t[1], r, e)),
    "T": lambda t, r, e, w: turned(value(t[1], r, e)), "diag": lambda t, r, e, w: diag(flat(value(t[1], r, e))),
    "diagonal": lambda t, r, e, w: [[row[i]] for i, row in enumerate(value(t[1], r, e))],
    "trace": lambda t, r, e, w: total([[row[i] for i, row in enumerate(value(t[1], r, e))]]),
    "total": lambda t, r, e, w: total(value(t[1], r, e)),
    "squares": lambda t, r, e, w: total(each(lambda x: mul(x, x), value(t[1], r, e))),
    "identity": lambda t, r, e, w: diag([(1, 0)] * w.side(t[1])), "commute": lambda t, r, e, w: flat(turned(
        shaped(diag([(1, 0)] * w.side(t[1] + t[2])), w.side(t[2])))),
    "unit": lambda t, r, e, w: [[x] for x in diag([(1, 0)] * w.size(t[2]))[at([w.index(t[1], e)], [w.size(t[2])])]],
    "filled": lambda t, r, e, w: each(add, w.zero(t[2], t[3]), value(t[1], r, e)),
    "vec": lambda t, r, e, w: shaped(flat(value(t[1], r, e) if t[2] == "row" else turned(value(t[1], r, e))), 1),
    "reshape": lambda t, r, e, w: shaped(flat(value(t[1], r, e)), w.side(t[3])),
    "entry": lambda t, r, e, w: [[flat(value(t[1], r, e))[at([w.index(i, e) for i in t[3]], map(w.size, t[2]))]]],
    "where": lambda t, r, e, w: value(t[1], r, e) if all(w.holds(c, e) for c in t[2]) else w.zero(t[3], t[4]),
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
    """Whether every point of the base lies in a region: what fails one constraint of the first must lie in the others."""
    if not regions or not feasible(base):
        return not feasible(base)
    first = regions[0]
    return all(covered([*base, *first[:k], (b, a, -c - 1)], regions[1:]) for k, (a, b, c) in enumerate(first))
def domains(model, domain):
    """The domain as difference constraints, one list for each way to satisfy its conditions."""
    found = [("", upper, -lower) for _, lower, upper in model["indices"]]
    found = [found + [c for x, (p, a), (q, b) in domain["free"] for c in ((p, x, -a), (x, q, b))]]
    for op, (p, a), (q, b) in domain["conditions"]:
        least, less, more = (p, q, b - a), (p, q, b - a - 1), (q, p, a - b - 1)
        ways = {"=": [[least, (q, p, a - b)]], "<=": [[least]], "<": [[less]], "!=": [[less], [more]]}[op]
        found = [old + way for old in found for way in ways]
    return found
def form(t, verts, steps):
    s, v = (lambda q: steps.get(q, q)), (lambda u: verts.get(u, u))
    edges = ([h, [[s(q), o] for q, o in ts], [v(u) for u in us], Fraction(p)] for h, ts, us, p in t["edges"])
    where, over = ([s(a), s(b), c] for a, b, c in t["where"]), ([v(u), n] for u, n in t["over"])
    return Fraction(t["times"]), *(sorted(map(repr, x)) for x in (edges, where, over, map(s, t["steps"])))
def renamed(part):
    if not sorted(k for k, _, _ in part["renaming"]) == list(range(len(part["right"]))) == list(range(len(part["left"]))):
        raise Refused("the renaming does not pair the terms of the normal forms")
    for t, (k, *maps) in zip(part["left"], part["renaming"], strict=True):
        verts, steps = map(dict, maps)
        known = (verts, [u for u, _ in t["over"]]), (steps, t["steps"])
        one_to_one = all(len(set(m.values())) == len(m) and set(m) == set(own) for m, own in known)
        if not one_to_one or form(t, verts, steps) != form(part["right"][k], {}, {}):
            raise Refused(f"the renaming does not turn a term into term {k} of the right side")
def structure(claim, model):
    """The proof is one of the claim, its regions cover the domain, its normal forms go over into each other."""
    proof, domain, found = claim["proof"], claim["domain"], [e["domain"] for e in claim["proof"]["equalities"]]
    if proof["method"] == "induction":
        (base, step), ((own, _, upper),) = proof["equalities"], domain["free"]
        ends = [{"free": domain["free"], "conditions": [[op, [own, 0], upper]]} for op in ("=", "<")]
        put_in = json.loads(json.dumps(proof["rule"]).replace(*map(json.dumps, proof["next"])))
        if (domain["conditions"], found, proof["letter"], base["left"], step["left"], step["right"]) != (
            [], ends, own, proof["rule"], put_in, base["right"]):
            raise Refused("the induction is not one over the claim")
    elif proof["method"] != "normal-form" or found != [domain] or "rule" in proof:
        raise Refused("the proof is not one of the claim")
    for e in proof["equalities"]:
        if not all(covered(base, [p["region"] for p in e["parts"]]) for base in domains(model, e["domain"])):
            raise Refused("the regions do not cover the domain")
        for part in (p for p in e["parts"] if "renaming" in p):
            renamed(part)
def same(one, other, what):
    a, b = ([v[0] for v in flat(m)] for m in (one, other))  # a number stands for every entry
    if a * (len(b) if len(a) == 1 else 1) != b * (len(a) if len(b) == 1 else 1):
        raise Refused(what)
def of_poly(terms, verts, now, w):
    """The value of a normal form: the sum over steps and components of products of edges."""
    result = 0
    for t in terms:
        spans, last = [range(1, w.size(s) + 1) for _, s in t["over"]], max(w.lengths.values(), default=0)
        for steps in product(range(-4, last + 5), repeat=len(t["steps"])):
            here = {**now, **dict(zip(t["steps"], steps, strict=True))}
            for vs in product(*spans) if all(here[a] - here[b] <= c for a, b, c in t["where"]) else ():
                v = {**verts, **{u: k for (u, _), k in zip(t["over"], vs, strict=True)}}
                edges = ((w.called(h, [here[q] + o for q, o in ts], [v[u] for u in us]), p) for h, ts, us, p in t["edges"])
                result += reduce(mul, (power((x, 0), p) for x, p in edges), (number(t["times"]), 0))[0]
    return result % P
def compare(w, claim, env, met):
    """Everything that must agree at one point; `met`: the regions in which points lay."""
    run, proof, now = w.run(), claim["proof"], {**w.lengths, **env, "": 0}
    where = ", ".join(f"{k} = {v}" for k, v in {**w.lengths, **w.sizes, **env}.items())
    claimed = [value(claim[side], run, env) for side in ("left", "right")]
    same(*claimed, f"the two sides differ at {where}")
    for e in (e for e in proof["equalities"] if all(w.holds(c, env) for c in e["domain"]["conditions"])):
        sides = [value(e[side], run, env) for side in ("left", "right")]
        for mine, its in zip(sides, claimed, strict=True):
            same(mine, its, f"the proof is about other sides at {where}")
        for rule in [proof["rule"]] if "rule" in proof else ():
            same(value(proof["adjoint"], run, env), value(rule, run, env), f"the rule is wrong at {where}")
            later = {**env, proof["letter"]: env[proof["letter"]] + 1}
            for term, following in zip((proof["adjoint"], e["right"]), proof["next"], strict=True):
                same(value(term, run, later), value(following, run, env), f"the step after is another one at {where}")
        w.heads, w.calls, sizes = e["heads"], {}, [w.size(leg) for leg in e["legs"]]
        named = {v: env[name] if name in env else int(name) for v, name in e["components"]}
        every = list(product(*(range(1, n + 1) for n in sizes)))
        for part in (p for p in e["parts"] if all(now[a] - now[b] <= c for a, b, c in p["region"])):
            for vs, k in product(every[:: -(-len(every) // MOST_ENTRIES)], (0, 1)):
                x, y = of_poly(part[("left", "right")[k]], {**named, **dict(enumerate(vs))}, now, w), flat(sides[k])
                same([[(x, 0)]], [[y[at(vs, sizes) % len(y)]]], f"a normal form has another value at {where}")
            met.append(part)
def points(w, claim):
    found = [{}]
    parts = [[letter, ["", 1], ["", w.size(size)]] for letter, size in claim["components"]]
    for letter, low, high in claim["domain"]["free"] + parts:
        found = [{**e, letter: i} for e in found for i in range(w.index(low, e), w.index(high, e) + 1)]
    found = [e for e in found if all(w.holds(c, e) for c in claim["domain"]["conditions"])]
    return found[:: -(-len(found) // MOST_POINTS) or 1]
def check(certificate, models, worlds):
    for claim in certificate["claims"] or [{}]:
        if not claim.get("proof"):
            raise Refused("it holds no proof")
        model, sums, zeros, met = models[claim["model"]], claim["sums_to_one"], claim["zero_before"], []
        needed = [dict(model["assumptions"])[name] for name in sums] + [f"{name}_0=0" for name in zeros]
        if not set(needed) <= set(certificate["assumes"]):
            raise Refused("it uses assumptions that it does not list")
        structure(claim, model)
        for shift, length in enumerate(LENGTHS):
            key = claim["model"], shift, *sums, "", *zeros
            w = worlds[key] = worlds.get(key) or World(model, shift, length, sums, zeros)
            for env in points(w, claim):
                with suppress(ZeroDivisionError):
                    compare(w, claim, env, met)
        if not all(any(part is m for m in met) for e in claim["proof"]["equalities"] for part in e["parts"]):
            raise Refused("a region of the proof is met at no point")
def main(path):
    with open(path, encoding="utf-8") as file:
        whole = json.load(file)
    accepted, worlds = 0, {}
    for c in whole["certificates"]:
        try:
            check(c, whole["models"], worlds)
            accepted += 1
        except (Refused, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            print(ascii(f"{c.get('file')} {c.get('id')}: refused: {error!r}")[1:-1])
    print(f"{len(whole['certificates'])} certificates, {accepted} accepted")
    return int(accepted < len(whole["certificates"]))

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
