"""People whose requests and consents become due, on fakes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from assent.consent.events import EventType, Source
from assent.consent.lapsing import Lapsing
from assent.consent.outcomes import SignUp
from assent.consent.service import ConsentService
from assent.consent.stopped import Stopped
from assent.identifiers import ProgrammeId, RandomIds, SubscriberKey
from assent.links.service import Links
from assent.messages.messenger import Messenger
from assent.messages.pace import REPLY_HORIZON, Pace
from assent.opt_in.lifecycle import REMIND_AFTER, Done, Lifecycle, Looked
from assent.phone import PhoneNumber
from assent.programmes.model import OptInTerms, Programme
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.in_memory_link_store import InMemoryLinkStore
from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.in_memory_rate_store import InMemoryRateStore
from tests.fakes.recording_sms_sender import RecordingSmsSender
from tests.fakes.sequential_ids import SequentialIds

if TYPE_CHECKING:
    from assent.consent.model import ConsentStatus, Standing

SITE = "https://sms.example"
OFFERS = ProgrammeId("offers")
ALERTS = ProgrammeId("alerts")
KEY = SubscriberKey("k1_ada")
# New York and Los Angeles may both be where such a number is; see the test of the hours.
PHONE = PhoneNumber.stored("+12125550103")
# A Monday, 12:00 in New York.
MONDAY = datetime.fromisoformat("2026-11-23T17:00:00+00:00")


def without_token(text: str) -> str:
    """Return the text as it is kept."""
    return re.sub(r"(?<=/c/)\w+", lambda token: "•" * len(token[0]), text)


class RecordedErasures:
    """`Erasures` that only remember who was to be erased."""

    def __init__(self) -> None:
        self.finished: list[SubscriberKey] = []

    def finish(self, subscriber_key: SubscriberKey) -> None:
        self.finished.append(subscriber_key)


def programme(programme_id: ProgrammeId, terms: OptInTerms) -> Programme:
    return Programme(
        programme_id=programme_id,
        name="Weekly offers",
        brand="Brew & Bloom",
        description="",
        max_per_month=8,
        countries=("US",),
        locales=("en", "fr"),
        terms_url="https://brew.example/terms",
        privacy_url="https://brew.example/privacy",
        terms=terms,
    )


@dataclass
class DueWorld:
    """A lifecycle and short names for what people do."""

    terms: OptInTerms = field(default_factory=OptInTerms)
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(MONDAY))
    store: InMemoryConsentStore = field(default_factory=InMemoryConsentStore)
    sender: RecordingSmsSender = field(default_factory=RecordingSmsSender)
    ledger: InMemoryMessageLedger = field(default_factory=InMemoryMessageLedger)
    programmes: InMemoryProgrammeStore = field(default_factory=InMemoryProgrammeStore)
    erasures: RecordedErasures = field(default_factory=RecordedErasures)
    link_store: InMemoryLinkStore = field(default_factory=InMemoryLinkStore)

    def __post_init__(self) -> None:
        self.ids = SequentialIds()
        for programme_id in (OFFERS, ALERTS):
            self.programmes.create(programme(programme_id, self.terms))

    @property
    def consent(self) -> ConsentService:
        return ConsentService(self.store, self.clock, self.ids)

    @property
    def links(self) -> Links:
        return Links(self.link_store, self.clock, RandomIds())

    def lifecycle(self, **parts: Any) -> Lifecycle:
        """Return the service; `parts` replace its ports."""
        pace = Pace(InMemoryRateStore(), self.clock, "+12065550100", 10, REPLY_HORIZON)
        made = Lifecycle(
            agenda=self.store.agenda,
            lapsing=Lapsing(self.consent),
            profiles=self.store,
            programmes=self.programmes,
            messenger=Messenger(self.sender, self.ledger, pace, self.clock, Stopped(self.store)),
            erasures=self.erasures,
            clock=self.clock,
            brand="Brew & Bloom",
            support_contact="help@brew.example",
            links=self.links,
            site=SITE,
        )
        return replace(made, **parts)

    def later(self, **duration: float) -> datetime:
        self.clock.advance(timedelta(**duration))
        return self.clock.now()

    def run(self) -> list[Done | None]:
        return [each.done for each in self.looked()]

    def looked(self) -> list[Looked]:
        return list(self.lifecycle().run(self.clock.now() + timedelta(minutes=5)))

    def ask(self, programme_id: ProgrammeId = OFFERS, *, is_texted: bool = True) -> None:
        """Sign up by form; the confirmation text goes out, or certainly does not."""
        terms = self.programmes.programme(programme_id).terms
        self.consent.request(
            SignUp(
                subscriber_key=KEY,
                phone=PHONE,
                programme_id=programme_id,
                locale="en",
                code_hash="hash",
                is_country_served=True,
                facts={},
                evidence={},
                profile={"first_name": "Ada"},
                pending_for=terms.pending_for,
                remind_after=REMIND_AFTER if terms.sends_reminder else None,
            )
        )
        self.consent.texted(KEY, programme_id, facts={}, evidence={}, was_sent=is_texted)

    def yes(self) -> None:
        self.consent.yes(KEY, PHONE, self.clock.now(), {"reply": "YES"}, None)

    def stop(self) -> None:
        self.consent.stop(KEY, PHONE, self.clock.now(), {}, None, Source.INBOUND_SMS)

    def subscribe(self) -> None:
        self.ask()
        self.later(minutes=1)
        self.yes()

    @property
    def standing(self) -> Standing:
        standing = self.store.standing(KEY)
        assert standing is not None
        return standing

    def status(self, programme_id: ProgrammeId = OFFERS) -> ConsentStatus:
        return self.standing.status_of(programme_id)

    def count(self, type_: EventType) -> int:
        return sum(event.type is type_ for event, _ in self.store.history(KEY))
