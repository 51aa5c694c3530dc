"""One request that may cost a person a text: never repeated, and its answer read honestly.

No SMS service of AWS has an idempotency token. After a lost answer nobody can know whether the text
went out; it is then `in_doubt` for good, and never sent again, by this service or by another.
"""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

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
    from collections.abc import Callable, Mapping

THROTTLED = frozenset(
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


class _HeldBackError(Exception):
    """The text was stopped at the door; the cause is what asking there has raised, if anything."""


# What the text that this thread is about to publish asks at the door.
_door = threading.local()


def watch_the_door(client: Any) -> None:
    """Make `client` fit for `attempted`: its requests ask before they are written to the socket.

    Raises SettingsError for a client that would repeat a request by itself.
    """
    retries: Mapping[str, object] = getattr(client.meta.config, "retries", None) or {}
    if retries.get("total_max_attempts") != 1:
        message = "A client that repeats requests must not send texts."
        raise SettingsError(message)
    client.meta.events.register_first("before-send", _ask_at_the_door, unique_id="assent-door")


def _ask_at_the_door(**_: object) -> None:
    may_leave: Callable[[], bool] | None = getattr(_door, "may_leave", None)
    if may_leave is None:
        return
    try:
        is_held_back = not may_leave()
    except Exception as error:
        raise _HeldBackError from error
    if is_held_back:
        raise _HeldBackError


def attempted(
    publish: Callable[[], Mapping[str, object]],
    refusal: Callable[[ClientError], SendResult],
    may_leave: Callable[[], bool],
) -> SendResult:
    """Call `publish` once and classify its answer; whatever is not certain is `in_doubt`.

    `refusal` reads an error that the service itself gave with a status of 4xx. `may_leave` is asked
    after the request was made and signed. Raises what that raises.
    """
    _door.may_leave = may_leave
    try:
        return _classified(publish, refusal)
    except _HeldBackError as error:
        if error.__cause__ is not None:
            raise error.__cause__ from None
        return SendResult(Outcome.ABORTED, reason="held_back")
    finally:
        _door.may_leave = None


def _classified(
    publish: Callable[[], Mapping[str, object]], refusal: Callable[[ClientError], SendResult]
) -> SendResult:
    try:
        return SendResult(Outcome.SENT, provider_message_id=_message_id(publish()))
    except ClientError as error:
        return _answered(error, refusal)
    except ParamValidationError:
        return SendResult(Outcome.REFUSED, reason="invalid_request")
    except _NEVER_LEFT as error:
        return SendResult(Outcome.THROTTLED, reason=type(error).__name__)
    except SSLError as error:
        outcome = Outcome.THROTTLED if _in_handshake(error) else Outcome.IN_DOUBT
        return SendResult(outcome, reason="SSLError")
    except _HeldBackError:
        raise
    except Exception as error:  # a body that cannot be parsed is a bare Exception in botocore
        return SendResult(Outcome.IN_DOUBT, reason=type(error).__name__)


def _message_id(answer: Mapping[str, object]) -> str:
    message_id = answer["MessageId"]
    if not isinstance(message_id, str) or not message_id:
        message = "an answer without a message id proves nothing"
        raise ValueError(message)
    return message_id


def _answered(error: ClientError, refusal: Callable[[ClientError], SendResult]) -> SendResult:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if not _BAD_REQUEST <= status < _SERVER_FAULT:
        return SendResult(Outcome.IN_DOUBT, reason=code or "server_error")
    if code in THROTTLED:
        return SendResult(Outcome.THROTTLED, reason=code)
    return refusal(error)


def _in_handshake(error: SSLError) -> bool:
    cause: object = error.kwargs.get("error")
    arguments = getattr(cause, "args", ())
    root = arguments[0] if arguments and isinstance(arguments[0], ssl.SSLError) else cause
    reason = str(getattr(root, "reason", "") or "").upper()
    return any(word in reason for word in _HANDSHAKE)
