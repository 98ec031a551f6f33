"""What is no forward system is refused with its reason (see `model.check`)."""

import pytest

from symbolic.language import Adjoint, Hadamard, NormSquared, Partial, Product, SumOver
from symbolic.model import Network
from symbolic.model.check import ModelError


def network(h_of=None, loss_of=None):
    """h_t = W h_{t-1} and L = Σ_t ‖h_t‖², where rows do not put something else in their place."""
    net = Network("net")
    n, m = net.sizes("n m")
    t = net.time("t", length="T")
    W, V, h, L = net.weight("W", n, n), net.weight("V", m, n), net.state("h", n, at=t), net.state("L")
    net.define(h[t], h_of(W, V, h, t) if h_of else W * h[t - 1])
    net.define(L, loss_of(h, t, net.length("T")) if loss_of else SumOver(NormSquared(h[t]), t, 1, net.length("T")))
    return net, L


REFUSED = (
    # (the equation for h_t, that for L, what is said)
    (lambda W, V, h, t: V * h[t - 1], None, "does not conform"),
    (lambda W, V, h, t: W * h[t + 1], None, "uses h[t + 1], which is computed later"),
    (lambda W, V, h, t: W * h[t], None, "circular definition"),
    (None, lambda h, t, T: SumOver(NormSquared(h[t]), t, 1, T + 1), "at step T + 1, beyond the last one"),
    (None, lambda h, t, T: SumOver(NormSquared(h[t]), t, -1, T), "at step -1, where it has no value"),
    (None, lambda h, t, T: NormSquared(h[t]), "whose index t is bound nowhere"),
    # derivatives are worked out from all equations: one inside an equation would rest on itself
    (lambda W, V, h, t: Hadamard(h[t - 1], Adjoint(h[t - 1])), None, "the equation for h[t] holds the derivative"),
    (lambda W, V, h, t: Product(Partial(h[t - 1], h[t - 2]), h[t - 1]), None, "the equation for h[t] holds the derivative"),
)


@pytest.mark.parametrize(("h_of", "loss_of", "said"), REFUSED)
def test_what_is_no_forward_system(h_of, loss_of, said):
    net, L = network(h_of, loss_of)
    with pytest.raises(ModelError) as error:
        net.model(loss=L)
    assert said in str(error.value)


def test_a_forward_system():
    net, L = network()
    assert [e.left.name for e in net.model(loss=L).equations] == ["h", "L"]
