"""Campaigns as staff write and read them."""

from typing import Annotated, Literal

from pydantic import Field

from assent.http.fields import Answer, Body, Id, Line, Locale, Name, NextCursor, Text, Version

Status = Literal["draft", "rehearsed", "scheduled", "running", "paused", "completed", "cancelled"]


_Others = Annotated[dict[Locale, Text], Field(max_length=19, description="By locale")]


class VariantWritten(Body):
    """One of the texts that are tried against each other."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
    weight: Annotated[int, Field(ge=1, le=100, description="Its share among the variants")] = 1
    body: Text
    others: _Others = Field(default_factory=dict)


_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$"
ScheduleTime = Annotated[str, Field(pattern=_TIME)]


class NewCampaign(Body):
    """What a marketer decides. The words are given as a `body`, as `variants`, or by naming a
    version of a stored template."""

    name: Name
    programme_id: Id
    segment_id: Id
    body: Text | None = Field(
        default=None, description="Such as `Hi {{ first_name | default('there') }}`"
    )
    locale: Locale | None = Field(default=None, description="Of the body: the programme's first")
    others: _Others = Field(default_factory=dict)
    template_id: Id | None = None
    template_version: Version | None = None
    variants: Annotated[list[VariantWritten], Field(max_length=5)] = Field(default_factory=list)
    quiet_hours: Literal["legal", "override"] = "legal"
    hours: Annotated[list[str], Field(min_length=2, max_length=2)] | None = Field(
        default=None,
        description='`["10:00", "18:00"]` of each person\'s day: narrows what the law permits',
    )
    quiet_hours_reason: Line | None = Field(
        default=None, description="Why the law's hours do not apply; needed with `override`"
    )
    hold_out_percent: Annotated[int, Field(ge=0, le=99)] = 0


class ChangedCampaign(NewCampaign):
    """A draft to replace, if it still has this version."""

    version: Version


class ProgressShown(Answer):
    """Running totals: planned = sent + refused + suppressed + not_renderable + held_out + in_doubt
    + cancelled once the campaign has ended."""

    planned: int
    sent: int
    refused: int
    suppressed: int
    not_renderable: int
    held_out: int
    in_doubt: int
    cancelled: int
    reasons: dict[str, int] = Field(description="By `fate:reason`")
    excluded: dict[str, int] = Field(description="Subscribers who were no candidates, by reason")
    variants: dict[str, int] = Field(description="By `variant:fate`, of texts handed over")
    clicks: dict[str, int] = Field(description="By `variant:link`, once per person and hour")
    opt_outs: int = Field(description="People who texted STOP and whom this campaign texted last")
    parts_sent: int
    rate_per_second: float = Field(description="Message parts a second from first to last text")


class Launching(Body):
    """How to launch; an empty body will do."""

    allow_empty: bool = Field(default=False, description="Even if nobody would be texted")
    schedule_at: ScheduleTime | None = Field(
        default=None,
        description="Start then: `2026-11-27T15:00:00Z`, or, with `recipient_local`, a wall clock "
        "without an offset: `2026-11-27T10:00:00`",
    )
    recipient_local: bool = Field(
        default=False, description="`schedule_at` is the time at each person's own place"
    )


class ApprovalShown(Answer):
    """A second person's consent to what was rehearsed."""

    by: str
    at: str


class CampaignShown(Answer):
    """A campaign."""

    campaign_id: str
    name: str
    programme_id: str
    segment_id: str
    body: str
    locale: str | None
    others: dict[str, str]
    template: str | None = Field(description="The stored version it was taken from, `t_…@2`")
    variants: list[VariantWritten]
    quiet_hours: Literal["legal", "override"]
    hours: list[str] | None
    quiet_hours_reason: str | None
    hold_out_percent: int
    status: Status
    version: int
    created_at: str
    created_by: str
    launched_at: str | None
    starts_at: str | None = Field(description="When it is to start, where that was put off")
    local_time: str | None = Field(description="The time of day at each person's own place")
    rehearsed_at: str | None
    approval: ApprovalShown | None
    progress: ProgressShown | None = Field(description="Absent in lists")


class CampaignPage(Answer):
    items: list[CampaignShown]
    next_cursor: NextCursor = None
