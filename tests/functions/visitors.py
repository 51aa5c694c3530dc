"""What a phone's browser sends to the pages, and what it gets."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

import boto3

from assent.clock import SystemClock
from assent.consent.outcomes import SignUp
from assent.links.service import digest_of
from assent.phone import PhoneNumber
from tests.functions.programmes import DEMO
from tests.functions.world import sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.consent.events import ConsentEvent
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.web.doors import PageServices
    from tests.functions.world import World

_NUMBERS = itertools.count(7000)
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Shown:
    """A page that came back."""

    status: int
    headers: dict[str, str]
    text: str


def visit(
    world: World,
    method: str,
    path: str,
    form: Mapping[str, Any] | None = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> Shown:
    """Ask as the gateway would, which decodes a path's parameters once."""
    event = sample("opt_in")
    _, page, token = path.split("/", 2)
    route = f"{method} /{page}/{{token}}"
    event.update(routeKey=route, rawPath=path, rawQueryString=urlencode(query or {}))
    event["requestContext"].update(routeKey=route)
    event["requestContext"]["http"].update(method=method, path=path)
    event["pathParameters"] = {"token": unquote(token)}
    event["headers"] = {"accept": "text/html", **(headers or {})}
    event.pop("body")
    if query:
        event["queryStringParameters"] = dict(query)
    text = urlencode(form, doseq=True) if form is not None else body
    if text is not None:
        event["headers"].setdefault("content-type", FORM)
        # The gateway hands forms over in base 64.
        event.update(body=base64.b64encode(text.encode()).decode(), isBase64Encoded=True)
    raw = world.invoke("pages", event)
    return Shown(raw["statusCode"], raw["headers"], raw["body"])


@dataclass
class Visitor:
    """A person with a number of their own and links to their pages."""

    world: World
    phone: PhoneNumber

    @classmethod
    def new(cls, world: World) -> Visitor:
        return cls(world, PhoneNumber.parse(f"+1415555{next(_NUMBERS)}"))

    @property
    def parts(self) -> PageServices:
        parts: PageServices = self.world.wire("pages")
        return parts

    @property
    def key(self) -> SubscriberKey:
        return self.world.wire("inbound_sms").keys.key_of(self.phone)  # type: ignore[no-any-return]

    def sign_up(
        self, programme_id: ProgrammeId = DEMO, profile: Mapping[str, object] | None = None
    ) -> str:
        """Ask for texts and return the path of the link that confirms it."""
        consent = self.parts.confirming.consent
        outcome = consent.request(
            SignUp(
                subscriber_key=self.key,
                phone=self.phone,
                programme_id=programme_id,
                locale="en",
                code_hash="hash",
                is_country_served=True,
                facts={"disclosure_version": 1, "disclosure_locale": "en"},
                evidence={"page_url": "https://shop.example", "ip": "203.0.113.9"},
                profile=profile or {},
            )
        )
        until = SystemClock().now() + timedelta(hours=72)
        return self.parts.links.confirm(self.key, programme_id, outcome.epoch, until)

    def confirm(self, *programme_ids: ProgrammeId, profile: Any = None) -> None:
        for each in programme_ids or (DEMO,):
            assert visit(self.world, "POST", self.sign_up(each, profile)).status == 200

    def epoch(self, programme_id: ProgrammeId = DEMO) -> int:
        standing = self.parts.confirming.consent.store.standing(self.key)
        assert standing is not None
        return standing.consents[programme_id].epoch

    def unsubscribe_path(self) -> str:
        return self.parts.links.unsubscribe(self.key, DEMO, self.epoch())

    def own_path(self) -> str:
        return self.parts.links.preferences(self.key, DEMO, self.epoch())

    @property
    def status(self) -> str:
        standing = self.parts.confirming.consent.store.standing(self.key)
        return standing.status_of(DEMO).value if standing else "none"

    @property
    def events(self) -> list[ConsentEvent]:
        return [event for event, _ in self.parts.confirming.consent.history(self.key)]

    @property
    def types(self) -> list[str]:
        return [each.type.value for each in self.events]

    def expire(self, path: str) -> None:
        """Let a link's time run out."""
        boto3.resource("dynamodb").Table("ControlTable").update_item(
            Key={"pk": f"link#{digest_of(path.split('/')[2])}"},
            UpdateExpression="SET link_expires_at = :past",
            ExpressionAttributeValues={":past": "2026-01-01T00:00:00.000000Z"},
        )


def everything(world: World) -> str:
    """Return every table as text: nothing can change without changing it."""
    state = {**world.state(), "ControlTable": world.items("ControlTable")}
    return json.dumps(state, default=repr, sort_keys=True)
