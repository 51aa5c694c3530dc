"""Segments as staff write and read them; the rule itself is parsed by the domain."""

from pydantic import Field

from assent.http.fields import Answer, Body, Json, Name, NextCursor, Version


class NewSegment(Body):
    """A saved rule. Everyone is `{"all": true}`, never an empty rule."""

    name: Name
    rule: Json


class ChangedSegment(NewSegment):
    """A segment to replace, if it still has this version."""

    version: Version


class SegmentShown(Answer):
    """A segment."""

    segment_id: str
    name: str
    rule: Json
    version: int


class SegmentPage(Answer):
    items: list[SegmentShown]
    next_cursor: NextCursor = None


class SegmentCounted(Answer):
    """How many people a segment has now."""

    segment_id: str
    programme_id: str | None
    matched: int = Field(description="People whom the rule picks")
    textable: int = Field(description="Those of them who agreed to the programme, or to any")


class PersonSampled(Answer):
    """One person of a segment."""

    subscriber_key: str
    phone: str | None = Field(description="Masked; none once erased")
    country: str
    known_since: str


class SegmentSampled(Answer):
    """Some of a segment's people, drawn by the hash of their numbers."""

    items: list[PersonSampled]
