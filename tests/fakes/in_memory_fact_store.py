"""Attributes and acts on the shared subscriber table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assent.audience.engagement import with_act
from assent.audience.facts import ATTRIBUTE_PREFIX, MAX_ATTRIBUTES, Reported

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.audience.engagement import Act
    from assent.audience.facts import Deduped
    from assent.identifiers import SubscriberKey
    from tests.fakes.subscriber_table import SubscriberTable


@dataclass(frozen=True)
class InMemoryFactStore:
    """`FactStore` over a dictionary."""

    table: SubscriberTable
    counted: set[str] = field(default_factory=set)

    def add(self, subscriber_key: SubscriberKey, act: Act, at: datetime, once: Deduped) -> Reported:
        with self.table.lock:
            person = self.table.get(subscriber_key)
            if person is None or person.standing.phone is None:
                return Reported.UNKNOWN_SUBSCRIBER
            if once.name in self.counted:
                return Reported.REPEATED
            self.counted.add(once.name)
            self.table.put(replace(person, engagement=with_act(person.engagement, act, at)))
            return Reported.DONE

    def describe(
        self, subscriber_key: SubscriberKey, facts: Mapping[str, str | int | None]
    ) -> Reported:
        with self.table.lock:
            person = self.table.get(subscriber_key)
            if person is None or person.standing.phone is None:
                return Reported.UNKNOWN_SUBSCRIBER
            after = {n: v for n, v in {**person.profile, **facts}.items() if v is not None}
            if sum(name.startswith(ATTRIBUTE_PREFIX) for name in after) > MAX_ATTRIBUTES:
                return Reported.TOO_MANY_ATTRIBUTES
            self.table.put(replace(person, profile=after))
            return Reported.DONE
