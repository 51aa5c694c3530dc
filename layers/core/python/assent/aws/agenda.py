"""The agenda: small items beside the requests, found through an index that holds nothing else.

Only entries carry the index's keys, so it is as small as the number of waits, and a look at what is
due reads that and no more. A move rewrites one attribute, under the condition that nobody did.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.tables import AgendaItem, bind
from assent.consent.agenda import Due
from assent.errors import ChangedMeanwhileError
from assent.identifiers import ProgrammeId, SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

# One partition of an index takes 1,000 writes a second, and base writes wait for it.
_SHARDS = 8
_PAGE = 100
_REPLACED = ChangedMeanwhileError("The entry was replaced meanwhile.")


class DynamoAgenda:
    """An `Agenda`."""

    def __init__(self, client: DynamoDBClient, control_table: str) -> None:
        self._entries = bind(AgendaItem, control_table, client)

    def due(self, now: datetime) -> Iterator[Due]:
        until = AgendaItem.due_at <= now
        for shard in range(_SHARDS):
            with translated():
                found = self._entries.by_due.query(str(shard), until, page_size=_PAGE)
                yield from map(_due_of, found)

    def move(self, due: Due, at: datetime) -> bool:
        return self._write(due, at)

    def drop(self, due: Due) -> bool:
        return self._write(due, None)

    def _write(self, due: Due, at: datetime | None) -> bool:
        entry, is_same = agenda_item(self._entries, due), AgendaItem.due_at == due.at
        try:
            with translated(_REPLACED):
                if at is None:
                    entry.delete(condition=is_same)
                else:
                    entry.update([AgendaItem.due_at.set(at)], condition=is_same)
        except ChangedMeanwhileError:
            return False
        return True


def agenda_item(model: type[AgendaItem], due: Due) -> AgendaItem:
    """Return `due` as an item of the bound `model`; a number and programme have one."""
    return model(
        f"due#{due.subscriber_key}#{due.programme_id or ''}",
        subscriber_key=due.subscriber_key,
        programme_id=due.programme_id,
        due_shard=str(zlib.crc32(due.subscriber_key.encode()) % _SHARDS),
        due_at=due.at,
    )


def _due_of(item: AgendaItem) -> Due:
    programme_id = ProgrammeId(item.programme_id) if item.programme_id else None
    return Due(SubscriberKey(item.subscriber_key), programme_id, item.due_at)
