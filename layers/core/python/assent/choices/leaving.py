"""Texts stopped by a link: one button, no cookie, no questions.

The link works for as long as it lives, also after the person came back: it can only ever stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.consent.events import Source
from assent.consent.model import ConsentStatus
from assent.links.model import LinkPurpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.choices.model import Visitor
    from assent.clock import Clock
    from assent.consent.model import Standing
    from assent.consent.service import ConsentService
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.links.model import Link
    from assent.links.service import Links
    from assent.programmes.model import Programme, ProgrammeStore

_ACTIVE = (ConsentStatus.CONFIRMED, ConsentStatus.PENDING)


@dataclass(frozen=True, slots=True)
class Exit:
    """What the page shows. `active` are the programmes that text this person or wait for their
    answer; `is_expired` means that the link itself is over."""

    link: Link
    programme: Programme
    active: tuple[ProgrammeId, ...]
    is_stopped: bool
    is_expired: bool

    @property
    def is_choice(self) -> bool:
        """Return whether leaving this programme is something else than leaving all."""
        return self.link.programme_id in self.active and len(self.active) > 1


@dataclass(frozen=True, slots=True)
class Leaving:
    """The page's two acts. Both raise LinkNotFoundError."""

    links: Links
    consent: ConsentService
    programmes: ProgrammeStore
    clock: Clock

    def look(self, token: str) -> Exit:
        """Return what there is to stop; changes nothing."""
        link = self.links.find(token, LinkPurpose.UNSUBSCRIBE)
        standing = self.consent.store.standing(link.subscriber_key)
        return Exit(
            link=link,
            programme=self.programmes.programme(link.programme_id),
            active=active(standing),
            is_stopped=standing is not None and standing.stopped_at is not None,
            is_expired=link.is_expired(self.clock.now()),
        )

    def leave(self, token: str, visitor: Visitor, *, only_this: bool = False) -> tuple[Exit, bool]:
        """Stop the brand's texts, or only this programme's; return how things are then, and
        whether this very press stopped anything.

        Raises TryAgainError. An expired link stops nothing.
        """
        found = self.look(token)
        if found.is_expired:
            return found, False
        names = [found.link.programme_id] if only_this else None
        is_new = stop(self.consent, found.link.subscriber_key, visitor, names)
        return self.look(token), is_new


def active(standing: Standing | None) -> tuple[ProgrammeId, ...]:
    """Return the programmes that text this person or wait for their answer, sorted."""
    consents = standing.consents if standing else {}
    return tuple(sorted(name for name, each in consents.items() if each.status in _ACTIVE))


def stop(
    consent: ConsentService,
    subscriber_key: SubscriberKey,
    visitor: Visitor,
    programme_ids: Sequence[ProgrammeId] | None,
) -> bool:
    """Stop all texts of the brand, or of these programmes; return False when they were stopped.

    The second of two presses finds nothing to stop. Two at the same moment read the same `seq`, so
    that they carry one dedupe key, and one of them is the only one.
    """
    standing = consent.store.standing(subscriber_key)
    if programme_ids is None:
        is_over = standing is not None and standing.stopped_at is not None
    else:
        is_over = not set(programme_ids) & set(active(standing))
    if is_over:
        return False
    seq = standing.seq if standing else 0
    scope = ",".join(programme_ids) if programme_ids else "all"
    outcome = consent.stop(
        subscriber_key,
        standing.phone if standing else None,
        consent.clock.now(),
        visitor.proof(pressed="stop", scope=scope),
        f"link#{subscriber_key}#{seq}#{scope}",
        Source.LINK,
        programme_ids,
        reason="link",
    )
    return outcome.first
