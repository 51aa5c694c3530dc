"""An opt-out list of AWS End User Messaging (`pinpoint-sms-voice-v2`): read, added to, taken from.

Its entries carry the time of the opt-out, so that a person's later START can be told from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from assent.aws.answers import code_of, translated
from assent.aws.sns_opt_outs import listed_phone
from assent.errors import InvalidCursorError
from assent.provider_opt_outs.model import Added, ListedNumber, ListPage, ListRates, Removed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.phone import PhoneNumber

_PAGE = 100
# AWS allows these operations 1 to 10 calls a second to an account; 1 is safe for each of them.
RATES = ListRates(reads=1, writes=1)
# The service's word for the rule of one restoration in 30 days (`ValidationExceptionReason`).
_TOO_SOON = "PHONE_NUMBER_CANNOT_BE_OPTED_IN"


class EumOptOutClient(Protocol):
    """The part of botocore's client that is used here; no type stubs are shipped for it."""

    def describe_opted_out_numbers(self, **request: Any) -> Mapping[str, Any]: ...

    def put_opted_out_number(self, **request: Any) -> Mapping[str, Any]: ...

    def delete_opted_out_number(self, **request: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class EumOptOutList:
    """A `ProviderOptOutList`. `name` is the list's name, or its ARN where it is shared."""

    client: EumOptOutClient
    name: str
    rates: ListRates = RATES

    def page(self, cursor: str | None) -> ListPage:
        token = {"NextToken": cursor} if cursor else {}
        try:
            with translated():
                answer = self.client.describe_opted_out_numbers(
                    OptOutListName=self.name, MaxResults=_PAGE, **token
                )
        except ClientError as error:
            if cursor is not None and code_of(error) == "ValidationException":
                message = "The list cannot be read on from there."
                raise InvalidCursorError(message) from error
            raise
        entries = answer.get("OptedOutNumbers", [])
        numbers = [
            ListedNumber(phone, entry["OptedOutTimestamp"].astimezone(UTC))
            for entry in entries
            if (phone := listed_phone(entry["OptedOutNumber"]))
        ]
        return ListPage(numbers, answer.get("NextToken") or None, len(entries) - len(numbers))

    def is_opted_out(self, phone: PhoneNumber) -> bool:
        try:
            with translated():
                answer = self.client.describe_opted_out_numbers(
                    OptOutListName=self.name, OptedOutNumbers=[phone.e164]
                )
        except ClientError as error:
            if code_of(error) == "ValidationException" or _is_unlisted(error):
                return False
            raise
        return bool(answer.get("OptedOutNumbers"))

    def add(self, phone: PhoneNumber) -> Added:
        try:
            with translated():
                self.client.put_opted_out_number(
                    OptOutListName=self.name, OptedOutNumber=phone.e164
                )
        except ClientError as error:
            if code_of(error) != "ValidationException":
                raise
            return Added.ADDED if self.is_opted_out(phone) else Added.REFUSED
        return Added.ADDED

    def remove(self, phone: PhoneNumber) -> Removed:
        try:
            with translated():
                self.client.delete_opted_out_number(
                    OptOutListName=self.name, OptedOutNumber=phone.e164
                )
        except ClientError as error:
            return _refusal(error)
        return Removed.REMOVED


def _refusal(error: ClientError) -> Removed:
    if _is_unlisted(error):
        return Removed.REMOVED
    if code_of(error) == "ConflictException" or _detail(error, "Reason") == _TOO_SOON:
        return Removed.TOO_SOON
    if code_of(error) == "ValidationException":
        return Removed.REFUSED
    raise error


def _is_unlisted(error: ClientError) -> bool:
    """Not found may mean the number or the whole list; the latter is a mistake in our settings."""
    is_missing = code_of(error) == "ResourceNotFoundException"
    return is_missing and _detail(error, "ResourceType") == "opted-out-number"


def _detail(error: ClientError, name: str) -> str:
    """Return a member of the service's own error shape, which botocore puts beside `Error`."""
    details: Mapping[str, Any] = error.response
    return str(details.get(name, ""))
