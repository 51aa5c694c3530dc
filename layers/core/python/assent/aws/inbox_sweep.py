"""Takes the words of replies whose time is over, box by box in order of time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.tables import InboxRow, bind
from assent.aws.traces import blank
from assent.clock import iso
from assent.identifiers import SubscriberKey
from assent.inbound.inbox import Box
from assent.rights.retention import Swept

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.rights.retention import Rule

_ROWS_AT_ONCE = 100
# What waits in review rests marketing to its sender: it is read before it may go.
_BOXES = (Box.FEEDBACK, Box.HELP, Box.DONE)


class InboxSweep:
    """`Sweep` of the words that staff have read. Rows stay, as they do after an erasure. `is_kept`
    says whether a legal hold stands for a person."""

    def __init__(
        self, client: DynamoDBClient, inbox_table: str, is_kept: Callable[[SubscriberKey], bool]
    ) -> None:
        self._rows = bind(InboxRow, inbox_table, client)
        self._is_kept = is_kept

    def sweep(self, rule: Rule, now: datetime, cursor: str | None) -> Swept:
        place, after = json.loads(cursor) if cursor else (0, None)
        until = iso(now - timedelta(days=rule.days or 0))
        rows, following = self._page(_BOXES[place], until, after)
        deleted = kept = 0
        for row in rows:
            if row.subscriber_key and self._is_kept(SubscriberKey(row.subscriber_key)):
                kept += 1
            elif row.body or row.note:
                blank(row)
                deleted += 1
        if following is not None:
            return Swept(deleted, kept, json.dumps([place, following]))
        is_last = place + 1 == len(_BOXES)
        return Swept(deleted, kept, None if is_last else json.dumps([place + 1, None]))

    def _page(self, box: Box, until: str, after: str | None) -> tuple[list[InboxRow], str | None]:
        condition: Any = InboxRow.received_id < until
        if after is not None:
            condition = InboxRow.received_id.between(after + "\x00", until)
        with translated():
            found = list(
                self._rows.query(box.value, condition, limit=_ROWS_AT_ONCE, consistent_read=True)
            )
        return found, found[-1].received_id if len(found) == _ROWS_AT_ONCE else None
