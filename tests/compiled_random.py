"""Random programs: rows, sums, loops in both directions, in every order that a program may have them."""

from dataclasses import replace
from fractions import Fraction

from symbolic.kernels.program import (
    Assign,
    Buffer,
    Call,
    Const,
    Contract,
    Load,
    Loop,
    Product,
    Program,
    Row,
    Start,
    Total,
    checked,
)
from symbolic.kernels.schedule import EVERY, Steps


def number(p, q=1):
    return Const(Fraction(p, q))


def call(fun, *args):
    return Call(fun, args)


class Draw:
    """A program while it is drawn: what can be read so far, by kind."""

    def __init__(self, rng):
        self.rng, self.buffers, self.operations = rng, {}, []
        self.x, self.y = self.new("data", key="x"), self.new("data", key="y")
        self.first = self.new("data", time=False, key="h0")
        self.matrices = [self.new("parameter", False, False, ("n", "n"), key=k) for k in "WU"]
        self.vectors = [self.new("parameter", False, False, key="b")]
        self.rows, self.numbers, self.states = [self.x, self.y], [], []

    def new(self, kind="work", time=True, batch=True, legs=("n",), before=0, key=""):
        name = f"v{len(self.buffers)}"
        self.buffers[name] = Buffer(name, kind, time, batch, legs, before, key)
        return name

    def any(self, names):
        return Load(self.rng.choice(names))

    def load(self):
        kinds = [self.rows] * 3 + [k for k in (self.vectors, self.numbers) if k] + [self.states] * bool(self.states)
        names = self.rng.choice(kinds)
        return replace(self.any(names), shift=-1) if names is self.states else self.any(names)

    def value(self):
        forms = (
            lambda a, b, c: call("+", a, b),
            lambda a, b, c: call("*", number(1, 2), a, b),
            lambda a, b, c: call("tanh", call("+", a, b)),
            lambda a, b, c: call("+", number(1), call("*", number(-1), call("pow", a, number(2)))),
            lambda a, b, c: call("+", call("*", a, b), c),
        )
        inner = self.rng.choice(forms)(self.load(), self.load(), self.load())
        return call("+", self.any(self.rows), call("*", number(1, 4), inner))

    def squashed(self, name):
        return call("tanh", call("*", number(1, 3), Load(name)))

    def row(self):
        out = self.new()
        self.operations.append(Assign(out, call("tanh", self.value())))
        self.rows.append(out)

    def product(self):
        out, after = self.new(), self.new()
        product = Product(out, self.any(self.rows), self.any(self.matrices), self.rng.random() < 0.5)
        self.operations += [product, Assign(after, self.squashed(out))]
        self.rows.append(after)

    def function(self):
        out, after = self.new(legs=()), self.new(legs=())
        row = Row(out, self.rng.choice(["sum", "max", "logsumexp"]), self.value())
        self.operations += [row, Assign(after, self.squashed(out))]
        self.numbers.append(after)

    def contraction(self):
        out, after = (self.new(time=False, batch=False, legs=("n", "n")) for _ in range(2))
        right = replace(self.any(self.states), shift=-1) if self.states and self.rng.random() < 0.5 else self.any(self.rows)
        self.operations.append(Contract(out, self.any(self.rows), right))
        if self.rng.random() < 0.3:
            self.operations.append(Contract(out, self.any(self.rows), self.any(self.rows), add=True))
        self.operations.append(Assign(after, self.squashed(out)))
        self.matrices.append(after)

    def total(self):
        out, after = (self.new(time=False, batch=False) for _ in range(2))
        self.operations += [Total(out, self.value()), Assign(after, self.squashed(out))]
        self.vectors.append(after)

    def matrix(self):
        out = self.new(time=False, batch=False, legs=("n", "n"))
        value = call("+", self.any(self.matrices), call("column", self.any(self.vectors)))
        self.operations.append(Assign(out, call("tanh", value)))
        self.matrices.append(out)

    def more(self):
        own = [r for r in self.rows if self.buffers[r].kind == "work" and not self.buffers[r].before]
        if own:
            self.operations.append(Assign(self.rng.choice(own), call("*", number(1, 8), self.value()), add=True))

    def upwards(self):
        state, product = self.new(before=1), self.new(time=False)
        start = Load(self.first) if self.rng.random() < 0.7 else number(0)
        body, extra = [Product(product, Load(state, -1), self.any(self.matrices))], []
        if self.rng.random() < 0.4:
            extra.append(self.new())
            body.append(Assign(extra[0], call("+", Load(state, -1), self.any(self.rows))))
        body.append(Assign(state, call("tanh", call("+", Load(product), *map(Load, extra), self.value()))))
        self.operations += [Start(state, start), Loop(1, EVERY, tuple(body))]
        self.rows += [state, *extra]
        self.states.append(state)

    def downwards(self):
        out, carry, product = self.new(), self.new(), self.new(time=False)
        other, value = self.any(self.rows), self.value()
        last = (Assign(out, value), Assign(carry, call("*", Load(out), other)))
        body = (
            Product(product, Load(out, 1), self.any(self.matrices), True),
            Assign(carry, call("*", Load(product), other)),
            Assign(out, call("tanh", call("+", Load(product), Load(carry), Load(carry, 1), value))),
        )
        self.operations += [Loop(-1, Steps(at="last"), last), Loop(-1, Steps(stop=1), body)]
        self.rows += [out, carry]

    def program(self):
        kinds = (self.row, self.row, self.product, self.function, self.contraction, self.total, self.matrix, self.more)
        for _ in range(self.rng.randint(5, 14)):
            self.rng.choice((*kinds, self.upwards, self.downwards))()
        return self.finished()

    def finished(self):
        """The program with a loss and gradients of what can be read."""
        loss, sums = self.new("loss", False, False, ()), self.new(legs=())
        self.operations += [Row(sums, "sum", self.value()), Total(loss, call("tanh", Load(sums)))]
        gradients = {}
        for key, legs in (("W", ("n", "n")), ("U", ("n", "n")), ("b", ("n",))):
            gradients[key] = self.new("gradient", False, False, legs, key=key)
            matrix = Contract(gradients[key], self.any(self.rows), self.any(self.rows))
            self.operations.append(matrix if len(legs) == 2 else Total(gradients[key], self.value()))
        return checked(Program("random", "", {"n": "n"}, self.buffers, tuple(self.operations), gradients, loss))
