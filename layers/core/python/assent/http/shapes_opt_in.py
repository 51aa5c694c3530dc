"""What the public sends to sign up, and the little that it is told."""

from typing import Annotated, Literal

from pydantic import Field

from assent.http.fields import (
    Answer,
    Body,
    Country,
    Id,
    Locale,
    Phone,
    ShortLine,
    Url,
    Version,
)


class Profile(Body):
    """What a form may say of a person besides the number. All of it is optional."""

    first_name: ShortLine | None = None
    last_name: ShortLine | None = None
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    postal_code: ShortLine | None = None
    region: ShortLine | None = Field(default=None, description="State or province, such as `FL`")
    time_zone: ShortLine | None = Field(default=None, description="IANA name")
    topics: Annotated[list[ShortLine], Field(max_length=20)] | None = None
    locale: Locale | None = None
    max_per_month: Annotated[int, Field(ge=1, le=1000)] | None = None


class OptIn(Body):
    """A person's request to be texted, with the wording that they saw."""

    programme_id: Id
    phone: Phone = Field(description="As typed; national spellings need `country`")
    country: Country | None = Field(default=None, description="ISO 3166, such as `GB`")
    consent: bool = Field(description="Whether the person ticked the box; only `true` is accepted")
    disclosure_version: Version = Field(description="From `GET /v1/programmes/{programme_id}`")
    locale: Locale | None = None
    page_url: Url | None = None
    profile: Profile | None = None
    max_per_month: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="The most texts a month that the person wants; never above the promise",
    )
    form_token: Annotated[str, Field(max_length=512)] | None = Field(
        default=None,
        description="From `GET /v1/programmes/{programme_id}`, for one use. Without it, or sent "
        "back within 2 s, fewer sign-ups are accepted per address and hour",
    )
    website: Annotated[str, Field(max_length=300)] | None = Field(
        default=None,
        description="Honeypot: hide it from people and leave it empty. If it is filled, the answer "
        "is the same and nothing happens.",
    )


class Accepted(Answer):
    """The one answer to every well-formed request, whoever asks for whomever."""

    status: Literal["pending"] = "pending"


class Confirmation(Body):
    """The code from the confirmation text, typed into the form."""

    programme_id: Id
    phone: Phone
    country: Country | None = None
    code: Annotated[str, Field(max_length=32)]


class Confirmed(Answer):
    """The consent is recorded."""

    status: Literal["confirmed"] = "confirmed"


class ShownDisclosure(Answer):
    """The exact words to show beside the box."""

    version: int
    locale: str
    text: str


class DiallingShown(Answer):
    """How a country's mobile numbers are written, to help while one types; no proof of a number."""

    country: str = Field(description="ISO 3166")
    code: str = Field(description="Follows the plus sign")
    trunk: str = Field(description="Dialled before a number at home, such as `0`; may be empty")
    lengths: list[int] = Field(description="Digits without either")
    example: str


class PublicProgramme(Answer):
    """All that a sign-up form shows and sends back."""

    programme_id: str
    name: str
    brand: str
    description: str
    frequency: str
    max_per_month: int
    countries: list[str]
    dialling: list[DiallingShown]
    topics: list[str]
    terms_url: str
    privacy_url: str
    disclosure: ShownDisclosure
    form_token: str = Field(description="Send it back with the form; for one use within a day")
