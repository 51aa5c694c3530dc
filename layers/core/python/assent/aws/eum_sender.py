"""Texts through AWS End User Messaging: what SNS cannot say, namely how long a text may wait, which
attempt it is, and at once that its number has opted out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from assent.aws.answers import code_of
from assent.aws.one_attempt import attempted, watch_the_door
from assent.errors import SettingsError
from assent.messages.ledger import Outcome, SendResult, at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from botocore.exceptions import ClientError

    from assent.messages.ledger import OutboundText

# Bounds of `TimeToLive` in the service's model. By its own default a text may wait 72 hours, and so
# arrive at night or after a STOP.
_SHORTEST, _LONGEST = 5, 259_200
# About the account and not about the person, who can be texted once somebody has mended it.
_OURS_TO_MEND = frozenset(
    {
        "ACCOUNT_DISABLED",
        "INSUFFICIENT_ACCOUNT_REPUTATION",
        "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
        "NO_ORIGINATION_IDENTITIES_FOUND",
    }
)
_OPTED_OUT = "DESTINATION_PHONE_NUMBER_OPTED_OUT"


class EumTextClient(Protocol):
    """The part of botocore's client that is used here; no type stubs are shipped for it."""

    @property
    def meta(self) -> Any: ...

    def send_text_message(self, **request: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class EumSmsSender:
    """An `SmsSender`. `origination_identity` is a number, a sender id or a pool, by id or ARN;
    `time_to_live` (5 s to 72 h) how long the service may try; `max_price` the most that one part
    may cost, in USD with a decimal point. What is "" is left to the account's own settings.

    Raises SettingsError for a client that would repeat a request, or for other bounds.
    """

    client: EumTextClient
    origination_identity: str
    time_to_live: timedelta
    max_price: str = ""
    configuration_set: str = ""
    protect_configuration: str = ""
    _always: Mapping[str, object] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        watch_the_door(self.client)
        seconds = int(self.time_to_live.total_seconds())
        if not _SHORTEST <= seconds <= _LONGEST:
            message = f"A text may wait from {_SHORTEST} to {_LONGEST} seconds."
            raise SettingsError(message)
        optional = {
            "MaxPrice": self.max_price,
            "ConfigurationSetName": self.configuration_set,
            "ProtectConfigurationId": self.protect_configuration,
        }
        always = {"OriginationIdentity": self.origination_identity, "TimeToLive": seconds}
        given = {name: value for name, value in optional.items() if value}
        object.__setattr__(self, "_always", always | given)

    def send(self, text: OutboundText, may_leave: Callable[[], bool] = at_once) -> SendResult:
        """Send once and classify the answer; whatever is not certain is `in_doubt`. The attempt's
        id comes back in each delivery event, which is the only proof about a lost answer."""
        return attempted(
            lambda: self.client.send_text_message(
                DestinationPhoneNumber=text.phone.e164,
                MessageBody=text.body,
                MessageType="PROMOTIONAL" if text.is_marketing else "TRANSACTIONAL",
                Context={"attempt_id": text.attempt_id},
                **self._always,
            ),
            _refusal,
            may_leave,
        )


def _refusal(error: ClientError) -> SendResult:
    reason = str(error.response.get("Reason", ""))
    code = f"{code_of(error)}:{reason}" if reason else code_of(error)
    if reason in _OURS_TO_MEND:
        return SendResult(Outcome.THROTTLED, reason=code, is_account_wide=True)
    return SendResult(Outcome.REFUSED, reason=code, opted_out=reason == _OPTED_OUT)
