"""Whatever order keywords arrive in, the end is that of the order in which they were texted."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.consent.events import ConsentEvent, EventType, Evidence, Source
from assent.consent.model import Claim, Consent, ConsentStatus, Standing
from assent.consent.policy import SKEW_ACCEPTED, OptInReason
from assent.consent.timeline import Act, ActKind, project
from assent.identifiers import CampaignId, SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.unit.consent.people import ALERTS, KEY, OFFERS, PHONE, World

if TYPE_CHECKING:
    from collections.abc import Sequence

Keyword = tuple[str, int]


def _at(second: int) -> datetime:
    return NOON + timedelta(hours=1, seconds=second)


def _world(beginning: str) -> World:
    """At noon: nothing, an open request, a consent, or a consent and a second request."""
    world = World()
    if beginning in ("confirmed", "both"):
        world.ask(OFFERS)
        world.enter_code(OFFERS)
    if beginning in ("pending", "both"):
        world.ask(ALERTS)
    world.later(hours=2)
    return world


def _expected(beginning: str, keywords: list[Keyword]) -> tuple[bool, set[str]]:
    """The rule, told independently: walk through time, STOP last at equal times."""
    confirmed = {"offers"} if beginning in ("confirmed", "both") else set()
    is_open = beginning in ("pending", "both")
    is_stopped, before_stop = False, set[str]()
    for word, _ in sorted(keywords, key=lambda each: (each[1], each[0] == "STOP")):
        if word == "STOP":
            before_stop |= confirmed
            confirmed, is_open, is_stopped = set(), False, True
            continue
        if is_stopped:
            confirmed, is_stopped, before_stop = set(before_stop), False, set()
        if is_open:
            confirmed, is_open = confirmed | {"alerts"}, False
    return is_stopped, confirmed


def _reached(world: World) -> tuple[bool, set[str]]:
    standing = world.store.standing(KEY)
    assert standing is not None
    confirmed = {
        str(name)
        for name, consent in standing.consents.items()
        if consent.status is ConsentStatus.CONFIRMED
    }
    return standing.stopped_at is not None, confirmed


def _say(world: World, keyword: Keyword, dedupe_key: str) -> None:
    word, second = keyword
    if word == "STOP":
        world.stop(_at(second), dedupe_key=dedupe_key)
    elif word == "START":
        world.start(_at(second), dedupe_key=dedupe_key)
    else:
        world.yes(_at(second), dedupe_key=dedupe_key)


_KEYWORDS = st.lists(
    st.tuples(st.sampled_from(["STOP", "START", "YES"]), st.integers(0, 4)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=400, deadline=None)
@given(
    beginning=st.sampled_from(["nothing", "pending", "confirmed", "both"]),
    keywords=_KEYWORDS,
    data=st.data(),
)
def test_any_order_of_arrival_and_any_repeats_end_as_the_order_in_time(
    beginning: str, keywords: list[Keyword], data: st.DataObject
) -> None:
    numbered = list(enumerate(keywords))
    repeats = data.draw(st.lists(st.sampled_from(numbered), max_size=4))
    arrivals = data.draw(st.permutations([*numbered, *repeats]))
    world = _world(beginning)
    for number, keyword in arrivals:
        _say(world, keyword, f"inbound#{number}")
    assert _reached(world) == _expected(beginning, keywords)
    seqs = [event.seq for event, _ in world.store.history(KEY)]
    assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.parametrize("beginning", ["nothing", "pending", "confirmed", "both"])
def test_every_arrival_order_of_stop_start_stop_yes_agrees(beginning: str) -> None:
    keywords = [("STOP", 1), ("START", 2), ("STOP", 3), ("YES", 3)]
    for arrivals in itertools.permutations(enumerate(keywords)):
        world = _world(beginning)
        for number, keyword in arrivals:
            _say(world, keyword, str(number))
        assert _reached(world) == _expected(beginning, keywords)


def test_stop_withdraws_every_programme_and_says_so_first() -> None:
    world = World()
    world.confirmed_to(OFFERS, ALERTS)
    outcome = world.stop()
    assert outcome.first
    assert {world.status(OFFERS), world.status(ALERTS)} == {ConsentStatus.WITHDRAWN}
    event, _ = world.store.history(KEY)[-1]
    assert event.programme_id is None
    assert event.facts["withdrawn"] == ["alerts", "offers"]


def test_stop_works_for_a_number_never_seen() -> None:
    world = World()
    assert world.stop().first
    assert world.standing.stopped_at == world.clock.now()
    assert world.standing.phone == PHONE


def test_a_second_stop_is_recorded_and_not_first() -> None:
    world = World()
    world.stop()
    assert not world.stop(world.later(seconds=5)).first
    assert world.types == [EventType.WITHDRAWN, EventType.WITHDRAWN]


def test_the_same_message_twice_is_one_event() -> None:
    world = World()
    world.stop(dedupe_key="m")
    assert world.stop(dedupe_key="m").is_repeat
    assert world.types == [EventType.WITHDRAWN]


def test_stop_bumps_the_epoch_so_that_codes_issued_before_are_dead() -> None:
    world = World()
    world.ask()
    before = world.epoch()
    world.stop(world.later(minutes=1))
    assert world.epoch() == before + 1


def test_stop_names_the_claims_in_flight() -> None:
    world = World()
    now = world.clock.now()
    claims = {
        CampaignId("c_young"): Claim(CampaignId("c_young"), OFFERS, now - timedelta(seconds=59)),
        CampaignId("c_old"): Claim(CampaignId("c_old"), OFFERS, now - timedelta(seconds=60)),
    }
    world.store.seed(Standing(KEY, PHONE, claims=claims, claims_version=2))
    assert world.stop().in_flight == ("c_young",)
    event, _ = world.store.history(KEY)[-1]
    assert event.facts["in_flight"] == ["c_young"]


def test_a_start_older_than_the_last_opt_out_is_refused_and_recorded() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    stopped_at = world.later(minutes=1)
    world.stop(stopped_at)
    outcome = world.start(stopped_at - timedelta(seconds=1))
    assert outcome.reason is OptInReason.OLDER_THAN_OPT_OUT
    assert world.types[-1] is EventType.START_REFUSED
    assert world.status() is ConsentStatus.WITHDRAWN


def test_at_the_same_instant_the_opt_out_wins() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.start()
    world.stop()
    assert world.status() is ConsentStatus.WITHDRAWN


def test_start_brings_back_what_the_stop_ended_and_no_more() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.ask(ALERTS)
    world.stop(world.later(minutes=1))
    outcome = world.start(world.later(minutes=1))
    assert outcome.reason is OptInReason.RESTARTED
    assert outcome.confirmed == (OFFERS,)
    assert world.status(ALERTS) is ConsentStatus.WITHDRAWN
    assert world.types[-2:] == [EventType.STARTED, EventType.CONFIRMED]


def test_a_late_stop_older_than_a_start_is_recorded_and_changes_nothing() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    stopped_at = world.later(minutes=1)
    world.start(world.later(minutes=1))
    outcome = world.stop(stopped_at)
    assert outcome.superseded
    assert not outcome.first
    assert world.status() is ConsentStatus.CONFIRMED
    event, _ = world.store.history(KEY)[-1]
    assert event.facts["superseded"] is True


def test_a_provider_that_heeded_a_late_stop_is_told_of_the_start_that_undid_it() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    stopped_at = world.later(minutes=1)
    world.start(world.later(minutes=1))
    assert world.store.outbox.notice(KEY) is None
    world.stop(stopped_at)
    assert world.store.outbox.notice(KEY) is not None


def test_yes_with_nothing_open_is_no_consent_but_is_recorded() -> None:
    world = World()
    outcome = world.yes()
    assert outcome.reason is OptInReason.NOTHING_OPEN
    assert world.types == [EventType.START_REFUSED]


def test_yes_after_the_request_ran_out_is_no_consent() -> None:
    world = World()
    world.ask()
    assert world.yes(world.later(hours=72)).reason is OptInReason.NOTHING_OPEN
    assert world.status() is ConsentStatus.PENDING


def test_yes_confirms_the_programme_that_it_answers() -> None:
    world = World()
    world.ask(OFFERS)
    world.later(minutes=1)
    world.ask(ALERTS)
    assert world.yes(world.later(minutes=1), answers=OFFERS).confirmed == (OFFERS,)
    assert world.status(ALERTS) is ConsentStatus.PENDING


def test_yes_keeps_the_reply_verbatim() -> None:
    world = World()
    world.ask()
    world.yes(world.later(minutes=1))
    event, evidence = world.store.history(KEY)[-1]
    assert event.type is EventType.CONFIRMED
    assert event.programme_id == OFFERS
    assert event.provider_at == world.clock.now()
    assert evidence is not None
    assert evidence.facts["reply"] == "YES"


def test_start_from_an_active_number_changes_nothing() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    assert world.start().reason is OptInReason.ALREADY_ACTIVE


def test_a_request_accepted_before_a_late_stop_is_still_answered_by_yes() -> None:
    world = World()
    world.ask()
    late_stop = world.clock.now() - timedelta(minutes=1)
    world.stop(late_stop)
    assert world.status() is ConsentStatus.NONE or world.standing.stopped_at is not None
    assert world.yes(world.later(minutes=1)).confirmed == (OFFERS,)
    assert world.standing.stopped_at is None


def test_a_stop_from_the_future_counts_as_late_as_a_clock_may_be() -> None:
    world = World()
    world.stop(world.clock.now() + timedelta(days=30_000))
    assert world.standing.stopped_at == world.clock.now() + SKEW_ACCEPTED
    event, _ = world.store.history(KEY)[-1]
    assert str(event.facts["stamped_at"]).startswith("2109")


def test_a_stop_from_1970_counts_as_now_and_a_start_from_1970_revives_nothing() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    long_ago = NOON - timedelta(days=20_000)
    assert world.stop(long_ago).first
    assert world.start(long_ago).reason is OptInReason.OLDER_THAN_OPT_OUT


def test_leaving_one_programme_leaves_the_others() -> None:
    world = World()
    world.confirmed_to(OFFERS, ALERTS)
    outcome = world.stop(source=Source.FORM, programme_ids=(OFFERS,))
    assert outcome.first
    assert not world.stop(source=Source.FORM, programme_ids=(OFFERS,)).first
    assert world.status(OFFERS) is ConsentStatus.WITHDRAWN
    assert world.status(ALERTS) is ConsentStatus.CONFIRMED
    assert world.standing.stopped_at is None


def test_leaving_a_programme_never_joined_is_recorded() -> None:
    world = World()
    assert not world.stop(source=Source.FORM, programme_ids=(OFFERS,)).first
    assert world.types == [EventType.WITHDRAWN]


def test_consents_loaded_without_history_are_stopped_and_restarted_alike() -> None:
    world = World()
    loaded = {OFFERS: Consent(ConsentStatus.CONFIRMED, 3, world.clock.now())}
    world.store.seed(Standing(KEY, PHONE, consents=loaded))
    world.stop(world.later(minutes=1))
    assert (world.status(), world.epoch()) == (ConsentStatus.WITHDRAWN, 4)
    world.start(world.later(minutes=1))
    assert world.status() is ConsentStatus.CONFIRMED
    world.stop(world.later(minutes=1))
    world.start(world.later(minutes=1))
    assert world.status() is ConsentStatus.CONFIRMED


def test_a_stop_loaded_without_history_outlives_other_events() -> None:
    world = World()
    world.store.seed(Standing(KEY, PHONE, stopped_at=world.clock.now()))
    world.ask()
    world.later(minutes=1)
    world.service.hold(KEY, PHONE, "x", {}, None)
    world.start(world.clock.now() - timedelta(minutes=2))
    assert world.standing.stopped_at is not None
    world.start()
    assert world.standing.stopped_at is None


def test_a_history_ahead_of_the_standing_is_read_again() -> None:
    class Racing(InMemoryConsentStore):
        raced = False

        def history(
            self, subscriber_key: SubscriberKey
        ) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
            found = super().history(subscriber_key)
            if self.raced or len(found) < 2:
                return found
            self.raced = True
            return found[:-1]

    world = World(store=Racing())
    world.ask()
    world.yes(world.later(minutes=1))
    world.stop(world.later(minutes=1))
    assert world.status() is ConsentStatus.WITHDRAWN
    assert world.clock.slept[-2:] == [0.0, 0.005]


def test_the_answer_at_an_instant_follows_the_times_of_the_acts() -> None:
    world = World()
    asked_at = world.clock.now()
    world.confirmed_to(OFFERS)
    world.stop(world.later(hours=1))
    at = world.service.consent_at
    assert at(KEY, OFFERS, asked_at - timedelta(seconds=1)).status is ConsentStatus.NONE
    assert at(KEY, OFFERS, asked_at).status is ConsentStatus.PENDING
    during = at(KEY, OFFERS, asked_at + timedelta(minutes=30))
    assert (during.status, during.is_stopped, during.seqs) == (
        ConsentStatus.CONFIRMED,
        False,
        (1, 2),
    )
    after = at(KEY, OFFERS, world.clock.now())
    assert (after.status, after.is_stopped) == (ConsentStatus.WITHDRAWN, True)


def test_an_unanswered_request_reads_as_expired_after_its_time() -> None:
    world = World()
    world.ask()
    later = world.clock.now() + timedelta(hours=72)
    assert world.service.consent_at(KEY, OFFERS, later).status is ConsentStatus.EXPIRED
    assert len(world.service.history(KEY)) == 1


def test_the_answer_for_an_unknown_number_is_none() -> None:
    answer = World().service.consent_at(KEY, OFFERS, NOON)
    assert (answer.status, answer.since, answer.seqs) == (ConsentStatus.NONE, None, ())


def test_a_yes_in_time_that_arrives_after_the_expiry_still_counts() -> None:
    world = World()
    world.ask()
    answered_at = world.later(hours=71)
    world.later(hours=2)
    world.service.expire(KEY, OFFERS)
    assert world.yes(answered_at).confirmed == (OFFERS,)
    assert world.status() is ConsentStatus.CONFIRMED


def test_a_late_stop_undoes_a_code_entered_after_it() -> None:
    world = World()
    stopped_at = world.clock.now()
    world.later(minutes=1)
    world.ask()
    world.enter_code()
    assert world.stop(stopped_at).first
    assert world.standing.stopped_at == stopped_at
    assert world.status() is not ConsentStatus.CONFIRMED


def test_an_act_on_a_programme_needs_its_name() -> None:
    with pytest.raises(ValueError, match="REQUEST needs a programme"):
        project([Act(ActKind.REQUEST, NOON)])
