from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.event_log import DynamoEventLog, DynamoHeads
from assent.clock import iso
from assent.consent.events import EventType
from assent.consent.model import ConsentChange, Standing
from assent.evidence.positions import DAY_SHARDS, position_of
from assent.evidence.sealing import Head
from assent.identifiers import SubscriberKey
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_event_log import InMemoryEventLog
from tests.unit.evidence.chains import ANN, chain, people

if TYPE_CHECKING:
    from assent.consent.events import ConsentEvent, Evidence
    from assent.evidence.sealing import EventLog, Heads

PEOPLE = 12
TODAY = NOON.date()
START, END = iso(NOON - timedelta(days=1)), iso(NOON + timedelta(days=30))
TEXTABLE = PhoneNumber.stored("+16125550103")


def history() -> list[tuple[ConsentEvent, Evidence | None]]:
    late = chain((EventType.REQUESTED, None), key=ANN, start=NOON + timedelta(days=1))
    return [*people(PEOPLE), *late]


@pytest.fixture(params=["fake", "aws"])
def parts(request: pytest.FixtureRequest) -> tuple[EventLog, Heads]:
    """The same histories, written to the tables by the store that writes consent."""
    log = InMemoryEventLog()
    log.add(event for event, _ in history())
    if request.param == "fake":
        return log, log
    client, tables = request.getfixturevalue("dynamodb"), request.getfixturevalue("tables")
    clock = request.getfixturevalue("clock")
    names = ConsentTables(
        subscribers=tables.name("SubscribersTable"),
        events=tables.name("ConsentEventsTable"),
        evidence=tables.name("EvidenceTable"),
        control=tables.name("ControlTable"),
    )
    store = DynamoConsentStore(client, names, clock)
    by_person: dict[SubscriberKey, list[tuple[ConsentEvent, Evidence]]] = {}
    for event, evidence in history():
        assert evidence is not None
        by_person.setdefault(event.subscriber_key, []).append((event, evidence))
    for key, events in by_person.items():
        after = Standing(key, TEXTABLE, seq=len(events), head_hash=events[-1][0].hash)
        store.commit(ConsentChange(None, after, events))
    return DynamoEventLog(client, names.events), DynamoHeads(client, names.subscribers, clock)


@pytest.fixture
def log(parts: tuple[EventLog, Heads]) -> EventLog:
    return parts[0]


@pytest.fixture
def heads(parts: tuple[EventLog, Heads]) -> Heads:
    return parts[1]


def day(log: EventLog, after: str = START, before: str = END, limit: int = 100) -> list[str]:
    found = [
        log.positions(TODAY, shard, after=after, before=before, limit=limit)
        for shard in range(DAY_SHARDS)
    ]
    return sorted(position for page in found for position in page)


def test_the_shards_of_a_day_hold_each_position_once(log: EventLog) -> None:
    assert day(log) == sorted(position_of(e) for e, _ in history() if e.at.date() == TODAY)


def test_both_ends_of_a_span_are_left_out_and_a_page_is_bounded(log: EventLog) -> None:
    everything = day(log)
    inside = day(log, after=everything[2], before=everything[9])
    assert [each for each in inside if each != everything[9]] == everything[3:9]
    assert len(day(log, limit=1)) <= DAY_SHARDS
    assert day(log, after=END, before=START) == []


def test_a_history_is_read_from_where_it_was_left(log: EventLog) -> None:
    whole = {
        key: [event for event, _ in history() if event.subscriber_key == key] for key in keys()
    }
    assert {k: list(v) for k, v in log.following(dict.fromkeys(keys(), 0)).items()} == whole
    rest = log.following({keys()[0]: 1, SubscriberKey("k1_new"): 0})
    assert [list(each) for each in rest.values()] == [whole[keys()[0]][1:], []]


def test_heads_are_the_ends_of_the_histories(heads: Heads) -> None:
    expected = {event.subscriber_key: Head(event.seq, event.hash) for event, _ in history()}
    assert heads.heads([*keys(), SubscriberKey("k1_new")]) == expected


def test_the_slices_hold_each_head_once(heads: Heads) -> None:
    found: list[SubscriberKey] = []
    for number in range(4):
        for portion in heads.slice_of_heads(number, 4):
            found += portion
    assert sorted(found) == sorted(keys())


def keys() -> list[SubscriberKey]:
    return list(dict.fromkeys(event.subscriber_key for event, _ in history()))
