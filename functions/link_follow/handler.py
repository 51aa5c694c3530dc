"""Leads people from a link in a campaign's text to where it points, and counts that they went."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.click_store import DynamoClickStore
from assent.aws.fact_store import DynamoFactStore
from assent.aws.flow_store import DynamoFlowStore
from assent.aws.phone_keys import macs_of, phone_keys
from assent.aws.sealed_links import derived_tracking
from assent.campaigns.clicks import Following, is_machine
from assent.clock import SystemClock
from assent.errors import LinkNotFoundError, TryAgainError
from assent.flows.following import CampaignsAndFlows
from assent.settings import LinkFollowSettings
from assent.telemetry import count, invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Strict-Transport-Security": "max-age=63072000",
}


class Route(NamedTuple):
    """One route as the gateway knows it."""

    method: str
    openapi_path: str = "/l/{code}"


class Routes:
    """The routes that this function answers."""

    def routes(self) -> list[Route]:
        return [Route("GET"), Route("HEAD")]


@functools.cache
def wiring() -> Following:
    """Read the environment once and put the parts together."""
    settings = LinkFollowSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    facts = DynamoFactStore(dynamodb, settings.subscribers_table, settings.control_table)
    macs = macs_of(clients.kms, settings.link_key_id)
    return Following(
        tracking=derived_tracking(macs, settings.link_key_versions),
        campaigns=CampaignsAndFlows(
            DynamoCampaignStore(dynamodb, settings.campaigns_table, clock),
            DynamoFlowStore(dynamodb, settings.campaigns_table),
        ),
        facts=facts,
        clicks=DynamoClickStore(dynamodb, settings.campaigns_table),
        keys=phone_keys(clients.kms(), settings, facts.standing),
        clock=clock,
    )


def api() -> Routes:
    """Return the routes."""
    return Routes()


def handler(event: Mapping[str, Any], _: object) -> dict[str, Any]:
    """Answer one HTTP API request: 302, 404, or 503 when nobody can tell where it leads."""
    with invocation(event["requestContext"]["requestId"]):
        headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
        purpose = headers.get("sec-purpose", "") + headers.get("purpose", "")
        is_look = is_machine(headers.get("user-agent", ""), purpose)
        is_get = event["requestContext"]["http"]["method"] == "GET"
        code = str((event.get("pathParameters") or {}).get("code", ""))
        try:
            target = wiring().follow(code, is_person=is_get and not is_look)
        except LinkNotFoundError:
            return _answer(404, {}, "There is no such link.")
        except TryAgainError:
            return _answer(503, {"Retry-After": "1"}, "Try again in a moment.")
        count("LinkFollowed")
        return _answer(302, {"Location": target}, "")


def _answer(status: int, headers: Mapping[str, str], body: str) -> dict[str, Any]:
    kind = {"Content-Type": "text/plain; charset=utf-8"}
    return {
        "statusCode": status,
        "headers": {**_HEADERS, **kind, **headers},
        "body": body,
        "isBase64Encoded": False,
    }
