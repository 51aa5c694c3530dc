"""How long each kind of record is kept, as data, and the daily pass that deletes what is over.

A pass goes on where the last one ended, slice by slice, so that it needs neither memory nor luck.
Opt-outs, tombstones and the chain have no rule that could delete them.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso
from assent.consent.events import Source
from assent.consent.model import ConsentStatus
from assent.errors import SettingsError
from assent.rights.reports import ReportKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.clock import Clock
    from assent.consent.erasing import Erasing
    from assent.consent.model import Standing
    from assent.evidence.sources import People
    from assent.identifiers import SubscriberKey
    from assent.rights.reports import ReportStore

_OVERRIDE = re.compile(r"([a-z_]+)(?:/([A-Za-z0-9_-]+))?=([0-9]{1,5})")
_PROGRESS = "retention"
_PEOPLE_AT_ONCE = 200
_ON = (ConsentStatus.CONFIRMED, ConsentStatus.PENDING)


@dataclass(frozen=True, slots=True)
class Rule:
    """`by`: the daily job, a table's `ttl`, a bucket's `lifecycle`, or `never`. `days` is None only
    there. `of_programme` are the days of single programmes."""

    kind: str
    days: int | None
    by: str
    what: str
    basis: str
    source: str
    of_programme: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@functools.cache
def shipped() -> tuple[Rule, ...]:
    """Return the rules as shipped."""
    text = (resources.files("assent.rights") / "data/retention.json").read_text(encoding="utf-8")
    return tuple(Rule(**each) for each in json.loads(text))


def rules_of(overrides: str) -> tuple[Rule, ...]:
    """Return the rules under the stack's parameter, such as `inbox=180,former_people/vip=3650`.

    Raises SettingsError for what is no rule of the job's: the days of tables and buckets are
    theirs, and nothing deletes an opt-out.
    """
    rules = {rule.kind: rule for rule in shipped()}
    for part in filter(None, (each.strip() for each in overrides.split(","))):
        match = _OVERRIDE.fullmatch(part)
        rule = rules.get(match[1]) if match else None
        if match is None or rule is None or rule.by != "job":
            message = f"retention has no rule to change by {part}"
            raise SettingsError(message)
        days, name = int(match[3]), match[2]
        rules[rule.kind] = (
            replace(rule, of_programme={**rule.of_programme, name: days})
            if name
            else replace(rule, days=days)
        )
    return tuple(rules.values())


@dataclass(frozen=True, slots=True)
class Swept:
    """One slice: how many records were deleted, how many a legal hold kept, and where to go on;
    None at the end."""

    deleted: int
    kept: int
    cursor: str | None


class Sweep(Protocol):
    """Deletes what one rule says is over, a bounded slice at a time."""

    def sweep(self, rule: Rule, now: datetime, cursor: str | None) -> Swept:
        """Safe to repeat. Raises TryAgainError."""
        ...


class KeptTexts(Protocol):
    """The ledger's expiry, which a legal hold suspends."""

    def keep(self, subscriber_key: SubscriberKey) -> None:
        """Let this person's rows not expire; safe to repeat."""
        ...

    def let_go(self, subscriber_key: SubscriberKey) -> None:
        """Let them expire as they would have, a day from now at the earliest."""
        ...


@dataclass(frozen=True, slots=True)
class FormerPeople:
    """Erases who left every programme long ago, through the same act as a person's own request;
    the stores beside the standing follow by the agenda. Rows written under a hold are kept too."""

    people: People
    erasing: Erasing
    texts: KeptTexts

    def sweep(self, rule: Rule, now: datetime, cursor: str | None) -> Swept:
        page, following = self.people.page(cursor, _PEOPLE_AT_ONCE)
        deleted = kept = 0
        for standing in page:
            if standing.kept_at is not None:
                self.texts.keep(standing.subscriber_key)
            if not is_over(standing, rule, now):
                continue
            if standing.kept_at is not None:
                kept += 1
            elif self.erasing.erase(standing.subscriber_key, Source.SCHEDULE, {}):
                deleted += 1
        return Swept(deleted, kept, following)


def is_over(standing: Standing, rule: Rule, now: datetime) -> bool:
    """Return whether nothing of this person's lasts, and has not for as long as the rule says: the
    longest of their programmes' terms."""
    consents = standing.consents
    if standing.phone is None or any(each.status in _ON for each in consents.values()):
        return False
    ends = [each.at for each in consents.values()]
    ends += [standing.stopped_at] if standing.stopped_at else []
    terms = (rule.of_programme.get(name, rule.days or 0) for name in consents)
    days = max(terms, default=rule.days or 0)
    return bool(ends) and max(ends) < now - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Retention:
    """The job: one pass a day over its rules, as far as the time allows."""

    rules: Sequence[Rule]
    sweeps: Mapping[str, Sweep]
    reports: ReportStore
    clock: Clock

    def run(self, deadline: datetime) -> bool:
        """Go on with the pass, or begin today's; return whether it is at its end. A pass that took
        longer than its day is finished before the next begins. Raises TryAgainError."""
        job = [rule for rule in self.rules if rule.by == "job"]
        progress = dict(self.reports.one(ReportKind.PROGRESS, _PROGRESS) or {})
        today = self.clock.now().date().isoformat()
        place, cursor = _place(progress)
        if place >= len(job) and progress.get("day") != today:
            place, cursor, progress["day"] = 0, None, today
        while place < len(job) and self.clock.now() < deadline:
            rule = job[place]
            swept = self.sweeps[rule.kind].sweep(rule, self.clock.now(), cursor)
            self._note(rule, swept)
            place, cursor = (place, swept.cursor) if swept.cursor else (place + 1, None)
            progress |= {"place": place, "cursor": cursor}
            self.reports.put(ReportKind.PROGRESS, _PROGRESS, progress)
        return place >= len(job)

    def _note(self, rule: Rule, swept: Swept) -> None:
        """Add to the day's figure of the rule; a day without any has an entry all the same."""
        now = self.clock.now()
        report_id = f"{now.date().isoformat()}#{rule.kind}"
        before = self.reports.one(ReportKind.RETENTION, report_id) or {}
        self.reports.put(
            ReportKind.RETENTION,
            report_id,
            {
                "day": now.date().isoformat(),
                "rule": rule.kind,
                "days": rule.days,
                "deleted": int(str(before.get("deleted", 0))) + swept.deleted,
                "kept_by_hold": int(str(before.get("kept_by_hold", 0))) + swept.kept,
                "at": iso(now),
            },
        )


def _place(progress: Mapping[str, object]) -> tuple[int, str | None]:
    """Return which rule is next and where in it; nothing stored yet is a pass that is over."""
    place, cursor = progress.get("place"), progress.get("cursor")
    return (
        place if isinstance(place, int) else len(shipped()),
        cursor if isinstance(cursor, str) else None,
    )
