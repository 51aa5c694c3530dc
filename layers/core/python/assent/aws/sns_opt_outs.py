"""The account's opt-out list of SNS: it can be read and a number taken off, but none put on.

SNS tells neither since when a number is listed nor why it refuses to restore one; so a refusal is
read from whether the number is still listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from assent.aws.answers import code_of, translated
from assent.errors import InvalidCursorError, InvalidPhoneError
from assent.phone import PhoneNumber
from assent.provider_opt_outs.model import Added, ListedNumber, ListPage, ListRates, Removed

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_INVALID = ("InvalidParameter", "InvalidParameterException")
# AWS allows ListPhoneNumbersOptedOut 10 and OptInPhoneNumber 20 calls a second to an account (SNS
# quotas); a little is left to people at the console.
RATES = ListRates(reads=8, writes=16)


@dataclass(frozen=True, slots=True)
class SnsOptOutList:
    """A `ProviderOptOutList`."""

    client: SNSClient
    rates: ListRates = RATES

    def page(self, cursor: str | None) -> ListPage:
        try:
            with translated():
                token = {"nextToken": cursor} if cursor else {}
                answer = self.client.list_phone_numbers_opted_out(**token)
        except ClientError as error:
            if cursor is not None and code_of(error) in _INVALID:
                message = "The list cannot be read on from there."
                raise InvalidCursorError(message) from error
            raise
        entries = answer.get("phoneNumbers", [])
        numbers = [ListedNumber(phone) for raw in entries if (phone := listed_phone(raw))]
        return ListPage(numbers, answer.get("nextToken") or None, len(entries) - len(numbers))

    def is_opted_out(self, phone: PhoneNumber) -> bool:
        try:
            with translated():
                answer = self.client.check_if_phone_number_is_opted_out(phoneNumber=phone.e164)
        except ClientError as error:
            if code_of(error) in _INVALID:
                return False
            raise
        return answer["isOptedOut"]

    def add(self, phone: PhoneNumber) -> Added:
        return Added.NOT_SUPPORTED

    def remove(self, phone: PhoneNumber) -> Removed:
        try:
            with translated():
                self.client.opt_in_phone_number(phoneNumber=phone.e164)
        except ClientError as error:
            if code_of(error) not in _INVALID:
                raise
            return Removed.TOO_SOON if self.is_opted_out(phone) else Removed.REMOVED
        return Removed.REMOVED


def listed_phone(raw: str) -> PhoneNumber | None:
    """Return the number of a list's entry; None for a short code or a name."""
    try:
        return PhoneNumber.from_carrier(raw)
    except InvalidPhoneError:
        return None
