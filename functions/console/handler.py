"""Shows staff the console and signs them in; everything else it asks of the API in their name."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.session_store import DynamoSessionStore
from assent.aws.staff_pool import CognitoStaffPool
from assent.clock import SystemClock
from assent.identifiers import RandomIds
from assent.settings import ConsoleSettings
from assent.sign_in.service import SignIn
from assent.telemetry import invocation
from assent.web.console.site import ConsoleServices, ConsoleSite, connections

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def wiring() -> ConsoleServices:
    """Read the environment once and put the parts together."""
    settings, clock = ConsoleSettings.from_env(), SystemClock()
    pool = CognitoStaffPool(
        clients.staff_pool(), settings.user_pool_id, settings.user_pool_client_id, clock
    )
    store = DynamoSessionStore(clients.dynamodb(), settings.control_table)
    sign_in = SignIn(pool, store, clock, RandomIds())
    return ConsoleServices(sign_in, connections(), settings.public_url)


def api() -> ConsoleSite:
    """Return the routes; nothing is built before the first request."""
    return ConsoleSite(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    del context
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event)
