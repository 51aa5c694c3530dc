"""How hard property tests try: the same few examples on every commit, many new ones on `make fuzz`.

HYPOTHESIS_PROFILE chooses. A test that names its own number of examples keeps it in `ci`.

Browser tests are run only where they are asked for (`make browser` does); a run that leaves them
out says so in its last lines.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import pytest
    from _pytest.terminal import TerminalReporter

BROWSER = Path(__file__).parent / "browser"
IS_BROWSER_WANTED = os.environ.get("BROWSER_TESTS") == "1"

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


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    is_left_out = collection_path == BROWSER and not IS_BROWSER_WANTED
    return True if is_left_out else None


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    if config.args_source is config.ArgsSource.TESTPATHS and not IS_BROWSER_WANTED:
        terminalreporter.write_line("Browser tests were not run. `make browser` runs them.")
