"""An event is stamped after what it continues was read, so that no history runs backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assent.consent.events import Source
from assent.consent.service import ConsentService
from assent.identifiers import SubscriberKey
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.sequential_ids import SequentialIds

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.consent.model import Standing

KEY, PHONE = SubscriberKey("k1_a"), PhoneNumber("+12065550101")


class SlowStore(InMemoryConsentStore):
    """Each reading of a standing takes a second, in which others may write."""

    clock: FrozenClock

    def standing(self, subscriber_key: SubscriberKey) -> Standing | None:
        self.clock.advance(1)
        return super().standing(subscriber_key)


def stop(service: ConsentService) -> None:
    service.stop(KEY, PHONE, service.clock.now(), {}, None, Source.LINK)


def hold(service: ConsentService) -> None:
    service.hold(KEY, PHONE, "ambiguous_reply", {}, None)


@pytest.mark.parametrize("act", [stop, hold])
def test_an_event_is_no_older_than_the_reading_it_rests_on(
    act: Callable[[ConsentService], None],
) -> None:
    clock = FrozenClock()
    store = SlowStore()
    store.clock = clock
    began = clock.now()
    act(ConsentService(store, clock, SequentialIds()))
    ((event, _),) = store.history(KEY)
    assert (event.at - began).total_seconds() >= 1
