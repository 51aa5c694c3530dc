"""Standings, their chained events and their evidence; a change is one transaction or nothing.

The standing is the subscriber's item, so that DynamoDB itself puts each change before or after each
claim of a campaign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from assent.audience.subscriber import Subscriber
from assent.aws import subscriber_item as packed
from assent.aws.agenda import agenda_item
from assent.aws.answers import code_of, fact_of, not_now, translated
from assent.aws.event_items import event_item, event_of, evidence_of
from assent.aws.outbox import notice_item
from assent.aws.tables import (
    AgendaItem,
    ConsentEventItem,
    EvidenceItem,
    InputItem,
    NoticeItem,
    OpenRequestItem,
    bind,
)
from assent.clock import iso, parse_iso
from assent.consent.model import OpenRequest
from assent.errors import (
    AlreadyAppliedError,
    AssentError,
    ChangedMeanwhileError,
    SettingsError,
)
from assent.identifiers import ProgrammeId, SubscriberKey
from assent.provider_opt_outs.outbox import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock
    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import ConsentChange, Standing

# Queues and carriers repeat an input for days, not for months; withdrawals never expire.
INPUTS_REMEMBERED = timedelta(days=45)
# A request's texts count against the limit of the 30 days after them.
REQUESTS_KEPT = timedelta(days=45)
_CHANGED = ("ConditionalCheckFailed", "TransactionConflict")
_NOT_NOW = ("ProvisionedThroughputExceeded", "ThrottlingError")


@dataclass(frozen=True, slots=True)
class ConsentTables:
    """The names of the tables that a consent change writes to. Who only reads has no `outbox`."""

    subscribers: str
    events: str
    evidence: str
    control: str
    outbox: str = ""


class DynamoConsentStore:
    """A `ConsentStore`."""

    def __init__(self, client: DynamoDBClient, tables: ConsentTables, clock: Clock) -> None:
        self._client = client
        self._subscribers = tables.subscribers
        self._clock = clock
        self._events = bind(ConsentEventItem, tables.events, client)
        self._evidence = bind(EvidenceItem, tables.evidence, client)
        self._inputs = bind(InputItem, tables.control, client)
        self._requests = bind(OpenRequestItem, tables.control, client)
        self._agenda = bind(AgendaItem, tables.control, client)
        self._notices = bind(NoticeItem, tables.outbox, client) if tables.outbox else None

    def standing(self, subscriber_key: SubscriberKey) -> Standing | None:
        item = self._item(subscriber_key)
        return packed.subscriber_of(item).standing if item else None

    def profile(self, subscriber_key: SubscriberKey) -> Mapping[str, object]:
        """Return what is held of the person beside consent; empty for a number never seen."""
        item = self._item(subscriber_key)
        return packed.subscriber_of(item).profile if item else {}

    def open_request(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId
    ) -> OpenRequest | None:
        try:
            with translated():
                item = self._requests.get(
                    request_pk(subscriber_key, programme_id), consistent_read=True
                )
        except self._requests.DoesNotExist:
            return None
        return _request_of(item)

    def open_requests(
        self, subscriber_key: SubscriberKey, programme_ids: Sequence[ProgrammeId]
    ) -> Sequence[OpenRequest]:
        # One get each: a brand has a handful of programmes, a batch would need a right of its own.
        found = (self.open_request(subscriber_key, each) for each in programme_ids)
        return [request for request in found if request is not None]

    def save_request(self, request: OpenRequest, *, expected_attempts_left: int) -> None:
        item = OpenRequestItem
        condition = (
            (item.attempts_left == expected_attempts_left)
            & (item.epoch == request.epoch)
            & (item.is_open == request.is_open)
            & (item.code_hash == request.code_hash)
            & (item.texted_at == [iso(at) for at in request.texted_at])
            & (
                item.remind_at.does_not_exist()
                if request.remind_at is None
                else item.remind_at == request.remind_at
            )
        )
        with translated(ChangedMeanwhileError("The request was changed meanwhile.")):
            self._request_item(request).save(condition=condition)

    def commit(self, change: ConsentChange) -> None:
        """Also raises TryAgainError: then the change may stand, and asking again will tell."""
        try:
            self._client.transact_write_items(TransactItems=list(self._writes(change)))
        except ClientError as error:
            has_dedupe = change.dedupe_key is not None
            raise (_refusal(error, has_dedupe=has_dedupe) or error) from error
        except BotoCoreError as error:
            raise (fact_of(error) or error) from error

    def is_applied(self, dedupe_key: str) -> bool:
        try:
            with translated():
                self._inputs.get(_input_pk(dedupe_key), consistent_read=True)
        except self._inputs.DoesNotExist:
            return False
        return True

    def history(
        self, subscriber_key: SubscriberKey
    ) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
        with translated():
            events = [event_of(i) for i in self._events.query(subscriber_key, consistent_read=True)]
            evidence = {
                item.seq: evidence_of(item)
                for item in self._evidence.query(subscriber_key, consistent_read=True)
            }
        return [(event, evidence.get(event.seq)) for event in events]

    def _item(self, subscriber_key: SubscriberKey) -> Mapping[str, Any] | None:
        with translated():
            answer = self._client.get_item(
                TableName=self._subscribers,
                Key={packed.KEY: {"S": subscriber_key}},
                ConsistentRead=True,
            )
        return answer.get("Item")

    def _writes(self, change: ConsentChange) -> Iterator[Any]:
        if change.dedupe_key is not None:
            item = self._inputs(
                _input_pk(change.dedupe_key), expires_at=self._in(INPUTS_REMEMBERED)
            )
            yield _put(item, condition=InputItem.pk.does_not_exist())
        yield self._subscriber_write(change)
        for event, evidence in change.events:
            entry = event_item(self._events, event)
            yield _put(entry, condition=ConsentEventItem.seq.does_not_exist())
            proof = self._evidence(
                event.subscriber_key, event.seq, salt=evidence.salt, facts=dict(evidence.facts)
            )
            yield _put(proof, condition=EvidenceItem.seq.does_not_exist())
        if change.open_request is not None:
            yield _put(self._request_item(change.open_request))
        if change.tell_provider:
            yield self._notice_write(change)
        for due in change.due:
            yield _put(agenda_item(self._agenda, due))

    def _notice_write(self, change: ConsentChange) -> dict[str, Any]:
        if self._notices is None:
            message = "A store without an outbox must not change who is opted out."
            raise SettingsError(message)
        asked_at = change.events[-1][0].at
        notice = Notice(change.after.subscriber_key, change.after.seq, asked_at)
        return _put(notice_item(self._notices, notice))

    def _subscriber_write(self, change: ConsentChange) -> dict[str, Any]:
        if change.before is not None:
            return {"Update": {"TableName": self._subscribers, **_update_of(change, change.before)}}
        phone = change.after.phone
        subscriber = Subscriber(
            standing=change.after,
            country=phone.country if phone else "ZZ",
            created_at=change.events[0][0].at if change.events else self._clock.now(),
            profile=change.profile or {},
        )
        return {
            "Put": {
                "TableName": self._subscribers,
                "Item": packed.item_of(subscriber),
                "ConditionExpression": f"attribute_not_exists({packed.KEY})",
            }
        }

    def _request_item(self, request: OpenRequest) -> OpenRequestItem:
        return self._requests(
            request_pk(request.subscriber_key, request.programme_id),
            subscriber_key=request.subscriber_key,
            programme_id=request.programme_id,
            epoch=request.epoch,
            locale=request.locale,
            requested_at=request.requested_at,
            request_expires_at=request.expires_at,
            code_hash=request.code_hash,
            attempts_left=request.attempts_left,
            texted_at=[iso(at) for at in request.texted_at],
            profile=dict(request.profile),
            is_open=request.is_open,
            remind_at=request.remind_at,
            expires_at=self._in(REQUESTS_KEPT),
        )

    def _in(self, span: timedelta) -> int:
        return int((self._clock.now() + span).timestamp())


def _update_of(change: ConsentChange, before: Standing) -> dict[str, Any]:
    """Write the standing as it shall be; claims stay, since their version is a condition."""
    written = packed.standing_values(change.after)
    optional = (
        packed.PHONE,
        packed.STOPPED_AT,
        packed.HOLD,
        packed.PAUSED_UNTIL,
        packed.RESTRICTED_AT,
        packed.KEPT_AT,
    )
    unset = [attribute for attribute in optional if attribute not in written]
    if change.forget:
        unset += packed.ENGAGEMENT.values()
    names: dict[str, str] = {}
    values = {f":{name}": value for name, value in written.items()}
    sets = [f"{name} = :{name}" for name in written]
    if change.forget:
        values[":none"] = {"M": {}}
        sets.append(f"{packed.PROFILE} = :none")
    merged = {} if change.forget else change.profile or {}
    for index, (name, value) in enumerate(packed.packed_profile(merged).items()):
        names[f"#f{index}"] = name
        values[f":f{index}"] = value
        sets.append(f"{packed.PROFILE}.#f{index} = :f{index}")
    values[":before"] = packed.number(before.seq)
    values[":claims"] = packed.number(before.claims_version)
    expression = f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(unset)}" if unset else "")
    update = {
        "Key": {packed.KEY: {"S": before.subscriber_key}},
        "UpdateExpression": expression,
        "ConditionExpression": f"{packed.SEQ} = :before AND {packed.CLAIMS_VERSION} = :claims",
        "ExpressionAttributeValues": values,
    }
    return {**update, "ExpressionAttributeNames": names} if names else update


def _put(item: Any, condition: Any = None) -> dict[str, Any]:
    return {"Put": item.get_save_kwargs_from_instance(condition=condition)}


def _refusal(error: ClientError, *, has_dedupe: bool) -> AssentError | None:
    """Return what a cancelled transaction says. The dedupe key, written first, is the strongest
    answer: an input that was applied has of course moved the standing on, too."""
    if code_of(error) != "TransactionCanceledException":
        return fact_of(error)
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = [str(reason.get("Code", "")) for reason in reasons]
    if has_dedupe and codes and codes[0] == "ConditionalCheckFailed":
        return AlreadyAppliedError("This input was applied before.")
    if any(code in _CHANGED for code in codes):
        return ChangedMeanwhileError("The standing was changed meanwhile.")
    return not_now() if any(code in _NOT_NOW for code in codes) else None


def _request_of(item: OpenRequestItem) -> OpenRequest:
    return OpenRequest(
        subscriber_key=SubscriberKey(item.subscriber_key),
        programme_id=ProgrammeId(item.programme_id),
        epoch=int(item.epoch),
        locale=item.locale,
        requested_at=item.requested_at,
        expires_at=item.request_expires_at,
        code_hash=item.code_hash,
        attempts_left=int(item.attempts_left),
        texted_at=tuple(parse_iso(text) for text in item.texted_at),
        profile=item.profile,
        is_open=item.is_open,
        remind_at=item.remind_at,
    )


def request_pk(subscriber_key: SubscriberKey, programme_id: ProgrammeId) -> str:
    """Return the key of the last request of a number to a programme."""
    return f"request#{subscriber_key}#{programme_id}"


def _input_pk(dedupe_key: str) -> str:
    return f"input#{dedupe_key}"
