"""Stored texts and previews as staff write and read them."""

from typing import Annotated

from pydantic import Field

from assent.http.fields import (
    Answer,
    Body,
    Country,
    Id,
    Locale,
    Name,
    NextCursor,
    Phone,
    Text,
    Version,
)


class NewTemplate(Body):
    """A text and its wordings in further locales."""

    name: Name
    locale: Locale
    body: Text = Field(description="Such as `Hi {{ first_name | default('there') }}`")
    others: Annotated[
        dict[Locale, Text], Field(max_length=19, description="Wordings in other locales")
    ] = Field(default_factory=dict)


class NewTemplateVersion(NewTemplate):
    """The version after the one that the author has read."""

    version: Version


class TemplateShown(Answer):
    """One version of a text."""

    template_id: str
    version: int
    name: str
    locale: str
    body: str
    others: dict[str, str]
    created_at: str
    created_by: str


class TemplatePage(Answer):
    items: list[TemplateShown]
    next_cursor: NextCursor = None


class NewPreview(Body):
    """A text, or a stored one, for one subscriber or for data made up."""

    programme_id: Id
    body: Text | None = None
    template_id: Id | None = None
    version: Version | None = Field(default=None, description="Left out: the newest")
    locale: Locale | None = Field(default=None, description="Left out: the person's")
    phone: Phone | None = None
    country: Country | None = Field(default=None, description="ISO 3166, for national spellings")
    fields: Annotated[
        dict[str, str | int | list[str]],
        Field(max_length=20, description="Instead of what is known of the person"),
    ] = Field(default_factory=dict)


class CulpritShown(Answer):
    """A character that GSM-7 lacks."""

    character: str
    name: str
    index: int
    count: int
    instead: str | None


class NotRenderableShown(Answer):
    reason: str
    missing: list[str]


class PreviewShown(Answer):
    """What the person would read, and what it would cost."""

    locale: str
    text: str | None = Field(description="None if the text cannot be made for this person")
    parts: int | None
    encoding: str | None
    units: int | None
    adds_brand: bool
    adds_opt_out: bool
    culprits: list[CulpritShown]
    transliterated_body: str | None = Field(
        description="The author's own words in plainer letters, where that helps; names stay"
    )
    not_renderable: NotRenderableShown | None
