"""How hard property tests try: the same few examples on every commit, many new ones on `make fuzz`.

HYPOTHESIS_PROFILE chooses. A test that names its own number of examples keeps it in `ci`.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    max_examples=100,
    stateful_step_count=40,
    print_blob=True,
)
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=20_000,
    stateful_step_count=60,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
