"""The items of every table as PynamoDB models, bound to a table name only when an adapter is made.

Importing therefore needs no environment. The subscriber's own item is not here: it is claimed once
per text and has a codec of its own, `subscriber_item.py`.
"""

from __future__ import annotations

import types
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar, cast

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.constants import STRING
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from assent.clock import iso, parse_iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

M = TypeVar("M", bound=Model)


def bind(model: type[M], table_name: str, client: DynamoDBClient) -> type[M]:
    """Return `model` as a model of the table called `table_name`, reached through `client`.

    PynamoDB would make a client of its own per model, with its own defaults of 30 s and 4 attempts.
    """
    meta = type("Meta", (), {"table_name": table_name})
    made = types.new_class(model.__name__, (model,), {}, lambda body: body.update(Meta=meta))
    bound = cast("type[M]", made)
    bound._get_connection().connection._client = client  # type: ignore[assignment]
    return bound


class InstantAttribute(Attribute[datetime]):
    """An instant as fixed-width ISO text: readable in the console, ordered as time is."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return iso(value)

    def deserialize(self, value: str) -> datetime:
        return parse_iso(value)


class ByDay(GlobalSecondaryIndex["ConsentEventItem"]):  # type: ignore[no-untyped-call]
    """The log in order of time, a day in several partitions."""

    class Meta:
        index_name = "by_day"
        projection = AllProjection()

    day_shard = UnicodeAttribute(hash_key=True)
    at_id = UnicodeAttribute(range_key=True)


class ConsentEventItem(Model):
    """One entry of the chained history. No TTL: it is the evidence."""

    subscriber_key = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)
    day_shard = UnicodeAttribute()
    at_id = UnicodeAttribute()
    type = UnicodeAttribute()
    at = InstantAttribute()
    source = UnicodeAttribute()
    programme_id = UnicodeAttribute(null=True)
    epoch = NumberAttribute()
    evidence_digest = UnicodeAttribute()
    previous_hash = UnicodeAttribute(null=True)
    provider_at = InstantAttribute(null=True)
    facts = JSONAttribute()
    by_day = ByDay()


class EvidenceItem(Model):
    """The personal proof of one event; this is what erasure deletes."""

    subscriber_key = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)
    salt = UnicodeAttribute()
    facts = JSONAttribute()


class ControlItem(Model):
    """Anything short-lived under one key; `expires_at` are epoch seconds."""

    pk = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()


class InputItem(ControlItem):
    """An input that was applied, so that it is not applied twice."""


class OpenRequestItem(ControlItem):
    """The last opt-in of one number and programme."""

    subscriber_key = UnicodeAttribute()
    programme_id = UnicodeAttribute()
    epoch = NumberAttribute()
    locale = UnicodeAttribute()
    requested_at = InstantAttribute()
    request_expires_at = InstantAttribute()
    code_hash = UnicodeAttribute()
    attempts_left = NumberAttribute()
    texted_at: ListAttribute[str] = ListAttribute()
    profile = JSONAttribute()
    is_open = BooleanAttribute()
    remind_at = InstantAttribute(null=True)


class ByDue(GlobalSecondaryIndex["AgendaItem"]):  # type: ignore[no-untyped-call]
    """The agenda in order of time. Other items of the table have no `due_shard`."""

    class Meta:
        index_name = "by_due"
        projection = AllProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = InstantAttribute(range_key=True)


class AgendaItem(Model):
    """One number and programme to look at again. No TTL: it is dropped when it is dealt with."""

    pk = UnicodeAttribute(hash_key=True)
    subscriber_key = UnicodeAttribute()
    programme_id = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute()
    due_at = InstantAttribute()
    by_due = ByDue()


class IdempotencyItem(ControlItem):
    """A client's Idempotency-Key; without an answer it is a reservation."""

    fingerprint = UnicodeAttribute()
    reserved_at = NumberAttribute()
    answer = UnicodeAttribute(null=True)


class LinkItem(ControlItem):
    """A link in a text, under the hash of its token."""

    purpose = UnicodeAttribute()
    subscriber_key = UnicodeAttribute()
    programme_id = UnicodeAttribute()
    epoch = NumberAttribute()
    link_expires_at = InstantAttribute()


class SessionItem(ControlItem):
    """A browser of a member of staff, under the hash of its id."""

    proof = UnicodeAttribute()
    until = InstantAttribute()
    username = UnicodeAttribute()
    id_token = UnicodeAttribute(null=True)
    access_token = UnicodeAttribute(null=True)
    refresh_token = UnicodeAttribute(null=True)
    renew_at = InstantAttribute(null=True)
    step = UnicodeAttribute(null=True)
    ticket = UnicodeAttribute(null=True)


class SweepItem(ControlItem):
    """How far the provider's opt-out list has been read."""

    cursor = UnicodeAttribute(null=True)
    started_at = InstantAttribute()


class NoticeItem(Model):
    """A number whose entry on the provider's opt-out list may be out of step. No TTL."""

    shard = UnicodeAttribute(hash_key=True)
    subscriber_key = UnicodeAttribute(range_key=True)
    seq = NumberAttribute()
    asked_at = InstantAttribute()
    due_at = InstantAttribute()
    state = UnicodeAttribute()


class ProgrammeItem(Model):
    """A programme: part `definition`."""

    programme_id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    brand = UnicodeAttribute()
    description = UnicodeAttribute()
    max_per_month = NumberAttribute()
    countries: ListAttribute[str] = ListAttribute()
    locales: ListAttribute[str] = ListAttribute()
    terms_url = UnicodeAttribute()
    privacy_url = UnicodeAttribute()
    topics: ListAttribute[str] = ListAttribute()
    version = NumberAttribute()
    terms = JSONAttribute(null=True)
    origins: ListAttribute[str] = ListAttribute(null=True)
    classes = JSONAttribute(null=True)


class DisclosureItem(Model):
    """A published wording: part `disclosure#<locale>#<version>`."""

    programme_id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    locale = UnicodeAttribute()
    version = NumberAttribute()
    text = UnicodeAttribute()
    published_at = InstantAttribute()


class SegmentItem(Model):
    """A saved rule."""

    segment_id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    rule = JSONAttribute()
    version = NumberAttribute()


class LedgerItem(Model):
    """One text and its fate."""

    subscriber_key = UnicodeAttribute(hash_key=True)
    sent_id = UnicodeAttribute(range_key=True)
    claimed_at = InstantAttribute()
    purpose = UnicodeAttribute()
    outcome = UnicodeAttribute()
    body = UnicodeAttribute()
    parts = NumberAttribute()
    campaign_id = UnicodeAttribute(null=True)
    programme_id = UnicodeAttribute(null=True)
    provider_message_id = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    variant = UnicodeAttribute(null=True)
    decision = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


class InboxSeenRow(Model):
    """Says that a text has landed, in whichever box."""

    box = UnicodeAttribute(hash_key=True)
    received_id = UnicodeAttribute(range_key=True)
    lies_in = UnicodeAttribute()
    lies_at = UnicodeAttribute()


class InboxRow(Model):
    """A text that a person should read."""

    box = UnicodeAttribute(hash_key=True)
    received_id = UnicodeAttribute(range_key=True)
    item_id = UnicodeAttribute()
    subscriber_key = UnicodeAttribute(null=True)
    body = UnicodeAttribute()
    at = InstantAttribute()
    reason = UnicodeAttribute()
    answers = UnicodeAttribute(null=True)
    verdict = UnicodeAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    decided_at = InstantAttribute(null=True)
    note = UnicodeAttribute(null=True)
    was_in = UnicodeAttribute(null=True)


class ByStatus(GlobalSecondaryIndex["CampaignItem"]):  # type: ignore[no-untyped-call]
    """Campaigns of one status, so that the reaper reads only those that run."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    status = UnicodeAttribute(hash_key=True)
    updated_at = InstantAttribute(range_key=True)


class CampaignItem(Model):
    """A campaign: part `definition`, the only part that carries a status."""

    campaign_id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    status = UnicodeAttribute()
    updated_at = InstantAttribute()
    name = UnicodeAttribute()
    definition = JSONAttribute()
    created_at = InstantAttribute()
    created_by = UnicodeAttribute()
    version = NumberAttribute()
    run = NumberAttribute()
    execution_id = UnicodeAttribute(null=True)
    frozen = JSONAttribute(null=True)
    editors = JSONAttribute(null=True)
    rehearsed = JSONAttribute(null=True)
    approval = JSONAttribute(null=True)
    order = JSONAttribute(null=True)
    by_status = ByStatus()


class CampaignRecordItem(Model):
    """A plan, a batch result or a log entry: written once, never changed."""

    campaign_id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    at = InstantAttribute(null=True)
    record = JSONAttribute()


class FlowItem(Model):
    """A flow, all of them in one partition so that they are listed by one consistent query. It has
    no `status` attribute, so no index and nobody who looks for campaigns meets it."""

    campaign_id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    created_at = InstantAttribute()
    record = JSONAttribute()
    version = NumberAttribute()


class ByFlowDue(GlobalSecondaryIndex["EnrolmentItem"]):  # type: ignore[no-untyped-call]
    """The agenda's index; a flow's people have partitions of their own."""

    class Meta:
        index_name = "by_due"
        projection = AllProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = InstantAttribute(range_key=True)


class EnrolmentItem(Model):
    """One person's way through one flow. It stays when it has ended, without the index's keys, for
    it says that the person was in the flow."""

    pk = UnicodeAttribute(hash_key=True)
    flow_id = UnicodeAttribute()
    subscriber_key = UnicodeAttribute()
    entry = NumberAttribute()
    entered_at = InstantAttribute()
    step = NumberAttribute()
    step_due_at = InstantAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    result = JSONAttribute(null=True)
    ended = UnicodeAttribute(null=True)
    version = NumberAttribute()
    by_due = ByFlowDue()


class FlowSweepItem(Model):
    """How far the day's look over all subscribers has come."""

    pk = UnicodeAttribute(hash_key=True)
    day = UnicodeAttribute()
    slices = NumberAttribute()
    next_slice = NumberAttribute()
