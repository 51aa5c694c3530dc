"""A consent store in memory with the same conditions as the real one."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.errors import AlreadyAppliedError, ChangedMeanwhileError
from assent.provider_opt_outs.outbox import Notice
from tests.fakes.in_memory_agenda import InMemoryAgenda
from tests.fakes.in_memory_outbox import InMemoryOutbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import ConsentChange, OpenRequest, Standing
    from assent.identifiers import ProgrammeId, SubscriberKey


class InMemoryConsentStore:
    """A `ConsentStore`; `profiles` shows what confirmations merged, `seed` loads a standing, and
    `outbox` and `agenda` are those that its transactions write to."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._standings: dict[SubscriberKey, Standing] = {}
        self._requests: dict[tuple[SubscriberKey, ProgrammeId], OpenRequest] = {}
        self._history: dict[SubscriberKey, list[tuple[ConsentEvent, Evidence | None]]] = {}
        self._applied: set[str] = set()
        self.profiles: dict[SubscriberKey, dict[str, object]] = {}
        self.outbox = InMemoryOutbox()
        self.agenda = InMemoryAgenda()

    def seed(self, standing: Standing) -> None:
        self._standings[standing.subscriber_key] = standing

    def erase_evidence(self, subscriber_key: SubscriberKey) -> None:
        events = self._history.get(subscriber_key, [])
        self._history[subscriber_key] = [(event, None) for event, _ in events]

    def forget(self, subscriber_key: SubscriberKey, *, before_seq: int, until: datetime) -> None:
        with self._lock:
            self._history[subscriber_key] = [
                (event, None if event.seq < before_seq else evidence)
                for event, evidence in self._history.get(subscriber_key, [])
            ]
            for key, request in list(self._requests.items()):
                if key[0] == subscriber_key and request.requested_at < until:
                    del self._requests[key]

    def standing(self, subscriber_key: SubscriberKey) -> Standing | None:
        return self._standings.get(subscriber_key)

    def profile(self, subscriber_key: SubscriberKey) -> Mapping[str, object]:
        return dict(self.profiles.get(subscriber_key, {}))

    def open_request(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId
    ) -> OpenRequest | None:
        return self._requests.get((subscriber_key, programme_id))

    def open_requests(
        self, subscriber_key: SubscriberKey, programme_ids: Sequence[ProgrammeId]
    ) -> Sequence[OpenRequest]:
        found = (self._requests.get((subscriber_key, name)) for name in programme_ids)
        return [request for request in found if request is not None]

    def save_request(self, request: OpenRequest, *, expected_attempts_left: int) -> None:
        key = (request.subscriber_key, request.programme_id)
        with self._lock:
            stored = self._requests.get(key)
            as_read = replace(request, attempts_left=expected_attempts_left)
            if stored is None or _guarded(stored) != _guarded(as_read):
                message = "another attempt was first"
                raise ChangedMeanwhileError(message)
            self._requests[key] = request

    def commit(self, change: ConsentChange) -> None:
        with self._lock:
            self._check(change)
            key = change.after.subscriber_key
            self._standings[key] = replace(
                change.after, consents=MappingProxyType(dict(change.after.consents))
            )
            self._history.setdefault(key, []).extend(change.events)
            if change.dedupe_key is not None:
                self._applied.add(change.dedupe_key)
            if change.open_request is not None:
                self._requests[key, change.open_request.programme_id] = change.open_request
            if change.forget:
                self.profiles.pop(key, None)
            elif change.profile is not None:
                self.profiles.setdefault(key, {}).update(change.profile)
            self.agenda.put(change.due)
            if change.tell_provider:
                self.outbox.replace(Notice(key, change.after.seq, change.events[-1][0].at))

    def is_applied(self, dedupe_key: str) -> bool:
        return dedupe_key in self._applied

    def history(
        self, subscriber_key: SubscriberKey
    ) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
        return list(self._history.get(subscriber_key, []))

    def _check(self, change: ConsentChange) -> None:
        if change.dedupe_key is not None and change.dedupe_key in self._applied:
            message = "this input was applied before"
            raise AlreadyAppliedError(message)
        stored = self._standings.get(change.after.subscriber_key)
        before = change.before
        is_same = (
            before is None
            if stored is None
            else before is not None
            and (stored.seq, stored.claims_version) == (before.seq, before.claims_version)
        )
        if not is_same:
            message = "the standing changed since it was read"
            raise ChangedMeanwhileError(message)


def _guarded(request: OpenRequest) -> tuple[object, ...]:
    """What must be as it was read when an attempt is used up."""
    return (
        request.attempts_left,
        request.epoch,
        request.is_open,
        request.code_hash,
        request.texted_at,
        request.remind_at,
    )
