"""AWS End User Messaging SMS as far as this house uses it: an opt-out list, and sending a text.

moto has neither. The 30-day rule answers with the reason that the service model names for it.
"""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.stubs.service_stub import ServiceError, ServiceStub

if TYPE_CHECKING:
    from assent.clock import Clock

SERVICE = "pinpoint-sms-voice-v2"
LIST = "Default"
_ARN = f"arn:aws:sms-voice:us-east-1:123456789012:opt-out-list/{LIST}"
_RESTORED_ONCE_IN = timedelta(days=30)
_PAGE = 100


class EumSms:
    """The operations; `texts` are those accepted, `opt_out` is what a person's STOP does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listed: dict[str, tuple[datetime, bool]] = {}
        self._restored: dict[str, datetime] = {}
        self._ids = itertools.count(1)
        self.texts: list[dict[str, Any]] = []

    def opt_out(self, number: str) -> None:
        self._listed[number] = (self._clock.now(), True)

    def numbers(self) -> set[str]:
        return set(self._listed)

    def describe_opted_out_numbers(self, asked: dict[str, Any]) -> dict[str, Any]:
        _the_list(asked)
        wanted = asked.get("OptedOutNumbers")
        if wanted:
            for each in wanted:
                self._must_be_listed(each)
            return _listing([self._entry(each) for each in wanted], None)
        token = asked.get("NextToken", "0")
        if not token.isdigit():
            raise ServiceError("ValidationException", "token", Reason="INVALID_NEXT_TOKEN")
        start, size = int(token), asked.get("MaxResults", _PAGE)
        found = sorted(self._listed)[start : start + size]
        more = start + size < len(self._listed)
        return _listing([self._entry(each) for each in found], str(start + size) if more else None)

    def put_opted_out_number(self, asked: dict[str, Any]) -> dict[str, Any]:
        _the_list(asked)
        number = asked["OptedOutNumber"]
        self._listed.setdefault(number, (self._clock.now(), False))
        return {"OptOutListName": LIST, "OptOutListArn": _ARN, **self._entry(number)}

    def delete_opted_out_number(self, asked: dict[str, Any]) -> dict[str, Any]:
        _the_list(asked)
        number = asked["OptedOutNumber"]
        self._must_be_listed(number)
        last = self._restored.get(number)
        if last is not None and self._clock.now() - last < _RESTORED_ONCE_IN:
            reason = "PHONE_NUMBER_CANNOT_BE_OPTED_IN"
            raise ServiceError("ValidationException", "too soon", Reason=reason)
        answer = {"OptOutListName": LIST, "OptOutListArn": _ARN, **self._entry(number)}
        del self._listed[number]
        self._restored[number] = self._clock.now()
        return answer

    def send_text_message(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["DestinationPhoneNumber"] in self._listed:
            reason = "DESTINATION_PHONE_NUMBER_OPTED_OUT"
            raise ServiceError("ConflictException", "opted out", Reason=reason)
        self.texts.append(asked)
        return {"MessageId": f"eum-{next(self._ids)}"}

    def _entry(self, number: str) -> dict[str, Any]:
        at, by_person = self._listed[number]
        return {"OptedOutNumber": number, "OptedOutTimestamp": at, "EndUserOptedOut": by_person}

    def _must_be_listed(self, number: str) -> None:
        if number not in self._listed:
            kind = "opted-out-number"
            raise ServiceError(
                "ResourceNotFoundException", "no such number", ResourceType=kind, ResourceId=number
            )


def eum_stub(operations: EumSms) -> ServiceStub:
    """Return an endpoint that serves them; use it as a context."""
    return ServiceStub(SERVICE, operations)


def _the_list(asked: dict[str, Any]) -> None:
    if asked["OptOutListName"] != LIST:
        kind = "opt-out-list"
        raise ServiceError(
            "ResourceNotFoundException", "no such list", ResourceType=kind, ResourceId="?"
        )


def _listing(entries: list[dict[str, Any]], token: str | None) -> dict[str, Any]:
    more = {"NextToken": token} if token else {}
    return {"OptOutListName": LIST, "OptOutListArn": _ARN, "OptedOutNumbers": entries, **more}
