"""Everything that is held of one number, as its owner may ask for it: one copy to keep or to carry
elsewhere (JSON), one page to read.

Both are made of the same document, so that the page cannot say less than the file.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso
from assent.evidence.staff_audit import Question
from assent.identifiers import ProgrammeId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from assent.audience.subscriber import Subscriber, SubscriberScan
    from assent.clock import Clock
    from assent.consent.model import ConsentStore, OpenRequest, PhoneKeys, Standing
    from assent.evidence.history import HistoryEntry, HistoryService
    from assent.evidence.sources import Texts
    from assent.evidence.staff_audit import StaffAudit
    from assent.identifiers import Ids, SubscriberKey
    from assent.inbound.inbox import InboxItem
    from assent.messages.ledger import LedgerRow
    from assent.phone import PhoneNumber

FORMAT = "assent-access-1"
LINK_VALID_FOR = timedelta(minutes=15)
_AUDIT_PAGE = 100
_LINK = re.compile(r"https?://[^\s]+")

Document = dict[str, object]


class Replies(Protocol):
    """What people wrote to us, by person."""

    def of(self, subscriber_key: SubscriberKey) -> Sequence[InboxItem]:
        """Return everything of one person's that staff may read, oldest first."""
        ...


class Papers(Protocol):
    """Where files for a reader lie for a few days."""

    def put(self, name: str, body: str, content_type: str) -> None: ...

    def link(self, name: str, valid_for: timedelta) -> str:
        """Return a URL that serves the file until `valid_for` has passed."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """The stores that hold something of a person."""

    people: SubscriberScan
    history: HistoryService
    requests: ConsentStore
    texts: Texts
    replies: Replies
    audit: StaffAudit


@dataclass(frozen=True, slots=True)
class Copy:
    """The two files of one answer, and until when their links work."""

    subscriber_key: SubscriberKey
    file: str
    page: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Copies:
    """Answers requests for access and portability (GDPR Articles 15 and 20). `draw` makes a page
    of a document."""

    held: Held
    papers: Papers
    draw: Callable[[Mapping[str, object]], str]
    keys: PhoneKeys
    clock: Clock
    ids: Ids

    def make(self, phone: PhoneNumber) -> Copy:
        """Write both files and return their links. A number never seen has a copy, too: it says
        that nothing is held. Raises TryAgainError."""
        document = self.document(phone)
        now, name = self.clock.now(), f"access/{self.ids.new('acc')}"
        text = json.dumps(document, ensure_ascii=False, indent=1)
        self.papers.put(f"{name}.json", text, "application/json; charset=utf-8")
        self.papers.put(f"{name}.html", self.draw(document), "text/html; charset=utf-8")
        return Copy(
            subscriber_key=self.keys.key_of(phone),
            file=self.papers.link(f"{name}.json", LINK_VALID_FOR),
            page=self.papers.link(f"{name}.html", LINK_VALID_FOR),
            until=now + LINK_VALID_FOR,
        )

    def document(self, phone: PhoneNumber) -> Document:
        """Return all that is held of a number, in the documented shape."""
        key = self.keys.key_of(phone)
        subscriber = self.held.people.by_keys([key]).get(key)
        history = self.held.history.history(phone)
        named = {e.event.programme_id for e in history if e.event.programme_id}
        requests = self.held.requests.open_requests(key, sorted(map(ProgrammeId, named)))
        rows = self.held.texts.of(key)
        return {
            "format": FORMAT,
            "made_at": iso(self.clock.now()),
            "phone": phone.e164,
            "subscriber_key": key,
            "number_is_stored": bool(subscriber and subscriber.standing.phone),
            **_person(subscriber),
            "requests": [_request(each) for each in requests],
            "events": [_event(each) for each in history],
            "texts": [_text(row) for row in rows],
            "links": sorted({link for row in rows for link in _LINK.findall(row.body)}),
            "replies": [_reply(each) for each in self.held.replies.of(key)],
            "staff_access": self._staff_access(key),
        }

    def _staff_access(self, key: SubscriberKey) -> Document:
        """Count, and name nobody: who of the staff it was is their personal data."""
        actions: Counter[str] = Counter()
        first = last = None
        before, is_over = None, False
        while not is_over:
            page, before = self.held.audit.page(
                Question(subscriber_key=key), before=before, limit=_AUDIT_PAGE
            )
            for each in page:
                actions[each.entry.deed.action.value] += 1
                first, last = each.entry.at, last or each.entry.at
            is_over = before is None
        return {
            "entries": sum(actions.values()),
            "by_action": dict(sorted(actions.items())),
            "first_at": _at(first),
            "last_at": _at(last),
        }


def _person(subscriber: Subscriber | None) -> Document:
    if subscriber is None:
        return {"state": None, "profile": {}, "engagement": [], "consents": [], "claims": []}
    standing = subscriber.standing
    return {
        "state": {**_state(standing), "country": subscriber.country},
        "profile": dict(subscriber.profile),
        "engagement": [
            {"act": act.value, "total": activity.total, "last_at": iso(activity.last_at)}
            for act, activity in subscriber.engagement.items()
        ],
        "consents": [
            {"programme_id": name, "status": consent.status.value, "since": iso(consent.at)}
            for name, consent in sorted(standing.consents.items())
        ],
        "claims": [
            {"campaign_id": claim.campaign_id, "at": iso(claim.at)}
            for claim in standing.claims.values()
        ],
    }


def _state(standing: Standing) -> Document:
    return {
        "stopped_at": _at(standing.stopped_at),
        "held_since": _at(standing.hold.at if standing.hold else None),
        "paused_until": _at(standing.paused_until),
        "restricted_since": _at(standing.restricted_at),
        "legal_hold_since": _at(standing.kept_at),
    }


def _request(request: OpenRequest) -> Document:
    return {
        "programme_id": request.programme_id,
        "requested_at": iso(request.requested_at),
        "expires_at": iso(request.expires_at),
        "is_open": request.is_open,
        "locale": request.locale,
        "profile": dict(request.profile),
        "texted_at": [iso(at) for at in request.texted_at],
    }


def _event(entry: HistoryEntry) -> Document:
    return {
        **entry.event.as_facts(),
        "evidence": dict(entry.evidence.facts) if entry.evidence else None,
        "hash": entry.event.hash,
        "is_intact": entry.is_intact,
    }


def _text(row: LedgerRow) -> Document:
    return {
        "sent_at": iso(row.claimed_at),
        "purpose": row.purpose.value,
        "outcome": row.outcome.value,
        "programme_id": row.programme_id,
        "campaign_id": row.campaign_id,
        "body": row.body,
        "provider_message_id": row.provider_message_id,
    }


def _reply(item: InboxItem) -> Document:
    """What staff noted of it is about the person, so it is theirs to see."""
    decision = item.decision
    return {
        "at": iso(item.at),
        "body": item.body,
        "reason": item.reason,
        "verdict": decision.verdict.value if decision else None,
        "note": decision.note if decision else None,
    }


def _at(instant: datetime | None) -> str | None:
    return iso(instant) if instant else None
