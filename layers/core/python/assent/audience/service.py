"""Segments as a marketer handles them: save, change, list, and ask how many people are meant."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from assent.audience.classes import spelled_out
from assent.audience.narrowing import narrowed
from assent.audience.rules import compile_rule
from assent.audience.subscriber import Segment
from assent.consent.model import ConsentStatus
from assent.errors import InvalidSegmentError
from assent.identifiers import SegmentId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assent.audience.rules import Rule
    from assent.audience.subscriber import SegmentStore, Subscriber, SubscriberScan
    from assent.clock import Clock
    from assent.identifiers import Ids, ProgrammeId
    from assent.programmes.model import ProgrammeStore

_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """How many the rule means, and how many of these might be texted for the programme now:
    consent confirmed, no stop, no hold. A campaign's own planning decides finally."""

    matched: int
    textable: int


@dataclass(frozen=True, slots=True)
class SegmentService:
    store: SegmentStore
    scan: SubscriberScan
    programmes: ProgrammeStore
    clock: Clock
    ids: Ids

    def create(self, name: str, rule: Rule) -> Segment:
        """Save a new segment. Raises InvalidSegmentError for an unusable name."""
        segment = Segment(SegmentId(self.ids.new("s")), _name(name), rule)
        self.store.create(segment)
        return segment

    def replace(
        self, segment_id: SegmentId, name: str, rule: Rule, *, expected_version: int
    ) -> Segment:
        """Change a segment. Campaigns under way keep the rule they were launched with.

        Raises SegmentNotFoundError, ChangedMeanwhileError, InvalidSegmentError.
        """
        self.store.segment(segment_id)
        segment = Segment(segment_id, _name(name), rule, expected_version + 1)
        self.store.replace(segment, expected_version=expected_version)
        return segment

    def segment(self, segment_id: SegmentId) -> Segment:
        """Raises SegmentNotFoundError."""
        return self.store.segment(segment_id)

    def segments(self) -> Sequence[Segment]:
        """Return all, by id."""
        return self.store.segments()

    def count(
        self, rule: Rule, programme_id: ProgrammeId | None = None, *, slices: int = 1
    ) -> SegmentCount:
        """Count by reading every subscriber, page by page, as planning would.

        Without a programme, who is textable for any programme counts as textable. Raises
        ProgrammeNotFoundError for a ready class of none.
        """
        matched = textable = 0
        for number in range(slices):
            for subscriber in self._meant(rule, number, slices):
                matched += 1
                textable += _is_textable(subscriber, programme_id)
        return SegmentCount(matched, textable)

    def sample(self, rule: Rule, size: int) -> Sequence[Subscriber]:
        """Return up to `size` of those whom the rule means, in the order of their keyed hashes:
        that is chance, and the same people as long as nothing changes."""
        return list(islice(self._meant(rule, 0, 1), size))

    def _meant(self, rule: Rule, number: int, slices: int) -> Iterator[Subscriber]:
        now, plain = self.clock.now(), spelled_out(rule, self.programmes)
        means = compile_rule(plain)
        people = self.scan.slice(number, slices, narrowed(plain, now))
        return (
            subscriber
            for subscriber in people
            if subscriber.standing.restricted_at is None and means(subscriber, now)
        )


def _is_textable(subscriber: Subscriber, programme_id: ProgrammeId | None) -> bool:
    standing = subscriber.standing
    if standing.phone is None or standing.stopped_at is not None or standing.hold is not None:
        return False
    programmes = standing.consents if programme_id is None else (programme_id,)
    return any(standing.status_of(each) is ConsentStatus.CONFIRMED for each in programmes)


def _name(name: str) -> str:
    cleaned = name.strip()
    if not cleaned or len(cleaned) > _MAX_NAME or not cleaned.isprintable():
        message = f"A name has 1 to {_MAX_NAME} visible characters."
        raise InvalidSegmentError(message, field="name")
    return cleaned
