"""One person's whole story over fakes: signed up, texted, asked something odd, stopped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.audience.subscriber import Subscriber
from assent.campaigns.may_send import may_send
from assent.campaigns.past_service import PastDecisions
from assent.campaigns.trace import packed
from assent.campaigns.whereabouts import whereabouts_of
from assent.clock import iso
from assent.consent.events import ConsentEvent, EventType, Evidence, Source
from assent.consent.model import Consent, ConsentStatus, Standing
from assent.evidence.export import Export
from assent.evidence.ordering import dossier_query
from assent.evidence.staff_audit import AuditAction, AuditOutcome, Deed, StoredEntry, Tip, chained
from assent.identifiers import CampaignId, ExportId, SubscriberKey
from assent.inbound.inbox import Box, Decision, InboxItem, Verdict
from assent.messages.ledger import LedgerRow, Outcome, Purpose
from assent.papers.gathering import Gathering
from assent.papers.logged import LoggedHistories
from assent.phone import PhoneNumber
from assent.programmes.model import Disclosure
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.in_memory_export_sources import (
    InMemoryAuditLog,
    InMemoryEventSource,
    InMemoryPeople,
    InMemoryTexts,
)
from tests.fakes.in_memory_inbox_store import InMemoryInboxStore
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.unit.campaigns.world import NOON, OFFERS, PROGRAMME, definition, running

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.evidence.datasets import ExportQuery

ADA = SubscriberKey("k1_ada")
PHONE = PhoneNumber.stored("+14155550123")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BEGAN = NOON - 20 * DAY
ORDERED_AT = NOON + 2 * DAY
WORDING = (
    "I agree to receive recurring automated marketing texts from Example Shop, up to 4 msgs/month. "
    "Consent is not a condition of any purchase. Msg & data rates may apply. Reply STOP to cancel, "
    "HELP for help. Terms: https://t Privacy: https://p"
)
# What a form, a phone or a marketer may put there: markup, right-to-left, and a word without end.
HOSTILE = "<script>alert('1')</script> \"quoted\" & more"
ARABIC = "مرحبا، لماذا وصلتني هذه الرسالة؟ Example Shop 20%"
ENDLESS = "x" * 400

DISCLOSURE = Disclosure(OFFERS, "en", 1, WORDING, BEGAN - DAY)


@dataclass(frozen=True)
class Step:
    """One event to be."""

    type: EventType
    at: datetime
    source: Source
    evidence: Mapping[str, str | int | bool | None]
    facts: Mapping[str, object]
    programme: bool = True


STORY = (
    Step(
        EventType.REQUESTED,
        BEGAN,
        Source.FORM,
        {
            "ip": "203.0.113.9",
            "user_agent": HOSTILE,
            "page_url": "https://shop.example/join",
            "box_ticked": True,
            "phone_as_typed": "(415) 555-0123",
        },
        {
            "reason": "asked",
            "expires_at": iso(BEGAN + 3 * DAY),
            "disclosure_version": 1,
            "disclosure_digest": DISCLOSURE.digest,
            "disclosure_locale": "en",
        },
    ),
    Step(EventType.CONFIRMATION_TEXTED, BEGAN + MINUTE, Source.FORM, {}, {"message_id": "m-1"}),
    Step(EventType.CONFIRMED, BEGAN + 5 * MINUTE, Source.INBOUND_SMS, {"reply": "Yes!"}, {}),
    Step(EventType.HELD, NOON - 3 * DAY, Source.INBOUND_SMS, {"reply": ARABIC}, {}, False),
    Step(EventType.RELEASED, NOON - 2 * DAY, Source.STAFF, {}, {}, False),
    Step(
        EventType.WITHDRAWN, NOON + DAY, Source.INBOUND_SMS, {"reply": "STOP"}, {"keyword": "stop"},
        False,
    ),
)  # fmt: skip


def story(steps: Sequence[Step] = STORY) -> list[tuple[ConsentEvent, Evidence | None]]:
    history: list[tuple[ConsentEvent, Evidence | None]] = []
    previous_hash = ""
    for seq, step in enumerate(steps, start=1):
        evidence = Evidence(f"{seq:032x}", step.evidence)
        programme_id = OFFERS if step.programme else None
        event = ConsentEvent(
            ADA, seq, step.type, step.at, step.source, programme_id, 1, evidence.digest,
            previous_hash, facts=step.facts,
        )  # fmt: skip
        history.append((event, evidence))
        previous_hash = event.hash
    return history


class Person:
    """The stores of one person."""

    def __init__(self, history: Sequence[tuple[ConsentEvent, Evidence | None]]) -> None:
        self.history = history
        tip = history[-1][0] if history else None
        status = Consent(ConsentStatus.WITHDRAWN, 2, ORDERED_AT)
        standing = Standing(
            ADA,
            PHONE,
            tip.seq if tip else 0,
            tip.hash if tip else "",
            MappingProxyType({OFFERS: status}),
            stopped_at=NOON + DAY,
        )
        profile = MappingProxyType({"first_name": "Ada"})
        self.subscriber = Subscriber(standing, "US", BEGAN, profile)
        self.people = InMemoryPeople([standing])
        self.events = InMemoryEventSource(history)
        self.campaigns, self.programmes = InMemoryCampaignStore(), InMemoryProgrammeStore()
        self.programmes.create(PROGRAMME)
        self.programmes.publish(DISCLOSURE)
        self.inbox = InMemoryInboxStore()
        self.rows: list[LedgerRow] = []
        self.audit: list[StoredEntry] = []

    def by_keys(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Subscriber]:
        return {key: self.subscriber for key in keys if key == ADA}

    def campaign(self, name: str, at: datetime, **changes: object) -> None:
        frozen = replace(running().require_frozen(), launched_at=at, expires_at=at + 30 * DAY)
        campaign = running(
            campaign_id=CampaignId(f"c_{len(self.campaigns.campaigns())}"),
            definition=definition(name=name, **changes),
            created_at=at,
            frozen=frozen,
        )
        self.campaigns.create(campaign)

    def text(self, purpose: Purpose, at: datetime, body: str, name: str | None = None) -> None:
        found = [c for c in self.campaigns.campaigns() if c.definition.name == name]
        decision, campaign_id = None, None
        if found:
            agreed = Consent(ConsentStatus.CONFIRMED, 1, BEGAN)
            then = Standing(ADA, PHONE, 3, consents=MappingProxyType({OFFERS: agreed}))
            person = replace(self.subscriber, standing=then)
            trace = may_send(person, found[0], at, whereabouts_of(person)).trace
            decision, campaign_id = packed(trace), found[0].campaign_id
        self.rows.append(
            LedgerRow(
                ADA, at, purpose, Outcome.SENT, body, 1, campaign_id, OFFERS, "m-9f3b",
                decision=decision,
            )
        )  # fmt: skip

    def looked(self, actor: str, at: datetime) -> None:
        deed = Deed(
            actor, ("compliance",), AuditAction.HISTORY_READ, AuditOutcome.DONE,
            "GET /v1/consents/history", "r-1", subscriber_key=ADA,
        )  # fmt: skip
        last = self.audit[-1].entry if self.audit else None
        tip = Tip(last.seq, last.hash) if last else Tip()
        (entry,) = chained([deed], tip, 0, at)
        self.audit.append(StoredEntry(entry, entry.hash))

    @property
    def gathering(self) -> Gathering:
        past = PastDecisions(
            campaigns=self.campaigns,
            programmes=self.programmes,
            histories=LoggedHistories(self.events, self.people),
            profiles=self,
            texts=InMemoryTexts(self.rows),
            clock=FrozenClock(ORDERED_AT),
        )
        log = InMemoryAuditLog(self.audit)
        return Gathering(past, self.campaigns, self.programmes, self.inbox, log)


def ada() -> Person:
    """Somebody to whom about everything happened."""
    person = Person(story())
    person.campaign(f"Spring {HOSTILE}", NOON - 10 * DAY)
    person.campaign("While a reply waited", NOON - 3 * DAY + MINUTE)
    person.campaign("After the stop", NOON + DAY + MINUTE)
    person.campaign("Half of them", NOON - 8 * DAY, hold_out_percent=100)
    code = "Example Shop Weekly offers: reply YES or enter code ●●●●●● to confirm."
    person.text(Purpose.CONFIRMATION, BEGAN + MINUTE, code)
    person.text(Purpose.CONFIRMED_REPLY, BEGAN + 5 * MINUTE + timedelta(seconds=1), "You are in.")
    name = f"Spring {HOSTILE}"
    person.text(Purpose.CAMPAIGN, NOON - 10 * DAY, "Hi Ada, 20% off. Reply STOP", name)
    person.text(Purpose.OPT_OUT_REPLY, NOON + DAY + timedelta(seconds=1), "You are unsubscribed.")
    for number, body in enumerate((ARABIC, HOSTILE, ENDLESS)):
        at = NOON - 3 * DAY + number * MINUTE
        item = InboxItem(f"in-{number}", Box.REVIEW, ADA, body, at, "ambiguous")
        read = Decision(Verdict.RELEASE, "ann@example.com", NOON - 2 * DAY, "only a question")
        person.inbox.put(replace(item, decision=read if number == 0 else None))
    person.looked("ann@example.com", NOON - 2 * DAY)
    person.looked("bob@example.com", NOON + DAY)
    return person


def order(query: ExportQuery | None = None) -> Export:
    """The order of Ada's dossier."""
    asked = query or dossier_query(ADA, BEGAN, ORDERED_AT)
    return Export(ExportId("e_1"), asked, "cleo@example.com", ORDERED_AT, "exports/e_1/d.zip")
