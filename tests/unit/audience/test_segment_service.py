from __future__ import annotations

from dataclasses import replace

import pytest

from assent.audience.rules import Everyone, parse
from assent.audience.service import SegmentCount, SegmentService
from assent.consent.model import ConsentStatus
from assent.errors import (
    ChangedMeanwhileError,
    InvalidSegmentError,
    ProgrammeNotFoundError,
    SegmentNotFoundError,
)
from assent.identifiers import ProgrammeId, SegmentId
from assent.programmes.model import ReadyClasses
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.in_memory_segment_store import InMemorySegmentStore
from tests.fakes.in_memory_subscriber_scan import InMemorySubscriberScan
from tests.fakes.sequential_ids import SequentialIds
from tests.fakes.subscriber_table import SubscriberTable
from tests.unit.audience.people import WEEKLY, person, standing
from tests.unit.campaigns.world import PROGRAMME

FLORIDA = parse({"field": "region", "op": "eq", "value": "FL"})


def service(*people: object) -> SegmentService:
    table = SubscriberTable(people)  # type: ignore[arg-type]
    scan = InMemorySubscriberScan(table)
    programmes = InMemoryProgrammeStore()
    programmes.create(replace(PROGRAMME, programme_id=WEEKLY, classes=ReadyClasses(new_days=5)))
    return SegmentService(InMemorySegmentStore(), scan, programmes, FrozenClock(), SequentialIds())


def test_a_segment_is_kept_under_a_new_id() -> None:
    segments = service()
    first, second = segments.create(" Florida ", FLORIDA), segments.create("All", Everyone())
    assert segments.segment(first.segment_id) == first
    assert (first.name, first.version) == ("Florida", 1)
    assert list(segments.segments()) == [first, second]


def test_a_change_raises_the_version() -> None:
    segments = service()
    created = segments.create("Florida", FLORIDA)
    changed = segments.replace(created.segment_id, "All", Everyone(), expected_version=1)
    assert segments.segment(created.segment_id) == changed
    assert (changed.name, changed.rule, changed.version) == ("All", Everyone(), 2)


def test_a_change_on_an_old_version_is_refused() -> None:
    segments = service()
    created = segments.create("Florida", FLORIDA)
    segments.replace(created.segment_id, "All", Everyone(), expected_version=1)
    with pytest.raises(ChangedMeanwhileError):
        segments.replace(created.segment_id, "None", FLORIDA, expected_version=1)


def test_a_segment_that_does_not_exist_cannot_be_changed() -> None:
    with pytest.raises(SegmentNotFoundError):
        service().replace(SegmentId("s_x"), "x", FLORIDA, expected_version=1)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\u202eb"])
def test_a_name_is_short_and_visible(name: str) -> None:
    with pytest.raises(InvalidSegmentError) as refused:
        service().create(name, FLORIDA)
    assert refused.value.field == "name"


def test_only_those_whom_the_rule_means_are_counted() -> None:
    segments = service(*(person(f"k1_{n}", region="FL" if n % 3 else "TX") for n in range(30)))
    for slices in (1, 4):
        assert segments.count(FLORIDA, WEEKLY, slices=slices) == SegmentCount(20, 20)


def test_who_may_not_be_texted_is_matched_and_not_textable() -> None:
    segments = service(
        standing("k1_yes"),
        standing("k1_pending", ConsentStatus.PENDING),
        standing("k1_withdrawn", ConsentStatus.WITHDRAWN),
        standing("k1_stopped", is_stopped=True),
        standing("k1_held", is_held=True),
        standing("k1_erased", phone=None),
    )
    assert segments.count(Everyone(), WEEKLY) == SegmentCount(6, 1)
    assert segments.count(Everyone()) == SegmentCount(6, 1)
    assert segments.count(Everyone(), ProgrammeId("other")) == SegmentCount(6, 0)


def test_a_ready_class_is_counted_by_the_thresholds_of_its_programme() -> None:
    """Everybody here confirmed ten days ago, and new are those of the last five."""
    segments = service(*(person(f"k1_{n}") for n in range(3)))
    counted = {
        name: segments.count(parse({"class": name, "programme": "weekly"})).matched
        for name in ("new", "inactive", "regular", "vip")
    }
    assert counted == {"new": 0, "inactive": 3, "regular": 0, "vip": 0}


def test_a_class_of_no_programme_is_refused() -> None:
    with pytest.raises(ProgrammeNotFoundError):
        service().count(parse({"class": "vip", "programme": "none"}))


def test_a_sample_is_small_and_of_those_who_are_meant() -> None:
    segments = service(*(person(f"k1_{n}", region="FL" if n % 2 else "TX") for n in range(30)))
    sample = segments.sample(FLORIDA, 5)
    assert len(sample) == 5
    assert {each.profile["region"] for each in sample} == {"FL"}


def test_a_restricted_profile_is_used_in_no_segment() -> None:
    people = [person("k1_1"), person("k1_2")]
    marked = replace(people[0].standing, restricted_at=NOON)
    segments = service(replace(people[0], standing=marked), people[1])
    assert segments.count(Everyone()).matched == 1
    assert [each.standing.subscriber_key for each in segments.sample(Everyone(), 9)] == ["k1_2"]
