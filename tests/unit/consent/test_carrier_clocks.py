"""A carrier's clock may run ahead of ours or behind it; no START wins by that over a later STOP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.consent.model import ConsentStatus
from assent.consent.policy import SKEW_ACCEPTED, OptInReason
from tests.fakes.frozen_clock import NOON
from tests.unit.consent.people import OFFERS, World

_AHEAD = int(SKEW_ACCEPTED.total_seconds())
_A_DAY = 86_400


@dataclass(frozen=True)
class Texted:
    """A keyword by when it was truly texted and when it arrives, in seconds after noon. `is_wild`:
    its stamp is a day ahead; the others are off by what the carrier's clock is."""

    word: str
    sent: int
    arrives: int
    is_wild: bool = False

    def stamp(self, offset: int) -> timedelta:
        return timedelta(seconds=self.sent + (_A_DAY if self.is_wild else offset))


def _hear(world: World, text: Texted, offset: int, number: int) -> None:
    arrives_at = NOON + timedelta(seconds=text.arrives)
    if arrives_at > world.clock.now():
        world.clock.advance(arrives_at - world.clock.now())
    stamped, name = NOON + text.stamp(offset), f"inbound#{number}"
    if text.word == "STOP":
        world.stop(stamped, dedupe_key=name)
    elif text.word == "START":
        world.start(stamped, dedupe_key=name)
    else:
        world.yes(stamped, dedupe_key=name)


@st.composite
def _texts(draw: st.DrawFn) -> list[Texted]:
    """Keywords a second or more apart, each arriving up to ten minutes later, some wildly stamped;
    the last of them is a STOP."""
    words = draw(st.lists(st.sampled_from(["STOP", "START", "YES"]), min_size=0, max_size=5))
    sent, texts = 3_600, []
    for word in [*words, "STOP"]:
        sent += draw(st.integers(1, 400))
        delay = draw(st.integers(0, 600))
        texts.append(Texted(word, sent, sent + delay, draw(st.booleans())))
    return texts


@settings(max_examples=300, deadline=None)
@given(texts=_texts(), offset=st.integers(-_AHEAD, _AHEAD), data=st.data())
def test_whoever_texted_stop_last_is_out_whatever_the_clock_the_delays_and_the_repeats(
    texts: list[Texted], offset: int, data: st.DataObject
) -> None:
    world = World()
    world.confirmed_to(OFFERS)
    numbered = list(enumerate(texts))
    repeats = data.draw(st.lists(st.sampled_from(numbered), max_size=3))
    arrivals = sorted(numbered, key=lambda each: each[1].arrives)
    for number, text in [*arrivals, *repeats]:
        _hear(world, text, offset, number)
    assert world.standing.stopped_at is not None
    assert world.status() is not ConsentStatus.CONFIRMED


@pytest.mark.parametrize("ahead", [1, 30, _AHEAD])
def test_a_start_texted_before_a_stop_and_heard_after_it_revives_nothing(ahead: int) -> None:
    world = World()
    world.confirmed_to(OFFERS)
    _hear(world, Texted("STOP", 3_700, 3_700), ahead, 1)
    _hear(world, Texted("START", 3_699, 4_300), ahead, 2)
    assert world.standing.stopped_at is not None


def test_a_stop_stamped_ahead_counts_from_when_it_was_heard() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.stop(world.clock.now() + timedelta(minutes=4))
    at = world.service.consent_at(world.standing.subscriber_key, OFFERS, world.clock.now())
    assert at.is_stopped
    assert at.status is ConsentStatus.WITHDRAWN


def test_a_start_stamped_far_ahead_is_recorded_and_revives_nothing() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.stop(world.later(minutes=1))
    ahead = world.later(hours=1) + timedelta(hours=1)
    assert world.start(ahead).reason is OptInReason.OLDER_THAN_OPT_OUT
    event, _ = world.store.history(world.standing.subscriber_key)[-1]
    assert "stamped_at" in event.facts


def test_a_start_a_minute_after_a_stop_lifts_it_where_the_clocks_agree() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.stop(world.later(minutes=1))
    assert world.start(world.later(minutes=1)).reason is OptInReason.RESTARTED
