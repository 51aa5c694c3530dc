from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assent.consent.events import EventType
from assent.evidence.digest import DigestKind, digest_name, leaf_lines, sealed_from
from assent.evidence.merkle import root
from assent.evidence.positions import position_of
from assent.evidence.sealing import LOOK_BACK, SWEEPS, BrokenChainError, Head
from assent.evidence.staff_audit import Tip
from assent.identifiers import SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.unit.evidence.chains import DEALS, chain, people
from tests.unit.evidence.sealed_log import NEVER, SealedLog

if TYPE_CHECKING:
    from assent.consent.events import ConsentEvent

BOB = SubscriberKey("k1_bob")
ASKED = (EventType.REQUESTED, DEALS)
CONFIRMED = (EventType.CONFIRMED, DEALS)


def busy(count: int = 20) -> SealedLog:
    """One hour with people in it, not closed yet."""
    made = SealedLog()
    made.add(people(count))
    return made


def events_of(made: SealedLog) -> list[ConsentEvent]:
    return [event for history in made.log.histories.values() for event in history]


def test_an_hour_is_closed_with_the_root_over_its_events_in_order_of_time() -> None:
    made = busy()
    made.hour_passes(2)
    expected = sorted(events_of(made), key=position_of)
    last = next(each for each in made.chain if each.size)
    assert last.size == 40
    assert last.root == root([bytes.fromhex(event.hash) for event in expected]).hex()
    assert [leaf.position for leaf in made.leaves(last.number)] == list(map(position_of, expected))


def test_hours_follow_one_another_without_a_gap_the_quiet_ones_too() -> None:
    made = busy()
    made.hour_passes(5)
    assert [each.since for each in made.chain[1:]] == [each.until for each in made.chain[:-1]]
    assert all(each.until - each.since == timedelta(hours=1) for each in made.chain)
    assert [each.size for each in made.chain].count(0) >= 3
    assert [each.number for each in made.chain] == list(range(1, len(made.chain) + 1))


def test_each_digest_names_the_one_before_by_its_hash() -> None:
    made = busy()
    made.hour_passes(4)
    assert [each.previous for each in made.chain] == ["", *[e.hash for e in made.chain[:-1]]]


def test_each_digest_is_signed_as_it_is_written() -> None:
    made = busy()
    made.hour_passes(2)
    for number in made.digests.chain:
        sealed = sealed_from(made.vault.objects[digest_name(number)].decode())
        key = serialization.load_der_public_key(sealed.public_key)
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(sealed.signature, sealed.digest.document, ec.ECDSA(hashes.SHA256()))


def test_an_hour_is_not_closed_before_it_has_ended_and_settled() -> None:
    made = SealedLog()
    made.clock.advance(timedelta(hours=1, minutes=4, seconds=59))
    made.sealing.close_hours(NEVER)
    assert made.chain[-1].until <= NOON
    made.clock.advance(1)
    made.sealing.close_hours(NEVER)
    assert made.chain[-1].until == NOON + timedelta(hours=1)


def test_a_second_run_finds_nothing_to_do() -> None:
    made = busy()
    made.hour_passes(2)
    before = dict(made.vault.objects)
    assert made.sealing.close_hours(NEVER).digests == 0
    assert made.vault.objects == before


def test_an_event_that_the_index_showed_too_late_gets_a_backfill() -> None:
    made = SealedLog()
    (late,) = chain(ASKED)
    made.add([late])
    made.log.hidden.add(position_of(late[0]))
    made.hour_passes(2)
    assert made.sealed_positions == []
    made.log.hidden.clear()
    made.clock.advance(timedelta(minutes=5))
    report = made.sealing.cut(made.clock.now(), NEVER)
    assert (report.late, made.sealed_positions) == (1, [position_of(late[0])])
    (backfill,) = [each for each in made.chain if each.kind is DigestKind.BACKFILL]
    assert backfill.since == late[0].at
    assert backfill.until > late[0].at


def test_an_event_that_the_index_never_shows_is_found_by_its_persons_head() -> None:
    made = SealedLog()
    (lost,) = chain(ASKED)
    made.add([lost])
    made.log.hidden.add(position_of(lost[0]))
    for _ in range(SWEEPS + 3):
        made.hour_passes()
    assert made.sealed_positions == [position_of(lost[0])]


def test_a_person_who_did_more_brings_what_the_index_hid_of_them() -> None:
    made = SealedLog()
    history = chain(ASKED, CONFIRMED)
    made.add(history)
    made.log.hidden.add(position_of(history[0][0]))
    made.hour_passes(2)
    assert made.sealed_positions == [position_of(event) for event, _ in history]


def test_a_person_whose_clocks_disagree_is_sealed_in_order_of_sequence() -> None:
    made = SealedLog()
    first, second = chain(ASKED, CONFIRMED, every=-timedelta(seconds=9), start=NOON)
    made.add([first, second])
    for _ in range(3):
        made.hour_passes()
    sealed = [leaf.seq for each in made.chain for leaf in made.leaves(each.number)]
    assert sealed == [1, 2]
    assert all(
        each.since.isoformat()[:19] <= leaf.at[:19] <= each.until.isoformat()[:19]
        for each in made.chain
        for leaf in made.leaves(each.number)
    )


def test_an_event_of_the_future_waits_for_its_hour() -> None:
    made = SealedLog()
    made.add(chain(ASKED, start=NOON + timedelta(hours=3)))
    made.hour_passes(2)
    assert made.sealed_positions == []
    made.hour_passes(3)
    assert len(made.sealed_positions) == 1


def test_a_large_hour_becomes_several_digests_none_too_large_and_none_lost() -> None:
    made = SealedLog(most_leaves=7)
    made.add(people(40))
    made.hour_passes(2)
    assert max(each.size for each in made.chain) <= 8
    assert sorted(made.sealed_positions) == sorted(map(position_of, events_of(made)))
    assert [each.since for each in made.periods[1:]] == [e.until for e in made.periods[:-1]]


def test_one_instant_that_is_more_than_a_digest_holds_is_sealed_all_the_same() -> None:
    made = SealedLog(most_leaves=3)
    for number in range(9):
        made.add(chain(ASKED, key=SubscriberKey(f"k1_{number}")))
    made.hour_passes(2)
    assert len(set(made.sealed_positions)) == len(made.sealed_positions) == 9


def test_an_export_can_have_the_hour_cut_short() -> None:
    made = busy()
    made.clock.advance(timedelta(minutes=10))
    instant = made.clock.now()
    made.sealing.cut(instant, NEVER)
    assert made.chain[-1].until == instant
    assert len(made.sealed_positions) == 19
    made.hour_passes(2)
    assert len(made.sealed_positions) == len(set(made.sealed_positions)) == 40
    assert [each.since for each in made.chain[1:]] == [each.until for each in made.chain[:-1]]


def test_a_run_without_time_stops_and_says_so() -> None:
    made = busy()
    made.clock.advance(timedelta(hours=9))
    assert made.sealing.close_hours(made.clock.now()).is_complete is False


def test_the_audits_tips_are_in_each_digest() -> None:
    made = busy(1)
    made.hour_passes(2)
    assert made.chain[-1].staff_audit == (Tip(), Tip(), Tip(), Tip())


class _CrashError(Exception):
    """The sandbox is gone."""


class _Dying:
    """Passes calls on and dies after so many writes, each of which took effect."""

    def __init__(self, target: object, left: list[int]) -> None:
        self._target, self._left = target, left

    def __getattr__(self, name: str) -> object:
        found = getattr(self._target, name)
        if name not in ("put_once", "append", "put"):
            return found

        def write(*given: object) -> object:
            answer = found(*given)
            self._left[0] -= 1
            if self._left[0] < 0:
                raise _CrashError
            return answer

        return write


def test_a_crash_at_any_write_leaves_one_chain_with_each_event_once() -> None:
    crashes = 0
    for survived in range(25):
        made, left = busy(), [survived]
        made.clock.advance(timedelta(hours=2, minutes=10))
        parts = {name: _Dying(getattr(made, name), left) for name in ("digests", "seals", "vault")}
        try:
            replace(made.sealing, **parts).close_hours(NEVER)  # type: ignore[arg-type]
        except _CrashError:
            crashes += 1
        made.sealing.close_hours(NEVER)
        assert sorted(made.sealed_positions) == sorted(map(position_of, events_of(made)))
        assert [each.previous for each in made.chain] == ["", *[e.hash for e in made.chain[:-1]]]
        assert {n for n in made.vault.objects if n.startswith("digests")} == {
            digest_name(each.number) for each in made.chain
        }
    assert crashes > 8


def test_a_rival_run_that_was_first_is_followed() -> None:
    made = busy()
    made.clock.advance(timedelta(hours=2, minutes=10))
    rival = SealedLog(log=made.log, vault=made.vault, clock=made.clock, signer=made.signer)
    rival.sealing.close_hours(NEVER)
    made.sealing.close_hours(NEVER)
    assert made.chain == rival.chain


def test_a_digest_in_the_vault_that_does_not_follow_stops_everything() -> None:
    made = busy()
    made.hour_passes(2)
    last = made.digests.latest()
    assert last is not None
    forged = replace(last, digest=replace(last.digest, number=last.digest.number + 1))
    made.vault.objects[digest_name(forged.digest.number)] = forged.as_json().encode()
    with pytest.raises(BrokenChainError):
        made.hour_passes()


def test_an_event_that_was_changed_after_it_was_sealed_is_noticed_with_the_next() -> None:
    made = SealedLog()
    history = chain(ASKED, CONFIRMED, every=timedelta(hours=2))
    made.add(history[:1])
    made.hour_passes(2)
    made.log.histories[history[0][0].subscriber_key] = []
    forged = replace(history[1][0], previous_hash="00" * 32)
    made.log.add([forged])
    assert made.hour_passes(2).mismatches == 1


def test_an_event_that_is_missing_below_its_head_is_noticed() -> None:
    made = SealedLog()
    made.add(chain(ASKED, CONFIRMED, key=BOB))
    made.log.histories[BOB].pop()
    assert made.hour_passes(2).mismatches == 1


def test_a_head_that_no_event_leads_to_is_noticed() -> None:
    made = SealedLog()
    made.add(chain(ASKED, key=BOB))
    made.log.tips[BOB] = Head(1, "00" * 32)
    assert made.hour_passes(2).mismatches == 1


def test_what_is_sealed_within_the_look_back_is_not_sealed_twice() -> None:
    made = busy()
    for _ in range(12):
        made.clock.advance(LOOK_BACK / 12)
        made.sealing.cut(made.clock.now(), NEVER)
    assert len(made.sealed_positions) == len(set(made.sealed_positions)) == 40


def test_leaves_are_kept_under_a_name_that_holds_their_root() -> None:
    made = busy()
    made.hour_passes(2)
    digest = next(each for each in made.chain if each.size)
    (name,) = [each for each in made.vault.objects if each.startswith("leaves/")]
    assert digest.root in name
    assert made.vault.objects[name] == leaf_lines(made.leaves(digest.number))
