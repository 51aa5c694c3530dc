"""Idempotency keys and the answers given under them, for 24 hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.tables import IdempotencyItem, bind
from assent.errors import AlreadyExistsError, IdempotencyKeyReusedError, RequestInProgressError

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(hours=24)
# The longest function of the API gives up after 29 s; a reservation older than this is a crash.
UNDER_WAY_AT_MOST = timedelta(seconds=60)
_TRIES = 3


class DynamoIdempotencyStore:
    """An `IdempotencyStore`. Expiry is checked here too, as TTL may delete days late."""

    def __init__(self, client: DynamoDBClient, control_table: str) -> None:
        self._items = bind(IdempotencyItem, control_table, client)

    def begin(self, key: str, fingerprint: str, at: datetime) -> str | None:
        """Reserve `key`, or return the answer kept under it. Raises IdempotencyKeyReusedError,
        RequestInProgressError."""
        for _ in range(_TRIES):
            if self._reserve(key, fingerprint, at):
                return None
            try:
                with translated():
                    found = self._items.get(_pk(key), consistent_read=True)
            except self._items.DoesNotExist:
                continue
            return _answer_of(found, fingerprint)
        raise _in_progress()

    def finish(self, key: str, answer: str) -> None:
        """Keep `answer`; a reservation that was taken over or has gone is left alone."""
        try:
            with translated(AlreadyExistsError("taken over")):
                self._items(_pk(key)).update(
                    actions=[IdempotencyItem.answer.set(answer)],
                    condition=IdempotencyItem.pk.exists() & IdempotencyItem.answer.does_not_exist(),
                )
        except AlreadyExistsError:
            return

    def release(self, key: str) -> None:
        """Forget a reservation; an answer stays."""
        try:
            with translated(AlreadyExistsError("answered")):
                self._items(_pk(key)).delete(condition=IdempotencyItem.answer.does_not_exist())
        except AlreadyExistsError:
            return

    def _reserve(self, key: str, fingerprint: str, at: datetime) -> bool:
        now = int(at.timestamp())
        item = self._items(
            _pk(key),
            fingerprint=fingerprint,
            reserved_at=now,
            expires_at=int((at + KEPT).timestamp()),
        )
        crashed_before = int((at - UNDER_WAY_AT_MOST).timestamp())
        is_abandoned = IdempotencyItem.answer.does_not_exist() & (
            IdempotencyItem.reserved_at < crashed_before
        )
        is_free = IdempotencyItem.pk.does_not_exist() | (IdempotencyItem.expires_at <= now)
        try:
            # An abandoned key may be taken over by its own request only: another is still a reuse.
            same = IdempotencyItem.fingerprint == fingerprint
            with translated(AlreadyExistsError("reserved")):
                item.save(condition=is_free | (is_abandoned & same))
        except AlreadyExistsError:
            return False
        return True


def _answer_of(found: IdempotencyItem, fingerprint: str) -> str:
    if found.fingerprint != fingerprint:
        message = "This Idempotency-Key came with a different request before."
        raise IdempotencyKeyReusedError(message, field="Idempotency-Key")
    if found.answer is None:
        raise _in_progress()
    return found.answer


def _in_progress() -> RequestInProgressError:
    return RequestInProgressError("The first request with this Idempotency-Key is under way.")


def _pk(key: str) -> str:
    return f"idempotency#{key}"
