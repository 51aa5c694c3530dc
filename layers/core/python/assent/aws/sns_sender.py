"""Texts through SNS: the number or sender id they leave from, their kind, and the dearest price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.aws.answers import code_of
from assent.aws.one_attempt import attempted, watch_the_door
from assent.messages.ledger import Outcome, SendResult, at_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.exceptions import ClientError
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from assent.messages.ledger import OutboundText

_OPTED_OUT = frozenset({"OptedOut", "OptedOutException"})


class SnsSmsSender:
    """An `SmsSender`. `origination_identity` is a number, or a sender id where countries know them;
    `max_price` the most that one part may cost, in USD with a decimal point ("" for any price).

    Raises SettingsError for a client that would repeat a request by itself.
    """

    def __init__(self, client: SNSClient, origination_identity: str, max_price: str = "") -> None:
        watch_the_door(client)
        self._client = client
        self._marketing = _attributes("Promotional", origination_identity, max_price)
        self._transactional = _attributes("Transactional", origination_identity, max_price)

    def send(self, text: OutboundText, may_leave: Callable[[], bool] = at_once) -> SendResult:
        """Publish once and classify the answer; whatever is not certain is `in_doubt`."""
        return attempted(
            lambda: self._client.publish(
                PhoneNumber=text.phone.e164,
                Message=text.body,
                MessageAttributes=self._marketing if text.is_marketing else self._transactional,
            ),
            _refusal,
            may_leave,
        )


def _refusal(error: ClientError) -> SendResult:
    code = code_of(error)
    return SendResult(Outcome.REFUSED, reason=code, opted_out=code in _OPTED_OUT)


def _attributes(
    kind: str, identity: str, max_price: str
) -> dict[str, MessageAttributeValueTypeDef]:
    is_number = identity.removeprefix("+").isdigit()
    origin = "AWS.MM.SMS.OriginationNumber" if is_number else "AWS.SNS.SMS.SenderID"
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": kind},
        origin: {"DataType": "String", "StringValue": identity},
    }
    if max_price:
        attributes["AWS.SNS.SMS.MaxPrice"] = {"DataType": "Number", "StringValue": max_price}
    return attributes
