"""A model -> what judging it needs, made once: its derivation, and a judge who knows the derived adjoints as facts."""

from __future__ import annotations

from functools import lru_cache

from ..derivation import Derivation
from ..derivation import derive as derive_model
from ..field.choice import default, kind
from ..model import Model
from ..proof.judge import Judge
from ..proof.prover import Facts, Prover


@lru_cache(maxsize=32)
def _workshop(key: int, model: Held) -> tuple[Judge, Derivation]:
    derivation = derive_model(model.model, assume=False)
    rules = {name: (rule.variable, derivation.adjoint(name)) for name, rule in derivation.adjoints.items()}
    closed = {name: (rules[name][0], derivation.closed(name)) for name in derivation.basis if name in rules}
    facts = Facts(
        recurrences={n: r for n, r in rules.items() if n in derivation.basis},
        eliminated={n: r for n, r in rules.items() if n not in derivation.basis},
        closed={n: (variable, term) for n, (variable, term) in closed.items() if term is not None},
        unrolled={
            e.left.name: (e.left, term)
            for e in model.model.equations
            if (term := derivation.unrolled(e.left.name)) is not None
        },
    )
    return Judge(model.model, Prover(model.model, facts)), derivation


class Held:
    """A model as a cache key: itself, not its contents (and kept alive, so that its id stays its own)."""

    def __init__(self, model: Model):
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and self.model is other.model

    def __hash__(self) -> int:
        return id(self.model)


def arithmetic() -> str:
    """The name of the arithmetic of the second route; a `ValueError` where the environment asks for one that there is not."""
    kind(default())
    return default()


def workshop(model: Model) -> tuple[Judge, Derivation]:
    """The judge of a model and the derivation that its facts come from."""
    return _workshop(id(model), Held(model))


@lru_cache(maxsize=32)
def _derived(key: int, model: Held) -> Derivation:
    return derive_model(model.model)


def derive(model: Model) -> Derivation:
    """Adjoints, gradients and Jacobians of a model, simplified as a person would write them."""
    return _derived(id(model), Held(model))
