"""After one run both sides agree, each number has one event, and a crash changes neither."""

from __future__ import annotations

import pytest

from assent.consent.events import Source
from assent.errors import TryAgainError
from assent.provider_opt_outs.learning import Learnt
from assent.provider_opt_outs.outbox import NoticeState
from assent.provider_opt_outs.telling import Told
from tests.unit.campaigns.faults import CrashError, Faults, crash
from tests.unit.provider_opt_outs.world import ANNA, BEN, CARA, KEYS, PHONES, World

EITHER = pytest.mark.parametrize("is_sns", [False, True], ids=["eum", "sns"])


@EITHER
def test_who_only_the_provider_knows_is_stopped_once_even_if_never_seen(is_sns: bool) -> None:
    world = World(is_sns)
    for phone in PHONES[:5]:
        world.texts_stop(phone, reaches_us=False)
    assert world.reconcile().swept.learnt == {Learnt.STOPPED: 5}
    assert world.drift() == set()
    assert world.reconcile().swept.learnt == {Learnt.KNOWN: 5}
    for phone in PHONES[:5]:
        (event,) = world.opt_outs(phone)
        assert (event.source, event.facts["reason"]) == (Source.PROVIDER, "provider_list")


@EITHER
def test_a_stop_that_reached_us_is_no_drift(is_sns: bool) -> None:
    world = World(is_sns)
    world.texts_stop(ANNA)
    assert world.reconcile().swept.learnt == {Learnt.KNOWN: 1}
    assert len(world.opt_outs(ANNA)) == 1


def test_the_provider_gives_the_time_of_the_opt_out() -> None:
    world = World()
    world.texts_stop(ANNA, reaches_us=False)
    at = world.clock.now()
    world.later(hours=5)
    world.reconcile()
    assert world.opt_outs(ANNA)[0].provider_at == at


def test_an_opt_out_on_the_web_is_told_to_the_provider() -> None:
    world = World()
    world.unsubscribes_on_the_web(ANNA)
    assert world.drift() == {ANNA}
    told = world.reconcile().telling
    assert (told.told, told.met) == ({Told.ADDED: 1}, {NoticeState.WAITING: 1})
    assert world.drift() == set()
    assert list(world.store.outbox.notices()) == []


def test_where_the_provider_takes_no_numbers_our_own_fence_stands_alone() -> None:
    world = World(is_sns=True)
    world.unsubscribes_on_the_web(ANNA)
    assert world.reconcile().telling.told == {Told.NOT_SUPPORTED: 1}
    assert world.is_stopped(ANNA)
    assert list(world.store.outbox.notices()) == []


def test_what_the_provider_told_us_is_not_told_back() -> None:
    world = World()
    world.texts_stop(ANNA, reaches_us=False)
    assert world.reconcile().telling.met == {}


@EITHER
def test_start_takes_the_number_off_the_providers_list(is_sns: bool) -> None:
    world = World(is_sns)
    world.texts_stop(ANNA)
    world.texts_start(ANNA)
    assert world.drift() == {ANNA}
    assert world.reconcile().telling.told == {Told.REMOVED: 1}
    assert world.drift() == set()
    assert len(world.opt_outs(ANNA)) == 1


def test_who_is_not_listed_keeps_the_one_restoration_of_these_thirty_days() -> None:
    world = World(is_sns=True)
    world.unsubscribes_on_the_web(ANNA)
    world.texts_start(ANNA)
    faults = Faults()
    assert world.reconcile(faults).telling.told == {Told.REMOVED: 1}
    assert "list.is_opted_out" in faults.calls
    assert "list.remove" not in faults.calls


@EITHER
def test_a_list_that_lags_behind_does_not_undo_a_start(is_sns: bool) -> None:
    world = World(is_sns)
    world.texts_stop(ANNA)
    world.texts_start(ANNA)
    page = world.provider.page(None)
    world.reconcile()
    world.later(minutes=30)
    world.provider.page = lambda cursor: page  # type: ignore[method-assign]
    assert world.reconcile().swept.learnt == {Learnt.RESTORING: 1}
    assert not world.is_stopped(ANNA)


@EITHER
def test_after_it_has_settled_a_listing_is_a_new_opt_out(is_sns: bool) -> None:
    world = World(is_sns)
    world.texts_stop(ANNA)
    world.texts_start(ANNA)
    world.reconcile()
    world.later(hours=1)
    assert world.reconcile().telling.told == {Told.SETTLED: 1}
    world.later(hours=1)
    world.texts_stop(ANNA, reaches_us=False)
    assert world.reconcile().swept.learnt == {Learnt.STOPPED: 1}
    assert world.is_stopped(ANNA)


def test_a_newer_listing_is_a_new_opt_out_at_once_where_the_provider_gives_times() -> None:
    world = World()
    world.texts_stop(ANNA)
    world.texts_start(ANNA)
    world.later(minutes=1)
    world.texts_stop(ANNA, reaches_us=False)
    assert world.reconcile().swept.learnt == {Learnt.STOPPED: 1}
    assert world.drift() == set()


def restored_before(world: World) -> None:
    world.texts_stop(ANNA)
    world.texts_start(ANNA)
    world.reconcile()
    world.later(hours=2)
    world.texts_stop(ANNA)
    world.texts_start(ANNA)


@EITHER
def test_a_second_start_within_thirty_days_is_shown_as_blocked_and_never_loops(
    is_sns: bool,
) -> None:
    world = World(is_sns)
    restored_before(world)
    found = world.reconcile()
    assert (found.telling.told, found.telling.blocked) == (
        {Told.BLOCKED: 1},
        [KEYS.key_of(ANNA)],
    )
    events = len(world.store.history(KEYS.key_of(ANNA)))
    for _ in range(23):
        world.later(hours=1)
        found = world.reconcile()
        assert (found.telling.told, found.telling.met) == ({}, {NoticeState.BLOCKED: 1})
    assert len(world.store.history(KEYS.key_of(ANNA))) == events
    assert not world.is_stopped(ANNA)


@EITHER
def test_a_blocked_number_is_asked_for_once_a_day_until_the_provider_follows(is_sns: bool) -> None:
    world = World(is_sns)
    restored_before(world)
    asked = 0
    for _ in range(31):
        asked += world.reconcile().telling.told[Told.BLOCKED]
        world.later(days=1)
    assert (asked, world.drift()) == (30, set())
    world.reconcile()
    assert list(world.store.outbox.notices()) == []


@EITHER
def test_a_stop_while_blocked_wins_and_is_not_taken_back(is_sns: bool) -> None:
    world = World(is_sns)
    restored_before(world)
    world.reconcile()
    world.texts_stop(ANNA)
    for _ in range(40):
        world.later(days=1)
        world.reconcile()
    assert world.is_stopped(ANNA)
    assert world.drift() == set()


def test_an_entry_older_than_the_persons_start_is_taken_off() -> None:
    """As after a restore from a backup of the provider's, or a list that came with the account."""
    world = World()
    world.texts_stop(ANNA)
    world.texts_start(ANNA)
    world.store.outbox = type(world.store.outbox)()
    found = world.reconcile()
    assert (found.swept.learnt, found.telling.told) == ({Learnt.STALE: 1}, {Told.REMOVED: 1})
    assert world.drift() == set()


def test_an_erased_number_cannot_be_told_and_is_let_go() -> None:
    from dataclasses import replace

    world = World()
    world.unsubscribes_on_the_web(ANNA)
    standing = world.store.standing(KEYS.key_of(ANNA))
    assert standing is not None
    world.store.seed(replace(standing, phone=None))
    assert world.reconcile().telling.told == {Told.NO_NUMBER: 1}
    assert world.is_stopped(ANNA)


# --- Bounds ---------------------------------------------------------------------------------------


def test_a_run_ends_in_time_and_the_next_goes_on_where_it_ended() -> None:
    world = World()
    for phone in PHONES:
        world.texts_stop(phone, reaches_us=False)
    pages = []
    for _ in range(10):
        swept = world.reconcile(seconds=0).swept
        pages.append(swept.pages)
        assert swept.learnt == {Learnt.STOPPED: 2}
    assert pages == [1] * 10
    assert swept.is_complete
    assert world.drift() == set()


def test_telling_has_time_of_its_own_however_long_the_list() -> None:
    world = World()
    for phone in PHONES[1:]:
        world.texts_stop(phone, reaches_us=False)
    world.unsubscribes_on_the_web(ANNA)
    found = world.reconcile(seconds=0.5)
    assert (found.swept.is_complete, found.telling.told) == (False, {Told.ADDED: 1})


def test_a_cursor_that_has_run_out_starts_the_list_again() -> None:
    from assent.provider_opt_outs.sweeping import Sweep

    world = World()
    world.texts_stop(ANNA, reaches_us=False)
    world.sweeps.save(Sweep(world.clock.now(), "gone"))
    assert world.reconcile().swept.is_complete
    assert world.drift() == set()


def test_calls_keep_the_providers_distance() -> None:
    world = World()
    for phone in PHONES:
        world.texts_stop(phone, reaches_us=False)
    began = world.clock.monotonic()
    pages = world.reconcile().swept.pages
    per_second = world.provider.rates.reads
    assert world.clock.monotonic() - began >= (pages - 1) / per_second - 1e-6
    for phone in PHONES:
        world.texts_start(phone)
    began = world.clock.monotonic()
    removed = world.reconcile().telling.told[Told.REMOVED]
    assert removed == len(PHONES)
    spent = world.clock.monotonic() - began
    assert spent >= (2 * removed - 1) / world.provider.rates.writes - 1e-6


def test_one_notice_that_fails_holds_up_no_other_and_is_tried_again() -> None:
    world = World()
    for phone in (ANNA, BEN, CARA):
        world.unsubscribes_on_the_web(phone)
    plain = world.provider.add

    def failing(phone: object) -> object:
        if phone == BEN:
            message = "not now"
            raise TryAgainError(message)
        return plain(phone)  # type: ignore[arg-type]

    world.provider.add = failing  # type: ignore[method-assign, assignment]
    assert world.reconcile().telling.told == {Told.ADDED: 2, Told.FAILED: 1}
    world.provider.add = plain  # type: ignore[method-assign]
    assert world.reconcile().telling.told == {Told.ADDED: 1}


def test_a_provider_that_is_down_is_left_alone() -> None:
    world = World()
    for phone in PHONES:
        world.unsubscribes_on_the_web(phone)

    def down(_: object) -> None:
        message = "not now"
        raise TryAgainError(message)

    world.provider.add = down  # type: ignore[method-assign, assignment]
    telling = world.reconcile().telling
    assert (telling.told, telling.is_complete) == ({Told.FAILED: 5}, False)
    assert len(list(world.store.outbox.notices())) == len(PHONES)


# --- Crashes --------------------------------------------------------------------------------------


def drifted(*, is_sns: bool) -> World:
    """Every kind of drift at once."""
    world = World(is_sns)
    for phone in PHONES[3:6]:
        world.texts_stop(phone, reaches_us=False)
    world.texts_stop(ANNA)
    world.texts_start(ANNA)
    if not is_sns:
        world.unsubscribes_on_the_web(BEN)
    world.texts_stop(CARA)
    return world


def calls_of_a_run(*, is_sns: bool) -> int:
    faults = Faults()
    drifted(is_sns=is_sns).reconcile(faults)
    return len(faults.calls)


@EITHER
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_call_leaves_no_drift_and_one_event_per_number(
    is_sns: bool, is_after: bool
) -> None:
    calls = calls_of_a_run(is_sns=is_sns)
    assert calls > 30
    for at_call in range(calls):
        world = drifted(is_sns=is_sns)
        with pytest.raises(CrashError):
            world.reconcile(crash(at_call, after=is_after))
        world.reconcile()
        # A run that goes on in the middle of the list reads its beginning in the next one.
        world.reconcile()
        assert world.drift() == set(), at_call
        for phone in (*PHONES[3:6], ANNA, CARA):
            assert len(world.opt_outs(phone)) == 1, at_call
        assert not world.is_stopped(ANNA)


@EITHER
def test_two_runs_at_once_record_one_event_per_number(is_sns: bool) -> None:
    calls = calls_of_a_run(is_sns=is_sns)
    for at_call in range(calls):
        world = drifted(is_sns=is_sns)
        faults = Faults(at_call, before=world.reconcile)
        world.reconcile(faults)
        assert world.drift() == set(), at_call
        for phone in (*PHONES[3:6], ANNA, CARA):
            assert len(world.opt_outs(phone)) == 1, at_call


@EITHER
def test_a_start_at_any_call_of_a_run_is_not_lost(is_sns: bool) -> None:
    calls = calls_of_a_run(is_sns=is_sns)
    for at_call in range(calls):
        world = drifted(is_sns=is_sns)
        start = Faults(at_call, before=lambda w=world: w.texts_start(CARA))  # type: ignore[misc]
        world.reconcile(start)
        for _ in range(3):
            world.later(hours=1)
            world.reconcile()
        assert not world.is_stopped(CARA), at_call
        assert world.drift() == set(), at_call
