"""Hypothesis profiles: `make test` tries few examples quickly and the same ones each time, `make soak` tries many."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("test", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("soak", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))
