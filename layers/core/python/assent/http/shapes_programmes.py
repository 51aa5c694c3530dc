"""Programmes and disclosures as staff write and read them."""

from typing import Annotated

from pydantic import Field

from assent.http.fields import (
    Answer,
    Body,
    Country,
    Id,
    Line,
    Locale,
    LongText,
    Name,
    NextCursor,
    ShortLine,
    Url,
    Version,
)


class ProgrammeTerms(Body):
    """What may be changed about a programme."""

    name: Name
    brand: Annotated[Name, Field(description="Left out: the brand of this service")] | None = None
    description: Line
    max_per_month: Annotated[int, Field(ge=1, le=1000)]
    countries: Annotated[list[Country], Field(min_length=1, max_length=250)]
    locales: Annotated[list[Locale], Field(min_length=1, max_length=20)]
    terms_url: Url
    privacy_url: Url
    topics: Annotated[list[ShortLine], Field(max_length=50)] = Field(default_factory=list)


class NewProgramme(ProgrammeTerms):
    """A programme to create under an id of the caller's choice."""

    programme_id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]


class ChangedProgramme(ProgrammeTerms):
    """A programme to replace, if it still has this version."""

    version: Version


class NewDisclosure(Body):
    """The wording to publish in one locale, as its next version."""

    locale: Locale
    text: LongText


class DisclosureShown(Answer):
    """A published wording."""

    programme_id: Id
    locale: str
    version: int
    text: str
    digest: str = Field(description="SHA-256 of the text, as evidence names it")
    published_at: str


class ProgrammeShown(Answer):
    """A programme."""

    programme_id: str
    name: str
    brand: str
    description: str
    frequency: str
    max_per_month: int
    countries: list[str]
    locales: list[str]
    terms_url: str
    privacy_url: str
    topics: list[str]
    version: int


class ProgrammePage(Answer):
    items: list[ProgrammeShown]
    next_cursor: NextCursor = None
