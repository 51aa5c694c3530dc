"""What AWS answered, as errors of this house: translated once, where the answer arrives."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from pynamodb.exceptions import DoesNotExist, PynamoDBException

from assent.errors import TryAgainError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assent.errors import AssentError

CONDITION_FAILED = "ConditionalCheckFailedException"
CONFLICT = "TransactionConflictException"
_SERVER_FAULT = 500

# DynamoDB, KMS, S3 and Step Functions spell it differently; all mean "not now".
_NOT_NOW = frozenset(
    {
        CONFLICT,
        "InternalServerError",
        "KMSInternalException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)


@contextmanager
def translated(refused: AssentError | None = None) -> Iterator[None]:
    """Turn a failed condition into `refused`, and what may pass by itself into TryAgainError.

    Anything else (a missing permission, a malformed request) is a defect and goes through as it is.
    """
    try:
        yield
    except (BotoCoreError, ClientError, PynamoDBException) as error:
        if isinstance(error, DoesNotExist):
            raise
        fact = fact_of(error, refused)
        if fact is None:
            raise
        raise fact from error


def fact_of(error: Exception, refused: AssentError | None = None) -> AssentError | None:
    """Return the error that `error` stands for; None: it is a defect."""
    cause = error.cause if isinstance(error, PynamoDBException) else error
    # PynamoDB copies the error without its HTTP status; the one it was copied from has it.
    if isinstance(cause, ClientError) and isinstance(cause.__cause__, ClientError):
        cause = cause.__cause__
    if isinstance(cause, ClientError):
        if code_of(cause) == CONDITION_FAILED and refused is not None:
            return refused
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        is_passing = code_of(cause) in _NOT_NOW or status >= _SERVER_FAULT
        return not_now() if is_passing else None
    if isinstance(cause, BotoCoreError) and not isinstance(cause, ParamValidationError):
        return not_now()
    return None


def code_of(error: ClientError) -> str:
    """Return the service's error code, empty if it sent none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def not_now() -> TryAgainError:
    """Return the error for an answer that was late, lost or a refusal for load."""
    return TryAgainError("The store did not answer in time. Nothing may be assumed; try again.")
