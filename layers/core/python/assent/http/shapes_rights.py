"""What staff do about the rights of one person, and the reports about them."""

from typing import Annotated, Literal

from pydantic import Field

from assent.http.fields import Answer, Body, Country, Json, Line, NextCursor, Phone


class NewAccessRequest(Body):
    """A number whose owner asks what is held of it."""

    phone: Phone
    country: Country | None = Field(default=None, description="ISO 3166, for national spellings")


class AccessAnswered(Answer):
    """Where the two files are. Give both to the person by a way that only they can read."""

    subscriber_key: str
    file: str = Field(description="Everything as JSON (docs/rights-and-retention.md)")
    page: str = Field(description="The same to read and print")
    links_until: str


class NewMark(Body):
    """A mark on one number, to be set or lifted."""

    phone: Phone
    country: Country | None = Field(default=None, description="ISO 3166, for national spellings")
    state: Literal["on", "off"]
    reason: Annotated[Line, Field(description="Kept as evidence of the act: name nobody")]


class MarkShown(Answer):
    """The mark as it stands; `changed` is False where it stood so before."""

    subscriber_key: str
    state: Literal["on", "off"]
    changed: bool


class RuleShown(Answer):
    """How long one kind of record is kept."""

    kind: str
    days: int | None = Field(description="Absent: for ever")
    of_programme: dict[str, int] = Field(description="Other days for single programmes")
    by: Literal["job", "ttl", "lifecycle", "never"]
    what: str
    basis: str
    source: str


class DeletionShown(Answer):
    """What one rule deleted on one day."""

    day: str
    rule: str
    days: int | None
    deleted: int
    kept_by_hold: int


class RetentionPage(Answer):
    rules: list[RuleShown]
    items: list[DeletionShown]
    next_cursor: NextCursor


class ReviewHead(Answer):
    review_id: str
    made_at: str
    findings: list[str]


class ReviewPage(Answer):
    items: list[ReviewHead]
    next_cursor: NextCursor


class ReviewShown(Answer):
    """One review: its figures, and a link to the page of them."""

    review_id: str
    report: Json
    page: str
    link_until: str
