"""Staff routes over saved segments."""

from collections.abc import Callable

from assent.audience.rules import parse, to_json
from assent.audience.service import SegmentService
from assent.audience.subscriber import Segment, Subscriber
from assent.clock import iso
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.parameters import (
    CursorInQuery,
    LimitInQuery,
    ProgrammeInQuery,
    SampleInQuery,
    SegmentInPath,
)
from assent.http.resolver import Api
from assent.http.shapes_segments import (
    ChangedSegment,
    NewSegment,
    PersonSampled,
    SegmentCounted,
    SegmentPage,
    SegmentSampled,
    SegmentShown,
)
from assent.identifiers import ProgrammeId, SegmentId
from assent.telemetry import record


def add_segments(api: Api, service: Callable[[], SegmentService], cursors: Cursors) -> None:
    """Register the routes."""

    @api.get("/v1/segments", tags=["Segments"])
    def list_segments(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> SegmentPage:
        """Every segment, by id."""
        after = cursors.read("segments", cursor)
        page, more = page_of(service().segments(), lambda s: s.segment_id, after, limit)
        return SegmentPage(
            items=[_shown(each) for each in page], next_cursor=cursors.issue("segments", more)
        )

    @api.post("/v1/segments", status_code=201, tags=["Segments"])
    def create_segment(body: NewSegment) -> SegmentShown:
        """Save a rule under a name."""
        made = service().create(body.name, parse(body.rule))
        api.about(made.segment_id)
        record("segment_created", {"segment_id": made.segment_id, "by": api.staff.subject})
        return _shown(made)

    @api.get("/v1/segments/<segment_id>", tags=["Segments"])
    def read_segment(segment_id: SegmentInPath) -> SegmentShown:
        """One segment."""
        return _shown(service().segment(SegmentId(segment_id)))

    @api.put("/v1/segments/<segment_id>", tags=["Segments"])
    def change_segment(segment_id: SegmentInPath, body: ChangedSegment) -> SegmentShown:
        """Replace a segment. Campaigns already launched keep the rule that they froze."""
        made = service().replace(
            SegmentId(segment_id), body.name, parse(body.rule), expected_version=body.version
        )
        record("segment_changed", {"segment_id": segment_id, "by": api.staff.subject})
        return _shown(made)

    @api.get("/v1/segments/<segment_id>/count", tags=["Segments"])
    def count_segment(
        segment_id: SegmentInPath, programme_id: ProgrammeInQuery = None
    ) -> SegmentCounted:
        """Count the people of a segment, and those of them whom the programme (or any) may text,
        by reading every subscriber."""
        programme = ProgrammeId(programme_id) if programme_id else None
        segment = service().segment(SegmentId(segment_id))
        counted = service().count(segment.rule, programme)
        return SegmentCounted(
            segment_id=segment_id,
            programme_id=programme_id,
            matched=counted.matched,
            textable=counted.textable,
        )

    _add_sample(api, service)


def _add_sample(api: Api, service: Callable[[], SegmentService]) -> None:
    @api.get("/v1/segments/<segment_id>/sample", tags=["Segments"])
    def sample_segment(segment_id: SegmentInPath, limit: SampleInQuery = 5) -> SegmentSampled:
        """A few of those whom the segment means, their numbers masked."""
        segment = service().segment(SegmentId(segment_id))
        people = service().sample(segment.rule, limit)
        api.concerns(*(each.standing.subscriber_key for each in people))
        return SegmentSampled(items=[_sampled(each) for each in people])


def _sampled(person: Subscriber) -> PersonSampled:
    return PersonSampled(
        subscriber_key=person.standing.subscriber_key,
        phone=str(person.standing.phone) if person.standing.phone else None,
        country=person.country,
        known_since=iso(person.created_at),
    )


def _shown(segment: Segment) -> SegmentShown:
    rule = dict(to_json(segment.rule))
    return SegmentShown(
        segment_id=segment.segment_id, name=segment.name, rule=rule, version=segment.version
    )
