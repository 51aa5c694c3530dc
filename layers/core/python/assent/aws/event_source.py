"""Single events of the log by person and place, each with its evidence beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.aws.batches import get_all
from assent.aws.event_items import event_of, evidence_of
from assent.aws.tables import ConsentEventItem, EvidenceItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.aws.event_items import EventTables
    from assent.clock import Clock
    from assent.consent.events import ConsentEvent, Evidence
    from assent.evidence.sources import EventRef


@dataclass(frozen=True, slots=True)
class DynamoEventSource:
    """An `EventSource`."""

    client: DynamoDBClient
    tables: EventTables
    clock: Clock

    def events(
        self, refs: Sequence[EventRef]
    ) -> Mapping[EventRef, tuple[ConsentEvent, Evidence | None]]:
        keys = [{"subscriber_key": {"S": key}, "seq": {"N": str(seq)}} for key, seq in refs]
        found = get_all(self.client, self.clock, self.tables.events, keys)
        events = {_ref(item): event_of(ConsentEventItem.from_raw_data(item)) for item in found}
        proofs = get_all(self.client, self.clock, self.tables.evidence, keys)
        evidence = {_ref(item): evidence_of(EvidenceItem.from_raw_data(item)) for item in proofs}
        return {ref: (event, evidence.get(ref)) for ref, event in events.items()}


def _ref(item: dict[str, Any]) -> EventRef:
    return item["subscriber_key"]["S"], int(item["seq"]["N"])
