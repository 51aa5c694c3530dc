"""Flows as staff write and read them."""

from typing import Annotated, Literal

from pydantic import Field

from assent.http.fields import Answer, Body, Id, Locale, Name, NextCursor, Text, Version

FlowState = Literal["draft", "active", "paused", "ended"]
Occasion = Literal["purchase", "visit", "sign_up", "anniversary", "inactivity"]
Days = Annotated[int, Field(ge=1, le=730)]


class TriggerWritten(Body):
    """What starts the flow for a person."""

    occasion: Occasion
    days: Days | None = Field(default=None, description="Without any act; for `inactivity` only")


class StepWritten(Body):
    """One text: a `body`, or a version of a stored template."""

    after_hours: Annotated[
        int, Field(ge=0, le=8760, description="After the occasion, or after the step before")
    ]
    body: Text | None = None
    locale: Locale | None = Field(default=None, description="Of the body: the programme's first")
    others: Annotated[dict[Locale, Text], Field(max_length=5, description="By locale")] = Field(
        default_factory=dict
    )
    template_id: Id | None = None
    template_version: Version | None = None


class NewFlow(Body):
    """What a marketer decides."""

    name: Name
    programme_id: Id
    trigger: TriggerWritten
    steps: Annotated[list[StepWritten], Field(min_length=1, max_length=8)]
    goal: Literal["purchase", "visit"] | None = Field(
        default=None, description="Behaviour after which the person gets no further step"
    )
    re_entry_days: Annotated[int, Field(ge=45, le=730)] | None = Field(
        default=None, description="After so many days people may enter again; never without it"
    )


class ChangedFlow(NewFlow):
    """A draft to replace, if it still has this version."""

    version: Version


class StepShown(Answer):
    """A step with its counters: people by fate, reasons by `fate:reason`."""

    after_hours: int
    body: str
    locale: str | None
    others: dict[str, str]
    template: str | None
    fates: dict[str, int] | None = Field(description="Absent in lists")
    reasons: dict[str, int] | None = Field(description="Absent in lists")
    parts_sent: int | None = Field(description="Absent in lists")


class FlowShown(Answer):
    """A flow."""

    flow_id: str
    name: str
    programme_id: str
    trigger: TriggerWritten
    steps: list[StepShown]
    goal: str | None
    re_entry_days: int | None
    status: FlowState
    version: int
    created_at: str
    created_by: str
    activated_at: str | None
    entered: int | None = Field(description="People and times; absent in lists")
    under_way: int | None = Field(description="Entered and not ended; absent in lists")
    ended: dict[str, int] | None = Field(description="By reason; absent in lists")


class FlowPage(Answer):
    items: list[FlowShown]
    next_cursor: NextCursor = None


class NoteShown(Answer):
    code: str
    detail: str


class StepTried(Answer):
    """One step's text for somebody of whom nothing is known."""

    step: int
    locale: str
    text: str | None = Field(description="None: nobody is texted without the data that is missing")
    missing: list[str]
    parts: int | None
    encoding: str | None
    adds_brand: bool
    adds_opt_out: bool


class FlowTried(Answer):
    """How the texts come out. `errors` forbid activation."""

    steps: list[StepTried]
    errors: list[NoteShown]
    warnings: list[NoteShown]
