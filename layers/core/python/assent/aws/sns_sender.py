"""The only code that can publish a text: one attempt, and an honest answer about it.

SNS has no idempotency token, so after a lost answer nobody can know whether the text went out; it
is then `in_doubt` for good, and never sent again.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
)

from assent.aws.answers import code_of
from assent.errors import SettingsError
from assent.messages.ledger import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from assent.messages.ledger import OutboundText

_THROTTLED = frozenset(
    {
        "LimitExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_OPTED_OUT = frozenset({"OptedOut", "OptedOutException"})
# Raised before the first byte of the request can have left: certainly not sent.
_NEVER_LEFT = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProxyConnectionError,
)
# OpenSSL's reasons that only a handshake can give; any other may come after the request.
_HANDSHAKE = ("CERTIFICATE", "HANDSHAKE", "PROTOCOL", "VERSION")
_BAD_REQUEST, _SERVER_FAULT = 400, 500


class SnsSmsSender:
    """An `SmsSender`. `origination_identity` is a number, or a sender id where countries know them.

    Raises SettingsError for a client that would repeat a request by itself.
    """

    def __init__(self, client: SNSClient, origination_identity: str) -> None:
        retries: Mapping[str, object] = getattr(client.meta.config, "retries", None) or {}
        if retries.get("total_max_attempts") != 1:
            message = "A client that repeats requests must not send texts."
            raise SettingsError(message)
        self._client = client
        is_number = origination_identity.removeprefix("+").isdigit()
        origin = "AWS.MM.SMS.OriginationNumber" if is_number else "AWS.SNS.SMS.SenderID"
        self._marketing = _attributes("Promotional", origin, origination_identity)
        self._transactional = _attributes("Transactional", origin, origination_identity)

    def send(self, text: OutboundText) -> SendResult:
        """Publish once and classify the answer; whatever is not certain is `in_doubt`."""
        try:
            answer = self._client.publish(
                PhoneNumber=text.phone.e164,
                Message=text.body,
                MessageAttributes=self._marketing if text.is_marketing else self._transactional,
            )
            return SendResult(Outcome.SENT, provider_message_id=_message_id(answer))
        except ClientError as error:
            return _refusal(error)
        except ParamValidationError:
            return SendResult(Outcome.REFUSED, reason="invalid_request")
        except _NEVER_LEFT as error:
            return SendResult(Outcome.THROTTLED, reason=type(error).__name__)
        except SSLError as error:
            outcome = Outcome.THROTTLED if _in_handshake(error) else Outcome.IN_DOUBT
            return SendResult(outcome, reason="SSLError")
        except Exception as error:  # a body that cannot be parsed is a bare Exception in botocore
            return SendResult(Outcome.IN_DOUBT, reason=type(error).__name__)


def _message_id(answer: Mapping[str, object]) -> str:
    message_id = answer["MessageId"]
    if not isinstance(message_id, str) or not message_id:
        message = "an answer without a message id proves nothing"
        raise ValueError(message)
    return message_id


def _refusal(error: ClientError) -> SendResult:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if not _BAD_REQUEST <= status < _SERVER_FAULT:
        return SendResult(Outcome.IN_DOUBT, reason=code or "server_error")
    if code in _THROTTLED:
        return SendResult(Outcome.THROTTLED, reason=code)
    return SendResult(Outcome.REFUSED, reason=code, opted_out=code in _OPTED_OUT)


def _in_handshake(error: SSLError) -> bool:
    cause: object = error.kwargs.get("error")
    arguments = getattr(cause, "args", ())
    root = arguments[0] if arguments and isinstance(arguments[0], ssl.SSLError) else cause
    reason = str(getattr(root, "reason", "") or "").upper()
    return any(word in reason for word in _HANDSHAKE)


def _attributes(kind: str, origin: str, identity: str) -> dict[str, MessageAttributeValueTypeDef]:
    return {
        "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": kind},
        origin: {"DataType": "String", "StringValue": identity},
    }
