"""One number and all that can happen to it, in any order, with what must never be seen.

The services are the shipped ones on fakes with a frozen clock. What holds after every step is told
here in terms of what the person did and what was sent, and not by asking the code under test.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from assent.abuse.limits import limits
from assent.consent.erasing import Erasing, Erasure
from assent.consent.events import EventType, Source
from assent.consent.lapsing import Lapsing
from assent.consent.model import ConsentStatus, Standing
from assent.consent.policy import MAX_UNANSWERED_TEXTS, TEXTS_COUNTED_OVER
from assent.consent.timeline import acts_of, project
from assent.errors import TryAgainError, WrongCodeError
from assent.evidence.history import AsOf, HistoryEntry, fold
from assent.identifiers import ProgrammeId
from assent.messages.ledger import OutboundText, Purpose, SendResult, at_once
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.recording_sms_sender import RecordingSmsSender
from tests.unit.inbound.test_receiving import NUMBER, PHONE, House

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import ConsentChange

KEY = LocalPhoneKeys().key_of(PHONE)
NAMES = ("alerts", "offers")
OPT_INS = ("YES", "START")
STOPS = ("STOP", "stop.", "please stop texting me", "ARRET")
AMBIGUOUS = "bus stop at 5?"
_CODE = re.compile(r"\b\d{6}\b")
_OUT, _IN = ConsentStatus.WITHDRAWN, ConsentStatus.CONFIRMED


class CrashError(Exception):
    """The process died."""


class DyingStore(InMemoryConsentStore):
    """A consent store whose process can die right after a commit, before its answer is heard."""

    dies_next = False

    def commit(self, change: ConsentChange) -> None:
        super().commit(change)
        if self.dies_next:
            self.dies_next = False
            raise CrashError


@dataclass
class DyingSender(RecordingSmsSender):
    """A carrier's client whose process can die as a text leaves, before its answer is heard."""

    dies_next: bool = False

    def send(self, text: OutboundText, may_leave: Callable[[], bool] = at_once) -> SendResult:
        result = super().send(text, may_leave)
        if self.dies_next:
            self.dies_next = False
            raise CrashError
        return result


@dataclass(frozen=True)
class Said:
    """A text from the phone, as it can be delivered again."""

    body: str
    at: datetime
    message_id: str


@dataclass
class Step:
    """What one step was: `opted_in_at` is the carrier's time of a START or YES in it."""

    opted_in_at: datetime | None = None
    entered_code_for: ProgrammeId | None = None
    signed_up_for: ProgrammeId | None = None
    is_repeat: bool = False


@dataclass
class Before:
    """What was seen before a step."""

    standing: Standing | None = None
    events: Sequence[tuple[ConsentEvent, Evidence | None]] = ()
    texts: int = 0


@dataclass
class Town:
    """Where one person lives: phone, form and the house that serves them."""

    store: DyingStore = field(default_factory=DyingStore)
    sender: DyingSender = field(default_factory=DyingSender)

    def __post_init__(self) -> None:
        # Limits against strangers would hide what this number's own rules do.
        wide = {s: replace(row, most=10**6, without_token=10**6) for s, row in limits().items()}
        self.house = House(store=self.store, sender=self.sender, limits=wide)
        self.sender.clock = self.house.clock
        self.codes: dict[str, str] = {}
        self.said: list[Said] = []

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    @property
    def standing(self) -> Standing | None:
        return self.store.standing(KEY)

    def say(self, body: str, ago: timedelta = timedelta()) -> Said:
        said = Said(body, self.now - ago, f"said-{len(self.said)}")
        self.said.append(said)
        self.deliver(said)
        return said

    def deliver(self, said: Said) -> None:
        """Hand a text over until it is taken, as the queue does."""
        for _ in range(4):
            try:
                self.house.text(said.body, at=said.at, message_id=said.message_id)
            except (CrashError, TryAgainError):
                continue
            return
        message = "a text was refused four times"
        raise AssertionError(message)

    def sign_up(self, name: str) -> None:
        sent = len(self.sender.texts)
        with contextlib.suppress(CrashError):
            self.house.sign_up(name)
        for text in self.sender.texts[sent:]:
            if found := _CODE.search(text.body):
                self.codes[name] = found.group()

    def enter(self, name: str, code: str) -> None:
        try:
            self.house.opt_in.confirm_code(ProgrammeId(name), NUMBER, code)
        except (WrongCodeError, CrashError):
            return

    def forget(self, erasure: Erasure) -> None:
        """The traces beside the standing: proofs and requests."""
        self.store.forget(KEY, before_seq=erasure.seq, until=erasure.until)

    def erase(self) -> None:
        """Erase until it is done, as the schedule does."""
        erasing = Erasing(self.house.consent, [self])
        for _ in range(2):
            try:
                erasing.erase(KEY, Source.STAFF, {"actor": "staff"})
            except CrashError:
                continue
            return

    def once(self, act: Callable[[], object]) -> None:
        """Do something of the house's own that nobody repeats when the process dies."""
        try:
            act()
        except CrashError:
            return


class OneNumber(RuleBasedStateMachine):
    """All acts on all states. `make_town` is replaced to try a house with a known fault."""

    make_town: Callable[[], Town] = Town
    reached: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.town = type(self).make_town()
        self.step = Step()
        self.before = Before()
        self.confirmations: dict[str, list[datetime]] = {name: [] for name in NAMES}
        self.seen: dict[datetime, dict[str, ConsentStatus]] = {}

    def begin(self, step: Step | None = None) -> None:
        # What was reported a moment ago is not what is about to be done at the same moment.
        self.town.house.clock.advance(timedelta(milliseconds=1))
        self.step = step or Step()
        history = self.town.store.history(KEY)
        self.before = Before(self.town.standing, history, len(self.town.sender.texts))

    # --- the person ------------------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES), is_left=st.booleans())
    def signs_up(self, name: str, is_left: bool) -> None:
        self.begin(Step(signed_up_for=ProgrammeId(name)))
        self.town.sign_up(name)
        if is_left:
            self._come_round(73, asks_anew=False)

    @rule(name=st.sampled_from(NAMES), anew=st.sampled_from(["unasked", "answers", "silent"]))
    def signs_up_and_says_yes(self, name: str, anew: str) -> None:
        self.begin(Step(signed_up_for=ProgrammeId(name)))
        self.town.sign_up(name)
        self.step.opted_in_at = self.town.now
        self.town.say("YES")
        if anew != "unasked":
            self._come_round(0, asks_anew=True)
        if anew == "answers":
            self.town.say("YES")
        if anew == "silent":
            self._come_round(31 * 24, asks_anew=False)

    @rule(word=st.sampled_from(OPT_INS))
    def opts_in_by_text(self, word: str) -> None:
        self.begin()
        self.step.opted_in_at = self.town.now
        self.town.say(word)

    @rule(word=st.sampled_from(OPT_INS), minutes=st.sampled_from([2, 15, 120, 4320]))
    def an_old_opt_in_arrives(self, word: str, minutes: int) -> None:
        self.begin()
        ago = timedelta(minutes=minutes)
        self.step.opted_in_at = self.town.now - ago
        self.town.say(word, ago)

    @precondition(lambda self: bool(self.town.codes))
    @rule(data=st.data())
    def enters_the_last_code(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.town.codes)))
        self.begin(Step(entered_code_for=ProgrammeId(name)))
        self.town.enter(name, self.town.codes[name])

    @rule(name=st.sampled_from(NAMES))
    def guesses_a_code(self, name: str) -> None:
        self.begin()
        self.town.enter(name, "999999")

    @rule(how=st.sampled_from([*STOPS, Source.PROVIDER, Source.STAFF]))
    def opts_out(self, how: str) -> None:
        self.begin()
        if isinstance(how, Source):
            self._stop(how, None)
        else:
            self.town.say(how)
        assert self.town.standing is not None
        assert self.town.standing.stopped_at is not None

    @rule(minutes=st.sampled_from([1, 15, 120]))
    def an_old_stop_arrives(self, minutes: int) -> None:
        self.begin()
        self.town.say("STOP", timedelta(minutes=minutes))

    @rule(body=st.sampled_from([AMBIGUOUS, "HELP", "thanks!"]), is_read=st.booleans())
    def says_something_else(self, body: str, is_read: bool) -> None:
        self.begin()
        self.town.say(body)
        if is_read:
            self.town.once(lambda: self.town.house.consent.release(KEY, "staff"))

    @rule(name=st.sampled_from(NAMES))
    def leaves_one_programme(self, name: str) -> None:
        self.begin()
        self._stop(Source.FORM, (ProgrammeId(name),))

    # --- others ----------------------------------------------------------------------------------

    @rule()
    def staff_release_a_hold(self) -> None:
        self.begin()
        self.town.once(lambda: self.town.house.consent.release(KEY, "staff"))

    @rule(hours=st.sampled_from([0, 73, 31 * 24]), asks_anew=st.booleans(), says=st.booleans())
    def the_schedule_comes_round(self, hours: int, asks_anew: bool, says: bool) -> None:
        self.begin()
        self._come_round(hours, asks_anew)
        if says:
            self.step.opted_in_at = self.town.now
            self.town.say("YES")

    def _come_round(self, hours: int, asks_anew: bool) -> None:
        self.town.house.clock.advance(timedelta(hours=hours))
        for name in map(ProgrammeId, NAMES):
            self.town.once(partial(self.lapsing.expire, KEY, name))
            self.town.once(partial(self.lapsing.end_unanswered, KEY, name))
            if asks_anew:
                self.town.once(partial(self._ask_anew, name))

    def _ask_anew(self, name: ProgrammeId) -> None:
        if self.lapsing.ask_again(KEY, name, timedelta(days=14)):
            self.lapsing.texted(KEY, name, facts={"outcome": "sent"}, evidence={})

    @rule()
    def staff_erase_the_person(self) -> None:
        self.begin()
        self.town.erase()
        for asked in self.confirmations.values():
            # What is erased is not counted: the limits per number and prefix still are.
            asked.clear()

    @property
    def lapsing(self) -> Lapsing:
        return Lapsing(self.town.house.consent)

    def _stop(self, source: Source, names: tuple[ProgrammeId, ...] | None) -> None:
        def act() -> None:
            consent, now = self.town.house.consent, self.town.now
            consent.stop(KEY, PHONE, now, {"by": source.value}, None, source, names)

        self.town.once(act)

    # --- the world -------------------------------------------------------------------------------

    @rule(step=st.sampled_from([1, 660, 3600, 73 * 3600]))
    def time_passes(self, step: int) -> None:
        self.begin()
        self.town.house.clock.advance(step)

    @precondition(lambda self: bool(self.town.said))
    @rule(data=st.data())
    def a_text_is_delivered_again(self, data: st.DataObject) -> None:
        said = data.draw(st.sampled_from(self.town.said))
        self.begin(Step(is_repeat=True))
        self.town.deliver(said)

    @precondition(lambda self: bool(self.town.house.queue.seen))
    @rule(data=st.data())
    def a_sign_up_is_handed_over_again(self, data: st.DataObject) -> None:
        asked = data.draw(st.sampled_from(self.town.house.queue.seen))
        self.begin(Step(is_repeat=True))
        self.town.house.answering.answer(asked)

    @rule(where=st.sampled_from(["store", "sender"]))
    def the_process_dies_next_time(self, where: str) -> None:
        self.begin()
        if where == "store":
            self.town.store.dies_next = True
        else:
            self.town.sender.dies_next = True

    # --- what must hold --------------------------------------------------------------------------

    @invariant()
    def out_becomes_in_only_by_a_fresh_act_of_the_phone(self) -> None:
        old, new = self.before.standing, self.town.standing
        if old is None or new is None:
            return
        said_at = self.step.opted_in_at
        if old.stopped_at is not None and new.stopped_at is None:
            assert said_at is not None, "a stop was lifted by something else than the phone"
            assert said_at > old.stopped_at, "a stop was lifted by an older START"
        for name in map(ProgrammeId, NAMES):
            if old.status_of(name) is _OUT and new.status_of(name) is _IN:
                assert said_at is not None, "a withdrawal was undone without the person"
                # A late YES may tell what a later START, heard before it, had brought back.
                last = max(said.at for said in self.town.said if said.body in OPT_INS)
                assert last > old.consents[name].at, "a withdrawal was undone by the past"

    @invariant()
    def nobody_is_in_without_their_own_answer(self) -> None:
        old, new = self.before.standing, self.town.standing
        for name in map(ProgrammeId, NAMES):
            was = old.status_of(name) if old else ConsentStatus.NONE
            if new is None or new.status_of(name) is not _IN or was is _IN:
                continue
            has_answered = self.step.opted_in_at or self.step.entered_code_for == name
            assert has_answered, f"{was} became confirmed by something else"

    @invariant()
    def nobody_is_in_while_the_brand_is_stopped(self) -> None:
        new = self.town.standing
        if new is not None and new.stopped_at is not None:
            assert not {s.status for s in new.consents.values()} & {_IN, ConsentStatus.PENDING}

    @invariant()
    def a_withdrawal_never_disappears(self) -> None:
        old, new = self.before.standing, self.town.standing
        if old is not None:
            assert new is not None
            assert set(old.consents) <= set(new.consents)
        for name in map(ProgrammeId, NAMES):
            if old is not None and old.status_of(name) is _OUT:
                assert new is not None
                moved_on = self.step.opted_in_at or self.step.signed_up_for == name
                assert new.status_of(name) is _OUT or moved_on

    @invariant()
    def events_give_the_standing(self) -> None:
        standing = self.town.standing
        events = [event for event, _ in self.town.store.history(KEY)]
        if standing is None:
            assert events == []
            return
        told = project(acts_of(events))
        assert told.stopped_at == standing.stopped_at
        for name in map(ProgrammeId, NAMES):
            line = told.lines.get(name)
            assert (line.status if line else ConsentStatus.NONE) is standing.status_of(name)
        assert _is_held(events) == (standing.hold is not None)

    @invariant()
    def the_chain_is_unbroken(self) -> None:
        history, previous = self.town.store.history(KEY), ""
        for seq, (event, evidence) in enumerate(history, start=1):
            assert (event.seq, event.previous_hash) == (seq, previous)
            is_erased = any(later.type is EventType.ERASED for later, _ in history[seq:])
            assert is_erased if evidence is None else evidence.digest == event.evidence_digest
            previous = event.hash
        standing = self.town.standing
        assert (standing.seq, standing.head_hash) == (len(history), previous) if standing else True
        kept = [event for event, _ in history[: len(self.before.events)]]
        assert kept == [event for event, _ in self.before.events]

    @invariant()
    def epochs_never_decrease(self) -> None:
        old, new = self.before.standing, self.town.standing
        for name, consent in (old.consents if old else {}).items():
            assert new is not None
            assert new.consents[name].epoch >= consent.epoch
            if consent.status is not _OUT and new.consents[name].status is _OUT:
                assert new.consents[name].epoch > consent.epoch, "old links would still work"

    def _asking(self) -> list[OutboundText]:
        new_texts = self.town.sender.texts[self.before.texts :]
        return [t for t in new_texts if t.attempt_id.endswith(f"#{Purpose.CONFIRMATION.value}")]

    @invariant()
    def no_confirmation_is_texted_to_a_stopped_number(self) -> None:
        stopped = self.before.standing is not None and self.before.standing.stopped_at is not None
        assert not (self._asking() and stopped)

    @invariant()
    def at_most_three_questions_stay_unanswered(self) -> None:
        asking = self._asking()
        assert len(asking) <= 1
        if asking:
            assert self.step.signed_up_for is not None
            sent = zip(self.town.sender.texts, self.town.sender.sent_at, strict=True)
            (sent_at,) = (at for text, at in sent if text is asking[0])
            self.confirmations[self.step.signed_up_for].append(sent_at)
        for event, _ in self.town.store.history(KEY)[len(self.before.events) :]:
            if event.type is EventType.CONFIRMED and event.programme_id is not None:
                asked = self.confirmations[event.programme_id]
                asked[:] = [at for at in asked if at > event.at]
        recent = [
            at
            for name in NAMES
            for at in self.confirmations[name]
            if self.town.now - at < TEXTS_COUNTED_OVER
        ]
        assert len(recent) <= MAX_UNANSWERED_TEXTS

    @invariant()
    def what_is_delivered_twice_is_one(self) -> None:
        if self.step.is_repeat:
            assert len(self.town.store.history(KEY)) == len(self.before.events)
            assert len(self.town.sender.texts) == self.before.texts

    @invariant()
    def what_was_reported_is_kept_in_mind(self) -> None:
        self.seen[self.town.now] = {name: self._reported(name) for name in NAMES}

    def _reported(self, name: str) -> ConsentStatus:
        """What the service says of a programme now; a request whose time is over is over."""
        standing = self.town.standing
        status = standing.status_of(ProgrammeId(name)) if standing else ConsentStatus.NONE
        request = self.town.store.open_request(KEY, ProgrammeId(name))
        if status is ConsentStatus.PENDING and request and request.expires_at <= self.town.now:
            return ConsentStatus.EXPIRED
        return status

    def teardown(self) -> None:
        """Asked for any moment of the past, the history knows what was reported then."""
        history = self.town.store.history(KEY)
        self.reached.update(event.type.value for event, _ in history)
        self.reached.update(status.value for each in self.seen.values() for status in each.values())
        entries = [HistoryEntry(event, proof, is_intact=True) for event, proof in history]
        for instant, statuses in self.seen.items():
            as_of = AsOf(instant, as_known=True)
            for name, status in statuses.items():
                assert fold(entries, ProgrammeId(name), as_of).status is status


def _is_held(events: Sequence[ConsentEvent]) -> bool:
    ends = {EventType.RELEASED, EventType.ERASED, EventType.STARTED}
    ends |= {EventType.CONFIRMED, EventType.RECONFIRMED}
    turns = [e.type for e in events if e.type in ends | {EventType.HELD}]
    return turns[-1:] == [EventType.HELD]
