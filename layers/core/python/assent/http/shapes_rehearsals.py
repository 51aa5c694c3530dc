"""Rehearsals as staff read them."""

from typing import Literal

from pydantic import Field

from assent.http.fields import Answer


class NoteShown(Answer):
    code: str
    detail: str


class WindowShown(Answer):
    """People who may be texted from one instant on."""

    release_at: str
    people: int
    parts: int
    finish_at: str = Field(description="When the last of them is texted at the permitted rate")


class CountryCostShown(Answer):
    country: str
    people: int
    parts: int
    cost: str | None = Field(description="None: no price is known for this country")
    source: str | None = Field(description="Where the price is from")


class CostShown(Answer):
    currency: str
    prices_as_of: str
    total: str = Field(description="Without the countries that have no known price")
    unpriced: list[str]
    countries: list[CountryCostShown]


class WorstCaseShown(Answer):
    """The dearest text. An x stands for each letter or digit of personal data."""

    parts: int
    characters: int
    text: str


class CulpritShown(Answer):
    """A character that makes a text UCS-2, with room for 70 characters in a part and not 160."""

    character: str
    name: str
    people: int
    position: int = Field(description="In the first text that has it, counted from 0")
    where: Literal["text", "data"]


class ReportShown(Answer):
    """What a launch would do, as things stood at the rehearsal."""

    recipients: int
    held_out: int
    excluded: dict[str, int] = Field(description="Subscribers who are no candidates, by reason")
    suppressed: dict[str, int] = Field(description="Candidates who would not be texted, by reason")
    not_renderable: dict[str, int] = Field(description="By the data that is missing")
    over_promise: int = Field(description="People who would pass the promised or chosen maximum")
    parts: dict[str, int] = Field(description="People by the parts of their text")
    parts_per_second: int
    windows: list[WindowShown]
    finish_at: str | None
    cost: CostShown
    worst_case: WorstCaseShown | None
    culprits: list[CulpritShown]


class RehearsalShown(Answer):
    """The newest rehearsal of a campaign."""

    rehearsal_id: str
    campaign_id: str
    status: Literal["running", "done", "overtaken", "failed"]
    started_at: str
    started_by: str
    finished_at: str | None
    errors: list[NoteShown] = Field(description="Broken rules: they forbid the launch")
    warnings: list[NoteShown]
    report: ReportShown | None
