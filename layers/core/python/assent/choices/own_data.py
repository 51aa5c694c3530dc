"""A person's own page: what they get, what they chose, what is held about them.

A link shows data only while its own sign-up lasts. Numbers pass to other people: who signs up anew
gets new links, and the ones in an older phone show nothing of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.choices.leaving import active, stop
from assent.choices.model import Profile
from assent.choices.wishes import change_wishes, running_pause
from assent.consent.erasing import ErasureQueued
from assent.consent.events import Source
from assent.consent.model import Consent, ConsentStatus
from assent.errors import LinkNotFoundError, ProgrammeNotFoundError
from assent.links.model import LinkPurpose

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.choices.model import Erasing, ProfileStore, Visitor
    from assent.choices.wishes import Wishes
    from assent.clock import Clock
    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import Standing
    from assent.consent.service import ConsentService
    from assent.identifiers import ProgrammeId
    from assent.links.model import Link
    from assent.links.service import Links
    from assent.programmes.model import Programme, ProgrammeStore


@dataclass(frozen=True, slots=True)
class Subscription:
    """One programme and where the person stands with it."""

    programme: Programme
    consent: Consent

    @property
    def is_active(self) -> bool:
        return self.consent.status in (ConsentStatus.CONFIRMED, ConsentStatus.PENDING)


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What the page shows. `is_open` False: the link is over, or of an earlier sign-up; then
    nothing but the programme's name may be shown."""

    link: Link
    programme: Programme
    is_open: bool
    standing: Standing | None
    profile: Profile
    subscriptions: tuple[Subscription, ...]
    paused_until: datetime | None

    @property
    def is_stopped(self) -> bool:
        return self.standing is not None and self.standing.stopped_at is not None

    @property
    def topics(self) -> tuple[str, ...]:
        """Return every topic there is to choose in the programmes that are on."""
        offered = {t for each in self._on() for t in each.programme.topics}
        return tuple(sorted(offered))

    @property
    def locales(self) -> tuple[str, ...]:
        return self.programme.locales

    @property
    def most_per_month(self) -> int:
        """Return the highest promise of the programmes that are on: a choice is at most that."""
        return max((each.programme.max_per_month for each in self._on()), default=0)

    def _on(self) -> tuple[Subscription, ...]:
        return tuple(each for each in self.subscriptions if each.is_active)


@dataclass(frozen=True, slots=True)
class OwnData:
    """The page's acts. All raise LinkNotFoundError, also a change by a link that is over."""

    links: Links
    consent: ConsentService
    programmes: ProgrammeStore
    profiles: ProfileStore
    erasing: Erasing
    clock: Clock

    def look(self, token: str) -> OwnPage:
        """Return what is held and chosen; changes nothing."""
        link = self.links.find(token, LinkPurpose.PREFERENCES)
        now = self.clock.now()
        standing = self.consent.store.standing(link.subscriber_key)
        is_open = not link.is_expired(now) and is_same_sign_up(standing, link)
        shown = standing if is_open else None
        return OwnPage(
            link=link,
            programme=self.programmes.programme(link.programme_id),
            is_open=is_open,
            standing=shown,
            profile=Profile(self.profiles.profile(link.subscriber_key) if is_open else {}),
            subscriptions=self._subscriptions(shown),
            paused_until=running_pause(shown, now) if shown else None,
        )

    def history(self, token: str) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
        """Return every event of the person's, oldest first."""
        return self.consent.history(self._open(token).link.subscriber_key)

    def change(self, token: str, wishes: Wishes, visitor: Visitor) -> tuple[str, ...]:
        """Keep the wishes that are new; return their names. Raises TryAgainError."""
        key = self._open(token).link.subscriber_key
        return change_wishes(self.consent, self.profiles, key, wishes, visitor)

    def stop(self, token: str, programme_id: ProgrammeId | None, visitor: Visitor) -> bool:
        """Stop one programme's texts, or all; return False when there was nothing to stop."""
        key = self._open(token).link.subscriber_key
        return stop(self.consent, key, visitor, [programme_id] if programme_id else None)

    def erase(self, token: str, visitor: Visitor) -> bool:
        """Stop all texts, then take away what is held; return True where a legal hold puts that
        off. The opt-out comes first and stays: even if the rest has to be finished later, nobody
        is texted. Raises TryAgainError."""
        key = self._open(token).link.subscriber_key
        stop(self.consent, key, visitor, None)
        found = self.erasing.erase(key, Source.LINK, visitor.proof(pressed="delete"))
        return isinstance(found, ErasureQueued)

    def _open(self, token: str) -> OwnPage:
        page = self.look(token)
        if not page.is_open:
            message = "There is no such link."
            raise LinkNotFoundError(message)
        return page

    def _subscriptions(self, standing: Standing | None) -> tuple[Subscription, ...]:
        found = []
        for programme_id, consent in sorted(standing.consents.items() if standing else ()):
            try:
                programme = self.programmes.programme(programme_id)
            except ProgrammeNotFoundError:
                continue
            found.append(Subscription(programme, consent))
        on = active(standing)
        return tuple(sorted(found, key=lambda each: each.programme.programme_id not in on))


def is_same_sign_up(standing: Standing | None, link: Link) -> bool:
    """Return whether nobody signed this number up anew since the link was issued: the epoch is the
    same, or the next one if that is a withdrawal's."""
    consent = standing.consent_to(link.programme_id) if standing else None
    if standing is None or consent is None or standing.phone is None:
        return False
    is_left = consent.status is ConsentStatus.WITHDRAWN
    return consent.epoch == link.epoch or (is_left and consent.epoch == link.epoch + 1)
