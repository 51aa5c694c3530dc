from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.event_items import EventTables, event_item
from assent.aws.event_source import DynamoEventSource
from assent.aws.tables import ConsentEventItem, EvidenceItem, bind
from assent.clock import iso
from assent.consent.events import EventType
from assent.evidence.positions import DAY_SHARDS, day_shard, day_shard_of, position_of
from assent.identifiers import SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_event_source import InMemoryEventSource
from tests.unit.evidence.chains import ANN, DEALS, chain, people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.consent.events import ConsentEvent, Evidence
    from assent.evidence.export import EventSource, LoggedEvent

    History = Sequence[tuple[ConsentEvent, Evidence | None]]

PEOPLE = 24
TODAY = NOON.date()
START, END = iso(NOON - timedelta(days=1)), iso(NOON + timedelta(days=30))
ERASED = SubscriberKey("k1_erased")


def history() -> History:
    """A few people today, one more a day later, and one whose evidence was erased."""
    late = chain((EventType.REQUESTED, None), key=ANN, start=NOON + timedelta(days=1))
    (erased, _), *_ = chain((EventType.REQUESTED, DEALS), key=ERASED)
    return [*people(PEOPLE), *late, (erased, None)]


@pytest.fixture(params=["fake", "aws"])
def source(request: pytest.FixtureRequest) -> EventSource:
    if request.param == "fake":
        return InMemoryEventSource(history())
    client, tables = request.getfixturevalue("dynamodb"), request.getfixturevalue("tables")
    names = EventTables(tables.name("ConsentEventsTable"), tables.name("EvidenceTable"))
    events = bind(ConsentEventItem, names.events, client)
    proofs = bind(EvidenceItem, names.evidence, client)
    for event, evidence in history():
        event_item(events, event).save()
        if evidence:
            proofs(
                event.subscriber_key, event.seq, salt=evidence.salt, facts=dict(evidence.facts)
            ).save()
    return DynamoEventSource(client, names, request.getfixturevalue("clock"))


def day(source: EventSource, of: date, after: str = START, before: str = END) -> list[LoggedEvent]:
    return [
        logged
        for shard in range(DAY_SHARDS)
        for logged in source.page(of, shard, after=after, before=before, limit=100)
    ]


def test_the_shards_of_a_day_hold_each_event_once_and_whole(source: EventSource) -> None:
    expected = {
        position_of(event): (event, evidence)
        for event, evidence in history()
        if event.at.date() == TODAY
    }
    found = {logged.position: (logged.event, logged.evidence) for logged in day(source, TODAY)}
    assert found == expected
    assert [e.hash for e, _ in found.values()] == [expected[p][0].hash for p in found]


def test_another_day_is_in_other_partitions(source: EventSource) -> None:
    tomorrow = day(source, TODAY + timedelta(days=1))
    assert [logged.event.subscriber_key for logged in tomorrow] == [ANN]
    assert tomorrow[0].event.programme_id is None


def test_a_page_is_in_order_and_the_next_goes_on_after_it(source: EventSource) -> None:
    shard = next(
        s
        for s in range(DAY_SHARDS)
        if len(source.page(TODAY, s, after=START, before=END, limit=100)) > 3
    )
    whole = source.page(TODAY, shard, after=START, before=END, limit=100)
    first = source.page(TODAY, shard, after=START, before=END, limit=3)
    rest = source.page(TODAY, shard, after=first[-1].position, before=END, limit=100)
    assert [*first, *rest] == list(whole)
    assert [e.position for e in whole] == sorted(e.position for e in whole)


def test_both_ends_of_the_span_are_left_out(source: EventSource) -> None:
    events = sorted(day(source, TODAY), key=lambda logged: logged.position)
    after, before = events[2].position, events[9].position
    inside = {logged.position for logged in day(source, TODAY, after, before)}
    assert inside - {before} == {logged.position for logged in events[3:9]}


def test_an_instant_before_which_to_stop_excludes_its_own_events(source: EventSource) -> None:
    until = iso(NOON + timedelta(minutes=1))
    assert all(
        logged.event.at < NOON + timedelta(minutes=1) for logged in day(source, TODAY, before=until)
    )


def test_an_empty_or_inverted_span_has_no_events(source: EventSource) -> None:
    assert day(source, TODAY - timedelta(days=7)) == []
    assert day(source, TODAY, after=END, before=START) == []


def test_erased_evidence_is_none(source: EventSource) -> None:
    found = [e for e in day(source, TODAY) if e.event.subscriber_key == ERASED]
    assert [logged.evidence for logged in found] == [None]


def test_a_person_stays_in_one_shard_and_people_spread() -> None:
    events = [event for event, _ in people(60)]
    by_person = {(e.subscriber_key, day_shard_of(e)) for e in events}
    assert len(by_person) == 60
    assert {day_shard_of(e) for e in events} == {day_shard(TODAY, s) for s in range(DAY_SHARDS)}
