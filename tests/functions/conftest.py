"""One stack per test file, with the demo programme in it; tests use numbers of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.programmes import publish_demo
from tests.functions.requests import Client
from tests.functions.world import World, a_world

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as made:
        publish_demo(made)
        yield made


@pytest.fixture
def public(world: World) -> Client:
    return Client(world, "consent_api")


@pytest.fixture
def marketing(world: World) -> Client:
    return Client(world, "campaign_api", "marketing")


@pytest.fixture
def compliance(world: World) -> Client:
    return Client(world, "export_api", "compliance")
