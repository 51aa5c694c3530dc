"""The periodic review: what a compliance officer should look at once a week, counted and listed.

Built from the log's own index for the period, a page at a time; counters and the first few cases
are all that is held, so that a busy week takes longer and not more memory.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso
from assent.consent.events import EventType, Source
from assent.evidence.digest import DigestKind
from assent.evidence.positions import DAY_SHARDS
from assent.evidence.staff_audit import SHARDS, AuditOutcome, checked
from assent.identifiers import SubscriberKey
from assent.provider_opt_outs.outbox import NoticeState
from assent.rights.reports import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from assent.clock import Clock
    from assent.consent.events import ConsentEvent, Evidence
    from assent.evidence.digest import DigestStore
    from assent.evidence.sealing import EventLog
    from assent.evidence.sources import AuditLog, EventSource
    from assent.imports.model import ImportStore
    from assent.programmes.model import ProgrammeStore
    from assent.provider_opt_outs.outbox import Outbox
    from assent.rights.reports import ReportStore

FORMAT = "assent-review-1"
PERIOD = timedelta(days=7)
# Sealing closes each hour some minutes after it; two hours without a digest want a look.
_DIGEST_LATE = timedelta(hours=2)
_LATENCY_LATE = 60
_EXAMPLES = 50
_PAGE = 100
_AUDIT_PAGE = 500
# What proves a request that came by a form: where, in which words, from which address.
_FORM_PROOF = ("page_url", "ip")

Document = dict[str, object]


class Doubts(Protocol):
    """Texts of which nobody can know whether they left."""

    def since(self, at: datetime) -> Iterator[str | None]:
        """Yield the campaign of each such text claimed since `at`; None: it was of none."""
        ...


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The stores that a review looks at."""

    log: EventLog
    events: EventSource
    programmes: ProgrammeStore
    doubts: Doubts
    audit: AuditLog
    outbox: Outbox
    digests: DigestStore
    imports: ImportStore
    reports: ReportStore


@dataclass(frozen=True, slots=True)
class Review:
    """Builds and keeps reviews."""

    stores: Reviewed
    clock: Clock

    def make(self) -> tuple[str, Document]:
        """Review the seven whole days before today (UTC) and keep the report under the first of
        them. Safe to repeat. Raises TryAgainError."""
        until = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        since = until - PERIOD
        review_id = since.date().isoformat()
        counted = _Counted()
        for event, evidence in self._events(since, until):
            # What was erased since is no fault of whoever took the consent.
            is_erased = evidence is None and self._is_erased(event)
            counted.add(event, evidence, is_erased=is_erased)
        programmes = self._programmes(since, review_id)
        doubts = Counter(each or "" for each in self.stores.doubts.since(since))
        document: Document = {
            "format": FORMAT,
            "review_id": review_id,
            "from": iso(since),
            "to": iso(until),
            "made_at": iso(self.clock.now()),
            "events": counted.shown(),
            "evidence": counted.evidence(),
            "programmes": programmes,
            "opt_outs": counted.opt_outs(),
            "in_doubt": {"total": doubts.total(), "by_campaign": dict(doubts.most_common(20))},
            "staff": self._staff(since, until),
            "drift": self._drift(counted),
            "digests": self._digests(),
            "imports": self._imports(since),
            "retention": self._retention(since),
        }
        document["findings"] = findings(document)
        self.stores.reports.put(ReportKind.REVIEW, review_id, document)
        return review_id, document

    def _events(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[ConsentEvent, Evidence | None]]:
        for day in _days(since, until):
            for shard in range(DAY_SHARDS):
                for page in self._pages(day, shard, since, until):
                    refs = [_ref(position) for position in page]
                    found = self.stores.events.events(refs)
                    yield from (found[ref] for ref in refs if ref in found)

    def _pages(
        self, day: date, shard: int, since: datetime, until: datetime
    ) -> Iterator[Sequence[str]]:
        after, is_more = iso(since), True
        while is_more:
            page = self.stores.log.positions(
                day, shard, after=after, before=iso(until), limit=_PAGE
            )
            yield page
            is_more = len(page) == _PAGE
            after = page[-1] if page else after

    def _is_erased(self, event: ConsentEvent) -> bool:
        later = self.stores.log.following({event.subscriber_key: event.seq})
        return any(e.type is EventType.ERASED for e in later.get(event.subscriber_key, ()))

    def _programmes(self, since: datetime, review_id: str) -> list[Document]:
        """A text has changed when a wording was published in the period, or when the programme is
        not of the version that the review before saw."""
        found, _ = self.stores.reports.page(ReportKind.REVIEW, limit=1, before=review_id)
        seen = _versions(found[0][1]) if found else {}
        shown: list[Document] = []
        for programme in self.stores.programmes.programmes():
            name = programme.programme_id
            published = [
                {"locale": d.locale, "version": d.version, "published_at": iso(d.published_at)}
                for d in self.stores.programmes.latest_disclosures(name)
                if d.published_at >= since
            ]
            terms_changed = name in seen and seen[name] != programme.version
            shown.append(
                {
                    "programme_id": name,
                    "name": programme.name,
                    "version": programme.version,
                    "version_before": seen.get(name),
                    "published": published,
                    "changed": bool(published) or terms_changed,
                }
            )
        return shown

    def _staff(self, since: datetime, until: datetime) -> Document:
        actions: Counter[str] = Counter()
        outcomes: Counter[str] = Counter()
        actors: set[str] = set()
        broken = 0
        for day in _days(since, until):
            for shard in range(SHARDS):
                after, is_more = "", True
                while is_more:
                    page = self.stores.audit.entries(day, shard, after, _AUDIT_PAGE)
                    for each in checked(page):
                        deed = each.entry.deed
                        broken += not each.is_intact
                        if deed.outcome is not AuditOutcome.BEGUN:
                            actions[deed.action.value] += 1
                            outcomes[deed.outcome.value] += 1
                            actors.add(deed.actor)
                    is_more = len(page) == _AUDIT_PAGE
                    after = page[-1].entry.position if page else after
        return {
            "entries": actions.total(),
            "actors": len(actors),
            "by_action": dict(actions.most_common()),
            "by_outcome": dict(outcomes.most_common()),
            "not_intact": broken,
        }

    def _drift(self, counted: _Counted) -> Document:
        states = Counter(notice.state for notice in self.stores.outbox.notices())
        return {
            "learnt_from_provider": counted.sources[Source.PROVIDER.value],
            **{state.value: states[state] for state in NoticeState},
        }

    def _digests(self) -> Document:
        chain = (each.digest for each in self.stores.digests.latest_first())
        latest = next((each for each in chain if each.kind is DigestKind.PERIOD), None)
        if latest is None:
            return {"number": None, "sealed_until": None, "is_current": False}
        return {
            "number": latest.number,
            "sealed_until": iso(latest.until),
            "is_current": self.clock.now() - latest.until < _DIGEST_LATE,
        }

    def _imports(self, since: datetime) -> Sequence[Mapping[str, object]]:
        return [
            {
                "import_id": each.import_id,
                "name": each.name,
                "programme_id": each.programme_id,
                "status": each.status.value,
                "rows": each.ran.rows,
                "grades": dict(each.ran.grades),
                "fates": dict(each.ran.fates),
            }
            for each in self.stores.imports.all()
            if each.created_at >= since
        ][:_EXAMPLES]

    def _retention(self, since: datetime) -> list[Document]:
        """Sum up what was deleted by rule."""
        first, before = since.date().isoformat(), None
        deleted: Counter[str] = Counter()
        kept: Counter[str] = Counter()
        is_more = True
        while is_more:
            page, before = self.stores.reports.page(
                ReportKind.RETENTION, limit=_PAGE, before=before
            )
            recent = [report for report_id, report in page if report_id >= first]
            for report in recent:
                rule = str(report["rule"])
                deleted[rule] += int(str(report["deleted"]))
                kept[rule] += int(str(report["kept_by_hold"]))
            is_more = before is not None and len(recent) == len(page)
        return [
            {"rule": rule, "deleted": deleted[rule], "kept_by_hold": kept[rule]}
            for rule in sorted(deleted)
        ]


@dataclass(slots=True)
class _Counted:
    """What the events of a period come to."""

    types: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    # Seconds between the carrier's stamp and our record, each with its count.
    latencies: Counter[int] = field(default_factory=Counter)
    examples: list[Document] = field(default_factory=list)
    checked: int = 0
    crossed: int = 0

    def add(self, event: ConsentEvent, evidence: Evidence | None, *, is_erased: bool) -> None:
        self.types[event.type.value] += 1
        if event.type is EventType.WITHDRAWN:
            self.sources[event.source.value] += 1
            self.reasons[str(event.facts.get("reason", ""))[:40]] += 1
            self.crossed += bool(event.facts.get("in_flight"))
            if event.provider_at is not None:
                late = (event.at - event.provider_at).total_seconds()
                self.latencies[max(0, round(late))] += 1
        elif event.type in (EventType.REQUESTED, EventType.CONFIRMED) and not is_erased:
            self.checked += 1
            fault = fault_of(event, evidence)
            if fault is not None:
                self._fault(event, fault)

    def _fault(self, event: ConsentEvent, fault: str) -> None:
        self.faults[fault] += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(
                {
                    "subscriber_key": event.subscriber_key,
                    "seq": event.seq,
                    "programme_id": event.programme_id,
                    "at": iso(event.at),
                    "fault": fault,
                }
            )

    def shown(self) -> Document:
        return dict(self.types.most_common())

    def evidence(self) -> Document:
        return {
            "checked": self.checked,
            "incomplete": self.faults.total(),
            "by_fault": dict(self.faults.most_common()),
            "examples": self.examples,
        }

    def opt_outs(self) -> Document:
        return {
            "total": self.types[EventType.WITHDRAWN.value],
            "by_source": dict(self.sources.most_common()),
            "by_reason": dict(self.reasons.most_common(20)),
            "crossed_by_a_text": self.crossed,
            "latency_seconds": {
                "measured": self.latencies.total(),
                **{f"p{share}": percentile(self.latencies, share) for share in (50, 90, 99)},
                "max": max(self.latencies, default=None),
            },
        }


def fault_of(event: ConsentEvent, evidence: Evidence | None) -> str | None:
    """Return what is missing of a consent's proof; None when it is whole."""
    if evidence is None:
        return "no_evidence"
    if evidence.digest != event.evidence_digest:
        return "evidence_altered"
    if event.type is EventType.REQUESTED and event.source is Source.FORM:
        missing = [name for name in _FORM_PROOF if not evidence.facts.get(name)]
        return f"no_{missing[0]}" if missing else None
    return None if evidence.facts else "empty_evidence"


def percentile(counts: Counter[int], share: int) -> int | None:
    """Return the least value that at least `share` percent do not exceed; None of nothing."""
    least, seen = counts.total() * share / 100, 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= least:
            return value
    return None


def findings(document: Mapping[str, object]) -> list[str]:
    """Return, as stable codes, what wants a look; none is good news and worth writing down."""
    found = {
        "evidence_incomplete": _of(document, "evidence", "incomplete"),
        "texts_changed": any(each["changed"] for each in _list(document, "programmes")),
        "opt_outs_slow": (_latency(document) or 0) > _LATENCY_LATE,
        "sends_in_doubt": _of(document, "in_doubt", "total"),
        "audit_not_intact": _of(document, "staff", "not_intact"),
        "provider_out_of_step": _of(document, "drift", NoticeState.BLOCKED.value),
        "digest_behind": not _of(document, "digests", "is_current"),
    }
    return [code for code, is_so in found.items() if is_so]


def _of(document: Mapping[str, object], part: str, name: str) -> object:
    inner = document[part]
    return inner.get(name) if isinstance(inner, dict) else None


def _list(document: Mapping[str, object], part: str) -> Sequence[Mapping[str, object]]:
    inner = document[part]
    return inner if isinstance(inner, list) else []


def _latency(document: Mapping[str, object]) -> int | None:
    inner = _of(document, "opt_outs", "latency_seconds")
    worst = inner.get("p99") if isinstance(inner, dict) else None
    return worst if isinstance(worst, int) else None


def _versions(document: Mapping[str, object]) -> dict[str, object]:
    return {str(e["programme_id"]): e["version"] for e in _list(document, "programmes")}


def _days(since: datetime, until: datetime) -> Iterator[date]:
    day = since.date()
    while day < until.date():
        yield day
        day += timedelta(days=1)


def _ref(position: str) -> tuple[SubscriberKey, int]:
    _, key, seq = position.split("#")
    return SubscriberKey(key), int(seq)
