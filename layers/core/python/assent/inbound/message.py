"""One text from a phone, read once from the queue into a type.

The carrier's payload has no time of its own, so the envelope's counts (SNS, two-way messaging).
What cannot be read is never dropped: the error carries the sender, so that it can be suppressed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from assent.clock import parse_iso
from assent.errors import UnreadableInboundError
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_BODY = 2000
_MAX_ID = 200
# Without a plus, fewer than ten digits are a short code.
_PHONE_LIKE = re.compile(r"\+[1-9]\d{6,14}|[1-9]\d{9,14}")
_SENDER_IN_TEXT = re.compile(r"originationNumber\W{1,12}(\+[1-9]\d{6,14}|[1-9]\d{9,14})")


@dataclass(frozen=True, slots=True, repr=False)
class InboundSms:
    """A text as received. `from_phone` is None where the sender is a short code or a name, to which
    nothing is ever answered. `at` is the envelope's time; `answers` the provider's id of our text
    that this one answers."""

    inbound_message_id: str
    from_phone: PhoneNumber | None
    raw_from: str
    to: str
    body: str
    at: datetime
    answers: str | None = None

    def __repr__(self) -> str:
        return f"InboundSms({self.inbound_message_id}, from {self.from_phone})"


def parse_envelope(sqs_body: str) -> InboundSms:
    """Return the text in the body of one SQS record: an SNS notification around the payload.

    Raises UnreadableInboundError for anything else, with the sender's number if one can be read.
    """
    try:
        envelope = _object(sqs_body)
        payload = _object(_text(envelope, "Message"))
        raw_from = _text(payload, "originationNumber")
        return InboundSms(
            inbound_message_id=_text(payload, "inboundMessageId", longest=_MAX_ID),
            from_phone=sender_phone(raw_from),
            raw_from=raw_from,
            to=_text(payload, "destinationNumber"),
            body=_text(payload, "messageBody", may_be_empty=True)[:_MAX_BODY],
            at=_time(envelope),
            answers=_optional(payload, "previousPublishedMessageId"),
        )
    except (ValueError, RecursionError) as error:
        message = f"an inbound event cannot be read: {type(error).__name__}"
        raise UnreadableInboundError(message, phone=_any_sender(sqs_body)) from None


def sender_phone(raw: str) -> PhoneNumber | None:
    """Return the sender's number; None for a short code or a name.

    A number that libphonenumber would not text is still a number whose STOP counts.
    """
    if not _PHONE_LIKE.fullmatch(raw.strip()):
        return None
    return PhoneNumber.from_carrier(raw)


def _any_sender(sqs_body: str) -> PhoneNumber | None:
    found = _SENDER_IN_TEXT.search(sqs_body.replace("\\", ""))
    return sender_phone(found.group(1)) if found else None


def _object(text: str) -> Mapping[str, object]:
    value = json.loads(text)
    if not isinstance(value, dict):
        message = "not a JSON object"
        raise ValueError(message)
    return cast("dict[str, object]", value)


def _text(
    source: Mapping[str, object], name: str, *, longest: int = 300_000, may_be_empty: bool = False
) -> str:
    value = source.get(name)
    if not isinstance(value, str) or len(value) > longest or not (value.strip() or may_be_empty):
        message = f"{name} is missing or unusable"
        raise ValueError(message)
    return _whole_characters(value)


def _optional(source: Mapping[str, object], name: str) -> str | None:
    value = source.get(name)
    return _whole_characters(value)[:_MAX_ID] if isinstance(value, str) and value else None


def _whole_characters(text: str) -> str:
    """Half of an emoji, as a carrier leaves when it cuts a text, has no encoding: it becomes the
    replacement character, so that what stands before it still counts."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _time(envelope: Mapping[str, object]) -> datetime:
    return parse_iso(_text(envelope, "Timestamp")).astimezone(UTC)
