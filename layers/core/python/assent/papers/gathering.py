"""Gathers a dossier from the stores, as of the instant at which it was ordered."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from assent.errors import DisclosureNotFoundError, ProgrammeNotFoundError
from assent.evidence.history import AsOf, brand_at, fold
from assent.evidence.staff_audit import checked
from assent.papers.dossier import Dossier, ShownWording
from assent.papers.silences import silences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.campaigns.model import Campaign
    from assent.campaigns.past import Subject
    from assent.campaigns.past_service import PastDecisions
    from assent.evidence.export import Export
    from assent.evidence.history import HistoryEntry
    from assent.evidence.staff_audit import StoredEntry
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.inbound.inbox import InboxItem
    from assent.programmes.model import Disclosure, Programme

# Each is read and decided on once; 500 campaigns are more than a year of one a day.
MOST_CAMPAIGNS = 500


class Campaigns(Protocol):
    """All campaigns."""

    def campaigns(self) -> Sequence[Campaign]:
        """Return all, newest first."""
        ...


class Programmes(Protocol):
    """Programmes and their wordings."""

    def programme(self, programme_id: ProgrammeId) -> Programme:
        """Raises ProgrammeNotFoundError."""
        ...

    def disclosure(self, programme_id: ProgrammeId, locale: str, version: int) -> Disclosure:
        """Raises DisclosureNotFoundError."""
        ...


class Replies(Protocol):
    """What one person wrote that a person should read."""

    def of(self, subscriber_key: SubscriberKey) -> Sequence[InboxItem]:
        """Return all that is kept, oldest first."""
        ...


class Accesses(Protocol):
    """The staff audit of one person."""

    def of(self, key: SubscriberKey) -> Sequence[StoredEntry]:
        """Return the entries that name this person, in order of their positions."""
        ...


@dataclass(frozen=True, slots=True)
class Gathering:
    """Gathers dossiers."""

    past: PastDecisions
    campaigns: Campaigns
    programmes: Programmes
    replies: Replies
    accesses: Accesses

    def dossier(self, export: Export) -> Dossier:
        """Return all about the one person whom the export is of. Raises HistoryCutOffError."""
        (key,) = export.query.subscriber_keys or ()
        until = export.query.until
        whole = self.past.subject(key, None)
        subject = _until(whole, export)
        launched = [each for each in self.campaigns.campaigns() if each.frozen is not None]
        looked_at = launched[:MOST_CAMPAIGNS]
        names = _named(subject.history) | {
            each.programme_id for each in subject.texts if each.programme_id
        }
        programmes = self._found(names | {each.definition.programme_id for each in looked_at})
        as_of = AsOf(until, as_known=True)
        brand = brand_at(subject.history, as_of)
        return Dossier(
            subscriber_key=key,
            phone=subject.phone,
            export_id=export.export_id,
            ordered_by=export.requested_by,
            ordered_at=export.created_at,
            standings=[fold(subject.history, each, as_of) for each in sorted(names)],
            stopped=brand.stopped,
            held=brand.held,
            wordings=self._wordings(subject.history),
            entries=subject.history,
            texts=subject.texts,
            silences=silences(subject, looked_at, programmes, until),
            replies=[each for each in self.replies.of(key) if each.at < until],
            accesses=checked([e for e in self.accesses.of(key) if e.entry.at < until]),
            programmes=programmes,
            campaigns={each.campaign_id: each for each in looked_at},
            left_out=len(launched) - len(looked_at),
        )

    def _found(self, names: set[ProgrammeId]) -> dict[ProgrammeId, Programme]:
        found = {}
        for name in sorted(names):
            with suppress(ProgrammeNotFoundError):
                found[name] = self.programmes.programme(name)
        return found

    def _wordings(self, history: Sequence[HistoryEntry]) -> list[ShownWording]:
        seqs: dict[tuple[ProgrammeId, str, int, str], list[int]] = {}
        for entry in history:
            facts, programme_id = entry.event.facts, entry.event.programme_id
            version = facts.get("disclosure_version")
            if programme_id and isinstance(version, int):
                locale, digest = facts.get("disclosure_locale"), facts.get("disclosure_digest")
                wording = (programme_id, str(locale), version, str(digest))
                seqs.setdefault(wording, []).append(entry.event.seq)
        return [self._wording(*wording, tuple(found)) for wording, found in seqs.items()]

    def _wording(
        self,
        programme_id: ProgrammeId,
        locale: str,
        version: int,
        digest: str,
        seqs: tuple[int, ...],
    ) -> ShownWording:
        found = None
        with suppress(DisclosureNotFoundError):
            found = self.programmes.disclosure(programme_id, locale, version)
        is_same = found is not None and found.digest == digest
        return ShownWording(programme_id, locale, version, found, is_same, seqs)


def _until(subject: Subject, export: Export) -> Subject:
    """Return what was there when the dossier was ordered, whenever it is built."""
    until = export.query.until
    return replace(
        subject,
        history=[each for each in subject.history if each.event.at < until],
        texts=[each for each in subject.texts if each.claimed_at < until],
    )


def _named(history: Sequence[HistoryEntry]) -> set[ProgrammeId]:
    return {e.event.programme_id for e in history if e.event.programme_id is not None}
