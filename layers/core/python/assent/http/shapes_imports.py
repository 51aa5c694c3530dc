"""Imports as staff open and follow them."""

from typing import Annotated

from pydantic import Field

from assent.http.fields import Answer, Body, Country, Id, Name, NextCursor, ShortLine


class NewImport(Body):
    """A file to come. Nothing is done with it before it was checked and started."""

    programme_id: Id
    name: Name
    layout: Annotated[
        ShortLine,
        Field(
            description="`assent`, `twilio`, `pinpoint`, `klaviyo`, `mautic` or `listmonk`: what "
            "the columns mean"
        ),
    ] = "assent"
    columns: Annotated[
        dict[ShortLine, ShortLine],
        Field(
            max_length=40,
            description="Columns of your own file by their meaning, such as "
            '`{"Mobile no": "phone", "Signed": "consented_at"}`',
        ),
    ] = Field(default_factory=dict)
    country: Country | None = Field(default=None, description="ISO 3166, for national spellings")


class TallyShown(Answer):
    """What came, or in a check would come, of the rows so far."""

    rows: int
    fates: dict[str, int]
    grades: dict[str, int] = Field(description="Of those who claim consent, by their evidence")
    reasons: dict[str, int]
    reports: list[str] = Field(
        description="Links to CSV files of row number, outcome, reason, column and grade"
    )


class ImportShown(Answer):
    """An import. `upload` takes the file by PUT for 15 minutes, until it was checked."""

    import_id: str
    programme_id: str
    name: str
    layout: str
    status: str
    created_by: str
    created_at: str
    finished_at: str | None
    percent: int = Field(description="Of the file, in what is under way or was done last")
    why: str
    check: TallyShown
    run: TallyShown
    upload: str | None


class ImportPage(Answer):
    items: list[ImportShown]
    next_cursor: NextCursor = None
