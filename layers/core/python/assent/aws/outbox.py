"""Notices to the provider: a table of their own, in a few partitions, so that all of them are found
without a scan and without an index.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.tables import NoticeItem, bind
from assent.errors import ChangedMeanwhileError
from assent.identifiers import SubscriberKey
from assent.provider_opt_outs.outbox import Notice, NoticeState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

# A partition takes 1,000 writes a second; opt-outs come at a fraction of the rate of texts.
_SHARDS = 8
_REPLACED = ChangedMeanwhileError("The notice was replaced meanwhile.")


class DynamoOutbox:
    """An `Outbox`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._notices = bind(NoticeItem, table, client)

    def notices(self) -> Iterator[Notice]:
        for shard in range(_SHARDS):
            with translated():
                yield from map(_notice_of, self._notices.query(str(shard), consistent_read=True))

    def notice(self, subscriber_key: SubscriberKey) -> Notice | None:
        try:
            with translated():
                item = self._notices.get(
                    _shard_of(subscriber_key), subscriber_key, consistent_read=True
                )
        except self._notices.DoesNotExist:
            return None
        return _notice_of(item)

    def put(self, notice: Notice) -> bool:
        is_new = NoticeItem.subscriber_key.does_not_exist()
        return self._write(notice_item(self._notices, notice), is_new)

    def postpone(self, notice: Notice, state: NoticeState, due_at: datetime) -> bool:
        later = Notice(notice.subscriber_key, notice.seq, notice.asked_at, state, due_at)
        return self._write(notice_item(self._notices, later), NoticeItem.seq == notice.seq)

    def done(self, notice: Notice) -> bool:
        try:
            with translated(_REPLACED):
                notice_item(self._notices, notice).delete(condition=NoticeItem.seq == notice.seq)
        except ChangedMeanwhileError:
            return False
        return True

    @staticmethod
    def _write(item: NoticeItem, condition: Any) -> bool:
        try:
            with translated(_REPLACED):
                item.save(condition=condition)
        except ChangedMeanwhileError:
            return False
        return True


def notice_item(model: type[NoticeItem], notice: Notice) -> NoticeItem:
    """Return `notice` as an item of the bound `model`."""
    return model(
        _shard_of(notice.subscriber_key),
        notice.subscriber_key,
        seq=notice.seq,
        asked_at=notice.asked_at,
        due_at=notice.next_at,
        state=notice.state.value,
    )


def _shard_of(subscriber_key: SubscriberKey) -> str:
    return str(zlib.crc32(subscriber_key.encode()) % _SHARDS)


def _notice_of(item: NoticeItem) -> Notice:
    return Notice(
        subscriber_key=SubscriberKey(item.subscriber_key),
        seq=int(item.seq),
        asked_at=item.asked_at,
        state=NoticeState(item.state),
        due_at=item.due_at,
    )
