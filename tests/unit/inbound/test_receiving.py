from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from assent.abuse.counters import Subjects
from assent.abuse.guard import Conversions, Door, TextGuard
from assent.abuse.limits import Limits, limits
from assent.consent.model import ConsentStatus
from assent.consent.service import ConsentService
from assent.consent.stopped import Stopped
from assent.identifiers import ProgrammeId, RandomIds
from assent.inbound.inbox import Box
from assent.inbound.keywords import Action
from assent.inbound.message import InboundSms, sender_phone
from assent.inbound.reply_links import ReplyLinks
from assent.inbound.service import MAX_REPLIES_PER_DAY, InboundOutcome, InboundService
from assent.links.service import Links
from assent.messages.ledger import OutboundText, Purpose, SendResult
from assent.messages.messenger import Messenger
from assent.messages.pace import REPLY_HORIZON, Ask, Booking, Busy, Pace
from assent.opt_in.answering import Answering
from assent.opt_in.form_token import FormTokens
from assent.opt_in.service import OptInForm, OptInService
from assent.phone import PhoneNumber
from assent.programmes.model import Disclosure, Programme
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.in_memory_counters import InMemoryBreakers, InMemoryCounters
from tests.fakes.in_memory_inbox_store import InMemoryInboxStore
from tests.fakes.in_memory_link_store import InMemoryLinkStore
from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.in_memory_rate_store import InMemoryRateStore
from tests.fakes.in_memory_sign_up_queue import InMemorySignUpQueue
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.recording_sms_sender import RecordingSmsSender
from tests.fakes.sequential_ids import SequentialIds

NUMBER = "+16125550103"
OURS = "+12125550101"
PHONE = PhoneNumber.stored(NUMBER)


def programme(name: str = "offers") -> Programme:
    return Programme(
        programme_id=ProgrammeId(name),
        name="Weekly offers",
        brand="Brew & Bloom",
        description="",
        max_per_month=8,
        countries=("US", "CA", "FR"),
        locales=("en", "fr"),
        terms_url="https://brew.example/terms",
        privacy_url="https://brew.example/privacy",
        origins=("https://shop.example",),
    )


@dataclass
class House:
    """Form and phone side of the service on fakes."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    store: InMemoryConsentStore = field(default_factory=InMemoryConsentStore)
    inbox: InMemoryInboxStore = field(default_factory=InMemoryInboxStore)
    sender: RecordingSmsSender = field(default_factory=RecordingSmsSender)
    ledger: InMemoryMessageLedger = field(default_factory=InMemoryMessageLedger)
    programmes: InMemoryProgrammeStore = field(default_factory=InMemoryProgrammeStore)
    keys: LocalPhoneKeys = field(default_factory=LocalPhoneKeys)
    rates: InMemoryRateStore = field(default_factory=InMemoryRateStore)
    links: InMemoryLinkStore = field(default_factory=InMemoryLinkStore)
    counters: InMemoryCounters = field(default_factory=InMemoryCounters)
    breakers: InMemoryBreakers = field(default_factory=InMemoryBreakers)
    queue: InMemorySignUpQueue = field(default_factory=InMemorySignUpQueue)
    limits: Limits = field(default_factory=limits)
    site: str = "https://abcdefghij.execute-api.us-east-1.amazonaws.com"

    def __post_init__(self) -> None:
        self.consent = ConsentService(self.store, self.clock, SequentialIds())
        self._sequence = 0
        for name in ("alerts", "offers"):
            self.programmes.create(programme(name))
            for locale in ("en", "fr"):
                wording = Disclosure(ProgrammeId(name), locale, 1, "I agree", self.clock.now())
                self.programmes.publish(wording)

    @property
    def messenger(self) -> Messenger:
        pace = Pace(self.rates, self.clock, OURS, 10, REPLY_HORIZON)
        return Messenger(self.sender, self.ledger, pace, self.clock, Stopped(self.store))

    @property
    def inbound(self) -> InboundService:
        return InboundService(
            consent=self.consent,
            store=self.store,
            keys=self.keys,
            programmes=self.programmes,
            messenger=self.messenger,
            inbox=self.inbox,
            clock=self.clock,
            brand="Brew & Bloom",
            support_contact="help@brew.example",
            conversions=self.conversions,
            reply_links=ReplyLinks(
                Links(self.links, self.clock, RandomIds()), self.site, "help@brew.example"
            ),
        )

    @property
    def subjects(self) -> Subjects:
        return Subjects(self.keys.mac)

    @property
    def conversions(self) -> Conversions:
        return Conversions(self.breakers, self.subjects, self.clock)

    @property
    def tokens(self) -> FormTokens:
        return FormTokens(self.keys, self.clock, self.consent.ids, self.counters)

    @property
    def opt_in(self) -> OptInService:
        return OptInService(
            programmes=self.programmes,
            consent=self.consent,
            store=self.store,
            keys=self.keys,
            tokens=self.tokens,
            door=Door(self.counters, self.subjects, self.clock, self.limits),
            queue=self.queue,
            conversions=self.conversions,
            clock=self.clock,
        )

    @property
    def answering(self) -> Answering:
        return Answering(
            programmes=self.programmes,
            consent=self.consent,
            keys=self.keys,
            messenger=self.messenger,
            guard=TextGuard(self.counters, self.breakers, self.subjects, self.clock, self.limits),
            clock=self.clock,
            brand="Brew & Bloom",
            support_contact="help@brew.example",
            allowed_countries=("US", "FR"),
            links=Links(self.links, self.clock, RandomIds()),
        )

    def ask(self, form: OptInForm) -> None:
        """Send the form, and let what it asks for happen."""
        self.opt_in.request(form)
        self.queue.deliver(self.answering.answer)

    def sign_up(self, name: str = "offers", locale: str = "en") -> None:
        self.ask(OptInForm(ProgrammeId(name), NUMBER, None, True, 1, locale))

    def text(
        self,
        body: str,
        *,
        raw_from: str = NUMBER,
        at: datetime | None = None,
        message_id: str | None = None,
        answers: str | None = None,
    ) -> InboundOutcome:
        self.clock.advance(60)
        self._sequence += 1
        return self.inbound.receive(
            InboundSms(
                message_id or f"in-{self._sequence}",
                sender_phone(raw_from),
                raw_from,
                OURS,
                body,
                at or self.clock.now(),
                answers,
            )
        )

    def status(self, name: str = "offers") -> ConsentStatus:
        standing = self.store.standing(self.keys.key_of(PHONE))
        return standing.status_of(ProgrammeId(name)) if standing else ConsentStatus.NONE


class Full(InMemoryRateStore):
    """A sender whose every slot is taken."""

    def book(self, identity: str, ask: Ask) -> Booking | Busy:
        return Busy(ask.not_after + 60_000_000)


def test_yes_confirms_and_is_answered() -> None:
    house = House()
    house.sign_up()
    outcome = house.text("Yes please!")
    assert (outcome.action, outcome.reason, outcome.replied) == (Action.CONFIRM, "confirmed", True)
    assert house.status() is ConsentStatus.CONFIRMED
    assert "you are in" in house.sender.bodies[-1]


@pytest.mark.parametrize("body", ["ok", "who is this?", "yes but what time?", "sure"])
def test_what_is_no_yes_confirms_nothing_and_reaches_the_inbox(body: str) -> None:
    house = House()
    house.sign_up()
    assert not house.text(body).replied
    assert house.status() is ConsentStatus.PENDING
    assert house.inbox.items[-1].box is Box.FEEDBACK


def test_yes_with_nothing_open_is_feedback_without_an_answer() -> None:
    house = House()
    outcome = house.text("YES")
    assert (outcome.reason, outcome.replied) == ("nothing_open", False)
    assert [item.body for item in house.inbox.items] == ["YES"]


def test_stop_is_recorded_before_it_is_answered() -> None:
    house = House()
    house.sign_up()
    house.text("YES")
    seen: list[bool] = []

    def answer(_: OutboundText) -> SendResult | None:
        seen.append(house.status() is ConsentStatus.WITHDRAWN)
        return None

    house.sender.answer = answer
    outcome = house.text("STOP")
    assert (outcome.reason, outcome.replied) == ("stopped", True)
    assert seen == [True]
    assert "unsubscribed" in house.sender.bodies[-1]


def test_a_stop_stands_although_no_answer_can_be_sent() -> None:
    house = House(rates=Full())
    outcome = house.text("STOP")
    assert (outcome.reason, outcome.replied) == ("stopped", False)


def test_a_busy_sender_fails_no_sign_up() -> None:
    house = House(rates=Full())
    house.sign_up()
    house.rates = InMemoryRateStore()
    house.sign_up()
    assert len(house.sender.texts) == 1


def test_stop_from_a_number_never_seen_is_recorded_and_answered_once() -> None:
    house = House()
    assert house.text("STOP").replied
    assert not house.text("STOP").replied
    assert len(house.sender.texts) == 1


def test_the_same_message_ten_times_is_one_event_and_one_answer() -> None:
    house = House()
    at = house.clock.now()
    outcomes = [house.text("STOP", message_id="same", at=at) for _ in range(10)]
    assert [outcome.reason for outcome in outcomes] == ["stopped", *["repeat"] * 9]
    assert len(house.sender.texts) == 1
    assert len(house.store.history(house.keys.key_of(PHONE))) == 1


@pytest.mark.parametrize("body", ["START", "YES", "HELP", "hello", "why did it stop?"])
def test_any_message_delivered_twice_acts_once(body: str) -> None:
    house = House()
    house.sign_up()
    house.text(body, message_id="same")
    texts, items = len(house.sender.texts), len(house.inbox.items)
    events = len(house.store.history(house.keys.key_of(PHONE)))
    assert house.text(body, message_id="same").reason == "repeat"
    assert (len(house.sender.texts), len(house.inbox.items)) == (texts, items)
    assert len(house.store.history(house.keys.key_of(PHONE))) == events


def test_start_brings_a_stopped_number_back() -> None:
    house = House()
    house.sign_up()
    house.text("YES")
    house.text("STOP")
    outcome = house.text("START")
    assert (outcome.reason, outcome.replied) == ("restarted", True)
    assert house.status() is ConsentStatus.CONFIRMED


def test_start_for_two_programmes_is_one_answer() -> None:
    house = House()
    for name in ("offers", "alerts"):
        house.sign_up(name)
        house.text("YES")
    house.text("STOP")
    before = len(house.sender.texts)
    house.text("START")
    assert len(house.sender.texts) == before + 1
    assert "welcome back" in house.sender.bodies[-1]


def test_start_without_any_request_points_to_the_form() -> None:
    house = House()
    house.text("START")
    assert "sign-up form" in house.sender.bodies[-1]
    assert house.status() is ConsentStatus.NONE


def test_start_from_a_subscriber_repeats_the_terms() -> None:
    house = House()
    house.sign_up()
    house.text("YES")
    assert house.text("START").reason == "already_active"
    assert "Weekly offers" in house.sender.bodies[-1]


def test_a_start_older_than_the_stop_is_not_answered() -> None:
    house = House()
    house.text("STOP")
    outcome = house.text("START", at=house.clock.now() - timedelta(minutes=5))
    assert (outcome.reason, outcome.replied) == ("older_than_opt_out", False)


def test_a_stop_older_than_the_start_is_not_answered() -> None:
    house = House()
    house.text("START")
    outcome = house.text("STOP", at=house.clock.now() - timedelta(minutes=5))
    assert (outcome.reason, outcome.replied) == ("later_start", False)


def test_help_answers_even_a_stopped_number() -> None:
    house = House()
    house.text("STOP")
    outcome = house.text("HELP")
    assert outcome.replied
    assert "help@brew.example" in house.sender.bodies[-1]


def test_two_machines_cannot_talk_for_ever() -> None:
    house = House()
    replies = [house.text("HELP").replied for _ in range(MAX_REPLIES_PER_DAY + 3)]
    assert sum(replies) == MAX_REPLIES_PER_DAY
    house.clock.advance(timedelta(days=1))
    assert house.text("HELP").replied


def test_a_possible_stop_rests_marketing_and_waits_to_be_read() -> None:
    house = House()
    house.sign_up()
    house.text("YES")
    assert house.text("bus stop at 5?").action is Action.REVIEW
    standing = house.store.standing(house.keys.key_of(PHONE))
    assert standing is not None
    assert standing.hold is not None
    assert house.inbox.items[-1].box is Box.REVIEW
    assert house.status() is ConsentStatus.CONFIRMED


def test_feedback_keeps_what_it_answers() -> None:
    house = House()
    house.text("Love the shoes", answers="provider-9")
    assert house.inbox.items[-1].answers == "provider-9"


def test_yes_counts_for_the_programme_whose_text_it_answers() -> None:
    house = House()
    house.sign_up("offers")
    house.clock.advance(60)
    house.sign_up("alerts")
    house.text("YES", answers="provider-1")
    assert house.status("offers") is ConsentStatus.CONFIRMED
    assert house.status("alerts") is ConsentStatus.PENDING


@pytest.mark.parametrize("raw_from", ["12345", "AMAZON"], ids=["short code", "name"])
@pytest.mark.parametrize("body", ["STOP", "HELP", "hello"])
def test_a_sender_that_is_no_phone_is_kept_and_never_answered(raw_from: str, body: str) -> None:
    house = House()
    assert not house.text(body, raw_from=raw_from).replied
    assert house.sender.texts == []
    assert len(house.inbox.items) == 1


def test_our_own_number_is_not_listened_to() -> None:
    house = House()
    assert house.text("STOP", raw_from=OURS).reason == "own_number"
    assert house.sender.texts == []


@pytest.mark.parametrize(
    ("locale", "body", "words"),
    [
        pytest.param("fr", "STOP", "désinscription", id="the language of the sign-up"),
        pytest.param("en", "ARRET", "désinscription", id="the language of the keyword"),
        pytest.param("en", "STOP", "unsubscribed", id="English"),
    ],
)
def test_an_answer_speaks_the_persons_language(locale: str, body: str, words: str) -> None:
    house = House()
    house.sign_up(locale=locale)
    house.text(body)
    assert words in house.sender.bodies[-1]


def test_replies_are_never_marketing() -> None:
    house = House()
    house.sign_up()
    for body in ("YES", "HELP", "STOP", "START"):
        house.text(body)
    purposes = {row.purpose for row in house.ledger.all()}
    assert Purpose.CAMPAIGN not in purposes
    assert not any(text.is_marketing for text in house.sender.texts)
