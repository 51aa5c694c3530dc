"""A carrier's report about one text, read from either of the two shapes in which AWS tells it.

SNS writes a log line per text; End User Messaging publishes an event. Both carry the full number
and nothing of ours, so the number is what they are matched by.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from assent.clock import parse_iso
from assent.errors import InvalidPhoneError, UnreadableStatusError
from assent.messages.delivery import (
    UNKNOWN,
    CodeSystem,
    Delivery,
    NumberAction,
    Verdict,
    classify,
    gravest,
)
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_ID = 200
_SUCCEEDED = Verdict(Delivery.OK, NumberAction.NONE, "SUCCESS")


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What a carrier said about one text. `at` is its own time, None where it gave none that can
    be read."""

    provider_message_id: str
    phone: PhoneNumber
    at: datetime | None
    verdict: Verdict


def sns_status(line: str) -> DeliveryStatus:
    """Return the report in one line of SNS's delivery log. Raises UnreadableStatusError."""
    with_line = _object(line)
    notification = _part(with_line, "notification")
    delivery = _part(with_line, "delivery")
    verdict = classify(CodeSystem.SNS_RESPONSE, _text(delivery, "providerResponse"))
    if verdict is UNKNOWN and with_line.get("status") == "SUCCESS":
        verdict = _SUCCEEDED
    return DeliveryStatus(
        _text(notification, "messageId"),
        _phone(delivery, "destination"),
        _sns_time(notification.get("timestamp")),
        verdict,
    )


def eum_status(body: str) -> DeliveryStatus:
    """Return the report in one event of End User Messaging. Raises UnreadableStatusError."""
    event = _object(body)
    verdicts = [
        classify(CodeSystem.EUM_EVENT, _text(event, "eventType")),
        classify(CodeSystem.EUM_STATUS, str(event.get("messageStatus", ""))),
    ]
    described = classify(CodeSystem.SNS_RESPONSE, str(event.get("messageStatusDescription", "")))
    # Descriptions are prose for people; only their plain word of an opt-out is taken.
    if described.delivery is Delivery.OPT_OUT:
        verdicts.append(described)
    return DeliveryStatus(
        _text(event, "messageId"),
        _phone(event, "destinationPhoneNumber"),
        _eum_time(event.get("eventTimestamp")),
        gravest(verdicts),
    )


def _sns_time(value: object) -> datetime | None:
    """`2016-06-28 00:40:34.558`, in UTC without saying so."""
    try:
        return parse_iso(f"{value}Z")
    except ValueError:
        return None


def _eum_time(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _object(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        message = "a delivery status is no JSON object"
        raise UnreadableStatusError(message)
    return cast("dict[str, object]", value)


def _part(source: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = source.get(name)
    if not isinstance(value, dict):
        message = f"{name} is missing from a delivery status"
        raise UnreadableStatusError(message)
    return cast("dict[str, object]", value)


def _text(source: Mapping[str, object], name: str) -> str:
    value = source.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_ID:
        message = f"{name} is missing from a delivery status or unusable"
        raise UnreadableStatusError(message)
    return value


def _phone(source: Mapping[str, object], name: str) -> PhoneNumber:
    try:
        return PhoneNumber.from_carrier(_text(source, name))
    except InvalidPhoneError:
        message = f"{name} in a delivery status is no phone number"
        raise UnreadableStatusError(message) from None
