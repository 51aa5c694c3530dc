"""Routes by which staff and other systems report attributes and behaviour of known people.

A call is answered row by row; under one Idempotency-Key it is done once as a whole, and what a
crash left undone is completed without counting a row twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from assent.audience.facts import Facts, Reported
from assent.consent.model import PhoneKeys
from assent.errors import InputError
from assent.evidence.staff_audit import StaffAudit
from assent.flows.enrolling import Reporting
from assent.http.idempotency import Once
from assent.http.parameters import IdempotencyKey
from assent.http.previews import PreviewServices, add_previews
from assent.http.resolver import Api
from assent.http.shapes_subscribers import (
    BehaviourEvent,
    BehaviourEvents,
    Description,
    Descriptions,
    RowReported,
    RowsReported,
)
from assent.identifiers import Ids, SubscriberKey
from assent.phone import PhoneNumber
from assent.telemetry import count, record


@dataclass(frozen=True, slots=True)
class SubscriberServices:
    """What these routes need."""

    facts: Facts
    flows: Reporting
    keys: PhoneKeys
    once: Once
    ids: Ids
    audit: StaffAudit
    previews: PreviewServices


def subscribers_api(services: Callable[[], SubscriberServices]) -> Api:
    """Return the routes; `services` is first asked when a request comes."""
    api = Api(is_staff=True, audit=lambda: services().audit)

    @api.put("/v1/subscribers/attributes", tags=["Subscribers"])
    def describe(body: Descriptions, idempotency_key: IdempotencyKey = None) -> RowsReported:
        """Set attributes and profile entries of up to 100 people. Nobody becomes known by it, and
        no consent changes."""
        known = services()
        keys = _Keys(known.keys, body.items)
        api.concerns(*keys.distinct())

        def work() -> str:
            rows = [
                _row(index, partial(_described, known.facts, keys, index, row))
                for index, row in enumerate(body.items)
            ]
            return _told("attributes_set", "AttributesSet", rows, api.staff.subject)

        scope = f"attributes {api.staff.subject}"
        answer = known.once.run(scope, idempotency_key, body.model_dump_json(), work)
        return RowsReported.model_validate_json(answer)

    @api.post("/v1/behaviour-events", tags=["Subscribers"])
    def behave(body: BehaviourEvents, idempotency_key: IdempotencyKey = None) -> RowsReported:
        """Record up to 100 purchases and visits. An event counts once per person under its
        `event_id`, or under the call's Idempotency-Key and its place."""
        known = services()
        keys = _Keys(known.keys, body.items)
        api.concerns(*keys.distinct())
        call = idempotency_key or known.ids.new("b")
        named = known.keys.mac("behaviour", f"{api.staff.subject} {call}")

        def work() -> str:
            rows = [
                _row(index, partial(_behaved, known, keys, index, row, named))
                for index, row in enumerate(body.items)
            ]
            return _told("behaviour_recorded", "BehaviourRecorded", rows, api.staff.subject)

        scope = f"behaviour {api.staff.subject}"
        answer = known.once.run(scope, idempotency_key, body.model_dump_json(), work)
        return RowsReported.model_validate_json(answer)

    add_previews(api, lambda: services().previews)
    return api.ready()


class _Keys:
    """The keys of the rows' numbers, each asked for once; an unusable number raises when used."""

    def __init__(self, keys: PhoneKeys, rows: Sequence[Description | BehaviourEvent]) -> None:
        self._found = [_key_or_error(keys, row) for row in rows]

    def distinct(self) -> list[SubscriberKey]:
        return list(dict.fromkeys(k for k in self._found if not isinstance(k, InputError)))

    def of(self, index: int) -> SubscriberKey:
        found = self._found[index]
        if isinstance(found, InputError):
            raise found
        return found


def _key_or_error(keys: PhoneKeys, row: Description | BehaviourEvent) -> SubscriberKey | InputError:
    try:
        return keys.key_of(PhoneNumber.parse(row.phone, row.country))
    except InputError as error:
        return error


def _row(index: int, work: Callable[[], Reported]) -> RowReported:
    try:
        return RowReported(index=index, status=work().value)
    except InputError as error:
        return RowReported(index=index, status="invalid", code=error.code, field=error.field)


def _described(facts: Facts, keys: _Keys, index: int, row: Description) -> Reported:
    profile = row.profile.model_dump(exclude_unset=True) if row.profile else {}
    return facts.described(keys.of(index), profile, row.attributes)


def _behaved(
    known: SubscriberServices, keys: _Keys, index: int, row: BehaviourEvent, call: str
) -> Reported:
    """Count the act, then let its person into the flows that wait for it. A repeated report tries
    that again, because a crash may have come between the two."""
    event_id = row.event_id or f"{call}#{index}"
    reported = known.facts.behaved(keys.of(index), row.kind, row.at, event_id)
    if reported in {Reported.DONE, Reported.REPEATED}:
        count("FlowEntered", known.flows.reported(keys.of(index), row.kind, row.at))
    return reported


def _told(event: str, metric: str, rows: list[RowReported], actor: str) -> str:
    done = sum(row.status == Reported.DONE.value for row in rows)
    count(metric, done)
    record(event, {"reason": "reported", "rows": len(rows), "done": done, "by": actor})
    return RowsReported(items=rows).model_dump_json()
