"""Numbers by key, from the subscribers' own items: for the export, which is for people to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.aws import subscriber_item as packed
from assent.aws.batches import get_all
from assent.identifiers import SubscriberKey
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock


@dataclass(frozen=True, slots=True)
class DynamoPhoneLookup:
    """A `PhoneLookup`. An item without a number is one that was erased."""

    client: DynamoDBClient
    clock: Clock
    subscribers_table: str

    def phones(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, PhoneNumber]:
        """Return the numbers of the keys that still have one."""
        wanted = [{packed.KEY: {"S": key}} for key in keys]
        return {
            SubscriberKey(item[packed.KEY]["S"]): PhoneNumber.stored(item[packed.PHONE]["S"])
            for item in get_all(self.client, self.clock, self.subscribers_table, wanted)
            if packed.PHONE in item
        }
