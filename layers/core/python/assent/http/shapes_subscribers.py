"""What staff and systems report of people: attributes and behaviour, one row or a hundred."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from assent.http.fields import Answer, Body, Country, Id, Instant, Locale, Phone, ShortLine

_AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
_AttributeValue = Annotated[str, StringConstraints(min_length=1, max_length=40)] | int | None


class ReportedProfile(Body):
    """What may be said of a person; null removes it. Topics and the chosen maximum are theirs."""

    first_name: ShortLine | None = None
    last_name: ShortLine | None = None
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    postal_code: ShortLine | None = None
    region: ShortLine | None = None
    time_zone: ShortLine | None = Field(default=None, description="IANA name")
    locale: Locale | None = None


class Description(Body):
    """One person, and what is to be set."""

    phone: Phone
    country: Country | None = Field(default=None, description="ISO 3166, for national spellings")
    profile: ReportedProfile | None = None
    attributes: Annotated[
        dict[_AttributeName, _AttributeValue],
        Field(max_length=8, description="Custom attributes, at most 8 per person; null removes"),
    ] = Field(default_factory=dict)


class Descriptions(Body):
    items: Annotated[list[Description], Field(min_length=1, max_length=100)]


class BehaviourEvent(Body):
    """One purchase or visit."""

    phone: Phone
    country: Country | None = Field(default=None, description="ISO 3166, for national spellings")
    kind: Literal["purchase", "visit"]
    at: Instant | None = Field(default=None, description="Left out: now; at most 400 days back")
    event_id: Id | None = Field(
        default=None, description="Such as an order's number: per person and kind it counts once"
    )


class BehaviourEvents(Body):
    items: Annotated[list[BehaviourEvent], Field(min_length=1, max_length=100)]


class RowReported(Answer):
    """What became of one row. `unknown_subscriber`: nobody of this number ever signed up."""

    index: int
    status: Literal["done", "repeated", "unknown_subscriber", "too_many_attributes", "invalid"]
    code: str | None = Field(default=None, description="Why it is invalid")
    field: str | None = None


class RowsReported(Answer):
    items: list[RowReported]
