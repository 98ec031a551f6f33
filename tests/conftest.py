"""Hypothesis profiles: `make test` tries few examples quickly and the same ones each time, `make soak` tries many."""

import os

from hypothesis import HealthCheck, settings

# SymPy takes its numbers from python-flint wherever that is installed; what most people have is what is tested, and
# test_determinism compares the two.
os.environ.setdefault("SYMPY_GROUND_TYPES", "python")

settings.register_profile("test", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("soak", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))
