"""What became of each text, written in batches and forgotten by itself after 420 days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws.answers import CONDITION_FAILED, translated
from assent.aws.batches import get_all, put_all
from assent.aws.tables import LedgerItem, bind
from assent.errors import AlreadyExistsError
from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
from assent.messages.ledger import LedgerRow, Outcome, Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock

# The row holds the text itself, so it is kept as long as the design promises and little longer:
# at least 400 days. DynamoDB deletes some days late, never early.
KEPT = timedelta(days=420)


class DynamoMessageLedger:
    """A `MessageLedger`."""

    def __init__(self, client: DynamoDBClient, messages_table: str, clock: Clock) -> None:
        self._client = client
        self._table = messages_table
        self._clock = clock
        self._rows = bind(LedgerItem, messages_table, client)

    def record(self, rows: Sequence[LedgerRow]) -> None:
        """Raises TryAgainError; then some may be written, and all may be recorded again."""
        if len(rows) == 1:
            with translated():
                self._item(rows[0]).save()
            return
        latest = {(row.subscriber_key, row.sent_id): row for row in rows}
        items = (self._item(row).serialize() for row in latest.values())
        put_all(self._client, self._clock, self._table, items)

    def record_in_doubt(self, row: LedgerRow) -> bool:
        try:
            with translated(AlreadyExistsError(CONDITION_FAILED)):
                self._item(row).save(condition=LedgerItem.sent_id.does_not_exist())
        except AlreadyExistsError:
            return False
        return True

    def rows(self, keys: Sequence[tuple[SubscriberKey, str]]) -> Sequence[LedgerRow]:
        raw = [{"subscriber_key": {"S": k}, "sent_id": {"S": s}} for k, s in dict.fromkeys(keys)]
        found = get_all(self._client, self._clock, self._table, raw)
        return [_row_of(LedgerItem.from_raw_data(item)) for item in found]

    def of_subscriber(
        self, subscriber_key: SubscriberKey, *, limit: int, before: str | None = None
    ) -> tuple[Sequence[LedgerRow], str | None]:
        earlier = LedgerItem.sent_id < before if before is not None else None
        with translated():
            # One more than asked for tells whether another page is worth a cursor.
            found = [
                _row_of(item)
                for item in self._rows.query(
                    subscriber_key,
                    earlier,
                    consistent_read=True,
                    scan_index_forward=False,
                    limit=limit + 1,
                )
            ]
        page = found[:limit]
        return page, page[-1].sent_id if len(found) > limit else None

    def last_to(self, subscriber_key: SubscriberKey) -> LedgerRow | None:
        rows, _ = self.of_subscriber(subscriber_key, limit=1)
        return rows[0] if rows else None

    def _item(self, row: LedgerRow) -> LedgerItem:
        return self._rows(
            row.subscriber_key,
            row.sent_id,
            claimed_at=row.claimed_at,
            purpose=row.purpose.value,
            outcome=row.outcome.value,
            body=row.body,
            parts=row.parts,
            campaign_id=row.campaign_id,
            programme_id=row.programme_id,
            provider_message_id=row.provider_message_id,
            reason=row.reason,
            variant=row.variant,
            decision=row.decision,
            expires_at=int((row.claimed_at + KEPT).timestamp()),
        )


def row_of(item: dict[str, Any]) -> LedgerRow:
    """Return the row of an item as the table gives it."""
    return _row_of(LedgerItem.from_raw_data(item))


def _row_of(item: LedgerItem) -> LedgerRow:
    return LedgerRow(
        subscriber_key=SubscriberKey(item.subscriber_key),
        claimed_at=item.claimed_at,
        purpose=Purpose(item.purpose),
        outcome=Outcome(item.outcome),
        body=item.body,
        parts=int(item.parts),
        campaign_id=CampaignId(item.campaign_id) if item.campaign_id is not None else None,
        programme_id=ProgrammeId(item.programme_id) if item.programme_id is not None else None,
        provider_message_id=item.provider_message_id,
        reason=item.reason,
        variant=item.variant,
        decision=item.decision,
    )
