"""What staff decide is carried out once, and no hold is lost or left behind by it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus, Standing
from assent.errors import IllegalTransitionError, InboxItemNotFoundError, TryAgainError
from assent.inbound.deciding import Deciding
from assent.inbound.inbox import Box, Decision, InboxItem, Verdict
from tests.fakes.in_memory_inbox_store import InMemoryInboxStore
from tests.unit.inbound.test_receiving import PHONE, House

ADA, BOB = "ada", "bob"


@dataclass
class Desk:
    """A confirmed subscriber who texts, and staff who read it."""

    house: House = field(default_factory=House)

    def __post_init__(self) -> None:
        self.house.sign_up()
        self.house.text("YES")
        self.key = self.house.keys.key_of(PHONE)

    @property
    def deciding(self) -> Deciding:
        house = self.house
        return Deciding(house.inbox, house.consent, house.store, house.clock)

    def texted(self, body: str) -> InboxItem:
        self.house.text(body)
        return self.house.inbox.items[-1]

    def decide(self, item: InboxItem, verdict: Verdict, by: str = ADA) -> InboxItem:
        return self.deciding.decide(item.item_id, verdict, by, "read it")

    @property
    def standing(self) -> Standing:
        standing = self.house.store.standing(self.key)
        assert standing is not None
        return standing

    def events(self) -> list[EventType]:
        return [event.type for event, _ in self.house.store.history(self.key)]


def test_an_opt_out_by_decision_is_the_persons_with_the_text_as_proof() -> None:
    desk = Desk()
    item = desk.texted("bus stop at 5?")
    done = desk.decide(item, Verdict.OPT_OUT)
    assert (done.box, done.was_in) == (Box.DONE, Box.REVIEW)
    assert done.decision == Decision(Verdict.OPT_OUT, ADA, desk.house.clock.now(), "read it")
    assert desk.house.status() is ConsentStatus.WITHDRAWN
    event, evidence = desk.house.store.history(desk.key)[-1]
    assert (event.type, event.source.value) == (EventType.WITHDRAWN, "staff")
    assert evidence is not None
    assert evidence.facts["reply"] == "bus stop at 5?"
    assert (evidence.facts["actor"], evidence.facts["note"]) == (ADA, "read it")


def test_a_release_lets_marketing_go_on() -> None:
    desk = Desk()
    item = desk.texted("bus stop at 5?")
    assert desk.standing.hold is not None
    desk.decide(item, Verdict.RELEASE)
    assert desk.standing.hold is None
    assert desk.house.status() is ConsentStatus.CONFIRMED
    assert desk.events()[-1] is EventType.RELEASED


def test_feedback_can_be_filed_or_turn_out_to_be_an_opt_out() -> None:
    desk = Desk()
    assert desk.decide(desk.texted("thanks"), Verdict.DONE).box is Box.DONE
    assert desk.house.status() is ConsentStatus.CONFIRMED
    desk.decide(desk.texted("basta cosi, per favore niente"), Verdict.OPT_OUT)
    assert desk.house.status() is ConsentStatus.WITHDRAWN


@pytest.mark.parametrize("verdict", [Verdict.OPT_OUT, Verdict.RELEASE])
def test_the_same_decision_again_changes_nothing(verdict: Verdict) -> None:
    desk = Desk()
    item = desk.texted("bus stop at 5?")
    first = desk.decide(item, verdict)
    events = desk.events()
    desk.house.clock.advance(60)
    assert desk.decide(item, verdict, BOB) == first
    assert desk.events() == events


def test_another_decision_is_refused_and_changes_nothing() -> None:
    desk = Desk()
    item = desk.texted("bus stop at 5?")
    desk.decide(item, Verdict.OPT_OUT)
    events = desk.events()
    with pytest.raises(IllegalTransitionError, match="opt_out"):
        desk.decide(item, Verdict.RELEASE, BOB)
    assert desk.events() == events


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        pytest.param("bus stop at 5?", Verdict.DONE, id="a hold would be left behind"),
        pytest.param("thanks", Verdict.RELEASE, id="nothing to release"),
        pytest.param("HELP", Verdict.RELEASE, id="answered already"),
    ],
)
def test_a_decision_that_does_not_fit_its_box_is_refused(body: str, verdict: Verdict) -> None:
    desk = Desk()
    item = desk.texted(body)
    with pytest.raises(IllegalTransitionError):
        desk.decide(item, verdict)
    assert desk.house.inbox.find(item.item_id) == item


@pytest.mark.parametrize("verdict", [Verdict.OPT_OUT, Verdict.RELEASE])
def test_a_sender_that_is_no_phone_can_only_be_filed(verdict: Verdict) -> None:
    desk = Desk()
    desk.house.text("STOP", raw_from="12345")
    item = desk.house.inbox.items[-1]
    with pytest.raises(IllegalTransitionError):
        desk.decide(item, verdict)
    assert desk.decide(item, Verdict.DONE).box is Box.DONE


def test_what_is_not_there_cannot_be_decided() -> None:
    with pytest.raises(InboxItemNotFoundError):
        Desk().deciding.decide("in_nothing", Verdict.DONE, ADA, None)


def test_a_release_waits_for_the_persons_other_texts() -> None:
    desk = Desk()
    first, second = desk.texted("bus stop at 5?"), desk.texted("don't stop")
    desk.decide(first, Verdict.RELEASE)
    assert desk.standing.hold is not None
    desk.decide(second, Verdict.RELEASE)
    assert desk.standing.hold is None


def test_a_decision_cut_short_is_completed_by_the_same_call() -> None:
    """The process died after the decision was written: the item is not filed, the wish not lost."""
    desk = Desk()
    item = desk.texted("bus stop at 5?")
    cut_short = Decision(Verdict.OPT_OUT, ADA, desk.house.clock.now(), None)
    desk.house.inbox.decide(item, cut_short)
    with pytest.raises(IllegalTransitionError):
        desk.decide(item, Verdict.RELEASE, BOB)
    assert desk.house.status() is ConsentStatus.CONFIRMED
    done = desk.decide(item, Verdict.OPT_OUT, BOB)
    assert (done.box, done.decision) == (Box.DONE, cut_short)
    assert desk.house.status() is ConsentStatus.WITHDRAWN


class Racing(InMemoryInboxStore):
    """Another reader decides between the first reading and the writing."""

    rival: Decision | None = None

    def decide(self, item: InboxItem, decision: Decision) -> None:
        if self.rival is not None:
            rival, self.rival = self.rival, None
            super().decide(item, rival)
        super().decide(item, decision)


def test_of_two_who_decide_at_once_the_first_wins_and_only_that_is_done() -> None:
    inbox = Racing()
    desk = Desk(House(inbox=inbox))
    item = desk.texted("bus stop at 5?")
    inbox.rival = Decision(Verdict.RELEASE, BOB, desk.house.clock.now())
    with pytest.raises(IllegalTransitionError):
        desk.decide(item, Verdict.OPT_OUT)
    assert desk.house.status() is ConsentStatus.CONFIRMED


class Vanishing(InMemoryInboxStore):
    def decide(self, item: InboxItem, decision: Decision) -> None:
        self.close(item)
        super().decide(item, decision)


def test_an_item_that_moves_without_a_decision_is_to_be_asked_again() -> None:
    desk = Desk(House(inbox=Vanishing()))
    with pytest.raises(TryAgainError):
        desk.decide(desk.texted("bus stop at 5?"), Verdict.OPT_OUT)


class Late(InMemoryInboxStore):
    """A second text lands while the first is let go."""

    late: InboxItem | None = None

    def close(self, item: InboxItem) -> None:
        super().close(item)
        if self.late is not None:
            self.put(self.late)


def test_a_text_that_lands_during_a_release_rests_marketing_again() -> None:
    inbox = Late()
    desk = Desk(House(inbox=inbox))
    item = desk.texted("bus stop at 5?")
    inbox.late = InboxItem(
        "in_late", Box.REVIEW, desk.key, "stop?", desk.house.clock.now(), "may_be_opt_out"
    )
    desk.decide(item, Verdict.RELEASE)
    assert desk.standing.hold is not None


def test_a_release_between_hold_and_entry_does_not_outlive_the_entry() -> None:
    """The other order: the hold of the second text is lifted before its entry is written."""

    class LetGo(InMemoryInboxStore):
        def put(self, item: InboxItem) -> bool:
            if item.body == "don't stop":
                desk.house.consent.release(desk.key, BOB)
            return super().put(item)

    desk = Desk(House(inbox=LetGo()))
    desk.texted("bus stop at 5?")
    desk.texted("don't stop")
    assert desk.standing.hold is not None


def test_a_decided_text_that_is_delivered_again_rests_nothing() -> None:
    desk = Desk()
    desk.house.text("bus stop at 5?", message_id="first")
    desk.house.text("don't stop", message_id="twice")
    first, second = desk.house.inbox.items[-2:]
    desk.decide(first, Verdict.RELEASE)
    desk.decide(second, Verdict.RELEASE)
    assert desk.house.text("don't stop", message_id="twice").reason == "repeat"
    assert desk.standing.hold is None
