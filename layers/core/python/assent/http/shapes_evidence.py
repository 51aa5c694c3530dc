"""What a reviewer is shown: consents, their history, texts, and exports."""

from typing import Annotated, Literal

from pydantic import Field

from assent.http.fields import Answer, Body, Id, Instant, Json, NextCursor
from assent.http.shapes_decisions import RuleShown


class EventShown(Answer):
    """One entry of a number's consent history, with what its hash covers."""

    seq: int
    type: str
    at: str
    source: str
    programme_id: str | None = Field(description="Absent: every programme of the brand")
    epoch: int
    provider_at: str | None
    facts: Json
    evidence: Json | None = Field(description="Absent once erased")
    evidence_digest: str
    previous_hash: str
    hash: str
    is_intact: bool = Field(description="Whether chain and evidence are what the hashes say")


class HistoryPage(Answer):
    subscriber_key: str
    items: list[EventShown]
    next_cursor: NextCursor = None


class ConsentShown(Answer):
    """The standing with one programme at one instant, and the events that decide it."""

    programme_id: str
    at: str
    status: str
    stopped: bool
    held: bool
    may_be_texted: bool = Field(description="Confirmed, and neither stopped nor held")
    decided_by: EventShown | None = Field(description="What led to `status`; absent: nothing did")
    events: list[EventShown] = Field(
        description="All that ever changed this answer, in the order in which they count"
    )


class ConsentPage(Answer):
    subscriber_key: str
    at: str
    as_known: bool
    stopped: bool = Field(description="Whether a brand-wide opt-out stood, programmes or none")
    held: bool = Field(description="Whether marketing rested until a reply was read")
    items: list[ConsentShown]
    next_cursor: NextCursor = None


class MessageShown(Answer):
    """One text and its fate."""

    message_id: str
    sent_at: str
    purpose: str
    outcome: str
    reason: str | None
    campaign_id: str | None
    programme_id: str | None
    body: str
    parts: int
    provider_message_id: str | None
    decision: list[RuleShown] | None = Field(
        description="The rules that permitted a campaign's text, with their inputs as they were"
    )


class MessagePage(Answer):
    items: list[MessageShown]
    next_cursor: NextCursor = None


DatasetName = Literal["consent_events", "current_consents", "messages", "opt_outs", "staff_audit"]
StatusName = Literal["pending", "confirmed", "withdrawn", "expired"]


class NewExport(Body):
    """What to export: rows from one instant to another, all or only some."""

    since: Annotated[Instant, Field(alias="from")]
    until: Annotated[Instant, Field(alias="to", description="Cut to now when it is later")]
    datasets: list[DatasetName] = Field(default=["consent_events"], min_length=1, max_length=5)
    file_format: Literal["csv", "jsonl"] = "csv"
    programme_id: Id | None = None
    statuses: list[StatusName] = Field(
        default_factory=list, max_length=4, description="Only people who have one of these today"
    )
    phones: Annotated[
        list[Annotated[str, Field(max_length=40)]] | None,
        Field(min_length=1, max_length=1000, description="Only these numbers"),
    ] = None


class NewDossier(Body):
    """Whose dossier."""

    phone: Annotated[str, Field(max_length=40)]


class ExportShown(Answer):
    """An export. `link` is there while it is done and dies after 15 minutes; read again for one."""

    export_id: str
    status: str
    since: Annotated[str, Field(alias="from")]
    until: Annotated[str, Field(alias="to")]
    datasets: list[str]
    file_format: str
    programme_id: str | None
    statuses: list[str]
    numbers: int | None = Field(description="How many numbers it is limited to; absent: to none")
    as_dossier: bool = Field(description="Whether it is one number's dossier, with its page")
    stage: str | None = Field(description="What is being written")
    requested_by: str
    created_at: str
    finished_at: str | None
    rows: int
    bytes: int
    link: str | None = None


class ExportPage(Answer):
    items: list[ExportShown]
    next_cursor: NextCursor = None
