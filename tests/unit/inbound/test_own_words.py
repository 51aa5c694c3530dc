"""Words of the programmes' own: they confirm or join, and take nothing from STOP and HELP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assent.consent.events import EventType, Source
from assent.consent.model import ConsentStatus
from assent.identifiers import ProgrammeId
from assent.inbound.inbox import Box
from assent.inbound.keywords import Action
from assent.inbound.message import InboundSms, sender_phone
from assent.opt_in.other_doors import OtherDoors
from assent.programmes.model import OptInTerms
from tests.unit.inbound.test_receiving import NUMBER, OURS, PHONE, House

if TYPE_CHECKING:
    from assent.inbound.service import InboundOutcome

OFFERS, ALERTS = ProgrammeId("offers"), ProgrammeId("alerts")


class Shop(House):
    """A house in which a phone may text to join."""

    def terms(self, programme_id: ProgrammeId, **terms: object) -> None:
        kept = self.programmes.programme(programme_id)
        changed = replace(kept, terms=OptInTerms(**terms), version=kept.version + 1)  # type: ignore[arg-type]
        self.programmes.replace(changed, expected_version=kept.version)

    def hear(self, body: str, message_id: str = "in-1") -> InboundOutcome:
        doors = OtherDoors(self.programmes, self.queue, self.clock, self.consent.ids)
        sms = InboundSms(message_id, sender_phone(NUMBER), NUMBER, OURS, body, self.clock.now())
        outcome = replace(self.inbound, joins=doors).receive(sms)
        self.queue.deliver(self.answering.answer)
        return outcome

    def stands(self, programme_id: ProgrammeId) -> ConsentStatus:
        standing = self.store.standing(self.keys.key_of(PHONE))
        return standing.status_of(programme_id) if standing else ConsentStatus.NONE

    @property
    def events(self) -> list[tuple[EventType, Source]]:
        history = self.store.history(self.keys.key_of(PHONE))
        return [(event.type, event.source) for event, _ in history]


def test_a_word_to_join_asks_for_consent_and_gives_none() -> None:
    shop = Shop()
    shop.terms(OFFERS, join_words=("coffee",))
    assert shop.hear(" Coffee! ").reason == "asked_to_join"
    (text,) = shop.sender.texts
    assert "YES" in text.body
    assert shop.stands(OFFERS) is ConsentStatus.PENDING
    assert shop.events[0] == (EventType.REQUESTED, Source.INBOUND_SMS)
    event, evidence = shop.store.history(shop.keys.key_of(PHONE))[0]
    assert evidence is not None
    assert evidence.facts["reply"] == " Coffee! "
    assert event.facts["disclosure_version"] == 1
    shop.clock.advance(60)
    shop.hear("YES", "in-2")
    assert shop.stands(OFFERS) is ConsentStatus.CONFIRMED


def test_the_same_message_twice_is_one_request() -> None:
    shop = Shop()
    shop.terms(OFFERS, join_words=("coffee",))
    for _ in range(2):
        shop.hear("coffee")
    assert len(shop.sender.texts) == 1
    assert [type_ for type_, _ in shop.events].count(EventType.REQUESTED) == 1


def test_a_word_to_join_does_not_lift_an_opt_out() -> None:
    shop = Shop()
    shop.terms(OFFERS, join_words=("coffee",))
    shop.hear("STOP")
    sent = len(shop.sender.texts)
    shop.clock.advance(60)
    shop.hear("coffee", "in-2")
    assert len(shop.sender.texts) == sent
    assert shop.events[-1][0] is EventType.REQUEST_DECLINED


def test_a_sentence_with_the_word_in_it_is_no_wish_to_join() -> None:
    shop = Shop()
    shop.terms(OFFERS, join_words=("coffee",))
    assert shop.hear("is there coffee today").action is Action.FEEDBACK
    assert shop.sender.texts == []


def test_a_stop_is_a_stop_whatever_words_a_programme_has() -> None:
    """No such programme can be made by the service; what is stored otherwise changes nothing."""
    shop = Shop()
    shop.terms(OFFERS, join_words=("stop", "quit"), yes_words={"en": ("unsubscribe",)})
    for number, body in enumerate(("STOP", "quit", "unsubscribe")):
        assert shop.hear(body, f"in-{number}").action is Action.OPT_OUT


def test_an_own_word_confirms_the_request_of_its_programme() -> None:
    shop = Shop()
    shop.terms(ALERTS, yes_words={"en": ("count me in",)})
    shop.sign_up("alerts")
    shop.clock.advance(700)
    shop.sign_up("offers")
    shop.clock.advance(60)
    outcome = shop.hear("Count me in!")
    assert (outcome.action, outcome.reason) == (Action.CONFIRM, "confirmed")
    assert shop.stands(ALERTS) is ConsentStatus.CONFIRMED
    assert shop.stands(OFFERS) is ConsentStatus.PENDING


def test_an_own_word_with_nothing_open_confirms_nothing_and_is_read_by_a_person() -> None:
    shop = Shop()
    shop.terms(OFFERS, yes_words={"en": ("count me in",)})
    shop.hear("count me in")
    assert shop.stands(OFFERS) is ConsentStatus.NONE
    assert [item.box for item in shop.inbox.items] == [Box.FEEDBACK]


def test_without_a_door_to_join_by_the_word_goes_to_the_inbox() -> None:
    shop = Shop()
    shop.terms(OFFERS, join_words=("coffee",))
    assert shop.text("coffee").action is Action.FEEDBACK
    assert shop.sender.texts == []


@pytest.mark.parametrize("kind", ["own", "of the house"])
def test_the_answer_to_stop_is_worded_as_the_brand_wants(kind: str) -> None:
    shop = Shop()
    if kind == "own":
        shop.terms(OFFERS, texts={"opted_out": {"en": "{brand}: unsubscribed. Bye now."}})
    shop.hear("STOP")
    assert ("Bye now" in shop.sender.bodies[-1]) is (kind == "own")
