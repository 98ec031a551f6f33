"""Hypothesis profiles: `make test` tries few examples quickly and the same ones each time, `make soak` tries many.

A property test tries what its profile says, or, where one example is dear, what the table says for its kind (`@examples("terms")`).
`make soak` selects by the mark `soak`: it stands on every property test, and on other tests that do more there.
"""

import os

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

# SymPy takes its numbers from python-flint wherever that is installed; what most people have is what is tested, and
# test_determinism compares the two.
os.environ.setdefault("SYMPY_GROUND_TYPES", "python")

settings.register_profile("test", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("soak", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))
SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"

EXAMPLES = {
    # kind -> how many in `make test`, how many in `make soak`
    "notes": (15, 2_000),  # whole notes, read
    "terms": (100, 5_000),  # terms evaluated in every region of their steps, or with several legs
}


def examples(kind):
    """How many examples a property test of a dear kind tries."""
    return settings(max_examples=EXAMPLES[kind][SOAK])


def pytest_configure(config):
    config.addinivalue_line("markers", "soak: tries more in `make soak`")


def pytest_collection_modifyitems(items):
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.soak)
