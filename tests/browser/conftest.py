"""One stack and one browser for all browser tests; each test has a fresh profile.

Debian's own Chromium is driven; `CHROMIUM` names another. Whoever asks for these tests without
having one is told so, instead of seeing them pass for want of a browser.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from infra.local.seed import seed
from infra.local.stack import LocalStack
from tests.browser.shop import Shop
from tests.browser.staff_api import name_origins
from tests.browser.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    with LocalStack.start(port=0, seed=seed, schedules=False) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        pytest.exit("These tests need Chromium (apt-get install chromium).", returncode=2)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_FLAGS, chromium_sandbox=False
        )
        yield made
        made.close()


@pytest.fixture(scope="session")
def shop(stack: LocalStack) -> Iterator[Shop]:
    """A web site that the demo programme names."""
    made = Shop(stack.url)
    name_origins(stack, made.origin)
    yield made
    made.close()


@pytest.fixture(scope="session")
def other_shop(stack: LocalStack) -> Iterator[Shop]:
    """A web site that it does not name."""
    made = Shop(stack.url)
    yield made
    made.close()


@pytest.fixture
def visit(stack: LocalStack, browser: Browser) -> Iterator[Visit]:
    """A person at a desktop; `visit.phone()` takes another device."""
    made = Visit(stack, browser)
    yield made
    made.end()
