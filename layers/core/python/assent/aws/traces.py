"""What is personal outside the standing, and how it goes: proofs, requests, texts, replies.

Rows stay where counts or an order rest on them, and only their words go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.consent_store import request_pk
from assent.aws.tables import (
    ConsentEventItem,
    EvidenceItem,
    InboxRow,
    LedgerItem,
    OpenRequestItem,
    bind,
)
from assent.clock import iso
from assent.errors import ChangedMeanwhileError
from assent.identifiers import ProgrammeId
from assent.inbound.inbox import Box

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.aws.consent_store import ConsentTables
    from assent.consent.erasing import Erasure

_MOVED = ChangedMeanwhileError("The reply was moved.")
_NEWER = ChangedMeanwhileError("The request is a newer one.")


class ProofTraces:
    """`Traces` in the evidence of past events and in requests."""

    def __init__(self, client: DynamoDBClient, tables: ConsentTables) -> None:
        self._events = bind(ConsentEventItem, tables.events, client)
        self._evidence = bind(EvidenceItem, tables.evidence, client)
        self._requests = bind(OpenRequestItem, tables.control, client)

    def forget(self, erasure: Erasure) -> None:
        key = erasure.subscriber_key
        with translated():
            events = list(self._events.query(key, consistent_read=True))
            proofs = self._evidence.query(key, EvidenceItem.seq < erasure.seq, consistent_read=True)
            for proof in list(proofs):
                proof.delete()
        for name in sorted({event.programme_id for event in events if event.programme_id}):
            self._forget_request(erasure, ProgrammeId(name))

    def _forget_request(self, erasure: Erasure, programme_id: ProgrammeId) -> None:
        request = self._requests(request_pk(erasure.subscriber_key, programme_id))
        try:
            with translated(_NEWER):
                request.delete(condition=OpenRequestItem.requested_at < erasure.until)
        except ChangedMeanwhileError:
            return


class TextTraces:
    """`Traces` in the ledger: the words of texts."""

    def __init__(self, client: DynamoDBClient, messages_table: str) -> None:
        self._rows = bind(LedgerItem, messages_table, client)

    def forget(self, erasure: Erasure) -> None:
        earlier = LedgerItem.sent_id < iso(erasure.until)
        with translated():
            rows = self._rows.query(erasure.subscriber_key, earlier, consistent_read=True)
            for row in list(rows):
                if row.body:
                    row.update([LedgerItem.body.set("")])


class ReplyTraces:
    """`Traces` in the inbox: what the person wrote. A box is read whole, since nobody needs to find
    a person's replies but for this."""

    def __init__(self, client: DynamoDBClient, inbox_table: str) -> None:
        self._rows = bind(InboxRow, inbox_table, client)

    def forget(self, erasure: Erasure) -> None:
        theirs = (InboxRow.subscriber_key == erasure.subscriber_key) & (
            (InboxRow.body != "") | InboxRow.note.exists()
        )
        earlier = InboxRow.received_id < iso(erasure.until)
        for box in Box:
            with translated():
                rows = self._rows.query(
                    box.value, earlier, filter_condition=theirs, consistent_read=True
                )
                found = list(rows)
            for row in found:
                blank(row)


def blank(row: InboxRow) -> None:
    """Take a reply's words. One that is moved meanwhile is met again in the last box."""
    try:
        with translated(_MOVED):
            row.update(
                [InboxRow.body.set(""), InboxRow.note.remove()],
                condition=InboxRow.item_id.exists(),
            )
    except ChangedMeanwhileError:
        return
