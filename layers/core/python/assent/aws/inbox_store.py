"""Texts that a person should read, one pile per kind, newest first.

A marker under the message's id goes with each, in one transaction, so that a text delivered twice
lands once even when its second copy carries another time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from assent.aws.answers import code_of, fact_of, not_now, translated
from assent.aws.tables import InboxRow, InboxSeenRow, bind
from assent.clock import iso
from assent.identifiers import SubscriberKey
from assent.inbound.inbox import Box, InboxItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

_SEEN = "seen"


class DynamoInboxStore:
    """An `InboxStore`."""

    def __init__(self, client: DynamoDBClient, inbox_table: str) -> None:
        self._client = client
        self._rows = bind(InboxRow, inbox_table, client)
        self._seen = bind(InboxSeenRow, inbox_table, client)

    def put(self, item: InboxItem) -> bool:
        """Raises TryAgainError."""
        marker = self._seen(_SEEN, item.item_id)
        once = InboxSeenRow.received_id.does_not_exist()
        writes: Any = [
            {"Put": marker.get_save_kwargs_from_instance(condition=once)},
            {"Put": self._row(item).get_save_kwargs_from_instance()},
        ]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if code_of(error) != "TransactionCanceledException":
                raise (fact_of(error) or error) from error
            reasons: Any = error.response.get("CancellationReasons", [])
            if reasons and reasons[0].get("Code") == "ConditionalCheckFailed":
                return False
            raise not_now() from error
        except BotoCoreError as error:
            raise (fact_of(error) or error) from error
        return True

    def page(
        self, box: Box, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[InboxItem], str | None]:
        """Raises TryAgainError."""
        earlier = InboxRow.received_id < cursor if cursor is not None else None
        with translated():
            query = self._rows.query(
                box.value, earlier, scan_index_forward=False, limit=limit + 1, consistent_read=True
            )
            found = list(query)
        page = [_item_of(row) for row in found[:limit]]
        return page, found[limit - 1].received_id if len(found) > limit else None

    def _row(self, item: InboxItem) -> InboxRow:
        return self._rows(
            item.box.value,
            f"{iso(item.at)}#{item.item_id}",
            item_id=item.item_id,
            subscriber_key=item.subscriber_key,
            body=item.body,
            at=item.at,
            reason=item.reason,
            answers=item.answers,
        )


def _item_of(row: InboxRow) -> InboxItem:
    key = row.subscriber_key
    return InboxItem(
        item_id=row.item_id,
        box=Box(row.box),
        subscriber_key=SubscriberKey(key) if key is not None else None,
        body=row.body,
        at=row.at,
        reason=row.reason,
        answers=row.answers,
    )
