"""A small world for campaigns: people, stores that share them, a carrier, and a log of all acts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.audience.rules import Everyone
from assent.audience.subscriber import Segment, Subscriber
from assent.campaigns.closing import Closed, CloseStatus, Closing
from assent.campaigns.model import (
    Batch,
    BatchResult,
    Campaign,
    CampaignStatus,
    Claimed,
    ClaimRefused,
    Definition,
    Fate,
    Frozen,
    Release,
    SlicePlan,
)
from assent.campaigns.personal_links import SampleLinks
from assent.campaigns.sending import Sending, SendStatus
from assent.campaigns.sending_opt_outs import ProviderOptOuts
from assent.consent.events import Source
from assent.consent.model import Claim, Consent, ConsentStatus, Standing
from assent.consent.service import ConsentService
from assent.identifiers import CampaignId, ProgrammeId, SegmentId, SubscriberKey
from assent.messages.ledger import Outcome, SendResult, at_once
from assent.messages.pace import Pace
from assent.phone import PhoneNumber
from assent.programmes.model import Programme
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.in_memory_claim_store import InMemoryClaimStore
from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.in_memory_rate_store import InMemoryRateStore
from tests.fakes.in_memory_segment_store import InMemorySegmentStore
from tests.fakes.in_memory_subscriber_scan import InMemorySubscriberScan
from tests.fakes.sequential_ids import SequentialIds
from tests.fakes.shared_consent_store import SharedConsentStore
from tests.fakes.subscriber_table import SubscriberTable
from tests.unit.campaigns.faults import CrashError, Faults, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assent.campaigns.model import ClaimStore
    from assent.campaigns.personal_links import PersonalLinks
    from assent.messages.ledger import OutboundText

# A Monday noon in New York: every calendar of these tests is open.
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
OFFERS = ProgrammeId("offers")
EVERYONE = SegmentId("everyone")
CAMPAIGN = CampaignId("c_1")
PARTS_PER_SECOND = 20
BODY = "Example Shop: 20% off today. Reply STOP to opt out"


def key_of(number: int) -> SubscriberKey:
    return SubscriberKey(f"k1_{number:04d}")


def phone_of(number: int) -> PhoneNumber:
    return PhoneNumber.stored(f"+1206555{number:04d}")


def person(number: int, **changes: object) -> Subscriber:
    """Return somebody who confirmed; `changes` are fields of the standing."""
    consent = Consent(ConsentStatus.CONFIRMED, 1, NOON - timedelta(days=60))
    standing = Standing(
        key_of(number), phone_of(number), consents=MappingProxyType({OFFERS: consent})
    )
    return Subscriber(
        replace(standing, **changes),  # type: ignore[arg-type]
        "US",
        NOON - timedelta(days=60),
        MappingProxyType({"first_name": f"Ada{number}", "time_zone": "America/New_York"}),
    )


PROGRAMME = Programme(
    OFFERS,
    "Weekly offers",
    "Example Shop",
    "Offers",
    4,
    ("US", "GB"),
    ("en",),
    "https://t",
    "https://p",
)


def definition(**changes: object) -> Definition:
    return replace(Definition("Spring", OFFERS, EVERYONE, BODY), **changes)  # type: ignore[arg-type]


def running(**changes: object) -> Campaign:
    """Return a campaign under way in run 1; `changes` are its fields."""
    frozen = Frozen(Everyone(), 4, NOON, NOON + timedelta(days=30), slices=1, batch_size=100)
    campaign = Campaign(
        CAMPAIGN,
        definition(),
        CampaignStatus.RUNNING,
        NOON,
        "ada",
        run=1,
        execution_id="execution:c_1-r1",
        frozen=frozen,
    )
    return replace(campaign, **changes)  # type: ignore[arg-type]


@dataclass
class Carrier:
    """`SmsSender` that answers as told, else accepts; `acts` is the world's log."""

    acts: list[tuple[str, str]]
    clock: FrozenClock
    answers: dict[str, list[SendResult]] = field(default_factory=dict)
    published_at: dict[str, list[datetime]] = field(default_factory=dict)
    bodies: list[str] = field(default_factory=list)

    def send(self, text: OutboundText, may_leave: Callable[[], bool] = at_once) -> SendResult:
        if not may_leave():
            return SendResult(Outcome.ABORTED, reason="held_back")
        number = text.phone.e164
        answers = self.answers.get(number)
        answer = answers.pop(0) if answers else SendResult(Outcome.SENT, f"m-{text.attempt_id}")
        if answer.outcome is not Outcome.THROTTLED:
            self.acts.append(("publish", number))
            self.bodies.append(text.body)
            self.published_at.setdefault(number, []).append(self.clock.now())
        return answer


@dataclass
class LoggedClaims:
    """`ClaimStore` that writes successful claims and releases into the world's log."""

    inner: ClaimStore
    acts: list[tuple[str, str]]
    table: SubscriberTable

    def claim(
        self, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId]
    ) -> Claimed | ClaimRefused:
        answer = self.inner.claim(subscriber, claim, forget)
        if isinstance(answer, Claimed) and subscriber.standing.phone is not None:
            self.acts.append(("claim", subscriber.standing.phone.e164))
        return answer

    def release(self, subscriber_key: SubscriberKey, claim: Claim) -> None:
        before = self.table.get(subscriber_key)
        self.inner.release(subscriber_key, claim)
        if before is not None and self.table.get(subscriber_key) is not before:
            phone = before.standing.phone
            assert phone is not None
            self.acts.append(("release", phone.e164))


class World:
    """One campaign, one slice, one batch of `people`, planned and running."""

    def __init__(self, people: int = 3, *, batch_size: int = 100) -> None:
        self.clock = FrozenClock(NOON)
        self.ids = SequentialIds()
        self.acts: list[tuple[str, str]] = []
        self.table = SubscriberTable(person(number) for number in range(people))
        self.campaigns = InMemoryCampaignStore()
        self.campaigns.create(running())
        self.programmes = InMemoryProgrammeStore()
        self.programmes.create(PROGRAMME)
        self.segments = InMemorySegmentStore()
        self.segments.create(Segment(EVERYONE, "Everyone", Everyone()))
        self.scan = InMemorySubscriberScan(self.table)
        self.ledger = InMemoryMessageLedger()
        self.rates = InMemoryRateStore()
        self.carrier = Carrier(self.acts, self.clock)
        self.claims: ClaimStore = LoggedClaims(
            InMemoryClaimStore(self.table), self.acts, self.table
        )
        self.consent_store = SharedConsentStore(self.table)
        self.consent = ConsentService(self.consent_store, self.clock, self.ids)
        self.pace = Pace(self.rates, self.clock, "+12065550100", PARTS_PER_SECOND)
        self.opt_outs = ProviderOptOuts(self.consent, self.clock, self.consent_store.outbox)
        self.links: PersonalLinks = SampleLinks("https://sms.example")
        self.batches = self._planned(people, batch_size)

    def _planned(self, people: int, batch_size: int) -> list[Batch]:
        keys = [key_of(number) for number in range(people)]
        batches = [
            Batch(f"b{start}", tuple(keys[start : start + batch_size]), len(keys))
            for start in range(0, people, batch_size)
        ]
        releases = (Release(NOON, "manifest", len(batches), people),) if batches else ()
        self.campaigns.record_plan(CAMPAIGN, SlicePlan(0, releases, held_out=0))
        return batches

    def sending(self, faults: Faults | None = None, *, workers: int = 1) -> Sending:
        """Return a worker's sending, each of its ports behind `faults`."""
        told = faults or Faults()
        return Sending(
            campaigns=watched(self.campaigns, "campaigns", told),
            subscribers=watched(self.scan, "subscribers", told),
            programmes=self.programmes,
            claims=watched(self.claims, "claims", told),
            ledger=watched(self.ledger, "ledger", told),
            sender=watched(self.carrier, "sender", told),
            pace=replace(self.pace, store=watched(self.rates, "rates", told)),
            opt_outs=watched(self.opt_outs, "opt_outs", told),
            links=self.links,
            clock=self.clock,
            ids=self.ids,
            workers=workers,
        )

    def send(self, faults: Faults | None = None, batch: int = 0, *, workers: int = 1) -> SendStatus:
        """Let one worker attempt a batch within 120 s."""
        sending = self.sending(faults, workers=workers)
        deadline = self.clock.monotonic() + 120
        return sending.send(CAMPAIGN, self.campaign.run, self.batches[batch], deadline)

    def send_until_closed(self) -> Closed:
        """Do as the workflow does, without faults, until the campaign is closed."""
        for _ in range(20):
            for number in range(len(self.batches)):
                self.send(batch=number)
            closed = Closing(self.campaigns, self.clock).close(CAMPAIGN, self.campaign.run)
            if closed.status is not CloseStatus.UNFINISHED:
                return closed
            self.clock.advance(closed.wait_seconds)
        raise AssertionError("the campaign never closes")

    def survive(self, faults: Faults) -> None:
        """Let a worker with faults try, then healthy ones finish."""
        for number in range(len(self.batches)):
            try:
                self.send(faults, number)
            except CrashError:
                break
        assert self.send_until_closed().status is CloseStatus.CLOSED

    def stop(self, number: int) -> None:
        """The person texts STOP, and it is on record when this returns."""
        self.consent.stop(
            key_of(number),
            phone_of(number),
            at=self.clock.now(),
            evidence={"body": "STOP"},
            dedupe_key=f"stop-{number}",
            source=Source.INBOUND_SMS,
        )
        self.acts.append(("stop", phone_of(number).e164))

    def set_status(self, status: CampaignStatus) -> None:
        campaign = self.campaign
        self.campaigns.replace(replace(campaign, status=status), expected_version=campaign.version)

    @property
    def campaign(self) -> Campaign:
        return self.campaigns.campaign(CAMPAIGN)

    @property
    def fates(self) -> dict[Fate, int]:
        return dict(self.campaigns.progress(CAMPAIGN).fates)

    @property
    def reasons(self) -> dict[str, int]:
        return dict(self.campaigns.progress(CAMPAIGN).reasons)

    def published(self, number: int) -> int:
        return self.acts.count(("publish", phone_of(number).e164))

    def assert_promises(self) -> None:
        """At most one text each, none without a claim that stands, no claim beside another or
        after the text, none after a STOP, and the counts add up."""
        for phone in {phone for _, phone in self.acts}:
            mine = [act for act, whose in self.acts if whose == phone]
            assert mine.count("publish") <= 1, f"published twice: {mine}"
            # Each claim must be released or used before there is another one.
            steps = "".join(act[0] for act in mine if act != "stop")
            assert re.fullmatch("(cr)*(cp?)?", steps), f"not claim, then release or text: {mine}"
            if "stop" in mine:
                after = mine[mine.index("stop") :]
                assert "claim" not in after, f"claimed after STOP: {mine}"
        progress = self.campaigns.progress(CAMPAIGN)
        assert progress.adds_up, progress


def result_of(**changes: object) -> BatchResult:
    return replace(BatchResult("b", {}, {}, 0), **changes)  # type: ignore[arg-type]


def at_each_call(make: Callable[[], World]) -> int:
    """Return how many port calls a faultless attempt of the first batch makes."""
    faults = Faults()
    make().send(faults)
    return len(faults.calls)


def calls_of(people: int) -> list[str]:
    """Return the port calls of a faultless attempt, in order."""
    faults = Faults()
    World(people).send(faults)
    return faults.calls
