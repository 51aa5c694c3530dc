"""Texts that a person should read, one pile per kind, newest first.

A marker under the message's id goes with each, in one transaction, so that a text delivered twice
lands once even when its second copy carries another time. The marker says where the text lies, so
that one can be found by its id without an index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import DoesNotExist

from assent.aws.answers import code_of, fact_of, not_now, translated
from assent.aws.tables import InboxRow, InboxSeenRow, bind
from assent.clock import iso
from assent.errors import ChangedMeanwhileError
from assent.identifiers import SubscriberKey
from assent.inbound.inbox import Box, Decision, InboxItem, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

_SEEN = "seen"
_MAX_MOVES = 5
_TAKEN = ChangedMeanwhileError("The text was decided or moved.")


class DynamoInboxStore:
    """An `InboxStore`."""

    def __init__(self, client: DynamoDBClient, inbox_table: str) -> None:
        self._client = client
        self._rows = bind(InboxRow, inbox_table, client)
        self._seen = bind(InboxSeenRow, inbox_table, client)

    def put(self, item: InboxItem) -> bool:
        """Raises TryAgainError."""
        row = self._row(item)
        once = InboxSeenRow.received_id.does_not_exist()
        marker = self._marker(row).get_save_kwargs_from_instance(condition=once)
        return self._write([{"Put": marker}, {"Put": row.get_save_kwargs_from_instance()}])

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

    def find(self, item_id: str) -> InboxItem | None:
        """Raises TryAgainError."""
        row = self._find(item_id)
        return _item_of(row) if row else None

    def waiting(self, subscriber_key: SubscriberKey) -> Sequence[InboxItem]:
        """Raises TryAgainError. The box is read whole: what waits there is what staff have left."""
        theirs = InboxRow.subscriber_key == subscriber_key
        with translated():
            found = self._rows.query(
                Box.REVIEW.value, filter_condition=theirs, consistent_read=True
            )
            return [_item_of(row) for row in found]

    def of(self, subscriber_key: SubscriberKey) -> Sequence[InboxItem]:
        """Raises TryAgainError. All boxes are read whole: a dossier is ordered now and then."""
        theirs = InboxRow.subscriber_key == subscriber_key
        found: list[InboxItem] = []
        for box in Box:
            with translated():
                query = self._rows.query(box.value, filter_condition=theirs, consistent_read=True)
                found += [_item_of(row) for row in query]
        return sorted(found, key=lambda item: (item.at, item.item_id))

    def decide(self, item: InboxItem, decision: Decision) -> None:
        """Raises ChangedMeanwhileError, TryAgainError."""
        row = self._row(item)
        open_still = InboxRow.item_id.exists() & InboxRow.verdict.does_not_exist()
        with translated(_TAKEN):
            row.update(
                [
                    InboxRow.verdict.set(decision.verdict.value),
                    InboxRow.decided_by.set(decision.by),
                    InboxRow.decided_at.set(decision.at),
                    *([InboxRow.note.set(decision.note)] if decision.note else []),
                ],
                condition=open_still,
            )

    def close(self, item: InboxItem) -> None:
        """Raises TryAgainError. What is moved is what lies there now: an erasure may have taken its
        words since `item` was read."""
        for _ in range(_MAX_MOVES):
            row = self._find(item.item_id)
            if row is None or row.box == Box.DONE.value:
                return
            unchanged = InboxRow.body == row.body
            takes_away = {"Delete": row.get_delete_kwargs_from_instance(condition=unchanged)}
            row.was_in, row.box = row.box, Box.DONE.value
            marker = self._marker(row).get_save_kwargs_from_instance()
            lays_down = {"Put": row.get_save_kwargs_from_instance()}
            if self._write([takes_away, lays_down, {"Put": marker}]):
                return
        raise not_now()

    def _find(self, item_id: str) -> InboxRow | None:
        """A text moved between the two readings is looked for once more."""
        for _ in range(2):
            try:
                with translated():
                    marker = self._seen.get(_SEEN, item_id, consistent_read=True)
                    return self._rows.get(marker.lies_in, marker.lies_at, consistent_read=True)
            except DoesNotExist:
                continue
        return None

    def _write(self, writes: Any) -> bool:
        """Write all or nothing; return False when the first write's condition does not hold."""
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

    def _marker(self, row: InboxRow) -> InboxSeenRow:
        return self._seen(_SEEN, row.item_id, lies_in=row.box, lies_at=row.received_id)

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
        decision=_decision_of(row),
        was_in=Box(row.was_in) if row.was_in else None,
    )


def _decision_of(row: InboxRow) -> Decision | None:
    if not (row.verdict and row.decided_by and row.decided_at):
        return None
    return Decision(Verdict(row.verdict), row.decided_by, row.decided_at, row.note)
