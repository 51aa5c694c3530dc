"""Staff routes over saved segments."""

from collections.abc import Callable

from assent.audience.rules import parse, to_json
from assent.audience.service import SegmentService
from assent.audience.subscriber import Segment
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.parameters import CursorInQuery, LimitInQuery, ProgrammeInQuery, SegmentInPath
from assent.http.resolver import Api
from assent.http.shapes_segments import (
    ChangedSegment,
    NewSegment,
    SegmentCounted,
    SegmentPage,
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


def _shown(segment: Segment) -> SegmentShown:
    rule = dict(to_json(segment.rule))
    return SegmentShown(
        segment_id=segment.segment_id, name=segment.name, rule=rule, version=segment.version
    )
