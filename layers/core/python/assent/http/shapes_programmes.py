"""Programmes and disclosures as staff write and read them."""

from typing import Annotated, Literal

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
    Text,
    Url,
    Version,
)

ImportGrades = dict[Literal["A", "B", "C", "D", "E"], Literal["accept", "ask", "refuse"]]
_Words = Annotated[list[ShortLine], Field(max_length=10)]


class OptInRules(Body):
    """How people get in, and how their consent is kept true. All of it may be left out."""

    yes_words: Annotated[
        dict[Locale, _Words],
        Field(description="Per locale: words that confirm beside YES, in lower case"),
    ] = Field(default_factory=dict)
    join_words: Annotated[
        _Words,
        Field(description="A phone that texts one of these asks to be texted, and confirms by YES"),
    ] = Field(default_factory=list)
    sends_reminder: bool = Field(
        default=False, description="Recall an unanswered request once, after a day"
    )
    pending_hours: Annotated[int, Field(ge=1, le=720)] = 72
    reconfirm_after_days: Annotated[int, Field(ge=60, le=3650)] | None = Field(
        default=None, description="Ask for a consent anew after so many days; left out: never"
    )
    expires_on_silence: bool = Field(
        default=False, description="End a consent that is not confirmed within 30 days of asking"
    )
    texts: dict[str, dict[Locale, Text]] = Field(
        default_factory=dict,
        description="Own texts by kind (`confirmation`, `confirmed`, `reminder`, `reconfirmation`, "
        "`opted_out`, `help`, `restarted`, `start_without_request`) and locale, with the blanks "
        "`{brand}`, `{programme}`, `{frequency}`, `{support_contact}` and `{code}`. One that lacks "
        "an element or is longer than one part is refused.",
    )
    import_grades: Annotated[
        ImportGrades,
        Field(
            description="What is done with people in an imported file, by the grade of their "
            "evidence; only grade A, which their own phone confirmed, may be accepted as it is. "
            "Left out: A is accepted, B and C are asked by a text, D and E are refused"
        ),
    ] = Field(default_factory=dict)


class ClassThresholds(Body):
    """What makes a person new, inactive or VIP in segments; who is none of these is regular."""

    new_days: Annotated[int, Field(ge=1, le=366)] = 30
    inactive_days: Annotated[int, Field(ge=1, le=366)] = 90
    vip_purchases: Annotated[int, Field(ge=1, le=100)] = 3
    vip_days: Annotated[int, Field(ge=1, le=366)] = 365


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
    origins: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(
            max_length=20,
            description="Web sites whose pages may show the sign-up form, such as "
            "`https://shop.example`; the programme's own page always may",
        ),
    ] = Field(default_factory=list)
    opt_in: OptInRules = Field(default_factory=OptInRules)
    classes: ClassThresholds = Field(default_factory=ClassThresholds)


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
    origins: list[str]
    opt_in: OptInRules
    classes: ClassThresholds
    version: int


class ProgrammePage(Answer):
    items: list[ProgrammeShown]
    next_cursor: NextCursor = None
