"""Material for tests of consent: one person, one programme, one service on fakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assent.consent.events import EventType, Source
from assent.consent.outcomes import (
    ConfirmOutcome,
    RequestOutcome,
    SignUp,
    StartOutcome,
    StopOutcome,
)
from assent.consent.service import ConsentService
from assent.identifiers import ProgrammeId
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.sequential_ids import SequentialIds

if TYPE_CHECKING:
    from assent.consent.model import ConsentStatus, Standing

OFFERS = ProgrammeId("offers")
ALERTS = ProgrammeId("alerts")
PHONE = PhoneNumber.stored("+16125550103")
KEY = LocalPhoneKeys().key_of(PHONE)


@dataclass
class World:
    """A consent service and short names for what people do."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    store: InMemoryConsentStore = field(default_factory=InMemoryConsentStore)

    @property
    def service(self) -> ConsentService:
        return ConsentService(self.store, self.clock, self.ids)

    def __post_init__(self) -> None:
        self.ids = SequentialIds()
        self._inputs = 0

    def later(self, **duration: float) -> datetime:
        self.clock.advance(timedelta(**duration))
        return self.clock.now()

    def ask(
        self, programme_id: ProgrammeId = OFFERS, *, is_country_served: bool = True
    ) -> RequestOutcome:
        return self.service.request(
            SignUp(
                subscriber_key=KEY,
                phone=PHONE,
                programme_id=programme_id,
                locale="en",
                code_hash="hash",
                is_country_served=is_country_served,
                facts={"disclosure_version": 1, "disclosure_digest": "d"},
                evidence={"page_url": "https://shop.example", "phone_as_typed": "612 555 0103"},
                profile={"first_name": "Ada"},
            )
        )

    def stop(
        self,
        at: datetime | None = None,
        *,
        dedupe_key: str | None = None,
        source: Source = Source.INBOUND_SMS,
        programme_ids: tuple[ProgrammeId, ...] | None = None,
    ) -> StopOutcome:
        when = at or self.clock.now()
        evidence = {"reply": "STOP"}
        return self.service.stop(KEY, PHONE, when, evidence, dedupe_key, source, programme_ids)

    def start(self, at: datetime | None = None, *, dedupe_key: str | None = None) -> StartOutcome:
        when = at or self.clock.now()
        return self.service.start(KEY, PHONE, when, {"reply": "START"}, dedupe_key)

    def yes(
        self,
        at: datetime | None = None,
        *,
        dedupe_key: str | None = None,
        answers: ProgrammeId | None = None,
    ) -> StartOutcome:
        when = at or self.clock.now()
        return self.service.yes(KEY, PHONE, when, {"reply": "YES"}, dedupe_key, answers)

    def enter_code(self, programme_id: ProgrammeId = OFFERS) -> ConfirmOutcome:
        now = self.clock.now()
        return self.service.confirm(KEY, programme_id, Source.CODE, {}, None, now)

    def confirmed_to(self, *programme_ids: ProgrammeId) -> None:
        for programme_id in programme_ids:
            self.ask(programme_id)
            self.later(minutes=1)
            self.yes()
            self.later(minutes=1)

    @property
    def standing(self) -> Standing:
        standing = self.store.standing(KEY)
        assert standing is not None
        return standing

    def status(self, programme_id: ProgrammeId = OFFERS) -> ConsentStatus:
        return self.standing.status_of(programme_id)

    def epoch(self, programme_id: ProgrammeId = OFFERS) -> int:
        return self.standing.consents[programme_id].epoch

    @property
    def types(self) -> list[EventType]:
        return [event.type for event, _ in self.store.history(KEY)]
